/* A smart card signs the attributes of a CMS over a cosignature message and nothing else, by a helper of its own;
 * SoftHSM tokens stand in for cards, and a module of ours for the answers that SoftHSM does not give. */
#include "../hsm/fixture.h"
#include "../signer.h"
#include "people/cms_verify.h"

#define PIN "123456"

static const struct {
	const char *name, *key, *algorithm;
} kinds[] = {
        {"ec", "-algorithm EC -pkeyopt ec_paramgen_curve:P-256", "ecdsa-sha256"},
        {"rsa", "-algorithm RSA -pkeyopt rsa_keygen_bits:2048", "rsa-pkcs1-sha256"},
};

static int make(void **state)
{
	signers_make(state);
	for (size_t i = 0; i < 2; i++)
		signer_make(kinds[i].name, kinds[i].key);
	return 0;
}

/* What is asked of a card; NULL and 0 are what is right. */
struct asked {
	const char *module, *module_sha256, *label, *serial, *certificate_sha256, *cka_id, *message, *content,
	        *algorithm;
	int64_t told, late;
	bool no_login;
};

struct card {
	struct room *room;
	char serial[64], sha256[65], module[600];
	struct bytes certificate;
	const char *label, *environment;
	int kind;
};

/* A token with the key and the certificate of one kind, as its owner would have it. */
static struct card *card_new(int kind)
{
	struct card *c = calloc(1, sizeof *c);
	struct bytes hex = {0}, serial = {0};
	uint8_t sum[32];
	char file[64];

	assert_non_null(c);
	c->room = room_new();
	c->label = "Card of Ann";
	c->kind = kind;
	snprintf(c->module, sizeof c->module, "%s", MODULE);
	must_run(shell(
	        "export SOFTHSM2_CONF=%s; softhsm2-util --init-token --free --label 'Card of Ann' --so-pin 12345678 "
	        "--pin " PIN " && softhsm2-util --import %s.key --token 'Card of Ann' --label k --id 0a --pin " PIN
	        " && pkcs11-tool --module " MODULE " --token-label 'Card of Ann' --login --pin " PIN
	        " --write-object %s.der --type cert --id 0a --label c && softhsm2-util --show-slots | grep Serial "
	        "| head -n 1 | sed 's/.*: *//' | tr -d '\\n ' >serial",
	        c->room->conf, kinds[kind].name, kinds[kind].name));
	signers_read("serial", &serial);
	snprintf(c->serial, sizeof c->serial, "%s", bytes_string(&serial));
	snprintf(file, sizeof file, "%s.der", kinds[kind].name);
	signers_read(file, &c->certificate);
	assert_int_equal(sha256(c->certificate.data, c->certificate.len, sum), 0);
	bytes_hex(&hex, sum, 32);
	snprintf(c->sha256, sizeof c->sha256, "%s", bytes_string(&hex));
	bytes_free(&hex);
	bytes_free(&serial);
	return c;
}

static void card_free(struct card *c)
{
	room_free(c->room);
	bytes_free(&c->certificate);
	free(c);
}

static void cosigned(struct bytes *out)
{
	uint8_t root[32] = {7};
	struct bytes text = {0};

	checkpoint_text(&text, ORIGIN, 9, root);
	assert_int_equal(cosignature_message(out, 1796117400, bytes_string(&text), text.len, NULL), 0);
	bytes_free(&text);
}

static void attributes_of(const struct card *c, const struct asked *a, const struct bytes *message, struct bytes *out)
{
	struct cms_signer s = {&c->certificate, NULL, kinds[c->kind].algorithm, 1796117400 + a->late};
	const char *content = a->content ? a->content : bytes_string(message);
	size_t len = a->content ? strlen(a->content) : message->len;

	assert_int_equal(cms_attributes(&s, content, len, out, NULL), 0);
}

static void put_common(struct json_writer *w, const struct card *c, const struct asked *a)
{
	json_begin_object(w);
	json_member_text(w, "module", a->module ? a->module : c->module);
	json_member_text(w, "module_sha256", a->module_sha256);
	json_member_text(w, "label", a->label ? a->label : c->label);
	json_member_text(w, "serial", a->serial ? a->serial : c->serial);
	json_member_text(w, "certificate_sha256", a->certificate_sha256 ? a->certificate_sha256 : c->sha256);
	json_member_text(w, "cka_id", a->cka_id);
	json_member_bool(w, "login", !a->no_login);
	json_member_int(w, "pin_told", a->told);
}

