/* Keys that may not be certified are told by rule, clause and sentence; sound ones are told nothing about. */
#include "fixture.h"

#include "pki/key_check_private.h"

#include <openssl/bn.h>
#include <openssl/ec.h>

static void list(const struct lint_findings *f, struct bytes *out)
{
	for (size_t i = 0; i < f->count; i++) {
		struct bytes text = {0};
		message_text(&f->item[i].message, NULL, &text);
		bytes_printf(out, "%s%s%s%s: %s", i ? "\n" : "", f->item[i].severity == LINT_WARNING ? "warning " : "",
		        f->item[i].rule, *f->item[i].clause ? "" : " (no clause)", bytes_string(&text));
		assert_string_equal(f->item[i].set, "key");
		bytes_free(&text);
	}
}

static void finds(const void *spki, size_t len, const struct weak_keys *weak, const char *wanted)
{
	struct lint_findings found = {0};
	struct bytes text = {0};
	struct error e = {0};

	assert_ok(key_check(spki, len, weak, &found, &e), &e);
	list(&found, &text);
	assert_string_equal(bytes_string(&text), wanted);
	bytes_free(&text);
	lint_findings_free(&found);
}

static BIGNUM *number(const char *hex)
{
	BIGNUM *n = NULL;

	assert_true(BN_hex2bn(&n, hex) > 0);
	return n;
}

static void put_integer(struct bytes *out, const BIGNUM *n)
{
	uint8_t raw[4096] = {0};
	int len = BN_bn2bin(n, raw + 1);

	if (len == 0)
		der_put(out, 0x02, raw, 1);
	else if (raw[1] & 0x80)
		der_put(out, 0x02, raw, (size_t)len + 1);
	else
		der_put(out, 0x02, raw + 1, (size_t)len);
}

static void put_spki(struct bytes *out, const void *algorithm, size_t algorithm_len, const void *key, size_t key_len)
{
	struct bytes inner = {0}, bits = {0};

	bytes_clear(out);
	der_put(&inner, 0x30, algorithm, algorithm_len);
	bytes_byte(&bits, 0);
	bytes_add(&bits, key, key_len);
	der_put(&inner, 0x03, bits.data, bits.len);
	der_put(out, 0x30, inner.data, inner.len);
	bytes_free(&inner);
	bytes_free(&bits);
}

static const uint8_t rsa_algorithm[] = {0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01, 0x05, 0x00};

static void rsa_spki(struct bytes *out, const BIGNUM *n, const BIGNUM *x)
{
	struct bytes inner = {0}, key = {0};

	put_integer(&inner, n);
	put_integer(&inner, x);
	der_put(&key, 0x30, inner.data, inner.len);
	put_spki(out, rsa_algorithm, sizeof rsa_algorithm, key.data, key.len);
	bytes_free(&inner);
	bytes_free(&key);
}

static void rsa_finds(const BIGNUM *n, const char *exponent, const char *wanted)
{
	BIGNUM *x = number(exponent);
	struct bytes spki = {0};

	rsa_spki(&spki, n, x);
	finds(spki.data, spki.len, NULL, wanted);
	bytes_free(&spki);
	BN_free(x);
}

static BIGNUM *prime(int bits)
{
	BIGNUM *p = BN_new();

	assert_true(BN_generate_prime_ex(p, bits, 0, NULL, NULL, NULL));
	return p;
}

static BIGNUM *product(const BIGNUM *a, const BIGNUM *b)
{
	BN_CTX *ctx = BN_CTX_new();
	BIGNUM *n = BN_new();

	assert_true(BN_mul(n, a, b, ctx));
	BN_CTX_free(ctx);
	return n;
}

static void sound_keys_of_every_algorithm_have_no_finding(void **state)
{
	static const char *const names[] = {
	        "rsa-2048", "rsa-3072", "rsa-4096", "ec-p256", "ec-p384", "ec-p521", "ed25519"};

	(void)state;
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
		struct bytes spki = {0};
		struct error e = {0};
		struct pki_key *key = pki_key_new(names[i], &spki, &e);
		struct weak_keys none = {0};
		assert_non_null(key);
		finds(spki.data, spki.len, &none, "");
		pki_key_free(&key);
		bytes_free(&spki);
	}
}

