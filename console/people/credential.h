/* A person's signing key on their medium: NAME.key (PKCS#8, PBES2 with scrypt, PEM) and NAME.vkey. */
#ifndef PEOPLE_CREDENTIAL_H
#define PEOPLE_CREDENTIAL_H

#include "record/note.h"

struct bytes;
struct secret;

/* In every `directory` below, "{person}" stands for NAME: each person's medium may have a mount point of its own. */
#define CREDENTIAL_PERSON "{person}"

/* Makes a key pair and writes directory/NAME.key (0600, must not exist) and directory/NAME.vkey. N=16384 r=8 p=8. */
int credential_create(
        const char *directory, const char *name, const struct secret *passphrase, struct vkey *key, struct error *e);
/* The same for a rehearsal's stand-in, whose passphrase is no secret: opened at once (N=1024 p=1). */
int credential_create_stand_in(
        const char *directory, const char *name, const struct secret *passphrase, struct vkey *key, struct error *e);
/* Reads directory/NAME.vkey. When it (or NAME.key, below) is not there, the error is ERROR_MISSING and says whose
 * medium to insert. */
int credential_read(const char *directory, const char *name, struct vkey *key, struct error *e);
/* Opens directory/NAME.key: the seed in guarded memory, or NULL; a wrong passphrase is ERROR_FAULT with the message id
 * credential_wrong_passphrase. The key found must be the vkey's. */
struct secret *credential_unlock(
        const char *directory, const struct vkey *key, const struct secret *passphrase, struct error *e);
extern const char credential_wrong_passphrase[];
/* The same in two: the text of directory/NAME.key (8 KiB at most), and the seed that is in it. */
int credential_text(const char *directory, const char *name, struct bytes *pem, struct error *e);
struct secret *credential_unlock_text(
        const struct bytes *pem, const struct vkey *key, const struct secret *passphrase, struct error *e);
/* Encrypts directory/NAME.key again under another passphrase, with a new salt. The file is replaced at once and whole,
 * after what takes its place was opened with `now`; on -1 it is as it was. NAME.vkey is not touched. */
int credential_change_passphrase(const char *directory, const struct vkey *key, const struct secret *before,
        const struct secret *now, struct error *e);

/* The directory of `name`, "{person}" replaced; appended to a cleared `out`. */
int credential_directory(const char *directory, const char *name, struct bytes *out, struct error *e);
/* Opens it; a sentence about the person's medium when it is not there. The descriptor is the caller's; -1 with `e`. */
int credential_open(const char *directory, const char *name, struct error *e);
/* The same, and NAME.key is in it: nobody's files come onto another person's medium. */
int credential_open_medium(const char *directory, const char *name, struct error *e);

#endif