static int send(struct card *c, enum hsm_verb verb, const char *text, const struct bytes *data)
{
	struct room *r = c->room;

	hsm_end(&r->hsm);
	if (c->environment)
		start_helper_with(r, (char *)(uintptr_t)c->environment);
	else
		start_helper(r);
	return ask(r, (struct hsm_request){.verb = verb,
	                      .hsm = "ann",
	                      .data = data->data,
	                      .len = data->len,
	                      .user_pin = text ? pin(text) : NULL});
}

static int sign(struct card *c, const char *text, struct asked a, struct bytes *message, struct bytes *attributes)
{
	struct bytes data = {0};
	struct json_writer w = {&data, false};

	bytes_clear(message);
	if (a.message)
		bytes_text(message, a.message);
	else
		cosigned(message);
	attributes_of(c, &a, message, attributes);
	put_common(&w, c, &a);
	json_member_text(&w, "algorithm", a.algorithm ? a.algorithm : kinds[c->kind].algorithm);
	json_member_base64(&w, "message", message->data, message->len);
	json_member_base64(&w, "attributes", attributes->data, attributes->len);
	json_end_object(&w);
	int result = send(c, HSM_CARD_SIGN, text, &data);
	bytes_free(&data);
	return result;
}

/* A signature that is thrown away. */
static int try(struct card *c, const char *text, struct asked a)
{
	struct bytes message = {0}, attributes = {0};
	int result = sign(c, text, a, &message, &attributes);

	bytes_free(&message);
	bytes_free(&attributes);
	return result;
}

static int certificate(struct card *c, const char *text, struct asked a)
{
	struct bytes data = {0};
	struct json_writer w = {&data, false};

	put_common(&w, c, &a);
	json_end_object(&w);
	int result = send(c, HSM_CARD_CERTIFICATE, text, &data);
	bytes_free(&data);
	return result;
}

/* The signature of the answer makes a CMS that holds. */
static void holds(struct card *c, const struct bytes *message, const struct bytes *attributes)
{
	const char *text = json_text(answer(c->room), "signature");
	struct cms_signer s = {&c->certificate, NULL, kinds[c->kind].algorithm, 0};
	struct bytes signature = {0}, cms = {0};
	uint8_t sum[32];
	int64_t time = 0;

	assert_non_null(text);
	assert_int_equal(base64_decode(text, strlen(text), &signature), 0);
	assert_int_equal(cms_assemble(&s, attributes, &signature, &cms, NULL), 0);
	assert_int_equal(hex_decode(c->sha256, 64, sum, 32), 0);
	assert_int_equal(cms_verify(cms.data, cms.len, message->data, message->len, sum, &time, NULL), 0);
	assert_int_equal(time, 1796117400);
	bytes_free(&signature);
	bytes_free(&cms);
}

static void a_card_signs_a_cosignature(void **state)
{
	(void)state;
	for (int kind = 0; kind < 2; kind++) {
		struct card *c = card_new(kind);
		struct bytes message = {0}, attributes = {0};
		char hash[65];
		must(c->room, sign(c, PIN, (struct asked){0}, &message, &attributes));
		holds(c, &message, &attributes);
		/* named by CKA_ID, and with the module's hash */
		module_hash(MODULE, hash);
		must(c->room,
		        sign(c, PIN, (struct asked){.cka_id = "0a", .module_sha256 = hash}, &message, &attributes));
		holds(c, &message, &attributes);
		bytes_free(&message);
		bytes_free(&attributes);
		card_free(c);
	}
}

