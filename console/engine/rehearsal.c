/* What a rehearsal has instead of the room: a SoftHSM2 token, stand-ins with keys, directories for media, and the site
 * file that names them. All of it lies beside the record, in NAME.token/. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "engine/private.h"
#include "engine/rehearsal.h"
#include "base/text.h"
#include "people/credential.h"

const char rehearsal_passphrase[] = "rehearsal";

/* The file itself: a link is refused, since what is loaded must be what was hashed. */
static char *softhsm(void)
{
	static const char *const places[] = {"/usr/lib/softhsm/libsofthsm2.so",
	        "/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so", "/usr/lib/aarch64-linux-gnu/softhsm/libsofthsm2.so",
	        "/usr/lib64/pkcs11/libsofthsm2.so", "/usr/local/lib/softhsm/libsofthsm2.so"};
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++)
		if (access(places[i], R_OK) == 0)
			return realpath(places[i], NULL);
	return NULL;
}

char *rehearsal_directory(const char *record, struct error *e)
{
	char *directory = NULL;
	size_t n = strlen(record);
	while (n > 1 && record[n - 1] == '/')
		n--;
	if (n > 7 && !strncmp(record + n - 7, ".record", 7))
		n -= 7;
	if (asprintf(&directory, "%.*s.token", (int)n, record) < 0) {
		error_memory(e);
		return NULL;
	}
	return directory;
}

/* As many as can be there at once, and as many again for each time that they are relieved. */
static unsigned stand_in_count(const struct script *s, const struct script_role *role)
{
	unsigned shifts = 1;
	for (size_t i = 0; i < s->step_count; i++) {
		const char *relieved = !strcmp(s->steps[i].kind, "attend") ? step_param(&s->steps[i], "relieve") : NULL;
		shifts += relieved && !strcmp(relieved, role->name);
	}
	return role->maximum * shifts;
}

static int stand_ins(const struct script *s, const char *directory, struct error *e)
{
	struct secret *passphrase = secret_new(sizeof(rehearsal_passphrase), e);
	int rc = passphrase ? secret_text(passphrase, rehearsal_passphrase) : -1;

	for (size_t i = 0; rc == 0 && i < s->role_count; i++)
		for (unsigned k = 1; rc == 0 && k <= stand_in_count(s, &s->roles[i]); k++) {
			char name[80];
			struct vkey key;
			snprintf(name, sizeof(name), "%.60s-%u", s->roles[i].name, k);
			rc = credential_create_stand_in(directory, name, passphrase, &key, e);
		}
	secret_free(&passphrase);
	return rc;
}

static bool initialised_by_script(const struct script *s, const char *hsm)
{
	for (size_t i = 0; i < s->step_count; i++)
		if (!strcmp(s->steps[i].kind, "initialise-hsm") && !strcmp(step_param(&s->steps[i], "hsm"), hsm))
			return true;
	return false;
}

static int hsm_yaml(const struct script *s, const struct script_hsm *h, const struct previous *previous,
        const char *base, const char *module, struct bytes *yaml, struct error *e)
{
	char *label = NULL, *serial = NULL;
	int known = previous_token(previous, h->name, &label, &serial, e);

	if (known == 0 && !initialised_by_script(s, h->name))
		error_set(e, ERROR_FAULT,
		        "%s: hsm %s is not initialised by this script: rehearse it with --previous and the rehearsal "
		        "that did",
		        s->path, h->name);
	else if (known >= 0)
		bytes_printf(yaml,
		        "  %s: {module: %s, label: \"%s\", serial: \"%s\", login: shares, module-environment: "
		        "{SOFTHSM2_CONF: \"%s/softhsm2.conf\"}}\n",
		        h->name, module, label ? label : "", serial ? serial : "", base);
	bool failed = known < 0 || (known == 0 && !initialised_by_script(s, h->name));
	free(label);
	free(serial);
	return failed ? -1 : 0;
}

static int site_yaml(const struct script *s, const struct engine_options *o, const struct previous *previous, int dir,
        const char *base, const char *module, struct bytes *yaml, struct error *e)
{
	bytes_text(yaml, "# Made by a rehearsal: a software token and stand-ins. Never use it for a "
	                 "ceremony.\ntachiai-site: 1\n");
	if (s->hsm_count)
		bytes_text(yaml, "hsm:\n");
	for (size_t i = 0; i < s->hsm_count; i++)
		if (hsm_yaml(s, &s->hsms[i], previous, base, module, yaml, e) < 0)
			return -1;
	if (rehearsal_media(s, o, dir, base, yaml, e) < 0)
		return -1;
	bytes_printf(yaml, "credentials: \"%s/credentials\"\n", base);
	return bytes_end(yaml, e);
}

static int folder(int dir, const char *name, struct error *e)
{
	int fd = dir_create_at(dir, name, e);
	if (fd < 0)
		return -1;
	close(fd);
	return 0;
}

int rehearsal_prepare(const struct script *script, const struct engine_options *o, const struct previous *previous,
        char **site, struct error *e)
{
	char *module = softhsm(), *directory = rehearsal_directory(o->record, e), *base = NULL, *credentials = NULL;
	struct bytes conf = {0}, yaml = {0};
	int dir = -1, rc = -1;

	*site = NULL;
	if (!directory)
		goto out;
	if (!module) {
		error_set(e, ERROR_MISSING,
		        "SoftHSM2 (libsofthsm2.so) is not on this machine: a rehearsal needs it; install the package "
		        "softhsm2");
		goto out;
	}
	dir = dir_create(directory, e);
	if (dir < 0)
		goto out;
	base = realpath(directory, NULL);
	if (!base || asprintf(&credentials, "%s/credentials", base) < 0 || asprintf(site, "%s/site.yaml", base) < 0) {
		error_memory(e);
		goto out;
	}
	if (o->previous ? rehearsal_copy(o->previous, directory, e) < 0 : folder(dir, "tokens", e) < 0)
		goto out;
	if (folder(dir, "credentials", e) < 0 || folder(dir, "media", e) < 0)
		goto out;
	bytes_printf(&conf, "directories.tokendir = %s/tokens\nobjectstore.backend = file\nlog.level = ERROR\n", base);
	if (bytes_end(&conf, e) < 0 || file_write_new(dir, "softhsm2.conf", conf.data, conf.len, 0600, e) < 0 ||
	        site_yaml(script, o, previous, dir, base, module, &yaml, e) < 0 ||
	        file_write_new(dir, "site.yaml", yaml.data, yaml.len, 0644, e) < 0 ||
	        stand_ins(script, credentials, e) < 0)
		goto out;
	rc = 0;
out:
	if (dir >= 0)
		close(dir);
	if (rc < 0) {
		free(*site);
		*site = NULL;
	}
	free(module);
	free(directory);
	free(base);
	free(credentials);
	bytes_free(&conf);
	bytes_free(&yaml);
	return rc;
}
