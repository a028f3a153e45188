#include "base/difference.h"

#include <stdlib.h>
#include <string.h>

/* Changes up to which the fewest are looked for: memory grows with their square. */
enum { CHANGES_MAX = 1500 };

struct lines {
	struct difference_line *line;
	size_t count;
};

static int cut_up(struct lines *l, const char *text, size_t len)
{
	size_t count = 0, at = 0;

	for (size_t i = 0; i < len; i++)
		count += text[i] == '\n';
	l->line = calloc(count + 1, sizeof(*l->line));
	if (!l->line)
		return -1;
	while (at < len) {
		const char *lf = memchr(text + at, '\n', len - at);
		size_t n = lf ? (size_t)(lf - text) - at : len - at;

		l->line[l->count] = (struct difference_line){' ', text + at, n, l->count + 1, !lf};
		l->count++;
		at += n + 1;
	}
	return 0;
}

static bool same(const struct difference_line *a, const struct difference_line *b)
{
	return a->len == b->len && a->cut == b->cut && memcmp(a->text, b->text, a->len) == 0;
}

static void put(struct difference *d, const struct difference_line *line, char sign)
{
	d->line[d->count] = *line;
	d->line[d->count++].sign = sign;
}

/* E. Myers, "An O(ND) difference algorithm and its variations" (1986): the furthest reaching paths of 0, 1, 2, …
 * changes, each kept, and followed back from the end. row(d)[k + d]: how far into `a` diagonal k reaches. */
struct search {
	const struct difference_line *a, *b;
	long a_count, b_count;
	long **row;
};

static long reach(const struct search *s, long d, long k)
{
	const long *before = d ? s->row[d - 1] + (d - 1) : NULL;
	long x = 0;

	if (d && (k == -d || (k != d && before[k - 1] < before[k + 1])))
		x = before[k + 1];
	else if (d)
		x = before[k - 1] + 1;
	while (x < s->a_count && x - k < s->b_count && x - k >= 0 && same(&s->a[x], &s->b[x - k]))
		x++;
	return x;
}

/* The number of changes; -1: more than are looked for, or no memory (`*failed`). */
static long search(struct search *s, bool *failed)
{
	for (long d = 0; d <= CHANGES_MAX && d <= s->a_count + s->b_count; d++) {
		s->row[d] = calloc((size_t)(2 * d + 1), sizeof(**s->row));
		*failed = !s->row[d];
		if (*failed)
			return -1;
		for (long k = -d; k <= d; k += 2) {
			long x = s->row[d][k + d] = reach(s, d, k);

			if (x >= s->a_count && x - k >= s->b_count)
				return d;
		}
	}
	return -1;
}

/* From the end to the beginning: which lines of both stay. */
static void follow_back(const struct search *s, long d, bool *a_stays, bool *b_stays)
{
	long x = s->a_count, y = s->b_count;

	for (; d >= 0; d--) {
		long k = x - y, from_x = 0, from_y = 0;

		if (d) {
			const long *before = s->row[d - 1] + (d - 1);
			bool down = k == -d || (k != d && before[k - 1] < before[k + 1]);

			from_x = before[down ? k + 1 : k - 1];
			from_y = from_x - (down ? k + 1 : k - 1);
		}
		for (; x > from_x && y > from_y && same(&s->a[x - 1], &s->b[y - 1]); x--, y--)
			a_stays[x - 1] = b_stays[y - 1] = true;
		x = from_x;
		y = from_y;
	}
}

static int middle(struct difference *d, const struct lines *a, const struct lines *b)
{
	struct search s = {a->line, b->line, (long)a->count, (long)b->count, calloc(CHANGES_MAX + 1, sizeof(long *))};
	bool *a_stays = calloc(a->count + 1, sizeof(bool)), *b_stays = calloc(b->count + 1, sizeof(bool));
	bool failed = !s.row || !a_stays || !b_stays;
	size_t x = 0, y = 0;
	long changes = failed ? -1 : search(&s, &failed);

	if (failed)
		goto out;
	if (changes >= 0)
		follow_back(&s, changes, a_stays, b_stays);
	while (x < a->count || y < b->count) {
		if (x < a->count && !a_stays[x])
			put(d, &a->line[x++], '-');
		else if (y < b->count && !b_stays[y])
			put(d, &b->line[y++], '+');
		else
			x++, put(d, &b->line[y++], ' ');
	}
out:
	for (long i = 0; s.row && i <= CHANGES_MAX; i++)
		free(s.row[i]);
	free(s.row);
	free(a_stays);
	free(b_stays);
	return failed ? -1 : 0;
}

int difference_make(
        struct difference *d, const char *from, size_t from_len, const char *to, size_t to_len, struct error *e)
{
	struct lines a = {0}, b = {0}, a_middle, b_middle;
	size_t head = 0, tail = 0;
	int rc = -1;

	memset(d, 0, sizeof(*d));
	if (cut_up(&a, from, from_len) < 0 || cut_up(&b, to, to_len) < 0 ||
	        !(d->line = calloc(a.count + b.count + 1, sizeof(*d->line))))
		goto out;
	while (head < a.count && head < b.count && same(&a.line[head], &b.line[head]))
		put(d, &b.line[head++], ' ');
	while (tail < a.count - head && tail < b.count - head &&
	        same(&a.line[a.count - 1 - tail], &b.line[b.count - 1 - tail]))
		tail++;
	a_middle = (struct lines){a.line + head, a.count - head - tail};
	b_middle = (struct lines){b.line + head, b.count - head - tail};
	rc = middle(d, &a_middle, &b_middle);
	for (size_t i = b.count - tail; rc == 0 && i < b.count; i++)
		put(d, &b.line[i], ' ');
out:
	free(a.line);
	free(b.line);
	if (rc < 0) {
		difference_free(d);
		error_memory(e);
	}
	return rc;
}

void difference_free(struct difference *d)
{
	free(d->line);
	memset(d, 0, sizeof(*d));
}
