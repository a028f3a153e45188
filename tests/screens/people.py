"""Five people at the console: they read the screen, and answer what it asks as their cards, watches and notes say."""
import re
import time

from room import Failed, flat, wait_for

PASSPHRASE = "rehearsal"
NAMES = {"administrator-1": "Aoi Sato", "custodian-1": "Ren Suzuki", "custodian-2": "Mio Takahashi", "custodian-3": "Haru Tanaka",
         "witness-1": "Yui Ito"}
VALUES = {"door-log": "ENT-2026-0142", "hsm-plate": "DENK0400123", "seal-hsm": "AB0012341"}
BUSY = "Nobody has to do anything now"


def is_help(rows):
    return any(row.strip() == "Help" for row in rows[:6])


class Prompt:
    """What the screen says now."""

    def __init__(self, rows):
        self.rows = rows
        self.text = flat(rows)
        found = re.search(r"^▶ \d+ (\S+)", "\n".join(rows), re.M)
        self.step = found.group(1) if found else None

    def has(self, text):
        return text in self.text

    def number(self, name):
        """The digit that picks this choice."""
        for row in self.rows:
            found = re.match(r"[ >]*(\d) %s(\s|$)" % re.escape(name), row.split("│", 1)[-1].strip(" ") if "│" in row else row)
            if found:
                return found.group(1)
        return None

    def choices(self):
        return [m.group(1) for row in self.rows for m in [re.match(r"[ >]*\d (\S+)", row.split("│", 1)[-1])] if m]


class People:
    def __init__(self, test, pane):
        self.test, self.pane = test, pane
        self.cards = {}         # (secret, number of the share) -> words
        self.detours = {}       # name -> done
        self.log = []

    def detour(self, name):
        """True once."""
        if self.detours.get(name):
            return False
        self.detours[name] = True
        self.log.append("detour " + name)
        return True

    def settle(self):
        """Waits until every key typed so far was worked off and no HSM is busy: opens the help, which is in nobody's way, and
        closes it."""
        while True:
            self.pane.keys("F1")
            wait_for(lambda: is_help(self.pane.screen()) or self.pane.exit_code() is not None, lambda: "the help:\n" + self.pane.shown())
            if self.pane.exit_code() is not None:
                raise Failed("the console ended by itself, with %s: %s\n%s" % (self.pane.exit_code(), self.pane.stderr(), self.pane.shown()))
            self.pane.keys("Enter")
            rows = wait_for(self.no_help, lambda: "the help to close:\n" + self.pane.shown())
            prompt = Prompt(rows)
            if not prompt.has(BUSY):
                return prompt
            wait_for(lambda: BUSY not in flat(self.pane.screen()), "the HSM")

    def no_help(self):
        rows = self.pane.screen()
        return rows if not is_help(rows) and any(row.strip() for row in rows) else None

    def read_all(self):
        """Turns pages to the end, as whoever must read all of it; gives what stood there."""
        seen = []
        for _ in range(60):
            rows = self.pane.screen()
            seen += [row.split("│", 1)[1].strip() for row in rows if "│" in row]
            rule = [row for row in rows if "more: PgDn" in row]
            if not rule:
                return "\n".join(seen)
            self.pane.keys("PageDown")
            wait_for(lambda: [row for row in self.pane.screen() if "more: PgDn" in row] != rule, "the next page")
        raise Failed("the document has no end")

    def pick(self, prompt, name):
        number = prompt.number(name)
        if number is None:
            raise Failed("%s cannot be picked:\n%s" % (name, self.pane.shown()))
        self.pane.type(number)
        self.pane.keys("Enter")

    def enter(self, text):
        self.pane.type(text)
        self.pane.keys("Enter")

    # What the console asks, and what people then do. The first that is on the screen is what it is about.

    def answer(self, prompt):
        for text, answer in (("Read all of it first", self.read), ("Press Enter when only this person sees", self.copy_share),
                             ("The words of the share", self.give_share), ("Whose key", self.sit_down), ("Who approves", self.approve),
                             ("Passphrase of their key", self.prove), ("First person", self.observe), ("Decision", self.decide),
                             ("Whose watch", self.tell_time), ("Who put it in", self.acknowledge), ("Who acknowledges", self.acknowledge)):
            if prompt.has(text):
                answer(prompt)
                return
        raise Failed("nobody knows what to do:\n" + self.pane.shown())

    def read(self, _):
        self.document = self.read_all()

    def sit_down(self, prompt):
        name = [n for n in prompt.choices() if n in NAMES][0]
        self.pick(prompt, name)
        self.enter(NAMES[name])
        self.enter("Example Trust K.K.")
        self.enter("passport, by the administrator")

    def approve(self, prompt):
        self.pick(prompt, prompt.choices()[0])
        self.enter(PASSPHRASE)

    def prove(self, _):
        self.enter(PASSPHRASE)

    def observe(self, prompt):
        self.observed(prompt, VALUES[prompt.step], VALUES[prompt.step])

    def observed(self, prompt, first, second):
        self.pick(prompt, "custodian-1")
        self.enter(first)
        self.pane.wait_text("Second person")
        prompt = self.settle()
        self.test.check(first not in prompt.text, "the second person does not see what the first typed", self.pane.shown())
        self.pick(prompt, "custodian-2")
        self.enter(second)

    def decide(self, prompt):
        for row in prompt.rows:
            found = re.search(r"(\d) (Go on, and record|Record the exception and begin)", row)
            if found:
                self.pane.type(found.group(1))
                self.pane.keys("Enter")
                self.pick(self.settle(), "custodian-1")
                self.enter("it is a rehearsal on a connected machine")
                return
        raise Failed("there is no way on:\n" + self.pane.shown())

    def tell_time(self, prompt):
        self.pick(prompt, prompt.choices()[0])
        self.enter(time.strftime("%H:%M:%S", time.gmtime()))

    def acknowledge(self, prompt):
        word = re.search(r"Type this word: (\w+)", prompt.text)
        self.pick(prompt, prompt.choices()[0])
        if not word:
            word = re.search(r"Type this word: (\w+)", self.settle().text)
        self.enter(word.group(1))

    def copy_share(self, _):
        words = []
        self.pane.keys("Enter")
        for page in (1, 2):
            rows = self.pane.wait_text("Words, page %d of 2" % page)
            title = re.search(r"(\S+): your share, number (\d)", flat(rows))
            words += [m.group(2) for row in rows for m in [re.match(r"\s*(\d+)  ([a-z]+)\s*$", row.split("│", 1)[-1])] if m]
            self.pane.keys("Enter")
        rows = self.pane.wait_text("The words are hidden again")
        self.test.check(len(words) == 20, "a share has twenty words", words)
        left = [word for word in words if word in flat(rows).split()]  # one or two may stand in the instruction by chance
        self.test.check(len(left) < 5, "the words are gone from the screen", self.pane.shown())
        self.cards[title.group(1), int(title.group(2))] = words
        self.pane.keys("Enter")

    def give_share(self, prompt):
        if prompt.has("Whose share"):
            name = prompt.choices()[0]
            self.pick(prompt, name)
            self.type_share(self.cards["root-user-pin", int(name[-1])], len(self.log) % 2)
            return
        title = re.search(r"(\S+): type your share back, number (\d)", prompt.text) or \
            re.search(r"(\S+): type your share\s+back,\s+number (\d)", self.read_all().replace("\n", " "))
        self.type_back(self.cards[title.group(1), int(title.group(2))])

    def type_back(self, words):
        self.type_share(words, False)

    def type_share(self, words, short):
        """In full, or four letters of each word."""
        self.enter(" ".join(word[:4] if short else word for word in words))
