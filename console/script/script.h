/* The ceremony script: one YAML file, parsed into typed parts with their line and column. */
#ifndef SCRIPT_SCRIPT_H
#define SCRIPT_SCRIPT_H

#include "base/bytes.h"
#include "base/error.h"

struct place {
	unsigned line, column; /* from 1 */
};

/* A text for people in every language of the script, in the order of script->languages. */
struct script_text {
	char **in; /* in[i] is in languages[i]; never NULL once checked */
	struct place place;
};

struct script_list {
	char **item;
	struct place *place;
	size_t count;
};

struct script_role {
	char *name;
	unsigned minimum, maximum, quorum; /* quorum 0: the role approves nothing */
	bool range;                        /* count was written as {minimum, maximum} */
	struct place place;
};

struct script_person {
	char *name;       /* the NAME of the vkey */
	char *role, *key; /* key: the vkey line */
	char *card;       /* SHA-256 of the certificate of their smart card, in hex; or NULL */
	struct place place;
};

struct script_hsm {
	char *name, *manufacturer, *model, *attachment, *fips; /* NULL where not given */
	bool software;                                         /* software: yes */
	struct place place;
};

enum pin_kind { PIN_USER, PIN_SO };
struct script_secret {
	char *name, *hsm, *holders; /* holders: a role */
	enum pin_kind pin;
	unsigned shares, threshold;
	struct place place;
};

struct script_key {
	char *name, *hsm, *algorithm, *label; /* algorithm: rsa-2048 … rsa-8192, ec-p256, ec-p384, ec-p521, ed25519 */
	struct place place;
};

struct script_rdn {
	char *type, *value; /* "CN", "Example Root CA G1" */
	bool printable;     /* as: printable; otherwise UTF8String where there is a choice */
	bool joined;        /* of the same RDN as the one before */
	struct place place;
};
struct script_extension {
	char *name, *value; /* OpenSSL x509v3_config */
	struct place place;
};
struct script_section {
	char *name; /* values refer to it as @NAME */
	struct script_extension *field;
	size_t count;
	struct place place;
};
/* Issued in this ceremony, known from the previous record, or taken in by a step. Those that exist have but name and
 * key. */
enum certificate_origin { CERTIFICATE_ISSUED, CERTIFICATE_PREVIOUS, CERTIFICATE_FILE };
struct script_certificate {
	char *name, *issuer, *signature, *serial; /* issuer "self" or a certificate; serial "random" or hex */
	enum certificate_origin from;
	/* Whose key is certified: one of the script's, that of a request, or all that an existing certificate says of
	 * its subject. One of the three. */
	char *key, *request, *cross;
	bool subject_of_request; /* subject: request */
	struct script_rdn *subject;
	size_t subjects;
	char *organisation_ja, *organisation_en; /* both or neither */
	bool from_signing;
	unsigned days;                 /* from: signing */
	int64_t not_before, not_after; /* else: seconds since 1970 */
	bool outlives_issuer;          /* outlives-issuer: accepted */
	struct script_extension *extensions;
	size_t extension_count;
	struct script_section *sections;
	size_t section_count;
	struct script_list lint; /* rule sets: rfc5280, cabf-root, … */
	struct place place, issuer_place, signature_place, cross_place, request_place;
};

/* A certification request (PKCS#10): one that is taken in from a medium, or one that a key on a token makes. */
struct script_request {
	char *name;
	bool taken;
	/* Of one that is made: subject, key, signature and extensions; nothing else of it. */
	struct script_certificate profile;
	struct place place;
};

/* A revoked certificate: by its serial number in hex, as a certificate of the script, or as a file on the step's
 * medium. */
struct script_crl_entry {
	char *serial, *certificate, *file; /* one of them */
	int64_t time, invalidity;          /* seconds since 1970; invalidity -1: none */
	char *reason;
	struct place place;
};
struct script_crl {
	char *name, *issuer, *signature; /* issuer: a certificate, whose key signs */
	char *number;                    /* "next", or decimal */
	int64_t seconds;                 /* from this update (the moment of signing) to the next */
	bool covers_ca;
	struct script_crl_entry *entries;
	size_t entry_count;
	char *from_file, *carry_forward; /* files on the step's medium, or NULL */
	struct script_extension *extensions;
	size_t extension_count;
	struct script_list lint; /* rule sets: rfc5280-crl, cabf-crl */
	struct place place;
};

