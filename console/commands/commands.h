/* The subcommands: each reads its own words, prints results to stdout and messages to stderr, and gives the exit code.
 */
#ifndef COMMANDS_COMMANDS_H
#define COMMANDS_COMMANDS_H

#include "engine/engine.h"

enum exit_code { EXIT_HOLDS = 0, EXIT_FAULT = 1, EXIT_USAGE = 2, EXIT_MISSING = 3, EXIT_UNVOUCHED = 4 };

int command_check(int argc, char **argv);
int command_run(int argc, char **argv);
int command_rehearse(int argc, char **argv);
int command_resume(int argc, char **argv);
int command_verify(int argc, char **argv);
int command_enrol(int argc, char **argv);
int command_people(int argc, char **argv);
int command_qr(int argc, char **argv);
int command_scan(int argc, char **argv);

/* "tachiai: SENTENCE" on stderr, in the interface's language; gives the exit code for it. */
int complain(const struct error *e);
/* "usage: tachiai WORDS" on stderr; EXIT_USAGE. */
int usage(const char *words);
/* A helper program ("tachiai-hsm", "tachiai-scan"): beside this one in a build tree, else where it was installed. Owned
 * by the caller; NULL: no memory. */
char *helper_path(const char *program);

struct session {
	bool plain, player;
	const char *language; /* NULL: the environment's */
	int pace_ms;          /* of a player; -1: watchable on a terminal, at once elsewhere */
};
/* Runs a ceremony on the terminal, or as plain lines where there is none; frees it. EXIT_HOLDS when it was closed. */
int session_run(struct engine *g, const struct session *s);
/* Verifies the record of a rehearsal that played itself, against the one that it goes on from (NULL: none), and says
 * where it is. */
int session_verify(const char *record, const char *previous);

#endif
