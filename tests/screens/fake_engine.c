/* An engine that holds no ceremony: a list of prompts of every kind, so that screens can be seen and driven alone. */
#include "engine/engine.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include "base/text.h"

enum { SCRIPTED = 13, BUSY_AT = 7, BUSY_SECONDS = 3, LONG_DOCUMENT = 40 };

struct engine {
	size_t at;
	uint64_t size;
	struct prompt *prompt;
	enum engine_status status;
	int timer;
	bool busy_done;
	struct error error;
	struct engine_view view;
	const char *language;
	unsigned exceptions;
	char entry[256];
};

static const struct view_step steps[] = {
        {"roll-call", "attend", STEP_DONE},
        {"read-rules", "read", STEP_DONE},
        {"host", "inspect-host", STEP_EXCEPTION},
        {"clock", "check-clock", STEP_DONE},
        {"identify-root-hsm", "identify-hsm", STEP_DONE},
        {"plate-serial-number", "observe", STEP_DONE},
        {"initialise-root-hsm", "initialise-hsm", STEP_NOW},
        {"unlock", "unlock-hsm", STEP_TO_COME},
        {"root-key", "generate-key", STEP_TO_COME},
        {"root-certificate", "issue-certificate", STEP_TO_COME},
        {"fingerprint", "show-code", STEP_TO_COME},
        {"lock", "lock-hsm", STEP_TO_COME},
        {"carry-out", "carry-out", STEP_TO_COME},
        {"close", "close", STEP_TO_COME},
};
static const struct view_person people[] = {
        {"admin", "伊藤 直樹", "administrator", true, false},
        {"alice", "Alice Sato", "custodian", true, false},
        {"bob", "Bob Suzuki", "custodian", true, true},
        {"carol", "高橋 美緒", "custodian", true, false},
        {"wit", "Walter Tanaka", "witness", true, false},
};
static const struct view_artifact artifacts[] = {
        {"root.tbs", "to-be-signed", 512, "8d9eadc1aabbccddeeff00112233445566778899aabbccddeeff001122334455"},
        {"root.der", "certificate", 634, "1d9eadc1aabbccddeeff00112233445566778899aabbccddeeff001122334455"},
};
static const char *const languages[] = {"ja", "en", NULL};
static const char *const words[] = {"academic", "acid", "acne", "acquire", "acrobat", "activity", "actress", "adapt",
        "adequate", "adjust", "admit", "adorn", "adult", "advance", "advocate", "afraid", "again", "agency", "agree",
        "aide"};

static const char *complete(const char *prefix, size_t len)
{
	const char *found = NULL;

	for (size_t i = 0; len > 0 && i < sizeof(words) / sizeof(words[0]); i++)
		if (strncmp(words[i], prefix, len) == 0) {
			if (found)
				return NULL;
			found = words[i];
		}
	return found;
}

static struct field *field_add(struct prompt *p, const char *name, const char *label, enum field_kind kind)
{
	struct field *f;

	p->field = realloc(p->field, (p->fields + 1) * sizeof(*p->field));
	f = &p->field[p->fields++];
	*f = (struct field){.name = name, .kind = kind, .max = 100};
	f->label.id = label;
	return f;
}

static void person_field(struct prompt *p)
{
	struct field *f = field_add(p, "person", N_("Who answers?"), FIELD_CHOICE);

	f->choice = calloc(3, sizeof(*f->choice));
	for (size_t i = 1; i <= 3; i++) {
		bool gone = false;

		for (size_t s = 0; s < p->signed_count; s++)
			gone |= strcmp(p->signed_by[s], people[i].key_name) == 0;
		if (gone)
			continue;
		f->choice[f->choices].value = strdup(people[i].key_name);
		f->choice[f->choices++].detail = strdup(people[i].name);
	}
}

static void line_add(struct prompt *p, enum line_style style, const char *text)
{
	p->line = realloc(p->line, (p->lines + 1) * sizeof(*p->line));
	p->line[p->lines++] = (struct line){.style = style, .text = strdup(text)};
}

