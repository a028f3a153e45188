#include "base/confined.h"

#include "base/sandbox.h"
#include "base/text.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/landlock.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#if defined(__x86_64__)
#define OUR_ARCH AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define OUR_ARCH AUDIT_ARCH_AARCH64
#else
#define OUR_ARCH 0 /* no name for this machine: nothing is started */
#endif

enum { PROGRAM_MAX = 1 << 28, ARGUMENTS_MAX = 32, MUST = CONFINED_PRIVILEGES | CONFINED_LIMITS | CONFINED_SECCOMP };

/* A sealed copy in memory, so that what is run cannot be changed after it was hashed; without a hash the file itself.
 */
static int program_open(const struct confined *c, int *copy, struct error *e)
{
	struct stat st;
	struct bytes all = {0};
	uint8_t sum[32], block[65536];
	ssize_t n;
	int from = open(c->path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK), rc = -1;

	*copy = -1;
	if (from < 0 || fstat(from, &st) || !S_ISREG(st.st_mode) || st.st_size > PROGRAM_MAX) {
		error_set(e, ERROR_MISSING, N_("%s cannot be run: it is no file, or is a link, or cannot be read."),
		        c->path);
		goto out;
	}
	if (!c->sha256 && pread(from, block, 4, 0) == 4 && memcmp(block, ELFMAG, SELFMAG) == 0) {
		*copy = from;
		return 0;
	}
	while ((n = read(from, block, sizeof block)) > 0 && all.len <= PROGRAM_MAX)
		bytes_add(&all, block, (size_t)n);
	if (n < 0 || bytes_end(&all, e) || sha256(all.data, all.len, sum)) {
		error_set(e, ERROR_MISSING, N_("%s cannot be read whole."), c->path);
		goto out;
	}
	if (c->sha256 && memcmp(sum, c->sha256, sizeof sum) != 0) {
		error_set(e, ERROR_FAULT, N_("%s is not the program whose hash is given: its SHA-256 is another."),
		        c->path);
		goto out;
	}
	if (all.len < 4 || memcmp(all.data, ELFMAG, SELFMAG) != 0) {
		error_set(e, ERROR_FAULT,
		        N_("%s is no compiled program. A script is run by an interpreter whose hash nobody gave."),
		        c->path);
		goto out;
	}
	*copy = memfd_create("confined", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	size_t at = 0;
	while (*copy >= 0 && at < all.len && (n = write(*copy, all.data + at, all.len - at)) > 0)
		at += (size_t)n;
	if (*copy >= 0 && at == all.len &&
	        fcntl(*copy, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL) == 0)
		rc = 0;
	else
		error_set(e, ERROR_MISSING, N_("%s cannot be copied into memory to be run."), c->path);
out:
	if (from >= 0)
		close(from);
	bytes_free(&all);
	return rc;
}

static bool limits(unsigned seconds)
{
	/* much address space: a garbage collector reserves what it never uses */
	return sandbox_limit(RLIMIT_CPU, seconds + 1) &&
	       (sandbox_watched() || sandbox_limit(RLIMIT_AS, (rlim_t)8 << 30)) && sandbox_limit(RLIMIT_FSIZE, 0) &&
	       sandbox_limit(RLIMIT_NOFILE, 64) && sandbox_limit(RLIMIT_CORE, 0);
}

#define DENY(name)                                                                                                     \
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_##name, 0, 1), BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM)

/* Where the argument has one of these bits; behind it the number of the call is there again. */
#define DENY_BITS(name, which, bits)                                                                                   \
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_##name, 0, 4),                                                        \
	        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args) + (which) * sizeof(uint64_t)),  \
	        BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, bits, 0, 1),                                                      \
	        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),                                                  \
	        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr))

/* Nobody outside is reached or ended, no file is cut, and it stays in the group that is ended with it. */
static bool no_calls_out(void)
{
	struct sock_filter filter[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, arch)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, OUR_ARCH, 1, 0),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		/* the other calling convention of the same machine has its own numbers */
		BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, 0x40000000, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
		/* what came after Linux 6.5: fchmodat2, setxattrat and others to come */
		BPF_JUMP(BPF_JMP | BPF_JGT | BPF_K, 451, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS),
		DENY(socket),
		DENY(socketpair),
		DENY(connect),
		DENY(bind),
		DENY(ptrace),
		DENY(process_vm_readv),
		DENY(process_vm_writev),
		DENY(kill),
		DENY(tkill),
		DENY(tgkill),
		DENY(rt_sigqueueinfo),
		DENY(rt_tgsigqueueinfo),
		DENY(pidfd_send_signal),
		DENY(setsid),
		DENY(setpgid),
		DENY(truncate),
		DENY(ftruncate),
		DENY(fallocate),
		DENY(openat2),
		DENY(fchmod),
		DENY(fchmodat),
		DENY(fchown),
		DENY(fchownat),
		DENY(utimensat),
		DENY(setxattr),
		DENY(lsetxattr),
		DENY(fsetxattr),
		DENY(removexattr),
		DENY(lremovexattr),
		DENY(fremovexattr),
