/* From nodes to typed values: each function reads one value, or adds the fault at its place and says so. Private. */
#ifndef SCRIPT_SCHEMA_H
#define SCRIPT_SCHEMA_H

#include "script/tree.h"

enum { NAME_MAX_LEN = 64, ORIGIN_MAX = 200, LABEL_MAX = 32, SHA256_HEX = 64 };

struct key_rule {
	const char *key;
	bool required;
};

/* Is it a map with the known keys of `rules` (ended by a NULL key) and all the required ones? Adds a fault for each
 * key that is unknown or missing. False only when it is no map: what is there can be read in any case. */
bool read_keys(struct fault_list *faults, const struct node *map, const struct key_rule *rules);
void missing_key(struct fault_list *faults, const struct node *map, const char *key);
bool is_map(struct fault_list *faults, const struct node *node);
bool is_list(struct fault_list *faults, const struct node *node);
/* Room for one element an entry; NULL also when there is none. Marks the list failed when there is no memory. */
void *read_room(struct fault_list *faults, const struct node *node, size_t size);

/* One line of text without blanks at its ends; `read_any` takes an empty one too. Owned by the caller; NULL: fault. */
char *read_line(struct fault_list *faults, const struct node *node);
char *read_any(struct fault_list *faults, const struct node *node);
/* A name: [a-z0-9] first, then [a-z0-9-], with `dots` also ".", 64 characters at most. */
char *read_name(struct fault_list *faults, const struct node *node, bool dots);
/* The same of the key that the node stands under. */
char *read_key_name(struct fault_list *faults, const struct node *node);
/* A time in UTC, in seconds. */
bool read_time(struct fault_list *faults, const struct node *node, int64_t *out);
bool read_number(struct fault_list *faults, const struct node *node, unsigned least, unsigned most, unsigned *out);
/* Which of `choices` (ended by NULL), or -1. */
int read_choice(struct fault_list *faults, const struct node *node, const char *const *choices);
/* At most `most` bytes in a line. */
char *read_bounded(struct fault_list *faults, const struct node *node, size_t most);
/* What a token or key is to be called: at most LABEL_MAX bytes, and shown as it is everywhere (text_visible()), in a
 * rehearsal too, where "REHEARSAL " stands before it: by its label it is found again. */
char *read_label(struct fault_list *faults, const struct node *node);
/* Extensions in OpenSSL's syntax, as a map of name and value; `spelled` (ended by NULL): the names that a slip is held
 * against. Owned by the caller; NULL when there are none. */
enum { EXTENSION_MAX = 4096 };
struct script_extension *read_extensions(
        struct fault_list *faults, const struct node *node, const char *const *spelled, size_t *count);
/* A file name from the root of the file system. */
char *read_path(struct fault_list *faults, const struct node *node);
/* A list of lines, none of them twice. True when it was a list. */
bool read_list(struct fault_list *faults, const struct node *node, struct script_list *out);
/* A text in exactly `languages`; `lines`: may have several lines. */
void read_text(struct fault_list *faults, const struct node *node, const struct script_list *languages, bool lines,
        struct script_text *out);
bool name_is_valid(const char *name, bool dots);
bool language_is_valid(const char *language);
char *copy_text(struct fault_list *faults, const char *text);

/* The word among `words` that `word` was likely meant to be, or NULL. */
const char *nearest(const char *word, const char *const *words);
unsigned word_distance(const char *a, const char *b);
/* The same over an array of structs whose first member is their name (char *). */
const char *nearest_member(const char *word, const void *array, size_t count, size_t size);

/* Is there such a role, …? A fault naming the nearest, if not. */
bool known_role(struct fault_list *faults, const struct script *s, struct place place, const char *name);
bool known_hsm(struct fault_list *faults, const struct script *s, struct place place, const char *name);
bool known_secret(struct fault_list *faults, const struct script *s, struct place place, const char *name);
bool known_key(struct fault_list *faults, const struct script *s, struct place place, const char *name);
bool known_request(struct fault_list *faults, const struct script *s, struct place place, const char *name);
bool known_crl(struct fault_list *faults, const struct script *s, struct place place, const char *name);
/* A certificate, a request or a document that a step before signs. */
bool known_shown(struct fault_list *faults, const struct script *s, struct place place, const char *name);
/* The same or a CRL, or a file that is named after one of them: `stem` is `file` without what follows its first dot. */
bool known_carried(
        struct fault_list *faults, const struct script *s, struct place place, const char *file, const char *stem);
bool known_ocsp(struct fault_list *faults, const struct script *s, struct place place, const char *name);
bool known_certificate(struct fault_list *faults, const struct script *s, struct place place, const char *name);
/* Who runs the ceremony has no vote in it: a fault when `role` is the administrator. */
bool may_vote(struct fault_list *faults, struct place place, const char *role);

/* Parts of a script, each from the value of its top-level key. What they refer to must have been read before. */
void read_roles(struct fault_list *faults, struct script *s, const struct node *node);
void read_exclusive(struct fault_list *faults, struct script *s, const struct node *node);
void read_people(struct fault_list *faults, struct script *s, const struct node *node);
void read_hsms(struct fault_list *faults, struct script *s, const struct node *node);
void read_secrets(struct fault_list *faults, struct script *s, const struct node *node);
void read_script_keys(struct fault_list *faults, struct script *s, const struct node *node);
void read_certificates(struct fault_list *faults, struct script *s, const struct node *node);
/* The requests that certificates are for, once both were read. */
void check_certificate_requests(struct fault_list *faults, const struct script *s);
void read_requests(struct fault_list *faults, struct script *s, const struct node *node);
void read_crls(struct fault_list *faults, struct script *s, const struct node *node);
void read_ocsps(struct fault_list *faults, struct script *s, const struct node *node);
/* What CRLs and OCSP responses have in common. The name of a file on a medium; {days: …} or {hours: …}; a serial number
 * in hex; a certificate whose key signs. */
char *read_medium_file(struct fault_list *faults, const struct node *node);
void read_next_update(struct fault_list *faults, const struct node *node, int64_t *seconds);
bool check_serial_number(struct fault_list *faults, struct place place, const char *text);
void check_signer(struct fault_list *faults, const struct script *s, struct place place, const char *name);
/* A signature algorithm that a key (NULL: not known) can make. */
void read_signature(struct fault_list *faults, const struct node *node, const struct script_key *key, char **out);
void crl_free(struct script_crl *c);
void ocsp_free(struct script_ocsp *o);
void read_steps(struct fault_list *faults, struct script *s, const struct node *node);
/* What is used before it is made, and which HSM is unlocked when. Needs all else read; `place`: of the list of steps.
 */
/* recording.c */
void check_recordings(struct fault_list *faults, const struct script *s);
/* attest.c */
void check_attestations(struct fault_list *faults, const struct script *s);
void check_order(struct fault_list *faults, const struct script *s, struct place place);

/* Parts of a site file. */
struct site;
void read_environment(
        struct fault_list *faults, const struct node *node, struct script_extension **list, size_t *count);
void read_cards(struct fault_list *faults, struct site *s, const struct node *node, const struct script *script);

void list_free(struct script_list *list);

#endif
