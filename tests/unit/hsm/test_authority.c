/* The helper does nothing that the lines do not prove: a wrong, spent or missing authority is refused for every act,
 * and so is everything after a line that it could not take. */
#include "fixture.h"

/* One request for each act, with arguments that would do. */
static int request(struct room *r, enum hsm_verb verb, uint64_t of)
{
	struct hsm_request q = {.verb = verb, .intended = of};
	if (verb == HSM_INITIALISE)
		q.so_pin = pin("so-pin-1");
	if (verb == HSM_INITIALISE || verb == HSM_UNLOCK)
		q.user_pin = pin("user-pin-1");
	if (verb == HSM_GENERATE || verb == HSM_SIGN) {
		q.data = challenge;
		q.len = sizeof challenge;
	}
	return ask(r, q);
}

static const struct {
	enum hsm_verb verb;
	const char *act;
} acts[] = {
        {HSM_INITIALISE, "initialise-hsm"},
        {HSM_UNLOCK, "unlock-hsm"},
        {HSM_GENERATE, "generate-key"},
        {HSM_SIGN, "issue-certificate"},
};
enum { ACTS = sizeof acts / sizeof acts[0] };

/* What needs a locked token, and what an unlocked one. */
static struct room *room_for(enum hsm_verb verb, char serial[64])
{
	struct room *r;
	if (verb == HSM_GENERATE || verb == HSM_SIGN)
		return room_unlocked(serial);
	r = room_new();
	room_begin(r);
	room_initialise(r, serial);
	return r;
}

static void each_act_needs_an_open_authority_for_itself(void **state)
{
	(void)state;
	char serial[64];
	for (int i = 0; i < ACTS; i++) {
		struct room *r = room_for(acts[i].verb, serial);
		refused(r, request(r, acts[i].verb, 0), ERROR_FAULT, MSG_NOT_INTENDED);
		refused(r, request(r, acts[i].verb, r->seq - 1), ERROR_FAULT, MSG_NOT_INTENDED);
		/* the authority of another act, for each of the others */
		uint64_t of = acts[i].verb == HSM_UNLOCK ? key_authority(r, serial, "ec-p256", "Root", "0a")
		                                         : unlock_authority(r, serial, "");
		refused(r, request(r, acts[i].verb, of), ERROR_FAULT, MSG_OTHER_ACT);
		refused(r, request(r, acts[i].verb, of - 1), ERROR_FAULT, MSG_OTHER_INTENT);
		room_free(r);
	}
}

static void a_proposal_is_not_enough(void **state)
{
	(void)state;
	char serial[64], order[256];
	for (int approvals = 0; approvals < PEOPLE; approvals++) {
		struct room *r = room_new();
		room_begin(r);
		room_initialise(r, serial);
		snprintf(order, sizeof order, "{\"hsm\":\"root-hsm\",\"serial\":\"%s\",\"flags\":\"\"}", serial);
		uint64_t of = propose(r, "unlock", "unlock-hsm", order, approvals);
		refused(r, request(r, HSM_UNLOCK, of), ERROR_FAULT, MSG_NOT_INTENDED);
		/* a console that writes the intent all the same has no helper any more */
		putf(r, NULL, ACT_INTENDED, "{\"of\":%llu}", (unsigned long long)of);
		refused_saying(r, request(r, HSM_UNLOCK, r->seq - 1), "of the 2 approvals it needs");
		refused_saying(r, ask(r, (struct hsm_request){.verb = HSM_TOKENS}), "of the 2 approvals it needs");
		/* but it lets itself be locked */
		must(r, ask(r, (struct hsm_request){.verb = HSM_LOCK}));
		room_free(r);
	}
}

static void an_authority_works_once(void **state)
{
	(void)state;
	char serial[64];
	struct room *r = room_unlocked(serial);
	uint64_t of = key_authority(r, serial, "ec-p256", "Root", "0a");
	must(r, generate(r, of));
	refused_saying(r, generate(r, of), "spent already");
	done(r, of, bytes_string(&r->answer));
	refused(r, generate(r, of), ERROR_FAULT, MSG_NOT_INTENDED);
	room_free(r);
}

/* Lines for another key label, serial or HSM than the token's. */
static void an_order_is_for_one_token(void **state)
{
	(void)state;
	char serial[64];
	struct room *r = room_unlocked(serial);
	uint64_t of = key_authority(r, "0000000000000000", "ec-p256", "Root", "0a");
	int result = generate(r, of);
	assert_string_equal(r->error.message.args[0], "serial");
	assert_string_equal(r->error.message.args[1], "0000000000000000");
	assert_string_equal(r->error.message.args[2], serial);
	refused(r, result, ERROR_FAULT, MSG_ORDER_FIELD);
	room_free(r);
}

static void an_authority_ends_with_a_resume(void **state)
{
	(void)state;
	char serial[64];
	struct room *r = room_unlocked(serial);
	uint64_t of = key_authority(r, serial, "ec-p256", "Root", "0a");
	struct bytes vkey = {0};
	/* the console dies here; the next one feeds a new helper */
	hsm_end(&r->hsm);
	start_helper(r);
	for (uint64_t i = 0; i < r->seq; i++)
		must(r, hsm_feed(r->hsm, bytes_string(&r->lines[i]), r->lines[i].len, &r->error));
	secret_free(&r->console.seed);
	actor_new(&r->console, r->origin, NOTE_ED25519);
	vkey_text(&r->console.key, &vkey);
	putf(r, NULL, CEREMONY_RESUMED,
	        "{\"console\":\"%s\",\"torn\":0,\"torn_sha256\":null,\"open_intent\":%llu,\"seal\":[]}",
	        bytes_string(&vkey), (unsigned long long)of);
	bytes_free(&vkey);
	refused(r, generate(r, of), ERROR_FAULT, MSG_LOCKED);
	refused(r, request(r, HSM_UNLOCK, of), ERROR_FAULT, MSG_NOT_INTENDED);
	room_free(r);
}

static void a_line_that_cannot_be_taken_ends_all(void **state)
{
	(void)state;
	static const struct {
		const char *line, *says;
	} cases[] = {
	        {"", "JSON"},
	        {"{}", "\"seq\" is missing"},
	        {"{\"seq\":0,\"time\":\"2026-12-01T09:30:00.123Z\",\"step\":null,\"event\":\"hsm.locked\",\"data\":{"
	         "\"hsm\":\"root-hsm\"}}",
	                "where entry 1 should"},
	        {"{\"seq\":1,\"time\":\"2026-12-01T09:30:00.123Z\",\"step\":null,\"event\":\"act.done\",\"data\":{"
	         "\"of\":0,\"facts\":{}}}",
	                "nothing open"},
	};
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct room *r = room_new();
		room_open(r);
		must(r, hsm_feed(r->hsm, cases[i].line, strlen(cases[i].line), &r->error));
		int result = ask(r, (struct hsm_request){.verb = HSM_TOKENS});
		if (i == 0)
			assert_int_equal(result, -1);
		else
			refused_saying(r, result, cases[i].says);
		assert_int_equal(ask(r, (struct hsm_request){.verb = HSM_TOKENS}), -1);
		room_free(r);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(each_act_needs_an_open_authority_for_itself),
	        cmocka_unit_test(a_proposal_is_not_enough),
	        cmocka_unit_test(an_authority_works_once),
	        cmocka_unit_test(an_order_is_for_one_token),
	        cmocka_unit_test(an_authority_ends_with_a_resume),
	        cmocka_unit_test(a_line_that_cannot_be_taken_ends_all),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
