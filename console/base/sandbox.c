#include "base/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <dirent.h>
#include <linux/audit.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/landlock.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#if defined(__x86_64__)
#define OUR_ARCH AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define OUR_ARCH AUDIT_ARCH_AARCH64
#else
#define OUR_ARCH 0 /* no name for this machine: nothing is run */
#endif

#define NO_CALLS N_("Calls cannot be taken away from the program (%s): %s. Start another kernel.")

bool sandbox_watched(void)
{
#if defined(__SANITIZE_ADDRESS__)
	return true;
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
	return true;
#else
	return false;
#endif
#else
	return false;
#endif
}

/* What root may, and no program of ours needs: to look into others past PR_SET_DUMPABLE, to change the kernel, its
 * clock, its network. For ever, and for what it starts. */
static bool drop_powers(void)
{
	static const unsigned powers[] = {CAP_SYS_PTRACE, CAP_SYS_MODULE, CAP_SYS_BOOT, CAP_SYS_TIME, CAP_SYSLOG,
	        CAP_BPF, CAP_PERFMON, CAP_CHECKPOINT_RESTORE, CAP_NET_ADMIN, CAP_NET_RAW, CAP_NET_BIND_SERVICE,
	        CAP_MKNOD, CAP_MAC_ADMIN, CAP_MAC_OVERRIDE, CAP_AUDIT_CONTROL, CAP_SYS_PACCT, CAP_SETFCAP};
	struct __user_cap_header_struct head = {_LINUX_CAPABILITY_VERSION_3, 0};
	struct __user_cap_data_struct set[_LINUX_CAPABILITY_U32S_3];

	if (syscall(SYS_capget, &head, set) < 0)
		return false;
	for (size_t i = sandbox_watched(); i < sizeof powers / sizeof powers[0];
	        i++) { /* a sanitizer needs the first */
		struct __user_cap_data_struct *of = &set[CAP_TO_INDEX(powers[i])];
		const uint32_t bit = CAP_TO_MASK(powers[i]);

		/* Refused to who is not root, and of no use to them: no_new_privs is set. */
		prctl(PR_CAPBSET_DROP, powers[i], 0, 0, 0);
		of->effective &= ~bit;
		of->permitted &= ~bit;
		of->inheritable &= ~bit;
	}
	return syscall(SYS_capset, &head, set) == 0;
}

int sandbox_harden(int first, struct error *e)
{
	struct rlimit none = {0, 0};
	int fd;

	/* What is opened next must not become standard output. */
	do
		fd = open("/dev/null", O_RDWR | O_NOFOLLOW | O_CLOEXEC);
	while (fd >= 0 && fd <= STDERR_FILENO && fcntl(fd, F_SETFD, 0) == 0);
	if (fd > STDERR_FILENO)
		close(fd);
	umask(077);
	if (setrlimit(RLIMIT_CORE, &none) || prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) ||
	        prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		return error_errno(e, N_("The process cannot be hardened (%s): %s"), "prctl");
	if (!drop_powers())
		return error_errno(e, N_("The process cannot be hardened (%s): %s"), "capset");
	/* Sanitizers keep descriptors of their own high up. */
	if (close_range((unsigned)first, sandbox_watched() ? 1023 : ~0U, 0))
		return error_errno(e, N_("The process cannot be hardened (%s): %s"), "close_range");
	signal(SIGPIPE, SIG_IGN);
	signal(SIGCHLD, SIG_DFL); /* ignored, it would take away how those that are started ended */
	return 0;
}

void sandbox_lock_memory(void)
{
	struct rlimit limit;

	/* Under a small limit, everything that is taken later would be refused. */
	if (sandbox_watched() || (geteuid() && (getrlimit(RLIMIT_MEMLOCK, &limit) || limit.rlim_cur != RLIM_INFINITY)))
		return;
	if (mlockall(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT))
		errno = 0;
}

bool sandbox_limit(__rlimit_resource_t which, rlim_t value)
{
	struct rlimit r = {value, value};

	return setrlimit(which, &r) == 0;
}

/* CALLS_KNOWN: cachestat of Linux 6.5; what came after it nobody here has judged, and every library can do without. */
enum { FILTER_MAX = 256, CALLS_KNOWN = 451 };

struct filter {
	struct sock_filter step[FILTER_MAX];
	unsigned short count;
};

