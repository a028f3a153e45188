/* A certification request is taken only whole, strict and proven; ours are what other people's tools accept. */
#include "fixture.h"

#include "pki/request.h"

static void info_of(struct root *r, struct bytes *info)
{
	struct error e = {0};

	bytes_clear(info);
	assert_ok(request_build(&r->p, info, &e), &e);
}

static void sign(struct root *r, const struct bytes *info, struct bytes *der)
{
	struct bytes signature = {0};
	struct error e = {0};

	bytes_clear(der);
	assert_ok(pki_key_sign(r->key, r->p.signature, info->data, info->len, &signature, &e), &e);
	assert_ok(request_assemble(info->data, info->len, r->p.signature, signature.data, signature.len, der, &e), &e);
	bytes_free(&signature);
}

/* The profile of an issuing CA's request. */
static void ours(struct root *r, const char *algorithm)
{
	root_open(r, algorithm);
	r->p.extension_count = 0;
	root_extension(r, "basicConstraints", "critical,CA:TRUE,pathlen:0");
	root_extension(r, "keyUsage", "critical,keyCertSign,cRLSign");
	root_extension(r, "subjectKeyIdentifier", "hash");
}

static struct pki_request *parsed(const struct bytes *der)
{
	struct error e = {0};
	struct pki_request *r = request_parse(der->data, der->len, &e);

	if (!r)
		assert_ok(-1, &e);
	return r;
}

static void ours_is_accepted_by_openssl(void **state)
{
	static const char *const algorithms[] = {"ec-p256", "ec-p384", "ec-p521", "rsa-2048", "ed25519"};

	(void)state;
	for (size_t i = 0; i < sizeof algorithms / sizeof algorithms[0]; i++) {
		struct bytes info = {0}, der = {0}, pem = {0}, out = {0};
		struct error e = {0};
		char path[64], command[200];
		struct root r;
		ours(&r, algorithms[i]);
		info_of(&r, &info);
		sign(&r, &info, &der);
		struct pki_request *q = parsed(&der);
		assert_ok(request_verify(q, &e), &e);
		assert_string_equal(request_algorithm(q), r.p.signature);
		assert_int_equal(request_spki(q).len, r.spki.len);
		assert_memory_equal(request_spki(q).data, r.spki.data, r.spki.len);
		assert_memory_equal(request_info(q).data, info.data, info.len);
		assert_ok(request_pem(der.data, der.len, &pem, &e), &e);
		scratch(path, pem.data, pem.len);
		snprintf(command, sizeof command, "openssl req -in %s -verify -noout -text", path);
		assert_int_equal(run(&out, command), 0);
		assert_non_null(strstr(bytes_string(&out), "verify OK"));
		assert_non_null(
		        strstr(bytes_string(&out), "Subject: C = JP, O = Example Trust K.K., CN = Example Root CA G1"));
		assert_non_null(strstr(bytes_string(&out), "CA:TRUE, pathlen:0"));
		assert_non_null(strstr(bytes_string(&out), "Certificate Sign, CRL Sign"));
		unlink(path);
		request_free(&q);
		bytes_free(&info);
		bytes_free(&der);
		bytes_free(&pem);
		bytes_free(&out);
		root_close(&r);
	}
}

static void those_of_others_are_read_and_proven(void **state)
{
	static const char *const commands[] = {
	        "openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-384 -nodes -keyout /dev/null -subj "
	        "'/C=JP/CN=a' -outform %s",
	        "openssl req -new -newkey rsa:2048 -nodes -keyout /dev/null -subj '/CN=a' -addext "
	        "basicConstraints=critical,CA:TRUE "
	        "-addext keyUsage=critical,keyCertSign -sha384 -outform %s",
	        "openssl req -new -newkey ed25519 -nodes -keyout /dev/null -subj '/' -outform %s",
	        "openssl req -new -newkey rsa:2048 -nodes -keyout /dev/null -subj '/CN=a' -sha256 -sigopt "
	        "rsa_padding_mode:pss "
	        "-sigopt rsa_pss_saltlen:32 -sigopt rsa_mgf1_md:sha256 -outform %s",
	};

	(void)state;
	for (size_t i = 0; i < 2 * sizeof commands / sizeof commands[0]; i++) {
		struct bytes file = {0}, der = {0}, view = {0};
		struct error e = {0};
		char command[400], line[500];
		bool pem = false;
		snprintf(command, sizeof command, commands[i / 2], i % 2 ? "PEM" : "DER");
		snprintf(line, sizeof line, "%s 2>/dev/null", command);
		assert_int_equal(run(&file, line), 0);
		assert_ok(request_read(file.data, file.len, &der, &pem, &e), &e);
		assert_int_equal(pem, i % 2);
		struct pki_request *q = parsed(&der);
		assert_ok(request_verify(q, &e), &e);
		assert_int_equal(request_extensions(q).len > 0, i / 2 == 1);
		assert_ok(request_view(request_info(q).data, request_info(q).len, &view, &e), &e);
		assert_non_null(strstr(bytes_string(&view), i / 2 == 2 ? "Subject: (empty)\n" : "CN, UTF8String: a\n"));
		request_free(&q);
		bytes_free(&file);
		bytes_free(&der);
		bytes_free(&view);
	}
}

