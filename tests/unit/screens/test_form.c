/* What is typed into a prompt, and when it is an answer. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "screens/form.h"

static const char *const word_list[] = {"academic", "acid", "acne", "acquire", "acrobat", "zero"};

static const char *complete(const char *prefix, size_t len)
{
	const char *found = NULL;

	for (size_t i = 0; len > 0 && i < sizeof(word_list) / sizeof(word_list[0]); i++)
		if (strncmp(word_list[i], prefix, len) == 0) {
			if (found)
				return NULL;
			found = word_list[i];
		}
	return found;
}

static struct choice people[] = {{.value = "alice", .detail = "Alice Sato"}, {.value = "bob", .detail = "Bob Suzuki"}};

/* Types text; '\n' is Enter, '\t' Tab, '\b' Backspace, '\x1b' Esc. Returns what the last key did. */
static enum form_step type(struct form *f, const char *keys)
{
	enum form_step step = FORM_STAY;

	for (; *keys; keys++) {
		struct press key = {.kind = PRESS_TEXT, .len = 1, .text = {*keys}};

		if (*keys == '\n')
			key.kind = PRESS_ENTER;
		else if (*keys == '\t')
			key.kind = PRESS_TAB;
		else if (*keys == '\b')
			key.kind = PRESS_BACKSPACE;
		else if (*keys == '\x1b')
			key.kind = PRESS_ESCAPE;
		step = form_press(f, &key);
	}
	return step;
}

/* Everything the form shows, rows joined by LF. */
static void shown(const struct form *f, struct bytes *out)
{
	struct flow flow = {0};

	bytes_clear(out);
	form_flow(f, 60, &flow);
	for (size_t i = 0; i < flow.rows; i++) {
		size_t len;
		const char *text = flow_text(&flow, i, &len);

		bytes_add(out, text, len);
		bytes_byte(out, '\n');
	}
	flow_free(&flow);
}

static void an_approval_takes_a_choice_and_a_secret(void **state)
{
	struct field fields[] = {{.name = "person", .kind = FIELD_CHOICE, .choice = people, .choices = 2},
	        {.name = "passphrase", .kind = FIELD_SECRET}};
	struct prompt p = {.id = 7, .kind = PROMPT_APPROVE, .field = fields, .fields = 2};
	struct form *f = form_new(&p, NULL);
	struct answer *a = answer_new(&p);
	struct error refused = {0};
	struct bytes text = {0};
	struct secret *secret;

	(void)state;
	assert_non_null(f);
	/* Nothing is chosen beforehand: Enter alone never answers. */
	assert_int_equal(type(f, "\n"), FORM_STAY);
	assert_string_equal(f->error.message.id, "Nothing is chosen yet; pick one of the choices.");
	assert_int_equal(type(f, "2\n\n"), FORM_STAY);
	assert_string_equal(f->error.message.id, "Nothing was entered; this field must be filled in.");
	type(f, "secretx\b");
	shown(f, &text);
	assert_null(strstr(bytes_string(&text), "secret"));
	assert_non_null(strstr(bytes_string(&text), "(typed, hidden)"));
	assert_int_equal(type(f, "\n"), FORM_GIVE);
	assert_int_equal(form_answer(f, a), 0);
	assert_int_equal(a->prompt, 7);
	assert_string_equal(answer_text(a, "person"), "bob");
	/* Refused: the choice stays, the secret is typed anew. */
	error_set(&refused, ERROR_FAULT, "no");
	form_take_back(f, a, &refused);
	assert_string_equal(f->error.message.id, "no");
	assert_int_equal(f->entry[1].secret->len, 0);
	assert_int_equal(f->now, 1);
	assert_int_equal(type(f, "better\n"), FORM_GIVE);
	assert_int_equal(form_answer(f, a), 0);
	secret = answer_take_secret(a, "passphrase");
	assert_non_null(secret);
	assert_string_equal((const char *)secret->data, "better");
	assert_null(answer_take_secret(a, "passphrase"));
	secret_free(&secret);
	bytes_free(&text);
	answer_free(&a);
	form_free(&f);
}

