#include "screens/signals.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stddef.h>
#include <unistd.h>

static const int caught[] = {SIGINT, SIGQUIT, SIGTSTP, SIGTERM, SIGHUP, SIGWINCH};
enum { CAUGHT = sizeof(caught) / sizeof(caught[0]) };

/* The one thing that must be reachable from a signal handler, which is given no pointer. A blocked mask with signalfd
 * would not do: threads made before would still take the default action. */
static int signal_pipe[2] = {-1, -1};
static struct sigaction before[CAUGHT], before_pipe, before_alarm;

static void on_signal(int number)
{
	int saved = errno;
	unsigned char byte = (unsigned char)number;

	if (write(signal_pipe[1], &byte, 1) < 0)
		byte = 0; /* full: as many signals wait already */
	errno = saved;
}

int signals_catch(struct error *e)
{
	struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_RESTART}, ignore = {.sa_handler = SIG_IGN};

	if (pipe2(signal_pipe, O_CLOEXEC | O_NONBLOCK) < 0)
		return error_errno(e, N_("Signals cannot be caught: %s: %s"), "pipe");
	sigfillset(&action.sa_mask);
	for (size_t i = 0; i < CAUGHT; i++)
		sigaction(caught[i], &action, &before[i]);
	sigaction(SIGPIPE, &ignore, &before_pipe);
	sigaction(SIGALRM, NULL, &before_alarm);
	return signal_pipe[0];
}

/* It may have come just before a call that waits, which nothing would end: until it is taken, another one comes. */
static void on_interrupt(int number)
{
	on_signal(number);
	alarm(1);
}

static void on_alarm(int number)
{
	(void)number;
	alarm(1);
}

void signals_interrupt(void)
{
	struct sigaction action = {.sa_handler = on_alarm};

	sigfillset(&action.sa_mask);
	sigaction(SIGALRM, &action, NULL);
	action.sa_handler = on_interrupt;
	for (size_t i = 0; i < CAUGHT; i++)
		if (caught[i] != SIGWINCH)
			sigaction(caught[i], &action, NULL);
}

void signals_take(bool *stop, bool *resized)
{
	unsigned char byte;

	*stop = *resized = false;
	alarm(0);
	while (read(signal_pipe[0], &byte, 1) == 1) {
		if (byte == SIGWINCH)
			*resized = true;
		else
			*stop = true;
	}
}

void signals_release(void)
{
	alarm(0);
	for (size_t i = 0; i < CAUGHT; i++)
		sigaction(caught[i], &before[i], NULL);
	sigaction(SIGALRM, &before_alarm, NULL);
	sigaction(SIGPIPE, &before_pipe, NULL);
	close(signal_pipe[0]);
	close(signal_pipe[1]);
	signal_pipe[0] = signal_pipe[1] = -1;
}
