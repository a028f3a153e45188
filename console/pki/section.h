/* The sections that values in x509v3_config syntax refer to, as a configuration in memory: nothing in it is expanded,
 * included, or looked up in the environment. */
#ifndef PKI_SECTION_H
#define PKI_SECTION_H

#include "base/error.h"

#include <openssl/conf.h>
#include <stdbool.h>

struct pki_section;
struct sections;

/* Checks names and fields. NULL with `e`. The sections given must live as long. */
struct sections *sections_new(const struct pki_section *section, size_t count, struct error *e);
void sections_free(struct sections **s);
/* Owned by `s`. */
CONF *sections_conf(const struct sections *s);
bool sections_have(const struct sections *s, const char *name, size_t len);
/* Marks what `value` refers to, and what that refers to, as used. -1 with `e`: it says @NAME or dirName:NAME and there
 * is no such section. `extension` is for the message. */
int sections_use(struct sections *s, const char *extension, const char *value, struct error *e);
/* -1 with `e`: a section is there that nothing refers to. */
int sections_all_used(const struct sections *s, struct error *e);

#endif
