#include "base/error.h"

#include <errno.h>
#include <string.h>

#include "base/bytes.h"
#include "base/memory.h"

int error_set(struct error *e, enum error_code code, const char *id, ...)
{
	va_list ap;

	if (e == NULL)
		return -1;
	va_start(ap, id);
	message_vset(&e->message, id, ap);
	va_end(ap);
	e->code = code;
	e->line = e->column = 0;
	e->ckr = 0;
	return -1;
}

int error_errno(struct error *e, const char *id, const char *name)
{
	int number = errno;
	/* Not strerror(): its answer is in the language of the screen, and the record is in English. */
	const char *sentence = strerrordesc_np(number);

	error_set(e,
	        number == ENOENT   ? ERROR_MISSING
	        : number == ENOMEM ? ERROR_MEMORY
	                           : ERROR_IO,
	        id, name, sentence != NULL ? sentence : "unknown error");
	errno = number;
	return -1;
}

int error_memory(struct error *e)
{
	memory_refused();
	return error_set(e, ERROR_MEMORY, N_("There is not enough memory. Close other programs and try again."));
}

void error_text(const struct error *e, struct bytes *out)
{
	message_text(&e->message, NULL, out);
}

int error_exit(const struct error *e)
{
	switch (e->code) {
	case ERROR_USAGE:
		return 2;
	case ERROR_MISSING:
	case ERROR_TOKEN:
	case ERROR_IO:
	case ERROR_MEMORY: /* nothing was found out */
		return 3;
	default:
		return 1;
	}
}
