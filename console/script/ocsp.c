/* OCSP responses of a script: what can be judged from the words alone. */
#include "script/schema.h"

#include <stdlib.h>
#include <string.h>

/* RFC 6960 section 4.2.2.2: of what the script itself says of a certificate that it issues. What exists already is read
 * in the ceremony. */
static void check_responder(
        struct fault_list *faults, const struct script *s, const struct script_ocsp *o, const struct node *node)
{
	const struct script_certificate *c = script_certificate(s, o->responder);
	bool may = false;

	if (o->issuer && strcmp(o->issuer, o->responder) == 0)
		fault_add(faults, node->place,
		        N_("\"%s\" is the issuer of the certificates itself. Write \"responder: issuer\"."),
		        o->responder);
	else if (c->from == CERTIFICATE_ISSUED && c->issuer && o->issuer && strcmp(c->issuer, o->issuer) != 0)
		fault_add(faults, node->place,
		        N_("The responder \"%s\" is not issued by \"%s\", whose certificates it is to answer for (RFC "
		           "6960 "
		           "section 4.2.2.2)."),
		        o->responder, o->issuer);
	for (size_t i = 0; i < c->extension_count; i++)
		may = may || (c->extensions[i].name && c->extensions[i].value &&
		                     strcmp(c->extensions[i].name, "extendedKeyUsage") == 0 &&
		                     strstr(c->extensions[i].value, "OCSPSigning"));
	if (c->from == CERTIFICATE_ISSUED && !may)
		fault_add(faults, node->place,
		        N_("The responder \"%s\" has no extendedKeyUsage OCSPSigning (RFC 6960 section 4.2.2.2). Add "
		           "it."),
		        o->responder);
}

static void read_responder(
        struct fault_list *faults, const struct script *s, struct script_ocsp *o, const struct node *node)
{
	size_t before = faults->count;

	o->responder = read_line(faults, node);
	if (!o->responder)
		return;
	if (strcmp(o->responder, "issuer") == 0) {
		free(o->responder);
		o->responder = NULL;
		return;
	}
	check_signer(faults, s, node->place, o->responder);
	if (faults->count == before)
		check_responder(faults, s, o, node);
}

static void read_certificate_names(
        struct fault_list *faults, const struct script *s, struct script_ocsp *o, const struct node *node)
{
	if (!read_list(faults, node, &o->certificates))
		return;
	for (size_t i = 0; i < o->certificates.count; i++) {
		const char *name = o->certificates.item[i];
		const struct script_certificate *c = script_certificate(s, name);
		if (known_certificate(faults, s, o->certificates.place[i], name) && c->issuer && o->issuer &&
		        strcmp(c->issuer, o->issuer) != 0)
			fault_add(faults, o->certificates.place[i],
			        N_("The certificate \"%s\" is not issued by \"%s\", who alone can answer for it."),
			        name, o->issuer);
	}
}

static void read_serials(struct fault_list *faults, struct script_ocsp *o, const struct node *node)
{
	if (!read_list(faults, node, &o->serials))
		return;
	for (size_t i = 0; i < o->serials.count; i++)
		check_serial_number(faults, o->serials.place[i], o->serials.item[i]);
}

static void read_hashes(struct fault_list *faults, struct script_ocsp *o, const struct node *node)
{
	static const char *const hashes[] = {"sha1", "sha256", NULL};
	struct script_list list = {0};

	if (read_list(faults, node, &list) && node->count == 0)
		fault_add(faults, node->place, N_("\"certid\" is empty. Name a hash: sha1, sha256."));
	list_free(&list);
	for (const struct node *n = node->type == NODE_LIST ? node->child : NULL; n; n = n->next) {
		int which = n->type == NODE_SCALAR && n->text[0] ? read_choice(faults, n, hashes) : -1;
		o->sha1 = o->sha1 || which == 0;
		o->sha256 = o->sha256 || which == 1;
	}
}

static void read_lint_sets(struct fault_list *faults, struct script_ocsp *o, const struct node *node)
{
	static const char *const sets[] = {"rfc6960", "cabf-ocsp-response", NULL};

	if (!read_list(faults, node, &o->lint))
		return;
	if (node->count == 0)
		fault_add(faults, node->place,
		        N_("\"lint\" is empty. Name a set of rules: rfc6960, cabf-ocsp-response."));
	for (const struct node *n = node->child; n; n = n->next)
		if (n->type == NODE_SCALAR && n->text[0])
			read_choice(faults, n, sets);
}

/* A CRL says of the certificates of its own issuer, and of no other's, that they are revoked. */
static void read_status_list(
        struct fault_list *faults, const struct script *s, struct script_ocsp *o, const struct node *node)
{
	const struct script_crl *crl;

