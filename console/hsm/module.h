/* A PKCS#11 module in the helper: loaded after its hash was compared, its tokens listed. libp11 loads it, owns
 * C_Initialize and C_Finalize, and lists slots; everything else goes straight through the module's function list. */
#ifndef HSM_MODULE_H
#define HSM_MODULE_H

#include "base/bytes.h"
#include "base/error.h"
#include "base/json.h"
#include <p11-kit/pkcs11.h>

enum { TOKENS_MAX = 64, TOKEN_TEXT = 168 };

struct module;

/* A token as C_GetTokenInfo shows it; the texts are trimmed and in visible form. */
struct token_info {
	CK_SLOT_ID slot;
	CK_TOKEN_INFO info;
	char label[TOKEN_TEXT], serial[TOKEN_TEXT], manufacturer[TOKEN_TEXT], model[TOKEN_TEXT];
	char firmware[16], hardware[16];
};

/* Hashes the file `path` (absolute; links are followed first), refuses a hash other than `expected` (NULL: a card's
 * module, whose hash nobody gave), loads it. */
struct module *module_load(const char *path, const uint8_t *expected, struct error *e);
void module_free(struct module **m);
/* The path as it was given to module_load(). */
const char *module_path(const struct module *m);
CK_FUNCTION_LIST_PTR module_calls(const struct module *m);
/* Lists the tokens that are in the module's slots now; `out` holds TOKENS_MAX. */
int module_tokens(struct module *m, struct token_info *out, size_t *count, struct error *e);
/* Reads the one in `slot` again. */
int module_token(struct module *m, CK_SLOT_ID slot, struct token_info *out, struct error *e);

bool token_info_initialised(const struct token_info *t);
/* Is it one that lives in a file or in memory, whatever it says of itself otherwise? */
bool token_info_software(const struct token_info *t);
void token_info_flags(const struct token_info *t, struct json_writer *w);
/* What C_GetTokenInfo says of the PINs, words joined by a space; "" when there is nothing to say. A token
 * that is not initialised has no PINs. */
void token_info_pin_flags(const struct token_info *t, struct bytes *out);

#endif
