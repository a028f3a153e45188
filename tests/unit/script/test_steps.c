/* Steps of a script: their kinds, their parameters, and their order. */
#include "cases.h"

#define A10  "aaaaaaaaaa"
#define A100 A10 A10 A10 A10 A10 A10 A10 A10 A10 A10

#define SIGN(id, file)                                                                                                 \
	"  - {id: " id ", do: sign-document, certificate: root, medium: papers, file: " file                           \
	", approve: custodian, say: {en: X, ja: X}}\n"

#define TAKE_IN(files)                                                                                                 \
	"say: {en: Rules, ja: 規則}}\n  - {id: in, do: take-in, medium: usb-1, files: " files                          \
	", by: witness, say: {en: In, ja: 搬入}}\n"
#define PIN64 "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define ATTEST_OF(key, files, root, more)                                                                              \
	"  - {id: attest, do: attest-key, key: " key ", medium: vendor, files: " files ", root: " root                 \
	", by: witness, say: {en: A, ja: A}" more "}\n"
#define ATTEST(files, root, more) "  - {id: issue,", ATTEST_OF("root-key", files, root, more) "  - {id: issue,"
#define OID(text)                                                                                                      \
	"53:199: \"" text                                                                                              \
	"\" is no extension. Write its object identifier, and if its value is to be compared \"=\" and the bytes in "  \
	"lower-case hex, at most 256."
#define VIDEO(id, recording)                                                                                           \
	"  - {id: " id ", do: record-video, camera: room, recording: " recording                                       \
	", by: witness, pattern: \"[0-9]+\", example: \"1\", say: {en: X, ja: X}}\n"