/* openssl's own keys, a good number of them: chance must not make a weak key of any. */
static void keys_of_openssl_are_not_taken_for_weak_ones(void **state)
{
	BN_CTX *ctx = BN_CTX_new();

	(void)state;
	for (unsigned i = 0; i < 40; i++) {
		BIGNUM *p = prime(256), *q = prime(256), *n = product(p, q);
		assert_int_equal(rsa_has_roca_form(n), 0);
		assert_int_equal(rsa_primes_close(n, 100, ctx), 0);
		BN_free(p);
		BN_free(q);
		BN_free(n);
	}
	BN_CTX_free(ctx);
}

static void sizes_and_exponents_are_held_to_the_rules(void **state)
{
	BIGNUM *p = prime(1024), *q = prime(1024), *r = prime(1020), *small = prime(512), *huge = BN_new();
	BIGNUM *n = product(p, q), *odd_size = product(p, r), *tiny = product(p, small);
	char line[200], bits[16];
	static const struct {
		const char *exponent, *wanted;
	} exponents[] = {
	        {"010001", ""},
	        {"01", "rsa_exponent_odd: The RSA exponent is not an odd number equal to 3 or more."},
	        {"00", "rsa_exponent_odd: The RSA exponent is not an odd number equal to 3 or more."},
	        {"010000", "rsa_exponent_odd: The RSA exponent is not an odd number equal to 3 or more."},
	        {"03", "warning rsa_exponent_range: The RSA exponent is not in the range from 2^16 + 1 to 2^256 - 1."},
	        {"FFFF",
	                "warning rsa_exponent_range: The RSA exponent is not in the range from 2^16 + 1 to 2^256 - 1."},
	        {"FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF", ""},
	        {"010000000000000000000000000000000000000000000000000000000000000001",
	                "warning rsa_exponent_range: The RSA exponent is not in the range from 2^16 + 1 to 2^256 - 1."},
	};

	(void)state;
	for (size_t i = 0; i < sizeof exponents / sizeof exponents[0]; i++)
		rsa_finds(n, exponents[i].exponent, exponents[i].wanted);
	snprintf(bits, sizeof bits, "%d", BN_num_bits(odd_size));
	snprintf(line, sizeof line, "rsa_size: The RSA modulus has %s bits, less than 2048.", bits);
	rsa_finds(odd_size, "010001", line);
	snprintf(line, sizeof line, "rsa_size: The RSA modulus has %d bits, less than 2048.", BN_num_bits(tiny));
	rsa_finds(tiny, "010001", line);
	BN_free(r);
	BN_free(odd_size);
	r = prime(1030);
	odd_size = product(p, r);
	snprintf(line, sizeof line, "rsa_size_divisible: The RSA modulus has %d bits, a number that 8 does not divide.",
	        BN_num_bits(odd_size));
	rsa_finds(odd_size, "010001", line);
	assert_true(BN_set_bit(huge, 16400) && BN_set_bit(huge, 0));
	rsa_finds(huge, "010001",
	        "rsa_size_max (no clause): The RSA modulus has 16401 bits; above 16384 nothing here checks or verifies "
	        "it.");
	BN_free(p);
	BN_free(q);
	BN_free(r);
	BN_free(small);
	BN_free(huge);
	BN_free(n);
	BN_free(odd_size);
	BN_free(tiny);
}

/* A modulus of exactly 2048 bits made of `factor` and what fills it up. */
static BIGNUM *modulus_with(BN_ULONG factor)
{
	BIGNUM *n = NULL, *p = prime(1024), *q;

	for (;;) {
		q = prime(1024);
		BN_free(n);
		n = product(p, q);
		/* replaces n's low part so that the factor divides it */
		assert_true(BN_sub_word(n, BN_mod_word(n, factor)));
		if (!BN_is_odd(n) && factor != 2)
			assert_true(BN_add_word(n, factor));
		BN_free(q);
		if (BN_num_bits(n) == 2048)
			break;
	}
	BN_free(p);
	return n;
}

