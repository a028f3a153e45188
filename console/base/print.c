#include "base/print.h"

#include <fcntl.h>
#include <libintl.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/text.h"

enum { PATIENCE_MS = 500 };

static int print(FILE *to, const char *format, va_list ap)
{
	struct bytes visible = {0};
	char *text = NULL;
	int len = vasprintf(&text, format, ap), rc = -1;

	if (len < 0)
		return -1;
	text_lines(&visible, text, (size_t)len);
	if (bytes_end(&visible, NULL) == 0 && fwrite(bytes_string(&visible), 1, visible.len, to) == visible.len)
		rc = 0;
	bytes_free(&visible);
	free(text);
	return rc;
}

int print_out(const char *format, ...)
{
	va_list ap;
	int rc;

	va_start(ap, format);
	rc = print(stdout, format, ap);
	va_end(ap);
	return rc;
}

int print_err(const char *format, ...)
{
	va_list ap;
	int rc;

	va_start(ap, format);
	rc = print(stderr, format, ap);
	va_end(ap);
	/* It is made visible in memory; where there is none, that is what is said. */
	if (rc < 0)
		fprintf(stderr, "tachiai: %s\n",
		        gettext("There is not enough memory. Close other programs and try again."));
	return rc;
}

int print_flush(void)
{
	return fflush(stdout) || ferror(stdout) ? -1 : 0;
}

void print_no_longer(void)
{
	static const int outputs[] = {STDOUT_FILENO, STDERR_FILENO};

	for (size_t i = 0; i < sizeof(outputs) / sizeof(outputs[0]); i++) {
		struct pollfd fd = {.fd = outputs[i], .events = POLLOUT};
		int null;

		if (!isatty(outputs[i]) || (poll(&fd, 1, PATIENCE_MS) > 0 && fd.revents == POLLOUT))
			continue;
		null = open("/dev/null", O_WRONLY | O_CLOEXEC | O_NOFOLLOW);
		if (null >= 0) {
			dup2(null, outputs[i]);
			close(null);
		}
	}
}

int print_secret(const void *data, size_t len)
{
	const char *at = data;

	if (print_flush() < 0)
		return -1;
	while (len > 0) {
		ssize_t put = write(STDOUT_FILENO, at, len);

		if (put < 0) /* also when a signal came while the terminal took nothing */
			return -1;
		at += put;
		len -= (size_t)put;
	}
	return 0;
}

int print_data(const void *data, size_t len)
{
	return fwrite(data, 1, len, stdout) == len ? 0 : -1;
}
