#!/usr/bin/env python3
"""A ceremony that was cut or made to fail at any call goes on, loses no entry, and both verifiers accept its record.

    sweep.py [--build DIR] [--jobs N] [--script NAME]... [--fault NAME]... [--places] [--every N] [--seed N] [--at N] [--seconds N]

Each case: a rehearsal that plays itself, with tests/preload/fault.c in the console and in its helper, which makes one call go wrong; then
`tachiai resume --auto --plain`, without it; then both verifiers. Without options every call of every shipped script is tried with every fault,
which takes days; --places takes each call once for every way to it in the program (all return addresses) and every pair of events before it in
the record, in all scripts together, which takes some hours; --every N takes each N-th, from a place that --seed moves. The table at the end says
how many were tried and how many entries were lost: whole lines of the transcript that had been synced before and are not in the record of the
resumed ceremony."""
import argparse
import concurrent.futures
import json
import os
import random
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import threading
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
import second_verifier  # noqa: E402

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
SCRIPTS = os.path.join(TOP, "ceremony-scripts")
SECONDS = 120
# As in struct state of tests/preload/fault.c
TAGS, TAG, SITES = 1 << 16, 48, 1 << 21
HEAD = 40
SIZE = HEAD + TAG + TAGS * TAG + 8 * SITES + 16

# name: (points, what is done, does it stay, further words). The token's answers are CKR_DEVICE_ERROR and CKR_DEVICE_REMOVED.
FAULTS = {
    "kill": ("wyohntu", "kill", False, {}),
    "power": ("wyohntu", "power", False, {}),
    "helper-killed": ("tu", "helper", False, {}),
    "ENOSPC": ("wyo", "28", True, {}),
    "EIO": ("wyo", "5", False, {}),
    "EROFS": ("wyo", "30", True, {}),
    "short-write": ("h", "short", False, {}),
    "fsync-fails": ("y", "5", False, {}),
    "token-fails": ("t", "48", False, {}),
    "token-fails-after": ("u", "48", False, {}),
    "token-removed": ("t", "50", True, {}),
    "memory": ("a", "12", False, {}),
    "memory-gone": ("a", "12", True, {}),
    "clock-back": ("c", "step", False, {"FAULT_STEP": "-86400"}),
    "clock-forward": ("c", "step", False, {"FAULT_STEP": "86400"}),
    "slow-people": ("c", "wait", False, {"FAULT_STEP": "1000"}),  # longer than a proposal lives
}
KILLS = ("kill", "power")
NOT_CUT = ("short-write", "clock-back", "clock-forward", "slow-people")  # which a ceremony lives through


class Failure(Exception):
    pass


def must(condition, sentence, output=""):
    if not condition:
        raise Failure(sentence + "".join("\n    " + line for line in output.splitlines()[-14:]))


def run(words, environment=None):
    done = subprocess.run(words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=SECONDS, env=environment)
    return done.returncode, done.stdout.decode("utf-8", "replace"), done.stderr.decode("utf-8", "replace")


class State:
    """What the library counted and did."""

    def __init__(self, path):
        with open(path, "rb") as f:
            self.data = f.read()
        self.count, self.struck, self.synced, _, _ = struct.unpack_from("<QQqqq", self.data)
        self.what = self.text(HEAD)

    def text(self, at):
        return self.data[at:at + TAG].split(b"\0")[0].decode("utf-8", "replace")

    def tags(self):
        """[(number, name)] of the points that were counted."""
        return [(n, self.text(HEAD + TAG + n * TAG)) for n in range(1, min(self.count, TAGS - 1) + 1)]

    def places(self):
        """By number: all return addresses in the program, and the last two events of the record, in one value. Of allocations the former alone."""
        numbers = min(self.count, SITES - 1)
        return (None,) + struct.unpack_from("<%dQ" % numbers, self.data, HEAD + TAG + TAGS * TAG + 8)

    def sites(self):
        """[(number, site)]: the first and the last allocation of each place in the program (all return addresses in it)."""
        first, last = {}, {}
        numbers = min(self.count, SITES - 1)
        for n, site in enumerate(struct.unpack_from("<%dQ" % numbers, self.data, HEAD + TAG + TAGS * TAG + 8), 1):
            first.setdefault(site, n)
            last[site] = n
        return sorted((n, "memory %016x" % site) for site, n in set(first.items()) | set(last.items()))


