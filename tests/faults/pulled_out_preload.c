/* A medium that is pulled out, for tests/faults/test_media_pulled: every call below MEDIA_AT is counted, the one
 * numbered MEDIA_FAIL_AT and, unless MEDIA_ONCE is set, all after it fail with MEDIA_ERRNO. The count goes to the file
 * MEDIA_COUNT. Loaded by LD_PRELOAD; the variables are read before the program clears its environment. */
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <unistd.h>

static char prefix[PATH_MAX], tally[PATH_MAX];
static int fail_at, failing = EIO, seen;
static bool once, on;

__attribute__((constructor)) static void start(void)
{
	const char *at = getenv("MEDIA_AT"), *count = getenv("MEDIA_COUNT"), *n = getenv("MEDIA_FAIL_AT"),
	           *number = getenv("MEDIA_ERRNO");

	if (!at)
		return;
	on = true;
	snprintf(prefix, sizeof(prefix), "%s", at);
	snprintf(tally, sizeof(tally), "%s", count ? count : "");
	fail_at = n ? atoi(n) : 0;
	failing = number ? atoi(number) : EIO;
	once = getenv("MEDIA_ONCE") != NULL;
}

/* Does this call fail? What it is called is written down, so that a test can say where it pulled. */
static bool fails(const char *call)
{
	int number = ++seen;
	int fd = tally[0] ? (int)syscall(SYS_openat, AT_FDCWD, tally, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600)
	                  : -1;

	if (fd >= 0) {
		char line[64];
		int len = snprintf(line, sizeof(line), "%d %s\n", number, call);
		syscall(SYS_write, fd, line, (size_t)len);
		syscall(SYS_close, fd);
	}
	if (!fail_at || (once ? number != fail_at : number < fail_at))
		return false;
	errno = failing;
	return true;
}

static bool begins(const char *path)
{
	size_t len = strlen(prefix);

	return on && strncmp(path, prefix, len) == 0 && (path[len] == '\0' || path[len] == '/');
}

static bool is_ours(int fd)
{
	char link[64], path[PATH_MAX];
	ssize_t n;
	int kept = errno;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	n = on && fd >= 0 ? readlink(link, path, sizeof(path) - 1) : -1;
	errno = kept;
	if (n < 0)
		return false;
	path[n] = '\0';
	return begins(path);
}

static bool path_is_ours(int dir, const char *path)
{
	return path[0] == '/' ? begins(path) : dir != AT_FDCWD && is_ours(dir);
}

/* The C standard has no cast from an object to a function; POSIX does it this way (dlsym(3)). */
#define REAL(name)                                                                                                     \
	__typeof__(&name) real;                                                                                        \
	*(void **)&real = dlsym(RTLD_NEXT, #name)

int openat(int dir, const char *path, int flags, ...)
{
	REAL(openat);
	va_list list;
	va_start(list, flags);
	unsigned mode = flags & O_CREAT ? va_arg(list, unsigned) : 0;
	va_end(list);
	return path_is_ours(dir, path) && fails("openat") ? -1 : real(dir, path, flags, mode);
}

int open(const char *path, int flags, ...)
{
	REAL(open);
	va_list list;
	va_start(list, flags);
	unsigned mode = flags & O_CREAT ? va_arg(list, unsigned) : 0;
	va_end(list);
	return path_is_ours(AT_FDCWD, path) && fails("open") ? -1 : real(path, flags, mode);
}

int __openat_2(int dir, const char *path, int flags);
int __openat_2(int dir, const char *path, int flags)
{
	REAL(__openat_2);
	return path_is_ours(dir, path) && fails("openat") ? -1 : real(dir, path, flags);
}

int __open_2(const char *path, int flags);
int __open_2(const char *path, int flags)
{
	REAL(__open_2);
	return path_is_ours(AT_FDCWD, path) && fails("open") ? -1 : real(path, flags);
}

long syscall(long number, ...)
{
	REAL(syscall);
	va_list list;
	long a[6];
	va_start(list, number);
	for (int i = 0; i < 6; i++)
		a[i] = va_arg(list, long);
	va_end(list);
	if (number == SYS_openat2 && path_is_ours((int)a[0], (const char *)a[1]) && fails("openat2"))
		return -1;
	return real(number, a[0], a[1], a[2], a[3], a[4], a[5]);
}

ssize_t read(int fd, void *to, size_t len)
{
	REAL(read);
	return is_ours(fd) && fails("read") ? -1 : real(fd, to, len);
}

ssize_t __read_chk(int fd, void *to, size_t len, size_t room);
ssize_t __read_chk(int fd, void *to, size_t len, size_t room)
{
	(void)room;
	return read(fd, to, len);
}

ssize_t write(int fd, const void *from, size_t len)
{
	REAL(write);
	return is_ours(fd) && fails("write") ? -1 : real(fd, from, len);
}

int fsync(int fd)
{
	REAL(fsync);
	return is_ours(fd) && fails("fsync") ? -1 : real(fd);
}

int syncfs(int fd)
{
	REAL(syncfs);
	return is_ours(fd) && fails("syncfs") ? -1 : real(fd);
}

int close(int fd)
{
	REAL(close);
	bool ours = is_ours(fd);
	int rc = real(fd);
	return ours && fails("close") ? -1 : rc;
}

int fstat(int fd, struct stat *st)
{
	REAL(fstat);
	return is_ours(fd) && fails("fstat") ? -1 : real(fd, st);
}

int lstat(const char *path, struct stat *st)
{
	REAL(lstat);
	return path_is_ours(AT_FDCWD, path) && fails("lstat") ? -1 : real(path, st);
}

int statx(int dir, const char *path, int flags, unsigned mask, struct statx *st)
{
	REAL(statx);
	return (path[0] ? path_is_ours(dir, path) : is_ours(dir)) && fails("statx") ? -1
	                                                                            : real(dir, path, flags, mask, st);
}

int fstatvfs(int fd, struct statvfs *st)
{
	REAL(fstatvfs);
	return is_ours(fd) && fails("fstatvfs") ? -1 : real(fd, st);
}

DIR *fdopendir(int fd)
{
	REAL(fdopendir);
	return is_ours(fd) && fails("fdopendir") ? NULL : real(fd);
}

struct dirent *readdir(DIR *stream)
{
	REAL(readdir);
	return is_ours(dirfd(stream)) && fails("readdir") ? NULL : real(stream);
}

int unlinkat(int dir, const char *path, int flags)
{
	REAL(unlinkat);
	return path_is_ours(dir, path) && fails("unlinkat") ? -1 : real(dir, path, flags);
}
