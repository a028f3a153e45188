#!/usr/bin/env python3
"""A ceremony that was cut short anywhere goes on, and its record is accepted by both verifiers.

    prefixes.py [--build DIR] [--jobs N] [--only every|killed] [--at N]

Two ways of being cut short:
  every    each prefix of a finished rehearsal's transcript, with the files that existed then; a torn half line (and half a
           file) after every fourth. The token is the one of the finished ceremony, so what the record does not know of is on it already: such
           steps are ended by exception, and the ceremony still closes.
  killed   a rehearsal killed by SIGKILL when its transcript has reached so many lines: around every act of the HSM and at
           points spread over the rest. The token is as the moment left it.
"""
import argparse
import concurrent.futures
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
SCRIPT = os.path.join(TOP, "ceremony-scripts", "root-ca.yaml")
SECOND = os.path.join(TOP, "docs", "verify-record.py")
HSM_ACTS = ("initialise-hsm", "unlock-hsm", "generate-key", "issue-certificate")
SECONDS = 120


class Failure(Exception):
    pass


def run(*words):
    done = subprocess.run(words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=SECONDS)
    return done.returncode, done.stdout.decode("utf-8", "replace")


def must(condition, sentence, output=""):
    if not condition:
        raise Failure(sentence + "".join("\n    " + line for line in output.splitlines()[-12:]))


def lines_of(record):
    with open(os.path.join(record, "transcript.jsonl"), "rb") as f:
        return f.read().split(b"\n")


def entries_of(record):
    return [json.loads(line) for line in lines_of(record)[:-1]]


def verdicts(tachiai, record):
    code, text = run(tachiai, "verify", "--rehearsal", "--json", record)
    return code, json.loads(text), text


class Place:
    """A rehearsal's record and token directory, at the path that its site file names."""

    def __init__(self, tachiai):
        self.tachiai = tachiai
        self.home = tempfile.mkdtemp(prefix="tachiai-prefixes-")
        self.record, self.token = os.path.join(self.home, "r.record"), os.path.join(self.home, "r.token")

    def rehearse(self):
        code, text = run(self.tachiai, "rehearse", SCRIPT, "--record", self.record, "--auto", "--plain")
        must(code == 0, "the rehearsal did not end well", text)

    def empty(self):
        shutil.rmtree(self.record, ignore_errors=True)
        shutil.rmtree(self.token, ignore_errors=True)

    def remove(self):
        shutil.rmtree(self.home, ignore_errors=True)

    def prefix_holds(self):
        """What is there is right; it only has no end."""
        code, said, text = verdicts(self.tachiai, self.record)
        must(code == 1, "verify of an unfinished record exits %d, not 1" % code, text)
        by_name = said["verdicts"]
        for name in ("form", "consent", "conduct"):
            must(not by_name[name].get("line"), "verify finds a wrong entry in an unfinished record", text)
        must(by_name["form"]["holds"], "verify finds a fault of form in an unfinished record", text)
        must(not by_name["conduct"]["holds"], "verify says that an unfinished ceremony was conducted to its end", text)

    def resume(self):
        code, text = run(self.tachiai, "resume", self.record, "--auto", "--plain")
        must(code == 0 and "conduct: holds" in text, "resume exits %d" % code, text)  # it verifies what it played itself
        code, text = run(sys.executable, SECOND, "--rehearsal", self.record)
        must(code == 0, "the second verifier does not accept the resumed record", text)
        entries = entries_of(self.record)
        must(any(e["event"] == "ceremony.resumed" for e in entries), "the record does not say that it was resumed")
        return entries