static void approve_make(struct prompt *p, size_t signed_count)
{
	p->kind = PROMPT_APPROVE;
	message_set(&p->title, "Approve: %s", "initialise-hsm");
	message_set(&p->actor, "custodian");
	p->see_all = p->refusable = true;
	p->need = 2;
	p->signed_by = calloc(2, sizeof(char *));
	p->signed_count = signed_count;
	if (signed_count)
		p->signed_by[0] = strdup("alice");
	line_add(p, LINE_HEADING, "Proposal");
	for (int i = 0; i < LONG_DOCUMENT; i++) {
		char text[200];

		snprintf(text, sizeof(text),
		        "hsm root-hsm, property %d: a value of some length that has to be wrapped at 80 cells", i);
		line_add(p, i % 9 == 8 ? LINE_WARNING : LINE_FIXED, text);
	}
	line_add(p, LINE_PLAIN,
	        "発行者: C=JP, O=Example Trust K.K., CN=例示ルート認証局 "
	        "G1、これは長い日本語の行で、罫線を壊してはならない。");
	person_field(p);
	field_add(p, "passphrase", N_("Passphrase of this person's key"), FIELD_SECRET);
}

static void share_show_make(struct prompt *p)
{
	p->kind = PROMPT_SHARE_SHOW;
	message_set(&p->title, "Share of %s", "root-user-pin");
	message_set(&p->actor, "custodian");
	p->person = strdup("alice");
	p->alone = true;
	p->share = secret_new(256, NULL);
	for (size_t i = 0; i < 20; i++) {
		if (i > 0)
			secret_text(p->share, " ");
		secret_text(p->share, words[(i * 7) % 20]);
	}
}

static void observe_make(struct prompt *p)
{
	struct field *f;

	p->kind = PROMPT_OBSERVE;
	message_set(&p->title, "Serial number on the plate");
	for (unsigned page = 0; page < 2; page++) {
		person_field(p);
		p->field[p->fields - 1].page = page;
		p->field[p->fields - 1].name = page ? "person2" : "person1";
		f = field_add(p, page ? "value2" : "value1", N_("Read it off the plate and type it"), FIELD_TEXT);
		f->page = page;
		f->private = true;
		f->pattern = strdup("[0-9]{6}");
		f->example = strdup("123456");
	}
}

static void code_make(struct prompt *p, size_t len)
{
	p->kind = PROMPT_CODE;
	message_set(&p->title, len > 100 ? "Checkpoint" : "Fingerprint of the root certificate");
	for (size_t i = 0; i < len; i++)
		bytes_byte(&p->code, (uint8_t) "0123456789abcdef"[(i * 7 + i / 16) % 16]);
	sha256(p->code.data, p->code.len, p->code_sha256);
}

static void decide_make(struct prompt *p)
{
	struct field *f;

	p->kind = PROMPT_DECIDE;
	message_set(&p->title, "The HSM answered with an error");
	line_add(p, LINE_WARNING, "CKR_PIN_INCORRECT");
	f = field_add(p, "choice", N_("What now?"), FIELD_CHOICE);
	f->choice = calloc(2, sizeof(*f->choice));
	f->choices = 2;
	f->choice[0].value = strdup("retry");
	message_set(&f->choice[0].label, "try it again");
	f->choice[1].value = strdup("end");
	message_set(&f->choice[1].label, "end the step by an exception");
}

static void form_make(struct prompt *p)
{
	struct field *f;

	p->kind = PROMPT_FORM;
	message_set(&p->title, "Roll call");
	f = field_add(p, "role", N_("Role"), FIELD_CHOICE);
	f->choice = calloc(3, sizeof(*f->choice));
	f->choices = 3;
	f->choice[0].value = strdup("administrator");
	f->choice[1].value = strdup("custodian");
	f->choice[2].value = strdup("witness");
	field_add(p, "name", N_("Name"), FIELD_TEXT);
	field_add(p, "organisation", N_("Organisation"), FIELD_TEXT)->optional = true;
	field_add(p, "identity", N_("How was the identity checked?"), FIELD_TEXT);
}

