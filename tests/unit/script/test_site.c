/* The site file, alone and against the script it is for. */
#include "cases.h"

#define A10  "aaaaaaaaaa"
#define A100 A10 A10 A10 A10 A10 A10 A10 A10 A10 A10
#define ANNA "anna+d1c911c7+BAEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEB"
#define BEN  "ben.k+06505831+BAICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgIC"
#define CARL "carl+04d11a65+BAMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMD"
#define DORA "dora+82e17deb+BAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE"
#define EMI  "emi+23684e7c+BAUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUF"

#define LINTER_HASH "0000000000000000000000000000000000000000000000000000000000000000"

static const struct fault_case sites[] = {
        {"language: ja", "language: ja\nlinter: {program: zlint, sha256: " LINTER_HASH "}",
                "18:19: \"program\" is no absolute path. Begin it with \"/\"."},
        {"language: ja", "language: ja\nlinter: {program: /usr/bin/zlint, sha256: 00ff}",
                "18:43: \"sha256\" is no hash. Write its 64 lower-case hexadecimal digits."},
        {"language: ja", "language: ja\nlinter: {program: /usr/bin/zlint}",
                "18:9: \"linter\" has no key \"sha256\". Add it."},
        {"language: ja", "language: ja\nlinter: {program: /usr/bin/zlint, sha256: " LINTER_HASH ", shell: yes}",
                "18:109: The key \"shell\" is not known here. The keys are: program, sha256, arguments."},
        {"language: ja", "language: ja\nlinter: {program: /usr/bin/zlint, sha256: " LINTER_HASH ", arguments: -x}",
                "18:120: \"arguments\" is no list. Write it as [a, b, …]."},
        {"tachiai-site: 1", "tachiai-site: 2", "1:15: The site language 2 is not known. This program reads version 1."},
        {"tachiai-site: 1\n", "", "1:1: The file has no key \"tachiai-site\". Add it."},
        {"tachiai-site: 1", "tachiai: 1",
                "1:1: The key \"tachiai\" is not known here. The keys are: tachiai-site, hsm, media, credentials, "
                "cards, act-timeout, auto-lock, weak-keys, language, linter, image.\n"
                "1:1: The file has no key \"tachiai-site\". Add it."},
        {"language: ja", "langauge: ja", "17:1: The key \"langauge\" is not known here. Did you mean \"language\"?"},
        {"language: ja", "colour: red",
                "17:1: The key \"colour\" is not known here. The keys are: tachiai-site, hsm, media, credentials, "
                "cards, act-timeout, auto-lock, weak-keys, language, linter, image."},
        {"  root-hsm:\n", "  root-hms:\n",
                "3:3: The script has no HSM \"root-hms\". Did you mean \"root-hsm\"?\n"
                "3:3: The script's HSM \"root-hsm\" is not here. Add it to \"hsm\"."},
        {"  other-hsm: {module: /usr/lib/other.so, label: Other, serial: \"0002\", login: split-entry, holders: [anna, "
         "ben.k]}\n",
                "", "3:3: The script's HSM \"other-hsm\" is not here. Add it to \"hsm\"."},
        {"  root-hsm:\n    module",
                "  third: {module: /a, label: \"\", serial: \"1\", login: shares}\n  root-hsm:\n    module",
                "3:3: The script has no HSM \"third\". Remove it."},
        {"module: /usr/lib/other.so", "module: other.so",
                "11:23: \"module\" is no absolute path. Begin it with \"/\"."},
        {"module: /usr/lib/other.so, ", "", "11:14: \"other-hsm\" has no key \"module\". Add it."},
        {"module: /usr/lib/other.so", "module: \"\"", "11:23: \"module\" is empty. Write a value."},
        {"label: Other", "label: 鍵鍵鍵鍵鍵鍵鍵鍵鍵鍵鍵", "11:49: \"label\" is longer than 32 bytes. Shorten it."},
        {"label: Other, ", "", "11:14: \"other-hsm\" has no key \"label\". Add it."},
        {"label: Other", "label: ", "11:49: \"label\" has no value. Write one."},
        {"serial: \"0002\"", "serial: ", "11:64: \"serial\" has no value. Write one."},
        {"serial: \"0002\", ", "", "11:14: \"other-hsm\" has no key \"serial\". Add it."},
        {"module: /usr/lib/other.so, label: Other, serial: \"0002\"",
                "module: /usr/lib/softhsm/libsofthsm2.so, label: Other, serial: 4ba2",
                "11:3: \"other-hsm\" is the same token as \"root-hsm\". Correct one of them."},
        {"login: shares", "login: split-entry\n    holders: [anna, ben.k]",
                "7:12: The script initialises \"root-hsm\" and makes shares of its PIN. Write \"login: shares\"."},
        {"length: 8, alphabet: digits, short-pin: accepted}", "length: 16, own-bounds: maybe}",
                "9:38: \"own-bounds\" cannot be \"maybe\". Write one of: no, yes."},
        {"alphabet: hex}", "alphabet: hex, own-bounds: yes}",
                "8:59: The key \"own-bounds\" is not known here. The keys are: prefix, length, alphabet, short-pin."},
        {"login: shares", "login: share", "7:12: \"login\" cannot be \"share\". Did you mean \"shares\"?"},
        {"login: shares", "login: password",
                "7:12: \"login\" cannot be \"password\". Write one of: shares, split-entry, protected-path."},
        {"    login: shares\n", "", "4:5: \"root-hsm\" has no key \"login\". Add it."},
        {"login: split-entry, holders: [anna, ben.k]", "login: split-entry",
                "11:14: \"other-hsm\" has no key \"holders\". Add it."},
        {"login: split-entry, holders: [anna, ben.k]", "login: shares, holders: [anna, ben.k]",
                "11:87: \"holders\" belongs to \"login: split-entry\" alone. Remove it."},
        {"holders: [anna, ben.k]", "holders: [anna]",
                "11:101: \"holders\" has 1 entries. Name the two people who enter the halves."},
        {"holders: [anna, ben.k]", "holders: [anna, ben.k, carl]",
                "11:101: \"holders\" has 3 entries. Name the two people who enter the halves."},
        {"holders: [anna, ben.k]", "holders: [anna, anna]", "11:108: \"anna\" stands twice in \"holders\". Keep one."},
        {"holders: [anna, ben.k]", "holders: [anna, Ben]",
                "11:108: \"Ben\" is no name. Use a-z, 0-9, \"-\" and \".\", a letter or digit first, at most 64."},
        {"holders: [anna, ben.k]", "holders: anna", "11:101: \"holders\" is no list. Write it as [a, b, …]."},
        {"length: 16,", "length: 15,",
                "8:40: A PIN of 15 characters has fewer than 64 bits. Lengthen it, or write \"short-pin: accepted\"."},
        {"length: 16, alphabet: hex", "length: 19, alphabet: digits",
                "8:40: A PIN of 19 characters has fewer than 64 bits. Lengthen it, or write \"short-pin: accepted\"."},
        {"length: 16,", "length: 33,",
                "8:40: The 16 random bytes of a PIN give at most 32 characters of this alphabet. Shorten it."},
        {"length: 16, alphabet: hex", "length: 39, alphabet: digits",
                "8:40: The 16 random bytes of a PIN give at most 38 characters of this alphabet. Shorten it."},
        {"length: 16,", "length: 3,", "8:40: \"length\" is out of range. Write a number from 4 to 255."},
        {"length: 16,", "length: 256,", "8:40: \"length\" is out of range. Write a number from 4 to 255."},
        {"length: 16,", "length: many,", "8:40: \"length\" is no whole number. Write digits from 4 to 255."},
        {"prefix: \"0001\", length: 16", "prefix: \"" A100 A100 A10 A10 A10 A10 "\", length: 16",
                "8:276: Prefix and length together are above 255 characters. Shorten them."},
        {"prefix: \"0001\"", "prefix: \"鍵\"",
                "8:24: \"prefix\" cannot be typed on every keyboard. Use printable ASCII without spaces."},
        {"alphabet: hex", "alphabet: base32", "8:54: \"alphabet\" cannot be \"base32\". Write one of: hex, digits."},
        {"short-pin: accepted", "short-pin: yes",
                "9:22: A PIN of 8 characters has fewer than 64 bits. Lengthen it, or write \"short-pin: accepted\".\n"
                "9:54: \"short-pin\" cannot be \"yes\". Write one of: accepted."},
        {"length: 16, alphabet: hex", "lenght: 16",
                "8:32: The key \"lenght\" is not known here. Did you mean \"length\"?"},
        {"user-pin: {prefix: \"0001\", length: 16, alphabet: hex}", "user-pin: 1234",
                "8:15: \"user-pin\" is no map. Write it as {key: value, …}."},
        {"{SOFTHSM2_CONF:", "{softhsm2_conf:",
                "10:26: \"softhsm2_conf\" is no name of an environment variable. Use A-Z, 0-9 and \"_\", a letter "
                "first."},
        {"{SOFTHSM2_CONF:", "{LD_PRELOAD:",
                "10:26: The variable \"LD_PRELOAD\" changes what code is loaded. Remove it."},
        {"{SOFTHSM2_CONF: /etc/softhsm2.conf}", "[SOFTHSM2_CONF]",
                "10:25: \"module-environment\" is no map. Write it as {key: value, …}."},
        {"{SOFTHSM2_CONF: /etc/softhsm2.conf}", "{SOFTHSM2_CONF: }",
                "10:41: \"SOFTHSM2_CONF\" has no value. Write one."},
        {"  usb-1: {directory: /media/usb-1}", "  usb-2: {directory: /media/usb-1}",
                "13:3: The medium \"usb-1\" of the script's step \"out\" is not here. Add it to \"media\"."},
        {"  usb-1: {directory: /media/usb-1}", "  usb-1: {directory: media/usb-1}",
                "13:22: \"directory\" is no absolute path. Begin it with \"/\"."},
        {"  usb-1: {directory: /media/usb-1}", "  usb-1: {}", "13:10: \"usb-1\" has no key \"directory\". Add it."},
        {"  usb-1: {directory: /media/usb-1}", "  usb-1: {directory: /media, volume: /dev/sdb}",
                "13:30: The key \"volume\" is not known here. The keys are: directory, device, filesystem, serial, "
                "kind."},
        {"  usb-1: {directory: /media/usb-1}", "  usb-1: {directory: /media, device: /dev/sdb}",
                "13:10: \"usb-1\" has no key \"filesystem\". Add it."},
        {"  usb-1: {directory: /media/usb-1}", "  usb-1: {directory: /media, device: sdb1, filesystem: vfat}",
                "13:38: \"device\" is no absolute path. Begin it with \"/\"."},
        {"  usb-1: {directory: /media/usb-1}", "  usb-1: {directory: /media, device: /dev/sdb1, filesystem: ntfs}",
                "13:61: \"filesystem\" cannot be \"ntfs\". Write one of: vfat, exfat, ext4, ext3, ext2, iso9660, udf."},
        {"  usb-1: {directory: /media/usb-1}", "  usb-1: {directory: /media, serial: \"4C53\"}",
                "13:30: \"filesystem\" and \"serial\" are of a device. Add \"device\"."},
        {"  usb-1: {directory: /media/usb-1}", "  usb-1: {directory: /media, filesystem: vfat}",
                "13:30: \"filesystem\" and \"serial\" are of a device. Add \"device\"."},
        {"  usb-1: {directory: /media/usb-1}", "  usb-1: {directory: /media, kind: tape}",
                "13:36: \"kind\" cannot be \"tape\". Write one of: disk, optical."},
        {"  usb-1: {directory: /media/usb-1}", "  usb-1: {directory: /media, kind: optical}",
                "13:10: \"usb-1\" has no key \"device\". Add it."},
        {"media:\n  usb-1: {directory: /media/usb-1}\n", "",
                "1:1: The medium \"usb-1\" of the script's step \"out\" is not here. Add it to \"media\"."},
        {"  usb-1: {directory: /media/usb-1}", "  usb-1: {directory: /a}\n  USB: {directory: /b}",
                "14:3: \"USB\" is no name. Use a-z, 0-9 and \"-\", a letter or digit first, at most 64."},
        {"credentials: /media/people", "credentials: \"/media/{name}\"",
                "14:14: In \"credentials\" only \"{person}\" may stand in braces: the key name of each person."},
        {"credentials: /media/people", "credentials: \"/media/{person}/{person\"",
                "14:14: In \"credentials\" only \"{person}\" may stand in braces: the key name of each person."},
        {"credentials: /media/people", "credentials: \"/media/person}\"",
                "14:14: In \"credentials\" only \"{person}\" may stand in braces: the key name of each person."},
        {"credentials: /media/people", "credentials: people",
                "14:14: \"credentials\" is no absolute path. Begin it with \"/\"."},
        {"act-timeout: 120", "act-timeout: 0",
                "15:14: \"act-timeout\" is out of range. Write a number from 1 to 86400."},
        {"auto-lock: 10", "auto-lock: 1441", "16:12: \"auto-lock\" is out of range. Write a number from 1 to 1440."},
        {"auto-lock: 10", "auto-lock: soon", "16:12: \"auto-lock\" is no whole number. Write digits from 1 to 1440."},
        {"language: ja", "language: fr", "17:11: The script has no texts in \"fr\". Choose one of its languages."},
        {"language: ja", "language: ja_JP", "17:11: \"ja_JP\" is no language. Write two or three letters a-z."},
        {"image: tachiai-1.iso 00ff", "image: [a]", "18:8: \"image\" is a map or list. Write a single value."},
        {"act-timeout: 120", "act-timeout: 120\nact-timeout: 60",
                "16:1: The key \"act-timeout\" is already on line 15. Keep one of them."},
};

