#include "record/entry.h"

#include <string.h>

#include "base/error.h"
#include "base/text.h"
#include "record/note.h"
#include "record/transcript.h"

/* What a value of a record may be. */
enum form {
	FORM_FORMAT, /* the number of the record format: 1 */
	FORM_INT,    /* from 0 */
	FORM_BOOL,
	FORM_TEXT,
	FORM_TIME,
	FORM_PERSON,    /* a key NAME */
	FORM_STEP,      /* a step id */
	FORM_SHA256,    /* 64 hex digits */
	FORM_ROOT,      /* 32 bytes in base64 */
	FORM_BASE64,    /* one byte or more in base64 */
	FORM_PATH,      /* artifacts/NAME */
	FORM_COUNT,     /* a number, or {minimum, maximum} */
	FORM_FREE,      /* any object */
	FORM_TEXTS,     /* [text, …] */
	FORM_PEOPLE,    /* [key NAME, …] */
	FORM_INTS,      /* [number, …] */
	FORM_GROUPS,    /* [[text, …], …] */
	FORM_TEXT_MAP,  /* {name: text, …} */
	FORM_OBJECT,    /* {…} of the fields of `of` */
	FORM_OBJECTS,   /* [{…}, …] */
	FORM_OBJECT_MAP /* {name: {…}, …} */
};

struct field {
	const char *key;
	enum form form;
	const struct field *of;
	bool or_null;
};

/* clang-format off */
#define FIELD(key, form)   {key, FORM_##form, NULL, false}
#define OR_NULL(key, form) {key, FORM_##form, NULL, true}
#define OF(key, form, of)  {key, FORM_##form, of, false}
#define END                {NULL, FORM_FREE, NULL, false}
/* clang-format on */

static const struct field script_fields[] = {FIELD("sha256", SHA256), FIELD("title", TEXT_MAP), END};
static const struct field site_fields[] = {FIELD("sha256", SHA256), END};
static const struct field program_fields[] = {FIELD("version", TEXT), FIELD("sha256", SHA256), END};
static const struct field host_fields[] = {FIELD("os", TEXT), OR_NULL("image", TEXT), END};
static const struct field range_fields[] = {FIELD("minimum", INT), FIELD("maximum", INT), END};
static const struct field role_fields[] = {FIELD("count", COUNT), OR_NULL("quorum", INT), END};
static const struct field person_fields[] = {
        FIELD("person", PERSON), FIELD("role", TEXT), FIELD("vkey", TEXT), OR_NULL("card", SHA256), END};
static const struct field card_fields[] = {FIELD("sha256", SHA256), FIELD("cms", BASE64), END};
static const struct field step_fields[] = {FIELD("id", STEP), FIELD("do", TEXT), OR_NULL("approve", TEXT), END};
static const struct field hsm_fields[] = {FIELD("module", TEXT), FIELD("module_sha256", SHA256), FIELD("label", TEXT),
        FIELD("serial", TEXT), FIELD("login", TEXT), FIELD("software", BOOL), END};
static const struct field previous_fields[] = {FIELD("origin", TEXT), FIELD("size", INT), FIELD("root", ROOT), END};

enum { FIELDS_MAX = 18 };

