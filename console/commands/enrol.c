/* enrol: a person's key pair, made on their own medium; its passphrase changed; both files checked. */
#include <errno.h>
#include <getopt.h>
#include <libintl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>
#include <termios.h>
#include <unistd.h>

#include "base/print.h"
#include "commands/commands.h"
#include "people/credential.h"
#include "people/credential_state.h"
#include "screens/screens.h"

enum { PASSPHRASE_MAX = 1023, PASSPHRASE_MIN = 8 };

enum job { CREATE, CHANGE, CHECK };

/* The terminal while a secret is typed: no echo, and what would end or stop the program waits until echo is back. */
struct quiet {
	struct termios before;
	sigset_t mask;
	bool terminal;
	int signals; /* readable when such a signal waits */
};

static int quiet_begin(struct quiet *q, struct error *e)
{
	struct termios now;
	sigset_t held;

	*q = (struct quiet){.signals = -1};
	q->terminal = tcgetattr(STDIN_FILENO, &q->before) == 0;
	if (!q->terminal)
		return 0;
	sigemptyset(&held);
	sigaddset(&held, SIGINT);
	sigaddset(&held, SIGQUIT);
	sigaddset(&held, SIGTERM);
	sigaddset(&held, SIGHUP);
	sigaddset(&held, SIGTSTP);
	sigprocmask(SIG_BLOCK, &held, &q->mask);
	q->signals = signalfd(-1, &held, SFD_CLOEXEC);
	now = q->before;
	now.c_lflag &= ~(tcflag_t)(ECHO | ECHOE | ECHOK | ECHONL);
	if (q->signals >= 0 && tcsetattr(STDIN_FILENO, TCSAFLUSH, &now) == 0)
		return 0;
	error_errno(e, "the echo of %s cannot be turned off: %s", "the terminal");
	if (q->signals >= 0)
		close(q->signals);
	sigprocmask(SIG_SETMASK, &q->mask, NULL);
	return -1;
}

static void quiet_end(struct quiet *q)
{
	if (!q->terminal)
		return;
	tcsetattr(STDIN_FILENO, TCSAFLUSH, &q->before);
	print_err("\n");
	close(q->signals);
	sigprocmask(SIG_SETMASK, &q->mask, NULL);
}

/* The next byte: 1, 0 at the end, -1 when a signal waits or the terminal is gone. */
static int byte_read(const struct quiet *q, char *c)
{
	struct pollfd wait[2] = {{.fd = STDIN_FILENO, .events = POLLIN}, {.fd = q->signals, .events = POLLIN}};
	ssize_t n;

	if (q->terminal && (poll(wait, 2, -1) < 0 || wait[1].revents))
		return -1;
	do
		n = read(STDIN_FILENO, c, 1);
	while (n < 0 && errno == EINTR);
	return (int)n;
}

/* One line from the terminal without echo, or from a pipe, byte by byte into guarded memory. */
static int line_read(const char *label, struct secret *s, struct error *e)
{
	struct quiet q;
	char c = 0;
	int n, rc = -1;

	if (quiet_begin(&q, e) < 0)
		return -1;
	print_err("%s", label);
	fflush(stderr);
	while ((n = byte_read(&q, &c)) == 1 && c != '\n')
		if (secret_add(s, &c, 1) < 0) {
			error_set(e, ERROR_FAULT, "the passphrase is longer than %d bytes", PASSPHRASE_MAX);
			goto out;
		}
	if (n < 0)
		error_set(e, ERROR_FAULT, "the entry of the passphrase was broken off: nothing was written");
	else if (n == 0 && !s->len)
		error_set(e, ERROR_FAULT, "the input ended before the passphrase: nothing was written");
	else
		rc = 0;
out:
	wipe(&c, 1);
	quiet_end(&q);
	return rc;
}

/* A Tab or Escape has another meaning on the screens of the ceremony: such a passphrase could not be typed there. */
static bool has_control(const struct secret *s)
{
	for (size_t i = 0; i < s->len; i++)
		if (s->data[i] < ' ' || s->data[i] == 0x7f)
			return true;
	return false;
}

/* A new passphrase, twice. */
static int passphrase_choose(const char *label, struct secret *s, struct error *e)
{
	struct secret *again = secret_new(PASSPHRASE_MAX, e);
	int rc = -1;
	if (!again || line_read(label, s, e) < 0)
		goto out;
	if (s->len < PASSPHRASE_MIN) {
		error_set(e, ERROR_FAULT, "the passphrase has fewer than %d characters: choose a longer one",
		        PASSPHRASE_MIN);
		goto out;
	}
	if (has_control(s)) {
		error_set(e, ERROR_FAULT,
		        "the passphrase has a control character in it, which cannot be typed in a ceremony: choose "
		        "another");
		goto out;
	}
	if (line_read(gettext("The same again: "), again, e) < 0)
		goto out;
	if (!secret_equal(s, again))
		error_set(e, ERROR_FAULT, "the two passphrases differ: nothing was written, begin again");
	else
		rc = 0;
out:
	secret_free(&again);
	return rc;
}

