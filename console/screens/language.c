/* The interface's language: gettext switches at run time by LANGUAGE, but only under a locale that is not plain C. */
#include "screens/screens.h"

#include <langinfo.h>
#include <libintl.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define DOMAIN "tachiai"

/* gettext caches by this counter; the manual names it as the way to switch languages while running. */
extern int _nl_msg_cat_cntr; // NOLINT(bugprone-reserved-identifier)

static bool locale_is_utf8(void)
{
	return strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
}

/* Any UTF-8 locale will do: texts are ours, and cells are counted by ourselves. Only what is used is loaded: characters
 * and messages. */
static bool locale_choose(void)
{
	static const char *const names[] = {"", "C.UTF-8", "en_US.UTF-8", "ja_JP.UTF-8"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (setlocale(LC_CTYPE, names[i]) && locale_is_utf8() && setlocale(LC_MESSAGES, names[i]))
			return true;
	return false;
}

/* The catalogue lies beside the program in a build tree; installed under its prefix, wherever that was moved to; else
 * where it was configured. */
static void catalogue_bind(void)
{
	static const char *const places[] = {"/locale", "/../share/locale"};
	char exe[2048], path[4096];
	const char *slash, *found = LOCALEDIR;
	ssize_t len = readlink("/proc/self/exe", exe, sizeof(exe) - 1);

	slash = len > 0 ? memrchr(exe, '/', (size_t)len) : NULL;
	for (size_t i = 0; slash && i < sizeof(places) / sizeof(places[0]); i++) {
		snprintf(path, sizeof(path), "%.*s%s/ja/LC_MESSAGES/" DOMAIN ".mo", (int)(slash - exe), exe, places[i]);
		if (access(path, R_OK) == 0) {
			snprintf(path, sizeof(path), "%.*s%s", (int)(slash - exe), exe, places[i]);
			found = path;
			break;
		}
	}
	bindtextdomain(DOMAIN, found);
	bind_textdomain_codeset(DOMAIN, "UTF-8");
	textdomain(DOMAIN);
}

/* The plain Linux console has 512 glyphs; a dumb terminal promises nothing but may well be a pipe into a file. */
static bool terminal_shows_japanese(void)
{
	const char *term = getenv("TERM");

	return !(isatty(STDOUT_FILENO) && term && strcmp(term, "linux") == 0);
}

static const char *language_wanted(const char *language)
{
	static const char *const names[] = {"LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG"};

	if (language && *language)
		return strncmp(language, "ja", 2) == 0 ? "ja" : "en";
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		const char *value = getenv(names[i]);

		if (value && *value)
			return strncmp(value, "ja", 2) == 0 ? "ja" : "en";
	}
	return "en";
}

const char *language_choose(const char *language, bool *cannot)
{
	const char *wanted = language_wanted(language);
	bool utf8 = locale_choose();

	if (cannot)
		*cannot = false;
	if (strcmp(wanted, "ja") == 0 && (!utf8 || !terminal_shows_japanese())) {
		wanted = "en";
		if (cannot)
			*cannot = true;
	}
	catalogue_bind();
	setenv("LANGUAGE", wanted, 1);
	_nl_msg_cat_cntr++;
	return wanted;
}
