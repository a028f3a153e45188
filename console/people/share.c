/* SLIP-0039: the master secret encrypted by a four-round Feistel network, then Shamir's sharing of the result with a
 * digest that tells a right answer from a wrong one. */
#include "people/share.h"

#include <string.h>

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "base/bytes.h"
#include "people/share_code.h"

enum {
	ROUNDS = 4,
	BASE_ITERATIONS = 10000,
	DIGEST_LEN = 4,
	DIGEST_AT = 254,
	SECRET_AT = 255,
	SALT_MAX = 8 + SHARE_VALUE_MAX / 2, /* "shamir", the id, half of the secret */
	PASSPHRASE_MAX = 256
};

static int crypto_failed(struct error *e)
{
	return error_set(e, ERROR_INTERNAL, N_("The cryptographic library failed while it worked on a share."));
}

/* Round `round` of the network: PBKDF2-HMAC-SHA256 of the half `right` into `out`. `password` has room for the round's
 * number before the passphrase. */
static int round_function(const struct share_fields *of, struct secret *password, uint8_t *salt, unsigned round,
        const uint8_t *right, size_t half, uint8_t *out)
{
	int prefix = 0, iterations = (BASE_ITERATIONS << of->exponent) / ROUNDS;

	if (!of->extendable) {
		memcpy(salt, "shamir", 6);
		salt[6] = (uint8_t)(of->id >> 8);
		salt[7] = (uint8_t)of->id;
		prefix = 8;
	}
	memcpy(salt + prefix, right, half);
	password->data[0] = (uint8_t)round;
	return PKCS5_PBKDF2_HMAC((const char *)password->data, (int)password->len, salt, prefix + (int)half, iterations,
	               EVP_sha256(), (int)half, out) == 1
	               ? 0
	               : -1;
}

/* Encrypts or decrypts of->value in place. */
static int feistel(struct share_fields *of, const char *passphrase, bool decrypt, struct error *e)
{
	struct secret *password = NULL, *room = NULL;
	size_t half = of->len / 2U;
	uint8_t *left, *right, *salt, *mix;
	int result = -1;

	if (strlen(passphrase) > PASSPHRASE_MAX)
		return error_set(
		        e, ERROR_FAULT, N_("The passphrase of the shares is longer than %d bytes."), PASSPHRASE_MAX);
	password = secret_new(PASSPHRASE_MAX + 1, e);
	room = secret_new(3 * SHARE_VALUE_MAX + SALT_MAX, e);
	if (!password || !room || secret_add(password, "", 1) || secret_text(password, passphrase))
		goto out;
	left = room->data;
	right = left + SHARE_VALUE_MAX;
	mix = right + SHARE_VALUE_MAX;
	salt = mix + SHARE_VALUE_MAX;
	memcpy(left, of->value, half);
	memcpy(right, of->value + half, half);
	for (unsigned i = 0; i < ROUNDS; i++) {
		if (round_function(of, password, salt, decrypt ? ROUNDS - 1 - i : i, right, half, mix)) {
			crypto_failed(e);
			goto out;
		}
		for (size_t k = 0; k < half; k++)
			mix[k] ^= left[k];
		memcpy(left, right, half);
		memcpy(right, mix, half);
	}
	memcpy(of->value, right, half);
	memcpy(of->value + half, left, half);
	result = 0;
out:
	secret_free(&room);
	secret_free(&password);
	return result;
}

/* The first four bytes of HMAC-SHA256(random, secret). */
static int digest_of(
        const uint8_t *random, size_t random_len, const uint8_t *secret, size_t len, uint8_t out[DIGEST_LEN])
{
	uint8_t whole[32];
	unsigned whole_len = 0;
	int result = -1;

	if (HMAC(EVP_sha256(), random, (int)random_len, secret, len, whole, &whole_len) && whole_len == sizeof whole) {
		memcpy(out, whole, DIGEST_LEN);
		result = 0;
	}
	wipe(whole, sizeof whole);
	return result;
}

static bool same(const uint8_t *a, const uint8_t *b, size_t len)
{
	unsigned differs = 0;

	for (size_t i = 0; i < len; i++)
		differs |= (unsigned)(a[i] ^ b[i]);
	return !differs;
}

/* The value at SECRET_AT of the polynomial through the given points. */
static int recover(const uint8_t *at, const uint8_t *const *value, unsigned threshold, size_t len,
        struct share_fields *out, struct error *e)
{
	struct share_fields *check;
	struct secret *room;
	uint8_t digest[DIGEST_LEN];
	int result = -1;

	out->len = (uint8_t)len;
	if (threshold == 1) {
		memcpy(out->value, value[0], len);
		return 0;
	}
	room = share_fields_new(1, &check, e);
	if (!room)
		return -1;
	field_interpolate(at, value, threshold, SECRET_AT, out->value, len);
	field_interpolate(at, value, threshold, DIGEST_AT, check->value, len);
	if (digest_of(check->value + DIGEST_LEN, len - DIGEST_LEN, out->value, len, digest))
		crypto_failed(e);
	else if (!same(digest, check->value, DIGEST_LEN))
		error_set(e, ERROR_FAULT,
		        N_("The shares are whole, but do not belong together: the digest does not match."));
	else
		result = 0;
	wipe(digest, sizeof digest);
	secret_free(&room);
	return result;
}

