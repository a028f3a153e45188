/* A share as words (SLIP-0039, "Format of the share mnemonic"): id 15, extendable 1, exponent 4, group 4, group
 * threshold 4, group count 4, member 4, member threshold 4, the value padded on the left, checksum 30. */
#include "people/share_code.h"

#include <stdalign.h>
#include <string.h>

enum { CHECKSUM_WORDS = 3 };

struct secret *share_fields_new(unsigned count, struct share_fields **fields, struct error *e)
{
	/* Guarded memory ends at a page's end, so it need not begin where a struct may. */
	const size_t align = alignof(struct share_fields);
	size_t size = count * sizeof **fields;
	struct secret *room = secret_new(size + align, e);

	if (!room)
		return NULL;
	memset(room->data, 0, size + align);
	*fields = (struct share_fields *)(void *)(room->data + (align - (uintptr_t)room->data % align) % align);
	return room;
}

/* RS1024 over the customization string and the words. */
static uint32_t checksum_step(uint32_t sum, unsigned word)
{
	static const uint32_t generator[10] = {0x00e0e040, 0x01c1c080, 0x03838100, 0x07070200, 0x0e0e0009, 0x1c0c2412,
	        0x38086c24, 0x3090fc48, 0x21b1f890, 0x03f3f120};
	uint32_t top = sum >> 20;

	sum = (sum & 0xfffff) << 10 ^ word;
	for (unsigned i = 0; i < 10; i++)
		sum ^= generator[i] & (0U - (top >> i & 1U));
	return sum;
}

static uint32_t checksum(const uint16_t *word, unsigned count)
{
	/* The flag stands in the second word, above the exponent. */
	const char *custom = word[1] & 0x10 ? "shamir_extendable" : "shamir";
	uint32_t sum = 1;

	for (; *custom; custom++)
		sum = checksum_step(sum, (unsigned char)*custom);
	for (unsigned i = 0; i < count; i++)
		sum = checksum_step(sum, word[i]);
	return sum;
}

/* The word's number, or SHARE_LIST: always the whole list is compared, every letter of it. */
static unsigned find_word(const uint8_t *text, size_t len)
{
	uint8_t padded[SHARE_WORD_MAX + 1] = {0};
	unsigned found = 0, seen = 0;

	if (len > SHARE_WORD_MAX)
		return SHARE_LIST;
	memcpy(padded, text, len);
	for (unsigned i = 0; i < SHARE_LIST; i++) {
		unsigned differs = 0, same;

		for (unsigned j = 0; j < SHARE_WORD_MAX; j++)
			differs |= (unsigned)padded[j] ^ (unsigned char)slip39_words[i][j];
		same = (differs - 1) >> 31;
		found |= i & (0U - same);
		seen |= same;
	}
	wipe(padded, sizeof padded);
	return seen ? found : SHARE_LIST;
}

static int bad_word(unsigned position, unsigned number, struct error *e)
{
	if (number)
		return error_set(e, ERROR_FAULT, N_("Share %u: word %u is not in the word list."), number, position);
	return error_set(e, ERROR_FAULT, N_("Word %u is not in the word list."), position);
}

static int bad_count(unsigned count, unsigned number, struct error *e)
{
	if (number)
		return error_set(e, ERROR_FAULT, N_("Share %u: it has %u words; a whole share has %d."), number, count,
		        SHARE_WORDS);
	return error_set(e, ERROR_FAULT, N_("The share has %u words; a whole share has %d."), count, SHARE_WORDS);
}

static int bad_form(unsigned number, struct error *e)
{
	if (number)
		return error_set(
		        e, ERROR_FAULT, N_("Share %u: the words are right, but what they say is no share."), number);
	return error_set(e, ERROR_FAULT, N_("The words are right, but what they say is no share."));
}

/* The one position (from 1) where another word would mend the checksum; 0 when none or several are. */
static unsigned mendable(struct share_fields *fields, unsigned count)
{
	unsigned found = 0, positions = 0;

	for (unsigned i = 0; i < count; i++) {
		uint16_t was = fields->word[i];
		bool mends = false;

		for (unsigned other = 0; other < SHARE_LIST; other++) {
			fields->word[i] = (uint16_t)other;
			mends |= other != was && checksum(fields->word, count) == 1;
		}
		fields->word[i] = was;
		if (mends) {
			found = i + 1;
			positions++;
		}
	}
	return positions == 1 ? found : 0;
}

