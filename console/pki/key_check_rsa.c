#include "pki/key_check_private.h"

#include <openssl/err.h>
#include <openssl/rsa.h>
#include <stdlib.h>
#include <string.h>

enum {
	BITS_MIN = 2048,
	BITS_MAX = OPENSSL_RSA_MAX_MODULUS_BITS,
	FACTOR_BOUND = 752,
	FERMAT_ROUNDS = 100,
	GENERATOR = 65537
};

static const char br_size[] = "BR 6.1.5", br_quality[] = "BR 6.1.6", br_weak[] = "BR 6.1.1.3";

/* NIST SP 800-89 section 5.3.3, as BR 6.1.6 quotes it. The smallest odd factor below 752, or 0. */
static BN_ULONG small_factor(const BIGNUM *n)
{
	for (BN_ULONG p = 3; p < FACTOR_BOUND; p += 2) {
		BN_ULONG rest = BN_mod_word(n, p); /* a composite divisor has a smaller one, which was found before */
		if (rest == 0)
			return p;
	}
	return 0;
}

/* Is 2^n = 2 (mod p) for a prime p of n? By Fermat's little theorem it is so for n = p and n = p^k, and then the
 * greatest common divisor of 2^n - 2 and n is not 1; for a product of two primes chosen at random it is 1. 1, 0; -1: no
 * memory. */
static int prime_power(const BIGNUM *n, BN_CTX *ctx)
{
	BIGNUM *two = BN_new(), *power = BN_new(), *common = BN_new();
	int status = -1;

	if (two && power && common && BN_set_word(two, 2) && BN_mod_exp(power, two, n, n, ctx) &&
	        BN_sub_word(power, 2) && BN_gcd(common, power, n, ctx))
		status = BN_is_one(common) ? 0 : 1;
	BN_free(two);
	BN_free(power);
	BN_free(common);
	return status;
}

/* The whole part of the square root, by Newton's method from above. 0 or -1. */
static int square_root(BIGNUM *root, const BIGNUM *n, BN_CTX *ctx)
{
	BIGNUM *next;
	int status = -1;

	BN_CTX_start(ctx);
	next = BN_CTX_get(ctx);
	if (!next)
		goto out;
	BN_zero(root);
	if (BN_is_zero(n)) {
		status = 0;
		goto out;
	}
	/* 2^ceil(bits/2) is not below the root */
	if (!BN_set_bit(root, (BN_num_bits(n) + 1) / 2))
		goto out;
	for (;;) {
		if (!BN_div(next, NULL, n, root, ctx) || !BN_add(next, next, root) || !BN_rshift1(next, next))
			goto out;
		if (BN_cmp(next, root) >= 0)
			break;
		if (!BN_copy(root, next))
			goto out;
	}
	status = 0;
out:
	BN_CTX_end(ctx);
	return status;
}

/* Can it be a square at all? Most numbers cannot, by their rests modulo small numbers alone. */
static bool may_be_square(const BIGNUM *n)
{
	static const BN_ULONG moduli[] = {64, 63, 65, 11};

	for (size_t i = 0; i < sizeof moduli / sizeof moduli[0]; i++) {
		BN_ULONG rest = BN_mod_word(n, moduli[i]);
		bool found = false;
		for (BN_ULONG x = 0; x < moduli[i] && !found; x++)
			found = x * x % moduli[i] == rest;
		if (!found)
			return false;
	}
	return true;
}

/* Fermat: n = a² - b² = (a + b)(a - b), with a from the square root upward. Close primes make a² - n a square at once.
 */
int rsa_primes_close(const BIGNUM *n, unsigned rounds, BN_CTX *ctx)
{
	BIGNUM *a, *rest, *b, *square, *step;
	int status = -1;

	BN_CTX_start(ctx);
	a = BN_CTX_get(ctx);
	rest = BN_CTX_get(ctx);
	b = BN_CTX_get(ctx);
	square = BN_CTX_get(ctx);
	step = BN_CTX_get(ctx);
	if (!step || square_root(a, n, ctx) || !BN_sqr(rest, a, ctx) || !BN_sub(rest, rest, n))
		goto out;
	status = 0;
	if (BN_is_zero(rest)) { /* n is a square: the primes are as close as can be */
		status = 1;
		goto out;
	}
	for (unsigned i = 0; status == 0 && i < rounds; i++) {
		/* (a + 1)² - n = a² - n + 2a + 1 */
		if (!BN_lshift1(step, a) || !BN_add_word(step, 1) || !BN_add(rest, rest, step) || !BN_add_word(a, 1)) {
			status = -1;
			break;
		}
		if (!may_be_square(rest))
			continue;
		if (square_root(b, rest, ctx) || !BN_sqr(square, b, ctx))
			status = -1;
		else if (BN_cmp(square, rest) == 0)
			status = 1;
	}
out:
	BN_CTX_end(ctx);
	return status;
}

/* Is `rest` a power of 65537 modulo the prime? */
static bool is_power(BN_ULONG rest, BN_ULONG prime)
{
	BN_ULONG power = 1;

	do {
		if (power == rest)
			return true;
		power = power * (GENERATOR % prime) % prime;
	} while (power != 1);
	return false;
}

