#include "steps/ocsp.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/secret.h"
#include "base/text.h"
#include "pki/crl_read.h"
#include "steps/certificate.h"
#include "steps/findings.h"
#include "steps/step.h"

static const struct certificate_state *state_of(const struct ceremony *c, const char *name)
{
	return &c->certificates[ceremony_certificate_index(c, name)];
}

void ocsp_set_free(struct ocsp_set *set)
{
	ocsp_batch_free(&set->batch);
	crl_list_free(&set->list);
}

void ocsp_path(const struct ceremony *c, const struct script_ocsp *o, const char *suffix, char out[OCSP_PATH])
{
	snprintf(out, OCSP_PATH, "artifacts/%s%.64s%s", ceremony_rehearsal(c) ? "REHEARSAL-" : "", o->name, suffix);
}

void ocsp_temporary(const struct script_ocsp *o, const char *suffix, char out[OCSP_PATH])
{
	snprintf(out, OCSP_PATH, "artifacts/" FILE_TEMPORARY "%.64s%s", o->name, suffix);
}

bool ocsp_awaited(const struct ceremony *c, const char *file)
{
	static const char *const suffixes[] = {".ocsp", ".ocsp.index"};
	const struct script_step *step = ceremony_step(c);
	const struct run *run = ceremony_run(c);
	char path[OCSP_PATH];

	if (!step || strcmp(step->kind, "issue-ocsp") || !journal_find(&run->journal, ACT_DONE, "issue-ocsp"))
		return false;
	const struct script_ocsp *o = script_ocsp(c->script, step_param(step, "ocsp"));
	for (size_t i = 0; i < sizeof(suffixes) / sizeof(suffixes[0]); i++) {
		ocsp_temporary(o, suffixes[i], path);
		if (!strcmp(path + strlen("artifacts/"), file))
			return true;
		ocsp_path(c, o, suffixes[i], path);
		if (!strcmp(path + strlen("artifacts/"), file))
			return true;
	}
	return false;
}

/* Is the certificate that answers for the key that would sign? Of one that exists already only it itself says so. */
static bool same_key(const struct ceremony *c, const struct script_ocsp *o, const struct key_state *key)
{
	const struct bytes *der = &state_of(c, ocsp_signer(o))->der, *spki = &key->spki;
	struct certificate_parts parts = {0};
	bool same = certificate_parts_read(der->data, der->len, &parts, NULL) == 0 && parts.spki.len == spki->len &&
	            !memcmp(parts.spki.data, spki->data, spki->len);

	certificate_parts_free(&parts);
	return same;
}

const char *ocsp_unmet(const struct ceremony *c, const struct script_ocsp *o)
{
	const struct key_state *key =
	        &c->keys[ceremony_key_index(c, script_certificate(c->script, ocsp_signer(o))->key)];
	char path[OCSP_PATH];

	if (!state_of(c, o->issuer)->issued)
		return N_("the certificate of the issuer was not issued: its step was ended by exception");
	if (o->responder && !state_of(c, o->responder)->issued)
		return N_("the certificate of the OCSP responder was not issued: its step was ended by exception");
	for (size_t i = 0; i < o->certificates.count; i++)
		if (!state_of(c, o->certificates.item[i])->issued)
			return N_("a certificate that the OCSP responses are to be about was not issued");
	if (o->crl) {
		bool there = false;
		snprintf(path, sizeof(path), "artifacts/%s%.64s.crl.der", ceremony_rehearsal(c) ? "REHEARSAL-" : "",
		        o->crl);
		for (size_t i = 0; i < c->artifact_count; i++)
			there = there || !strcmp(c->artifacts[i].path, path);
		if (!there)
			return N_("the CRL that says what is revoked was not issued: its step was ended by exception");
	}
	if (!key->made)
		return N_("the key was not made: its step was ended by exception");
	return same_key(c, o, key) ? NULL
	                           : N_("the certificate that answers is for another key than the one that would sign");
}

/* Of the certificates that the script names: each must be the issuer's. */
static int add_certificates(
        const struct ceremony *c, const struct script_ocsp *o, struct crl_list *list, struct error *e)
{
	const struct bytes *der = &state_of(c, o->issuer)->der;
	struct crl_issuer issuer = {0};
	int rc = crl_issuer_read(&issuer, der->data, der->len, e);

	for (size_t i = 0; rc == 0 && i < o->certificates.count; i++) {
		const struct bytes *its = &state_of(c, o->certificates.item[i])->der;
		struct crl_entry entry = {.time = -1, .invalidity = -1};
		if (crl_entry_certificate(&entry, its->data, its->len, issuer.name.data, issuer.name.len,
		            issuer.spki.data, issuer.spki.len, NULL) < 0)
			rc = error_set(e, ERROR_FAULT,
			        "certificate %s is not one that %s issued: no OCSP response about it can be signed",
			        o->certificates.item[i], o->issuer);
		else
			rc = crl_list_add(list, &entry, e);
	}
	crl_issuer_free(&issuer);
	return rc;
}

