#include "../base/check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "record/entry.h"

#define HASH "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
#define ROOT "i1BteKDnfUQO3Ou9yiFuptxAy6C6yMugv3aC/PRvmCs="

/* One good entry of every event, typed from the table of the record format. `null` lists the fields that may be null,
 * each between blanks.
 */
static const struct {
	const char *event, *data, *null;
} good[] = {
        {"ceremony.opened",
                "{\"format\":1,\"origin\":\"example.jp/"
                "x\",\"rehearsal\":false,\"console\":\"v\",\"script\":{\"sha256\":\"" HASH
                "\",\"title\":{\"en\":\"T\",\"ja\":\"題\"}},\"site\":{\"sha256\":\"" HASH
                "\"},\"program\":{\"version\":\"0.1.0\",\"sha256\":\"" HASH
                "\"},\"libraries\":{\"openssl\":\"3.0\"},\"host\":{\"os\":\"Debian\",\"image\":null},\"roles\":{"
                "\"custodian\":{"
                "\"count\":3,\"quorum\":2},\"witness\":{\"count\":{\"minimum\":1,\"maximum\":2},\"quorum\":null}},"
                "\"exclusive\":[[\"custodian\",\"witness\"],[]],\"control\":\"custodian\",\"people\":[{\"person\":"
                "\"alice\","
                "\"role\":\"custodian\",\"vkey\":\"v\",\"card\":\"" HASH
                "\"}],\"steps\":[{\"id\":\"roll-call\",\"do\":\"attend\","
                "\"approve\":null},"
                "{\"id\":\"k\",\"do\":\"generate-key\",\"approve\":\"custodian\"}],\"more_steps\":0,\"hsm\":{\"root-"
                "hsm\":{\"module\":"
                "\"m.so\","
                "\"module_sha256\":\"" HASH "\",\"label\":\"l\",\"serial\":\"s\",\"login\":\"shares\",\"software\":"
                "true}},\"previous\":{\"origin\":\"o\","
                "\"size\":3,\"root\":\"" ROOT "\"}}",
                " previous "},
        {"steps.listed", "{\"first\":101,\"steps\":[{\"id\":\"k\",\"do\":\"generate-key\",\"approve\":\"custodian\"}]}",
                ""},
        {"step.begun", "{\"kind\":\"attend\",\"attempt\":1}", ""},
        {"step.completed", "{\"attempt\":1}", ""},
        {"person.joined",
                "{\"person\":\"alice\",\"vkey\":\"v\",\"name\":\"山田 "
                "太郎\",\"organisation\":\"\",\"role\":\"r\",\"identity\":\"i\"}",
                ""},
        {"person.left", "{\"person\":\"alice\",\"reason\":\"r\"}", ""},
        {"text.acknowledged", "{\"person\":\"alice\",\"word\":\"w\",\"text_sha256\":\"" HASH "\"}", ""},
        {"value.observed", "{\"name\":\"n\",\"person\":\"alice\",\"text\":\"t\"}", ""},
        {"value.confirmed", "{\"name\":\"n\",\"person\":\"alice\",\"text\":\"t\"}", ""},
        {"value.differed", "{\"name\":\"n\"}", ""},
        {"value.drawn", "{\"what\":\"w\",\"source\":\"s\",\"value\":\"v\"}", ""},
        {"facts.read", "{\"what\":\"w\",\"facts\":{\"any\":[1,{\"x\":null}]},\"faults\":[\"f\"]}", ""},
        {"secret.entered", "{\"person\":\"alice\",\"what\":\"w\",\"part\":1,\"of_parts\":3}", ""},
        {"act.proposed", "{\"act\":\"a\",\"order\":{},\"role\":\"r\",\"need\":2}", " role "},
        {"approval.given",
                "{\"of\":3,\"person\":\"alice\",\"cosignature\":\"c\",\"console\":\"c\",\"card\":{\"sha256\":\"" HASH
                "\",\"cms\":\"MAA=\"}}",
                " card "},
        {"approval.refused", "{\"of\":3,\"person\":\"alice\",\"reason\":\"r\"}", ""},
        {"act.voided", "{\"of\":3,\"reason\":\"r\"}", ""},
        {"login.failed", "{\"person\":\"alice\",\"count\":1}", ""},
        {"act.intended", "{\"of\":3}", ""},
        {"act.done", "{\"of\":3,\"facts\":{}}", ""},
        {"act.failed", "{\"of\":3,\"code\":\"c\",\"ckr\":\"CKR_PIN_INCORRECT\",\"sentence\":\"s\"}", " ckr "},
        {"artifact.written", "{\"path\":\"artifacts/root.der\",\"bytes\":1,\"sha256\":\"" HASH "\",\"type\":\"t\"}",
                ""},
        {"artifact.taken", "{\"path\":\"artifacts/..a\",\"bytes\":0,\"sha256\":\"" HASH "\",\"type\":\"t\"}", ""},
        {"hsm.locked", "{\"hsm\":\"root-hsm\"}", ""},
        {"code.shown", "{\"what\":\"w\",\"sha256\":\"" HASH "\"}", ""},
        {"exception.noted",
                "{\"person\":\"alice\",\"acknowledged\":\"bob\",\"kind\":\"k\",\"text\":\"t\",\"about\":[1,2]}",
                " person acknowledged "},
        {"ceremony.paused", "{\"person\":\"alice\",\"reason\":\"r\",\"cosigners\":[\"bob\"]}", " person "},
        {"ceremony.resumed",
                "{\"console\":\"v\",\"torn\":5,\"torn_sha256\":\"" HASH "\",\"open_intent\":7,\"seal\":[\"s\"]}",
                " torn_sha256 open_intent "},
        {"ceremony.closed", "{\"cosigners\":[\"alice\"],\"exceptions\":0}", ""},
};
enum { GOOD = sizeof good / sizeof good[0] };

