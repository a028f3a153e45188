#include "steps/previous_items.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "people/share.h"
#include "steps/share_set.h"

/* A set of which nobody knows whether it or the one in force opens the token: an act was cut, and nothing settled it.
 */
static const char unsettled[] = "unsettled-shares";

enum { ITEM_KEYS = 7 };

struct item_kind {
	const char *name;
	struct {
		const char *key;
		enum json_type type;
	} key[ITEM_KEYS]; /* behind "item", in this order */
	int (*fits)(const struct ceremony *c, const struct json *item, struct error *e); /* NULL: whatever it says */
	int (*apply)(struct ceremony *c, const struct json *item, struct error *e);
};

struct bytes *item_add(struct previous *p, struct error *e)
{
	struct bytes *list = realloc(p->item, (p->count + 1) * sizeof(*list));
	if (!list) {
		error_memory(e);
		return NULL;
	}
	p->item = list;
	memset(&list[p->count], 0, sizeof(*list));
	return &list[p->count++];
}

static const char *text(const struct json *item, const char *key)
{
	return json_text(item, key);
}

static bool step_names(const struct ceremony *c, const char *kind, const char *param, const char *value)
{
	for (size_t i = 0; i < c->script->step_count; i++) {
		const struct script_step *s = &c->script->steps[i];
		const char *is = strcmp(s->kind, kind) ? NULL : step_param(s, param);
		if (is && !strcmp(is, value))
			return true;
	}
	return false;
}

/* A token. */

static int token_fits(const struct ceremony *c, const struct json *item, struct error *e)
{
	const struct site_hsm *h = c->site ? site_hsm(c->site, text(item, "hsm")) : NULL;

	if (!h || (!strcmp(h->label, text(item, "label")) && !strcmp(h->serial, text(item, "serial"))))
		return 0;
	return error_set(e, ERROR_FAULT,
	        "hsm %s: the previous record knows its token as label \"%s\", serial \"%s\", the site file says "
	        "\"%s\", \"%s\"; attach that one, or name another HSM in the script",
	        h->name, text(item, "label"), text(item, "serial"), h->label, h->serial);
}

static int token_apply(struct ceremony *c, const struct json *item, struct error *e)
{
	if (!script_hsm(c->script, text(item, "hsm")))
		return 0;
	struct token_state *t = &c->tokens[ceremony_hsm_index(c, text(item, "hsm"))];
	return field_set(&t->label, text(item, "label")) < 0 || field_set(&t->serial, text(item, "serial")) < 0
	               ? error_memory(e)
	               : 0;
}

/* A key. */

static int key_differs(const char *key, const char *what, const char *known, const char *is, struct error *e)
{
	if (!strcmp(known, is))
		return 0;
	return error_set(
	        e, ERROR_FAULT, "key %s: the previous record says %s \"%s\", the script \"%s\"", key, what, known, is);
}

static int key_fits(const struct ceremony *c, const struct json *item, struct error *e)
{
	const struct script_key *k = script_key(c->script, text(item, "key"));
	struct bytes spki = {0};
	uint8_t id[64];
	const char *hex = text(item, "cka_id");
	size_t n = strlen(hex);

	if (!n || n % 2 || n / 2 > sizeof(id) || hex_decode(hex, n, id, n / 2) < 0 ||
	        base64_decode(text(item, "spki"), strlen(text(item, "spki")), &spki) < 0)
		return error_set(e, ERROR_FAULT,
		        "key %s: its CKA_ID or public key in the previous record is not of its form",
		        text(item, "key"));
	bytes_free(&spki);
	if (!k)
		return 0;
	if (step_names(c, "generate-key", "key", k->name))
		return error_set(e, ERROR_FAULT,
		        "key %s is in the previous record already: the script cannot make it anew; name the new key "
		        "differently",
		        k->name);
	return key_differs(k->name, "hsm", text(item, "hsm"), k->hsm, e) ||
	                       key_differs(k->name, "algorithm", text(item, "algorithm"), k->algorithm, e) ||
	                       key_differs(k->name, "label", text(item, "label"), k->label, e)
	               ? -1
	               : 0;
}

