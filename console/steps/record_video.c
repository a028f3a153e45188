/* record-video: a recording starts or stops. The serial of what it is recorded on is read by two people; then who works
 * the camera acknowledges that it runs and was read what fixes the record to it: at the start the origin and the
 * script's hash, at the stop the full root of the log. */
#include <string.h>

#include "base/text.h"
#include "steps/observe.h"
#include "steps/shared.h"

enum { TOPIC_SPOKEN = 10 };

static const struct script_step *step_of(const struct ceremony *c, const struct run *run)
{
	return &c->script->steps[run->index];
}

static const char *camera_of(const struct ceremony *c, const struct run *run)
{
	return step_param(step_of(c, run), "camera");
}

static bool is_stop(const struct script_step *step)
{
	return !strcmp(step_param(step, "recording"), "stop");
}

static const char *word_of(const struct script_step *step)
{
	return is_stop(step) ? "stopped" : "recording";
}

/* What is read into the recording: what is acknowledged by its hash. At the stop it is the checkpoint's own text, of
 * all entries before the acknowledgement. */
static int spoken(const struct ceremony *c, const struct script_step *step, struct bytes *text, struct error *e)
{
	const struct policy *policy = consent_policy(c->consent);
	uint8_t root[32];

	if (is_stop(step)) {
		if (tree_root(&c->tree, root) < 0)
			return error_memory(e);
		checkpoint_text(text, policy->origin, c->tree.size, root);
	} else {
		bytes_printf(text, "%s\n", policy->origin);
		bytes_hex(text, policy->script_sha256, 32);
		bytes_byte(text, '\n');
	}
	return bytes_end(text, e);
}

static int spoken_hash(const struct ceremony *c, const struct script_step *step, char hex[65], struct error *e)
{
	struct bytes text = {0};
	int rc = spoken(c, step, &text, e);

	if (rc == 0 && text_sha256(text.data, text.len, hex) < 0)
		rc = error_memory(e);
	bytes_free(&text);
	return rc;
}

/* The medium that is taken out is the one that was put in. */
static int compare(const struct ceremony *c, const struct run *run, struct want *w, struct error *e)
{
	const char *camera = camera_of(c, run), *started = ceremony_number(c, "video", camera);
	const struct entry *read = journal_find(&run->journal, VALUE_CONFIRMED, camera);
	const char *is = read ? json_text(read->data, "text") : "";
	struct bytes sentence = {0};

	if (!started)
		bytes_printf(&sentence, "camera %s: no entry says on which medium the recording began", camera);
	else if (strcmp(started, is))
		bytes_printf(&sentence, "camera %s: the recording began on medium %s, and two people read %s", camera,
		        started, is);
	return observe_compared(c, run, w, &record_video_step,
	        &(struct number_compared){"video", "camera", camera, "started", started, is}, &sentence, e);
}

static int next(const struct ceremony *c, const struct run *run, struct want *w, struct error *e)
{
	const struct script_step *step = step_of(c, run);

	if (!journal_find(&run->journal, VALUE_CONFIRMED, camera_of(c, run)))
		observe_next(c, run, w, &record_video_step, camera_of(c, run));
	else if (is_stop(step) && !journal_find(&run->journal, FACTS_READ, "video"))
		return compare(c, run, w, e);
	else if (!journal_find(&run->journal, TEXT_ACKNOWLEDGED, NULL))
		want_set(w, WANT_ASK, &record_video_step, TOPIC_SPOKEN, step->id, TEXT_ACKNOWLEDGED, NULL);
	return 0;
}

static int check(const struct ceremony *c, const struct want *w, const struct entry *entry, struct error *e)
{
	const struct script_step *step = ceremony_step(c);
	char hex[65];

	if (entry->event == FACTS_READ)
		return 0; /* it follows from the record, whole */
	if (w->topic != TOPIC_SPOKEN)
		return observe_check(c, w, entry, e);
	return spoken_hash(c, step, hex, e) < 0
	               ? -1
	               : check_acknowledged(c, entry, word_of(step), hex, step_param(step, "by"), e);
}