static const struct fault_case steps[] = {
        {"  - {id: roll, do: attend, say: {en: Roll call, ja: 点呼}}\n", "",
                "44:5: The first step is not attend. Begin with the roll call."},
        {"do: attend, say", "do: attend, by: witness, say",
                "44:28: A step of the kind attend has no \"by\". Remove it."},
        {"do: attend, say", "do: attend, relieve: custodian, say",
                "44:37: At the first roll call nobody is there to be relieved. Leave \"relieve\" out."},
        {"  - {id: rules, do: read",
                "  - {id: again, do: attend, relieve: custodain, say: {en: X, ja: X}}\n  - {id: rules, do: read",
                "45:38: There is no role \"custodain\". Did you mean \"custodian\"?"},
        {"  - {id: unlock, do: unlock-hsm",
                "  - {id: shift, do: attend, relieve: custodian, say: {en: X, ja: X}}\n  - {id: unlock, do: unlock-hsm",
                "52:39: Those who hold the shares of \"root-hsm\" were relieved before this step. Unlock it before "
                "they go."},
        {"  - {id: issue,", ATTEST_OF("spare-key", "[a, b]", PIN64, "") "  - {id: issue,",
                "53:39: The key pair \"spare-key\" is used before it is made. Put generate-key before this."},
        {"  - {id: issue,", ATTEST_OF("root-kye", "[a, b]", PIN64, "") "  - {id: issue,",
                "53:39: There is no key pair \"root-kye\". Did you mean \"root-key\"?"},
        {"  - {id: end,",
                ATTEST_OF("root-key", "[a, b]", PIN64,
                        "") "  - {id: twice, do: attest-key, key: root-key, medium: vendor, "
                            "files: [a, b], root: " PIN64 ", by: witness, say: {en: A, ja: A}}\n  - {id: end,",
                "58:38: The key \"root-key\" is already attested by an earlier step. Leave one out."},
        {ATTEST("[a]", PIN64, ""),
                "53:72: \"files\" names 1 files. Name the attestation first, then each certificate's issuer, the "
                "vendor's root last: 2 to 6 in all."},
        {ATTEST("[a, b, c, d, e, f, g]", PIN64, ""),
                "53:72: \"files\" names 7 files. Name the attestation first, then each certificate's issuer, the "
                "vendor's root last: 2 to 6 in all."},
        {ATTEST("[a, ../b]", PIN64, ""),
                "53:76: \"../b\" is no name of a file. Use letters, digits, \".\", \"_\" and \"-\", and no \".\" "
                "first."},
        {ATTEST("[a, b]", "00ff", ""),
                "53:86: \"00ff\" is not a SHA-256. Write 64 lower-case hex digits, as sha256sum prints them."},
        {ATTEST("[a, b]", PIN64, ", extensions: [1.2, \"1.2=00\"]"),
                "53:204: \"1.2\" stands twice in \"extensions\". Keep one."},
        {ATTEST("[a, b]", PIN64, ", extensions: []"), "53:198: \"extensions\" is empty. Write a value."},
        {ATTEST("[a, b]", PIN64, ", expired: yes"), "53:195: \"expired\" cannot be \"yes\". Write one of: accepted."},
        {ATTEST("[a, b]", PIN64, ", approve: custodian"),
                "53:186: Nobody approves a step of the kind attest-key. Remove \"approve\"."},
        {ATTEST("[a, b]", PIN64, ", extensions: [\"1\"]"), OID("1")},
        {ATTEST("[a, b]", PIN64, ", extensions: [\"1.40.1\"]"), OID("1.40.1")},
        {ATTEST("[a, b]", PIN64, ", extensions: [\"3.1\"]"), OID("3.1")},
        {ATTEST("[a, b]", PIN64, ", extensions: [\"1.02\"]"), OID("1.02")},
        {ATTEST("[a, b]", PIN64, ", extensions: [\"1.2.\"]"), OID("1.2.")},
        {ATTEST("[a, b]", PIN64, ", extensions: [\"1.2.3=0\"]"), OID("1.2.3=0")},
        {ATTEST("[a, b]", PIN64, ", extensions: [\"1.2.4=AA\"]"), OID("1.2.4=AA")},
        {ATTEST("[a, b]", PIN64, ", extensions: [\"1.2.4=\"]"), OID("1.2.4=")},
        {ATTEST("[a, b]", PIN64, ", extensions: [\"1.2=00=00\"]"), OID("1.2=00=00")},
        {"{id: rules,", "{", "45:5: \"steps[2]\" has no key \"id\". Add it."},
        {"{id: rules,", "{id: Rules,",
                "45:10: \"Rules\" is no name. Use a-z, 0-9 and \"-\", a letter or digit first, at most 64."},
        {"{id: rules,", "{id: roll,", "45:10: The step id \"roll\" is already on line 44. Choose another."},
        {"{id: rules, do: read, by: witness", "{id: rules, by: witness",
                "45:5: \"steps[2]\" has no key \"do\". Add it."},
        {"do: read,", "do: [read],", "45:21: \"do\" is a map or list. Write a single value."},
        {"do: read,", "do: raed,", "45:21: There is no step kind \"raed\". Did you mean \"read\"?"},
        {"do: read,", "do: celebrate,", "45:21: There is no step kind \"celebrate\". See ceremony-script(5)."},
        {"do: read,", "do: destroy-key,",
                "45:21: The step kind \"destroy-key\" is not in this version. Leave the step out."},
        {"by: witness, say: {en: Rules, ja: 規則}", "by: witness", "45:5: \"steps[2]\" has no key \"say\". Add it."},
        {"say: {en: Rules, ja: 規則}", "say: {en: Rules}", "45:45: \"say\" has no text in \"ja\". Add it."},
        {"say: {en: Rules, ja: 規則}", "say: Rules",
                "45:45: \"say\" is not given by language. Write {en: …} with every language."},
        {"say: {en: Rules, ja: 規則}", "say: {en: Rules, ja: 規則, de: Regeln}",
                "45:65: The language \"de\" is not among the script's languages. Declare it, or remove the text."},
        {"  - {id: rules, do: read, by: witness, say: {en: Rules, ja: 規則}}", "  - read the rules",
                "45:5: \"steps[2]\" is no map. Write it as {key: value, …}."},
        {"do: read, by: witness", "do: read", "45:5: A step of the kind read needs \"by\". Add it."},
        {"do: read, by: witness", "do: read, by: auditor",
                "45:31: There is no role \"auditor\". Name one of \"roles\"."},
        {"do: read, by: witness", "do: read, by: witnes",
                "45:31: There is no role \"witnes\". Did you mean \"witness\"?"},
        {"do: read, by: witness", "do: read, by: witness, wrod: yes",
                "45:40: A step of the kind read has no \"wrod\". Did you mean \"word\"?"},
        {"do: read, by: witness", "do: read, by: witness, colour: red",
                "45:40: A step of the kind read has no \"colour\". Remove it."},
        {"do: read, by: witness", "do: read, by: witness, word: 確認",
                "45:46: The word \"確認\" cannot be typed on every keyboard. Use printable ASCII without spaces."},
        {"do: read, by: witness", "do: read, by: witness, word: \"I agree\"",
                "45:46: The word \"I agree\" cannot be typed on every keyboard. Use printable ASCII without spaces."},
        {"do: read, by: witness", "do: read, by: witness, word: " A10 A10 A10 "aaa",
                "45:46: \"word\" is longer than 32 bytes. Shorten it."},
        {"do: read, by: witness", "do: read, by: witness, approve: custodian",
                "45:40: Nobody approves a step of the kind read. Remove \"approve\"."},
        {"do: read, by: witness", "do: read, by: witness, on-failure: ignore",
                "45:52: \"on-failure\" cannot be \"ignore\". Write one of: retry, end-by-control."},
        {"do: read, by: witness", "do: read, by: witness, on-failure: retry",
                "45:40: A step of the kind read does not fail: it is done when people have done it. Take "
                "\"on-failure\" away."},
        {"do: attend, say", "do: attend, on-failure: end-by-control, say",
                "44:28: A step of the kind attend does not fail: it is done when people have done it. Take "
                "\"on-failure\" away."},
        {"do: read, by: witness", "do: read, by: witness, for-each: requests",
                "45:40: \"for-each\" is not in this version. Write one step for each item."},
        {"value: serial,", "value: Serial,",
                "46:37: \"Serial\" is no name. Use a-z, 0-9 and \"-\", a letter or digit first, at most 64.\n"
                "49:57: No step before this one observes the value \"serial\". Put an observe step before it."},
        {"value: serial, by: custodian,", "by: custodian,",
                "46:5: A step of the kind observe needs \"value\". Add it.\n"
                "49:57: No step before this one observes the value \"serial\". Put an observe step before it."},
        {"pattern: \"[A-Z]+[0-9]{3}\"", "pattern: \"[A-Z\"",
                "46:69: The pattern \"[A-Z\" cannot be used. Write a POSIX extended regular expression with few "
                "repeats."},
        {"pattern: \"[A-Z]+[0-9]{3}\"", "pattern: \"[[:alpha:\"",
                "46:69: The pattern \"[[:alpha:\" cannot be used. Write a POSIX extended regular expression with few "
                "repeats."},
        {"pattern: \"[A-Z]+[0-9]{3}\"", "pattern: \"a)|(b\"",
                "46:69: The pattern \"a)|(b\" cannot be used. Write a POSIX extended regular expression with few "
                "repeats."},
        {"pattern: \"[A-Z]+[0-9]{3}\"", "pattern: \"(a\"",
                "46:69: The pattern \"(a\" cannot be used. Write a POSIX extended regular expression with few "
                "repeats."},
        {"pattern: \"[A-Z]+[0-9]{3}\"", "pattern: 'a\\'",
                "46:69: The pattern \"a\\\" cannot be used. Write a POSIX extended regular expression with few "
                "repeats."},
        {"pattern: \"[A-Z]+[0-9]{3}\"", "pattern: '(a)\\1'",
                "46:69: The pattern \"(a)\\1\" cannot be used. Write a POSIX extended regular expression with few "
                "repeats."},
        {"pattern: \"[A-Z]+[0-9]{3}\"", "pattern: \"((a{99}){99}){99}\"",
                "46:69: The pattern \"((a{99}){99}){99}\" cannot be used. Write a POSIX extended regular expression "
                "with few repeats."},
        {"pattern: \"[A-Z]+[0-9]{3}\"",
                "pattern: \"" A100 A100 A10 A10 A10 A10 A10 "aaaaaaa"
                "\"",
                "46:69: \"pattern\" is longer than 256 bytes. Shorten it."},
        {"pattern: \"[A-Z]+[0-9]{3}\"", "pattern: \"[A-Z]\"",
                "46:87: The example \"AB123\" does not match the pattern. Correct one of them."},
        {"pattern: \"[A-Z]+[0-9]{3}\"", "pattern: \"A|B|123\"",
                "46:89: The example \"AB123\" does not match the pattern. Correct one of them."},
        {"example: AB123, ", "", "46:5: A step of the kind observe needs \"example\". Add it."},
        {"pattern: \"[A-Z]+[0-9]{3}\", ", "", "46:5: A step of the kind observe needs \"pattern\". Add it."},
        {"do: check-clock, by: witness", "do: check-clock, by: witness, bound: 0",
                "48:54: \"bound\" is out of range. Write a number from 1 to 3600."},
        {"do: check-clock, by: witness", "do: check-clock, by: witness, bound: 3601",
                "48:54: \"bound\" is out of range. Write a number from 1 to 3600."},
        {"do: check-clock, by: witness", "do: check-clock, by: witness, bound: 1m",
                "48:54: \"bound\" is no whole number. Write digits from 1 to 3600."},
        {"do: identify-hsm, hsm: root-hsm, plate: serial", "do: identify-hsm, hsm: roothsm, plate: serial",
                "49:40: There is no HSM \"roothsm\". Did you mean \"root-hsm\"?"},
        {"do: identify-hsm, hsm: root-hsm, plate: serial", "do: identify-hsm, plate: serial",
                "49:5: A step of the kind identify-hsm needs \"hsm\". Add it."},
        {"plate: serial,", "plate: cereal,",
                "49:57: No step before this one observes the value \"cereal\". Put an observe step before it."},
        {"  - {id: host,",
                "  - {id: plate-2, do: observe, value: serial, by: custodian, pattern: a, example: a, say: {en: X, ja: "
                "X}}\n  - {id: host,",
                "47:39: The value \"serial\" is already observed by an earlier step. Choose another name."},
        {"label: Root, so-pin", "label: An HSM label of more than 32 bytes, so-pin",
                "50:58: \"label\" is longer than 32 bytes. Shorten it."},
        {"label: Root, so-pin: factory", "so-pin: factory",
                "50:5: A step of the kind initialise-hsm needs \"label\". Add it."},
        {"so-pin: factory", "so-pin: \"123456\"", "50:72: \"so-pin\" cannot be \"123456\". Write one of: factory."},
        {"erase: [old key]", "erase: all", "50:88: \"erase\" is no list. Write it as [a, b, …]."},
        {"erase: [old key], approve: custodian", "erase: [old key]",
                "50:5: A step of the kind initialise-hsm needs \"approve\" with a role. Add it."},
        {"erase: [old key], approve: custodian", "erase: [old key], approve: witness",
                "50:108: The role \"witness\" approves, but has no quorum. Give it one of 2 or more."},
        {"erase: [old key], approve: custodian", "erase: [old key], approve: administrator",
                "50:108: The administrator runs the ceremony and has no vote. Name another role."},
        {"erase: [old key], approve: custodian", "erase: [old key], approve: nobody",
                "50:108: There is no role \"nobody\". Name one of \"roles\"."},
        {"  - {id: unlock, do: unlock-hsm,",
                "  - {id: anew, do: change-custodians, hsm: root-hsm, approve: custodian, say: {en: A, ja: A}}\n  - "
                "{id: unlock, do: unlock-hsm,",
                "51:5: A step of the kind change-custodians needs \"still-open\". Add it."},
        {"  - {id: unlock, do: unlock-hsm,",
                "  - {id: anew, do: share-secret, hsm: root-hsm, approve: custodian, say: {en: A, ja: A}}\n  - {id: "
                "unlock, do: unlock-hsm,",
                "51:5: A step of the kind share-secret needs \"still-open\". Add it."},
        {"  - {id: unlock, do: unlock-hsm,",
                "  - {id: anew, do: change-custodians, hsm: root-hsm, still-open: [], say: {en: A, ja: A}}\n  - {id: "
                "unlock, do: unlock-hsm,",
                "51:5: A step of the kind change-custodians needs \"approve\" with a role. Add it."},
        {"  - {id: unlock, do: unlock-hsm,",
                "  - {id: anew, do: share-secret, hsm: root-hsm, from: witness, still-open: [], approve: custodian, "
                "say: {en: A, ja: A}}\n  - {id: unlock, do: unlock-hsm,",
                "51:49: A step of the kind share-secret has no \"from\". Remove it."},
        {"  - {id: unlock, do: unlock-hsm,",
                "  - {id: anew, do: change-custodians, hsm: root-hsm, secret: pin, still-open: [], approve: custodian, "
                "say: {en: A, ja: A}}\n  - {id: unlock, do: unlock-hsm,",
                "51:62: There is no secret \"pin\". Name one of \"secrets\"."},
        {"  - {id: unlock, do: unlock-hsm,",
                "  - {id: anew, do: change-custodians, hsm: root-hsm, secret: user-pim, still-open: [], approve: "
                "custodian, say: {en: A, ja: A}}\n  - {id: unlock, do: unlock-hsm,",
                "51:62: There is no secret \"user-pim\". Did you mean \"user-pin\"?"},
        {"  - {id: unlock, do: unlock-hsm,",
                "  - {id: anew, do: change-custodians, hsm: other-hsm, secret: so-pin, still-open: [], approve: "
                "custodian, say: {en: A, ja: A}}\n  - {id: unlock, do: unlock-hsm,",
                "51:63: The secret \"so-pin\" is a PIN of \"root-hsm\", not of \"other-hsm\". Correct one of them."},
        {"  - {id: unlock, do: unlock-hsm,",
                "  - {id: anew, do: change-custodians, hsm: other-hsm, still-open: [], approve: custodian, say: {en: "
                "A, ja: A}}\n  - {id: unlock, do: unlock-hsm,",
                "51:44: \"secrets\" has no user PIN of the HSM \"other-hsm\". Add it."},
        {"  - {id: make, do: generate-key",
                "  - {id: anew, do: change-custodians, hsm: root-hsm, still-open: [], approve: custodian, say: {en: A, "
                "ja: A}}\n  - {id: make, do: generate-key",
                "52:44: The HSM \"root-hsm\" is unlocked at this step. Put a lock-hsm step before it."},
        {"  - {id: unlock, do: unlock-hsm, hsm: root-hsm, approve: custodian, on-failure: retry, say: {en: Unlock, ja: "
         "解除}}\n",
                "",
                "51:39: The HSM \"root-hsm\" is locked at this step. Put an unlock-hsm step before it.\n"
                "52:53: The HSM \"root-hsm\" is locked at this step. Put an unlock-hsm step before it.\n"
                "54:35: The HSM \"root-hsm\" is already locked. Leave this step out."},
        {"  - {id: lock, do: lock-hsm, hsm: root-hsm, say: {en: Lock, ja: 施錠}}\n", "",
                "56:5: The HSM \"root-hsm\" is still unlocked at the end. Put a lock-hsm step before it."},
        {"  - {id: make, do: generate-key",
                "  - {id: unlock-2, do: unlock-hsm, hsm: root-hsm, approve: custodian, say: {en: X, ja: X}}\n  - {id: "
                "make, do: generate-key",
                "52:41: The HSM \"root-hsm\" is already unlocked. Leave this step out."},
        {"  - {id: issue, do: issue-certificate",
                "  - {id: lock-2, do: lock-hsm, hsm: root-hsm, say: {en: X, ja: X}}\n  - {id: issue, do: "
                "issue-certificate",
                "54:53: The HSM \"root-hsm\" is locked at this step. Put an unlock-hsm step before it.\n"
                "56:35: The HSM \"root-hsm\" is already locked. Leave this step out."},
        {"  - {id: show, do: show-code",
                "  - {id: init-2, do: initialise-hsm, hsm: root-hsm, label: Root, approve: custodian, say: {en: X, ja: "
                "X}}\n  - {id: show, do: show-code",
                "54:43: The HSM \"root-hsm\" is unlocked at this step. Put a lock-hsm step before it.\n"
                "54:43: This step would erase a key that an earlier one made on \"root-hsm\". Move it up."},
        {"  - {id: issue, do: issue-certificate",
                "  - {id: make-2, do: generate-key, key: root-key, approve: custodian, say: {en: X, ja: X}}\n  - {id: "
                "issue, do: issue-certificate",
                "53:41: The key pair \"root-key\" is already made by an earlier step. Leave one out."},
        {"  - {id: show, do: show-code",
                "  - {id: issue-2, do: issue-certificate, certificate: root, approve: custodian, say: {en: X, ja: "
                "X}}\n  - {id: show, do: show-code",
                "54:55: The certificate \"root\" is already issued by an earlier step. Leave one out."},
        {"  - {id: show, do: show-code", VIDEO("off", "stop") "  - {id: show, do: show-code",
                "54:58: The camera \"room\" is not recording at this step. Put a record-video step that starts it "
                "before."},
        {"  - {id: show, do: show-code", VIDEO("on", "start") "  - {id: show, do: show-code",
                "54:57: The camera \"room\" is never stopped. Put a record-video step that stops it before close."},
        {"  - {id: show, do: show-code",
                VIDEO("on", "start") VIDEO("again", "start") VIDEO("off", "stop") "  - {id: show, do: show-code",
                "55:60: The camera \"room\" is recording already at this step. Stop it before, or give this one "
                "another name."},
        {"  - {id: show, do: show-code",
                VIDEO("on", "start") VIDEO("off", "stop") VIDEO("twice", "stop") "  - {id: show, do: show-code",
                "56:60: The camera \"room\" is not recording at this step. Put a record-video step that starts it "
                "before."},
        {"  - {id: show, do: show-code", VIDEO("on", "pause") "  - {id: show, do: show-code",
                "54:57: \"recording\" cannot be \"pause\". Write one of: start, stop."},
        {"generate-key, key: root-key", "generate-key, key: rootkey",
                "52:39: There is no key pair \"rootkey\". Did you mean \"root-key\"?\n"
                "53:53: The key pair \"root-key\" is used before it is made. Put generate-key before this."},
        {"generate-key, key: root-key", "generate-key, key: nothing",
                "52:39: There is no key pair \"nothing\". Name one of \"keys\".\n"
                "53:53: The key pair \"root-key\" is used before it is made. Put generate-key before this."},
        {"generate-key, key: root-key", "generate-key, key: spare-key",
                "53:53: The key pair \"root-key\" is used before it is made. Put generate-key before this."},
        {"certificate: root,", "certificate: roots,",
                "53:53: There is no certificate \"roots\". Did you mean \"root\"?\n"
                "54:35: The certificate \"root\" is used before it is issued. Put issue-certificate before this.\n"
                "56:53: The certificate \"root\" is used before it is issued. Put issue-certificate before this.\n"
                "56:59: The certificate \"root\" is used before it is issued. Put issue-certificate before this."},
        {"certificate: root,", "certificate: intermediate,",
                "53:53: There is no certificate \"intermediate\". Name one of \"certificates\".\n"
                "54:35: The certificate \"root\" is used before it is issued. Put issue-certificate before this.\n"
                "56:53: The certificate \"root\" is used before it is issued. Put issue-certificate before this.\n"
                "56:59: The certificate \"root\" is used before it is issued. Put issue-certificate before this."},
        {"of: root,", "of: spare,",
                "54:35: The certificate \"spare\" is used before it is issued. Put issue-certificate before this."},
        {"of: root,", "of: everything,",
                "54:35: There is no certificate, request or CRL \"everything\", and no document that a step before "
                "signs. "
                "Name one of them, or \"checkpoint\"."},
        {"of: root,", "of: [root],", "54:35: \"of\" is a map or list. Write a single value."},
        {"medium: usb-1", "medium: USB 1",
                "56:38: \"USB 1\" is no name. Use a-z, 0-9 and \"-\", a letter or digit first, at most 64."},
        {"medium: usb-1, ", "", "56:5: A step of the kind carry-out needs \"medium\". Add it."},
        {"say: {en: Rules, ja: 規則}}\n", TAKE_IN("[]"), "46:49: \"files\" is empty. Write a value."},
        {"say: {en: Rules, ja: 規則}}\n", TAKE_IN("[a/b, ..]"),
                "46:50: \"a/b\" is no name of a file. Use letters, digits, \".\", \"_\" and \"-\", and no \".\" "
                "first.\n"
                "46:55: \"..\" is no name of a file. Use letters, digits, \".\", \"_\" and \"-\", and no \".\" first."},
        {"say: {en: Rules, ja: 規則}}\n", TAKE_IN("[root.pdf]"),
                "46:50: The document \"root.pdf\" would lie in the record among the files of \"root\". Give the file "
                "another name."},
        {"say: {en: Rules, ja: 規則}}\n",
                TAKE_IN("[a.pdf]") "  - {id: in2, do: take-in, medium: usb-1, files: "
                                   "[b.pdf, a.pdf], by: witness, say: {en: In, ja: 搬入}}\n",
                "47:58: The file \"a.pdf\" is already taken in by another step. Leave one out."},
        {"say: {en: Rules, ja: 規則}}\n",
                "say: {en: Rules, ja: 規則}}\n  - {id: in, do: take-in, medium: usb-1, files: [a], by: witness, "
                "most-bytes: "
                "67108865, say: {en: In, ja: 搬入}}\n",
                "46:79: \"most-bytes\" is out of range. Write a number from 1 to 67108864."},
        {"{id: end, do: close,", "{id: end, do: close, image: no,",
                "57:33: \"image\" cannot be \"no\". Write one of: yes."},
        {"files: [root, root.der]", "files: []", "56:52: \"files\" is empty. Write a value."},
        {"files: [root, root.der]", "files: root", "56:52: \"files\" is no list. Write it as [a, b, …]."},
        {"files: [root, root.der]", "files: [root, rot.der]",
                "56:59: There is no certificate, request, CRL or OCSP response \"rot.der\", and no document that a "
                "step before signs. Did you mean \"root\"?"},
        {"files: [root, root.der]", "files: [root, ../root]",
                "56:59: \"../root\" is no name of an artifact. Use letters, digits, \".\", \"_\" and \"-\"."},
        {"files: [root, root.der]", "files: [spare.pem]",
                "56:53: The certificate \"spare\" is used before it is issued. Put issue-certificate before this."},
        {"of: root,", "of: checkpoint, as: content,", "54:51: The checkpoint is always shown whole. Leave \"as\" out."},
        {"of: root,", "of: root, as: whole,", "54:45: \"as\" cannot be \"whole\". Write one of: fingerprint, content."},
        {"of: root,", "of: cps.pdf,",
                "54:35: There is no certificate, request or CRL \"cps.pdf\", and no document that a step before signs. "
                "Name "
                "one of them, or \"checkpoint\"."},
        {"  - {id: show, do: show-code, of: root,", SIGN("sign", "cps.pdf") "  - {id: show, do: show-code, of: cps.pd,",
                "55:35: There is no certificate, request or CRL \"cps.pd\", and no document that a step before signs. "
                "Did "
                "you mean \"cps.pdf\"?"},
        {"files: [root, root.der]", "files: [cps.pdf.p7s]",
                "56:53: There is no certificate, request, CRL or OCSP response \"cps.pdf.p7s\", and no document that a "
                "step before signs. Name one of them."},
        {"  - {id: show,", SIGN("sign", "root.pdf") "  - {id: show,",
                "54:76: The document \"root.pdf\" would lie in the record among the files of \"root\". Give the file "
                "another name."},
        {"  - {id: show,", SIGN("sign", "cps.pdf") SIGN("sign-2", "cps.pdf") "  - {id: show,",
                "55:78: The document \"cps.pdf\" is already signed by an earlier step. Give the file another name."},
        {"[root, root.der]",
                "["
                "root.00, root.01, root.02, root.03, root.04, root.05, root.06, root.07, root.08, root.09, root.10, "
                "root.11, root.12, root.13, root.14, root.15, root.16, root.17, root.18, root.19, root.20, root.21, "
                "root.22, root.23, root.24, root.25, root.26, root.27, root.28, root.29, root.30, root.31, root.32, "
                "root.33, root.34, root.35, root.36, root.37, root.38, root.39, root.40, root.41, root.42, root.43, "
                "root.44, root.45, root.46, root.47, root.48, root.49, root.50, root.51, root.52, root.53, root.54, "
                "root.55, root.56, root.57, root.58, root.59, root.60, root.61, root.62, root.63, root.64"
                "]",
                "56:52: \"files\" names more than 64. Write a second step for the others."},
        {"files: [root, root.der]", "files: [root, root]", "56:59: \"root\" stands twice in \"files\". Keep one."},
        {"  - {id: end, do: close, say: {en: End, ja: 終了}}\n", "", "56:5: The last step is not close. End with it."},
        {"  - {id: end,", "  - {id: end-1, do: close, say: {en: X, ja: X}}\n  - {id: end,",
                "57:5: Nothing can follow close. Put it last, once."},
        {"do: close, say", "do: close, approve: custodian, say",
                "57:26: Nobody approves a step of the kind close. Remove \"approve\"."},
};

