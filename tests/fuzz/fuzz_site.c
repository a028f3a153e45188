/* A file taken for a site file, by itself: parsed, and checked in full. Nothing may crash; every fault has its place.
 */
#include "tests/fuzz/fuzz.h"

#include "script/site.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct fault_list faults = {0};
	struct bytes raw = {0};
	struct site *s;

	bytes_add(&raw, data, len);
	s = site_parse("site.yaml", &raw, NULL, &faults);
	demand((s == NULL) == (faults.count > 0 || faults.failed));
	for (size_t i = 0; i < faults.count; i++)
		demand(faults.fault[i].code != ERROR_NONE && faults.fault[i].message.id &&
		        faults.fault[i].line <= len + 1);
	site_free(&s);
	fault_list_free(&faults);
	bytes_free(&raw);
	return 0;
}