static void every_field_is_shown(void **state)
{
	static const char *const lines[] = {"Version: 1\n",
	        "Subject: C=JP, O=Example Trust K.K., CN=Example Root CA G1\n", "C, PrintableString: JP\n",
	        "Key: ec-p256, 256 bits\n", "Curve: prime256v1\n",
	        "SubjectPublicKeyInfo SHA-256: ", "Extensions asked for: 4\n",
	        "Extension 1: basicConstraints (2.5.29.19), critical\n    cA: TRUE\n    pathLenConstraint: 0\n",
	        "Extension 2: keyUsage (2.5.29.15), critical\n    keyUsage: keyCertSign, cRLSign\n",
	        "Extension 3: subjectKeyIdentifier (2.5.29.14), not critical\n", "Extension 4: REHEARSAL (2.25.", NULL};
	struct bytes info = {0}, view = {0};
	struct error e = {0};
	struct root r;

	(void)state;
	ours(&r, "ec-p256");
	r.p.rehearsal = true;
	info_of(&r, &info);
	assert_ok(request_view(info.data, info.len, &view, &e), &e);
	for (size_t i = 0; lines[i]; i++)
		if (!strstr(bytes_string(&view), lines[i]))
			fail_msg("\"%s\" is not in\n%s", lines[i], bytes_string(&view));
	bytes_free(&view);
	for (size_t n = 0; n < info.len; n++)
		assert_int_equal(request_view(info.data, n, &view, &e), -1);
	bytes_byte(&info, 0);
	assert_int_equal(request_view(info.data, info.len, &view, &e), -1);
	assert_int_equal(view.len, 0);
	bytes_free(&info);
	bytes_free(&view);
	root_close(&r);
}

/* A request put together from parts that no tool would write, signed properly. */
static void raw(struct root *r, const struct bytes *name, const void *attributes, size_t len, struct bytes *der)
{
	struct bytes inner = {0}, info = {0}, bits = {0}, signature = {0}, whole = {0};
	struct error e = {0};
	const struct signature_algorithm *a = signature_algorithm_named(r->p.signature);

	bytes_add(&inner, "\x02\x01\x00", 3);
	bytes_add(&inner, name->data, name->len);
	bytes_add(&inner, r->spki.data, r->spki.len);
	bytes_add(&inner, attributes, len);
	der_put(&info, 0x30, inner.data, inner.len);
	assert_ok(pki_key_sign(r->key, r->p.signature, info.data, info.len, &signature, &e), &e);
	bytes_byte(&bits, 0);
	bytes_add(&bits, signature.data, signature.len);
	bytes_add(&whole, info.data, info.len);
	bytes_add(&whole, a->der, a->der_len);
	der_put(&whole, 0x03, bits.data, bits.len);
	bytes_clear(der);
	der_put(der, 0x30, whole.data, whole.len);
	bytes_free(&inner);
	bytes_free(&info);
	bytes_free(&bits);
	bytes_free(&signature);
	bytes_free(&whole);
}

#define REQUESTED "\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x09\x0e" /* extensionRequest */
#define CA_TRUE   "\x30\x0c\x06\x03\x55\x1d\x13\x04\x05\x30\x03\x01\x01\xff"