static void a_modulus_with_small_factors_is_told(void **state)
{
	static const BN_ULONG factors[] = {3, 31, 743, 751};

	(void)state;
	for (size_t i = 0; i < sizeof factors / sizeof factors[0]; i++) {
		BIGNUM *n = modulus_with(factors[i]);
		struct lint_findings found = {0};
		struct bytes spki = {0}, text = {0};
		BIGNUM *x = number("010001");
		struct error e = {0};
		rsa_spki(&spki, n, x);
		assert_ok(key_check(spki.data, spki.len, NULL, &found, &e), &e);
		list(&found, &text);
		assert_non_null(strstr(bytes_string(&text), "rsa_small_factor: The RSA modulus has the factor "));
		assert_non_null(strstr(bytes_string(&text), "; it may have none below 752."));
		assert_string_equal(found.item[0].clause, "BR 6.1.6");
		lint_findings_free(&found);
		bytes_free(&spki);
		bytes_free(&text);
		BN_free(x);
		BN_free(n);
	}
	BIGNUM *even = modulus_with(2);
	rsa_finds(even, "010001", "rsa_modulus_odd: The RSA modulus is an even number.");
	BN_free(even);
}

static void primes_and_their_powers_are_told(void **state)
{
	static const char wanted[] =
	        "rsa_prime_power: The RSA modulus is a prime or a power of a prime, or is as easily factored.";
	BIGNUM *one = prime(2048), *p = NULL, *n = NULL, *square = NULL;

	(void)state;
	rsa_finds(one, "010001", wanted);
	do { /* 683 * 3 = 2049, and a cube of 2048 bits exactly */
		BN_free(p);
		BN_free(square);
		BN_free(n);
		p = prime(683);
		square = product(p, p);
		n = product(square, p);
	} while (BN_num_bits(n) != 2048);
	rsa_finds(n, "010001", wanted);
	BN_free(one);
	BN_free(p);
	BN_free(square);
	BN_free(n);
	p = prime(1024);
	n = product(p, p);
	struct bytes both = {0};
	bytes_printf(&both,
	        "%s\nrsa_close_primes: The primes of the RSA modulus lie so close together that 100 rounds of Fermat's "
	        "method find them.",
	        wanted);
	rsa_finds(n, "010001", bytes_string(&both));
	bytes_free(&both);
	BN_free(p);
	BN_free(n);
}

static void next_prime(BIGNUM *q)
{
	do
		assert_true(BN_add_word(q, 2));
	while (BN_check_prime(q, NULL, NULL) != 1);
}

static void close_primes_are_found_within_100_rounds_and_no_further(void **state)
{
	BIGNUM *p = prime(1024), *q = BN_dup(p), *n, *gap = BN_new();
	BN_CTX *ctx = BN_CTX_new();

	(void)state;
	next_prime(q);
	n = product(p, q);
	rsa_finds(n, "010001",
	        "rsa_close_primes: The primes of the RSA modulus lie so close together that 100 rounds of Fermat's "
	        "method find "
	        "them.");
	BN_free(n);
	/* the k-th round finds a difference d with d²/8√n ≈ k: about 2^515 for one round, so ten thousand for 2^522 */
	assert_true(BN_one(gap) && BN_lshift(gap, gap, 522) && BN_copy(q, p) && BN_add(q, q, gap));
	next_prime(q);
	n = product(p, q);
	assert_int_equal(rsa_primes_close(n, 100, ctx), 0);
	BN_free(n);
	assert_true(BN_one(gap) && BN_lshift(gap, gap, 514) && BN_copy(q, p) && BN_add(q, q, gap));
	next_prime(q);
	n = product(p, q);
	assert_int_equal(rsa_primes_close(n, 100, ctx), 1);
	BN_free(n);
	/* small numbers, by hand: 8051 = 90² - 7², in the first round; 5959 = 80² - 21², in the third */
	n = number("1F73");
	assert_int_equal(rsa_primes_close(n, 1, ctx), 1);
	assert_true(BN_set_word(n, 5959));
	assert_int_equal(rsa_primes_close(n, 2, ctx), 0);
	assert_int_equal(rsa_primes_close(n, 3, ctx), 1);
	BN_free(n);
	BN_free(p);
	BN_free(q);
	BN_free(gap);
	BN_CTX_free(ctx);
}