/* The script that the site is for, with one text replaced (or none). */
static struct script *script_for(const char *old, const char *new)
{
	struct bytes whole = {0}, raw = {0};
	struct fault_list faults = {0};

	load(DATA "whole.yaml", &whole);
	change(&(struct fault_case){old ? old : "tachiai: 1\n", old ? new : "tachiai: 1\n", NULL}, &whole, &raw);
	struct script *s = script_parse("whole.yaml", &raw, &faults);
	assert_non_null(s);
	bytes_free(&whole);
	fault_list_free(&faults);
	return s;
}

static bool parse(struct bytes *raw, struct fault_list *faults)
{
	struct script *s = script_for(NULL, NULL);
	struct site *site = site_parse("faulty.yaml", raw, s, faults);
	bool passed = site != NULL;
	site_free(&site);
	script_free(&s);
	return passed;
}

/* The faults of a site (changed or as it is) for a script. */
static void expect_faults(const struct script *s, const char *old, const char *new, const char *wanted)
{
	struct bytes sound = {0}, raw = {0}, told = {0};
	struct fault_list faults = {0};

	load(DATA "site.yaml", &sound);
	change(&(struct fault_case){old, new, NULL}, &sound, &raw);
	struct site *site = site_parse("site.yaml", &raw, s, &faults);
	tell(&faults, &told);
	assert_string_equal(bytes_string(&told), wanted);
	assert_int_equal(site != NULL, !*wanted);
	site_free(&site);
	fault_list_free(&faults);
	bytes_free(&told);
	bytes_free(&sound);
}

