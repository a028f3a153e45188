/* Title, languages, roles, people, HSMs, secrets and keys of a script. */
#include "cases.h"

#include <glob.h>

#define A10  "aaaaaaaaaa"
#define A100 A10 A10 A10 A10 A10 A10 A10 A10 A10 A10
#define CARD A10 A10 A10 A10 A10 A10 "aaaa"
#define ANNA "anna+d1c911c7+BAEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEB"
#define BEN  "ben.k+06505831+BAICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgIC"
#define CARL "carl+04d11a65+BAMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMD"
#define DORA "dora+82e17deb+BAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE"
#define EMI  "emi+23684e7c+BAUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUF"

static const struct fault_case parts[] = {
        {"tachiai: 1\n", "tachiai: 2\n", "1:10: The script language 2 is not known. This program reads version 1."},
        {"tachiai: 1\n", "tachiai: 1.0\n", "1:10: The script language 1.0 is not known. This program reads version 1."},
        {"tachiai: 1\n", "", "1:1: The file has no key \"tachiai\". Add it."},
        {"tachiai: 1\n", "tachiai:\n", "1:9: \"tachiai\" has no value. Write one."},
        {"previous: optional\n", "previuos: optional\n",
                "6:1: The key \"previuos\" is not known here. Did you mean \"previous\"?"},
        {"previous: optional\n", "frequency: yearly\n",
                "6:1: The key \"frequency\" is not known here. The keys are: tachiai, title, origin, languages, "
                "references, previous, roles, exclusive, control, people, hsm, secrets, keys, certificates, requests, "
                "crls, ocsp, steps."},
        {"previous: optional", "previous: sometimes",
                "6:11: \"previous\" cannot be \"sometimes\". Write one of: none, optional, required."},
        {"previous: optional", "previous: option",
                "6:11: \"previous\" cannot be \"option\". Did you mean \"optional\"?"},
        {"previous: optional", "previous: [none]", "6:11: \"previous\" is a map or list. Write a single value."},
        {"title: {en: A whole script, ja: すべてを含む手順書}", "title: A whole script",
                "2:8: \"title\" is not given by language. Write {en: …} with every language."},
        {"title: {en: A whole script, ja: すべてを含む手順書}", "title: {en: A whole script}",
                "2:8: \"title\" has no text in \"ja\". Add it."},
        {"title: {en: A whole script, ja:", "title: {fr: Tout, en: A whole script, ja:",
                "2:9: The language \"fr\" is not among the script's languages. Declare it, or remove the text."},
        {"{en: A whole script,", "{en: \"\",", "2:13: \"en\" is empty. Write a value."},
        {"{en: A whole script,", "{en: ,", "2:13: \"en\" has no value. Write one."},
        {"{en: A whole script,", "{en: \"two\\nlines\",", "2:13: \"en\" has several lines. Write it in one."},
        {"{en: A whole script,", "{en: \" a script\",", "2:13: \"en\" begins or ends with a space. Remove it."},
        {"{en: A whole script,", "{en: [a],", "2:13: \"en\" is a map or list. Write a single value."},
        {"title: {en: A whole script, ja: すべてを含む手順書}\n", "", "1:1: The file has no key \"title\". Add it."},
        {"example.jp/ceremony/whole", "rehearsal/example.jp/whole",
                "3:9: The origin begins \"rehearsal/\", which only a rehearsal's does. Write the real one."},
        {"example.jp/ceremony/whole", "example.jp",
                "3:9: \"example.jp\" is no origin. Write a lower-case host and path, such as "
                "example.jp/ceremony/root-g1."},
        {"example.jp/ceremony/whole", "Example.jp/whole",
                "3:9: \"Example.jp/whole\" is no origin. Write a lower-case host and path, such as "
                "example.jp/ceremony/root-g1."},
        {"example.jp/ceremony/whole", "example.jp/a+b",
                "3:9: \"example.jp/a+b\" is no origin. Write a lower-case host and path, such as "
                "example.jp/ceremony/root-g1."},
        {"example.jp/ceremony/whole", "example.jp/a b",
                "3:9: \"example.jp/a b\" is no origin. Write a lower-case host and path, such as "
                "example.jp/ceremony/root-g1."},
        {"example.jp/ceremony/whole", "example.jp/a/",
                "3:9: \"example.jp/a/\" is no origin. Write a lower-case host and path, such as "
                "example.jp/ceremony/root-g1."},
        {"example.jp/ceremony/whole", "example..jp/a",
                "3:9: \"example..jp/a\" is no origin. Write a lower-case host and path, such as "
                "example.jp/ceremony/root-g1."},
        {"example.jp/ceremony/whole", "example.jp/../a",
                "3:9: \"example.jp/../a\" is no origin. Write a lower-case host and path, such as "
                "example.jp/ceremony/root-g1."},
        {"example.jp/ceremony/whole", "https://example.jp/a",
                "3:9: \"https://example.jp/a\" is no origin. Write a lower-case host and path, such as "
                "example.jp/ceremony/root-g1."},
        {"example.jp/ceremony/whole", "example.jp/" A100 A10 A10 A10 A10 A10 A10 A10 A10 A10,
                "3:9: \"example.jp/" A100 A10 A10 A10 A10 A10 A10 A10 A10 A10
                "\" is no origin. Write a lower-case host and path, such as example.jp/ceremony/root-g1."},
        {"languages: [ja, en]", "languages: []", "4:12: There are no languages. Write them as [ja, en]."},
        {"languages: [ja, en]", "languages: ja", "4:12: \"languages\" is no list. Write it as [a, b, …]."},
        {"languages: [ja, en]", "languages: [ja, en, ja]", "4:21: \"ja\" stands twice in \"languages\". Keep one."},
        {NULL, "tachiai: 1\nlanguages: [EN-us]\ntitle: {EN-us: Text}\n",
                "1:1: The file has no key \"origin\". Add it.\n"
                "1:1: The file has no key \"roles\". Add it.\n"
                "1:1: The file has no key \"control\". Add it.\n"
                "1:1: The file has no key \"steps\". Add it.\n"
                "2:13: \"EN-us\" is no language. Write two or three letters a-z."},
        {"languages: [ja, en]", "languages: [ja, en, \"\"]", "4:21: \"languages[3]\" is empty. Write a value."},
        {"languages: [ja, en]\n", "", "1:1: The file has no key \"languages\". Add it."},
        {"references: [CPS 6.1.1]", "references: CPS", "5:13: \"references\" is no list. Write it as [a, b, …]."},
        {"references: [CPS 6.1.1]", "references: [{a: b}]",
                "5:14: \"references[1]\" is a map or list. Write a single value."},
        {"  administrator: {count: 1}", "  administrator: 1",
                "8:18: \"administrator\" is no map. Write it as {key: value, …}."},
        {"  administrator: {count: 1}", "  administrator: {cuont: 1}",
                "8:18: \"administrator\" has no key \"count\". Add it.\n"
                "8:19: The key \"cuont\" is not known here. Did you mean \"count\"?"},
        {"  administrator: {count: 1}", "  administrator: {count: 0}",
                "8:26: \"count\" is out of range. Write a number from 1 to 100."},
        {"  administrator: {count: 1}", "  administrator: {count: one}",
                "8:26: \"count\" is no whole number. Write digits from 1 to 100."},
        {"  administrator: {count: 1}", "  administrator: {count: 01}",
                "8:26: \"count\" is no whole number. Write digits from 1 to 100."},
        {"  administrator: {count: 1}", "  administrator: {count: 101}",
                "8:26: \"count\" is out of range. Write a number from 1 to 100."},
        {"  administrator: {count: 1}", "  administrator: {count: 1, quorum: 1}",
                "8:37: The administrator has no vote, and so no quorum. Leave it out."},
        {"  administrator: {count: 1}", "  administrator: {count: 3, quorum: 2}",
                "8:37: The administrator has no vote, and so no quorum. Leave it out."},
        {"control: custodian", "control: administrator",
                "12:10: The administrator runs the ceremony and has no vote. Name another role."},
        {"  so-pin: {hsm: root-hsm, pin: so, holders: custodian",
                "  so-pin: {hsm: root-hsm, pin: so, holders: administrator",
                "17:45: The administrator runs the ceremony and has no vote. Name another role."},
        {"  administrator: {count: 1}", "  administrator: {count: 1}\n  Auditor: {count: 1}",
                "9:3: \"Auditor\" is no name. Use a-z, 0-9 and \"-\", a letter or digit first, at most 64."},
        {"  administrator: {count: 1}", "  administrator: {count: 1}\n  -x: {count: 1}",
                "9:3: \"-x\" is no name. Use a-z, 0-9 and \"-\", a letter or digit first, at most 64."},
        {"minimum: 3, maximum: 5", "minimum: 3", "9:22: \"count\" has no key \"maximum\". Add it."},
        {"minimum: 3, maximum: 5", "minimum: 3, maximum: 2", "9:44: The maximum 2 is below the minimum 3. Raise it."},
        {"maximum: 5}, quorum: 2", "maximum: 5}, quorum: 4",
                "9:56: The quorum 4 is above the 3 people whom the role \"custodian\" is sure to have. Lower it."},
        {"maximum: 5}, quorum: 2", "maximum: 5}, quorum: 1",
                "9:56: A quorum of 1 lets one person act alone. Ask for 2 at the least, or leave it out."},
        {"maximum: 5}, quorum: 2", "maximum: 5}",
                "12:10: The role \"custodian\" is in control, but has no quorum. Give it one of 2 or more.\n"
                "50:108: The role \"custodian\" approves, but has no quorum. Give it one of 2 or more.\n"
                "51:58: The role \"custodian\" approves, but has no quorum. Give it one of 2 or more.\n"
                "52:58: The role \"custodian\" approves, but has no quorum. Give it one of 2 or more.\n"
                "53:68: The role \"custodian\" approves, but has no quorum. Give it one of 2 or more."},
        {"exclusive: [[administrator, custodian, witness]]", "exclusive: [administrator]",
                "11:13: \"exclusive[1]\" is no list. Write it as [a, b, …]."},
        {"exclusive: [[administrator, custodian, witness]]", "exclusive: [[administrator]]",
                "11:13: A set of roles that exclude each other needs two at the least. Add one."},
        {"exclusive: [[administrator, custodian, witness]]", "exclusive: [[administrator, auditor]]",
                "11:29: There is no role \"auditor\". Name one of \"roles\"."},
        {"exclusive: [[administrator, custodian, witness]]", "exclusive: [[administrator, custodain]]",
                "11:29: There is no role \"custodain\". Did you mean \"custodian\"?"},
        {"exclusive: [[administrator, custodian, witness]]", "exclusive: [[witness, witness]]",
                "11:23: \"witness\" stands twice in \"exclusive[1]\". Keep one."},
        {"exclusive: [[administrator, custodian, witness]]", "exclusive: none",
                "11:12: \"exclusive\" is no list. Write it as [a, b, …]."},
        {"control: custodian", "control: witness",
                "12:10: The role \"witness\" is in control, but has no quorum. Give it one of 2 or more."},
        {"control: custodian", "control: nobody", "12:10: There is no role \"nobody\". Name one of \"roles\"."},
        {"control: custodian\n", "", "1:1: The file has no key \"control\". Add it."},
        {"control: custodian\n", "control: custodian\npeople: {}\n",
                "13:9: \"people\" is no list. Write it as [a, b, …]."},
        {"roles:\n  administrator: {count: 1}\n  custodian: {count: {minimum: 3, maximum: 5}, quorum: 2}\n  witness: "
         "{count: 1}\n",
                "roles: []\n",
                "7:8: \"roles\" is no map. Write it as {key: value, …}.\n"
                "8:14: There is no role \"administrator\". Name one of \"roles\".\n"
                "8:29: There is no role \"custodian\". Name one of \"roles\".\n"
                "8:40: There is no role \"witness\". Name one of \"roles\".\n"
                "9:10: There is no role \"custodian\". Name one of \"roles\".\n"
                "14:45: There is no role \"custodian\". Name one of \"roles\".\n"
                "15:49: There is no role \"custodian\". Name one of \"roles\".\n"
                "42:31: There is no role \"witness\". Name one of \"roles\".\n"
                "43:49: There is no role \"custodian\". Name one of \"roles\".\n"
                "45:38: There is no role \"witness\". Name one of \"roles\".\n"
                "47:108: There is no role \"custodian\". Name one of \"roles\".\n"
                "48:58: There is no role \"custodian\". Name one of \"roles\".\n"
                "49:58: There is no role \"custodian\". Name one of \"roles\".\n"
                "50:68: There is no role \"custodian\". Name one of \"roles\"."},
        {NULL, "tachiai: 1\nroles: {}\n",
                "1:1: The file has no key \"title\". Add it.\n"
                "1:1: The file has no key \"origin\". Add it.\n"
                "1:1: The file has no key \"languages\". Add it.\n"
                "1:1: The file has no key \"control\". Add it.\n"
                "1:1: The file has no key \"steps\". Add it.\n"
                "2:8: There are no roles. Write one at the least."},
        {"control: custodian\n",
                "control: custodian\npeople:\n  - {name: anna, role: administrator, key: " ANNA ", card: " CARD
                "}\n  - {name: ben.k, role: custodian, key: " BEN ", card: " CARD
                "}\n  - {name: carl, role: custodian, key: " CARL ", card: A" A10 A10 A10 A10 A10 A10
                "aaa}\n  - {name: dora, role: custodian, key: " DORA
                ", card: aa}\n  - {name: emi, role: witness, key: " EMI ", card: }\n",
                "15:108: This card is already listed for another person. Each person has a card of their own.\n"
                "16:106: This is no hash of a certificate. Write its SHA-256 in 64 lower-case hexadecimal digits.\n"
                "17:106: This is no hash of a certificate. Write its SHA-256 in 64 lower-case hexadecimal digits.\n"
                "18:102: \"card\" has no value. Write one."},
        {"control: custodian\n",
                "control: custodian\npeople:\n  - {name: anna, role: administrator, key: " ANNA
                "}\n  - {name: ben.k, role: custodian, key: " BEN "}\n  - {name: carl, role: custodian, key: " CARL
                "}\n  - {name: emi, role: witness, key: " EMI "}\n",
                "14:3: The role \"custodian\" needs 3 in \"people\" at the least, and has 2. List the others too."},
        /* two keys whose base64 ends alike behind its last "+" are two keys */
        {"control: custodian\n",
                "control: custodian\npeople:\n  - {name: anna, role: administrator, key: "
                "anna+3017f4fa+BAUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUF+AAA}\n  - {name: ben.k, role: custodian, key: "
                "ben.k+775fb401+BAYGBgYGBgYGBgYGBgYGBgYGBgYGBgYGBgYGBgYG+AAA}\n  - {name: carl, role: custodian, "
                "key: " CARL "}\n  - {name: emi, role: witness, key: " EMI "}\n",
                "14:3: The role \"custodian\" needs 3 in \"people\" at the least, and has 2. List the others too."},
        {"control: custodian\n",
                "control: custodian\npeople:\n  - {name: ben.k, role: custodian, key: " BEN
                "}\n  - {name: carl, role: custodian, key: " CARL "}\n  - {name: dora, role: custodian, key: " DORA
                "}\n  - {name: emi, role: witness, key: " EMI "}\n",
                "14:3: The role \"administrator\" needs 1 in \"people\" at the least, and has 0. List the others too."},
        {"control: custodian\n",
                "control: custodian\npeople:\n  - {name: anna, role: administrator, key: " ANNA
                "}\n  - {name: ben.k, role: custodian, key: " BEN "}\n  - {name: carl, role: custodian, key: " CARL
                "}\n  - {name: dora, role: custodian, key: " DORA "}\n  - {name: emi, role: witness, key: " EMI
                "}\n  - {name: emi, role: witness, key: emi+23684e7c+BAUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUG}\n",
                "19:12: The person \"emi\" is listed twice. Keep one.\n"
                "19:37: The key ID of this vkey line does not belong to its name and key. Copy the line again, whole."},
        {"control: custodian\n",
                "control: custodian\npeople:\n  - {name: anna, role: administrator, key: " ANNA
                "}\n  - {name: ben.k, role: custodian, key: " BEN "}\n  - {name: carl, role: custodian, key: " CARL
                "}\n  - {name: dora, role: custodian, key: " DORA "}\n  - {name: emi, role: auditor, key: " EMI "}\n",
                "14:3: The role \"witness\" needs 1 in \"people\" at the least, and has 0. List the others too.\n"
                "18:23: There is no role \"auditor\". Name one of \"roles\"."},
        {"control: custodian\n",
                "control: custodian\npeople:\n  - {name: anna, role: administrator, key: " ANNA
                "}\n  - {name: ben.k, role: custodian, key: " BEN "}\n  - {name: carl, role: custodian, key: " CARL
                "}\n  - {name: dora, role: custodian, key: " DORA "}\n  - {name: emi, role: witness, key: " DORA "}\n",
                "18:37: This vkey line is not that of \"emi\". Give the one of the same name.\n"
                "18:37: This key is already listed for another person. Each person has a key of their own."},
        {"control: custodian\n",
                "control: custodian\npeople:\n  - {name: anna, role: administrator, key: " ANNA
                "}\n  - {name: ben.k, role: custodian, key: " BEN "}\n  - {name: carl, role: custodian, key: " CARL
                "}\n  - {name: dora, role: custodian, key: " DORA
                "}\n  - {name: emi, role: witness, key: emi+23684e7c+BAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE}\n",
                "18:37: The key ID of this vkey line does not belong to its name and key. Copy the line again, whole.\n"
                "18:37: This key is already listed for another person. Each person has a key of their own."},
        {"control: custodian\n",
                "control: custodian\npeople:\n  - {name: anna, role: administrator, key: " ANNA
                "}\n  - {name: ben.k, role: custodian, key: " BEN "}\n  - {name: carl, role: custodian, key: " CARL
                "}\n  - {name: dora, role: custodian, key: " DORA
                "}\n  - {name: emi, role: witness, key: emi+0000+AAAA}\n",
                "18:37: This is no person's vkey line. Copy it from the NAME.vkey file that \"tachiai enrol\" wrote."},
        {"control: custodian\n",
                "control: custodian\npeople:\n  - {name: anna, role: administrator, key: " ANNA
                "}\n  - {name: ben.k, role: custodian, key: " BEN "}\n  - {name: carl, role: custodian, key: " CARL
                "}\n  - {name: dora, role: custodian, key: " DORA
                "}\n  - {name: emi, role: witness, key: emi+23684e7c+AQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUF}\n",
                "18:37: This is no person's vkey line. Copy it from the NAME.vkey file that \"tachiai enrol\" wrote."},
        {"control: custodian\n",
                "control: custodian\npeople:\n  - {name: anna, role: administrator, key: " ANNA
                "}\n  - {name: ben.k, role: custodian, key: " BEN "}\n  - {name: carl, role: custodian, key: " CARL
                "}\n  - {name: dora, role: custodian, key: " DORA
                "}\n  - {name: emi, role: witness, key: emi+23684E7C+BAUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUF}\n",
                "18:37: This is no person's vkey line. Copy it from the NAME.vkey file that \"tachiai enrol\" wrote."},
        {"control: custodian\n",
                "control: custodian\npeople:\n  - {name: anna, role: administrator, key: " ANNA
                "}\n  - {name: ben.k, role: custodian, key: " BEN "}\n  - {name: carl, role: custodian, key: " CARL
                "}\n  - {name: dora, role: custodian, key: " DORA
                "}\n  - {name: emi, role: witness, key: emi+23684e7d+BAUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUF}\n",
                "18:37: The key ID of this vkey line does not belong to its name and key. Copy the line again, whole."},
        {"control: custodian\n",
                "control: custodian\npeople:\n  - {name: anna, role: administrator, key: " ANNA
                "}\n  - {name: ben.k, role: custodian, key: " BEN "}\n  - {name: carl, role: custodian, key: " CARL
                "}\n  - {name: dora, role: custodian, key: " DORA "}\n  - {name: Emi, role: witness, key: " EMI "}\n",
                "18:12: \"Emi\" is no name. Use a-z, 0-9, \"-\" and \".\", a letter or digit first, at most 64."},
        {"control: custodian\n",
                "control: custodian\npeople:\n  - {name: anna, role: administrator, key: " ANNA
                "}\n  - {name: ben.k, role: custodian, key: " BEN "}\n  - {name: carl, role: custodian, key: " CARL
                "}\n  - {name: dora, role: custodian, key: " DORA "}\n  - {name: emi, role: witness}\n",
                "18:5: \"people[5]\" has no key \"key\". Add it."},
        {"control: custodian\n",
                "control: custodian\npeople:\n  - {name: anna, role: administrator, key: " ANNA
                "}\n  - {name: ben.k, role: custodian, key: " BEN "}\n  - {name: carl, role: custodian, key: " CARL
                "}\n  - {name: dora, role: custodian, key: " DORA "}\n  - {name: emi, role: witness, key: \"" EMI
                " \"}\n",
                "18:37: \"key\" begins or ends with a space. Remove it."},
        {"hsm:\n  root-hsm: {manufacturer: Example,", "hsm:\n  root-hsm: {maker: Example,",
                "14:14: The key \"maker\" is not known here. The keys are: manufacturer, model, attachment, fips, "
                "software."},
        {"attachment: usb", "attachment: serial",
                "14:60: \"attachment\" cannot be \"serial\". Write one of: usb, pcie, network."},
        {"software: no", "software: true", "14:96: \"software\" cannot be \"true\". Write one of: no, yes."},
        {"  other-hsm: {software: yes}",
                "  other-hsm:", "15:13: \"other-hsm\" is no map. Write it as {key: value, …}."},
        {"  other-hsm: {software: yes}", "  other-hsm: {model: }", "15:22: \"model\" has no value. Write one."},
        {"  so-pin: {hsm: root-hsm, pin: so, holders: custodian, shares: 3, threshold: 2}",
                "  so-pin: {hsm: root-hms, pin: so, holders: custodian, shares: 3, threshold: 2}",
                "17:17: There is no HSM \"root-hms\". Did you mean \"root-hsm\"?"},
        {"pin: so, holders: custodian, shares: 3", "pin: puk, holders: custodian, shares: 3",
                "17:32: \"pin\" cannot be \"puk\". Write one of: user, so."},
        {"pin: so, holders", "pin: user, holders",
                "18:3: \"user-pin\" is the same PIN of the HSM \"root-hsm\" as \"so-pin\". Keep one of them."},
        {"pin: so, holders: custodian", "pin: so, holders: custody",
                "17:45: There is no role \"custody\". Name one of \"roles\"."},
        {"pin: so, holders: custodian, shares: 3", "pin: so, holders: custodian, shares: 4",
                "17:45: \"so-pin\" has 4 shares, and only 3 of the role \"custodian\" are sure to be there. Make fewer "
                "shares."},
        {"pin: so, holders: custodian, shares: 3, threshold: 2",
                "pin: so, holders: custodian, shares: 17, threshold: 2",
                "17:64: \"shares\" is out of range. Write a number from 2 to 16."},
        {"pin: so, holders: custodian, shares: 3, threshold: 2", "pin: so, holders: custodian, shares: 3, threshold: 4",
                "17:78: \"threshold\" is out of range. Write a number from 2 to 3."},
        {"pin: so, holders: custodian, shares: 3, threshold: 2", "pin: so, holders: custodian, shares: 3, threshold: 1",
                "17:78: \"threshold\" is out of range. Write a number from 2 to 3."},
        {"pin: so, holders: custodian, shares: 3, threshold: 2", "pin: so, holders: custodian, shares: 3",
                "17:11: \"so-pin\" has no key \"threshold\". Add it."},
        {"spare-key: {hsm: root-hsm, algorithm: rsa-4096", "spare-key: {hsm: a, algorithm: rsa-4096",
                "21:20: There is no HSM \"a\". Name one of \"hsm\"."},
        {"algorithm: rsa-4096", "algorithm: rsa-1024",
                "21:41: \"algorithm\" cannot be \"rsa-1024\". Write one of: rsa-2048, rsa-3072, rsa-4096, rsa-6144, "
                "rsa-8192, ec-p256, ec-p384, ec-p521, ed25519."},
        {"algorithm: rsa-4096", "algorithm: dsa",
                "21:41: \"algorithm\" cannot be \"dsa\". Write one of: rsa-2048, rsa-3072, rsa-4096, rsa-6144, "
                "rsa-8192, ec-p256, ec-p384, ec-p521, ed25519."},
        {"label: Spare}", "label: \"\"}", "21:58: \"label\" is empty. Write a value."},
        {"label: Spare}", "label: Sp\u0430re}",
                "21:58: \"label\" holds characters that are not what they look like, or are not seen: "
                "\"Sp<U+0430>re\". Write it without them: a token or key is found by its label."},
        {"label: Spare}", "label: \"Root \u216d\u2013\U0001d7f7\u3000\"}",
                "21:58: \"label\" holds characters that are not what they look like, or are not seen: "
                "\"Root <U+216D><U+2013><U+1D7F7><U+3000>\". Write it without them: a token or key is found by its "
                "label."},
        {"label: Spare}", "label: \u0421\u041e\u0420}",
                "21:58: \"label\" holds characters that are not what they look like, or are not seen: "
                "\"<U+0421><U+041E><U+0420>\". Write it without them: a token or key is found by its label."},
        {"label: Spare}", "label: 鍵鍵鍵鍵鍵鍵鍵鍵鍵鍵鍵}", "21:58: \"label\" is longer than 32 bytes. Shorten it."},
        {"label: Spare}", "label: Root}",
                "21:58: The label \"Root\" is already that of \"root-key\" on this HSM. Choose another."},
        {"label: Spare}", "label: Spare, id: 1}",
                "21:65: The key \"id\" is not known here. The keys are: hsm, algorithm, label."},
};

