/* A library that is loaded before all others (LD_PRELOAD) into the console and, through it, into its helper. It counts
 * the calls that write, sync, rename, talk to the other process or to the token, take memory, or read the clock, and
 * lets one of them go wrong. What it counts and does is said in its environment:
 *
 * FAULT_STATE: a file of sizeof(struct state) zero bytes that both processes map.
 *
 * FAULT_POINTS: which kinds of calls are points, by letter (enum kind).
 *
 * FAULT_AT: at the which of them, from 1; 0 only counts and names them.
 *
 * FAULT_DO: "kill", both processes end there; "power", and what the console has not synced is gone; "helper", the
 * helper alone ends; "short", half of a write is done; "step", the clock is set by FAULT_STEP seconds; "wait", so much
 * time passes; a number, that errno, or that CK_RV of a token call.
 *
 * FAULT_STAYS: not empty, the errno stays from then on. */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <p11-kit/pkcs11.h>
#include <regex.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>
#include <unwind.h>

#define PUBLIC __attribute__((visibility("default")))

enum kind {
	WRITES = 'w',
	HALF = 'h', /* of a write */
	SYNCS = 'y',
	CHANGES = 'o', /* what a directory says: create, rename, link, remove; and a file's length and mode */
	WIRE = 'n',    /* between the two processes */
	TOKEN_BEFORE = 't',
	TOKEN_AFTER = 'u',
	MEMORY = 'a',
	CLOCK = 'c'
};

enum { TAGS = 1 << 16, TAG = 48, SITES = 1 << 21, DESCRIPTORS = 1024, NAMES = 64 };

struct state {
	_Atomic uint64_t count, struck;
	_Atomic int64_t synced; /* bytes of the transcript that were synced */
	_Atomic int64_t pids[2];
	char what[TAG];
	char tag[TAGS][TAG];
	uint64_t site[SITES]; /* where the program made the call, and after which events of the record; of allocations:
	                         where */
	_Atomic uint64_t events[2]; /* the newest two, hashed */
};

static struct state *state;
static struct {
	char points[32], does[16];
	uint64_t at;
	int64_t step;
	int error;
	bool stays, helper, counts;
	char environment[8][256];
	uintptr_t text, text_end;
} own;

/* What the console has not synced: lost with the power. */
static struct {
	bool dirty, transcript;
	off_t synced;
} descriptor[DESCRIPTORS];
static struct unsynced {
	ino_t directory;
	int fd;
	char name[128], from[128]; /* `from`: it was renamed; else made */
} unsynced[NAMES];
static size_t names;

static void take(const char *name, char *to, size_t room, size_t *kept)
{
	const char *value = getenv(name);

	if (!value)
		return;
	snprintf(to, room, "%s", value);
	snprintf(own.environment[(*kept)++], sizeof own.environment[0], "%s=%s", name, value);
}

static void text_range(void)
{
	const ElfW(Phdr) *p = (const ElfW(Phdr) *)getauxval(AT_PHDR);
	uintptr_t base = 0;

	for (unsigned long i = 0; i < getauxval(AT_PHNUM); i++)
		if (p[i].p_type == PT_PHDR)
			base = (uintptr_t)p - p[i].p_vaddr;
	for (unsigned long i = 0; i < getauxval(AT_PHNUM); i++)
		if (p[i].p_type == PT_LOAD && p[i].p_flags & PF_X) {
			own.text = base + p[i].p_vaddr;
			own.text_end = own.text + p[i].p_memsz;
		}
}

