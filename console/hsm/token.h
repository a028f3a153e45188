/* One HSM of the script in the helper: its token, chosen by label and serial from the record, and the session on it. */
#ifndef HSM_TOKEN_H
#define HSM_TOKEN_H

#include "hsm/module.h"
#include "base/secret.h"
#include "people/policy.h"

enum { OBJECT_ID_MAX = 64, OBJECTS_MAX = 4096 };

struct token {
	const struct policy_hsm *policy;
	bool rehearsal;
	char label[TOKEN_TEXT],
	        serial[TOKEN_TEXT]; /* what to look for: entry 0's, then those of the newest initialise-hsm */
	bool initialised;           /* by this very helper */
	struct module *module;      /* not owned */
	struct token_info info;     /* as last read */
	CK_SESSION_HANDLE session;  /* 0: none */
	bool unlocked;              /* the user is logged in */
};

struct object {
	CK_OBJECT_HANDLE handle;
	CK_OBJECT_CLASS class;
	bool private;
	struct bytes label;
	uint8_t id[OBJECT_ID_MAX];
	size_t id_len; /* longer ones are cut: compare with what is shorter only */
};

/* Finds the token again and reads its information. Refuses two that match, none, a software token where the policy has
 * none, and in a rehearsal a token that was not made for one. */
int token_find(struct token *t, struct error *e);
/* After C_InitToken: the one initialised token of this label, which it is from now on. */
int token_adopt(struct token *t, const char *label, struct error *e);
/* Makes sure that a session is open: read/write, or read-only when `write` is false and none is open yet. */
int token_open(struct token *t, bool write, struct error *e);
/* Logs out and closes. Nothing is left of the session, whatever the token answers; -1 when it answered with an error.
 */
int token_close(struct token *t, struct error *e);
/* One C_Login, never a second try. `pin` NULL: it is entered on the device, which must say that it has a way for it. */
int token_login(struct token *t, CK_USER_TYPE user, const struct secret *pin, struct error *e);
/* Is the PIN entered on the device, by the record's word? Then the device must have a way for it: 1, 0, -1 with `e`. */
int token_on_device(const struct token *t, struct error *e);
/* -1 with an error for `rv`; a session that is gone is forgotten. */
int token_error(struct token *t, CK_RV rv, const char *call, struct error *e);

/* The value of an attribute into a cleared `out`: 0; 1 when the object has no such attribute or keeps it secret; -1. */
int token_attribute(
        struct token *t, CK_OBJECT_HANDLE object, CK_ATTRIBUTE_TYPE type, struct bytes *out, struct error *e);
/* Every object that the session sees, in the token's order. `*list` is the caller's: object_list_free(). */
int token_objects(struct token *t, struct object **list, size_t *count, struct error *e);
void object_list_free(struct object **list, size_t count);
bool object_has_id(const struct object *o, const uint8_t *id, size_t len);
const char *object_class_name(CK_OBJECT_CLASS class);
/* {class,label,cka_id} of those that need no login to be seen, sorted, as a JSON array. */
int token_public_objects(struct token *t, struct bytes *json, struct error *e);

#endif