/* OCSP responses signed ahead, one for each certificate that is named in any of four ways. */
struct script_ocsp {
	char *name, *issuer, *signature;
	char *responder;                          /* a certificate whose key signs; NULL: the issuer */
	struct script_list certificates, serials; /* serials in hex */
	char *from_file,
	        *crl;      /* a file on the step's medium; a CRL of the script, which says what is revoked; or NULL */
	bool sha1, sha256; /* of the CertID */
	bool by_name;      /* ResponderID */
	int64_t seconds;   /* from this update (the moment of signing) to the next */
	bool covers_ca;
	struct script_list lint; /* rule sets: rfc6960, cabf-ocsp-response */
	struct place place;
};

/* A parameter of a step, as its kind's table has it. */
struct script_param {
	char *name, *value; /* value NULL: a list */
	struct script_list list;
	struct place place;
};
enum on_failure { ON_FAILURE_ASK, ON_FAILURE_RETRY, ON_FAILURE_END }; /* not given; retry; end-by-control */
struct script_step {
	char *id, *kind;
	struct script_text say;
	char *approve; /* a role, or NULL */
	enum on_failure on_failure;
	struct script_param *params;
	size_t param_count;
	struct place place;
};

struct script {
	char *path;
	struct bytes raw;
	uint8_t sha256[32];
	struct script_text title;
	char *origin, *previous, *control; /* previous: none, optional, required */
	struct script_list languages, references;
	struct script_role *roles;
	size_t role_count;
	struct script_list *exclusive;
	size_t exclusive_count;
	struct script_person *people;
	size_t person_count;
	struct script_hsm *hsms;
	size_t hsm_count;
	struct script_secret *secrets;
	size_t secret_count;
	struct script_key *keys;
	size_t key_count;
	struct script_certificate *certificates;
	size_t certificate_count;
	struct script_request *requests;
	size_t request_count;
	struct script_crl *crls;
	size_t crl_count;
	struct script_ocsp *ocsps;
	size_t ocsp_count;
	struct script_step *steps;
	size_t step_count;
};

/* Every fault found, in the order of the file. */
struct fault_list {
	struct error *fault; /* each with line and column */
	size_t count;
	bool failed; /* no memory for another */
};
void fault_add(struct fault_list *list, struct place place, const char *id, ...) __attribute__((format(printf, 3, 4)));
void fault_list_free(struct fault_list *list);

/* Reads and checks a script: syntax (the first fault ends it) and meaning (all faults). NULL when there is any fault.
 * `path` is for messages only; `raw` is moved in. Owned by the caller. */
struct script *script_parse(const char *path, struct bytes *raw, struct fault_list *faults);
void script_free(struct script **s);

const char *script_say(
        const struct script *s, const struct script_text *text, const char *language); /* falls back to the first */
/* Lookups by name; NULL when there is none. */
const struct script_role *script_role(const struct script *s, const char *name);
const struct script_hsm *script_hsm(const struct script *s, const char *name);
const struct script_secret *script_secret(const struct script *s, const char *hsm, enum pin_kind pin);
/* The secret that a step shares anew: its `secret`, else the user PIN of its `hsm`. NULL: there is none. */
const struct script_secret *step_secret(const struct script *s, const struct script_step *step);
const struct script_key *script_key(const struct script *s, const char *name);
const struct script_certificate *script_certificate(const struct script *s, const char *name);
const struct script_request *script_request(const struct script *s, const char *name);
/* The key that signs the certificate: its own, or its issuer's. NULL when the script does not have it. */
const struct script_key *script_signer(const struct script *s, const struct script_certificate *c);
const struct script_crl *script_crl(const struct script *s, const char *name);
const struct script_ocsp *script_ocsp(const struct script *s, const char *name);
/* The certificate whose key signs the responses. */
const char *ocsp_signer(const struct script_ocsp *o);
/* The files that a CRL takes in, in the order in which they are: entries, from-file, carry-forward. How many, at most
 * `most`. */
enum { CRL_FILES_MAX = 64 };
size_t script_crl_files(const struct script_crl *c, const char *list[], size_t most);
/* The sign-document step whose file is `name`, or whose signature is (`name` is then its file and ".p7s"); NULL when
 * there is none. */
const struct script_step *script_document(const struct script *s, const char *name);
/* The take-in step that takes in the file `name`; NULL when there is none. */
const struct script_step *script_taken_in(const struct script *s, const char *name);
const char *step_param(const struct script_step *step, const char *name);                    /* scalar or NULL */
const struct script_list *step_param_list(const struct script_step *step, const char *name); /* or NULL */

#endif
