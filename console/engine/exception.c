/* What was not as the script says, in somebody's words. */
#include "engine/private.h"

#include <string.h>

#include "base/text.h"

int engine_exception(struct engine *g, const char *person, const char *acknowledged, const char *kind, const char *text,
        struct error *e)
{
	struct bytes data = {0}, visible = {0};
	struct json_writer j = {&data, false};

	text_visible(&visible, text, strlen(text));
	json_begin_object(&j);
	json_member_text(&j, "person", person);
	json_member_text(&j, "acknowledged", acknowledged);
	json_member_text(&j, "kind", kind);
	json_member_text(&j, "text", bytes_string(&visible));
	json_key(&j, "about");
	json_begin_array(&j);
	json_end_array(&j);
	json_end_object(&j);
	int rc = bytes_end(&data, e) < 0
	                 ? -1
	                 : engine_append(g, ceremony_place(g->c), EXCEPTION_NOTED, bytes_string(&data), e);
	bytes_free(&data);
	bytes_free(&visible);
	return rc;
}

static bool others_are_here(const struct engine *g, const char *name)
{
	const struct person *p = consent_find(g->c->consent, name);

	return consent_present(g->c->consent, NULL) > (p && p->present ? 1U : 0U);
}

/* What was wanted before is wanted still: the form stays, half filled as it is. A proposal that was voided is made
 * anew. */
static int want_again(struct engine *g, const struct want *before, struct error *e)
{
	uint64_t id = g->prompts;

	if (ceremony_next(g->c, &g->want, e) < 0)
		return -1;
	g->wanted = true;
	if (g->want.kind == WANT_ASK && before->kind == WANT_ASK && g->want.by == before->by &&
	        g->want.topic == before->topic && g->want.index == before->index)
		return engine_prompt_make(g, id, e);
	return 0;
}

int engine_note(struct engine *g, const struct answer *a, struct error *e)
{
	const char *person = answer_text(a, "person"), *text = answer_text(a, "text"),
	           *by = answer_text(a, "acknowledged");
	const struct person *other = consent_find(g->c->consent, by);
	struct want before = {.kind = g->want.kind, .by = g->want.by, .topic = g->want.topic, .index = g->want.index};

	if (!*text || !consent_find(g->c->consent, person))
		return error_set(e, ERROR_FAULT, "an exception needs its text and who notes it");
	if (others_are_here(g, person) && (!other || !other->present || !strcmp(by, person)))
		return error_set(e, ERROR_FAULT,
		        N_("Another person who is here acknowledges the exception: their name, and the word."));
	if (!g->wanted || engine_void(g, "an exception was noted", e) < 0 ||
	        engine_exception(g, person, others_are_here(g, person) ? by : NULL, "noted", text, e) < 0)
		return -1;
	return want_again(g, &before, e);
}
