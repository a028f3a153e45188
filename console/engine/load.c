#include "engine/load.h"

#include <string.h>

#include "base/file.h"

/* "FILE:LINE:COLUMN: what is wrong" */
static void first_fault(const char *path, const struct fault_list *faults, struct error *e)
{
	struct bytes text = {0};
	if (faults->failed || !faults->count) { /* what was not read for want of memory is no fault of the file */
		error_memory(e);
		return;
	}
	error_text(&faults->fault[0], &text);
	error_set(e, faults->fault[0].code, "%s:%u:%u: %s", path, faults->fault[0].line, faults->fault[0].column,
	        bytes_string(&text));
	bytes_free(&text);
}

struct script *script_load(const char *path, struct error *e)
{
	struct bytes raw = {0};
	struct fault_list faults = {0};
	struct script *s = NULL;

	if (file_read(path, SCRIPT_MAX, &raw, e) == 0) {
		s = script_parse(path, &raw, &faults);
		if (!s)
			first_fault(path, &faults, e);
	}
	bytes_free(&raw);
	fault_list_free(&faults);
	return s;
}

struct site *site_load(const char *path, const struct script *script, struct error *e)
{
	struct bytes raw = {0};
	struct fault_list faults = {0};
	struct site *s = NULL;

	if (file_read(path, SCRIPT_MAX, &raw, e) == 0) {
		s = site_parse(path, &raw, script, &faults);
		if (!s)
			first_fault(path, &faults, e);
	}
	bytes_free(&raw);
	fault_list_free(&faults);
	return s;
}

struct ceremony *ceremony_load(const char *directory, struct error *e)
{
	struct bytes path = {0};
	struct script *script = NULL;
	struct site *site = NULL;
	struct ceremony *c = NULL;

	bytes_printf(&path, "%s/script.yaml", directory);
	if (bytes_end(&path, e) == 0)
		script = script_load(bytes_string(&path), e);
	bytes_clear(&path);
	bytes_printf(&path, "%s/site.yaml", directory);
	if (script && bytes_end(&path, e) == 0)
		site = site_load(bytes_string(&path), script, e);
	if (site)
		c = ceremony_new(script, site, e); /* takes both, also when it fails */
	else
		script_free(&script);
	bytes_free(&path);
	return c;
}