static struct json_doc *doc, *part;

static int docs_make(void **state)
{
	(void)state;
	doc = json_doc_new();
	part = json_doc_new();
	return doc != NULL && part != NULL ? 0 : -1;
}

static int docs_end(void **state)
{
	(void)state;
	json_doc_free(&doc);
	json_doc_free(&part);
	return 0;
}

static int parse_data(const char *event, const char *data, struct error *e)
{
	struct bytes line = {0};
	struct entry entry;
	int result;

	bytes_printf(&line,
	        "{\"seq\":1,\"time\":\"2026-12-01T09:30:00.123Z\",\"step\":null,\"event\":\"%s\",\"data\":%s}", event,
	        data);
	result = entry_parse(doc, bytes_string(&line), line.len, &entry, e);
	bytes_free(&line);
	return result;
}

static void every_event_is_read_and_written(void **state)
{
	struct bytes line = {0}, want = {0};
	struct entry entry;

	(void)state;
	assert_int_equal(GOOD, EVENTS);
	for (int i = 0; i < GOOD; i++) {
		bytes_clear(&line);
		bytes_clear(&want);
		assert_int_equal(event_find(good[i].event), i);
		assert_string_equal(event_name((enum event)i), good[i].event);
		assert_int_equal(entry_format(7, 1796117400123, "step-1", (enum event)i, good[i].data, &line, NULL), 0);
		bytes_printf(&want,
		        "{\"seq\":7,\"time\":\"2026-12-01T09:30:00.123Z\",\"step\":\"step-1\",\"event\":\"%s\","
		        "\"data\":%s}",
		        good[i].event, good[i].data);
		assert_string_equal(bytes_string(&line), bytes_string(&want));
		assert_int_equal(entry_parse(doc, bytes_string(&line), line.len, &entry, NULL), 0);
		assert_int_equal(entry.seq, 7);
		assert_int_equal(entry.time, 1796117400123);
		assert_string_equal(entry.step, "step-1");
		assert_int_equal(entry.event, i);
		assert_int_equal(entry.data->type, JSON_OBJECT);
		assert_ptr_equal(entry.line, bytes_string(&line));
		assert_int_equal(entry.len, line.len);
	}
	assert_int_equal(event_find("ceremony.open"), -1);
	bytes_free(&line);
	bytes_free(&want);
}