static bool parse(struct bytes *raw, struct fault_list *faults)
{
	struct script *s = script_parse("faulty.yaml", raw, faults);
	bool passed = s != NULL;
	script_free(&s);
	return passed;
}

static void each_fault_of_steps_is_told(void **state)
{
	(void)state;
	run_cases(DATA "whole.yaml", steps, sizeof(steps) / sizeof(steps[0]), parse);
}

static void a_script_without_steps_is_told(void **state)
{
	static const struct {
		const char *steps, *fault;
	} cases[] = {
	        {"steps: []\n", "43:8: There are no steps. Begin with attend and end with close."},
	        {"steps: none\n", "43:8: \"steps\" is no list. Write it as [a, b, …]."},
	        {"", "1:1: The file has no key \"steps\". Add it."},
	};
	struct bytes whole = {0}, told = {0};

	(void)state;
	load(DATA "whole.yaml", &whole);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct bytes raw = {0};
		struct fault_list faults = {0};
		bytes_add(&raw, whole.data, (size_t)(strstr(bytes_string(&whole), "steps:\n") - bytes_string(&whole)));
		bytes_text(&raw, cases[i].steps);
		assert_false(parse(&raw, &faults));
		tell(&faults, &told);
		assert_string_equal(bytes_string(&told), cases[i].fault);
		fault_list_free(&faults);
	}
	bytes_free(&told);
	bytes_free(&whole);
}

