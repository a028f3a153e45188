#include "pki/crl_read.h"

#include "pki/algorithm.h"
#include "pki/crl_list.h"
#include "pki/der_time.h"

#include <string.h>

static int fault_at(const struct crl_reader *r, const uint8_t *at, struct error *e)
{
	return error_set(e, ERROR_FAULT,
	        N_("The CRL is not in DER as RFC 5280 section 5.1 has it, or is cut short, at byte %zu."),
	        (size_t)(at - r->start));
}

int crl_extension_next(const uint8_t **at, size_t *left, struct crl_extension *out)
{
	const uint8_t *inside;
	size_t rest;

	*out = (struct crl_extension){0};
	if (!*left)
		return 0;
	if (der_next(at, left, &out->whole) || out->whole.tag != 0x30)
		return -1;
	inside = out->whole.value;
	rest = out->whole.len;
	if (der_next(&inside, &rest, &out->oid) || out->oid.tag != 0x06 ||
	        !der_valid(out->oid.whole, out->oid.whole_len))
		return -1;
	if (der_next(&inside, &rest, &out->value))
		return -1;
	if (out->value.tag == 0x01) {
		/* X.690 sections 11.1 and 11.5: TRUE is ff, and FALSE, the default, is not written */
		if (out->value.len != 1 || out->value.value[0] != 0xff || der_next(&inside, &rest, &out->value))
			return -1;
		out->critical = true;
	}
	return out->value.tag == 0x04 && rest == 0 ? 1 : -1;
}

bool crl_extension_find(const struct crl_facts *f, const void *oid, size_t len, struct crl_extension *out)
{
	const uint8_t *at = f->extensions.value;
	size_t left = f->extensions.len;

	while (crl_extension_next(&at, &left, out) == 1)
		if (out->oid.len == len && memcmp(out->oid.value, oid, len) == 0)
			return true;
	return false;
}

bool crl_number(const struct crl_facts *f, uint8_t number[SERIAL_MAX])
{
	struct crl_extension x;
	struct der d;
	const uint8_t *at;
	size_t left;

	memset(number, 0, SERIAL_MAX);
	if (!crl_extension_find(f, "\x55\x1d\x14", 3, &x))
		return false;
	at = x.value.value;
	left = x.value.len;
	if (der_next(&at, &left, &d) || left || d.tag != 0x02 || !der_valid(d.whole, d.whole_len))
		return false;
	if (d.len > SERIAL_MAX || (d.value[0] & 0x80))
		return false;
	memcpy(number + SERIAL_MAX - d.len, d.value, d.len);
	return true;
}

/* Takes the next element when it has that tag; 1, 0 when it is another or none, -1. */
static int optional(const uint8_t **at, size_t *left, uint8_t tag, struct der *out)
{
	struct der d;
	const uint8_t *p = *at;
	size_t n = *left;

	if (!n || p[0] != tag)
		return 0;
	if (der_next(&p, &n, &d))
		return -1;
	*out = d;
	*at = p;
	*left = n;
	return 1;
}

static bool is_time(const struct der *d)
{
	return d->tag == DER_UTC_TIME || d->tag == DER_GENERALIZED_TIME;
}

static int read_version(struct crl_facts *f, const uint8_t **at, size_t *left)
{
	struct der d;
	int got = optional(at, left, 0x02, &d);

	if (got < 0 || (got == 1 && !der_valid(d.whole, d.whole_len)))
		return -1;
	f->version = got == 0 ? 1 : d.len == 1 && d.value[0] == 1 ? 2 : 0;
	return 0;
}

static int read_extensions(struct crl_facts *f, const uint8_t **at, size_t *left)
{
	struct crl_extension x;
	struct der outer;
	const uint8_t *inside;
	size_t rest;
	int got = optional(at, left, 0xa0, &outer);

	if (got <= 0)
		return got;
	inside = outer.value;
	rest = outer.len;
	/* the extensions are few: that they are DER all the way down is cheap to know */
	if (der_next(&inside, &rest, &f->extensions) || rest || f->extensions.tag != 0x30 ||
	        !der_valid(f->extensions.whole, f->extensions.whole_len))
		return -1;
	inside = f->extensions.value;
	rest = f->extensions.len;
	while ((got = crl_extension_next(&inside, &rest, &x)) == 1)
		;
	return got;
}

