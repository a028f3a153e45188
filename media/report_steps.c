/* The ceremony's table: each going through a step in the order in which it happened. */
#include "media/report_private.h"

#include <stdio.h>
#include <string.h>

/* One row on its way. */
struct stage {
	const struct report *r;
	struct bytes activity, who, time;
	int64_t first, last; /* ms; first -1: nothing yet */
	char number[80];
};

static void stage_clear(struct stage *s)
{
	bytes_clear(&s->activity);
	bytes_clear(&s->who);
	bytes_clear(&s->time);
	s->first = -1;
}

/* Somebody acted in the step: named once. */
static void acted(struct stage *s, const char *key_name)
{
	struct bytes name = {0};
	report_person(s->r, key_name, &name);
	const char *in = strstr(bytes_string(&s->who), bytes_string(&name));
	if (!in)
		bytes_printf(&s->who, "%s%s", s->who.len ? "\n" : "", bytes_string(&name));
	bytes_free(&name);
}

static void line(struct stage *s)
{
	if (s->activity.len)
		bytes_byte(&s->activity, '\n');
}

/* What an act was about, by the script's name of it. */
static const char *object(const struct entry *proposed)
{
	static const char *const keys[] = {"key", "certificate", "crl", "ocsp", "document", "request", "secret", "hsm"};
	const struct json *order = json_get(proposed->data, "order");
	const char *act = json_text(proposed->data, "act");

	if (!strncmp(act, "issue-", 6) && json_text(order, act + 6))
		return json_text(order, act + 6);
	if (!strcmp(act, "sign-document") || !strcmp(act, "make-request"))
		return json_text(order, strchr(act, '-') + 1);
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
		if (json_text(order, keys[i]))
			return json_text(order, keys[i]);
	return NULL;
}

static void act_done(struct stage *s, const struct entry *entry)
{
	const struct entry *proposed = report_proposal(s->r, entry), *given;
	struct bytes names = {0};

	if (!proposed)
		return;
	report_approvers(s->r, proposed, &names);
	for (size_t at = (size_t)proposed->seq; (given = report_next(s->r, APPROVAL_GIVEN, &at));)
		if (json_number(given->data, "of", -1) == (int64_t)proposed->seq)
			acted(s, json_text(given->data, "person"));
	line(s);
	bytes_printf(&s->activity, "→ %s%s%s", report_act(json_text(proposed->data, "act")),
	        object(proposed) ? ": " : "", object(proposed) ? object(proposed) : "");
	bytes_printf(&s->activity, gettext(" (approved by %s)"), bytes_string(&names));
	bytes_free(&names);
}

static void facts(struct stage *s, const struct json *d)
{
	const struct json *faults = json_get(d, "faults");
	for (const struct json *f = faults ? faults->child : NULL; f; f = f->next) {
		line(s);
		bytes_printf(&s->activity, gettext("→ Fault: %s"), f->text);
	}
}

static void read_by_two(struct stage *s, const struct entry *entry)
{
	acted(s, json_text(entry->data, "person"));
	if (entry->event != VALUE_CONFIRMED)
		return;
	line(s);
	bytes_printf(&s->activity, "→ %s: %s", json_text(entry->data, "name"), json_text(entry->data, "text"));
}

/* One line of what came of it, for those events that tell something by themselves. */
static void outcome_line(struct stage *s, const struct entry *entry)
{
	const struct json *d = entry->data;
	struct bytes name = {0};

	if (entry->event == EXCEPTION_NOTED)
		report_noter(s->r, entry, &name);
	else if (json_text(d, "person"))
		report_person(s->r, json_text(d, "person"), &name);
	line(s);
	switch (entry->event) {
	case PERSON_JOINED:
		bytes_printf(&s->activity, gettext("→ %s joined as %s"), bytes_string(&name),
		        report_role(json_text(d, "role")));
		break;
	case PERSON_LEFT:
		bytes_printf(&s->activity, gettext("→ %s left: %s"), bytes_string(&name), json_text(d, "reason"));
		break;
	case TEXT_ACKNOWLEDGED:
		bytes_printf(&s->activity, gettext("→ acknowledged with the word: %s"), json_text(d, "word"));
		break;
	case SECRET_ENTERED:
		bytes_printf(&s->activity, gettext("→ %s typed part %lld (of %lld) of %s"), bytes_string(&name),
		        (long long)json_number(d, "part", 0), (long long)json_number(d, "of_parts", 0),
		        json_text(d, "what"));
		break;
	case ARTIFACT_WRITTEN:
	case ARTIFACT_TAKEN:
		bytes_printf(&s->activity, "→ %s", json_text(d, "path"));
		break;
	case HSM_LOCKED:
		bytes_printf(&s->activity, gettext("→ locked: %s"), json_text(d, "hsm"));
		break;
	case CODE_SHOWN:
		bytes_printf(&s->activity, gettext("→ code shown: %s, SHA-256 %s"), json_text(d, "what"),
		        json_text(d, "sha256"));
		break;
	case EXCEPTION_NOTED:
		bytes_printf(&s->activity, gettext("→ EXCEPTION noted by %s: %s"), bytes_string(&name),
		        json_text(d, "text"));
		break;
	case ACT_FAILED:
		bytes_printf(&s->activity, gettext("→ Failed: %s"), json_text(d, "sentence"));
		break;
	case ACT_VOIDED:
		bytes_printf(&s->activity, gettext("→ The proposal became void: %s"), json_text(d, "reason"));
		break;
	case APPROVAL_REFUSED:
		bytes_printf(&s->activity, gettext("→ %s refused: %s"), bytes_string(&name), json_text(d, "reason"));
		break;
	case LOGIN_FAILED:
		bytes_printf(&s->activity, gettext("→ %s: wrong passphrase"), bytes_string(&name));
		break;
	case VALUE_DIFFERED:
		bytes_text(&s->activity, gettext("→ The two readings differ"));
		break;
	case CEREMONY_PAUSED:
		bytes_printf(&s->activity, gettext("→ PAUSED: %s"), json_text(d, "reason"));
		break;
	case CEREMONY_RESUMED:
		bytes_text(&s->activity, gettext("→ RESUMED"));
		break;
	case CEREMONY_CLOSED:
		report_people_list(s->r, json_get(d, "cosigners"), &name);
		bytes_printf(&s->activity, gettext("→ closed, signed by %s"), bytes_string(&name));
		break;
	default:
		break;
	}
	bytes_free(&name);
	if (json_text(d, "person"))
		acted(s, json_text(d, "person"));
}

