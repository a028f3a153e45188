#include "screens/say.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/text.h"

static const struct {
	const char *role, *id;
} roles[] = {
        {"administrator", N_("administrator")},
        {"custodian", N_("custodian")},
        {"outgoing-custodian", N_("outgoing-custodian")},
        {"witness", N_("witness")},
        {"auditor", N_("auditor")},
        {"operator", N_("operator")},
};

/* The role in the reader's language; NULL: a role of the script's own. */
static const char *role_known(const char *role)
{
	for (size_t i = 0; i < sizeof(roles) / sizeof(roles[0]); i++)
		if (strcmp(roles[i].role, role) == 0)
			return _(roles[i].id);
	return NULL;
}

/* A message's arguments are the record's words; a role among them is said in the reader's language. */
void say_message(struct bytes *out, const struct message *m)
{
	struct message said;

	if (!m->id || !*m->id)
		return;
	if (strcmp(m->id, "%s") == 0 && *m->args[0]) { /* a whole sentence that was passed on */
		const char *sentence = _(m->args[0]);

		text_visible(out, sentence, strlen(sentence));
		return;
	}
	said = *m;
	for (size_t i = 0; i < MESSAGE_ARGS; i++) {
		const char *role = role_known(m->args[i]);

		if (role)
			snprintf(said.args[i], sizeof(said.args[i]), "%s", role);
	}
	message_text(&said, _(m->id), out);
}

void say_clock(struct bytes *out, int64_t ms, bool local)
{
	time_t seconds = (time_t)(ms / 1000);
	struct tm tm;
	char text[48];

	if (local)
		localtime_r(&seconds, &tm);
	else
		gmtime_r(&seconds, &tm);
	if (strftime(text, sizeof(text), local ? "%H:%M:%S %Z" : "%H:%M:%S UTC", &tm) > 0)
		bytes_text(out, text);
}

void say_words(struct bytes *out, const uint8_t *data, size_t count)
{
	text_pgp_words(out, data, count);
}

void say_hex_groups(struct bytes *out, const uint8_t *data, size_t len)
{
	for (size_t i = 0; i < len; i += 2) {
		if (i > 0)
			bytes_byte(out, ' ');
		bytes_hex(out, data + i, len - i < 2 ? 1 : 2);
	}
}

void say_act(struct bytes *out, const char *act)
{
	static const struct {
		const char *act, *id;
	} known[] = {
	        {"initialise-hsm", N_("The HSM is being initialised")},
	        {"change-custodians", N_("The HSM is changing its PIN")},
	        {"share-secret", N_("The HSM is changing its PIN")},
	        {"settle-custodians", N_("The HSM is asked which PIN it has")},
	        {"unlock-hsm", N_("The HSM is being unlocked")},
	        {"lock-hsm", N_("The HSM is being locked")},
	        {"generate-key", N_("The HSM is generating the key")},
	        {"issue-certificate", N_("The HSM is signing the certificate")},
	        {"issue-crl", N_("The HSM is signing the CRL")},
	        {"issue-ocsp", N_("The HSM is signing the OCSP responses")},
	        {"make-request", N_("The HSM is signing the request")},
	        {"identify-hsm", N_("The HSM is being looked at")},
	};

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (strcmp(known[i].act, act) == 0) {
			bytes_text(out, _(known[i].id));
			return;
		}
	bytes_printf(out, _("The HSM is working: %s"), act);
}

void say_person(struct bytes *out, const struct engine_view *v, const char *key_name)
{
	bytes_text(out, key_name);
	for (size_t i = 0; v && i < v->people; i++)
		if (strcmp(v->person[i].key_name, key_name) == 0) {
			if (v->person[i].name && *v->person[i].name)
				bytes_printf(out, " (%s)", v->person[i].name);
			return;
		}
}

void say_role(struct bytes *out, const char *role)
{
	const char *known = role_known(role);

	bytes_text(out, known ? known : role);
}

void say_actor(struct bytes *out, const struct message *actor)
{
	struct bytes text = {0};

	say_message(&text, actor);
	say_role(out, bytes_string(&text));
	bytes_free(&text);
}

void say_signatures(struct bytes *out, const struct prompt *p)
{
	size_t left;

	if (p->need == 0 && p->signed_count == 0)
		return;
	left = p->need > p->signed_count ? p->need - p->signed_count : 0;
	bytes_printf(out, _("Signed %zu of %u, still needed %zu"), p->signed_count, p->need, left);
	for (size_t i = 0; i < p->signed_count; i++)
		bytes_printf(out, "%s%s", i ? ", " : ": ", p->signed_by[i]);
}
