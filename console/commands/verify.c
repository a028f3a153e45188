/* verify: five verdicts over a record, for people or for machines. */
#include <getopt.h>
#include <libintl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/json.h"
#include "base/print.h"
#include "commands/commands.h"
#include "engine/verify.h"
#include "screens/screens.h"

static const char *const names[VERDICTS] = {N_("form"), N_("log"), N_("consent"), N_("artifacts"), N_("conduct")};

static void sentence(const struct message *m, bool translate, struct bytes *out)
{
	if (m->id)
		message_text(m, translate && *m->id ? gettext(m->id) : NULL, out);
}

static void print_text(const char *directory, const struct verification *v, const struct verify_options *o)
{
	print_out(gettext("Record %s\n"), directory);
	if (v->rehearsal)
		print_out(gettext("REHEARSAL: this record is of a rehearsal, and proves nothing else\n"));
	if (v->software)
		print_out(gettext("SOFTWARE TOKEN: the script allows a token that is only a program\n"));
	for (int i = 0; i < VERDICTS; i++) {
		const struct verdict *d = &v->verdict[i];
		struct bytes why = {0};
		sentence(d->holds ? &d->evidence : &d->error.message, true, &why);
		if (d->holds)
			print_out(gettext("%s: holds (%s)\n"), gettext(names[i]), bytes_string(&why));
		else if (d->error.line)
			print_out(gettext("%s: DOES NOT HOLD: line %u: %s\n"), gettext(names[i]), d->error.line,
			        bytes_string(&why));
		else
			print_out(gettext("%s: DOES NOT HOLD: %s\n"), gettext(names[i]), bytes_string(&why));
		bytes_free(&why);
	}
	print_out(gettext("exceptions: %u\n"), v->exceptions);
	if (v->previous == PREVIOUS_HELD)
		print_out(gettext("previous record: %s: it holds, and what was taken over is what it left\n"),
		        bytes_string(&v->previous_origin));
	if (v->previous == PREVIOUS_NAMED)
		print_out(gettext("previous record: %s: not held against it (see --previous)\n"),
		        bytes_string(&v->previous_origin));
	if (v->paper == PAPER_SAME)
		print_out(gettext("printed report: made again, it is the same\n"));
	if (v->paper == PAPER_NOT_COMPARED)
		print_out(gettext("printed report: not compared (see the manual)\n"));
	if (v->anchored)
		print_out(gettext("anchor: the record is it, or extends it\n"));
	switch (v->vouching) {
	case VOUCHED_PEOPLE:
		print_out(gettext("people: vouched for by the register\n"));
		break;
	case VOUCHED_SCRIPT:
		print_out(gettext("people: vouched for by the script's hash\n"));
		break;
	case VOUCHED_REHEARSAL:
		print_out(gettext("people: stand-ins of a rehearsal\n"));
		break;
	case VOUCHED_NOT: {
		struct bytes why = {0};
		sentence(&v->vouch_error.message, true, &why);
		if (why.len)
			print_out(gettext("people: NOT vouched for: %s\n"), bytes_string(&why));
		else
			print_out(gettext("people: who they are is only the record's own word (see --people and "
			                  "--script-hash)\n"));
		bytes_free(&why);
	}
	}
	if (v->rehearsal && !o->rehearsal)
		print_out(gettext("A rehearsal is accepted only with --rehearsal.\n"));
	later_print(v);
}