/* k·M + (65537^a mod M), M the product of the first `primes` primes: as the flawed library made them (CVE-2017-15361).
 */
static BIGNUM *roca_prime(int bits, unsigned primes)
{
	BIGNUM *m = BN_new(), *g = BN_new(), *a = BN_new(), *rest = BN_new(), *k = BN_new(), *p = BN_new();
	BN_CTX *ctx = BN_CTX_new();
	unsigned found = 0;

	assert_true(BN_one(m) && BN_set_word(g, 65537));
	for (BN_ULONG n = 2; found < primes; n++) {
		bool is_prime = true;
		for (BN_ULONG d = 2; d * d <= n; d++)
			is_prime = is_prime && n % d;
		if (is_prime && ++found)
			assert_true(BN_mul_word(m, n));
	}
	do {
		assert_true(BN_rand(a, 256, BN_RAND_TOP_ANY, BN_RAND_BOTTOM_ANY) && BN_mod_exp(rest, g, a, m, ctx));
		assert_true(BN_rand(k, bits - BN_num_bits(m) + 1, BN_RAND_TOP_ONE, BN_RAND_BOTTOM_ANY));
		assert_true(BN_mul(p, k, m, ctx) && BN_add(p, p, rest));
	} while (BN_num_bits(p) != bits || BN_check_prime(p, ctx, NULL) != 1);
	BN_free(m);
	BN_free(g);
	BN_free(a);
	BN_free(rest);
	BN_free(k);
	BN_CTX_free(ctx);
	return p;
}

static void moduli_of_the_flawed_library_are_known_by_their_form(void **state)
{
	static const struct {
		int bits;
		unsigned primes;
	} kinds[] = {{256, 39}, {512, 71}, {1024, 126}};

	(void)state;
	for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
		BIGNUM *p = NULL, *q = NULL, *n = NULL;
		do {
			BN_free(p);
			BN_free(q);
			BN_free(n);
			p = roca_prime(kinds[i].bits, kinds[i].primes);
			q = roca_prime(kinds[i].bits, kinds[i].primes);
			n = product(p, q);
		} while (BN_num_bits(n) != 2 * kinds[i].bits);
		assert_int_equal(rsa_has_roca_form(n), 1);
		if (kinds[i].bits == 1024)
			rsa_finds(n, "010001",
			        "roca: The RSA modulus has the form of keys from a flawed library (ROCA, "
			        "CVE-2017-15361): its "
			        "private key can be computed.");
		/* one such prime alone does not make it */
		BIGNUM *other = prime(kinds[i].bits), *half = product(p, other);
		assert_int_equal(rsa_has_roca_form(half), 0);
		BN_free(other);
		BN_free(half);
		BN_free(p);
		BN_free(q);
		BN_free(n);
	}
}

