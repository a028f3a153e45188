/* Who has a pinned card signs every approval with it too: a card's CMS broken in each of its ways, and the rules of who
 * must show one and who may not. */
#include "../people/fixture.h"
#include "../signer.h"
#include "people/cms_verify.h"

static const struct {
	const char *name, *key, *algorithm, *hash;
} cards[] = {
        {"ann", "-algorithm EC -pkeyopt ec_paramgen_curve:P-256", "ecdsa-sha256", "SHA256"},
        {"bob", "-algorithm RSA -pkeyopt rsa_keygen_bits:2048", "rsa-pkcs1-sha256", "SHA256"},
};

static int make(void **state)
{
	assert_int_equal(secret_init(NULL), 0);
	signers_make(state);
	for (size_t i = 0; i < sizeof cards / sizeof cards[0]; i++)
		signer_make(cards[i].name, cards[i].key);
	return 0;
}

static void hash_of(const char *name, uint8_t sum[32], char hex[65])
{
	struct bytes certificate = {0}, text = {0};
	char file[64];

	snprintf(file, sizeof file, "%s.der", name);
	signers_read(file, &certificate);
	assert_int_equal(sha256(certificate.data, certificate.len, sum), 0);
	bytes_hex(&text, sum, 32);
	snprintf(hex, 65, "%s", bytes_string(&text));
	bytes_free(&certificate);
	bytes_free(&text);
}

/* The `card` of an approval by `name`, over this checkpoint text, as the card of `of` at `seconds` signs it. */
static void card_json(
        const char *of, const struct bytes *text, int64_t seconds, int64_t signing_time, struct bytes *out)
{
	struct bytes message = {0}, cms = {0};
	struct json_writer w = {out, false};
	uint8_t sum[32];
	char hex[65];
	size_t i = strcmp(of, "ann") ? 1 : 0;

	assert_int_equal(cosignature_message(&message, seconds, bytes_string(text), text->len, NULL), 0);
	signer_cms(of, cards[i].algorithm, cards[i].hash, signing_time, &message, &cms);
	hash_of(of, sum, hex);
	bytes_clear(out);
	json_begin_object(&w);
	json_member_text(&w, "sha256", hex);
	json_member_base64(&w, "cms", cms.data, cms.len);
	json_end_object(&w);
	bytes_free(&message);
	bytes_free(&cms);
}

/* A ceremony whose script pins ann and bob with their cards, and cat without one. */
static struct run *opened(const char *rehearsal)
{
	static const int seats[] = {ADMIN, ANN, BOB, CAT, WIT};
	static char people[4096];
	struct opening o = usual;
	bool real = !strcmp(rehearsal, "false");
	struct run *r = run_new(real ? ORIGIN : "rehearsal/" ORIGIN);
	struct bytes json = {0};
	struct json_writer w = {&json, false};

	json_begin_array(&w);
	for (size_t i = 0; i < 5; i++) {
		struct bytes vkey = {0};
		uint8_t sum[32];
		char hex[65];
		bool card = seats[i] == ANN || seats[i] == BOB;
		vkey_text(&r->actor[seats[i]].key, &vkey);
		if (card)
			hash_of(actor_names[seats[i]], sum, hex);
		json_begin_object(&w);
		json_member_text(&w, "person", actor_names[seats[i]]);
		json_member_text(&w, "role", actor_roles[seats[i]]);
		json_member_text(&w, "vkey", bytes_string(&vkey));
		json_member_text(&w, "card", card ? hex : NULL);
		json_end_object(&w);
		bytes_free(&vkey);
	}
	json_end_array(&w);
	snprintf(people, sizeof people, "%s", bytes_string(&json));
	bytes_free(&json);
	o.people = people;
	o.rehearsal = rehearsal;
	o.origin = real ? ORIGIN : "rehearsal/" ORIGIN;
	ok(r, open_with(r, &o));
	return r;
}

