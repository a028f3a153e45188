/* TimeStampResp and TSTInfo (RFC 3161 sections 2.4.2), read strictly and held against what was asked for. */
#include <openssl/err.h>
#include <string.h>

#include "base/text.h"
#include "pki/timestamp_private.h"

/* What is left to read of an element's contents. */
struct rest {
	const uint8_t *at;
	size_t left;
};

static struct rest inside(const struct der *d)
{
	return (struct rest){d->value, d->len};
}

/* The next element, of this tag: 0, or -1. */
static int take(struct rest *r, uint8_t tag, struct der *out)
{
	return der_next(&r->at, &r->left, out) || out->tag != tag ? -1 : 0;
}

static bool next_is(const struct rest *r, uint8_t tag)
{
	return r->left && *r->at == tag;
}

static int not_form(struct error *e)
{
	return error_set(
	        e, ERROR_FAULT, N_("The reply is not exactly one TimeStampResp in DER (RFC 3161 section 2.4.2)."));
}

/* A number of at most two octets, as the status and the accuracy are: 0 or more; -1 else. */
static long small_number(const struct der *d)
{
	if (d->len == 0 || d->len > 2 || d->value[0] & 0x80)
		return -1;
	return d->len == 1 ? d->value[0] : d->value[0] << 8 | d->value[1];
}

/* PKIFreeText: the authority's own words, in their visible form. */
static int put_words(const struct der *text, struct bytes *out)
{
	struct rest r = inside(text);
	struct der d;

	while (r.left) {
		if (take(&r, 0x0c, &d))
			return -1;
		bytes_text(out, out->len ? " " : "");
		text_visible(out, (const char *)d.value, d.len);
	}
	return 0;
}

/* PKIFailureInfo, the bits that RFC 3161 section 2.4.2 names. */
static void put_failure(const struct der *bits, struct bytes *out)
{
	static const struct {
		unsigned bit;
		const char *name;
	} names[] = {{0, "badAlg"}, {2, "badRequest"}, {5, "badDataFormat"}, {14, "timeNotAvailable"},
	        {15, "unacceptedPolicy"}, {16, "unacceptedExtension"}, {17, "addInfoNotAvailable"},
	        {25, "systemFailure"}};

	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
		size_t octet = 1 + names[i].bit / 8;

		if (octet < bits->len && bits->value[octet] & 0x80 >> names[i].bit % 8)
			bytes_printf(out, "%s%s", out->len ? " " : "", names[i].name);
	}
}

/* PKIStatusInfo: granted (0) or grantedWithMods (1), where the token says what was modified. */
static int judge_status(const struct der *info, struct error *e)
{
	static const char *const names[] = {
	        "granted", "grantedWithMods", "rejection", "waiting", "revocationWarning", "revocationNotification"};
	struct bytes words = {0}, failure = {0};
	struct rest r = inside(info);
	struct der status, d;
	int result = -1;
	long number;

	if (take(&r, 0x02, &status) || (next_is(&r, 0x30) && (take(&r, 0x30, &d) || put_words(&d, &words))) ||
	        (next_is(&r, 0x03) && take(&r, 0x03, &d) == 0 && (put_failure(&d, &failure), false)) || r.left) {
		not_form(e);
		goto out;
	}
	number = small_number(&status);
	if (number == 0 || number == 1)
		result = 0;
	else
		error_set(e, ERROR_FAULT, N_("The time-stamp authority did not grant it: %s (%s) %s"),
		        number > 0 && number < (long)(sizeof names / sizeof names[0]) ? names[number] : "?",
		        bytes_string(&failure), bytes_string(&words));
out:
	bytes_free(&words);
	bytes_free(&failure);
	return result;
}

/* TSTInfo, RFC 3161 section 2.4.2. */
struct info {
	struct der policy, serial, time, accuracy, nonce, tsa; /* the last three: whole NULL when absent */
	struct timestamp_imprint imprint;
	bool foreign_hash;
};

/* Extensions: one that is critical would change the meaning, and none is known here. */
static int read_extensions(const struct der *list)
{
	struct rest all = inside(list);
	struct der extension, d;

	if (!all.left)
		return -1;
	while (all.left) {
		struct rest r;

		if (take(&all, 0x30, &extension))
			return -1;
		r = inside(&extension);
		if (take(&r, 0x06, &d) || next_is(&r, 0x01) || take(&r, 0x04, &d) || r.left)
			return -1;
	}
	return 0;
}

