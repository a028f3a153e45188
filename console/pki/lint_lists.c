/* Runs the rules over CRLs and OCSP responses. */
#include "pki/lint_lists.h"

#include "pki/crl_list.h"
#include "pki/name.h"

#include <openssl/err.h>
#include <string.h>

static const struct {
	const char *name;
	const struct lint_crl_rule *rules;
} crl_sets[] = {{"rfc5280-crl", lint_rfc5280_crl}, {"cabf-crl", lint_cabf_crl}};

static const struct {
	const char *name;
	const struct lint_ocsp_rule *rules;
} ocsp_sets[] = {{"rfc6960", lint_rfc6960_response}, {"cabf-ocsp-response", lint_cabf_ocsp_response}};

enum { SETS = 2 };

static const struct lint_context nothing;

bool lint_crl_set_known(const char *set)
{
	return set && (strcmp(set, crl_sets[0].name) == 0 || strcmp(set, crl_sets[1].name) == 0);
}

bool lint_ocsp_set_known(const char *set)
{
	return set && (strcmp(set, ocsp_sets[0].name) == 0 || strcmp(set, ocsp_sets[1].name) == 0);
}

bool lint_fault_serial(struct message *why, const char *id, const uint8_t serial[SERIAL_MAX])
{
	struct bytes hex = {0};

	serial_hex(&hex, serial);
	message_set(why, id, bytes_string(&hex));
	bytes_free(&hex);
	return false;
}

void lint_oid(struct bytes *out, const struct der *oid)
{
	const unsigned char *at = oid->whole;
	ASN1_OBJECT *object = d2i_ASN1_OBJECT(NULL, &at, (long)oid->whole_len);

	if (object)
		object_show(out, object);
	else
		bytes_hex(out, oid->value, oid->len);
	ASN1_OBJECT_free(object);
	ERR_clear_error();
}

bool lint_is_rehearsal(const struct crl_extension *x)
{
	const unsigned char *at = x->oid.whole;
	ASN1_OBJECT *object = d2i_ASN1_OBJECT(NULL, &at, (long)x->oid.whole_len);
	char text[64] = "";

	if (object)
		OBJ_obj2txt(text, sizeof text, object, 1);
	ASN1_OBJECT_free(object);
	ERR_clear_error();
	return strcmp(text, pki_rehearsal_oid) == 0;
}

bool lint_has_rehearsal(const struct der *extensions)
{
	const uint8_t *at = extensions->value;
	size_t left = extensions->len;
	struct crl_extension x;

	while (crl_extension_next(&at, &left, &x) == 1)
		if (lint_is_rehearsal(&x))
			return true;
	return false;
}

/* Oddities of serial number and time: the others are of extensions. */
static const unsigned in_place = ODD_SERIAL | ODD_TIME_FORM | ODD_TIME_READ;

static void gather(struct lint_crl *c, const struct crl_entry *entry, unsigned odd)
{
	for (unsigned i = 0; odd && i < ODD_BITS; i++)
		if (odd & ~c->odd & 1u << i)
			memcpy(c->odd_serial[i], entry->serial, SERIAL_MAX);
	c->odd |= odd;
	c->extended = c->extended || entry->reason || entry->invalidity >= 0 || (odd & ~in_place) != 0;
	if (!(c->reasons & 1u << entry->reason))
		memcpy(c->reason_serial[entry->reason], entry->serial, SERIAL_MAX);
	c->reasons |= 1u << entry->reason;
	if (!c->early && entry->time > c->facts.this_update) {
		c->early = true;
		memcpy(c->early_serial, entry->serial, SERIAL_MAX);
	}
	c->entries++;
}

/* Entries in any order are allowed: only when they are not ascending must they be held to find one that stands twice.
 */
