#include "media/disc.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <openssl/evp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/text.h"
#include "media/volume_file.h"

enum {
	SECTOR = 2048,
	SYSTEM_AREA = 16, /* sectors before the first volume descriptor (ECMA-119 section 6.2.1) */
	BLOCK = 64 * SECTOR,
	SAID_MAX = 65536,
	IMAGE_SECONDS = 1800,
	BURN_SECONDS = 7200,
	TOC_SECONDS = 120,
	LOST = 255 /* the exit code of a child that could not become xorriso */
};

static const char *program(void)
{
	static const char *const places[] = {"/usr/bin/xorriso", "/usr/local/bin/xorriso"};

	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++)
		if (access(places[i], X_OK) == 0)
			return places[i];
	return NULL;
}

int disc_ready(struct error *e)
{
	return program() ? 0
	                 : error_set(e, ERROR_MISSING,
	                           "the program xorriso, which makes disc images, is not here: install it (the package "
	                           "is "
	                           "xorriso)");
}

struct child {
	const char *const *argv;
	char *const *environment;
	int dir, in, out, said; /* descriptors; dir -1: as it is */
	int seconds;
};

/* Between fork and exec: only what is async-signal-safe. */
static void become(const struct child *c, const char *path)
{
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) == 0 && (c->dir < 0 || fchdir(c->dir) == 0) && dup2(c->in, 0) == 0 &&
	        dup2(c->out, 1) == 1 && dup2(c->said, 2) == 2) {
		(void)close_range(3, ~0U, 0);
		execve(path, (char *const *)(uintptr_t)c->argv, c->environment);
	}
	_exit(LOST);
}

/* Its wait status; -1: it did not end in time, and was ended. */
static int await(pid_t pid, int seconds)
{
	const struct timespec pause = {0, 20000000};
	struct timespec start, now;
	int status;

	clock_gettime(CLOCK_MONOTONIC, &start);
	for (;;) {
		pid_t got = waitpid(pid, &status, WNOHANG);
		if (got == pid)
			return status;
		if (got < 0 && errno != EINTR)
			return -1;
		clock_gettime(CLOCK_MONOTONIC, &now);
		if (now.tv_sec - start.tv_sec > seconds)
			break;
		nanosleep(&pause, NULL);
	}
	kill(pid, SIGKILL);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	return -1;
}

/* What it said, from the beginning of its file. */
static void listen(int fd, struct bytes *said)
{
	char block[4096];
	ssize_t n;

	for (off_t at = 0; at < SAID_MAX && (n = pread(fd, block, sizeof(block), at)) > 0; at += n)
		bytes_add(said, block, (size_t)n);
}

/* The line that says why it failed: the last of "FAILURE", "FATAL" or "SORRY"; in visible form. */
static void reason(const struct bytes *said, struct bytes *out)
{
	static const char *const words[] = {" : FATAL : ", " : FAILURE : ", " : SORRY : "};
	const char *text = bytes_string(said), *found = NULL;

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]) && !found; i++)
		for (const char *at = text; (at = strstr(at, words[i])); at++)
			if (!found || !strstr(at, "-abort_on"))
				found = at + strlen(words[i]);
	if (!found)
		found = "it said nothing";
	text_visible(out, found, strcspn(found, "\n") < 200 ? strcspn(found, "\n") : 200);
}

/* Runs it to its end. Its outputs: `out`, or kept in `said` (may be NULL) with its errors. */
static int run(struct child *c, struct bytes *said, struct error *e)
{
	const char *path = program();
	struct bytes text = {0}, why = {0};
	int rc = -1, status, errors = memfd_create("said", MFD_CLOEXEC),
	    nothing = open("/dev/null", O_RDWR | O_NOFOLLOW | O_CLOEXEC);

	if (!path) {
		disc_ready(e);
		goto out;
	}
	if (errors < 0 || nothing < 0) {
		error_errno(e, "%s cannot be started: %s", "xorriso");
		goto out;
	}
	c->said = errors;
	c->in = c->in < 0 ? nothing : c->in;
	c->out = c->out < 0 ? errors : c->out;
	pid_t pid = fork();
	if (pid == 0)
		become(c, path);
	if (pid < 0) {
		error_errno(e, "%s cannot be started: %s", "xorriso");
		goto out;
	}
	status = await(pid, c->seconds);
	listen(errors, said ? said : &text);
	reason(said ? said : &text, &why);
	if (status == -1)
		error_set(e, ERROR_IO, "xorriso did not end within %d seconds", c->seconds);
	else if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
		error_set(e, ERROR_IO, "xorriso failed: %s", bytes_string(&why));
	else
		rc = 0;
out:
	if (errors >= 0)
		close(errors);
	if (nothing >= 0)
		close(nothing);
	bytes_free(&text);
	bytes_free(&why);
	return rc;
}

