/* What a process has given up it cannot do, whatever it tries: each case in a child of its own. */
#include "check.h"

#include "base/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/perf_event.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

static char home[64];

/* Each gives 0, or the errno. */
static int said(long rc)
{
	return rc < 0 ? errno : 0;
}

static int open_socket(int domain)
{
	return said(socket(domain, SOCK_STREAM | SOCK_CLOEXEC, 0));
}

/* fchmodat2 of Linux 6.6, by its number: older headers do not name it. */
static int newer(void)
{
	return said(syscall(452, AT_FDCWD, "/nonexistent", 0700, 0));
}

static int inet(void)
{
	return open_socket(AF_INET);
}

static int inet6(void)
{
	return open_socket(AF_INET6);
}

static int packet(void)
{
	return said(socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0));
}

static int unix_socket(void)
{
	return open_socket(AF_UNIX);
}

static int netlink(void)
{
	return said(socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, 0));
}

static int pair(void)
{
	int two[2];

	return said(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, two));
}

static int listens(void)
{
	return said(listen(0, 1));
}

static int connects(void)
{
	struct sockaddr a = {.sa_family = AF_UNIX};

	return said(connect(0, &a, sizeof a));
}

static int traces(void)
{
	return said(ptrace(PTRACE_ATTACH, getppid(), NULL, NULL));
}

static int reads_another(void)
{
	char block[8];
	struct iovec here = {block, sizeof block}, there = {block, sizeof block};

	return said(process_vm_readv(getppid(), &here, 1, &there, 1, 0));
}

static int executes(void)
{
	char name[] = "/bin/true", *argv[] = {name, NULL}, *environment[] = {NULL};

	execve(name, argv, environment);
	return errno;
}

static int mounts(void)
{
	return said(mount("none", home, "tmpfs", 0, NULL));
}

static int unshares(void)
{
	return said(unshare(CLONE_NEWUSER));
}

static int bpf(void)
{
	union bpf_attr a = {0};

	return said(syscall(SYS_bpf, BPF_MAP_CREATE, &a, sizeof a));
}

static int keyctl(void)
{
	return said(syscall(SYS_keyctl, 0, 0, 0, 0, 0));
}

static int perf(void)
{
	struct perf_event_attr a = {.size = sizeof a};

	return said(syscall(SYS_perf_event_open, &a, 0, -1, -1, 0));
}

static int faults_itself(void)
{
	return said(syscall(SYS_userfaultfd, O_CLOEXEC));
}

static int rings(void)
{
	return said(syscall(SYS_io_uring_setup, 1, NULL));
}

static int loads_module(void)
{
	return said(syscall(SYS_finit_module, -1, "", 0));
}

static int sets_clock(void)
{
	struct timespec t = {0};

	return said(syscall(SYS_clock_settime, -1, &t));
}

static int types(void)
{
	char key = 'x';

	return said(ioctl(0, TIOCSTI, &key));
}

static int asks_size(void)
{
	struct winsize w;

	return ioctl(0, TIOCGWINSZ, &w) < 0 && errno != ENOTTY ? errno : 0;
}

static int opens(void)
{
	return said(open("/dev/null", O_RDONLY | O_CLOEXEC));
}

static int takes_memory(void)
{
	void *p = malloc(1 << 24);

	free(p);
	return p ? 0 : errno;
}

