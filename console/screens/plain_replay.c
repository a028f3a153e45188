/* A record gone through again as lines of text: a command a line, the same content as the screens. */
#include "screens/plain.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/print.h"
#include "screens/say.h"
#include "screens/signals.h"

struct reader {
	struct plain plain;
	struct replay *r;
	bool over;
	struct error error;
};

static void root_print(const struct replay *r)
{
	const struct engine_view *v = replay_view(r);
	struct bytes text = {0};

	if (!replay_root_known(r)) {
		print_out("! %s\n", _("No root of the log is known here."));
		return;
	}
	print_out(_("Root of the log of %llu entries:"), (unsigned long long)v->size);
	say_hex_groups(&text, v->root, sizeof(v->root));
	print_out("\n%s\n", bytes_string(&text));
	bytes_clear(&text);
	say_words(&text, v->root, sizeof(v->root));
	print_out("%s\n", bytes_string(&text));
	bytes_free(&text);
}

static void page_print(struct reader *p)
{
	const struct engine_view *v = replay_view(p->r);

	print_out("\n");
	if (v->rehearsal)
		print_out("*** %s ***\n", _("REHEARSAL - nothing made here is real"));
	if (v->software)
		print_out("*** %s ***\n", _("SOFTWARE TOKEN - the key is not in an HSM"));
	if (replay_is_beyond(p->r))
		print_out("*** %s ***\n", _("NOT VERIFIED - the record does not hold here"));
	plain_lines(replay_document(p->r));
	if (v->current < v->steps) {
		print_out(_("Step %zu of %zu: %s"), v->current + 1, v->steps, v->step[v->current].id);
		print_out("\n");
	}
	root_print(p->r);
}

static void move(struct reader *p, bool found, size_t position)
{
	if (!found)
		print_out("! %s\n", _("There is none."));
	else if (replay_go(p->r, position, &p->error) < 0)
		p->over = true;
	else
		page_print(p);
}

static void goal(struct reader *p, enum replay_goal what, bool back)
{
	size_t position = 0;
	bool found = replay_find(p->r, what, back, &position);

	move(p, found, position);
}

static void search(struct reader *p, const char *text, bool back)
{
	size_t position = 0;
	bool found = replay_search(p->r, text, back, &position);

	move(p, found, position);
}

static void number_go(struct reader *p, const char *rest)
{
	char *end = NULL;
	size_t position = strtoul(rest, &end, 10);

	move(p, *rest >= '0' && *rest <= '9' && !*end && position < replay_count(p->r), position);
}

static void people_print(const struct replay *r)
{
	const struct engine_view *v = replay_view(r);

	for (size_t i = 0; i < v->people; i++) {
		struct bytes role = {0};

		say_role(&role, v->person[i].role);
		print_out("  %s  %s  %s  %s\n", bytes_string(&role), v->person[i].key_name, v->person[i].name,
		        v->person[i].present ? _("present") : _("has left"));
		bytes_free(&role);
	}
	if (v->people == 0)
		print_out("%s\n", _("Nobody has joined yet."));
}

static void steps_print(const struct replay *r)
{
	static const char *const states[] = {N_("to come"), N_("now"), N_("done"), N_("exception")};
	const struct engine_view *v = replay_view(r);

	for (size_t i = 0; i < v->steps; i++)
		print_out("  %zu  %s  %s\n", i + 1, v->step[i].id, _(states[v->step[i].state]));
	if (v->say && *v->say)
		print_out("%s\n", v->say);
}

static void files_print(struct reader *p, const char *rest)
{
	const struct engine_view *v = replay_view(p->r);
	char *end = NULL;
	size_t number = strtoul(rest, &end, 10);

	if (*rest && !*end && number > 0 && number <= v->artifacts) {
		struct prompt *decoded = replay_artifact(p->r, number - 1, &p->error);

		if (decoded)
			plain_lines(decoded);
		prompt_free(&decoded);
		return;
	}
	for (size_t i = 0; i < v->artifacts; i++)
		print_out("  %zu  %s  %s  %llu  %s\n", i + 1, v->artifact[i].path, v->artifact[i].type,
		        (unsigned long long)v->artifact[i].bytes, v->artifact[i].sha256);
	if (v->artifacts == 0)
		print_out("%s\n", _("There are no artifacts yet."));
}

