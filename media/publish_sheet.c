/* The publication sheet: certificates and CRLs with their hashes in the layouts in which they are printed, and the text
 * of the notice as a gazette wants it. */
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <string.h>

#include "base/text.h"
#include "media/publish_private.h"
#include "pki/algorithm.h"
#include "pki/crl_read.h"
#include "pki/name.h"

enum { CODE_MILLIMETRES = 32, WHOLE_MILLIMETRES = 62, WHOLE_MAX = 1200, LINE_OCTETS = 16, JST = 9 * 3600 };
#define W(en, ja)                                                                                                      \
	&(const struct publish_words)                                                                                  \
	{                                                                                                              \
		{                                                                                                      \
			en, ja                                                                                         \
		}                                                                                                      \
	}

struct sheet {
	const struct publish *p;
	struct page *page;
	enum publish_language l;
	struct bytes text; /* of the part that is being made */
	struct error *e;
};

static const char *say(const struct sheet *s, const struct publish_words *w)
{
	return w->in[s->l];
}

/* The text that was gathered becomes a pair's value. */
static void pair_end(struct sheet *s, const struct publish_words *label, bool fixed)
{
	page_pair(s->page, say(s, label), bytes_string(&s->text), fixed);
	bytes_clear(&s->text);
}

/* UTC, and in Japanese the time of Japan behind it. */
static void put_time(const struct sheet *s, int64_t seconds, struct bytes *out)
{
	char utc[TIME_TEXT], japan[TIME_TEXT];

	time_format_seconds(seconds, utc);
	bytes_printf(out, "%.10s %.8s UTC", utc, utc + 11);
	if (s->l != PUBLISH_JA)
		return;
	time_format_seconds(seconds + JST, japan);
	bytes_printf(out, " (日本時間 %.4s年%.2s月%.2s日 %.8s)", japan, japan + 5, japan + 8, japan + 11);
}

static void put_asn1_time(const struct sheet *s, const ASN1_TIME *time, struct bytes *out)
{
	struct tm tm;

	if (ASN1_TIME_to_tm(time, &tm) == 1)
		put_time(s, timegm(&tm), out);
	else
		bytes_text(out, "?");
}

static void put_serial(const ASN1_INTEGER *serial, struct bytes *out)
{
	bytes_hex(out, ASN1_STRING_get0_data(serial), (size_t)ASN1_STRING_length(serial));
}

/* How a hash is printed. */
static void put_lower(struct bytes *out, const uint8_t *data, size_t len)
{
	bytes_hex(out, data, len);
}

/* What stands before octet `i`: nothing, a separator, or a new line after every 16 octets, so that lines are broken
 * where people expect it. */
static const char *between(size_t i, const char *separator)
{
	return !i ? "" : i % LINE_OCTETS ? separator : "\n";
}

static void put_pairs(struct bytes *out, const uint8_t *data, size_t len)
{
	for (size_t i = 0; i < len; i++)
		bytes_printf(out, "%s%02x", between(i, " "), data[i]);
}

static void put_colons(struct bytes *out, const uint8_t *data, size_t len)
{
	for (size_t i = 0; i < len; i++)
		bytes_printf(out, "%s%s%02X", i && i % LINE_OCTETS == 0 ? ":" : "", between(i, ":"), data[i]);
}

static void put_groups(struct bytes *out, const uint8_t *data, size_t len)
{
	for (size_t i = 0; i < len; i += 2)
		bytes_printf(out, "%s%02X%02X", between(i, " "), data[i], data[i + 1]);
}

