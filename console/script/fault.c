#include "script/tree.h"

#include <stdlib.h>
#include <string.h>

/* A file of 1 MiB can hold more faults than anybody reads; the list stays bounded. */
enum { FAULTS_MAX = 1000 };

static struct error *fault_room(struct fault_list *list)
{
	struct error *more = reallocarray(list->fault, list->count + 1, sizeof(*more));
	if (!more) {
		list->failed = true;
		return NULL;
	}
	list->fault = more;
	memset(&more[list->count], 0, sizeof(*more));
	return &more[list->count++];
}

void fault_add(struct fault_list *list, struct place place, const char *id, ...)
{
	struct error *e;
	va_list ap;

	if (list->count > FAULTS_MAX || !(e = fault_room(list)))
		return;
	e->code = ERROR_FAULT;
	e->line = place.line;
	e->column = place.column;
	if (list->count > FAULTS_MAX) {
		message_set(&e->message, N_("There are more faults than this list holds. Mend these first."));
		return;
	}
	va_start(ap, id);
	message_vset(&e->message, id, ap);
	va_end(ap);
}

static bool fault_after(const struct error *a, const struct error *b)
{
	return a->line != b->line ? a->line > b->line : a->column > b->column;
}

void fault_sort(struct fault_list *list, size_t from)
{
	for (size_t i = from + 1; i < list->count; i++) {
		struct error e = list->fault[i];
		size_t at = i;
		while (at > from && fault_after(&list->fault[at - 1], &e))
			at--;
		if (at == i)
			continue;
		memmove(&list->fault[at + 1], &list->fault[at], (i - at) * sizeof(e));
		list->fault[at] = e;
	}
}

void fault_list_free(struct fault_list *list)
{
	free(list->fault);
	memset(list, 0, sizeof(*list));
}
