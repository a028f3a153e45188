#include "steps/card.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/text.h"
#include "people/cms_verify.h"

/* Of a CMS, beside the certificates: attributes, names, a signature of RSA with 4096 bits. */
enum { CHAIN_FILE_MAX = 1 << 20, CMS_AROUND = 2048, LOOK_SECONDS = 20 };

static const uint8_t *pinned(const struct ceremony *c, const char *person)
{
	return policy_card(consent_policy(c->consent), person);
}

static int no_site(const char *person, struct error *e)
{
	return error_set(e, ERROR_FAULT,
	        N_("The script pins a card of %s, and the site file does not say where it is: add it to \"cards\"."),
	        person);
}

static int chain_read(const struct site_card *card, struct cms_chain *chain, struct error *e)
{
	struct bytes pem = {0}, why = {0};
	struct error cause = {0};
	size_t total = 0;
	int rc = -1;

	if (!card->chain)
		return 0;
	if (file_read(card->chain, CHAIN_FILE_MAX, &pem, e) < 0)
		goto out;
	if (cms_chain_read(&pem, chain, &cause) < 0) {
		error_text(&cause, &why);
		error_set(e, ERROR_FAULT, N_("The chain of the card of %s, %s: %s"), card->person, card->chain,
		        bytes_string(&why));
		goto out;
	}
	for (size_t i = 0; i < chain->count; i++)
		total += chain->certificate[i].len;
	if (total > CARD_CMS_MAX - CMS_AROUND) {
		error_set(e, ERROR_FAULT,
		        N_("The chain of the card of %s is too long for an entry of the record: %zu bytes in %s. Leave "
		           "out what verifiers have."),
		        card->person, total, card->chain);
		goto out;
	}
	rc = 0;
out:
	bytes_free(&pem);
	bytes_free(&why);
	return rc;
}

int card_ready(const struct site *site, const char *person, struct error *e)
{
	const struct site_card *card = site_card(site, person);
	struct cms_chain chain = {0};
	uint8_t sum[32];
	int rc = -1;

	if (!card)
		return no_site(person, e);
	char *file = realpath(card->module, NULL);
	if (!file) {
		error_errno(e, N_("the module %s cannot be read: %s"), card->module);
		goto out;
	}
	if (file_sha256(file, sum, NULL, e) < 0)
		goto out;
	if (card->module_pinned && memcmp(sum, card->module_sha256, 32)) {
		error_set(e, ERROR_FAULT,
		        N_("The module %s of the card of %s does not have the SHA-256 that the site file gives."),
		        card->module, person);
		goto out;
	}
	rc = chain_read(card, &chain, e);
out:
	free(file);
	cms_chain_free(&chain);
	return rc;
}

/* What both requests say of the card (hsm.h). */
static void put_card(
        struct json_writer *j, const struct site_card *card, const uint8_t *certificate, bool login, int told)
{
	json_begin_object(j);
	json_member_text(j, "module", card->module);
	if (card->module_pinned)
		json_member_hex(j, "module_sha256", card->module_sha256, 32);
	else
		json_member_text(j, "module_sha256", NULL);
	json_member_text(j, "label", card->label);
	json_member_text(j, "serial", card->serial);
	json_member_hex(j, "certificate_sha256", certificate, 32);
	json_member_text(j, "cka_id", card->certificate);
	json_member_bool(j, "login", login);
	json_member_int(j, "pin_told", told);
}

static int environment_make(const struct site_card *card, char ***environment, struct error *e)
{
	char **list = calloc(card->environment_count + 1, sizeof(*list));
	*environment = list;
	if (!list)
		return error_memory(e);
	for (size_t i = 0; i < card->environment_count; i++)
		if (asprintf(&list[i], "%s=%s", card->environment[i].name, card->environment[i].value) < 0) {
			list[i] = NULL;
			return error_memory(e);
		}
	return 0;
}