#if defined(__x86_64__)
		DENY(chmod),
		DENY(chown),
		DENY(lchown),
		DENY(utime),
		DENY(utimes),
		DENY(futimesat),
		DENY(creat),
		DENY_BITS(open, 1, O_TRUNC),
#endif
		DENY_BITS(openat, 2, O_TRUNC),
		DENY_BITS(prlimit64, 0, ~0U), /* of another process */
		DENY(mount),
		DENY(umount2),
		DENY(unshare),
		DENY(setns),
		DENY(bpf),
		DENY(keyctl),
		DENY(perf_event_open),
		DENY(io_uring_setup),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = {sizeof filter / sizeof filter[0], filter};

	return OUR_ARCH != 0 && prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}

static bool no_writing(void)
{
	long version = syscall(SYS_landlock_create_ruleset, NULL, 0, 1U /* which version? */);
	struct landlock_ruleset_attr attr = {
	        .handled_access_fs =
	                (version >= 3 ? 1U << 14 : 0U) /* TRUNCATE */ | LANDLOCK_ACCESS_FS_WRITE_FILE |
	                LANDLOCK_ACCESS_FS_REMOVE_DIR | LANDLOCK_ACCESS_FS_REMOVE_FILE | LANDLOCK_ACCESS_FS_MAKE_CHAR |
	                LANDLOCK_ACCESS_FS_MAKE_DIR | LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_MAKE_SOCK |
	                LANDLOCK_ACCESS_FS_MAKE_FIFO | LANDLOCK_ACCESS_FS_MAKE_BLOCK | LANDLOCK_ACCESS_FS_MAKE_SYM};
	long rules = syscall(SYS_landlock_create_ruleset, &attr, sizeof attr, 0U);
	bool done = rules >= 0 && syscall(SYS_landlock_restrict_self, (int)rules, 0U) == 0;

	if (rules >= 0)
		close((int)rules);
	return done;
}

/* What the child tells before it becomes the program: what holds it; after that, only why it could not become it. */
struct told {
	unsigned held;
	int fault;
};

/* Between fork and exec: only calls that a signal handler might make. */
static _Noreturn void become(const struct confined *c, int program, int in, int out, int tell)
{
	char *argv[ARGUMENTS_MAX + 2] = {(char *)(uintptr_t) "linter"}, *nothing[] = {NULL};
	struct told told = {0};

	for (size_t i = 0; c->argument && c->argument[i] && i < ARGUMENTS_MAX; i++)
		argv[i + 1] = (char *)(uintptr_t)c->argument[i];
	setsid();
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (int s = 1; s < NSIG; s++)
		signal(s, SIG_DFL);
	sigset_t none;
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	if (dup2(in, 0) < 0 || dup2(out, 1) < 0 || dup2(out, 2) < 0 || chdir("/") < 0)
		_exit(127);
	syscall(SYS_close_range, 3U, ~0U, 4U /* CLOSE_RANGE_CLOEXEC */);
	if (unshare(CLONE_NEWUSER | CLONE_NEWNET) == 0)
		told.held |= CONFINED_NETWORK;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0)
		told.held |= CONFINED_PRIVILEGES;
	if (no_writing())
		told.held |= CONFINED_LANDLOCK;
	if (limits(c->seconds))
		told.held |= CONFINED_LIMITS;
	if (no_calls_out())
		told.held |= CONFINED_SECCOMP;
	if ((told.held & MUST) != MUST)
		told.fault = EPERM;
	if (write(tell, &told, sizeof told) != (ssize_t)sizeof told || told.fault)
		_exit(127);
	syscall(SYS_execveat, program, "", argv, nothing, AT_EMPTY_PATH);
	told.fault = errno;
	if (write(tell, &told, sizeof told) < 0)
		_exit(126);
	_exit(127);
}

