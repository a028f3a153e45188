#include "pki/crl.h"

#include "pki/algorithm.h"
#include "pki/der_time.h"
#include "pki/name.h"

#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

/* An entry at its longest: header, serial, time, reasonCode (12), invalidityDate (26), and the header around those. */
enum { ENTRY_MAX = 4 + 2 + 1 + SERIAL_MAX + DER_TIME_MAX + 4 + 12 + 26, BLOCK = 1 << 16 };

static const char *const reasons[] = {"unspecified", "keyCompromise", "cACompromise", "affiliationChanged",
        "superseded", "cessationOfOperation", "certificateHold", NULL, "removeFromCRL", "privilegeWithdrawn",
        "aACompromise"};

const char *crl_reason_name(unsigned reason)
{
	return reason < sizeof reasons / sizeof reasons[0] ? reasons[reason] : NULL;
}

int crl_reason_named(const char *name, size_t len)
{
	for (size_t i = 0; i < sizeof reasons / sizeof reasons[0]; i++)
		if (reasons[i] && strlen(reasons[i]) == len && memcmp(reasons[i], name, len) == 0)
			return (int)i;
	return -1;
}

int serial_set(uint8_t out[SERIAL_MAX], const uint8_t *number, size_t len, struct error *e)
{
	while (len && !number[0]) {
		number++;
		len--;
	}
	if (len == 0)
		return error_set(e, ERROR_FAULT,
		        N_("The serial number is zero; it must be positive (RFC 5280 section 4.1.2.2)."));
	if (len > SERIAL_MAX || (len == SERIAL_MAX && (number[0] & 0x80)))
		return error_set(
		        e, ERROR_FAULT, N_("The serial number is not below 2^159 (RFC 5280 section 4.1.2.2)."));
	memset(out, 0, SERIAL_MAX - len);
	memcpy(out + SERIAL_MAX - len, number, len);
	return 0;
}

const uint8_t *serial_bytes(const uint8_t serial[SERIAL_MAX], size_t *len)
{
	size_t skip = 0;

	while (skip < SERIAL_MAX - 1 && !serial[skip])
		skip++;
	*len = SERIAL_MAX - skip;
	return serial + skip;
}

void serial_hex(struct bytes *out, const uint8_t serial[SERIAL_MAX])
{
	size_t len;
	const uint8_t *at = serial_bytes(serial, &len);

	bytes_hex(out, at, len);
}

/* INTEGER of the number: a zero octet before a set top bit. */
static size_t number_put(uint8_t *out, const uint8_t number[SERIAL_MAX])
{
	size_t len;
	const uint8_t *at = serial_bytes(number, &len);
	bool zero = at[0] & 0x80;

	out[0] = 0x02;
	out[1] = (uint8_t)(len + zero);
	out[2] = 0;
	memcpy(out + 2 + zero, at, len);
	return 2 + zero + len;
}

/* RFC 5280 sections 5.3.1 and 5.3.2; neither is critical. */
static size_t entry_extensions(uint8_t *out, const struct crl_entry *entry)
{
	static const uint8_t reason[] = {0x30, 0x0a, 0x06, 0x03, 0x55, 0x1d, 0x15, 0x04, 0x03, 0x0a, 0x01};
	static const uint8_t invalidity[] = {0x30, 0x18, 0x06, 0x03, 0x55, 0x1d, 0x18, 0x04, 0x11};
	uint8_t *at = out + 2;

	if (entry->reason != REASON_UNSPECIFIED) {
		memcpy(at, reason, sizeof reason);
		at += sizeof reason;
		*at++ = entry->reason;
	}
	if (entry->invalidity >= 0) {
		memcpy(at, invalidity, sizeof invalidity);
		at += sizeof invalidity;
		at += der_time_put_generalized(at, entry->invalidity);
	}
	if (at == out + 2)
		return 0;
	out[0] = 0x30;
	out[1] = (uint8_t)(at - out - 2);
	return (size_t)(at - out);
}

