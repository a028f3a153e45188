/* What another script may change in the middle of a ceremony: nothing that is behind, all agreed to, or is named there.
 */
#include "cases.h"

#include "script/amend.h"

/* Two steps are completed: they name the first HSM (and so its secrets), and the key "one". */
static const char base[] =
        "tachiai: 1\n"
        "title: {en: T}\n"
        "origin: test.example/t\n"
        "languages: [en]\n"
        "roles:\n"
        "  administrator: {count: 1}\n"
        "  custodian: {count: 3, quorum: 2}\n"
        "control: custodian\n"
        "hsm:\n"
        "  first: {software: yes}\n"
        "  second: {software: yes}\n"
        "secrets:\n"
        "  first-user: {hsm: first, pin: user, holders: custodian, shares: 3, threshold: 2}\n"
        "  first-so: {hsm: first, pin: so, holders: custodian, shares: 3, threshold: 2}\n"
        "  second-user: {hsm: second, pin: user, holders: custodian, shares: 3, threshold: 2}\n"
        "  second-so: {hsm: second, pin: so, holders: custodian, shares: 3, threshold: 2}\n"
        "keys:\n"
        "  one: {hsm: first, algorithm: ec-p384, label: One}\n"
        "  two: {hsm: second, algorithm: ec-p384, label: Two}\n"
        "steps:\n"
        "  - {id: roll-call, do: attend, say: {en: Who?}}\n"
        "  - {id: init, do: initialise-hsm, hsm: first, label: A, approve: custodian, say: {en: one}}\n"
        "  - {id: unlock, do: unlock-hsm, hsm: first, approve: custodian, say: {en: Unlock.}}\n"
        "  - {id: make-one, do: generate-key, key: one, approve: custodian, say: {en: Make one.}}\n"
        "  - {id: lock, do: lock-hsm, hsm: first, say: {en: Lock.}}\n"
        "  - {id: end, do: close, say: {en: End.}}\n";

static struct script *parsed(const char *text)
{
	struct bytes raw = {0}, told = {0};
	struct fault_list faults = {0};
	struct script *s;

	bytes_text(&raw, text);
	s = script_parse("t.yaml", &raw, &faults);
	if (!s) {
		tell(&faults, &told);
		fail_msg("the test's script does not parse: %s", bytes_string(&told));
	}
	fault_list_free(&faults);
	return s;
}

static void judge(
        const char *old, const char *new, size_t completed, const char *const *held, const char *expected, bool stays)
{
	struct fault_case change_it = {old, new, NULL};
	struct bytes sound = {0}, other = {0}, told = {0};
	struct fault_list faults = {0};
	bool same = !stays;

	bytes_text(&sound, base);
	change(&change_it, &sound, &other);
	struct script *from = parsed(base), *to = parsed(bytes_string(&other));
	script_amends(from, to, completed, held, &same, &faults);
	tell(&faults, &told);
	assert_false(faults.failed);
	if (strcmp(bytes_string(&told), expected) != 0 || same != stays)
		fail_msg("\"%s\" for \"%s\": expected \"%s\", told \"%s\"; the step in hand %s", new, old, expected,
		        bytes_string(&told), same ? "stays" : "does not stay");
	fault_list_free(&faults);
	script_free(&from);
	script_free(&to);
	bytes_free(&sound);
	bytes_free(&other);
	bytes_free(&told);
}

#define AGREED(key)                                                                                                    \
	"\"" key "\" differs from the script in force. All agreed to it at the beginning: it cannot be amended."
#define USED(name, map) "\"" name "\" of \"" map "\" was used in this ceremony already: it must stay as it was."

static const struct {
	const char *old, *new, *faults;
	bool stays; /* the step in hand, "unlock" */
} cases[] = {
        {"{en: T}", "{en: Another title}", "", true},
        {"title:", "# a comment\ntitle:", "", true},
        {"{count: 3, quorum: 2}", "{ count: 3, quorum: 2 }", "", true}, /* written otherwise, and the same */
        {"/t\n", "/u\n", "3:1: " AGREED("origin"), true},
        {"[en]", "[\"en\"]", "", true},
        {"quorum: 2", "quorum: 3", "5:1: " AGREED("roles"), true},
        {"control: custodian\n", "exclusive: [[administrator, custodian]]\ncontrol: custodian\n",
                "8:1: " AGREED("exclusive"), true},
        {"languages: [en]\n", "languages: [en]\nprevious: optional\n", "5:1: " AGREED("previous"), true},
        {"second: {software: yes}", "second: {software: yes, model: M}", "9:1: " AGREED("hsm"), true},
        {"say: {en: Who?}", "say: {en: Who is there?}",
                "21:5: Step 1, \"roll-call\", is completed: it must stand in its place exactly as it was.", true},
        {"  - {id: init,", "  - {id: more, do: read, by: custodian, say: {en: More.}}\n  - {id: init,",
                "22:5: Step 2, \"init\", is completed: it must stand in its place exactly as it was.", false},
        {"  - {id: unlock,", "  - {id: more, do: read, by: custodian, say: {en: More.}}\n  - {id: unlock,", "", false},
        {"  - {id: make-one,", "  - {id: more, do: read, by: custodian, say: {en: More.}}\n  - {id: make-one,", "",
                true},
        {"say: {en: Unlock.}", "say: {en: Open it.}", "", false},
        /* the first HSM's secrets were used with it */
        {"first-user: {hsm: first, pin: user, holders: custodian, shares: 3, threshold: 2}",
                "first-user: {hsm: first, pin: user, holders: custodian, shares: 3, threshold: 3}",
                "13:3: " USED("first-user", "secrets"), false},
        {"second-so: {hsm: second, pin: so, holders: custodian, shares: 3, threshold: 2}",
                "second-so: {hsm: second, pin: so, holders: custodian, shares: 3, threshold: 3}",
                "16:3: " USED("second-so", "secrets"), true}, /* with the key that is held goes its HSM */
        {"label: One", "label: Uno", "", true},
        {"label: Two", "label: Due", "19:3: " USED("two", "keys"), true}, /* held: the record before knows it */
        {"  two: {hsm: second, algorithm: ec-p384, label: Two}\n", "", "17:1: " USED("two", "keys"), true},
};

static void nothing_that_is_behind_may_change(void **state)
{
	static const char *const held[] = {"two", NULL};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		judge(cases[i].old, cases[i].new, 2, held, cases[i].faults, cases[i].stays);
}

/* What a later step names is used when that step is completed, and the words of a text name nothing. */
static void what_is_named_is_used(void **state)
{
	static const char *const held[] = {NULL};

	(void)state;
	judge("label: One", "label: Uno", 3, held, "", false);
	judge("label: One", "label: Uno", 4, held, "18:3: " USED("one", "keys"), true);
	judge("label: Two", "label: Due", 4, held, "", true);
	judge("second-so: {hsm: second, pin: so, holders: custodian, shares: 3, threshold: 2}",
	        "second-so: {hsm: second, pin: so, holders: custodian, shares: 3, threshold: 3}", 4, held, "", true);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(nothing_that_is_behind_may_change),
	        cmocka_unit_test(what_is_named_is_used),
	};

	if (secret_init(NULL) != 0)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