/* A helper for this request alone: started, asked, ended. The one that holds the CA's HSM never sees a card. */
static int call(const struct room *room, const struct site_card *card, enum hsm_verb verb, const struct bytes *data,
        struct secret **pin, unsigned seconds, struct bytes *answer, struct error *e)
{
	struct hsm_request request = {.verb = verb, .hsm = card->person, .data = data->data, .len = data->len};
	char **environment = NULL;
	struct hsm *hsm = NULL;
	int rc = -1;

	if (environment_make(card, &environment, e) < 0 || !(hsm = hsm_start(room->helper, environment, e)))
		goto out;
	if (pin && *pin)
		request.user_pin = secret_take(pin);
	rc = hsm_call(hsm, &request, seconds, answer, e) < 0 ? -1 : 0;
out:
	hsm_end(&hsm);
	for (char **v = environment; v && *v; v++)
		free(*v);
	free(environment);
	return rc;
}

/* A base64 member of the answer; 1: it is null. */
static int answer_bytes(const struct bytes *answer, const char *key, struct bytes *out, struct error *e)
{
	struct json_doc *doc = json_doc_new();
	const struct json *parsed = doc ? json_parse(doc, bytes_string(answer), answer->len, e) : NULL;
	const struct json *value = json_get(parsed, key);
	int rc = -1;

	if (value && value->type == JSON_NULL)
		rc = 1;
	else if (value && value->type == JSON_STRING && base64_decode(value->text, value->len, out) == 0)
		rc = bytes_end(out, e);
	else
		error_set(e, ERROR_INTERNAL, "the helper's answer has no %s", key);
	json_doc_free(&doc);
	return rc;
}

/* The certificate into seen->certificate: 0; 1: the card shows it only after its PIN; -1. Its hash is the pinned one.
 */
static int certificate_read(const struct ceremony *c, const struct room *room, const struct site_card *card,
        struct card_seen *seen, struct secret **pin, struct error *e)
{
	struct bytes data = {0}, answer = {0}, der = {0};
	struct json_writer j = {&data, false};
	const uint8_t *hash = pinned(c, card->person);
	uint8_t sum[32];
	int rc = -1;

	put_card(&j, card, hash, pin != NULL, seen->told);
	json_end_object(&j);
	if (bytes_end(&data, e) < 0 || call(room, card, HSM_CARD_CERTIFICATE, &data, pin,
	                                       pin ? c->site->act_timeout : LOOK_SECONDS, &answer, e) < 0)
		goto out;
	rc = answer_bytes(&answer, "certificate", &der, e);
	if (rc != 0)
		goto out;
	if (sha256(der.data, der.len, sum) < 0 || memcmp(sum, hash, 32)) {
		rc = error_set(e, ERROR_INTERNAL, "the helper gave another certificate than it was asked for");
		goto out;
	}
	bytes_free(&seen->certificate);
	seen->certificate = der;
	memset(&der, 0, sizeof(der));
out:
	bytes_free(&data);
	bytes_free(&answer);
	bytes_free(&der);
	return rc;
}

static int line_text(struct prompt *p, enum line_style style, const char *id, const char *text)
{
	if (prompt_line(p, style, NULL) < 0)
		return -1;
	struct line *l = &p->line[p->lines - 1];
	if (strlen(text) < MESSAGE_ARG_MAX - 1) {
		l->message.id = id;
		snprintf(l->message.args[0], sizeof(l->message.args[0]), "%s", text);
		return 0;
	}
	return field_set(&l->text, text); /* a name too long for a sentence stands alone */
}

static int certificate_lines(struct card_seen *seen, struct prompt *p)
{
	struct bytes subject = {0}, issuer = {0};
	int rc = cms_certificate_names(&seen->certificate, &subject, &issuer, NULL) < 0 ||
	                         line_text(p, LINE_PLAIN, N_("The card's certificate is that of: %s"),
	                                 bytes_string(&subject)) < 0 ||
	                         line_text(p, LINE_PLAIN, N_("It was issued by: %s"), bytes_string(&issuer)) < 0
	                 ? -1
	                 : 0;

	seen->shown = seen->shown || rc == 0;
	bytes_free(&subject);
	bytes_free(&issuer);
	return rc;
}

