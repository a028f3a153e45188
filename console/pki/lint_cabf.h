/* Rules that the Baseline Requirements have for several kinds of certificates: those of a root are those of every CA,
 * but for its issuer. Private to lint. */
#ifndef PKI_LINT_CABF_H
#define PKI_LINT_CABF_H

#include "pki/lint_rules.h"

bool cabf_is_rsa(const struct lint_certificate *c);
bool cabf_version_3(const struct lint_certificate *c, struct message *why);
bool cabf_serial_bounds(const struct lint_certificate *c, struct message *why);
bool cabf_serial_size(const struct lint_certificate *c, struct message *why);
bool cabf_algorithm_identical(const struct lint_certificate *c, struct message *why);
bool cabf_not_before(const struct lint_certificate *c, struct message *why);
bool cabf_not_after(const struct lint_certificate *c, struct message *why);
bool cabf_unique_ids_absent(const struct lint_certificate *c, struct message *why);
bool cabf_authority_not_critical(const struct lint_certificate *c, struct message *why);
bool cabf_basic_constraints(const struct lint_certificate *c, struct message *why);
bool cabf_basic_constraints_ca(const struct lint_certificate *c, struct message *why);
bool cabf_key_usage(const struct lint_certificate *c, struct message *why);
bool cabf_key_usage_required(const struct lint_certificate *c, struct message *why);
bool cabf_key_usage_permitted(const struct lint_certificate *c, struct message *why);
bool cabf_key_id_present(const struct lint_certificate *c, struct message *why);
bool cabf_key_id_not_critical(const struct lint_certificate *c, struct message *why);
bool cabf_policies_not_critical(const struct lint_certificate *c, struct message *why);
bool cabf_rehearsal_absent(const struct lint_certificate *c, struct message *why);
bool cabf_key_size(const struct lint_certificate *c, struct message *why);
bool cabf_key_identifier(const struct lint_certificate *c, struct message *why);
bool cabf_rsa_exponent(const struct lint_certificate *c, struct message *why);
bool cabf_rsa_exponent_range(const struct lint_certificate *c, struct message *why);
bool cabf_rsa_modulus(const struct lint_certificate *c, struct message *why);
bool cabf_country_present(const struct lint_certificate *c, struct message *why);
bool cabf_organization_present(const struct lint_certificate *c, struct message *why);
bool cabf_common_name_present(const struct lint_certificate *c, struct message *why);
bool cabf_unit_absent(const struct lint_certificate *c, struct message *why);
bool cabf_country_code(const struct lint_certificate *c, struct message *why);
bool cabf_others_absent(const struct lint_certificate *c, struct message *why);
bool cabf_one_an_rdn(const struct lint_certificate *c, struct message *why);
bool cabf_once(const struct lint_certificate *c, struct message *why);
bool cabf_in_order(const struct lint_certificate *c, struct message *why);
bool cabf_encoding(const struct lint_certificate *c, struct message *why);
/* Of certificates that another issues. */
bool cabf_authority(const struct lint_certificate *c, struct message *why);
bool cabf_issuer_signature(const struct lint_certificate *c, struct message *why);
bool cabf_policies_present(const struct lint_certificate *c, struct message *why);
bool cabf_policies_content(const struct lint_certificate *c, struct message *why);
bool cabf_policies_one(const struct lint_certificate *c, struct message *why); /* of the reserved ones */
/* BR 7.1.2.10.6, for a CA that issues for TLS servers */
bool cabf_tls_purposes(const struct lint_certificate *c, struct message *why);
bool cabf_tls_other_purposes(const struct lint_certificate *c, struct message *why);
/* None of those purposes, in dotted form, ended by NULL. */
bool cabf_purposes_only(const struct lint_certificate *c, const char *const *forbidden, struct message *why);
/* One of BR 7.1.6.1? */
bool cabf_reserved_policy(const ASN1_OBJECT *policy);

#define PURPOSE_SERVER "1.3.6.1.5.5.7.3.1"
#define PURPOSE_CLIENT "1.3.6.1.5.5.7.3.2"

#endif