static struct prompt *prompt_make(const struct engine *g)
{
	struct prompt *p = calloc(1, sizeof(*p));

	p->id = g->at + 1;
	p->say = strdup(strcmp(g->language, "ja") == 0 ? "式典管理者は、この手順を声に出して読み上げてください。全員が"
	                                                 "内容を理解したことを確かめてから、次へ進みます。"
	                                               : "The administrator reads this step aloud. Everyone makes sure "
	                                                 "that they have understood it before it goes on.");
	switch (g->at) {
	case 0:
		form_make(p);
		break;
	case 1:
		p->kind = PROMPT_SECRET;
		message_set(&p->title, "Presence of %s", "alice");
		message_set(&p->actor, "custodian");
		p->person = strdup("alice");
		field_add(p, "passphrase", N_("Passphrase of this person's key"), FIELD_SECRET);
		break;
	case 2:
		p->kind = PROMPT_ACKNOWLEDGE;
		message_set(&p->title, "Acknowledge");
		message_set(&p->actor, "administrator");
		field_add(p, "word", N_("The word below says that it was read aloud."), FIELD_WORD)->word =
		        strdup("obsidian");
		break;
	case 3:
		observe_make(p);
		break;
	case 4:
	case 5:
		approve_make(p, g->at - 4);
		break;
	case 6:
		share_show_make(p);
		break;
	case 7:
		p->kind = PROMPT_SHARE_ENTER;
		message_set(&p->title, "Type the share of %s", "root-user-pin");
		p->person = strdup("alice");
		p->alone = true;
		field_add(p, "share", N_("The words of the share"), FIELD_SHARE)->complete = complete;
		break;
	case 8:
		code_make(p, 64);
		break;
	case 9:
		code_make(p, 985);
		break;
	default:
		decide_make(p);
		break;
	}
	return p;
}

struct engine *engine_start(const struct engine_options *options, struct error *e)
{
	struct engine *g = calloc(1, sizeof(*g));

	(void)e;
	g->language = options->language ? options->language : "en";
	g->status = ENGINE_PROMPT;
	g->timer = -1;
	g->size = 40;
	return g;
}

struct engine *engine_resume(const struct engine_options *options, struct error *e)
{
	return engine_start(options, e);
}

void engine_free(struct engine **g)
{
	if (*g)
		prompt_free(&(*g)->prompt);
	free(*g);
	*g = NULL;
}

bool engine_tick(struct engine *g)
{
	(void)g;
	return false;
}

enum engine_status engine_run(struct engine *g)
{
	uint64_t times;

	if (g->status == ENGINE_BUSY && read(g->timer, &times, sizeof(times)) == sizeof(times)) {
		close(g->timer);
		g->timer = -1;
		g->busy_done = true;
		g->status = ENGINE_PROMPT;
	}
	if (g->status == ENGINE_PROMPT && g->at == BUSY_AT && !g->busy_done) {
		struct itimerspec in = {.it_value = {.tv_sec = BUSY_SECONDS}};

		g->timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
		timerfd_settime(g->timer, 0, &in, NULL);
		g->view.act_since = time_now_ms();
		g->status = ENGINE_BUSY;
	}
	if (g->status == ENGINE_PROMPT && g->at >= SCRIPTED)
		g->status = ENGINE_CLOSED;
	if (g->status == ENGINE_PROMPT && !g->prompt)
		g->prompt = prompt_make(g);
	return g->status;
}

int engine_fd(const struct engine *g)
{
	return g->timer;
}

const struct prompt *engine_prompt(const struct engine *g)
{
	return g->prompt;
}