static const char *wrong_value; /* the value to put in place of the one at `at`; NULL: leave it out */

/* The object with its member number `at` changed; `swap`: with the one behind it. */
static void change(struct bytes *out, const struct json *object, unsigned at, bool swap)
{
	struct json_writer w = {.out = out};
	unsigned i = 0;

	bytes_clear(out);
	json_begin_object(&w);
	for (const struct json *each = object->child; each != NULL; each = each->next, i++) {
		const struct json *member = each;

		if (swap && i == at)
			member = each->next;
		else if (swap && i == at + 1)
			for (member = object->child; member->next != each; member = member->next)
				;
		if (!swap && i == at && wrong_value == NULL)
			continue;
		json_key(&w, member->key);
		if (!swap && i == at)
			json_put_raw(&w, wrong_value, strlen(wrong_value));
		else
			json_put(&w, member);
	}
	json_end_object(&w);
}

static bool is_listed(const char *list, const char *key)
{
	char word[80];

	snprintf(word, sizeof word, " %s ", key);
	return strstr(list, word) != NULL;
}

/* Fields left out, swapped, added, of another type, null: each refused in every event, with its sentence. */
static void every_field_is_there_once_in_its_place_and_of_its_type(void **state)
{
	struct bytes data = {0}, want = {0};
	struct error e = {0};

	(void)state;
	for (int i = 0; i < GOOD; i++) {
		const struct json *object = json_parse(part, good[i].data, strlen(good[i].data), NULL), *member;
		unsigned at = 0;

		assert_non_null(object);
		for (member = object->child; member != NULL; member = member->next, at++) {
			bytes_clear(&want);
			bytes_printf(&want, "%s: in \"data\" the field \"%s\" is missing or not in its place.",
			        good[i].event, member->key);
			wrong_value = NULL;
			change(&data, object, at, false);
			assert_int_equal(parse_data(good[i].event, bytes_string(&data), &e), -1);
			check_error(&e, ERROR_FAULT, bytes_string(&want));
			if (member->next != NULL) {
				change(&data, object, at, true);
				assert_int_equal(parse_data(good[i].event, bytes_string(&data), &e), -1);
				check_error(&e, ERROR_FAULT, bytes_string(&want));
			}
			bytes_clear(&want);
			bytes_printf(&want, "%s: \"%s\" must be", good[i].event, member->key);
			wrong_value = "-1";
			change(&data, object, at, false);
			assert_int_equal(parse_data(good[i].event, bytes_string(&data), &e), -1);
			if (strcmp(member->key, "format") != 0) {
				struct bytes said = {0};

				error_text(&e, &said);
				assert_int_equal(strncmp(bytes_string(&said), bytes_string(&want), want.len), 0);
				bytes_free(&said);
			}
			wrong_value = "null";
			change(&data, object, at, false);
			assert_int_equal(parse_data(good[i].event, bytes_string(&data), NULL),
			        is_listed(good[i].null, member->key) ? 0 : -1);
		}
		bytes_clear(&data);
		bytes_printf(&data, "%.*s,\"zz\":1}", (int)strlen(good[i].data) - 1, good[i].data);
		assert_int_equal(parse_data(good[i].event, bytes_string(&data), &e), -1);
		bytes_clear(&want);
		bytes_printf(&want, "%s: in \"data\" the field \"zz\" is one too many.", good[i].event);
		check_error(&e, ERROR_FAULT, bytes_string(&want));
	}
	bytes_free(&data);
	bytes_free(&want);
}

