/* Entries of a CRL in memory, 40 bytes each, to be sorted: from a script, from lines taken in, from a CRL carried
 * forward. */
#ifndef PKI_CRL_LIST_H
#define PKI_CRL_LIST_H

#include "pki/crl.h"

/* All zero is empty. */
struct crl_list {
	struct crl_entry *item;
	size_t count, room;
	size_t at; /* of the source below */
};
int crl_list_add(struct crl_list *list, const struct crl_entry *entry, struct error *e);
void crl_list_free(struct crl_list *list);
/* Into ascending order of the serial numbers; one that stands twice is an error that names it. */
int crl_list_sort(struct crl_list *list, struct error *e);
/* Finds the entry with that serial in a sorted list, or NULL. */
const struct crl_entry *crl_list_find(const struct crl_list *list, const uint8_t serial[SERIAL_MAX]);
/* The list as a source; it must not change or move while that is used. */
struct crl_source crl_list_source(struct crl_list *list);

/* Adds the entries of a text of lines "SERIALHEX,TIME,REASON" or "SERIALHEX,TIME,REASON,INVALIDITY", each ended by LF:
 * lower- or upper-case hex in whole octets, times as 2026-12-01T09:30:00Z, the reason by its name in RFC 5280. With
 * `bare`, a line may also be "SERIALHEX" alone: of it the entry's time is -1 (for OCSP: not revoked). Lines that begin
 * with # and empty ones are looked past. Whatever else stands in it is an error with line and column. */
int crl_list_text(struct crl_list *list, const char *text, size_t len, bool bare, struct error *e);

/* Adds the entry of a certificate given whole: it must be the issuer's, with its name byte for byte and its signature
 * verifying under `issuer_spki`. Only `serial` of `entry` is set by it. */
int crl_entry_certificate(struct crl_entry *entry, const void *der, size_t len, const void *issuer_name,
        size_t issuer_len, const void *issuer_spki, size_t spki_len, struct error *e);

#endif
