#include "pki/crl.h"
#include "pki/profile.h"

int crl_issuer_read(struct crl_issuer *issuer, const void *certificate, size_t len, struct error *e)
{
	struct certificate_parts parts;
	int status = certificate_parts_read(certificate, len, &parts, e);

	crl_issuer_free(issuer);
	if (status == 0)
		*issuer = (struct crl_issuer){.name = parts.subject, .spki = parts.spki, .key_id = parts.key_id};
	if (status == 0)
		parts = (struct certificate_parts){.issuer = parts.issuer}; /* the others are moved */
	certificate_parts_free(&parts);
	return status;
}

void crl_issuer_free(struct crl_issuer *issuer)
{
	bytes_free(&issuer->name);
	bytes_free(&issuer->key_id);
	bytes_free(&issuer->spki);
}
