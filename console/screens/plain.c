/* The ceremony as lines of text, one question at a time: for screen readers, serial consoles, tests. */
#include "screens/plain.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/print.h"
#include "base/text.h"
#include "screens/say.h"
#include "screens/signals.h"
#include "screens/slip.h"

enum { PLAYER_TRIES = 3, PROGRESS_MS = 5000, CODE_TEXT_MAX = 4096 };

static void notice_print(struct plain *p)
{
	const struct error *notice = engine_error(p->g);
	struct bytes text = {0};

	if (!notice || !notice->message.id)
		goto out;
	say_message(&text, &notice->message);
	if (strcmp(bytes_string(&text), bytes_string(&p->notice)) == 0)
		goto out;
	print_out("! %s\n", bytes_string(&text));
	bytes_clear(&p->notice);
	bytes_text(&p->notice, bytes_string(&text));
out:
	bytes_free(&text);
}

static void head_print(const struct engine_view *v)
{
	if (v->rehearsal)
		print_out("*** %s ***\n", _("REHEARSAL - nothing made here is real"));
	if (v->software)
		print_out("*** %s ***\n", _("SOFTWARE TOKEN - the key is not in an HSM"));
	print_out("%s\n%s\n", v->title, v->origin);
}

static void step_print(struct plain *p, const struct engine_view *v)
{
	struct bytes words = {0};

	if (v->current == p->step || v->current >= v->steps)
		return;
	p->step = v->current;
	say_words(&words, v->root, 4);
	print_out("\n== ");
	print_out(_("Step %zu of %zu: %s"), v->current + 1, v->steps, v->step[v->current].id);
	print_out(" (%s) ==\n", v->step[v->current].kind);
	if (v->rehearsal)
		print_out("*** %s ***\n", _("REHEARSAL - nothing made here is real"));
	print_out(_("Log: %llu entries, %s"), (unsigned long long)v->size, bytes_string(&words));
	print_out("\n");
	bytes_free(&words);
}

void plain_lines(const struct prompt *q)
{
	for (size_t i = 0; i < q->lines; i++) {
		const struct line *line = &q->line[i];

		print_out("%s", line->style == LINE_WARNING ? "! " : line->style == LINE_HEADING ? "# " : "");
		if (line->message.id)
			plain_say(&line->message);
		else
			print_out("%s\n", line->text ? line->text : "");
	}
}

/* What the code holds, where people can read it. */
static void code_text(const struct bytes *code, struct bytes *out)
{
	const char *at = bytes_string(code), *end = at + code->len;

	if (code->len > CODE_TEXT_MAX || memchr(at, 0, code->len) || !text_is_utf8(at, code->len)) {
		bytes_printf(
		        out, _("The QR code itself is shown only on the full screen; it holds %zu bytes."), code->len);
		return;
	}
	bytes_text(out, _("The QR code itself is shown only on the full screen; it holds:"));
	while (at < end) {
		size_t len = strcspn(at, "\n");

		bytes_byte(out, '\n');
		text_visible(out, at, len);
		at += len + 1;
	}
}

static void code_print(const struct prompt *q)
{
	struct bytes text = {0};

	if (q->kind != PROMPT_CODE)
		return;
	code_text(&q->code, &text);
	print_out("%s\n", bytes_string(&text));
	bytes_clear(&text);
	say_hex_groups(&text, q->code_sha256, sizeof(q->code_sha256));
	print_out("SHA-256: %s\n", bytes_string(&text));
	bytes_clear(&text);
	say_words(&text, q->code_sha256, sizeof(q->code_sha256));
	print_out("%s %s\n", _("PGP words:"), bytes_string(&text));
	bytes_free(&text);
}

static void prompt_print(struct plain *p, const struct prompt *q)
{
	const struct engine_view *v = engine_view(p->g);
	struct bytes text = {0};

	step_print(p, v);
	print_out("\n");
	plain_say(&q->title);
	if (q->actor.id) {
		say_actor(&text, &q->actor);
		print_out("[%s%s", bytes_string(&text), q->person ? ": " : "");
		bytes_clear(&text);
		if (q->person)
			say_person(&text, v, q->person);
		print_out("%s]\n", bytes_string(&text));
	}
	if (q->say)
		print_out("%s\n", q->say);
	plain_lines(q);
	code_print(q);
	bytes_clear(&text);
	say_signatures(&text, q);
	if (text.len > 0)
		print_out("%s\n", bytes_string(&text));
	if (q->alone)
		print_out("%s\n", _("For one person's eyes alone: everyone else looks away now."));
	bytes_free(&text);
	p->asked = true;
	p->shown = q->id;
}

