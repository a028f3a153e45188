/* media/bundle: the sums pass sha256sum, the codes hold the checkpoint, and nothing but files and folders leaves the
 * room. */
#include "support.h"

#include <sys/socket.h>
#include <sys/un.h>

#include "media/bundle.h"
#include "media/qr.h"

static int record_new(const char *name)
{
	char path[64];

	assert_int_equal(mkdir(name, 0755), 0);
	for (size_t i = 0; i < 3; i++) {
		static const char *const below[] = {"people", "artifacts", "later"};

		snprintf(path, sizeof(path), "%s/%s", name, below[i]);
		assert_int_equal(mkdir(path, 0755), 0);
	}
	return dir_open(name, NULL);
}

static void sums_pass_sha256sum(void **state)
{
	struct bytes sums = {0}, seen = {0};
	int dir = record_new("whole");

	(void)state;
	put_file("whole/transcript.jsonl", "{}\n", 3);
	put_file("whole/checkpoint", "", 0);
	put_file("whole/people.txt", "x", 1);
	put_file("whole/people/aiko.vkey", "a", 1);
	put_file("whole/people/-dash", "b", 1);
	put_file("whole/artifacts/root.der", "\0\1", 2);
	put_file("whole/artifacts/SHA256SUMS", "inner", 5);
	put_file("whole/artifacts/later", "inner", 5);
	put_file("whole/later/stamp.tsr", "t", 1);
	put_file("whole/SHA256SUMS", "old", 3);
	assert_int_equal(bundle_sums(dir, &sums, NULL), 0);
	/* the caller's descriptor can be used again */
	bytes_clear(&sums);
	assert_int_equal(bundle_sums(dir, &sums, NULL), 0);
	put_file("whole/SHA256SUMS", sums.data, sums.len);
	command_output("cd whole && sha256sum --strict -c SHA256SUMS", &seen);
	assert_string_equal(bytes_string(&seen),
	        "artifacts/SHA256SUMS: OK\nartifacts/later: OK\nartifacts/root.der: OK\ncheckpoint: OK\n"
	        "people.txt: OK\npeople/-dash: OK\npeople/aiko.vkey: OK\ntranscript.jsonl: OK\n");
	command_output("cd whole && find . -type f ! -path './later/*' ! -path ./SHA256SUMS -printf '%P\\0' | LC_ALL=C "
	               "sort -z |"
	               " xargs -0 sha256sum --",
	        &seen);
	assert_string_equal(bytes_string(&seen), bytes_string(&sums));
	bytes_free(&sums);
	bytes_free(&seen);
	close(dir);
}

static void an_empty_record_has_no_sums(void **state)
{
	struct bytes sums = {0};
	int dir = record_new("empty");

	(void)state;
	assert_int_equal(bundle_sums(dir, &sums, NULL), 0);
	assert_int_equal(sums.len, 0);
	close(dir);
}

static void make_socket(const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	assert_true(fd >= 0);
	snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	close(fd);
}

static void make_deep(const char *path)
{
	char command[128];

	snprintf(command, sizeof(command), "mkdir -p %s/2/3/4/5/6/7/8/9", path);
	assert_int_equal(system(command), 0);
}

static void make_link(const char *path)
{
	assert_int_equal(symlink("people", path), 0);
}

static void make_pipe(const char *path)
{
	assert_int_equal(mkfifo(path, 0600), 0);
}

static void make_file(const char *path)
{
	put_file(path, "x", 1);
}