static int prove(struct run *r, int who, const char *card)
{
	return give_with(r, r->last, actor_names[who], &r->actor[who], &r->console, &r->data, r->time / 1000, card);
}

static void comes(struct run *r, int who)
{
	ok(r, join_as(r, actor_names[who], actor_roles[who], &r->actor[who].key));
	copy_bytes(&r->data, &r->checkpoint);
}

static void presence_and_consent_are_signed_by_the_card_too(void **state)
{
	struct run *r = opened("false");
	struct bytes card = {0};

	(void)state;
	for (int who = ADMIN; who <= WIT; who++) {
		comes(r, who);
		if (who == ANN || who == BOB)
			card_json(actor_names[who], &r->data, r->time / 1000, r->time / 1000, &card);
		ok(r, prove(r, who, who == ANN || who == BOB ? bytes_string(&card) : "null"));
	}
	ok(r, propose_begin(r, ALL_NAMES, 5));
	for (int who = ADMIN; who <= WIT; who++) {
		card_json(actor_names[who == BOB ? BOB : ANN], &r->proposed_checkpoint, r->time / 1000, r->time / 1000,
		        &card);
		ok(r, give_with(r, r->proposed, actor_names[who], &r->actor[who], &r->console, &r->proposed_checkpoint,
		              r->time / 1000, who == ANN || who == BOB ? bytes_string(&card) : "null"));
	}
	ok(r, intend(r));
	ok(r, done(r));
	assert_true(consent_begun(r->consent));
	ok(r, propose_key(r));
	refused(r, approve(r, ANN), "ann must sign with the card that the script pins, and did not");
	bytes_free(&card);
	run_free(r);
}

