/* A script before its day: to be read aloud, and initialled as it is gone through. */
#include "media/report_private.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "engine/load.h"
#include "steps/step.h"

struct blank {
	const struct script *script;
	const struct site *site; /* NULL: none given */
	const char *language;
	struct page *page;
};

static void shown(struct page *p, const char *label, const char *text, bool fixed)
{
	struct bytes visible = {0};
	if (!text || !*text)
		return;
	report_visible(&visible, text);
	page_pair(p, label, bytes_string(&visible), fixed);
	bytes_free(&visible);
}

static void head(struct blank *b)
{
	const struct script *s = b->script;

	page_heading(b->page, 1, gettext("The script"));
	page_pair(b->page, gettext("Origin"), s->origin, true);
	report_hash(b->page, gettext("Script, SHA-256"), s->sha256, 32);
	if (b->site)
		report_hash(b->page, gettext("Site file, SHA-256"), b->site->sha256, 32);
	for (size_t i = 0; i < s->references.count; i++)
		shown(b->page, i ? "" : gettext("References"), s->references.item[i], false);
	shown(b->page, gettext("Previous record"), s->previous, false);
	page_paragraph(b->page,
	        gettext("The console runs exactly the file with this hash. Whoever reads from this paper holds "
	                "the hash against the one on the screen when the ceremony begins."));
}

static void roles(struct blank *b)
{
	const struct page_column columns[] = {{gettext("Role"), 34, PAGE_PLAIN}, {gettext("Seats"), 16, PAGE_PLAIN},
	        {gettext("Quorum"), 16, PAGE_PLAIN}, {gettext("Decides what no step foresaw"), 34, PAGE_PLAIN}};

	page_heading(b->page, 1, gettext("Roles"));
	page_table(b->page, columns, 4);
	for (size_t i = 0; i < b->script->role_count; i++) {
		const struct script_role *role = &b->script->roles[i];
		char seats[40], quorum[16] = "-";
		if (role->range)
			snprintf(seats, sizeof(seats), "%u - %u", role->minimum, role->maximum);
		else
			snprintf(seats, sizeof(seats), "%u", role->minimum);
		if (role->quorum)
			snprintf(quorum, sizeof(quorum), "%u", role->quorum);
		const char *cells[] = {report_role(role->name), seats, quorum,
		        b->script->control && !strcmp(b->script->control, role->name) ? gettext("yes") : "-"};
		page_row(b->page, cells);
	}
	for (size_t i = 0; i < b->script->exclusive_count; i++) {
		struct bytes text = {0};
		for (size_t j = 0; j < b->script->exclusive[i].count; j++)
			bytes_printf(&text, "%s%s", j ? ", " : "", report_role(b->script->exclusive[i].item[j]));
		report_pair(b->page, gettext("Nobody holds two of"), "%s", bytes_string(&text));
		bytes_free(&text);
	}
}

static void people(struct blank *b)
{
	const struct page_column columns[] = {
	        {gettext("Key"), 50, PAGE_FIXED}, {gettext("Role"), 20, PAGE_PLAIN}, {gettext("Name"), 30, PAGE_BOX}};
	if (!b->script->person_count)
		return;
	page_heading(b->page, 1, gettext("People who may sit down"));
	page_table(b->page, columns, 3);
	for (size_t i = 0; i < b->script->person_count; i++) {
		const char *cells[] = {b->script->people[i].key, report_role(b->script->people[i].role), NULL};
		page_row(b->page, cells);
	}
}

static void device(struct blank *b, const struct script_hsm *h)
{
	const struct site_hsm *at = b->site ? site_hsm(b->site, h->name) : NULL;

	page_heading(b->page, 2, h->name);
	shown(b->page, gettext("Manufacturer"), h->manufacturer, false);
	shown(b->page, gettext("Model"), h->model, false);
	shown(b->page, gettext("Attachment (script)"), h->attachment, false);
	shown(b->page, gettext("Certified as (script)"), h->fips, false);
	page_pair(b->page, gettext("Software token"), report_yes(h->software), false);
	if (!at)
		return;
	shown(b->page, gettext("Label"), at->label, false);
	shown(b->page, gettext("Serial number"), at->serial, false);
	shown(b->page, gettext("PKCS#11 module"), at->module, false);
}

