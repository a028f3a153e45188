/* enrol: a person's key pair, made on their own medium. */
#include <getopt.h>
#include <libintl.h>
#include <stdio.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "commands/commands.h"
#include "people/credential.h"
#include "screens/screens.h"

enum { PASSPHRASE_MAX = 1024, PASSPHRASE_MIN = 8 };

/* One line from the terminal without echo (or from a pipe), byte by byte into guarded memory. */
static int line_read(const char *label, struct secret *s, struct error *e)
{
	struct termios before, quiet;
	bool terminal = tcgetattr(STDIN_FILENO, &before) == 0;
	char c;
	ssize_t n;
	int rc = 0;

	fputs(label, stderr);
	fflush(stderr);
	if (terminal) {
		quiet = before;
		quiet.c_lflag &= ~(tcflag_t)(ECHO | ECHOE | ECHOK | ECHONL);
		tcsetattr(STDIN_FILENO, TCSAFLUSH, &quiet);
	}
	while ((n = read(STDIN_FILENO, &c, 1)) == 1 && c != '\n')
		if (secret_add(s, &c, 1) < 0) {
			rc = error_set(e, ERROR_FAULT, "the passphrase is longer than %d bytes", PASSPHRASE_MAX);
			break;
		}
	wipe(&c, 1);
	if (terminal) {
		tcsetattr(STDIN_FILENO, TCSAFLUSH, &before);
		fputc('\n', stderr);
	}
	return rc;
}

static int passphrase_read(struct secret *s, struct error *e)
{
	struct secret *again = secret_new(PASSPHRASE_MAX, e);
	int rc = -1;
	if (!again || line_read(gettext("Passphrase: "), s, e) < 0 || line_read(gettext("The same again: "), again, e) < 0)
		goto out;
	if (s->len < PASSPHRASE_MIN)
		error_set(e, ERROR_FAULT, "the passphrase has fewer than %d characters: choose a longer one", PASSPHRASE_MIN);
	else if (!secret_equal(s, again))
		error_set(e, ERROR_FAULT, "the two passphrases differ: nothing was written, begin again");
	else
		rc = 0;
out:
	secret_free(&again);
	return rc;
}

int command_enrol(int argc, char **argv)
{
	static const struct option options[] = {
		{"name", required_argument, NULL, 'n'}, {"out", required_argument, NULL, 'o'}, {NULL, 0, NULL, 0}};
	const char *name = NULL, *directory = NULL;
	struct error e = {0};
	struct vkey key;
	struct bytes line = {0};
	int option, rc;
	bool cannot;

	language_choose("", &cannot);
	optind = 1;
	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (option == 'n')
			name = optarg;
		else if (option == 'o')
			directory = optarg;
		else
			return usage("enrol --name NAME --out DIR");
	}
	if (!name || !directory || optind != argc)
		return usage("enrol --name NAME --out DIR");
	if (!name_is_person(name)) {
		error_set(&e, ERROR_USAGE, "%s is no key name: small letters, digits, dots and hyphens, 64 at most, a letter or digit first", name);
		return complain(&e);
	}
	struct secret *passphrase = secret_new(PASSPHRASE_MAX, &e);
	if (!passphrase || passphrase_read(passphrase, &e) < 0 || credential_create(directory, name, passphrase, &key, &e) < 0) {
		secret_free(&passphrase);
		return complain(&e);
	}
	secret_free(&passphrase);
	vkey_text(&key, &line);
	rc = printf("%s\n", bytes_string(&line)) < 0 || fflush(stdout) ? EXIT_FAULT : EXIT_HOLDS;
	bytes_free(&line);
	return rc;
}
