"""The people of a ceremony in plain mode: they read the questions from a pipe and type the answers, as people at a terminal would."""
import os
import re
import select
import signal
import subprocess
import time

SECONDS = 120


class Gone(Exception):
    """The console ended, or asked nothing any more."""


class Room:
    """A console that runs, and who answers it. `answers` is a list of (pattern of the question, answer or function), tried first."""

    def __init__(self, words, passphrases, answers=(), environment=None):
        self.passphrases, self.answers = passphrases, list(answers)
        self.cards, self.sets = {}, {}  # (secret, person): the newest card; (secret, set, person): each
        self.said, self.asked, self.chosen, self.waits = "", "", None, False
        self.first = lambda room: None  # what is typed before anything is answered
        self.child = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment)
        os.set_blocking(self.child.stdout.fileno(), False)

    def listen(self):
        """Everything up to the next question; Gone when there is none."""
        text, deadline = b"", time.monotonic() + SECONDS
        while time.monotonic() < deadline:
            ready = select.select([self.child.stdout], [], [], 1)[0]
            if not ready:
                continue
            got = self.child.stdout.read()
            if got == b"":
                self.said += text.decode("utf-8", "replace")
                raise Gone()
            text += got or b""
            if text.endswith(b"> ") and (len(text) == 2 or text[-3:-2] == b"\n"):
                self.asked, self.waits = text.decode("utf-8", "replace"), True
                self.said += self.asked
                return self.asked
        raise Gone("no question within %d seconds; heard: %s" % (SECONDS, text[-300:]))

    def type(self, text):
        self.waits = False
        self.child.stdin.write(text.encode() + b"\n")
        self.child.stdin.flush()

    def end(self):
        """The exit code, standard error, and the rest of what was said."""
        if not self.child.stdin.closed:
            self.child.stdin.close()
        os.set_blocking(self.child.stdout.fileno(), True)
        self.said += self.child.stdout.read().decode("utf-8", "replace")
        errors = self.child.stderr.read().decode("utf-8", "replace")
        code = self.child.wait(SECONDS)
        self.child.stdout.close()
        self.child.stderr.close()
        return code, errors

    def signal(self, number):
        self.child.send_signal(number)

    def kill(self):
        if self.child.poll() is None:
            self.child.send_signal(signal.SIGKILL)

    def choose(self, asked):
        """From the choices shown last: a holder whose card is known, a second person who is not the first, else the first."""
        choices = re.findall(r"^  \d+  (\S+?):?(?:  .*| .*)?$", asked, re.M)
        if "Whose share" in asked:
            choices = [c for c in choices if self.card_of(c)]
        if "Second person" in asked or "Who else has seen it" in asked:
            choices = [c for c in choices if c != self.chosen]
        if "Decision" in asked:
            choices = [c for c in choices if c != "retry"] or choices
        self.chosen = choices[0]
        return self.chosen

    def card(self, asked):
        """The share that is shown on the screen, copied to the card of the person it is for."""
        words = re.findall(r"^ ?\d+ ([a-z]+)$", asked, re.M)
        secret = re.findall(r"^(\S+): your share, number", self.said, re.M)[-1]
        person = re.findall(r"^For (\S+) alone", self.said, re.M)[-1]
        mark = re.findall(r"^Set ([0-9a-f]{8}):", self.said, re.M)[-1]
        self.cards[secret, person] = self.sets[secret, mark, person] = " ".join(words)

    def card_of(self, person):
        """The words that are asked for: of the set that the question names, else of the newest."""
        secret, asked = re.findall(r"^(\S+): ((?:new |old )?share|type your share back)", self.said, re.M)[-1][0], self.said
        marks = re.findall(r"^Set ([0-9a-f]{8}):", asked[max(asked.rfind(secret + ": share "), asked.rfind(secret + ": old share "),
                                                             asked.rfind(secret + ": new share "), 0):], re.M)
        return self.sets.get((secret, marks[-1], person)) if marks else self.cards.get((secret, person))

    def asked_last(self):
        """The prompt that is open, from its title on."""
        titles = [m.start() for m in re.finditer(r"^\S+: (?:(?:new |old )?share \d+ of|type your share back|your share, number)", self.said, re.M)]
        return self.said[titles[-1]:] if titles else ""

    def own_words(self, asked):
        """From the card of who is asked."""
        own = re.findall(r"^(\S+): type your share back", self.said, re.M)
        person = re.findall(r"^For (\S+) alone: from the card", self.asked_last(), re.M)
        if person:
            return self.cards[own[-1], person[-1]]
        return self.card_of(self.chosen)

    def answer(self, asked):
        command = self.first(self)
        if command:
            return command
        for pattern, answer in self.answers:
            if re.search(pattern, asked, re.M):
                return answer(self) if callable(answer) else answer
        question = asked.rsplit("\n\n", 1)[-1]
        if "all the words are written down" in asked:
            self.card(asked)
            return ""
        if "Press Enter" in question.splitlines()[-2]:
            return ""
        word = re.search(r"^Type this word: (.*)$", question, re.M)
        if word:
            return word.group(1)
        if re.search(r"^  1  ", question, re.M):
            return self.choose(asked)
        if "The words of the share" in question:
            return self.own_words(asked)
        if "Passphrase of their key" in question:
            alone = re.findall(r"^(\S+) (?:proves the key|signs the record)$", asked, re.M)
            return self.passphrases[alone[-1] if alone else self.chosen]
        if "Full name" in question:
            return "Person " + self.chosen.title()
        if "Time (HH:MM:SS)" in question:
            return time.strftime("%H:%M:%S")
        return "seen by two"

    def play(self, until=None):
        """Answers until the console ends, or until it asks what `until` matches (then that question is open). True: it asks it."""
        try:
            if self.waits:
                self.type(self.answer(self.asked))
            while True:
                asked = self.listen()
                if until and re.search(until, asked, re.M):
                    return True
                self.type(self.answer(asked))
        except (Gone, BrokenPipeError, ValueError):  # the last: its input was closed
            return False