__attribute__((constructor)) static void begin(void)
{
	char path[256] = "", number[32] = "", stays[8] = "", step[32] = "";
	size_t kept = 0;

	take("LD_PRELOAD", path, sizeof path, &kept);
	path[0] = '\0';
	take("FAULT_POINTS", own.points, sizeof own.points, &kept);
	take("FAULT_DO", own.does, sizeof own.does, &kept);
	take("FAULT_AT", number, sizeof number, &kept);
	take("FAULT_STAYS", stays, sizeof stays, &kept);
	take("FAULT_STEP", step, sizeof step, &kept);
	take("FAULT_STATE", path, sizeof path, &kept);
	own.at = strtoull(number, NULL, 10);
	own.step = strtoll(step, NULL, 10);
	own.error = atoi(own.does);
	own.stays = stays[0];
	own.helper = !strcmp(program_invocation_short_name, "tachiai-hsm");
	text_range();
	int fd = path[0] ? (int)syscall(SYS_openat, AT_FDCWD, path, O_RDWR | O_CLOEXEC) : -1;
	void *map = fd < 0 ? MAP_FAILED
	                   : (void *)syscall(SYS_mmap, NULL, sizeof *state, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (fd >= 0)
		close(fd);
	if (map == MAP_FAILED)
		return;
	state = map;
	state->pids[own.helper] = getpid();
}

/* In no child that is still this program, nor in one that is confined. */
static bool mine(void)
{
	return state && state->pids[own.helper] == (int64_t)syscall(SYS_getpid);
}

static void lose_unsynced(void)
{
	for (int fd = 0; fd < DESCRIPTORS; fd++)
		if (descriptor[fd].dirty)
			syscall(SYS_ftruncate, fd, descriptor[fd].synced);
	while (names--) {
		const struct unsynced *u = &unsynced[names];
		if (u->from[0])
			syscall(SYS_renameat2, u->fd, u->name, u->fd, u->from, 0);
		else
			syscall(SYS_unlinkat, u->fd, u->name, 0);
	}
}

static void die(void)
{
	if (!strcmp(own.does, "power") && !own.helper)
		lose_unsynced();
	if (strcmp(own.does, "helper") && state->pids[!own.helper] > 0)
		kill((pid_t)state->pids[!own.helper], SIGKILL);
	kill(getpid(), SIGKILL);
}

static void name_point(uint64_t n, enum kind kind, const char *call, int fd, const char *path)
{
	char link[32], target[256] = "";
	const char *name = path;

	if (!name && fd >= 0) {
		snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
		ssize_t got = syscall(SYS_readlinkat, AT_FDCWD, link, target, sizeof target - 1);
		target[got > 0 ? got : 0] = '\0';
		name = target;
	}
	if (name && strrchr(name, '/'))
		name = strrchr(name, '/') + 1;
	snprintf(n ? state->tag[n] : state->what, TAG, "%c %c %s %.24s", own.helper ? 'H' : 'C', kind, call,
	        name ? name : "");
}

static uint64_t hashed(uint64_t hash, const void *data, size_t len)
{
	for (const uint8_t *p = data; len--; p++)
		hash = (hash ^ *p) * 0x100000001b3u;
	return hash;
}

/* Where the program makes the call: the return addresses that lie in it. */
static _Unwind_Reason_Code site_frame(struct _Unwind_Context *context, void *hash)
{
	uintptr_t at = _Unwind_GetIP(context);

	if (at >= own.text && at < own.text_end)
		*(uint64_t *)hash = (*(uint64_t *)hash ^ (at - own.text)) * 0x100000001b3u;
	return _URC_NO_REASON;
}

static uint64_t site_now(void)
{
	uint64_t hash = own.helper ? 7 : 1469598103934665603u;

	_Unwind_Backtrace(site_frame, &hash);
	return hash;
}

/* A line of the transcript: its event, and what it says that it is about. */
static void remember_event(const char *line, size_t len)
{
	static const char *const words[] = {"\"event\":\"", "\"what\":\"", "\"kind\":\""};
	uint64_t hash = 1469598103934665603u;

	for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
		const char *at = memmem(line, len, words[i], strlen(words[i]));

		if (at) {
			at += strlen(words[i]);
			const char *end = memchr(at, '"', (size_t)(line + len - at));
			hash = hashed(hash, at, end ? (size_t)(end - at) : 0);
		}
	}
	state->events[1] = state->events[0];
	state->events[0] = hash;
}