static void what_is_not_as_the_standards_say_is_refused(void **state)
{
	static const struct {
		const char *attributes;
		size_t len;
		const char *message; /* NULL: accepted */
	} cases[] = {
#define CASE(text, message) {text, sizeof text - 1, message}
	        CASE("\xa0\x00", NULL),
	        CASE("\xa0\x1f\x30\x1d" REQUESTED "\x31\x10\x30\x0e" CA_TRUE, NULL),
	        CASE("", "attributes are missing, or something follows them"),
	        CASE("\xa0\x00\x05\x00", "attributes are missing, or something follows them"),
	        CASE("\xa0\x02\x05\x00", "does not have the parts of RFC 2986 section 4"),
	        CASE("\xa0\x0f\x30\x0d" REQUESTED "\x31\x00", "does not have the parts of RFC 2986 section 4"),
	        CASE("\xa0\x11\x30\x0f" REQUESTED "\x31\x02\x30\x00", "not at least one Extension"),
	        CASE("\xa0\x11\x30\x0f" REQUESTED "\x31\x02\x05\x00", "not at least one Extension"),
	        CASE("\xa0\x13\x30\x11" REQUESTED "\x31\x04\x05\x00\x30\x00", "does not have exactly one value"),
	        CASE("\xa0\x2d\x30\x2b" REQUESTED "\x31\x1e\x30\x1c" CA_TRUE CA_TRUE,
	                "An extension is asked for twice"),
	        CASE("\xa0\x3e\x30\x1d" REQUESTED "\x31\x10\x30\x0e" CA_TRUE "\x30\x1d" REQUESTED
	             "\x31\x10\x30\x0e" CA_TRUE,
	                "An attribute of the request stands twice"),
	        /* critical FALSE written out; a value that is no DER; a second element in it */
	        CASE("\xa0\x22\x30\x20" REQUESTED
	             "\x31\x13\x30\x11\x30\x0f\x06\x03\x55\x1d\x13\x01\x01\x00\x04\x05\x30\x03\x01\x01\xff",
	                "An extension asked for is not an Extension of RFC 5280 section 4.1 in DER."),
	        CASE("\xa0\x1f\x30\x1d" REQUESTED
	             "\x31\x10\x30\x0e\x30\x0c\x06\x03\x55\x1d\x13\x04\x05\x30\x03\x01\x01\x01",
	                "An extension asked for is not an Extension of RFC 5280 section 4.1 in DER."),
	        CASE("\xa0\x1d\x30\x1b" REQUESTED "\x31\x0e\x30\x0c\x30\x0a\x06\x03\x55\x1d\x13\x04\x01\x05\x04\x00",
	                "An extension asked for is not an Extension of RFC 5280 section 4.1 in DER."),
	        /* two attributes of no meaning, in the wrong order */
	        CASE("\xa0\x14\x30\x08\x06\x02\x2a\x04\x31\x02\x05\x00\x30\x08\x06\x02\x2a\x03\x31\x02\x05\x00",
	                "not in the order of DER"),
	        CASE("\xa0\x14\x30\x08\x06\x02\x2a\x03\x31\x02\x05\x00\x30\x08\x06\x02\x2a\x04\x31\x02\x05\x00", NULL),
	};
	struct bytes der = {0}, name = {0};
	struct root r;

	(void)state;
	ours(&r, "ec-p256");
	der_put(&name, 0x30,
	        "\x31\x0a\x30\x08\x06\x03\x55\x04\x03\x0c\x01"
	        "a",
	        12);
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct error e = {0};
		raw(&r, &name, cases[i].attributes, cases[i].len, &der);
		struct pki_request *q = request_parse(der.data, der.len, &e);
		if (!cases[i].message && !q)
			assert_ok(-1, &e);
		if (cases[i].message && q)
			fail_msg("case %zu was accepted", i);
		if (cases[i].message)
			assert_error(&e, cases[i].message);
		request_free(&q);
	}
	bytes_clear(&name);
	der_put(&name, 0x30, "\x05\x00", 2);
	struct error e = {0};
	raw(&r, &name, "\xa0\x00", 2, &der);
	assert_null(request_parse(der.data, der.len, &e));
	assert_error(&e, "The request's subject is not exactly one Name in DER.");
	bytes_free(&der);
	bytes_free(&name);
	root_close(&r);
}

static void truncation_trailing_bytes_and_other_encodings_are_refused(void **state)
{
	struct bytes info = {0}, der = {0}, other = {0};
	struct error e = {0};
	struct root r;

	(void)state;
	ours(&r, "ec-p256");
	info_of(&r, &info);
	sign(&r, &info, &der);
	for (size_t n = 0; n < der.len; n++)
		assert_null(request_parse(der.data, n, &e));
	bytes_add(&other, der.data, der.len);
	bytes_byte(&other, 0);
	assert_null(request_parse(other.data, other.len, &e));
	assert_error(&e, "1 bytes stand behind the certification request.");
	other.len--;
	uint8_t *version = memmem(other.data, other.len, "\x02\x01\x00", 3);
	version[2] = 1;
	assert_null(request_parse(other.data, other.len, &e));
	assert_error(&e, "The request is not of version 1");
	version[2] = 0;
	uint8_t *ca =
	        memmem(other.data, other.len, "\x30\x06\x01\x01\xff\x02", 6); /* inside basicConstraints' octets */
	ca[4] = 1;
	assert_null(request_parse(other.data, other.len, &e));
	assert_error(&e, "is not an Extension of RFC 5280");
	bytes_clear(&other);
	bytes_text(&other, "\x30\x80");
	bytes_add(&other, der.data + 4, der.len - 4);
	bytes_add(&other, "\0\0", 2);
	assert_null(request_parse(other.data, other.len, &e));
	assert_error(&e, "is not DER, or is cut short");
	assert_null(request_parse(der.data, REQUEST_DER_MAX + 1, &e));
	assert_error(&e, "has 32769 bytes; more than 32768 are not taken");
	bytes_free(&info);
	bytes_free(&der);
	bytes_free(&other);
	root_close(&r);
}

