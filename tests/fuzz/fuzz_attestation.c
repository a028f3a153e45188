/* A chain of certificates taken for a vendor's attestation. Nothing may crash; what is refused is refused with a
 * sentence; what is taken is shown, and is refused under any other key, root or time. An input is a byte of flags, then
 * for each certificate its length in two octets and its DER. Key and root are those that the chain says itself, so that
 * only what it says otherwise decides; the issuers of the corpus all have the one key below, and the mutator signs anew
 * what it changed. */
#include "tests/fuzz/der_mutate.h"

#include "base/text.h"
#include "pki/attestation.h"
#include "pki/der.h"
#include "pki/profile.h"

#include <openssl/evp.h>

enum { REHEARSAL = 1, EXPIRED = 2, EXTENSIONS = 4, LINKS = ATTESTATION_CHAIN_MAX + 1 };

/* The Ed25519 private key of every issuer here. */
static const uint8_t seed_of_all[32] = "tachiai fuzz attestation issuer";

struct input {
	uint8_t flags;
	struct bytes der[LINKS];
	size_t count;
};

static void input_read(struct input *in, const uint8_t *data, size_t len)
{
	*in = (struct input){.flags = len ? data[0] : 0};
	for (size_t at = 1; at + 2 <= len && in->count < LINKS;) {
		size_t wanted = (size_t)(data[at] << 8 | data[at + 1]), left = len - at - 2;
		bytes_add(&in->der[in->count++], data + at + 2, wanted < left ? wanted : left);
		at += 2 + (wanted < left ? wanted : left);
	}
}

static void input_free(struct input *in)
{
	for (size_t i = 0; i < LINKS; i++)
		bytes_free(&in->der[i]);
}

static void judge(const struct input *in, const struct attestation_wanted *w)
{
	struct attestation_found found;
	struct bytes view = {0};
	struct error e = {0};
	uint8_t other[32] = {0};
	struct attestation_wanted w2 = *w;

	if (attestation_verify(in->der, in->count, w, &found, &e) < 0) {
		demand(e.code != ERROR_NONE);
		return;
	}
	demand(attestation_view(in->der, in->count, &view, &e) == 0);
	demand(text_is_utf8(bytes_string(&view), view.len) && !memchr(view.data, 0x1b, view.len) &&
	        !memchr(view.data, 0, view.len));
	w2.spki_sha256 = other;
	demand(attestation_verify(in->der, in->count, &w2, &found, &e) < 0);
	w2 = *w;
	w2.root_sha256 = other;
	demand(w->rehearsal || attestation_verify(in->der, in->count, &w2, &found, &e) < 0);
	w2 = *w;
	w2.now = INT64_MIN;
	demand(attestation_verify(in->der, in->count, &w2, &found, &e) < 0);
	bytes_free(&view);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static const char *const extensions[] = {"1.3.6.1.4.1.41482.4.1=020403", "1.3.6.1.4.1.41482.4.3"};
	struct certificate_parts parts = {0};
	uint8_t spki[32] = {0}, root[32] = {0};
	struct error e = {0};
	struct input in;

	input_read(&in, data, len);
	struct attestation_wanted w = {.spki_sha256 = spki,
	        .root_sha256 = root,
	        .extensions = extensions,
	        .extension_count = in.flags & EXTENSIONS ? 2 : 0,
	        .now = INT64_C(1796083200),
	        .expired_accepted = in.flags & EXPIRED,
	        .rehearsal = in.flags & REHEARSAL};
	if (in.count && certificate_parts_read(in.der[0].data, in.der[0].len, &parts, &e) == 0)
		sha256(parts.spki.data, parts.spki.len, spki);
	if (in.count)
		sha256(in.der[in.count - 1].data, in.der[in.count - 1].len, root);
	judge(&in, &w);
	certificate_parts_free(&parts);
	input_free(&in);
	return 0;
}

/* The certificate again, signed by the key of all. */
static void sign_again(struct bytes *der)
{
	EVP_PKEY *key = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, seed_of_all, sizeof seed_of_all);
	EVP_MD_CTX *c = EVP_MD_CTX_new();
	const uint8_t *at = der->data;
	size_t left = der->len, n = 64;
	struct der whole, tbs;
	struct bytes made = {0};
	uint8_t signature[64];
	struct error e;

	if (der_next(&at, &left, &whole) == 0) {
		at = whole.value;
		left = whole.len;
		if (key && c && der_next(&at, &left, &tbs) == 0 && EVP_DigestSignInit(c, NULL, NULL, NULL, key) == 1 &&
		        EVP_DigestSign(c, signature, &n, tbs.whole, tbs.whole_len) == 1 &&
		        certificate_assemble(
		                tbs.whole, tbs.whole_len, "ed25519", signature, sizeof signature, &made, &e) == 0) {
			bytes_clear(der);
			bytes_add(der, made.data, made.len);
		}
	}
	bytes_free(&made);
	EVP_MD_CTX_free(c);
	EVP_PKEY_free(key);
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t len, size_t most, unsigned seed);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t len, size_t most, unsigned seed)
{
	static uint8_t room[1 << 15];
	struct input in;
	size_t made = 0;

	if (seed % 5 == 0)
		return LLVMFuzzerMutate(data, len, most);
	input_read(&in, data, len);
	if (in.count) {
		struct bytes *der = &in.der[seed / 5 % in.count];
		size_t n = der->len < sizeof room ? der->len : 0;
		memcpy(room, der->data, n);
		n = der_mutate(room, n, sizeof room, seed / 5 / (unsigned)in.count);
		bytes_clear(der);
		bytes_add(der, room, n);
		if (seed % 5 > 1)
			sign_again(der);
	}
	for (size_t i = 0; i < in.count; i++)
		made += 2 + in.der[i].len;
	if (in.count && made + 1 <= most) {
		made = 1;
		data[0] = in.flags;
		for (size_t i = 0; i < in.count; i++) {
			data[made] = (uint8_t)(in.der[i].len >> 8);
			data[made + 1] = (uint8_t)in.der[i].len;
			memcpy(data + made + 2, in.der[i].data, in.der[i].len);
			made += 2 + in.der[i].len;
		}
	} else {
		made = LLVMFuzzerMutate(data, len, most);
	}
	input_free(&in);
	return made;
}
