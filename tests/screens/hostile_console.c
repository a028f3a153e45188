/* The screens over an engine that holds nothing but hostile text, raw, wherever text can stand:
 * hostile_console en|ja screens|plain FILE... shows what each file holds, one after another. No guard of the engine is
 * in the way: what is tried here is the last one, that of screens and lines themselves. */
#include "engine/engine.h"

#define engine_view(g)         tame_view(g)
#define engine_run(g)          tame_run(g)
#define engine_answer(g, a, e) tame_answer(g, a, e)
#define engine_error(g)        tame_error(g)
#define engine_entry(g, seq)   tame_entry(g, seq)
#include "tests/screens/fake_engine.c"
#undef engine_view
#undef engine_run
#undef engine_answer
#undef engine_error
#undef engine_entry

#include "base/file.h"
#include "base/secret.h"
#include "screens/screens.h"

enum { CASES = 99, STEPS = 3, ROOM = 400 };

struct hostile {
	struct bytes text[CASES];
	size_t cases, at;
	struct error notice;
	struct view_step step[STEPS];
	struct view_person person[2];
	struct view_artifact artifact;
	char entry[1000], number[32];
};

/* The functions below are given a tame engine, which holds no hostile one. */
static struct hostile hostile;

static const char *text_now(void)
{
	return bytes_string(&hostile.text[hostile.at < hostile.cases ? hostile.at : 0]);
}

const struct error *engine_error(const struct engine *g)
{
	(void)g;
	error_set(&hostile.notice, ERROR_TOKEN, "The token says: %s", text_now());
	return &hostile.notice;
}

const char *engine_entry(struct engine *g, uint64_t seq)
{
	(void)g;
	snprintf(hostile.entry, sizeof(hostile.entry), "{\"seq\":%llu,\"data\":{\"name\":\"%s\"}}",
	        (unsigned long long)seq, text_now());
	return seq < 3 ? hostile.entry : NULL;
}

const struct engine_view *engine_view(struct engine *g)
{
	const char *text = text_now();
	struct engine_view *v = (struct engine_view *)tame_view(g);

	hostile.step[0] = (struct view_step){text, text, STEP_DONE};
	hostile.step[1] = (struct view_step){text, text, STEP_NOW};
	snprintf(hostile.number, sizeof(hostile.number), "case-%zu", hostile.at + 1);
	hostile.step[2] = (struct view_step){hostile.number, "close", STEP_TO_COME};
	hostile.person[0] = (struct view_person){"alice", text, "custodian", true, false};
	hostile.person[1] = (struct view_person){"bob", "Bob Suzuki", text, true, true};
	hostile.artifact = (struct view_artifact){text, text, 512, artifacts[0].sha256};
	v->title = text;
	v->step = hostile.step;
	v->steps = STEPS;
	v->current = 1;
	v->person = hostile.person;
	v->people = 2;
	v->artifact = &hostile.artifact;
	v->artifacts = 1;
	v->size = 3;
	memset(v->root, 0x5a, sizeof(v->root));
	return v;
}

static void message_line(struct prompt *p, const char *text)
{
	line_add(p, LINE_PLAIN, "");
	message_set(&p->line[p->lines - 1].message, "subject: CN=%s, C=JP", text);
}

static struct prompt *hostile_prompt(const char *text)
{
	struct prompt *p = calloc(1, sizeof(*p));
	struct field *f;

	p->id = hostile.at + 1;
	p->kind = PROMPT_FORM;
	message_set(&p->title, "Roll call of %s", text);
	message_set(&p->actor, "custodian");
	p->person = strdup("alice");
	message_line(p, text);
	line_add(p, LINE_FIXED, text);
	line_add(p, LINE_WARNING, text);
	f = field_add(p, "who", NULL, FIELD_CHOICE);
	message_set(&f->label, "Who?");
	f->choice = calloc(2, sizeof(*f->choice));
	f->choices = 2;
	f->choice[0].value = strdup("alice");
	f->choice[0].detail = strdup(text);
	f->choice[1].value = strdup(text);
	field_add(p, "text", N_("Full name"), FIELD_TEXT)->optional = true;
	return p;
}

enum engine_status engine_run(struct engine *g)
{
	if (hostile.at >= hostile.cases)
		return ENGINE_CLOSED;
	if (!g->prompt)
		g->prompt = hostile_prompt(text_now());
	return ENGINE_PROMPT;
}

int engine_answer(struct engine *g, struct answer *a, struct error *e)
{
	(void)e;
	if (a->action == ANSWER_PAUSE)
		hostile.at = hostile.cases;
	prompt_free(&g->prompt);
	hostile.at += hostile.at < hostile.cases;
	return 0;
}

int main(int argc, char **argv)
{
	struct screen_options options = {0};
	struct engine_options engine_options = {0};
	struct error e = {0};
	struct engine *g;
	bool cannot;

	if (argc < 4 || secret_init(&e) < 0)
		return 2;
	for (int i = 3; i < argc && hostile.cases < CASES; i++) {
		struct bytes *text = &hostile.text[hostile.cases++];

		if (file_read(argv[i], ROOM, text, &e) < 0)
			return 1;
	}
	options.language = engine_options.language = language_choose(argv[1], &cannot);
	g = engine_start(&engine_options, &e);
	if (strcmp(argv[2], "plain") == 0)
		plain_run(g, &options, &e);
	else
		console_run(g, &options, &e);
	engine_free(&g);
	return 0;
}
