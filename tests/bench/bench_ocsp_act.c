/* issue-ocsp as a ceremony does it against the bare C_Sign of the same kind of token: `bench_ocsp_act TACHIAI DIR
 * ALGORITHM RESPONSES` rehearses a script with so many responses by a key of rsa-2048 or ec-p256, and prints
 * "ocsp-act-ALGORITHM RATIO": responses a second from act.intended to act.done (both passes, the HSM's process,
 * verification and writing), over signatures a second of C_Sign alone, before and after it. "ocsp-act-ALGORITHM-memory
 * BYTES" is what the console took at its largest for each response beyond what it took for a tenth of them; the last
 * counts the whole rehearsal, in which every response is built five times and the record verified. */
#include <fcntl.h>
#include <spawn.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/error.h"
#include "base/file.h"
#include "base/secret.h"
#include "base/text.h"
#include "token.h"

extern char **environ;

static const char script[] =
        "tachiai: 1\ntitle: {en: Bench}\norigin: bench.example/ocsp\nlanguages: [en]\n"
        "roles:\n  administrator: {count: 1}\n  custodian: {count: 2, quorum: 2}\ncontrol: custodian\nhsm:\n  hsm: "
        "{software: yes}\n"
        "secrets:\n  so: {hsm: hsm, pin: so, holders: custodian, shares: 2, threshold: 2}\n"
        "  user: {hsm: hsm, pin: user, holders: custodian, shares: 2, threshold: 2}\n"
        "keys:\n  key: {hsm: hsm, algorithm: %s, label: Bench}\n"
        "certificates:\n  ca:\n    subject: [C: JP, O: Example Trust K.K., CN: Example Issuing CA G1]\n    key: key\n  "
        "  issuer: self\n"
        "    signature: %s\n    validity: {from: signing, days: 3650}\n    serial: random\n"
        "    extensions: {basicConstraints: \"critical,CA:TRUE\", keyUsage: "
        "\"critical,keyCertSign,cRLSign,digitalSignature\", "
        "subjectKeyIdentifier: hash, authorityKeyIdentifier: \"keyid:always\"}\n    lint: [rfc5280]\n"
        "ocsp:\n  ahead: {issuer: ca, responder: issuer, from-file: list.txt, certid: [sha1], signature: %s, "
        "this-update: signing, "
        "next-update: {days: 7}, responder-id: key, covers: subscriber-certificates, lint: [rfc6960, "
        "cabf-ocsp-response]}\n"
        "steps:\n  - {id: roll-call, do: attend, say: {en: A}}\n"
        "  - {id: init, do: initialise-hsm, hsm: hsm, label: Bench, approve: custodian, say: {en: B}}\n"
        "  - {id: unlock, do: unlock-hsm, hsm: hsm, approve: custodian, say: {en: C}}\n"
        "  - {id: key, do: generate-key, key: key, approve: custodian, say: {en: D}}\n"
        "  - {id: ca, do: issue-certificate, certificate: ca, approve: custodian, say: {en: E}}\n"
        "  - {id: ahead, do: issue-ocsp, ocsp: ahead, medium: stick, approve: custodian, say: {en: F}}\n"
        "  - {id: lock, do: lock-hsm, hsm: hsm, say: {en: G}}\n  - {id: close, do: close, say: {en: H}}\n";

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* Signatures a second, for about a second. -1 when the token fails. */
static double bare(struct token *t, bool rsa)
{
	uint8_t hash[32] = {1, 2, 3}, raw[256];
	double start = now(), took = 0;
	unsigned count = 0;

	for (; took < 1.0; took = now() - start)
		for (unsigned i = 0; i < 200; i++, count++)
			if (rsa ? token_sign_rsa(t, hash, raw) : token_sign(t, hash, raw))
				return -1;
	return count / took;
}

static int write_files(const char *algorithm, const char *signature, unsigned responses)
{
	FILE *f = fopen("script.yaml", "w");

	if (!f)
		return -1;
	fprintf(f, script, algorithm, signature, signature);
	if (fclose(f) || mkdir("stick", 0755) || !(f = fopen("stick/list.txt", "w")))
		return -1;
	/* a tenth is revoked */
	for (unsigned i = 0; i < responses; i++)
		fprintf(f, "51a9be0377d14c2886f0a4c3%08x%s\n", i, i % 10 ? "" : ",2026-11-02T01:30:00Z,superseded");
	return fclose(f);
}

