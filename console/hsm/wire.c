#include "hsm/wire.h"
#include "hsm/wire_messages.h"
#include <string.h>

static const char *const messages[] = {WIRE_MESSAGES};
enum { MESSAGES = sizeof messages / sizeof messages[0] };

void wire_header(uint8_t header[WIRE_HEADER], enum wire_type type, size_t len)
{
	header[0] = (uint8_t)(len >> 24);
	header[1] = (uint8_t)(len >> 16);
	header[2] = (uint8_t)(len >> 8);
	header[3] = (uint8_t)len;
	header[4] = (uint8_t)type;
}

int wire_header_len(const uint8_t header[WIRE_HEADER], size_t *len)
{
	*len = wire_u32_read(header);
	return *len > WIRE_MAX ? -1 : 0;
}

void wire_u32(struct bytes *out, uint32_t value)
{
	for (int shift = 24; shift >= 0; shift -= 8)
		bytes_byte(out, (uint8_t)(value >> shift));
}

void wire_u64(struct bytes *out, uint64_t value)
{
	wire_u32(out, (uint32_t)(value >> 32));
	wire_u32(out, (uint32_t)value);
}

uint32_t wire_u32_read(const uint8_t in[4])
{
	return (uint32_t)in[0] << 24 | (uint32_t)in[1] << 16 | (uint32_t)in[2] << 8 | in[3];
}

uint64_t wire_u64_read(const uint8_t in[8])
{
	return (uint64_t)wire_u32_read(in) << 32 | wire_u32_read(in + 4);
}

void wire_field(struct bytes *out, const void *data, size_t len)
{
	if (!data) {
		wire_u32(out, WIRE_ABSENT);
		return;
	}
	wire_u32(out, (uint32_t)len);
	bytes_add(out, data, len);
}

void wire_error(struct bytes *out, const struct error *e)
{
	uint32_t number = 0;
	while (number < MESSAGES && (!e->message.id || strcmp(messages[number], e->message.id)))
		number++;
	wire_u32(out, (uint32_t)e->code);
	wire_u64(out, e->ckr);
	wire_u32(out, number);
	if (number < MESSAGES) {
		for (int i = 0; i < MESSAGE_ARGS; i++)
			wire_field(out, e->message.args[i], strlen(e->message.args[i]));
		return;
	}
	struct bytes text = {0};
	message_text(&e->message, NULL, &text);
	const char *sentence = bytes_string(&text);
	wire_field(out, sentence, strlen(sentence));
	bytes_free(&text);
}

/* Takes one field off the front of [*in, *in + *len). */
static int take(const uint8_t **in, size_t *len, const uint8_t **field, size_t *field_len)
{
	if (*len < 4)
		return -1;
	size_t n = wire_u32_read(*in);
	if (n > *len - 4)
		return -1;
	*field = *in + 4;
	*field_len = n;
	*in += 4 + n;
	*len -= 4 + n;
	return 0;
}

int wire_error_read(const uint8_t *in, size_t len, struct error *e)
{
	const uint8_t *field;
	size_t n;
	if (len < 16)
		return -1;
	struct error got = {.code = (enum error_code)wire_u32_read(in), .ckr = wire_u64_read(in + 4)};
	uint32_t number = wire_u32_read(in + 12);
	if (got.code <= ERROR_NONE || got.code > ERROR_INTERNAL || number > MESSAGES)
		return -1;
	in += 16;
	len -= 16;
	if (number < MESSAGES) {
		got.message.id = messages[number];
		for (int i = 0; i < MESSAGE_ARGS; i++) {
			if (take(&in, &len, &field, &n) || n >= MESSAGE_ARG_MAX)
				return -1;
			memcpy(got.message.args[i], field, n);
		}
	} else {
		struct bytes text = {0};
		if (take(&in, &len, &field, &n))
			return -1;
		bytes_add(&text, field, n);
		message_set(&got.message, "%s", bytes_string(&text));
		bytes_free(&text);
	}
	if (len)
		return -1;
	if (e)
		*e = got;
	return 0;
}