static int add_serials(const struct script_ocsp *o, struct crl_list *list, struct error *e)
{
	for (size_t i = 0; i < o->serials.count; i++) {
		struct crl_entry entry = {.time = -1, .invalidity = -1};
		size_t len = strlen(o->serials.item[i]) / 2;
		uint8_t raw[SERIAL_MAX];
		if (hex_decode(o->serials.item[i], 2 * len, raw, len) < 0 ||
		        serial_set(entry.serial, raw, len, e) < 0 || crl_list_add(list, &entry, e) < 0)
			return -1;
	}
	return 0;
}

/* What the CRL says of one certificate. Of one that is in the list already it is the status; it must not contradict the
 * file. */
static int merge(struct crl_list *list, size_t sorted, const struct crl_entry *revoked, struct error *e)
{
	struct crl_list known = {.item = list->item, .count = sorted};
	const struct crl_entry *found = crl_list_find(&known, revoked->serial);
	struct crl_entry entry = *revoked;
	struct bytes hex = {0};

	entry.invalidity = -1;
	if (!found)
		return crl_list_add(list, &entry, e);
	if (found->time < 0) {
		list->item[found - list->item] = entry;
		return 0;
	}
	if (found->time == entry.time && found->reason == entry.reason)
		return 0;
	serial_hex(&hex, entry.serial);
	error_set(e, ERROR_FAULT,
	        "the file and the CRL do not say the same of when and why the certificate with the serial number %s "
	        "was revoked",
	        bytes_string(&hex));
	bytes_free(&hex);
	return -1;
}

static int add_crl(const struct ceremony *c, const struct script_ocsp *o, struct crl_list *list, struct error *e)
{
	struct bytes der = {0};
	struct crl_reader r;
	struct crl_entry entry;
	unsigned odd;
	size_t sorted = list->count;
	char path[OCSP_PATH];
	int rc;

	snprintf(path, sizeof(path), "artifacts/%s%.64s.crl.der", ceremony_rehearsal(c) ? "REHEARSAL-" : "", o->crl);
	if (ceremony_artifact(c, path, OCSP_FILE_MAX, &der, e) < 0 || crl_open(&r, der.data, der.len, false, e) < 0) {
		rc = -1;
		goto out;
	}
	while ((rc = crl_next(&r, &entry, &odd, e)) > 0)
		if (merge(list, sorted, &entry, e) < 0) {
			rc = -1;
			break;
		}
out:
	bytes_free(&der);
	return rc;
}

static int put_list(const struct crl_list *list, struct bytes *text, struct error *e)
{
	char time[TIME_TEXT];

	for (size_t i = 0; i < list->count; i++) {
		const struct crl_entry *entry = &list->item[i];
		serial_hex(text, entry->serial);
		if (entry->time >= 0) {
			time_format_seconds(entry->time, time);
			bytes_printf(text, ",%s,%s", time, crl_reason_name(entry->reason));
		}
		bytes_byte(text, '\n');
	}
	return bytes_end(text, e);
}

/* `content`: of the file; NULL: the script names none. */
static int gather(const struct ceremony *c, const struct script_ocsp *o, const struct bytes *content,
        struct crl_list *list, struct error *e)
{
	if (add_certificates(c, o, list, e) < 0 || add_serials(o, list, e) < 0 ||
	        (content && crl_list_text(list, bytes_string(content), content->len, true, e) < 0) ||
	        crl_list_sort(list, e) < 0)
		return -1;
	if (o->crl && (add_crl(c, o, list, e) < 0 || crl_list_sort(list, e) < 0))
		return -1;
	if (!list->count)
		return error_set(e, ERROR_FAULT,
		        "there is no certificate that an OCSP response could be about: the list is empty");
	if (list->count > OCSP_RESPONSES_MAX)
		return error_set(e, ERROR_FAULT, "the list has more than %d certificates: sign them in several steps",
		        (int)OCSP_RESPONSES_MAX);
	return 0;
}

static int batch_open(
        const struct ceremony *c, const struct script_ocsp *o, int64_t now, struct ocsp_batch **batch, struct error *e)
{
	const struct bytes *issuer = &state_of(c, o->issuer)->der,
	                   *responder = o->responder ? &state_of(c, o->responder)->der : NULL;
	struct ocsp_profile p = {.issuer = issuer->data,
	        .issuer_len = issuer->len,
	        .responder = responder ? responder->data : NULL,
	        .responder_len = responder ? responder->len : 0,
	        .hashes = (o->sha1 ? OCSP_SHA1 : 0u) | (o->sha256 ? OCSP_SHA256 : 0u),
	        .by_name = o->by_name,
	        .this_update = now,
	        .next_update = now + o->seconds,
	        .produced_at = now,
	        .signature = o->signature,
	        .rehearsal = ceremony_rehearsal(c)};

	*batch = ocsp_batch_new(&p, e);
	return *batch ? 0 : -1;
}

