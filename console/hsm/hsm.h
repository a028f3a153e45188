/* The HSM, as the rest of the program sees it: a process of its own that is fed every line of the record, folds consent
 * itself, and makes the token do what an open act's authority says, once. Requests are answered in order; one at a
 * time. */
#ifndef HSM_HSM_H
#define HSM_HSM_H

#include "base/bytes.h"
#include "base/secret.h"

struct hsm;
struct error;
struct json;

enum hsm_verb {
	HSM_TOKENS,     /* every token of hsm's module: JSON array of
	                   {slot,label,serial,manufacturer,model,firmware,initialised} */
	HSM_INSPECT,    /* the token itself: JSON of label, serial, manufacturer, model, firmware, hardware, flags{…},
	                 * pin_flags (what the    token says of its PINs, in words; the `flags` of an unlock order),
	                 * mechanisms[], pin_min, pin_max, objects[]    {class,label,cka_id} of what can be seen without
	                 * login, sorted (the `found` of an initialise order); and when    `key_label` or `cka_id` is set,
	                 * what public or private objects already use it: label_used, id_used */
	HSM_INITIALISE, /* `intended`; so_pin, user_pin, old_pin (NULL: same as so_pin): JSON of label, serial, flags,
	                 * which are the act's facts: from them the token is known afterwards. No PINs where the
	                 * record's login is protected-path. `data` HSM_OWN_BOUNDS: the token's bounds of a PIN are not
	                 * those of its SO PIN */
	HSM_UNLOCK,     /* `intended`; user_pin, none where the record's login is protected-path: JSON of flags */
	HSM_CHANGE_PIN, /* `intended`; user_pin or so_pin (the order's `pin` says which) and old_pin: JSON of flags,
	                 * old_pin. ERROR_FAULT: the token's PIN was not touched; after any other error nobody knows,
	                 * and HSM_SETTLE_PIN finds out */
	HSM_SETTLE_PIN, /* the same PINs: JSON of valid, "new" or "old", by one try of each */
	HSM_GENERATE,   /* `intended`; challenge, 16 to 64 bytes: JSON, the facts of generate-key but for spki_sha256.
	                 * What is signed is   "tachiai-possession/1" LF challenge */
	HSM_CHECK_KEY, /* `intended`; challenge as for HSM_GENERATE: JSON of spki, attributes, token, and the same proof
	                  of possession */
	HSM_SIGN, /* `intended`; tbs, a TBSCertificate whose serial number, validity and subject's key are the order's,
	           * or a TBSCertList whose number, times and count of entries are: JSON {"signature":base64}, as X.509
	           * wants it (ECDSA: DER). Of a make-request: a CertificationRequestInfo for the key itself; of a
	           * sign-document: 4 bytes of length, the signed attributes, the document */
	HSM_LEAVES, /* `intended`; 32 bytes for each of the to-be-signed bytes of a batch: SHA-256(00 || bytes), whose
	             * number and RFC 6962 root are the order's: JSON {"count":N}. Spends the authority; HSM_SIGN_BATCH
	             * goes on under it */
	HSM_SIGN_BATCH, /* `intended`; the number of the first (4 bytes, from 0), then each one's length (4 bytes) and
	                 * bytes: JSON
	                 * {"signatures":base64} of each one's length (2 bytes) and signature. Each leaf is signed once
	                 */
	HSM_LOCK,       /* logs out; the helper forgets the token */

	/* A person's smart card, by a helper of its own that is fed no line (one that has the record drives no card,
	 * one that drives a card takes no record). `hsm` is the person's NAME; `data` a JSON object of exactly module,
	 * module_sha256 (hex or null), label, serial, certificate_sha256 (hex), cka_id (hex or null), login (boolean),
	 * pin_told, and of HSM_CARD_SIGN also algorithm, message and attributes (base64). No act stands behind it: what
	 * is signed is judged. */
	HSM_CARD_CERTIFICATE, /* user_pin when `login`, but for a PIN pad: JSON of certificate (base64; null when the
	                       * card does not show it, or not without login) and protected_path */
	HSM_CARD_SIGN         /* user_pin; `attributes` are the signed attributes of a CMS over `message`, which is a
	                       * cosignature's:	 JSON {"signature":base64} */
};

/* Of a PIN's state, what its holder was told before typing it: a try that they were not warned of is not made. */
enum hsm_pin_told { PIN_TOLD_NOTHING, PIN_TOLD_FEW, PIN_TOLD_LAST };

#define HSM_OWN_BOUNDS "own-bounds"

struct hsm_request {
	enum hsm_verb verb;
	const char *hsm;   /* the script's name; module, label and serial come from the record's own lines */
	uint64_t intended; /* seq of act.intended */
	struct secret *so_pin, *user_pin, *old_pin; /* moved: NULL afterwards */
	const void *data;                           /* challenge or to-be-signed bytes */
	size_t len;
	const char *key_label; /* HSM_INSPECT */
	const char *cka_id;    /* HSM_INSPECT: hex */
};

/* Starts the helper program; `environment` is a NULL-terminated NAME=VALUE list for the modules and all that it gets.
 */
struct hsm *hsm_start(const char *helper, char *const environment[], struct error *e);
/* Ends the helper (asks, then SIGKILL) and frees. */
void hsm_end(struct hsm **h);
/* Feeds one line of the record (no LF), from entry 0 on. -1 when the helper is gone or refused it. */
int hsm_feed(struct hsm *h, const char *line, size_t len, struct error *e);
/* Sends a request; the answer comes later. Secrets in it are moved, wiped and NULL afterwards in every case. */
int hsm_ask(struct hsm *h, struct hsm_request *request, struct error *e);
int hsm_fd(const struct hsm *h); /* readable when an answer waits */
/* 1: *answer holds the answer's JSON object text; 0: none yet; -1 with `e`: refused or failed (ERROR_TOKEN has ckr;
 * ERROR_MISSING when the helper or the token is gone). Does not block. */
int hsm_answer(struct hsm *h, struct bytes *answer, struct error *e);
/* Was it a wrong PIN, tried at the token, that this error of HSM_CARD_… speaks of? */
bool hsm_pin_was_wrong(const struct error *e);
/* What its holder has been told by this error of HSM_CARD_…. */
enum hsm_pin_told hsm_pin_told(const struct error *e);
/* hsm_ask() and hsm_answer() in one, waiting up to `seconds`. For commands without a screen. */
int hsm_call(struct hsm *h, struct hsm_request *request, unsigned seconds, struct bytes *answer, struct error *e);

#endif