/* RFC 5280 section 5.1.2, field by field; the list is only stepped over. */
static int read_tbs(struct crl_reader *r, struct error *e)
{
	struct crl_facts *f = &r->facts;
	const uint8_t *at = f->tbs.value;
	size_t left = f->tbs.len;
	int got;

	f->this_update = f->next_update = -1;
	if (read_version(f, &at, &left))
		return fault_at(r, at, e);
	if (der_next(&at, &left, &f->inner_algorithm) || f->inner_algorithm.tag != 0x30 ||
	        !der_valid(f->inner_algorithm.whole, f->inner_algorithm.whole_len))
		return fault_at(r, at, e);
	if (der_next(&at, &left, &f->issuer) || f->issuer.tag != 0x30 ||
	        !der_valid(f->issuer.whole, f->issuer.whole_len))
		return fault_at(r, at, e);
	if (der_next(&at, &left, &f->this_time) || !is_time(&f->this_time))
		return fault_at(r, at, e);
	if (!der_time_read(&f->this_time, &f->this_update))
		f->this_update = -1;
	if (left && (at[0] == DER_UTC_TIME || at[0] == DER_GENERALIZED_TIME)) {
		if (der_next(&at, &left, &f->next_time))
			return fault_at(r, at, e);
		if (!der_time_read(&f->next_time, &f->next_update))
			f->next_update = -1;
	}
	got = optional(&at, &left, 0x30, &f->list);
	if (got < 0)
		return fault_at(r, at, e);
	f->has_list = got == 1;
	if (read_extensions(f, &at, &left) < 0 || left)
		return fault_at(r, at, e);
	return 0;
}

static int read_whole(struct crl_reader *r, const struct der *whole, struct error *e)
{
	struct crl_facts *f = &r->facts;
	const uint8_t *at = whole->value;
	size_t left = whole->len;

	if (der_next(&at, &left, &f->tbs) || f->tbs.tag != 0x30)
		return fault_at(r, at, e);
	if (der_next(&at, &left, &f->algorithm) || f->algorithm.tag != 0x30 ||
	        !der_valid(f->algorithm.whole, f->algorithm.whole_len))
		return fault_at(r, at, e);
	if (der_next(&at, &left, &f->signature) || f->signature.tag != 0x03 || left || f->signature.len < 2 ||
	        f->signature.value[0] != 0)
		return fault_at(r, at, e);
	f->signature.value++;
	f->signature.len--;
	return 0;
}

int crl_open(struct crl_reader *r, const void *der, size_t len, bool tbs_only, struct error *e)
{
	const uint8_t *at = der;
	size_t left = len;
	struct der whole;

	*r = (struct crl_reader){.start = der};
	if (len > CRL_BYTES_MAX)
		return error_set(e, ERROR_FAULT, N_("The CRL is longer than %d bytes."), (int)CRL_BYTES_MAX);
	if (der_next(&at, &left, &whole) || whole.tag != 0x30)
		return fault_at(r, at, e);
	if (left)
		return error_set(e, ERROR_FAULT, N_("%zu bytes stand behind the CRL."), left);
	r->facts.tbs = whole;
	if ((!tbs_only && read_whole(r, &whole, e)) || read_tbs(r, e))
		return -1;
	crl_again(r);
	return 0;
}

void crl_again(struct crl_reader *r)
{
	r->at = r->facts.list.value;
	r->left = r->facts.list.len;
}

static void read_reason(const struct crl_extension *x, struct crl_entry *entry, unsigned *odd)
{
	const uint8_t *v = x->value.value;

	if (x->value.len != 3 || v[0] != 0x0a || v[1] != 1 || !crl_reason_name(v[2]))
		*odd |= ODD_REASON;
	else if (v[2] == REASON_UNSPECIFIED)
		*odd |= ODD_REASON_UNSPECIFIED;
	else
		entry->reason = v[2];
	*odd |= x->critical ? ODD_CRITICAL : 0;
}