static int linked_twice(const struct disc_image *image, size_t at, const struct stat *st, struct error *e)
{
	struct stat other;

	for (size_t i = 0; i < at; i++)
		if (fstatat(image->dir, image->path[i], &other, AT_SYMLINK_NOFOLLOW) == 0 &&
		        other.st_ino == st->st_ino && other.st_dev == st->st_dev)
			return error_set(e, ERROR_FAULT, "%s and %s are one file with two names: make a copy of it",
			        image->path[i], image->path[at]);
	return 0;
}

/* "a/b=./a/b" for each, as a file that the child reads. */
static int path_list(const struct disc_image *image, struct error *e)
{
	struct bytes list = {0};
	int fd = memfd_create("paths", MFD_CLOEXEC), rc = -1;

	for (size_t i = 0; i < image->count; i++) {
		struct stat st;
		if (fstatat(image->dir, image->path[i], &st, AT_SYMLINK_NOFOLLOW) != 0 || !S_ISREG(st.st_mode)) {
			error_set(e, ERROR_FAULT, "%s is no regular file and cannot be put into an image",
			        image->path[i]);
			goto out;
		}
		if (st.st_nlink > 1 && linked_twice(image, i, &st, e) < 0)
			goto out;
		bytes_printf(&list, "%s=./%s\n", image->path[i], image->path[i]);
	}
	if (bytes_end(&list, e) < 0)
		goto out;
	if (fd < 0 || volume_write_all(fd, list.data, list.len) != 0 || lseek(fd, 0, SEEK_SET) != 0)
		error_errno(e, "%s cannot be started: %s", "xorriso");
	else
		rc = 0;
out:
	bytes_free(&list);
	if (rc == 0)
		return fd;
	if (fd >= 0)
		close(fd);
	return -1;
}

int disc_image(const struct disc_image *image, int out, struct error *e)
{
	char epoch[40], volume[40], modified[40], dates[40], utc[] = "TZ=UTC";
	char *const environment[] = {epoch, utc, NULL};
	/* Started under this name it may write to standard output. */
	const char *const argv[] = {"xorrisofs", "--no_rc", "-quiet", "-V", volume, "-sysid", "", "-p", "TACHIAI",
	        "-publisher", "", "-A", "", "-r", "-dir-mode", "0555", "-file-mode", "0444", "-J", "-joliet-long",
	        "-iso-level", "3", "--set_all_file_dates", dates, modified, "-graft-points", "-path-list", "-", NULL};
	struct tm tm;
	time_t seconds = (time_t)image->seconds;
	struct child c = {
	        .argv = argv, .environment = environment, .dir = image->dir, .out = out, .seconds = IMAGE_SECONDS};

	if (!gmtime_r(&seconds, &tm))
		return error_set(e, ERROR_INTERNAL, "the time of the image is no time");
	snprintf(epoch, sizeof(epoch), "SOURCE_DATE_EPOCH=%lld", (long long)image->seconds);
	snprintf(dates, sizeof(dates), "=%lld", (long long)image->seconds);
	strftime(volume, sizeof(volume), image->rehearsal ? "REHEARSAL_%Y%m%dT%H%M%SZ" : "TACHIAI_%Y%m%dT%H%M%SZ", &tm);
	strftime(modified, sizeof(modified), "--modification-date=%Y%m%d%H%M%S00", &tm);
	c.in = path_list(image, e);
	if (c.in < 0)
		return -1;
	int list = c.in, rc = run(&c, NULL, e);
	close(list);
	if (rc == 0 && fsync(out) != 0)
		rc = error_errno(e, "cannot write %s: %s", "ISO 9660");
	return rc;
}