/* The child's answer, or minus the signal that ended it. */
static int in_child(int (*give_up)(void), int (*probe)(void))
{
	int status;
	pid_t child = fork();

	assert_true(child >= 0);
	if (child == 0) {
		if (give_up() < 0)
			_exit(254);
		_exit(probe());
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	return WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
}

static int nothing_kept(void)
{
	return sandbox_calls(0, NULL);
}

static int all_kept(void)
{
	return sandbox_calls(SANDBOX_SOCKETS | SANDBOX_MOUNTS | SANDBOX_STARTS, NULL);
}

static int sockets_kept(void)
{
	return sandbox_calls(SANDBOX_SOCKETS, NULL);
}

static int calculates(void)
{
	return sandbox_calculate(NULL);
}

static void calls_that_were_given_up_are_refused(void **state)
{
	static const struct {
		const char *what;
		int (*give_up)(void), (*probe)(void);
		int answer;
	} cases[] = {
	        {"a network", nothing_kept, inet, EPERM},
	        {"a socket of the machine", nothing_kept, unix_socket, EPERM},
	        {"netlink", nothing_kept, netlink, EPERM},
	        {"a pair with itself", nothing_kept, pair, 0},
	        {"connect", nothing_kept, connects, EPERM},
	        {"execve", nothing_kept, executes, EPERM},
	        {"mount", nothing_kept, mounts, EPERM},
	        {"unshare", nothing_kept, unshares, EPERM},
	        {"open", nothing_kept, opens, 0},
	        {"the terminal's size", nothing_kept, asks_size, 0},
	        {"a module's socket", sockets_kept, unix_socket, 0},
	        {"a module's netlink", sockets_kept, netlink, 0},
	        {"a module's network", sockets_kept, inet, EPERM},
	        {"a module's network, IPv6", sockets_kept, inet6, EPERM},
	        {"a module's packets", sockets_kept, packet, EPERM},
	        {"a module that listens", sockets_kept, listens, EPERM},
	        {"a module that starts a program", sockets_kept, executes, EPERM},
	        {"the console's network", all_kept, inet, EPERM},
	        {"a call of later kernels", all_kept, newer, ENOSYS},
	        {"the console's programs", all_kept, executes, 0},
	        {"another process's registers", all_kept, traces, EPERM},
	        {"another process's memory", all_kept, reads_another, EPERM},
	        {"bpf", all_kept, bpf, EPERM},
	        {"keyctl", all_kept, keyctl, EPERM},
	        {"perf", all_kept, perf, EPERM},
	        {"userfaultfd", all_kept, faults_itself, EPERM},
	        {"io_uring", all_kept, rings, EPERM},
	        {"a kernel module", all_kept, loads_module, EPERM},
	        {"the clock", all_kept, sets_clock, EPERM},
	        {"keys that nobody pressed", all_kept, types, EPERM},
	        {"open of what calculates", calculates, opens, EPERM},
	        {"a socket of what calculates", calculates, unix_socket, EPERM},
	        {"a pair of what calculates", calculates, pair, EPERM},
	        {"execve of what calculates", calculates, executes, EPERM},
	        {"memory of what calculates", calculates, takes_memory, 0},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		int is = in_child(cases[i].give_up, cases[i].probe);

		if (sandbox_watched() && (cases[i].probe == traces || cases[i].probe == reads_another))
			continue; /* a sanitizer's own */
		if (is != cases[i].answer)
			fail_msg("%s: %s, not %s", cases[i].what, is < 0 ? strsignal(-is) : strerror(is),
			        strerror(cases[i].answer));
	}
}

static int foreign_numbers(void)
{
	return said(syscall(0x40000000 | SYS_socket, AF_INET, SOCK_STREAM, 0));
}

static void calls_of_another_convention_end_the_process(void **state)
{
	(void)state;
	assert_int_equal(in_child(all_kept, foreign_numbers), -SIGSYS);
}

static char inside[128], outside[128], made[128], beside[128], program[128];

static int opens_at(const char *path, int flags)
{
	return said(open(path, flags | O_CLOEXEC, 0600));
}

static int reads_inside(void)
{
	return opens_at(inside, O_RDONLY);
}

static int reads_outside(void)
{
	return opens_at(outside, O_RDONLY);
}

static int writes_inside(void)
{
	return opens_at(inside, O_WRONLY);
}

static int makes(void)
{
	return opens_at(made, O_WRONLY | O_CREAT | O_EXCL);
}

static int makes_beside(void)
{
	return opens_at(beside, O_WRONLY | O_CREAT | O_EXCL);
}

static int removes(void)
{
	return said(unlink(inside));
}

static int starts_its_own(void)
{
	char *argv[] = {program, NULL}, *environment[] = {NULL};

	execve(program, argv, environment);
	return errno;
}

static int reads_only(void)
{
	char folder[128];
	const char *reads[] = {folder, NULL};

	snprintf(folder, sizeof folder, "%s/in", home);
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	return sandbox_files(reads, NULL) ? 0 : -1;
}

static int writes_too(void)
{
	char folder[128];
	const char *writes[] = {folder, NULL};

	snprintf(folder, sizeof folder, "%s/in", home);
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	return sandbox_files(NULL, writes) ? 0 : -1;
}

static int of_arguments(void)
{
	char name[] = "verify", first[160], *argv[] = {name, first, NULL};

	snprintf(first, sizeof first, "--people=%s/in", home);
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	return sandbox_arguments(2, argv, false) ? 0 : -1;
}

/* What a report makes stands beside the record, however that is written. */
static int of_a_record(const char *form)
{
	char name[] = "report", first[160], *argv[] = {name, first, NULL};

	snprintf(first, sizeof first, form, home);
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	return sandbox_arguments(2, argv, true) ? 0 : -1;
}

static int of_a_record_with_slashes(void)
{
	return of_a_record("%s/in//");
}

static int of_a_short_option(void)
{
	return of_a_record("-o%s/image.iso");
}

static int of_a_long_option(void)
{
	return of_a_record("--output=%s/image.iso");
}

static int of_another_place(void)
{
	return of_a_record("%s/in/file");
}

static int makes_and_removes_beside(void)
{
	int rc = makes_beside();

	unlink(beside);
	return rc;
}

static void put(char path[128], const char *name, bool there)
{
	snprintf(path, 128, "%s/%s", home, name);
	if (there) {
		int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0700);
		assert_true(fd >= 0);
		close(fd);
	}
}

