"""One long ceremony: it plays itself, is killed in the middle, goes on, is closed, verified by both verifiers, replayed and printed; and the
last thousand steps cost no more than the first."""
import collections
import json
import os
import pty
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from fcntl import ioctl

from long_script import script

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
TICKS = os.sysconf("SC_CLK_TCK")
SECONDS = 3600


class Course:
    """What a console uses as its record grows, looked at from outside."""

    def __init__(self, record):
        self.path, self.at, self.entries, self.begun, self.samples = os.path.join(record, "transcript.jsonl"), 0, 0, 0, []
        self.rest = b""

    def read(self):
        try:
            with open(self.path, "rb") as f:
                f.seek(self.at)
                data = f.read()
        except FileNotFoundError:
            return
        self.at += len(data)
        lines = (self.rest + data).split(b"\n")
        self.rest = lines.pop()
        self.entries += len(lines)
        self.begun += sum(b'"event":"step.begun"' in line for line in lines)

    def sample(self, pid):
        """(steps, seconds of processor, KiB resident, descriptors); False when the process is gone."""
        self.read()
        try:
            with open("/proc/%d/stat" % pid) as f:
                stat = f.read().rsplit(")", 1)[1].split()
            with open("/proc/%d/status" % pid) as f:
                resident = int(dict(line.split(":", 1) for line in f)["VmRSS"].split()[0])
            descriptors = len(os.listdir("/proc/%d/fd" % pid))
        except (OSError, KeyError):
            return False
        self.samples.append((self.begun, (int(stat[11]) + int(stat[12])) / TICKS, resident, descriptors, time.monotonic()))
        return True


def window():
    """A terminal of 80 by 24 that takes whatever is painted: (ours, theirs)."""
    ours, theirs = pty.openpty()
    ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    return ours, theirs


def follow(words, course, out, until=None, screen=False, environment=None):
    """Runs the console to its end, or kills it when so many steps have begun; the exit code."""
    environment = dict(environment or os.environ, TERM="xterm-256color")
    ours, theirs = window() if screen else (None, None)
    child = subprocess.Popen(words, stdin=theirs if screen else subprocess.DEVNULL, stdout=theirs if screen else out,
                             stderr=out, env=environment, start_new_session=screen)
    if screen:
        os.close(theirs)
    deadline, killed, looked = time.monotonic() + SECONDS, False, 0
    while child.poll() is None and time.monotonic() < deadline:
        if screen:
            ready = select.select([ours], [], [], 0.1)[0]
            try:
                if ready and not os.read(ours, 1 << 16):
                    break
            except OSError:
                break
        else:
            time.sleep(0.02)
        if time.monotonic() - looked < 0.05:
            continue
        looked = time.monotonic()
        course.sample(child.pid)
        if until is not None and course.begun >= until and not killed:
            child.send_signal(signal.SIGKILL)
            killed = True
    if child.poll() is None and time.monotonic() >= deadline:
        child.kill()
    code = child.wait()
    if screen:
        os.close(ours)
    course.read()
    return code


def cost(samples, first, last):
    """Seconds of processor, and of the clock, a thousand steps between two of them."""
    inside, steps = [], None
    for s in samples:
        if first <= s[0] <= last and s[0] != steps:  # as a step begins: behind the last one comes the verification
            inside.append(s)
        steps = s[0]
    if len(inside) < 2 or inside[-1][0] == inside[0][0]:
        return None
    steps = (inside[-1][0] - inside[0][0]) / 1000
    return (inside[-1][1] - inside[0][1]) / steps, (inside[-1][4] - inside[0][4]) / steps


def run(*words):
    began = time.monotonic()
    before = os.times()
    done = subprocess.run(words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=SECONDS)
    after = os.times()
    return done.returncode, done.stdout.decode("utf-8", "replace"), time.monotonic() - began, \
        after.children_user + after.children_system - before.children_user - before.children_system


