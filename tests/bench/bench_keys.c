/* From a key to the end of what it paints, in the real console on a pty: `bench_keys TACHIAI SCRIPT DIR` lets a
 * rehearsal of the script play itself in DIR, then sends keys one by one, each when the one before was painted: in a
 * ceremony that was cut in its middle (forms, typing, overlays, its transcript) and in the replay of a whole one. For
 * each sort of key it prints "keys-NAME P50 P99 MOST", milliseconds of the clock, and "keys-NAME-cpu", the same of the
 * console's own processor time, which other programs of the machine do not change. The promise is a P99 under 20. What
 * the machine adds is "keys-echo": cat(1) that gives each key back, measured in the same way. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { LIMIT_MS = 60000, SILENCE_MS = 15, SAMPLES = 4000, SORTS = 16 };

#define UP    "\033[A"
#define DOWN  "\033[B"
#define RIGHT "\033[C"
#define LEFT  "\033[D"
#define HOME  "\033[H"
#define END   "\033[F"
#define PGUP  "\033[5~"
#define PGDN  "\033[6~"
#define F1    "\033OP"
#define F3    "\033OR"
#define F4    "\033OS"
#define F5    "\033[15~"
#define F6    "\033[17~"
#define F8    "\033[19~"
#define F9    "\033[20~"

struct sort {
	const char *name;
	double clock[SAMPLES], cpu[SAMPLES];
	size_t count;
};

static struct sort sorts[SORTS];

struct console {
	pid_t pid;
	int tty;
	char seen[1 << 16]; /* the newest of what was painted */
	size_t len;
};

static double now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

/* What the console ran so far, ms. */
static double ran_ms(const struct console *c)
{
	char path[64];
	unsigned long long ns = 0;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/schedstat", (int)c->pid);
	f = fopen(path, "r");
	if (f) {
		if (fscanf(f, "%llu", &ns) != 1)
			ns = 0;
		fclose(f);
	}
	return (double)ns / 1e6;
}

static struct sort *sort_of(const char *name)
{
	size_t i = 0;

	while (i + 1 < SORTS && sorts[i].name && strcmp(sorts[i].name, name) != 0)
		i++;
	sorts[i].name = name;
	return &sorts[i];
}

/* Reads what is painted until it is silent for so long; the time of the last byte, or `since` when nothing came. */
static double settle(struct console *c, double since, int first_ms, int silence_ms)
{
	double last = since;
	int wait = first_ms;

	for (;;) {
		struct pollfd p = {c->tty, POLLIN, 0};
		char block[8192];
		ssize_t n;

		if (poll(&p, 1, wait) <= 0)
			return last;
		n = read(c->tty, block, sizeof(block));
		if (n <= 0)
			return last;
		last = now_ms();
		wait = silence_ms;
		if (c->len + (size_t)n > sizeof(c->seen) - 1)
			c->len = 0;
		memcpy(c->seen + c->len, block, (size_t)n);
		c->len += (size_t)n;
		c->seen[c->len] = 0;
	}
}

static void send_key(struct console *c, const char *key)
{
	c->len = 0;
	if (write(c->tty, key, strlen(key)) != (ssize_t)strlen(key))
		fprintf(stderr, "bench_keys: the console takes no keys\n");
}

/* One key, measured. A key that paints nothing is not counted: there is nothing to wait for. */
static void key(struct console *c, const char *name, const char *bytes)
{
	struct sort *s = sort_of(name);
	double cpu = ran_ms(c), since = now_ms(), last;

	send_key(c, bytes);
	last = settle(c, since, 500, SILENCE_MS);
	if (last > since && s->count < SAMPLES) {
		s->clock[s->count] = last - since;
		s->cpu[s->count++] = ran_ms(c) - cpu;
	}
}

static void keys(struct console *c, const char *name, const char *bytes, int times)
{
	while (times-- > 0)
		key(c, name, bytes);
}

/* Opened when it has painted `mark`: the words of its screen. */
static int console_open(struct console *c, char *const argv[], const char *mark)
{
	struct winsize size = {.ws_row = 24, .ws_col = 80};
	double start = now_ms();

	c->len = 0;
	c->pid = forkpty(&c->tty, NULL, NULL, &size);
	if (c->pid == 0) {
		setenv("TERM", "xterm-256color", 1);
		setenv("LC_ALL", "C.UTF-8", 1);
		execv(argv[0], argv);
		_exit(127);
	}
	while (c->pid > 0 && now_ms() - start < LIMIT_MS) {
		settle(c, start, 1000, SILENCE_MS);
		if (memmem(c->seen, c->len, mark, strlen(mark)))
			return 0;
	}
	fprintf(stderr, "bench_keys: %s %s did not paint \"%s\"\n", argv[0], argv[1], mark);
	return -1;
}

static void console_close(struct console *c)
{
	kill(c->pid, SIGKILL);
	waitpid(c->pid, NULL, 0);
	close(c->tty);
}

static int echo(void)
{
	char *argv[] = {"/bin/sh", "-c", "stty raw -echo; printf ready; exec cat", NULL};
	struct console c;

	if (console_open(&c, argv, "ready") < 0)
		return -1;
	keys(&c, "echo", "x", 300);
	console_close(&c);
	return 0;
}

static off_t size_of(const char *record)
{
	char path[4200];
	struct stat st;

	snprintf(path, sizeof(path), "%s/transcript.jsonl", record);
	return stat(path, &st) == 0 ? st.st_size : 0;
}