/* Fills fields[0 .. count-1].value from `secret` (its value): random points, the digest, and the secret decide the
 * rest. */
static int spread(const struct share_fields *secret, unsigned threshold, unsigned count, struct share_fields *fields,
        struct error *e)
{
	const uint8_t *value[SHARES_MAX];
	uint8_t at[SHARES_MAX];
	struct share_fields *digest;
	struct secret *room;
	size_t len = secret->len;
	unsigned drawn = threshold < 2 ? 0 : threshold - 2;
	int result = -1;

	if (threshold == 1) {
		memcpy(fields[0].value, secret->value, len);
		return 0;
	}
	room = share_fields_new(1, &digest, e);
	if (!room)
		return -1;
	for (unsigned i = 0; i < drawn; i++) {
		random_bytes(fields[i].value, len);
		at[i] = (uint8_t)i;
		value[i] = fields[i].value;
	}
	random_bytes(digest->value + DIGEST_LEN, len - DIGEST_LEN);
	if (digest_of(digest->value + DIGEST_LEN, len - DIGEST_LEN, secret->value, len, digest->value)) {
		crypto_failed(e);
		goto out;
	}
	at[drawn] = DIGEST_AT;
	value[drawn] = digest->value;
	at[drawn + 1] = SECRET_AT;
	value[drawn + 1] = secret->value;
	for (unsigned i = drawn; i < count; i++)
		field_interpolate(at, value, threshold, (uint8_t)i, fields[i].value, len);
	result = 0;
out:
	secret_free(&room);
	return result;
}

static int check_split(const struct secret *master, unsigned threshold, unsigned count, struct error *e)
{
	if (master->len < SHARE_SECRET || master->len > SHARE_VALUE_MAX || master->len % 2)
		return error_set(e, ERROR_FAULT,
		        N_("A secret to share has 16 to 32 bytes, an even number; this one has %zu."), master->len);
	if (!count || count > SHARES_MAX || !threshold || threshold > count)
		return error_set(e, ERROR_FAULT, N_("A secret cannot be shared so that any %u of %u give it back."),
		        threshold, count);
	/* SLIP-0039: with a threshold of 1 every share would be the secret itself, so there may be only one. */
	if (threshold == 1 && count > 1)
		return error_set(
		        e, ERROR_FAULT, N_("With a threshold of 1 there can be only one share, not %u."), count);
	return 0;
}

int share_split(const struct secret *master, unsigned threshold, unsigned count, bool extendable,
        struct secret *shares[], struct error *e)
{
	struct share_fields *fields; /* the encrypted master, then one for each share */
	struct secret *room = NULL;
	uint8_t id[2];
	int result = -1;

	if (check_split(master, threshold, count, e))
		return -1;
	for (unsigned i = 0; i < count; i++)
		shares[i] = NULL;
	room = share_fields_new(count + 1, &fields, e);
	if (!room)
		return -1;
	random_bytes(id, sizeof id);
	for (unsigned i = 0; i <= count; i++) {
		fields[i].id = (uint16_t)((id[0] << 8 | id[1]) & 0x7fff);
		fields[i].extendable = extendable;
		fields[i].group_threshold = fields[i].group_count = 1;
		fields[i].member = (uint8_t)(i ? i - 1 : 0);
		fields[i].member_threshold = (uint8_t)threshold;
		fields[i].len = (uint8_t)master->len;
	}
	memcpy(fields->value, master->data, master->len);
	if (feistel(fields, "", false, e) || spread(fields, threshold, count, fields + 1, e))
		goto out;
	for (unsigned i = 0; i < count; i++)
		if (!(shares[i] = share_encode(&fields[i + 1], e)))
			goto out;
	result = 0;
out:
	secret_free(&room);
	for (unsigned i = 0; result && i < count; i++)
		secret_free(&shares[i]);
	return result;
}

static bool same_set(const struct share_fields *a, const struct share_fields *b)
{
	return a->id == b->id && a->extendable == b->extendable && a->exponent == b->exponent &&
	       a->group_threshold == b->group_threshold && a->group_count == b->group_count && a->len == b->len;
}

/* One set, no share twice, one threshold a group. */
static int check_set(const struct share_fields *fields, unsigned count, struct error *e)
{
	for (unsigned i = 1; i < count; i++) {
		if (!same_set(&fields[0], &fields[i]))
			return error_set(e, ERROR_FAULT, N_("Share %u is of another set than share 1."), i + 1);
		for (unsigned j = 0; j < i; j++) {
			if (fields[i].group != fields[j].group)
				continue;
			if (fields[i].member_threshold != fields[j].member_threshold)
				return error_set(
				        e, ERROR_FAULT, N_("Share %u is of another set than share %u."), i + 1, j + 1);
			if (fields[i].member == fields[j].member)
				return error_set(e, ERROR_FAULT,
				        N_("Share %u and share %u have the same number; each is needed once."), j + 1,
				        i + 1);
		}
	}
	return 0;
}