/* Reads the certificate where the card shows it to anyone, so that its holder sees it before they sign. */
static int look_lines(const struct ceremony *c, struct room *room, const struct site_card *card, struct card_seen *seen,
        struct prompt *p)
{
	struct error why = {0};
	int read = seen->certificate.len ? 0 : certificate_read(c, room, card, seen, NULL, &why), rc;

	if (read == 0)
		return certificate_lines(seen, p);
	if (read > 0)
		return prompt_message(p, LINE_PLAIN,
		        N_("The card shows its certificate only after its PIN: it is shown then, before anything is "
		           "signed."));
	rc = prompt_line(p, LINE_WARNING, NULL);
	if (rc == 0)
		p->line[p->lines - 1].message = why.message;
	return rc;
}

int card_ask(const struct ceremony *c, struct room *room, const char *person, struct prompt *p)
{
	const struct site_card *card = site_card(c->site, person);
	struct card_seen *seen;

	if (!pinned(c, person))
		return 0;
	if (!card || !(seen = room_card(room, person)))
		return card ? -1
		            : prompt_message(p, LINE_WARNING, N_("The site file does not say where the card of %s is."),
		                      person);
	if (prompt_message(p, LINE_PLAIN,
	            N_("You sign with your card too: label \"%s\", serial number \"%s\". Insert it now."), card->label,
	            card->serial) < 0)
		return -1;
	/* On a small screen the warning lies below the first page: no PIN is taken before it was seen. */
	p->see_all = p->see_all || card->type == CARD_JPKI;
	if (card->type == CARD_JPKI && prompt_message(p, LINE_WARNING,
	                                       N_("Careful: the signing certificate of this card holds your name, "
	                                          "address, date of birth and sex. It becomes part of the record, and "
	                                          "whoever is given the record can read it.")) < 0)
		return -1;
	if (look_lines(c, room, card, seen, p) < 0)
		return -1;
	if (card->protected_path)
		return prompt_message(
		        p, LINE_PLAIN, N_("The card's PIN is typed at the card reader, after the passphrase."));
	return prompt_field(p, "card-pin", FIELD_SECRET, N_("PIN of the card")) ? 0 : -1;
}

int card_ask_some(const struct ceremony *c, struct prompt *p)
{
	const struct field *who = NULL;
	bool typed = false, pad = false;

	for (size_t i = 0; i < p->fields; i++)
		if (!strcmp(p->field[i].name, "person"))
			who = &p->field[i];
	for (size_t i = 0; who && i < who->choices; i++) {
		const struct site_card *card =
		        pinned(c, who->choice[i].value) ? site_card(c->site, who->choice[i].value) : NULL;
		typed = typed || (card && !card->protected_path);
		pad = pad || (card && card->protected_path);
	}
	if (pad && prompt_message(p, LINE_PLAIN,
	                   N_("Whose card reader has a PIN pad types the card's PIN there, after the passphrase.")) < 0)
		return -1;
	if (!typed)
		return 0;
	struct field *pin = prompt_field(p, "card-pin", FIELD_SECRET, N_("PIN of their card; empty for who has none"));
	if (!pin)
		return -1;
	pin->optional = true;
	return 0;
}

/* The first use: whose certificate it is was not seen yet, since it is behind the PIN. */
static int show_first(const struct ceremony *c, const struct room *room, const struct site_card *card,
        struct card_seen *seen, struct secret **pin, struct error *e)
{
	struct bytes subject = {0}, issuer = {0};

	if ((!seen->certificate.len && certificate_read(c, room, card, seen, pin, e) != 0) ||
	        cms_certificate_names(&seen->certificate, &subject, &issuer, e) < 0)
		goto out;
	seen->shown = true;
	error_set(e, ERROR_FAULT,
	        N_("Nothing is signed yet. The card's certificate is that of %s, issued by %s. Type passphrase and PIN "
	           "once more to sign with it."),
	        bytes_string(&subject), bytes_string(&issuer));
out:
	bytes_free(&subject);
	bytes_free(&issuer);
	return -1;
}

