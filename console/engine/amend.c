/* A new script is brought in: who and why, then the file as it is. What it is worth is judged from the record. */
#include "engine/private.h"

#include "base/file.h"
#include "engine/load.h"
#include "steps/amend.h"
#include "steps/foreign.h"

static int put_file(struct engine *g, const struct bytes *file, struct error *e)
{
	struct bytes data = {0};
	struct json_writer j = {&data, false};
	uint8_t sum[32];
	char path[64];

	amend_path(g->c, path);
	if (sha256(file->data, file->len, sum) < 0)
		return error_memory(e);
	if (file_replace(record_dir(g->room.record), path, file->data, file->len, 0644, e) < 0)
		return -1;
	json_begin_object(&j);
	json_member_text(&j, "path", path);
	json_member_int(&j, "bytes", (int64_t)file->len);
	json_member_hex(&j, "sha256", sum, sizeof(sum));
	json_member_text(&j, "type", amend_type);
	json_end_object(&j);
	int rc = bytes_end(&data, e) < 0 ? -1 : engine_append(g, NULL, ARTIFACT_TAKEN, bytes_string(&data), e);
	bytes_free(&data);
	return rc;
}

int engine_amend(struct engine *g, const struct answer *a, struct error *e)
{
	const char *person = answer_text(a, "person"), *path = answer_text(a, "file"),
	           *reason = answer_text(a, "reason");
	const struct person *p = consent_find(g->c->consent, person);
	struct bytes file = {0};
	int rc = -1;

	/* Nothing is written for a file that is not there. */
	if (!p || !p->present || !*reason || !*path)
		return error_set(e, ERROR_FAULT,
		        N_("A new script needs somebody present who brings it, the path of its file, and why."));
	if (file_read(path, SCRIPT_MAX, &file, e) < 0 || foreign_try(g->parser, foreign_script, &file, e) < 0)
		goto out;
	if (engine_void(g, "a new script was brought", e) == 0 && amend_may(g->c, e) == 0 &&
	        engine_exception(g, person, NULL, "amendment", reason, e) == 0)
		rc = put_file(g, &file, e);
out:
	bytes_free(&file);
	return rc;
}