/* The secret of `group` into `out`: 1 when it has shares, 0 when it has none, -1 with `e`. */
static int recover_group(
        const struct share_fields *fields, unsigned count, unsigned group, struct share_fields *out, struct error *e)
{
	const uint8_t *value[SHARES_MAX];
	uint8_t at[SHARES_MAX];
	unsigned found = 0, threshold = 0;

	for (unsigned i = 0; i < count; i++) {
		if (fields[i].group != group)
			continue;
		at[found] = fields[i].member; /* members are distinct and below 16: it fits */
		value[found++] = fields[i].value;
		threshold = fields[i].member_threshold;
	}
	if (!found)
		return 0;
	if (found < threshold)
		return error_set(e, ERROR_FAULT, N_("%u shares are too few: %u are needed."), found, threshold);
	if (found > threshold)
		return error_set(
		        e, ERROR_FAULT, N_("%u shares are too many: exactly %u are needed."), found, threshold);
	return recover(at, value, threshold, fields->len, out, e) ? -1 : 1;
}

static int recover_all(const struct share_fields *fields, unsigned count, struct share_fields *out, struct error *e)
{
	const uint8_t *value[SHARES_MAX];
	uint8_t at[SHARES_MAX];
	struct share_fields *groups;
	struct secret *room = share_fields_new(SHARES_MAX, &groups, e);
	unsigned found = 0;
	int result = -1;

	if (!room)
		return -1;
	for (unsigned group = 0; group < SHARES_MAX; group++) {
		int has = recover_group(fields, count, group, &groups[group], e);

		if (has < 0)
			goto out;
		if (!has)
			continue;
		at[found] = (uint8_t)group;
		value[found++] = groups[group].value;
	}
	if (found != fields->group_threshold)
		error_set(e, ERROR_FAULT, N_("Shares of %u groups are given: exactly %u are needed."), found,
		        fields->group_threshold);
	else
		result = recover(at, value, found, fields->len, out, e);
out:
	secret_free(&room);
	return result;
}

struct secret *share_combine(struct secret *const shares[], unsigned count, const char *passphrase, struct error *e)
{
	enum { MOST = SHARES_MAX * SHARES_MAX };
	struct share_fields *fields; /* the shares, then the answer */
	struct secret *room = NULL, *master = NULL;

	if (!count || count > MOST) {
		error_set(e, ERROR_FAULT, N_("%u shares cannot be combined."), count);
		return NULL;
	}
	room = share_fields_new(count + 1, &fields, e);
	if (!room)
		return NULL;
	for (unsigned i = 0; i < count; i++)
		if (share_decode(shares[i], &fields[i], i + 1, e))
			goto out;
	if (check_set(fields, count, e))
		goto out;
	fields[count] = fields[0];
	if (recover_all(fields, count, &fields[count], e) ||
	        feistel(&fields[count], passphrase ? passphrase : "", true, e))
		goto out;
	master = secret_new(SHARE_VALUE_MAX, e);
	if (master && secret_add(master, fields[count].value, fields[count].len)) {
		secret_free(&master);
		error_set(e, ERROR_INTERNAL, N_("A share is longer than its room."));
	}
out:
	secret_free(&room);
	return master;
}

int share_check(const struct secret *words, unsigned *index, unsigned *threshold, struct error *e)
{
	struct share_fields *fields;
	struct secret *room = share_fields_new(1, &fields, e);
	int result;

	if (!room)
		return -1;
	result = share_decode(words, fields, 0, e);
	if (!result && index)
		*index = fields->member;
	if (!result && threshold)
		*threshold = fields->member_threshold;
	secret_free(&room);
	return result;
}

const char *share_word(const char *prefix, size_t len)
{
	const char *found = NULL;

	if (!len || len > SHARE_WORD_MAX)
		return NULL;
	for (unsigned i = 0; i < SHARE_LIST; i++) {
		if (strncmp(slip39_words[i], prefix, len) != 0)
			continue;
		if (found)
			return NULL;
		found = slip39_words[i];
	}
	return found;
}

int share_commitment(const struct secret *words, const uint8_t salt[32], uint8_t out[32], struct error *e)
{
	static const char label[] = "tachiai-share/1\n";
	EVP_MD_CTX *hash = EVP_MD_CTX_new(); /* its state is wiped when it is freed */
	int result = -1;

	if (!hash)
		return error_memory(e);
	if (EVP_DigestInit_ex(hash, EVP_sha256(), NULL) == 1 && EVP_DigestUpdate(hash, label, sizeof label - 1) == 1 &&
	        EVP_DigestUpdate(hash, salt, 32) == 1 && EVP_DigestUpdate(hash, words->data, words->len) == 1 &&
	        EVP_DigestFinal_ex(hash, out, NULL) == 1)
		result = 0;
	else
		crypto_failed(e);
	EVP_MD_CTX_free(hash);
	return result;
}