static int put_value(const uint8_t *certificate, const struct bytes *cms, struct bytes *json, struct error *e)
{
	struct json_writer j = {json, false};
	json_begin_object(&j);
	json_member_hex(&j, "sha256", certificate, 32);
	json_member_base64(&j, "cms", cms->data, cms->len);
	json_end_object(&j);
	return bytes_end(json, e);
}

static int ask_signature(const struct ceremony *c, const struct room *room, const struct site_card *card,
        const struct card_seen *seen, const struct cms_signer *signer, const struct bytes *message,
        const struct bytes *attributes, struct secret **pin, struct bytes *signature, struct error *e)
{
	struct bytes data = {0}, answer = {0};
	struct json_writer j = {&data, false};
	int rc = -1;

	put_card(&j, card, pinned(c, card->person), true, seen->told);
	json_member_text(&j, "algorithm", signer->algorithm);
	json_member_base64(&j, "message", message->data, message->len);
	json_member_base64(&j, "attributes", attributes->data, attributes->len);
	json_end_object(&j);
	if (bytes_end(&data, e) == 0 &&
	        call(room, card, HSM_CARD_SIGN, &data, pin, c->site->act_timeout, &answer, e) == 0)
		rc = answer_bytes(&answer, "signature", signature, e) == 0 ? 0 : -1;
	bytes_free(&data);
	bytes_free(&answer);
	return rc;
}

static int sign(const struct ceremony *c, const struct room *room, const struct site_card *card,
        const struct card_seen *seen, struct secret **pin, const struct bytes *checkpoint, int64_t seconds,
        struct bytes *json, struct error *e)
{
	struct bytes message = {0}, attributes = {0}, signature = {0}, cms = {0};
	const uint8_t *hash = pinned(c, card->person);
	struct cms_chain chain = {0};
	int64_t time = 0;
	int rc = -1;

	struct cms_signer signer = {&seen->certificate, &chain, cms_algorithm(&seen->certificate, e), seconds};
	if (!signer.algorithm || chain_read(card, &chain, e) < 0 ||
	        cosignature_message(&message, seconds, bytes_string(checkpoint), checkpoint->len, e) < 0 ||
	        cms_attributes(&signer, message.data, message.len, &attributes, e) < 0 ||
	        ask_signature(c, room, card, seen, &signer, &message, &attributes, pin, &signature, e) < 0 ||
	        cms_assemble(&signer, &attributes, &signature, &cms, e) < 0)
		goto out;
	if (cms.len > CARD_CMS_MAX) {
		error_set(e, ERROR_FAULT,
		        N_("The certificates of the card of %s do not fit into an entry of the record: %zu bytes, of "
		           "%d that do."),
		        card->person, cms.len, CARD_CMS_MAX);
		goto out;
	}
	if (cms_verify(cms.data, cms.len, message.data, message.len, hash, &time, e) < 0)
		goto out;
	rc = put_value(hash, &cms, json, e);
out:
	bytes_free(&message);
	bytes_free(&attributes);
	bytes_free(&signature);
	bytes_free(&cms);
	cms_chain_free(&chain);
	return rc;
}

int card_sign(const struct ceremony *c, struct room *room, const char *person, struct secret **pin,
        const struct bytes *checkpoint, int64_t seconds, struct bytes *json, struct error *e)
{
	const struct site_card *card = site_card(c->site, person);
	struct card_seen *seen = NULL;
	struct error why = {0};
	int rc = -1;

	if (!pinned(c, person)) {
		bytes_text(json, "null");
		rc = bytes_end(json, e);
		goto out;
	}
	if (!card)
		no_site(person, &why);
	else if (!(seen = room_card(room, person)))
		error_memory(&why);
	else if (!seen->shown)
		show_first(c, room, card, seen, pin, &why);
	else
		rc = sign(c, room, card, seen, pin, checkpoint, seconds, json, &why);
	/* What the card says of its PIN is told with the error; after a right one there is nothing to tell. */
	if (seen)
		seen->told = rc == 0                                ? PIN_TOLD_NOTHING
		             : (int)hsm_pin_told(&why) > seen->told ? (int)hsm_pin_told(&why)
		                                                    : seen->told;
	if (rc < 0 && e)
		*e = why;
out:
	secret_free(pin);
	return rc;
}