static void things(struct blank *b)
{
	const struct script *s = b->script;

	if (s->hsm_count)
		page_heading(b->page, 1, gettext("Devices and keys"));
	for (size_t i = 0; i < s->hsm_count; i++)
		device(b, &s->hsms[i]);
	for (size_t i = 0; i < s->secret_count; i++)
		report_pair(b->page, s->secrets[i].name,
		        gettext("secret of %s: %u shares for the role %s, any %u open it"), s->secrets[i].hsm,
		        s->secrets[i].shares, report_role(s->secrets[i].holders), s->secrets[i].threshold);
	for (size_t i = 0; i < s->key_count; i++) {
		struct bytes label = {0};
		report_visible(&label, s->keys[i].label);
		report_pair(b->page, s->keys[i].name, gettext("key on %s: %s, label %s"), s->keys[i].hsm,
		        s->keys[i].algorithm, bytes_string(&label));
		bytes_free(&label);
	}
	for (size_t i = 0; b->site && i < b->site->medium_count; i++)
		shown(b->page, b->site->media[i].name, b->site->media[i].directory, true);
}

static void subject(const struct script_certificate *c, struct bytes *out)
{
	for (size_t i = 0; i < c->subjects; i++) {
		bytes_printf(out, "%s%s=", i ? (c->subject[i].joined ? " + " : ", ") : "", c->subject[i].type);
		report_visible(out, c->subject[i].value);
	}
}

static void certificate(struct blank *b, const struct script_certificate *c)
{
	struct bytes name = {0};

	if (c->from != CERTIFICATE_ISSUED)
		return;
	page_heading(b->page, 2, c->name);
	subject(c, &name);
	if (name.len)
		page_pair(b->page, gettext("Subject"), bytes_string(&name), false);
	shown(b->page, gettext("Issuer"), c->issuer, false);
	shown(b->page, gettext("Key"), c->key, false);
	shown(b->page, gettext("Request"), c->request, false);
	shown(b->page, gettext("Signature algorithm"), c->signature, false);
	shown(b->page, gettext("Serial number"), c->serial, false);
	if (c->from_signing) {
		report_pair(b->page, gettext("Validity"), gettext("%u days from signing"), c->days);
	} else {
		char from[TIME_TEXT], to[TIME_TEXT];
		time_format_seconds(c->not_before, from);
		time_format_seconds(c->not_after, to);
		report_pair(b->page, gettext("Validity"), "%s - %s", from, to);
	}
	for (size_t i = 0; i < c->extension_count; i++)
		shown(b->page, c->extensions[i].name, c->extensions[i].value, true);
	bytes_free(&name);
}

static void certificates(struct blank *b)
{
	bool any = false;
	for (size_t i = 0; i < b->script->certificate_count; i++) {
		if (!any && b->script->certificates[i].from == CERTIFICATE_ISSUED) {
			page_heading(b->page, 1, gettext("Certificates"));
			any = true;
		}
		certificate(b, &b->script->certificates[i]);
	}
}

/* What the kind's own help says of it, and what the script gives it. */
static void asks(const struct blank *b, const struct script_step *step, struct bytes *out)
{
	const struct step_kind *kind = step_kind(step->kind);

	for (size_t i = 0; kind && kind->help && kind->help[i]; i++)
		bytes_printf(out, "\n→ %s", gettext(kind->help[i]));
	for (size_t i = 0; i < step->param_count; i++) {
		const struct script_param *param = &step->params[i];
		bytes_printf(out, "\n• %s: ", param->name);
		if (param->value &&
		        (!strcmp(param->name, "by") || !strcmp(param->name, "relieve") || !strcmp(param->name, "from")))
			bytes_text(out, report_role(param->value));
		else if (param->value)
			report_visible(out, param->value);
		for (size_t j = 0; !param->value && j < param->list.count; j++) {
			bytes_text(out, j ? ", " : "");
			report_visible(out, param->list.item[j]);
		}
	}
	if (step->approve) {
		const struct script_role *role = script_role(b->script, step->approve);
		bytes_printf(out, gettext("\n• approved by: %s, %u of them"), report_role(step->approve),
		        role ? role->quorum : 0);
	}
}