class Bench:
    """One script, with the record that it goes on from."""

    def __init__(self, build, home, name):
        self.tachiai = os.path.join(build, "tachiai")
        self.fault_so = os.path.join(build, "fault.so")
        self.script, self.name, self.home = os.path.join(SCRIPTS, name + ".yaml"), name, home
        with open(self.script, encoding="utf-8") as f:
            text = f.read()
        alone = "\nprevious: none" in text or "do: initialise-hsm" in text
        self.states = {}
        self.previous = None if alone else os.path.join(home, "first.record")

    def words(self, record):
        return [self.tachiai, "rehearse", self.script, "--record", record, "--auto", "--plain"] + self.before()

    def before(self):
        return ["--previous", self.previous] if self.previous else []

    def faulty(self, place, fault, at):
        """A rehearsal with the library. (code, said, complained, state)"""
        points, does, stays, more = FAULTS[fault]
        path = os.path.join(place, "state")
        with open(path, "wb") as f:
            f.truncate(SIZE)
        environment = dict(os.environ, LD_PRELOAD=self.fault_so, FAULT_STATE=path, FAULT_POINTS=points, FAULT_AT=str(at), FAULT_DO=does, **more)
        if stays:
            environment["FAULT_STAYS"] = "1"
        done = run(self.words(os.path.join(place, "r.record")), environment)
        return done + (State(path),)

    def points(self, fault):
        """Every point of a whole run: [(number, name)]. One run counts for all faults that are of the same kinds of calls."""
        if FAULTS[fault][0] == "a":
            return self.counted("a").sites()
        return [(number, name) for number, name, _ in self.placed(fault)]

    def places(self, fault):
        """[(number, where the program makes the call, after which events)] of every point of a whole run."""
        if FAULTS[fault][0] == "a":
            return list(enumerate(self.counted("a").places()))[1:]
        return [(number, (name.split()[1], place)) for number, name, place in self.placed(fault)]

    def placed(self, fault):
        kinds, all_kinds = FAULTS[fault][0], FAULTS["kill"][0]
        state = self.counted(all_kinds if set(kinds) <= set(all_kinds) else kinds)
        return [(i, name, place) for i, (name, place) in enumerate(((name, state.places()[n]) for n, name in state.tags() if name.split()[1] in kinds), 1)]

    def counted(self, kinds):
        if kinds not in self.states:
            fault = next(name for name in FAULTS if FAULTS[name][0] == kinds)
            place = tempfile.mkdtemp(prefix="count-", dir=self.home)
            code, said, complained, state = self.faulty(place, fault, 0)
            must(code == 0, "%s is not rehearsed under the library" % self.name, said + complained)
            shutil.rmtree(place)
            self.states[kinds] = state
        return self.states[kinds]

    def case(self, fault, at):
        """(what was hit, lost entries): raises Failure."""
        place = tempfile.mkdtemp(prefix="case-", dir=self.home)
        try:
            return self.tried(place, fault, at)
        finally:
            shutil.rmtree(place, ignore_errors=True)

    def tried(self, place, fault, at):
        record = os.path.join(place, "r.record")
        code, said, complained, state = self.faulty(place, fault, at)
        heard = said + complained
        if not state.struck:
            must(code == 0, "without a fault it exits %d" % code, heard)
            return "not reached", 0
        if code == -signal.SIGSEGV and fault.startswith("memory") and not os.path.exists(record):
            return state.what, 0  # OpenSSL 3.0 dies in its first fetch, which comes before everything
        if code < 0:
            must(fault in KILLS and code == -signal.SIGKILL, "the console dies by signal %d" % -code, heard)
        elif fault.startswith("memory") and code == 1 and "DOES NOT HOLD" in said:
            # What verify could not find out it may take for a fault of the record, never the other way round: asked again, it holds.
            code = 0
            after, again, complained = run([self.tachiai, "verify", "--rehearsal", record] + self.before())
            must(after == 0, "verify exits %d when it has memory again" % after, again + complained)
        else:
            must("Sanitizer" not in heard, "a sanitizer complains", heard)
            must("tachiai: \n" not in complained, "it complains of nothing", heard)
            must(code == 0 or complained.startswith("tachiai: ") or "\ntachiai: " in complained, "it ends with %d and no word why" % code, heard)
        # Before anything was begun: what was made yesterday is made tomorrow, and says so.
        unready = fault == "clock-back" and code != 0 and not os.path.exists(record) and "is not within that of the issuer" in complained
        if fault in NOT_CUT:
            must(code == 0 or unready, "it does not live through it (%d)" % code, heard)
        lines = self.lines(record)
        lost = state.synced - sum(len(line) + 1 for line in lines)
        if lost > 0:
            return state.what, self.count_lost(record, lost)
        if not lines:
            must(code != 0, "nothing was recorded, and it says that all is well", heard)
            if fault not in KILLS:
                must(not os.path.exists(record) or "resume" not in complained, "it says that an empty record can be resumed", heard)
            if os.path.exists(record):
                after, said, complained = run([self.tachiai, "resume", record, "--auto", "--plain"])
                must(after == 1 and "nothing to resume" in complained, "resume of a record without an entry exits %d" % after, complained)
            return state.what, 0
        closed = json.loads(lines[-1])["event"] == "ceremony.closed"
        if code != 0:
            after, said, complained = run([self.tachiai, "resume", record, "--auto", "--plain"] + self.before())
            if after and fault.startswith("memory") and self.token_is_gone(place):
                must("There is no token with label" in said, "resume does not say that the token is gone", said[-1500:] + complained)
                now = self.lines(record)
                return state.what, sum(a != b for a, b in zip(lines, now)) + max(0, len(lines) - len(now))
            must(after == 0, "resume exits %d" % after, heard[-800:] + "\n--- resumed:\n" + said[-1500:] + complained)
        else:
            must(closed, "it says that all is well, and the record is not closed", heard)
        now = self.lines(record)
        missing = sum(a != b for a, b in zip(lines, now)) + max(0, len(lines) - len(now))
        code, said = second_verifier.said("--rehearsal", record, *self.before())
        must(code == 0, "the second verifier does not accept the record (%d)" % code, said)
        return state.what, missing

    def token_is_gone(self, place):
        """SoftHSM 2.6 empties its token's file before it writes it, and for want of memory leaves it shorter than it was (they are all as long):
        no HSM does that, and people decide."""
        def sizes(token):
            return [os.path.getsize(os.path.join(folder, "token.object")) for folder, _, names in os.walk(token) if "token.object" in names]
        return min(sizes(os.path.join(place, "r.token")), default=0) < max(sizes(os.path.join(self.home, "first.token")))

    @staticmethod
    def lines(record):
        try:
            with open(os.path.join(record, "transcript.jsonl"), "rb") as f:
                return f.read().split(b"\n")[:-1]
        except FileNotFoundError:
            return []

    @staticmethod
    def count_lost(record, size):
        return max(1, size // 400)


class Table:
    def __init__(self):
        self.lock, self.rows, self.failures = threading.Lock(), {}, []

    def add(self, name, fault, at, what, lost, why=None):
        with self.lock:
            row = self.rows.setdefault((name, fault), [0, 0, 0])
            row[0] += what != "not reached"
            row[1] += lost
            if why or lost:
                row[2] += 1
                self.failures.append("%s, %s at %d (%s): %s" % (name, fault, at, what, why or "%d entries lost" % lost))
                print(self.failures[-1], flush=True)

    def print(self):
        print("%-22s %-18s %8s %8s %8s" % ("script", "fault", "points", "lost", "failed"))
        for (name, fault), row in sorted(self.rows.items()):
            print("%-22s %-18s %8d %8d %8d" % ((name, fault) + tuple(row)))
        print("%d points tried, %d entries lost" % (sum(r[0] for r in self.rows.values()), sum(r[1] for r in self.rows.values())))


def one_of_each(points):
    """The first point of each name, the names of files left out."""
    seen = {}
    for number, name in points:
        seen.setdefault(" ".join(name.split()[:3]), number)
    return sorted(seen.values())


def sweep(build, jobs, todo, seconds=None):
    """`todo`: function(bench) -> [(fault, number)] by script name. The table."""
    home, table, until = tempfile.mkdtemp(prefix="tachiai-sweep-"), Table(), time.monotonic() + (seconds or 1e9)
    try:
        kept = os.path.join(home, "build")  # the programs as they are now, whatever is built meanwhile
        os.mkdir(kept)
        for file in ("tachiai", "tachiai-hsm", "tachiai-parse", os.path.join("tests", "preload", "fault.so")):
            shutil.copy(os.path.join(build, file), kept)
        build = kept
        first = Bench(build, home, "root-ca")
        code, said, complained = run(first.words(os.path.join(home, "first.record")))
        must(code == 0, "root-ca is not rehearsed", said + complained)
        cases = []
        for name, choose in todo:
            bench = Bench(build, home, name)
            cases += [(bench, fault, at) for fault, at in choose(bench)]

        random.Random(7).shuffle(cases)  # so that a sweep that is stopped has seen something of everything

        def one(case):
            bench, fault, at = case
            if time.monotonic() > until:
                return
            try:
                what, lost = bench.case(fault, at)
                table.add(bench.name, fault, at, what, lost)
            except (Failure, subprocess.TimeoutExpired, OSError, ValueError, KeyError) as why:
                table.add(bench.name, fault, at, "?", 0, "%s: %s" % (type(why).__name__, why))
        with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
            list(pool.map(one, cases))
    finally:
        shutil.rmtree(home, ignore_errors=True)
    return table


def main():
    shipped = sorted(name[:-5] for name in os.listdir(SCRIPTS) if name.endswith(".yaml"))
    parser = argparse.ArgumentParser(description="Every call of every shipped script goes wrong, and nothing is lost.")
    parser.add_argument("--build", default=os.environ.get("BUILD", os.path.join(TOP, "build")))
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 2)
    parser.add_argument("--script", action="append", choices=shipped)
    parser.add_argument("--fault", action="append", choices=sorted(FAULTS))
    parser.add_argument("--every", type=int, default=1)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--at", type=int, action="append")
    parser.add_argument("--places", action="store_true", help="each place in the program once in all scripts together, after each pair of events")
    parser.add_argument("--named", default="", help="only points whose name has this in it")
    parser.add_argument("--seconds", type=float, help="begins no case after so many")
    options = parser.parse_args()

    seen = set()

    def once(bench, fault):
        chosen = []
        for number, place in bench.places(fault):
            if (fault, place) not in seen:
                seen.add((fault, place))
                chosen.append(number)
        return chosen

    def choose(bench):
        cases = []
        for fault in options.fault or FAULTS:
            if options.at:
                cases += [(fault, at) for at in options.at]
                continue
            numbers = once(bench, fault) if options.places else [n for n, name in bench.points(fault) if options.named in name]
            cases += [(fault, at) for at in numbers[options.seed % options.every::options.every]]
        return cases
    table = sweep(os.path.abspath(options.build), options.jobs, [(name, choose) for name in options.script or shipped], options.seconds)
    table.print()
    return 1 if table.failures or not table.rows else 0


if __name__ == "__main__":
    sys.exit(main())