static void a_request_that_is_not_proven_is_refused(void **state)
{
	struct bytes info = {0}, der = {0}, other = {0};
	struct error e = {0};
	struct root r, s;

	(void)state;
	ours(&r, "ec-p256");
	ours(&s, "ec-p256");
	info_of(&r, &info);
	sign(&s, &info, &der); /* by another key */
	struct pki_request *q = parsed(&der);
	assert_int_equal(request_verify(q, &e), -1);
	assert_error(&e, "The signature of algorithm ecdsa-sha256 does not verify under the public key.");
	request_free(&q);
	sign(&r, &info, &der); /* one letter of the name changed */
	*(uint8_t *)memmem(der.data, der.len, "Example Root", 12) = 'e';
	q = parsed(&der);
	assert_int_equal(request_verify(q, &e), -1);
	request_free(&q);
	assert_int_equal(run(&other, "openssl req -new -newkey rsa:2048 -nodes -keyout /dev/null -subj /CN=a -sha1 "
	                             "-outform DER 2>/dev/null"),
	        0);
	q = parsed(&other);
	assert_null(request_algorithm(q));
	assert_int_equal(request_verify(q, &e), -1);
	assert_error(&e, "The request's signature algorithm is none of those known here.");
	request_free(&q);
	/* under 01 00…00 OpenSSL alone takes any signature */
	root_close(&s);
	ours(&s, "ed25519");
	info_of(&s, &info);
	sign(&s, &info, &der);
	memset(memmem(der.data, der.len, s.spki.data + s.spki.len - 32, 32), 0, 32);
	*((uint8_t *)memmem(der.data, der.len, s.spki.data, 12) + 12) = 1;
	q = parsed(&der);
	assert_int_equal(request_verify(q, &e), -1);
	assert_error(&e, "The Ed25519 public key is of small order or not canonical: it proves nothing.");
	request_free(&q);
	bytes_free(&info);
	bytes_free(&der);
	bytes_free(&other);
	root_close(&r);
	root_close(&s);
}