/* A rehearsal that plays itself: to its end, or cut when its transcript has so many bytes. */
static int rehearse(const char *tachiai, const char *script, const char *record, off_t cut)
{
	int status;
	pid_t child = fork();

	if (child == 0) {
		if (!freopen("/dev/null", "w", stdout))
			_exit(126);
		execl(tachiai, tachiai, "rehearse", script, "--record", record, "--auto", "--plain", (char *)NULL);
		_exit(127);
	}
	while (cut && size_of(record) < cut && waitpid(child, &status, WNOHANG) == 0)
		usleep(2000);
	if (cut)
		kill(child, SIGKILL);
	if (waitpid(child, &status, 0) < 0)
		return -1;
	return cut ? (size_of(record) >= cut ? 0 : -1) : WIFEXITED(status) && WEXITSTATUS(status) == 0 ? 0 : -1;
}

static void transcript(struct console *c, const char *name)
{
	key(c, name, F4);
	keys(c, name, UP, 60);
	keys(c, name, HOME, 1);
	keys(c, name, DOWN, 60);
	for (int i = 0; i < 30; i++)
		keys(c, name, i % 2 ? HOME : END, 1);
}

static int live(const char *tachiai, const char *record)
{
	static const char *const functions[] = {F1, F3, F4, F5, F9};
	char *argv[] = {(char *)tachiai, "resume", (char *)record, "--lang", "en", NULL};
	struct console c;

	if (console_open(&c, argv, "Whose key") < 0)
		return -1;
	for (int i = 0; i < 60; i++)
		key(&c, "choices", i % 4 < 2 ? DOWN : UP);
	send_key(&c, "1");
	settle(&c, now_ms(), 500, SILENCE_MS);
	send_key(&c, "\r");
	settle(&c, now_ms(), 500, SILENCE_MS);
	for (int i = 0; i < 300; i++) {
		char letter[2] = {(char)('a' + i % 26), 0};
		key(&c, "typing", i % 50 == 49 ? "\025" : letter);
	}
	for (int i = 0; i < 200; i++)
		key(&c, "f-keys", functions[i % 5]);
	for (int i = 0; i < 60; i++)
		key(&c, "language", F6);
	transcript(&c, "transcript");
	console_close(&c);
	return 0;
}

static void replayed(struct console *c)
{
	static const char *const functions[] = {F1, F3, F4, F5};

	keys(c, "replay-next", "n", 300);
	keys(c, "replay-next", RIGHT, 100);
	keys(c, "replay-back", "p", 200);
	for (int i = 0; i < 60; i++)
		key(c, "replay-scroll", i % 2 ? PGUP : PGDN);
	key(c, "replay-first-end", END);
	for (int i = 0; i < 100; i++)
		key(c, "replay-jump", i % 2 ? END : HOME);
	keys(c, "replay-back", LEFT, 200);
	for (int i = 0; i < 20; i++) {
		const char *to = i % 2 ? "g12000\r" : "ss5001\r";
		for (const char *k = to; *k; k++) {
			char one[2] = {*k, 0};
			key(c, "replay-goto", one);
		}
	}
	for (int i = 0; i < 20; i++)
		for (const char *k = i ? "n" : "/Number 4711\r"; *k; k++) {
			char one[2] = {*k, 0};
			key(c, "replay-search", one);
		}
	for (int i = 0; i < 100; i++)
		key(c, "replay-f-keys", functions[i % 4]);
	transcript(c, "replay-transcript");
	keys(c, "replay-verdicts", F8, 1);
}

static int replay(const char *tachiai, const char *record)
{
	char *argv[] = {(char *)tachiai, "replay", "--rehearsal", "--lang", "en", (char *)record, NULL};
	struct console c;

	if (console_open(&c, argv, " Verdicts") < 0)
		return -1;
	replayed(&c);
	console_close(&c);
	return 0;
}

static int by_size(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double part(double *list, size_t count, double of)
{
	size_t at = (size_t)((double)count * of);

	qsort(list, count, sizeof(*list), by_size);
	return list[at < count ? at : count - 1];
}

static void told(const char *name, double *clock, double *cpu, size_t count)
{
	double p50 = part(clock, count, 0.5), p99 = part(clock, count, 0.99);

	printf("keys-%s %.2f %.2f %.2f\n", name, p50, p99, part(clock, count, 1));
	p50 = part(cpu, count, 0.5);
	printf("keys-%s-cpu %.2f %.2f %.2f (%zu keys)\n", name, p50, part(cpu, count, 0.99), part(cpu, count, 1),
	        count);
}

int main(int argc, char **argv)
{
	static double clock[SORTS * SAMPLES], cpu[SORTS * SAMPLES];
	char whole[4096], half[4096];
	size_t count = 0;

	if (argc != 4) {
		fputs("usage: bench_keys TACHIAI SCRIPT DIR\n", stderr);
		return 2;
	}
	snprintf(whole, sizeof(whole), "%s/whole.record", argv[3]);
	snprintf(half, sizeof(half), "%s/half.record", argv[3]);
	if (mkdir(argv[3], 0700) < 0 || rehearse(argv[1], argv[2], whole, 0) < 0 ||
	        rehearse(argv[1], argv[2], half, size_of(whole) / 2) < 0 || echo() < 0 || live(argv[1], half) < 0 ||
	        replay(argv[1], whole) < 0) {
		fprintf(stderr, "bench_keys: the ceremony could not be rehearsed, or shows nothing\n");
		return 1;
	}
	for (size_t i = 0; i < SORTS && sorts[i].name; i++) {
		bool ours = strcmp(sorts[i].name, "echo") != 0;
		memcpy(clock + count, sorts[i].clock, sorts[i].count * sizeof(*clock));
		memcpy(cpu + count, sorts[i].cpu, sorts[i].count * sizeof(*cpu));
		count += ours ? sorts[i].count : 0;
		if (sorts[i].count)
			told(sorts[i].name, sorts[i].clock, sorts[i].cpu, sorts[i].count);
	}
	if (count)
		told("all", clock, cpu, count);
	return 0;
}