static void add(struct filter *f, struct sock_filter step)
{
	if (f->count < FILTER_MAX)
		f->step[f->count++] = step;
}

static void answer(struct filter *f, uint32_t action)
{
	add(f, (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, action));
}

static void load(struct filter *f, size_t offset)
{
	add(f, (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (uint32_t)offset));
}

static void begin(struct filter *f)
{
	f->count = 0;
	load(f, offsetof(struct seccomp_data, arch));
	add(f, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, OUR_ARCH, 1, 0));
	answer(f, SECCOMP_RET_KILL_PROCESS);
	load(f, offsetof(struct seccomp_data, nr));
	/* the other calling convention of the same machine has its own numbers */
	add(f, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, 0x40000000, 0, 1));
	answer(f, SECCOMP_RET_KILL_PROCESS);
	add(f, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JGT | BPF_K, CALLS_KNOWN, 0, 1));
	answer(f, SECCOMP_RET_ERRNO | ENOSYS);
}

static void calls(struct filter *f, const int *call, size_t count, uint32_t action)
{
	for (size_t i = 0; i < count; i++) {
		add(f, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)call[i], 0, 1));
		answer(f, action);
	}
}

/* One argument, of which the kernel takes the lower half, decides. */
static void argument(struct filter *f, int call, unsigned which, const uint32_t *value, size_t count, bool allowed)
{
	const uint32_t refuse = SECCOMP_RET_ERRNO | EPERM;

	add(f, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)call, 0, (uint8_t)(2 * count + 2)));
	load(f, offsetof(struct seccomp_data, args) + which * sizeof(uint64_t));
	for (size_t i = 0; i < count; i++) {
		add(f, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, value[i], 0, 1));
		answer(f, allowed ? SECCOMP_RET_ALLOW : refuse);
	}
	answer(f, allowed ? refuse : SECCOMP_RET_ALLOW);
}

static int install(const struct filter *f, struct error *e)
{
	struct sock_fprog program = {f->count, (struct sock_filter *)(uintptr_t)f->step};

	if (OUR_ARCH == 0 || f->count == FILTER_MAX)
		errno = ENOSYS;
	else if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
	         prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0)
		return 0;
	return error_errno(e, NO_CALLS, "seccomp");
}

#define COUNT(a)      (sizeof(a) / sizeof((a)[0]))
#define LIST(f, list) calls(f, list, COUNT(list), SECCOMP_RET_ERRNO | EPERM)

/* The network; looking into others; the kernel itself; its clock; file systems from elsewhere. */
static const int never[] = {__NR_listen, __NR_accept, __NR_accept4, __NR_pidfd_getfd, __NR_process_madvise, __NR_kcmp,
        __NR_bpf, __NR_perf_event_open, __NR_keyctl, __NR_add_key, __NR_request_key, __NR_init_module,
        __NR_finit_module, __NR_delete_module, __NR_kexec_load, __NR_kexec_file_load, __NR_userfaultfd,
        __NR_io_uring_setup, __NR_io_uring_enter, __NR_io_uring_register, __NR_setns, __NR_pivot_root, __NR_chroot,
        __NR_swapon, __NR_swapoff, __NR_reboot, __NR_acct, __NR_quotactl, __NR_open_by_handle_at, __NR_clock_settime,
        __NR_settimeofday, __NR_adjtimex, __NR_clock_adjtime, __NR_sethostname, __NR_setdomainname, __NR_syslog,
        __NR_fanotify_init, __NR_move_pages, __NR_migrate_pages, __NR_fsopen, __NR_fsconfig, __NR_fsmount, __NR_fspick,
        __NR_open_tree, __NR_move_mount, __NR_mount_setattr, __NR_vhangup,
#if defined(__x86_64__)
        __NR_iopl, __NR_ioperm, __NR_modify_ldt, __NR_mknod,
#endif
        __NR_mknodat};
static const int watching[] = {__NR_personality, __NR_ptrace, __NR_process_vm_readv, __NR_process_vm_writev};
static const int mounting[] = {__NR_mount, __NR_umount2};
static const int starting[] = {__NR_execve, __NR_execveat, __NR_unshare};
static const int reaching[] = {__NR_socket, __NR_connect, __NR_bind};

