/* Input devices, watched: what says that it is a keyboard can answer for people. */
#include "engine/private.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "base/file.h"
#include "base/text.h"

/* The kernel's list: one device a paragraph, of lines "I: Bus=… Vendor=… Product=…", "N: Name=…", "P: Phys=…", "S:
 * Sysfs=…" and more. A device that is plugged in again has another number in its last two. A kernel that knows no input
 * devices has no such file. */
static const char table[] = "/proc/bus/input/devices";

enum { TABLE_MAX = 1 << 22, EVERY_MS = 250, SAID_MAX = 600 };

static int64_t up_ms(void)
{
	struct timespec t = {0};

	clock_gettime(CLOCK_BOOTTIME, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static int table_read(struct bytes *out, struct error *e)
{
	struct stat st;

	bytes_clear(out);
	if (lstat(table, &st) < 0 && (errno == ENOENT || errno == ENOTDIR))
		return bytes_end(out, e);
	return file_read(table, TABLE_MAX, out, e);
}

/* The next paragraph from *at on. False: there is none. */
static bool device_next(const struct bytes *all, size_t *at, const char **start, size_t *len)
{
	const char *text = bytes_string(all), *end;

	while (*at < all->len && text[*at] == '\n')
		(*at)++;
	if (*at >= all->len)
		return false;
	*start = text + *at;
	end = strstr(*start, "\n\n");
	*len = end ? (size_t)(end - *start) : all->len - *at;
	*at += *len;
	return true;
}

/* The line of a paragraph that begins so, without that and without quotation marks. */
static void value_put(struct bytes *out, const char *start, size_t len, const char *key)
{
	const char *end = start + len, *stop;

	for (const char *line = start; line < end; line = stop + 1) {
		stop = memchr(line, '\n', (size_t)(end - line));
		stop = stop ? stop : end;
		size_t n = (size_t)(stop - line), skip = strlen(key);
		if (n <= skip || strncmp(line, key, skip) != 0)
			continue;
		line += skip;
		n -= skip;
		if (n >= 2 && line[0] == '"' && line[n - 1] == '"')
			text_visible(out, line + 1, n - 2);
		else
			text_visible(out, line, n);
		return;
	}
}

/* The length of a paragraph without what changes by itself: who listens, and what it can do. The kernel writes both
 * behind what it is and where it was put, as they came, so that no name that holds a line feed hides the rest. */
static size_t lasting(const char *start, size_t len)
{
	static const char handlers[] = "\nH: ";
	size_t end = len;

	for (size_t i = 0; i + sizeof(handlers) - 1 <= len; i++)
		if (!memcmp(start + i, handlers, sizeof(handlers) - 1))
			end = i; /* the last one is the kernel's */
	return end;
}

/* Is it the same device: what it is, and where the kernel has put it? */
static bool same(const char *a, size_t a_len, const char *b, size_t b_len)
{
	size_t n = lasting(a, a_len);

	return n == lasting(b, b_len) && !memcmp(a, b, n);
}

static bool was_there(const struct bytes *before, const char *start, size_t len)
{
	const char *its;
	size_t at = 0, its_len;

	while (device_next(before, &at, &its, &its_len))
		if (same(start, len, its, its_len))
			return true;
	return false;
}

/* All that are new, with what they say of themselves; empty: none. */
static int appeared(const struct bytes *before, const struct bytes *now, struct bytes *out, struct error *e)
{
	const char *start;
	size_t at = 0, len;
	unsigned more = 0;

	while (device_next(now, &at, &start, &len)) {
		struct bytes one = {0};
		if (was_there(before, start, len))
			continue;
		value_put(&one, start, len, "N: Name=");
		bytes_text(&one, " (");
		value_put(&one, start, len, "I: ");
		bytes_text(&one, "; ");
		value_put(&one, start, len, "P: Phys=");
		bytes_text(&one, ")");
		if (out->len + one.len > SAID_MAX)
			more++;
		else
			bytes_printf(out, "%s%s", out->len ? ", " : "", bytes_string(&one));
		if (one.failed)
			out->failed = true;
		bytes_free(&one);
	}
	if (more)
		bytes_printf(out, "%s%u more", out->len ? ", " : "", more);
	return bytes_end(out, e);
}

int engine_devices_begin(struct engine *g, struct error *e)
{
	return table_read(&g->devices, e);
}

static int note(struct engine *g, const struct bytes *said, struct error *e)
{
	struct error what = {0};
	struct bytes text = {0};
	int rc = -1;

	error_set(&what, ERROR_FAULT, N_("Input devices appeared that were not there before: %s"), bytes_string(said));
	error_text(&what, &text);
	if (bytes_end(&text, e) == 0 && engine_void(g, "an input device appeared", e) == 0)
		rc = engine_exception(g, NULL, NULL, "device", bytes_string(&text), e);
	if (rc == 0)
		engine_notice(g, &what);
	bytes_free(&text);
	return rc;
}

int engine_devices(struct engine *g, struct error *e)
{
	struct bytes now = {0}, said = {0};
	int64_t up = up_ms();
	int rc = -1;

	if (!engine_quiet(g) || !g->c->opened || up - g->devices_looked < EVERY_MS)
		return 0;
	g->devices_looked = up;
	if (table_read(&now, e) < 0 || appeared(&g->devices, &now, &said, e) < 0)
		goto out;
	if (said.len && note(g, &said, e) < 0)
		goto out;
	bytes_free(&g->devices);
	g->devices = now;
	now = (struct bytes){0};
	rc = 0;
out:
	bytes_free(&now);
	bytes_free(&said);
	return rc;
}
