/* An attestation is taken only of the very key, in a whole chain up to the pinned root; every way to miss that has its
 * sentence. The chains are made by the openssl program. */
#include "fixture.h"

#include "pki/attestation.h"

#include <sys/stat.h>

#define CA_EXT "basicConstraints=critical,CA:TRUE\\nkeyUsage=critical,keyCertSign"
#define VENDOR "1.3.6.1.4.1.41482.4"

enum { KEY, DEVICE, ROOT };

struct made {
	struct bytes der[ATTESTATION_CHAIN_MAX];
	uint8_t spki[32], pin[32];
	int64_t now;
};

static char folder[] = "/tmp/tachiai-attestation-XXXXXX";

static void shell(const char *format, ...) __attribute__((format(printf, 1, 2)));
static void shell(const char *format, ...)
{
	char command[2000], whole[2100];
	va_list ap;

	va_start(ap, format);
	vsnprintf(command, sizeof command, format, ap);
	va_end(ap);
	snprintf(whole, sizeof whole, "cd %s && %s 2>errors", folder, command);
	if (system(whole) != 0)
		fail_msg("%s", whole);
}

static void slurp(const char *name, struct bytes *out)
{
	char path[200];
	FILE *f;
	int c;

	snprintf(path, sizeof path, "%s/%s", folder, name);
	assert_non_null(f = fopen(path, "rb"));
	bytes_clear(out);
	while ((c = getc(f)) != EOF)
		bytes_byte(out, (uint8_t)c);
	fclose(f);
}

static void issue(const char *name, const char *subject, const char *extensions, const char *ca)
{
	shell("printf '[req]\\ndistinguished_name=n\\nx509_extensions=x\\n[n]\\n[x]\\n%s\\n' >%s.cnf && "
	      "openssl req -x509 -new -config %s.cnf -key %s.key -subj '/O=Vendor/CN=%s' -days 365 %s%s%s%s%s -out "
	      "%s.pem && "
	      "openssl x509 -in %s.pem -outform DER -out %s.der",
	        extensions, name, name, name, subject, ca ? "-CA " : "", ca ? ca : "", ca ? ".pem -CAkey " : "",
	        ca ? ca : "", ca ? ".key" : "", name, name, name);
}

/* The chain key - device - root with these extensions, and what is right for it. */
static void make(struct made *m, const char *key, const char *device, const char *root)
{
	struct certificate_parts parts;
	struct error e = {0};

	issue("root", "Root", root, NULL);
	issue("device", "Device 1", device, "root");
	issue("key", "Attestation id:0x0001", key, "device");
	slurp("key.der", &m->der[KEY]);
	slurp("device.der", &m->der[DEVICE]);
	slurp("root.der", &m->der[ROOT]);
	assert_ok(certificate_parts_read(m->der[KEY].data, m->der[KEY].len, &parts, &e), &e);
	assert_int_equal(sha256(parts.spki.data, parts.spki.len, m->spki), 0);
	assert_int_equal(sha256(m->der[ROOT].data, m->der[ROOT].len, m->pin), 0);
	m->now = parts.not_before + 60;
	certificate_parts_free(&parts);
}

static void made_free(struct made *m)
{
	for (size_t i = 0; i < ATTESTATION_CHAIN_MAX; i++)
		bytes_free(&m->der[i]);
}

static int setup(void **state)
{
	(void)state;
	assert_non_null(mkdtemp(folder));
	shell("openssl ecparam -name prime256v1 -genkey -noout -out root.key && "
	      "openssl genrsa -out device.key 2048 && openssl ecparam -name secp384r1 -genkey -noout -out key.key && "
	      "openssl ecparam -name secp384r1 -genkey -noout -out other.key");
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	shell("rm -r %s", folder);
	return 0;
}

static struct attestation_wanted wanted(const struct made *m)
{
	return (struct attestation_wanted){.spki_sha256 = m->spki, .root_sha256 = m->pin, .now = m->now};
}

static void a_sound_chain_is_taken(void **state)
{
	static const char *const extensions[] = {VENDOR ".1=040302", VENDOR ".3"};
	struct attestation_found found;
	struct bytes view = {0};
	struct made m = {0};
	struct error e = {0};

	(void)state;
	make(&m, VENDOR ".1=DER:040302\\n" VENDOR ".3=critical,DER:03020520", CA_EXT, CA_EXT);
	struct attestation_wanted w = wanted(&m);
	w.extensions = extensions;
	w.extension_count = 2;
	assert_ok(attestation_verify(m.der, 3, &w, &found, &e), &e);
	assert_false(found.stand_in || found.expired);
	assert_ok(attestation_view(m.der, 3, &view, &e), &e);
	for (const char *const *s = (const char *const[]){"Certificate 1\nSHA-256: ", "Certificate 3\nSHA-256: ",
	             "CN=Attestation id:0x0001", VENDOR ".3), critical\n", "040302", NULL};
	        *s; s++)
		if (!strstr(bytes_string(&view), *s))
			fail_msg("%s is not shown", *s);
	bytes_free(&view);
	made_free(&m);
}