static enum plain_line enter_wait(struct plain *p, const char *question)
{
	enum plain_line result;
	struct bytes text = {0};
	bool cut;

	print_out("%s\n", question);
	print_out("%s", "> ");
	result = plain_ask(p, &text, NULL, true, &cut);
	bytes_free(&text);
	return result;
}

static void share_print(const struct secret *share)
{
	unsigned word = 0;
	size_t at = 0;

	while (at < share->len) {
		const uint8_t *blank = memchr(share->data + at, ' ', share->len - at);
		size_t len = blank ? (size_t)(blank - (share->data + at)) : share->len - at;

		print_out("%2u ", ++word);
		if (print_secret(share->data + at, len) < 0)
			return;
		print_out("\n");
		at += len + 1;
	}
	fflush(stdout);
}

static void screen_clear(struct plain *p)
{
	static const char clear[] = "\033[H\033[2J\033[3J"; /* the scrollback too */

	if (!p->tty_out)
		return;
	print_data(clear, sizeof(clear) - 1);
	print_flush();
}

static enum plain_line share_show(struct plain *p, const struct prompt *q)
{
	enum plain_line result = enter_wait(p, _("Press Enter when only this person sees the screen."));

	if (result != PLAIN_LINE)
		return result;
	share_print(q->share);
	do
		result = enter_wait(p, _("Press Enter when all the words are written down."));
	while (result == PLAIN_COMMAND);
	screen_clear(p);
	return result;
}

/* Asks the whole form. PLAIN_COMMAND: something else was done in between, ask anew where the fields ended. */
static enum plain_line form_ask(struct plain *p, struct answer *a, size_t *done)
{
	const struct prompt *q = engine_prompt(p->g);
	enum plain_line result = PLAIN_LINE;

	if (q->kind == PROMPT_SHARE_SHOW && q->share && *done == 0) {
		result = share_show(p, q);
		if (result != PLAIN_LINE)
			return result;
	} else if (q->fields == 0) {
		return enter_wait(p, _("Press Enter to go on."));
	}
	/* After a command the prompt may be made anew. */
	for (; result == PLAIN_LINE && *done < q->fields; *done += result == PLAIN_LINE) {
		if (*done > 0 && q->field[*done].page != q->field[*done - 1].page && q->field[*done - 1].private)
			screen_clear(p);
		result = plain_field(p, &q->field[*done], a, true);
	}
	return result;
}

static void played_print(const struct prompt *q, const struct answer *a)
{
	if (q->kind == PROMPT_SHARE_SHOW)
		print_out("  %s\n", _("(hidden)"));
	if (a->action == ANSWER_LEAVE)
		print_out("  %s %s\n", _("Who leaves?"), answer_text(a, "person"));
	for (size_t i = 0; i < q->fields && a->action == ANSWER_GIVE; i++) {
		const struct field *f = &q->field[i];
		struct bytes label = {0};

		say_message(&label, &f->label);
		print_out("  %s: %s\n", label.len ? bytes_string(&label) : f->name,
		        f->kind == FIELD_SECRET || f->kind == FIELD_SHARE ? _("(hidden)") : answer_text(a, f->name));
		bytes_free(&label);
	}
	fflush(stdout);
}

static void pace_wait(const struct plain *p)
{
	struct timespec pause = {
	        .tv_sec = p->options->pace_ms / 1000, .tv_nsec = (long)(p->options->pace_ms % 1000) * 1000000};

	nanosleep(&pause, NULL);
}

static int played(struct plain *p, struct answer *a, struct error *e)
{
	const struct prompt *q = engine_prompt(p->g);
	bool stop, resized;

	if (player_play(p->options->player, engine_view(p->g), q, a, e) < 0)
		return -1;
	played_print(q, a);
	pace_wait(p);
	signals_take(&stop, &resized);
	p->lost |= stop;
	return 0;
}

/* One prompt until it is answered, paused, or the terminal is lost. -1 only when the player knows no answer. */
static int prompt_do(struct plain *p, struct error *e)
{
	const struct prompt *q = engine_prompt(p->g);
	uint64_t id = q->id;
	struct answer *a = NULL;
	unsigned tries = 0;
	size_t done = 0;
	int result = -1;

	p->answered = false;
	while (!p->answered && !p->lost) {
		enum plain_line line = PLAIN_LINE;

		q = engine_prompt(p->g);
		if (!q || q->id != id)
			break;
		if (!p->asked || p->shown != id)
			prompt_print(p, q);
		if (!a && !(a = answer_new(q))) {
			error_memory(e);
			goto out;
		}
		a->action = ANSWER_GIVE; /* unless the player says otherwise */
		if (!p->options->player)
			line = form_ask(p, a, &done);
		else if (played(p, a, e) < 0)
			goto out;
		if (line != PLAIN_LINE || p->lost)
			continue;
		a->seen_all = true;
		p->answered = engine_answer(p->g, a, e) == 0;
		if (p->answered)
			break;
		if (p->options->player && ++tries >= PLAYER_TRIES)
			goto out;
		plain_error(e);
		answer_free(&a);
		done = 0;
	}
	*e = (struct error){0};
	result = 0;
out:
	answer_free(&a);
	return result;
}