static int hashes_put(struct sheet *s, const struct bytes *data)
{
	static const struct publish_words layouts[] = {{{"Continuous", "連続"}}, {{"Groups of four", "4 桁区切り"}},
	        {{"Pairs with colons", "コロン区切り"}}, {{"Pairs", "2 桁区切り"}}};
	static void (*const put[])(struct bytes * out, const uint8_t *data, size_t len) = {
	        put_lower, put_groups, put_colons, put_pairs};
	for (size_t h = 0; h < PUBLISH_HASHES; h++) {
		uint8_t hash[64];
		size_t len = 0;
		if (publish_hash(h, data, hash, &len, s->e) < 0)
			return -1;
		page_heading(s->page, 3, publish_hash_names[h]);
		for (size_t i = 0; i < sizeof(put) / sizeof(put[0]); i++) {
			put[i](&s->text, hash, len);
			pair_end(s, &layouts[i], true);
		}
	}
	return 0;
}

/* The SHA-256 as words, and as a code that `sha256sum -c` understands. */
static int code_put(struct sheet *s, const struct publish_artifact *a)
{
	struct bytes line = {0};
	uint8_t hash[64];
	size_t len = 0;
	int rc = -1;

	if (publish_hash(PUBLISH_SHA256, &a->data, hash, &len, s->e) < 0 || publish_code_line(a, &line, s->e) < 0)
		goto out;
	text_pgp_words(&s->text, hash, len);
	pair_end(s, W("SHA-256 in words", "SHA-256 の単語表記"), false);
	bytes_printf(&s->text, "%s\n%s", a->name,
	        say(s, W("Its SHA-256, as sha256sum -c reads it.", "その SHA-256。sha256sum -c がこのまま読める。")));
	page_code(s->page, line.data, line.len, CODE_MILLIMETRES, bytes_string(&s->text));
	bytes_clear(&s->text);
	rc = 0;
out:
	bytes_free(&line);
	return rc;
}

/* The certificate itself, where one code holds it: base64 of the DER. */
static void whole_put(struct sheet *s, const struct publish_artifact *a)
{
	struct bytes coded = {0};

	bytes_base64(&coded, a->data.data, a->data.len);
	if (bytes_end(&coded, NULL) == 0 && coded.len <= WHOLE_MAX) {
		bytes_printf(&s->text, "%s\n%s", a->name,
		        say(s, W("The certificate itself: its DER in base64.",
		                       "証明書そのもの。DER の base64 表記。")));
		page_code(s->page, coded.data, coded.len, WHOLE_MILLIMETRES, bytes_string(&s->text));
		bytes_clear(&s->text);
	}
	bytes_free(&coded);
}

static bool is_own_issuer(X509 *x)
{
	return X509_NAME_cmp(X509_get_subject_name(x), X509_get_issuer_name(x)) == 0;
}

static void notice_line(struct sheet *s, const struct publish_words *label)
{
	bytes_printf(&s->text, "%s: ", say(s, label));
}

/* The text as a gazette prints it: what it is, whose, and the hashes. */
static int notice_put(struct sheet *s, const struct publish_artifact *a, X509 *x)
{
	bool own = is_own_issuer(x), authority = X509_check_ca(x) > 0;

	page_heading(s->page, 2, say(s, W("Text of the notice", "公告の文案")));
	bytes_text(&s->text,
	        own ? say(s, W("The hash values of the self-signed certificate of a certification authority "
	                       "are as follows.",
	                             "認証局の自己署名証明書のハッシュ値を次のとおり公告する。"))
	        : authority
	                ? say(s, W("The hash values of the certificate of a certification authority are as follows.",
	                                 "認証局の証明書のハッシュ値を次のとおり公告する。"))
	                : say(s, W("The hash values of the certificate are as follows.",
	                                 "証明書のハッシュ値を次のとおり公告する。")));
	bytes_text(&s->text, "\n");
	notice_line(s, W("Subject", "主体者"));
	name_show(&s->text, X509_get_subject_name(x));
	bytes_text(&s->text, "\n");
	notice_line(s, W("Issuer", "発行者"));
	name_show(&s->text, X509_get_issuer_name(x));
	bytes_text(&s->text, "\n");
	notice_line(s, W("Serial number", "シリアル番号"));
	put_serial(X509_get0_serialNumber(x), &s->text);
	bytes_text(&s->text, "\n");
	notice_line(s, W("Valid from", "有効期間の開始"));
	put_asn1_time(s, X509_get0_notBefore(x), &s->text);
	bytes_text(&s->text, "\n");
	notice_line(s, W("Valid to", "有効期間の終了"));
	put_asn1_time(s, X509_get0_notAfter(x), &s->text);
	for (size_t h = 0; h < PUBLISH_HASHES; h++) {
		uint8_t hash[64];
		size_t len = 0;
		if (publish_hash(h, &a->data, hash, &len, s->e) < 0)
			return -1;
		bytes_printf(&s->text, "\n%s\n", publish_hash_names[h]);
		put_groups(&s->text, hash, len);
	}
	page_fixed(s->page, bytes_string(&s->text));
	bytes_clear(&s->text);
	return 0;
}

