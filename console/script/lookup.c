/* Finding the parts of a script, and freeing them. */
#include "script/schema.h"

#include <stdlib.h>
#include <string.h>

static bool is_named(const char *its, const char *name)
{
	return its && name && strcmp(its, name) == 0;
}

const char *script_say(const struct script *s, const struct script_text *text, const char *language)
{
	if (!text->in || s->languages.count == 0)
		return "";
	for (size_t i = 0; i < s->languages.count; i++)
		if (is_named(s->languages.item[i], language))
			return text->in[i];
	return text->in[0];
}

const struct script_role *script_role(const struct script *s, const char *name)
{
	for (size_t i = 0; i < s->role_count; i++)
		if (is_named(s->roles[i].name, name))
			return &s->roles[i];
	return NULL;
}

const struct script_hsm *script_hsm(const struct script *s, const char *name)
{
	for (size_t i = 0; i < s->hsm_count; i++)
		if (is_named(s->hsms[i].name, name))
			return &s->hsms[i];
	return NULL;
}

const struct script_secret *script_secret(const struct script *s, const char *hsm, enum pin_kind pin)
{
	for (size_t i = 0; i < s->secret_count; i++)
		if (is_named(s->secrets[i].hsm, hsm) && s->secrets[i].pin == pin)
			return &s->secrets[i];
	return NULL;
}

const struct script_key *script_key(const struct script *s, const char *name)
{
	for (size_t i = 0; i < s->key_count; i++)
		if (is_named(s->keys[i].name, name))
			return &s->keys[i];
	return NULL;
}

const struct script_certificate *script_certificate(const struct script *s, const char *name)
{
	for (size_t i = 0; i < s->certificate_count; i++)
		if (is_named(s->certificates[i].name, name))
			return &s->certificates[i];
	return NULL;
}

const struct script_request *script_request(const struct script *s, const char *name)
{
	for (size_t i = 0; i < s->request_count; i++)
		if (is_named(s->requests[i].name, name))
			return &s->requests[i];
	return NULL;
}

const struct script_key *script_signer(const struct script *s, const struct script_certificate *c)
{
	const struct script_certificate *issuer = c;

	if (!c->issuer)
		return NULL;
	if (strcmp(c->issuer, "self") != 0)
		issuer = script_certificate(s, c->issuer);
	return issuer && issuer->key ? script_key(s, issuer->key) : NULL;
}

const struct script_crl *script_crl(const struct script *s, const char *name)
{
	for (size_t i = 0; i < s->crl_count; i++)
		if (is_named(s->crls[i].name, name))
			return &s->crls[i];
	return NULL;
}

const struct script_ocsp *script_ocsp(const struct script *s, const char *name)
{
	for (size_t i = 0; i < s->ocsp_count; i++)
		if (is_named(s->ocsps[i].name, name))
			return &s->ocsps[i];
	return NULL;
}

const char *ocsp_signer(const struct script_ocsp *o)
{
	return o->responder ? o->responder : o->issuer;
}

static const struct script_param *find_param(const struct script_step *step, const char *name)
{
	for (size_t i = 0; i < step->param_count; i++)
		if (is_named(step->params[i].name, name))
			return &step->params[i];
	return NULL;
}

const struct script_step *script_document(const struct script *s, const char *name)
{
	size_t len = name ? strlen(name) : 0;

	for (size_t i = 0; i < s->step_count; i++) {
		const struct script_step *step = &s->steps[i];
		const char *file =
		        step->kind && strcmp(step->kind, "sign-document") == 0 ? step_param(step, "file") : NULL;
		size_t own = file ? strlen(file) : 0;
		if (own && own <= len && strncmp(name, file, own) == 0 &&
		        (own == len || strcmp(name + own, ".p7s") == 0))
			return step;
	}
	return NULL;
}

const char *step_param(const struct script_step *step, const char *name)
{
	const struct script_param *p = find_param(step, name);
	return p ? p->value : NULL;
}

const struct script_list *step_param_list(const struct script_step *step, const char *name)
{
	const struct script_param *p = find_param(step, name);
	return p && !p->value ? &p->list : NULL;
}

const struct script_secret *step_secret(const struct script *s, const struct script_step *step)
{
	const char *name = step_param(step, "secret"), *hsm = step_param(step, "hsm");
	for (size_t i = 0; name && i < s->secret_count; i++)
		if (is_named(s->secrets[i].name, name))
			return &s->secrets[i];
	return name ? NULL : script_secret(s, hsm, PIN_USER);
}

