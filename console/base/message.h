/* A sentence for people: an English message id and its arguments, kept apart so that the record gets the English
 * and a screen can translate. */
#ifndef BASE_MESSAGE_H
#define BASE_MESSAGE_H

#include <stdarg.h>
#include <stddef.h>

struct bytes;

enum { MESSAGE_ARGS = 6, MESSAGE_ARG_MAX = 256 };

/* Marks a message id for the catalogue without translating it. */
#define N_(text) text

struct message {
	const char *id;                           /* static English text with printf directives; NULL: no message */
	char args[MESSAGE_ARGS][MESSAGE_ARG_MAX]; /* each directive's value, already text, in order */
};

/* Sets `m` from a printf format. Only %s %d %u %zu %lld %llu %c are known; `id` must be static. A longer argument is
 * cut with an ellipsis (whole UTF-8 characters). */
void message_set(struct message *m, const char *id, ...) __attribute__((format(printf, 2, 3)));
void message_vset(struct message *m, const char *id, va_list ap) __attribute__((format(printf, 2, 0)));

/* Appends the sentence to `out`. `translated` is the format in another language, or NULL for the English one; it may
 * number its directives (%2$s); every directive is replaced by the stored text, whatever its type, and by
 * text_visible(): it may come from outside. */
void message_text(const struct message *m, const char *translated, struct bytes *out);

#endif