int sandbox_calls(unsigned keeps, struct error *e)
{
	static const uint32_t local[] = {AF_UNIX, AF_NETLINK}, pairs[] = {AF_UNIX};
	/* Keys that nobody pressed: put into the terminal's input, or pasted on the console. */
	static const uint32_t pressing[] = {TIOCSTI, TIOCLINUX, TIOCSETD};
	struct filter f;

	begin(&f);
	LIST(&f, never);
	if (!sandbox_watched())
		LIST(&f, watching);
	if (!(keeps & SANDBOX_MOUNTS))
		LIST(&f, mounting);
	if (!(keeps & SANDBOX_STARTS))
		LIST(&f, starting);
	if (!(keeps & SANDBOX_SOCKETS))
		LIST(&f, reaching);
	else
		argument(&f, __NR_socket, 0, local, COUNT(local), true);
	argument(&f, __NR_socketpair, 0, pairs, COUNT(pairs), true);
	argument(&f, __NR_ioctl, 1, pressing, COUNT(pressing), false);
	answer(&f, SECCOMP_RET_ALLOW);
	return install(&f, e);
}

int sandbox_calculate(struct error *e)
{
	static const int left[] = {__NR_read, __NR_write, __NR_brk, __NR_mmap, __NR_munmap, __NR_mremap, __NR_mprotect,
	        __NR_madvise, __NR_futex, __NR_clock_gettime, __NR_gettimeofday, __NR_getrandom, __NR_exit,
	        __NR_exit_group, __NR_rt_sigreturn};
	static const int of_watchers[] = {__NR_sigaltstack, __NR_rt_sigprocmask, __NR_rt_sigaction, __NR_getpid,
	        __NR_gettid, __NR_sched_yield, __NR_close};
	struct filter f;

	begin(&f);
	calls(&f, left, COUNT(left), SECCOMP_RET_ALLOW);
	if (sandbox_watched())
		calls(&f, of_watchers, COUNT(of_watchers), SECCOMP_RET_ALLOW);
	answer(&f, SECCOMP_RET_ERRNO | EPERM);
	return install(&f, e);
}

/* Each version of Landlock knows more kinds; one that the kernel does not know would be an error. */
static uint64_t kinds_known(long version)
{
	uint64_t all = (LANDLOCK_ACCESS_FS_MAKE_SYM << 1) - 1; /* of version 1: EXECUTE to MAKE_SYM */

	if (version >= 2)
		all |= 1ULL << 13; /* REFER: renaming from one directory to another */
	if (version >= 3)
		all |= 1ULL << 14; /* TRUNCATE */
	return all;
}

enum {
	READS = LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR,
	RUNS = READS | LANDLOCK_ACCESS_FS_EXECUTE,
	OF_FILES = LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_WRITE_FILE | 1 << 14
};

static bool rule(int rules, const char *path, uint64_t access)
{
	struct landlock_path_beneath_attr beneath = {.allowed_access = access};
	struct stat st;
	int fd = open(path, O_PATH | O_CLOEXEC);
	bool done = fd < 0;

	if (fd >= 0 && fstat(fd, &st) == 0) {
		if (!S_ISDIR(st.st_mode))
			beneath.allowed_access &= OF_FILES;
		beneath.parent_fd = fd;
		done = syscall(SYS_landlock_add_rule, rules, LANDLOCK_RULE_PATH_BENEATH, &beneath, 0U) == 0;
	}
	if (fd >= 0)
		close(fd);
	return done;
}

/* Programs of ours and the catalogue lie beside this one, or under its prefix. */
static bool own_rules(int rules)
{
	static const char *const places[] = {"", "/../libexec/tachiai", "/../share/locale", "/../../share/locale"};
	char path[4096 + 64];
	ssize_t n = readlink("/proc/self/exe", path, 4095);
	/* Run from a copy in memory, it has no place of its own. */
	char *slash = n > 0 && strncmp(path, "/memfd:", 7) != 0 ? memrchr(path, '/', (size_t)n) : NULL;
	bool done = true;

	for (size_t i = 0; slash && done && i < COUNT(places); i++) {
		snprintf(slash, sizeof path - (size_t)(slash - path), "%s", places[i]);
		done = rule(rules, *path ? path : "/", RUNS);
	}
	return done;
}

