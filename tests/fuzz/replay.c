/* A fuzz target as a plain program: `fuzz_NAME PATH…` gives it each file, and each file of each folder, once. */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/error.h"
#include "base/file.h"

enum { INPUT_MAX = 1 << 24 };

int LLVMFuzzerInitialize(int *argc, char ***argv) __attribute__((weak));
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static unsigned given;

static int give(const char *path)
{
	struct bytes input = {0};
	struct error e = {0};
	int status = file_read(path, INPUT_MAX, &input, &e);

	if (status) {
		struct bytes text = {0};
		error_text(&e, &text);
		fprintf(stderr, "%s\n", bytes_string(&text));
		bytes_free(&text);
	} else {
		/* a buffer of exactly that size, so that reading past its end shows */
		uint8_t *exact = malloc(input.len ? input.len : 1);
		if (exact && input.len)
			memcpy(exact, input.data, input.len);
		fprintf(stderr, "%s\n", path);
		status = exact ? LLVMFuzzerTestOneInput(exact, input.len) : -1;
		free(exact);
		given++;
	}
	bytes_free(&input);
	return status;
}

static int give_all(const char *folder)
{
	struct dirent **list = NULL;
	int count = scandir(folder, &list, NULL, alphasort), status = count < 0 ? -1 : 0;

	for (int i = 0; i < count; i++) {
		char path[4096];
		snprintf(path, sizeof path, "%s/%s", folder, list[i]->d_name);
		if (list[i]->d_name[0] != '.' && give(path))
			status = -1;
		free(list[i]);
	}
	free(list);
	return status;
}

int main(int argc, char **argv)
{
	int status = LLVMFuzzerInitialize ? LLVMFuzzerInitialize(&argc, &argv) : 0;

	for (int i = 1; i < argc; i++) {
		struct stat st;
		if (stat(argv[i], &st))
			status = -1;
		else if (S_ISDIR(st.st_mode) ? give_all(argv[i]) : give(argv[i]))
			status = -1;
	}
	printf("%u inputs\n", given);
	return status || !given ? 1 : 0;
}
