/* An entry for people: what it says, whether it holds, what stands behind an approval or an act. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "engine/replay_private.h"
#include "record/note.h"
#include "steps/step.h"

enum { INDENT_MAX = 12 };

static const char *const fails[VERDICTS] = {N_("form: DOES NOT HOLD here"), N_("log: DOES NOT HOLD here"),
        N_("consent: DOES NOT HOLD here"), N_("artifacts: DOES NOT HOLD here"), N_("conduct: DOES NOT HOLD here")};
static const char *const failed_end[VERDICTS] = {N_("form: DOES NOT HOLD"), N_("log: DOES NOT HOLD"),
        N_("consent: DOES NOT HOLD"), N_("artifacts: DOES NOT HOLD"), N_("conduct: DOES NOT HOLD")};
static const char *const failed_line[VERDICTS] = {N_("form: DOES NOT HOLD, line %u"), N_("log: DOES NOT HOLD, line %u"),
        N_("consent: DOES NOT HOLD, line %u"), N_("artifacts: DOES NOT HOLD, line %u"),
        N_("conduct: DOES NOT HOLD, line %u")};
static const char *const holds[VERDICTS] = {
        N_("form: holds"), N_("log: holds"), N_("consent: holds"), N_("artifacts: holds"), N_("conduct: holds")};

static int message_line(struct prompt *p, enum line_style style, const struct message *m)
{
	if (prompt_line(p, style, "") < 0)
		return -1;
	p->line[p->lines - 1].message = *m;
	return 0;
}

/* "1 h 2 min 3.456 s" */
static void elapsed_text(int64_t ms, char out[64])
{
	const char *sign = ms < 0 ? "-" : "";
	long long all = llabs(ms), hours = all / 3600000, minutes = all / 60000 % 60, rest = all % 60000;

	if (hours)
		snprintf(out, 64, "%s%lld h %lld min %lld.%03lld s", sign, hours, minutes, rest / 1000, rest % 1000);
	else if (minutes)
		snprintf(out, 64, "%s%lld min %lld.%03lld s", sign, minutes, rest / 1000, rest % 1000);
	else
		snprintf(out, 64, "%s%lld.%03lld s", sign, rest / 1000, rest % 1000);
}

static int time_lines(const struct replay *r, struct prompt *p)
{
	const struct moment *m = &r->moment[r->at], *before = r->at ? m - 1 : NULL;
	char time[TIME_TEXT], elapsed[64];

	if (m->event < 0)
		return 0;
	time_format(m->time, time);
	if (prompt_message(p, LINE_PLAIN, N_("Time: %s"), time) < 0)
		return -1;
	if (before && before->time) {
		elapsed_text(m->time - before->time, elapsed);
		if (prompt_message(p, LINE_PLAIN, N_("Since the entry before: %s"), elapsed) < 0)
			return -1;
	}
	if (m->step != REPLAY_NOWHERE && prompt_message(p, LINE_PLAIN, N_("Step: %s"), r->steps[m->step]) < 0)
		return -1;
	return 0;
}

/* What falls at this very position, then where trust ended before it. */
static int trust_lines(const struct replay *r, struct prompt *p)
{
	struct replay_fault fault;
	bool here = false;

	for (int i = 0; i < VERDICTS; i++)
		if (r->fell[i] == r->at) {
			here = true;
			if (prompt_message(p, LINE_WARNING, fails[i], "") < 0 ||
			        message_line(p, LINE_WARNING, &r->v.verdict[i].error.message) < 0)
				return -1;
		}
	if (r->file_fault.position == r->at && r->fell[VERDICT_ARTIFACTS] != r->at) {
		here = true;
		if (prompt_message(p, LINE_WARNING, fails[VERDICT_ARTIFACTS], "") < 0 ||
		        message_line(p, LINE_WARNING, &r->file_fault.error.message) < 0)
			return -1;
	}
	if (replay_trust(r, &fault) && fault.position < r->at)
		return prompt_message(p, LINE_WARNING,
		        N_("NOT VERIFIED: trust ends at entry %zu (line %zu). What follows is only what the files "
		           "say."),
		        fault.position, fault.position + 1);
	if (!here && r->moment[r->at].taken)
		return prompt_message(p, LINE_PLAIN, N_("Everything up to this entry holds."));
	return 0;
}