int ocsp_list_build(
        const struct ceremony *c, const struct script_ocsp *o, const char *file, struct bytes *text, struct error *e)
{
	struct bytes content = {0};
	struct crl_list list = {0};
	int rc = -1;

	if ((!file || ceremony_artifact(c, file, OCSP_FILE_MAX, &content, e) == 0) &&
	        gather(c, o, file ? &content : NULL, &list, e) == 0)
		rc = put_list(&list, text, e);
	bytes_free(&content);
	crl_list_free(&list);
	return rc;
}

int ocsp_file_check(const struct ceremony *c, const struct script_ocsp *o, const struct bytes *content, struct error *e)
{
	struct ocsp_set set = {0};
	uint8_t root[32];
	int rc = -1;

	if (gather(c, o, content, &set.list, e) == 0 && batch_open(c, o, time_now_ms() / 1000, &set.batch, e) == 0)
		rc = ocsp_set_root(&set, root, NULL, e);
	ocsp_set_free(&set);
	return rc;
}

int ocsp_set_open(const struct ceremony *c, const struct script_ocsp *o, const char *list, int64_t now,
        struct ocsp_set *set, struct error *e)
{
	struct bytes text = {0};
	int rc = -1;

	if (ceremony_artifact(c, list, OCSP_FILE_MAX, &text, e) == 0 &&
	        crl_list_text(&set->list, bytes_string(&text), text.len, true, e) == 0 &&
	        crl_list_sort(&set->list, e) == 0)
		rc = batch_open(c, o, now, &set->batch, e);
	bytes_free(&text);
	return rc;
}

int ocsp_set_root(const struct ocsp_set *set, uint8_t root[32], struct bytes *leaves, struct error *e)
{
	struct tree tree = {0};
	uint8_t room[OCSP_TBS_MAX], leaf[32];
	const uint8_t *tbs;
	size_t len;

	for (size_t i = 0; i < set->list.count; i++) {
		if (ocsp_tbs(set->batch, &set->list.item[i], room, &tbs, &len, e) < 0)
			return -1;
		if (tree_leaf(tbs, len, leaf) < 0 || tree_add_leaf(&tree, leaf) < 0)
			return error_memory(e);
		if (leaves)
			bytes_add(leaves, leaf, sizeof(leaf));
	}
	if (tree_root(&tree, root) < 0)
		return error_memory(e);
	return leaves ? bytes_end(leaves, e) : 0;
}

int ocsp_index_line(
        const struct crl_entry *entry, uint64_t offset, const void *der, size_t len, struct bytes *out, struct error *e)
{
	uint8_t sum[32];
	char time[TIME_TEXT];

	if (sha256(der, len, sum) < 0)
		return error_memory(e);
	serial_hex(out, entry->serial);
	bytes_printf(out, ",%llu,%zu,", (unsigned long long)offset, len);
	bytes_hex(out, sum, sizeof(sum));
	if (entry->time < 0) {
		bytes_text(out, ",good\n");
	} else {
		time_format_seconds(entry->time, time);
		bytes_printf(out, ",revoked,%s,%s\n", time, crl_reason_name(entry->reason));
	}
	return bytes_end(out, e);
}

static int read_number(const char **at, const char *end, uint64_t *out)
{
	const char *comma = memchr(*at, ',', (size_t)(end - *at));

	*out = 0;
	if (!comma || comma == *at || comma - *at > 15 || (**at == '0' && comma - *at > 1))
		return -1;
	for (; *at < comma; (*at)++) {
		if (**at < '0' || **at > '9')
			return -1;
		*out = *out * 10 + (uint64_t)(**at - '0');
	}
	*at = comma + 1;
	return 0;
}

int ocsp_index_read(const char *line, size_t len, struct ocsp_index_entry *out)
{
	const char *at = line, *end = line + len, *comma = memchr(line, ',', len);
	size_t digits = comma ? (size_t)(comma - line) : 0;
	uint64_t length;
	uint8_t serial[SERIAL_MAX];

	if (!digits || digits % 2 || digits / 2 > SERIAL_MAX || hex_decode(line, digits, serial, digits / 2) < 0)
		return -1;
	memcpy(out->serial, line, digits);
	out->serial[digits] = 0;
	at = comma + 1;
	if (read_number(&at, end, &out->offset) < 0 || read_number(&at, end, &length) < 0 || length > SIZE_MAX ||
	        end - at < 65 || at[64] != ',' || hex_decode(at, 64, out->sha256, 32) < 0)
		return -1;
	out->length = (size_t)length;
	return 0;
}
