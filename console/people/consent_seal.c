/* A pause that was sealed: everyone present cosigned the checkpoint that ends in ceremony.paused. The signatures lie in
 * the file `checkpoint` meanwhile, and ceremony.resumed, which the control quorum approves, takes them in. */
#include "people/consent_state.h"

#include <stdlib.h>
#include <string.h>

int consent_paused(struct consent *c, const struct entry *entry, const struct tree *after, struct error *e)
{
	const struct json *cosigners = json_get(entry->data, "cosigners");

	if (!cosigners || cosigners->type != JSON_ARRAY)
		return consent_malformed(entry, "cosigners", e);
	free(c->sealed_by);
	c->sealed_by = NULL;
	c->sealed_count = 0;
	/* Nobody is asked for a signature by a lost terminal, nor by F10: but who seals it is everyone. */
	if (cosigners->count) {
		if (consent_cosigners(c, entry, e))
			return -1;
		c->sealed_by = calloc(cosigners->count, sizeof *c->sealed_by);
		if (!c->sealed_by || consent_checkpoint(c, after, &c->sealed, e))
			return error_memory(e);
		for (const struct json *name = cosigners->child; name; name = name->next)
			memcpy(c->sealed_by[c->sealed_count++], name->text, name->len + 1);
		c->sealed_time = entry->time;
	}
	consent_drop_join(c);
	c->paused = true;
	return 0;
}

static int bad_seal(const char *whose, const struct error *cause, struct error *e)
{
	struct bytes why = {0};

	if (cause->code == ERROR_MEMORY) /* and so says nothing about the signature */
		return error_memory(e);
	error_text(cause, &why);
	error_set(e, ERROR_FAULT,
	        N_("ceremony.resumed: in the seal of the pause the signature of %s does not verify: %s"), whose,
	        bytes_string(&why));
	bytes_free(&why);
	return -1;
}

static int check_line(
        const struct consent *c, const struct vkey *key, const struct json *line, int64_t latest_ms, struct error *e)
{
	struct error cause = {0};
	int64_t seconds = -1;
	bool person = key->type == NOTE_COSIGNATURE;

	if (line->type != JSON_STRING || note_verify(key, line->text, line->len, bytes_string(&c->sealed),
	                                         c->sealed.len, person ? &seconds : NULL, &cause))
		return bad_seal(key->name, &cause, e);
	if (person && (seconds < c->sealed_time / 1000 || seconds > (latest_ms + 999) / 1000))
		return error_set(e, ERROR_FAULT,
		        N_("ceremony.resumed: %s cosigned the pause before it was, or after it ended."), key->name);
	return 0;
}

int consent_unseal(struct consent *c, const struct entry *entry, struct error *e)
{
	const struct json *seal = json_get(entry->data, "seal"), *line = seal ? seal->child : NULL;
	size_t lines = c->paused && c->sealed_count ? c->sealed_count + 1 : 0;

	if (!seal || seal->type != JSON_ARRAY)
		return consent_malformed(entry, "seal", e);
	if (seal->count != lines)
		return error_set(e, ERROR_FAULT,
		        N_("ceremony.resumed: the seal of the pause has %zu signatures, and %zu were given."),
		        (size_t)seal->count, lines);
	if (!lines)
		return 0;
	if (check_line(c, &c->console, line, entry->time, e))
		return -1;
	for (size_t i = 0; i < c->sealed_count; i++) {
		line = line->next;
		if (check_line(c, &consent_find(c, c->sealed_by[i])->key, line, entry->time, e))
			return -1;
	}
	c->sealed_count = 0;
	return 0;
}

bool consent_sealed(const struct consent *c)
{
	return c->paused && c->sealed_count;
}
