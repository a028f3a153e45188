#include "pki/algorithm.h"
#include "pki/crl_read.h"
#include "pki/der_time.h"
#include "pki/name.h"
#include "pki/view_private.h"

#include "base/text.h"

#include <openssl/err.h>
#include <string.h>

static void view_time(struct bytes *out, const char *label, const struct der *element, int64_t seconds)
{
	struct bytes line = {0};
	char text[TIME_TEXT];

	if (seconds >= 0) {
		time_format_seconds(seconds, text);
		bytes_text(&line, text);
	} else {
		bytes_text(&line, "not readable");
	}
	bytes_printf(&line, " (%s ", element->tag == DER_UTC_TIME ? "UTCTime" : "GeneralizedTime");
	text_visible(&line, (const char *)element->value, element->len);
	bytes_text(&line, ")");
	view_line(out, 0, label, bytes_string(&line));
	bytes_free(&line);
}

static void view_algorithm(struct bytes *out, const struct der *identifier)
{
	const struct signature_algorithm *known = signature_algorithm_of(identifier->whole, identifier->whole_len);

	view_line(out, 0, "Signature algorithm", known ? known->name : "not known here");
	if (!known || known->scheme == SCHEME_PSS)
		view_hex(out, 4, "AlgorithmIdentifier", identifier->whole, identifier->whole_len);
}

static void view_issuer(struct bytes *out, const struct der *name)
{
	X509_NAME *parsed = name_parse(name->whole, name->whole_len, NULL);
	struct bytes line = {0};

	if (parsed) {
		name_show(&line, parsed);
		view_line(out, 0, "Issuer", bytes_string(&line));
	} else {
		view_hex(out, 0, "Issuer, not decoded", name->whole, name->whole_len);
	}
	X509_NAME_free(parsed);
	bytes_free(&line);
}

/* RFC 5280 section 5.2.5; false when it is anything but what crl_extensions() writes. */
static bool view_point(struct bytes *out, const struct crl_extension *x)
{
	static const struct {
		uint8_t tag;
		const char *name;
	} flags[] = {{0x81, "onlyContainsUserCerts"}, {0x82, "onlyContainsCACerts"}, {0x84, "indirectCRL"},
	        {0x85, "onlyContainsAttributeCerts"}};
	const uint8_t *at = x->value.value, *inner;
	size_t left = x->value.len, rest;
	struct bytes lines = {0}, uri = {0};
	struct der d, name;
	bool good = der_next(&at, &left, &d) == 0 && left == 0 && d.tag == 0x30;

	at = d.value;
	left = d.len;
	while (good && left && (good = der_next(&at, &left, &d) == 0)) {
		bool known = false;
		for (size_t i = 0; i < sizeof flags / sizeof flags[0]; i++) {
			if (flags[i].tag != d.tag || d.len != 1)
				continue;
			view_line(&lines, 4, flags[i].name, d.value[0] ? "TRUE" : "FALSE");
			known = true;
		}
		if (d.tag == 0xa0) {
			inner = d.value;
			rest = d.len;
			known = der_next(&inner, &rest, &name) == 0 && rest == 0 && name.tag == 0xa0;
			inner = name.value;
			rest = name.len;
			while (known && rest && (known = der_next(&inner, &rest, &name) == 0 && name.tag == 0x86)) {
				bytes_clear(&uri);
				bytes_text(&uri, "URI:");
				text_visible(&uri, (const char *)name.value, name.len);
				view_line(&lines, 4, "fullName", bytes_string(&uri));
			}
		}
		good = known;
	}
	if (good)
		bytes_add(out, lines.data, lines.len);
	bytes_free(&lines);
	bytes_free(&uri);
	return good;
}

static bool view_number(struct bytes *out, const struct crl_facts *f)
{
	uint8_t number[SERIAL_MAX];
	struct bytes line = {0};
	BIGNUM *n;
	char *decimal;

	if (!crl_number(f, number))
		return false;
	n = BN_bin2bn(number, SERIAL_MAX, NULL);
	decimal = n ? BN_bn2dec(n) : NULL;
	bytes_printf(&line, "%s (0x", decimal ? decimal : "");
	serial_hex(&line, number);
	bytes_text(&line, ")");
	view_line(out, 4, "number", bytes_string(&line));
	out->failed = out->failed || !decimal;
	OPENSSL_free(decimal);
	BN_free(n);
	bytes_free(&line);
	return true;
}

/* Those of CRLs alone, by their own names; false for any other, and for one that does not decode wholly. */
static bool view_own(struct bytes *out, int count, const struct crl_facts *f, const struct crl_extension *x)
{
	static const uint8_t point[] = {0x55, 0x1d, 0x1c}, number[] = {0x55, 0x1d, 0x14};
	bool is_point = x->oid.len == 3 && memcmp(x->oid.value, point, 3) == 0;
	bool is_number = x->oid.len == 3 && memcmp(x->oid.value, number, 3) == 0;
	struct bytes value = {0}, label = {0}, line = {0};
	bool shown = is_point ? view_point(&value, x) : is_number && view_number(&value, f);

	if (shown) {
		bytes_printf(&label, "Extension %d", count);
		bytes_printf(&line, "%s, %s",
		        is_point ? "issuingDistributionPoint (2.5.29.28)" : "cRLNumber (2.5.29.20)",
		        x->critical ? "critical" : "not critical");
		view_line(out, 0, bytes_string(&label), bytes_string(&line));
		bytes_add(out, value.data, value.len);
	}
	bytes_free(&value);
	bytes_free(&label);
	bytes_free(&line);
	return shown;
}