static const struct script_step *step_of(const struct script *s, const char *id)
{
	for (size_t i = 0; i < s->step_count; i++)
		if (strcmp(s->steps[i].id, id) == 0)
			return &s->steps[i];
	fail_msg("no step %s", id);
	return NULL;
}

/* Late arrivals and shifts: a roll call may stand anywhere, several times, also just before the end. */
static void roll_calls_may_stand_later(void **state)
{
	static const char later[] =
	        "  - {id: late, do: attend, say: {en: X, ja: X}}\n"
	        "  - {id: shift, do: attend, relieve: custodian, say: {en: X, ja: X}}\n  - {id: end, do: close";
	struct fault_case c = {"  - {id: end, do: close", later, ""};
	struct fault_list faults = {0};
	struct bytes sound = {0}, raw = {0};
	struct script *s;

	(void)state;
	load(DATA "whole.yaml", &sound);
	change(&c, &sound, &raw);
	s = script_parse("s.yaml", &raw, &faults);
	assert_non_null(s);
	assert_string_equal(s->steps[s->step_count - 2].kind, "attend");
	assert_string_equal(step_param(&s->steps[s->step_count - 2], "relieve"), "custodian");
	assert_null(step_param(&s->steps[s->step_count - 3], "relieve"));
	script_free(&s);
	bytes_free(&sound);
	fault_list_free(&faults);
}

