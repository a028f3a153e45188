/* A rehearsal that goes on from another has copies of its tokens, and of the cards that its stand-ins wrote: the record
 * before stays as it is and can be gone on from again. */
#include "engine/private.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "engine/rehearsal.h"

enum { FILE_MOST = 1 << 20, DEPTH_MOST = 4 };

static int copy_folder(int from, int to, unsigned depth, struct error *e);

static int copy_one(int from, int to, const char *name, unsigned depth, struct error *e)
{
	struct bytes content = {0};
	struct stat st;
	int rc = -1;

	if (fstatat(from, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return error_errno(e, N_("%s of the rehearsal before cannot be read: %s"), name);
	if (S_ISDIR(st.st_mode)) {
		int inner = openat(from, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC),
		    made = inner < 0 ? -1 : dir_create_at(to, name, e);
		if (inner < 0)
			error_errno(e, N_("%s of the rehearsal before cannot be read: %s"), name);
		rc = made < 0 ? -1 : copy_folder(inner, made, depth + 1, e);
		if (made >= 0)
			close(made);
		else if (inner >= 0)
			close(inner);
		return rc;
	}
	if (file_read_at(from, name, FILE_MOST, &content, e) == 0)
		rc = file_write_new(to, name, content.data, content.len, 0600, e);
	wipe(content.data, content.len);
	bytes_free(&content);
	return rc;
}

/* Closes `from`. */
static int copy_folder(int from, int to, unsigned depth, struct error *e)
{
	DIR *d = depth > DEPTH_MOST ? NULL : fdopendir(from);
	int rc = 0;

	if (!d) {
		close(from);
		return error_set(
		        e, ERROR_FAULT, N_("the folders of the rehearsal before cannot be copied: they are too deep"));
	}
	for (const struct dirent *f = readdir(d); rc == 0 && f; f = readdir(d))
		if (strcmp(f->d_name, ".") && strcmp(f->d_name, ".."))
			rc = copy_one(dirfd(d), to, f->d_name, depth, e);
	closedir(d);
	return rc;
}

int rehearsal_copy(const char *from, const char *base, struct error *e)
{
	static const char *const folders[] = {"tokens", "cards"};
	char *directory = rehearsal_directory(from, e);
	int there = directory ? dir_open(directory, e) : -1, here = there < 0 ? -1 : dir_open(base, e),
	    rc = here < 0 ? -1 : 0;

	for (size_t i = 0; rc == 0 && i < sizeof(folders) / sizeof(folders[0]); i++) {
		int inner = openat(there, folders[i], O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (inner < 0 && errno == ENOENT && i) /* people played it: the cards are on paper */
			continue;
		int made = inner < 0 ? error_errno(e, N_("%s of the rehearsal before cannot be read: %s"), folders[i])
		                     : dir_create_at(here, folders[i], e);
		rc = made < 0 ? -1 : copy_folder(inner, made, 0, e);
		if (made >= 0)
			close(made);
		else if (inner >= 0)
			close(inner);
	}
	if (there >= 0)
		close(there);
	if (here >= 0)
		close(here);
	free(directory);
	return rc;
}