static void a_file_holds_one_request_and_nothing_else(void **state)
{
	static const struct {
		const char *before, *begin, *end, *after, *message; /* message NULL: taken */
	} cases[] = {
	        {"", "CERTIFICATE REQUEST", "CERTIFICATE REQUEST", "", NULL},
	        {"\n \t\r\n", "NEW CERTIFICATE REQUEST", "NEW CERTIFICATE REQUEST", "\r\n \n", NULL},
	        {"", "CERTIFICATE", "CERTIFICATE", "",
	                "does not begin with the line \"-----BEGIN CERTIFICATE REQUEST-----\""},
	        {"Certificate Request:\n", "CERTIFICATE REQUEST", "CERTIFICATE REQUEST", "",
	                "begins neither as DER nor as a PEM block"},
	        {"", "CERTIFICATE REQUEST", "NEW CERTIFICATE REQUEST", "",
	                "has no line \"-----END CERTIFICATE REQUEST-----\""},
	        {"", "CERTIFICATE REQUEST", "CERTIFICATE REQUEST", "x",
	                "Something stands behind the request in the PEM text."},
	        {"", "CERTIFICATE REQUEST", "CERTIFICATE REQUEST", "-----BEGIN CERTIFICATE REQUEST-----\n",
	                "Something stands behind the request in the PEM text."},
	};
	struct bytes info = {0}, der = {0}, base64 = {0}, out = {0};
	struct error e = {0};
	struct root r;

	(void)state;
	ours(&r, "ec-p256");
	info_of(&r, &info);
	sign(&r, &info, &der);
	bytes_base64(&base64, der.data, der.len);
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct bytes file = {0};
		bytes_printf(&file, "%s-----BEGIN %s-----\n%.64s\r\n%s\n-----END %s-----\n%s", cases[i].before,
		        cases[i].begin, bytes_string(&base64), bytes_string(&base64) + 64, cases[i].end,
		        cases[i].after);
		bytes_clear(&out);
		int status = request_read(file.data, file.len, &out, NULL, &e);
		if (cases[i].message) {
			assert_int_equal(status, -1);
			assert_error(&e, cases[i].message);
		} else {
			assert_ok(status, &e);
			assert_int_equal(out.len, der.len);
			assert_memory_equal(out.data, der.data, der.len);
		}
		bytes_free(&file);
	}
	static const char *const wrong[] = {"", "=", "AAB=", "AA AA", "AAAA\n\nProc-Type: 4,ENCRYPTED", "!!!!"};
	for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
		struct bytes file = {0};
		bytes_printf(&file, "-----BEGIN CERTIFICATE REQUEST-----\n%s\n-----END CERTIFICATE REQUEST-----\n",
		        wrong[i]);
		assert_int_equal(request_read(file.data, file.len, &out, NULL, &e), -1);
		assert_error(&e, "Between the lines of the PEM text stands something else than base64.");
		bytes_free(&file);
	}
	assert_int_equal(request_read("-----BEGIN CERTIFICATE REQUEST-----\nAAAA\n", 41, &out, NULL, &e), -1);
	assert_error(&e, "has no line \"-----END CERTIFICATE REQUEST-----\": it is cut short");
	assert_int_equal(request_read("", 0, &out, NULL, &e), -1);
	assert_error(&e, "begins neither as DER nor as a PEM block");
	assert_int_equal(request_read(der.data, REQUEST_FILE_MAX + 1, &out, NULL, &e), -1);
	assert_error(&e, "The file has 32769 bytes; more than 32768 are not taken for a request.");
	bytes_free(&info);
	bytes_free(&der);
	bytes_free(&base64);
	bytes_free(&out);
	root_close(&r);
}

static void what_cannot_be_asked_for_is_refused(void **state)
{
	struct bytes info = {0}, der = {0};
	struct error e = {0};
	struct root r;

	(void)state;
	ours(&r, "ec-p256");
	root_extension(&r, "authorityKeyIdentifier", "keyid");
	assert_int_equal(request_build(&r.p, &info, &e), -1);
	assert_error(&e, "A request has no issuer whose key authorityKeyIdentifier could name: leave it out.");
	r.p.extension_count--;
	r.p.signature = "rsa-pss-sha256";
	assert_int_equal(request_build(&r.p, &info, &e), -1);
	assert_error(&e, "A key of algorithm ec-p256 cannot make a signature of algorithm rsa-pss-sha256.");
	r.p.signature = "ecdsa-sha256";
	root_extension(&r, "keyUsage", "critical,sign");
	assert_int_equal(request_build(&r.p, &info, &e), -1);
	assert_error(&e, "Extension keyUsage: \"sign\" is no value of it.");
	root_extension(&r, "keyUsage", "critical,keyCertSign");
	r.subject[0].value = "Japan";
	assert_int_equal(request_build(&r.p, &info, &e), -1);
	assert_error(&e, "The name's attribute C has 5 characters");
	r.subject[0].value = "JP";
	r.p.extension_count = 0; /* nothing asked for: no attribute */
	info_of(&r, &info);
	assert_memory_equal(info.data + info.len - 2, "\xa0\x00", 2);
	assert_int_equal(request_assemble(info.data, info.len, "ecdsa-sha256", "", 0, &der, &e), -1);
	assert_error(&e, "The signature is empty.");
	assert_int_equal(request_assemble(info.data, info.len, "md5", "x", 1, &der, &e), -1);
	assert_error(&e, "The signature algorithm md5 is not known.");
	bytes_free(&info);
	bytes_free(&der);
	root_close(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(ours_is_accepted_by_openssl),
	        cmocka_unit_test(those_of_others_are_read_and_proven),
	        cmocka_unit_test(every_field_is_shown),
	        cmocka_unit_test(what_is_not_as_the_standards_say_is_refused),
	        cmocka_unit_test(truncation_trailing_bytes_and_other_encodings_are_refused),
	        cmocka_unit_test(a_request_that_is_not_proven_is_refused),
	        cmocka_unit_test(a_file_holds_one_request_and_nothing_else),
	        cmocka_unit_test(what_cannot_be_asked_for_is_refused),
	};

	if (secret_init(NULL))
		return 1;
	return cmocka_run_group_tests_name("request", tests, NULL, NULL);
}