class Every(Place):
    """One finished rehearsal, kept aside; its prefixes are put in its place one after another."""

    def __init__(self, tachiai):
        super().__init__(tachiai)
        self.rehearse()
        self.kept = os.path.join(self.home, "kept")
        os.mkdir(self.kept)
        shutil.move(self.record, self.kept)
        shutil.move(self.token, self.kept)
        self.whole = lines_of(os.path.join(self.kept, "r.record"))[:-1]

    def place(self, count, torn):
        self.empty()
        kept = os.path.join(self.kept, "r.record")
        shutil.copytree(os.path.join(self.kept, "r.token"), self.token)
        for folder in ("people", "artifacts"):
            os.makedirs(os.path.join(self.record, folder))
        files = ["script.yaml", "site.yaml"]
        # Files are written before their entries: with a torn line stands what the run was about to record, and half a file.
        for line in self.whole[:count + (1 if torn else 0)]:
            entry = json.loads(line)
            if entry["event"] == "person.joined":
                files.append("people/%s.vkey" % entry["data"]["person"])
            if entry["event"] == "artifact.written":
                files.append(entry["data"]["path"])
        for name in files:
            shutil.copy(os.path.join(kept, name), os.path.join(self.record, name))
        rest = self.whole[count] if torn else b""
        if torn:
            with open(os.path.join(self.record, "artifacts", ".new-0123456789abcdef"), "wb") as f:
                f.write(b"half")
        with open(os.path.join(self.record, "transcript.jsonl"), "wb") as f:
            f.write(b"".join(line + b"\n" for line in self.whole[:count]) + rest[:len(rest) // 2])
        return len(rest) // 2

    def case(self, count, torn):
        half = self.place(count, torn)
        if torn:
            must(verdicts(self.tachiai, self.record)[0] == 1, "verify accepts a torn record")
        else:
            self.prefix_holds()
        entries = self.resume()
        resumed = entries[count]
        must(resumed["event"] == "ceremony.resumed" and resumed["data"]["torn"] == half,
             "entry %d is not the resumption with %d torn bytes" % (count, half), str(resumed))
        must([line for line in lines_of(self.record)[:count]] == self.whole[:count], "resume changed what was recorded before")


class Killed(Place):
    def case(self, count, _):
        self.empty()
        with open(os.path.join(self.home, "output"), "wb") as output:
            child = subprocess.Popen([self.tachiai, "rehearse", SCRIPT, "--record", self.record, "--auto", "--plain", "--pace", "2"],
                                     stdin=subprocess.DEVNULL, stdout=output, stderr=output)
        deadline = time.monotonic() + SECONDS
        path = os.path.join(self.record, "transcript.jsonl")
        seen = 0
        while seen < count and child.poll() is None and time.monotonic() < deadline:
            try:
                with open(path, "rb") as f:
                    seen = f.read().count(b"\n")
            except FileNotFoundError:
                pass
        child.kill()
        child.wait()
        before = lines_of(self.record)
        if os.path.exists(os.path.join(self.record, "checkpoint")) and b'"event":"ceremony.closed"' in before[-2]:
            return  # it was faster than the kill
        if not before[-1] and len(before) > 1:
            self.prefix_holds()
        entries = self.resume()
        resumed = [e for e in entries if e["event"] == "ceremony.resumed"][0]
        must(resumed["seq"] >= count, "the record lost entries that were on disk")
        if resumed["data"]["open_intent"] is None:
            ended = [e for e in entries if e["event"] == "exception.noted" and e["data"]["kind"] == "step-ended"]
            must(not ended, "a step was ended though no act of the HSM was open", str(ended))


def points_of(tachiai):
    """Where to kill: the lines around each act of the HSM, and thirty others."""
    place = Killed(tachiai)
    place.rehearse()
    entries, points, act = entries_of(place.record), set(), None
    place.remove()
    for e in entries:
        if e["event"] == "act.proposed":
            act = e["data"]["act"]
        if e["event"] in ("act.proposed", "act.intended", "act.done") and act in HSM_ACTS:
            points.add(e["seq"] + 1)
    others = [n for n in range(1, len(entries)) if n not in points]
    return sorted(points | set(random.Random(7).sample(others, 30)))


def work(kind, tachiai, cases):
    place, failures = kind(tachiai), []
    for count, torn in cases:
        try:
            place.case(count, torn)
        except (Failure, subprocess.TimeoutExpired, OSError, ValueError, KeyError) as why:
            failures.append("%s, %d lines%s: %s: %s" % (kind.__name__, count, " and a torn one" if torn else "", type(why).__name__, why))
    place.remove()
    return len(cases), failures


def main():
    parser = argparse.ArgumentParser(description="Ceremonies cut short anywhere go on.")
    parser.add_argument("--build", default=os.path.join(TOP, "build"))
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 2)
    parser.add_argument("--only", choices=("every", "killed"))
    parser.add_argument("--at", type=int, action="append", help="only these numbers of lines")
    options = parser.parse_args()
    tachiai = os.path.join(os.path.abspath(options.build), "tachiai")
    tasks = []
    if options.only != "killed":
        first = Place(tachiai)
        first.rehearse()
        size = len(entries_of(first.record))
        first.remove()
        cases = [(n, False) for n in range(1, size)] + [(n, True) for n in range(3, size - 1, 4)]
        tasks += [(Every, cases[i::options.jobs]) for i in range(options.jobs)]
    if options.only != "every":
        cases = [(n, False) for n in points_of(tachiai)]
        tasks += [(Killed, cases[i::options.jobs]) for i in range(options.jobs)]
    if options.at:
        tasks = [(kind, [c for c in cases if c[0] in options.at]) for kind, cases in tasks]
        tasks = [task for task in tasks if task[1]]
    count, failures = 0, []
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        for done, failed in pool.map(lambda task: work(task[0], tachiai, task[1]), tasks):
            count += done
            failures += failed
    for sentence in failures:
        print(sentence)
    print("%d passed, %d failed" % (count - len(failures), len(failures)))
    return 1 if failures or not count else 0


if __name__ == "__main__":
    sys.exit(main())