static size_t entry_put(uint8_t out[ENTRY_MAX], const struct crl_entry *entry)
{
	uint8_t *at = out + 2;

	at += number_put(at, entry->serial);
	at += der_time_put(at, entry->time);
	at += entry_extensions(at, entry);
	out[0] = 0x30;
	out[1] = (uint8_t)(at - out - 2); /* below 128: 22 + 17 + 40 */
	return (size_t)(at - out);
}

static int entry_check(const struct crl_entry *entry, const uint8_t before[SERIAL_MAX], struct error *e)
{
	int order = memcmp(before, entry->serial, SERIAL_MAX);
	struct bytes hex = {0};
	const char *id = NULL;

	if (order == 0)
		id = N_("The certificate with the serial number %s stands twice in the list.");
	else if (order > 0)
		id = N_("The certificate with the serial number %s does not stand in ascending order in the list.");
	else if (!crl_reason_name(entry->reason))
		id = N_("The reason for the certificate with the serial number %s is no reason of RFC 5280 section "
		        "5.3.1.");
	else if (entry->reason == REASON_REMOVE_FROM_CRL)
		id = N_("The certificate with the serial number %s has the reason removeFromCRL, which only a delta "
		        "CRL "
		        "may have (RFC 5280 section 5.3.1).");
	else if (!der_time_fits(entry->time) || (entry->invalidity != -1 && !der_time_fits(entry->invalidity)))
		id = N_("A time of the certificate with the serial number %s lies outside the years 1970 to 9999.");
	if (!id)
		return 0;
	serial_hex(&hex, entry->serial);
	error_set(e, ERROR_FAULT, id, bytes_string(&hex));
	bytes_free(&hex);
	return -1;
}

/* Gathers small pieces into blocks, and hashes them. */
struct stream {
	const struct crl_sink *to;
	EVP_MD_CTX *hash;
	uint64_t written;
	size_t filled;
	uint8_t block[BLOCK];
};

static int stream_flush(struct stream *s, struct error *e)
{
	size_t len = s->filled;

	s->filled = 0;
	s->written += len;
	if (len && EVP_DigestUpdate(s->hash, s->block, len) != 1)
		return openssl_error(e, ERROR_INTERNAL, N_("The list cannot be hashed: %s."));
	return len ? s->to->write(s->to->context, s->block, len, e) : 0;
}

static int stream_add(struct stream *s, const void *data, size_t len, struct error *e)
{
	const uint8_t *at = data;

	while (len) {
		size_t part = BLOCK - s->filled < len ? BLOCK - s->filled : len;
		memcpy(s->block + s->filled, at, part);
		s->filled += part;
		at += part;
		len -= part;
		if (s->filled == BLOCK && stream_flush(s, e))
			return -1;
	}
	return 0;
}

/* Tag and length of an element of `len` bytes. */
static size_t header_put(uint8_t out[10], uint8_t tag, uint64_t len)
{
	unsigned count = 0;

	out[0] = tag;
	if (len < 0x80) {
		out[1] = (uint8_t)len;
		return 2;
	}
	for (uint64_t rest = len; rest; rest >>= 8)
		count++;
	out[1] = (uint8_t)(0x80 | count);
	for (unsigned i = 0; i < count; i++)
		out[2 + i] = (uint8_t)(len >> 8 * (count - 1 - i));
	return 2 + count;
}

static size_t header_len(uint64_t len)
{
	uint8_t header[10];

	return header_put(header, 0x30, len);
}

/* First pass: what is wrong is found before the first byte is written. */
static int measure(const struct crl_source *source, struct crl_totals *t, struct error *e)
{
	uint8_t before[SERIAL_MAX] = {0}, encoded[ENTRY_MAX];
	struct crl_entry entry;
	int got;

	*t = (struct crl_totals){0};
	if (source->rewind(source->context, e))
		return -1;
	while ((got = source->next(source->context, &entry, e)) == 1) {
		if (entry_check(&entry, before, e))
			return -1;
		memcpy(before, entry.serial, SERIAL_MAX);
		t->length += entry_put(encoded, &entry);
		t->entries++;
	}
	return got;
}

