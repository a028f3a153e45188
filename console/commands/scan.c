/* scan: the QR codes of pictures, put back together. Pictures are read by a program of its own, one at a time,
 * confined. */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <libintl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/confined.h"
#include "base/file.h"
#include "base/print.h"
#include "base/text.h"
#include "commands/commands.h"
#include "media/frames.h"
#include "screens/screens.h"

/* PICTURE_MAX: what tachiai-scan takes. SAID_MAX: 256 codes of 2953 bytes. */
enum { PICTURE_MAX = 64 << 20, SAID_MAX = 1 << 20, SECONDS = 60, PAYLOADS = 256 };

struct payload {
	struct bytes data;
	uint8_t sha256[32];
	bool frames; /* put together from several codes, or one that says so */
};

struct scan {
	struct frames frames;
	struct payload *payload;
	size_t count;
	unsigned codes;
	const char *hash; /* of the payload that is wanted, or its beginning; NULL: there must be one only */
};

static void say(const char *path, const struct error *e)
{
	struct bytes text = {0};

	if (e->message.id)
		message_text(&e->message, *e->message.id ? gettext(e->message.id) : NULL, &text);
	print_err("%s: %s\n", path, bytes_string(&text));
	bytes_free(&text);
}

/* Moves the bytes in; the same payload is kept once. */
static int payload_add(struct scan *s, struct bytes *data, bool frames, struct error *e)
{
	struct payload new = {.frames = frames}, *larger;

	if (sha256(data->data, data->len, new.sha256) < 0)
		return error_memory(e);
	for (size_t i = 0; i < s->count; i++)
		if (!memcmp(s->payload[i].sha256, new.sha256, sizeof(new.sha256)))
			return 0;
	if (s->count == PAYLOADS)
		return error_set(e, ERROR_FAULT, N_("there are codes of more than %d payloads"), PAYLOADS);
	larger = reallocarray(s->payload, s->count + 1, sizeof(*larger));
	if (!larger)
		return error_memory(e);
	s->payload = larger;
	new.data = *data;
	*data = (struct bytes){0};
	s->payload[s->count++] = new;
	return 0;
}

/* One code. A frame that is not sound is told, and is a stranger: the others may still be whole. */
static int code_take(struct scan *s, const char *path, const uint8_t *code, size_t len, struct error *e)
{
	struct bytes copy = {0};
	struct error why = {0};
	int rc = 0;

	s->codes++;
	if (frames_is(code, len)) {
		if (frames_take(&s->frames, code, len, &why) < 0) {
			if (why.code == ERROR_MEMORY)
				return error_memory(e);
			say(path, &why);
		}
		return 0;
	}
	bytes_add(&copy, code, len);
	rc = bytes_end(&copy, e);
	if (rc == 0 && len > 0)
		rc = payload_add(s, &copy, false, e);
	bytes_free(&copy);
	return rc;
}

/* What tachiai-scan said: "code LENGTH\n", bytes, "\n", …, "end\n". It read a hostile picture: it is believed nothing
 * but this form. */
static int said_take(struct scan *s, const char *path, const struct bytes *said, struct error *e)
{
	const char *at = bytes_string(said), *end = at + said->len;
	unsigned before = s->codes;

	while (end - at > 5 && !strncmp(at, "code ", 5)) {
		char *stop = NULL;
		unsigned long len = 0;

		if (at[5] >= '0' && at[5] <= '9')
			len = strtoul(at + 5, &stop, 10);
		if (!stop || *stop != '\n' || len >= (size_t)(end - stop - 1) || stop[1 + len] != '\n')
			break;
		if (code_take(s, path, (const uint8_t *)stop + 1, len, e) < 0)
			return -1;
		at = stop + len + 2;
	}
	if (end - at == 4 && !strncmp(at, "end\n", 4))
		return s->codes > before ? 0 : error_set(e, ERROR_FAULT, N_("no QR code is seen in it"));
	return error_set(e, ERROR_FAULT, N_("the program that reads pictures did not end well over it"));
}

static const char *const sentences[] = {
        N_("the picture has more than 100 million pixels, or a side of more than 20000: make it smaller"),
        N_("the picture is no sound PNG"), N_("the picture is no sound JPEG"), N_("the file is neither PNG nor JPEG"),
        N_("there is not enough memory for the picture"), N_("the picture could not be searched for codes")};

/* A sentence of tachiai-scan, which is only taken when it is one of those that it has. */
static int refused(const struct bytes *said, struct error *e)
{
	for (size_t i = 0; i < sizeof(sentences) / sizeof(sentences[0]); i++)
		if (said->len == strlen(sentences[i]) + 4 &&
		        !strncmp(bytes_string(said) + 3, sentences[i], strlen(sentences[i])))
			return error_set(e, ERROR_FAULT, "%s", gettext(sentences[i]));
	return error_set(e, ERROR_FAULT, N_("the program that reads pictures did not end well over it"));
}

static int picture_take(struct scan *s, const char *helper, const char *path, struct error *e)
{
	struct confined c = {.path = helper, .seconds = SECONDS, .output_max = SAID_MAX};
	struct confined_result r = {0};
	struct bytes picture = {0};
	int rc = file_read(path, PICTURE_MAX, &picture, e);

	if (rc == 0)
		rc = confined_run(&c, picture.data, picture.len, &r, e);
	if (rc == 0 && r.late)
		rc = error_set(e, ERROR_FAULT, N_("the picture was searched for %d seconds in vain"), SECONDS);
	else if (rc == 0 && r.output.len > 3 && !strncmp(bytes_string(&r.output), "no ", 3))
		rc = refused(&r.output, e);
	else if (rc == 0)
		rc = said_take(s, path, &r.output, e);
	bytes_free(&r.output);
	bytes_free(&picture);
	return rc;
}