static int create(const char *directory, const char *name, struct vkey *key, struct error *e)
{
	struct secret *passphrase = secret_new(PASSPHRASE_MAX, e);
	int rc = -1;

	if (passphrase && passphrase_choose(gettext("Passphrase: "), passphrase, e) == 0)
		rc = credential_create(directory, name, passphrase, key, e);
	secret_free(&passphrase);
	return rc;
}

/* The private key is opened before a new passphrase is asked for: a wrong one is told at once. */
static int change(const char *directory, const char *name, struct vkey *key, struct error *e)
{
	struct secret *before = secret_new(PASSPHRASE_MAX, e), *now = secret_new(PASSPHRASE_MAX, e), *seed = NULL;
	int rc = -1;

	if (!before || !now || credential_read(directory, name, key, e) < 0 ||
	        line_read(gettext("Present passphrase: "), before, e) < 0 ||
	        !(seed = credential_unlock(directory, key, before, e)))
		goto out;
	secret_free(&seed);
	if (passphrase_choose(gettext("New passphrase: "), now, e) == 0)
		rc = credential_change_passphrase(directory, key, before, now, e);
out:
	secret_free(&seed);
	secret_free(&before);
	secret_free(&now);
	return rc;
}

static int check(const char *directory, const char *name, struct vkey *key, struct error *e)
{
	struct secret *passphrase = secret_new(PASSPHRASE_MAX, e), *seed = NULL;
	int rc = -1;

	if (passphrase && credential_read(directory, name, key, e) == 0 &&
	        line_read(gettext("Passphrase: "), passphrase, e) == 0)
		seed = credential_unlock(directory, key, passphrase, e);
	if (seed)
		rc = 0;
	secret_free(&seed);
	secret_free(&passphrase);
	return rc;
}

/* What the key signed last, log by log: for who holds a record against it. */
static int tell_signed(const char *directory, const struct vkey *key, struct error *e)
{
	struct credential_state s;

	if (credential_state_read(directory, key->name, &s, e) < 0)
		return -1;
	if (!s.count)
		print_err(gettext("tachiai: %s.signed is not there: the key has signed nothing yet\n"), key->name);
	for (size_t i = 0; i < s.count; i++)
		print_err(gettext("tachiai: signed of %s: %llu entries\n"), s.line[i].origin,
		        (unsigned long long)s.line[i].size);
	credential_state_free(&s);
	return 0;
}

/* What was done on stderr, the public key on stdout. */
static int tell(enum job job, const char *directory, const struct vkey *key)
{
	struct bytes line = {0};
	struct error e = {0};
	int rc;

	if (job == CHANGE)
		print_err(gettext("tachiai: %s.key has the new passphrase; the key, and %s.vkey, are as they were\n"),
		        key->name, key->name);
	if (job == CHECK)
		print_err(gettext("tachiai: the passphrase opens %s.key, and it is the private key of %s.vkey\n"),
		        key->name, key->name);
	if (job == CHECK && tell_signed(directory, key, &e) < 0)
		return complain(&e);
	vkey_text(key, &line);
	rc = print_out("%s\n", bytes_string(&line)) < 0 || fflush(stdout) ? EXIT_FAULT : EXIT_HOLDS;
	bytes_free(&line);
	return rc;
}

int command_enrol(int argc, char **argv)
{
	static const struct option options[] = {{"name", required_argument, NULL, 'n'},
	        {"out", required_argument, NULL, 'o'}, {"change-passphrase", no_argument, NULL, 'p'},
	        {"check", no_argument, NULL, 'c'}, {NULL, 0, NULL, 0}};
	static const char words[] = "enrol [--change-passphrase | --check] --name NAME --out DIR";
	static int (*const jobs[])(const char *directory, const char *name, struct vkey *key, struct error *e) = {
	        [CREATE] = create, [CHANGE] = change, [CHECK] = check};
	const char *name = NULL, *directory = NULL;
	enum job job = CREATE;
	struct error e = {0};
	struct vkey key;
	int option;
	bool cannot;

	language_choose("", &cannot);
	optind = 1;
	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (option == 'n')
			name = optarg;
		else if (option == 'o')
			directory = optarg;
		else if ((option == 'p' || option == 'c') && job == CREATE)
			job = option == 'p' ? CHANGE : CHECK;
		else
			return usage(words);
	}
	if (!name || !directory || optind != argc)
		return usage(words);
	if (!name_is_person(name)) {
		error_set(&e, ERROR_USAGE,
		        "%s is no key name: small letters, digits, dots and hyphens, 64 at most, a letter or digit "
		        "first",
		        name);
		return complain(&e);
	}
	return jobs[job](directory, name, &key, &e) < 0 ? complain(&e) : tell(job, directory, &key);
}
