/* What screens and plain lines say, in the interface's language. */
#ifndef SCREENS_SAY_H
#define SCREENS_SAY_H

#include <libintl.h>

#include "base/bytes.h"
#include "base/message.h"
#include "engine/engine.h"

#define _(text) gettext(text)

/* Appends the message in the interface's language; nothing when it has no id. */
void say_message(struct bytes *out, const struct message *m);
/* Appends "HH:MM:SS" of `ms` in UTC, or in local time with the zone's abbreviation. */
void say_clock(struct bytes *out, int64_t ms, bool local);
/* Appends the first `count` PGP words of `data`. */
void say_words(struct bytes *out, const uint8_t *data, size_t count);
/* Appends lower-case hex in groups of four digits (what is read aloud). */
void say_hex_groups(struct bytes *out, const uint8_t *data, size_t len);
/* Appends what the HSM is doing for this kind of act. */
void say_act(struct bytes *out, const char *act);
/* Appends NAME and, where the ceremony knows it, the real name. */
void say_person(struct bytes *out, const struct engine_view *v, const char *key_name);
/* Appends a role in the interface's language; a role that only the script knows stays as it is. */
void say_role(struct bytes *out, const char *role);
/* Appends whose turn it is: a role's name is translated as such. */
void say_actor(struct bytes *out, const struct message *actor);
/* Appends who has signed and how many are wanted, or nothing when no signature is. */
void say_signatures(struct bytes *out, const struct prompt *p);

#endif
