/* What the sanitizers are told in every program of `make watched`: the environment would not do, since the console
 * clears it, also for what it starts. Libraries of others that keep something until the end are not our leaks, and a
 * test may put a library of its own in front. */

const char *__asan_default_options(void);
const char *__lsan_default_options(void);
const char *__lsan_default_suppressions(void);

const char *__asan_default_options(void)
{
	return "verify_asan_link_order=0";
}

const char *__lsan_default_options(void)
{
	return "print_suppressions=0";
}

const char *__lsan_default_suppressions(void)
{
	return "leak:libsofthsm2.so\nleak:libcairo.so\nleak:libfontconfig.so\n";
}
