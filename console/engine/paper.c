#include "engine/paper.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/file.h"

enum { SECONDS_MAX = 600, PAPER_MAX = 1 << 28, PDF_FD = 3 };

/* Waits for it; one that takes too long is killed. Its exit status, or -1. */
static int ended(pid_t child)
{
	const struct timespec moment = {0, 5000000};
	int status;

	for (unsigned i = 0; i < SECONDS_MAX * 200; i++) {
		pid_t got = waitpid(child, &status, WNOHANG);
		if (got == child)
			return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
		if (got < 0 && errno != EINTR)
			return -1;
		nanosleep(&moment, NULL);
	}
	kill(child, SIGKILL);
	waitpid(child, &status, 0);
	return -1;
}

/* The text to its standard output, the PDF to descriptor 3, what it complains of to the third file. */
static int run(const char *program, const char *record, const int file[3])
{
	char name[] = "tachiai-report", output[] = "--output", standard[] = "-", pdf[] = "--pdf-to", number[] = "3";
	char *argv[] = {name, (char *)record, output, standard, pdf, number, NULL};
	char *environment[] = {NULL};
	posix_spawn_file_actions_t actions;
	pid_t child;
	int rc = -1;

	if (posix_spawn_file_actions_init(&actions) != 0)
		return -1;
	if (posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0) == 0 &&
	        posix_spawn_file_actions_adddup2(&actions, file[0], STDOUT_FILENO) == 0 &&
	        posix_spawn_file_actions_adddup2(&actions, file[2], STDERR_FILENO) == 0 &&
	        posix_spawn_file_actions_adddup2(&actions, file[1], PDF_FD) == 0 &&
	        posix_spawn(&child, program, &actions, NULL, argv, environment) == 0)
		rc = ended(child);
	posix_spawn_file_actions_destroy(&actions);
	return rc;
}

static int take(int fd, struct bytes *out, struct error *e)
{
	uint8_t block[65536];
	ssize_t n;

	bytes_clear(out);
	for (off_t at = 0; (n = pread(fd, block, sizeof(block), at)) > 0 && out->len < PAPER_MAX; at += n)
		bytes_add(out, block, (size_t)n);
	if (n < 0)
		return error_errno(e, "%s cannot be read: %s", PAPER_PDF);
	return bytes_end(out, e);
}

/* A file in memory, above the descriptors that the program is given. */
static int memory_file(void)
{
	int low = memfd_create("tachiai-report", MFD_CLOEXEC), fd;
	if (low < 0)
		return -1;
	fd = fcntl(low, F_DUPFD_CLOEXEC, 10);
	close(low);
	return fd;
}

int paper_make(const char *program, const char *record, struct bytes *pdf, struct bytes *text, struct error *e)
{
	int file[3] = {memory_file(), memory_file(), memory_file()}, rc = -1, code;
	struct bytes said = {0};

	if (access(program, X_OK) < 0) {
		error_errno(e, N_("the program that prints cannot be started: %s: %s"), program);
		goto out;
	}
	if (file[0] < 0 || file[1] < 0 || file[2] < 0) {
		error_memory(e);
		goto out;
	}
	code = run(program, record, file);
	if (take(file[0], text, e) < 0 || take(file[1], pdf, e) < 0 || take(file[2], &said, e) < 0)
		goto out;
	if (code == 0 && pdf->len && text->len) {
		rc = 0;
	} else {
		while (said.len && said.data[said.len - 1] == '\n')
			said.data[--said.len] = '\0';
		error_set(e, code == 3 ? ERROR_MISSING : ERROR_FAULT, "the report was not printed: %s",
		        said.len ? bytes_string(&said) : program);
	}
out:
	for (size_t i = 0; i < 3; i++)
		if (file[i] >= 0)
			close(file[i]);
	bytes_free(&said);
	return rc;
}

/* Does the text say that this version of the program made it? */
static bool text_is_ours(const struct bytes *text)
{
	return strstr(bytes_string(text), "\ntachiai " TACHIAI_VERSION "\n") != NULL;
}

/* The line of a PDF's properties with the versions of all that drew it; *len 0: there is none. */
static const uint8_t *creator(const struct bytes *pdf, size_t *len)
{
	static const char mark[] = "/Creator ";
	const uint8_t *at = pdf->len ? memmem(pdf->data, pdf->len, mark, sizeof(mark) - 1) : NULL;
	const uint8_t *end = at ? memchr(at, '\n', pdf->len - (size_t)(at - pdf->data)) : NULL;
	*len = end ? (size_t)(end - at) : 0;
	return at;
}

static bool same(const struct bytes *a, const struct bytes *b)
{
	return a->len == b->len && (!a->len || !memcmp(a->data, b->data, a->len));
}

static bool there(int dir, const char *name)
{
	struct stat st;
	return fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) == 0;
}

int paper_compare(const char *program, const char *record, int dir, enum paper *result, struct error *e)
{
	struct bytes pdf = {0}, text = {0}, new_pdf = {0}, new_text = {0};
	bool has_pdf = there(dir, PAPER_PDF), has_text = there(dir, PAPER_TEXT);
	const uint8_t *one, *two;
	size_t one_len, two_len;
	struct error why = {0};
	int rc = -1;

	*result = has_pdf || has_text ? PAPER_NOT_COMPARED : PAPER_NONE;
	if (!program || *result == PAPER_NONE)
		return 0;
	if ((has_pdf && file_read_at(dir, PAPER_PDF, PAPER_MAX, &pdf, e) < 0) ||
	        (has_text && file_read_at(dir, PAPER_TEXT, PAPER_MAX, &text, e) < 0))
		goto out;
	rc = 0;
	if (paper_make(program, record, &new_pdf, &new_text, &why) < 0)
		goto out;
	one = creator(&pdf, &one_len);
	two = creator(&new_pdf, &two_len);
	bool pdf_ours = has_pdf && one_len && one_len == two_len && !memcmp(one, two, one_len);
	bool text_ours = has_text && text_is_ours(&text) && text_is_ours(&new_text);
	if (pdf_ours && !same(&pdf, &new_pdf))
		rc = error_set(
		        e, ERROR_FAULT, "%s is not what follows from the record: made again, it differs", PAPER_PDF);
	else if (text_ours && !same(&text, &new_text))
		rc = error_set(
		        e, ERROR_FAULT, "%s is not what follows from the record: made again, it differs", PAPER_TEXT);
	else if (pdf_ours && text_ours)
		*result = PAPER_SAME;
out:
	bytes_free(&pdf);
	bytes_free(&text);
	bytes_free(&new_pdf);
	bytes_free(&new_text);
	return rc;
}