static int key_apply(struct ceremony *c, const struct json *item, struct error *e)
{
	if (!script_key(c->script, text(item, "key")))
		return 0;
	struct key_state *k = &c->keys[ceremony_key_index(c, text(item, "key"))];
	bytes_clear(&k->spki);
	if (base64_decode(text(item, "spki"), strlen(text(item, "spki")), &k->spki) < 0 || bytes_end(&k->spki, e) < 0 ||
	        sha256(k->spki.data, k->spki.len, k->spki_sha256) < 0 ||
	        field_set(&k->cka_id, text(item, "cka_id")) < 0)
		return error_memory(e);
	k->known = true;
	return 0;
}

/* A certificate. */

static int certificate_fits(const struct ceremony *c, const struct json *item, struct error *e)
{
	const char *name = text(item, "certificate");
	struct bytes der = {0};

	if (base64_decode(text(item, "der"), strlen(text(item, "der")), &der) < 0)
		return error_set(
		        e, ERROR_FAULT, "certificate %s: its bytes in the previous record are no base64", name);
	bytes_free(&der);
	if (step_names(c, "issue-certificate", "certificate", name))
		return error_set(e, ERROR_FAULT,
		        "certificate %s is in the previous record already: the script cannot issue it again; name the "
		        "new one differently",
		        name);
	return 0;
}

int certificate_take(struct certificate_state *k, const char *der, struct error *e)
{
	bytes_clear(&k->der);
	if (base64_decode(der, strlen(der), &k->der) < 0 || bytes_end(&k->der, e) < 0 ||
	        sha256(k->der.data, k->der.len, k->sha256) < 0)
		return error_memory(e);
	k->issued = true;
	return 0;
}

static int certificate_apply(struct ceremony *c, const struct json *item, struct error *e)
{
	if (!script_certificate(c->script, text(item, "certificate")))
		return 0;
	return certificate_take(
	        &c->certificates[ceremony_certificate_index(c, text(item, "certificate"))], text(item, "der"), e);
}

/* A set of shares. */

static const struct script_secret *secret_named(const struct ceremony *c, const char *name)
{
	for (size_t i = 0; i < c->script->secret_count; i++)
		if (!strcmp(c->script->secrets[i].name, name))
			return &c->script->secrets[i];
	return NULL;
}

static bool share_is_sound(const struct json *s)
{
	static const struct {
		const char *key;
		enum json_type type;
	} keys[] = {{"part", JSON_INT}, {"person", JSON_STRING}, {"salt", JSON_STRING}, {"commitment", JSON_STRING}};
	const struct json *m = s->type == JSON_OBJECT ? s->child : NULL;
	uint8_t sum[32];

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++, m = m->next)
		if (!m || strcmp(m->key, keys[i].key) || m->type != keys[i].type)
			return false;
	return !m && hex_decode(text(s, "salt"), strlen(text(s, "salt")), sum, 32) == 0 &&
	       hex_decode(text(s, "commitment"), strlen(text(s, "commitment")), sum, 32) == 0;
}

static bool shared_anew(const struct ceremony *c, const struct script_secret *s)
{
	for (size_t i = 0; i < c->script->step_count; i++) {
		const struct script_step *step = &c->script->steps[i];
		bool changes = !strcmp(step->kind, "change-custodians") || !strcmp(step->kind, "share-secret");
		if (changes && step_secret(c->script, step) == s)
			return true;
	}
	return step_names(c, "initialise-hsm", "hsm", s->hsm);
}