/* The time in ms of the last entry of the transcript that holds `text`, with `before` in a line ahead of it. */
static int64_t time_of(const char *transcript, const char *before, const char *text)
{
	const char *from = strstr(transcript, before), *at = from ? strstr(from, text) : NULL;
	int64_t ms = -1;

	while (at && at > transcript && at[-1] != '\n')
		at--;
	at = at ? strstr(at, "\"time\":\"") : NULL;
	return at && time_parse(at + 8, TIME_TEXT - 1, &ms) == 0 ? ms : -1;
}

/* Rehearses; milliseconds of the act, and the largest resident set in kB. */
static int rehearse(const char *tachiai, int64_t *act, long *resident)
{
	char *words[] = {(char *)(uintptr_t)tachiai, "rehearse", "script.yaml", "--record", "r.record", "--auto",
	        "--plain", "--medium", "stick=stick", NULL};
	struct bytes transcript = {0};
	posix_spawn_file_actions_t files;
	struct rusage used;
	int status = -1, rc = -1;
	pid_t child;

	posix_spawn_file_actions_init(&files);
	posix_spawn_file_actions_addopen(&files, 1, "out.txt", O_WRONLY | O_CREAT, 0644);
	if (posix_spawn(&child, tachiai, &files, NULL, words, environ) || wait4(child, &status, 0, &used) != child ||
	        status || file_read("r.record/transcript.jsonl", 1 << 28, &transcript, NULL))
		goto out;
	const char *text = bytes_string(&transcript);
	int64_t from = time_of(text, "\"act\":\"issue-ocsp\"", "\"event\":\"act.intended\""),
	        until = time_of(text, "\"act\":\"issue-ocsp\"", "\"event\":\"act.done\"");
	*act = from < 0 || until <= from ? -1 : until - from;
	*resident = used.ru_maxrss;
	rc = *act > 0 ? 0 : -1;
out:
	posix_spawn_file_actions_destroy(&files);
	bytes_free(&transcript);
	return rc;
}

static int in_folder(const char *name, const char *tachiai, const char *algorithm, const char *signature,
        unsigned responses, int64_t *act, long *resident)
{
	int rc = mkdir(name, 0755) || chdir(name) ? -1 : 0;

	if (rc == 0 && (rc = write_files(algorithm, signature, responses)) == 0)
		rc = rehearse(tachiai, act, resident);
	return chdir("..") ? -1 : rc;
}

int main(int argc, char **argv)
{
	bool rsa = argc > 3 && !strcmp(argv[3], "rsa-2048");
	unsigned responses = argc > 4 ? (unsigned)atoi(argv[4]) : 0;
	const char *signature = rsa ? "rsa-pkcs1-sha256" : "ecdsa-sha256";
	char *tachiai = argc > 1 ? realpath(argv[1], NULL) : NULL;
	struct token token = {0};
	int64_t act = 0, few = 0;
	long resident = 0, little = 0;
	double before, after;
	int rc = 1;

	if (argc < 5 || !tachiai || responses < 100 || (!rsa && strcmp(argv[3], "ec-p256") != 0)) {
		fprintf(stderr, "usage: bench_ocsp_act TACHIAI DIR rsa-2048|ec-p256 RESPONSES (a directory which must "
		                "not exist)\n");
		free(tachiai);
		return 2;
	}
	if (secret_init(NULL) || mkdir(argv[2], 0755) || chdir(argv[2]) ||
	        in_folder("tenth", tachiai, argv[3], signature, responses / 10, &few, &little) ||
	        token_open(&token, rsa) || (before = bare(&token, rsa)) < 0 ||
	        in_folder("whole", tachiai, argv[3], signature, responses, &act, &resident) ||
	        (after = bare(&token, rsa)) < 0) {
		fprintf(stderr, "bench_ocsp_act: failed; see out.txt in %s\n", argv[2]);
		goto out;
	}
	double rate = 1000.0 * responses / (double)act, alone = (before + after) / 2;
	printf("ocsp-act-%s %.3f\nocsp-act-%s-memory %.0f\n", argv[3], rate / alone, argv[3],
	        1024.0 * (double)(resident - little) / (responses - responses / 10));
	fprintf(stderr,
	        "ocsp, the act with %s: %.0f responses a second, C_Sign alone %.0f and %.0f; resident %ld kB for %u, "
	        "%ld kB for %u\n",
	        argv[3], rate, before, after, little, responses / 10, resident, responses);
	rc = 0;
out:
	free(tachiai);
	return rc;
}