enum change {
	NOTHING,
	ANOTHER_KEY,
	ANOTHER_PIN,
	SWAPPED,
	ROOT_FIRST,
	NO_ROOT,
	ALONE,
	BIT,
	BEHIND,
	CUT,
	TOO_LATE,
	TOO_EARLY,
	WANTS_MORE,
	WANTS_OTHER,
	TWICE_THE_NAME
};

static size_t change(struct made *m, struct attestation_wanted *w, enum change how)
{
	static const char *const more[] = {VENDOR ".9"}, *const other[] = {VENDOR ".1=0403"};
	struct bytes swapped = m->der[KEY];

	switch (how) {
	case ANOTHER_KEY:
		m->spki[31] ^= 1;
		break;
	case ANOTHER_PIN:
		memset(m->pin, 0, sizeof m->pin);
		break;
	case SWAPPED:
		m->der[KEY] = m->der[DEVICE];
		m->der[DEVICE] = swapped;
		break;
	case ROOT_FIRST:
		m->der[KEY] = m->der[ROOT];
		m->der[ROOT] = swapped;
		break;
	case NO_ROOT:
		return 2;
	case ALONE:
		return 1;
	case BIT:
		m->der[KEY].data[m->der[KEY].len - 1] ^= 1;
		break;
	case BEHIND:
		bytes_byte(&m->der[DEVICE], 0);
		break;
	case CUT:
		m->der[ROOT].len--;
		break;
	case TOO_LATE:
		w->now += INT64_C(366) * 86400;
		break;
	case TOO_EARLY:
		w->now -= 86400;
		break;
	case WANTS_MORE:
	case WANTS_OTHER:
		w->extensions = how == WANTS_MORE ? more : other;
		w->extension_count = 1;
		break;
	case TWICE_THE_NAME: /* another key under the device's name signs */
		shell("cp device.key kept.key && openssl genrsa -out device.key 2048");
		issue("device", "Device 1", CA_EXT, "root");
		slurp("device.der", &m->der[DEVICE]);
		shell("mv kept.key device.key");
		break;
	case NOTHING:
		break;
	}
	return 3;
}

static void what_proves_less_is_refused(void **state)
{
	static const struct {
		const char *key, *device, *root;
		enum change how;
		const char *told; /* the sentence, as far as it is the same each time */
	} cases[] = {
	        {"", CA_EXT, CA_EXT, ANOTHER_KEY, "The attestation is of another key than the one that was generated."},
	        {"", CA_EXT, CA_EXT, SWAPPED, "The attestation is of another key than the one that was generated."},
	        {"", CA_EXT, CA_EXT, ROOT_FIRST, "The attestation is of another key than the one that was generated."},
	        {"", CA_EXT, CA_EXT, ANOTHER_PIN,
	                "The last certificate of the attestation is not the vendor's root that the script pins: its "
	                "SHA-256 is "},
	        {"", CA_EXT, CA_EXT, NO_ROOT,
	                "The last certificate of the attestation is not the vendor's root that the script pins: its "
	                "SHA-256 is "},
	        {"", CA_EXT, CA_EXT, ALONE, "A chain of 1 certificates is no attestation: 2 to 6 are."},
	        {"", CA_EXT, CA_EXT, BIT,
	                "Certificate 1 of the attestation: The signature of algorithm rsa-pkcs1-sha256 does not verify "
	                "under "
	                "the public key."},
	        {"", CA_EXT, CA_EXT, TWICE_THE_NAME,
	                "Certificate 1 of the attestation: The signature of algorithm rsa-pkcs1-sha256 does not verify "
	                "under "
	                "the public key."},
	        {"", CA_EXT, CA_EXT, BEHIND, "1 bytes stand behind the certificate."},
	        {"", CA_EXT, CA_EXT, CUT, "The certificate is not DER, or is cut short."},
	        {"", CA_EXT, CA_EXT, TOO_LATE, "Certificate 1 of the attestation has expired, at 20"},
	        {"", CA_EXT, CA_EXT, TOO_EARLY, "Certificate 1 of the attestation is valid only from 20"},
	        {"", CA_EXT, CA_EXT, WANTS_MORE,
	                "The attestation has no extension " VENDOR ".9, which the script expects."},
	        {VENDOR ".1=DER:0500", CA_EXT, CA_EXT, WANTS_OTHER,
	                "The attestation's extension " VENDOR ".1 is not what the script expects: it is 0500."},
	        {VENDOR ".2=critical,DER:0500", CA_EXT, CA_EXT, NOTHING,
	                "Certificate 1 of the attestation has the critical extension " VENDOR
	                ".2, which nobody here understands."},
	        {"", CA_EXT "\\nnameConstraints=critical,permitted;DNS:a.example", CA_EXT, NOTHING,
	                "Certificate 2 of the attestation has the critical extension 2.5.29.30, which nobody here "
	                "understands."},
	        {"", "basicConstraints=CA:FALSE", CA_EXT, NOTHING,
	                "Certificate 2 of the attestation issued another, and is no CA by its basicConstraints."},
	        {"", "subjectKeyIdentifier=hash", CA_EXT, NOTHING,
	                "Certificate 2 of the attestation issued another, and is no CA by its basicConstraints."},
	        {"", "basicConstraints=CA:TRUE\\nkeyUsage=digitalSignature", CA_EXT, NOTHING,
	                "Certificate 2 of the attestation issued another, and its keyUsage does not let it."},
	        {"", CA_EXT, "basicConstraints=CA:TRUE,pathlen:0", NOTHING,
	                "Certificate 3 of the attestation has more CAs below it than its pathlen allows."},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct attestation_found found;
		struct bytes told = {0};
		struct made m = {0};
		struct error e = {0};
		make(&m, cases[i].key, cases[i].device, cases[i].root);
		struct attestation_wanted w = wanted(&m);
		size_t count = change(&m, &w, cases[i].how);
		if (attestation_verify(m.der, count, &w, &found, &e) == 0)
			fail_msg("taken: %s", cases[i].told);
		error_text(&e, &told);
		if (strncmp(bytes_string(&told), cases[i].told, strlen(cases[i].told)) != 0)
			fail_msg("case %zu: %s", i, bytes_string(&told));
		bytes_free(&told);
		made_free(&m);
	}
}

