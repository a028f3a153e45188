/* `tachiai publish` and `tachiai slips`, inside the program that prints. */
#include <fcntl.h>
#include <getopt.h>
#include <libintl.h>
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "base/print.h"
#include "media/publish.h"

enum { EXIT_FAULT = 1, EXIT_USAGE = 2 };

struct words {
	const char *directory, *output;
	bool slips, rehearsal;
};

static int complain(const struct error *e)
{
	struct bytes text = {0};

	message_text(&e->message, e->message.id ? gettext(e->message.id) : NULL, &text);
	print_err("tachiai: %s\n", bytes_string(&text));
	bytes_free(&text);
	return error_exit(e);
}

static int usage(bool slips)
{
	print_err(gettext("usage: tachiai %s\n"),
	        slips ? "slips DIR [--output STEM] [--rehearsal]" : "publish DIR [--output DIR] [--rehearsal]");
	return EXIT_USAGE;
}

/* Where it goes by default: beside the record, its name and `ending`. */
static int place(const struct words *w, const char *ending, struct bytes *out, struct error *e)
{
	size_t len = strlen(w->directory);

	while (len > 1 && w->directory[len - 1] == '/')
		len--;
	if (w->output)
		bytes_text(out, w->output);
	else
		bytes_printf(out, "%.*s%s", (int)len, w->directory, ending);
	return bytes_end(out, e);
}

static int sheet(const struct words *w, const struct publish *p, struct error *e)
{
	struct publish_files files = {0};
	struct bytes to = {0};
	int rc = -1;

	if (place(w, ".publish", &to, e) < 0 || publish_make(p, &files, e) < 0 ||
	        publish_write(&files, bytes_string(&to), e) < 0)
		goto out;
	for (size_t i = 0; i < files.count; i++)
		print_out("%s/%s\n", bytes_string(&to), bytes_string(&files.file[i].name));
	rc = 0;
out:
	publish_files_free(&files);
	bytes_free(&to);
	return rc;
}

static int slips(const struct words *w, const struct publish *p, struct error *e)
{
	struct publish_files files = {0};
	struct bytes stem = {0};
	int rc = -1;

	if (place(w, p->v.rehearsal ? ".REHEARSAL-slips" : ".slips", &stem, e) < 0 ||
	        publish_slips(p, bytes_string(&stem), &files, e) < 0)
		goto out;
	rc = 0;
	for (size_t i = 0; rc == 0 && i < files.count; i++) {
		const struct publish_file *f = &files.file[i];
		rc = file_write_new(AT_FDCWD, bytes_string(&f->name), f->data.data, f->data.len, 0644, e);
		if (rc == 0)
			print_out("%s\n", bytes_string(&f->name));
	}
out:
	publish_files_free(&files);
	bytes_free(&stem);
	return rc;
}

static int words_read(int argc, char **argv, struct words *w)
{
	static const struct option options[] = {
	        {"output", required_argument, NULL, 'o'}, {"rehearsal", no_argument, NULL, 'r'}, {NULL, 0, NULL, 0}};
	int option;

	w->slips = argc > 0 && !strcmp(argv[0], "slips");
	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (option == 'o')
			w->output = optarg;
		else if (option == 'r')
			w->rehearsal = true;
		else
			return -1;
	}
	if (argc - optind != 1)
		return -1;
	w->directory = argv[optind];
	return 0;
}

int publish_command(int argc, char **argv)
{
	struct publish p = {0};
	struct words w = {0};
	struct error e = {0};
	int rc;

	if (words_read(argc, argv, &w) < 0)
		return usage(w.slips);
	rc = publish_read(&p, w.directory, w.rehearsal, &e);
	if (rc == 0)
		rc = w.slips ? slips(&w, &p, &e) : sheet(&w, &p, &e);
	publish_free(&p);
	if (rc < 0)
		return complain(&e);
	return fflush(stdout) ? EXIT_FAULT : 0;
}