static int find_repeated(struct lint_crl *c, struct crl_reader *r, struct error *e)
{
	struct crl_list list = {0};
	struct crl_entry entry;
	unsigned odd;
	int got, status = -1;

	crl_again(r);
	while ((got = crl_next(r, &entry, &odd, e)) == 1)
		if (!(odd & ODD_SERIAL) && crl_list_add(&list, &entry, e))
			goto out;
	if (got == 0) {
		c->repeated = crl_list_sort(&list, NULL) != 0;
		status = 0;
	}
out:
	crl_list_free(&list);
	return status;
}

static int read_all(struct lint_crl *c, struct crl_reader *r, struct error *e)
{
	uint8_t before[SERIAL_MAX] = {0};
	bool ascending = true;
	struct crl_entry entry;
	unsigned odd;
	int got;

	c->facts = r->facts;
	while ((got = crl_next(r, &entry, &odd, e)) == 1) {
		gather(c, &entry, odd);
		ascending = ascending && memcmp(before, entry.serial, SERIAL_MAX) < 0;
		memcpy(before, entry.serial, SERIAL_MAX);
	}
	if (got < 0)
		return -1;
	return ascending ? 0 : find_repeated(c, r, e);
}

int lint_crl(const void *der, size_t len, const char *set, const struct lint_context *context,
        struct lint_findings *out, struct error *e)
{
	struct lint_crl c = {.context = context ? context : &nothing};
	struct crl_reader r;

	if (!lint_crl_set_known(set))
		return error_set(e, ERROR_FAULT, N_("The lint set %s is not known."), set ? set : "");
	if (crl_open(&r, der, len, false, e) || read_all(&c, &r, e))
		return -1;
	for (size_t i = 0; i < SETS; i++) {
		if (strcmp(crl_sets[i].name, set) != 0)
			continue;
		for (const struct lint_crl_rule *rule = crl_sets[i].rules; rule->rule; rule++) {
			/* the name in the finding outlives the caller's */
			struct lint_finding f = {.severity = rule->severity,
			        .set = crl_sets[i].name,
			        .rule = rule->rule,
			        .clause = rule->clause};
			if (!rule->holds(&c, &f.message) && lint_add(out, &f, e))
				return -1;
		}
	}
	return 0;
}

static int ocsp_gather(struct lint_ocsp *o, struct error *e)
{
	const uint8_t *at = o->response.singles.value;
	size_t left = o->response.singles.len;
	struct ocsp_single single;

	while (ocsp_single_next(&at, &left, &single) == 1) {
		if (o->singles == SINGLES_MAX)
			return error_set(e, ERROR_FAULT, N_("The OCSP response answers for more than %d certificates."),
			        (int)SINGLES_MAX);
		o->single[o->singles++] = single;
	}
	if (o->response.certificates.len) {
		struct der first;
		at = o->response.certificates.value;
		left = o->response.certificates.len;
		if (der_next(&at, &left, &first) == 0)
			o->responder = x509_parse(first.whole, first.whole_len, NULL);
	}
	return 0;
}

int lint_ocsp(const void *der, size_t len, const char *set, const struct lint_context *context,
        struct lint_findings *out, struct error *e)
{
	struct lint_ocsp o = {.context = context ? context : &nothing};
	int status = -1;

	if (!lint_ocsp_set_known(set))
		return error_set(e, ERROR_FAULT, N_("The lint set %s is not known."), set ? set : "");
	if (ocsp_open(&o.response, der, len, e) || ocsp_gather(&o, e))
		goto out;
	for (size_t i = 0; i < SETS; i++) {
		if (strcmp(ocsp_sets[i].name, set) != 0)
			continue;
		for (const struct lint_ocsp_rule *rule = ocsp_sets[i].rules; rule->rule; rule++) {
			struct lint_finding f = {.severity = rule->severity,
			        .set = ocsp_sets[i].name,
			        .rule = rule->rule,
			        .clause = rule->clause};
			if (!rule->holds(&o, &f.message) && lint_add(out, &f, e))
				goto out;
		}
	}
	status = 0;
out:
	X509_free(o.responder);
	ERR_clear_error();
	return status;
}
