/* The screen of a code over the fake engine: code_console FILE [en|ja] shows what the file holds, as show-code does. */
#include "tests/screens/fake_engine.c"

#include "base/file.h"
#include "base/secret.h"
#include "screens/screens.h"

int main(int argc, char **argv)
{
	struct screen_options options = {0};
	struct engine_options engine_options = {0};
	struct error e = {0};
	struct engine *g;
	bool cannot;

	if (argc < 2 || secret_init(&e) < 0)
		return 2;
	options.language = engine_options.language = language_choose(argc > 2 ? argv[2] : "en", &cannot);
	g = engine_start(&engine_options, &e);
	g->at = 8; /* that of a code */
	engine_run(g);
	bytes_clear(&g->prompt->code);
	if (file_read(argv[1], 1 << 20, &g->prompt->code, &e) < 0 ||
	        sha256(g->prompt->code.data, g->prompt->code.len, g->prompt->code_sha256) < 0)
		return 1;
	console_run(g, &options, &e);
	engine_free(&g);
	return 0;
}
