/* What may be typed at any question. */
#include "screens/plain.h"

#include <stdio.h>
#include <string.h>

#include "base/bytes.h"
#include "base/print.h"
#include "screens/say.h"
#include "screens/sheet.h"

static void help_print(struct plain *p, const char *rest)
{
	const char *const *help = engine_help(p->g);

	(void)rest;
	for (; help && *help; help++)
		print_out("%s\n", _(*help));
	print_out("%s\n", _("At any question: :help :exception :amend :pause :people :leave :transcript :artifacts "
	                    ":language; for "
	                    "an "
	                    "approval :refuse; "
	                    "in a form of these commands :back."));
}

static void people_print(struct plain *p, const char *rest)
{
	const struct engine_view *v = engine_view(p->g);

	(void)rest;
	for (size_t i = 0; i < v->people; i++) {
		struct bytes role = {0};

		say_role(&role, v->person[i].role);
		print_out("  %s  %s  %s  %s%s%s\n", bytes_string(&role), v->person[i].key_name,
		        v->person[i].name ? v->person[i].name : "", v->person[i].present ? _("present") : _("has left"),
		        v->person[i].locked ? "  " : "", v->person[i].locked ? _("locked for a minute") : "");
		bytes_free(&role);
	}
	if (v->people == 0)
		print_out("%s\n", _("Nobody has joined yet."));
}

static void transcript_print(struct plain *p, const char *rest)
{
	const char *entry;

	(void)rest;
	for (uint64_t seq = 0; (entry = engine_entry(p->g, seq)) != NULL; seq++)
		print_out("%s\n", entry);
}

static void artifacts_print(struct plain *p, const char *rest)
{
	const struct engine_view *v = engine_view(p->g);

	(void)rest;
	for (size_t i = 0; i < v->artifacts; i++)
		print_out("  %s  %s  %llu  %s\n", v->artifact[i].path, v->artifact[i].type,
		        (unsigned long long)v->artifact[i].bytes, v->artifact[i].sha256);
	if (v->artifacts == 0)
		print_out("%s\n", _("There are no artifacts yet."));
}

static void language_switch(struct plain *p, const char *rest)
{
	const char *wanted = *rest ? rest : strcmp(p->language, "ja") == 0 ? "en" : "ja";
	const struct engine_view *v = engine_view(p->g);
	bool cannot;

	p->language = language_choose(wanted, &cannot);
	if (cannot)
		print_out("%s\n", _("This terminal cannot show Japanese; it goes on in English."));
	for (size_t i = 0; v->languages && v->languages[i]; i++)
		if (strcmp(v->languages[i], p->language) == 0) {
			engine_language(p->g, p->language);
			p->asked = false; /* the prompt is another one now: print it again */
			return;
		}
}

/* Asks the fields of a sheet and gives it to the engine. */
static void sheet_ask(struct plain *p, enum answer_action action)
{
	const struct prompt *asked = engine_prompt(p->g);
	struct prompt *sheet = NULL;
	struct answer *a = NULL;
	struct error e = {0};

	sheet = sheet_new(action, engine_view(p->g), asked, &e);
	if (!sheet)
		goto failed;
	a = answer_new(sheet);
	if (!a) {
		error_memory(&e);
		goto failed;
	}
	a->prompt = asked ? asked->id : 0;
	a->action = action;
	plain_say(&sheet->title);
	for (size_t i = 0; i < sheet->fields; i++) {
		enum plain_line line = plain_field(p, &sheet->field[i], a, false);

		if (line != PLAIN_LINE)
			goto out;
	}
	if (engine_answer(p->g, a, &e) < 0)
		goto failed;
	/* An exception leaves the question as it was, and what was answered of it. */
	p->answered = !asked || !engine_prompt(p->g) || engine_prompt(p->g)->id != a->prompt;
	goto out;
failed:
	plain_error(&e);
out:
	answer_free(&a);
	prompt_free(&sheet);
}

static void exception_ask(struct plain *p, const char *rest)
{
	(void)rest;
	sheet_ask(p, ANSWER_EXCEPTION);
}

static void pause_ask(struct plain *p, const char *rest)
{
	(void)rest;
	sheet_ask(p, ANSWER_PAUSE);
}

static void leave_ask(struct plain *p, const char *rest)
{
	(void)rest;
	sheet_ask(p, ANSWER_LEAVE);
}

static void amend_ask(struct plain *p, const char *rest)
{
	(void)rest;
	sheet_ask(p, ANSWER_AMEND);
}

static void refuse_ask(struct plain *p, const char *rest)
{
	(void)rest;
	if (engine_prompt(p->g)->refusable)
		sheet_ask(p, ANSWER_REFUSE);
	else
		print_out("%s\n", _("There is nothing to refuse here."));
}

bool plain_command(struct plain *p, const char *line)
{
	static const struct {
		const char *name;
		void (*run)(struct plain *p, const char *rest);
	} commands[] = {
	        {":help", help_print},
	        {":exception", exception_ask},
	        {":amend", amend_ask},
	        {":pause", pause_ask},
	        {":people", people_print},
	        {":leave", leave_ask},
	        {":transcript", transcript_print},
	        {":artifacts", artifacts_print},
	        {":language", language_switch},
	        {":refuse", refuse_ask},
	};
	size_t len = strcspn(line, " ");

	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		if (strlen(commands[i].name) == len && strncmp(commands[i].name, line, len) == 0) {
			commands[i].run(p, line[len] ? line + len + 1 : "");
			return true;
		}
	return false;
}
