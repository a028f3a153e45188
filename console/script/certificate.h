/* The parts of a certificate of a script, read each by its own function. Private to this layer. */
#ifndef SCRIPT_CERTIFICATE_H
#define SCRIPT_CERTIFICATE_H

#include "script/schema.h"

/* Needs c->request to be read before. */
void read_subject(struct fault_list *faults, struct script_certificate *c, const struct node *node);
/* names: {organisation: {ja: …, en: …}} */
void read_names(struct fault_list *faults, struct script_certificate *c, const struct node *node);
void read_certificate_extensions(struct fault_list *faults, struct script_certificate *c, const struct node *node);
/* Needs the extensions to be read before. */
void read_sections(struct fault_list *faults, struct script_certificate *c, const struct node *node);

#endif