	o->crl = read_line(faults, node);
	if (!o->crl || !known_crl(faults, s, node->place, o->crl))
		return;
	crl = script_crl(s, o->crl);
	if (crl->issuer && o->issuer && strcmp(crl->issuer, o->issuer) != 0)
		fault_add(faults, node->place,
		        N_("The CRL \"%s\" is that of \"%s\", and says nothing of the certificates of \"%s\"."), o->crl,
		        crl->issuer, o->issuer);
}

static void read_signing(
        struct fault_list *faults, const struct script *s, struct script_ocsp *o, const struct node *node)
{
	const struct script_certificate *signer = ocsp_signer(o) ? script_certificate(s, ocsp_signer(o)) : NULL;
	const struct script_key *key = signer && signer->key ? script_key(s, signer->key) : NULL;
	const struct node *of;

	if ((of = node_get(node, "signature")))
		read_signature(faults, of, key, &o->signature);
}

static void read_which(
        struct fault_list *faults, const struct script *s, struct script_ocsp *o, const struct node *node)
{
	const struct node *certificates = node_get(node, "certificates"), *serials = node_get(node, "serials"),
	                  *file = node_get(node, "from-file"), *crl = node_get(node, "crl");

	if (certificates)
		read_certificate_names(faults, s, o, certificates);
	if (serials)
		read_serials(faults, o, serials);
	if (file)
		o->from_file = read_medium_file(faults, file);
	if (crl)
		read_status_list(faults, s, o, crl);
	if (!file && !crl && !(certificates && certificates->count) && !(serials && serials->count))
		fault_add(faults, node->place,
		        N_("OCSP responses are about certificates. Name some by \"certificates\", \"serials\", "
		           "\"from-file\" "
		           "or \"crl\"."));
}

static void read_ocsp(struct fault_list *faults, const struct script *s, struct script_ocsp *o, const struct node *node)
{
	static const struct key_rule rules[] = {{"issuer", true}, {"responder", true}, {"certificates", false},
	        {"serials", false}, {"from-file", false}, {"crl", false}, {"certid", true}, {"signature", true},
	        {"this-update", true}, {"next-update", true}, {"responder-id", true}, {"covers", true}, {"lint", true},
	        {NULL, false}};
	static const char *const moments[] = {"signing", NULL}, *const ids[] = {"key", "name", NULL},
	                         *const covers[] = {"ca-certificates", "subscriber-certificates", NULL};
	const struct node *of;

	if (!read_keys(faults, node, rules))
		return;
	if ((of = node_get(node, "issuer")) && (o->issuer = read_line(faults, of)))
		known_certificate(faults, s, of->place, o->issuer);
	if ((of = node_get(node, "responder")))
		read_responder(faults, s, o, of);
	if (of && !o->responder && o->issuer && script_certificate(s, o->issuer))
		check_signer(faults, s, of->place, o->issuer);
	read_which(faults, s, o, node);
	if ((of = node_get(node, "certid")))
		read_hashes(faults, o, of);
	read_signing(faults, s, o, node);
	if ((of = node_get(node, "this-update")))
		read_choice(faults, of, moments);
	if ((of = node_get(node, "next-update")))
		read_next_update(faults, of, &o->seconds);
	if ((of = node_get(node, "responder-id")))
		o->by_name = read_choice(faults, of, ids) == 1;
	if ((of = node_get(node, "covers")))
		o->covers_ca = read_choice(faults, of, covers) == 0;
	if ((of = node_get(node, "lint")))
		read_lint_sets(faults, o, of);
}

void read_ocsps(struct fault_list *faults, struct script *s, const struct node *node)
{
	if (!is_map(faults, node))
		return;
	s->ocsps = read_room(faults, node, sizeof(*s->ocsps));
	for (const struct node *n = node->child; n && s->ocsps; n = n->next) {
		struct script_ocsp *o = &s->ocsps[s->ocsp_count++];
		o->place = n->key_place;
		o->name = read_key_name(faults, n);
		if (o->name && (script_certificate(s, o->name) || script_request(s, o->name) || script_crl(s, o->name)))
			fault_add(faults, n->key_place,
			        N_("OCSP responses cannot have the name of a certificate, request or CRL, \"%s\". "
			           "Choose "
			           "another."),
			        o->name);
		read_ocsp(faults, s, o, n);
	}
}

void ocsp_free(struct script_ocsp *o)
{
	list_free(&o->certificates);
	list_free(&o->serials);
	list_free(&o->lint);
	free(o->name);
	free(o->issuer);
	free(o->signature);
	free(o->responder);
	free(o->from_file);
	free(o->crl);
}