/* The whole sets become payloads; what is missing of the others is said. */
static int sets_take(struct scan *s, struct error *e)
{
	for (size_t i = 0; i < s->frames.count; i++) {
		const struct frames_set *set = &s->frames.set[i];
		struct bytes text = {0};
		struct error why = {0};
		int rc = 0;

		if (set->have < set->total && !set->mixed) {
			frames_missing(set, &text);
			print_err(gettext("%u of %u frames are there; these are missing: %s\n"), set->have, set->total,
			        bytes_string(&text));
		} else if (frames_join(set, &text, &why) < 0) {
			say("tachiai", &why);
		} else {
			rc = payload_add(s, &text, true, e);
		}
		bytes_free(&text);
		if (rc < 0)
			return -1;
	}
	return 0;
}

static bool is_wanted(const struct scan *s, const struct payload *p)
{
	struct bytes hex = {0};
	bool wanted;

	bytes_hex(&hex, p->sha256, sizeof(p->sha256));
	wanted = !s->hash || !strncmp(bytes_string(&hex), s->hash, strlen(s->hash));
	bytes_free(&hex);
	return wanted;
}

/* The payload that is written: the one whose hash is asked for; else the only one made of frames; else the only one. */
static const struct payload *choose(const struct scan *s, struct error *e)
{
	const struct payload *found = NULL;
	size_t wanted = 0, joined = 0;

	for (size_t i = 0; i < s->count; i++) {
		wanted += is_wanted(s, &s->payload[i]);
		joined += is_wanted(s, &s->payload[i]) && s->payload[i].frames;
	}
	for (size_t i = 0; i < s->count; i++)
		if (is_wanted(s, &s->payload[i]) && (s->payload[i].frames || !joined))
			found = &s->payload[i];
	if (!wanted) {
		error_set(e, ERROR_FAULT,
		        s->hash ? N_("nothing with that hash is whole in these pictures")
		                : N_("nothing is whole in these pictures"));
		return NULL;
	}
	/* A single code beside frames that are not whole is no substitute for them. */
	if (!s->hash && !joined && s->frames.count) {
		error_set(e, ERROR_FAULT,
		        N_("the frames in these pictures are not whole: take pictures of those that are missing"));
		return NULL;
	}
	if (joined > 1 || (!joined && wanted > 1)) {
		error_set(e, ERROR_FAULT,
		        N_("%zu payloads are in these pictures: say which is meant, by the beginning of its hash "
		           "(--sha256)"),
		        joined ? joined : wanted);
		return NULL;
	}
	return found;
}

static int payload_print(const struct payload *p, struct error *e)
{
	struct bytes text = {0};
	int rc;

	bytes_hex(&text, p->sha256, sizeof(p->sha256));
	bytes_byte(&text, '\n');
	text_pgp_words(&text, p->sha256, sizeof(p->sha256));
	rc = bytes_end(&text, e);
	if (rc == 0) {
		print_out(gettext("%zu bytes, SHA-256 "), p->data.len);
		print_out("%s\n", bytes_string(&text));
	}
	bytes_free(&text);
	return rc;
}

/* What is in the pictures is printed in any case; without a file to write, that is all. */
static int finish(struct scan *s, const char *output, struct error *e)
{
	const struct payload *chosen = choose(s, e);
	struct error why = {0};

	for (size_t i = 0; i < s->count; i++)
		if (payload_print(&s->payload[i], &why) < 0)
			return error_memory(e);
	if (!chosen)
		return -1;
	return output ? file_write_new(AT_FDCWD, output, chosen->data.data, chosen->data.len, 0644, e) : 0;
}

static int scan(struct scan *s, const char *output, char **files, int count)
{
	char *helper = program_path("tachiai-scan");
	struct error e = {0};
	int rc = EXIT_FAULT;

	if (!helper) {
		error_memory(&e);
		rc = complain(&e);
		goto out;
	}
	/* One bad picture does not spoil the others. */
	for (int i = 0; i < count; i++) {
		struct error why = {0};

		if (picture_take(s, helper, files[i], &why) < 0) {
			if (why.code == ERROR_MEMORY) {
				rc = complain(&why);
				goto out;
			}
			say(files[i], &why);
		}
	}
	if (sets_take(s, &e) < 0 || finish(s, output, &e) < 0)
		rc = complain(&e);
	else
		rc = fflush(stdout) ? EXIT_FAULT : EXIT_HOLDS;
out:
	for (size_t i = 0; i < s->count; i++)
		bytes_free(&s->payload[i].data);
	free(s->payload);
	frames_free(&s->frames);
	free(helper);
	return rc;
}

int command_scan(int argc, char **argv)
{
	static const struct option options[] = {
	        {"output", required_argument, NULL, 'o'}, {"sha256", required_argument, NULL, 's'}, {NULL, 0, NULL, 0}};
	static const char words[] = "scan IMAGE ... [-o FILE] [--sha256 HEX]";
	const char *output = NULL;
	struct scan s = {0};
	bool cannot;
	int c;

	language_choose("", &cannot);
	optind = 1;
	while ((c = getopt_long(argc, argv, "o:", options, NULL)) != -1) {
		if (c == 'o')
			output = optarg;
		else if (c == 's')
			s.hash = optarg;
		else
			return usage(words);
	}
	if (optind == argc || (s.hash && (!*s.hash || strspn(s.hash, "0123456789abcdef") != strlen(s.hash))))
		return usage(words);
	return scan(&s, output, argv + optind, argc - optind);
}
