/* A module that tries what no module has any business to do gets nowhere. */
#include "fixture.h"

#include "base/file.h"
#include "base/sandbox.h"

static struct bytes probed(void)
{
	static char path[600];
	struct bytes said = {0};
	char setting[256];
	struct room *r = room_new();

	hsm_end(&r->hsm);
	snprintf(setting, sizeof setting, "PROBE=%s/said", r->directory);
	start_helper_with(r, setting);
	find_module(r, path);
	strcpy(strrchr(path, '/'), "/probe_module.so");
	r->module = path;
	r->label = "REHEARSAL fake";
	r->serial = "F1";
	room_open(r);
	assert_int_equal(ask(r, (struct hsm_request){.verb = HSM_INSPECT}), -1);
	assert_int_equal(file_read(setting + strlen("PROBE="), 65536, &said, &r->error), 0);
	room_free(r);
	return said;
}

static void a_module_gets_nowhere(void **state)
{
	static const char *const lines[] = {"inet 1\n", "inet6 1\n", "packet 1\n", "unix 0\n", "netlink 0\n",
	        "\nlisten 1\n", "trace-console 1\n", "read-console 1\n", "read-memory-console 13\n",
	        "write-memory-console 13\n", "core-pattern 13\n", "mount 1\n", "unshare 1\n", "bpf 1\n", "io-uring 1\n",
	        "module 1\n", "keyctl 1\n", "type 1\n", "execve 1\n", "core 0\n", "dumpable 0\n", "privileges 1\n",
	        "umask 77\n"};
	struct bytes said = probed();

	(void)state;
	for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
		if (sandbox_watched() && strstr(lines[i], "-console"))
			continue; /* a sanitizer's own */
		if (!strstr(bytes_string(&said), lines[i]))
			fail_msg("not %s in %s", lines[i], bytes_string(&said));
	}
	if (strstr(bytes_string(&said), "descriptor"))
		fail_msg("%s", bytes_string(&said));
	bytes_free(&said);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(a_module_gets_nowhere)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
