"""What the tests of the console share: a tmux server of their own, panes that are read and typed into, and the count of
what passed. Nothing sleeps for a fixed time: everything waits for what it wants to see, up to a limit."""
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
import unicodedata

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BUILD = os.path.join(ROOT, os.environ.get("BUILD", "build"))
TACHIAI = os.path.join(BUILD, "tachiai")
SCRIPT = os.path.join(ROOT, "ceremony-scripts", "root-ca.yaml")
LIMIT = float(os.environ.get("LIMIT", 90))
TURN = 0.015
STILL = 4  # looks in a row that are the same


class Failed(Exception):
    pass


def cells(text):
    return sum(0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


def wait_for(look, what, limit=LIMIT):
    """The first true value that look() gives."""
    end = time.monotonic() + limit
    while True:
        value = look()
        if value:
            return value
        if time.monotonic() > end:
            raise Failed("waited %d seconds for %s" % (limit, what() if callable(what) else what))
        time.sleep(TURN)


class Test:
    """Counts, names what failed, and cleans up."""

    def __init__(self):
        self.passed, self.failures = 0, []
        self.directory = tempfile.mkdtemp(prefix="tachiai-screens-")
        self.socket = "tachiai-%s-%d" % (os.path.basename(sys.argv[0]), os.getpid())
        self.panes = 0

    def check(self, holds, what, more=""):
        if holds:
            self.passed += 1
        else:
            self.failures.append(what)
            print("FAILED: %s%s" % (what, "\n" + str(more) if more else ""), flush=True)
        return bool(holds)

    def tmux(self, *words, check=True):
        done = subprocess.run(["tmux", "-L", self.socket, "-f", "/dev/null", *words], capture_output=True, text=True)
        if check and done.returncode:
            raise Failed("tmux %s: %s" % (" ".join(words)[:80], done.stderr.strip()))
        return done.stdout

    def path(self, name):
        return os.path.join(self.directory, name)

    def run(self, main):
        try:
            main(self)
        except Failed as failed:
            self.check(False, str(failed))
        except subprocess.TimeoutExpired as late:
            self.check(False, str(late)[:300])
        finally:
            self.tmux("kill-server", check=False)
            if not os.environ.get("KEEP"):
                shutil.rmtree(self.directory, ignore_errors=True)
        print("%d passed, %d failed" % (self.passed, len(self.failures)))
        sys.exit(1 if self.failures or not self.passed else 0)


class Pane:
    """One program in a window of its own."""

    def __init__(self, test, words, columns=80, rows=24, term="screen-256color", **environment):
        test.panes += 1
        self.test, self.name = test, "p%d" % test.panes
        plain = {"LANG": "C.UTF-8", "LC_ALL": "", "LANGUAGE": "", "TERM": term, "TZ": "UTC", "HOME": test.directory,
                 "PATH": os.environ["PATH"], **environment}
        # Standard error goes into a file: what is written there before and after the screens is looked at apart.
        self.errors = test.path(self.name + ".stderr")
        # The exit code goes into a file as well: tmux may miss that a child has ended.
        self.code = test.path(self.name + ".code")
        command = ["/bin/sh", "-c", 'code=$1; shift; "$@" 2>"$0"; echo $? >"$code.new"; mv "$code.new" "$code"',
                   self.errors, self.code, *words]
        command = ["env", "-i", *("%s=%s" % pair for pair in plain.items()), *command]
        test.tmux("start-server", ";", "set", "-g", "remain-on-exit", "on", ";", "set", "-g", "status", "off", ";", "set", "-s",
                  "escape-time", "0", ";", "set", "-g", "history-limit", "2000", ";", "new-session", "-d", "-s", self.name, "-x",
                  str(columns), "-y", str(rows), *command)

    def screen(self):
        return self.test.tmux("capture-pane", "-p", "-t", self.name).split("\n")

    def coloured(self):
        return self.test.tmux("capture-pane", "-e", "-p", "-N", "-t", self.name)

    def resize(self, columns, rows):
        self.test.tmux("resize-window", "-t", self.name, "-x", str(columns), "-y", str(rows))

    def keys(self, *names):
        self.test.tmux("send-keys", "-t", self.name, *names)

    def type(self, text):
        self.test.tmux("send-keys", "-l", "-t", self.name, text)

    def ask(self, what):
        return self.test.tmux("display", "-p", "-t", self.name, "#{%s}" % what).strip()

    def exit_code(self):
        """None while it runs; 128 and the signal's number when one ended it."""
        if not os.path.exists(self.code):
            return None
        with open(self.code, encoding="ascii") as file:
            return int(file.read())

    def wait_end(self, limit=LIMIT):
        wait_for(lambda: self.exit_code() is not None, lambda: "the end of the program; the screen:\n" + self.shown(), limit)
        return self.exit_code()

    def wait_text(self, text, limit=LIMIT):
        """The screen once `text` is on it, whatever rows it is wrapped over."""
        def look():
            screen = self.screen()
            return screen if text in flat(screen) else None
        return wait_for(look, lambda: "%r on the screen:\n%s" % (text, self.shown()), limit)

    def still(self, text):
        """What text() makes of the screen, when nothing more is painted."""
        last, count = None, 0

        def look():
            nonlocal last, count
            now = text()
            count, last = (count + 1 if now == last else 1), now
            return count >= STILL
        wait_for(look, "a screen that stands still")
        return last

    def shown(self):
        return "\n".join(self.screen()).rstrip()

    def stderr(self):
        with open(self.errors, encoding="utf-8", errors="replace") as file:
            return file.read()

    def pid(self):
        """Of the program, which is the shell's only child."""
        return int(subprocess.run(["pgrep", "-P", self.ask("pane_pid")], check=True, capture_output=True, text=True).stdout.split()[0])

    def picture(self, path):
        subprocess.run(["/usr/bin/python3", os.path.join(ROOT, "tests/screens/picture.py"), "-L", self.test.socket, self.name, path],
                       check=True, timeout=LIMIT)
        return path


def flat(rows):
    """The right-hand side of the screen as one line of text."""
    right = [row.split("│", 1)[1] if "│" in row else row for row in rows]
    return re.sub(r"\s+", " ", " ".join(right)).strip()


def decoded(picture):
    """The bytes of the QR code in a picture; empty when there is none."""
    return subprocess.run(["zbarimg", "-q", "--raw", "--nodbus", "--oneshot", "-Sdisable", "-Sqrcode.enable", "-Sbinary", picture], capture_output=True, timeout=LIMIT).stdout


def entries(record):
    with open(os.path.join(record, "transcript.jsonl"), "rb") as file:
        return [json.loads(line) for line in file.read().split(b"\n") if line]


def events(record, name):
    return [entry for entry in entries(record) if entry["event"] == name]


def verifiers(test, record):
    """Both verifiers accept the record as a rehearsal."""
    done = subprocess.run([TACHIAI, "verify", "--rehearsal", record], capture_output=True, text=True, timeout=LIMIT)
    test.check(done.returncode == 0, "tachiai verify --rehearsal accepts the record", done.stdout + done.stderr)
    done = subprocess.run(["/usr/bin/python3", os.path.join(ROOT, "docs/verify-record.py"), "--rehearsal", record],
                          capture_output=True, text=True, timeout=LIMIT)
    test.check(done.returncode in (0, 4), "verify-record.py accepts the record", done.stdout + done.stderr)
