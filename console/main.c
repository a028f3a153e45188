/* The subcommand table, and the hardening of the process before anything else happens (base/sandbox.h). */
#include <libintl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/print.h"
#include "base/sandbox.h"
#include "base/secret.h"
#include "base/text.h"
#include "commands/commands.h"
#include "screens/screens.h"

/* A module of an HSM or of cards may want a socket of this machine. */
enum { HELPERS = SANDBOX_STARTS | SANDBOX_SOCKETS };

/* Which files a command needs. In a ceremony a domain of Landlock would be in the way of mounting media, and of what a
 * module keeps somewhere. */
enum files { ALL, READS, MAKES };

static const struct {
	const char *name;
	int (*run)(int argc, char **argv);
	unsigned keeps;   /* of the calls that are given up: base/sandbox.h */
	enum files files; /* that it keeps */
	const char *words, *about;
} commands[] = {
        {"check", command_check, HELPERS, ALL, "SCRIPT [--site SITE [--previous DIR]]",
                N_("every fault of a script, and of this machine for it")},
        {"rehearse", command_rehearse, HELPERS, ALL,
                "SCRIPT [--record DIR] [--previous DIR] [--auto] [--plain] [--lang en|ja]",
                N_("the ceremony with stand-ins and a software token")},
        {"run", command_run, HELPERS | SANDBOX_MOUNTS, ALL, "SCRIPT --site SITE --record DIR [--previous DIR]",
                N_("the ceremony")},
        {"resume", command_resume, HELPERS | SANDBOX_MOUNTS, ALL, "DIR [--auto] [--plain]",
                N_("goes on with a ceremony that was paused or cut short")},
        {"verify", command_verify, SANDBOX_STARTS, READS,
                "DIR [--json] [--anchor FILE] [--people FILE] [--script-hash HASH] [--previous DIR] "
                "[--tsa-ca FILE ...] [--rehearsal]",
                N_("five verdicts over a record")},
        {"bundle", command_bundle, SANDBOX_STARTS, MAKES, "DIR [-o FILE.iso] [--later]",
                N_("the disc image of a record")},
        {"report", command_report, SANDBOX_STARTS, MAKES,
                "DIR | --blank SCRIPT [--site SITE] [--language en|ja] [--output FILE]",
                N_("the paper that people sign, from a record or before its day")},
        {"replay", command_replay, 0, READS,
                "DIR [--people FILE] [--script-hash HASH] [--anchor FILE] [--previous DIR] [--rehearsal] [--plain] "
                "[--language en|ja]",
                N_("a record gone through again, entry by entry, for the auditor")},
        {"enrol", command_enrol, 0, MAKES, "[--change-passphrase | --check] --name NAME --out DIR",
                N_("a person's signing key")},
        {"people", command_people, 0, READS, "FILE [VKEY-FILE ...]",
                N_("the register of public keys that verify --people takes")},
        {"timestamp", command_timestamp, SANDBOX_STARTS, MAKES,
                "DIR [--output FILE] [--hash HASH] [--nonce] [--policy OID] [--rehearsal] | "
                "--add REPLY DIR [--query FILE] [--ca FILE ...] [--policy OID] [--rehearsal]",
                N_("asks for a time stamp over a closed record, and puts the reply beside it")},
        {"publish", command_publish, SANDBOX_STARTS, MAKES, "DIR [--output DIR] [--rehearsal]",
                N_("certificates, CRLs and their hashes, as gazette and repository want them")},
        {"slips", command_slips, SANDBOX_STARTS, MAKES, "DIR [--output STEM] [--rehearsal]",
                N_("a slip with the full root for everyone who signed the end")},
        {"qr", command_qr, 0, MAKES, "FILE ... [--output DIR] [--format png|svg|ansi|spaces]",
                N_("files as QR codes, several where one does not hold a file")},
        {"scan", command_scan, SANDBOX_STARTS, MAKES, "IMAGE ... [-o FILE] [--sha256 HEX]",
                N_("puts together what the QR codes in pictures hold")},
};

/* Nothing of the environment but what terminal and language need. */
static void environment_clear(void)
{
	static const char *const kept[] = {
	        "TERM", "LANG", "LANGUAGE", "LC_ALL", "LC_CTYPE", "LC_MESSAGES", "NO_COLOR", "TZ", "COLUMNS", "LINES"};
	char *values[sizeof(kept) / sizeof(kept[0])];

	for (size_t i = 0; i < sizeof(kept) / sizeof(kept[0]); i++) {
		const char *value = getenv(kept[i]);
		values[i] = value ? strdup(value) : NULL;
	}
	/* What the kernel handed over stays readable in /proc until it is overwritten. */
	for (char **at = environ; at && *at; at++)
		wipe(*at, strlen(*at));
	clearenv();
	for (size_t i = 0; i < sizeof(kept) / sizeof(kept[0]); i++)
		if (values[i]) {
			setenv(kept[i], values[i], 1);
			free(values[i]);
		}
}

static int help(int (*print)(const char *format, ...))
{
	print(gettext("usage: tachiai COMMAND …\n\n"));
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		print("  tachiai %s %s\n      %s\n", commands[i].name, commands[i].words, gettext(commands[i].about));
	print(gettext("\nEach has a manual page: man tachiai-COMMAND. Exit codes: 0 done or holds, 1 does not "
	              "hold or not closed,\n"
	              "2 wrong usage, 3 something outside is missing, 4 holds but nothing outside the record "
	              "vouches for the people.\n"));
	return print_flush() < 0 ? EXIT_FAULT : EXIT_HOLDS;
}

/* A name of a file with a line feed in it could write lines of its own into what is printed about it. */
static bool has_control(const char *argument)
{
	struct bytes shown = {0};
	bool has = false;

	for (const char *at = argument; *at; at++)
		has = has || (unsigned char)*at < ' ' || *at == 0x7f;
	if (has) {
		text_visible(&shown, argument, strlen(argument));
		print_err(
		        gettext("tachiai: an argument has a control character in it: %s; give the file another name\n"),
		        bytes_string(&shown));
	}
	bytes_free(&shown);
	return has;
}

int main(int argc, char **argv)
{
	struct error e = {0};
	bool cannot;

	environment_clear();
	opterr = 0; /* what was typed comes back only through print_err() */
	if (sandbox_harden(STDERR_FILENO + 1, &e) < 0 || secret_init(&e) < 0)
		return complain(&e);
	language_choose("", &cannot);
	for (int i = 1; i < argc; i++)
		if (has_control(argv[i]))
			return EXIT_USAGE;
	if (argc > 1)
		for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
			if (!strcmp(argv[1], commands[i].name))
				return sandbox_calls(commands[i].keeps, &e) < 0 ? complain(&e)
				                                                : commands[i].run(argc - 1, argv + 1);
	if (argc == 2 && !strcmp(argv[1], "--version")) {
		print_out("tachiai %s\n", TACHIAI_VERSION);
		return fflush(stdout) ? EXIT_FAULT : EXIT_HOLDS;
	}
	if (argc == 2 && !strcmp(argv[1], "--help"))
		return help(print_out);
	if (argc > 1)
		print_err(gettext("tachiai: %s is no command\n"), argv[1]);
	help(print_err);
	return EXIT_USAGE;
}