/* Within ceremony.opened: one text of the good entry replaced by another. */
static void the_parts_of_the_opening_are_as_strict(void **state)
{
	static const struct {
		const char *from, *to, *sentence;
	} table[] = {
	        {"\"format\":1", "\"format\":2",
	                "ceremony.opened: this program knows the record format 1 only, not the one in \"format\"."},
	        {"\"rehearsal\":false", "\"rehearsal\":0", "ceremony.opened: \"rehearsal\" must be true or false."},
	        {"{\"en\":\"T\"", "{\"en\":1", "ceremony.opened: \"title\" must be an object of texts."},
	        {"\"site\":{\"sha256\":\"e", "\"site\":{\"sha256\":\"E",
	                "ceremony.opened: \"sha256\" must be 64 lower-case hex digits."},
	        {"\"site\":{\"sha256\":\"e3", "\"site\":{\"sha256\":\"e",
	                "ceremony.opened: \"sha256\" must be 64 lower-case hex digits."},
	        {"\"image\":null}", "\"image\":null,\"x\":1}",
	                "ceremony.opened: in \"host\" the field \"x\" is one too many."},
	        {"\"image\":null", "\"image\":false", "ceremony.opened: \"image\" must be a text."},
	        {"\"count\":3", "\"count\":\"3\"",
	                "ceremony.opened: \"count\" must be a number, or a minimum and a maximum."},
	        {"\"minimum\":1,", "",
	                "ceremony.opened: in \"count\" the field \"minimum\" is missing or not in its place."},
	        {"\"quorum\":2", "\"quorum\":\"2\"", "ceremony.opened: \"quorum\" must be a whole number, 0 or more."},
	        {"{\"count\":3,\"quorum\":2}", "3", "ceremony.opened: \"roles\" must be an object of objects."},
	        {",[]]", ",\"x\"]", "ceremony.opened: \"exclusive\" must be a list of lists of texts."},
	        {"[\"custodian\",", "[7,", "ceremony.opened: \"exclusive\" must be a list of lists of texts."},
	        {"\"person\":\"alice\"", "\"person\":\"Alice\"",
	                "ceremony.opened: \"person\" must be the name of a person's key."},
	        {"\"people\":[", "\"people\":[7,", "ceremony.opened: \"people\" must be a list of objects."},
	        {"\"card\":\"e3", "\"card\":\"E3", "ceremony.opened: \"card\" must be 64 lower-case hex digits."},
	        {"\"id\":\"k\"", "\"id\":\"k.1\"", "ceremony.opened: \"id\" must be the id of a step."},
	        {"\"software\":true", "\"software\":\"yes\"", "ceremony.opened: \"software\" must be true or false."},
	        {ROOT, "AAAA", "ceremony.opened: \"root\" must be 32 bytes in base64."},
	        {"Cs=", "Ct=", "ceremony.opened: \"root\" must be 32 bytes in base64."},
	};
	struct error e = {0};

	(void)state;
	for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
		const char *at = strstr(good[0].data, table[i].from);
		struct bytes data = {0};

		assert_non_null(at);
		bytes_add(&data, good[0].data, (size_t)(at - good[0].data));
		bytes_text(&data, table[i].to);
		bytes_text(&data, at + strlen(table[i].from));
		assert_int_equal(parse_data("ceremony.opened", bytes_string(&data), &e), -1);
		check_error(&e, ERROR_FAULT, table[i].sentence);
		bytes_free(&data);
	}
}