/* The events of format 1, each with the fields of its data in their order (docs/record-format). */
static const struct {
	const char *name;
	struct field fields[FIELDS_MAX];
} events[EVENTS] = {
        [CEREMONY_OPENED] = {"ceremony.opened",
                {FIELD("format", FORMAT), FIELD("origin", TEXT), FIELD("rehearsal", BOOL), FIELD("console", TEXT),
                        OF("script", OBJECT, script_fields), OF("site", OBJECT, site_fields),
                        OF("program", OBJECT, program_fields), FIELD("libraries", TEXT_MAP),
                        OF("host", OBJECT, host_fields), OF("roles", OBJECT_MAP, role_fields),
                        FIELD("exclusive", GROUPS), FIELD("control", TEXT), OF("people", OBJECTS, person_fields),
                        OF("steps", OBJECTS, step_fields), FIELD("more_steps", INT), OF("hsm", OBJECT_MAP, hsm_fields),
                        {"previous", FORM_OBJECT, previous_fields, true}}},
        [STEPS_LISTED] = {"steps.listed", {FIELD("first", INT), OF("steps", OBJECTS, step_fields)}},
        [STEP_BEGUN] = {"step.begun", {FIELD("kind", TEXT), FIELD("attempt", INT)}},
        [STEP_COMPLETED] = {"step.completed", {FIELD("attempt", INT)}},
        [PERSON_JOINED] = {"person.joined",
                {FIELD("person", PERSON), FIELD("vkey", TEXT), FIELD("name", TEXT), FIELD("organisation", TEXT),
                        FIELD("role", TEXT), FIELD("identity", TEXT)}},
        [PERSON_LEFT] = {"person.left", {FIELD("person", PERSON), FIELD("reason", TEXT)}},
        [TEXT_ACKNOWLEDGED] = {"text.acknowledged",
                {FIELD("person", PERSON), FIELD("word", TEXT), FIELD("text_sha256", SHA256)}},
        [VALUE_OBSERVED] = {"value.observed", {FIELD("name", TEXT), FIELD("person", PERSON), FIELD("text", TEXT)}},
        [VALUE_CONFIRMED] = {"value.confirmed", {FIELD("name", TEXT), FIELD("person", PERSON), FIELD("text", TEXT)}},
        [VALUE_DIFFERED] = {"value.differed", {FIELD("name", TEXT)}},
        [VALUE_DRAWN] = {"value.drawn", {FIELD("what", TEXT), FIELD("source", TEXT), FIELD("value", TEXT)}},
        [FACTS_READ] = {"facts.read", {FIELD("what", TEXT), FIELD("facts", FREE), FIELD("faults", TEXTS)}},
        [SECRET_ENTERED] = {"secret.entered",
                {FIELD("person", PERSON), FIELD("what", TEXT), FIELD("part", INT), FIELD("of_parts", INT)}},
        [ACT_PROPOSED] = {"act.proposed",
                {FIELD("act", TEXT), FIELD("order", FREE), OR_NULL("role", TEXT), FIELD("need", INT)}},
        [APPROVAL_GIVEN] = {"approval.given",
                {FIELD("of", INT), FIELD("person", PERSON), FIELD("cosignature", TEXT), FIELD("console", TEXT),
                        {"card", FORM_OBJECT, card_fields, true}}},
        [APPROVAL_REFUSED] = {"approval.refused", {FIELD("of", INT), FIELD("person", PERSON), FIELD("reason", TEXT)}},
        [ACT_VOIDED] = {"act.voided", {FIELD("of", INT), FIELD("reason", TEXT)}},
        [LOGIN_FAILED] = {"login.failed", {FIELD("person", PERSON), FIELD("count", INT)}},
        [ACT_INTENDED] = {"act.intended", {FIELD("of", INT)}},
        [ACT_DONE] = {"act.done", {FIELD("of", INT), FIELD("facts", FREE)}},
        [ACT_FAILED] = {"act.failed",
                {FIELD("of", INT), FIELD("code", TEXT), OR_NULL("ckr", TEXT), FIELD("sentence", TEXT)}},
        [ARTIFACT_WRITTEN] = {"artifact.written",
                {FIELD("path", PATH), FIELD("bytes", INT), FIELD("sha256", SHA256), FIELD("type", TEXT)}},
        [ARTIFACT_TAKEN] = {"artifact.taken",
                {FIELD("path", PATH), FIELD("bytes", INT), FIELD("sha256", SHA256), FIELD("type", TEXT)}},
        [HSM_LOCKED] = {"hsm.locked", {FIELD("hsm", TEXT)}},
        [CODE_SHOWN] = {"code.shown", {FIELD("what", TEXT), FIELD("sha256", SHA256)}},
        [EXCEPTION_NOTED] = {"exception.noted",
                {OR_NULL("person", PERSON), OR_NULL("acknowledged", PERSON), FIELD("kind", TEXT), FIELD("text", TEXT),
                        FIELD("about", INTS)}},
        [CEREMONY_PAUSED] = {"ceremony.paused",
                {OR_NULL("person", TEXT), FIELD("reason", TEXT), FIELD("cosigners", PEOPLE)}},
        [CEREMONY_RESUMED] = {"ceremony.resumed",
                {FIELD("console", TEXT), FIELD("torn", INT), OR_NULL("torn_sha256", SHA256),
                        OR_NULL("open_intent", INT), FIELD("seal", TEXTS)}},
        [CEREMONY_CLOSED] = {"ceremony.closed", {FIELD("cosigners", PEOPLE), FIELD("exceptions", INT)}},
};

