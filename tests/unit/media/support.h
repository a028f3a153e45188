/* What the tests of media share: a folder to work in, a program to ask, an error to read. */
#ifndef TESTS_UNIT_MEDIA_SUPPORT_H
#define TESTS_UNIT_MEDIA_SUPPORT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/error.h"
#include "base/file.h"
#include "base/secret.h"

static char folder[] = "/tmp/tachiai-media-XXXXXX";

static inline int folder_make(void **state)
{
	(void)state;
	return secret_init(NULL) != 0 || mkdtemp(folder) == NULL || chdir(folder) != 0;
}

static inline int folder_remove(void **state)
{
	char command[128];

	(void)state;
	snprintf(command, sizeof(command), "rm -rf %s", folder);
	return chdir("/") != 0 || system(command) != 0;
}

static inline void put_file(const char *path, const void *data, size_t len)
{
	FILE *f = fopen(path, "wb");

	assert_non_null(f);
	assert_int_equal(fwrite(data, 1, len, f), len);
	assert_int_equal(fclose(f), 0);
}

/* What a shell command prints; it must end well. */
static inline void command_output(const char *command, struct bytes *out)
{
	char block[4096];
	FILE *f = popen(command, "r");
	size_t n;

	assert_non_null(f);
	bytes_clear(out);
	while ((n = fread(block, 1, sizeof(block), f)) != 0)
		bytes_add(out, block, n);
	assert_int_equal(pclose(f), 0);
	assert_int_equal(bytes_end(out, NULL), 0);
}

static inline void assert_message(const struct error *e, const char *sentence)
{
	struct bytes text = {0};

	error_text(e, &text);
	assert_string_equal(bytes_string(&text), sentence);
	bytes_free(&text);
}

#endif
