#!/usr/bin/env python3
"""A table of tamperings with a good record. Each is done to a copy, and the verifier must refuse the copy with exit 1 and say
why. Any verifier can be held against it:

    tamper.py DIR --verifier "build/tachiai verify --rehearsal" [--other DIR] [--sample N] [--every N] [--jobs N] [--verdicts]

The tamperer is no fool: SHA256SUMS, which nobody signs, is made right again after each tampering unless the tampering is of
SHA256SUMS itself, or of a picture that only sums and a verifier's own drawing can judge. What needs lines is done to N of
them, spread evenly (0: all). --other is a second record of the same people, to splice and to carry signatures over from.
--verdicts also demands that the verdict named in the table is the one that does not hold.
"""
import argparse
import base64
import concurrent.futures
import hashlib
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
import second_verifier  # noqa: E402
from faults.spread import spread  # noqa: E402

PICTURES = ("checkpoint.png", "checkpoint.svg")
SMALL_ORDER = ["01" + "00" * 31, "00" * 32, "ec" + "ff" * 30 + "7f", "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05"]
NOT_CANONICAL = ["ee" + "ff" * 30 + "7f", "01" + "00" * 30 + "80", "ff" * 32, "02" + "00" * 31]


def sha256(data):
    return hashlib.sha256(data).digest()


class Record:
    """A copy to tamper with. Whatever is not written back stays as it was."""

    def __init__(self, folder):
        self.folder = folder
        self.lines = self.read("transcript.jsonl").split(b"\n")[:-1]

    def path(self, name):
        return os.path.join(self.folder, name)

    def read(self, name):
        with open(self.path(name), "rb") as f:
            return f.read()

    def write(self, name, data):
        with open(self.path(name), "wb") as f:
            f.write(data)

    def names(self):
        found = []
        for place, _, files in os.walk(self.folder):
            found += [os.path.relpath(os.path.join(place, f), self.folder) for f in files]
        return sorted(f for f in found if not f.startswith("later/"))

    def put_lines(self, lines, number=False):
        """Back into the transcript; with `number`, seq made contiguous again."""
        if number:
            lines = [re.sub(rb'^\{"seq":\d+', b'{"seq":%d' % i, line) for i, line in enumerate(lines)]
        self.write("transcript.jsonl", b"".join(line + b"\n" for line in lines))

    def mend_sums(self):
        names = [n for n in self.names() if n != "SHA256SUMS" and os.path.isfile(self.path(n))]
        self.write("SHA256SUMS", "".join("%s  %s\n" % (sha256(self.read(n)).hex(), n) for n in names).encode())


def flip(data, at, bit=1):
    return data[:at] + bytes([data[at] ^ bit]) + data[at + 1:]


def root_of(lines):
    if len(lines) == 1:
        return sha256(b"\0" + lines[0])
    k = 1 << ((len(lines) - 1).bit_length() - 1)
    return sha256(b"\1" + root_of(lines[:k]) + root_of(lines[k:]))


def vkey_of(name, kind, public):
    data = bytes([kind]) + public
    return "%s+%s+%s" % (name, sha256(name.encode() + b"\n" + data)[:4].hex(), base64.b64encode(data).decode())


