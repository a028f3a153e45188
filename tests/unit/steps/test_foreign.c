/* What comes from outside is decoded by tachiai-parse first: what makes that crash, hang, lie or use up memory is
 * refused, and harms nothing. This program is its own bad parser. */
#include "../base/check.h"

#include "base/sandbox.h"
#include "base/secret.h"
#include "steps/foreign.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static char own[4096], parser[4096];
static volatile int *nowhere;

static int say(const char *line, int exit)
{
	return write(1, line, strlen(line)) < 0 ? 99 : exit;
}

/* As hostile bytes would have it. */
static int bad_parser(const char *kind)
{
	if (!strcmp(kind, "crash"))
		return *nowhere;
	if (!strcmp(kind, "loop")) {
		for (volatile unsigned i = 0; i < 1; i = 0)
			;
	}
	if (!strcmp(kind, "greedy")) {
		for (size_t taken = 0; taken < (size_t)16 << 30; taken += 1 << 28)
			if (!malloc(1 << 28))
				return 3;
		return say("yes\n", 0);
	}
	if (!strcmp(kind, "silent"))
		return 0;
	if (!strcmp(kind, "chatty"))
		return say("yes\nand more\n", 0);
	if (!strcmp(kind, "twofaced"))
		return say("yes\n", 1);
	if (!strcmp(kind, "shrug"))
		return say("no \n", 1);
	if (!strcmp(kind, "painted"))
		return say("no \x1b[2J\xe2\x80\xae owned\nyes\n", 1);
	if (!strcmp(kind, "network"))
		return socket(AF_INET, SOCK_STREAM, 0) < 0 && errno == EPERM ? say("yes\n", 0) : 9;
	if (!strcmp(kind, "write"))
		return open("/tmp/tachiai-foreign-was-here", O_WRONLY | O_CREAT | O_CLOEXEC, 0600) < 0 ? say("yes\n", 0)
		                                                                                       : 9;
	return 2;
}

static void a_parser_that_does_not_end_well_is_a_refusal(void **state)
{
	static const struct {
		const char *kind, *sentence; /* NULL: it is content */
	} cases[] = {
	        {"crash",
	                "The process that decodes what comes from outside was ended by signal 11 over it. The file is "
	                "refused."},
	        {"greedy", "The process that decodes what comes from outside did not end well over it (exit 3). The "
	                   "file is "
	                   "refused."},
	        {"silent", "The process that decodes what comes from outside did not end well over it (exit 0). The "
	                   "file is "
	                   "refused."},
	        {"chatty", "The process that decodes what comes from outside did not end well over it (exit 0). The "
	                   "file is "
	                   "refused."},
	        {"twofaced",
	                "The process that decodes what comes from outside did not end well over it (exit 1). The file "
	                "is refused."},
	        {"shrug", "The process that decodes what comes from outside did not end well over it (exit 1). The "
	                  "file is "
	                  "refused."},
	        {"no-such-kind",
	                "The process that decodes what comes from outside did not end well over it (exit 2). The "
	                "file is refused."},
	        {"painted", "<U+001B>[2J<U+202E> owned"},
	        {"network", NULL},
	        {"write", NULL},
	};
	struct bytes content = {0};

	(void)state;
	bytes_text(&content, "hostile");
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct error e = {0};

		/* A sanitizer's shadow has no bound, and it ends a crash in its own way. */
		if (sandbox_watched() && (!strcmp(cases[i].kind, "greedy") || !strcmp(cases[i].kind, "crash")))
			continue;
		int rc = foreign_try(own, cases[i].kind, &content, &e);
		assert_int_equal(rc, cases[i].sentence ? -1 : 0);
		if (cases[i].sentence)
			check_error(&e, ERROR_FAULT, cases[i].sentence);
	}
	assert_int_equal(access("/tmp/tachiai-foreign-was-here", F_OK), -1);
	bytes_free(&content);
}

/* Its processor time ends it, long before its clock time would. */
static void a_parser_that_never_ends_is_ended(void **state)
{
	struct bytes content = {0};
	struct error e = {0};
	struct bytes text = {0};

	(void)state;
	bytes_text(&content, "hostile");
	assert_int_equal(foreign_try_within(own, "loop", &content, 1, &e), -1);
	error_text(&e, &text);
	/* whichever comes first */
	if (!strstr(bytes_string(&text), "was still at it after 1 seconds. The file is refused.") &&
	        !strstr(bytes_string(&text), "was ended by signal "))
		fail_msg("%s", bytes_string(&text));
	bytes_free(&text);
	bytes_free(&content);
}

static void a_parser_that_is_not_there_is_an_error(void **state)
{
	struct bytes content = {0};
	struct error e = {0};

	(void)state;
	assert_int_equal(foreign_try("/nowhere/tachiai-parse", foreign_crl, &content, &e), -1);
	check_error(&e, ERROR_MISSING,
	        "/nowhere/tachiai-parse cannot be run: it is no file, or is a link, or cannot be read.");
}