static void algorithms_put(struct sheet *s, const struct publish_artifact *a, X509 *x)
{
	const EVP_PKEY *key = X509_get0_pubkey(x);
	const struct key_algorithm *k = key ? key_algorithm_of(key) : NULL;
	struct der_certificate parts;
	const struct signature_algorithm *signature = NULL;

	if (der_certificate(a->data.data, a->data.len, &parts, NULL) == 0)
		signature = signature_algorithm_of(parts.algorithm.whole, parts.algorithm.whole_len);
	if (k)
		bytes_text(&s->text, k->name);
	else if (key)
		bytes_printf(&s->text, "%s, %d bit", EVP_PKEY_get0_type_name(key), EVP_PKEY_get_bits(key));
	pair_end(s, W("Public key", "公開鍵"), false);
	bytes_text(&s->text, signature ? signature->name : OBJ_nid2sn(X509_get_signature_nid(x)));
	pair_end(s, W("Signature algorithm", "署名アルゴリズム"), false);
}

static void file_put(struct sheet *s, const struct publish_artifact *a)
{
	bytes_printf(&s->text, "%s (%zu %s)", a->name, a->data.len, say(s, W("bytes, DER", "バイト、DER")));
	pair_end(s, W("File", "ファイル"), false);
}

static int certificate_put(struct sheet *s, const struct publish_artifact *a)
{
	X509 *x = x509_parse(a->data.data, a->data.len, s->e);
	int rc = -1;

	if (!x)
		return -1;
	bytes_printf(&s->text, "%s: %s", say(s, W("Certificate", "証明書")), a->name);
	page_heading(s->page, 1, bytes_string(&s->text));
	bytes_clear(&s->text);
	file_put(s, a);
	name_show(&s->text, X509_get_subject_name(x));
	pair_end(s, W("Subject", "主体者"), false);
	name_show(&s->text, X509_get_issuer_name(x));
	pair_end(s, W("Issuer", "発行者"), false);
	put_serial(X509_get0_serialNumber(x), &s->text);
	pair_end(s, W("Serial number", "シリアル番号"), true);
	put_asn1_time(s, X509_get0_notBefore(x), &s->text);
	pair_end(s, W("Valid from", "有効期間の開始"), false);
	put_asn1_time(s, X509_get0_notAfter(x), &s->text);
	pair_end(s, W("Valid to", "有効期間の終了"), false);
	algorithms_put(s, a, x);
	if (notice_put(s, a, x) < 0)
		goto out;
	page_heading(s->page, 2, say(s, W("Hashes of the certificate (DER)", "証明書(DER)のハッシュ値")));
	if (hashes_put(s, &a->data) < 0 || code_put(s, a) < 0)
		goto out;
	whole_put(s, a);
	rc = 0;
out:
	X509_free(x);
	ERR_clear_error();
	return rc;
}

static void number_put(struct sheet *s, const struct crl_facts *f)
{
	uint8_t number[SERIAL_MAX];

	if (!crl_number(f, number))
		return;
	serial_hex(&s->text, number);
	pair_end(s, W("CRL number (hex)", "CRL 番号(16 進)"), true);
}

