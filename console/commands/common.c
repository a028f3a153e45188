#include "commands/commands.h"

#include <libintl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/print.h"
#include "engine/rehearsal.h"
#include "screens/screens.h"

enum { WATCHABLE_MS = 1200 };

int complain(const struct error *e)
{
	struct bytes text = {0};
	if (e->message.id)
		message_text(&e->message, *e->message.id ? gettext(e->message.id) : NULL, &text);
	/* Without memory there are no words for what is wrong, but for that. */
	print_err("tachiai: %s\n",
	        text.len && !text.failed ? bytes_string(&text)
	                                 : gettext("There is not enough memory. Close other programs and try again."));
	bytes_free(&text);
	return error_exit(e);
}

int usage(const char *words)
{
	print_err(gettext("usage: tachiai %s\n"), words);
	return EXIT_USAGE;
}

char *program_path(const char *name)
{
	/* In a build tree beside the program; installed under its prefix, wherever that was moved to; else where it was
	 * configured. */
	static const char *const places[] = {"", "/../libexec/tachiai"};
	char path[4096], *out = NULL;
	ssize_t n = readlink("/proc/self/exe", path, sizeof(path) - 1);
	char *slash = n > 0 ? memrchr(path, '/', (size_t)n) : NULL;

	for (size_t i = 0; slash && i < sizeof(places) / sizeof(places[0]); i++) {
		if (asprintf(&out, "%.*s%s/%s", (int)(slash - path), path, places[i], name) < 0)
			return NULL;
		if (access(out, X_OK) == 0)
			return out;
		free(out);
	}
	return asprintf(&out, "%s/%s", LIBEXECDIR, name) < 0 ? NULL : out;
}

bool terminal_can(void)
{
	const char *term = getenv("TERM");
	return isatty(STDIN_FILENO) && isatty(STDOUT_FILENO) && term && *term && strcmp(term, "dumb");
}

static int ended(const struct engine *g, enum engine_status status, const struct error *e)
{
	switch (status) {
	case ENGINE_CLOSED:
		return EXIT_HOLDS;
	case ENGINE_PAUSED:
		print_err(gettext("tachiai: the ceremony is paused. Go on with: tachiai resume %s\n"),
		        engine_view((struct engine *)g)->record);
		return EXIT_FAULT;
	default:
		complain(engine_error(g) ? engine_error(g) : e);
		print_err(gettext("tachiai: what was done is in the record. Go on with: tachiai resume %s\n"),
		        engine_view((struct engine *)g)->record);
		return engine_error(g) && engine_error(g)->code == ERROR_MISSING ? EXIT_MISSING : EXIT_FAULT;
	}
}

int session_run(struct engine *g, const struct session *s)
{
	bool plain = s->plain || !terminal_can();
	unsigned pace = s->pace_ms >= 0 ? (unsigned)s->pace_ms : plain ? 0 : WATCHABLE_MS;
	struct screen_options options = {.pace_ms = pace, .language = s->language};
	struct error e = {0};
	int rc = EXIT_FAULT;

	if (plain && !s->plain && isatty(STDIN_FILENO) && isatty(STDOUT_FILENO))
		print_err("tachiai: %s\n",
		        gettext("This terminal cannot show screens; the ceremony goes on in plain lines."));
	if (s->player) {
		char *directory = rehearsal_directory(engine_view(g)->record, &e), *cards = NULL;
		if (directory && asprintf(&cards, "%s/cards", directory) < 0) {
			error_memory(&e);
			cards = NULL;
		}
		if (cards)
			options.player = player_new(rehearsal_passphrase, cards, &e);
		free(directory);
		free(cards);
		if (!options.player) {
			rc = complain(&e);
			goto out;
		}
		player_amend(options.player, s->amend_step, s->amend_file);
	}
	enum engine_status status = plain ? plain_run(g, &options, &e) : console_run(g, &options, &e);
	rc = ended(g, status, &e);
out:
	player_free(&options.player);
	engine_free(&g);
	return rc;
}