/* The real one, in its own words. */
static void bytes_are_refused_in_the_parsers_words(void **state)
{
	const struct {
		const char *kind, *content, *sentence;
	} cases[] = {
	        {foreign_request, "\x30\x80", "The certification request is not DER, or is cut short."},
	        {foreign_certificate, "\x30\x80", "The certificate is not DER, or is cut short."},
	        {foreign_crl, "\x30\x03\x02\x01",
	                "The CRL is not in DER as RFC 5280 section 5.1 has it, or is cut short, at byte 0."},
	        {foreign_crl_entries, "00x", "Line 1, column 4: the last line is not ended: is the file whole?"},
	        {foreign_crl_entries, "", NULL},
	        {foreign_ocsp_entries, "01\n", NULL},
	        {foreign_script, "tachiai: [\n", NULL},
	        {foreign_site, "\xff", NULL},
	        {foreign_key, "-----BEGIN ENCRYPTED PRIVATE KEY-----\n!", NULL},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct bytes content = {0}, text = {0};
		struct error e = {0};

		bytes_text(&content, cases[i].content);
		int rc = foreign_try(parser, cases[i].kind, &content, &e);
		error_text(&e, &text);
		if (rc != (cases[i].sentence ? -1 : 0) ||
		        (cases[i].sentence && strcmp(bytes_string(&text), cases[i].sentence)))
			fail_msg("%s %zu: %d, %s", cases[i].kind, i, rc, bytes_string(&text));
		bytes_free(&text);
		bytes_free(&content);
	}
}

/* What a copy that was taken over might answer: an error that is not for it to have, more lines than people read. */
static int pauses(void *with, struct bytes *out, struct error *e)
{
	(void)out;
	return error_set(e, *(enum error_code *)with, "people ended it");
}

static int many_lines(void *with, struct bytes *out, struct error *e)
{
	for (size_t i = *(size_t *)with; i; i--)
		bytes_byte(out, '\n');
	return bytes_end(out, e);
}

static int of_form(void *with, struct bytes *out, struct error *e)
{
	bytes_text(out, with);
	return bytes_end(out, e);
}

static const char odd[] =
        "The process that decodes what comes from outside gave an answer of no form. The file is refused.";

static void an_answer_of_another_form_is_refused(void **state)
{
	static const enum error_code no_words_of_its[] = {
	        ERROR_USAGE, ERROR_MISSING, ERROR_IO, ERROR_TOKEN, ERROR_PAUSED};
	static const char *const cases[] = {"", "{}", "[]\n[]", "{}\n{}", "{}\n1"};
	struct bytes out = {0}, faults = {0};
	struct error e = {0};
	size_t lines = 8192;

	(void)state;
	for (size_t i = 0; i < sizeof no_words_of_its / sizeof no_words_of_its[0]; i++) {
		enum error_code code = no_words_of_its[i];
		assert_int_equal(foreign_aside(parser, pauses, &code, &out, &e), -1);
		check_error(&e, ERROR_FAULT, odd);
	}
	assert_int_equal(foreign_aside(parser, pauses, &(enum error_code){ERROR_FAULT}, &out, &e), -1);
	check_error(&e, ERROR_FAULT, "people ended it");
	assert_int_equal(foreign_aside(parser, many_lines, &lines, &out, &e), 0);
	lines++;
	assert_int_equal(foreign_aside(parser, many_lines, &lines, &out, &e), -1);
	check_error(&e, ERROR_FAULT, odd);
	bytes_clear(&out);
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		assert_int_equal(
		        foreign_aside_facts(parser, of_form, (void *)(uintptr_t)cases[i], &out, &faults, &e), -1);
		assert_int_equal(e.code, ERROR_FAULT);
		e = (struct error){0};
		bytes_clear(&out);
		bytes_clear(&faults);
	}
	assert_int_equal(foreign_aside_facts(parser, of_form, (char[]){"{\"a\":1}\n[]"}, &out, &faults, &e), 0);
	assert_string_equal(bytes_string(&out), "{\"a\":1}");
	assert_string_equal(bytes_string(&faults), "[]");
	bytes_free(&out);
	bytes_free(&faults);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(an_answer_of_another_form_is_refused),
	        cmocka_unit_test(a_parser_that_does_not_end_well_is_a_refusal),
	        cmocka_unit_test(a_parser_that_never_ends_is_ended),
	        cmocka_unit_test(a_parser_that_is_not_there_is_an_error),
	        cmocka_unit_test(bytes_are_refused_in_the_parsers_words),
	};
	ssize_t n;

	if (argc == 2)
		_exit(bad_parser(argv[1])); /* a sanitizer has no last word in a process that is held */
	n = readlink("/proc/self/exe", own, sizeof own - 1);
	if (n <= 0 || secret_init(NULL) < 0)
		return 1;
	strcpy(parser, own);
	for (int i = 0; i < 4; i++)
		*strrchr(parser, '/') = '\0';
	strcat(parser, "/tachiai-parse");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
