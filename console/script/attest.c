/* Attestations of keys: of one that is there, and one a key. */
#include "script/schema.h"

#include <string.h>

static const struct script_param *key_of(const struct script_step *step)
{
	for (size_t i = 0; i < step->param_count; i++)
		if (step->params[i].name && !strcmp(step->params[i].name, "key") && step->params[i].value)
			return &step->params[i];
	return NULL;
}

static bool is_kind(const struct script_step *step, const char *kind)
{
	return step->kind && !strcmp(step->kind, kind);
}

void check_attestations(struct fault_list *faults, const struct script *s)
{
	for (size_t i = 0; i < s->step_count; i++) {
		const struct script_param *key = is_kind(&s->steps[i], "attest-key") ? key_of(&s->steps[i]) : NULL;
		bool made = false, attested = false;

		for (size_t k = 0; key && k < i; k++) {
			const struct script_param *other = key_of(&s->steps[k]);
			if (!other || strcmp(other->value, key->value) != 0)
				continue;
			made = made || is_kind(&s->steps[k], "generate-key") || is_kind(&s->steps[k], "check-key");
			attested = attested || is_kind(&s->steps[k], "attest-key");
		}
		if (key && !made && script_key(s, key->value))
			fault_add(faults, key->place,
			        N_("The key pair \"%s\" is used before it is made. Put generate-key before this."),
			        key->value);
		if (attested)
			fault_add(faults, key->place,
			        N_("The key \"%s\" is already attested by an earlier step. Leave one out."),
			        key->value);
	}
}