static void values_are_of_their_form(void **state)
{
	static const struct {
		const char *event, *data, *sentence;
	} table[] = {
	        {"artifact.written", "{\"path\":\"artifacts/\",\"bytes\":1,\"sha256\":\"" HASH "\",\"type\":\"t\"}",
	                "path"},
	        {"artifact.written", "{\"path\":\"artifacts/.\",\"bytes\":1,\"sha256\":\"" HASH "\",\"type\":\"t\"}",
	                "path"},
	        {"artifact.written", "{\"path\":\"artifacts/..\",\"bytes\":1,\"sha256\":\"" HASH "\",\"type\":\"t\"}",
	                "path"},
	        {"artifact.written", "{\"path\":\"artifacts/a/b\",\"bytes\":1,\"sha256\":\"" HASH "\",\"type\":\"t\"}",
	                "path"},
	        {"artifact.written",
	                "{\"path\":\"artifacts/\xc3\xa9\",\"bytes\":1,\"sha256\":\"" HASH "\",\"type\":\"t\"}", "path"},
	        {"artifact.written", "{\"path\":\"/etc/passwd\",\"bytes\":1,\"sha256\":\"" HASH "\",\"type\":\"t\"}",
	                "path"},
	        {"artifact.written", "{\"path\":\"root.der\",\"bytes\":1,\"sha256\":\"" HASH "\",\"type\":\"t\"}",
	                "path"},
	        {"facts.read", "{\"what\":\"w\",\"facts\":{},\"faults\":[1]}", "faults"},
	        {"facts.read", "{\"what\":\"w\",\"facts\":[],\"faults\":[]}", "facts"},
	        {"exception.noted",
	                "{\"person\":\"alice\",\"acknowledged\":null,\"kind\":\"k\",\"text\":\"t\",\"about\":[-1]}",
	                "about"},
	        {"exception.noted",
	                "{\"person\":\"alice\",\"acknowledged\":null,\"kind\":\"k\",\"text\":\"t\",\"about\":[\"1\"]}",
	                "about"},
	        {"login.failed", "{\"person\":\"\",\"count\":1}", "person"},
	        {"login.failed", "{\"person\":\"alice\",\"count\":true}", "count"},
	        {"ceremony.closed", "{\"cosigners\":\"alice\",\"exceptions\":0}", "cosigners"},
	        {"ceremony.closed", "{\"cosigners\":[\"Alice\"],\"exceptions\":0}", "cosigners"},
	};
	struct error e = {0};

	(void)state;
	for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
		struct bytes want = {0}, said = {0};

		bytes_printf(&want, "%s: \"%s\" must be ", table[i].event, table[i].sentence);
		assert_int_equal(parse_data(table[i].event, table[i].data, &e), -1);
		error_text(&e, &said);
		said.data[want.len] = '\0';
		assert_string_equal(bytes_string(&said), bytes_string(&want));
		bytes_free(&want);
		bytes_free(&said);
	}
}

#define TIME "\"2026-12-01T09:30:00.123Z\""
#define DATA "\"event\":\"hsm.locked\",\"data\":{\"hsm\":\"x\"}"

static void a_line_of_any_other_form_is_refused(void **state)
{
	static const struct {
		const char *line, *sentence;
	} refused[] = {
	        {"", "The JSON ends too early."},
	        {"[]", "An entry must be a JSON object."},
	        {"{}", "entry: in \"entry\" the field \"seq\" is missing or not in its place."},
	        {"{\"seq\":-1,\"time\":" TIME ",\"step\":null," DATA "}",
	                "entry: \"seq\" must be a whole number, 0 or more."},
	        {"{\"seq\":\"0\",\"time\":" TIME ",\"step\":null," DATA "}",
	                "entry: \"seq\" must be a whole number, 0 or more."},
	        {"{\"time\":" TIME ",\"seq\":0,\"step\":null," DATA "}",
	                "entry: in \"entry\" the field \"seq\" is missing or not in its place."},
	        {"{\"seq\":0,\"time\":\"2026-12-01T09:30:00Z\",\"step\":null," DATA "}",
	                "entry: \"time\" must be a time like 2026-12-01T09:30:00.123Z."},
	        {"{\"seq\":0,\"time\":\"2026-02-30T09:30:00.123Z\",\"step\":null," DATA "}",
	                "entry: \"time\" must be a time like 2026-12-01T09:30:00.123Z."},
	        {"{\"seq\":0,\"time\":" TIME ",\"step\":\"\"," DATA "}", "entry: \"step\" must be the id of a step."},
	        {"{\"seq\":0,\"time\":" TIME ",\"step\":\"-a\"," DATA "}", "entry: \"step\" must be the id of a step."},
	        {"{\"seq\":0,\"time\":" TIME ",\"step\":\"Roll\"," DATA "}",
	                "entry: \"step\" must be the id of a step."},
	        {"{\"seq\":0,\"time\":" TIME ",\"step\":0," DATA "}", "entry: \"step\" must be the id of a step."},
	        {"{\"seq\":0,\"time\":" TIME "," DATA "}",
	                "entry: in \"entry\" the field \"step\" is missing or not in its place."},
	        {"{\"seq\":0,\"time\":" TIME ",\"step\":null,\"event\":\"hsm.unlocked\",\"data\":{\"hsm\":\"x\"}}",
	                "There is no event of the name \"hsm.unlocked\"."},
	        {"{\"seq\":0,\"time\":" TIME ",\"step\":null,\"event\":\"hsm.locked\",\"data\":[]}",
	                "entry: \"data\" must be an object."},
	        {"{\"seq\":0,\"time\":" TIME ",\"step\":null," DATA ",\"more\":1}",
	                "entry: in \"entry\" the field \"more\" is one too many."},
	        {"{\"seq\":0,\"time\":" TIME ",\"step\":null," DATA "}\r", "Something follows the end of the JSON."},
	        {"{\"seq\":0, \"time\":" TIME ",\"step\":null," DATA "}", "A key of the JSON was expected here."},
	};
	struct error e = {0};
	struct entry entry;

	(void)state;
	for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
		assert_int_equal(entry_parse(doc, refused[i].line, strlen(refused[i].line), &entry, &e), -1);
		check_error(&e, ERROR_FAULT, refused[i].sentence);
	}
}

