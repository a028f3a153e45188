#include "base/aside.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/memory.h"
#include "base/sandbox.h"
#include "base/text.h"

enum { ANSWER = 3 /* the descriptor */, UNCONFINED = 126, UNSAID = 125 };

static const rlim_t space_max = (rlim_t)8 << 30;

/* The first byte of the answer: 'y', or the error's code as a letter from 'A' on. */
enum { DONE = 'y', CODE = 'A' };

/* Nothing of the process that it was is in reach. */
static bool confine(const struct aside *a, int to, pid_t starter)
{
	/* Out of the terminal's reach before signals are let through again: who started it blocked them. */
	setsid();
	for (int s = 1; s < NSIG; s++)
		signal(s, SIG_DFL);
	sigset_t none;
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	prctl(PR_SET_NAME, "tachiai-aside");
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0 || getppid() != starter || dup2(to, ANSWER) < 0)
		return false;
	syscall(SYS_close_range, 0U, ANSWER - 1U, 0U);
	if (syscall(SYS_close_range, ANSWER + 1U, ~0U, 0U) < 0)
		return false;
	return sandbox_limit(RLIMIT_CPU, a->seconds + 1) &&
	       (sandbox_watched() || sandbox_limit(RLIMIT_AS, space_max)) && sandbox_limit(RLIMIT_FSIZE, 0) &&
	       sandbox_limit(RLIMIT_CORE, 0) && sandbox_calculate(NULL) == 0;
}

static bool say(const uint8_t *data, size_t len)
{
	for (size_t at = 0; at < len;) {
		ssize_t n = write(ANSWER, data + at, len - at);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		at += (size_t)n;
	}
	return true;
}

static _Noreturn void work(const struct aside *a, int to, pid_t starter)
{
	unsigned long refused = memory_refusals();
	struct bytes out = {0};
	struct error e = {0};
	uint8_t how = DONE;

	if (!confine(a, to, starter))
		_exit(UNCONFINED);
	if (a->work(a->with, &out, &e) < 0) {
		how = (uint8_t)(CODE + (unsigned)e.code);
		bytes_clear(&out);
		error_text(&e, &out);
	}
	/* What was found while memory was refused is not for certain. */
	if (bytes_end(&out, NULL) < 0 || memory_refusals() != refused)
		how = CODE + ERROR_MEMORY;
	_exit(say(&how, 1) && say(out.data, how == CODE + ERROR_MEMORY ? 0 : out.len) ? 0 : UNSAID);
}

/* All that it says, until it ends. False: it said more than it may. */
static bool hear(const struct aside *a, int from, struct aside_result *r)
{
	int64_t end = time_up_ms() + (int64_t)a->seconds * 1000, left;

	while ((left = end - time_up_ms()) > 0) {
		struct pollfd fd = {from, POLLIN, 0};
		uint8_t block[65536];
		ssize_t n;
		if (poll(&fd, 1, (int)left) < 0 && errno != EINTR)
			return false;
		if (!fd.revents)
			continue;
		n = read(from, block, sizeof block);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n == 0;
		if ((size_t)n > a->max + 1 - r->answer.len)
			return false;
		bytes_add(&r->answer, block, (size_t)n);
	}
	r->late = true;
	return false;
}

/* The first byte says what the others are. */
static int judge(struct aside_result *r, bool whole, int status, struct error *e)
{
	char how = r->answer.len ? (char)r->answer.data[0] : 0;

	r->exit = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
	if (r->late || r->exit)
		return 0;
	if (!whole || (how != DONE && (how <= CODE || how > CODE + ERROR_PAUSED))) {
		r->exit = UNSAID;
		return 0;
	}
	r->refused = how == DONE ? ERROR_NONE : (enum error_code)(how - CODE);
	if (bytes_end(&r->answer, e) < 0)
		return -1;
	memmove(r->answer.data, r->answer.data + 1, r->answer.len--); /* with the NUL behind it */
	return 0;
}

int aside_run(const struct aside *a, struct aside_result *out, struct error *e)
{
	int ends[2] = {-1, -1}, status = 0, rc = -1;
	pid_t starter = getpid(), child = -1;
	sigset_t every, before;
	bool whole;

	*out = (struct aside_result){0};
	sigfillset(&every);
	sigprocmask(SIG_SETMASK, &every, &before);
	if (pipe2(ends, O_CLOEXEC) == 0)
		child = fork();
	if (child == 0)
		work(a, ends[1], starter);
	sigprocmask(SIG_SETMASK, &before, NULL);
	if (child < 0) {
		error_errno(e, N_("%s cannot be started: %s"), "tachiai-aside");
		goto out;
	}
	close(ends[1]);
	ends[1] = -1;
	whole = hear(a, ends[0], out);
	kill(child, SIGKILL);
	while ((rc = waitpid(child, &status, 0)) < 0 && errno == EINTR)
		;
	if (rc < 0) /* nobody knows how it ended */
		status = UNSAID << 8;
	rc = out->answer.failed ? error_memory(e) : judge(out, whole, status, e);
out:
	for (size_t i = 0; i < 2; i++)
		if (ends[i] >= 0)
			close(ends[i]);
	return rc;
}