class Long:
    def __init__(self, steps, build, work, say):
        self.steps, self.work, self.say, self.wrong = steps, work, say, []
        self.build, self.tachiai = build, os.path.join(build, "tachiai")
        self.script = os.path.join(work, "long.yaml")
        with open(self.script, "w", encoding="utf-8") as f:
            f.write(script(steps))

    def hold(self, name, good, why=""):
        if not good:
            self.wrong.append("%s: %s" % (name, str(why)[-1500:]))
        return good

    def course_said(self, name, course):
        """The first and the last tenth; memory and descriptors over the same."""
        s, tenth = course.samples, max(self.steps // 10, 20)
        if not s:
            return
        low, high = s[0][0], s[-1][0]
        first, last = cost(s, low + tenth // 10, low + tenth), cost(s, high - tenth, high)
        if first and last:
            self.say("soak: %s: seconds of processor a thousand steps: the first tenth %.3f, the last %.3f, ratio %.2f; of the clock %.2f and %.2f" %
                     (name, first[0], last[0], last[0] / max(first[0], 1e-3), first[1], last[1]))
        early = [x for x in s if low + tenth // 10 <= x[0] <= low + tenth] or s[:1]
        self.say("soak: %s: resident KiB %d after the first tenth, %d at the end; descriptors %d and %d, at most %d" %
                 (name, early[-1][2], s[-1][2], early[-1][3], s[-1][3], max(x[3] for x in s)))
        least = [min(x[3] for x in part) for part in (early, s[-20:])]  # some are open for a moment, and a helper while it is needed
        self.hold(name + ": descriptors grow", least[1] <= least[0] + 6, least)
        entries = max(course.entries, 1)
        start = 4 << 20 if early[-1][0] < low + tenth // 10 else 0  # it was first looked at while it began
        self.hold(name + ": memory grows by more than its entries", (s[-1][2] - early[-1][2]) * 1024 < entries * 1500 + start,
                  (early[-1], s[-1], entries))

    def play(self, name, screen, kill):
        record = os.path.join(self.work, name + ".record")
        course, begun = Course(record), 0
        auto = ["--auto", "--pace", "0"] + ([] if screen else ["--plain"])
        with open(os.path.join(self.work, name + ".out"), "w+b") as out:
            words = [self.tachiai, "rehearse", self.script, "--record", record] + auto
            if kill:
                code = follow(words, course, out, until=kill, screen=screen)
                self.hold(name + ": killed", code == -signal.SIGKILL, code)
                self.course_said(name + " to the kill", course)
                begun, words = course.begun, [self.tachiai, "resume", record] + auto
                course.samples = []
                course.at = course.entries = course.begun = 0
                course.rest = b""
            code = follow(words, course, out, screen=screen)
            out.seek(0)
            text = out.read().decode("utf-8", "replace")
        self.hold(name + ": closed and verified", code == 0, "exit %s: %s" % (code, text[-1500:]))
        self.course_said(name + (" from the resumption" if kill else ""), course)
        return record, begun

    def judge(self, name, record, begun):
        with open(os.path.join(record, "transcript.jsonl"), encoding="utf-8") as f:
            entries = [json.loads(line) for line in f]
        done = collections.Counter(e["step"] for e in entries if e["event"] == "step.completed")
        self.hold(name + ": every step but the close completed", len(done) == self.steps - 1 and entries[-1]["step"] not in done, len(done))
        # A run that ended with the HSM unlocked unlocks it again.
        again = [step for step, times in done.items() if times > 1 and not (begun and step.startswith("unlock-"))]
        self.hold(name + ": no step but an unlocking completed again", not again, again)
        resumed = [e["seq"] for e in entries if e["event"] == "ceremony.resumed"]
        self.hold(name + ": resumed where it was killed", len(resumed) == (begun > 0), resumed)
        listed = len(entries[0]["data"]["steps"]) + sum(len(e["data"]["steps"]) for e in entries if e["event"] == "steps.listed")
        self.hold(name + ": all steps are listed", listed == self.steps == len(entries[0]["data"]["steps"]) + entries[0]["data"]["more_steps"], listed)
        self.say("soak: %s: %d steps, %d entries, closed" % (name, self.steps, len(entries)))
        code, text, clock, seconds = run(self.tachiai, "verify", "--rehearsal", record)
        self.hold(name + ": tachiai verify", code == 0 and "conduct: holds" in text, text)
        self.say("soak: %s: tachiai verify %.2f s of processor" % (name, seconds))
        code, text, clock, seconds = run(sys.executable, os.path.join(TOP, "docs", "verify-record.py"), "--rehearsal", record)
        self.hold(name + ": the second verifier", code == 0, text)
        self.say("soak: %s: verify-record.py %.2f s" % (name, seconds))
        return len(entries)

    def replay(self, name, record, entries):
        commands = "l\nf\ng %d\ns s%d\nx\nv\nq\n" % (entries // 2, self.steps // 2 // 5 * 5 + 1)
        began = os.times()
        done = subprocess.run([self.tachiai, "replay", "--rehearsal", "--plain", record], input=commands.encode(), stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, timeout=SECONDS)
        used = os.times()
        text = done.stdout.decode("utf-8", "replace")
        self.hold(name + ": replayed", done.returncode == 0 and "conduct: holds" in text, text[-800:])
        self.say("soak: %s: replay to its end and back %.2f s" %
                 (name, used.children_user + used.children_system - began.children_user - began.children_system))

    def print(self, name, record):
        out = os.path.join(self.work, name + ".pdf")
        code, text, clock, seconds = run(self.tachiai, "report", record, "--output", out)
        self.hold(name + ": printed", code in (0, 4) and os.path.exists(out), text)
        self.say("soak: %s: report %.2f s" % (name, seconds))


def ceremony(steps, build, work, say=print, whole=True):
    """The list of what is wrong. `whole`: on the screen and on paper too."""
    one = Long(steps, build, work, say)
    record, begun = one.play("plain", False, steps // 2)
    if not one.wrong:
        entries = one.judge("plain", record, begun)
        one.replay("plain", record, entries)
    if whole and not one.wrong:
        one.print("plain", record)
        record, begun = one.play("screen", True, None)
        if not one.wrong:
            one.judge("screen", record, begun)
    return one.wrong