static void each_fault_of_sites_is_told(void **state)
{
	(void)state;
	run_cases(DATA "site.yaml", sites, sizeof(sites) / sizeof(sites[0]), parse);
}

static void a_site_is_read(void **state)
{
	struct script *s = script_for(NULL, NULL);
	struct bytes raw = {0};
	struct fault_list faults = {0};
	uint8_t digest[32];

	(void)state;
	load(DATA "site.yaml", &raw);
	assert_int_equal(sha256(raw.data, raw.len, digest), 0);
	struct site *site = site_parse("site.yaml", &raw, s, &faults);
	assert_non_null(site);
	assert_memory_equal(site->sha256, digest, sizeof(digest));
	assert_int_equal(site->hsm_count, 2);
	const struct site_hsm *hsm = site_hsm(site, "root-hsm");
	assert_string_equal(hsm->module, "/usr/lib/softhsm/libsofthsm2.so");
	assert_string_equal(hsm->label, "");
	assert_string_equal(hsm->serial, "4ba2");
	assert_int_equal(hsm->login, LOGIN_SHARES);
	assert_string_equal(hsm->user_pin.prefix, "0001");
	assert_true(hsm->user_pin.length == 16 && hsm->user_pin.alphabet == ALPHABET_HEX && !hsm->user_pin.short_pin);
	assert_string_equal(hsm->so_pin.prefix, "");
	assert_true(hsm->so_pin.length == 8 && hsm->so_pin.alphabet == ALPHABET_DIGITS && hsm->so_pin.short_pin);
	assert_int_equal(hsm->environment_count, 1);
	assert_string_equal(hsm->environment[0].name, "SOFTHSM2_CONF");
	assert_string_equal(hsm->environment[0].value, "/etc/softhsm2.conf");
	hsm = site_hsm(site, "other-hsm");
	assert_int_equal(hsm->login, LOGIN_SPLIT_ENTRY);
	assert_int_equal(hsm->holders.count, 2);
	assert_string_equal(hsm->holders.item[1], "ben.k");
	assert_true(hsm->user_pin.length == 32 && hsm->user_pin.alphabet == ALPHABET_HEX);
	assert_null(site_hsm(site, "third"));
	assert_string_equal(site_medium(site, "usb-1")->directory, "/media/usb-1");
	assert_null(site_medium(site, "usb-1")->device);
	assert_false(site_medium(site, "usb-1")->optical);
	assert_null(site_medium(site, "usb-2"));
	assert_string_equal(site->credentials, "/media/people");
	assert_int_equal(site->act_timeout, 120);
	assert_int_equal(site->auto_lock, 10);
	assert_string_equal(site->language, "ja");
	assert_null(site->linter.program);
	assert_string_equal(site->image, "tachiai-1.iso 00ff");
	site_free(&site);
	script_free(&s);
	assert_null(site);
	fault_list_free(&faults);
}

