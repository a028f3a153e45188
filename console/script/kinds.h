/* The kinds of steps and what each may be given. Private to this layer. */
#ifndef SCRIPT_KINDS_H
#define SCRIPT_KINDS_H

#include <stdbool.h>

enum param_type {
	PARAM_ROLE,
	PARAM_HSM,
	PARAM_KEY,
	PARAM_CERTIFICATE,
	PARAM_CRL,
	PARAM_OCSP,
	PARAM_NAME,    /* of a value or medium */
	PARAM_WORD,    /* what somebody types: printable ASCII */
	PARAM_SECONDS, /* 1 to 3600 */
	PARAM_PATTERN, /* a POSIX ERE; kept anchored, "^(…)$" */
	PARAM_TEXT,
	PARAM_LABEL,   /* of a token: at most 32 bytes (PKCS#11 CK_TOKEN_INFO) */
	PARAM_FACTORY, /* "factory" */
	PARAM_SWITCH,  /* "start" or "stop" */
	PARAM_LABELS,  /* a list; lines of text; may be empty */
	PARAM_SECRET,
	PARAM_REQUEST,
	PARAM_TAKEN,       /* a certificate that comes from a file */
	PARAM_FILE,        /* the name of a file on a medium */
	PARAM_CODE,        /* "checkpoint", a certificate, a request, a CRL or a document */
	PARAM_AS,          /* "fingerprint" or "content" */
	PARAM_TAKEN_FILES, /* a list of the names of files on a medium */
	PARAM_BYTES,       /* 1 to 64 MiB */
	PARAM_YES,         /* "yes" */
	PARAM_CHAIN,       /* a list of 2 to 6 names of files on a medium */
	PARAM_SHA256,      /* 64 lower-case hex digits */
	PARAM_OIDS,        /* a list of "1.2.3" and "1.2.3=HEX" */
	PARAM_ACCEPTED,    /* "accepted" */
	PARAM_FILES        /* a list of certificates, requests, CRLs and documents, and of artifacts made from them */
};

struct param_rule {
	const char *name;
	enum param_type type;
	bool required;
	const char *otherwise; /* what stands for a parameter that is not given; NULL: nothing */
};

enum { KIND_PARAMS = 7 };

struct kind {
	const char *name;
	bool privileged; /* needs `approve` */
	struct param_rule param[KIND_PARAMS + 1];
};

/* NULL when there is no such kind in this version. */
const struct kind *kind_find(const char *name);
/* Can a step of this kind fail (find faults, or have its act fail)? Only then `on-failure` has a meaning. */
bool kind_fails(const char *name);
/* A kind of the language that this version does not have? */
bool kind_is_later(const char *name);
/* The kind of this version that `name` was likely meant to be, or NULL. */
const char *kind_nearest(const char *name);

#endif