/* A list made by openssl's own commands, in the form of Debian's openssl-blacklist. */
static void a_listed_key_is_told_and_another_is_not(void **state)
{
	struct bytes weak = {0}, other = {0}, line = {0}, text = {0};
	struct weak_keys w = {0};
	struct error e = {0};
	struct pki_key *one = pki_key_new("rsa-2048", &weak, &e), *two = pki_key_new("rsa-2048", &other, &e);
	char path[64], command[256];

	(void)state;
	scratch(path, weak.data, weak.len);
	snprintf(command, sizeof command,
	        "openssl rsa -pubin -inform DER -in %s -modulus -noout | sha1sum | cut -c 21-40", path);
	assert_int_equal(run(&line, command), 0);
	assert_int_equal(line.len, 21);
	unlink(path);
	bytes_text(&text, "# a list of our own\n\n00000000000000000000\nffffffffffffffffffff\n");
	assert_ok(weak_keys_read(&w, text.data, text.len, &e), &e);
	finds(weak.data, weak.len, &w, "");
	assert_ok(weak_keys_read(&w, line.data, line.len, &e), &e);
	assert_int_equal(w.count, 3);
	finds(weak.data, weak.len, &w,
	        "debian_weak: The key is on the list of Debian's weak keys (CVE-2008-0166): its private key is known.");
	finds(other.data, other.len, &w, "");
	static const char *const wrong[] = {
	        "# x\n0123\n", "# x\n0123456789ABCDEF0123\n", "# x\n00112233445566778899 \n"};
	for (size_t i = 0; i < 3; i++) {
		struct weak_keys bad = {0};
		assert_int_equal(weak_keys_read(&bad, wrong[i], strlen(wrong[i]), &e), -1);
		assert_error(&e, "Line 2 of the list of weak keys is not 20 hex digits in lower case.");
		weak_keys_free(&bad);
	}
	pki_key_free(&one);
	pki_key_free(&two);
	weak_keys_free(&w);
	bytes_free(&weak);
	bytes_free(&other);
	bytes_free(&line);
	bytes_free(&text);
}

static void ec_keys_are_points_of_a_named_curve(void **state)
{
	static const uint8_t p256[] = {0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86,
	        0x48, 0xce, 0x3d, 0x03, 0x01, 0x07};
	static const uint8_t k256[] = {
	        0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x05, 0x2b, 0x81, 0x04, 0x00, 0x0a};
	static const uint8_t none[] = {0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x05, 0x00};
	uint8_t point[65] = {4};
	struct bytes spki = {0}, good = {0};
	struct error e = {0};
	struct pki_key *key = pki_key_new("ec-p256", &good, &e);

	(void)state;
	memcpy(point, good.data + good.len - 65, 65);
	put_spki(&spki, p256, sizeof p256, point, 65);
	finds(spki.data, spki.len, NULL, "");
	point[64] ^= 1;
	put_spki(&spki, p256, sizeof p256, point, 65);
	finds(spki.data, spki.len, NULL, "ec_point: The EC public key is not a point on its curve.");
	put_spki(&spki, p256, sizeof p256, "\x04", 1);
	finds(spki.data, spki.len, NULL, "ec_point: The EC public key is not a point on its curve.");
	memset(point + 1, 0xff, 64); /* coordinates above the field's prime */
	put_spki(&spki, p256, sizeof p256, point, 65);
	finds(spki.data, spki.len, NULL, "ec_point: The EC public key is not a point on its curve.");
	put_spki(&spki, p256, sizeof p256, "\0", 1);
	finds(spki.data, spki.len, NULL,
	        "ec_identity: The EC public key is the point at infinity, which belongs to no private key.");
	put_spki(&spki, k256, sizeof k256, good.data + good.len - 65, 65);
	finds(spki.data, spki.len, NULL,
	        "ec_curve: The EC public key is on the curve secp256k1; P-256, P-384 and P-521 are allowed.");
	uint8_t unknown[sizeof k256];
	memcpy(unknown, k256, sizeof k256);
	unknown[sizeof unknown - 1] = 0x7f;
	put_spki(&spki, unknown, sizeof unknown, good.data + good.len - 65, 65);
	finds(spki.data, spki.len, NULL,
	        "ec_curve: The EC public key is on the curve 1.3.132.0.127; P-256, P-384 and P-521 are allowed.");
	put_spki(&spki, none, sizeof none, good.data + good.len - 65, 65);
	finds(spki.data, spki.len, NULL, "ec_named_curve: The EC public key does not name its curve by an OID.");
	struct bytes explicit = {0};
	assert_int_equal(
	        run(&explicit, "openssl ecparam -name prime256v1 -param_enc explicit -genkey -noout 2>/dev/null | "
	                       "openssl pkey -pubout -outform DER 2>/dev/null"),
	        0);
	finds(explicit.data, explicit.len, NULL,
	        "ec_named_curve: The EC public key does not name its curve by an OID.");
	pki_key_free(&key);
	bytes_free(&spki);
	bytes_free(&good);
	bytes_free(&explicit);
}

