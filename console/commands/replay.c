/* replay: a record gone through again on the auditor's screens. Reads only. */
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "commands/commands.h"
#include "engine/replay.h"
#include "screens/screens.h"

static int replay(const char *directory, const struct verify_options *o, bool plain, const char *language)
{
	struct screen_options options = {.language = language};
	struct error e = {0};
	struct replay *r = replay_open(directory, o, &e);
	int rc = EXIT_FAULT;

	if (!r)
		return complain(&e);
	replay_language(r, language);
	rc = (plain || !terminal_can() ? plain_replay(r, &options, &e) : replay_run(r, &options, &e)) < 0
	             ? e.code ? complain(&e) : EXIT_FAULT
	             : EXIT_HOLDS;
	replay_free(&r);
	return rc;
}

int command_replay(int argc, char **argv)
{
	static const struct option options[] = {{"anchor", required_argument, NULL, 'a'},
	        {"people", required_argument, NULL, 'p'}, {"script-hash", required_argument, NULL, 's'},
	        {"previous", required_argument, NULL, 'b'}, {"rehearsal", no_argument, NULL, 'r'},
	        {"plain", no_argument, NULL, 'l'}, {"lang", required_argument, NULL, 'g'},
	        {"language", required_argument, NULL, 'g'}, {NULL, 0, NULL, 0}};
	static const char words[] = "replay DIR [--people FILE] [--script-hash HASH] [--anchor FILE] [--previous DIR] "
	                            "[--rehearsal] [--plain] [--language en|ja]";
	struct verify_options o = {0};
	const char *language = "";
	bool plain = false, cannot;
	uint8_t sum[32];
	int option;

	language_choose("", &cannot);
	optind = 1;
	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		switch (option) {
		case 'a':
			o.anchor = optarg;
			break;
		case 'p':
			o.people = optarg;
			break;
		case 's':
			o.script_hash = optarg;
			if (hex_decode(optarg, strlen(optarg), sum, 32) < 0)
				return usage(words);
			break;
		case 'b':
			o.previous = optarg;
			break;
		case 'r':
			o.rehearsal = true;
			break;
		case 'l':
			plain = true;
			break;
		case 'g':
			language = optarg;
			if (strcmp(optarg, "en") != 0 && strcmp(optarg, "ja") != 0)
				return usage(words);
			break;
		default:
			return usage(words);
		}
	}
	if (argc - optind != 1)
		return usage(words);
	language = language_choose(language, &cannot);
	return replay(argv[optind], &o, plain, language);
}