static void defaults_stand_for_what_is_not_given(void **state)
{
	struct bytes raw = {0};
	struct fault_list faults = {0};

	(void)state;
	bytes_text(&raw, "tachiai-site: 1\n");
	struct site *site = site_parse("site.yaml", &raw, NULL, &faults);
	assert_non_null(site);
	assert_int_equal(site->hsm_count, 0);
	assert_int_equal(site->act_timeout, 300);
	assert_int_equal(site->auto_lock, 30);
	assert_null(site->credentials);
	assert_null(site->language);
	assert_null(site->image);
	site_free(&site);
	fault_list_free(&faults);
}

static void a_site_without_its_script_is_judged_alone(void **state)
{
	(void)state;
	expect_faults(NULL, "  root-hsm:\n", "  any-hsm:\n", "");
	expect_faults(NULL, "language: ja", "language: fr", "");
	expect_faults(NULL, "serial: \"0002\"", "serial: \"\"", ""); /* a fresh slot of a software token has none */
	expect_faults(NULL, "module: /usr/lib/other.so", "module: other.so",
	        "11:23: \"module\" is no absolute path. Begin it with \"/\".");
}

static void holders_are_people_of_the_script(void **state)
{
	struct script *s = script_for("control: custodian\n", "control: custodian\n"
	                                                      "people:\n"
	                                                      "  - {name: anna, role: administrator, key: " ANNA "}\n"
	                                                      "  - {name: ben.k, role: custodian, key: " BEN "}\n"
	                                                      "  - {name: carl, role: custodian, key: " CARL "}\n"
	                                                      "  - {name: dora, role: custodian, key: " DORA "}\n"
	                                                      "  - {name: emi, role: witness, key: " EMI "}\n");

	(void)state;
	expect_faults(s, "[anna, ben.k]", "[carl, ben.k]", "");
	expect_faults(s, "[anna, ben.k]", "[anna, carl]",
	        "11:102: The administrator runs the ceremony and has no vote. Name another role.");
	expect_faults(s, "[anna, ben.k]", "[carl, ben]",
	        "11:108: The script lists no person \"ben\". Name one of \"people\".");
	expect_faults(s, "[anna, ben.k]", "[carl, ben-k]",
	        "11:108: The script lists no person \"ben-k\". Did you mean \"ben.k\"?");
	script_free(&s);
}