/* Nemec, Sys, Svenda, Klinec, Matyas, "The Return of Coppersmith's Attack" (ACM CCS 2017): the primes that the flawed
 * library makes are k·M + (65537^a mod M), with M the product of the first primes (39 of them and more, by size of
 * key). So the modulus is a power of 65537 modulo every one of them; a modulus made otherwise is so, modulo the first
 * 39, about once in 2^27. */
int rsa_has_roca_form(const BIGNUM *n)
{
	static const unsigned char primes[] = {2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61, 67,
	        71, 73, 79, 83, 89, 97, 101, 103, 107, 109, 113, 127, 131, 137, 139, 149, 151, 157, 163, 167};

	for (size_t i = 0; i < sizeof primes; i++)
		if (!is_power(BN_mod_word(n, primes[i]), primes[i]))
			return 0;
	return 1;
}

static int check_exponent(const BIGNUM *x, struct lint_findings *out, struct error *e)
{
	if (!BN_is_odd(x) || BN_is_one(x))
		return key_fault(out, LINT_ERROR, "rsa_exponent_odd", br_quality, e,
		        N_("The RSA exponent is not an odd number equal to 3 or more."));
	if (BN_num_bits(x) > 256 || BN_num_bits(x) <= 16)
		return key_fault(out, LINT_WARNING, "rsa_exponent_range", br_quality, e,
		        N_("The RSA exponent is not in the range from 2^16 + 1 to 2^256 - 1."));
	return 0;
}

static int check_size(const BIGNUM *n, struct lint_findings *out, struct error *e)
{
	int bits = BN_num_bits(n);

	if (bits < BITS_MIN)
		return key_fault(out, LINT_ERROR, "rsa_size", br_size, e,
		        N_("The RSA modulus has %d bits, less than %d."), bits, (int)BITS_MIN);
	if (bits > BITS_MAX)
		return key_fault(out, LINT_ERROR, "rsa_size_max", "", e,
		        N_("The RSA modulus has %d bits; above %d nothing here checks or verifies it."), bits,
		        (int)BITS_MAX);
	if (bits % 8)
		return key_fault(out, LINT_ERROR, "rsa_size_divisible", br_size, e,
		        N_("The RSA modulus has %d bits, a number that 8 does not divide."), bits);
	return 0;
}

/* What holds of every product of two good primes, then the weaknesses that have a name. */
static int check_modulus(
        const BIGNUM *n, const struct weak_keys *weak, BN_CTX *ctx, struct lint_findings *out, struct error *e)
{
	BN_ULONG factor = small_factor(n);
	int power, close, listed = weak ? weak_keys_have(weak, n) : 0;

	if (listed < 0)
		return error_memory(e);
	if (listed &&
	        key_fault(out, LINT_ERROR, "debian_weak", br_weak, e,
	                N_("The key is on the list of Debian's weak keys (CVE-2008-0166): its private key is known.")))
		return -1;
	if (!BN_is_odd(n))
		return key_fault(
		        out, LINT_ERROR, "rsa_modulus_odd", br_quality, e, N_("The RSA modulus is an even number."));
	if (factor && key_fault(out, LINT_ERROR, "rsa_small_factor", br_quality, e,
	                      N_("The RSA modulus has the factor %u; it may have none below %u."), (unsigned)factor,
	                      (unsigned)FACTOR_BOUND))
		return -1;
	if (rsa_has_roca_form(n) && key_fault(out, LINT_ERROR, "roca", br_weak, e,
	                                    N_("The RSA modulus has the form of keys from a flawed library (ROCA, "
	                                       "CVE-2017-15361): its private "
	                                       "key can be computed.")))
		return -1;
	power = prime_power(n, ctx);
	close = power < 0 ? -1 : rsa_primes_close(n, FERMAT_ROUNDS, ctx);
	if (close < 0)
		return error_memory(e);
	if (power && key_fault(out, LINT_ERROR, "rsa_prime_power", br_quality, e,
	                     N_("The RSA modulus is a prime or a power of a prime, or is as easily factored.")))
		return -1;
	return close ? key_fault(out, LINT_ERROR, "rsa_close_primes", br_weak, e,
	                       N_("The primes of the RSA modulus lie so close together that %d rounds of Fermat's "
	                          "method find "
	                          "them."),
	                       (int)FERMAT_ROUNDS)
	             : 0;
}

int key_check_rsa(const BIGNUM *modulus, const BIGNUM *exponent, const struct weak_keys *weak,
        struct lint_findings *out, struct error *e)
{
	BN_CTX *ctx = BN_CTX_new();
	int status = -1;

	if (!ctx)
		return error_memory(e);
	if (check_size(modulus, out, e) || check_exponent(exponent, out, e))
		goto out;
	/* the arithmetic below is bounded by the size */
	status = BN_num_bits(modulus) > BITS_MAX || BN_num_bits(modulus) < 16
	                 ? 0
	                 : check_modulus(modulus, weak, ctx, out, e);
out:
	BN_CTX_free(ctx);
	ERR_clear_error();
	return status;
}