static int print_json(const struct verification *v)
{
	static const char *const vouched[] = {"none", "people", "script-hash", "rehearsal"}, *const continuities[] = {
	                                                                                             "none", "named",
	                                                                                             "held"};
	static const char *const papers[] = {"none", "not-compared", "same"};
	struct bytes out = {0};
	struct json_writer j = {&out, false};
	json_begin_object(&j);
	json_member_text(&j, "origin", bytes_string(&v->origin));
	json_member_int(&j, "entries", (int64_t)v->entries);
	json_member_base64(&j, "root", v->root, 32);
	json_member_bool(&j, "rehearsal", v->rehearsal);
	json_member_bool(&j, "software", v->software);
	json_member_bool(&j, "closed", v->closed);
	json_key(&j, "verdicts");
	json_begin_object(&j);
	for (int i = 0; i < VERDICTS; i++) {
		const struct verdict *d = &v->verdict[i];
		struct bytes why = {0}, held = {0};
		sentence(&d->error.message, false, &why);
		sentence(&d->evidence, false, &held);
		json_key(&j, names[i]);
		json_begin_object(&j);
		json_member_bool(&j, "holds", d->holds);
		json_member_text(&j, "evidence", bytes_string(&held));
		json_member_int(&j, "line", d->error.line);
		json_member_text(&j, "fault", d->holds ? NULL : bytes_string(&why));
		json_end_object(&j);
		bytes_free(&why);
		bytes_free(&held);
	}
	json_end_object(&j);
	json_member_int(&j, "exceptions", v->exceptions);
	json_member_bool(&j, "anchored", v->anchored);
	json_member_text(&j, "vouched", vouched[v->vouching]);
	json_member_text(&j, "previous", continuities[v->previous]);
	json_member_text(&j, "report", papers[v->paper]);
	later_json(&j, v);
	json_member_int(&j, "exit", v->exit);
	json_end_object(&j);
	int rc = bytes_end(&out, NULL) < 0 || print_out("%s\n", bytes_string(&out)) < 0 ? -1 : 0;
	bytes_free(&out);
	return rc;
}

static int verify(const char *directory, const struct verify_options *options, bool json)
{
	struct verify_options with = *options, *o = &with;
	struct verification v;
	struct error e = {0};
	char *printer = program_path("tachiai-report");
	with.report = printer && access(printer, X_OK) == 0 ? printer : NULL;
	int done = verify_record(directory, o, &v, &e);
	free(printer);
	if (done < 0)
		return complain(&e);
	int rc = v.exit;
	if (json) {
		if (print_json(&v) < 0)
			rc = EXIT_FAULT;
	} else {
		print_text(directory, &v, o);
	}
	if (fflush(stdout))
		rc = EXIT_FAULT;
	verification_free(&v);
	return rc;
}

int session_verify(const char *record, const char *previous)
{
	struct verify_options o = {.rehearsal = true, .previous = previous};
	return verify(record, &o, false);
}

int command_verify(int argc, char **argv)
{
	static const struct option options[] = {{"json", no_argument, NULL, 'j'},
	        {"anchor", required_argument, NULL, 'a'}, {"people", required_argument, NULL, 'p'},
	        {"script-hash", required_argument, NULL, 's'}, {"rehearsal", no_argument, NULL, 'r'},
	        {"previous", required_argument, NULL, 'b'}, {"tsa-ca", required_argument, NULL, 't'},
	        {NULL, 0, NULL, 0}};
	static const char words[] = "verify DIR [--json] [--anchor FILE] [--people FILE] [--script-hash HASH] "
	                            "[--previous DIR] [--tsa-ca FILE ...] [--rehearsal]";
	struct timestamp_anchors *anchors = NULL;
	struct verify_options o = {0};
	bool json = false, cannot;
	struct error e = {0};
	uint8_t sum[32];
	int option, rc;

	language_choose("", &cannot);
	optind = 1;
	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		switch (option) {
		case 'j':
			json = true;
			break;
		case 'a':
			o.anchor = optarg;
			break;
		case 'p':
			o.people = optarg;
			break;
		case 's':
			o.script_hash = optarg;
			if (hex_decode(optarg, strlen(optarg), sum, 32) < 0) {
				rc = usage(words);
				goto out;
			}
			break;
		case 'b':
			o.previous = optarg;
			break;
		case 't':
			if (anchors_read(&anchors, optarg, &e) < 0) {
				rc = complain(&e);
				goto out;
			}
			break;
		case 'r':
			o.rehearsal = true;
			break;
		default:
			rc = usage(words);
			goto out;
		}
	}
	if (argc - optind != 1) {
		rc = usage(words);
		goto out;
	}
	o.anchors = anchors;
	rc = verify(argv[optind], &o, json);
out:
	timestamp_anchors_free(&anchors);
	return rc;
}