static int crl_put(struct sheet *s, const struct publish_artifact *a)
{
	struct crl_reader r;
	struct crl_entry entry;
	X509_NAME *issuer;
	unsigned long count = 0;
	unsigned odd;
	int more;

	if (crl_open(&r, a->data.data, a->data.len, false, s->e) < 0)
		return -1;
	while ((more = crl_next(&r, &entry, &odd, s->e)) == 1)
		count++;
	if (more < 0 || !(issuer = name_parse(r.facts.issuer.whole, r.facts.issuer.whole_len, s->e)))
		return -1;
	bytes_printf(&s->text, "%s: %s", say(s, W("Revocation list (CRL)", "失効リスト(CRL)")), a->name);
	page_heading(s->page, 1, bytes_string(&s->text));
	bytes_clear(&s->text);
	file_put(s, a);
	name_show(&s->text, issuer);
	pair_end(s, W("Issuer", "発行者"), false);
	X509_NAME_free(issuer);
	number_put(s, &r.facts);
	put_time(s, r.facts.this_update, &s->text);
	pair_end(s, W("This update", "今回の更新"), false);
	if (r.facts.next_update >= 0) {
		put_time(s, r.facts.next_update, &s->text);
		pair_end(s, W("Next update", "次回の更新"), false);
	}
	bytes_printf(&s->text, "%lu", count);
	pair_end(s, W("Entries", "失効エントリ数"), false);
	page_heading(s->page, 2, say(s, W("Hashes of the CRL (DER)", "CRL(DER)のハッシュ値")));
	return hashes_put(s, &a->data) < 0 ? -1 : code_put(s, a);
}

/* From where all of it is. */
static void origin_put(struct sheet *s)
{
	const struct verification *v = &s->p->v;

	page_paragraph(s->page,
	        say(s, W("What is printed here was taken from the record of a ceremony that was closed and that "
	                 "verified when this sheet was made.",
	                       "この資料は、閉じられ、作成の時点で検証に合格した鍵セレモニーの記録から作られた。")));
	page_pair(s->page, say(s, W("Record", "記録")), bytes_string(&v->origin), false);
	bytes_printf(&s->text, "%llu", (unsigned long long)v->entries);
	pair_end(s, W("Entries of the record", "記録のエントリ数"), false);
	bytes_base64(&s->text, v->root, sizeof(v->root));
	pair_end(s, W("Root of the record", "記録のルート"), true);
	put_time(s, v->ended / 1000, &s->text);
	pair_end(s, W("Closed", "終了"), false);
	page_paragraph(s->page,
	        say(s, W("SHA-1 stands here only for comparison with older lists: it no longer proves anything.",
	                       "SHA-1 は古い一覧との照合のためにのみ示す。単独では何の証明にもならない。")));
}

struct page *publish_sheet(const struct publish *p, enum publish_language l, struct error *e)
{
	static const struct publish_words kind = {{"publication sheet", "公表資料"}};
	struct bytes title = {0}, footer = {0};
	struct sheet s = {.p = p, .l = l, .e = e};
	struct page_head head;
	int rc = -1;

	publish_head(p, &kind, l, &title, &footer, &head);
	if (bytes_end(&title, e) < 0 || bytes_end(&footer, e) < 0 || !(s.page = page_new(&head, e)))
		goto out;
	origin_put(&s);
	for (size_t i = 0; i < p->artifacts; i++) {
		const struct publish_artifact *a = &p->artifact[i];
		if (!strcmp(a->type, "certificate-der") && certificate_put(&s, a) < 0)
			goto out;
		if (!strcmp(a->type, "crl-der") && crl_put(&s, a) < 0)
			goto out;
	}
	rc = bytes_end(&s.text, e);
out:
	bytes_free(&title);
	bytes_free(&footer);
	bytes_free(&s.text);
	if (rc < 0)
		page_free(&s.page);
	return s.page;
}
