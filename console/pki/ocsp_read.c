#include "pki/ocsp_read.h"

#include "pki/der_time.h"

#include <string.h>

static int fault(struct error *e)
{
	return error_set(e, ERROR_FAULT,
	        N_("The OCSP response is not in DER as RFC 6960 section 4.2.1 has it, or is cut short."));
}

/* Steps into an element that must be the only one left and have that tag. */
static int only(const uint8_t **at, size_t *left, uint8_t tag)
{
	struct der d;

	if (der_next(at, left, &d) || *left || d.tag != tag)
		return -1;
	*at = d.value;
	*left = d.len;
	return 0;
}

/* Takes the next element if it has that tag. */
static int maybe(const uint8_t **at, size_t *left, uint8_t tag, struct der *out)
{
	return *left && (*at)[0] == tag ? der_next(at, left, out) : 0;
}

static int64_t seconds_of(const struct der *d)
{
	int64_t seconds;

	return d->whole && d->tag == DER_GENERALIZED_TIME && der_time_read(d, &seconds) ? seconds : -1;
}

static int read_id(struct ocsp_single *s)
{
	const uint8_t *at = s->id.value;
	size_t left = s->id.len;

	if (der_take(&at, &left, 0x30, &s->hash) || der_take(&at, &left, 0x04, &s->name_hash) ||
	        der_take(&at, &left, 0x04, &s->key_hash) || der_take(&at, &left, 0x02, &s->serial))
		return -1;
	return left ? -1 : 0;
}

static int read_revoked(struct ocsp_single *s, const struct der *info)
{
	const uint8_t *at = info->value;
	size_t left = info->len;
	struct der d = {0};

	if (der_take(&at, &left, DER_GENERALIZED_TIME, &s->revoked_time) || maybe(&at, &left, 0xa0, &d) || left)
		return -1;
	at = d.value;
	left = d.len;
	if (d.whole && only(&at, &left, 0x0a))
		return -1;
	if (d.whole)
		s->reason = d.len == 3 && crl_reason_name(d.value[2]) ? d.value[2] : OCSP_BAD_REASON;
	s->revoked_at = seconds_of(&s->revoked_time);
	return 0;
}

static int read_status(struct ocsp_single *s, const uint8_t **at, size_t *left)
{
	struct der d;

	if (der_next(at, left, &d))
		return -1;
	s->reason = OCSP_NO_REASON;
	s->revoked_at = -1;
	if (d.tag == 0x80 || d.tag == 0x82) {
		s->status = d.tag == 0x80 ? OCSP_GOOD : OCSP_UNKNOWN;
		return d.len ? -1 : 0;
	}
	s->status = OCSP_REVOKED;
	return d.tag == 0xa1 ? read_revoked(s, &d) : -1;
}

static int read_extensions(const struct der *tagged, struct der *out)
{
	const uint8_t *at = tagged->value;
	size_t left = tagged->len;
	struct crl_extension x;
	int got;

	if (!tagged->whole)
		return 0;
	if (der_take(&at, &left, 0x30, out) || left)
		return -1;
	at = out->value;
	left = out->len;
	while ((got = crl_extension_next(&at, &left, &x)) == 1)
		;
	return got;
}

static int read_single(struct ocsp_single *s)
{
	const uint8_t *at = s->whole.value;
	size_t left = s->whole.len;
	struct der tagged = {0}, next = {0};

	if (s->whole.tag != 0x30 || der_take(&at, &left, 0x30, &s->id) || read_id(s) || read_status(s, &at, &left) ||
	        der_take(&at, &left, DER_GENERALIZED_TIME, &s->this_time) || maybe(&at, &left, 0xa0, &next))
		return -1;
	if (next.whole) {
		const uint8_t *inner = next.value;
		size_t rest = next.len;
		if (der_take(&inner, &rest, DER_GENERALIZED_TIME, &s->next_time) || rest)
			return -1;
	}
	s->this_update = seconds_of(&s->this_time);
	s->next_update = seconds_of(&s->next_time);
	if (maybe(&at, &left, 0xa1, &tagged) || left)
		return -1;
	return read_extensions(&tagged, &s->extensions);
}

