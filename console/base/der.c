/* DER read strictly: one element after another, and a whole tree checked down to its leaves. */
#include "base/der.h"

#include <string.h>

#include "base/text.h"

/* OID_MAX: far beyond any that was ever given out; OpenSSL names none above 586 bytes. */
enum { DER_DEPTH = 32, OID_MAX = 128 };

int der_next(const uint8_t **at, size_t *left, struct der *out)
{
	const uint8_t *p = *at;
	size_t n = *left, len, count, head = 2;

	if (n < 2 || (p[0] & 0x1f) == 0x1f)
		return -1; /* no certificate has a tag above 30 */
	len = p[1];
	if (len >= 0x80) {
		count = len & 0x7f;
		/* X.690 section 10.1: definite, and in the fewest octets */
		if (count == 0 || count > 4 || n < 2 + count || p[2] == 0)
			return -1;
		len = 0;
		for (size_t i = 0; i < count; i++)
			len = len << 8 | p[2 + i];
		if (len < 0x80)
			return -1;
		head += count;
	}
	if (len > n - head)
		return -1;
	*out = (struct der){p[0], p + head, p, len, head + len};
	*at += head + len;
	*left -= head + len;
	return 0;
}

int der_take(const uint8_t **at, size_t *left, uint8_t tag, struct der *out)
{
	return der_next(at, left, out) || out->tag != tag ? -1 : 0;
}

static bool valid_oid(const uint8_t *v, size_t len)
{
	bool first = true;

	for (size_t i = 0; i < len; i++) {
		if (first && v[i] == 0x80)
			return false; /* X.690 section 8.19.2: fewest octets */
		first = !(v[i] & 0x80);
	}
	return len > 0 && len <= OID_MAX && first;
}

static bool valid_bits(const uint8_t *v, size_t len)
{
	if (len == 0 || v[0] > 7 || (len == 1 && v[0] != 0))
		return false;
	return len == 1 || (v[len - 1] & ((1u << v[0]) - 1)) == 0; /* X.690 section 11.2.1 */
}

static bool valid_primitive(uint8_t tag, const uint8_t *v, size_t len)
{
	switch (tag) {
	case 0x01: /* X.690 section 11.1 */
		return len == 1 && (v[0] == 0x00 || v[0] == 0xff);
	case 0x02:
	case 0x0a: /* X.690 section 8.3.2 */
		return len > 0 && !(len > 1 && ((v[0] == 0 && v[1] < 0x80) || (v[0] == 0xff && v[1] >= 0x80)));
	case 0x03:
		return valid_bits(v, len);
	case 0x05:
		return len == 0;
	case 0x06:
		return valid_oid(v, len);
	case 0x0c:
		return text_is_utf8((const char *)v, len);
	case 0x1c: /* UniversalString, BMPString: whole characters */
		return len % 4 == 0;
	case 0x1e:
		return len % 2 == 0;
	case 0x00: /* the end of what has no length; then those that are constructed, reserved, or nobody's */
	case 0x08:
	case 0x0b:
	case 0x0e:
	case 0x0f:
	case 0x10:
	case 0x11:
	case 0x1d:
		return false;
	default:
		return true;
	}
}

/* X.690 section 11.6: the elements of a SET OF in ascending order of their encodings. */
static bool in_order(const struct der *before, const struct der *after)
{
	size_t common = before->whole_len < after->whole_len ? before->whole_len : after->whole_len;
	int c = memcmp(before->whole, after->whole, common);

	return c < 0 || (c == 0 && before->whole_len <= after->whole_len);
}

static bool valid_elements(const uint8_t *at, size_t left, bool set, unsigned depth)
{
	struct der d, before = {0};

	if (depth > DER_DEPTH)
		return false;
	while (left) {
		uint8_t class;
		if (der_next(&at, &left, &d))
			return false;
		if (set && before.whole && !in_order(&before, &d))
			return false;
		before = d;
		class = d.tag & 0xc0;
		if (d.tag & 0x20) {
			/* X.690 section 10.2: of the universal types only SEQUENCE and SET are constructed */
			if (class == 0 && d.tag != 0x30 && d.tag != 0x31)
				return false;
			if (!valid_elements(d.value, d.len, d.tag == 0x31, depth + 1))
				return false;
		} else if (class == 0) {
			if (!valid_primitive(d.tag, d.value, d.len))
				return false;
		}
	}
	return true;
}

bool der_valid(const void *data, size_t len)
{
	const uint8_t *at = data;
	size_t left = len;
	struct der d;

	return der_next(&at, &left, &d) == 0 && left == 0 && valid_elements(data, len, false, 0);
}

void der_put(struct bytes *out, uint8_t tag, const void *value, size_t len)
{
	uint8_t octets[sizeof len];
	unsigned count = 0;

	bytes_byte(out, tag);
	if (len < 0x80) {
		bytes_byte(out, (uint8_t)len);
	} else {
		for (size_t rest = len; rest; rest >>= 8)
			octets[count++] = (uint8_t)rest;
		bytes_byte(out, (uint8_t)(0x80 | count));
		while (count)
			bytes_byte(out, octets[--count]);
	}
	if (len)
		bytes_add(out, value, len);
}