static void what_is_no_plain_file_is_refused(void **state)
{
	static const struct {
		void (*make)(const char *path);
		const char *path, *sentence;
	} table[] = {
	        {make_link, "artifacts/link", "artifacts/link is a link: a record holds files and folders only"},
	        {make_link, "later-link", "later-link is a link: a record holds files and folders only"},
	        {make_pipe, "pipe", "pipe is a device, pipe or socket: a record holds files and folders only"},
	        {make_socket, "people/s",
	                "people/s is a device, pipe or socket: a record holds files and folders only"},
	        {make_file, "a b", "the record holds a file named \"a b\": only A-Z a-z 0-9 . _ - are used"},
	        {make_file, "people/x\nSHA",
	                "the record holds a file named \"people/x<U+000A>SHA\": only A-Z a-z 0-9 . _ - are used"},
	        {make_file, "\xe2\x80\xae",
	                "the record holds a file named \"<U+202E>\": only A-Z a-z 0-9 . _ - are used"},
	        {make_deep, "1", "the folders of the record are nested too deep at 1/2/3/4/5/6/7/8/9"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++) {
		struct bytes sums = {0};
		struct error e = {0};
		char name[16], path[64];
		int dir;

		snprintf(name, sizeof(name), "odd%zu", i);
		dir = record_new(name);
		snprintf(path, sizeof(path), "%s/%s", name, table[i].path);
		table[i].make(path);
		assert_int_equal(bundle_sums(dir, &sums, &e), -1);
		assert_message(&e, table[i].sentence);
		bytes_free(&sums);
		close(dir);
	}
}

static int stop_at_second(void *context, const char *path, struct error *e)
{
	unsigned *count = context;

	return ++*count == 2 ? error_set(e, ERROR_FAULT, "stopped at %s", path) : 0;
}

static void a_listing_ends_with_the_callers_error(void **state)
{
	struct error e = {0};
	unsigned count = 0;
	int dir = record_new("stop");

	(void)state;
	put_file("stop/c", "", 0);
	put_file("stop/a", "", 0);
	put_file("stop/b", "", 0);
	assert_int_equal(bundle_files(dir, stop_at_second, &count, &e), -1);
	assert_message(&e, "stopped at b");
	assert_int_equal(count, 2);
	close(dir);
}

/* A signed note of the shape of a checkpoint with `people` cosignatures. */
static void note_of(struct bytes *note, unsigned people)
{
	uint8_t signature[76];

	bytes_clear(note);
	bytes_text(note, "example.jp/ceremony/root-g1/20261201T093000Z-8f3a12bc\n412\n"
	                 "i1BteKDnfUQO3Ou9yiFuptxAy6C6yMugv3aC/PRvmCs=\n\n");
	for (unsigned i = 0; i <= people; i++) {
		memset(signature, (int)(17 * i), sizeof(signature));
		bytes_printf(note, "\u2014 person-%u ", i);
		bytes_base64(note, signature, sizeof(signature));
		bytes_byte(note, '\n');
	}
	assert_int_equal(bytes_end(note, NULL), 0);
}

static void assert_code_holds(const char *file, const struct bytes *code, const uint8_t *text, size_t len)
{
	struct bytes seen = {0};
	char command[128];

	put_file(file, code->data, code->len);
	snprintf(command, sizeof(command), "zbarimg -q --raw --nodbus --oneshot -Sdisable -Sqrcode.enable -Sbinary %s",
	        file);
	command_output(command, &seen);
	assert_int_equal(seen.len, len);
	assert_memory_equal(seen.data, text, len);
	bytes_free(&seen);
}

/* That an SVG shows the code it is made of is test_qr's promise; this one is that it is the same text's code. */
static void assert_svg_holds(const struct bytes *svg, const uint8_t *text, size_t len)
{
	struct bytes expected = {0};
	struct qr qr;

	assert_int_equal(qr_make(&qr, text, len, NULL), 0);
	assert_int_equal(qr_svg(&qr, &expected, NULL), 0);
	assert_string_equal(bytes_string(svg), bytes_string(&expected));
	bytes_free(&expected);
	qr_free(&qr);
}

static void the_codes_hold_the_checkpoint(void **state)
{
	struct bytes note = {0}, png = {0}, svg = {0};

	(void)state;
	for (unsigned people = 0; people <= 14; people += 2) {
		note_of(&note, people);
		assert_true(note.len <= 2331);
		bytes_clear(&png);
		bytes_clear(&svg);
		assert_int_equal(bundle_code_png(note.data, note.len, &png, NULL), 0);
		assert_int_equal(bundle_code_svg(note.data, note.len, &svg, NULL), 0);
		assert_code_holds("c.png", &png, note.data, note.len);
		assert_svg_holds(&svg, note.data, note.len);
	}
	bytes_free(&note);
	bytes_free(&png);
	bytes_free(&svg);
}

static void a_long_checkpoint_keeps_whole_lines(void **state)
{
	struct bytes note = {0}, png = {0}, svg = {0};
	size_t len;

	(void)state;
	note_of(&note, 40);
	len = 2331;
	while (note.data[len - 1] != '\n')
		len--;
	assert_int_equal(bundle_code_png(note.data, note.len, &png, NULL), 0);
	assert_int_equal(bundle_code_svg(note.data, note.len, &svg, NULL), 0);
	assert_code_holds("l.png", &png, note.data, len);
	assert_svg_holds(&svg, note.data, len);
	bytes_free(&note);
	bytes_free(&png);
	bytes_free(&svg);
}

static void a_checkpoint_without_room_for_a_signature_is_refused(void **state)
{
	static const char sentence[] = "the checkpoint does not fit into one QR code: its origin or a name is too long";
	struct bytes png = {0};
	struct error e = {0};
	char text[3000];

	(void)state;
	memset(text, 'a', sizeof(text));
	assert_int_equal(bundle_code_png(text, sizeof(text), &png, &e), -1);
	assert_message(&e, sentence);
	memcpy(text, "o\n1\nr\n\n", 7);
	text[sizeof(text) - 1] = '\n';
	assert_int_equal(bundle_code_svg(text, sizeof(text), &png, &e), -1);
	assert_message(&e, sentence);
	assert_int_equal(bundle_code_png(text, 0, &png, &e), -1);
	assert_message(&e, "an empty text has no QR code");
	assert_int_equal(png.len, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(sums_pass_sha256sum),
	        cmocka_unit_test(an_empty_record_has_no_sums),
	        cmocka_unit_test(what_is_no_plain_file_is_refused),
	        cmocka_unit_test(a_listing_ends_with_the_callers_error),
	        cmocka_unit_test(the_codes_hold_the_checkpoint),
	        cmocka_unit_test(a_long_checkpoint_keeps_whole_lines),
	        cmocka_unit_test(a_checkpoint_without_room_for_a_signature_is_refused),
	};

	return cmocka_run_group_tests(tests, folder_make, folder_remove);
}