static void a_card_that_is_not_right_is_refused(void **state)
{
	static const struct {
		int who;
		const char *of;        /* whose card signs; NULL: none */
		int64_t message, time; /* seconds off in the message, and in the signing time */
		const char *from, *to; /* changed in the JSON afterwards */
		const char *expected;
	} cases[] = {
	        {ANN, NULL, 0, 0, NULL, NULL, "ann must sign with the card that the script pins, and did not"},
	        {CAT, "ann", 0, 0, NULL, NULL, "cat shows a card, and none may sign for them in this ceremony"},
	        {ADMIN, "bob", 0, 0, NULL, NULL, "admin shows a card"},
	        {ANN, "bob", 0, 0, NULL, NULL, "the card of ann is not the one that the script pins"},
	        {ANN, "ann", -1, 0, NULL, NULL, "The signed attribute messageDigest of the CMS is not what it must be"},
	        {ANN, "ann", 0, -1, NULL, NULL, "the card of ann signed at another time than the cosignature says"},
	        {BOB, "bob", 0, 1, NULL, NULL, "the card of bob signed at another time"},
	        {ANN, "ann", 0, 0, "\"cms\":\"MII", "\"cms\":\"MIJ", "The CMS is not, byte for byte"},
	        {ANN, "ann", 0, 0, "\"cms\":\"MII", "\"cms\":\"", "The CMS is not, byte for byte"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct run *r = opened("false");
		struct bytes card = {0}, changed = {0};
		comes(r, cases[i].who);
		int64_t now = r->time / 1000;
		if (cases[i].of)
			card_json(cases[i].of, &r->data, now + cases[i].message, now + cases[i].time, &card);
		else
			bytes_text(&card, "null");
		const char *at = cases[i].from ? strstr(bytes_string(&card), cases[i].from) : NULL;
		if (cases[i].from) {
			assert_non_null(at);
			bytes_add(&changed, card.data, (size_t)(at - bytes_string(&card)));
			bytes_text(&changed, cases[i].to);
			/* whole groups of four stay base64 */
			size_t skip = strlen(cases[i].from) + (strlen(cases[i].to) < strlen(cases[i].from) ? 1 : 0);
			bytes_text(&changed, at + skip);
		} else {
			bytes_add(&changed, card.data, card.len);
		}
		refused(r, prove(r, cases[i].who, bytes_string(&changed)), cases[i].expected);
		bytes_free(&card);
		bytes_free(&changed);
		run_free(r);
	}
}

/* The same card over another checkpoint, of which everything else is right. */
static void a_card_signs_one_checkpoint(void **state)
{
	struct run *r = opened("false");
	struct bytes card = {0}, other = {0};

	(void)state;
	comes(r, ANN);
	bytes_text(&other, bytes_string(&r->data));
	other.data[other.len - 4] = other.data[other.len - 4] == 'A' ? 'B' : 'A';
	card_json("ann", &other, r->time / 1000, r->time / 1000, &card);
	refused(r, prove(r, ANN, bytes_string(&card)), "messageDigest of the CMS is not what it must be");
	bytes_free(&card);
	bytes_free(&other);
	run_free(r);
}

static void stand_ins_have_no_cards(void **state)
{
	struct run *r = opened("true");
	struct bytes card = {0};

	(void)state;
	comes(r, ANN);
	ok(r, prove(r, ANN, "null"));
	comes(r, BOB);
	card_json("bob", &r->data, r->time / 1000, r->time / 1000, &card);
	refused(r, prove(r, BOB, bytes_string(&card)), "bob shows a card, and none may sign for them in this ceremony");
	bytes_free(&card);
	run_free(r);
}

/* No bit of it is free but those of the further certificates' insides and of the certificate's own unjudged parts: what
 * cms_verify() takes must be the bytes that were made. */
static void every_changed_byte_of_a_cms_is_refused(void **state)
{
	struct bytes content = {0}, cms = {0};
	struct cms_chain chain = {0};
	size_t in_chain = 0;
	int64_t time = 0;
	uint8_t sum[32];
	char hex[65];

	(void)state;
	bytes_text(&content, "cosignature/v1\ntime 1\nexample\n1\nAAAA\n");
	for (size_t c = 0; c < 2; c++) {
		signer_cms(cards[c].name, cards[c].algorithm, cards[c].hash, INT64_C(1796117400), &content, &cms);
		hash_of(cards[c].name, sum, hex);
		assert_int_equal(cms_verify(cms.data, cms.len, content.data, content.len, sum, &time, NULL), 0);
		assert_int_equal(time, INT64_C(1796117400));
		signer_chain(&chain);
		const uint8_t *at = memmem(cms.data, cms.len, chain.certificate[0].data, chain.certificate[0].len);
		assert_non_null(at);
		size_t from = (size_t)(at - cms.data), to = from + chain.certificate[0].len;
		for (size_t i = 0; i < cms.len; i++) {
			for (uint8_t bit = 1; bit; bit = (uint8_t)(bit << 1)) {
				cms.data[i] ^= bit;
				bool good =
				        cms_verify(cms.data, cms.len, content.data, content.len, sum, &time, NULL) == 0;
				cms.data[i] ^= bit;
				if (good && i >= from && i < to)
					in_chain++;
				else if (good)
					fail_msg("bit %02x of byte %zu is free", bit, i);
			}
		}
		/* cut short, and with something behind it */
		for (size_t len = 0; len < cms.len; len++)
			assert_int_equal(cms_verify(cms.data, len, content.data, content.len, sum, &time, NULL), -1);
		bytes_byte(&cms, 0);
		assert_int_equal(cms_verify(cms.data, cms.len, content.data, content.len, sum, &time, NULL), -1);
		cms_chain_free(&chain);
	}
	assert_true(in_chain > 0); /* or the loop looked at nothing */
	bytes_free(&content);
	bytes_free(&cms);
}

/* What openssl makes is sound, and not of the one form: there must be one only. */
static void a_cms_of_another_form_is_refused(void **state)
{
	static const struct {
		const char *options, *expected;
	} cases[] = {
	        {"-cades -nosmimecap", "The signed attribute signingCertificateV2 of the CMS is not what it must be"},
	        {"-nosmimecap", "The CMS is not, byte for byte"},
	        {"-cades -nocerts", "The CMS is not, byte for byte"},
	        {"-cades -nodetach", "The CMS is not, byte for byte"},
	        {"-noattr", "The CMS is not, byte for byte"},
	        {"-cades -md sha1", "The CMS is not, byte for byte|is signed with an algorithm that is none of"},
	};
	struct bytes content = {0}, cms = {0};
	uint8_t sum[32];
	char hex[65];
	int64_t time;

	(void)state;
	bytes_text(&content, "x\n");
	signers_write("content", &content);
	hash_of("ann", sum, hex);
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct error e = {0};
		struct bytes why = {0};
		must_run(shell(
		        "openssl cms -sign -binary %s -signer ann.pem -inkey ann.key -in content -outform DER -out cms",
		        cases[i].options));
		signers_read("cms", &cms);
		assert_int_equal(cms_verify(cms.data, cms.len, content.data, content.len, sum, &time, &e), -1);
		error_text(&e, &why);
		const char *bar = strchr(cases[i].expected, '|');
		char first[128];
		snprintf(first, sizeof first, "%.*s", bar ? (int)(bar - cases[i].expected) : 127, cases[i].expected);
		if (!strstr(bytes_string(&why), first) && !(bar && strstr(bytes_string(&why), bar + 1)))
			fail_msg("%s: %s", cases[i].options, bytes_string(&why));
		bytes_free(&why);
	}
	bytes_free(&content);
	bytes_free(&cms);
}