static const struct field line_fields[] = {
        FIELD("seq", INT), FIELD("time", TIME), OR_NULL("step", STEP), FIELD("event", TEXT), FIELD("data", FREE), END};

const char *event_name(enum event event)
{
	return events[event].name;
}

int event_find(const char *name)
{
	for (int i = 0; i < EVENTS; i++)
		if (strcmp(events[i].name, name) == 0)
			return i;
	return -1;
}

bool entry_notes_clock(const struct entry *entry)
{
	return entry->event == EXCEPTION_NOTED && strcmp(json_text(entry->data, "kind"), "clock") == 0;
}

bool exception_is_own(const struct entry *entry)
{
	return entry_notes_clock(entry) ||
	       (entry->event == EXCEPTION_NOTED && strcmp(json_text(entry->data, "kind"), "device") == 0);
}

static bool is_text(const struct json *value)
{
	return value->type == JSON_STRING;
}

static bool is_count(const struct json *value)
{
	return value->type == JSON_INT && value->number >= 0;
}

static bool is_person(const struct json *value)
{
	return is_text(value) && name_is_person(value->text);
}

static bool is_step(const struct json *value)
{
	return is_text(value) && value->len > 0 && value->len <= 64 && value->text[0] != '-' &&
	       strspn(value->text, "abcdefghijklmnopqrstuvwxyz0123456789-") == value->len;
}

static bool is_sha256(const struct json *value)
{
	return is_text(value) && value->len == 64 && strspn(value->text, "0123456789abcdef") == 64;
}

static bool is_root(const struct json *value)
{
	struct bytes root = {0};
	bool is = is_text(value) && base64_decode(value->text, value->len, &root) == 0 && root.len == 32;

	bytes_free(&root);
	return is;
}

static bool is_base64(const struct json *value)
{
	struct bytes data = {0};
	bool is = is_text(value) && base64_decode(value->text, value->len, &data) == 0 && data.len > 0;

	bytes_free(&data);
	return is;
}