static void observers_never_see_each_others_entry(void **state)
{
	struct field fields[] = {{.name = "one", .kind = FIELD_TEXT, .private = true, .pattern = "[0-9]+"},
	        {.name = "two", .kind = FIELD_TEXT, .private = true, .page = 1, .pattern = "[0-9]+"}};
	struct prompt p = {.id = 1, .kind = PROMPT_OBSERVE, .field = fields, .fields = 2};
	struct form *f = form_new(&p, NULL);
	struct bytes text = {0};
	struct press paste = {.kind = PRESS_TEXT, .len = 1, .text = "9", .pasted = true};

	(void)state;
	assert_int_equal(type(f, "47x\n"), FORM_STAY);
	assert_string_equal(f->error.message.id, "The entry does not have the form %s; look again and type it anew.");
	assert_int_equal(type(f, "\b11\n"), FORM_STAY);
	assert_int_equal(f->page, 1);
	shown(f, &text);
	assert_null(strstr(bytes_string(&text), "4711"));
	form_press(f, &paste);
	assert_string_equal(f->error.message.id, "Pasted text is not taken here; type it.");
	assert_int_equal(f->entry[1].text.len, 0);
	/* Going back shows nothing either: the entry is wiped. */
	assert_int_equal(type(f, "\x1b"), FORM_STAY);
	assert_int_equal(f->page, 0);
	shown(f, &text);
	assert_null(strstr(bytes_string(&text), "4711"));
	assert_int_equal(type(f, "\x1b"), FORM_BACK);
	assert_int_equal(type(f, "1\n2\n"), FORM_GIVE);
	bytes_free(&text);
	form_free(&f);
}

static void a_word_is_typed_exactly(void **state)
{
	struct field field = {.name = "word", .kind = FIELD_WORD, .word = "obsidian"};
	struct prompt p = {.kind = PROMPT_ACKNOWLEDGE, .field = &field, .fields = 1};
	struct form *f = form_new(&p, NULL);

	(void)state;
	assert_int_equal(type(f, "y\n"), FORM_STAY);
	assert_string_equal(f->error.message.id, "That is not the word; type exactly %s.");
	assert_int_equal(type(f, "\bobsidian\n"), FORM_GIVE);
	form_free(&f);
}

static void a_share_is_completed_and_corrected_word_by_word(void **state)
{
	struct field field = {.name = "share", .kind = FIELD_SHARE, .complete = complete};
	struct prompt p = {.id = 3, .kind = PROMPT_SHARE_ENTER, .field = &field, .fields = 1};
	struct form *f = form_new(&p, NULL);
	struct answer *a = answer_new(&p);
	struct error refused = {0};
	struct bytes text = {0};
	struct secret *words;

	(void)state;
	words = f->entry[0].secret;
	type(f, "aca ");
	assert_string_equal((const char *)words->data, "academic ");
	type(f, "ac ");
	assert_string_equal(f->error.message.id,
	        "Word %u: more than one word of the list begins like this, or none; type more letters.");
	assert_string_equal(f->error.message.args[0], "2");
	type(f, "xxy");
	assert_string_equal(f->error.message.id, "Word %u is not in the list; look at it again.");
	type(f, "\b\b\b\bZero ");
	assert_string_equal((const char *)words->data, "academic zero ");
	shown(f, &text);
	assert_null(strstr(bytes_string(&text), "academic"));
	assert_null(strstr(bytes_string(&text), "zero"));
	assert_int_equal(type(f, "\n"), FORM_STAY);
	assert_string_equal(f->error.message.id, "Only %u words are typed; a share has twenty.");
	for (int i = 0; i < 17; i++)
		type(f, "acne ");
	assert_int_equal(share_words(words), 19);
	assert_int_equal(type(f, "acid\n"), FORM_GIVE);
	assert_int_equal(form_answer(f, a), 0);
	/* Refused by the engine and left in the answer: it comes back to be corrected. */
	error_set(&refused, ERROR_FAULT, "word 20");
	form_take_back(f, a, &refused);
	words = f->entry[0].secret;
	assert_int_equal(share_words(words), 20);
	type(f, "\b\b\b\b");
	assert_int_equal(type(f, "zero\n"), FORM_GIVE);
	assert_memory_equal(words->data + words->len - 9, "acne zero", 9);
	bytes_free(&text);
	answer_free(&a);
	form_free(&f);
}

/* A passphrase and a card's PIN: each is its own, the second may be left empty, and after a refusal both are typed
 * anew. */