static int read_info(const void *der, size_t len, struct info *out)
{
	static const uint8_t version_1[] = {0x02, 0x01, 0x01};
	struct rest r = {der, len};
	struct der whole, d;

	*out = (struct info){0};
	if (!der_valid(der, len) || take(&r, 0x30, &whole))
		return -1;
	r = inside(&whole);
	if (take(&r, 0x02, &d) || d.whole_len != sizeof version_1 ||
	        memcmp(d.whole, version_1, sizeof version_1) != 0 || take(&r, 0x06, &out->policy) || take(&r, 0x30, &d))
		return -1;
	out->foreign_hash = timestamp_imprint_read(&d, &out->imprint) != 0;
	if (take(&r, 0x02, &out->serial) || take(&r, 0x18, &out->time))
		return -1;
	if (next_is(&r, 0x30) && take(&r, 0x30, &out->accuracy))
		return -1;
	if (next_is(&r, 0x01) && (take(&r, 0x01, &d) || d.len != 1 || d.value[0] != 0xff))
		return -1; /* ordering is DEFAULT FALSE */
	if (next_is(&r, 0x02) && take(&r, 0x02, &out->nonce))
		return -1;
	if (next_is(&r, 0xa0) && take(&r, 0xa0, &out->tsa))
		return -1;
	if (next_is(&r, 0xa1) && (take(&r, 0xa1, &d) || read_extensions(&d)))
		return -1;
	return r.left ? -1 : 0;
}

/* GeneralizedTime as RFC 3161 section 2.4.2 has it: seconds always, a fraction without zeros at its end, Z. */
static int read_time(const struct der *d, int64_t *ms)
{
	const char *t = (const char *)d->value;
	char text[TIME_TEXT], fraction[4] = "000";
	size_t digits = 0;

	if (d->len < 15 || t[d->len - 1] != 'Z')
		return -1;
	if (d->len > 15) {
		digits = d->len - 16;
		if (t[14] != '.' || digits == 0 || digits > 9 || t[d->len - 2] == '0')
			return -1;
		for (size_t i = 0; i < digits; i++)
			if (t[15 + i] < '0' || t[15 + i] > '9')
				return -1;
		memcpy(fraction, t + 15, digits < 3 ? digits : 3);
	}
	for (size_t i = 0; i < 14; i++)
		if (t[i] < '0' || t[i] > '9')
			return -1;
	snprintf(text, sizeof text, "%.4s-%.2s-%.2sT%.2s:%.2s:%.2s.%sZ", t, t + 4, t + 6, t + 8, t + 10, t + 12,
	        fraction);
	return time_parse(text, strlen(text), ms);
}

/* Accuracy: seconds INTEGER, millis [0], micros [1], each at most once. */
static int put_accuracy(const struct der *d, struct bytes *out)
{
	static const struct {
		uint8_t tag;
		const char *unit;
	} parts[] = {{0x02, "s"}, {0x80, "ms"}, {0x81, "us"}};
	struct rest r = inside(d);

	for (size_t i = 0; i < 3; i++) {
		struct der part;
		long number;

		if (!next_is(&r, parts[i].tag))
			continue;
		if (take(&r, parts[i].tag, &part) || (number = small_number(&part)) < 0)
			return -1;
		bytes_printf(out, "%s%ld %s", out->len ? " " : "", number, parts[i].unit);
	}
	return r.left ? -1 : 0;
}

static int put_policy(const struct der *d, struct bytes *out)
{
	const unsigned char *at = d->whole;
	ASN1_OBJECT *object = d2i_ASN1_OBJECT(NULL, &at, (long)d->whole_len);
	char text[128];
	int n = object ? OBJ_obj2txt(text, sizeof text, object, 1) : -1;

	ASN1_OBJECT_free(object);
	ERR_clear_error();
	if (n <= 0 || (size_t)n >= sizeof text)
		return -1;
	bytes_text(out, text);
	return 0;
}

static int judge_imprint(const struct info *i, const struct timestamp_wanted *w, struct error *e)
{
	uint8_t digest[TIMESTAMP_DIGEST_MAX];
	size_t len = 0;

	if (i->foreign_hash)
		return error_set(e, ERROR_FAULT,
		        N_("The time stamp is over no SHA-256, SHA-384 or SHA-512, so over nothing that was asked "
		           "for."));
	if (timestamp_digest(i->imprint.hash, w->data, w->len, digest, &len, e))
		return -1;
	if (len != i->imprint.len || memcmp(digest, i->imprint.digest, len) != 0)
		return error_set(e, ERROR_FAULT,
		        N_("The time stamp is of something else: its imprint is not the %s of this checkpoint."),
		        i->imprint.hash);
	return 0;
}

