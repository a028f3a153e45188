/* bundle: the disc image of a record that holds, as close makes it. */
#include <getopt.h>
#include <libintl.h>
#include <stdio.h>
#include <string.h>

#include "base/print.h"
#include "base/text.h"
#include "commands/commands.h"
#include "engine/image.h"
#include "engine/verify.h"
#include "media/disc.h"
#include "screens/screens.h"

/* Whatever it is of, a record is burned only if all five verdicts hold. */
static int holds(const char *record, struct verification *v, struct error *e)
{
	static const struct verify_options options = {.rehearsal = true};

	if (verify_record(record, &options, v, e) < 0)
		return -1;
	for (int i = 0; i < VERDICTS; i++)
		if (!v->verdict[i].holds) {
			*e = v->verdict[i].error;
			print_err(gettext("tachiai: %s does not hold, and no image is made of it\n"), record);
			return -1;
		}
	return 0;
}

static int bundle(const char *record, const char *path, bool later)
{
	struct verification v = {0};
	struct image image = {0};
	struct bytes hex = {0}, words = {0};
	struct error e = {0};
	int rc;

	if (path)
		bytes_text(&image.path, path);
	if (disc_ready(&e) < 0 || holds(record, &v, &e) < 0 ||
	        image_make(&image, record, &(struct bundle_image){v.ended / 1000, later, v.rehearsal}, false, &e) < 0) {
		rc = complain(&e);
		goto out;
	}
	bytes_hex(&hex, image.sha256, sizeof(image.sha256));
	text_pgp_words(&words, image.sha256, sizeof(image.sha256));
	/* As sha256sum writes it, so that it can be kept and checked with it. */
	print_out("%s  %s\n%s\n", bytes_string(&hex), bytes_string(&image.path), bytes_string(&words));
	rc = fflush(stdout) ? EXIT_FAULT : EXIT_HOLDS;
out:
	verification_free(&v);
	image_free(&image);
	bytes_free(&hex);
	bytes_free(&words);
	return rc;
}

int command_bundle(int argc, char **argv)
{
	static const struct option options[] = {
	        {"output", required_argument, NULL, 'o'}, {"later", no_argument, NULL, 'l'}, {NULL, 0, NULL, 0}};
	static const char words[] = "bundle DIR [-o FILE.iso] [--later]";
	const char *path = NULL;
	bool later = false, cannot;
	int option;

	language_choose("", &cannot);
	optind = 1;
	while ((option = getopt_long(argc, argv, "o:", options, NULL)) != -1) {
		if (option == 'o')
			path = optarg;
		else if (option == 'l')
			later = true;
		else
			return usage(words);
	}
	return argc - optind == 1 && (!path || *path) ? bundle(argv[optind], path, later) : usage(words);
}
