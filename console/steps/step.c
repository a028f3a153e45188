/* The kinds of step by name, and what they share in speaking with people. */
#include "steps/step.h"

#include <stdlib.h>
#include <string.h>

static const struct step_kind *const kinds[] = {&attend_step, &read_step, &observe_step, &inspect_host_step,
        &check_clock_step, &identify_hsm_step, &initialise_hsm_step, &change_custodians_step, &share_secret_step,
        &unlock_hsm_step, &lock_hsm_step, &generate_key_step, &check_key_step, &attest_key_step, &seal_step,
        &unseal_step, &take_request_step, &make_request_step, &take_certificate_step, &sign_document_step,
        &issue_certificate_step, &issue_crl_step, &issue_ocsp_step, &show_code_step, &carry_out_step, &take_in_step,
        &record_video_step, &pause_step, &close_step};

const struct step_kind *step_kind(const char *name)
{
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (!strcmp(kinds[i]->name, name))
			return kinds[i];
	return NULL;
}

bool step_done(const struct step_kind *kind, const struct run *run)
{
	return kind->done ? kind->done(run) : journal_find(&run->journal, ACT_DONE, kind->name) != NULL;
}

const struct step_kind *step_kind_of_act(const struct ceremony *c, const struct proposal *p)
{
	const struct act_rule *rule = act_rule(p->act);
	const struct policy_step *step = rule && rule->hsm ? policy_step(consent_policy(c->consent), p->step) : NULL;
	return step ? step_kind(step->kind) : NULL;
}

const char source_random[] = "the console's random generator", source_script[] = "the script";

int drawn_from(const struct entry *entry, const char *source, struct error *e)
{
	if (!strcmp(json_text(entry->data, "source"), source))
		return 0;
	return error_set(e, ERROR_FAULT, "%s was not drawn from %s", json_text(entry->data, "what"), source);
}

struct bytes *outcome_add(struct outcome *o, enum event event, const char *step)
{
	struct outcome_entry *list = realloc(o->entry, (o->count + 1) * sizeof(*list));
	if (!list)
		return NULL;
	o->entry = list;
	memset(&list[o->count], 0, sizeof(*list));
	list[o->count].event = event;
	list[o->count].step = step;
	return &list[o->count++].data;
}

void outcome_free(struct outcome *o)
{
	for (size_t i = 0; i < o->count; i++)
		bytes_free(&o->entry[i].data);
	free(o->entry);
	memset(o, 0, sizeof(*o));
}

int field_set(char **place, const char *text)
{
	char *copy = text ? strdup(text) : NULL;
	if (text && !copy)
		return -1;
	free(*place);
	*place = copy;
	return 0;
}

static struct line *line_add(struct prompt *p, enum line_style style)
{
	struct line *list = realloc(p->line, (p->lines + 1) * sizeof(*list));
	if (!list)
		return NULL;
	p->line = list;
	memset(&list[p->lines], 0, sizeof(*list));
	list[p->lines].style = style;
	return &list[p->lines++];
}

int prompt_line(struct prompt *p, enum line_style style, const char *text)
{
	struct line *l = line_add(p, style);
	return l ? field_set(&l->text, text) : -1;
}

int prompt_lines(struct prompt *p, const char *text)
{
	for (const char *end; *text; text = *end ? end + 1 : end) {
		end = text + strcspn(text, "\n");
		struct line *l = line_add(p, LINE_FIXED);
		if (!l || !(l->text = strndup(text, (size_t)(end - text))))
			return -1;
	}
	return 0;
}

int prompt_message(struct prompt *p, enum line_style style, const char *id, ...)
{
	struct line *l = line_add(p, style);
	if (!l)
		return -1;
	va_list ap;
	va_start(ap, id);
	message_vset(&l->message, id, ap);
	va_end(ap);
	return 0;
}

struct field *prompt_field(struct prompt *p, const char *name, enum field_kind kind, const char *label)
{
	struct field *list = realloc(p->field, (p->fields + 1) * sizeof(*list));
	if (!list)
		return NULL;
	p->field = list;
	struct field *f = &list[p->fields++];
	memset(f, 0, sizeof(*f));
	f->name = name;
	f->kind = kind;
	f->label.id = label;
	f->max = kind == FIELD_SHARE ? 512 : kind == FIELD_SECRET ? 1024 : 200;
	return f;
}

int field_choice(struct field *f, const char *value, const char *label, const char *detail)
{
	struct choice *list = realloc(f->choice, (f->choices + 1) * sizeof(*list));
	if (!list)
		return -1;
	f->choice = list;
	struct choice *ch = &list[f->choices++];
	memset(ch, 0, sizeof(*ch));
	ch->label.id = label;
	if (field_set(&ch->value, value) < 0 || field_set(&ch->detail, detail) < 0)
		return -1;
	return 0;
}

int field_people(const struct ceremony *c, struct field *f, const char *role, const char *const *except)
{
	for (size_t i = 0; i < consent_people(c->consent); i++) {
		const struct person *p = consent_person(c->consent, i);
		bool out = !p->present || (role && strcmp(p->role, role));
		for (size_t k = 0; except && except[k]; k++)
			out = out || !strcmp(except[k], p->name);
		const struct named_state *n = ceremony_named(c, p->name);
		if (!out && field_choice(f, p->name, NULL, n ? n->name : NULL) < 0)
			return -1;
	}
	return 0;
}
