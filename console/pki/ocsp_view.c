#include "pki/name.h"
#include "pki/ocsp.h"
#include "pki/ocsp_read.h"
#include "pki/view_private.h"

#include "base/text.h"

#include <openssl/err.h>
#include <string.h>

static void view_time(struct bytes *out, unsigned indent, const char *label, const struct der *element, int64_t seconds)
{
	struct bytes line = {0};
	char text[TIME_TEXT];

	if (!element->whole) {
		view_line(out, indent, label, "absent");
		return;
	}
	if (seconds >= 0) {
		time_format_seconds(seconds, text);
		bytes_text(&line, text);
	} else {
		bytes_text(&line, "not readable: ");
		text_visible(&line, (const char *)element->value, element->len);
	}
	view_line(out, indent, label, bytes_string(&line));
	bytes_free(&line);
}

static void view_responder(struct bytes *out, const struct der *responder)
{
	X509_NAME *name = NULL;
	struct bytes line = {0};

	if (responder->tag == 0xa1)
		name = name_parse(responder->value, responder->len, NULL);
	if (name) {
		name_show(&line, name);
		view_line(out, 0, "Responder, by name", bytes_string(&line));
	} else if (responder->tag == 0xa2 && responder->len > 2) {
		view_hex(out, 0, "Responder, by key (SHA-1)", responder->value + 2, responder->len - 2);
	} else {
		view_hex(out, 0, "Responder, not decoded", responder->value, responder->len);
	}
	X509_NAME_free(name);
	bytes_free(&line);
	ERR_clear_error();
}

static void view_extensions(struct bytes *out, const char *label, const struct der *extensions)
{
	const uint8_t *at = extensions->value;
	size_t left = extensions->len;
	struct crl_extension x;
	int count = 0;

	if (extensions->whole)
		view_line(out, 0, label, "");
	while (crl_extension_next(&at, &left, &x) == 1) {
		const unsigned char *der = x.whole.whole;
		X509_EXTENSION *decoded = d2i_X509_EXTENSION(NULL, &der, (long)x.whole.whole_len);
		count++;
		if (decoded)
			view_extension(out, count, decoded);
		else
			view_hex(out, 0, "Extension, not decoded", x.whole.whole, x.whole.whole_len);
		X509_EXTENSION_free(decoded);
	}
	ERR_clear_error();
}

static const char *hash_name(const struct der *hash)
{
	static const uint8_t sha1[] = {0x06, 0x05, 0x2b, 0x0e, 0x03, 0x02, 0x1a};
	static const uint8_t sha256[] = {0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01};

	if (hash->len >= sizeof sha1 && memcmp(hash->value, sha1, sizeof sha1) == 0)
		return "SHA-1";
	if (hash->len >= sizeof sha256 && memcmp(hash->value, sha256, sizeof sha256) == 0)
		return "SHA-256";
	return "not known here";
}

static void view_single(struct bytes *out, const struct ocsp_single *s)
{
	static const char *const status[] = {"good", "revoked", "unknown"};

	view_hex(out, 0, "Certificate, serial number (hex)", s->serial.value, s->serial.len);
	view_line(out, 4, "Hash", hash_name(&s->hash));
	view_hex(out, 4, "Issuer name hash", s->name_hash.value, s->name_hash.len);
	view_hex(out, 4, "Issuer key hash", s->key_hash.value, s->key_hash.len);
	view_line(out, 4, "Status", status[s->status]);
	if (s->status == OCSP_REVOKED) {
		view_time(out, 4, "Revoked", &s->revoked_time, s->revoked_at);
		view_line(out, 4, "Reason",
		        s->reason == OCSP_NO_REASON    ? "none given"
		        : s->reason == OCSP_BAD_REASON ? "not known"
		                                       : crl_reason_name((unsigned)s->reason));
	}
	view_time(out, 4, "This update", &s->this_time, s->this_update);
	view_time(out, 4, "Next update", &s->next_time, s->next_update);
	view_extensions(out, "Extensions of this certificate's answer", &s->extensions);
}

int ocsp_view(const void *tbs, size_t len, struct bytes *out, struct error *e)
{
	struct ocsp_response r;
	struct ocsp_single s;
	const uint8_t *at;
	size_t left;

	if (ocsp_open_tbs(&r, tbs, len, e))
		return -1;
	view_responder(out, &r.responder);
	view_time(out, 0, "Produced at", &r.produced_time, r.produced_at);
	at = r.singles.value;
	left = r.singles.len;
	while (ocsp_single_next(&at, &left, &s) == 1)
		view_single(out, &s);
	view_extensions(out, "Extensions of the response", &r.extensions);
	return bytes_end(out, e);
}