#define PERSON(name, role, key) "  - {name: " name ", role: " role ", key: " name "+" key "}\n"
#define CUSTODIANS                                                                                                     \
	PERSON("anna", "custodian", "d1c911c7+BAEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEB")                           \
	PERSON("ben.k", "custodian", "06505831+BAICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgIC")                          \
	PERSON("carl", "custodian", "04d11a65+BAMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMD")

/* Who holds the shares is there when the HSM is unlocked: others were relieved, or those were relieved in their turn.
 */
static void a_shift_may_leave_the_shares_here(void **state)
{
	static const char *const shifts[] = {
	        "  - {id: shift, do: attend, relieve: witness, say: {en: X, ja: X}}\n  - {id: unlock, do: unlock-hsm",
	        "  - {id: shift, do: attend, relieve: custodian, say: {en: X, ja: X}}\n"
	        "  - {id: back, do: attend, relieve: custodian, say: {en: X, ja: X}}\n  - {id: unlock, do: unlock-hsm"};
	struct bytes sound = {0};

	(void)state;
	load(DATA "whole.yaml", &sound);
	for (size_t i = 0; i < sizeof(shifts) / sizeof(shifts[0]); i++) {
		struct fault_case c = {"  - {id: unlock, do: unlock-hsm", shifts[i], ""};
		struct fault_list faults = {0};
		struct bytes raw = {0};
		change(&c, &sound, &raw);
		struct script *s = script_parse("s.yaml", &raw, &faults);
		assert_non_null(s);
		script_free(&s);
		fault_list_free(&faults);
	}
	bytes_free(&sound);
}

