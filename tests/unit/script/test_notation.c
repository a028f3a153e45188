/* What no file of ours may hold, whatever it means. */
#include "cases.h"

static const struct fault_case notation[] = {
        {NULL, "", "1:1: The file holds nothing. Write the file's keys."},
        {NULL, "# nothing\n", "1:1: The file holds nothing. Write the file's keys."},
        {NULL, "- a\n- b\n", "1:1: The file is no map of keys. Write it as \"key: value\" lines."},
        {NULL, "text\n", "1:1: The file is no map of keys. Write it as \"key: value\" lines."},
        {NULL, "\357\273\277tachiai: 1\n",
                "1:1: The file begins with a byte order mark. Save it as UTF-8 without one."},
        {NULL, "a: \377\n", "1:4: This byte is not UTF-8. Save the file as UTF-8."},
        {NULL, "a: b\nc: \343\201\n", "2:4: This byte is not UTF-8. Save the file as UTF-8."},
        {NULL, "\377\376a\000", "1:1: This byte is not UTF-8. Save the file as UTF-8."},
        {NULL, "a: \355\240\200\n", "1:4: This byte is not UTF-8. Save the file as UTF-8."},
        {NULL, "a:\011b\n", "1:3: A tab stands here. Write spaces."},
        {NULL, "a: b\015\nc: d\015\n", "1:5: A carriage return stands here. End lines with a line feed alone."},
        {NULL, "a: b\001\n", "1:5: The character U+0001, which cannot be seen, stands here. Remove it."},
        {NULL, "a: 語\177\n", "1:5: The character U+007F, which cannot be seen, stands here. Remove it."},
        {NULL, "a: b\302\205\n", "1:5: The character U+0085, which cannot be seen, stands here. Remove it."},
        {NULL, "# \342\200\256 comment\n", "1:3: The character U+202E, which cannot be seen, stands here. Remove it."},
        {NULL, "a: 語\342\200\213b\n", "1:5: The character U+200B, which cannot be seen, stands here. Remove it."},
        {NULL, "a: x\357\273\277\n", "1:5: The character U+FEFF, which cannot be seen, stands here. Remove it."},
        {NULL, "a: \342\201\246b\n", "1:4: The character U+2066, which cannot be seen, stands here. Remove it."},
        {NULL, "a: b\342\200\250c\n", "1:5: The character U+2028, which cannot be seen, stands here. Remove it."},
        {NULL, "a: \"\\u202e\"\n", "1:4: An escape in this text stands for U+202E, which cannot be seen. Remove it."},
        {NULL, "a: b\n\"c\\x01\": d\n",
                "2:1: An escape in this text stands for U+0001, which cannot be seen. Remove it."},
        {NULL, "a: \"x\\0y\"\n", "1:4: An escape in this text stands for U+0000, which cannot be seen. Remove it."},
        {NULL, "a: \"\\t\"\n", "1:4: An escape in this text stands for U+0009, which cannot be seen. Remove it."},
        {NULL, "a: \"e\\u0301\"\n", "1:4: This text is not in Unicode normal form C. Save the file in NFC."},
        {NULL, "a: e\314\201\n", "1:4: This text is not in Unicode normal form C. Save the file in NFC."},
        {NULL, "a: [b\n",
                "2:1: The YAML notation is broken here (did not find expected ',' or ']'). Mend the line or the one "
                "before."},
        {NULL, "a: b: c\n",
                "1:5: The YAML notation is broken here (mapping values are not allowed in this context). Mend the line "
                "or the one before."},
        {NULL, "a: \"\\ud800\"\n",
                "1:7: The YAML notation is broken here (found invalid Unicode character escape code). Mend the line or "
                "the one before."},
        {NULL, "a: {b: c\n",
                "2:1: The YAML notation is broken here (did not find expected ',' or '}'). Mend the line or the one "
                "before."},
        {NULL, "a: @b\n",
                "1:4: The YAML notation is broken here (found character that cannot start any token). Mend the line or "
                "the one before."},
        {NULL, "a: &x b\n", "1:4: The anchor \"&x\" stands here. Remove it."},
        {NULL, "a: *x\n", "1:4: The alias \"*x\" stands here. Write the value out."},
        {NULL, "a: &x [b]\n", "1:4: The anchor \"&x\" stands here. Remove it."},
        {NULL, "&x a: b\n", "1:1: The anchor \"&x\" stands here. Remove it."},
        {NULL, "a: !!str b\n", "1:4: A tag (\"!…\") stands here. Remove it."},
        {NULL, "a: ! b\n", "1:4: A tag (\"!…\") stands here. Remove it."},
        {NULL, "語: ! b\n", "1:4: A tag (\"!…\") stands here. Remove it."},
        {NULL, "a: !x {b: c}\n", "1:4: A tag (\"!…\") stands here. Remove it."},
        {NULL, "a: !x [b]\n", "1:4: A tag (\"!…\") stands here. Remove it."},
        {NULL, "!x a: b\n", "1:1: A tag (\"!…\") stands here. Remove it."},
        {NULL, "a: b\n<<: {c: d}\n", "2:1: A merge key (\"<<\") stands here. Write the entries out."},
        {NULL, "? [a]\n: b\n", "1:3: A map or list stands where a key belongs. Write a plain key."},
        {NULL, "? {a: b}\n: c\n", "1:3: A map or list stands where a key belongs. Write a plain key."},
        {NULL, "a: b\nc: d\na: e\n", "3:1: The key \"a\" is already on line 1. Keep one of them."},
        {NULL, "x:\n  a: b\n  \"a\": e\n", "3:3: The key \"a\" is already on line 2. Keep one of them."},
        {NULL, "%YAML 1.1\n---\na: b\n", "1:1: A YAML directive stands here. Remove it."},
        {NULL, "%TAG !e! tag:example.com,2000:\n---\na: b\n", "1:1: A YAML directive stands here. Remove it."},
        {NULL, "a: b\n---\nc: d\n", "2:1: A second document begins here. A file holds one, remove the rest."},
        {NULL, "---\na: b\n...\n---\n", "4:1: A second document begins here. A file holds one, remove the rest."},
        {NULL, "a: [[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]\n",
                "1:19: Maps and lists are nested more than 16 deep. Make it flatter."},
};