/* Is it now that it goes wrong? Ends the process where that is how. */
static bool point(enum kind kind, const char *call, int fd, const char *path)
{
	int saved = errno;

	if (!mine() || !strchr(own.points, (int)kind))
		return false;
	uint64_t n = ++state->count;
	if (!own.at && n < TAGS && kind != MEMORY) {
		name_point(n, kind, call, fd, path);
		state->site[n] = (site_now() * 31 + state->events[0]) * 31 + state->events[1];
	}
	errno = saved;
	if (!own.at || (own.stays ? n < own.at : n != own.at))
		return false;
	state->struck++;
	if (n == own.at && kind != MEMORY)
		name_point(0, kind, call, fd, path);
	errno = saved;
	if (!strcmp(own.does, "kill") || !strcmp(own.does, "power") || !strcmp(own.does, "helper"))
		die();
	return true;
}

/* A call that fails with the errno that is to be given. */
static bool fails(enum kind kind, const char *call, int fd, const char *path)
{
	if (!point(kind, call, fd, path) || !own.error)
		return false;
	errno = own.error;
	return true;
}

static bool regular(int fd)
{
	struct stat st;
	int saved = errno;
	bool is = fstat(fd, &st) == 0 && S_ISREG(st.st_mode);
	errno = saved;
	return is;
}

static bool at_descriptor(int fd)
{
	return fd >= 0 && fd < DESCRIPTORS && !own.helper;
}

PUBLIC ssize_t write(int fd, const void *data, size_t len)
{
	if (!state || !regular(fd))
		return syscall(SYS_write, fd, data, len);
	if (fails(WRITES, "write", fd, NULL))
		return -1;
	if (at_descriptor(fd)) {
		descriptor[fd].dirty = true;
		if (descriptor[fd].transcript && mine())
			remember_event(data, len);
	}
	if (len > 1 && mine() && strchr(own.points, HALF)) {
		uint64_t next = state->count + 1;
		if (own.at && own.at == next) {
			ssize_t put = syscall(SYS_write, fd, data, len / 2);
			point(HALF, "write", fd, NULL);
			return put; /* a short write */
		}
		point(HALF, "write", fd, NULL);
	}
	return syscall(SYS_write, fd, data, len);
}

static void synced(int fd)
{
	struct stat st;

	if (!mine() || !at_descriptor(fd) || fstat(fd, &st) != 0)
		return;
	if (S_ISREG(st.st_mode)) {
		descriptor[fd].dirty = false;
		descriptor[fd].synced = st.st_size;
		if (descriptor[fd].transcript)
			state->synced = st.st_size;
		return;
	}
	size_t kept = 0;
	for (size_t i = 0; i < names; i++)
		if (unsynced[i].directory != st.st_ino)
			unsynced[kept++] = unsynced[i];
		else
			syscall(SYS_close, unsynced[i].fd);
	names = kept;
}

PUBLIC int fsync(int fd)
{
	if (fails(SYNCS, "fsync", fd, NULL))
		return -1;
	int rc = (int)syscall(SYS_fsync, fd);
	if (rc == 0)
		synced(fd);
	return rc;
}

PUBLIC int fdatasync(int fd)
{
	if (fails(SYNCS, "fdatasync", fd, NULL))
		return -1;
	int rc = (int)syscall(SYS_fdatasync, fd);
	if (rc == 0)
		synced(fd);
	return rc;
}

/* Remembers that a name was made, or given to another file, in a directory that is not synced yet. */
static void remember_name(int dir, const char *name, const char *from)
{
	struct stat st;
	int saved = errno;

	if (!mine() || own.helper || names == NAMES || strchr(name, '/') || strlen(name) >= sizeof unsynced[0].name ||
	        strcmp(own.does, "power") || fstat(dir, &st) != 0)
		goto out;
	struct unsynced *u = &unsynced[names++];
	u->directory = st.st_ino;
	u->fd = fcntl(dir, F_DUPFD_CLOEXEC, 900);
	snprintf(u->name, sizeof u->name, "%s", name);
	snprintf(u->from, sizeof u->from, "%s", from ? from : "");
out:
	errno = saved;
}

static int open_at(int dir, const char *path, int flags, mode_t mode)
{
	if (flags & O_CREAT && fails(CHANGES, "open", -1, path))
		return -1;
	int fd = (int)syscall(SYS_openat, dir, path, flags, mode);
	struct stat st;
	if (state && at_descriptor(fd)) {
		descriptor[fd].dirty = false;
		descriptor[fd].synced = fstat(fd, &st) == 0 ? st.st_size : 0;
		descriptor[fd].transcript = strlen(path) >= 16 && !strcmp(path + strlen(path) - 16, "transcript.jsonl");
		if (flags & O_CREAT && flags & O_EXCL)
			remember_name(dir, path, NULL);
	}
	return fd;
}

