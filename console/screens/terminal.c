#include "screens/terminal.h"

#include <curses.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <termios.h>
#include <unistd.h>

#include "base/print.h"
#include "base/secret.h"

/* LOCKED: what of the memory is held out of swap, since words of a share pass through it; a larger screen than that is
 * none that shows one. */
enum { LOCKED = 1 << 16, BLOCK = 4096, END_MS = 3000, STEP_MS = 50 };

/* Curses is one to a process, and so is the line under it. */
static struct {
	int line; /* of its own where it can be had, so that not to block is nobody else's concern */
	int kept; /* what curses takes for the terminal */
	off_t sent;
	void *locked;
	struct termios before, screens;
} terminal = {.line = -1, .kept = -1};

/* Curses looks at the terminal itself, for its modes, its speed and its size: only then is what it writes led aside. */
static int lead_aside(int fd)
{
	int memory = memfd_create("tachiai-terminal", MFD_CLOEXEC);
	char name[64];

	if (memory < 0)
		return -1;
	if (ftruncate(memory, LOCKED) < 0 || dup3(memory, fd, O_CLOEXEC) < 0) {
		close(memory);
		return -1;
	}
	close(memory);
	terminal.kept = fd;
	terminal.locked = mmap(NULL, LOCKED, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (terminal.locked == MAP_FAILED) {
		terminal.locked = NULL;
	} else {
		mlock(terminal.locked, LOCKED);
		madvise(terminal.locked, LOCKED, MADV_DONTFORK);
	}
	/* By its name: /proc of a process that is not dumpable is root's. Where it has no name here, root has that. */
	if (ttyname_r(STDOUT_FILENO, name, sizeof(name)) == 0)
		terminal.line = open(name, O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC | O_NOFOLLOW);
	if (terminal.line < 0)
		terminal.line = open("/proc/self/fd/1", O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (terminal.line < 0)
		terminal.line = STDOUT_FILENO;
	return 0;
}

static int terminal_first(void)
{
	int fd = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
	FILE *out = fd >= 0 ? fdopen(fd, "w") : NULL;

	if (!out) {
		if (fd >= 0)
			close(fd);
		return -1;
	}
	tcgetattr(STDIN_FILENO, &terminal.before);
	if (!newterm(NULL, out, stdin)) {
		fclose(out);
		return -1;
	}
	raw();
	noecho();
	nonl();
	tcgetattr(STDIN_FILENO, &terminal.screens);
	if (lead_aside(fd) < 0) {
		endwin();
		return -1;
	}
	return 0;
}

int terminal_begin(void)
{
	if (!stdscr)
		return terminal_first();
	if (terminal.kept < 0)
		return -1;
	tcsetattr(STDIN_FILENO, TCSANOW, &terminal.screens);
	return 0;
}

static off_t terminal_kept(void)
{
	off_t kept = terminal.kept >= 0 ? lseek(terminal.kept, 0, SEEK_CUR) : 0;

	return kept > 0 ? kept : 0;
}

static void terminal_empty(void)
{
	off_t kept = terminal_kept();

	if (terminal.locked)
		wipe(terminal.locked, kept < LOCKED ? (size_t)kept : LOCKED);
	if (kept > LOCKED && ftruncate(terminal.kept, LOCKED) < 0)
		terminal.sent = 0; /* what is behind stays until it is written over */
	lseek(terminal.kept, 0, SEEK_SET);
	terminal.sent = 0;
}

int terminal_send(void)
{
	off_t kept = terminal_kept();
	int rc = 0;
	char block[BLOCK];

	while (terminal.sent < kept) {
		size_t len = kept - terminal.sent < BLOCK ? (size_t)(kept - terminal.sent) : BLOCK;
		ssize_t got = pread(terminal.kept, block, len, terminal.sent), put = -1;

		if (got > 0)
			put = write(terminal.line, block, (size_t)got);
		if (put < 0 && errno == EINTR)
			continue;
		if (put < 0 && errno == EAGAIN)
			break;
		if (put <= 0) { /* hung up: nobody will see the rest */
			rc = -1;
			terminal.sent = kept;
			break;
		}
		terminal.sent += put;
	}
	wipe(block, sizeof(block));
	if (kept > 0 && terminal.sent >= kept)
		terminal_empty();
	return rc;
}

void terminal_control(const char *sequence)
{
	ssize_t put = write(terminal.kept, sequence, strlen(sequence));

	(void)put; /* memory takes all of it, or is full and takes nothing more of a screen either */
}

bool terminal_waits(void)
{
	return terminal.sent < terminal_kept();
}

int terminal_fd(void)
{
	return terminal_waits() ? terminal.line : -1;
}

void terminal_end(void)
{
	struct pollfd fd = {.fd = terminal.line, .events = POLLOUT};

	for (int waited = 0; terminal_send() == 0 && terminal_waits() && waited < END_MS; waited += STEP_MS)
		poll(&fd, 1, STEP_MS);
	if (terminal_waits()) {
		terminal_empty();
		print_no_longer();
	}
	tcsetattr(STDIN_FILENO, TCSANOW, &terminal.before);
}