/* Sectors of the volume; 0: there is no ISO 9660 image. */
static uint64_t sectors(int fd)
{
	uint8_t d[SECTOR];

	for (int i = 0; i < 16; i++) {
		if (pread(fd, d, sizeof(d), (off_t)(SYSTEM_AREA + i) * SECTOR) != (ssize_t)sizeof(d) ||
		        memcmp(d + 1, "CD001", 5) != 0 || d[0] == 255)
			return 0;
		if (d[0] == 1)
			return (uint64_t)d[80] | (uint64_t)d[81] << 8 | (uint64_t)d[82] << 16 | (uint64_t)d[83] << 24;
	}
	return 0;
}

int disc_hash(int fd, const char *name, uint64_t *bytes, uint8_t sha256_out[32], struct error *e)
{
	uint8_t *block = malloc(BLOCK);
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	uint64_t size = sectors(fd) * SECTOR, at = 0;
	int result = -1;

	if (!block || !context || EVP_DigestInit_ex(context, EVP_sha256(), NULL) != 1) {
		error_memory(e);
		goto out;
	}
	if (!size) {
		error_set(e, ERROR_IO, "%s holds no disc image that can be read", name);
		goto out;
	}
	while (at < size) {
		size_t want = size - at < BLOCK ? (size_t)(size - at) : BLOCK;
		ssize_t n = pread(fd, block, want, (off_t)at);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) {
			if (n == 0)
				errno = EIO;
			error_errno(e, "cannot read back what was written to %s: %s", name);
			goto out;
		}
		if (EVP_DigestUpdate(context, block, (size_t)n) != 1) {
			error_memory(e);
			goto out;
		}
		at += (uint64_t)n;
	}
	*bytes = size;
	result = EVP_DigestFinal_ex(context, sha256_out, NULL) == 1 ? 0 : error_memory(e);
out:
	EVP_MD_CTX_free(context);
	free(block);
	return result;
}

static bool line_says(const struct bytes *said, const char *line, const char *word)
{
	const char *at = strstr(bytes_string(said), line);
	const char *found = at ? strstr(at, word) : NULL;

	return found && found < at + strcspn(at, "\n");
}

static int blank(const char *drive, const char *device, struct error *e)
{
	static char *const environment[] = {NULL};
	const char *const argv[] = {"xorriso", "-no_rc", "-outdev", drive, "-toc", NULL};
	struct child c = {
	        .argv = argv, .environment = environment, .dir = -1, .in = -1, .out = -1, .seconds = TOC_SECONDS};
	struct bytes said = {0};
	int rc = run(&c, &said, e);

	if (rc == 0 && !line_says(&said, "Media status :", "is blank"))
		rc = line_says(&said, "Media current:", "not present")
		             ? error_set(e, ERROR_MISSING, "there is no disc in %s: put a blank one in, then try again",
		                       device)
		             : error_set(e, ERROR_FAULT,
		                       "the disc in %s is not blank: put a blank one in, then try again", device);
	bytes_free(&said);
	return rc;
}

int disc_burn(const char *device, int image, struct error *e)
{
	static char *const environment[] = {NULL};
	char drive[4200], dev[4300];
	struct stat st;

	if (stat(device, &st) != 0)
		return error_set(e, ERROR_MISSING, "%s is not there: put the medium in, then try again", device);
	snprintf(drive, sizeof(drive), "%s%.4096s", S_ISREG(st.st_mode) ? "stdio:" : "", device);
	snprintf(dev, sizeof(dev), "dev=%s", drive);
	const char *const argv[] = {"xorriso", "-no_rc", "-as", "cdrecord", dev, "/proc/self/fd/0", NULL};
	struct child c = {
	        .argv = argv, .environment = environment, .dir = -1, .in = image, .out = -1, .seconds = BURN_SECONDS};
	if (blank(drive, device, e) < 0)
		return -1;
	int rc = run(&c, NULL, e), fd = -1;
	/* What the kernel still holds of the blank disc must not be what is read back. */
	if (rc == 0 && S_ISBLK(st.st_mode) && (fd = open(device, O_RDONLY | O_NONBLOCK | O_CLOEXEC)) >= 0)
		(void)ioctl(fd, BLKFLSBUF, 0);
	if (fd >= 0)
		close(fd);
	return rc;
}