static void a_shift_takes_people_for_both(void **state)
{
	struct fault_case people = {"control: custodian\n",
	        "control: custodian\npeople:\n" CUSTODIANS PERSON(
	                "dora", "administrator", "82e17deb+BAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE")
	                PERSON("emi", "witness", "23684e7c+BAUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUF"),
	        ""};
	struct fault_case shift = {"  - {id: rules",
	        "  - {id: shift, do: attend, relieve: custodian, say: {en: X, ja: X}}\n  - {id: rules", ""};
	struct fault_list faults = {0};
	struct bytes sound = {0}, one = {0}, raw = {0}, told = {0};
	struct script *s;

	(void)state;
	load(DATA "whole.yaml", &sound);
	change(&people, &sound, &one);
	change(&shift, &one, &raw);
	s = script_parse("s.yaml", &raw, &faults);
	tell(&faults, &told);
	assert_null(s);
	assert_string_equal(bytes_string(&told), "51:38: The role \"custodian\" is relieved here, which takes two "
	                                         "shifts of 3 people, and \"people\" has 3 of "
	                                         "it. List the others too.");
	bytes_free(&sound);
	bytes_free(&one);
	bytes_free(&told);
	fault_list_free(&faults);
}

static void steps_are_read(void **state)
{
	struct bytes raw = {0};
	struct fault_list faults = {0};

	(void)state;
	load(DATA "whole.yaml", &raw);
	struct script *s = script_parse("whole.yaml", &raw, &faults);
	assert_non_null(s);
	assert_int_equal(s->step_count, 14);
	const struct script_step *step = step_of(s, "rules");
	assert_string_equal(step->kind, "read");
	assert_string_equal(step_param(step, "by"), "witness");
	assert_string_equal(step_param(step, "word"), "confirm"); /* the default */
	assert_string_equal(script_say(s, &step->say, "ja"), "規則");
	assert_null(step->approve);
	assert_int_equal(step->on_failure, ON_FAILURE_ASK);
	assert_string_equal(step_param(step_of(s, "clock"), "bound"), "60"); /* the default */
	/* Kept anchored, whatever stands in it. */
	assert_string_equal(step_param(step_of(s, "plate"), "pattern"), "^([A-Z]+[0-9]{3})$");
	assert_string_equal(step_param(step_of(s, "plate"), "example"), "AB123");
	assert_string_equal(step_param(step_of(s, "which"), "plate"), "serial");
	step = step_of(s, "init");
	assert_string_equal(step->approve, "custodian");
	assert_string_equal(step_param(step, "so-pin"), "factory");
	assert_null(step_param(step, "erase"));
	assert_int_equal(step_param_list(step, "erase")->count, 1);
	assert_string_equal(step_param_list(step, "erase")->item[0], "old key");
	assert_null(step_param_list(step, "label"));
	assert_null(step_param(step, "serial"));
	assert_int_equal(step_of(s, "unlock")->on_failure, ON_FAILURE_RETRY);
	assert_int_equal(step_of(s, "make")->on_failure, ON_FAILURE_END);
	const struct script_list *files = step_param_list(step_of(s, "out"), "files");
	assert_int_equal(files->count, 2);
	assert_string_equal(files->item[1], "root.der");
	script_free(&s);
	fault_list_free(&faults);
}