static bool parse(struct bytes *raw, struct fault_list *faults)
{
	struct script *s = script_parse("faulty.yaml", raw, faults);
	bool passed = s != NULL;
	script_free(&s);
	return passed;
}

static void each_fault_of_notation_is_told(void **state)
{
	(void)state;
	run_cases(DATA "whole.yaml", notation, sizeof(notation) / sizeof(notation[0]), parse);
}

static void expect_one(struct bytes *raw, const char *fault)
{
	struct fault_list faults = {0};
	struct bytes told = {0};

	assert_false(parse(raw, &faults));
	tell(&faults, &told);
	assert_string_equal(bytes_string(&told), fault);
	bytes_free(&told);
	fault_list_free(&faults);
}

static void a_file_over_one_mebibyte_is_told(void **state)
{
	struct bytes raw = {0};

	(void)state;
	for (int i = 0; i < 1 << 14; i++)
		bytes_text(&raw, "# a comment of sixty-four bytes, the last of which is a line feed\n");
	expect_one(&raw, "1:1: The file is larger than 1 MiB. Shorten it.");
}

static void a_map_of_too_many_entries_is_told(void **state)
{
	struct bytes raw = {0}, list = {0};

	(void)state;
	bytes_text(&raw, "roles:\n");
	for (int i = 0; i < 16385; i++)
		bytes_printf(&raw, "  r%d: {count: 1}\n", i);
	expect_one(&raw, "16386:3: \"roles\" has more than 16384 entries. Leave some out.");
	bytes_text(&list, "steps: [[");
	for (int i = 0; i < 16385; i++)
		bytes_text(&list, "\na,");
	bytes_text(&list, "]]\n");
	expect_one(&list, "16386:1: \"steps[1]\" has more than 16384 entries. Leave some out.");
}

static void places_are_counted_in_characters(void **state)
{
	struct bytes raw = {0};

	(void)state;
	bytes_text(&raw, "鍵: 𠮷\n鍵鍵: {語: !x a}\n");
	expect_one(&raw, "2:9: A tag (\"!…\") stands here. Remove it.");
	bytes_text(&raw, "鍵: 𠮷\n鍵鍵: {語: a, 語: b}\n");
	expect_one(&raw, "2:12: The key \"語\" is already on line 2. Keep one of them.");
}

/* Cut after every byte, and with every byte changed: told with a place, or taken; never anything else. */
static void no_cut_or_changed_byte_is_taken_amiss(void **state)
{
	static const char changes[] = {'\0', '"', '{', ']', ':', '!', '\n', (char)0x80};
	struct bytes sound = {0};

	(void)state;
	load(DATA "whole.yaml", &sound);
	for (size_t i = 0; i < sound.len; i++) {
		struct bytes raw = {0};
		struct fault_list faults = {0};
		bytes_add(&raw, sound.data, i);
		assert_false(parse(&raw, &faults) && i < sound.len - 1); /* but for the last line feed */
		assert_false(faults.failed);
		fault_list_free(&faults);
		bytes_add(&raw, sound.data, sound.len);
		raw.data[i] = (uint8_t)changes[i % sizeof(changes)];
		bool passed = parse(&raw, &faults);
		assert_int_equal(passed, faults.count == 0);
		for (size_t j = 0; j < faults.count; j++)
			assert_true(faults.fault[j].line > 0 && faults.fault[j].column > 0);
		fault_list_free(&faults);
	}
	bytes_free(&sound);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(each_fault_of_notation_is_told),
	        cmocka_unit_test(a_file_over_one_mebibyte_is_told),
	        cmocka_unit_test(a_map_of_too_many_entries_is_told),
	        cmocka_unit_test(places_are_counted_in_characters),
	        cmocka_unit_test(no_cut_or_changed_byte_is_taken_amiss),
	};
	struct error e = {0};
	if (secret_init(&e) != 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