static int value_lines(struct prompt *p, unsigned indent, const struct json *value);

static int member_line(struct prompt *p, unsigned indent, const struct json *value)
{
	struct bytes line = {0};
	int rc;

	for (unsigned i = 0; i < indent; i++)
		bytes_text(&line, "  ");
	if (value->key)
		bytes_printf(&line, "%s:%s", value->key, value->child ? "" : " ");
	else
		bytes_text(&line, "- ");
	switch (value->type) {
	case JSON_STRING:
		text_visible(&line, value->text, value->len);
		break;
	case JSON_INT:
		bytes_printf(&line, "%lld", (long long)value->number);
		break;
	case JSON_BOOL:
		bytes_text(&line, value->number ? "true" : "false");
		break;
	case JSON_NULL:
		bytes_text(&line, "null");
		break;
	case JSON_ARRAY:
		bytes_text(&line, value->child ? "" : "[]");
		break;
	case JSON_OBJECT:
		bytes_text(&line, value->child ? "" : "{}");
		break;
	}
	rc = bytes_end(&line, NULL) < 0 ? -1 : prompt_line(p, LINE_FIXED, bytes_string(&line));
	bytes_free(&line);
	return rc < 0 ? -1 : value_lines(p, indent + 1, value);
}

static int value_lines(struct prompt *p, unsigned indent, const struct json *value)
{
	if (value->type != JSON_ARRAY && value->type != JSON_OBJECT)
		return 0;
	for (const struct json *child = value->child; child; child = child->next)
		if (member_line(p, indent < INDENT_MAX ? indent : INDENT_MAX, child) < 0)
			return -1;
	return 0;
}

static const char *vkey_of(const struct replay *r, const char *person)
{
	for (size_t i = 0; i < r->seats; i++)
		if (!strcmp(r->seat[i].key_name, person))
			return r->seat[i].vkey;
	return NULL;
}

static const char *console_at(const struct replay *r, size_t position)
{
	const char *vkey = NULL;

	for (size_t i = 0; i < r->consoles && r->console[i].position <= position; i++)
		vkey = r->console[i].vkey;
	return vkey;
}

/* One signature line over the checkpoint that ends in entry `of`, checked here by itself: also where the fold of
 * consent has fallen. */
static int signature_line(const struct replay *r, struct prompt *p, size_t of, const char *vkey, const char *line)
{
	struct bytes text = {0};
	struct vkey key;
	struct error why = {0};
	char id[9] = "", time[TIME_TEXT] = "-";
	int64_t seconds = 0;
	bool good = false;
	int rc;

	if (vkey && line && r->moment[of].taken && vkey_parse(&key, vkey, strlen(vkey), &why) == 0) {
		checkpoint_text(&text, bytes_string(&r->v.origin), of + 1, r->moment[of].root);
		good = note_verify(&key, line, strlen(line), bytes_string(&text), text.len, &seconds, &why) == 0;
		snprintf(id, sizeof(id), "%02x%02x%02x%02x", key.id[0], key.id[1], key.id[2], key.id[3]);
		if (seconds)
			time_format_seconds(seconds, time);
	}
	if (!good)
		rc = prompt_message(
		        p, LINE_WARNING, N_("  The signature DOES NOT VERIFY over the checkpoint of entry %zu"), of);
	else if (seconds)
		rc = prompt_message(
		        p, LINE_PLAIN, N_("  Key %s, %s: the signature verifies, made at %s"), key.name, id, time);
	else
		rc = prompt_message(p, LINE_PLAIN, N_("  Console's line, key %s: the signature verifies"), id);
	if (!good && rc == 0 && why.message.id)
		rc = message_line(p, LINE_WARNING, &why.message);
	bytes_free(&text);
	return rc;
}

static const char *name_of(const struct replay *r, const char *person)
{
	for (size_t i = 0; i < r->seats; i++)
		if (!strcmp(r->seat[i].key_name, person))
			return r->seat[i].name;
	return "?";
}

