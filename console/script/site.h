/* The site file: where things are on this machine. Same notation and strictness as the script. */
#ifndef SCRIPT_SITE_H
#define SCRIPT_SITE_H

#include "script/script.h"

enum login_method { LOGIN_SHARES, LOGIN_SPLIT_ENTRY, LOGIN_PROTECTED_PATH };
enum pin_alphabet { ALPHABET_HEX, ALPHABET_DIGITS };
struct site_pin {
	char *prefix;         /* "" when none */
	unsigned length;      /* characters after the prefix; 32 when not given, 16 at the least without short_pin */
	enum pin_alphabet alphabet;
	bool short_pin;       /* short-pin: accepted */
};
struct site_hsm {
	char *name, *module, *label, *serial; /* label and serial as the token has them; for a fresh token label is "" */
	enum login_method login;
	struct script_list holders;      /* split-entry: the two key NAMEs */
	struct site_pin user_pin, so_pin;
	struct script_extension *environment; /* module-environment: name and value, for the helper */
	size_t environment_count;
	struct place place;
};
struct site_medium {
	char *name, *directory;
	struct place place;
};
struct site_linter { /* a program of others that judges certificates too */
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
	char *credentials; /* directory of NAME.key and NAME.vkey, or NULL */
	unsigned act_timeout; /* seconds, 300 when not given */
	unsigned auto_lock;   /* minutes, 30 when not given */
	char *language;       /* or NULL */
	struct site_linter linter;
	char *image;          /* name and hash of the boot image as written there, or NULL */
};

/* As script_parse(); `script` (may be NULL) gives the names that must be there. */
struct site *site_parse(const char *path, struct bytes *raw, const struct script *script, struct fault_list *faults);
void site_free(struct site **s);
const struct site_hsm *site_hsm(const struct site *s, const char *name);
const struct site_medium *site_medium(const struct site *s, const char *name);

#endif
