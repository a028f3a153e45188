/* check-clock: the console's clock against two watches. The offset is the entry's time less what was typed. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/text.h"
#include "steps/step.h"

static unsigned bound_of(const struct script_step *step)
{
	return (unsigned)strtoul(step_param(step, "bound"), NULL, 10);
}

/* Two decimal digits and nothing else; -1 for anything else. */
static int two_digits(const char *at)
{
	return isdigit((unsigned char)at[0]) && isdigit((unsigned char)at[1]) ? (at[0] - '0') * 10 + (at[1] - '0') : -1;
}

/* "2026-12-01T18:30:00+09:00" or "…Z" into seconds. */
static int watch_parse(const char *text, int64_t *seconds)
{
	char utc[TIME_TEXT] = "";
	int hours, minutes;
	size_t n = strlen(text);
	if (n == 20)
		return time_parse_seconds(text, n, seconds);
	if (n != 25 || (text[19] != '+' && text[19] != '-') || text[22] != ':')
		return -1;
	hours = two_digits(text + 20);
	minutes = two_digits(text + 23);
	if (hours < 0 || minutes < 0)
		return -1;
	memcpy(utc, text, 19);
	memcpy(utc + 19, "Z", 2);
	if (time_parse_seconds(utc, 20, seconds) < 0)
		return -1;
	int64_t offset = hours * 3600 + minutes * 60;
	*seconds -= text[19] == '+' ? offset : -offset;
	return 0;
}

static int64_t offset_of(const struct entry *entry)
{
	int64_t seconds = 0;
	watch_parse(json_text(entry->data, "text"), &seconds);
	return entry->time - seconds * 1000;
}

static int facts(const struct run *run, const struct script_step *step, struct want *w, struct error *e)
{
	const struct entry *a = journal_find(&run->journal, VALUE_OBSERVED, "clock"),
	                   *b = journal_find(&run->journal, VALUE_CONFIRMED, "clock");
	unsigned bound = bound_of(step);
	struct json_writer j = {&w->data, false};

	want_set(w, WANT_RECORD, &check_clock_step, 0, step->id, FACTS_READ, "clock");
	json_begin_object(&j);
	json_member_text(&j, "what", "clock");
	json_key(&j, "facts");
	json_begin_object(&j);
	json_member_int(&j, "first_offset_ms", offset_of(a));
	json_member_int(&j, "second_offset_ms", offset_of(b));
	json_member_int(&j, "bound_s", bound);
	json_end_object(&j);
	json_key(&j, "faults");
	json_begin_array(&j);
	for (int i = 0; i < 2; i++) {
		int64_t offset = offset_of(i ? b : a);
		if (llabs(offset) > (int64_t)bound * 1000) {
			char sentence[200];
			snprintf(sentence, sizeof(sentence), "the console's clock is %lld ms off the watch of %.64s",
			        (long long)offset, json_text((i ? b : a)->data, "person"));
			json_put_text(&j, sentence);
		}
	}
	json_end_array(&j);
	json_end_object(&j);
	return bytes_end(&w->data, e);
}

static int next(const struct ceremony *c, const struct run *run, struct want *w, struct error *e)
{
	const struct script_step *step = &c->script->steps[run->index];
	if (!journal_find(&run->journal, VALUE_OBSERVED, "clock"))
		want_set(w, WANT_ASK, &check_clock_step, 0, step->id, VALUE_OBSERVED, "clock");
	else if (!journal_find(&run->journal, VALUE_CONFIRMED, "clock"))
		want_set(w, WANT_ASK, &check_clock_step, 1, step->id, VALUE_CONFIRMED, "clock");
	else if (!journal_find(&run->journal, FACTS_READ, "clock"))
		return facts(run, step, w, e);
	return 0;
}

