"""Rehearsals, one after another: nothing that one leaves behind may add up, and the last is no bigger than the first."""
import ctypes
import os
import shutil
import statistics
import subprocess
import sys
import time

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
SCRIPTS = ("root-ca", "hsm-initialisation", "issuing-ca-request")  # those that go on from no record before
PR_SET_CHILD_SUBREAPER = 36


def adopt():
    """Whoever loses its parent becomes this process's child, and is found."""
    ctypes.CDLL(None, use_errno=True).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def children(pid="self"):
    found = []
    for task in os.listdir("/proc/%s/task" % pid):
        with open("/proc/%s/task/%s/children" % (pid, task)) as f:
            found += f.read().split()
    return found


def names_under(top):
    return sorted(os.path.relpath(os.path.join(at, name), top) for at, folders, files in os.walk(top) for name in folders + files)


def shared_memory():
    """What outlives processes: POSIX shared memory, System V segments and semaphores, of this user."""
    held = {"/dev/shm/" + n for n in os.listdir("/dev/shm") if os.path.isfile("/dev/shm/" + n)}
    for kind in ("shm", "sem", "msg"):
        try:
            with open("/proc/sysvipc/" + kind) as f:
                held |= {kind + " " + line.split()[1] for line in f.readlines()[1:] if line.split()[7] == str(os.getuid())}
        except OSError:
            pass
    return held


def peak_of(pid):
    """KiB. Not what wait4() says: to that belongs what the process was before it became the program."""
    try:
        with open("/proc/%d/status" % pid) as f:
            return int(dict(line.split(":", 1) for line in f)["VmHWM"].split()[0])
    except (OSError, KeyError):
        return 0


def size_of(top):
    return sum(os.lstat(os.path.join(top, name)).st_blocks * 512 for name in names_under(top))


class Place:
    """A home and a place for temporary files of their own, that stay as empty as they were."""

    def __init__(self, work, build):
        self.work, self.tachiai = work, os.path.join(build, "tachiai")
        self.home, self.tmp, self.room = (os.path.join(work, n) for n in ("home", "tmp", "room"))
        for folder in (self.home, self.tmp, self.room):
            os.mkdir(folder)
        self.environment = dict(os.environ, HOME=self.home, TMPDIR=self.tmp, XDG_RUNTIME_DIR=self.tmp, XDG_CACHE_HOME=self.home)

    def rehearse(self, script, name, language="en"):
        """One rehearsal: (exit code, output, seconds of processor, peak KiB of the console, seconds of the clock)."""
        record = os.path.join(self.room, name + ".record")
        began = time.monotonic()
        with open(os.path.join(self.work, "output"), "w+b") as out:
            child = subprocess.Popen([self.tachiai, "rehearse", script, "--record", record, "--auto", "--plain", "--lang", language],
                                     stdin=subprocess.DEVNULL, stdout=out, stderr=out, env=self.environment, cwd=self.room)
            peak, done = 0, 0
            while not done:
                peak = max(peak, peak_of(child.pid))
                time.sleep(0.02)
                done, status, used = os.wait4(child.pid, os.WNOHANG)
            child.returncode = os.waitstatus_to_exitcode(status)
            out.seek(0)
            text = out.read().decode("utf-8", "replace")
        return child.returncode, text, used.ru_utime + used.ru_stime, peak, time.monotonic() - began

    def leftovers(self, name):
        """What stands there that should not, after a rehearsal; its record and its token are taken away."""
        wrong = []
        here = sorted(os.listdir(self.room))
        if here != [name + ".record", name + ".token"]:
            wrong.append("beside the record: %s" % here)
        tokens = os.path.join(self.room, name + ".token", "tokens")
        if len(os.listdir(tokens)) != 1:
            wrong.append("tokens in its store: %s" % os.listdir(tokens))
        odd = [n for n in names_under(os.path.join(self.room, name + ".record")) if n.startswith(".") or n.endswith((".new", ".tmp", "~"))]
        if odd:
            wrong.append("half-written files in the record: %s" % odd)
        for folder in (self.home, self.tmp):
            if os.listdir(folder):
                wrong.append("left in %s: %s" % (os.path.basename(folder), os.listdir(folder)))
        if children():
            wrong.append("processes left: %s" % children())
        return wrong

    def forget(self, name):
        for kind in (".record", ".token"):
            shutil.rmtree(os.path.join(self.room, name + kind))


def flat(name, values, slack):
    """The last quarter is no more than `slack` times the first."""
    quarter = max(1, len(values) // 4)
    first, last = statistics.median(values[:quarter]), statistics.median(values[-quarter:])
    return last <= first * slack, "%s: the first quarter %.4g, the last %.4g (median), the most %.4g" % (name, first, last, max(values))


def rehearsals(count, build, work, scripts=SCRIPTS, say=print):
    """Plays `count` rehearsals; the list of what is wrong."""
    adopt()
    place, wrong = Place(work, build), []
    before, descriptors = shared_memory(), len(os.listdir("/proc/self/fd"))
    figures, began = {s: [] for s in scripts}, time.monotonic()
    for i in range(count):
        script, name = scripts[i % len(scripts)], "n%d" % i
        path = os.path.join(TOP, "ceremony-scripts", script + ".yaml")
        code, text, seconds, peak, clock = place.rehearse(path, name, ("en", "ja")[i // len(scripts) % 2])
        if code != 0:
            wrong.append("rehearsal %d of %s ended with %d: %s" % (i, script, code, text[-500:]))
            break
        wrong += ["after rehearsal %d of %s: %s" % (i, script, w) for w in place.leftovers(name)]
        figures[script].append((seconds, peak, size_of(os.path.join(place.room, name + ".record")) / 1024))
        place.forget(name)
        if count >= 100 and (i + 1) % (count // 20) == 0:
            say("soak: %d rehearsals, %.0f s" % (i + 1, time.monotonic() - began))
            sys.stdout.flush()
        if len(wrong) > 10:
            break
    if shared_memory() - before:
        wrong.append("shared memory left: %s" % sorted(shared_memory() - before))
    if len(os.listdir("/proc/self/fd")) != descriptors:
        wrong.append("descriptors of the driver: %d before, %d after" % (descriptors, len(os.listdir("/proc/self/fd"))))
    for script, rows in figures.items():
        if not rows:
            continue
        for column, (name, slack) in enumerate((("seconds of processor", None), ("peak KiB", 1.05), ("KiB of the record", 1.05))):
            good, text = flat(name, [row[column] for row in rows], slack or 1)
            say("soak: %s, %d times, %s" % (script, len(rows), text))
            if slack and not good and len(rows) >= 8:
                wrong.append("%s grows: %s" % (script, text))
    say("soak: %d rehearsals, %d found wrong, %.0f s" % (sum(map(len, figures.values())), len(wrong), time.monotonic() - began))
    return wrong
