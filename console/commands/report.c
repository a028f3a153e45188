/* report: the program that prints is another one, so that cairo and pango are loaded by nobody else. */
#include <stdlib.h>
#include <unistd.h>

#include "commands/commands.h"
#include "screens/screens.h"

int command_report(int argc, char **argv)
{
	char *path = program_path("tachiai-report");
	struct error e = {0};
	bool cannot;

	(void)argc;
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
