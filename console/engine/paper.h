/* The printed report in a record, report.pdf and report.txt: made by a program of its own (media/report.h), so that the
 * console never loads what draws it. */
#ifndef ENGINE_PAPER_H
#define ENGINE_PAPER_H

#include "base/bytes.h"
#include "base/error.h"

#define PAPER_PDF  "report.pdf"
#define PAPER_TEXT "report.txt"

/* Runs `program` over the closed record: both forms, in the language that the script names first. -1 with `e`: it is
 * not there, has no font, or says that the record does not hold. */
int paper_make(const char *program, const char *record, struct bytes *pdf, struct bytes *text, struct error *e);

enum paper { PAPER_NONE, PAPER_NOT_COMPARED, PAPER_SAME };
/* Makes the report of the record again (in directory `dir`) and holds the files against it. What was made by another
 * version of the program, or drawn by another of cairo, pango or the font, is not compared; nor is anything without a
 * `program` (NULL). -1 with `e`: the version is the same, and the bytes are not. */
int paper_compare(const char *program, const char *record, int dir, enum paper *result, struct error *e);

#endif