static int apply(struct ceremony *c, struct run *run, const struct entry *entry, struct error *e)
{
	if (entry->event != VALUE_CONFIRMED || is_stop(step_of(c, run)))
		return 0;
	return ceremony_number_set(c, "video", camera_of(c, run), json_text(entry->data, "text"), e);
}

static int hash_lines(struct prompt *p, const uint8_t sum[32])
{
	struct bytes hex = {0}, words = {0};
	int rc = -1;

	for (size_t i = 0; i < 32; i += 2) {
		bytes_text(&hex, i ? " " : "");
		bytes_hex(&hex, sum + i, 2);
	}
	text_pgp_words(&words, sum, 32);
	if (bytes_end(&hex, NULL) == 0 && bytes_end(&words, NULL) == 0)
		rc = prompt_line(p, LINE_PLAIN, bytes_string(&hex)) < 0
		             ? -1
		             : prompt_line(p, LINE_PLAIN, bytes_string(&words));
	bytes_free(&hex);
	bytes_free(&words);
	return rc;
}

static int ask_spoken(const struct ceremony *c, struct prompt *p, struct error *e)
{
	const struct script_step *step = ceremony_step(c);
	const struct policy *policy = consent_policy(c->consent);
	const uint8_t *sum = policy->script_sha256;
	uint8_t root[32];

	p->kind = PROMPT_ACKNOWLEDGE;
	p->see_all = true;
	message_set(&p->title, is_stop(step) ? N_("Read the root into the recording, then stop it")
	                                     : N_("Start the recording, and read this into it"));
	message_set(&p->actor, "%s", step_param(step, "by"));
	if (is_stop(step)) {
		if (tree_root(&c->tree, root) < 0)
			return error_memory(e);
		sum = root;
	}
	if (prompt_message(p, LINE_PLAIN, N_("Camera: %s"), camera_of(c, ceremony_run(c))) < 0 ||
	        prompt_message(p, LINE_PLAIN, N_("Origin: %s"), policy->origin) < 0)
		return error_memory(e);
	if ((is_stop(step) ? prompt_message(p, LINE_HEADING, N_("Root of the log of %llu entries:"),
	                             (unsigned long long)c->tree.size)
	                   : prompt_message(p, LINE_HEADING, N_("SHA-256 of the script:"))) < 0 ||
	        hash_lines(p, sum) < 0)
		return error_memory(e);
	return ask_acknowledgement(c, p, step_param(step, "by"), N_("Who works the camera"), word_of(step), e);
}

static int ask(const struct ceremony *c, const struct want *w, struct room *room, struct prompt *p, struct error *e)
{
	(void)room;
	if (w->topic == TOPIC_SPOKEN)
		return ask_spoken(c, p, e);
	if (observe_ask(c, step_param(ceremony_step(c), "example"), p, e) < 0)
		return -1;
	return prompt_message(p, LINE_PLAIN,
	               is_stop(ceremony_step(c))
	                       ? N_("Camera %s: the serial number of the medium it records on, read again")
	                       : N_("Camera %s: the serial number of the medium it records on"),
	               camera_of(c, ceremony_run(c))) < 0
	               ? error_memory(e)
	               : 0;
}

static int answer(const struct ceremony *c, const struct want *w, struct room *room, struct answer *a,
        struct outcome *out, struct error *e)
{
	char hex[65];

	if (w->topic != TOPIC_SPOKEN)
		return observe_answer(c, w, room, a, out, e);
	return spoken_hash(c, ceremony_step(c), hex, e) < 0 ? -1 : put_acknowledged(out, w, a, hex, e);
}

static const char *const help[] = {
        N_("Two people read the serial number of the medium from the medium itself and type it, each for themselves."),
        N_("At the start the origin and the script's hash are read aloud into the recording, at the stop the full root "
           "of the log, in hex or in PGP words: so film and record cannot be parted. Who works the camera then types "
           "the shown word."),
        NULL};

const struct step_kind record_video_step = {
        .name = "record-video",
        .faults_acceptable = true,
        .next = next,
        .check = check,
        .apply = apply,
        .ask = ask,
        .answer = answer,
        .help = help,
};
