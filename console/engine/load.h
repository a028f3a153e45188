/* Script and site from their files, the first fault as the error; for those who need no list. */
#ifndef ENGINE_LOAD_H
#define ENGINE_LOAD_H

#include "script/site.h"
#include "steps/ceremony.h"

enum { SCRIPT_MAX = 1 << 20 };

struct script *script_load(const char *path, struct error *e);
struct site *site_load(const char *path, const struct script *script, struct error *e);
/* The fold at the beginning of a record, over the script and site that lie in its directory. */
struct ceremony *ceremony_load(const char *directory, struct error *e);

#endif