class Table:
    """Each tampering: what it is, the verdict that must fall, what is done to a Record, whether the sums are mended."""

    def __init__(self, folder, other, sample):
        self.rows = []
        self.good = Record(folder)
        self.other = Record(other) if other else None
        self.lines = self.good.lines
        count = len(self.lines)
        self.picked = list(range(count)) if sample == 0 or sample >= count else sorted({i * (count - 1) // (sample - 1) for i in range(sample)})
        for part in (self.lines_changed, self.shapes, self.json_forms, self.times, self.signatures, self.checkpoints, self.files,
                     self.sums, self.keys, self.disguises, self.splices):
            part()

    def row(self, name, verdict, change, mend=True):
        self.rows.append((name, verdict, change, mend))

    def change_line(self, name, verdict, at, old, new, once=True):
        """A row that puts `new` for `old` in one line; no row when the line has no such bytes or they say the same."""
        line = self.lines[at]
        if isinstance(old, str):
            old, new = old.encode(), new.encode() if isinstance(new, str) else new
        changed = line.replace(old, new, 1 if once else -1)
        if changed != line:
            self.row("line %d: %s" % (at + 1, name), verdict, lambda r: r.put_lines(self.lines[:at] + [changed] + self.lines[at + 1:]))

    def lines_changed(self):
        lines = self.lines
        for i in self.picked:
            line = lines[i]
            middle = len(line) * 2 // 3
            for name, changed in (("a bit changed", flip(line, middle)), ("a byte dropped", line[:middle] + line[middle + 1:]),
                                  ("a byte doubled", line[:middle] + line[middle:middle + 1] + line[middle:]),
                                  ("a high bit set", flip(line, middle, 0x80))):
                if changed != line:
                    self.row("line %d: %s" % (i + 1, name), None, lambda r, c=changed, i=i: r.put_lines(lines[:i] + [c] + lines[i + 1:]))
            for number, how in ((False, ""), (True, " and numbered anew")):
                verdict = None if number else "form"
                self.row("line %d dropped%s" % (i + 1, how), verdict if number or i + 1 < len(lines) else "log",
                         lambda r, i=i, n=number: r.put_lines(lines[:i] + lines[i + 1:], n))
                self.row("line %d twice%s" % (i + 1, how), verdict, lambda r, i=i, n=number: r.put_lines(lines[:i + 1] + lines[i:], n))
                if i + 1 < len(lines):
                    self.row("lines %d and %d swapped%s" % (i + 1, i + 2, how), verdict,
                             lambda r, i=i, n=number: r.put_lines(lines[:i] + [lines[i + 1], lines[i]] + lines[i + 2:], n))
            if i + 1 < len(lines):
                self.row("cut short after line %d" % (i + 1), "log", lambda r, i=i: r.put_lines(lines[:i + 1]))
                self.row("cut short after line %d, without checkpoint" % (i + 1), "log", lambda r, i=i: (
                    r.put_lines(lines[:i + 1]), os.unlink(r.path("checkpoint"))))
                self.row("cut inside line %d" % (i + 2), "form", lambda r, i=i: r.write(
                    "transcript.jsonl", b"\n".join(lines[:i + 1]) + b"\n" + lines[i + 1][:len(lines[i + 1]) // 2]))
                made = b'{"seq":0,"time":%s,"step":null,"event":"value.differed","data":{"name":"bag"}}' % re.search(
                    rb'"time":("[^"]*")', line).group(1)
                self.row("a line added after line %d" % (i + 1), None,
                         lambda r, i=i, m=made: r.put_lines(lines[:i + 1] + [m] + lines[i + 1:], True))

    def shapes(self):
        """The file as a whole."""
        whole = self.good.read("transcript.jsonl")
        for name, verdict, data in (
                ("empty", "form", b""), ("one LF", "form", b"\n"), ("no LF at the end", "form", whole[:-1]), ("an LF more", "form", whole + b"\n"),
                ("CRLF", "form", whole.replace(b"\n", b"\r\n")), ("a BOM", "form", b"\xef\xbb\xbf" + whole),
                ("NUL at the end", "form", whole + b"\0"), ("an LF before", "form", b"\n" + whole),
                ("twice over", "form", whole + whole), ("a blank before the LF", "form", whole[:-1] + b" \n"),
                ("UTF-16", "form", whole.decode().encode("utf-16"))):
            self.row("transcript: %s" % name, verdict, lambda r, d=data: r.write("transcript.jsonl", d))
        self.row("transcript: missing", "form", lambda r: os.unlink(r.path("transcript.jsonl")))

    def find(self, event):
        marker = b'"event":"%s"' % event.encode()
        return [i for i, line in enumerate(self.lines) if marker in line]

    def json_forms(self):
        joined = self.find("person.joined")[0]
        proposed = self.find("act.proposed")[0]
        given = self.find("approval.given")[0]
        head = '{"seq":%d,' % joined
        for at, name, old, new in (
                (joined, "a blank", '"event":', '"event": '), (joined, "a blank before a comma", ',"step"', ' ,"step"'),
                (joined, "a tab", ',"data"', ',\t"data"'), (joined, "CR", '}}', '}}\r'), (joined, "a comma too many", '}}', ',}}'),
                (joined, "\\u of a letter", '"event"', '"\\u0065vent"'), (joined, "\\/", '"name":"', '"name":"\\/'),
                (joined, "\\n", '"name":"', '"name":"\\n'), (joined, "\\u of a quote", '"name":"', '"name":"\\u0022'),
                (joined, "a lone surrogate", '"name":"', '"name":"\\ud800'), (joined, "overlong UTF-8", b'"name":"', b'"name":"\xc0\x80'),
                (joined, "a surrogate in UTF-8", b'"name":"', b'"name":"\xed\xa0\x80'), (joined, "a raw control character", '"name":"', '"name":"\x01'),
                (joined, "DEL", '"name":"', '"name":"\x7f'), (joined, "a C1 control", '"name":"', '"name":"\u0085'),
                (joined, "a bidirectional override", '"name":"', '"name":"\u202e'), (joined, "a zero-width space", '"name":"', '"name":"\u200b'),
                (joined, "a line separator", '"name":"', '"name":"\u2028'), (joined, "a private character", '"name":"', '"name":"\ue000'),
                (joined, "a noncharacter", '"name":"', '"name":"\uffff'), (joined, "a tag character", '"name":"', '"name":"\U000e0041'),
                (joined, "a space without a break", '"name":"', '"name":"\u00a0'), (joined, "a filler", '"name":"', '"name":"\u3164'),
                (joined, "empty Braille", '"name":"', '"name":"\u2800'), (joined, "a variation selector", '"name":"', '"name":"A\ufe0f'),
                (joined, "text not in NFC", '"name":"', '"name":"e\u0301'), (joined, "a compatibility singleton", '"name":"', '"name":"\u212b'),
                (joined, "a float", head, '{"seq":%d.0,' % joined), (joined, "an exponent", head, '{"seq":%de0,' % joined),
                (joined, "a leading zero", head, '{"seq":0%d,' % joined), (joined, "a plus", head, '{"seq":+%d,' % joined),
                (joined, "a number in quotes", head, '{"seq":"%d",' % joined), (joined, "true for a number", head, '{"seq":true,'),
                (joined, "a minus", head, '{"seq":-%d,' % joined),
                (joined, "-0", '"event"', '"x":-0,"event"'), (joined, "NaN", '"event"', '"x":NaN,"event"'),
                (joined, "an unknown key", '"event"', '"x":1,"event"'), (joined, "a key twice", '"event"', '"step":null,"event"'),
                (joined, "a key twice in the data", '"data":{', '"data":{"person":"x",'), (joined, "an unknown key in the data", '"data":{', '"data":{"x":1,'),
                (joined, "a missing key", ',"identity"', ',"identiti"'), (joined, "a key in capitals", '"person"', '"Person"'),
                (joined, "an unknown event", '"person.joined"', '"person.enters"'), (joined, "single quotes", '"event"', "'event'"),
                (joined, "a number for a text", '"name":"', '"name":1,"nama":"'), (joined, "a second entry on the line", '}}', '}}{}'),
                (joined, "the data an array", '"data":{', '"data":[],"more":{'), (joined, "a comment", '"data":{', '"data":/**/{'),
                (proposed, "null for a number", '"need":', '"need":null,"noot":'), (proposed, "an integer over 2^53-1", '"order":{', '"order":{"x":9007199254740992,'),
                (proposed, "a float in the order", '"order":{', '"order":{"x":1.5,'), (proposed, "-0 in the order", '"order":{', '"order":{"x":-0,'),
                (proposed, "a key twice in the order", '"order":{', '"order":{"x":1,"x":1,'), (proposed, "True", '"order":{', '"order":{"x":True,'),
                (proposed, "Infinity", '"order":{', '"order":{"x":Infinity,'), (proposed, "nested too deep", '"order":{', '"order":{"x":%s,' % ("[" * 20 + "]" * 20)),
                (proposed, "nested very deep", '"order":{', '"order":{"x":' + "[" * 30000 + "]" * 30000 + ","), (proposed, "a line over 64 KiB", '"order":{', '"order":{"x":"%s",' % ("x" * 65536)),
                (given, "a minus", '"of":', '"of":-'), (given, "of a text", '"of":', '"of":"x","off":')):
            self.change_line(name, "form", at, old, new)
        opened = self.lines[0]
        self.change_line("another format", "form", 0, '"format":1', '"format":2')
        self.change_line("a hash in capitals", "form", 0, re.search(rb'"sha256":"[0-9a-f]*[a-f]', opened).group(0),
                         re.sub(rb'[a-f]$', lambda m: m.group(0).upper(), re.search(rb'"sha256":"[0-9a-f]*[a-f]', opened).group(0)))
        self.change_line("a hash cut", "form", 0, re.search(rb'"sha256":"[0-9a-f]', opened).group(0), b'"sha256":"')
        self.change_line("keys swapped", "form", joined, re.search(rb'"seq":\d+,"time":"[^"]*"', self.lines[joined]).group(0),
                         b",".join(reversed(re.search(rb'("seq":\d+),("time":"[^"]*")', self.lines[joined]).groups())))

    def times(self):
        at = self.find("act.proposed")[0]
        time = re.search(rb'"time":"(\d{4})([^"]*)Z"', self.lines[at])
        for name, new in (("runs back", b'"time":"1999%sZ"' % time.group(2)), ("not UTC", time.group(0)[:-2] + b'+09:00"'),
                          ("without milliseconds", b'"time":"%s%sZ"' % (time.group(1), time.group(2)[:-4])),
                          ("a day that is none", b'"time":"%s-02-30%sZ"' % (time.group(1), time.group(2)[6:])),
                          ("hour 24", b'"time":"%s%sT24:00:00.000Z"' % (time.group(1), time.group(2)[:6])),
                          ("a leap second", b'"time":"%s%sT23:59:60.000Z"' % (time.group(1), time.group(2)[:6])),
                          ("a small z", time.group(0)[:-2] + b'z"'), ("a blank for T", time.group(0).replace(b"T", b" ")),
                          ("before 1970", b'"time":"1969%sZ"' % time.group(2)), ("a comma", time.group(0).replace(b".", b",")),
                          ("far ahead", b'"time":"9998%sZ"' % time.group(2))):
            self.change_line("time: " + name, "form", at, time.group(0), new)

    def tamper_signature(self, name, at, field):
        line = self.lines[at]
        found = re.search(rb'"%s":"(\xe2\x80\x94 \S+ )([A-Za-z0-9+/=]+)"' % field, line)
        head, data = found.group(1), base64.b64decode(found.group(2))
        verdict = "consent" if field == b"cosignature" else "log"
        changes = [("last byte changed", flip(data, -1 + len(data))), ("first byte of the signature changed", flip(data, len(data) - 64)),
                   ("key id changed", flip(data, 0)), ("cut", data[:-1]), ("a byte more", data + b"\0"), ("zeros", data[:-64] + bytes(64)),
                   ("S plus L", data[:-32] + (int.from_bytes(data[-32:], "little") + 2 ** 252 + 27742317777372353535851937790883648493).to_bytes(
                       32, "little"))]
        if field == b"cosignature":
            changes.append(("a second later", data[:4] + (int.from_bytes(data[4:12], "big") + 1).to_bytes(8, "big") + data[12:]))
        for what, changed in changes:
            self.change_line("%s: %s" % (name, what), None, at, found.group(2), base64.b64encode(changed))
        self.change_line(name + ": a hyphen for the dash", None, at, head, head.replace(b"\xe2\x80\x94", b"-"))
        self.change_line(name + ": another name", None, at, b'"%s":"%s' % (field, head), b'"%s":"%sx ' % (field, head[:-1]))
        self.change_line(name + ": no base64", verdict, at, found.group(2), b"*" + found.group(2)[1:])
        self.change_line(name + ": empty", verdict, at, found.group(0), b'"%s":""' % field)

    def signatures(self):
        given = self.find("approval.given")
        picked = [given[0], given[len(given) // 2], given[-1]]
        for at in sorted(set(picked)):
            self.tamper_signature("cosignature", at, b"cosignature")
            self.tamper_signature("console line", at, b"console")
        pattern = rb'"cosignature":"\xe2\x80\x94 (\S+) ([^"]+)"'
        by_name = {}
        for at in given:
            name, signature = re.search(pattern, self.lines[at]).groups()
            for earlier in by_name.get(name, [])[:1]:
                self.change_line("a cosignature of line %d again" % (earlier[0] + 1), None, at, signature, earlier[1])
            by_name.setdefault(name, []).append((at, signature))
            if self.other:
                for line in self.other.lines:
                    found = re.search(pattern, line)
                    if found and found.group(1) == name:
                        self.change_line("a cosignature from another run", None, at, signature, found.group(2))
                        break
        for at in given:
            self.row("line %d: the approval dropped and all numbered anew" % (at + 1), None,
                     lambda r, at=at: r.put_lines(self.lines[:at] + self.lines[at + 1:], True))

    def checkpoints(self):
        whole = self.good.read("checkpoint")
        lines = whole.split(b"\n")[:-1]

        def put(name, new):
            if new != lines:
                self.row("checkpoint: " + name, "log", lambda r: r.write("checkpoint", b"".join(x + b"\n" for x in new)))

        for i, line in enumerate(lines):
            put("line %d dropped" % (i + 1), lines[:i] + lines[i + 1:])
            put("line %d twice" % (i + 1), lines[:i + 1] + lines[i:])
            if line:
                put("line %d: last byte changed" % (i + 1), lines[:i] + [flip(line, len(line) - 1)] + lines[i + 1:])
                put("line %d: a blank at the end" % (i + 1), lines[:i] + [line + b" "] + lines[i + 1:])
            if i >= 4:
                data = base64.b64decode(line.split(b" ")[2])
                put("line %d: signature changed" % (i + 1), lines[:i] + [line[:line.rindex(b" ") + 1] + base64.b64encode(
                    flip(data, len(data) - 64))] + lines[i + 1:])
            if i + 1 < len(lines):
                put("lines %d and %d swapped" % (i + 1, i + 2), lines[:i] + [lines[i + 1], line] + lines[i + 2:])
        put("an extension line", lines[:3] + [b"more"] + lines[3:])
        put("a size with a zero before", lines[:1] + [b"0" + lines[1]] + lines[2:])
        put("signed by nobody", lines[:4])
        put("root of another tree", lines[:2] + [base64.b64encode(root_of(self.lines[:-1]))] + lines[3:])
        for name, data in (("empty", b""), ("no LF at the end", whole[:-1]), ("an LF more", whole + b"\n"), ("CRLF", whole.replace(b"\n", b"\r\n")),
                           ("NUL at the end", whole + b"\0"), ("cut", whole[:len(whole) // 2])):
            self.row("checkpoint: " + name, "log", lambda r, d=data: r.write("checkpoint", d))

    def files(self):
        own = [n for n in self.good.names() if n not in ("transcript.jsonl", "checkpoint", "SHA256SUMS")]
        for name in own:
            data = self.good.read(name)
            self.row("%s missing" % name, "artifacts", lambda r, n=name: os.unlink(r.path(n)))
            self.row("%s a link to the same bytes" % name, "artifacts", lambda r, n=name: (
                os.rename(r.path(n), r.folder + "-moved"), os.symlink(r.folder + "-moved", r.path(n))))
            self.row("%s a folder" % name, "artifacts", lambda r, n=name: (os.unlink(r.path(n)), os.mkdir(r.path(n))))
            for what, changed in (("changed", flip(data, len(data) // 2)), ("with a byte more", data + b"\n"), ("cut", data[:-1]), ("empty", b"")):
                if changed != data:
                    self.row("%s %s" % (name, what), "artifacts", lambda r, n=name, c=changed: r.write(n, c), mend=name not in PICTURES)
        committed = [n for n in own if n not in PICTURES]
        for a, b in zip(committed, committed[1:]):
            if self.good.read(a) != self.good.read(b):
                self.row("%s and %s swapped" % (a, b), "artifacts", lambda r, a=a, b=b: (
                    os.rename(r.path(a), r.folder + "-a"), os.rename(r.path(b), r.path(a)), os.rename(r.folder + "-a", r.path(b))))
        vkey = next(n for n in own if n.endswith(".vkey"))
        for name in ("stray", ".hidden", "artifacts/extra.der", "people/zoe.vkey", "people/zoe.key", "transcript.jsonl.1", "script.yaml~", "a b",
                     "artifacts/artifacts", "SHA256SUMS.asc"):
            self.row("a file added: " + name, "artifacts", lambda r, n=name: r.write(n, r.read(vkey)))
        self.row("a pipe added", "artifacts", lambda r: os.mkfifo(r.path("artifacts/pipe")))
        for name in ("transcript.jsonl", "checkpoint"):
            self.row("%s a link to the same bytes" % name, None, lambda r, n=name: (
                os.rename(r.path(n), r.folder + "-moved"), os.symlink(r.folder + "-moved", r.path(n))))

    def sums(self):
        whole = self.good.read("SHA256SUMS")
        lines = whole.split(b"\n")[:-1]

        def put(name, data):
            self.row("SHA256SUMS: " + name, "artifacts", lambda r: r.write("SHA256SUMS", data), mend=False)

        def joined(new):
            return b"".join(x + b"\n" for x in new)

        for i, line in enumerate(lines):
            put("line %d dropped" % (i + 1), joined(lines[:i] + lines[i + 1:]))
            put("line %d changed" % (i + 1), joined(lines[:i] + [(b"1" if line[:1] == b"0" else b"0") + line[1:]] + lines[i + 1:]))
        put("first line twice", joined(lines[:1] + lines))
        put("two lines swapped", joined([lines[1], lines[0]] + lines[2:]))
        put("binary mark", whole.replace(b"  ", b" *", 1))
        put("capitals", joined([lines[0][:64].upper() + lines[0][64:]] + lines[1:]) if lines[0][:64].upper() != lines[0][:64] else b"")
        put("an LF more", whole + b"\n")
        put("no LF at the end", whole[:-1])
        put("empty", b"")
        put("./ before a path", whole.replace(b"  ", b"  ./", 1))
        self.row("SHA256SUMS: missing", "artifacts", lambda r: os.unlink(r.path("SHA256SUMS")), mend=False)

    def other_key(self, name, at, old, new, person):
        """Another vkey in one entry, and in the person's file."""
        assert old != new.encode()
        line = self.lines[at].replace(old, new.encode(), 1)

        def change(r):
            r.put_lines(self.lines[:at] + [line] + self.lines[at + 1:])
            if person:
                r.write("people/%s.vkey" % person, new.encode() + b"\n")
        self.row("line %d: %s" % (at + 1, name), None, change)

    def keys(self):
        joined = self.find("person.joined")
        seen = [re.search(rb'"person":"([^"]+)","vkey":"([^"]+)"', self.lines[i]).groups() for i in joined]
        console = re.search(rb'"console":"([^"]+)"', self.lines[0]).group(1)
        origin = console.split(b"+")[0].decode()
        person, vkey = seen[-1][0].decode(), seen[-1][1]
        public = base64.b64decode(vkey.split(b"+", 2)[2])[1:]
        for kind, table in (("small-order key", SMALL_ORDER), ("non-canonical or no point", NOT_CANONICAL)):
            for key in table:
                self.other_key("%s %s…" % (kind, key[:4]), joined[-1], vkey, vkey_of(person, 4, bytes.fromhex(key)), person)
                self.other_key("console: %s %s…" % (kind, key[:4]), 0, console, vkey_of(origin, 1, bytes.fromhex(key)), None)
        another = next(v for n, v in seen if n != seen[-1][0])
        self.other_key("the key of another", joined[-1], vkey, vkey_of(person, 4, base64.b64decode(another.split(b"+", 2)[2])[1:]), person)
        self.other_key("the console's key", joined[-1], vkey, vkey_of(person, 4, base64.b64decode(console.split(b"+", 2)[2])[1:]), person)
        self.other_key("a vkey of type 01", joined[-1], vkey, vkey_of(person, 1, public), person)
        self.other_key("a vkey of another name", joined[-1], vkey, vkey_of("somebody", 4, public), person)
        self.other_key("a wrong key id", joined[-1], vkey, vkey.decode().replace("+" + vkey.split(b"+")[1].decode(), "+00000000"), person)
        self.other_key("a vkey with a byte more", joined[-1], vkey, vkey_of(person, 4, public + b"\0"), person)
        self.other_key("another key", joined[-1], vkey, vkey_of(person, 4, bytes.fromhex("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a")), person)

    def disguises(self):
        opened, origin = self.lines[0], re.search(rb'"origin":"([^"]+)"', self.lines[0]).group(1)
        if origin.startswith(b"rehearsal/"):
            plain = origin[len(b"rehearsal/"):]
            told = opened.replace(b'"rehearsal":true', b'"rehearsal":false', 1)
            renamed = opened.replace(b'"origin":"' + origin, b'"origin":"' + plain, 1)
            both = opened.replace(b'"rehearsal":true', b'"rehearsal":false').replace(origin, plain)
            for name, verdict, line in (("told real", None, told), ("renamed", None, renamed), ("told real and renamed", None, both)):
                self.row("a rehearsal " + name, verdict, lambda r, x=line: r.put_lines([x] + self.lines[1:]))
            public = base64.b64decode(re.search(rb'"console":"([^"]+)"', opened).group(1).split(b"+", 2)[2])[1:]
            everywhere = [x.replace(origin, plain) for x in [both] + self.lines[1:]]
            everywhere[0] = re.sub(rb'"console":"[^"]+"', b'"console":"%s"' % vkey_of(plain.decode(), 1, public).encode(), everywhere[0])
            self.row("a rehearsal renamed everywhere", None, lambda r: (
                r.put_lines(everywhere), r.write("checkpoint", r.read("checkpoint").replace(origin, plain))))
        else:
            self.change_line("told a rehearsal", "form", 0, '"rehearsal":false', '"rehearsal":true')
        for old, new in (('"quorum":2', '"quorum":1'), ('"quorum":2', '"quorum":null'), ('"quorum":2', '"quorum":3')):
            self.change_line("%s for %s" % (new, old), None, 0, old, new)
        for at in self.find("act.proposed"):
            self.change_line("a smaller need", None, at, re.search(rb'"need":\d+', self.lines[at]).group(0), b'"need":1')
            self.change_line("another role", None, at, re.search(rb'"role":("[^"]*"|null)', self.lines[at]).group(0), b'"role":"witness"')
            self.change_line("another act", None, at, re.search(rb'"act":"[^"]*"', self.lines[at]).group(0), b'"act":"export-key"')

    def splices(self):
        if self.other is None:
            return
        mine, theirs = self.lines, self.other.lines
        for i in self.picked[1:]:
            if mine[:i] + theirs[i:] not in (mine, theirs):
                self.row("another run from line %d on" % (i + 1), None, lambda r, i=i: r.put_lines(mine[:i] + theirs[i:], True))
        self.row("another run after the end", None, lambda r: r.put_lines(mine + theirs, True))
        self.row("another run's transcript", None, lambda r: r.put_lines(theirs))
        self.row("another run's checkpoint", "log", lambda r: r.write("checkpoint", self.other.read("checkpoint")))
        a, b = (x.read("checkpoint").split(b"\n") for x in (self.good, self.other))
        self.row("another run's closing cosignatures", "log", lambda r: r.write("checkpoint", b"\n".join(a[:5] + b[5:])))
        self.row("another run's console line", "log", lambda r: r.write("checkpoint", b"\n".join(a[:4] + b[4:5] + a[5:])))
        for name in self.good.names():
            path = self.other.path(name)
            if name not in PICTURES + ("SHA256SUMS", "transcript.jsonl", "checkpoint") and os.path.exists(path) and \
                    self.other.read(name) != self.good.read(name):
                self.row("another run's %s" % name, "artifacts", lambda r, n=name: r.write(n, self.other.read(n)))
        self.row("another run's SHA256SUMS", "artifacts", lambda r: r.write("SHA256SUMS", self.other.read("SHA256SUMS")), mend=False)


def run(command, folder, *more):
    if second_verifier.PATH in command:  # in this process, without a Python for every tampering
        return second_verifier.said(*command[command.index(second_verifier.PATH) + 1:], *more, folder)
    done = subprocess.run(command + list(more) + [folder], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          check=False, timeout=600)
    return done.returncode, done.stdout.decode("utf-8", "replace")


def one(options, command, row):
    """None when the tampering was refused as it should be; else what happened."""
    name, verdict, change, mend = row
    with tempfile.TemporaryDirectory(prefix="tamper-") as place:
        copy = os.path.join(place, "record")
        shutil.copytree(options.record, copy, symlinks=True)
        record = Record(copy)
        change(record)
        if mend:
            record.mend_sums()
        code, said = run(command, copy)
    if code != 1:
        return "exit %d: %s" % (code, said.strip())
    if not re.search(r"[A-Za-z]{3}", said) or "Traceback" in said or "Sanitizer" in said:
        return "no sentence: %s" % said.strip()
    if options.verdicts and verdict and not re.search(r"(?m)^%s\b.*does not hold" % verdict, said, re.I):
        return "another verdict than %s: %s" % (verdict, said.strip())
    return None


def anchors(options, command, good):
    """Anchors that the record extends and that it does not: (name, checkpoint, expected to hold)."""
    origin, count = re.search(rb'"origin":"([^"]+)"', good.lines[0]).group(1), len(good.lines)

    def note(size, root):
        return b"%s\n%d\n%s\n" % (origin, size, base64.b64encode(root))
    roots = {n: root_of(good.lines[:n]) for n in (1, count // 2, count - 1, count)}
    rows = [("its own checkpoint", good.read("checkpoint"), True)]
    rows += [("its own root at %d" % n, note(n, root), True) for n, root in roots.items()]
    rows += [("a longer log's", note(count + 1, roots[count]), False), ("another root", note(count // 2, roots[1]), False),
             ("another origin's", b"x" + note(count, roots[count]), False), ("no checkpoint", b"nothing\n", False), ("empty", b"", False),
             ("size 0", note(0, roots[1]), False)]
    if options.other:
        rows.append(("another run's", Record(options.other).read("checkpoint"), False))
    return rows


def main():
    parser = argparse.ArgumentParser(description="Tampers with a record in every way of a table.")
    parser.add_argument("record", metavar="DIR")
    parser.add_argument("--verifier", required=True, help="its command line; the folder is put behind it")
    parser.add_argument("--other", metavar="DIR", help="another run's record, of the same people")
    parser.add_argument("--sample", type=int, default=12, help="how many lines to do the line tamperings to (0: all)")
    parser.add_argument("--every", type=int, default=1, help="do every N-th tampering, others with each commit (all with TACHIAI_LONG=1)")
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    parser.add_argument("--verdicts", action="store_true", help="demand the verdict named in the table")
    options = parser.parse_args()
    command, failed, passed = shlex.split(options.verifier), [], 0
    code, said = run(command, options.record)
    if code not in (0, 4):
        sys.exit("the record is refused before anything was done to it: exit %d\n%s" % (code, said))
    rows = spread(Table(options.record, options.other, options.sample).rows, options.every)
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        for row, fault in zip(rows, pool.map(lambda r: one(options, command, r), rows)):
            passed += fault is None
            failed += [] if fault is None else ["%s: %s" % (row[0], fault)]
    good = Record(options.record)
    for name, data, holds in anchors(options, command, good):
        with tempfile.NamedTemporaryFile() as f:
            f.write(data)
            f.flush()
            got, said = run(command, options.record, "--anchor", f.name)
        right = got == code if holds else got == 1
        passed += right
        failed += [] if right else ["anchor, %s: exit %d: %s" % (name, got, said.strip())]
    if b'"rehearsal":true' in good.lines[0] and "--rehearsal" in command:
        got, said = run([c for c in command if c != "--rehearsal"], options.record)
        passed += got == 1
        failed += [] if got == 1 else ["a rehearsal without --rehearsal: exit %d: %s" % (got, said.strip())]
    for line in failed:
        print("FAILED %s" % line)
    print("%d passed, %d failed" % (passed, len(failed)))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