static int signed_note(struct prompt *p, const char *person)
{
	char **larger = reallocarray(p->signed_by, p->signed_count + 1, sizeof(*larger));

	if (!larger)
		return -1;
	p->signed_by = larger;
	if (!(larger[p->signed_count] = strdup(person)))
		return -1;
	p->signed_count++;
	return 0;
}

/* Who spoke for or against entry `of`, up to the position. */
static int approvals_lines(const struct replay *r, struct prompt *p, size_t of)
{
	struct entry entry;

	for (size_t i = of + 1; i < r->count && i <= r->at; i++) {
		if ((r->moment[i].event != APPROVAL_GIVEN && r->moment[i].event != APPROVAL_REFUSED) ||
		        replay_entry(r, i, &entry) < 0 || json_number(entry.data, "of", -1) != (int64_t)of)
			continue;
		const char *person = json_text(entry.data, "person"), *card = json_text(entry.data, "card");
		if (entry.event == APPROVAL_REFUSED) {
			if (prompt_message(p, LINE_WARNING, N_("Refused by %s (%s), entry %zu: %s"), person,
			            name_of(r, person), i, json_text(entry.data, "reason")) < 0)
				return -1;
			continue;
		}
		if (prompt_message(p, LINE_PLAIN, N_("Signed by %s (%s), entry %zu"), person, name_of(r, person), i) <
		                0 ||
		        signature_line(r, p, of, vkey_of(r, person), json_text(entry.data, "cosignature")) < 0 ||
		        signature_line(r, p, of, console_at(r, of), json_text(entry.data, "console")) < 0 ||
		        (card && prompt_message(p, LINE_PLAIN, N_("  With the card: %s"), card) < 0) ||
		        signed_note(p, person) < 0)
			return -1;
	}
	return 0;
}

/* The entry that was signed: a proposal with its order, or who joined. */
static int signed_lines(const struct replay *r, struct prompt *p, size_t of)
{
	struct entry entry;

	if (of >= r->at || replay_entry(r, of, &entry) < 0)
		return prompt_message(
		        p, LINE_WARNING, N_("It speaks of entry %zu, which does not stand before it"), of);
	if (prompt_message(p, LINE_HEADING, N_("What was signed: entry %zu, %s"), of, event_name(entry.event)) < 0 ||
	        value_lines(p, 0, entry.data) < 0 || prompt_message(p, LINE_HEADING, N_("The signatures so far")) < 0)
		return -1;
	return approvals_lines(r, p, of);
}

/* From act.done or act.failed over act.intended to act.proposed. */
static int behind_lines(const struct replay *r, struct prompt *p, const struct entry *entry)
{
	int64_t of = json_number(entry->data, "of", -1);
	struct entry intended;

	switch (entry->event) {
	case ACT_DONE:
	case ACT_FAILED:
		if (of < 0 || (size_t)of >= r->at || replay_entry(r, (size_t)of, &intended) < 0)
			return 0;
		of = json_number(intended.data, "of", -1);
		return of < 0 ? 0 : signed_lines(r, p, (size_t)of);
	case ACT_INTENDED:
	case ACT_VOIDED:
	case APPROVAL_GIVEN:
	case APPROVAL_REFUSED:
		return of < 0 ? 0 : signed_lines(r, p, (size_t)of);
	default:
		return 0;
	}
}

/* One reading of an entry after the other: looking another one up takes the place of the one before. */
static int entry_lines(const struct replay *r, struct prompt *p, struct error *e)
{
	struct entry entry;

	if (replay_entry(r, r->at, &entry) < 0) {
		const struct moment *m = &r->moment[r->at];
		struct bytes line = {0};
		int rc = prompt_message(p, LINE_HEADING, N_("The line as it stands, which is no entry"));

		text_visible(&line, (const char *)r->text.data + m->at, m->len);
		if (rc == 0)
			rc = prompt_line(p, LINE_FIXED, bytes_string(&line));
		bytes_free(&line);
		return rc;
	}
	if (value_lines(p, 0, entry.data) < 0)
		return -1;
	if (entry.event == ARTIFACT_WRITTEN || entry.event == ARTIFACT_TAKEN) {
		for (size_t i = 0; i < r->files; i++)
			if (r->file[i].position == r->at)
				return replay_artifact_lines(r, &r->file[i], p, e);
		return 0;
	}
	return behind_lines(r, p, &entry);
}