static int bad_checksum(struct share_fields *fields, unsigned count, unsigned number, struct error *e)
{
	unsigned position = mendable(fields, count);

	if (position && number)
		return error_set(e, ERROR_FAULT, N_("Share %u: word %u is wrong, most likely: look at it again."),
		        number, position);
	if (position)
		return error_set(e, ERROR_FAULT, N_("Word %u is wrong, most likely: look at it again."), position);
	if (number)
		return error_set(e, ERROR_FAULT, N_("Share %u: one or more words are wrong."), number);
	return error_set(e, ERROR_FAULT, N_("One or more words are wrong, or in another order."));
}

/* Words joined by exactly one space into numbers; *count of them. */
static int read_words(
        const struct secret *words, struct share_fields *out, unsigned *count, unsigned number, struct error *e)
{
	size_t start = 0;

	*count = 0;
	for (;;) {
		const uint8_t *space = memchr(words->data + start, ' ', words->len - start);
		size_t end = space ? (size_t)(space - words->data) : words->len;
		unsigned found = find_word(words->data + start, end - start);

		if (found == SHARE_LIST)
			return bad_word(*count + 1, number, e);
		if (*count < SHARE_WORDS_MAX)
			out->word[*count] = (uint16_t)found;
		++*count;
		if (!space)
			return 0;
		start = end + 1;
	}
}

static unsigned bits(const uint16_t *word, unsigned from, unsigned length)
{
	unsigned value = 0;

	for (unsigned i = from; i < from + length; i++)
		value = value << 1 | ((unsigned)word[i / 10] >> (9 - i % 10) & 1U);
	return value;
}

static void put_bits(uint16_t *word, unsigned from, unsigned length, unsigned value)
{
	for (unsigned i = 0; i < length; i++) {
		unsigned at = from + i;

		word[at / 10] = (uint16_t)(word[at / 10] | (value >> (length - 1 - i) & 1U) << (9 - at % 10));
	}
}

int share_decode(const struct secret *words, struct share_fields *out, unsigned number, struct error *e)
{
	unsigned count, padding;

	if (read_words(words, out, &count, number, e))
		return -1;
	if (count < SHARE_WORDS || count > SHARE_WORDS_MAX || (padding = (count - SHARE_MANTLE) * 10 % 16) > 8)
		return bad_count(count, number, e);
	if (checksum(out->word, count) != 1)
		return bad_checksum(out, count, number, e);
	out->id = (uint16_t)bits(out->word, 0, 15);
	out->extendable = bits(out->word, 15, 1);
	out->exponent = (uint8_t)bits(out->word, 16, 4);
	out->group = (uint8_t)bits(out->word, 20, 4);
	out->group_threshold = (uint8_t)(bits(out->word, 24, 4) + 1);
	out->group_count = (uint8_t)(bits(out->word, 28, 4) + 1);
	out->member = (uint8_t)bits(out->word, 32, 4);
	out->member_threshold = (uint8_t)(bits(out->word, 36, 4) + 1);
	out->len = (uint8_t)(((count - SHARE_MANTLE) * 10 - padding) / 8);
	for (unsigned i = 0; i < out->len; i++)
		out->value[i] = (uint8_t)bits(out->word, 40 + padding + 8 * i, 8);
	if (bits(out->word, 40, padding) || out->group_threshold > out->group_count)
		return bad_form(number, e);
	return 0;
}

struct secret *share_encode(struct share_fields *fields, struct error *e)
{
	unsigned value_words = (8U * fields->len + 9) / 10, count = value_words + SHARE_MANTLE;
	unsigned padding = value_words * 10 - 8U * fields->len;
	struct secret *out = secret_new((size_t)count * (SHARE_WORD_MAX + 1), e);
	uint16_t *word = fields->word;
	uint32_t sum;

	if (!out)
		return NULL;
	memset(word, 0, sizeof fields->word);
	put_bits(word, 0, 15, fields->id);
	put_bits(word, 15, 1, fields->extendable);
	put_bits(word, 16, 4, fields->exponent);
	put_bits(word, 20, 4, fields->group);
	put_bits(word, 24, 4, fields->group_threshold - 1U);
	put_bits(word, 28, 4, fields->group_count - 1U);
	put_bits(word, 32, 4, fields->member);
	put_bits(word, 36, 4, fields->member_threshold - 1U);
	for (unsigned i = 0; i < fields->len; i++)
		put_bits(word, 40 + padding + 8 * i, 8, fields->value[i]);
	sum = checksum(word, count) ^ 1;
	put_bits(word, 10 * (count - CHECKSUM_WORDS), 30, sum);
	for (unsigned i = 0; i < count; i++)
		if ((i && secret_text(out, " ")) || secret_text(out, slip39_words[word[i]])) {
			secret_free(&out);
			error_set(e, ERROR_INTERNAL, N_("A share is longer than its room."));
			break;
		}
	return out;
}
