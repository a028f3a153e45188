/* How fluent replay is in a long record: `bench_replay TACHIAI DIR [ENTRIES]` lets a rehearsal play itself in DIR (some
 * 30,000 entries), and prints "replay-end RATIO", the time to reach the end of its record over that of verifying it,
 * and "replay-back-ms N", the slowest of the steps back through all of it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/error.h"
#include "base/secret.h"
#include "engine/replay.h"
#include "engine/verify.h"

enum { ENTRIES = 30000, ENTRIES_A_PAIR = 11, ROUNDS = 5 };

static double now(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static int script_write(const char *path, long entries)
{
	FILE *f = fopen(path, "wx");

	if (!f)
		return -1;
	fputs("tachiai: 1\ntitle: {en: Long}\norigin: example.jp/long\nlanguages: [en]\nprevious: none\n"
	      "roles:\n  custodian: {count: 2, quorum: 2}\ncontrol: custodian\nsteps:\n"
	      "  - {id: roll-call, do: attend, say: {en: Roll call.}}\n",
	        f);
	for (long i = 0; i < entries / ENTRIES_A_PAIR * 2; i++)
		fprintf(f,
		        "  - {id: v%ld, do: record-video, camera: c, recording: %s, by: custodian, pattern: "
		        "\"[0-9]+\", "
		        "example: \"%ld\", say: {en: Number %ld.}}\n",
		        i, i % 2 ? "stop" : "start", i / 2, i);
	fputs("  - {id: close, do: close, say: {en: Close.}}\n", f);
	return fclose(f);
}

static int rehearse(const char *tachiai, const char *script, const char *record)
{
	int status;
	pid_t child = fork();

	if (child == 0) {
		if (!freopen("/dev/null", "w", stdout))
			_exit(126);
		execl(tachiai, tachiai, "rehearse", script, "--record", record, "--auto", "--plain", "--pace", "0",
		        (char *)NULL);
		_exit(127);
	}
	if (child < 0 || waitpid(child, &status, 0) < 0)
		return -1;
	return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? 0 : -1;
}

static int measure(const char *record)
{
	struct verify_options o = {.rehearsal = true};
	struct replay_fault fault;
	double verify = 0, replay = 0, slowest = 0, since;
	struct error e = {0};
	struct replay *r = NULL;

	for (int i = 0; i < ROUNDS; i++) {
		struct verification v;

		since = now(CLOCK_PROCESS_CPUTIME_ID);
		if (verify_record(record, &o, &v, &e) < 0 || v.exit != 0)
			return -1;
		verify += now(CLOCK_PROCESS_CPUTIME_ID) - since;
		verification_free(&v);
		replay_free(&r);
		since = now(CLOCK_PROCESS_CPUTIME_ID);
		r = replay_open(record, &o, &e);
		if (!r || replay_go(r, replay_count(r), &e) < 0 || replay_trust(r, &fault))
			return -1;
		replay += now(CLOCK_PROCESS_CPUTIME_ID) - since;
	}
	for (size_t i = replay_count(r); i-- > 0;) {
		since = now(CLOCK_MONOTONIC);
		if (replay_go(r, i, &e) < 0)
			return -1;
		since = now(CLOCK_MONOTONIC) - since;
		slowest = since > slowest ? since : slowest;
	}
	printf("replay-end %.3f\n", replay / verify);
	printf("replay-back-ms %.3f\n", slowest * 1000);
	fprintf(stderr, "replay: %zu entries, verify %.0f ms, to the end %.0f ms\n", replay_count(r),
	        verify * 1000 / ROUNDS, replay * 1000 / ROUNDS);
	replay_free(&r);
	return 0;
}

int main(int argc, char **argv)
{
	char script[4096], record[4096];

	if (argc < 3) {
		fprintf(stderr, "usage: bench_replay TACHIAI DIR [ENTRIES]\n");
		return 2;
	}
	snprintf(script, sizeof(script), "%s/long.yaml", argv[2]);
	snprintf(record, sizeof(record), "%s/long.record", argv[2]);
	if (secret_init(NULL) < 0 || mkdir(argv[2], 0700) < 0 ||
	        script_write(script, argc > 3 ? atol(argv[3]) : ENTRIES) < 0 || rehearse(argv[1], script, record) < 0 ||
	        measure(record) < 0) {
		fprintf(stderr, "bench_replay: the record could not be made, or does not hold\n");
		return 1;
	}
	return 0;
}
