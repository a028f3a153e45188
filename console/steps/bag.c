/* seal and unseal: the number of a tamper-evident bag, read by two people, and held against the one that it was sealed
 * with. */
#include <string.h>

#include "steps/observe.h"
#include "steps/shared.h"

static const char *bag_of(const struct ceremony *c, const struct run *run)
{
	return step_param(&c->script->steps[run->index], "bag");
}

static const char *number_read(const struct run *run, const char *bag)
{
	const struct entry *e = journal_find(&run->journal, VALUE_CONFIRMED, bag);
	return e ? json_text(e->data, "text") : NULL;
}

static int next_seal(const struct ceremony *c, const struct run *run, struct want *w, struct error *e)
{
	(void)e;
	observe_next(c, run, w, &seal_step, bag_of(c, run));
	return 0;
}

static int apply_seal(struct ceremony *c, struct run *run, const struct entry *entry, struct error *e)
{
	if (entry->event != VALUE_CONFIRMED)
		return 0;
	return ceremony_number_set(c, "bag", bag_of(c, run), json_text(entry->data, "text"), e);
}

/* What is known of the bag, what was read, and whether that is a fault: it all follows from the record. */
static int compare(const struct ceremony *c, const struct run *run, struct want *w, struct error *e)
{
	const char *bag = bag_of(c, run), *is = number_read(run, bag), *known = ceremony_number(c, "bag", bag);
	struct bytes sentence = {0};

	if (known && !*known)
		bytes_printf(&sentence,
		        "bag %s: the record before says that it was opened, and not that it was sealed again", bag);
	else if (known && strcmp(known, is))
		bytes_printf(&sentence, "bag %s: it was sealed with number %s, and two people read %s", bag, known, is);
	return observe_compared(c, run, w, &unseal_step,
	        &(struct number_compared){"bag", "bag", bag, "sealed", known, is}, &sentence, e);
}

static int next_unseal(const struct ceremony *c, const struct run *run, struct want *w, struct error *e)
{
	if (!number_read(run, bag_of(c, run)))
		observe_next(c, run, w, &unseal_step, bag_of(c, run));
	else if (!journal_find(&run->journal, FACTS_READ, "bag"))
		return compare(c, run, w, e);
	return 0;
}

static int check_unseal(const struct ceremony *c, const struct want *w, const struct entry *entry, struct error *e)
{
	return entry->event == FACTS_READ ? 0
	                                  : observe_check(c, w, entry, e); /* the facts follow from the record, whole */
}

/* Is it open from here on? With the number that it was sealed with, or with another that the quorum lives with. */
static bool opens(const struct ceremony *c, const struct entry *entry)
{
	const struct json *faults = entry->event == FACTS_READ ? json_get(entry->data, "faults") : NULL;
	if (entry->event == ACT_DONE)
		return !strcmp(c->act, "accept-exception") && c->trouble.kind == TROUBLE_FAULTS && !c->trouble.host &&
		       !c->trouble.ends;
	return faults && !faults->count;
}

/* The next ceremony must not look for the old number. */
static int apply_unseal(struct ceremony *c, struct run *run, const struct entry *entry, struct error *e)
{
	if (!opens(c, entry))
		return 0;
	return ceremony_number_set(c, "bag", bag_of(c, run), "", e);
}

static int ask_seal(
        const struct ceremony *c, const struct want *w, struct room *room, struct prompt *p, struct error *e)
{
	(void)w;
	(void)room;
	return observe_ask(c, step_param(ceremony_step(c), "example"), p, e);
}

static int ask_unseal(
        const struct ceremony *c, const struct want *w, struct room *room, struct prompt *p, struct error *e)
{
	const char *known = ceremony_number(c, "bag", bag_of(c, ceremony_run(c)));

	(void)w;
	(void)room;
	/* The number is not shown: who reads it off the bag must not be able to read it off the screen. */
	if (observe_ask(c, known && *known ? known : step_param(ceremony_step(c), "example"), p, e) < 0)
		return -1;
	if (!known && prompt_message(p, LINE_WARNING,
	                      N_("No earlier record is here that says which number this bag was sealed with: it is "
	                         "only written down.")) < 0)
		return error_memory(e);
	return 0;
}

static const char *const help_seal[] = {N_("The bag is closed before everyone's eyes. Two people read its number from "
                                           "the bag itself and type it, each for themselves."),
        N_("The number is in the record; when the bag is opened at a later ceremony, it is compared."), NULL};

const struct step_kind seal_step = {
        .name = "seal",
        .next = next_seal,
        .check = observe_check,
        .apply = apply_seal,
        .ask = ask_seal,
        .answer = observe_answer,
        .help = help_seal,
};

static const char *const help_unseal[] = {N_("Before the bag is opened, two people read its number from the bag itself "
                                             "and type it, each for themselves."),
        N_("It is compared with the number that it was sealed with, by the record before. Another number stops the "
           "ceremony until the control role decides."),
        NULL};

const struct step_kind unseal_step = {
        .name = "unseal",
        .faults_acceptable = true,
        .next = next_unseal,
        .check = check_unseal,
        .apply = apply_unseal,
        .ask = ask_unseal,
        .answer = observe_answer,
        .help = help_unseal,
};
