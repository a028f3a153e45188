/* run, rehearse and resume: a ceremony at the table. */
#include <getopt.h>
#include <libintl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/print.h"
#include "base/sandbox.h"
#include "base/secret.h"
#include "commands/commands.h"
#include "screens/screens.h"

static const struct option long_options[] = {{"site", required_argument, NULL, 's'},
        {"record", required_argument, NULL, 'r'}, {"auto", no_argument, NULL, 'a'}, {"plain", no_argument, NULL, 'p'},
        {"lang", required_argument, NULL, 'l'}, {"pace", required_argument, NULL, 'c'},
        {"previous", required_argument, NULL, 'b'}, {"previous-anchor", required_argument, NULL, 'k'},
        {"medium", required_argument, NULL, 'm'}, {"amend", required_argument, NULL, 'n'},
        {"report", no_argument, NULL, 't'}, {NULL, 0, NULL, 0}};

enum { MEDIA_MAX = 16 };

struct words {
	const char *argument, *site, *record, *language, *previous, *previous_anchor, *amend_step, *amend_file;
	struct engine_medium media[MEDIA_MAX];
	size_t medium_count;
	bool play, plain, report;
	int pace; /* ms; -1: not said */
};

/* "NAME=DIR" */
static int medium_read(char *word, struct words *w)
{
	char *equals = strchr(word, '=');
	if (!equals || equals == word || !equals[1] || w->medium_count == MEDIA_MAX)
		return -1;
	*equals = 0;
	w->media[w->medium_count++] = (struct engine_medium){word, equals + 1};
	return 0;
}

/* "STEP=FILE" */
static int amend_read(char *word, struct words *w)
{
	char *equals = strchr(word, '=');
	if (!equals || equals == word || !equals[1] || w->amend_step)
		return -1;
	*equals = 0;
	w->amend_step = word;
	w->amend_file = equals + 1;
	return 0;
}

/* -1: wrong usage. `takes` names the options of the command. */
static int words_read(int argc, char **argv, const char *takes, struct words *w)
{
	int option;
	memset(w, 0, sizeof(*w));
	w->pace = -1;
	optind = 1;
	while ((option = getopt_long(argc, argv, "", long_options, NULL)) != -1) {
		if (option == '?' || !strchr(takes, option))
			return -1;
		switch (option) {
		case 's':
			w->site = optarg;
			break;
		case 'r':
			w->record = optarg;
			break;
		case 'b':
			w->previous = optarg;
			break;
		case 'k':
			w->previous_anchor = optarg;
			break;
		case 'm':
			if (medium_read(optarg, w) < 0)
				return -1;
			break;
		case 'n':
			if (amend_read(optarg, w) < 0)
				return -1;
			break;
		case 'a':
			w->play = true;
			break;
		case 'p':
			w->plain = true;
			break;
		case 't':
			w->report = true;
			break;
		case 'l':
			w->language = optarg;
			if (strcmp(optarg, "en") && strcmp(optarg, "ja"))
				return -1;
			break;
		case 'c': {
			char *end;
			unsigned long ms = strtoul(optarg, &end, 10);
			if (*end || end == optarg || ms > 60000)
				return -1;
			w->pace = (int)ms;
			break;
		}
		default:
			return -1;
		}
	}
	if (argc - optind != 1 || (w->previous_anchor && !w->previous) || (w->amend_step && !w->play))
		return -1;
	w->argument = argv[optind];
	return 0;
}

static int language_set(const char *language, struct session *session)
{
	bool cannot = false;
	session->language = language_choose(language ? language : "", &cannot);
	if (cannot)
		print_err("%s", gettext("tachiai: this terminal cannot show Japanese; going on in English\n"));
	return 0;
}

static int start(struct engine_options *o, const struct words *w, bool verify)
{
	struct session session = {.plain = w->plain,
	        .player = w->play,
	        .amend_step = w->amend_step,
	        .amend_file = w->amend_file,
	        .pace_ms = w->pace};
	struct error e = {0};
	char *helper = program_path("tachiai-hsm"), *report = program_path("tachiai-report"),
	     *parser = program_path("tachiai-parse"), *verifier = program_path("tachiai");

	sandbox_lock_memory();
	language_set(w->language, &session);
	o->helper = helper;
	o->parser = parser;
	o->verifier = verifier;
	/* A ceremony that plays itself is for trying, again and again: nobody signs its paper. */
	o->report = !w->play || w->report ? report : NULL;
	o->language = session.language;
	if (!session.plain)
		splash_show(o->rehearsal ? gettext("REHEARSAL - nothing made here is real") : "",
		        gettext("Everything that can be checked before the ceremony is being checked ..."));
	struct engine *g = helper && parser && verifier && secret_init(&e) == 0 ? engine_start(o, &e) : NULL;
	splash_end();
	free(helper);
	free(report);
	free(parser);
	free(verifier);
	if (!g)
		return complain(&e);
	int rc = session_run(g, &session);
	return rc == EXIT_HOLDS && verify ? session_verify(o->record, o->previous) : rc;
}