static void read_invalidity(const struct crl_extension *x, struct crl_entry *entry, unsigned *odd)
{
	const uint8_t *at = x->value.value;
	size_t left = x->value.len;
	struct der d;

	if (der_next(&at, &left, &d) || left || d.tag != DER_GENERALIZED_TIME ||
	        !der_time_read(&d, &entry->invalidity)) {
		entry->invalidity = -1;
		*odd |= ODD_INVALIDITY_FORM;
	}
	*odd |= x->critical ? ODD_CRITICAL : 0;
}

/* The extensions of an entry; -1 when they are not DER. */
static int read_entry_extensions(const struct der *list, struct crl_entry *entry, unsigned *odd)
{
	enum { REASON = 1, INVALIDITY = 2, ISSUER = 4 };
	const uint8_t *at = list->value;
	size_t left = list->len;
	struct crl_extension x;
	unsigned seen = 0, this;
	int got;

	if (!left)
		*odd |= ODD_EMPTY;
	while ((got = crl_extension_next(&at, &left, &x)) == 1) {
		if (!der_valid(x.value.value, x.value.len))
			return -1;
		this = 0;
		if (x.oid.len == 3 && memcmp(x.oid.value, "\x55\x1d", 2) == 0)
			this = x.oid.value[2] == 0x15   ? REASON
			       : x.oid.value[2] == 0x18 ? INVALIDITY
			       : x.oid.value[2] == 0x1d ? ISSUER
			                                : 0;
		*odd |= seen & this ? ODD_TWICE : 0;
		seen |= this;
		if (this == REASON)
			read_reason(&x, entry, odd);
		else if (this == INVALIDITY)
			read_invalidity(&x, entry, odd);
		else if (this == ISSUER)
			*odd |= ODD_CERTIFICATE_ISSUER;
		else
			*odd |= x.critical ? ODD_UNKNOWN_CRITICAL : ODD_UNKNOWN;
	}
	return got;
}

static int read_entry(const struct der *whole, struct crl_entry *entry, unsigned *odd)
{
	const uint8_t *at = whole->value;
	size_t left = whole->len;
	struct der serial, time, list;
	int got;

	if (der_next(&at, &left, &serial) || serial.tag != 0x02 || !der_valid(serial.whole, serial.whole_len))
		return -1;
	if ((serial.value[0] & 0x80) || serial_set(entry->serial, serial.value, serial.len, NULL)) {
		memset(entry->serial, 0, SERIAL_MAX);
		*odd |= ODD_SERIAL;
	}
	if (der_next(&at, &left, &time) || !is_time(&time))
		return -1;
	if (!der_time_read(&time, &entry->time)) {
		entry->time = -1;
		*odd |= ODD_TIME_FORM | ODD_TIME_READ;
	} else {
		uint8_t wanted[DER_TIME_MAX];
		/* UTCTime through 2049, GeneralizedTime from 2050 (RFC 5280 section 5.1.2.6) */
		if (!der_time_fits(entry->time) || der_time_put(wanted, entry->time) != time.whole_len)
			*odd |= ODD_TIME_FORM;
	}
	got = optional(&at, &left, 0x30, &list);
	if (got == 1)
		got = read_entry_extensions(&list, entry, odd);
	return got < 0 || left ? -1 : 0;
}

int crl_next(struct crl_reader *r, struct crl_entry *entry, unsigned *odd, struct error *e)
{
	const uint8_t *before = r->at;
	struct der whole;

	*odd = 0;
	*entry = (struct crl_entry){.time = -1, .invalidity = -1};
	if (!r->left)
		return 0;
	if (der_next(&r->at, &r->left, &whole) || whole.tag != 0x30 || read_entry(&whole, entry, odd))
		return fault_at(r, before, e);
	return 1;
}