static void two_secrets_are_kept_apart(void **state)
{
	struct field fields[] = {{.name = "person", .kind = FIELD_CHOICE, .choice = people, .choices = 2},
	        {.name = "passphrase", .kind = FIELD_SECRET},
	        {.name = "card-pin", .kind = FIELD_SECRET, .optional = true}};
	struct prompt p = {.id = 8, .kind = PROMPT_APPROVE, .field = fields, .fields = 3};
	struct form *f = form_new(&p, NULL);
	struct answer *a = answer_new(&p);
	struct error refused = {0};
	struct bytes text = {0};
	struct secret *one, *two;

	(void)state;
	assert_non_null(f);
	assert_int_equal(type(f, "1\nsecret\n271828"), FORM_STAY);
	shown(f, &text);
	assert_null(strstr(bytes_string(&text), "secret"));
	assert_null(strstr(bytes_string(&text), "2718"));
	assert_int_equal(type(f, "\n"), FORM_GIVE);
	assert_int_equal(form_answer(f, a), 0);
	error_set(&refused, ERROR_FAULT, "no");
	form_take_back(f, a, &refused);
	assert_int_equal(f->now, 1); /* the first of them */
	assert_int_equal(f->entry[1].secret->len, 0);
	assert_int_equal(f->entry[2].secret->len, 0);
	assert_int_equal(type(f, "better\n314159\n"), FORM_GIVE);
	assert_int_equal(form_answer(f, a), 0);
	one = answer_take_secret(a, "passphrase");
	two = answer_take_secret(a, "card-pin");
	assert_string_equal((const char *)one->data, "better");
	assert_string_equal((const char *)two->data, "314159");
	secret_free(&one);
	secret_free(&two);
	form_take_back(f, a, &refused);
	assert_int_equal(type(f, "mine\n\n"), FORM_GIVE);
	assert_int_equal(form_answer(f, a), 0);
	two = answer_take_secret(a, "card-pin");
	assert_true(!two || two->len == 0);
	secret_free(&two);
	bytes_free(&text);
	answer_free(&a);
	form_free(&f);
}

static void an_answer_to_fields_not_asked_is_added(void **state)
{
	struct prompt p = {.id = 9};
	struct answer *a = answer_new(&p);

	(void)state;
	assert_string_equal(answer_text(a, "person"), "");
	assert_int_equal(answer_set_text(a, "person", "alice"), 0);
	assert_int_equal(answer_set_text(a, "person", "bob"), 0);
	assert_int_equal(a->values, 1);
	assert_string_equal(answer_text(a, "person"), "bob");
	answer_free(&a);
	assert_null(a);
}

static void entries_are_refused_with_their_reason(void **state)
{
	static const struct {
		struct field field;
		const char *entry, *id;
	} cases[] = {
	        {{.kind = FIELD_TEXT}, "", "Nothing was entered; this field must be filled in."},
	        {{.kind = FIELD_TEXT, .optional = true}, "", NULL},
	        {{.kind = FIELD_TEXT, .max = 3}, "abcd", "The entry is longer than %zu bytes; make it shorter."},
	        {{.kind = FIELD_TEXT}, "a\xff", "The entry is not valid UTF-8; type it anew."},
	        {{.kind = FIELD_TEXT}, "a\u202e", "The entry holds the invisible character %s; type it anew."},
	        {{.kind = FIELD_TEXT}, "e\u0301",
	                "The entry holds a character in a decomposed form (not NFC); type it anew."},
	        {{.kind = FIELD_TEXT, .pattern = "a|b"}, "ab",
	                "The entry does not have the form %s; look again and type it anew."},
	        {{.kind = FIELD_TEXT, .pattern = "^a+$"}, "aaa", NULL},
	        {{.kind = FIELD_TEXT, .pattern = "("}, "a",
	                "The pattern %s of this field is not an extended regular expression."},
	        {{.kind = FIELD_CHOICE, .choice = people, .choices = 2}, "carol",
	                "%s is none of the choices; pick one that is shown."},
	        {{.kind = FIELD_CHOICE, .choice = people, .choices = 2}, "",
	                "Nothing is chosen yet; pick one of the choices."},
	        {{.kind = FIELD_CHOICE, .choice = people, .choices = 2}, "bob", NULL},
	        {{.kind = FIELD_SECRET}, "", "Nothing was entered; this field must be filled in."},
	        {{.kind = FIELD_WORD, .word = "pause"}, "Pause", "That is not the word; type exactly %s."},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct error e = {0};
		int result = field_check(&cases[i].field, cases[i].entry, &e);

		assert_int_equal(result, cases[i].id ? -1 : 0);
		if (cases[i].id)
			assert_string_equal(e.message.id, cases[i].id);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(an_approval_takes_a_choice_and_a_secret),
	        cmocka_unit_test(two_secrets_are_kept_apart),
	        cmocka_unit_test(observers_never_see_each_others_entry),
	        cmocka_unit_test(a_word_is_typed_exactly),
	        cmocka_unit_test(a_share_is_completed_and_corrected_word_by_word),
	        cmocka_unit_test(an_answer_to_fields_not_asked_is_added),
	        cmocka_unit_test(entries_are_refused_with_their_reason),
	};

	if (secret_init(NULL) < 0)
		return 1;
	return cmocka_run_group_tests_name("form", tests, NULL, NULL);
}