#define CARD "card: " A10 A10 A10 A10 A10 A10 "aaaa"
#define HASH A10 A10 A10 A10 A10 A10 "aaaa"

static struct script *script_with_a_card(void)
{
	return script_for("control: custodian\n", "control: custodian\n"
	                                          "people:\n"
	                                          "  - {name: anna, role: custodian, key: " ANNA "}\n"
	                                          "  - {name: ben.k, role: custodian, key: " BEN ", " CARD "}\n"
	                                          "  - {name: carl, role: administrator, key: " CARL ", card: "
	                                          "b" A10 A10 A10 A10 A10 A10 "aaa}\n"
	                                          "  - {name: dora, role: custodian, key: " DORA "}\n"
	                                          "  - {name: emi, role: witness, key: " EMI "}\n");
}

static void cards_are_those_that_the_script_pins(void **state)
{
	static const struct {
		const char *cards, *faults;
	} cases[] = {
	        {"{}", ""},
	        {"{ben.k: {module: /m, label: \"\", serial: \"1\"}}", ""},
	        {"[]", "15:8: \"cards\" is no map. Write it as {key: value, …}."},
	        {"{ben.k: {}}", "15:16: \"ben.k\" has no key \"module\". Add it.\n"
	                        "15:16: \"ben.k\" has no key \"label\". Add it.\n"
	                        "15:16: \"ben.k\" has no key \"serial\". Add it."},
	        {"{ben.k: {module: /m, label: L, serial: \"\"}}", "15:47: \"serial\" is empty. Write a value."},
	        {"{ben.k: {module: m, label: L, serial: \"1\"}}",
	                "15:25: \"module\" is no absolute path. Begin it with \"/\"."},
	        {"{anna: {module: /m, label: L, serial: \"1\"}}",
	                "15:9: The script pins no card of \"anna\". Add \"card\" there, or remove this one."},
	        {"{ben-k: {module: /m, label: L, serial: \"1\"}}",
	                "15:9: The script lists no person \"ben-k\". Did you mean \"ben.k\"?"},
	        {"{zoe: {module: /m, label: L, serial: \"1\"}}",
	                "15:9: The script lists no person \"zoe\". Name one of \"people\"."},
	        {"{Ben: {module: /m, label: L, serial: \"1\"}}", "15:9: \"Ben\" is no name. Use a-z, 0-9, \"-\" and "
	                                                         "\".\", a letter or digit first, at most 64."},
	        {"{ben.k: {module: /m, label: L, serial: \"1\"}, carl: {module: /m, label: K, serial: \"1\"}}",
	                "15:53: \"carl\" is the same token as \"ben.k\". Correct one of them."},
	        {"{ben.k: {module: /m, label: L, serial: \"1\", certificate: 0a1}}",
	                "15:65: \"0a1\" is no CKA_ID. Write its bytes in lower-case hexadecimal digits."},
	        {"{ben.k: {module: /m, label: L, serial: \"1\", certificate: 0A}}",
	                "15:65: \"0A\" is no CKA_ID. Write its bytes in lower-case hexadecimal digits."},
	        {"{ben.k: {module: /m, label: L, serial: \"1\", type: visa}}",
	                "15:58: \"type\" cannot be \"visa\". Write one of: x509, piv, jpki."},
	        {"{ben.k: {module: /m, label: L, serial: \"1\", login: shares}}",
	                "15:59: \"login\" cannot be \"shares\". Write one of: pin, protected-path."},
	        {"{ben.k: {module: /m, label: L, serial: \"1\", chain: c.pem}}",
	                "15:59: \"chain\" is no absolute path. Begin it with \"/\"."},
	        {"{ben.k: {module: /m, label: L, serial: \"1\", module-sha256: 00}}",
	                "15:67: This is no SHA-256. Write it in 64 lower-case hexadecimal digits, as sha256sum does."},
	        {"{ben.k: {module: /m, label: L, serial: \"1\", module-environment: {LD_PRELOAD: x}}}",
	                "15:73: The variable \"LD_PRELOAD\" changes what code is loaded. Remove it."},
	        {"{ben.k: {module: /m, label: L, serial: \"1\", pin: \"1234\"}}",
	                "15:52: The key \"pin\" is not known here. The keys are: module, label, serial, certificate, "
	                "type, "
	                "login, chain, module-sha256, module-environment."},
	};
	struct script *s = script_with_a_card();
	char text[512];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		snprintf(text, sizeof(text), "cards: %s\nact-timeout: 120", cases[i].cards);
		expect_faults(s, "act-timeout: 120", text, cases[i].faults);
	}
	script_free(&s);
}