static int shares_fit(const struct ceremony *c, const struct json *item, struct error *e)
{
	const char *name = text(item, "secret"), *hsm = text(item, "hsm"), *pin = text(item, "pin");
	const struct json *list = json_get(item, "shares");
	const struct script_secret *s = secret_named(c, name);
	int64_t part = 0, threshold = json_number(item, "threshold", 0);

	for (const struct json *x = list->child; x; x = x->next) {
		part++;
		if (!share_is_sound(x) || json_number(x, "part", 0) != part)
			return error_set(e, ERROR_FAULT,
			        "secret %s: share %lld of the previous record is not of its form", name,
			        (long long)part);
	}
	if (part < 2 || part > SHARES_MAX || threshold < 2 || threshold > part ||
	        (strcmp(pin, "user") && strcmp(pin, "so")))
		return error_set(
		        e, ERROR_FAULT, "secret %s: the shares of the previous record are no set of shares", name);
	if (!s)
		return 0;
	if (strcmp(s->hsm, hsm) || (s->pin == PIN_SO) != !strcmp(pin, "so"))
		return error_set(e, ERROR_FAULT,
		        "secret %s: the previous record knows it as the %s PIN of hsm %s; name the script's secret "
		        "differently",
		        name, pin, hsm);
	if (shared_anew(c, s))
		return 0;
	if ((int64_t)s->shares != part || (int64_t)s->threshold != threshold)
		return error_set(e, ERROR_FAULT,
		        "secret %s: by the previous record %lld of %lld shares open it, the script says %u of %u", name,
		        (long long)threshold, (long long)part, s->threshold, s->shares);
	return 0;
}

static int shares_apply(struct ceremony *c, const struct json *item, struct error *e)
{
	const struct json *shares = json_get(item, "shares");

	if (!secret_named(c, text(item, "secret")))
		return 0;
	for (const struct json *x = shares->child; x; x = x->next) {
		struct share_state s = {.part = (unsigned)json_number(x, "part", 0),
		        .parts = shares->count,
		        .threshold = (unsigned)json_number(item, "threshold", 0),
		        .state = !strcmp(text(item, "item"), unsettled) ? SHARE_UNSETTLED : SHARE_IN_FORCE};
		snprintf(s.secret, sizeof(s.secret), "%s", text(item, "secret"));
		snprintf(s.person, sizeof(s.person), "%s", text(x, "person"));
		hex_decode(text(x, "salt"), strlen(text(x, "salt")), s.salt, 32);
		hex_decode(text(x, "commitment"), strlen(text(x, "commitment")), s.commitment, 32);
		if (share_take(c, &s, e) < 0)
			return -1;
	}
	return 0;
}

/* Numbers of bags and of lists. */

static int bag_apply(struct ceremony *c, const struct json *item, struct error *e)
{
	return ceremony_number_set(c, "bag", text(item, "bag"), text(item, "number"), e);
}

/* As the record writes it: 1 to 2^63-1, in decimal. A number that the script writes out must be above it; "next" is. */
static int crl_fits(const struct ceremony *c, const struct json *item, struct error *e)
{
	const char *number = text(item, "number");
	size_t n = strspn(number, "0123456789");

	if (!n || n > 19 || number[n] || number[0] == '0' || strtoull(number, NULL, 10) > INT64_MAX)
		return error_set(e, ERROR_FAULT, "the CRL number of %s in the previous record is no number: %s",
		        text(item, "issuer"), number);
	for (size_t i = 0; i < c->script->crl_count; i++) {
		const struct script_crl *crl = &c->script->crls[i];
		if (strcmp(crl->issuer, text(item, "issuer")) || !strcmp(crl->number, "next"))
			continue;
		if (strtoull(crl->number, NULL, 10) <= strtoull(number, NULL, 10))
			return error_set(e, ERROR_FAULT,
			        "CRL %s: the last one of issuer %s in the previous record has number %s, the script "
			        "says %s; say a higher one, or next",
			        crl->name, crl->issuer, number, crl->number);
	}
	return 0;
}

static int crl_apply(struct ceremony *c, const struct json *item, struct error *e)
{
	return ceremony_number_set(c, "crl", text(item, "issuer"), text(item, "number"), e);
}

static const struct item_kind kinds[] = {
        {"token", {{"hsm", JSON_STRING}, {"label", JSON_STRING}, {"serial", JSON_STRING}}, token_fits, token_apply},
        {"key",
                {{"key", JSON_STRING}, {"hsm", JSON_STRING}, {"algorithm", JSON_STRING}, {"label", JSON_STRING},
                        {"cka_id", JSON_STRING}, {"spki", JSON_STRING}},
                key_fits, key_apply},
        {"certificate", {{"certificate", JSON_STRING}, {"der", JSON_STRING}}, certificate_fits, certificate_apply},
        {"shares",
                {{"secret", JSON_STRING}, {"hsm", JSON_STRING}, {"pin", JSON_STRING}, {"threshold", JSON_INT},
                        {"shares", JSON_ARRAY}},
                shares_fit, shares_apply},
        {unsettled,
                {{"secret", JSON_STRING}, {"hsm", JSON_STRING}, {"pin", JSON_STRING}, {"threshold", JSON_INT},
                        {"shares", JSON_ARRAY}},
                shares_fit, shares_apply},
        {"bag", {{"bag", JSON_STRING}, {"number", JSON_STRING}}, NULL, bag_apply},
        {"crl", {{"issuer", JSON_STRING}, {"number", JSON_STRING}}, crl_fits, crl_apply},
};