static void language_switch(struct reader *p)
{
	bool cannot;

	p->plain.language = language_choose(strcmp(p->plain.language, "ja") == 0 ? "en" : "ja", &cannot);
	if (cannot)
		print_out("%s\n", _("This terminal cannot show Japanese; it goes on in English."));
	replay_language(p->r, p->plain.language);
	page_print(p);
}

static void help_print(void)
{
	print_out("%s\n",
	        _("n, p: next and previous entry. f, l: first and last. v: the verdicts at the end. g N: entry N. s "
	          "STEP: "
	          "a "
	          "step by name or number. t TIME: a time. e, a, x: next exception, approval, act; E, A, X: the one "
	          "before. /TEXT, ?TEXT: search forward, backward. w: people. y: steps. d: files; d N: file N decoded. "
	          "j: "
	          "the other language. h: help. q: leave."));
}

static void letter_do(struct reader *p, char letter, const char *rest)
{
	size_t at = replay_at(p->r), count = replay_count(p->r), position = 0;
	bool found;

	switch (letter) {
	case 'n':
		move(p, at < count, at + 1);
		break;
	case 'p':
		move(p, at > 0, at - (at > 0));
		break;
	case 'f':
		move(p, true, 0);
		break;
	case 'l':
		move(p, true, count > 0 ? count - 1 : 0);
		break;
	case 'v':
		move(p, true, count);
		break;
	case 'g':
		number_go(p, rest);
		break;
	case 's':
		found = replay_find_step(p->r, rest, &position);
		move(p, found, position);
		break;
	case 't':
		found = replay_find_time(p->r, rest, &position);
		move(p, found, position);
		break;
	case 'e':
	case 'E':
		goal(p, REPLAY_EXCEPTION, letter == 'E');
		break;
	case 'a':
	case 'A':
		goal(p, REPLAY_APPROVAL, letter == 'A');
		break;
	case 'x':
	case 'X':
		goal(p, REPLAY_ACT, letter == 'X');
		break;
	case 'w':
		people_print(p->r);
		break;
	case 'y':
		steps_print(p->r);
		break;
	case 'd':
		files_print(p, rest);
		break;
	case 'j':
		language_switch(p);
		break;
	case 'q':
		p->over = true;
		break;
	case '\0':
		break;
	default:
		help_print();
		break;
	}
}

static void command_do(struct reader *p, const char *line)
{
	const char *rest = *line ? line + 1 : line;

	if (*line == '/' || *line == '?') {
		search(p, rest, *line == '?');
	} else if (*rest && *rest != ' ') {
		help_print();
	} else {
		rest += strspn(rest, " ");
		letter_do(p, *line, rest);
	}
}

int plain_replay(struct replay *r, const struct screen_options *options, struct error *e)
{
	struct reader p = {.r = r};
	struct bytes line = {0};
	bool cut;

	p.plain.options = options;
	p.plain.tty_in = isatty(STDIN_FILENO);
	p.plain.tty_out = isatty(STDOUT_FILENO);
	p.plain.language = options->language && *options->language ? options->language : "en";
	p.plain.signals = signals_catch(e);
	if (p.plain.signals < 0)
		return -1;
	signals_interrupt();
	print_out("%s\n%s\n", replay_view(r)->title, replay_view(r)->origin);
	page_print(&p);
	while (!p.over) {
		print_out("%s", "> ");
		bytes_clear(&line);
		if (plain_read(&p.plain, &line, NULL, &cut) != PLAIN_LINE)
			break;
		command_do(&p, bytes_string(&line));
		if (ferror(stdout))
			break;
	}
	bytes_free(&line);
	signals_release();
	if (p.error.code && e)
		*e = p.error;
	return p.error.code || fflush(stdout) != 0 ? -1 : 0;
}