int command_run(int argc, char **argv)
{
	struct words w;
	if (words_read(argc, argv, "srplbk", &w) < 0 || !w.site || !w.record)
		return usage("run SCRIPT --site SITE --record DIR [--previous DIR [--previous-anchor FILE]] [--plain] "
		             "[--lang en|ja]");
	struct engine_options o = {.script = w.argument,
	        .site = w.site,
	        .record = w.record,
	        .previous = w.previous,
	        .previous_anchor = w.previous_anchor};
	return start(&o, &w, false);
}

/* ./SCRIPT-rehearsal-20261201T093000Z.record */
static char *record_name(const char *script)
{
	const char *slash = strrchr(script, '/'), *base = slash ? slash + 1 : script, *dot = strrchr(base, '.');
	char stamp[32], *out = NULL;
	time_t now = time(NULL);
	struct tm tm;
	gmtime_r(&now, &tm);
	strftime(stamp, sizeof(stamp), "%Y%m%dT%H%M%SZ", &tm);
	return asprintf(&out, "%.*s-rehearsal-%s.record", dot ? (int)(dot - base) : (int)strlen(base), base, stamp) < 0
	               ? NULL
	               : out;
}

int command_rehearse(int argc, char **argv)
{
	struct words w;
	if (words_read(argc, argv, "raplcbkmnt", &w) < 0)
		return usage(
		        "rehearse SCRIPT [--record DIR] [--previous DIR [--previous-anchor FILE]] [--medium "
		        "NAME=DIR]... [--auto [--pace MS] [--report] [--amend STEP=FILE]] [--plain] [--lang en|ja]");
	char *made = w.record ? NULL : record_name(w.argument);
	struct engine_options o = {.script = w.argument,
	        .record = w.record ? w.record : made,
	        .rehearsal = true,
	        .previous = w.previous,
	        .previous_anchor = w.previous_anchor,
	        .media = w.media,
	        .medium_count = w.medium_count};
	if (!o.record) {
		free(made);
		return EXIT_FAULT;
	}
	int rc = start(&o, &w, w.play);
	free(made);
	return rc;
}

int command_resume(int argc, char **argv)
{
	struct words w;
	struct error e = {0};
	if (words_read(argc, argv, "aplcbknt", &w) < 0)
		return usage("resume DIR [--previous DIR [--previous-anchor FILE]] [--auto [--pace MS] [--report] "
		             "[--amend STEP=FILE]] [--plain] [--lang en|ja]");
	struct session session = {.plain = w.plain,
	        .player = w.play,
	        .amend_step = w.amend_step,
	        .amend_file = w.amend_file,
	        .pace_ms = w.pace};
	sandbox_lock_memory();
	language_set(w.language, &session);
	char *helper = program_path("tachiai-hsm"), *report = program_path("tachiai-report"),
	     *parser = program_path("tachiai-parse"), *verifier = program_path("tachiai");
	struct engine_options o = {.record = w.argument,
	        .helper = helper,
	        .parser = parser,
	        .verifier = verifier,
	        .report = !w.play || w.report ? report : NULL,
	        .language = session.language,
	        .previous = w.previous,
	        .previous_anchor = w.previous_anchor};
	if (!session.plain)
		splash_show("", gettext("The record is being read, entry by entry ..."));
	struct engine *g = helper && parser && verifier && secret_init(&e) == 0 ? engine_resume(&o, &e) : NULL;
	splash_end();
	free(helper);
	free(report);
	free(parser);
	free(verifier);
	if (!g)
		return complain(&e);
	/* Nobody but people answers in a real ceremony. */
	if (w.play && !engine_view(g)->rehearsal) {
		engine_free(&g);
		print_err("%s", gettext("tachiai: this record is of a real ceremony: only people can answer in it, "
		                        "--auto is for "
		                        "rehearsals\n"));
		return EXIT_USAGE;
	}
	int rc = session_run(g, &session);
	return rc == EXIT_HOLDS && w.play ? session_verify(w.argument, w.previous) : rc;
}