static void a_card_is_read(void **state)
{
	struct script *s = script_with_a_card();
	struct bytes sound = {0}, raw = {0};
	struct fault_list faults = {0};

	(void)state;
	assert_string_equal(s->people[1].card, HASH);
	assert_null(s->people[0].card);
	load(DATA "site.yaml", &sound);
	change(&(struct fault_case){"act-timeout: 120",
	               "cards:\n  ben.k: {module: /m.so, label: B, serial: \"7\", certificate: 0a1b, type: jpki, "
	               "login: "
	               "protected-path, chain: /c.pem, module-sha256: " HASH ", module-environment: {A: b}}\n"
	               "  carl: {module: /m.so, label: C, serial: \"8\"}",
	               NULL},
	        &sound, &raw);
	struct site *site = site_parse("site.yaml", &raw, s, &faults);
	assert_non_null(site);
	const struct site_card *card = site_card(site, "ben.k");
	assert_string_equal(card->module, "/m.so");
	assert_string_equal(card->label, "B");
	assert_string_equal(card->serial, "7");
	assert_string_equal(card->certificate, "0a1b");
	assert_int_equal(card->type, CARD_JPKI);
	assert_true(card->protected_path && card->module_pinned && card->module_sha256[31] == 0xaa);
	assert_string_equal(card->chain, "/c.pem");
	assert_int_equal(card->environment_count, 1);
	card = site_card(site, "carl");
	assert_true(card->type == CARD_X509 && !card->protected_path && !card->module_pinned);
	assert_null(card->certificate);
	assert_null(card->chain);
	assert_null(site_card(site, "anna"));
	site_free(&site);
	script_free(&s);
	bytes_free(&sound);
	fault_list_free(&faults);
}

