/* tachiai-report: what `tachiai report` runs. It reads a record or a script, and writes what is printed of it; it has
 * no terminal, no token and no secret. */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <langinfo.h>
#include <libintl.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/print.h"
#include "base/sandbox.h"
#include "base/secret.h"
#include "media/publish.h"
#include "media/report.h"

enum { PDF_FD = 3 };
enum { EXIT_DONE = 0, EXIT_FAULT = 1, EXIT_WORDS = 2 };

/* gettext caches by this counter; the manual names it as the way to switch languages while running. */
extern int _nl_msg_cat_cntr; // NOLINT(bugprone-reserved-identifier)

struct order {
	const char *subject, *site, *language, *output;
	int pdf_to; /* a descriptor for the PDF, beside the text that goes to standard output; -1: none */
	bool blank;
};

static int complain(const struct error *e)
{
	struct bytes text = {0};
	if (e->message.id)
		message_text(&e->message, *e->message.id ? gettext(e->message.id) : NULL, &text);
	print_err("tachiai: %s\n", bytes_string(&text));
	bytes_free(&text);
	return error_exit(e);
}

/* The language of complaints, as the environment wants it. It is the last that the environment is asked. */
static const char *language_of_complaints(void)
{
	static const char *const variables[] = {"LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG"};
	const char *said = NULL;

	for (size_t i = 0; !said && i < sizeof(variables) / sizeof(variables[0]); i++) {
		const char *value = getenv(variables[i]);
		if (value && *value)
			said = strncmp(value, "ja", 2) == 0 ? "ja" : "en";
	}
	clearenv();
	setlocale(LC_CTYPE, "C.UTF-8");
	setlocale(LC_MESSAGES, "C.UTF-8");
	return said ? said : "en";
}

/* The catalogue lies beside the program in a build tree; installed under its prefix, wherever that was moved to; else
 * where it was configured. */
static void catalogue_bind(void)
{
	static const char *const places[] = {"/locale", "/../../share/locale"};
	char exe[2048], directory[4096], file[4200];
	ssize_t len = readlink("/proc/self/exe", exe, sizeof(exe) - 1);
	const char *slash = len > 0 ? memrchr(exe, '/', (size_t)len) : NULL, *found = LOCALEDIR;

	for (size_t i = 0; slash && i < sizeof(places) / sizeof(places[0]); i++) {
		snprintf(directory, sizeof(directory), "%.*s%s", (int)(slash - exe), exe, places[i]);
		snprintf(file, sizeof(file), "%s/ja/LC_MESSAGES/tachiai.mo", directory);
		if (access(file, R_OK) == 0) {
			found = directory;
			break;
		}
	}
	bindtextdomain("tachiai", found);
	bind_textdomain_codeset("tachiai", "UTF-8");
	textdomain("tachiai");
}

static void language_set(const char *language)
{
	setenv("LANGUAGE", language, 1);
	_nl_msg_cat_cntr++;
}

static bool ends(const char *name, const char *ending)
{
	size_t len = strlen(name), tail = strlen(ending);
	return len > tail && !strcmp(name + len - tail, ending);
}

/* A new file, whole or not at all; "-" is standard output. */
static int put(const char *path, const struct bytes *content, struct error *e)
{
	const char *slash = strrchr(path, '/');
	struct bytes folder = {0};
	int dir, rc = -1;

	if (!strcmp(path, "-")) {
		/* The form feeds between pages, too, are for a file or a printer. */
		rc = isatty(STDOUT_FILENO) ? print_out("%s", bytes_string(content))
		                           : print_data(content->data, content->len);
		return rc == 0 && print_flush() == 0 ? 0
		                                     : error_errno(e, "%s cannot be written: %s", "standard output");
	}
	bytes_add(&folder, path, slash ? (size_t)(slash - path) + 1 : 0);
	dir = dir_open(slash ? bytes_string(&folder) : ".", e);
	if (dir >= 0) {
		rc = file_write_new(dir, slash ? slash + 1 : path, content->data, content->len, 0644, e);
		close(dir);
	}
	bytes_free(&folder);
	return rc;
}

/* Beside the record or the script, named after it. */
static int beside(const struct order *o, const char *ending, struct bytes *path, struct error *e)
{
	static const char *const endings[] = {".record", ".yaml", ".yml"};
	size_t len = strlen(o->subject);

	while (len > 1 && o->subject[len - 1] == '/')
		len--;
	bytes_clear(path);
	bytes_add(path, o->subject, len);
	for (size_t i = 0; i < sizeof(endings) / sizeof(endings[0]); i++)
		if (ends(bytes_string(path), endings[i])) {
			path->len -= strlen(endings[i]);
			path->data[path->len] = '\0';
			break;
		}
	bytes_printf(path, ".%s%s", o->blank ? "blank" : "report", ending);
	return bytes_end(path, e);
}