static void a_card_signs_nothing_else(void **state)
{
	static const struct {
		struct asked asked;
		const char *sentence;
	} cases[] = {
	        {{.message = "pay 1000"}, MSG_CARD_MESSAGE},
	        {{.message = "cosignature/v1\ntime 1796117400\nexample\n"}, MSG_CARD_MESSAGE},
	        {{.message = "cosignature/v1\ntime "
	                     "01796117400\nexample\n1\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n"},
	                MSG_CARD_MESSAGE},
	        {{.message = "cosignature/v1\ntime "
	                     "1796117400\nexample\n1\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\nx"},
	                MSG_CARD_MESSAGE},
	        {{.late = 1}, MSG_CARD_TIME}, {{.content = "pay 1000"}, NULL}, /* attributes over something else */
	        {{.algorithm = "ecdsa-sha384"}, NULL},                         /* another hash */
	        {{.certificate_sha256 = SHA_A}, NULL},                         /* attributes of another certificate */
	};
	struct card *c = card_new(0);

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		int result = try(c, PIN, cases[i].asked);
		if (cases[i].sentence)
			refused(c->room, result, ERROR_FAULT, cases[i].sentence);
		else
			refused_saying(c->room, result, "The signed attribute ");
	}
	must(c->room, try(c, PIN, (struct asked){0}));
	card_free(c);
}

static void a_helper_has_the_record_or_a_card(void **state)
{
	struct card *c = card_new(0);
	struct room *r = c->room;
	struct bytes data = {0};
	struct json_writer w = {&data, false};

	(void)state;
	put_common(&w, c, &(struct asked){.no_login = true});
	json_end_object(&w);
	/* the record first */
	room_open(r);
	refused(r,
	        ask(r,
	                (struct hsm_request){
	                        .verb = HSM_CARD_CERTIFICATE, .hsm = "ann", .data = data.data, .len = data.len}),
	        ERROR_FAULT, MSG_CARD_HELPER);
	must(r, ask(r, (struct hsm_request){.verb = HSM_TOKENS}));
	/* the card first */
	hsm_end(&r->hsm);
	start_helper(r);
	must(r, ask(r, (struct hsm_request){
	                       .verb = HSM_CARD_CERTIFICATE, .hsm = "ann", .data = data.data, .len = data.len}));
	must(r, hsm_feed(r->hsm, bytes_string(&r->lines[0]), r->lines[0].len, &r->error));
	refused(r, ask(r, (struct hsm_request){.verb = HSM_TOKENS}), ERROR_FAULT, MSG_CARD_HELPER);
	/* one request is all */
	hsm_end(&r->hsm);
	start_helper(r);
	must(r, ask(r, (struct hsm_request){
	                       .verb = HSM_CARD_CERTIFICATE, .hsm = "ann", .data = data.data, .len = data.len}));
	refused(r,
	        ask(r,
	                (struct hsm_request){
	                        .verb = HSM_CARD_CERTIFICATE, .hsm = "ann", .data = data.data, .len = data.len}),
	        ERROR_FAULT, MSG_CARD_HELPER);
	bytes_free(&data);
	card_free(c);
}

static void which_card_to_insert_is_said(void **state)
{
	struct card *c = card_new(0);

	(void)state;
	int result = try(c, PIN, (struct asked){.label = "Card of Bob"});
	assert_string_equal(c->room->error.message.args[0], "ann");
	assert_string_equal(c->room->error.message.args[1], "Card of Bob");
	assert_non_null(strstr(c->room->error.message.args[3], "\"Card of Ann\""));
	refused(c->room, result, ERROR_MISSING, MSG_CARD_NONE);
	refused(c->room, try(c, PIN, (struct asked){.serial = "0"}), ERROR_MISSING, MSG_CARD_NONE);
	refused(c->room, try(c, PIN, (struct asked){.module = "/nowhere/lib.so"}), ERROR_MISSING, MSG_MODULE_MISSING);
	refused(c->room, try(c, PIN, (struct asked){.module = "lib.so"}), ERROR_FAULT, MSG_MODULE_PATH);
	refused(c->room, try(c, PIN, (struct asked){.module_sha256 = SHA_A}), ERROR_FAULT, MSG_MODULE_HASH);
	refused(c->room, try(c, PIN, (struct asked){.cka_id = "0b"}), ERROR_FAULT, MSG_CARD_CERTIFICATE_NONE);
	refused(c->room, try(c, PIN, (struct asked){.cka_id = ""}), ERROR_FAULT, MSG_ORDER_FORM);
	card_free(c);
}

