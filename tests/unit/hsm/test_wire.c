/* The socket between console and helper: frames, fields, and errors that keep their message. */
#include "fixture.h"
#include "hsm/wire.h"

static const char *const messages[] = {WIRE_MESSAGES};
enum { MESSAGES = sizeof messages / sizeof messages[0] };

static void every_message_crosses_with_its_arguments(void **state)
{
	(void)state;
	for (size_t i = 0; i < MESSAGES; i++) {
		struct error e = {.code = ERROR_TOKEN, .ckr = 0xa0, .message.id = messages[i]}, got = {0};
		for (int a = 0; a < MESSAGE_ARGS; a++)
			snprintf(e.message.args[a], sizeof e.message.args[a], "argument %d", a);
		struct bytes wire = {0};
		wire_error(&wire, &e);
		assert_int_equal(wire_error_read(wire.data, wire.len, &got), 0);
		assert_string_equal(got.message.id, messages[i]);
		assert_memory_equal(got.message.args, e.message.args, sizeof e.message.args);
		assert_int_equal(got.code, ERROR_TOKEN);
		assert_int_equal(got.ckr, 0xa0);
		for (size_t j = 0; j < i; j++)
			assert_string_not_equal(messages[j], messages[i]);
		bytes_free(&wire);
	}
}

static void a_message_of_another_layer_crosses_as_its_sentence(void **state)
{
	(void)state;
	struct error e = {0}, got = {0};
	struct bytes wire = {0}, text = {0};
	error_set(&e, ERROR_FAULT, "entry %d is not %s", 7, "good");
	wire_error(&wire, &e);
	assert_int_equal(wire_error_read(wire.data, wire.len, &got), 0);
	error_text(&got, &text);
	assert_string_equal(bytes_string(&text), "entry 7 is not good");
	bytes_free(&wire);
	bytes_free(&text);
}

static void an_error_cut_short_or_drawn_out_is_none(void **state)
{
	(void)state;
	struct error e = {0};
	for (int own = 0; own < 2; own++) {
		struct bytes wire = {0};
		error_set(&e, ERROR_MISSING, own ? MSG_GONE : "other");
		wire_error(&wire, &e);
		for (size_t len = 0; len < wire.len; len++)
			assert_int_equal(wire_error_read(wire.data, len, &e), -1);
		assert_int_equal(wire_error_read(wire.data, wire.len, &e), 0);
		bytes_byte(&wire, 0);
		assert_int_equal(wire_error_read(wire.data, wire.len, &e), -1);
		/* neither a code nor a message that does not exist */
		wire.len--;
		wire.data[3] = 200;
		assert_int_equal(wire_error_read(wire.data, wire.len, &e), -1);
		wire.data[3] = ERROR_FAULT;
		wire.data[12] = 1;
		assert_int_equal(wire_error_read(wire.data, wire.len, &e), -1);
		bytes_free(&wire);
	}
}

static void frames_are_bounded(void **state)
{
	(void)state;
	uint8_t header[WIRE_HEADER];
	size_t len;
	wire_header(header, WIRE_LINE, WIRE_MAX);
	assert_int_equal(wire_header_len(header, &len), 0);
	assert_int_equal(len, WIRE_MAX);
	wire_header(header, WIRE_LINE, WIRE_MAX + 1);
	assert_int_equal(wire_header_len(header, &len), -1);

	struct room *r = room_new();
	room_open(r);
	char *long_line = calloc(1, WIRE_MAX + 1);
	refused(r, hsm_feed(r->hsm, long_line, WIRE_MAX + 1, &r->error), ERROR_FAULT, MSG_FRAME);
	/* more data than a frame holds are passed in sealed memory, up to a bound */
	refused(r, ask(r, (struct hsm_request){.verb = HSM_SIGN, .data = long_line, .len = WIRE_MAX}), ERROR_FAULT,
	        MSG_LOCKED);
	refused(r,
	        ask(r, (struct hsm_request){.verb = HSM_SIGN, .data = long_line, .len = (size_t)WIRE_PASSED_MAX + 1}),
	        ERROR_FAULT, MSG_FRAME);
	struct secret *s = secret_new(WIRE_SECRET_MAX + 1, NULL);
	assert_int_equal(secret_add(s, long_line, WIRE_SECRET_MAX + 1), 0);
	refused(r, ask(r, (struct hsm_request){.verb = HSM_UNLOCK, .user_pin = s}), ERROR_FAULT, MSG_FRAME);
	/* none of that was sent: it still answers */
	must(r, ask(r, (struct hsm_request){.verb = HSM_TOKENS}));
	free(long_line);
	room_free(r);
}

/* Many lines while an answer waits: neither side waits for the other. */
static void lines_and_answers_do_not_block_each_other(void **state)
{
	(void)state;
	struct room *r = room_new();
	room_open(r);
	struct hsm_request request = {.verb = HSM_INSPECT, .hsm = "root-hsm"};
	must(r, hsm_ask(r->hsm, &request, &r->error));
	char *line = malloc(60000);
	memset(line, 'x', 60000);
	for (int i = 0; i < 200; i++)
		must(r, hsm_feed(r->hsm, line, 60000, &r->error));
	int result;
	while (!(result = hsm_answer(r->hsm, &r->answer, &r->error)))
		usleep(1000);
	must(r, result);
	assert_string_equal(json_text(answer(r), "label"), "");
	/* one answer for one request */
	refused(r, hsm_answer(r->hsm, &r->answer, &r->error), ERROR_INTERNAL, MSG_NOT_ASKED);
	assert_int_equal(ask(r, (struct hsm_request){.verb = HSM_TOKENS}), -1);
	free(line);
	room_free(r);
}

static void an_unknown_verb_is_refused(void **state)
{
	(void)state;
	struct room *r = room_new();
	room_open(r);
	refused(r, ask(r, (struct hsm_request){.verb = (enum hsm_verb)99}), ERROR_INTERNAL, MSG_VERB);
	room_free(r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(every_message_crosses_with_its_arguments),
	        cmocka_unit_test(a_message_of_another_layer_crosses_as_its_sentence),
	        cmocka_unit_test(an_error_cut_short_or_drawn_out_is_none),
	        cmocka_unit_test(frames_are_bounded),
	        cmocka_unit_test(lines_and_answers_do_not_block_each_other),
	        cmocka_unit_test(an_unknown_verb_is_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
