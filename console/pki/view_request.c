#include "pki/request.h"

#include "pki/der.h"
#include "pki/name.h"
#include "pki/view_private.h"

#include <openssl/err.h>
#include <openssl/x509.h>

static X509_REQ *open_info(const void *info, size_t len, struct error *e)
{
	struct bytes der = {0};
	X509_REQ *x = NULL;
	const unsigned char *at;

	/* A signature of one zero byte makes it whole, and nothing looks at it. This also reads it strictly. */
	if (request_assemble(info, len, "ed25519", "", 1, &der, e) == 0) {
		at = der.data;
		x = d2i_X509_REQ(NULL, &at, (long)der.len);
		if (!x)
			openssl_error(e, ERROR_FAULT, N_("The certification request does not parse: %s."));
	}
	bytes_free(&der);
	return x;
}

static void view_attribute(struct bytes *out, int number, X509_ATTRIBUTE *attribute)
{
	struct bytes label = {0}, line = {0};
	char oid[256];

	bytes_printf(&label, "Attribute %d", number);
	object_show(&line, X509_ATTRIBUTE_get0_object(attribute));
	if (OBJ_obj2txt(oid, sizeof oid, X509_ATTRIBUTE_get0_object(attribute), 1) > 0)
		bytes_printf(&line, " (%s)", oid);
	view_line(out, 0, bytes_string(&label), bytes_string(&line));
	for (int i = 0; i < X509_ATTRIBUTE_count(attribute); i++) {
		unsigned char *der = NULL;
		int n = i2d_ASN1_TYPE(X509_ATTRIBUTE_get0_type(attribute, i), &der);
		if (n > 0)
			view_hex(out, 4, "value not decoded", der, (size_t)n);
		else
			out->failed = true;
		OPENSSL_free(der);
	}
	out->failed = out->failed || label.failed || line.failed;
	bytes_free(&label);
	bytes_free(&line);
}

static void view_count(struct bytes *out, const char *label, int count)
{
	char text[16];

	BIO_snprintf(text, sizeof text, "%d", count);
	view_line(out, 0, label, text);
}

int request_view(const void *info, size_t len, struct bytes *out, struct error *e)
{
	X509_REQ *x = open_info(info, len, e);
	STACK_OF(X509_EXTENSION) *extensions = NULL;
	int attributes = 0;

	if (!x)
		return -1;
	view_count(out, "Version", (int)X509_REQ_get_version(x) + 1);
	view_name(out, "Subject", X509_REQ_get_subject_name(x));
	view_key(out, X509_REQ_get_X509_PUBKEY(x));
	for (int i = 0; i < X509_REQ_get_attr_count(x); i++) {
		X509_ATTRIBUTE *a = X509_REQ_get_attr(x, i);
		/* decoded below; OpenSSL would take Microsoft's attribute for the same thing, which we show as it is */
		if (OBJ_obj2nid(X509_ATTRIBUTE_get0_object(a)) == NID_ext_req) {
			ASN1_TYPE *type = X509_ATTRIBUTE_get0_type(a, 0);
			const unsigned char *at = type->value.sequence->data;
			extensions = d2i_X509_EXTENSIONS(NULL, &at, type->value.sequence->length);
			if (!extensions)
				view_attribute(out, ++attributes, a);
		} else {
			view_attribute(out, ++attributes, a);
		}
	}
	view_count(out, "Extensions asked for", extensions ? sk_X509_EXTENSION_num(extensions) : 0);
	for (int i = 0; extensions && i < sk_X509_EXTENSION_num(extensions); i++)
		view_extension(out, i + 1, sk_X509_EXTENSION_value(extensions, i));
	sk_X509_EXTENSION_pop_free(extensions, X509_EXTENSION_free);
	X509_REQ_free(x);
	ERR_clear_error();
	return bytes_end(out, e);
}