static void a_certificate_is_chosen_by_its_value(void **state)
{
	struct card *c = card_new(0);

	(void)state;
	/* another certificate, under the same and under another CKA_ID */
	must_run(shell("export SOFTHSM2_CONF=%s; pkcs11-tool --module " MODULE " --login --pin " PIN
	               " --write-object rsa.der --type cert --id 0a --label d && pkcs11-tool --module " MODULE
	               " --login --pin " PIN " --write-object rsa.der --type cert --id 0b --label e",
	        c->room->conf));
	must(c->room, try(c, PIN, (struct asked){0}));
	/* the same once more */
	must_run(shell("export SOFTHSM2_CONF=%s; pkcs11-tool --module " MODULE " --login --pin " PIN
	               " --write-object ec.der --type cert --id 0c --label f",
	        c->room->conf));
	refused(c->room, try(c, PIN, (struct asked){0}), ERROR_FAULT, MSG_CARD_CERTIFICATE_TWO);
	must(c->room, try(c, PIN, (struct asked){.cka_id = "0a"}));
	refused(c->room, try(c, PIN, (struct asked){.cka_id = "0c"}), ERROR_FAULT, MSG_CARD_KEY_COUNT);
	/* another key under its CKA_ID: the signature does not verify under the certificate */
	must_run(shell("export SOFTHSM2_CONF=%s; openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "
	               "other.key "
	               "&& softhsm2-util --import other.key --token 'Card of Ann' --label o --id 0c --pin " PIN,
	        c->room->conf));
	refused(c->room, try(c, PIN, (struct asked){.cka_id = "0c"}), ERROR_TOKEN, MSG_SIGNATURE_BAD);
	card_free(c);
}

static void a_pin_is_tried_once_and_its_holder_is_told(void **state)
{
	struct card *c = card_new(0);

	(void)state;
	refused(c->room, try(c, NULL, (struct asked){0}), ERROR_FAULT, MSG_CARD_PIN_NONE);
	refused(c->room, try(c, "123", (struct asked){0}), ERROR_FAULT, MSG_CARD_PIN_LENGTH);
	must(c->room, try(c, PIN, (struct asked){0})); /* neither was a try */
	int result = try(c, "654321", (struct asked){0});
	assert_true(hsm_pin_was_wrong(&c->room->error));
	assert_int_equal(hsm_pin_told(&c->room->error), PIN_TOLD_FEW);
	refused(c->room, result, ERROR_TOKEN, MSG_CARD_PIN_WRONG_LOW);
	/* who was not told has not tried */
	result = try(c, PIN, (struct asked){0});
	assert_false(hsm_pin_was_wrong(&c->room->error));
	assert_int_equal(hsm_pin_told(&c->room->error), PIN_TOLD_FEW);
	refused(c->room, result, ERROR_FAULT, MSG_CARD_PIN_FEW);
	must(c->room, try(c, PIN, (struct asked){.told = PIN_TOLD_FEW}));
	must(c->room, try(c, PIN, (struct asked){0}));
	card_free(c);
}

/* A card of our own module, whose key and certificate are those of the kind "ec". */
static struct card *card_fake(char environment[128])
{
	struct card *c = card_new(0);
	const char *given = getenv("TACHIAI_FAKE_MODULE");

	snprintf(c->module, sizeof c->module, "%s", given ? given : c->room->helper);
	if (!given) {
		*strrchr(c->module, '/') = '\0';
		strcat(c->module, "/tests/hsm/fake_module.so");
	}
	c->label = "REHEARSAL fake";
	strcpy(c->serial, "F1");
	c->environment = environment;
	return c;
}