static bool parse(struct bytes *raw, struct fault_list *faults)
{
	struct script *s = script_parse("faulty.yaml", raw, faults);
	bool passed = s != NULL;
	script_free(&s);
	return passed;
}

static void each_fault_of_parts_is_told(void **state)
{
	(void)state;
	run_cases(DATA "whole.yaml", parts, sizeof(parts) / sizeof(parts[0]), parse);
}

static struct script *sound(const char *path)
{
	struct bytes raw = {0}, told = {0};
	struct fault_list faults = {0};

	load(path, &raw);
	struct script *s = script_parse(path, &raw, &faults);
	tell(&faults, &told);
	if (!s)
		fail_msg("%s: %s", path, bytes_string(&told));
	bytes_free(&told);
	fault_list_free(&faults);
	return s;
}

static void every_part_is_read(void **state)
{
	struct script *s = sound(DATA "whole.yaml");
	struct bytes raw = {0};
	uint8_t digest[32];

	(void)state;
	load(DATA "whole.yaml", &raw);
	assert_int_equal(sha256(raw.data, raw.len, digest), 0);
	assert_memory_equal(s->sha256, digest, sizeof(digest));
	assert_int_equal(s->raw.len, raw.len);
	assert_memory_equal(s->raw.data, raw.data, raw.len);
	assert_string_equal(s->path, DATA "whole.yaml");
	assert_string_equal(script_say(s, &s->title, "en"), "A whole script");
	assert_string_equal(script_say(s, &s->title, "ja"), "すべてを含む手順書");
	assert_string_equal(script_say(s, &s->title, "fr"), "すべてを含む手順書");
	assert_string_equal(s->origin, "example.jp/ceremony/whole");
	assert_string_equal(s->previous, "optional");
	assert_string_equal(s->control, "custodian");
	assert_int_equal(s->references.count, 1);
	assert_string_equal(s->references.item[0], "CPS 6.1.1");
	assert_int_equal(s->role_count, 3);
	const struct script_role *role = script_role(s, "custodian");
	assert_true(role->range && role->minimum == 3 && role->maximum == 5 && role->quorum == 2);
	assert_int_equal(role->place.line, 9);
	role = script_role(s, "witness");
	assert_true(!role->range && role->minimum == 1 && role->maximum == 1 && role->quorum == 0);
	assert_null(script_role(s, "auditor"));
	assert_int_equal(s->exclusive_count, 1);
	assert_int_equal(s->exclusive[0].count, 3);
	assert_string_equal(s->exclusive[0].item[2], "witness");
	const struct script_hsm *hsm = script_hsm(s, "root-hsm");
	assert_string_equal(hsm->manufacturer, "Example");
	assert_string_equal(hsm->model, "X1");
	assert_string_equal(hsm->attachment, "usb");
	assert_string_equal(hsm->fips, "140-2 level 3");
	assert_false(hsm->software);
	assert_true(script_hsm(s, "other-hsm")->software);
	assert_null(script_hsm(s, "other-hsm")->model);
	const struct script_secret *secret = script_secret(s, "root-hsm", PIN_SO);
	assert_string_equal(secret->name, "so-pin");
	assert_true(secret->shares == 3 && secret->threshold == 2);
	assert_string_equal(script_secret(s, "root-hsm", PIN_USER)->holders, "custodian");
	assert_null(script_secret(s, "other-hsm", PIN_USER));
	assert_string_equal(script_key(s, "root-key")->algorithm, "ec-p384");
	assert_string_equal(script_key(s, "spare-key")->label, "Spare");
	bytes_free(&raw);
	script_free(&s);
	assert_null(s);
}

