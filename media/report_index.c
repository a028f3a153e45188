/* Steps found by their ids: a long ceremony asks for them with every entry. */
#include "media/report_private.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"

static int by_id(const void *a, const void *b)
{
	const struct report_step *x = a, *y = b;

	return strcmp(x->id, y->id);
}

static int by_number(const void *a, const void *b)
{
	const struct report_step *x = a, *y = b;

	return x->number < y->number ? -1 : x->number > y->number;
}

static struct report_step *find(const struct report *r, const char *id)
{
	struct report_step wanted = {.id = id};

	return id && r->step_count ? bsearch(&wanted, r->step, r->step_count, sizeof(*r->step), by_id) : NULL;
}

/* What entry 0 lists, and the entries that go on with its list. */
static int list(struct report *r, struct error *e)
{
	for (size_t i = 0; i < r->journal.count; i++) {
		const struct entry *entry = &r->journal.kept[i].entry;
		const struct json *steps = json_get(entry->data, "steps");

		if ((entry->event != CEREMONY_OPENED && entry->event != STEPS_LISTED) || !steps)
			continue;
		struct report_step *larger = reallocarray(r->step, r->step_count + steps->count + 1, sizeof(*larger));
		if (!larger)
			return error_memory(e);
		r->step = larger;
		for (const struct json *s = steps->child; s; s = s->next, r->step_count++)
			larger[r->step_count] = (struct report_step){
			        json_text(s, "id"), json_text(s, "do"), (unsigned)r->step_count + 1, false, NULL};
	}
	return 0;
}

static void sort(struct report *r)
{
	if (r->step_count)
		qsort(r->step, r->step_count, sizeof(*r->step), by_id);
}

/* The script in force at the end: an amendment may have brought steps that entry 0 does not list. */
static int script(struct report *r, struct error *e)
{
	const struct script *s = r->c->script;
	size_t listed = r->step_count;
	struct report_step *larger = reallocarray(r->step, listed + s->step_count + 1, sizeof(*larger));

	if (!larger)
		return error_memory(e);
	r->step = larger;
	for (size_t i = 0; i < s->step_count; i++) {
		struct report_step *step = find(r, s->steps[i].id);
		if (step)
			step->script = &s->steps[i];
		else
			larger[listed++] =
			        (struct report_step){s->steps[i].id, s->steps[i].kind, 0, false, &s->steps[i]};
	}
	r->step_count = listed;
	sort(r);
	return 0;
}

int report_index(struct report *r, struct error *e)
{
	if (list(r, e) < 0)
		return -1;
	sort(r);
	if (r->c && script(r, e) < 0)
		return -1;
	for (size_t i = 0; i < r->journal.count; i++) {
		const struct entry *entry = &r->journal.kept[i].entry;
		struct report_step *step = entry->event == STEP_BEGUN ? find(r, entry->step) : NULL;
		if (step)
			step->begun = true;
	}
	return 0;
}

const struct report_step *report_step(const struct report *r, const char *id)
{
	return find(r, id);
}

void report_not_reached(const struct report *r, struct bytes *names)
{
	struct report_step *list = reallocarray(NULL, r->step_count + 1, sizeof(*list));

	if (list && r->step_count) {
		memcpy(list, r->step, r->step_count * sizeof(*list));
		qsort(list, r->step_count, sizeof(*list), by_number);
	}
	for (size_t i = 0; list && i < r->step_count; i++)
		if (list[i].number && !list[i].begun)
			bytes_printf(names, "%s%s", names->len ? ", " : "", list[i].id);
	free(list);
}
