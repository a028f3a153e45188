/* amend-script: another script from here on. Of a script consent knows the steps alone, and only they can change:
 * roles, people, HSMs and who is in control stay those of entry 0. */
#include "people/consent_state.h"

#include <string.h>

static bool is_step(const struct json *step)
{
	static const char *const keys[] = {"id", "do", "approve", NULL};
	const char *id = json_text(step, "id");
	size_t len = id ? strlen(id) : 0;

	return step->type == JSON_OBJECT && consent_keys_are(step, keys) && len > 0 && len <= 64 && id[0] != '-' &&
	       strspn(id, "abcdefghijklmnopqrstuvwxyz0123456789-") == len;
}

/* The completed steps are among those that stay as they were, and some are left. */
static bool keeps(const struct consent *c, const struct json *order, const struct json *steps)
{
	int64_t completed = json_number(order, "completed", -1), kept = json_number(order, "kept", -1),
	        rest = json_number(order, "rest", -1), count = (int64_t)c->policy->step_count;

	return completed >= 0 && completed <= kept && kept <= count && rest >= 0 && rest <= count - kept &&
	       completed < kept + (int64_t)steps->count + rest;
}

int consent_judge_amend(const struct consent *c, const struct json *order, struct error *e)
{
	const struct json *steps = json_get(order, "steps");
	const char *text = json_text(order, "new_script_sha256");
	struct error cause = {0};
	uint8_t hash[32];

	if (!consent_is_sha256(order, "script_sha256", c->script))
		return error_set(
		        e, ERROR_FAULT, N_("act.proposed: amend-script names another script than the one in force."));
	if (!text || hex_decode(text, strlen(text), hash, sizeof hash) || memcmp(hash, c->script, 32) == 0)
		return error_set(e, ERROR_FAULT, N_("act.proposed: amend-script names no other script."));
	if (!steps || steps->type != JSON_ARRAY)
		return error_set(e, ERROR_FAULT, N_("act.proposed: amend-script does not list the steps."));
	for (const struct json *step = steps->child; step; step = step->next)
		if (!is_step(step))
			return error_set(e, ERROR_FAULT, N_("act.proposed: amend-script does not list the steps."));
	if (!keeps(c, order, steps))
		return error_set(e, ERROR_FAULT,
		        N_("act.proposed: amend-script does not begin with the completed steps as they were."));
	if (policy_amend(c->policy, (size_t)json_number(order, "kept", 0), steps, (size_t)json_number(order, "rest", 0),
	            false, &cause)) {
		struct bytes why = {0};

		error_text(&cause, &why);
		error_set(e, ERROR_FAULT, N_("act.proposed: the steps of amend-script break a rule: %s"),
		        bytes_string(&why));
		bytes_free(&why);
		return -1;
	}
	return 0;
}

int consent_amended(struct consent *c, struct error *e)
{
	struct json_doc *doc = json_doc_new();
	const struct json *order =
	        doc ? json_parse(doc, bytes_string(&c->proposal.order), c->proposal.order.len, e) : NULL;
	const char *text = json_text(order, "new_script_sha256");
	int rc = -1;

	if (!doc)
		error_memory(e);
	else if (text && hex_decode(text, strlen(text), c->script, sizeof c->script) == 0)
		rc = policy_amend(c->policy, (size_t)json_number(order, "kept", 0), json_get(order, "steps"),
		        (size_t)json_number(order, "rest", 0), true, e);
	json_doc_free(&doc);
	return rc;
}

/* Of an amendment: are the control role and the witness among those who approved it? */
bool consent_parts_agree(const struct consent *c, bool present)
{
	const struct proposal *p = &c->proposal;
	unsigned all = 0, witnesses = 0;

	for (unsigned i = 0; i < p->approvals; i++) {
		const struct person *person = consent_find(c, p->approved_by[i]);

		if (!person || (present && !person->present))
			continue;
		all++;
		witnesses += p->witness[0] && strcmp(person->role, p->witness) == 0;
	}
	/* need counts one witness: however many others there are, they do not stand for one, nor one for them */
	return p->witness[0] ? witnesses && all - witnesses + 1 >= p->need : all >= p->need;
}