static void people_are_read(void **state)
{
	static const struct fault_case people = {"control: custodian\n",
	        "control: custodian\n"
	        "people:\n"
	        "  - {name: anna, role: administrator, key: " ANNA "}\n"
	        "  - {name: ben.k, role: custodian, key: " BEN "}\n"
	        "  - {name: carl, role: custodian, key: " CARL "}\n"
	        "  - {name: dora, role: custodian, key: " DORA "}\n"
	        "  - {name: emi, role: witness, key: " EMI "}\n",
	        NULL};
	struct bytes whole = {0}, raw = {0};
	struct fault_list faults = {0};

	(void)state;
	load(DATA "whole.yaml", &whole);
	change(&people, &whole, &raw);
	struct script *s = script_parse("people.yaml", &raw, &faults);
	assert_non_null(s);
	assert_int_equal(s->person_count, 5);
	assert_string_equal(s->people[1].name, "ben.k");
	assert_string_equal(s->people[1].role, "custodian");
	assert_string_equal(s->people[1].key, BEN);
	script_free(&s);
	bytes_free(&whole);
	fault_list_free(&faults);
}

static void more_faults_than_the_list_holds_are_told(void **state)
{
	struct bytes raw = {0}, told = {0};
	struct fault_list faults = {0};

	(void)state;
	bytes_text(&raw, "tachiai: 1\n");
	for (int i = 0; i < 1100; i++)
		bytes_printf(&raw, "unknown-key-%d: x\n", i);
	assert_false(parse(&raw, &faults));
	assert_int_equal(faults.count, 1001);
	for (size_t i = 1; i < faults.count; i++) /* in the order of the file; what is left out has no place */
		assert_true(faults.fault[i].line >= faults.fault[i - 1].line);
	error_text(&faults.fault[faults.count - 1], &told);
	assert_string_equal(bytes_string(&told), "There are more faults than this list holds. Mend these first.");
	bytes_free(&told);
	fault_list_free(&faults);
}

static void every_shipped_script_passes(void **state)
{
	glob_t found;

	(void)state;
	assert_int_equal(glob("ceremony-scripts/*.yaml", 0, NULL, &found), 0);
	for (size_t i = 0; i < found.gl_pathc; i++) {
		struct script *s = sound(found.gl_pathv[i]);
		assert_true(s->step_count > 2);
		script_free(&s);
	}
	globfree(&found);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(each_fault_of_parts_is_told),
	        cmocka_unit_test(every_part_is_read),
	        cmocka_unit_test(people_are_read),
	        cmocka_unit_test(more_faults_than_the_list_holds_are_told),
	        cmocka_unit_test(every_shipped_script_passes),
	};
	struct error e = {0};
	if (secret_init(&e) != 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
