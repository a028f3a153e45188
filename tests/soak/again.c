/* Many ceremonies in one process: `again HELPER DIR TIMES` rehearses a small one from its first step to its last,
 * resumes a copy that was cut in its middle, verifies both and goes through them again, so often; and says what the
 * process holds after the first few and at the end. Exit 1: it holds more than it did. */
#include <dirent.h>
#include <fcntl.h>
#include <malloc.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/secret.h"
#include "engine/engine.h"
#include "engine/replay.h"
#include "engine/verify.h"
#include "screens/screens.h"

enum { WARM = 5 };

static const char script[] =
        "tachiai: 1\n"
        "title: {en: Again, ja: もう一度}\n"
        "origin: soak.example/again\n"
        "languages: [en, ja]\n"
        "roles:\n"
        "  custodian: {count: 3, quorum: 2}\n"
        "control: custodian\n"
        "hsm: {hsm: {software: yes}}\n"
        "secrets:\n"
        "  user-pin: {hsm: hsm, pin: user, holders: custodian, shares: 3, threshold: 2}\n"
        "  so-pin: {hsm: hsm, pin: so, holders: custodian, shares: 3, threshold: 2}\n"
        "keys: {key: {hsm: hsm, algorithm: ec-p256, label: Again}}\n"
        "certificates:\n"
        "  root:\n"
        "    subject: [C: JP, O: Example Trust K.K., CN: Again]\n"
        "    key: key\n"
        "    issuer: self\n"
        "    signature: ecdsa-sha256\n"
        "    validity: {from: signing, days: 7305}\n"
        "    serial: random\n"
        "    extensions: {basicConstraints: \"critical,CA:TRUE\", keyUsage: \"critical,keyCertSign,cRLSign\",\n"
        "      subjectKeyIdentifier: hash, authorityKeyIdentifier: keyid}\n"
        "    lint: [rfc5280]\n"
        "steps:\n"
        "  - {id: roll-call, do: attend, say: {en: Who is here?, ja: 出席}}\n"
        "  - {id: initialise, do: initialise-hsm, hsm: hsm, label: Again, approve: custodian, say: {en: I., ja: い}}\n"
        "  - {id: dial, do: observe, value: dial, by: custodian, pattern: \"[0-9]+\", example: \"7\", say: {en: D., "
        "ja: ろ}}\n"
        "  - {id: unlock, do: unlock-hsm, hsm: hsm, approve: custodian, say: {en: U., ja: は}}\n"
        "  - {id: make, do: generate-key, key: key, approve: custodian, say: {en: G., ja: に}}\n"
        "  - {id: sign, do: issue-certificate, certificate: root, approve: custodian, say: {en: S., ja: ほ}}\n"
        "  - {id: lock, do: lock-hsm, hsm: hsm, say: {en: L., ja: へ}}\n"
        "  - {id: close, do: close, say: {en: C., ja: と}}\n";

struct held {
	size_t heap, mapped; /* bytes that malloc gave out */
	long resident, locked;
	int descriptors;
	unsigned maps;
};

static long status_kib(const char *key)
{
	FILE *f = fopen("/proc/self/status", "r");
	char line[256];
	long kib = -1;

	while (f && fgets(line, sizeof(line), f))
		if (strncmp(line, key, strlen(key)) == 0)
			kib = strtol(line + strlen(key), NULL, 10);
	if (f)
		fclose(f);
	return kib;
}

static unsigned lines_of(const char *path)
{
	FILE *f = fopen(path, "r");
	unsigned lines = 0;
	int c;

	while (f && (c = getc(f)) != EOF)
		lines += c == '\n';
	if (f)
		fclose(f);
	return lines;
}

static int descriptors(void)
{
	DIR *d = opendir("/proc/self/fd");
	int count = -1; /* its own */

	while (d && readdir(d))
		count++;
	if (d)
		closedir(d);
	return count;
}

static struct held held(void)
{
	malloc_trim(0);
	struct mallinfo2 m = mallinfo2();

	return (struct held){m.uordblks, m.hblkhd, status_kib("VmRSS:"), status_kib("VmLck:"), descriptors(),
	        lines_of("/proc/self/maps")};
}

