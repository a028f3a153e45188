/* The record that people sign on paper and an auditor files: a ceremony's record, read by the same fold that ran it,
 * verified first, and only as far as it verifies; or a script before its day, to be read aloud and initialled. Both as
 * a document of media/page. A program of its own makes them (tachiai-report), since cairo and pango never load in the
 * console. */
#ifndef MEDIA_REPORT_H
#define MEDIA_REPORT_H

#include "media/page.h"

/* The report of the record in `directory`. Texts of the program go through gettext, those of the script are in
 * `language` ("en" or "ja", which is also the document's). NULL with `e` when the record cannot be read at all; one
 * that does not verify makes a report that says so on every page, and *holds is false. Owned by the caller:
 * page_free(). */
struct page *report_record(const char *directory, const char *language, bool *holds, struct error *e);
/* The script with empty boxes. `site_path` may be NULL. */
struct page *report_blank(const char *script_path, const char *site_path, const char *language, struct error *e);
/* Whichever of "en" and "ja" a report is in when no language is asked for: the first of the script at `path`, when the
 * program speaks it; else English. */
const char *report_language(const char *path);

#endif
