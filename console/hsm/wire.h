/* What passes between the console and its HSM helper: frames of a 4-byte big-endian length, 1 byte type and that many
 * bytes of payload; fields inside are 4 bytes of length and their bytes. Both ends refuse what is longer than WIRE_MAX.
 */
#ifndef HSM_WIRE_H
#define HSM_WIRE_H

#include "base/bytes.h"
#include "base/error.h"

enum {
	WIRE_MAX = 1 << 20, /* bytes of a payload */
	WIRE_HEADER = 5,
	WIRE_SECRET_MAX = 1024,
	WIRE_FD = 3 /* the helper's end */
};
static const uint32_t WIRE_ABSENT = UINT32_MAX; /* in place of a field's length: there is none */
/* In place of the length of a request's data: they are in the sealed memory whose descriptor came with the frame's
 * header. */
static const uint32_t WIRE_PASSED = UINT32_MAX - 1;
enum {
	WIRE_INLINE = 1 << 18,    /* bytes of data that go with the request; more are passed */
	WIRE_PASSED_MAX = 1 << 30 /* and as many can be */
};

enum wire_type {
	WIRE_LINE = 'L',    /* a line of the record; not answered */
	WIRE_REQUEST = 'Q', /* verb, intended, hsm, data, key_label, cka_id, so_pin, user_pin, old_pin */
	WIRE_ANSWER = 'A',  /* JSON */
	WIRE_ERROR = 'E'    /* struct error */
};

void wire_header(uint8_t header[WIRE_HEADER], enum wire_type type, size_t len);
/* The length in `header`, or -1 when it is over WIRE_MAX. */
int wire_header_len(const uint8_t header[WIRE_HEADER], size_t *len);
void wire_u32(struct bytes *out, uint32_t value);
void wire_u64(struct bytes *out, uint64_t value);
uint32_t wire_u32_read(const uint8_t in[4]);
uint64_t wire_u64_read(const uint8_t in[8]);
/* A field; NULL: an absent one. */
void wire_field(struct bytes *out, const void *data, size_t len);

/* An error as payload. Its message crosses as a number of wire_message() with its arguments, so that the console can
 * translate it; a message of another layer crosses as its English sentence. */
void wire_error(struct bytes *out, const struct error *e);
/* The error again. -1 when the payload is not one. */
int wire_error_read(const uint8_t *in, size_t len, struct error *e);

#endif
