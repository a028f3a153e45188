/* What an auditor reads first: what does not hold, and everything that went otherwise than the script had it. */
#include "media/report_private.h"

#include <stdio.h>
#include <string.h>

static const char *const verdict_names[VERDICTS] = {
        N_("form"), N_("log"), N_("consent"), N_("artifacts"), N_("conduct")};

static void sentence(const struct message *m, struct bytes *out)
{
	struct bytes said = {0};
	if (m->id)
		message_text(m, *m->id ? gettext(m->id) : NULL, &said);
	report_visible(out, bytes_string(&said));
	bytes_free(&said);
}

static void failing(struct report *r)
{
	struct bytes text = {0}, names = {0};

	for (int i = 0; i < VERDICTS; i++) {
		const struct verdict *d = &r->v.verdict[i];
		if (d->holds)
			continue;
		if (d->error.line)
			bytes_printf(&text, gettext("%s: does not hold: line %u: "), gettext(verdict_names[i]),
			        d->error.line);
		else
			bytes_printf(&text, gettext("%s: does not hold: "), gettext(verdict_names[i]));
		sentence(&d->error.message, &text);
		bytes_byte(&text, '\n');
	}
	for (size_t i = 0; i < r->signers.count; i++) {
		bytes_text(&names, names.len ? ", " : "");
		report_person(r, json_text(r->signers.kept[i].entry.data, "person"), &names);
	}
	if (r->signers.count)
		bytes_printf(&text,
		        gettext("The last entry that a signature holds is entry %llu, signed by: %s. What the "
		                "transcript "
		                "says behind it is not printed here, and nothing is known of it."),
		        (unsigned long long)r->reach - 1, bytes_string(&names));
	else if (r->reach == r->v.entries && r->reach)
		bytes_text(&text, gettext("All entries of the transcript are held by the signatures at its end."));
	else
		bytes_text(
		        &text, gettext("No entry of the transcript is held by a signature, so none is printed here."));
	page_warning(r->page, gettext("This record does not hold"), bytes_string(&text));
	bytes_free(&text);
	bytes_free(&names);
}

void report_warnings(struct report *r)
{
	page_paragraph(r->page, gettext("Report of a key ceremony, printed from its record. All times are in UTC."));
	if (r->fails)
		failing(r);
	if (r->v.rehearsal && r->reach)
		page_warning(r->page, gettext("Rehearsal"),
		        gettext("Stand-ins took the seats and a software token took the place of the HSM. Every "
		                "certificate "
		                "and list made here bears a critical extension that every relying party must refuse."));
	if (r->v.software)
		page_warning(r->page, gettext("Software token"),
		        gettext("The script allows a token that is only a program: its keys are protected by no "
		                "device."));
	if (!r->c && r->reach)
		page_warning(r->page, gettext("Script or site are not those of the record"),
		        gettext("What follows is told from the entries alone; certificates, keys and lists are left "
		                "out."));
}

/* The entries that an exception is about. */
static void about(const struct report *r, const struct json *list, struct bytes *out)
{
	for (const struct json *n = list ? list->child : NULL; n; n = n->next) {
		const struct entry *entry = report_entry(r, n->number);
		if (!entry)
			continue;
		bytes_printf(out, "\n%s %lld: %s", gettext("Entry"), (long long)n->number, event_name(entry->event));
		const char *what = json_text(entry->data, "what");
		if (what)
			bytes_printf(out, " (%s)", what);
		const struct json *faults = json_get(entry->data, "faults");
		for (const struct json *f = faults ? faults->child : NULL; f; f = f->next)
			bytes_printf(out, "\n  - %s", f->text);
		if (entry->event == ACT_FAILED)
			bytes_printf(out, "\n  - %s", json_text(entry->data, "sentence"));
	}
}