static void a_certificate_is_shown_before_or_after_the_pin(void **state)
{
	char environment[128];
	struct card *open = card_new(0), *shut = card_fake(environment);
	struct asked before = {.no_login = true}, after = {0};

	(void)state;
	snprintf(environment, sizeof environment, "FAKE=card-shut:%s", signers);
	must(open->room, certificate(open, NULL, before));
	assert_non_null(json_text(answer(open->room), "certificate"));
	assert_false(json_true(answer(open->room), "protected_path"));
	must(shut->room, certificate(shut, NULL, before));
	assert_null(json_text(answer(shut->room), "certificate"));
	refused(shut->room, certificate(shut, NULL, after), ERROR_FAULT, MSG_CARD_PIN_NONE);
	must(shut->room, certificate(shut, "222222", after));
	assert_non_null(json_text(answer(shut->room), "certificate"));
	must(shut->room, try(shut, "222222", after));
	after.certificate_sha256 = SHA_A;
	refused(shut->room, certificate(shut, "222222", after), ERROR_FAULT, MSG_CARD_CERTIFICATE_NONE);
	card_free(open);
	card_free(shut);
}

static void a_request_has_exactly_its_members(void **state)
{
	static const char *const cases[] = {"7", "{}", "{\"module\":\"/m\"}", "{\"label\":\"x\"}", "[", ""};
	struct card *c = card_new(0);

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct bytes data = {0};
		bytes_text(&data, cases[i]);
		assert_int_equal(send(c, HSM_CARD_SIGN, PIN, &data), -1);
		assert_int_equal(c->room->error.code, ERROR_FAULT);
		bytes_free(&data);
	}
	card_free(c);
}

/* What SoftHSM does not do: a PIN pad, a key that asks for the PIN at each signature (PIV's 9C), both, locked PINs. */
static void odd_cards_are_served(void **state)
{
	static const struct {
		const char *fake, *pin;
		int64_t told;
		enum error_code code;
		const char *sentence; /* NULL: it signs */
	} cases[] = {
	        {"card", "222222", 0, ERROR_NONE, NULL}, {"card-pad", NULL, 0, ERROR_NONE, NULL},
	        {"card-pad", "333333", 0, ERROR_NONE, NULL}, /* what was typed is not given to it */
	        {"card-again", "222222", 0, ERROR_NONE, NULL}, {"card-again-pad", NULL, 0, ERROR_NONE, NULL},
	        {"card", "333333", 0, ERROR_TOKEN, MSG_CARD_PIN_WRONG_FINAL},
	        {"card-locked", "222222", 0, ERROR_TOKEN, MSG_CARD_PIN_LOCKED},
	        {"card-last", "222222", PIN_TOLD_FEW, ERROR_FAULT, MSG_CARD_PIN_LAST},
	        {"card-last", "222222", PIN_TOLD_LAST, ERROR_NONE, NULL},
	        {"card-last", "333333", PIN_TOLD_LAST, ERROR_TOKEN, MSG_CARD_PIN_NOW_LOCKED},
	        {"card-two", "222222", 0, ERROR_FAULT, MSG_CARD_TWO},
	        {"card-none", "222222", 0, ERROR_MISSING, MSG_CARD_NO_CARDS},
	        {"card-forgetful", "222222", 0, ERROR_TOKEN,
	                MSG_CALL}, /* it forgot the context login: CKR_USER_NOT_LOGGED_IN */
	};
	char environment[128];
	struct card *c = card_fake(environment);

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct bytes message = {0}, attributes = {0};
		snprintf(environment, sizeof environment, "FAKE=%s:%s", cases[i].fake, signers);
		int result = sign(c, cases[i].pin, (struct asked){.told = cases[i].told}, &message, &attributes);
		if (cases[i].sentence) {
			refused(c->room, result, cases[i].code, cases[i].sentence);
		} else {
			must(c->room, result);
			holds(c, &message, &attributes);
		}
		bytes_free(&message);
		bytes_free(&attributes);
	}
	card_free(c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(a_card_signs_a_cosignature),
	        cmocka_unit_test(a_card_signs_nothing_else),
	        cmocka_unit_test(a_helper_has_the_record_or_a_card),
	        cmocka_unit_test(which_card_to_insert_is_said),
	        cmocka_unit_test(a_certificate_is_chosen_by_its_value),
	        cmocka_unit_test(a_pin_is_tried_once_and_its_holder_is_told),
	        cmocka_unit_test(a_certificate_is_shown_before_or_after_the_pin),
	        cmocka_unit_test(a_request_has_exactly_its_members),
	        cmocka_unit_test(odd_cards_are_served),
	};
	return cmocka_run_group_tests(tests, make, signers_remove);
}
