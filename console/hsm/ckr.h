/* Names of PKCS#11 return values and mechanisms, and the error that a return value becomes. */
#ifndef HSM_CKR_H
#define HSM_CKR_H

#include "base/bytes.h"
#include "base/error.h"
#include <p11-kit/pkcs11.h>

/* "CKR_PIN_LOCKED", or "0x…" for one without a name here; appended. */
void ckr_name(CK_RV rv, struct bytes *out);
void ckm_name(CK_MECHANISM_TYPE mechanism, struct bytes *out);
/* Does it say that token or session is no longer there? */
bool ckr_gone(CK_RV rv);
/* -1 and an ERROR_TOKEN that names `call` and `rv`; ERROR_MISSING when ckr_gone(). */
int ckr_error(struct error *e, CK_RV rv, const char *call);

#endif
