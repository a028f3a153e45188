#include "base/match.h"

#include <errno.h>
#include <regex.h>

#include "base/bytes.h"
#include "base/memory.h"

int match_whole(const char *pattern, const char *text)
{
	struct bytes whole = {0};
	regex_t compiled;
	int failed = REG_ESPACE, found = REG_ESPACE;

	bytes_printf(&whole, "^(%s)$", pattern);
	if (bytes_end(&whole, NULL) == 0)
		failed = regcomp(&compiled, bytes_string(&whole), REG_EXTENDED | REG_NOSUB);
	if (!failed) {
		/* glibc says REG_NOMATCH of some of what it could not find out for want of memory. */
		errno = 0;
		found = regexec(&compiled, text, 0, NULL, 0);
		if (found == REG_NOMATCH && errno == ENOMEM)
			found = REG_ESPACE;
		regfree(&compiled);
	}
	bytes_free(&whole);
	if (failed == REG_ESPACE || found == REG_ESPACE)
		memory_refused();
	if (failed)
		return failed == REG_ESPACE ? -1 : -2;
	return found == 0 ? 1 : found == REG_NOMATCH ? 0 : -1;
}
