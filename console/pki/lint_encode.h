/* How lint writes DER from a script's words: the parts that extension values share. Each appends to `out`: 1: done; 0:
 * of a kind not known here; -1: no value at all. */
#ifndef PKI_LINT_ENCODE_H
#define PKI_LINT_ENCODE_H

#include "base/bytes.h"

struct pki_profile;
struct pki_section;

enum {
	SEQUENCE = 0x30,
	SET = 0x31,
	OCTETS = 0x04,
	OID = 0x06,
	INTEGER = 0x02,
	BOOLEAN = 0x01,
	BITS = 0x03,
	NESTING = 8
};
/* A field of a value: "pathlen:0", or a field of the section that the value is. */
struct field {
	char *name, *value; /* value NULL: there is no colon */
};
struct fields {
	struct field *at;
	size_t count;
};

void fields_free(struct fields *f);
/* NULL: none of that name */
const struct pki_section *profile_section(const struct pki_profile *p, const char *name);
/* Commas between fields, the first colon between name and value; all of a section for @NAME. -1: no such section. Freed
 * by the caller also then. */
int fields_read(struct fields *f, const struct pki_profile *p, const char *value);
/* "CPS.1" is CPS. */
bool field_is(const struct field *f, const char *name);
/* The element of those contents when `status` is 1; frees `body` and returns `status`, so that calls can be chained. */
int encode_wrapped(struct bytes *out, uint8_t tag, struct bytes *body, int status);
int encode_string(struct bytes *out, uint8_t tag, const char *text);
/* From 0; 0: too large. */
int encode_number(struct bytes *out, uint8_t tag, const char *digits);
/* RFC 5280 section 4.2.1.6; `kind` is the part of the name that says which, behind "permitted;" and the like. */
int encode_general_name(struct bytes *out, const struct pki_profile *p, const struct field *f, const char *kind);
/* Those of a value, one behind the other under one tag. */
int encode_general_names(struct bytes *out, uint8_t tag, const struct pki_profile *p, const char *value);

#endif
