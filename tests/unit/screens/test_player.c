/* The people of a self-playing rehearsal know an answer to every kind of prompt, and never make one up for a script's
 * pattern. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "screens/screens.h"

static struct choice people[] = {{.value = "alice"}, {.value = "bob"}, {.value = "carol"}};

static void ask(struct player *player, const struct prompt *p, struct answer **a, int wanted, struct error *e)
{
	answer_free(a);
	*a = answer_new(p);
	assert_int_equal(player_answer(player, p, *a, e), wanted);
}

static void shares_come_back_from_those_who_were_shown_them(void **state)
{
	struct player *player = player_new("pass", NULL, NULL);
	struct field enter[] = {{.name = "person", .kind = FIELD_CHOICE, .choice = people, .choices = 3},
	        {.name = "share", .kind = FIELD_SHARE}};
	struct prompt show = {.kind = PROMPT_SHARE_SHOW, .person = "bob"},
	              type = {.kind = PROMPT_SHARE_ENTER, .field = enter, .fields = 2};
	struct prompt own = {.kind = PROMPT_SHARE_ENTER, .person = "bob", .field = &enter[1], .fields = 1};
	struct answer *a = NULL;
	struct secret *words;
	struct error e = {0};

	(void)state;
	message_set(&show.title, "Share of %s", "so-pin");
	message_set(&type.title, "Type the share of %s", "so-pin");
	message_set(&own.title, "Type the share of %s", "so-pin");
	ask(player, &own, &a, -1, &e);
	assert_string_equal(e.message.id, "The self-playing rehearsal was never shown the share of %s for %s.");
	show.share = secret_new(32, NULL);
	secret_text(show.share, "old words");
	ask(player, &show, &a, 0, NULL);
	secret_clear(show.share);
	secret_text(show.share, "new words");
	ask(player, &show, &a, 0, NULL);
	assert_string_equal((const char *)show.share->data, "new words");
	ask(player, &type, &a, 0, NULL);
	assert_string_equal(answer_text(a, "person"), "bob");
	words = answer_take_secret(a, "share");
	assert_string_equal((const char *)words->data, "new words");
	secret_free(&words);
	ask(player, &own, &a, 0, NULL);
	words = answer_take_secret(a, "share");
	assert_string_equal((const char *)words->data, "new words");
	secret_free(&words);
	secret_free(&show.share);
	answer_free(&a);
	player_free(&player);
}

/* Where custodians change, the old card is asked for when the new one has been written already. */
static void a_card_of_another_set_is_another_card(void **state)
{
	struct player *player = player_new("pass", NULL, NULL);
	static const char *const marks[] = {"user-pin.0a0a0a0a", "user-pin.0b0b0b0b"};
	struct field enter = {.name = "share", .kind = FIELD_SHARE};
	struct prompt show = {.kind = PROMPT_SHARE_SHOW, .person = "bob"},
	              own = {.kind = PROMPT_SHARE_ENTER, .person = "bob", .field = &enter, .fields = 1};
	struct answer *a = NULL;
	struct error e = {0};
	char card[32];

	(void)state;
	message_set(&show.title, "%s: your share", "user-pin");
	message_set(&own.title, "%s: old share", "user-pin");
	show.card = own.card = card;
	show.share = secret_new(32, NULL);
	for (int i = 0; i < 2; i++) {
		secret_clear(show.share);
		secret_text(show.share, marks[i]);
		snprintf(card, sizeof(card), "%s", marks[i]);
		ask(player, &show, &a, 0, NULL);
	}
	for (int i = 0; i < 2; i++) {
		snprintf(card, sizeof(card), "%s", marks[i]);
		ask(player, &own, &a, 0, NULL);
		struct secret *words = answer_take_secret(a, "share");
		assert_string_equal((const char *)words->data, marks[i]);
		secret_free(&words);
	}
	snprintf(card, sizeof(card), "user-pin.0c0c0c0c");
	ask(player, &own, &a, -1, &e);
	secret_free(&show.share);
	answer_free(&a);
	player_free(&player);
}

