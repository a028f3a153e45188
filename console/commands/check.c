/* check: every fault of a script, and with a site what keeps the ceremony from starting on this machine. */
#include <getopt.h>
#include <libintl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/print.h"
#include "base/sandbox.h"
#include "base/text.h"
#include "commands/commands.h"
#include "engine/ready.h"
#include "screens/screens.h"
#include "script/site.h"
#include "steps/foreign.h"

enum { FILE_MAX = 1 << 20 };

static void faults_print(const char *path, const struct fault_list *list)
{
	for (size_t i = 0; i < list->count; i++) {
		struct bytes text = {0};
		message_text(&list->fault[i].message, gettext(list->fault[i].message.id), &text);
		if (list->fault[i].line)
			print_err("%s:%u:%u: %s\n", path, list->fault[i].line, list->fault[i].column,
			        bytes_string(&text));
		else
			print_err("%s: %s\n", path, bytes_string(&text));
		bytes_free(&text);
	}
}

static int check(const char *script_path, const char *site_path, const char *previous, const char *anchor)
{
	struct bytes raw = {0}, hex = {0};
	struct fault_list faults = {0};
	struct error e = {0};
	struct script *script = NULL;
	struct site *site = NULL;
	struct previous left = {0};
	/* With a site this command starts the helper, and may not give up files. */
	char *helper = NULL, *parser = site_path ? program_path("tachiai-parse") : NULL,
	     *verifier = site_path ? program_path("tachiai") : NULL;
	int rc = EXIT_FAULT;

	if (file_read(script_path, FILE_MAX, &raw, &e) < 0 || foreign_try(parser, foreign_script, &raw, &e) < 0) {
		rc = complain(&e);
		goto out;
	}
	script = script_parse(script_path, &raw, &faults);
	faults_print(script_path, &faults);
	fault_list_free(&faults);
	if (!script)
		goto out;
	bool holds = ready_left(previous, anchor, verifier, &left, &e) == 0;
	if (!holds)
		rc = complain(&e);
	if (ready_certificates(script, &left, &faults, &e) < 0) {
		rc = complain(&e);
		goto out;
	}
	faults_print(script_path, &faults);
	bool good = holds && !faults.count;
	fault_list_free(&faults);
	if (site_path) {
		bytes_free(&raw);
		if (file_read(site_path, FILE_MAX, &raw, &e) < 0 || foreign_try(parser, foreign_site, &raw, &e) < 0) {
			rc = complain(&e);
			goto out;
		}
		site = site_parse(site_path, &raw, script, &faults);
		faults_print(site_path, &faults);
		fault_list_free(&faults);
		helper = program_path("tachiai-hsm");
		if (!site || !helper)
			goto out;
		if (ready_site(script, site, helper, &faults, &e) < 0) {
			rc = complain(&e);
			goto out;
		}
		faults_print(site_path, &faults);
		if (!script->person_count) {
			print_err(gettext("%s: it pins no people, so it cannot be run: add people: with everyone's "
			                  "vkey\n"),
			        script_path);
			good = false;
		}
		bool missing = faults.count && faults.fault[0].code == ERROR_MISSING;
		good = good && !faults.count;
		if (missing) {
			rc = EXIT_MISSING;
			goto out;
		}
	}
	if (!good)
		goto out;
	size_t steps = script->step_count;
	bool pinned = script->person_count != 0;
	bytes_hex(&hex, script->sha256, 32);
	if (site) {
		int fits = ready_previous(script, site, &left, &e);
		script = NULL;
		site = NULL;
		if (fits < 0) {
			rc = complain(&e);
			goto out;
		}
	}
	print_out(gettext("%s holds: %zu steps, SHA-256 %s\n"), script_path, steps, bytes_string(&hex));
	if (!pinned)
		print_out(gettext("It pins no people: it can be rehearsed; run needs people: with everyone's vkey.\n"));
	rc = EXIT_HOLDS;
out:
	bytes_free(&hex);
	bytes_free(&raw);
	fault_list_free(&faults);
	script_free(&script);
	site_free(&site);
	free(helper);
	free(parser);
	free(verifier);
	previous_free(&left);
	return rc;
}

int command_check(int argc, char **argv)
{
	static const struct option options[] = {{"site", required_argument, NULL, 's'},
	        {"previous", required_argument, NULL, 'b'}, {"previous-anchor", required_argument, NULL, 'k'},
	        {NULL, 0, NULL, 0}};
	static const char words[] = "check SCRIPT [--site SITE [--previous DIR [--previous-anchor FILE]]]";
	const char *site = NULL, *previous = NULL, *anchor = NULL;
	bool cannot;
	int option;

	language_choose("", &cannot);
	optind = 1;
	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (option == 's')
			site = optarg;
		else if (option == 'b')
			previous = optarg;
		else if (option == 'k')
			anchor = optarg;
		else
			return usage(words);
	}
	if (argc - optind != 1 || (previous && !site) || (anchor && !previous))
		return usage(words);
	/* With a site the helper looks at its tokens, and a module keeps files of its own. */
	if (!site)
		sandbox_arguments(argc, argv, false);
	return check(argv[optind], site, previous, anchor);
}