static int judge_query(const struct info *i, const struct timestamp_wanted *w, const char *policy, struct error *e)
{
	const struct timestamp_query *q = w->query;
	const char *asked = w->policy ? w->policy : q && *q->policy ? q->policy : NULL;

	if (q && (strcmp(q->hash, i->imprint.hash) != 0 || memcmp(q->digest, i->imprint.digest, q->digest_len) != 0))
		return error_set(e, ERROR_FAULT, N_("The reply answers another query: the imprints differ."));
	if (q && q->nonce_len && !i->nonce.whole)
		return error_set(
		        e, ERROR_FAULT, N_("The query had a nonce, and the reply has none: it answers another one."));
	if (q &&
	        (q->nonce_len != i->nonce.len || (q->nonce_len && memcmp(q->nonce, i->nonce.value, q->nonce_len) != 0)))
		return error_set(
		        e, ERROR_FAULT, N_("The nonce of the reply is not that of the query: it answers another one."));
	if (asked && strcmp(asked, policy) != 0)
		return error_set(e, ERROR_FAULT, N_("The time stamp is under the policy %s, and %s was asked for."),
		        policy, asked);
	return 0;
}

static int read_tsa(const struct der *d, GENERAL_NAME **out)
{
	const unsigned char *at = d->value;

	if (!d->whole)
		return 0;
	*out = d2i_GENERAL_NAME(NULL, &at, (long)d->len);
	if (*out && at == d->value + d->len)
		return 0;
	ERR_clear_error();
	return -1;
}

/* The ContentInfo of `d`, whose contents are a TSTInfo: NULL when it is no such. */
static CMS_ContentInfo *read_token(const struct der *d)
{
	const unsigned char *at = d->whole;
	CMS_ContentInfo *token = d2i_CMS_ContentInfo(NULL, &at, (long)d->whole_len);
	ASN1_OCTET_STRING **content = NULL;

	if (token && at == d->whole + d->whole_len && OBJ_obj2nid(CMS_get0_type(token)) == NID_pkcs7_signed &&
	        OBJ_obj2nid(CMS_get0_eContentType(token)) == NID_id_smime_ct_TSTInfo)
		content = CMS_get0_content(token);
	if (content && *content)
		return token;
	CMS_ContentInfo_free(token);
	ERR_clear_error();
	return NULL;
}

static int judge_info(const ASN1_OCTET_STRING *content, const struct timestamp_wanted *w, struct info *info,
        struct timestamp *out, struct error *e)
{
	if (read_info(ASN1_STRING_get0_data(content), (size_t)ASN1_STRING_length(content), info) ||
	        read_time(&info->time, &out->time) || put_policy(&info->policy, &out->policy) ||
	        (info->accuracy.whole && put_accuracy(&info->accuracy, &out->accuracy)))
		return error_set(e, ERROR_FAULT,
		        N_("What the reply has signed is not one TSTInfo in DER without critical extensions (RFC 3161 "
		           "section 2.4.2)."));
	bytes_hex(&out->serial, info->serial.value, info->serial.len);
	out->nonce = info->nonce.whole != NULL;
	out->hash = info->imprint.hash;
	if (judge_imprint(info, w, e))
		return -1;
	return judge_query(info, w, bytes_string(&out->policy), e);
}

int timestamp_verify(
        const void *reply, size_t len, const struct timestamp_wanted *w, struct timestamp *out, struct error *e)
{
	struct rest r = {reply, len};
	struct der whole, status, der;
	CMS_ContentInfo *token = NULL;
	GENERAL_NAME *tsa = NULL;
	struct info info;
	int result = -1;

	if (take(&r, 0x30, &whole)) {
		not_form(e);
		goto out;
	}
	if (r.left) {
		error_set(e, ERROR_FAULT, N_("%zu bytes stand behind the reply."), r.left);
		goto out;
	}
	r = inside(&whole);
	if (!der_valid(reply, len) || take(&r, 0x30, &status)) {
		not_form(e);
		goto out;
	}
	if (judge_status(&status, e))
		goto out;
	if (take(&r, 0x30, &der) || r.left || !(token = read_token(&der))) {
		not_form(e);
		goto out;
	}
	if (judge_info(*CMS_get0_content(token), w, &info, out, e))
		goto out;
	if (read_tsa(&info.tsa, &tsa)) {
		not_form(e);
		goto out;
	}
	/* genTime in whole seconds: what a certificate's validity is counted in */
	result = timestamp_signature(token, out->time / 1000, w->anchors, tsa, out, e);
out:
	GENERAL_NAME_free(tsa);
	CMS_ContentInfo_free(token);
	return result;
}

void timestamp_free(struct timestamp *t)
{
	bytes_free(&t->policy);
	bytes_free(&t->serial);
	bytes_free(&t->accuracy);
	bytes_free(&t->who);
	bytes_free(&t->anchor);
}