#define MODE                                                                                                           \
	mode_t mode = 0;                                                                                               \
	va_list more;                                                                                                  \
	va_start(more, flags);                                                                                         \
	if (flags & O_CREAT)                                                                                           \
		mode = va_arg(more, mode_t);                                                                           \
	va_end(more)

PUBLIC int open(const char *path, int flags, ...)
{
	MODE;
	return open_at(AT_FDCWD, path, flags, mode);
}

PUBLIC int open64(const char *path, int flags, ...)
{
	MODE;
	return open_at(AT_FDCWD, path, flags, mode);
}

PUBLIC int openat(int dir, const char *path, int flags, ...)
{
	MODE;
	return open_at(dir, path, flags, mode);
}

PUBLIC int openat64(int dir, const char *path, int flags, ...)
{
	MODE;
	return open_at(dir, path, flags, mode);
}

PUBLIC int close(int fd)
{
	if (at_descriptor(fd))
		descriptor[fd].dirty = false;
	return (int)syscall(SYS_close, fd);
}

PUBLIC int renameat(int from_dir, const char *from, int to_dir, const char *to)
{
	struct stat st;

	if (fails(CHANGES, "rename", -1, to))
		return -1;
	bool replaces = fstatat(to_dir, to, &st, AT_SYMLINK_NOFOLLOW) == 0;
	int rc = (int)syscall(SYS_renameat2, from_dir, from, to_dir, to, 0);
	if (rc == 0 && !replaces && from_dir == to_dir)
		remember_name(to_dir, to, from);
	return rc;
}

PUBLIC int rename(const char *from, const char *to)
{
	return renameat(AT_FDCWD, from, AT_FDCWD, to);
}

PUBLIC int unlinkat(int dir, const char *path, int flags)
{
	if (own.error != ENOSPC && fails(CHANGES, "unlink", -1, path))
		return -1;
	return (int)syscall(SYS_unlinkat, dir, path, flags);
}

PUBLIC int unlink(const char *path)
{
	return unlinkat(AT_FDCWD, path, 0);
}

PUBLIC int remove(const char *path)
{
	return unlinkat(AT_FDCWD, path, 0) == 0 || (errno == EISDIR && unlinkat(AT_FDCWD, path, AT_REMOVEDIR) == 0)
	               ? 0
	               : -1;
}

PUBLIC int ftruncate(int fd, off_t size)
{
	if (own.error != ENOSPC && fails(CHANGES, "ftruncate", fd, NULL))
		return -1;
	return (int)syscall(SYS_ftruncate, fd, size);
}

PUBLIC int ftruncate64(int fd, off_t size)
{
	return ftruncate(fd, size);
}

PUBLIC int fchmod(int fd, mode_t mode)
{
	if (own.error != ENOSPC && fails(CHANGES, "fchmod", fd, NULL))
		return -1;
	return (int)syscall(SYS_fchmod, fd, mode);
}

PUBLIC int mkdirat(int dir, const char *path, mode_t mode)
{
	return fails(CHANGES, "mkdir", -1, path) ? -1 : (int)syscall(SYS_mkdirat, dir, path, mode);
}

PUBLIC int mkdir(const char *path, mode_t mode)
{
	return mkdirat(AT_FDCWD, path, mode);
}

PUBLIC ssize_t send(int fd, const void *data, size_t len, int flags)
{
	point(WIRE, "send", -1, NULL);
	return syscall(SYS_sendto, fd, data, len, flags, NULL, 0);
}

PUBLIC ssize_t sendmsg(int fd, const struct msghdr *m, int flags)
{
	point(WIRE, "sendmsg", -1, NULL);
	return syscall(SYS_sendmsg, fd, m, flags);
}