static void view_extensions(struct bytes *out, const struct crl_facts *f)
{
	const uint8_t *at = f->extensions.value;
	size_t left = f->extensions.len;
	struct crl_extension x;

	for (int count = 1; crl_extension_next(&at, &left, &x) == 1; count++) {
		const unsigned char *der = x.whole.whole;
		X509_EXTENSION *decoded = d2i_X509_EXTENSION(NULL, &der, (long)x.whole.whole_len);
		if (view_own(out, count, f, &x))
			;
		else if (decoded)
			view_extension(out, count, decoded);
		else
			view_hex(out, 0, "Extension, not decoded", x.whole.whole, x.whole.whole_len);
		X509_EXTENSION_free(decoded);
	}
	ERR_clear_error();
}

static void view_entry(struct bytes *out, uint64_t number, const struct crl_entry *entry, unsigned odd)
{
	struct bytes line = {0}, label = {0};
	char text[TIME_TEXT];

	bytes_printf(&label, "%llu", (unsigned long long)number);
	serial_hex(&line, entry->serial);
	time_format_seconds(entry->time, text);
	bytes_printf(&line, ", revoked %s, %s", odd & ODD_TIME_READ ? "at a time not readable" : text,
	        odd & ODD_REASON ? "reason not known" : crl_reason_name(entry->reason));
	if (entry->invalidity >= 0) {
		time_format_seconds(entry->invalidity, text);
		bytes_printf(&line, ", invalid %s", text);
	}
	if (odd & ~(unsigned)ODD_REASON_UNSPECIFIED)
		bytes_text(&line, ", not as RFC 5280 section 5.3 has it");
	view_line(out, 4, bytes_string(&label), bytes_string(&line));
	out->failed = out->failed || line.failed || label.failed;
	bytes_free(&line);
	bytes_free(&label);
}

/* How many there are, and for which reasons. */
static int count_entries(struct crl_reader *r, uint64_t *count, struct bytes *out, struct error *e)
{
	uint64_t of_reason[REASON_AA_COMPROMISE + 1] = {0};
	struct bytes line = {0};
	struct crl_entry entry;
	unsigned odd;
	int got;

	*count = 0;
	crl_again(r);
	while ((got = crl_next(r, &entry, &odd, e)) == 1) {
		++*count;
		of_reason[entry.reason]++;
	}
	if (got < 0)
		return -1;
	bytes_printf(&line, "%llu", (unsigned long long)*count);
	view_line(out, 0, "Revoked certificates", bytes_string(&line));
	for (unsigned i = 0; i <= REASON_AA_COMPROMISE; i++) {
		if (!of_reason[i])
			continue;
		bytes_clear(&line);
		bytes_printf(&line, "%llu", (unsigned long long)of_reason[i]);
		view_line(out, 4, crl_reason_name(i), bytes_string(&line));
	}
	bytes_free(&line);
	return 0;
}

static int view_entries(struct crl_reader *r, struct bytes *out, struct error *e)
{
	uint64_t count, number = 0;
	struct bytes line = {0};
	struct crl_entry entry;
	unsigned odd;

	if (count_entries(r, &count, out, e))
		return -1;
	crl_again(r);
	while (crl_next(r, &entry, &odd, e) == 1) {
		number++;
		if (count <= CRL_VIEW_ALL || number <= CRL_VIEW_ENDS || number > count - CRL_VIEW_ENDS) {
			view_entry(out, number, &entry, odd);
		} else if (number == CRL_VIEW_ENDS + 1) {
			bytes_printf(&line, "%llu to %llu of them, in the file that holds these bytes",
			        (unsigned long long)number, (unsigned long long)(count - CRL_VIEW_ENDS));
			view_line(out, 4, "not shown here", bytes_string(&line));
		}
	}
	bytes_free(&line);
	return 0;
}

int crl_view(const void *tbs, size_t len, struct bytes *out, struct error *e)
{
	const struct crl_facts *f;
	struct crl_reader r;

	if (crl_open(&r, tbs, len, true, e))
		return -1;
	f = &r.facts;
	view_line(out, 0, "Version", f->version == 2 ? "2" : f->version == 1 ? "1" : "not known");
	view_algorithm(out, &f->inner_algorithm);
	view_issuer(out, &f->issuer);
	view_time(out, "This update", &f->this_time, f->this_update);
	if (f->next_time.whole)
		view_time(out, "Next update", &f->next_time, f->next_update);
	else
		view_line(out, 0, "Next update", "absent");
	view_extensions(out, f);
	if (view_entries(&r, out, e))
		return -1;
	return bytes_end(out, e);
}