static void attributes_are_judged_before_a_card_signs_them(void **state)
{
	struct bytes certificate = {0}, content = {0}, attributes = {0};
	uint8_t sum[32], other[32] = {1};
	struct error e = {0};
	char hex[65];
	int64_t time = 0;

	(void)state;
	bytes_text(&content, "what is signed");
	signers_read("ann.der", &certificate);
	hash_of("ann", sum, hex);
	struct cms_signer s = {&certificate, NULL, "ecdsa-sha256", 77};
	assert_int_equal(cms_attributes(&s, content.data, content.len, &attributes, &e), 0);
	assert_int_equal(cms_attributes_verify(attributes.data, attributes.len, "ecdsa-sha256", content.data,
	                         content.len, sum, &time, &e),
	        0);
	assert_int_equal(time, 77);
	assert_int_equal(cms_attributes_verify(attributes.data, attributes.len, "ecdsa-sha384", content.data,
	                         content.len, sum, &time, &e),
	        -1);
	assert_string_equal(e.message.args[0], "messageDigest");
	assert_int_equal(cms_attributes_verify(attributes.data, attributes.len, "ecdsa-sha256", content.data,
	                         content.len, other, &time, &e),
	        -1);
	assert_string_equal(e.message.args[0], "signingCertificateV2");
	assert_int_equal(cms_attributes_verify(
	                         attributes.data, attributes.len, "ed25519", content.data, content.len, sum, &time, &e),
	        -1);
	assert_string_equal(e.message.args[0], "ed25519");
	assert_int_equal(cms_attributes_verify(attributes.data, attributes.len - 1, "ecdsa-sha256", content.data,
	                         content.len, sum, &time, &e),
	        -1);
	bytes_free(&certificate);
	bytes_free(&content);
	bytes_free(&attributes);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(presence_and_consent_are_signed_by_the_card_too),
	        cmocka_unit_test(a_card_that_is_not_right_is_refused),
	        cmocka_unit_test(a_card_signs_one_checkpoint),
	        cmocka_unit_test(stand_ins_have_no_cards),
	        cmocka_unit_test(every_changed_byte_of_a_cms_is_refused),
	        cmocka_unit_test(a_cms_of_another_form_is_refused),
	        cmocka_unit_test(attributes_are_judged_before_a_card_signs_them),
	};
	return cmocka_run_group_tests(tests, make, signers_remove);
}
