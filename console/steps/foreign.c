#include "steps/foreign.h"

#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/confined.h"
#include "base/file.h"
#include "base/text.h"

/* A second for each MiB of the largest CRL, many times over: a slow machine is not taken for a hostile file. */
enum { SECONDS = 60, SECONDS_A_MIB = 4, SAID_MAX = 4096 };

const char foreign_request[] = "request", foreign_certificate[] = "certificate",
           foreign_certificate_der[] = "certificate-der", foreign_crl[] = "crl", foreign_crl_entries[] = "crl-entries",
           foreign_ocsp_entries[] = "ocsp-entries", foreign_script[] = "script", foreign_site[] = "site",
           foreign_key[] = "key";

/* "no SENTENCE": the sentence is of a process that hostile bytes may have taken over, so it is foreign itself. */
static int refused(const struct bytes *said, struct error *e)
{
	struct bytes visible = {0};

	text_visible(&visible, bytes_string(said) + 3, strcspn(bytes_string(said) + 3, "\n"));
	if (bytes_end(&visible, e) == 0)
		error_set(e, ERROR_FAULT, "%s", bytes_string(&visible));
	bytes_free(&visible);
	return -1;
}

/* It did not come to an end. */
static int ended_badly(const struct confined_result *r, unsigned seconds, struct error *e)
{
	if (r->late)
		return error_set(e, ERROR_FAULT,
		        N_("The process that decodes what comes from outside was still at it after %u seconds. The "
		           "file is refused."),
		        seconds);
	if (r->exit > 128 && r->exit < 128 + NSIG)
		return error_set(e, ERROR_FAULT,
		        N_("The process that decodes what comes from outside was ended by signal %d over it. The file "
		           "is refused."),
		        r->exit - 128);
	return error_set(e, ERROR_FAULT,
	        N_("The process that decodes what comes from outside did not end well over it (exit %d). The file is "
	           "refused."),
	        r->exit);
}

int foreign_try(const char *parser, const char *kind, const struct bytes *content, struct error *e)
{
	return foreign_try_within(parser, kind, content, SECONDS + SECONDS_A_MIB * (unsigned)(content->len >> 20), e);
}

int foreign_try_within(
        const char *parser, const char *kind, const struct bytes *content, unsigned seconds, struct error *e)
{
	const char *arguments[] = {kind, NULL};
	struct confined c = {.path = parser, .argument = arguments, .seconds = seconds, .output_max = SAID_MAX};
	struct confined_result r = {0};
	int rc = -1;

	if (!parser)
		return 0;
	if (confined_run(&c, content->data, content->len, &r, e) < 0)
		goto out;
	if (!r.late && r.exit == 0 && strcmp(bytes_string(&r.output), "yes\n") == 0)
		rc = 0;
	else if (!r.late && r.exit == 1 && strncmp(bytes_string(&r.output), "no ", 3) == 0 && r.output.len > 4)
		rc = refused(&r.output, e);
	else
		rc = ended_badly(&r, seconds, e);
out:
	bytes_free(&r.output);
	return rc;
}

int foreign_try_file(const char *parser, const char *kind, const char *path, size_t max, struct error *e)
{
	struct bytes content = {0};
	int rc = !parser ? 0 : file_read(path, max, &content, e);

	if (rc == 0)
		rc = foreign_try(parser, kind, &content, e);
	bytes_free(&content);
	return rc;
}

int foreign_try_record(const char *verifier, const char *directory, struct error *e)
{
	char path[PATH_MAX];
	const char *arguments[] = {"verify", "--rehearsal", path, NULL};
	struct confined c = {.path = verifier, .argument = arguments, .output_max = SAID_MAX};
	struct confined_result r = {0};
	struct stat st;
	int rc = -1, dir;

	if (!verifier)
		return 0;
	dir = dir_open(directory, e);
	if (dir < 0)
		return -1;
	if (fstatat(dir, "transcript.jsonl", &st, AT_SYMLINK_NOFOLLOW) < 0)
		st.st_size = 0;
	c.seconds = SECONDS + SECONDS_A_MIB * (unsigned)(st.st_size >> 20);
	if (!realpath(directory, path))
		error_errno(e, N_("%s cannot be read: %s"), directory);
	else if (confined_run(&c, NULL, 0, &r, e) == 0)
		/* holds; does not; could not be found out; holds, and nobody vouches for it */
		rc = !r.late && (r.exit == 0 || r.exit == 1 || r.exit == 3 || r.exit == 4)
		             ? 0
		             : ended_badly(&r, c.seconds, e);
	close(dir);
	bytes_free(&r.output);
	return rc;
}
