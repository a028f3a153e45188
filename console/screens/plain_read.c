/* Lines from standard input, a byte at a time: nothing is read ahead, so a secret never waits in a buffer. */
#include "screens/plain.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/print.h"
#include "screens/signals.h"

/* 1: a byte; 0: the end, a signal, or an error. */
static int byte_read(struct plain *p, unsigned char *byte)
{
	struct pollfd fds[2] = {{.fd = STDIN_FILENO, .events = POLLIN}, {.fd = p->signals, .events = POLLIN}};
	bool stop, resized;
	ssize_t got;

	for (;;) {
		if (poll(fds, 2, -1) < 0 && errno != EINTR)
			return 0;
		if (fds[1].revents) {
			signals_take(&stop, &resized);
			if (stop)
				return 0;
		}
		if (!fds[0].revents)
			continue;
		got = read(STDIN_FILENO, byte, 1);
		if (got < 0 && errno == EINTR)
			continue;
		return got == 1;
	}
}

static void echo_set(struct plain *p, bool on)
{
	struct termios t;

	if (!p->tty_in || tcgetattr(STDIN_FILENO, &t) < 0)
		return;
	t.c_lflag = on ? t.c_lflag | ECHO : t.c_lflag & ~(tcflag_t)ECHO;
	tcsetattr(STDIN_FILENO, TCSADRAIN, &t);
}

enum plain_line plain_read(struct plain *p, struct bytes *text, struct secret *secret, bool *cut)
{
	enum plain_line result = PLAIN_LOST;
	unsigned char byte = 0;
	bool any = false;

	*cut = false;
	if (secret)
		echo_set(p, false); /* before the question is out: whoever answers at once must not be echoed either */
	if (fflush(stdout) != 0)
		goto out;
	while (byte_read(p, &byte) == 1) {
		any = true;
		if (byte == '\n')
			break;
		if (byte == '\r' || byte == '\0')
			continue;
		if (!secret)
			bytes_byte(text, byte);
		else if (secret_add(secret, &byte, 1) < 0)
			*cut = true;
	}
	if (byte == '\n' && any)
		result = PLAIN_LINE;
	wipe(&byte, 1);
	if (secret && p->tty_in)
		print_out("\n");
out:
	if (secret)
		echo_set(p, true);
	if (result == PLAIN_LOST)
		p->lost = true;
	return result;
}

enum plain_line plain_ask(struct plain *p, struct bytes *text, struct secret *secret, bool commands, bool *cut)
{
	enum plain_line result;
	const char *line;

	if (secret)
		secret_clear(secret);
	else
		bytes_clear(text);
	result = plain_read(p, text, secret, cut);
	if (result != PLAIN_LINE)
		return result;
	line = secret ? (const char *)secret->data : bytes_string(text);
	if (commands && line[0] == ':' && plain_command(p, line))
		return p->lost ? PLAIN_LOST : PLAIN_COMMAND;
	if (!commands && strcmp(line, ":back") == 0)
		return PLAIN_COMMAND;
	return PLAIN_LINE;
}
