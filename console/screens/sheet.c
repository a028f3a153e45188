#include "screens/sheet.h"

#include <stdlib.h>
#include <string.h>

enum { TEXT_MAX = 1000, FIELDS = 4 };

static struct field *sheet_field(struct prompt *sheet, const char *name, enum field_kind kind)
{
	struct field *f = &sheet->field[sheet->fields++];

	*f = (struct field){.name = name, .kind = kind, .max = TEXT_MAX};
	return f;
}

static int choice_add(struct field *f, const char *value, const char *detail)
{
	struct choice *larger = reallocarray(f->choice, f->choices + 1, sizeof(*larger));

	if (!larger)
		return -1;
	f->choice = larger;
	larger[f->choices] = (struct choice){.value = strdup(value), .detail = detail ? strdup(detail) : NULL};
	return larger[f->choices++].value ? 0 : -1;
}

/* Who may refuse are those whom the approval asks; else everyone who is in the room, and `also` who is about to join.
 * Before the roll call nobody is, and the field is left out. */
static int person_add(
        struct prompt *sheet, const char *label, const struct engine_view *v, const struct prompt *p, const char *also)
{
	struct field *f = sheet_field(sheet, "person", FIELD_CHOICE);
	bool here = false;

	f->label.id = label;
	for (size_t i = 0; p && i < p->fields; i++) {
		const struct field *asked = &p->field[i];

		if (asked->kind != FIELD_CHOICE || strcmp(asked->name, "person") != 0)
			continue;
		for (size_t c = 0; c < asked->choices; c++)
			if (choice_add(f, asked->choice[c].value, asked->choice[c].detail) < 0)
				return -1;
		return 0;
	}
	/* Between a resumption and their proof nobody is here, and who sat down before may still speak. */
	for (size_t i = 0; i < v->people; i++)
		here = here || v->person[i].present;
	for (size_t i = 0; i < v->people; i++)
		if ((v->person[i].present || !here || (also && strcmp(v->person[i].key_name, also) == 0)) &&
		        choice_add(f, v->person[i].key_name, v->person[i].name) < 0)
			return -1;
	if (f->choices == 0)
		sheet->fields--;
	return 0;
}

/* The second of two: who else is here, and has seen what was noted. */
static int witness_add(struct prompt *sheet, const struct engine_view *v)
{
	struct field *f;
	size_t here = 0;

	for (size_t i = 0; i < v->people; i++)
		here += v->person[i].present;
	if (here < 2)
		return 0;
	f = sheet_field(sheet, "acknowledged", FIELD_CHOICE);
	f->label.id = N_("Who else has seen it, and acknowledges it?");
	for (size_t i = 0; i < v->people; i++)
		if (v->person[i].present && choice_add(f, v->person[i].key_name, v->person[i].name) < 0)
			return -1;
	f = sheet_field(sheet, "word", FIELD_WORD);
	f->label.id = N_("They type the word");
	f->word = strdup("seen");
	return f->word ? 0 : -1;
}

struct prompt *sheet_new(
        enum answer_action action, const struct engine_view *v, const struct prompt *p, struct error *e)
{
	struct prompt *sheet = calloc(1, sizeof(*sheet));
	const char *who = NULL, *why = NULL, *title = NULL;
	struct field *f;

	switch (action) {
	case ANSWER_GIVE:
		break;
	case ANSWER_EXCEPTION:
		title = N_("Note an exception");
		who = N_("Who notes it?");
		why = N_("What was not as the script says?");
		break;
	case ANSWER_PAUSE:
		title = N_("Pause the ceremony");
		who = N_("Who asks for the pause?");
		why = N_("Why?");
		break;
	case ANSWER_AMEND:
		title = N_("Bring a new script");
		who = N_("Who brings it?");
		why = N_("Why is the script amended?");
		break;
	case ANSWER_LEAVE:
		title = N_("Somebody leaves the room");
		who = N_("Who leaves?");
		why = N_("Why?");
		break;
	case ANSWER_REFUSE:
		title = N_("Refuse to approve");
		who = N_("Who refuses?");
		why = N_("Why?");
		break;
	}
	if (!sheet || !title || !(sheet->field = calloc(FIELDS, sizeof(*sheet->field))))
		goto memory;
	sheet->kind = PROMPT_FORM;
	sheet->title.id = title;
	if (person_add(sheet, who, v, action == ANSWER_REFUSE ? p : NULL,
	            action == ANSWER_LEAVE && p ? p->person : NULL) < 0)
		goto memory;
	if (action == ANSWER_AMEND) {
		f = sheet_field(sheet, "file", FIELD_TEXT);
		f->label.id = N_("The file of the new script (its path)");
	}
	f = sheet_field(sheet, action == ANSWER_EXCEPTION ? "text" : "reason", FIELD_TEXT);
	f->label.id = why;
	if (action == ANSWER_EXCEPTION && witness_add(sheet, v) < 0)
		goto memory;
	if (action == ANSWER_PAUSE) {
		f = sheet_field(sheet, "word", FIELD_WORD);
		f->label.id = N_("The run ends here; the record stays, to be resumed.");
		f->word = strdup("pause");
		if (!f->word)
			goto memory;
	}
	return sheet;
memory:
	prompt_free(&sheet);
	error_memory(e);
	return NULL;
}