int ocsp_single_next(const uint8_t **at, size_t *left, struct ocsp_single *out)
{
	*out = (struct ocsp_single){0};
	if (!*left)
		return 0;
	return der_next(at, left, &out->whole) || read_single(out) ? -1 : 1;
}

static int read_tbs(struct ocsp_response *r)
{
	const uint8_t *at = r->tbs.value, *single;
	size_t left = r->tbs.len, rest;
	struct der tagged = {0};
	struct ocsp_single s;
	int got;

	if (maybe(&at, &left, 0xa0, &r->version) || der_next(&at, &left, &r->responder) ||
	        (r->responder.tag != 0xa1 && r->responder.tag != 0xa2))
		return -1;
	if (der_take(&at, &left, DER_GENERALIZED_TIME, &r->produced_time) || der_take(&at, &left, 0x30, &r->singles))
		return -1;
	r->produced_at = seconds_of(&r->produced_time);
	single = r->singles.value;
	rest = r->singles.len;
	while ((got = ocsp_single_next(&single, &rest, &s)) == 1)
		;
	if (got < 0 || maybe(&at, &left, 0xa1, &tagged) || left)
		return -1;
	return read_extensions(&tagged, &r->extensions);
}

static int read_basic(struct ocsp_response *r, const uint8_t *at, size_t left)
{
	struct der tagged = {0};

	/* bytes inside an OCTET STRING have not been held against DER yet */
	if (!der_valid(at, left) || only(&at, &left, 0x30))
		return -1;
	if (der_take(&at, &left, 0x30, &r->tbs) || der_take(&at, &left, 0x30, &r->algorithm) ||
	        der_take(&at, &left, 0x03, &r->signature) || r->signature.len < 2 || r->signature.value[0] != 0)
		return -1;
	r->signature.value++;
	r->signature.len--;
	if (maybe(&at, &left, 0xa0, &tagged) || left)
		return -1;
	if (tagged.whole) {
		at = tagged.value;
		left = tagged.len;
		if (der_take(&at, &left, 0x30, &r->certificates) || left)
			return -1;
	}
	return read_tbs(r);
}

int ocsp_open(struct ocsp_response *r, const void *der, size_t len, struct error *e)
{
	static const uint8_t basic[] = {0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x30, 0x01, 0x01};
	const uint8_t *at = der;
	size_t left = len;
	struct der status, bytes = {0}, type, octets;

	*r = (struct ocsp_response){.produced_at = -1};
	if (len > OCSP_BYTES_MAX)
		return error_set(e, ERROR_FAULT, N_("The OCSP response is longer than %d bytes."), (int)OCSP_BYTES_MAX);
	if (!der_valid(der, len) || only(&at, &left, 0x30) || der_take(&at, &left, 0x0a, &status) || status.len != 1 ||
	        maybe(&at, &left, 0xa0, &bytes) || left)
		return fault(e);
	r->status = status.value[0];
	if (r->status != 0 || !bytes.whole)
		return bytes.whole || r->status == 0 ? fault(e) : 0;
	at = bytes.value;
	left = bytes.len;
	if (only(&at, &left, 0x30) || der_take(&at, &left, 0x06, &type) || der_take(&at, &left, 0x04, &octets) || left)
		return fault(e);
	r->basic = type.len == sizeof basic && memcmp(type.value, basic, sizeof basic) == 0;
	if (r->basic && read_basic(r, octets.value, octets.len))
		return fault(e);
	return 0;
}

int ocsp_open_tbs(struct ocsp_response *r, const void *tbs, size_t len, struct error *e)
{
	const uint8_t *at = tbs;
	size_t left = len;

	*r = (struct ocsp_response){.basic = true, .produced_at = -1};
	if (len > OCSP_BYTES_MAX || !der_valid(tbs, len) || der_take(&at, &left, 0x30, &r->tbs) || read_tbs(r))
		return fault(e);
	return 0;
}
