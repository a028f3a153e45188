#include "pki/request.h"

#include <string.h>

static const char *const labels[] = {"CERTIFICATE REQUEST", "NEW CERTIFICATE REQUEST"};

static bool is_space(uint8_t c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* One line of the text, without its end: LF or CR LF. */
static struct request_part next_line(const uint8_t **at, size_t *left)
{
	struct request_part line = {*at, 0};
	const uint8_t *end = *left ? memchr(*at, '\n', *left) : NULL;
	size_t used = end ? (size_t)(end - *at) + 1 : *left;

	line.len = end ? used - 1 : used;
	if (line.len && line.data[line.len - 1] == '\r')
		line.len--;
	*at += used;
	*left -= used;
	return line;
}

static bool is_line(struct request_part line, const char *kind, const char *label)
{
	char text[64];
	size_t len = 0;

	for (const char *const *p = (const char *const[]){"-----", kind, " ", label, "-----", NULL}; *p; p++) {
		size_t n = strlen(*p);
		memcpy(text + len, *p, n);
		len += n;
	}
	return line.len == len && memcmp(line.data, text, len) == 0;
}

/* The base64 of the lines up to the end of the block (RFC 7468 section 3: strict but for the length of lines). */
static int block(const uint8_t **at, size_t *left, const char *label, struct bytes *der, struct error *e)
{
	struct bytes text = {0};
	bool ended = false;
	int status = -1;

	while (*left && !ended) {
		struct request_part line = next_line(at, left);
		ended = is_line(line, "END", label);
		if (!ended)
			bytes_add(&text, line.data, line.len);
	}
	if (bytes_end(&text, e))
		goto out;
	if (!ended)
		error_set(e, ERROR_FAULT, N_("The PEM text has no line \"-----END %s-----\": it is cut short."), label);
	else if (!text.len || memchr(text.data, '\0', text.len) || base64_decode(bytes_string(&text), text.len, der))
		error_set(e, ERROR_FAULT, N_("Between the lines of the PEM text stands something else than base64."));
	else
		status = bytes_end(der, e);
out:
	bytes_free(&text);
	return status;
}

static int read_pem(const uint8_t *at, size_t left, struct bytes *der, struct error *e)
{
	struct request_part line = next_line(&at, &left);
	const char *label = NULL;

	for (size_t i = 0; i < sizeof labels / sizeof labels[0]; i++)
		if (is_line(line, "BEGIN", labels[i]))
			label = labels[i];
	if (!label)
		return error_set(e, ERROR_FAULT,
		        N_("The PEM text does not begin with the line \"-----BEGIN CERTIFICATE REQUEST-----\"."));
	if (block(&at, &left, label, der, e))
		return -1;
	while (left && is_space(*at)) {
		at++;
		left--;
	}
	if (left)
		return error_set(e, ERROR_FAULT,
		        N_("Something stands behind the request in the PEM text. One request, nothing else."));
	return 0;
}

int request_read(const void *file, size_t len, struct bytes *der, bool *pem, struct error *e)
{
	const uint8_t *at = file;
	size_t left = len;

	if (len > REQUEST_FILE_MAX)
		return error_set(e, ERROR_FAULT,
		        N_("The file has %zu bytes; more than %d are not taken for a request."), len,
		        (int)REQUEST_FILE_MAX);
	if (pem)
		*pem = false;
	if (len && at[0] == 0x30) {
		bytes_add(der, file, len);
		return bytes_end(der, e);
	}
	while (left && is_space(*at)) {
		at++;
		left--;
	}
	if (!left || *at != '-')
		return error_set(e, ERROR_FAULT,
		        N_("The file holds no certification request: it begins neither as DER nor as a PEM block."));
	if (pem)
		*pem = true;
	return read_pem(at, left, der, e);
}

int request_pem(const void *der, size_t len, struct bytes *pem, struct error *e)
{
	struct bytes text = {0};
	struct pki_request *r = request_parse(der, len, e);
	int status = -1;

	if (!r)
		return -1;
	bytes_base64(&text, der, len);
	if (bytes_end(&text, e))
		goto out;
	/* RFC 7468 section 2: lines of 64 */
	bytes_printf(pem, "-----BEGIN %s-----\n", labels[0]);
	for (size_t i = 0; i < text.len; i += 64) {
		bytes_add(pem, text.data + i, text.len - i < 64 ? text.len - i : 64);
		bytes_byte(pem, '\n');
	}
	bytes_printf(pem, "-----END %s-----\n", labels[0]);
	status = bytes_end(pem, e);
out:
	request_free(&r);
	bytes_free(&text);
	return status;
}
