/* What the rules of CRLs share: its extensions, its oddities, its issuingDistributionPoint. */
#include "pki/lint_lists.h"

bool lint_crl_find(const struct lint_crl *c, const char *oid, struct crl_extension *x)
{
	return crl_extension_find(&c->facts, oid, 3, x);
}

bool lint_none_odd(const struct lint_crl *c, unsigned bits, struct message *why, const char *id)
{
	for (unsigned i = 0; i < ODD_BITS; i++)
		if (c->odd & bits & 1u << i)
			return lint_fault_serial(why, id, c->odd_serial[i]);
	return true;
}

static bool read_flag(struct lint_point *p, const struct der *d)
{
	bool value = d->len == 1 && d->value[0] == 0xff; /* FALSE is the default (X.690 section 11.5) */

	switch (d->tag) {
	case 0x81:
		return p->user = value;
	case 0x82:
		return p->ca = value;
	case 0x83:
		return p->some_reasons = d->len > 1;
	case 0x84:
		return p->indirect = value;
	case 0x85:
		return p->attribute = value;
	default:
		return false;
	}
}

static bool read_name(struct lint_point *p, const struct der *tagged)
{
	const uint8_t *at = tagged->value;
	size_t left = tagged->len;
	struct der names, name;

	if (der_next(&at, &left, &names) || left || (names.tag != 0xa0 && names.tag != 0xa1))
		return false;
	p->name = names.tag == 0xa0 && names.len;
	p->uri_only = p->name;
	at = names.value;
	left = names.len;
	while (left && der_next(&at, &left, &name) == 0)
		p->uri_only = p->uri_only && name.tag == 0x86;
	return true;
}

struct lint_point lint_point_of(const struct lint_crl *c)
{
	struct lint_point p = {0};
	struct crl_extension x;
	const uint8_t *at;
	size_t left;
	struct der d;
	uint8_t last = 0;

	if (!lint_crl_find(c, OID_POINT, &x))
		return p;
	p.present = true;
	p.critical = x.critical;
	at = x.value.value;
	left = x.value.len;
	p.reads = der_valid(at, left) && der_next(&at, &left, &d) == 0 && d.tag == 0x30;
	if (!p.reads)
		return p;
	at = d.value;
	left = d.len;
	while (left && p.reads && der_next(&at, &left, &d) == 0) {
		p.reads = d.tag == 0xa0 ? !p.fields && read_name(&p, &d) : (d.tag > last && read_flag(&p, &d));
		last = d.tag == 0xa0 ? 0 : d.tag;
		p.fields++;
	}
	return p;
}
