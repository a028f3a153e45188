/* What came from outside, tried by a process of its own before this one decodes a byte of it: tachiai-parse, which may
 * do nothing but calculate. What makes it crash, hang or use up memory is refused, and harms nothing. */
#ifndef STEPS_FOREIGN_H
#define STEPS_FOREIGN_H

#include "base/aside.h"
#include "base/bytes.h"
#include "base/error.h"

/* What bytes are said to be: the words that tachiai-parse takes. */
extern const char foreign_request[], foreign_certificate[], foreign_certificate_der[], foreign_crl[],
        foreign_crl_entries[], foreign_ocsp_entries[], foreign_script[], foreign_site[], foreign_key[];

/* 0: they were decoded to their end over there. -1 with `e`: they were refused, in the words of who refused them; or
 * the process did not end well over them. `parser` is its path; NULL (in tests of a single part) tries nothing. */
int foreign_try(const char *parser, const char *kind, const struct bytes *content, struct error *e);
/* The same with a bound of its own, in seconds. */
int foreign_try_within(
        const char *parser, const char *kind, const struct bytes *content, unsigned seconds, struct error *e);
/* The same of a file, which is read for it and may be `max` bytes. */
int foreign_try_file(const char *parser, const char *kind, const char *path, size_t max, struct error *e);
/* The same of a whole record: `verifier`, the path of this program, verifies it over there, where nothing can be
 * written and nothing sent. 0: it came to an end; what it found is not said, since the caller verifies it too. */
int foreign_try_record(const char *verifier, const char *directory, struct error *e);
/* What goes on being decoded after that by others' code (OpenSSL's, of certificates and requests) is done by a copy of
 * this process that can only calculate: base/aside.h. Appends what `work` appends; an error of its own comes back as
 * its sentence. With `parser` NULL it is done here. */
int foreign_aside(const char *parser, aside_work *work, void *with, struct bytes *out, struct error *e);
/* The same of work that appends two values of JSON, a line feed between them: an object of facts, a list of faults. */
int foreign_aside_facts(
        const char *parser, aside_work *work, void *with, struct bytes *facts, struct bytes *faults, struct error *e);
/* What such work appends to the facts that it has appended: the list, ended. */
int foreign_put_faults(struct bytes *out, const struct bytes *faults, struct error *e);
/* certificate_view() of to-be-signed bytes, so. */
int foreign_view_certificate(const char *parser, const struct bytes *tbs, struct bytes *view, struct error *e);

#endif