/* Second pass. A source that says something else this time would break the lengths already written. */
static int write_entries(
        const struct crl_source *source, struct stream *s, const struct crl_totals *measured, struct error *e)
{
	struct crl_totals now = {0};
	uint8_t encoded[ENTRY_MAX];
	struct crl_entry entry;
	int got;

	if (source->rewind(source->context, e))
		return -1;
	while ((got = source->next(source->context, &entry, e)) == 1) {
		size_t len = entry_put(encoded, &entry);
		now.length += len;
		now.entries++;
		if (now.length > measured->length)
			break;
		if (stream_add(s, encoded, len, e))
			return -1;
	}
	if (got < 0)
		return -1;
	if (now.length != measured->length || now.entries != measured->entries)
		return error_set(
		        e, ERROR_FAULT, N_("The entries of the list changed while it was written: write it again."));
	return 0;
}

static int check_profile(const struct crl_profile *p, const struct signature_algorithm *a, struct error *e)
{
	X509_NAME *issuer;

	if (!a)
		return error_set(e, ERROR_FAULT, N_("The signature algorithm %s is not known."),
		        p->signature ? p->signature : "");
	if (!der_time_fits(p->this_update) || !der_time_fits(p->next_update))
		return error_set(e, ERROR_FAULT, N_("thisUpdate or nextUpdate lies outside the years 1970 to 9999."));
	if (p->next_update <= p->this_update)
		return error_set(e, ERROR_FAULT, N_("nextUpdate does not lie after thisUpdate."));
	if (p->number[0] & 0x80)
		return error_set(e, ERROR_FAULT, N_("The CRL number is not below 2^159 (RFC 5280 section 5.2.3)."));
	issuer = name_parse(p->issuer, p->issuer_len, e);
	if (!issuer)
		return -1;
	X509_NAME_free(issuer);
	return 0;
}

/* What stands before the entries, without the outer header: version, algorithm, issuer, both times. */
static void put_front(const struct crl_profile *p, const struct signature_algorithm *a, struct bytes *out)
{
	uint8_t time[DER_TIME_MAX];

	bytes_add(out, "\x02\x01\x01", 3); /* v2 (RFC 5280 section 5.1.2.1) */
	bytes_add(out, a->der, a->der_len);
	bytes_add(out, p->issuer, p->issuer_len);
	bytes_add(out, time, der_time_put(time, p->this_update));
	bytes_add(out, time, der_time_put(time, p->next_update));
}

/* [0] EXPLICIT Extensions */
static int put_back(const struct crl_profile *p, struct bytes *out, struct error *e)
{
	struct bytes list = {0}, sequence = {0};
	int status = -1;

	if (crl_extensions(p, &list, e))
		goto out;
	der_put(&sequence, 0x30, list.data, list.len);
	der_put(out, 0xa0, sequence.data, sequence.len);
	status = bytes_end(&sequence, e) || bytes_end(out, e) ? -1 : 0;
out:
	bytes_free(&list);
	bytes_free(&sequence);
	return status;
}

static int write_all(const struct crl_source *source, struct stream *s, const struct bytes *front,
        const struct bytes *back, const struct crl_totals *measured, struct error *e)
{
	/* RFC 5280 section 5.1.2.6: no entries, no list of them */
	uint64_t list = measured->entries ? header_len(measured->length) + measured->length : 0;
	uint8_t header[10];

	if (stream_add(s, header, header_put(header, 0x30, front->len + list + back->len), e) ||
	        stream_add(s, front->data, front->len, e))
		return -1;
	if (list && (stream_add(s, header, header_put(header, 0x30, measured->length), e) ||
	                    write_entries(source, s, measured, e)))
		return -1;
	return stream_add(s, back->data, back->len, e) || stream_flush(s, e) ? -1 : 0;
}

int crl_tbs(const struct crl_profile *p, const struct crl_source *source, const struct crl_sink *out,
        struct crl_totals *totals, struct error *e)
{
	const struct signature_algorithm *a = signature_algorithm_named(p->signature);
	struct bytes front = {0}, back = {0};
	struct crl_totals measured;
	struct stream *s = NULL;
	int status = -1;