static const struct item_kind *kind_of(const struct json *item)
{
	const char *name = text(item, "item");
	for (size_t i = 0; name && i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (!strcmp(kinds[i].name, name))
			return &kinds[i];
	return NULL;
}

/* 1: one of that kind and name was taken over already, and which of the two is true nobody could say. Held against the
 * written form, which begins with both: a record may have very many. */
static int is_there(const struct ceremony *c, const struct json *item, struct error *e)
{
	const struct json *kind = item->child, *name = kind ? kind->next : NULL;
	struct bytes head = {0};
	struct json_writer j = {&head, false};

	if (!name)
		return 0;
	json_begin_object(&j);
	json_member_text(&j, "item", kind->text);
	json_member_text(&j, name->key, name->text);
	int there = bytes_end(&head, e);
	for (size_t i = 0; there == 0 && i < c->carried.count; i++) {
		const struct bytes *other = &c->carried.item[i];
		there = other->len > head.len && !memcmp(other->data, head.data, head.len) &&
		        other->data[head.len] == ',';
	}
	bytes_free(&head);
	return there;
}

int item_fits(const struct ceremony *c, const struct json *item, struct error *e)
{
	const struct item_kind *k = kind_of(item);
	const struct json *m = item->type == JSON_OBJECT && item->child ? item->child->next : NULL;

	if (!k)
		return error_set(e, ERROR_FAULT, "what the previous record left is of no kind that is known: %s",
		        text(item, "item") ? text(item, "item") : "");
	for (size_t i = 0; i < ITEM_KEYS && k->key[i].key; i++, m = m->next)
		if (!m || strcmp(m->key, k->key[i].key) || m->type != k->key[i].type)
			return error_set(e, ERROR_FAULT,
			        "item %s of the previous record lacks \"%s\", or it is not of its form", k->name,
			        k->key[i].key);
	if (m)
		return error_set(e, ERROR_FAULT, "item %s of the previous record says more than it should: \"%s\"",
		        k->name, m->key);
	int there = is_there(c, item, e);
	if (there)
		return there < 0 ? -1
		                 : error_set(e, ERROR_FAULT, "the previous record left two items %s of the name %s",
		                           k->name, item->child->next->text);
	return k->fits ? k->fits(c, item, e) : 0;
}

bool item_outdated(const struct ceremony *c, const struct json *item)
{
	const char *secret = text(item, "secret");
	return secret && secret_named(c, secret);
}

int item_apply(struct ceremony *c, const struct json *item, struct error *e)
{
	return kind_of(item)->apply(c, item, e);
}

/* The ceremony's own, as items. */

static struct bytes *begin(struct previous *p, struct json_writer *j, const char *kind, struct error *e)
{
	struct bytes *place = item_add(p, e);
	if (!place)
		return NULL;
	*j = (struct json_writer){place, false};
	json_begin_object(j);
	json_member_text(j, "item", kind);
	return place;
}

static int put_tokens(const struct ceremony *c, struct previous *out, struct error *e)
{
	for (size_t i = 0; i < c->script->hsm_count; i++) {
		const struct token_state *t = &c->tokens[i];
		struct json_writer j;
		if (!t->label[0])
			continue; /* never initialised: there is nothing to go on with */
		struct bytes *place = begin(out, &j, "token", e);
		if (!place)
			return -1;
		json_member_text(&j, "hsm", c->script->hsms[i].name);
		json_member_text(&j, "label", t->label);
		json_member_text(&j, "serial", t->serial);
		json_end_object(&j);
		if (bytes_end(place, e) < 0)
			return -1;
	}
	return 0;
}

static int put_keys(const struct ceremony *c, struct previous *out, struct error *e)
{
	for (size_t i = 0; i < c->script->key_count; i++) {
		const struct key_state *k = &c->keys[i];
		const struct script_key *s = &c->script->keys[i];
		struct json_writer j;
		if (!k->made && !k->known)
			continue;
		struct bytes *place = begin(out, &j, "key", e);
		if (!place)
			return -1;
		json_member_text(&j, "key", s->name);
		json_member_text(&j, "hsm", s->hsm);
		json_member_text(&j, "algorithm", s->algorithm);
		json_member_text(&j, "label", s->label);
		json_member_text(&j, "cka_id", k->cka_id);
		json_member_base64(&j, "spki", k->spki.data, k->spki.len);
		json_end_object(&j);
		if (bytes_end(place, e) < 0)
			return -1;
	}
	return 0;
}

static int put_certificates(const struct ceremony *c, struct previous *out, struct error *e)
{
	for (size_t i = 0; i < c->script->certificate_count; i++) {
		struct json_writer j;
		if (!c->certificates[i].issued)
			continue;
		struct bytes *place = begin(out, &j, "certificate", e);
		if (!place)
			return -1;
		json_member_text(&j, "certificate", c->script->certificates[i].name);
		json_member_base64(&j, "der", c->certificates[i].der.data, c->certificates[i].der.len);
		json_end_object(&j);
		if (bytes_end(place, e) < 0)
			return -1;
	}
	return 0;
}

/* The set of that state, when there is one. */
static int put_set(const struct ceremony *c, const struct script_secret *s, const char *item, enum share_validity state,
        struct previous *out, struct error *e)
{
	const struct share_state *first = share_find(c, s->name, 1, state);
	struct json_writer j;

	if (!first)
		return 0;
	struct bytes *place = begin(out, &j, item, e);
	if (!place)
		return -1;
	json_member_text(&j, "secret", s->name);
	json_member_text(&j, "hsm", s->hsm);
	json_member_text(&j, "pin", s->pin == PIN_SO ? "so" : "user");
	json_member_int(&j, "threshold", first->threshold);
	json_key(&j, "shares");
	json_begin_array(&j);
	for (unsigned part = 1; part <= first->parts; part++) {
		const struct share_state *x = share_find(c, s->name, part, state);
		if (!x)
			continue;
		json_begin_object(&j);
		json_member_int(&j, "part", part);
		json_member_text(&j, "person", x->person);
		json_member_hex(&j, "salt", x->salt, 32);
		json_member_hex(&j, "commitment", x->commitment, 32);
		json_end_object(&j);
	}
	json_end_array(&j);
	json_end_object(&j);
	return bytes_end(place, e);
}

static int put_shares(const struct ceremony *c, struct previous *out, struct error *e)
{
	for (size_t i = 0; i < c->script->secret_count; i++) {
		const struct script_secret *s = &c->script->secrets[i];
		if (put_set(c, s, "shares", SHARE_IN_FORCE, out, e) < 0 ||
		        put_set(c, s, unsettled, SHARE_UNSETTLED, out, e) < 0)
			return -1;
	}
	return 0;
}

static int put_numbers(const struct ceremony *c, struct previous *out, struct error *e)
{
	for (size_t i = 0; i < c->number_count; i++) {
		const struct number_state *n = &c->numbers[i];
		struct json_writer j;
		if (!strcmp(n->kind, "video")) /* a recording ends with its ceremony */
			continue;
		struct bytes *place = begin(out, &j, n->kind, e);
		if (!place)
			return -1;
		json_member_text(&j, !strcmp(n->kind, "bag") ? "bag" : "issuer", n->name);
		json_member_text(&j, "number", n->text);
		json_end_object(&j);
		if (bytes_end(place, e) < 0)
			return -1;
	}
	return 0;
}

int items_put(const struct ceremony *c, struct previous *out, struct error *e)
{
	return put_tokens(c, out, e) < 0 || put_keys(c, out, e) < 0 || put_certificates(c, out, e) < 0 ||
	                       put_shares(c, out, e) < 0 || put_numbers(c, out, e) < 0
	               ? -1
	               : 0;
}