/* Feeds it and listens until it has said all, or its time is over. */
static void talk(const struct confined *c, int64_t end, int in, int out, const uint8_t *input, size_t len,
        struct confined_result *r)
{
	int64_t left;
	size_t given = 0;

	if (len == 0)
		shutdown(in, SHUT_WR);
	while ((left = end - time_up_ms()) > 0) {
		struct pollfd fds[2] = {{out, POLLIN, 0}, {given < len ? in : -1, POLLOUT, 0}};
		uint8_t block[4096];
		ssize_t n;
		if (poll(fds, 2, (int)left) < 0 && errno != EINTR)
			return;
		if (fds[1].revents) {
			n = send(in, input + given, len - given, MSG_NOSIGNAL | MSG_DONTWAIT);
			given = n > 0 ? given + (size_t)n : n < 0 && errno != EAGAIN ? len : given;
			if (given == len)
				shutdown(in, SHUT_WR);
		}
		if (!fds[0].revents)
			continue;
		n = read(out, block, sizeof block);
		if (n <= 0)
			return;
		size_t room = c->output_max - r->output.len, keep = (size_t)n < room ? (size_t)n : room;
		bytes_add(&r->output, block, keep);
		r->more = r->more || keep < (size_t)n;
	}
	r->late = true;
}

/* Many a program closes its output first and ends then: how it ends is its answer too. */
static void let_end(pid_t child, int64_t end, struct confined_result *r)
{
	static const struct timespec moment = {.tv_nsec = 1000000};

	while (!r->late) {
		siginfo_t info = {0};

		if (waitid(P_PID, (id_t)child, &info, WEXITED | WNOHANG | WNOWAIT) < 0 || info.si_pid == child)
			return;
		r->late = time_up_ms() >= end;
		nanosleep(&moment, NULL);
	}
}

/* The child's last word, or -1 when it never came so far. */
static int listen_told(int tell, struct told *told)
{
	struct told next;
	int rc = -1;

	while (read(tell, &next, sizeof next) == (ssize_t)sizeof next) {
		*told = next;
		rc = 0;
	}
	return rc;
}

static int run(const struct confined *c, int program, const void *input, size_t len, struct confined_result *out,
        struct error *e)
{
	int in[2] = {-1, -1}, said[2] = {-1, -1}, tell[2] = {-1, -1}, status = 0, rc = -1;
	struct told told = {0};
	pid_t child = -1;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, in) || pipe2(said, O_CLOEXEC) ||
	        pipe2(tell, O_CLOEXEC) || (child = fork()) < 0) {
		error_set(e, ERROR_MISSING, N_("%s cannot be started: %s."), c->path, strerror(errno));
		goto out;
	}
	if (child == 0)
		become(c, program, in[1], said[1], tell[1]);
	close(in[1]);
	close(said[1]);
	close(tell[1]);
	in[1] = said[1] = tell[1] = -1;
	if (listen_told(tell[0], &told) == 0 && !told.fault) {
		int64_t end = time_up_ms() + (int64_t)c->seconds * 1000;

		talk(c, end, in[0], said[0], input, len, out);
		let_end(child, end, out);
	}
	kill(-child, SIGKILL);
	kill(child, SIGKILL);
	pid_t ended;
	while ((ended = waitpid(child, &status, 0)) < 0 && errno == EINTR)
		;
	if (ended < 0) /* nobody knows how it ended */
		status = 0xff << 8;
	if ((told.held & MUST) != MUST)
		error_set(e, ERROR_MISSING, N_("%s was not started: this kernel cannot confine it."), c->path);
	else if (told.fault)
		error_set(e, ERROR_MISSING, N_("%s cannot be started: %s."), c->path, strerror(told.fault));
	else
		rc = bytes_end(&out->output, e);
	out->held = told.held;
	out->exit = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
out:
	for (size_t i = 0; i < 2; i++) {
		if (in[i] >= 0)
			close(in[i]);
		if (said[i] >= 0)
			close(said[i]);
		if (tell[i] >= 0)
			close(tell[i]);
	}
	return rc;
}

int confined_run(const struct confined *c, const void *input, size_t len, struct confined_result *out, struct error *e)
{
	int program = -1, rc;

	*out = (struct confined_result){0};
	rc = program_open(c, &program, e);
	if (rc == 0)
		rc = run(c, program, input, len, out, e);
	if (program >= 0)
		close(program);
	return rc;
}