static void take(struct stage *s, const struct entry *entry)
{
	switch (entry->event) {
	case CEREMONY_OPENED:
		line(s);
		bytes_text(&s->activity, gettext("→ The record is opened"));
		break;
	case STEP_BEGUN:
	case STEP_COMPLETED:
	case VALUE_DRAWN:
	case ACT_PROPOSED:
	case ACT_INTENDED:
	case APPROVAL_GIVEN:
		break;
	case VALUE_OBSERVED:
	case VALUE_CONFIRMED:
		read_by_two(s, entry);
		break;
	case FACTS_READ:
		facts(s, entry->data);
		break;
	case ACT_DONE:
		act_done(s, entry);
		break;
	default:
		outcome_line(s, entry);
		break;
	}
}

static void stage_row(struct report *r, struct stage *s)
{
	if (s->first < 0)
		return;
	report_time(&s->time, s->first, -1);
	if (s->last / 1000 != s->first / 1000) {
		bytes_text(&s->time, "\n- ");
		report_time(&s->time, s->last, s->first);
	}
	const char *cells[] = {
	        s->number, bytes_string(&s->activity), bytes_string(&s->who), bytes_string(&s->time), NULL};
	page_row(r->page, cells);
	stage_clear(s);
}

/* What a row begins with: number, id, kind, and what was read aloud. */
static void stage_begin(struct stage *s, const struct entry *entry)
{
	const struct report *r = s->r;
	const struct report_step *listed = report_step(r, entry->step);
	int64_t attempt = entry->event == STEP_BEGUN ? json_number(entry->data, "attempt", 1) : 0;

	s->first = entry->time;
	if (!listed || !listed->number) {
		snprintf(s->number, sizeof(s->number), "-");
		bytes_text(&s->activity, gettext("Outside the steps"));
		return;
	}
	snprintf(s->number, sizeof(s->number), "%u\n%s", listed->number, entry->step);
	bytes_text(&s->activity, report_kind(listed->kind));
	if (attempt > 1)
		bytes_printf(&s->activity, gettext(", attempt %lld"), (long long)attempt);
	else if (!attempt)
		bytes_text(&s->activity, gettext(", continued"));
	const struct script_step *step = listed->script;
	if (attempt == 1 && step) {
		line(s);
		report_visible(&s->activity, script_say(r->c->script, &step->say, r->language));
	}
}

/* Steps that nobody came to, or whose entries no signature holds. */
static void not_reached(struct report *r)
{
	struct bytes names = {0};

	report_not_reached(r, &names);
	if (names.len)
		page_warning(
		        r->page, gettext("Steps of the script that are not in what is printed"), bytes_string(&names));
	bytes_free(&names);
}

void report_steps(struct report *r)
{
	const struct page_column columns[] = {{gettext("Step"), 14, PAGE_PLAIN}, {gettext("Activity"), 46, PAGE_PLAIN},
	        {gettext("Who"), 14, PAGE_PLAIN}, {gettext("Time (UTC)"), 14, PAGE_PLAIN},
	        {gettext("Initials"), 12, PAGE_BOX}};
	struct stage s = {.r = r, .first = -1};
	const char *step = NULL;

	if (!r->reach)
		return;
	page_heading(r->page, 1, gettext("The steps, in the order in which they happened"));
	page_table(r->page, columns, 5);
	for (size_t i = 0; i < r->journal.count; i++) {
		const struct entry *entry = &r->journal.kept[i].entry;
		bool same = (!step && !entry->step) || (step && entry->step && !strcmp(step, entry->step));
		if (!same || entry->event == STEP_BEGUN || s.first < 0) {
			stage_row(r, &s);
			stage_begin(&s, entry);
		}
		step = entry->step;
		s.last = entry->time;
		take(&s, entry);
	}
	stage_row(r, &s);
	not_reached(r);
	bytes_free(&s.activity);
	bytes_free(&s.who);
	bytes_free(&s.time);
}
