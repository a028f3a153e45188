/* identify-hsm: the token by label and serial; what it is, held against the script. */
#include <stdio.h>
#include <string.h>

#include "steps/shared.h"
#include "steps/token.h"

static const struct script_hsm *hsm_in_hand(const struct ceremony *c)
{
	return script_hsm(c->script, step_param(ceremony_step(c), "hsm"));
}

static int differs(struct json_writer *faults, const char *what, const char *wanted, const char *is)
{
	struct bytes sentence = {0};
	bytes_printf(&sentence, "the token's %s is %s, the script says %s", what, is ? is : "not told", wanted);
	json_put_text(faults, bytes_string(&sentence));
	int rc = bytes_end(&sentence, NULL);
	bytes_free(&sentence);
	return rc;
}

static int judge(const struct ceremony *c, const struct json *facts, struct json_writer *faults)
{
	const struct script_hsm *h = hsm_in_hand(c);
	const char *manufacturer = json_text(facts, "manufacturer"), *model = json_text(facts, "model");
	if (token_known(c, h->name, facts, NULL, faults) < 0)
		return -1;
	/* In a rehearsal the token is a stand-in, and says so in its label and in the facts. */
	if (ceremony_rehearsal(c))
		return 0;
	if (h->manufacturer && (!manufacturer || strcmp(manufacturer, h->manufacturer)) &&
	        differs(faults, "manufacturer", h->manufacturer, manufacturer) < 0)
		return -1;
	if (h->model && (!model || strcmp(model, h->model)) && differs(faults, "model", h->model, model) < 0)
		return -1;
	return 0;
}

static int next(const struct ceremony *c, const struct run *run, struct want *w, struct error *e)
{
	(void)e;
	if (!journal_find(&run->journal, FACTS_READ, "token"))
		want_set(w, WANT_LOOK, &identify_hsm_step, 0, c->script->steps[run->index].id, FACTS_READ, "token");
	else if (!journal_find(&run->journal, TEXT_ACKNOWLEDGED, NULL))
		want_set(w, WANT_ASK, &identify_hsm_step, 0, c->script->steps[run->index].id, TEXT_ACKNOWLEDGED, NULL);
	return 0;
}

static int look(const struct ceremony *c, const struct want *w, struct room *room, struct outcome *out, struct error *e)
{
	return token_look(c, w, room, hsm_in_hand(c)->name, NULL, NULL, judge, out, e);
}

/* What was read, as it is signed off: the hash of the facts' bytes. */
static int facts_hash(const struct ceremony *c, char hex[65])
{
	const struct entry *read = journal_find(&ceremony_run(c)->journal, FACTS_READ, "token");
	struct bytes facts = {0};
	struct json_writer j = {&facts, false};
	if (!read)
		return -1;
	json_put(&j, json_get(read->data, "facts"));
	int rc = bytes_end(&facts, NULL) < 0 ? -1 : text_sha256(facts.data, facts.len, hex);
	bytes_free(&facts);
	return rc;
}

static int check(const struct ceremony *c, const struct want *w, const struct entry *entry, struct error *e)
{
	char hex[65];
	if (w->event == FACTS_READ)
		return token_check(c, entry, judge, e);
	return facts_hash(c, hex) < 0 ? error_memory(e) : check_acknowledged(c, entry, "confirm", hex, NULL, e);
}

static const char *observed(const struct ceremony *c, const char *name)
{
	for (size_t i = c->observed_count; name && i-- > 0;)
		if (!strcmp(c->observed[i].name, name))
			return c->observed[i].text;
	return NULL;
}

static int ask(const struct ceremony *c, const struct want *w, struct room *room, struct prompt *p, struct error *e)
{
	static const struct {
		const char *key, *label;
	} shown[] = {{"label", N_("Label: %s")}, {"serial", N_("Token serial number: %s")},
	        {"manufacturer", N_("Manufacturer: %s")}, {"model", N_("Model: %s")},
	        {"hardware", N_("Hardware version: %s")}, {"firmware", N_("Firmware version: %s")}};
	const struct entry *read = journal_find(&ceremony_run(c)->journal, FACTS_READ, "token");
	const struct json *facts = json_get(read->data, "facts");
	const char *plate = observed(c, step_param(ceremony_step(c), "plate"));

	(void)w;
	(void)room;
	p->kind = PROMPT_ACKNOWLEDGE;
	p->see_all = true;
	message_set(&p->title, N_("Is this the HSM on the table?"));
	for (size_t i = 0; i < sizeof(shown) / sizeof(shown[0]); i++) {
		const char *value = json_text(facts, shown[i].key);
		struct line *l = prompt_line(p, LINE_PLAIN, NULL) == 0 ? &p->line[p->lines - 1] : NULL;
		if (!l)
			return error_memory(e);
		l->message.id = shown[i].label;
		snprintf(l->message.args[0], MESSAGE_ARG_MAX, "%s", value ? value : "-");
	}
	if (plate && prompt_message(p, LINE_PLAIN, N_("Serial number on the plate, read by two: %s"), plate) < 0)
		return error_memory(e);
	struct bytes flags = {0};
	if (token_flags(facts, &flags, e) < 0)
		return -1;
	int rc = prompt_message(p, LINE_PLAIN, N_("Token flags: %s"), bytes_string(&flags));
	bytes_free(&flags);
	return rc < 0 ? error_memory(e) : ask_acknowledgement(c, p, NULL, N_("Who acknowledges"), "confirm", e);
}

static int answer(const struct ceremony *c, const struct want *w, struct room *room, struct answer *a,
        struct outcome *out, struct error *e)
{
	char hex[65];
	(void)room;
	return facts_hash(c, hex) < 0 ? error_memory(e) : put_acknowledged(out, w, a, hex, e);
}

static const char *const help[] = {N_("The token is found by the label and serial number of the site file; a fresh one "
                                      "by its serial alone. Two that match, or none, are an error."),
        N_("Hold what the token says of itself against the plate and the papers. What no token says, such as its FIPS "
           "certificate, is read off by two."),
        NULL};

const struct step_kind identify_hsm_step = {
        .name = "identify-hsm",
        .helper = true,
        .faults_acceptable = true,
        .next = next,
        .check = check,
        .ask = ask,
        .answer = answer,
        .look = look,
        .help = help,
};
