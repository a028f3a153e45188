/* The site file: where things are on this machine. Same notation and strictness as the script. */
#ifndef SCRIPT_SITE_H
#define SCRIPT_SITE_H

#include "script/script.h"

enum login_method { LOGIN_SHARES, LOGIN_SPLIT_ENTRY, LOGIN_PROTECTED_PATH };
enum pin_alphabet { ALPHABET_HEX, ALPHABET_DIGITS };
struct site_pin {
	char *prefix;    /* "" when none */
	unsigned length; /* characters after the prefix; 32 when not given, 16 at the least without short_pin */
	enum pin_alphabet alphabet;
	bool short_pin;  /* short-pin: accepted */
	bool own_bounds; /* own-bounds: yes, of an SO PIN: the token's bounds are those of its user PIN alone */
};
struct site_hsm {
	char *name, *module, *label,
	        *serial; /* label and serial as the token has them; for a fresh token label is "" */
	enum login_method login;
	struct script_list holders; /* split-entry: the two key NAMEs */
	struct site_pin user_pin, so_pin;
	struct script_extension *environment; /* module-environment: name and value, for the helper */
	size_t environment_count;
	struct place place;
};
struct site_medium {
	char *name, *directory;
	char *device, *filesystem; /* what the program mounts there itself; NULL: it uses the directory as it is */
	char *serial;              /* the device must have it; NULL: any */
	bool optical;              /* kind: optical: written by burning */
	struct place place;
};
enum card_type { CARD_X509, CARD_PIV, CARD_JPKI };
/* The smart card of a person of the script. */
struct site_card {
	char *person, *module, *label, *serial; /* label and serial as the card has them */
	char *certificate; /* CKA_ID in hex, or NULL: the certificate is found by its pinned hash alone */
	char *chain;       /* path of a PEM file of further certificates, or NULL */
	enum card_type type;
	bool protected_path; /* login: protected-path: the PIN is typed at the reader */
	bool module_pinned;  /* module-sha256 is given */
	uint8_t module_sha256[32];
	struct script_extension *environment; /* module-environment */
	size_t environment_count;
	struct place place;
};
#define SITE_PERSON "{person}"
struct site_linter {   /* a program of others that judges certificates too */
	char *program; /* NULL: none */
	uint8_t sha256[32];
	struct script_list arguments;
	struct place place;
};
struct site {
	char *path;
	struct bytes raw;
	uint8_t sha256[32];
	struct site_hsm *hsms;
	size_t hsm_count;
	struct site_medium *media;
	size_t medium_count;
	struct site_card *cards;
	size_t card_count;
	char *credentials;    /* directory of NAME.key and NAME.vkey, "{person}" in it standing for NAME; or NULL */
	unsigned act_timeout; /* seconds, 300 when not given */
	unsigned auto_lock;   /* minutes, 30 when not given */
	char *weak_keys;      /* a list of keys known to be weak, or NULL */
	char *language;       /* or NULL */
	struct site_linter linter;
	char *image; /* name and hash of the boot image as written there, or NULL */
};

/* As script_parse(); `script` (may be NULL) gives the names that must be there. */
struct site *site_parse(const char *path, struct bytes *raw, const struct script *script, struct fault_list *faults);
void site_free(struct site **s);
const struct site_hsm *site_hsm(const struct site *s, const char *name);
const struct site_card *site_card(const struct site *s, const char *person);
const struct site_medium *site_medium(const struct site *s, const char *name);

#endif
