/* report, publish, slips: the program that prints is another one, so that cairo and pango are loaded by nobody else. */
#include <stdlib.h>
#include <unistd.h>

#include "commands/commands.h"
#include "screens/screens.h"

/* It knows by its first word what it is to print. */
static int print(char **argv)
{
	char *path = program_path("tachiai-report");
	struct error e = {0};
	bool cannot;

	language_choose("", &cannot);
	if (!path) {
		error_memory(&e);
		return complain(&e);
	}
	execv(path, argv);
	error_errno(&e, N_("the program that prints cannot be started: %s: %s"), path);
	free(path);
	return complain(&e);
}

int command_report(int argc, char **argv)
{
	(void)argc;
	return print(argv);
}

int command_publish(int argc, char **argv)
{
	(void)argc;
	return print(argv);
}

int command_slips(int argc, char **argv)
{
	(void)argc;
	return print(argv);
}