static void a_line_is_64_kib_at_most(void **state)
{
	struct bytes data = {0}, line = {0};
	struct error e = {0};
	size_t frame =
	        strlen("{\"seq\":0,\"time\":" TIME ",\"step\":null,\"event\":\"hsm.locked\",\"data\":{\"hsm\":\"\"}}");

	(void)state;
	for (size_t over = 0; over < 2; over++) {
		bytes_clear(&data);
		bytes_clear(&line);
		bytes_text(&data, "{\"hsm\":\"");
		for (size_t i = 0; i < ENTRY_MAX - frame + over; i++)
			bytes_byte(&data, 'x');
		bytes_text(&data, "\"}");
		assert_int_equal(
		        entry_format(0, 0, NULL, HSM_LOCKED, bytes_string(&data), &line, &e), over == 0 ? 0 : -1);
		assert_int_equal(line.len, over == 0 ? ENTRY_MAX : 0);
	}
	check_error(&e, ERROR_FAULT, "An entry is longer than 65536 bytes.");
	bytes_free(&data);
	bytes_free(&line);
}

static void nothing_is_written_that_would_not_be_read(void **state)
{
	static const struct {
		const char *step, *data, *sentence;
	} refused[] = {
	        {NULL, "{\"hsm\": \"x\"}", "A value of the JSON was expected here."},
	        {NULL, "{\"hsm\":\"x\"},\"more\":{}", "entry: in \"entry\" the field \"more\" is one too many."},
	        {NULL, "{\"hsm\":\"\xe2\x80\xae\"}", "A text of the JSON has the hidden character U+202E."},
	        {NULL, "{\"hsm\":\"x\"}\n", "A comma or closing bracket of the JSON was expected here."},
	        {"Not a step", "{\"hsm\":\"x\"}", "entry: \"step\" must be the id of a step."},
	        {"a\nb", "{\"hsm\":\"x\"}",
	                "A text has hidden characters or invalid UTF-8 in it and cannot stand in a record."},
	        {NULL, "", "A value of the JSON was expected here."},
	};
	struct error e = {0};

	(void)state;
	for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
		struct bytes line = {0};

		assert_int_equal(entry_format(0, 0, refused[i].step, HSM_LOCKED, refused[i].data, &line, &e), -1);
		check_error(&e, ERROR_FAULT, refused[i].sentence);
		bytes_free(&line);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(every_event_is_read_and_written),
	        cmocka_unit_test(every_field_is_there_once_in_its_place_and_of_its_type),
	        cmocka_unit_test(the_parts_of_the_opening_are_as_strict),
	        cmocka_unit_test(values_are_of_their_form),
	        cmocka_unit_test(a_line_of_any_other_form_is_refused),
	        cmocka_unit_test(a_line_is_64_kib_at_most),
	        cmocka_unit_test(nothing_is_written_that_would_not_be_read),
	};

	return cmocka_run_group_tests(tests, docs_make, docs_end);
}