/* Plays until the ceremony is over, or, with `cut`, until its record has so many entries. */
static int play(struct engine *g, const char *cards, uint64_t cut, struct error *e)
{
	struct player *player = player_new("rehearsal", cards, e);
	int rc = player ? 0 : -1;

	while (rc == 0) {
		enum engine_status status = engine_run(g);
		if (status == ENGINE_CLOSED || (cut && engine_view(g)->size >= cut))
			break;
		if (status == ENGINE_BUSY) {
			struct pollfd p = {engine_fd(g), POLLIN, 0};
			poll(&p, 1, 1000);
			continue;
		}
		if (status != ENGINE_PROMPT) {
			if (engine_error(g))
				*e = *engine_error(g);
			rc = -1;
			break;
		}
		const struct prompt *p = engine_prompt(g);
		struct answer *a = answer_new(p);
		rc = a ? 0 : -1;
		if (rc == 0) {
			a->action = ANSWER_GIVE;
			a->seen_all = true;
			rc = player_play(player, engine_view(g), p, a, e);
		}
		if (rc == 0)
			rc = engine_answer(g, a, e);
		answer_free(&a);
	}
	player_free(&player);
	return rc;
}

static int look(const char *record, struct error *e)
{
	struct verify_options o = {.rehearsal = true};
	struct verification v;
	struct replay *r = NULL;
	int rc = -1;

	if (verify_record(record, &o, &v, e) == 0)
		rc = v.exit;
	verification_free(&v);
	if (rc == 0 && (!(r = replay_open(record, &o, e)) || replay_go(r, replay_count(r), e) < 0 ||
	                       replay_go(r, replay_count(r) / 2, e) < 0 || !replay_document(r)))
		rc = -1;
	replay_free(&r);
	return rc;
}

static int remove_all(const char *directory)
{
	char words[4400];

	snprintf(words, sizeof(words), "rm -rf -- '%s'", directory);
	return system(words);
}

static int once(const char *helper, const char *directory, struct error *e)
{
	char path[4096], record[4096], cards[4096];
	struct engine_options o = {.script = path, .record = record, .rehearsal = true, .helper = helper};
	struct engine *g;
	int rc = -1;

	snprintf(path, sizeof(path), "%s/again.yaml", directory);
	snprintf(record, sizeof(record), "%s/a.record", directory);
	snprintf(cards, sizeof(cards), "%s/a.token/cards", directory);
	g = engine_start(&o, e);
	if (g && play(g, cards, 60, e) == 0)
		rc = 0;
	engine_free(&g); /* as if it had been cut: its record is not closed */
	g = rc == 0 ? engine_resume(&o, e) : NULL;
	rc = g ? play(g, cards, 0, e) : -1;
	engine_free(&g);
	if (rc == 0)
		rc = look(record, e);
	snprintf(path, sizeof(path), "%s/a.record", directory);
	remove_all(path);
	snprintf(path, sizeof(path), "%s/a.token", directory);
	remove_all(path);
	return rc;
}

static int prepare(const char *directory)
{
	char path[4096];
	FILE *f;

	if (mkdir(directory, 0700) < 0)
		return -1;
	snprintf(path, sizeof(path), "%s/again.yaml", directory);
	f = fopen(path, "wx");
	if (!f)
		return -1;
	fputs(script, f);
	return fclose(f);
}

static void told(const char *when, const struct held *h)
{
	printf("soak: %s: %zu bytes of the heap, %zu mapped, %ld KiB resident, %ld locked, %d descriptors, %u "
	       "mappings\n",
	        when, h->heap, h->mapped, h->resident, h->locked, h->descriptors, h->maps);
}

int main(int argc, char **argv)
{
	long times = argc == 4 ? strtol(argv[3], NULL, 10) : 0;
	struct held first = {0}, last;
	struct error e = {0};

	if (times <= WARM) {
		fprintf(stderr, "usage: again HELPER DIR TIMES (more than %d)\n", WARM);
		return 2;
	}
	if (secret_init(&e) < 0 || prepare(argv[2]) < 0) {
		fprintf(stderr, "again: %s cannot be made\n", argv[2]);
		return 1;
	}
	for (long i = 0; i < times; i++) {
		if (i == WARM)
			first = held();
		if (once(argv[1], argv[2], &e) != 0) {
			struct bytes why = {0};
			error_text(&e, &why);
			fprintf(stderr, "again: number %ld: %s\n", i + 1, bytes_string(&why));
			bytes_free(&why);
			return 1;
		}
	}
	last = held();
	printf("soak: %ld ceremonies in one process, each cut, resumed, closed, verified and replayed\n", times);
	told("after the first few", &first);
	told("at the end", &last);
	if (last.descriptors != first.descriptors || last.maps > first.maps + 4 || last.locked > first.locked ||
	        last.heap + last.mapped > first.heap + first.mapped + 4096 ||
	        last.resident > first.resident + first.resident / 10 + 512) {
		fprintf(stderr, "again: the process holds more than it did\n");
		return 1;
	}
	return 0;
}