/* Who accepted it: the act whose order names it. */
static void accepted(const struct report *r, uint64_t seq, struct bytes *out)
{
	const struct entry *done;
	for (size_t at = (size_t)seq; (done = report_done(r, "accept-exception", &at));) {
		const struct entry *proposed = report_proposal(r, done);
		const struct json *list = json_get(json_get(proposed->data, "order"), "about");
		for (const struct json *n = list ? list->child : NULL; n; n = n->next)
			if (n->number == (int64_t)seq) {
				struct bytes names = {0};
				report_approvers(r, proposed, &names);
				bytes_printf(out, gettext("accepted by %s at "), bytes_string(&names));
				report_time(out, done->time, -1);
				bytes_free(&names);
				return;
			}
	}
	bytes_text(out, gettext("no acceptance was asked for"));
}

/* Who has looked at what the console noted itself: they acknowledge its text. */
static void seen_by(struct report *r, const struct entry *noted, struct bytes *out)
{
	const char *text = json_text(noted->data, "text");
	struct bytes hex = {0};
	uint8_t sum[32];

	if (sha256(text, strlen(text), sum) < 0)
		return;
	bytes_hex(&hex, sum, sizeof(sum));
	for (size_t i = 0; i < r->journal.count; i++) {
		const struct entry *entry = &r->journal.kept[i].entry;
		if (entry->event != TEXT_ACKNOWLEDGED || entry->step || entry->seq < noted->seq ||
		        strcmp(json_text(entry->data, "text_sha256"), bytes_string(&hex)) != 0)
			continue;
		if (out->len)
			bytes_text(out, "; ");
		report_person(r, json_text(entry->data, "person"), out);
	}
	bytes_free(&hex);
}

static void exception(struct report *r, const struct entry *entry, unsigned number)
{
	struct bytes text = {0}, who = {0}, when = {0}, end = {0};
	char title[96];

	snprintf(title, sizeof(title), gettext("Exception %u"), number);
	page_heading(r->page, 2, title);
	report_noter(r, entry, &who);
	report_time(&when, entry->time, -1);
	report_pair(r->page, gettext("Noted"), gettext("%s, by %s, at step %s (entry %llu)"), bytes_string(&when),
	        bytes_string(&who), entry->step ? entry->step : "-", (unsigned long long)entry->seq);
	if (json_text(entry->data, "acknowledged"))
		report_person(r, json_text(entry->data, "acknowledged"), &end);
	else if (exception_is_own(entry))
		seen_by(r, entry, &end);
	if (end.len) {
		page_pair(r->page, gettext("Acknowledged by"), bytes_string(&end), false);
		bytes_clear(&end);
	}
	page_pair(r->page, gettext("Kind"), json_text(entry->data, "kind"), false);
	page_pair(r->page, gettext("In their words"), json_text(entry->data, "text"), false);
	about(r, json_get(entry->data, "about"), &text);
	if (text.len)
		page_pair(r->page, gettext("About"), bytes_string(&text) + 1, false);
	accepted(r, entry->seq, &end);
	page_pair(r->page, gettext("Decision"), bytes_string(&end), false);
	bytes_free(&text);
	bytes_free(&who);
	bytes_free(&when);
	bytes_free(&end);
}