static void a_run_that_resumes_reads_the_cards_of_the_run_before(void **state)
{
	char directory[] = "/tmp/tachiai-cards-XXXXXX", cards[64], card[96];
	struct field enter[] = {{.name = "person", .kind = FIELD_CHOICE, .choice = people, .choices = 3},
	        {.name = "share", .kind = FIELD_SHARE}};
	struct prompt show = {.kind = PROMPT_SHARE_SHOW, .person = "bob"},
	              asked = {.kind = PROMPT_SHARE_ENTER, .field = enter, .fields = 2};
	struct player *player;
	struct answer *a = NULL;
	struct secret *secret;
	struct error e = {0};
	struct stat st;

	(void)state;
	assert_non_null(mkdtemp(directory));
	snprintf(cards, sizeof(cards), "%s/cards", directory);
	snprintf(card, sizeof(card), "%s/user-pin.bob", cards);
	message_set(&show.title, "%s: your share", "user-pin");
	message_set(&asked.title, "%s: a share", "user-pin");
	show.share = secret_new(64, NULL);
	assert_int_equal(secret_text(show.share, "academic acid acrobat"), 0);
	player = player_new("pass", cards, NULL);
	ask(player, &show, &a, 0, NULL);
	player_free(&player);
	assert_int_equal(stat(card, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);

	player = player_new("pass", cards, NULL);
	ask(player, &asked, &a, 0, NULL);
	assert_string_equal(answer_text(a, "person"), "bob");
	secret = answer_take_secret(a, "share");
	assert_true(secret_equal(secret, show.share));
	secret_free(&secret);
	player_free(&player);

	player = player_new("pass", NULL, NULL);
	ask(player, &asked, &a, -1, &e);
	player_free(&player);
	secret_free(&show.share);
	answer_free(&a);
	unlink(card);
	rmdir(cards);
	assert_int_equal(rmdir(directory), 0);
}

static void every_kind_of_field_has_an_answer(void **state)
{
	struct field fields[] = {{.name = "person1", .kind = FIELD_CHOICE, .choice = people, .choices = 3},
	        {.name = "person2", .kind = FIELD_CHOICE, .choice = people, .choices = 3},
	        {.name = "word", .kind = FIELD_WORD, .word = "obsidian"},
	        {.name = "serial", .kind = FIELD_TEXT, .pattern = "[0-9]+", .example = "4711"},
	        {.name = "name", .kind = FIELD_TEXT}, {.name = "organisation", .kind = FIELD_TEXT},
	        {.name = "passphrase", .kind = FIELD_SECRET},
	        {.name = "card-pin", .kind = FIELD_SECRET, .optional = true}};
	struct prompt p = {.id = 5, .kind = PROMPT_FORM, .field = fields, .fields = 8, .see_all = true};
	struct player *player = player_new("correct horse", NULL, NULL);
	struct answer *a = NULL;
	struct secret *secret;
	struct error e = {0};

	(void)state;
	ask(player, &p, &a, 0, NULL);
	assert_int_equal(a->prompt, 5);
	assert_true(a->seen_all);
	assert_int_equal(a->action, ANSWER_GIVE);
	assert_string_equal(answer_text(a, "person1"), "alice");
	assert_string_equal(answer_text(a, "person2"), "bob");
	assert_string_equal(answer_text(a, "word"), "obsidian");
	assert_string_equal(answer_text(a, "serial"), "4711");
	assert_string_equal(answer_text(a, "organisation"), "Rehearsal organisation of ");
	secret = answer_take_secret(a, "passphrase");
	assert_string_equal((const char *)secret->data, "correct horse");
	secret_free(&secret);
	secret = answer_take_secret(a, "card-pin");
	assert_non_null(secret);
	secret_free(&secret);
	fields[3].example = NULL;
	ask(player, &p, &a, -1, &e);
	assert_string_equal(e.message.id,
	        "The self-playing rehearsal knows no answer for the field %s; give it an example in the script.");
	answer_free(&a);
	player_free(&player);
}

/* What the form says that a rehearsal picks is picked, where it can be; and who is to leave leaves first. */
static void the_roll_call_says_who_sits_down_and_who_goes(void **state)
{
	struct field fields[] = {
	        {.name = "person", .kind = FIELD_CHOICE, .choice = people, .choices = 3, .example = "bob"},
	        {.name = "name", .kind = FIELD_TEXT}, {.name = "organisation", .kind = FIELD_TEXT}};
	char *going[] = {"carol", "bob"};
	struct prompt p = {.kind = PROMPT_FORM, .field = fields, .fields = 3};
	struct player *player = player_new("x", NULL, NULL);
	struct answer *a = NULL;

	(void)state;
	ask(player, &p, &a, 0, NULL);
	assert_string_equal(answer_text(a, "person"), "bob");
	assert_string_equal(answer_text(a, "organisation"), "Rehearsal organisation of bob");
	fields[0].example = "nobody-else";
	ask(player, &p, &a, 0, NULL);
	assert_string_equal(answer_text(a, "person"), "alice");
	p.going = going;
	p.going_count = 2;
	ask(player, &p, &a, 0, NULL);
	assert_int_equal(a->action, ANSWER_LEAVE);
	assert_string_equal(answer_text(a, "person"), "carol");
	assert_true(strlen(answer_text(a, "reason")) > 10);
	answer_free(&a);
	player_free(&player);
}

static void a_failure_is_tried_twice_more_then_ended(void **state)
{
	struct choice choices[] = {{.value = "retry"}, {.value = "end"}};
	struct field fields[] = {{.name = "choice", .kind = FIELD_CHOICE, .choice = choices, .choices = 2},
	        {.name = "text", .kind = FIELD_TEXT}};
	struct prompt p = {.kind = PROMPT_DECIDE, .field = fields, .fields = 2};
	static const char *const wanted[] = {"retry", "retry", "end", "end"};
	struct player *player = player_new("x", NULL, NULL);
	struct answer *a = NULL;

	(void)state;
	message_set(&p.title, "%s failed", "generate-key");
	for (size_t i = 0; i < 4; i++) {
		ask(player, &p, &a, 0, NULL);
		assert_string_equal(answer_text(a, "choice"), wanted[i]);
		assert_true(strlen(answer_text(a, "text")) > 10);
	}
	message_set(&p.title, "%s failed", "unlock-hsm");
	ask(player, &p, &a, 0, NULL);
	assert_string_equal(answer_text(a, "choice"), "retry");
	answer_free(&a);
	player_free(&player);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(shares_come_back_from_those_who_were_shown_them),
	        cmocka_unit_test(a_card_of_another_set_is_another_card),
	        cmocka_unit_test(a_run_that_resumes_reads_the_cards_of_the_run_before),
	        cmocka_unit_test(every_kind_of_field_has_an_answer),
	        cmocka_unit_test(the_roll_call_says_who_sits_down_and_who_goes),
	        cmocka_unit_test(a_failure_is_tried_twice_more_then_ended),
	};

	if (secret_init(NULL) < 0)
		return 1;
	return cmocka_run_group_tests_name("player", tests, NULL, NULL);
}