static void text_free(struct script_text *text, size_t languages)
{
	for (size_t i = 0; text->in && i < languages; i++)
		free(text->in[i]);
	free(text->in);
}

static void fields_free(struct script_extension *field, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		free(field[i].name);
		free(field[i].value);
	}
	free(field);
}

static void certificate_free(struct script_certificate *c)
{
	for (size_t i = 0; i < c->subjects; i++) {
		free(c->subject[i].type);
		free(c->subject[i].value);
	}
	for (size_t i = 0; i < c->section_count; i++) {
		fields_free(c->sections[i].field, c->sections[i].count);
		free(c->sections[i].name);
	}
	fields_free(c->extensions, c->extension_count);
	free(c->sections);
	free(c->subject);
	free(c->request);
	free(c->cross);
	free(c->organisation_ja);
	free(c->organisation_en);
	list_free(&c->lint);
	free(c->name);
	free(c->key);
	free(c->issuer);
	free(c->signature);
	free(c->serial);
}

static void step_free(struct script_step *step, size_t languages)
{
	for (size_t i = 0; i < step->param_count; i++) {
		free(step->params[i].name);
		free(step->params[i].value);
		list_free(&step->params[i].list);
	}
	free(step->params);
	text_free(&step->say, languages);
	free(step->id);
	free(step->kind);
	free(step->approve);
}

static void setting_free(struct script *s)
{
	for (size_t i = 0; i < s->hsm_count; i++) {
		free(s->hsms[i].name);
		free(s->hsms[i].manufacturer);
		free(s->hsms[i].model);
		free(s->hsms[i].attachment);
		free(s->hsms[i].fips);
	}
	for (size_t i = 0; i < s->secret_count; i++) {
		free(s->secrets[i].name);
		free(s->secrets[i].hsm);
		free(s->secrets[i].holders);
	}
	for (size_t i = 0; i < s->key_count; i++) {
		free(s->keys[i].name);
		free(s->keys[i].hsm);
		free(s->keys[i].algorithm);
		free(s->keys[i].label);
	}
	for (size_t i = 0; i < s->certificate_count; i++)
		certificate_free(&s->certificates[i]);
	for (size_t i = 0; i < s->request_count; i++) {
		certificate_free(&s->requests[i].profile);
		free(s->requests[i].name);
	}
	for (size_t i = 0; i < s->crl_count; i++)
		crl_free(&s->crls[i]);
	for (size_t i = 0; i < s->ocsp_count; i++)
		ocsp_free(&s->ocsps[i]);
	free(s->crls);
	free(s->ocsps);
	free(s->hsms);
	free(s->secrets);
	free(s->keys);
	free(s->certificates);
	free(s->requests);
}

void script_free(struct script **script)
{
	struct script *s = *script;

	*script = NULL;
	if (!s)
		return;
	for (size_t i = 0; i < s->role_count; i++)
		free(s->roles[i].name);
	for (size_t i = 0; i < s->exclusive_count; i++)
		list_free(&s->exclusive[i]);
	for (size_t i = 0; i < s->person_count; i++) {
		free(s->people[i].name);
		free(s->people[i].role);
		free(s->people[i].key);
		free(s->people[i].card);
	}
	for (size_t i = 0; i < s->step_count; i++)
		step_free(&s->steps[i], s->languages.count);
	setting_free(s);
	free(s->roles);
	free(s->exclusive);
	free(s->people);
	free(s->steps);
	text_free(&s->title, s->languages.count);
	list_free(&s->languages);
	list_free(&s->references);
	free(s->origin);
	free(s->previous);
	free(s->control);
	free(s->path);
	bytes_free(&s->raw);
	free(s);
}

const struct script_step *script_taken_in(const struct script *s, const char *name)
{
	for (size_t i = 0; name && i < s->step_count; i++) {
		const struct script_step *step = &s->steps[i];
		const struct script_list *files =
		        step->kind && strcmp(step->kind, "take-in") == 0 ? step_param_list(step, "files") : NULL;
		for (size_t k = 0; files && k < files->count; k++)
			if (strcmp(files->item[k], name) == 0)
				return step;
	}
	return NULL;
}