static bool is_path(const struct json *value)
{
	static const char folder[] = "artifacts/";
	const char *name;

	if (!is_text(value) || strncmp(value->text, folder, sizeof folder - 1) != 0)
		return false;
	name = value->text + sizeof folder - 1;
	if (name[0] == '\0' || strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
		return false;
	return name[strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-")] == '\0';
}

static bool is_time(const struct json *value)
{
	int64_t ms;

	return is_text(value) && time_parse(value->text, value->len, &ms) == 0;
}

/* Is `value` of `type`, and is every member or element of it such a one? */
static bool all(const struct json *value, enum json_type type, bool (*is)(const struct json *))
{
	if (value->type != type)
		return false;
	for (const struct json *each = value->child; each != NULL; each = each->next)
		if (!is(each))
			return false;
	return true;
}

static bool is_group(const struct json *value)
{
	return all(value, JSON_ARRAY, is_text);
}

/* The sentence for a field (%s: event, %s: field) whose value is not of the form. */
static const char *form_sentence(enum form form)
{
	switch (form) {
	case FORM_FORMAT:
		return N_("%s: this program knows the record format 1 only, not the one in \"%s\".");
	case FORM_INT:
		return N_("%s: \"%s\" must be a whole number, 0 or more.");
	case FORM_BOOL:
		return N_("%s: \"%s\" must be true or false.");
	case FORM_TEXT:
		return N_("%s: \"%s\" must be a text.");
	case FORM_TIME:
		return N_("%s: \"%s\" must be a time like 2026-12-01T09:30:00.123Z.");
	case FORM_PERSON:
		return N_("%s: \"%s\" must be the name of a person's key.");
	case FORM_STEP:
		return N_("%s: \"%s\" must be the id of a step.");
	case FORM_SHA256:
		return N_("%s: \"%s\" must be 64 lower-case hex digits.");
	case FORM_ROOT:
		return N_("%s: \"%s\" must be 32 bytes in base64.");
	case FORM_BASE64:
		return N_("%s: \"%s\" must be bytes in base64.");
	case FORM_PATH:
		return N_("%s: \"%s\" must be the path of a file in artifacts/.");
	case FORM_COUNT:
		return N_("%s: \"%s\" must be a number, or a minimum and a maximum.");
	case FORM_TEXTS:
		return N_("%s: \"%s\" must be a list of texts.");
	case FORM_PEOPLE:
		return N_("%s: \"%s\" must be a list of names of people's keys.");
	case FORM_INTS:
		return N_("%s: \"%s\" must be a list of whole numbers, 0 or more.");
	case FORM_GROUPS:
		return N_("%s: \"%s\" must be a list of lists of texts.");
	case FORM_TEXT_MAP:
		return N_("%s: \"%s\" must be an object of texts.");
	case FORM_OBJECTS:
		return N_("%s: \"%s\" must be a list of objects.");
	case FORM_OBJECT_MAP:
		return N_("%s: \"%s\" must be an object of objects.");
	default:
		return N_("%s: \"%s\" must be an object.");
	}
}

static int fields_check(
        const char *event, const char *where, const struct json *object, const struct field *fields, struct error *e);

/* The forms that are made of others: 0, -1 with `e`, or 1 when the value is not of the form. */
static int nested_check(const char *event, const struct field *field, const struct json *value, struct error *e)
{
	const struct field *of = field->form == FORM_COUNT ? range_fields : field->of;
	enum json_type outer = field->form == FORM_OBJECTS ? JSON_ARRAY : JSON_OBJECT;

	if (field->form == FORM_COUNT && is_count(value))
		return 0;
	if (value->type != outer)
		return 1;
	if (field->form == FORM_OBJECT || field->form == FORM_COUNT)
		return fields_check(event, field->key, value, of, e);
	for (const struct json *each = value->child; each != NULL; each = each->next) {
		if (each->type != JSON_OBJECT)
			return 1;
		if (fields_check(event, field->key, each, of, e) != 0)
			return -1;
	}
	return 0;
}

static bool value_is(const struct json *value, enum form form)
{
	switch (form) {
	case FORM_FORMAT:
		return value->type == JSON_INT && value->number == 1;
	case FORM_INT:
		return is_count(value);
	case FORM_BOOL:
		return value->type == JSON_BOOL;
	case FORM_TEXT:
		return is_text(value);
	case FORM_TIME:
		return is_time(value);
	case FORM_PERSON:
		return is_person(value);
	case FORM_STEP:
		return is_step(value);
	case FORM_SHA256:
		return is_sha256(value);
	case FORM_ROOT:
		return is_root(value);
	case FORM_BASE64:
		return is_base64(value);
	case FORM_PATH:
		return is_path(value);
	case FORM_FREE:
		return value->type == JSON_OBJECT;
	case FORM_TEXTS:
		return all(value, JSON_ARRAY, is_text);
	case FORM_PEOPLE:
		return all(value, JSON_ARRAY, is_person);
	case FORM_INTS:
		return all(value, JSON_ARRAY, is_count);
	case FORM_GROUPS:
		return all(value, JSON_ARRAY, is_group);
	case FORM_TEXT_MAP:
		return all(value, JSON_OBJECT, is_text);
	default:
		return false;
	}
}

static int value_check(const char *event, const struct field *field, const struct json *value, struct error *e)
{
	int nested;

	if (field->or_null && value->type == JSON_NULL)
		return 0;
	switch (field->form) {
	case FORM_COUNT:
	case FORM_OBJECT:
	case FORM_OBJECTS:
	case FORM_OBJECT_MAP:
		nested = nested_check(event, field, value, e);
		if (nested <= 0)
			return nested;
		break;
	default:
		if (value_is(value, field->form))
			return 0;
		break;
	}
	return error_set(e, ERROR_FAULT, form_sentence(field->form), event, field->key);
}

/* Does `object` have exactly these fields in this order? `where` names it when it lies within the data. */
static int fields_check(
        const char *event, const char *where, const struct json *object, const struct field *fields, struct error *e)
{
	const struct json *value = object->child;

	for (; fields->key != NULL; fields++, value = value->next) {
		if (value == NULL || strcmp(value->key, fields->key) != 0)
			return error_set(e, ERROR_FAULT,
			        N_("%s: in \"%s\" the field \"%s\" is missing or not in its place."), event, where,
			        fields->key);
		if (value_check(event, fields, value, e) != 0)
			return -1;
	}
	if (value != NULL)
		return error_set(e, ERROR_FAULT, N_("%s: in \"%s\" the field \"%s\" is one too many."), event, where,
		        value->key);
	return 0;
}

int entry_parse(struct json_doc *doc, const char *line, size_t len, struct entry *out, struct error *e)
{
	const struct json *root, *seq, *time, *step, *event;
	struct entry entry = {.line = line, .len = len};
	int found;

	if (len > ENTRY_MAX)
		return error_set(e, ERROR_FAULT, N_("An entry is longer than %d bytes."), (int)ENTRY_MAX);
	root = json_parse(doc, line, len, e);
	if (root == NULL)
		return -1;
	if (root->type != JSON_OBJECT)
		return error_set(e, ERROR_FAULT, N_("An entry must be a JSON object."));
	if (fields_check("entry", "entry", root, line_fields, e) != 0)
		return -1;
	seq = root->child;
	time = seq->next;
	step = time->next;
	event = step->next;
	entry.data = event->next;
	found = event_find(event->text);
	if (found < 0)
		return error_set(e, ERROR_FAULT, N_("There is no event of the name \"%s\"."), event->text);
	if (fields_check(event->text, "data", entry.data, events[found].fields, e) != 0)
		return -1;
	entry.seq = (uint64_t)seq->number;
	entry.step = step->text;
	entry.event = (enum event)found;
	if (time_parse(time->text, time->len, &entry.time) != 0)
		return error_set(e, ERROR_INTERNAL, N_("The time of an entry cannot be read."));
	*out = entry;
	return 0;
}

int entry_write(uint64_t seq, int64_t time_ms, const char *step, enum event event, const char *data, struct bytes *line,
        struct error *e)
{
	struct json_writer w = {.out = line};
	char time[TIME_TEXT];

	time_format(time_ms, time);
	json_begin_object(&w);
	json_member_int(&w, "seq", (int64_t)seq);
	json_member_text(&w, "time", time);
	json_member_text(&w, "step", step);
	json_member_text(&w, "event", event_name(event));
	json_key(&w, "data");
	json_put_raw(&w, data, strlen(data));
	json_end_object(&w);
	return bytes_end(line, e);
}

int entry_format(uint64_t seq, int64_t time_ms, const char *step, enum event event, const char *data,
        struct bytes *line, struct error *e)
{
	struct json_doc *doc = NULL;
	size_t start = line->len;
	struct entry entry;
	int result = -1;

	if (entry_write(seq, time_ms, step, event, data, line, e) != 0)
		goto out;
	doc = json_doc_new();
	if (doc == NULL) {
		error_memory(e);
		goto out;
	}
	if (entry_parse(doc, bytes_string(line) + start, line->len - start, &entry, e) != 0)
		goto out;
	result = 0;
out:
	if (result != 0 && line->len > start) {
		line->len = start;
		line->data[start] = '\0';
	}
	json_doc_free(&doc);
	return result;
}