static int vouch_lines(const struct verification *v, struct prompt *p)
{
	switch (v->vouching) {
	case VOUCHED_PEOPLE:
		return prompt_message(p, LINE_PLAIN, N_("People: vouched for by the register"));
	case VOUCHED_SCRIPT:
		return prompt_message(p, LINE_PLAIN, N_("People: vouched for by the script's hash"));
	case VOUCHED_REHEARSAL:
		return prompt_message(p, LINE_PLAIN, N_("People: stand-ins of a rehearsal"));
	case VOUCHED_NOT:
		break;
	}
	if (!v->vouch_error.message.id)
		return prompt_message(p, LINE_WARNING, N_("People: who they are is only the record's own word"));
	if (prompt_message(p, LINE_WARNING, N_("People: NOT vouched for")) < 0)
		return -1;
	return message_line(p, LINE_WARNING, &v->vouch_error.message);
}

/* The end: the five verdicts, as verify gives them. */
static int end_lines(const struct replay *r, struct prompt *p)
{
	const struct verification *v = &r->v;
	struct replay_fault fault;

	if (prompt_message(p, LINE_HEADING, N_("The end of the record: its five verdicts")) < 0)
		return -1;
	for (int i = 0; i < VERDICTS; i++) {
		const struct verdict *d = &v->verdict[i];
		int rc = d->holds        ? prompt_message(p, LINE_PLAIN, holds[i], "")
		         : d->error.line ? prompt_message(p, LINE_WARNING, failed_line[i], d->error.line)
		                         : prompt_message(p, LINE_WARNING, failed_end[i], "");

		if (rc < 0 || message_line(p, d->holds ? LINE_PLAIN : LINE_WARNING,
		                      d->holds ? &d->evidence : &d->error.message) < 0)
			return -1;
	}
	if (prompt_message(p, LINE_PLAIN, N_("Exceptions: %u"), v->exceptions) < 0 || vouch_lines(v, p) < 0)
		return -1;
	if (v->previous != PREVIOUS_NONE &&
	        prompt_message(p, LINE_PLAIN,
	                v->previous == PREVIOUS_HELD ? N_("Previous record: %s: what was taken over is what it left")
	                                             : N_("Previous record: %s: not held against it"),
	                bytes_string(&v->previous_origin)) < 0)
		return -1;
	if (v->anchored && prompt_message(p, LINE_PLAIN, N_("Anchor: the record is it, or extends it")) < 0)
		return -1;
	if (v->rehearsal && !r->options.rehearsal &&
	        prompt_message(p, LINE_WARNING, N_("A rehearsal is accepted only with --rehearsal.")) < 0)
		return -1;
	if (!replay_trust(r, &fault))
		return 0;
	if (fault.position >= r->count)
		return prompt_message(p, LINE_WARNING,
		        N_("Every entry holds by itself; what fails is the whole: read the verdicts above."));
	return prompt_message(p, LINE_WARNING,
	        N_("NOT VERIFIED: trust ends at entry %zu (line %zu). What follows is only what the files say."),
	        fault.position, fault.position + 1);
}

struct prompt *replay_document_new(const struct replay *r, struct error *e)
{
	struct prompt *p = calloc(1, sizeof(*p));
	int rc = -1;

	if (!p)
		goto memory;
	p->kind = PROMPT_ACKNOWLEDGE;
	if (r->at >= r->count) {
		rc = end_lines(r, p);
	} else {
		int event = r->moment[r->at].event;
		bool torn = r->torn && r->at + 1 == r->count;

		rc = prompt_message(p, LINE_HEADING, N_("Entry %zu, line %zu of %zu: %s"), r->at, r->at + 1, r->count,
		        event >= 0 ? event_name((enum event)event)
		        : torn     ? "(torn)"
		                   : "(?)");
		if (rc == 0)
			rc = trust_lines(r, p);
		if (rc == 0)
			rc = time_lines(r, p);
		if (rc == 0)
			rc = entry_lines(r, p, e);
	}
	if (rc == 0)
		return p;
memory:
	prompt_free(&p);
	error_memory(e);
	return NULL;
}
