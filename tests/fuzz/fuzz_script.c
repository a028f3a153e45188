/* A file taken for a ceremony script: parsed, and checked in full. Nothing may crash; every fault has its place. */
#include <string.h>

#include "tests/fuzz/fuzz.h"

#include "script/script.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct fault_list faults = {0};
	struct bytes raw = {0};
	struct script *s;

	bytes_add(&raw, data, len);
	s = script_parse("script.yaml", &raw, &faults);
	demand((s == NULL) == (faults.count > 0 || faults.failed));
	for (size_t i = 0; i < faults.count; i++)
		demand(faults.fault[i].code != ERROR_NONE && faults.fault[i].message.id &&
		        faults.fault[i].line <= len + 1);
	if (s) {
		demand(s->step_count >= 2 && !strcmp(s->steps[0].kind, "attend") &&
		        !strcmp(s->steps[s->step_count - 1].kind, "close"));
		for (size_t i = 0; i < s->step_count; i++)
			for (size_t j = i + 1; j < s->step_count; j++)
				demand(strcmp(s->steps[i].id, s->steps[j].id) != 0);
	}
	script_free(&s);
	fault_list_free(&faults);
	bytes_free(&raw);
	return 0;
}