/* "wrong" is a wrong passphrase, and a share that does not begin with the first word has a wrong word. */
static int answer_check(const struct engine *g, struct answer *a, struct error *e)
{
	int result = 0;

	for (size_t i = 0; i < a->values; i++) {
		const struct secret *s = a->value[i].secret;

		if (s && strcmp((const char *)s->data, "wrong") == 0)
			result = error_set(e, ERROR_FAULT,
			        "That passphrase does not unlock the key of %s; type it again.", "alice");
		if (s && g->prompt->kind == PROMPT_SHARE_ENTER && strncmp((const char *)s->data, "academic", 8) != 0)
			result = error_set(e, ERROR_FAULT, "Word %u of the share is wrong; look at it again.", 1U);
	}
	if (result == 0 && g->prompt->see_all && !a->seen_all)
		result = error_set(e, ERROR_FAULT, "The proposal was not read to its end.");
	return result;
}

int engine_answer(struct engine *g, struct answer *a, struct error *e)
{
	if (a->prompt != g->prompt->id)
		return error_set(e, ERROR_INTERNAL, "This answer is to another prompt.");
	g->size++;
	if (a->action == ANSWER_PAUSE) {
		g->status = ENGINE_PAUSED;
		return 0;
	}
	if (a->action == ANSWER_EXCEPTION)
		g->exceptions++;
	if (a->action == ANSWER_EXCEPTION || a->action == ANSWER_LEAVE)
		return 0;
	if (a->action == ANSWER_GIVE && answer_check(g, a, e) < 0)
		return -1;
	prompt_free(&g->prompt);
	g->at++;
	return 0;
}

const struct error *engine_error(const struct engine *g)
{
	return g->error.message.id ? &g->error : NULL;
}

void engine_language(struct engine *g, const char *language)
{
	g->language = strcmp(language, "ja") == 0 ? "ja" : "en";
	if (g->prompt) {
		prompt_free(&g->prompt);
		g->prompt = prompt_make(g);
	}
}

void engine_interrupt(struct engine *g, const char *reason)
{
	(void)reason;
	g->status = ENGINE_PAUSED;
}

bool engine_stop_act(struct engine *g)
{
	(void)g;
	return false;
}

const struct engine_view *engine_view(struct engine *g)
{
	struct engine_view *v = &g->view;

	v->title = strcmp(g->language, "ja") == 0 ? "ルート認証局 G1 鍵生成" : "Root CA G1 key generation";
	v->origin = "rehearsal/example.jp/ceremony/root-g1/20261122T030000Z-0123abcd";
	v->record = "root-g1.record";
	v->rehearsal = true;
	v->size = g->size;
	sha256(&g->size, sizeof(g->size), v->root);
	v->step = steps;
	v->steps = sizeof(steps) / sizeof(steps[0]);
	v->current = g->status == ENGINE_CLOSED ? v->steps : 6;
	v->person = people;
	v->people = sizeof(people) / sizeof(people[0]);
	v->act = g->status == ENGINE_BUSY ? "generate-key" : NULL;
	v->exceptions = g->exceptions;
	v->language = g->language;
	v->languages = languages;
	v->artifact = artifacts;
	v->artifacts = sizeof(artifacts) / sizeof(artifacts[0]);
	return v;
}

int engine_artifact(struct engine *g, size_t index, size_t max, struct bytes *out, struct error *e)
{
	(void)g;
	for (size_t i = 0; i < artifacts[index].bytes && i < max; i++)
		bytes_byte(out, (uint8_t)(i * i / 7 + index));
	return bytes_end(out, e);
}

const char *engine_entry(struct engine *g, uint64_t seq)
{
	if (seq >= g->size)
		return NULL;
	snprintf(g->entry, sizeof(g->entry),
	        "{\"seq\":%llu,\"time\":\"2026-11-22T03:00:00.000Z\",\"step\":\"roll-call\",\"event\":\"%s\",\"data\":{"
	        "\"name\":\"伊藤 直樹\",\"text\":\"an "
	        "entry of a record that is long enough to be cut\"}}",
	        (unsigned long long)seq, seq % 7 == 3 ? "exception.noted" : "person.joined");
	return g->entry;
}

const char *const *engine_help(const struct engine *g)
{
	static const char *const help[] = {N_("This step makes the HSM ready."), NULL};

	(void)g;
	return help;
}