static void known_kinds_of_later_versions_are_told(void **state)
{
	static const char *const later[] = {
	        "vendor-procedure", "run-evidence", "back-up-key", "restore-key", "destroy-key"};
	struct bytes whole = {0}, told = {0}, with = {0}, wanted = {0};

	(void)state;
	load(DATA "whole.yaml", &whole);
	for (size_t i = 0; i < sizeof(later) / sizeof(later[0]); i++) {
		struct bytes raw = {0};
		struct fault_list faults = {0};
		bytes_clear(&with);
		bytes_printf(&with, "do: %s, by: witness", later[i]);
		change(&(struct fault_case){"do: read, by: witness", bytes_string(&with), NULL}, &whole, &raw);
		assert_false(parse(&raw, &faults));
		tell(&faults, &told);
		bytes_clear(&wanted);
		bytes_printf(
		        &wanted, "45:21: The step kind \"%s\" is not in this version. Leave the step out.", later[i]);
		assert_string_equal(bytes_string(&told), bytes_string(&wanted));
		fault_list_free(&faults);
	}
	bytes_free(&whole);
	bytes_free(&told);
	bytes_free(&with);
	bytes_free(&wanted);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(each_fault_of_steps_is_told),
	        cmocka_unit_test(a_script_without_steps_is_told),
	        cmocka_unit_test(steps_are_read),
	        cmocka_unit_test(known_kinds_of_later_versions_are_told),
	        cmocka_unit_test(roll_calls_may_stand_later),
	        cmocka_unit_test(a_shift_takes_people_for_both),
	        cmocka_unit_test(a_shift_may_leave_the_shares_here),
	};
	struct error e = {0};
	if (secret_init(&e) != 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
