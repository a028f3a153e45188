/* What a run that was killed left in the record's directory, and no entry speaks of: half-written files under a
 * temporary name, the key of somebody whose joining was not recorded any more, and an artifact that was written and not
 * recorded: it is written again when its step comes to it, and when the step is ended instead, it would be a file that
 * nothing accounts for. */
#include <dirent.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "engine/private.h"
#include "steps/ocsp.h"

static bool joined(const struct engine *g, const char *file)
{
	size_t n = strlen(file);
	char name[65];
	if (n < 6 || strcmp(file + n - 5, ".vkey") || n - 5 >= sizeof(name))
		return true; /* not ours: left for verify to find */
	memcpy(name, file, n - 5);
	name[n - 5] = 0;
	return consent_find(g->c->consent, name) != NULL;
}

static bool recorded(const struct engine *g, const char *file)
{
	for (size_t i = 0; i < g->c->artifact_count; i++) {
		const char *slash = strchr(g->c->artifacts[i].path, '/');
		if (slash && !strcmp(slash + 1, file))
			return true;
	}
	return g->c->closed || !strcmp(file, ".") || !strcmp(file, ".."); /* in a closed record verify finds it */
}

static bool remains(const struct engine *g, const char *folder, const char *file)
{
	if (!strcmp(folder, "artifacts") && ocsp_awaited(g->c, file))
		return false;
	return !strncmp(file, FILE_TEMPORARY, strlen(FILE_TEMPORARY)) ||
	       (!strcmp(folder, "people") && !joined(g, file)) || (!strcmp(folder, "artifacts") && !recorded(g, file));
}

static int sweep(const struct engine *g, const char *folder, struct error *e)
{
	struct bytes path = {0};
	DIR *d = NULL;
	int fd = -1, rc = -1;

	bytes_printf(&path, "%s/%s", g->record_path, folder);
	if (bytes_end(&path, e) < 0)
		goto out;
	fd = dir_open(bytes_string(&path), e);
	d = fd < 0 ? NULL : fdopendir(fd);
	if (!d) {
		if (fd >= 0) {
			close(fd);
			error_memory(e);
		}
		goto out;
	}
	rc = 0;
	for (const struct dirent *f = readdir(d); f && rc == 0; f = readdir(d))
		if (remains(g, folder, f->d_name) && unlinkat(dirfd(d), f->d_name, 0) < 0)
			rc = error_errno(
			        e, "%s, which the run before left unfinished, cannot be removed: %s", f->d_name);
out:
	if (d)
		closedir(d);
	bytes_free(&path);
	return rc;
}

int engine_sweep(const struct engine *g, struct error *e)
{
	static const char *const folders[] = {".", "people", "artifacts"};
	for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++)
		if (sweep(g, folders[i], e) < 0)
			return -1;
	return 0;
}