static const char *who(const struct script_step *step)
{
	const char *by = step_param(step, "by");
	return report_role(by ? by : step->approve ? step->approve : "administrator");
}

static void steps(struct blank *b)
{
	const struct page_column columns[] = {{gettext("Step"), 14, PAGE_PLAIN}, {gettext("Activity"), 46, PAGE_PLAIN},
	        {gettext("Who"), 14, PAGE_PLAIN}, {gettext("Time"), 12, PAGE_BOX}, {gettext("Initials"), 12, PAGE_BOX}};

	page_heading(b->page, 1, gettext("The steps"));
	page_table(b->page, columns, 5);
	for (size_t i = 0; i < b->script->step_count; i++) {
		const struct script_step *step = &b->script->steps[i];
		struct bytes activity = {0};
		char number[80];
		snprintf(number, sizeof(number), "%zu\n%s", i + 1, step->id);
		bytes_printf(&activity, "%s\n", report_kind(step->kind));
		report_visible(&activity, script_say(b->script, &step->say, b->language));
		asks(b, step, &activity);
		const char *cells[] = {number, bytes_string(&activity), who(step), NULL, NULL};
		page_row(b->page, cells);
		bytes_free(&activity);
	}
}

static void signatures(struct blank *b)
{
	const struct page_column fields[] = {{gettext("Name"), 30, PAGE_PLAIN}, {gettext("Signature"), 30, PAGE_PLAIN},
	        {gettext("Date"), 15, PAGE_PLAIN}, {gettext("Time"), 12, PAGE_PLAIN},
	        {gettext("Time zone"), 13, PAGE_PLAIN}};

	page_break(b->page);
	page_heading(b->page, 1, gettext("Exceptions"));
	for (unsigned i = 0; i < 4; i++) {
		const struct page_column line[] = {
		        {gettext("What happened, and when"), 80, PAGE_PLAIN}, {gettext("Initials"), 20, PAGE_PLAIN}};
		page_blanks(b->page, NULL, line, 2);
	}
	page_heading(b->page, 1, gettext("Signatures"));
	for (size_t i = 0; i < b->script->role_count; i++)
		for (unsigned n = 0; n < b->script->roles[i].maximum; n++)
			page_blanks(b->page, report_role(b->script->roles[i].name), fields, 5);
}

static struct page *page_begin(const struct blank *b, struct error *e)
{
	struct bytes title = {0}, footer = {0};
	struct page_head head = {.language = b->language, .program = "tachiai " TACHIAI_VERSION};
	struct page *p = NULL;

	report_visible(&title, script_say(b->script, &b->script->title, b->language));
	bytes_printf(&footer, "%s  ", b->script->origin);
	bytes_hex(&footer, b->script->sha256, 32);
	head.title = bytes_string(&title);
	head.footer = bytes_string(&footer);
	head.band[0] = gettext("SCRIPT, TO BE FILLED IN: nothing on this paper has happened yet");
	if (bytes_end(&title, e) == 0 && bytes_end(&footer, e) == 0)
		p = page_new(&head, e);
	bytes_free(&title);
	bytes_free(&footer);
	return p;
}

struct page *report_blank(const char *script_path, const char *site_path, const char *language, struct error *e)
{
	struct script *script = script_load(script_path, e);
	struct site *site = script && site_path ? site_load(site_path, script, e) : NULL;
	struct blank b = {.script = script, .site = site, .language = language};

	if (!script || (site_path && !site) || !(b.page = page_begin(&b, e)))
		goto out;
	head(&b);
	roles(&b);
	people(&b);
	things(&b);
	certificates(&b);
	steps(&b);
	signatures(&b);
out:
	site_free(&site);
	script_free(&script);
	return b.page;
}
