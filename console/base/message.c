#include "base/message.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/bytes.h"
#include "base/text.h"

/* One directive as we know them: %[N$][l|ll|z](s d i u x c) or %%. */
struct directive {
	unsigned position; /* N, from 1; 0: the next one */
	enum { LENGTH_INT, LENGTH_LONG, LENGTH_LONG_LONG, LENGTH_SIZE } length;
	char type; /* 0: none of ours */
};

/* Reads the directive that begins at the percent sign `at`; returns the first byte after it. */
static const char *directive_read(const char *at, struct directive *d)
{
	*d = (struct directive){0};
	at++;
	if (*at >= '1' && *at <= '9' && at[1] == '$') {
		d->position = (unsigned)(*at - '0');
		at += 2;
	}
	if (*at == 'z') {
		d->length = LENGTH_SIZE;
		at++;
	} else if (*at == 'l') {
		d->length = at[1] == 'l' ? LENGTH_LONG_LONG : LENGTH_LONG;
		at += at[1] == 'l' ? 2 : 1;
	}
	if (*at != '\0' && strchr("sdiuxc%", *at) != NULL)
		d->type = *at++;
	return at;
}

static void argument_text(char out[MESSAGE_ARG_MAX], const char *text)
{
	static const char ellipsis[] = "\xe2\x80\xa6";
	size_t len = strnlen(text, MESSAGE_ARG_MAX);

	if (len < MESSAGE_ARG_MAX) {
		memcpy(out, text, len + 1);
		return;
	}
	len = MESSAGE_ARG_MAX - sizeof ellipsis;
	while (len > 0 && ((unsigned char)text[len] & 0xc0) == 0x80)
		len--;
	memcpy(out, text, len);
	memcpy(out + len, ellipsis, sizeof ellipsis);
}

static long long argument_signed(const struct directive *d, va_list *ap)
{
	switch (d->length) {
	case LENGTH_LONG:
		return va_arg(*ap, long);
	case LENGTH_LONG_LONG:
		return va_arg(*ap, long long);
	case LENGTH_SIZE:
		return (long long)va_arg(*ap, size_t);
	default:
		return va_arg(*ap, int);
	}
}

static unsigned long long argument_unsigned(const struct directive *d, va_list *ap)
{
	switch (d->length) {
	case LENGTH_LONG:
		return va_arg(*ap, unsigned long);
	case LENGTH_LONG_LONG:
		return va_arg(*ap, unsigned long long);
	case LENGTH_SIZE:
		return va_arg(*ap, size_t);
	default:
		return va_arg(*ap, unsigned);
	}
}

static void argument_set(char out[MESSAGE_ARG_MAX], const struct directive *d, va_list *ap)
{
	const char *text;
	char c;

	switch (d->type) {
	case 's':
		text = va_arg(*ap, const char *);
		argument_text(out, text != NULL ? text : "-");
		break;
	case 'c':
		c = (char)va_arg(*ap, int);
		out[0] = c;
		out[1] = '\0';
		break;
	case 'd':
	case 'i':
		snprintf(out, MESSAGE_ARG_MAX, "%lld", argument_signed(d, ap));
		break;
	case 'x':
		snprintf(out, MESSAGE_ARG_MAX, "%llx", argument_unsigned(d, ap));
		break;
	default:
		snprintf(out, MESSAGE_ARG_MAX, "%llu", argument_unsigned(d, ap));
		break;
	}
}

void message_vset(struct message *m, const char *id, va_list ap)
{
	struct message set = {.id = id};
	unsigned count = 0;
	va_list args;

	va_copy(args, ap);
	for (const char *at = id; *at != '\0' && count < MESSAGE_ARGS;) {
		struct directive d;

		if (*at != '%') {
			at++;
			continue;
		}
		at = directive_read(at, &d);
		if (d.type == '%')
			continue;
		if (d.type == 0)
			break; /* its argument's size is unknown: no later one can be read either */
		argument_set(set.args[count++], &d, &args);
	}
	va_end(args);
	*m = set; /* last: an argument may be a text of the old message */
}

void message_set(struct message *m, const char *id, ...)
{
	va_list ap;

	va_start(ap, id);
	message_vset(m, id, ap);
	va_end(ap);
}

void message_text(const struct message *m, const char *translated, struct bytes *out)
{
	const char *at = translated != NULL ? translated : m->id;
	unsigned next = 0;

	while (at != NULL && *at != '\0') {
		size_t plain = strcspn(at, "%");
		struct directive d;
		unsigned which;

		bytes_add(out, at, plain);
		at += plain;
		if (*at == '\0')
			break;
		at = directive_read(at, &d);
		if (d.type == '%') {
			bytes_byte(out, '%');
			continue;
		}
		which = d.position > 0 ? d.position - 1 : next++;
		if (d.type != 0 && which < MESSAGE_ARGS)
			text_visible(out, m->args[which], strlen(m->args[which]));
	}
}