/* How far an act of many things is, a line now and then. */
static void progress_print(struct plain *p, const struct engine_view *v)
{
	int64_t now = time_up_ms(), seconds = (now - v->act_since) / 1000;

	if (now - p->told_at < PROGRESS_MS || !v->act_done)
		return;
	p->told_at = now;
	print_out(_("%llu of %llu"), (unsigned long long)v->act_done, (unsigned long long)v->act_total);
	print_out("%s", ", ");
	print_out(_("about %lld s left"), (long long)((uint64_t)seconds * (v->act_total - v->act_done) / v->act_done));
	print_out("\n");
	fflush(stdout);
}

/* A line that was typed while the HSM works: an exception, or nothing. */
static void busy_line(struct plain *p)
{
	struct bytes text = {0};
	bool cut;

	if (plain_read(p, &text, NULL, &cut) == PLAIN_LINE && strcmp(bytes_string(&text), ":exception") == 0)
		plain_command(p, ":exception");
	else if (!p->lost)
		print_out("%s\n", _("The HSM works on an act: only :exception can be typed now."));
	bytes_free(&text);
}

static void busy_wait(struct plain *p)
{
	/* What waits in a pipe answers the next question: only who sits at a terminal speaks up while the HSM works. */
	struct pollfd fds[3] = {{.fd = engine_fd(p->g), .events = POLLIN}, {.fd = p->signals, .events = POLLIN},
	        {.fd = p->tty_in && !p->options->player ? STDIN_FILENO : -1, .events = POLLIN}};
	const struct engine_view *v = engine_view(p->g);
	bool stop, resized;

	if (v->act && !p->announced) {
		struct bytes text = {0};

		say_act(&text, v->act);
		print_out("%s …\n", bytes_string(&text));
		if (v->on_device)
			print_out("%s\n", _("The PIN is entered on the HSM's own device now, not here."));
		bytes_free(&text);
		fflush(stdout);
		p->told_at = time_up_ms();
	} else if (v->act && v->act_total) {
		progress_print(p, v);
	}
	p->announced |= v->act != NULL;
	if (poll(fds, 3, -1) < 0 && errno != EINTR)
		p->lost = true;
	if (fds[1].revents) {
		signals_take(&stop, &resized);
		p->lost |= stop;
	}
	if (fds[2].revents && !p->lost)
		busy_line(p);
}

static enum engine_status plain_loop(struct plain *p, struct error *e)
{
	enum engine_status status = engine_run(p->g);

	for (;;) {
		notice_print(p);
		if (fflush(stdout) != 0 || ferror(stdout))
			p->lost = true;
		if (status != ENGINE_PROMPT && status != ENGINE_BUSY)
			return status;
		if (!p->lost && status == ENGINE_BUSY)
			busy_wait(p);
		if (!p->lost && status == ENGINE_PROMPT) {
			p->announced = false;
			if (prompt_do(p, e) < 0)
				return ENGINE_FAILED;
		}
		if (p->lost) {
			engine_interrupt(p->g, "the terminal was lost or a signal came");
			status = engine_run(p->g);
			return status == ENGINE_CLOSED || status == ENGINE_FAILED ? status : ENGINE_PAUSED;
		}
		status = engine_run(p->g);
	}
}

enum engine_status plain_run(struct engine *g, const struct screen_options *options, struct error *e)
{
	struct plain p = {.g = g, .options = options, .tty_in = isatty(STDIN_FILENO), .tty_out = isatty(STDOUT_FILENO)};
	enum engine_status status;
	struct error own = {0};

	p.language = options->language ? options->language : "en";
	p.step = SIZE_MAX;
	p.signals = signals_catch(&own);
	if (p.signals < 0) {
		if (e)
			*e = own;
		return ENGINE_FAILED;
	}
	signals_interrupt();
	head_print(engine_view(g));
	status = plain_loop(&p, &own);
	if (status == ENGINE_FAILED && !own.message.id && engine_error(g))
		own = *engine_error(g);
	if (status == ENGINE_CLOSED)
		slip_print(engine_view(g));
	if (e)
		*e = own;
	if (p.lost)
		print_no_longer();
	fflush(stdout);
	signals_release();
	bytes_free(&p.notice);
	return status;
}
