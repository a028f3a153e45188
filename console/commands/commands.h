/* The subcommands: each reads its own words, prints results to stdout and messages to stderr, and gives the exit code.
 */
#ifndef COMMANDS_COMMANDS_H
#define COMMANDS_COMMANDS_H

#include "base/json.h"
#include "engine/engine.h"
#include "engine/verify.h"

enum exit_code { EXIT_HOLDS = 0, EXIT_FAULT = 1, EXIT_USAGE = 2, EXIT_MISSING = 3, EXIT_UNVOUCHED = 4 };

int command_check(int argc, char **argv);
int command_run(int argc, char **argv);
int command_rehearse(int argc, char **argv);
int command_resume(int argc, char **argv);
int command_verify(int argc, char **argv);
int command_bundle(int argc, char **argv);
int command_replay(int argc, char **argv);
int command_enrol(int argc, char **argv);
int command_people(int argc, char **argv);
int command_report(int argc, char **argv);
int command_timestamp(int argc, char **argv);
int command_publish(int argc, char **argv);
int command_slips(int argc, char **argv);
int command_qr(int argc, char **argv);
int command_scan(int argc, char **argv);

/* "tachiai: SENTENCE" on stderr, in the interface's language; gives the exit code for it. */
int complain(const struct error *e);
/* "usage: tachiai WORDS" on stderr; EXIT_USAGE. */
int usage(const char *words);
/* Another program of ours ("tachiai-hsm", "tachiai-scan"): beside this one in a build tree, else where it was
 * installed. Owned by the caller; NULL: no memory. */
char *program_path(const char *name);

/* What later/ holds, in lines on stdout or as the member "later". */
void later_print(const struct verification *v);
void later_json(struct json_writer *j, const struct verification *v);
/* One item of it. */
void later_print_item(const struct later_item *item, int64_t ended);
/* Adds the certificates of a file to *anchors, which is made when it is NULL. */
int anchors_read(struct timestamp_anchors **anchors, const char *path, struct error *e);

/* Is there a terminal that can show screens? */
bool terminal_can(void);

struct session {
	bool plain, player;
	const char *language;                /* NULL: the environment's */
	const char *amend_step, *amend_file; /* of a player: a new script brought at that step; NULL: none */
	int pace_ms;                         /* of a player; -1: watchable on a terminal, at once elsewhere */
};
/* Runs a ceremony on the terminal, or as plain lines where there is none; frees it. EXIT_HOLDS when it was closed. */
int session_run(struct engine *g, const struct session *s);
/* Verifies the record of a rehearsal that played itself, against the one that it goes on from (NULL: none), and says
 * where it is. */
int session_verify(const char *record, const char *previous);

#endif