static void shares_that_the_script_does_not_make_are_told(void **state)
{
	struct script *s = script_for("hsm: root-hsm, plate: serial, say: {en: Which, ja: 識別}}\n",
	        "hsm: root-hsm, plate: serial, say: {en: Which, ja: 識別}}\n"
	        "  - {id: u, do: unlock-hsm, hsm: other-hsm, approve: custodian, say: {en: U, ja: U}}\n"
	        "  - {id: l, do: lock-hsm, hsm: other-hsm, say: {en: L, ja: L}}\n");

	(void)state;
	expect_faults(s, "language: ja", "language: en", "");
	expect_faults(s, "login: split-entry, holders: [anna, ben.k]", "login: shares",
	        "11:79: The script has no shares of the user PIN of \"other-hsm\". Add them to \"secrets\", or write "
	        "split-entry.");
	script_free(&s);
}

/* A script that shares a PIN anew needs a site by which the old one can be given. */
static void the_old_pin_must_come_from_somewhere(void **state)
{
	static const char user[] =
	        "  user-pin: {hsm: root-hsm, pin: user, holders: custodian, shares: 3, threshold: 2}\n";
	static const char init[] = "  - {id: init, do: initialise-hsm, hsm: root-hsm, label: Root, so-pin: factory, "
	                           "erase: [old key], approve: custodian, say: {en: Init, ja: 初期化}}\n";
	static const char change[] = "  - {id: anew, do: change-custodians, hsm: root-hsm, still-open: [], approve: "
	                             "custodian, say: {en: A, ja: A}}\n";
	static const char share[] = "  - {id: share, do: share-secret, hsm: root-hsm, still-open: [], approve: "
	                            "custodian, say: {en: A, ja: A}}\n";
	struct bytes steps = {0};
	struct script *s = script_for(init, change);

	(void)state;
	expect_faults(s, "language: ja", "language: en", "");
	expect_faults(s, "login: shares", "login: protected-path",
	        "7:12: The PIN of \"root-hsm\" is entered on the device, so there are no shares of it: the script's "
	        "step "
	        "\"anew\" cannot be done. Leave it out.");
	expect_faults(s, "login: shares", "login: split-entry\n    holders: [anna, ben.k]",
	        "7:12: The script's step \"anew\" changes shares of \"root-hsm\", and there are none yet. Take "
	        "share-secret.");
	script_free(&s);
	s = script_for(init, share);
	expect_faults(s, "login: shares", "login: split-entry\n    holders: [anna, ben.k]", "");
	expect_faults(s, "login: shares", "login: shares # x",
	        "7:12: The script's step \"share\" shares a PIN of \"root-hsm\" that two people know. Write \"login: "
	        "split-entry\" with its holders, or take change-custodians.");
	script_free(&s);
	bytes_printf(&steps, "%s%s", share, change);
	s = script_for(init, bytes_string(&steps));
	expect_faults(s, "login: shares", "login: split-entry\n    holders: [anna, ben.k]", "");
	script_free(&s);
	bytes_free(&steps);
	/* Who initialises a token with PINs of the console's shares them; one with a PIN pad needs no shares. */
	s = script_for(user, "");
	expect_faults(s, "language: ja", "language: en",
	        "7:12: \"secrets\" of the script has no user PIN of the HSM \"root-hsm\". Add it.");
	expect_faults(s, "length: 8, alphabet: digits, short-pin: accepted}", "length: 16, own-bounds: yes}",
	        "7:12: \"secrets\" of the script has no user PIN of the HSM \"root-hsm\". Add it.");
	expect_faults(s, "login: shares", "login: protected-path", "");
	script_free(&s);
	s = script_for("  so-pin: {hsm: root-hsm, pin: so, holders: custodian, shares: 3, threshold: 2}\n", "");
	expect_faults(s, "language: ja", "language: en",
	        "7:12: \"secrets\" of the script has no SO PIN of the HSM \"root-hsm\". Add it.");
	script_free(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(each_fault_of_sites_is_told),
	        cmocka_unit_test(a_site_is_read),
	        cmocka_unit_test(defaults_stand_for_what_is_not_given),
	        cmocka_unit_test(a_site_without_its_script_is_judged_alone),
	        cmocka_unit_test(holders_are_people_of_the_script),
	        cmocka_unit_test(cards_are_those_that_the_script_pins),
	        cmocka_unit_test(a_card_is_read),
	        cmocka_unit_test(shares_that_the_script_does_not_make_are_told),
	        cmocka_unit_test(the_old_pin_must_come_from_somewhere),
	};
	struct error e = {0};
	if (secret_init(&e) != 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