static int check(const struct ceremony *c, const struct want *w, const struct entry *entry, struct error *e)
{
	if (w->kind != WANT_ASK)
		return 0;
	int64_t seconds;
	const char *person = json_text(entry->data, "person");
	const struct person *p = consent_find(c->consent, person);
	if (!p || !p->present || (w->topic == 0 && strcmp(p->role, step_param(ceremony_step(c), "by"))))
		return error_set(e, ERROR_FAULT, "%s cannot read the clock here", person);
	if (watch_parse(json_text(entry->data, "text"), &seconds) < 0)
		return error_set(e, ERROR_FAULT, "the watch's time %s is no time", json_text(entry->data, "text"));
	const struct entry *first = journal_find(&ceremony_run(c)->journal, VALUE_OBSERVED, "clock");
	if (w->topic && first && !strcmp(json_text(first->data, "person"), person))
		return error_set(e, ERROR_FAULT, "the second watch is read by the first person, %s", person);
	return 0;
}

static int ask(const struct ceremony *c, const struct want *w, struct room *room, struct prompt *p, struct error *e)
{
	const struct script_step *step = ceremony_step(c);
	const char *except[2] = {NULL, NULL};
	const struct entry *first = journal_find(&ceremony_run(c)->journal, VALUE_OBSERVED, "clock");
	char now[40];
	time_t t = time(NULL);
	struct tm tm;

	(void)room;
	p->kind = PROMPT_FORM;
	message_set(&p->title, w->topic ? N_("A second watch") : N_("The time on a watch"));
	message_set(&p->actor, "%s", step_param(step, "by"));
	if (w->topic && first)
		except[0] = json_text(first->data, "person");
	if (prompt_message(p, LINE_PLAIN,
	            N_("Type the time of your own watch, hours, minutes and seconds, and press Enter at that second. "
	               "The zone is the console's.")) < 0)
		return error_memory(e);
	struct field *who = prompt_field(p, "person", FIELD_CHOICE, N_("Whose watch"));
	if (!who || field_people(c, who, w->topic ? NULL : step_param(step, "by"), except) < 0)
		return error_memory(e);
	struct field *text = prompt_field(p, "text", FIELD_TEXT, N_("Time (HH:MM:SS)"));
	localtime_r(&t, &tm);
	strftime(now, sizeof(now), "%H:%M:%S", &tm);
	if (!text || field_set(&text->pattern, "([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]") < 0 ||
	        field_set(&text->example, now) < 0)
		return error_memory(e);
	return 0;
}

static int answer(const struct ceremony *c, const struct want *w, struct room *room, struct answer *a,
        struct outcome *out, struct error *e)
{
	char date[48], zone[8], text[80];
	time_t t = time(NULL);
	struct tm tm;

	(void)room;
	(void)c;
	/* Only the hour is typed: the day and the zone are the console's, the day nearest to its own clock. */
	localtime_r(&t, &tm);
	int hour = two_digits(answer_text(a, "text"));
	if (hour - tm.tm_hour > 12)
		t -= 86400;
	else if (tm.tm_hour - hour > 12)
		t += 86400;
	localtime_r(&t, &tm);
	strftime(date, sizeof(date), "%Y-%m-%dT", &tm);
	strftime(zone, sizeof(zone), "%z", &tm);
	snprintf(text, sizeof(text), "%s%.8s%.3s:%.2s", date, answer_text(a, "text"), zone, zone + 3);
	struct bytes *data = outcome_add(out, w->event, w->step);
	if (!data)
		return error_memory(e);
	struct json_writer j = {data, false};
	json_begin_object(&j);
	json_member_text(&j, "name", "clock");
	json_member_text(&j, "person", answer_text(a, "person"));
	json_member_text(&j, "text", text);
	json_end_object(&j);
	return bytes_end(data, e);
}

static const char *const help[] = {N_("Two people hold the console's clock against their own watches. Type a time a "
                                      "few seconds ahead and press Enter when the watch shows it."),
        N_("The offset is recorded; beyond the script's bound it is a fault."), NULL};

const struct step_kind check_clock_step = {
        .name = "check-clock",
        .faults_acceptable = true,
        .next = next,
        .check = check,
        .ask = ask,
        .answer = answer,
        .help = help,
};