static void an_issuer_of_another_name_is_refused(void **state)
{
	struct attestation_found found;
	struct made m = {0};
	struct error e = {0};

	(void)state;
	make(&m, "", CA_EXT, CA_EXT);
	issue("device", "Device 2", CA_EXT, "root");
	slurp("device.der", &m.der[DEVICE]);
	struct attestation_wanted w = wanted(&m);
	assert_int_equal(attestation_verify(m.der, 3, &w, &found, &e), -1);
	assert_error(&e, "Certificate 1 of the attestation was not issued by the one after it: the names differ.");
	made_free(&m);
}

static void one_that_has_expired_is_taken_when_the_script_says_so(void **state)
{
	struct attestation_found found;
	struct made m = {0};
	struct error e = {0};

	(void)state;
	make(&m, "", CA_EXT, CA_EXT);
	struct attestation_wanted w = wanted(&m);
	w.now += INT64_C(4000) * 86400;
	w.expired_accepted = true;
	assert_ok(attestation_verify(m.der, 3, &w, &found, &e), &e);
	assert_true(found.expired);
	w.now = m.now - 86400;
	assert_int_equal(attestation_verify(m.der, 3, &w, &found, &e), -1);
	/* judged when it was read, it is not judged again by a clock that was set back since */
	w.early_accepted = true;
	assert_ok(attestation_verify(m.der, 3, &w, &found, &e), &e);
	made_free(&m);
}

/* A rehearsal's own chain stands in for the vendor's there, and nowhere else; a part of one stands in for nothing. */
static void a_stand_in_is_for_rehearsals(void **state)
{
	static const char *const extensions[] = {VENDOR ".1=020304", VENDOR ".3"};
	struct attestation_found found;
	struct error e = {0};
	struct root r;

	(void)state;
	root_open(&r, "ec-p256");
	for (size_t count = ATTESTATION_CHAIN_MIN; count <= ATTESTATION_CHAIN_MAX; count++) {
		struct made m = {.now = NOT_BEFORE};
		assert_int_equal(sha256(r.spki.data, r.spki.len, m.spki), 0);
		struct attestation_wanted w = wanted(&m);
		w.extensions = extensions;
		w.extension_count = 2;
		w.rehearsal = true;
		assert_ok(attestation_stand_in(r.spki.data, r.spki.len, &w, count, m.der, &e), &e);
		assert_ok(attestation_verify(m.der, count, &w, &found, &e), &e);
		assert_true(found.stand_in);
		w.rehearsal = false;
		assert_int_equal(attestation_verify(m.der, count, &w, &found, &e), -1);
		assert_int_equal(sha256(m.der[count - 1].data, m.der[count - 1].len, m.pin), 0);
		assert_int_equal(attestation_verify(m.der, count, &w, &found, &e), -1);
		made_free(&m);
	}
	assert_error(&e, "Certificate 1 of the attestation has the critical extension "
	                 "2.25.253271005251938177410895777859499217146, which nobody here understands.");
	struct made m = {0};
	make(&m, "", CA_EXT, CA_EXT);
	struct attestation_wanted w = wanted(&m);
	memset(m.pin, 0, sizeof m.pin);
	w.rehearsal = true;
	assert_int_equal(attestation_verify(m.der, 3, &w, &found, &e), -1);
	made_free(&m);
	root_close(&r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(a_sound_chain_is_taken),
	        cmocka_unit_test(what_proves_less_is_refused), cmocka_unit_test(an_issuer_of_another_name_is_refused),
	        cmocka_unit_test(one_that_has_expired_is_taken_when_the_script_says_so),
	        cmocka_unit_test(a_stand_in_is_for_rehearsals)};
	return cmocka_run_group_tests(tests, setup, teardown);
}