	if (check_profile(p, a, e) || put_back(p, &back, e) || measure(source, &measured, e))
		goto out;
	put_front(p, a, &front);
	s = calloc(1, sizeof *s);
	if (bytes_end(&front, e))
		goto out;
	if (!s) {
		error_memory(e);
		goto out;
	}
	s->to = out;
	s->hash = EVP_MD_CTX_new();
	if (!s->hash || EVP_DigestInit_ex(s->hash, EVP_sha256(), NULL) != 1) {
		openssl_error(e, ERROR_INTERNAL, N_("The list cannot be hashed: %s."));
		goto out;
	}
	if (write_all(source, s, &front, &back, &measured, e))
		goto out;
	measured.length = s->written;
	if (EVP_DigestFinal_ex(s->hash, measured.sha256, NULL) != 1) {
		openssl_error(e, ERROR_INTERNAL, N_("The list cannot be hashed: %s."));
		goto out;
	}
	if (totals)
		*totals = measured;
	status = 0;
out:
	if (s)
		EVP_MD_CTX_free(s->hash);
	free(s);
	bytes_free(&front);
	bytes_free(&back);
	return status;
}

int crl_head(uint64_t tbs_len, const char *algorithm, size_t signature_len, const struct crl_sink *out, struct error *e)
{
	const struct signature_algorithm *a = signature_algorithm_named(algorithm);
	uint8_t header[10];

	if (!a)
		return error_set(
		        e, ERROR_FAULT, N_("The signature algorithm %s is not known."), algorithm ? algorithm : "");
	if (signature_len == 0)
		return error_set(e, ERROR_FAULT, N_("The signature is empty."));
	return out->write(out->context, header,
	        header_put(header, 0x30, tbs_len + a->der_len + header_len(signature_len + 1) + 1 + signature_len), e);
}

int crl_tail(
        const char *algorithm, const void *signature, size_t signature_len, const struct crl_sink *out, struct error *e)
{
	struct bytes tail = {0};
	int status = -1;

	if (signature_tail(algorithm, signature, signature_len, &tail, e) == 0)
		status = out->write(out->context, tail.data, tail.len, e);
	bytes_free(&tail);
	return status;
}

int crl_assemble(const void *tbs, size_t len, const char *algorithm, const void *signature, size_t signature_len,
        const struct crl_sink *out, struct error *e)
{
	if (crl_head(len, algorithm, signature_len, out, e) || out->write(out->context, tbs, len, e) ||
	        crl_tail(algorithm, signature, signature_len, out, e))
		return -1;
	return 0;
}

static int sink_bytes(void *context, const void *data, size_t len, struct error *e)
{
	struct bytes *out = context;

	bytes_add(out, data, len);
	return bytes_end(out, e);
}

struct crl_sink crl_sink_bytes(struct bytes *out)
{
	return (struct crl_sink){out, sink_bytes};
}

static void pem_line(struct crl_pem *pem, struct bytes *text)
{
	if (!pem->begun)
		bytes_text(text, "-----BEGIN X509 CRL-----\n");
	pem->begun = true;
	if (pem->filled) {
		bytes_base64(text, pem->line, pem->filled);
		bytes_byte(text, '\n');
	}
	pem->filled = 0;
}

static int sink_pem(void *context, const void *data, size_t len, struct error *e)
{
	struct crl_pem *pem = context;
	const uint8_t *at = data;
	struct bytes text = {0};
	int status = -1;

	while (len) {
		size_t part = sizeof pem->line - pem->filled < len ? sizeof pem->line - pem->filled : len;
		memcpy(pem->line + pem->filled, at, part);
		pem->filled += part;
		at += part;
		len -= part;
		if (pem->filled == sizeof pem->line)
			pem_line(pem, &text);
	}
	if (bytes_end(&text, e) == 0)
		status = text.len ? pem->to->write(pem->to->context, text.data, text.len, e) : 0;
	bytes_free(&text);
	return status;
}

struct crl_sink crl_sink_pem(struct crl_pem *pem)
{
	return (struct crl_sink){pem, sink_pem};
}

int crl_pem_end(struct crl_pem *pem, struct error *e)
{
	struct bytes text = {0};
	int status = -1;

	pem_line(pem, &text);
	bytes_text(&text, "-----END X509 CRL-----\n");
	if (bytes_end(&text, e) == 0)
		status = pem->to->write(pem->to->context, text.data, text.len, e);
	bytes_free(&text);
	return status;
}