bool sandbox_files(const char *const *reads, const char *const *writes)
{
	static const char *const system[] = {"/usr", "/lib", "/lib64", "/bin", "/etc", "/var/cache/fontconfig",
	        "/var/lib/ghostscript", "/opt", LOCALEDIR, LIBEXECDIR},
	                         *const devices[] = {"/dev/null", "/dev/tty", "/dev/zero"},
	                         *const looks[] = {"/proc", "/sys", "/dev/urandom", "/dev/random"};
	long version = syscall(SYS_landlock_create_ruleset, NULL, 0, 1U /* which version? */);
	struct landlock_ruleset_attr attr = {.handled_access_fs = kinds_known(version)};
	long rules = version < 1 ? -1 : syscall(SYS_landlock_create_ruleset, &attr, sizeof attr, 0U);
	bool done = rules >= 0 && own_rules((int)rules);

	for (size_t i = 0; done && i < COUNT(system); i++)
		done = rule((int)rules, system[i], RUNS);
	for (size_t i = 0; done && i < COUNT(looks); i++)
		done = rule((int)rules, looks[i], READS);
	for (size_t i = 0; done && i < COUNT(devices); i++)
		done = rule((int)rules, devices[i], READS | LANDLOCK_ACCESS_FS_WRITE_FILE);
	for (size_t i = 0; done && reads && reads[i]; i++)
		done = rule((int)rules, reads[i], READS);
	for (size_t i = 0; done && writes && writes[i]; i++)
		done = rule((int)rules, writes[i], attr.handled_access_fs & ~(uint64_t)LANDLOCK_ACCESS_FS_EXECUTE);
	done = done && syscall(SYS_landlock_restrict_self, (int)rules, 0U) == 0;
	if (rules >= 0)
		close((int)rules);
	return done;
}

bool sandbox_kernel(void)
{
	long version = syscall(SYS_landlock_create_ruleset, NULL, 0, 1U /* which version? */);
	struct landlock_ruleset_attr attr = {.handled_access_fs = kinds_known(version)};
	long rules = version < 1 ? -1 : syscall(SYS_landlock_create_ruleset, &attr, sizeof attr, 0U);
	DIR *root = rules < 0 ? NULL : opendir("/");
	bool done = root != NULL;

	while (done) {
		const struct dirent *d = readdir(root);
		char path[sizeof d->d_name + 1];

		if (!d)
			break;
		if (!strcmp(d->d_name, ".") || !strcmp(d->d_name, ".."))
			continue;
		snprintf(path, sizeof path, "/%s", d->d_name);
		done = rule((int)rules, path,
		        !strcmp(path, "/proc") || !strcmp(path, "/sys") ? READS : attr.handled_access_fs);
	}
	if (root)
		closedir(root);
	done = done && syscall(SYS_landlock_restrict_self, (int)rules, 0U) == 0;
	if (rules >= 0)
		close((int)rules);
	return done;
}

/* FILE, --option=FILE, -oFILE */
static const char *path_of(const char *argument)
{
	const char *equals = strchr(argument, '=');

	if (argument[0] != '-' || !argument[1])
		return argument;
	return argument[1] != '-' ? argument + 2 : equals ? equals + 1 : argument;
}

/* "a/b/" stands in "a", "b" in ".", "/b" in "/". False: it is too long to be a path. */
static bool parent_of(const char *path, char parent[PATH_MAX])
{
	size_t len = strlen(path);

	while (len > 1 && path[len - 1] == '/')
		len--;
	while (len > 0 && path[len - 1] != '/')
		len--;
	while (len > 1 && path[len - 1] == '/')
		len--;
	if (len >= PATH_MAX)
		return false;
	memcpy(parent, len ? path : ".", len ? len : 1);
	parent[len ? len : 1] = '\0';
	return true;
}

bool sandbox_arguments(int argc, char *const argv[], bool writes)
{
	size_t count = argc > 0 ? (size_t)argc : 0, n = 0;
	const char **paths = calloc(2 * count + 2, sizeof *paths);
	char(*parents)[PATH_MAX] = calloc(count + 1, sizeof *parents);
	bool done = false;

	if (sandbox_watched()) { /* which writes reports and counts wherever it was told */
		done = true;
		goto out;
	}
	if (!paths || !parents)
		goto out;
	for (size_t i = 1; i < count; i++) {
		paths[n++] = path_of(argv[i]);
		if (writes && parent_of(paths[n - 1], parents[i]))
			paths[n++] = parents[i];
	}
	if (writes)
		paths[n++] = ".";
	done = sandbox_files(paths, writes ? paths : NULL);
out:
	free((void *)paths);
	free((void *)parents);
	return done;
}
