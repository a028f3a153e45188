/* The screens over the fake engine: fake_console [--plain] [--auto] [--pace MS] [--lang en|ja]. */
#include "tests/screens/fake_engine.c"

#include "base/secret.h"
#include "screens/screens.h"

int main(int argc, char **argv)
{
	static const char *const names[] = {"prompt", "busy", "closed", "paused", "failed"};
	struct screen_options options = {0};
	struct engine_options engine_options = {0};
	struct error e = {0};
	const char *language = "";
	bool plain = false, automatic = false, cannot;
	enum engine_status status;
	struct engine *g;

	for (int i = 1; i < argc; i++) {
		plain |= strcmp(argv[i], "--plain") == 0;
		automatic |= strcmp(argv[i], "--auto") == 0;
		if (i + 1 < argc && strcmp(argv[i], "--lang") == 0)
			language = argv[i + 1];
		if (i + 1 < argc && strcmp(argv[i], "--pace") == 0)
			options.pace_ms = (unsigned)strtoul(argv[i + 1], NULL, 10);
	}
	if (secret_init(&e) < 0)
		return 1;
	options.language = engine_options.language = language_choose(language, &cannot);
	if (automatic)
		options.player = player_new("a passphrase", NULL, &e);
	g = engine_start(&engine_options, &e);
	status = plain ? plain_run(g, &options, &e) : console_run(g, &options, &e);
	engine_free(&g);
	player_free(&options.player);
	printf("%s\n", names[status]);
	if (e.message.id) {
		struct bytes text = {0};

		error_text(&e, &text);
		fprintf(stderr, "%s\n", bytes_string(&text));
		bytes_free(&text);
	}
	return 0;
}