/* The helper's environment is the site's alone: ours is put before it. */
PUBLIC int execve(const char *path, char *const argv[], char *const environment[])
{
	static char *with[64];
	size_t n = 0;
	const char *name = strrchr(path, '/');

	if (!state || !name || strcmp(name, "/tachiai-hsm"))
		return (int)syscall(SYS_execve, path, argv, environment);
	for (size_t i = 0; i < sizeof own.environment / sizeof own.environment[0]; i++)
		if (own.environment[i][0])
			with[n++] = own.environment[i];
	for (char *const *v = environment; *v && n < 63; v++)
		with[n++] = *v;
	return (int)syscall(SYS_execve, path, argv, with);
}

/* In a call of the C library that counts as one. */
static _Thread_local bool as_one;

static bool no_memory(void)
{
	static _Thread_local bool inside;

	if (inside || as_one || !state || !strchr(own.points, MEMORY) || !mine())
		return false;
	if (own.at) {
		if (!point(MEMORY, "memory", -1, NULL))
			return false;
		errno = ENOMEM;
		return true;
	}
	inside = true;
	uint64_t n = ++state->count, hash = site_now();
	if (n < SITES)
		state->site[n] = hash;
	inside = false;
	return false;
}

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *old, size_t size);
void *__libc_memalign(size_t align, size_t size);

PUBLIC void *malloc(size_t size)
{
	return no_memory() ? NULL : __libc_malloc(size);
}

PUBLIC void *calloc(size_t count, size_t size)
{
	return no_memory() ? NULL : __libc_calloc(count, size);
}

PUBLIC void *realloc(void *old, size_t size)
{
	return no_memory() ? NULL : __libc_realloc(old, size);
}

PUBLIC void *reallocarray(void *old, size_t count, size_t size)
{
	size_t whole;

	if (__builtin_mul_overflow(count, size, &whole) || no_memory()) {
		errno = ENOMEM;
		return NULL;
	}
	return __libc_realloc(old, whole);
}

PUBLIC int posix_memalign(void **out, size_t align, size_t size)
{
	if (no_memory() || !(*out = __libc_memalign(align, size)))
		return ENOMEM;
	return 0;
}

PUBLIC void *aligned_alloc(size_t align, size_t size)
{
	return no_memory() ? NULL : __libc_memalign(align, size);
}

/* libsodium's guarded memory comes from here. */
PUBLIC void *mmap(void *at, size_t len, int protection, int flags, int fd, off_t offset)
{
	if (flags & MAP_ANONYMOUS && no_memory())
		return MAP_FAILED;
	return (void *)syscall(SYS_mmap, at, len, protection, flags, fd, offset);
}

/* That of glibc 2.36 frees twice when memory is refused within it: the refusal is its own answer here. */
PUBLIC int regcomp(regex_t *restrict compiled, const char *restrict pattern, int flags)
{
	static int (*next)(regex_t *restrict, const char *restrict, int);

	if (no_memory())
		return REG_ESPACE;
	if (!next)
		*(void **)&next = dlsym(RTLD_NEXT, "regcomp");
	as_one = true;
	int rc = next(compiled, pattern, flags);
	as_one = false;
	return rc;
}

PUBLIC int clock_gettime(clockid_t clock, struct timespec *now)
{
	static int64_t by;
	int rc = (int)syscall(SYS_clock_gettime, clock, now);

	if (rc == 0 && clock == CLOCK_REALTIME) {
		if (!by && point(CLOCK, "clock", -1, NULL))
			by = own.step;
		now->tv_sec += by;
	}
	if (rc == 0 && clock == CLOCK_BOOTTIME && !strcmp(own.does, "wait"))
		now->tv_sec += by;
	return rc;
}

PUBLIC time_t time(time_t *out)
{
	struct timespec now = {0};

	clock_gettime(CLOCK_REALTIME, &now);
	if (out)
		*out = now.tv_sec;
	return now.tv_sec;
}

PUBLIC int gettimeofday(struct timeval *restrict now, void *restrict zone)
{
	struct timespec t = {0};

	(void)zone;
	clock_gettime(CLOCK_REALTIME, &t);
	*now = (struct timeval){t.tv_sec, t.tv_nsec / 1000};
	return 0;
}

#include "tests/preload/token.h"