/* Of the other things that did not go straight: what it was, in words; false: it is none. */
static bool deviation(const struct report *r, const struct entry *entry, struct bytes *out)
{
	const struct json *d = entry->data;
	const struct entry *proposed;

	switch (entry->event) {
	case ACT_FAILED:
		proposed = report_proposal(r, entry);
		bytes_printf(out, gettext("Failed: %s: %s"),
		        report_act(proposed ? json_text(proposed->data, "act") : NULL), json_text(d, "sentence"));
		return true;
	case ACT_VOIDED:
		bytes_printf(out, gettext("A proposal became void: %s"), json_text(d, "reason"));
		return true;
	case APPROVAL_REFUSED:
		bytes_text(out, gettext("Approval was refused"));
		break;
	case VALUE_DIFFERED:
		bytes_printf(out, gettext("Two people read different values: %s"), json_text(d, "name"));
		return true;
	case LOGIN_FAILED:
		bytes_text(out, gettext("A passphrase was wrong"));
		break;
	case PERSON_LEFT:
		bytes_text(out, gettext("Left the room"));
		break;
	case CEREMONY_PAUSED:
		bytes_text(out, gettext("The ceremony was paused"));
		break;
	case CEREMONY_RESUMED:
		bytes_text(out, gettext("The ceremony went on, with a new key of the console and a roll call"));
		return true;
	default:
		return false;
	}
	if (json_text(d, "person")) {
		bytes_text(out, ": ");
		report_person(r, json_text(d, "person"), out);
	}
	if (json_text(d, "reason") && *json_text(d, "reason"))
		bytes_printf(out, ": %s", json_text(d, "reason"));
	return true;
}

static void deviations(struct report *r)
{
	const struct page_column columns[] = {{gettext("Entry"), 10, PAGE_PLAIN},
	        {gettext("Time (UTC)"), 22, PAGE_PLAIN}, {gettext("Step"), 18, PAGE_PLAIN},
	        {gettext("What happened"), 50, PAGE_PLAIN}};
	bool any = false;

	for (size_t i = 0; i < r->journal.count; i++) {
		const struct entry *entry = &r->journal.kept[i].entry;
		struct bytes what = {0}, when = {0};
		char number[24];
		if (deviation(r, entry, &what)) {
			if (!any) {
				page_heading(r->page, 2, gettext("Refusals, failures and interruptions"));
				page_table(r->page, columns, 4);
			}
			any = true;
			snprintf(number, sizeof(number), "%llu", (unsigned long long)entry->seq);
			report_time(&when, entry->time, -1);
			const char *cells[] = {
			        number, bytes_string(&when), entry->step ? entry->step : "-", bytes_string(&what)};
			page_row(r->page, cells);
		}
		bytes_free(&what);
		bytes_free(&when);
	}
}

void report_exceptions(struct report *r)
{
	const struct entry *entry;
	unsigned number = 0;

	if (!r->reach)
		return;
	page_heading(r->page, 1, gettext("Exceptions"));
	for (size_t at = 0; (entry = report_next(r, EXCEPTION_NOTED, &at));)
		exception(r, entry, ++number);
	if (!number)
		page_paragraph(r->page, gettext("No exception was noted."));
	deviations(r);
}

void report_verdicts(struct report *r)
{
	const struct page_column columns[] = {{gettext("Verdict"), 15, PAGE_PLAIN}, {gettext("Result"), 15, PAGE_PLAIN},
	        {gettext("Evidence"), 70, PAGE_PLAIN}};

	page_heading(r->page, 1, gettext("Verification"));
	page_paragraph(
	        r->page, gettext("Before anything was printed, the record was verified as `tachiai verify` does it:"));
	page_table(r->page, columns, 3);
	for (int i = 0; i < VERDICTS; i++) {
		const struct verdict *d = &r->v.verdict[i];
		struct bytes why = {0};
		sentence(d->holds ? &d->evidence : &d->error.message, &why);
		const char *cells[] = {gettext(verdict_names[i]),
		        d->holds ? gettext("holds") : gettext("DOES NOT HOLD"), bytes_string(&why)};
		page_row(r->page, cells);
		bytes_free(&why);
	}
	page_paragraph(r->page,
	        r->v.rehearsal
	                ? gettext("The people are stand-ins of a rehearsal.")
	                : gettext("Who the people are is the record's own word here: verify --people and --script-hash "
	                          "hold it against what lies outside the record."));
	if (r->v.previous != PREVIOUS_NONE)
		report_pair(r->page, gettext("Previous record"),
		        gettext("%s: not held against it here (see verify --previous)"),
		        bytes_string(&r->v.previous_origin));
}