static void files_that_were_given_up_are_out_of_reach(void **state)
{
	static const struct {
		const char *what;
		int (*give_up)(void), (*probe)(void);
		int answer;
	} cases[] = {
	        {"reading what is named", reads_only, reads_inside, 0},
	        {"reading another file", reads_only, reads_outside, EACCES},
	        {"writing what is read", reads_only, writes_inside, EACCES},
	        {"making a file", reads_only, makes, EACCES},
	        {"removing a file", reads_only, removes, EACCES},
	        {"starting what is read", reads_only, starts_its_own, EACCES},
	        {"making a file where files are made", writes_too, makes, 0},
	        {"making a file beside that", writes_too, makes_beside, EACCES},
	        {"starting what was made", writes_too, starts_its_own, EACCES},
	        {"reading an option's file", of_arguments, reads_inside, 0},
	        {"reading what no argument names", of_arguments, reads_outside, EACCES},
	        {"writing what an argument names", of_arguments, writes_inside, EACCES},
	        {"making a file beside a record", of_a_record_with_slashes, makes_and_removes_beside, 0},
	        {"making the file of a short option", of_a_short_option, makes_and_removes_beside, 0},
	        {"making the file of a long option", of_a_long_option, makes_and_removes_beside, 0},
	        {"making a file above what is named", of_another_place, makes_and_removes_beside, EACCES},
	        {"a program of the system", reads_only, executes, 0},
	};
	char folder[128];

	(void)state;
	snprintf(folder, sizeof folder, "%s/in", home);
	assert_int_equal(mkdir(folder, 0700), 0);
	put(inside, "in/file", true);
	put(program, "in/program", true);
	put(outside, "file", true);
	put(made, "in/new", false);
	put(beside, "new", false);
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		int is = in_child(cases[i].give_up, cases[i].probe);

		if (is == 255 || is == 254)
			skip(); /* a kernel without Landlock */
		if (is != cases[i].answer)
			fail_msg("%s: %s, not %s", cases[i].what, is < 0 ? strsignal(-is) : strerror(is),
			        strerror(cases[i].answer));
	}
}

/* 0, or the number of what is not so. */
static int hardened(void)
{
	struct rlimit core;
	mode_t mask = umask(0);

	if (mask != 077)
		return 1;
	if (getrlimit(RLIMIT_CORE, &core) || core.rlim_cur || core.rlim_max)
		return 2;
	if (prctl(PR_GET_DUMPABLE) != 0)
		return 3;
	if (prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) != 1)
		return 4;
	if (fcntl(9, F_GETFD) != -1 || fcntl(1000, F_GETFD) != -1)
		return 5;
	if (fcntl(0, F_GETFD) != 0 || fcntl(2, F_GETFD) < 0)
		return 6;
	return open("/dev/null", O_RDONLY | O_CLOEXEC) > 2 ? 0 : 7;
}

static int harden(void)
{
	umask(022);
	/* Handed down, and one that was closed by who starts us. */
	if (dup2(2, 9) < 0 || dup2(2, 1000) < 0)
		return -1;
	close(0);
	return sandbox_harden(3, NULL);
}

static void a_hardened_process_leaves_nothing_behind(void **state)
{
	(void)state;
	assert_int_equal(in_child(harden, hardened), 0);
}

static int setup(void **state)
{
	(void)state;
	strcpy(home, "/tmp/tachiai-sandbox-XXXXXX");
	return mkdtemp(home) ? 0 : -1;
}

static int teardown(void **state)
{
	char command[128];

	(void)state;
	snprintf(command, sizeof command, "rm -rf %s", home);
	return system(command);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(calls_that_were_given_up_are_refused),
	        cmocka_unit_test(calls_of_another_convention_end_the_process),
	        cmocka_unit_test(files_that_were_given_up_are_out_of_reach),
	        cmocka_unit_test(a_hardened_process_leaves_nothing_behind),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