static int write_one(const struct order *o, struct page *page, bool text, struct error *e)
{
	struct bytes content = {0}, path = {0};
	int rc = -1;

	if (o->output)
		bytes_text(&path, o->output);
	else if (beside(o, text ? ".txt" : ".pdf", &path, e) < 0)
		goto out;
	if ((text ? page_text(page, &content, e) : page_pdf(page, &content, e)) < 0 || bytes_end(&path, e) < 0 ||
	        put(bytes_string(&path), &content, e) < 0)
		goto out;
	rc = 0;
out:
	bytes_free(&content);
	bytes_free(&path);
	return rc;
}

/* For the console, which keeps both forms in a record. */
static int write_to(int fd, struct page *page, struct error *e)
{
	struct bytes content = {0};
	int rc = page_pdf(page, &content, e);

	for (size_t at = 0; rc == 0 && at < content.len;) {
		ssize_t n = write(fd, content.data + at, content.len - at);
		if (n < 0 && errno != EINTR)
			rc = error_errno(e, "%s cannot be written: %s", "PDF");
		at += n > 0 ? (size_t)n : 0;
	}
	bytes_free(&content);
	return rc;
}

/* Plain text where the name says so or it goes to standard output; a PDF else; both where nothing was asked for. */
static int write_all(const struct order *o, struct page *page, struct error *e)
{
	bool text = o->output && (!strcmp(o->output, "-") || ends(o->output, ".txt"));

	if (o->pdf_to >= 0 && write_to(o->pdf_to, page, e) < 0)
		return -1;
	if (o->output)
		return write_one(o, page, text, e);
	return write_one(o, page, false, e) < 0 ? -1 : write_one(o, page, true, e);
}

static const char *language_of(const struct order *o)
{
	struct bytes path = {0};
	const char *language = o->language;

	if (!language) {
		bytes_printf(&path, "%s%s", o->subject, o->blank ? "" : "/script.yaml");
		language = report_language(bytes_string(&path));
	}
	bytes_free(&path);
	return language;
}

static int usage(void)
{
	print_err("%s\n",
	        gettext("usage: tachiai report DIR [--language en|ja] [--output FILE]\n"
	                "       tachiai report --blank SCRIPT [--site SITE] [--language en|ja] [--output FILE]"));
	return EXIT_WORDS;
}

static int report(const struct order *o, const char *complaints)
{
	struct page *page;
	struct error e = {0};
	const char *language = language_of(o);
	bool holds = true;
	int rc = EXIT_DONE;

	language_set(language);
	page = o->blank ? report_blank(o->subject, o->site, language, &e)
	                : report_record(o->subject, language, &holds, &e);
	language_set(complaints);
	if (!page || write_all(o, page, &e) < 0) {
		rc = complain(&e);
	} else if (!holds) {
		print_err("tachiai: %s\n", gettext("the record does not hold, and its report says so on every page"));
		rc = EXIT_FAULT;
	}
	page_free(&page);
	return rc;
}

int main(int argc, char **argv)
{
	static const struct option options[] = {{"blank", required_argument, NULL, 'b'},
	        {"site", required_argument, NULL, 's'}, {"language", required_argument, NULL, 'l'},
	        {"output", required_argument, NULL, 'o'}, {"pdf-to", required_argument, NULL, 'p'}, {NULL, 0, NULL, 0}};
	const char *complaints = language_of_complaints();
	struct order o = {.pdf_to = -1};
	struct error e = {0};
	int option;

	opterr = 0; /* what was typed comes back only through print_err() */
	catalogue_bind();
	language_set(complaints);
	bool publishes = argc > 0 && (!strcmp(argv[0], "publish") || !strcmp(argv[0], "slips"));
	/* It reads and writes nothing but what its arguments say, and starts nothing, but to have the report of a
	 * record made again that it publishes from. */
	if (sandbox_harden(PDF_FD + 1, &e) < 0 || secret_init(&e) < 0 ||
	        sandbox_calls(publishes ? SANDBOX_STARTS : 0, &e) < 0)
		return complain(&e);
	sandbox_arguments(argc, argv, true);
	if (publishes)
		return publish_command(argc, argv);
	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		switch (option) {
		case 'b':
			o.blank = true;
			o.subject = optarg;
			break;
		case 's':
			o.site = optarg;
			break;
		case 'l':
			o.language = optarg;
			break;
		case 'o':
			o.output = optarg;
			break;
		case 'p':
			o.pdf_to = strcmp(optarg, "3") ? -1 : PDF_FD;
			break;
		default:
			return usage();
		}
	}
	if (argc - optind != (o.blank ? 0 : 1) || (o.site && !o.blank) ||
	        (o.language && strcmp(o.language, "en") != 0 && strcmp(o.language, "ja") != 0))
		return usage();
	if (!o.blank)
		o.subject = argv[optind];
	return report(&o, complaints);
}