int crl_verify(const struct crl_facts *f, const void *spki, size_t len, struct error *e)
{
	const struct signature_algorithm *a = signature_algorithm_of(f->algorithm.whole, f->algorithm.whole_len);

	if (!a)
		return error_set(e, ERROR_FAULT, N_("The CRL's signature algorithm is none of those known here."));
	if (f->algorithm.whole_len != f->inner_algorithm.whole_len ||
	        memcmp(f->algorithm.whole, f->inner_algorithm.whole, f->algorithm.whole_len) != 0)
		return error_set(e, ERROR_FAULT,
		        N_("The CRL names one signature algorithm inside and another outside (RFC 5280 section "
		           "5.1.1.2)."));
	if (pki_verify(spki, len, a->name, f->tbs.whole, f->tbs.whole_len, f->signature.value, f->signature.len, e))
		return -1;
	return 0;
}

/* The issuingDistributionPoint of the profile is made again and compared with the one of the previous CRL. */
static int same_point(const struct crl_facts *f, const struct crl_profile *next, struct error *e)
{
	struct crl_facts wanted = {0};
	struct crl_extension is, should;
	struct bytes list = {0};
	bool has_is, has_should;
	int status = -1;

	if (crl_extensions(next, &list, e))
		goto out;
	wanted.extensions = (struct der){.value = list.data, .len = list.len};
	has_is = crl_extension_find(f, "\x55\x1d\x1c", 3, &is);
	has_should = crl_extension_find(&wanted, "\x55\x1d\x1c", 3, &should);
	if (has_is != has_should || (has_is && (is.whole.whole_len != should.whole.whole_len ||
	                                               memcmp(is.whole.whole, should.whole.whole, is.whole.whole_len))))
		error_set(e, ERROR_FAULT,
		        N_("The previous CRL has another issuingDistributionPoint: it does not cover the same "
		           "certificates."));
	else
		status = 0;
out:
	bytes_free(&list);
	return status;
}

static int carry_check(
        const struct crl_facts *f, const struct crl_profile *next, const void *spki, size_t spki_len, struct error *e)
{
	uint8_t number[SERIAL_MAX];
	struct crl_extension x;

	if (!f->issuer.whole || f->issuer.whole_len != next->issuer_len ||
	        memcmp(f->issuer.whole, next->issuer, next->issuer_len) != 0)
		return error_set(e, ERROR_FAULT, N_("The previous CRL names another issuer than the new one."));
	if (crl_verify(f, spki, spki_len, e))
		return -1;
	if (crl_extension_find(f, "\x55\x1d\x1b", 3, &x))
		return error_set(
		        e, ERROR_FAULT, N_("The previous CRL is a delta CRL: it does not hold every revocation."));
	if (!crl_number(f, number))
		return error_set(e, ERROR_FAULT,
		        N_("The previous CRL has no number that can be read (RFC 5280 section 5.2.3)."));
	if (memcmp(number, next->number, SERIAL_MAX) >= 0)
		return error_set(e, ERROR_FAULT,
		        N_("The number of the previous CRL is not below that of the new one (RFC 5280 section "
		           "5.2.3)."));
	if (f->this_update < 0 || f->this_update > next->this_update)
		return error_set(e, ERROR_FAULT, N_("The previous CRL is not older than the new one."));
	return same_point(f, next, e);
}

int crl_carry_forward(struct crl_list *list, const void *der, size_t len, const struct crl_profile *next,
        const void *issuer_spki, size_t spki_len, struct error *e)
{
	struct bytes hex = {0};
	struct crl_reader r;
	struct crl_entry entry;
	unsigned odd;
	int got;

	if (crl_open(&r, der, len, false, e) || carry_check(&r.facts, next, issuer_spki, spki_len, e))
		return -1;
	while ((got = crl_next(&r, &entry, &odd, e)) == 1) {
		/* another encoding of the same is written anew; what says more would get lost */
		odd &= ~(unsigned)(ODD_REASON_UNSPECIFIED | ODD_EMPTY | (odd & ODD_TIME_READ ? 0 : ODD_TIME_FORM));
		if (odd || entry.reason == REASON_REMOVE_FROM_CRL) {
			serial_hex(&hex, entry.serial);
			error_set(e, ERROR_FAULT,
			        N_("The previous CRL has an entry, serial number %s, that cannot be carried forward as "
			           "it is (RFC 5280 section 5.3)."),
			        bytes_string(&hex));
			bytes_free(&hex);
			return -1;
		}
		if (crl_list_add(list, &entry, e))
			return -1;
	}
	return got;
}
