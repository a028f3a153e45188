/* What every fuzz target has: the beginning that libFuzzer and replay.c call, and a demand that ends the run. */
#ifndef TEST_FUZZ_H
#define TEST_FUZZ_H

#include "base/secret.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	return secret_init(NULL);
}

static inline void demand(bool holds)
{
	if (!holds)
		abort();
}

#endif