static void other_keys_and_broken_ones_are_told(void **state)
{
	static const uint8_t ed25519[] = {0x06, 0x03, 0x2b, 0x65, 0x70};
	uint8_t point[32] = {1};
	struct bytes spki = {0}, dsa = {0};
	BIGNUM *n = prime(2048), *x = number("010001");

	(void)state;
	put_spki(&spki, ed25519, sizeof ed25519, point, 32);
	finds(spki.data, spki.len, NULL,
	        "ed25519_sound: The Ed25519 public key is of small order or not canonical: it proves nothing.");
	put_spki(&spki, ed25519, sizeof ed25519, point, 31);
	finds(spki.data, spki.len, NULL,
	        "ed25519_sound: The Ed25519 public key is of small order or not canonical: it proves nothing.");
	assert_int_equal(
	        run(&dsa, "openssl genpkey -algorithm ed448 2>/dev/null | openssl pkey -pubout -outform DER"), 0);
	finds(dsa.data, dsa.len, NULL, "key_algorithm: The public key is neither RSA, nor EC, nor Ed25519.");
	finds("\x30\x00", 2, NULL, "key_decodes: The public key (SubjectPublicKeyInfo) does not decode.");
	finds("", 0, NULL, "key_decodes: The public key (SubjectPublicKeyInfo) does not decode.");
	put_spki(&spki, rsa_algorithm, sizeof rsa_algorithm, "\x30\x03\x02\x01\x03", 5);
	finds(spki.data, spki.len, NULL,
	        "key_decodes: The RSA public key is not a positive modulus and exponent in DER.");
	put_spki(&spki, rsa_algorithm, sizeof rsa_algorithm, "\x30\x06\x02\x01\xff\x02\x01\x03", 8);
	finds(spki.data, spki.len, NULL,
	        "key_decodes: The RSA public key is not a positive modulus and exponent in DER.");
	put_spki(&spki, rsa_algorithm, sizeof rsa_algorithm - 2, "\x30\x06\x02\x01\x7f\x02\x01\x03", 8);
	struct lint_findings found = {0};
	assert_int_equal(key_check(spki.data, spki.len, NULL, &found, NULL), 0);
	assert_string_equal(found.item[0].rule, "rsa_parameters");
	lint_findings_free(&found);
	rsa_spki(&spki, n, x);
	for (size_t cut = 0; cut < spki.len; cut++) {
		assert_int_equal(key_check(spki.data, cut, NULL, &found, NULL), 0);
		assert_int_equal(found.count, 1);
		lint_findings_free(&found);
	}
	BN_free(n);
	BN_free(x);
	bytes_free(&spki);
	bytes_free(&dsa);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(sound_keys_of_every_algorithm_have_no_finding),
	        cmocka_unit_test(keys_of_openssl_are_not_taken_for_weak_ones),
	        cmocka_unit_test(sizes_and_exponents_are_held_to_the_rules),
	        cmocka_unit_test(a_modulus_with_small_factors_is_told),
	        cmocka_unit_test(primes_and_their_powers_are_told),
	        cmocka_unit_test(close_primes_are_found_within_100_rounds_and_no_further),
	        cmocka_unit_test(moduli_of_the_flawed_library_are_known_by_their_form),
	        cmocka_unit_test(a_listed_key_is_told_and_another_is_not),
	        cmocka_unit_test(ec_keys_are_points_of_a_named_curve),
	        cmocka_unit_test(other_keys_and_broken_ones_are_told),
	};

	if (secret_init(NULL))
		return 1;
	return cmocka_run_group_tests_name("key check", tests, NULL, NULL);
}
