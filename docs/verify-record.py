#!/usr/bin/env python3
"""Verifies the record of a key ceremony: the second verifier, written apart from the program that makes records.

It needs Python 3.8 and the `openssl` program (3.0), nothing else, and is meant to be read before it is run. What it
checks is written in record-format.md; the comments here say which sentence of it a check stands for. Four verdicts:

  form       every line is an entry exactly as the format says, numbered without a gap, times never running back
  log        the tree over the lines, the keys, the checkpoint, the console's signature and the closing cosignatures on it
  consent    every act had its quorum before it, by entry 0's own rules, under signatures of people and console that verify
  artifacts  every file is one the transcript commits to or derives, with the hash it says

The fifth, conduct (was every entry the one that the script wanted next), is for `tachiai verify`. What lies in later/ is reported
behind them, and changes none.

Exit: 0 all hold and the people are vouched for; 1 something does not hold; 2 wrong usage; 4 all holds, but who the
people are is only the record's own word.
"""
import argparse
import base64
import binascii
import datetime
import hashlib
import os
import re
import stat
import subprocess
import sys
import tempfile
import unicodedata

LINE_MAX = 65536
DEPTH_MAX = 16
PROPOSAL_MS = 15 * 60 * 1000
LOCK_AFTER, LOCK_MS = 5, 60 * 1000
PEOPLE_MAX, CONSOLES_MAX = 64, 1024
STEPS_A_LINE = 100
STEP_ACTS = {"initialise-hsm", "change-custodians", "share-secret", "unlock-hsm", "generate-key", "check-key",
             "issue-certificate", "make-request", "issue-crl", "issue-ocsp", "sign-document"}
NO_VOTE = "administrator"  # the role of who runs the ceremony
WITNESS = "witness"  # one of this role approves an amendment of the script too
CONSOLE, PERSON = 1, 4  # C2SP signature types: Ed25519, Ed25519 cosignature


class Fault(Exception):
    """What is wrong; `line` is the transcript's line, counted from 1, or None."""

    def __init__(self, text, line=None):
        super().__init__(text)
        self.text, self.line = text, line

    def __str__(self):
        return self.text if self.line is None else "line %d: %s" % (self.line, self.text)


def shown(text):
    """Foreign text for a terminal: nothing invisible, nothing that moves the cursor."""
    return "".join(c if unicodedata.category(c)[0] in "LNPS" or c == " " else "<U+%04X>" % ord(c) for c in text[:80])


def sha256(data):
    return hashlib.sha256(data).digest()


def decode_base64(text):
    """Base64 that re-encodes to itself, or None: Python's decoder alone takes `AAB=` for `AAA=`."""
    try:
        data = base64.b64decode(text.encode("ascii"), validate=True)
    except (UnicodeEncodeError, binascii.Error, ValueError):
        return None
    return data if base64.b64encode(data).decode() == text else None


# --- Strict JSON: what the format allows and nothing else. Python's own reader takes NaN, 1e3, blanks, -0, \u escapes,
# lone surrogates and duplicate keys.

HIDDEN = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
# spaces that are none of U+0020 and U+3000, and letters and marks that show nothing
INVISIBLE = re.compile("[\u00a0\u034f\u115f\u1160\u1680\u17b4\u17b5\u180b-\u180f\u2000-\u200a\u202f\u205f\u2800\u3164"
                       "\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef]")
TOKEN = re.compile(r'"((?:[^"\\]|\\["\\])*)"|(-?(?:0|[1-9][0-9]*))|(true|false|null)')
LITERAL = {"true": True, "false": False, "null": None}


class Json:
    def __init__(self, text):
        self.text, self.at = text, 0

    def fail(self, what):
        raise Fault("%s at character %d" % (what, self.at + 1))

    def peek(self):
        return self.text[self.at:self.at + 1]

    def take(self, char):
        if self.peek() != char:
            self.fail("%r expected" % char)
        self.at += 1

    def whole(self):
        value = self.value(1)
        if self.at != len(self.text):
            self.fail("something follows the entry")
        return value

    def value(self, depth):
        if self.peek() in ("{", "["):
            if depth > DEPTH_MAX:
                self.fail("nested deeper than %d" % DEPTH_MAX)
            return self.members(depth) if self.peek() == "{" else self.elements(depth)
        match = TOKEN.match(self.text, self.at)
        if match is None:
            self.fail("no value of the format")
        string, number, literal = match.groups()
        if string is not None:
            for c in string:
                if unicodedata.category(c) in HIDDEN or INVISIBLE.match(c):
                    self.fail("hidden character U+%04X in a string" % ord(c))
            value = re.sub(r"\\(.)", r"\1", string)
        elif number is not None:
            if number == "-0" or len(number) > 17 or abs(int(number)) > 2 ** 53 - 1:
                self.fail("no integer within 2^53-1")
            value = int(number)
        else:
            value = LITERAL[literal]
        self.at = match.end()
        return value

    def members(self, depth):
        result = {}
        self.take("{")
        while self.peek() != "}":
            if result:
                self.take(",")
            if self.peek() != '"':
                self.fail("a key expected")
            key = self.value(depth)
            if key in result:
                self.fail("the key %r twice" % shown(key))
            self.take(":")
            result[key] = self.value(depth + 1)
        self.take("}")
        return result

    def elements(self, depth):
        result = []
        self.take("[")
        while self.peek() != "]":
            if result:
                self.take(",")
            result.append(self.value(depth + 1))
        self.take("]")
        return result


# --- The table of events. A type is a function that says whether a value is of it.

def text(v):
    return isinstance(v, str)


def number(v):
    return isinstance(v, int) and not isinstance(v, bool) and v >= 0


def boolean(v):
    return isinstance(v, bool)


def free(v):
    return isinstance(v, dict)


def matching(pattern):
    compiled = re.compile(pattern)
    return lambda v: isinstance(v, str) and compiled.fullmatch(v) is not None


def maybe(kind):
    return lambda v: v is None or kind(v)


def many(kind):
    return lambda v: isinstance(v, list) and all(kind(x) for x in v)


def table(kind):
    return lambda v: isinstance(v, dict) and all(kind(x) for x in v.values())


def fields(**kinds):
    """An object of exactly these keys, in this order."""
    return lambda v: isinstance(v, dict) and list(v) == list(kinds) and all(kinds[k](v[k]) for k in kinds)


hash64 = matching("[0-9a-f]{64}")
person = matching("[a-z0-9][a-z0-9.-]{0,63}")
step_id = matching("[a-z0-9][a-z0-9-]{0,63}")
artifact_path = matching(r"artifacts/(?!\.\.?$)[A-Za-z0-9._-]+")
root64 = lambda v: text(v) and len(decode_base64(v) or b"") == 32
base64_text = lambda v: text(v) and bool(decode_base64(v))
count = lambda v: number(v) or fields(minimum=number, maximum=number)(v)

step_list = many(fields(id=step_id, do=text, approve=maybe(text)))

SAME = {"person.left": dict(person=person, reason=text), "value.confirmed": dict(name=text, person=person, text=text),
        "artifact.taken": dict(path=artifact_path, bytes=number, sha256=hash64, type=text)}
EVENTS = {
    "ceremony.opened": dict(
        format=lambda v: number(v) and v == 1, origin=text, rehearsal=boolean, console=text,
        script=fields(sha256=hash64, title=table(text)), site=fields(sha256=hash64),
        program=fields(version=text, sha256=hash64), libraries=table(text), host=fields(os=text, image=maybe(text)),
        roles=table(fields(count=count, quorum=maybe(number))), exclusive=many(many(text)), control=text,
        people=many(fields(person=person, role=text, vkey=text, card=maybe(hash64))),
        steps=step_list, more_steps=number,
        hsm=table(fields(module=text, module_sha256=hash64, label=text, serial=text, login=text, software=boolean)),
        previous=maybe(fields(origin=text, size=number, root=root64))),
    "steps.listed": dict(first=number, steps=step_list),
    "step.begun": dict(kind=text, attempt=number),
    "step.completed": dict(attempt=number),
    "person.joined": dict(person=person, vkey=text, name=text, organisation=text, role=text, identity=text),
    "person.left": SAME["person.left"],
    "text.acknowledged": dict(person=person, word=text, text_sha256=hash64),
    "value.observed": SAME["value.confirmed"],
    "value.confirmed": SAME["value.confirmed"],
    "value.differed": dict(name=text),
    "value.drawn": dict(what=text, source=text, value=text),
    "facts.read": dict(what=text, facts=free, faults=many(text)),
    "secret.entered": dict(person=person, what=text, part=number, of_parts=number),
    "act.proposed": dict(act=text, order=free, role=maybe(text), need=number),
    "approval.given": dict(of=number, person=person, cosignature=text, console=text,
                           card=maybe(fields(sha256=hash64, cms=base64_text))),
    "approval.refused": dict(of=number, person=person, reason=text),
    "act.voided": dict(of=number, reason=text),
    "login.failed": dict(person=person, count=number),
    "act.intended": dict(of=number),
    "act.done": dict(of=number, facts=free),
    "act.failed": dict(of=number, code=text, ckr=maybe(text), sentence=text),
    "artifact.written": SAME["artifact.taken"],
    "artifact.taken": SAME["artifact.taken"],
    "hsm.locked": dict(hsm=text),
    "code.shown": dict(what=text, sha256=hash64),
    "exception.noted": dict(person=maybe(person), acknowledged=maybe(person), kind=text, text=text, about=many(number)),
    "ceremony.paused": dict(person=maybe(text), reason=text, cosigners=many(person)),
    "ceremony.resumed": dict(console=text, torn=number, torn_sha256=maybe(hash64), open_intent=maybe(number),
                             seal=many(text)),
    "ceremony.closed": dict(cosigners=many(person), exceptions=number),
}
TIME = re.compile(r"(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)\.(\d{3})Z", re.ASCII)


class Entry:
    """One line, read. `line` counts from 1; `ms` is its time in milliseconds since 1970."""

    def __init__(self, raw, line):
        self.raw, self.line = raw, line
        if len(raw) > LINE_MAX:
            raise Fault("the entry is longer than 64 KiB")
        try:
            decoded = raw.decode("utf-8")
        except UnicodeDecodeError as e:
            raise Fault("invalid UTF-8 at byte %d" % (e.start + 1))
        if not unicodedata.is_normalized("NFC", decoded):
            raise Fault("the text is not in NFC")
        value = Json(decoded).whole()
        if not isinstance(value, dict) or list(value) != ["seq", "time", "step", "event", "data"]:
            raise Fault("an entry has exactly seq, time, step, event, data, in this order")
        self.seq, self.step, self.event, self.data = value["seq"], value["step"], value["event"], value["data"]
        if not number(self.seq) or self.seq != line - 1:
            raise Fault("seq is not %d" % (line - 1))
        if not (self.step is None or step_id(self.step)):
            raise Fault("step is neither null nor a step's id")
        self.ms = self.read_time(value["time"])
        if not text(self.event) or self.event not in EVENTS:
            raise Fault("the format has no such event")
        self.check_data(EVENTS[self.event])

    def check_data(self, kinds):
        if not isinstance(self.data, dict) or list(self.data) != list(kinds):
            raise Fault("the data of %s are exactly %s, in this order" % (self.event, ", ".join(kinds)))
        for key, kind in kinds.items():
            if not kind(self.data[key]):
                raise Fault("%s of %s is not as the format says" % (key, self.event))

    @staticmethod
    def read_time(value):
        match = TIME.fullmatch(value) if text(value) else None
        try:
            year, month, day, hour, minute, second, ms = map(int, match.groups())
            at = datetime.datetime(year, month, day, hour, minute, second)
        except (AttributeError, ValueError):
            raise Fault("the time is no UTC time with milliseconds")
        if year < 1970:
            raise Fault("the time is before 1970")
        return int((at - datetime.datetime(1970, 1, 1)).total_seconds()) * 1000 + ms


def read_entries(data):
    """The form verdict."""
    if not data:
        raise Fault("the transcript is empty")
    lines = data.split(b"\n")
    if lines.pop() != b"":
        raise Fault("the last line does not end with LF", len(lines) + 1)
    entries = []
    for at, raw in enumerate(lines, 1):
        try:
            entry = Entry(raw, at)
            if (entry.event == "ceremony.opened") != (at == 1):
                raise Fault("ceremony.opened is the first entry and no other")
            if entries and entry.ms < entries[-1].ms:
                before = entries[-1]
                if before.event != "exception.noted" or before.data["kind"] != "clock":
                    raise Fault("the time runs back, and no exception of kind clock says why")
        except Fault as fault:
            fault.line = at
            raise
        entries.append(entry)
    return entries


def check_opened(opened):
    """What entry 0 may not say of the ceremony's rules, whatever the script is."""
    origin, roles = opened["origin"], opened["roles"]
    if origin == "" or "+" in origin or any(c.isspace() for c in origin):
        raise Fault("the origin cannot name a signer")
    if opened["rehearsal"] != origin.startswith("rehearsal/"):
        raise Fault("the origin begins rehearsal/ in a rehearsal and nowhere else")
    for name, role in roles.items():
        least, most = seats(role)
        if not 1 <= len(name.encode()) <= 64:
            raise Fault("%r cannot name a role" % shown(name))
        if not (least <= most and 1 <= most <= PEOPLE_MAX):
            raise Fault("the count of %s is no count of people" % shown(name))
        if name == NO_VOTE and role["quorum"] is not None:
            raise Fault("the administrator has no vote, and so no quorum")
        # a quorum under two is no quorum
        if role["quorum"] is not None and not 2 <= role["quorum"] <= most:
            raise Fault("the quorum of %s is under two or over its count" % shown(name))
    check_voter(opened["control"], roles)
    for role in [p["role"] for p in opened["people"]] + sum(opened["exclusive"], []):
        if role not in roles:
            raise Fault("no such role: %s" % shown(role))
    if any(hsm["module"] == "" or hsm["login"] == "" for hsm in opened["hsm"].values()):
        raise Fault("an HSM has no module or no login")


def check_steps(steps, roles):
    """Of entry 0, and of an amendment of the script."""
    ids = [s["id"] for s in steps]
    if len(set(ids)) != len(ids):
        raise Fault("two steps have one id")
    for step in steps:
        if step["do"] == "" or (step["do"] in STEP_ACTS and step["approve"] is None):
            raise Fault("the step %s has no kind, or nobody who approves it" % step["id"])
        if step["approve"] is not None:
            check_voter(step["approve"], roles)


def check_voter(role, roles):
    if role not in roles:
        raise Fault("no such role: %s" % shown(role))
    if role == NO_VOTE:
        raise Fault("the administrator has no vote: it neither controls nor approves")
    if roles[role]["quorum"] is None:
        raise Fault("the quorum of %s is under two" % shown(role))


def seats(role):
    """The least and the most people of a role."""
    return (role["count"]["minimum"], role["count"]["maximum"]) if isinstance(role["count"], dict) else (role["count"],) * 2


# --- Keys and signatures. OpenSSL verifies; what it does not look at is checked here: it takes any message under the
# small-order key 01 00…00.

P = 2 ** 255 - 19
L = 2 ** 252 + 27742317777372353535851937790883648493  # RFC 8032 section 5.1
D = -121665 * pow(121666, P - 2, P) % P


def point_decode(data):
    """RFC 8032 5.1.3, refusing every encoding that is not the canonical one. None: no point."""
    y = int.from_bytes(data, "little")
    sign, y = y >> 255, y & (2 ** 255 - 1)
    if y >= P:
        return None
    xx = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(xx, (P + 3) // 8, P)
    if (x * x - xx) % P != 0:
        x = x * pow(2, (P - 1) // 4, P) % P
    if (x * x - xx) % P != 0 or (x == 0 and sign == 1):
        return None
    return (P - x if x & 1 != sign else x, y, 1)


def point_add(a, b):
    """The complete addition of projective points (X, Y, Z): x = X/Z, y = Y/Z."""
    (x1, y1, z1), (x2, y2, z2) = a, b
    z, xx, yy = z1 * z2 % P, x1 * x2 % P, y1 * y2 % P
    t, zz = D * xx * yy % P, z * z % P
    x = z * (zz - t) * ((x1 + y1) * (x2 + y2) - xx - yy)
    return (x % P, z * (zz + t) * (yy + xx) % P, (zz - t) * (zz + t) % P)


def gives_identity(n, point):
    """Is n times the point the identity (0, 1)?"""
    x, y, z = point_times(n, point)
    return x == 0 and y == z


def point_times(n, point):
    result = (0, 1, 1)
    for bit in bin(n)[2:]:
        result = point_add(result, result)
        if bit == "1":
            result = point_add(result, point)
    return result


class Key:
    """A C2SP vkey line: NAME+hex(keyID)+base64(type, public key)."""

    known = {}

    def __init__(self, vkey, name, kind):
        parts = vkey.split("+", 2)
        data = decode_base64(parts[2]) if len(parts) == 3 else None
        if data is None or len(data) != 33:
            raise Fault("the vkey of %s is no vkey line" % shown(name))
        self.name, self.kind, self.public, self.vkey = parts[0], data[0], data[1:], vkey
        self.id = sha256(name.encode() + b"\n" + data)[:4]
        if self.name != name or self.kind != kind or parts[1] != self.id.hex():
            raise Fault("the vkey of %s has another name, type or key id" % shown(name))
        if self.public not in self.known:
            self.known[self.public] = self.refusal(self.public)
        if self.known[self.public]:
            raise Fault("the key of %s %s" % (shown(name), self.known[self.public]))

    @staticmethod
    def refusal(public):
        point = point_decode(public)
        if point is None:
            return "is no canonical point"
        if gives_identity(8, point):
            return "is of small order"
        if not gives_identity(L, point):
            return "lies outside the prime-order group"
        return None


class OpenSSL:
    """Asks the openssl program, once for each question."""

    def __init__(self):
        self.folder = tempfile.TemporaryDirectory(prefix="verify-record-")
        self.answers = {}

    def path(self, name, data):
        path = os.path.join(self.folder.name, name)
        with open(path, "wb") as f:
            f.write(data)
        return path

    def run(self, *arguments):
        environment = dict(os.environ, OPENSSL_CONF="/dev/null")
        return subprocess.run(("openssl",) + arguments, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, env=environment, check=False)

    def cms(self, cms, message, certificate):
        """Does this certificate's key, and none from inside, verify the CMS over the message?"""
        return self.run("cms", "-verify", "-binary", "-inform", "DER", "-in", self.path("cms", cms), "-content",
                        self.path("message", message), "-nointern", "-certfile", self.path("certificate", pem_of(certificate)),
                        "-noverify", "-out", self.path("content", b"")).returncode == 0

    def names(self, certificate):
        done = self.run("x509", "-noout", "-subject", "-issuer", "-nameopt", "RFC2253,utf8,-esc_msb", "-in",
                        self.path("certificate", pem_of(certificate)))
        return ", ".join(shown(line) for line in done.stdout.decode("utf-8", "replace").splitlines())

    def ed25519(self, public, message, signature):
        question = (public, message, signature)
        if question not in self.answers:
            # libsodium refuses a small-order R, so this does too
            r = point_decode(signature[:32])
            done = r is not None and not gives_identity(8, r) and self.run(
                "pkeyutl", "-verify", "-pubin", "-keyform", "DER", "-rawin",
                "-inkey", self.path("key", bytes.fromhex("302a300506032b6570032100") + public),
                "-in", self.path("message", message), "-sigfile", self.path("signature", signature)).returncode == 0
            self.answers[question] = done
        return self.answers[question]


def signature_of(line, key):
    """The bytes behind the key id of a signature line `— NAME BASE64`, which must be `key`'s."""
    parts = line.split(" ")
    data = decode_base64(parts[2]) if len(parts) == 3 else None
    if data is None or parts[0] != "\u2014" or len(data) != (68 if key.kind == CONSOLE else 76):
        raise Fault("the signature line of %s is not as the format says" % shown(key.name))
    if parts[1] != key.name or data[:4] != key.id:
        raise Fault("the signature line is not that of the key of %s" % shown(key.name))
    return data[4:]


def check_console_line(openssl, line, key, body):
    if not openssl.ed25519(key.public, body, signature_of(line, key)):
        raise Fault("the console's signature does not verify")


def check_cosignature(openssl, line, key, body):
    """C2SP tlog-cosignature. Returns its seconds."""
    data = signature_of(line, key)
    seconds = int.from_bytes(data[:8], "big")
    if not openssl.ed25519(key.public, b"cosignature/v1\ntime %d\n" % seconds + body, data[8:]):
        raise Fault("the cosignature of %s does not verify" % shown(key.name))
    return seconds


# --- A card's CMS. Its form is fixed to the byte; openssl judges the signature alone.

def oid(dotted):
    first, second, *rest = map(int, dotted.split("."))
    data = b""
    for n in [40 * first + second] + rest:
        part = bytes([n & 127])
        while n > 127:
            n >>= 7
            part = bytes([128 | n & 127]) + part
        data += part
    return bytes([6, len(data)]) + data


def sequence(*parts):
    return bytes([0x30, len(b"".join(parts))]) + b"".join(parts)


REHEARSAL = oid("2.25.253271005251938177410895777859499217146")  # the extension by which a rehearsal's certificates say what they are
PKCS, SHA2, NULL, ONE = "1.2.840.113549.1.", "2.16.840.1.101.3.4.2.%d", b"\5\0", b"\2\1\1"
DATA = oid(PKCS + "7.1")
CMS_ALGORITHMS = {}  # (digestAlgorithm, signatureAlgorithm): the hash
for n, name in ((1, "sha256"), (2, "sha384"), (3, "sha512")):
    CMS_ALGORITHMS[sequence(oid(SHA2 % n)), sequence(oid("1.2.840.10045.4.3.%d" % (n + 1)))] = name
    CMS_ALGORITHMS[sequence(oid(SHA2 % n)), sequence(oid(PKCS + "1.%d" % (n + 10)), NULL)] = name


def elements(data, *tags):
    """The contents of the DER elements that `data` is, one for each tag, and each whole."""
    found, at = [], 0
    while at < len(data):
        if at + 2 > len(data):
            raise Fault("an element is cut short")
        size, head = data[at + 1], 2
        if size & 0x80:
            head += size & 0x7f
            size = int.from_bytes(data[at + 2:at + head], "big")
            if not 3 <= head <= 6 or size < 128 or data[at + 2] == 0:
                raise Fault("a length is not in DER")
        if at + head + size > len(data):
            raise Fault("an element is cut short")
        found.append((data[at], data[at + head:at + head + size], data[at:at + head + size]))
        at += head + size
    if tags and [f[0] for f in found] != list(tags):
        raise Fault("it does not have the parts of the form")
    return found


def inside(data, *tags):
    return [value for _, value, _ in elements(data, *tags)]


def rising(items):
    return all(a < b for a, b in zip(items, items[1:]))


def read_signing_time(tag, value):
    form, least = {0x17: (rb"(\d\d)" * 6 + b"Z", 1950), 0x18: (rb"(\d{4})" + rb"(\d\d)" * 5 + b"Z", 2050)}.get(tag, (b"x", 0))
    match = re.fullmatch(form, value)
    try:
        year, *rest = map(int, match.groups())
        year += 0 if tag == 0x18 else 1900 if year >= 50 else 2000
        at = datetime.datetime(year, *rest)
    except (AttributeError, ValueError):
        raise Fault("its signing time is none")
    if year < least:
        raise Fault("its signing time is none")
    return int((at - datetime.datetime(1970, 1, 1)).total_seconds())


class Cms:
    """A detached CMS in the one form that record-format.md describes."""

    def __init__(self, cms):
        kind, content = elements(inside(cms, 0x30)[0], 0x06, 0xa0)
        if kind[2] != oid(PKCS + "7.2"):
            raise Fault("it is no SignedData")
        version, digests, info, certificates, signers = elements(inside(content[1], 0x30)[0], 0x02, 0x31, 0x30, 0xa0, 0x31)
        if version[2] != ONE or info[1] != DATA:
            raise Fault("it is not version 1, or not detached")
        self.certificates = [whole for _, _, whole in elements(certificates[1])]
        if any(c[0] != 0x30 for c in self.certificates) or not rising(self.certificates):
            raise Fault("its certificates are not in order, each once")
        version, self.signer, digest, attributes, algorithm, _ = elements(
            inside(signers[1], 0x30)[0], 0x02, 0x30, 0x30, 0xa0, 0x30, 0x04)
        if version[2] != ONE or digests[1] != digest[2] or (digest[2], algorithm[2]) not in CMS_ALGORITHMS:
            raise Fault("its algorithms are not of the form")
        self.hash = CMS_ALGORITHMS[digest[2], algorithm[2]]
        found = [whole for _, _, whole in elements(attributes[1])]
        if not rising(found):
            raise Fault("its attributes are not in order")
        pairs = [elements(inside(a, 0x30)[0], 0x06, 0x31) for a in found]
        self.attributes = {kind[2]: elements(values[1]) for kind, values in pairs}
        if len(found) != 4 or any(len(v) != 1 for v in self.attributes.values()):
            raise Fault("it has not exactly the four attributes, each of one value")

    def value(self, dotted):
        if oid(dotted) not in self.attributes:
            raise Fault("it has not exactly the four attributes, each of one value")
        return self.attributes[oid(dotted)][0]

    def check(self, message, pinned):
        """Returns the certificate and the signing time."""
        certificate = next((c for c in self.certificates if sha256(c).hex() == pinned), None)
        if certificate is None:
            raise Fault("it does not hold the certificate of the card")
        if self.value(PKCS + "9.3")[2] != DATA:
            raise Fault("its contentType is not data")
        if self.value(PKCS + "9.4")[:2] != (0x04, hashlib.new(self.hash, message).digest()):
            raise Fault("its messageDigest is not that of the message")
        if self.value(PKCS + "9.16.2.47")[2] != sequence(sequence(sequence(b"\4\x20" + sha256(certificate)))):
            raise Fault("its signing certificate is another")
        time = read_signing_time(*self.value(PKCS + "9.5")[:2])
        if self.signer[1] != signer_name(certificate):
            raise Fault("it names another signer")
        return certificate, time


def signer_name(certificate):
    """Issuer and serial number, as they stand in a certificate (RFC 5280 section 4.1)."""
    parts = [p for p in elements(elements(inside(certificate, 0x30)[0])[0][1]) if p[0] != 0xa0]
    return parts[2][2] + parts[0][2]


def check_card(openssl, card, message, seconds, pinned):
    """The certificate of the card and how many are with it."""
    if card["sha256"] != pinned:
        raise Fault("it is another card")
    cms = Cms(decode_base64(card["cms"]))
    certificate, time = cms.check(message, pinned)
    if time != seconds:
        raise Fault("it was signed at another time than the cosignature")
    if not openssl.cms(decode_base64(card["cms"]), message, certificate):
        raise Fault("its signature does not verify")
    return certificate, len(cms.certificates) - 1


# --- The tree (RFC 6962 section 2.1) and its checkpoints.

class Tree:
    def __init__(self):
        self.size, self.peaks = 0, []  # the roots of the full subtrees, largest first

    def append(self, line):
        node, n = sha256(b"\0" + line), self.size
        while n & 1:
            node, n = sha256(b"\1" + self.peaks.pop() + node), n >> 1
        self.peaks.append(node)
        self.size += 1

    def root(self):
        node = self.peaks[-1]
        for peak in reversed(self.peaks[:-1]):
            node = sha256(b"\1" + peak + node)
        return node


class Log:
    """The checkpoint's text at each size that somebody signed."""

    SIGNED = ("person.joined", "act.proposed", "ceremony.paused", "ceremony.closed")

    def __init__(self, entries, extra):
        tree, self.origin, self.roots = Tree(), entries[0].data["origin"], {}
        for e in entries:
            tree.append(e.raw)
            if e.event in self.SIGNED or tree.size in (len(entries), extra):
                self.roots[tree.size] = tree.root()

    def body(self, size):
        if size not in self.roots:
            raise Fault("nothing that is signed stands in entry %d" % (size - 1))
        return b"%s\n%d\n%s\n" % (self.origin.encode(), size, base64.b64encode(self.roots[size]))


def check_log(entries, log, openssl, checkpoint):
    """The log verdict: the keys, then the file."""
    key, members = None, {}
    for e in entries:
        try:
            if "console" in e.data and e.event != "approval.given":
                key = Key(e.data["console"], log.origin, CONSOLE)
            elif e.event == "person.joined":
                members[e.data["person"]] = Key(e.data["vkey"], e.data["person"], PERSON)
        except Fault as fault:
            fault.line = e.line
            raise
    last = entries[-1]
    if last.event != "ceremony.closed":
        raise Fault("the record is unfinished: its last entry is %s" % last.event, last.line)
    cosigners = last.data["cosigners"]
    body = log.body(len(entries))
    if checkpoint is None:
        raise Fault("the file checkpoint is missing")
    if not checkpoint.startswith(body + b"\n"):
        raise Fault("the file checkpoint is not that of these %d entries" % len(entries))
    try:
        lines = checkpoint[len(body) + 1:].decode("utf-8").split("\n")
    except UnicodeDecodeError:
        raise Fault("the file checkpoint is not UTF-8")
    if len(lines) != len(cosigners) + 2 or lines.pop() != "":
        raise Fault("the file checkpoint has not exactly the lines of the console and of %d cosigners" % len(cosigners))
    check_console_line(openssl, lines[0], key, body)
    for name, line in zip(cosigners, lines[1:]):
        if name not in members:
            raise Fault("the cosigner %s never joined" % name, last.line)
        # a cosigner of the close may sign any time after it, never before
        if check_cosignature(openssl, line, members[name], body) < last.ms // 1000:
            raise Fault("%s cosigned before the ceremony was closed" % name)
    return "root %s, checkpoint signed by the console and %d people" % (
        base64.b64encode(log.roots[len(entries)]).decode(), len(cosigners))


def read_anchor(data):
    """Origin, size and root of a checkpoint kept elsewhere, with or without its signature lines."""
    match = re.match(rb"([^\n]+)\n([1-9][0-9]{0,15})\n([A-Za-z0-9+/]{43}=)(?:\n|$)", data)
    root = decode_base64(match.group(3).decode()) if match else None
    if root is None:
        raise Fault("the anchor is no checkpoint")
    return match.group(1), int(match.group(2)), root


def check_previous(entries, folder):
    """The record before: the one that entry 0 names, by origin, size and root over all its lines. Whether it holds itself is
    asked of it by itself."""
    named = entries[0].data["previous"]
    if named is None:
        raise Fault("entry 0 names no previous record", 1)
    before = read_entries(read_file(folder, "transcript.jsonl"))
    root = Log(before, len(before)).roots[len(before)]
    if (named["origin"], named["size"], decode_base64(named["root"])) != (before[0].data["origin"], len(before), root):
        raise Fault("the previous record is not the one that entry 0 names", 1)
    return "goes on from %s, %d entries" % (shown(named["origin"]), len(before))


# --- Consent: the fold over the entries that turns approvals into authority.

ORDERS = {
    "begin": ("script_sha256", "site_sha256", "people"),
    "attend": ("people",),
    "accept-exception": ("about",),
    "resume": ("of",),
    "amend-script": ("script_sha256", "new_script_sha256", "completed", "kept", "steps", "rest"),
    "initialise-hsm": ("hsm", "serial", "label", "login", "found", "erase"),
    "change-custodians": ("hsm", "serial", "secret", "pin", "flags", "holders", "threshold", "shares", "still_open"),
    "share-secret": ("hsm", "serial", "secret", "pin", "flags", "holders", "threshold", "shares", "still_open"),
    "settle-custodians": ("hsm", "serial", "secret", "pin", "flags"),
    "unlock-hsm": ("hsm", "serial", "flags"),
    "generate-key": ("hsm", "serial", "key", "algorithm", "label", "cka_id"),
    "check-key": ("hsm", "serial", "key", "algorithm", "label", "cka_id", "spki_sha256"),
    "sign-document": ("document", "certificate", "hsm", "serial", "key", "cka_id", "spki_sha256", "signature",
                      "certificate_sha256", "content_sha256", "bytes", "signing_time", "attributes_sha256"),
    "issue-ocsp": ("ocsp", "hsm", "serial", "key", "cka_id", "spki_sha256", "signature", "this_update", "next_update", "count",
                   "root", "lint"),
    "issue-certificate": ("certificate", "hsm", "serial", "key", "cka_id", "spki_sha256", "subject_spki_sha256",
                          "serial_number", "not_before", "not_after", "tbs_sha256", "lint"),
    "make-request": ("request", "hsm", "serial", "key", "cka_id", "spki_sha256", "algorithm", "cri_sha256"),
    "issue-crl": ("crl", "hsm", "serial", "key", "cka_id", "spki_sha256", "number", "this_update", "next_update", "entries",
                  "tbs_sha256", "lint"),
}
# acts that steps of other names do
ACT_STEPS = {"settle-custodians": ("change-custodians", "share-secret")}
APPROVALS = {"approval.given", "approval.refused", "login.failed"}
# What may follow while something is open. A crash may come at any time, and ceremony.resumed after it.
WHILE = {
    "join": APPROVALS | {"ceremony.paused", "ceremony.resumed", "exception.noted", "person.left"},
    "act": APPROVALS | {"act.voided", "act.intended", "ceremony.resumed"},
    "intent": {"exception.noted", "act.done", "act.failed", "ceremony.resumed"},
}
LISTING = {"steps.listed", "exception.noted", "ceremony.resumed"}
REFUSED = {"approval.refused", "act.voided", "ceremony.resumed"}
RESUMING = APPROVALS | {"person.joined", "person.left", "exception.noted", "ceremony.paused", "ceremony.resumed",
                        "act.proposed", "act.voided", "act.intended", "act.done", "act.failed"}


class Consent:
    def __init__(self, entries, log, openssl):
        self.log, self.openssl = log, openssl
        self.opened = entries[0].data
        self.roles, self.control = self.opened["roles"], self.opened["control"]
        self.script, self.steps = self.opened["script"]["sha256"], {}  # in force, by its amendments
        self.listed, self.missing = [], 0  # the steps in their order, and how many are still to be listed
        self.pinned = {p["person"]: p for p in self.opened["people"]}
        self.members, self.present, self.keys = {}, [], set()  # NAME: (role, vkey); NAMEs in joining order
        self.proved = set()  # NAMEs that proved their key once
        self.console, self.consoles, self.pinned_keys = None, 0, []
        self.open = None  # (kind, entry, approvers, refused): what waits
        self.begun, self.resuming, self.paused, self.closed = False, None, False, False
        self.sealed = None  # the ceremony.paused that everyone signed, until it is taken up
        self.failures, self.locked = {}, {}
        self.exceptions = self.approvals = self.acts = 0
        self.cards = {}  # NAME: names in the card's certificate, and how many certificates are with it
        for e in entries:
            try:
                self.apply(e)
            except Fault as fault:
                fault.line = fault.line or e.line
                raise
        if not self.closed:
            raise Fault("the ceremony is not closed: nobody has signed its end", entries[-1].line)

    def apply(self, e):
        if self.closed:
            raise Fault("an entry after ceremony.closed")
        if self.paused and e.event != "ceremony.resumed":
            raise Fault("the ceremony is paused: only ceremony.resumed can follow")
        if self.open and e.event not in WHILE[self.open["kind"]]:
            raise Fault("%s while line %d is open" % (e.event, self.open["entry"].line))
        if self.open and self.open["refused"] and e.event not in REFUSED:
            raise Fault("the proposal was refused: only act.voided can follow")
        if self.missing and e.event not in LISTING:
            raise Fault("%s before the list of steps is whole" % e.event)
        if self.resuming is not None and not self.missing and e.event not in RESUMING:
            raise Fault("%s before the control quorum resumed the ceremony" % e.event)
        handler = getattr(self, e.event.replace(".", "_"), None)
        if handler:
            handler(e, e.data)

    def ceremony_opened(self, e, data):
        check_opened(data)
        self.take_console(data["console"])
        self.pinned_keys = [Key(p["vkey"], p["person"], PERSON).public for p in data["people"]]
        if len(self.pinned) != len(data["people"]) or len(self.keys.union(self.pinned_keys)) != len(self.pinned_keys) + 1:
            raise Fault("a person or a key stands twice among console and people")
        cards = [p["card"] for p in data["people"] if p["card"] is not None]
        if len(set(cards)) != len(cards):
            raise Fault("two people have one card")
        self.missing = len(data["steps"]) + data["more_steps"]
        self.go_on_with(data["steps"])

    def steps_listed(self, e, data):
        if not self.missing:
            raise Fault("all steps are listed already")
        if data["first"] != len(self.listed) + 1:
            raise Fault("the next step to be listed is number %d" % (len(self.listed) + 1))
        self.go_on_with(data["steps"])

    def go_on_with(self, steps):
        """The list of steps, so many a line; when it is whole, it is looked at."""
        if len(steps) != min(self.missing, STEPS_A_LINE):
            raise Fault("a line lists %d steps, the last one the others" % STEPS_A_LINE)
        self.missing -= len(steps)
        self.listed += steps
        if not self.missing:
            self.take_steps(self.listed)

    def take_steps(self, steps):
        check_steps(steps, self.roles)
        self.listed, self.steps = steps, {s["id"]: s for s in steps}

    def amended(self, order):
        """The list that an amendment makes: the beginning and the end stay, what is between them is the order's."""
        return self.listed[:order["kept"]] + order["steps"] + self.listed[len(self.listed) - order["rest"]:]

    def take_console(self, vkey):
        self.console = Key(vkey, self.log.origin, CONSOLE)
        if self.console.public in self.pinned_keys or self.consoles == CONSOLES_MAX:
            raise Fault("the console's key is a person's, or one key too many")
        self.claim(self.console)
        self.consoles += 1

    def claim(self, key):
        if key.public in self.keys:
            raise Fault("the key of %s was somebody's already" % shown(key.name))
        self.keys.add(key.public)

    def person_joined(self, e, data):
        name, role = data["person"], data["role"]
        key = Key(data["vkey"], name, PERSON)
        if role not in self.roles:
            raise Fault("no such role: %s" % shown(role))
        if name in self.present:
            raise Fault("%s is present already" % name)
        if name in self.members:
            if self.members[name][1] != key.vkey or (name in self.proved and self.members[name][0] != role):
                raise Fault("%s comes back with another key or role" % name)
        else:
            self.claim(key)
            if len(self.members) == PEOPLE_MAX:
                raise Fault("more than %d people" % PEOPLE_MAX)
        if self.pinned and not self.opened["rehearsal"]:
            pin = self.pinned.get(name)
            if pin is None or (pin["role"], pin["vkey"]) != (role, key.vkey):
                raise Fault("%s is not as the script's people say" % name)
        if self.here(role) >= seats(self.roles[role])[1]:
            raise Fault("more people than the role %s has" % shown(role))
        self.members[name] = (role, key.vkey)
        self.wait("join", e)

    def here(self, role):
        return sum(self.members[n][0] == role for n in self.present)

    def wait(self, kind, e):
        self.open = {"kind": kind, "entry": e, "approvers": [], "refused": False}

    def joining(self):
        return self.open["entry"].data["person"] if self.open and self.open["kind"] == "join" else None

    def person_left(self, e, data):
        if data["person"] == self.joining():
            self.open = None
        elif data["person"] in self.present:
            self.present.remove(data["person"])
        else:
            raise Fault("%s is not present" % data["person"])

    def login_failed(self, e, data):
        name = data["person"]
        if name != self.joining() and name not in self.present:
            raise Fault("%s is not present" % name)
        failures = self.failures[name] = self.failures.get(name, 0) + 1
        if data["count"] != failures:
            raise Fault("the count of failures in a row is %d" % failures)
        if failures >= LOCK_AFTER:
            self.locked[name] = e.ms + LOCK_MS

    def waiting_for(self, e, data):
        """The open entry that an approval or refusal speaks of; its person may speak."""
        if self.open is None or self.open["kind"] == "intent" or self.open["entry"].seq != data["of"]:
            raise Fault("entry %d does not wait for approval" % data["of"])
        if self.joining() is not None and data["person"] != self.joining():
            raise Fault("only %s can prove the key of %s" % (self.joining(), self.joining()))
        if self.joining() is None and data["person"] not in self.present:
            raise Fault("%s is not present" % data["person"])
        role, also = self.open["entry"].data["role"], self.open.get("witness")
        if self.members[data["person"]][0] not in (role, also) and role is not None:
            raise Fault("%s has not the role %s" % (data["person"], shown(role)))
        return self.open["entry"]

    def approval_given(self, e, data):
        of, name = self.waiting_for(e, data), data["person"]
        vkey = self.members[name][1]
        if e.ms < self.locked.get(name, 0):
            raise Fault("%s is locked out for a minute after %d failures" % (name, self.failures[name]))
        if name in self.open["approvers"]:
            raise Fault("%s approves twice" % name)
        seconds = check_cosignature(self.openssl, data["cosignature"], Key(vkey, name, PERSON), self.log.body(of.seq + 1))
        if not of.ms // 1000 <= seconds <= -(-e.ms // 1000):
            raise Fault("the cosignature of %s was not made between the proposal and this entry" % name)
        check_console_line(self.openssl, data["console"], self.console, self.log.body(of.seq + 1))
        self.check_card(name, data["card"], seconds, self.log.body(of.seq + 1))
        self.failures[name] = 0
        self.locked.pop(name, None)
        self.approvals += 1
        self.open["approvers"].append(name)
        if of.event == "person.joined":
            self.present.append(name)
            self.proved.add(name)
            self.open = None

    def check_card(self, name, card, seconds, body):
        """Who has a pinned card signs with it too, every time; in a rehearsal nobody has one."""
        pinned = None if self.opened["rehearsal"] else self.pinned.get(name, {}).get("card")
        if pinned is None:
            if card is not None:
                raise Fault("%s shows a card, and has none" % name)
            return
        if card is None:
            raise Fault("%s did not sign with the card" % name)
        try:
            certificate, more = check_card(self.openssl, card, b"cosignature/v1\ntime %d\n" % seconds + body, seconds, pinned)
        except Fault as fault:
            raise Fault("the card of %s: %s" % (name, fault.text))
        if name not in self.cards:
            self.cards[name] = "%s; %d more in the CMS, judged by nobody" % (self.openssl.names(certificate), more)

    def approval_refused(self, e, data):
        if self.waiting_for(e, data).event == "person.joined":
            self.open = None
        else:
            self.open["refused"] = True

    def act_proposed(self, e, data):
        act, order = data["act"], data["order"]
        if act not in ORDERS:
            raise Fault("the format has no act %s" % shown(act))
        if tuple(order) != ORDERS[act]:
            raise Fault("the order of %s is exactly %s" % (act, ", ".join(ORDERS[act])))
        if e.step is not None and e.step not in self.steps:
            raise Fault("entry 0 has no step %s" % e.step)
        if self.resuming is not None and act != "resume":
            raise Fault("%s before the control quorum resumed the ceremony" % act)
        if not self.begun and act not in ("begin", "resume"):
            raise Fault("%s before all approved the beginning" % act)
        witness = None
        if act == "amend-script":
            role, need, witness = self.amendment(e, order)
        else:
            role, need = self.authority(e, act, order)
        if data["role"] != role or data["need"] != need:
            raise Fault("%s needs %d of %s" % (act, need, "all present" if role is None else shown(role)))
        self.wait("act", e)
        self.open["witness"] = witness

    def amendment(self, e, order):
        """Another script. Its completed steps are as they were, and everything that entry 0 says but the steps stays in force."""
        steps, completed, kept, rest = order["steps"], order["completed"], order["kept"], order["rest"]
        if order["script_sha256"] != self.script or not hash64(order["new_script_sha256"]) or order["new_script_sha256"] == self.script:
            raise Fault("the amendment is not from the script in force to another one")
        if not step_list(steps) or not (number(completed) and number(kept) and number(rest)) or kept + rest > len(self.listed):
            raise Fault("the amendment does not list steps between those that stay")
        if completed > kept:
            raise Fault("the amendment changes a completed step")
        if completed >= kept + len(steps) + rest:
            raise Fault("the amendment leaves no step behind the completed ones")
        check_steps(self.amended(order), self.roles)
        if WITNESS not in self.roles or self.control == WITNESS:
            if not self.present:
                raise Fault("nobody is present")
            return None, len(self.present), None
        return self.control, self.roles[self.control]["quorum"] + 1, WITNESS

    def authority(self, e, act, order):
        """Role and number of people that this act needs, by entry 0 alone."""
        if act == "begin":
            if self.begun:
                raise Fault("the ceremony has begun already")
            right = {"script_sha256": self.opened["script"]["sha256"], "site_sha256": self.opened["site"]["sha256"],
                     "people": self.present}
            if order != right or not self.present:
                raise Fault("begin is not of this script, this site and the people present")
            if any(self.here(name) < seats(role)[0] for name, role in self.roles.items()):
                raise Fault("begin without all the people that the roles need")
            return None, len(self.present)
        if act == "attend":
            step = self.steps.get(e.step)
            if step is None or step["do"] != "attend":
                raise Fault("attend belongs to a roll call of entry 0")
            if order["people"] != self.present:
                raise Fault("attend does not name those who are present, in the order they joined")
            role = self.control
        elif act == "accept-exception":
            if not many(number)(order["about"]) or any(n >= e.seq for n in order["about"]):
                raise Fault("about is no list of earlier entries")
            role = self.control
        elif act == "resume":
            if self.resuming is None or order["of"] != self.resuming or not number(order["of"]):
                raise Fault("resume is not of the last ceremony.resumed")
            role = self.control
        else:
            step = self.steps.get(e.step)
            if step is None or step["do"] not in ACT_STEPS.get(act, (act,)) or step["approve"] is None:
                raise Fault("the step is none of entry 0 that does %s by approval" % act)
            if not text(order["hsm"]) or order["hsm"] not in self.opened["hsm"]:
                raise Fault("entry 0 names no such HSM")
            if "pin" in order and order["pin"] not in ("user", "so"):
                raise Fault("pin is neither user nor so")
            if "holders" in order:
                self.check_holders(order)
            role = step["approve"]
        return role, self.roles[role]["quorum"]

    def check_holders(self, order):
        """Each share has one holder, who is here; the threshold is one of so many shares."""
        holders, shares, threshold = order["holders"], order["shares"], order["threshold"]
        if not many(person)(holders) or len(set(holders)) != len(holders) or not set(holders) <= set(self.present):
            raise Fault("the holders are not so many people who are present")
        if not number(shares) or not number(threshold) or len(holders) != shares or not 2 <= threshold <= shares:
            raise Fault("there are not as many holders as shares, or the threshold is not between 2 and their number")
        if not many(text)(order["still_open"]):
            raise Fault("still_open is no list of texts")

    def act_voided(self, e, data):
        if self.open is None or self.open["kind"] != "act" or self.open["entry"].seq != data["of"]:
            raise Fault("entry %d is no open proposal" % data["of"])
        self.open = None

    def act_intended(self, e, data):
        if self.open is None or self.open["kind"] != "act" or self.open["entry"].seq != data["of"]:
            raise Fault("entry %d is no open proposal" % data["of"])
        of = self.open["entry"]
        if self.open["refused"]:
            raise Fault("the proposal was refused")
        approved = sum(name in self.present for name in self.open["approvers"])
        if approved < of.data["need"]:
            raise Fault("%d of %d approved and are here" % (approved, of.data["need"]))
        if self.open.get("witness"):
            self.check_parts(of.data["role"], self.open["witness"], of.data["need"])
        if e.ms - of.ms > PROPOSAL_MS:
            raise Fault("the proposal is older than 15 minutes")
        self.wait("intent", e)
        self.open["act"], self.open["order"] = of.data["act"], of.data["order"]

    def check_parts(self, role, witness, need):
        """The quorum of the role, and one witness: neither stands for the other."""
        roles = [self.members[name][0] for name in self.open["approvers"] if name in self.present]
        if roles.count(role) < need - 1 or roles.count(witness) < 1:
            raise Fault("not approved by the quorum of %s and by one of the role %s" % (shown(role), witness))

    def finish(self, data):
        if self.open is None or self.open["kind"] != "intent" or self.open["entry"].seq != data["of"]:
            raise Fault("entry %d is no open intent" % data["of"])
        act, order, self.open = self.open["act"], self.open["order"], None
        return act, order

    def act_done(self, e, data):
        act, order = self.finish(data)
        self.acts += 1
        if act == "begin":
            self.begun = True
        elif act == "resume":
            self.resuming = None
        elif act == "amend-script":
            self.script = order["new_script_sha256"]
            self.take_steps(self.amended(order))

    def act_failed(self, e, data):
        self.finish(data)

    def exception_noted(self, e, data):
        if data["person"] is None and data["kind"] not in ("clock", "device"):
            raise Fault("nobody notes the exception")
        if data["person"] is not None and data["kind"] == "device":
            raise Fault("somebody notes an exception of kind device, which is the console's own")
        others = [name for name in self.present if name != data["person"]]
        if data["kind"] == "noted" and others:
            if data["acknowledged"] not in others:
                raise Fault("nobody else who is here acknowledges the exception")
        elif data["acknowledged"] is not None:
            raise Fault("the exception is acknowledged, and is for the role in control, or nobody else is here")
        self.exceptions += 1

    def ceremony_paused(self, e, data):
        if data["cosigners"] and data["cosigners"] != self.present:
            raise Fault("the cosigners are not all who are present, in joining order")
        self.paused, self.sealed = True, e if data["cosigners"] else None

    def check_seal(self, e, lines):
        """A pause that was sealed is taken up with the signatures on it: the console's of that run, and everyone's."""
        if self.sealed is None:
            if lines:
                raise Fault("a seal, and no pause that was sealed")
            return
        names, body = self.sealed.data["cosigners"], self.log.body(self.sealed.seq + 1)
        if len(lines) != len(names) + 1:
            raise Fault("the seal of the pause has not exactly the lines of the console and of %d cosigners" % len(names))
        check_console_line(self.openssl, lines[0], self.console, body)
        for name, line in zip(names, lines[1:]):
            seconds = check_cosignature(self.openssl, line, Key(self.members[name][1], name, PERSON), body)
            if not self.sealed.ms // 1000 <= seconds <= -(-e.ms // 1000):
                raise Fault("%s did not cosign the pause between its beginning and its end" % name)
        self.sealed = None

    def ceremony_resumed(self, e, data):
        self.check_seal(e, data["seal"])
        self.take_console(data["console"])
        intent = self.open["entry"].seq if self.open and self.open["kind"] == "intent" else None
        if data["open_intent"] != intent:
            raise Fault("the intent left open is %s" % intent)
        self.present, self.open, self.paused, self.resuming = [], None, False, e.seq

    def ceremony_closed(self, e, data):
        if not self.begun:
            raise Fault("the ceremony is closed and never began")
        if data["cosigners"] != self.present or not self.present:
            raise Fault("the cosigners are not all who are present, in joining order")
        if data["exceptions"] != self.exceptions:
            raise Fault("the record holds %d exceptions" % self.exceptions)
        self.closed = True


# --- Artifacts: the files.

def list_files(folder):
    """Paths below the record, later/ left out. Links and devices are faults."""
    found = []
    for place, folders, files in os.walk(folder, onerror=walk_error):
        inner = os.path.relpath(place, folder)
        for name in sorted(folders + files):
            path = name if inner == "." else inner + "/" + name
            mode = os.lstat(os.path.join(place, name)).st_mode
            if not re.fullmatch("[A-Za-z0-9._-]+", name):
                raise Fault("a file is named %s" % shown(path))
            if stat.S_ISREG(mode):
                found.append(path)
            elif not stat.S_ISDIR(mode):
                raise Fault("%s is no regular file" % path)
            elif path not in ("people", "artifacts", "later"):
                raise Fault("%s is no folder of a record" % path)
        folders[:] = [f for f in folders if inner != "." or f != "later"]
    return sorted(found)


def walk_error(error):
    raise error


def read_file(folder, path):
    with open(os.path.join(folder, path), "rb") as f:
        return f.read()


def check_artifacts(folder, entries, openssl):
    opened, files, types, taken = entries[0].data, {}, {}, set()
    found = {p: read_file(folder, p) for p in list_files(folder)}
    files["script.yaml"], files["site.yaml"] = opened["script"]["sha256"], opened["site"]["sha256"]
    for e in entries:
        if e.event == "person.joined":
            files["people/%s.vkey" % e.data["person"]] = sha256(e.data["vkey"].encode() + b"\n").hex()
        elif e.event in ("artifact.written", "artifact.taken"):
            path = e.data["path"]
            taken |= {path} if e.event == "artifact.taken" else set()
            if path in files:
                raise Fault("%s is written twice" % path, e.line)
            files[path] = e.data["sha256"]
            types.setdefault(e.data["type"], {})[e.data["sha256"]] = path
            if path in found and len(found[path]) != e.data["bytes"]:
                raise Fault("%s has %d bytes, not %d" % (path, len(found[path]), e.data["bytes"]), e.line)
    for path in sorted(files):
        if path not in found:
            raise Fault("%s is missing" % path)
        if sha256(found[path]).hex() != files[path]:
            raise Fault("%s is not the file that the transcript commits to" % path)
    derived = {"transcript.jsonl", "checkpoint", "checkpoint.png", "checkpoint.svg", "SHA256SUMS"}
    for path in sorted(derived):
        if path not in found:
            raise Fault("%s is missing" % path)
    for path in sorted(found):
        if path not in files and path not in derived | {"report.pdf", "report.txt"}:
            raise Fault("%s is neither committed to by the transcript nor derived from it" % path)
    check_sums(found)
    for e, order in done_of(entries, "amend-script"):
        if order["new_script_sha256"] not in types.get("ceremony-script", {}):
            raise Fault("the new script is no artifact", e.line)
    check_taken_in(entries)
    check_attestations(entries, found, types.get("ceremony-script", {}), openssl)
    certificates, signers = check_certificates(found, types, taken, openssl)
    notes = []
    requests = check_requests(found, types, openssl)
    for act, check, hashes in (("issue-certificate", check_issue, ["certificate_sha256"]), ("make-request", check_made_request, ["request_sha256"]),
                               ("issue-crl", check_crl, ["crl_sha256"]), ("sign-document", check_document, ["cms_sha256"]),
                               ("issue-ocsp", check_ocsp, ["responses_sha256", "index_sha256"])):
        for e, order in done_of(entries, act):
            try:
                facts, more = e.data["facts"], ""
                if left_undone(entries, e) and any(facts.get(h) not in files.values() for h in hashes):
                    made = check_unwritten(act, facts, order, found, types)
                    more = ", nothing written by %s in a step that was ended or begun again" % act
                    if made is None:
                        notes.append(more)
                        continue
                    # what it would have written is judged as if it had been
                    kind, der, name = made
                    written, called, by = dict(found), dict(types), dict(signers)
                    written[name], called[kind] = der, {**types.get(kind, {}), facts[hashes[0]]: name}
                    if act == "issue-certificate":
                        by[name] = {spki_hash(above, openssl) for above in [found[p] for p in types.get(kind, {}).values()] + [der] if issued_by(der, above, openssl)}
                    notes.append((check(facts, order, written, called, by, openssl) or "") + more)
                else:
                    notes.append(check(facts, order, found, types, signers, openssl) or "")
            except Fault as fault:
                fault.line = e.line
                raise
    return "%d files, %d of them committed to, %d certificates and %d requests verified%s" % (
        len(found), len(files), certificates, requests, "".join(notes))


def left_undone(entries, done):
    """Was the step of this act ended by an exception that the control role accepted, or begun again, or given up with the script, before it came
    to its end?"""
    accepted = {seq for e, order in done_of(entries, "accept-exception") for seq in order.get("about") or [] if number(seq)}
    amended = {e.seq for e, _ in done_of(entries, "amend-script")}
    for e in entries[done.seq + 1:]:
        if e.step == done.step and e.event in ("step.completed", "step.begun"):
            return e.event == "step.begun"
        if e.seq in amended or (e.step == done.step and e.event == "exception.noted" and e.data["kind"] == "step-ended" and e.seq in accepted):
            return True
    return False


def check_unwritten(act, facts, order, found, types):
    """Such a step need not have written its file. What was signed is in the record all the same: a certificate and a CRL are the bytes that
    were approved, the algorithm that stands in them, and the signature. (type, DER, a name), or None where it cannot be made from that."""
    if act not in ("issue-certificate", "issue-crl"):
        return None
    kind, made, name, at = {"issue-certificate": ("tbs-certificate", "certificate-der", "certificate_sha256", 2),
                            "issue-crl": ("tbs-crl", "crl-der", "crl_sha256", 1)}[act]
    path = types.get(kind, {}).get(order.get("tbs_sha256")) if text(order.get("tbs_sha256")) else None
    if path is None:
        raise Fault("the bytes that were approved are no artifact")
    signature = decode_base64(facts["signature"]) if text(facts.get("signature")) else None
    fields = der_elements(found[path])
    der = der_of(0x30, found[path] + fields[at] + der_of(0x03, b"\0" + signature)) if signature and len(fields) > at else b""
    if sha256(der).hex() != facts.get(name):
        raise Fault("what was signed is no artifact, and is not what the bytes that were approved and the signature make")
    return made, der, "artifacts/(not written)"


def check_taken_in(entries):
    """What a take-in took in has size and hash of what was read, and two people confirmed the sums, in the same attempt of its step."""
    read, said, count = {}, {}, {}
    for e in entries:
        if e.event == "step.begun":
            read[e.step], said[e.step], count[e.step] = [], [], 0
        elif e.event == "facts.read" and e.data["what"] == "medium" and not e.data["faults"]:
            read[e.step] = e.data["facts"].get("files")
        elif e.event == "text.acknowledged" and e.data["word"] == "same":
            said.setdefault(e.step, []).append((e.data["person"], e.data["text_sha256"]))
        elif e.event == "artifact.taken" and e.data["type"] == "taken-in":
            files, at = read.get(e.step), count.get(e.step, 0)
            if not isinstance(files, list) or at >= len(files) or not all(isinstance(f, dict) and text(f.get("name")) and text(f.get("sha256")) for f in files):
                raise Fault("%s was taken in, and no facts say that it was read" % e.data["path"], e.line)
            f, sums = files[at], sha256("".join("%s  %s\n" % (x["sha256"], x["name"]) for x in files).encode()).hex()
            if (f["sha256"], f.get("bytes")) != (e.data["sha256"], e.data["bytes"]) or not e.data["path"].endswith(f["name"]):
                raise Fault("%s is not the file that was read from the medium" % e.data["path"], e.line)
            if len({person for person, of in said.get(e.step, []) if of == sums}) < 2:
                raise Fault("%s was taken in, and not two people confirmed its hash" % e.data["path"], e.line)
            count[e.step] = at + 1


def check_attestations(entries, found, scripts, openssl):
    """An attestation is of the key that was made, and its chain, each certificate under the next, ends at the root that a script of the
    record pins; the artifact is that chain. In a rehearsal the root may be one that says so itself."""
    keys, said = {}, {}
    for act in ("generate-key", "check-key"):
        keys.update((order.get("key"), e.data["facts"].get("spki_sha256")) for e, order in done_of(entries, act))
    for e in entries:
        if e.event == "facts.read" and e.data["what"] == "attestation" and not e.data["faults"]:
            facts = e.data["facts"]
            chain = [decode_base64(f["der"]) if isinstance(f, dict) and text(f.get("der")) else b"" for f in facts.get("files") or []]
            if len(chain) < 2 or not all(chain):
                raise Fault("an attestation of fewer than two certificates", e.line)
            if keys.get(facts.get("key")) is None or spki_hash(chain[0], openssl) != keys[facts["key"]]:
                raise Fault("the attestation is of another key than %s" % facts.get("key"), e.line)
            if not all(issued_by(der, above, openssl) for der, above in zip(chain, chain[1:])):
                raise Fault("the chain of the attestation of %s does not verify" % facts["key"], e.line)
            pinned = sha256(chain[-1]).hex() == facts.get("root_sha256")
            if not pinned and not (entries[0].data["rehearsal"] and all(REHEARSAL in der for der in chain)):
                raise Fault("the chain of the attestation of %s does not end at the pinned root" % facts["key"], e.line)
            if not any(str(facts.get("root_sha256")).encode() in found[p] for p in ["script.yaml", *scripts.values()]):
                raise Fault("no script pins the root of the attestation of %s" % facts["key"], e.line)
            said[e.step] = chain
        elif e.event == "artifact.taken" and e.data["type"] == "attestation-pem":
            blocks = re.findall(rb"-----BEGIN CERTIFICATE-----\n.*?-----END CERTIFICATE-----\n", found[e.data["path"]], re.S)
            if b"".join(blocks) != found[e.data["path"]] or [pem_bytes(b, b"CERTIFICATE") for b in blocks] != said.get(e.step):
                raise Fault("%s is not the attestation that was read" % e.data["path"], e.line)


def done_of(entries, act):
    """Each act.done of that act, with the order it was proposed with."""
    for e in entries:
        intent = entries[e.data["of"]] if e.event == "act.done" and e.data["of"] < e.seq else None
        proposal = entries[intent.data["of"]] if intent and intent.event == "act.intended" and intent.data["of"] < e.seq else None
        if proposal and proposal.data.get("act") == act:
            yield e, proposal.data["order"]


def check_sums(found):
    want = "".join("%s  %s\n" % (sha256(found[p]).hex(), p) for p in sorted(found) if p != "SHA256SUMS")
    have = found["SHA256SUMS"].decode("latin-1")
    if have != want:
        for at, (a, b) in enumerate(zip(have.split("\n"), want.split("\n")), 1):
            if a != b:
                raise Fault("SHA256SUMS, its line %d: not the sum of %s" % (at, b[66:] or "any file"))
        raise Fault("SHA256SUMS does not list every file once")


def der_elements(data):
    """The elements inside a DER SEQUENCE, each whole; none when it is no such."""
    def element(at):
        size, head = data[at + 1], 2
        if size & 0x80:
            head += size & 0x7f
            size = int.from_bytes(data[at + 2:at + head], "big")
        return at + head, at + head + size
    try:
        at, end = element(0)
        if data[0] != 0x30 or end != len(data):
            return []
        inside = []
        while at < end:
            after = element(at)[1]
            inside.append(data[at:after])
            at = after
        return inside if at == end else []
    except IndexError:
        return []


def der_of(tag, body):
    """An element of these contents."""
    size = len(body).to_bytes((len(body).bit_length() + 7) // 8, "big")
    return bytes([tag]) + (bytes([len(body)]) if len(body) < 0x80 else bytes([0x80 | len(size)]) + size) + body


def der_first(data):
    """Of a certificate, the TBSCertificate."""
    return (der_elements(data) or [b""])[0]


def pem_bytes(data, label):
    match = re.fullmatch(rb"-----BEGIN %s-----\n([A-Za-z0-9+/=\n]+)-----END %s-----\n" % (label, label), data)
    return decode_base64(match.group(1).replace(b"\n", b"").decode()) if match else None


def check_certificates(found, types, taken, openssl):
    ders = types.get("certificate-der", {})
    for path in types.get("certificate-pem", {}).values():
        if sha256(pem_bytes(found[path], b"CERTIFICATE") or b"").hex() not in ders:
            raise Fault("%s is no certificate of the record" % path)
    names, signers = {path: names_of(found[path]) for path in ders.values()}, {}
    for path in ders.values():
        if path in taken:
            continue
        # Under whom it must verify: those with its issuer's name. A certificate is trusted by itself only when it is its own issuer:
        # openssl does not look at the signature of what it trusts, unless it is self-signed and -check_ss_sig is given.
        issuer, subject = names[path]
        above = [p for p in ders.values() if names[p][1] == issuer and (p != path or issuer == subject)]
        signers[path] = {spki_hash(found[p], openssl) for p in above if verifies(path, p, found, openssl)}
        if not signers[path]:
            raise Fault("the signature of %s does not verify" % path)
    return len(ders), signers


def names_of(der):
    """Issuer and subject of a certificate, as their bytes."""
    fields = der_elements(der_first(der))
    if fields and fields[0][:1] == b"\xa0":
        del fields[0]
    if len(fields) < 6:
        raise Fault("a certificate has too few fields")
    return fields[2], fields[4]


def verifies(path, issuer, found, openssl):
    return issued_by(found[path], found[issuer], openssl)


def issued_by(der, issuer, openssl):
    # -ignore_critical: a rehearsal's certificates carry an extension that every relying party must refuse
    return openssl.run("verify", "-trusted", openssl.path("issuer", pem_of(issuer)), "-partial_chain", "-no-CApath", "-no-CAstore",
                       "-check_ss_sig", "-no_check_time", "-ignore_critical",
                       openssl.path("certificate", pem_of(der))).returncode == 0


def pem_of(der):
    return b"-----BEGIN CERTIFICATE-----\n%s-----END CERTIFICATE-----\n" % base64.encodebytes(der)


def spki_hash(der, openssl):
    done = openssl.run("x509", "-noout", "-pubkey", "-in", openssl.path("certificate", pem_of(der)))
    return sha256(pem_bytes(done.stdout, b"PUBLIC KEY") or b"").hex()


def request_pem_bytes(data):
    """One block, with white space around it and lines of any length: as foreign hands wrote it."""
    match = re.fullmatch(rb"\s*-----BEGIN ((?:NEW )?CERTIFICATE REQUEST)-----\r?\n([A-Za-z0-9+/=\r\n]+)-----END \1-----\s*", data)
    return decode_base64(re.sub(rb"[\r\n]", b"", match.group(2)).decode()) if match else None


def check_requests(found, types, openssl):
    """Every request holds the key it asks for: its own key verifies its signature."""
    ders = types.get("certification-request-der", {})
    for path in types.get("certification-request-pem", {}).values():
        if sha256(request_pem_bytes(found[path]) or b"").hex() not in ders:
            raise Fault("%s is no request of the record" % path)
    for path in ders.values():
        done = openssl.run("req", "-verify", "-noout", "-inform", "DER", "-in", openssl.path("request", found[path]))
        # some versions say that it failed, and exit with 0
        if done.returncode != 0 or b"verify OK" not in done.stdout + done.stderr or not der_first(found[path]):
            raise Fault("the signature of %s does not verify" % path)
    return len(ders)


def check_made_request(facts, order, found, types, signers, openssl):
    """What was made is what was approved: the same to-be-signed bytes, the same key."""
    made = facts.get("request_sha256")
    path = types.get("certification-request-der", {}).get(made) if text(made) else None
    if path is None:
        raise Fault("the request that was made is no artifact")
    info = sha256(der_first(found[path])).hex()
    if info != order.get("cri_sha256") or facts.get("cri_sha256") != info or info not in types.get("certification-request-info", {}):
        raise Fault("%s does not hold the to-be-signed bytes that were approved" % path)
    done = openssl.run("req", "-noout", "-pubkey", "-inform", "DER", "-in", openssl.path("request", found[path]))
    if sha256(pem_bytes(done.stdout, b"PUBLIC KEY") or b"").hex() != order.get("spki_sha256"):
        raise Fault("%s is not for the key that was approved" % path)


def check_issue(facts, order, found, types, signers, openssl):
    """What was issued is what was approved: the same to-be-signed bytes, the same key."""
    issued = facts.get("certificate_sha256")
    path = types.get("certificate-der", {}).get(issued) if text(issued) else None
    if path is None:
        raise Fault("the certificate that was issued is no artifact")
    tbs = sha256(der_first(found[path])).hex()
    if tbs != order.get("tbs_sha256") or facts.get("tbs_sha256") != tbs or tbs not in types.get("tbs-certificate", {}):
        raise Fault("%s does not hold the to-be-signed bytes that were approved" % path)
    if spki_hash(found[path], openssl) != order.get("subject_spki_sha256"):
        raise Fault("%s is not for the key that was approved" % path)
    if order.get("spki_sha256") not in signers.get(path, ()):
        raise Fault("%s is not signed by the key that was approved" % path)


def check_crl(facts, order, found, types, signers, openssl):
    """The CRL that was issued holds the to-be-signed bytes that were approved, and its signature is by the key that was approved."""
    issued = facts.get("crl_sha256")
    path = types.get("crl-der", {}).get(issued) if text(issued) else None
    if path is None:
        raise Fault("the CRL that was issued is no artifact")
    tbs = sha256(der_first(found[path])).hex()
    if tbs != order.get("tbs_sha256") or facts.get("tbs_sha256") != tbs or tbs not in types.get("tbs-crl", {}):
        raise Fault("%s does not hold the to-be-signed bytes that were approved" % path)
    for issuer in types.get("certificate-der", {}).values():
        pem = openssl.path("issuer", pem_of(found[issuer]))
        key = openssl.run("x509", "-noout", "-pubkey", "-in", pem)
        if sha256(pem_bytes(key.stdout, b"PUBLIC KEY") or b"").hex() == order.get("spki_sha256"):
            done = openssl.run("crl", "-inform", "DER", "-noout", "-CAfile", pem, "-in", openssl.path("crl", found[path]))
            if b"verify OK" not in done.stderr:
                raise Fault("the signature of %s does not verify" % path)
            return
    # else its certificate lies in an earlier record, which is verified apart


def check_document(facts, order, found, types, signers, openssl):
    """What was signed is the document that was approved, under the certificate that was approved."""
    path = types.get("cms-detached", {}).get(facts.get("cms_sha256")) if text(facts.get("cms_sha256")) else None
    document = types.get("document", {}).get(order.get("content_sha256")) if text(order.get("content_sha256")) else None
    if path is None or document is None:
        raise Fault("the document that was signed, or its signature, is no artifact")
    approved = order.get("certificate_sha256")
    signer = types.get("certificate-der", {}).get(approved) if text(approved) else None
    if signer is None or spki_hash(found[signer], openssl) != order.get("spki_sha256"):
        raise Fault("the certificate of who signs the document is no artifact, or is not of the key that was approved")
    # The certificate that was approved is the anchor, whatever stands above it and whenever this runs.
    done = openssl.run("cms", "-verify", "-cades", "-binary", "-inform", "DER", "-in", openssl.path("cms", found[path]), "-content",
                       openssl.path("content", found[document]), "-CAfile", openssl.path("certificate", pem_of(found[signer])),
                       "-partial_chain", "-purpose", "any", "-ignore_critical", "-no_check_time", "-signer",
                       openssl.path("signer", b""), "-out", os.devnull)
    if done.returncode != 0:
        raise Fault("the signature %s of %s does not verify" % (path, document))
    with open(os.path.join(openssl.folder.name, "signer"), "rb") as f:
        der = pem_bytes(f.read(), b"CERTIFICATE")
    if sha256(der or b"").hex() != approved:
        raise Fault("%s is signed under another certificate than was approved" % path)


OCSP_SAMPLE = 64  # signatures that openssl is asked about, of one act: a process each
INDEX_LINE = re.compile(rb"((?:[0-9a-f]{2}){1,20}),(0|[1-9][0-9]*),([1-9][0-9]*),([0-9a-f]{64}),(good|revoked,[0-9TZ:-]+,[A-Za-z]+)")
REASONS = ("unspecified", "keyCompromise", "cACompromise", "affiliationChanged", "superseded", "cessationOfOperation",
           "certificateHold", "", "removeFromCRL", "privilegeWithdrawn", "aACompromise")


def ocsp_status(tag, value):
    """A CertStatus as the index writes it."""
    if (tag, value) == (0x80, b""):
        return "good"
    parts = elements(value) if tag == 0xa1 else []
    at = re.fullmatch(rb"(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z", parts[0][1]) if parts and parts[0][0] == 0x18 else None
    reason = inside(parts[1][1], 0x0a)[0][0] if len(parts) == 2 and parts[1][0] == 0xa0 else 0
    if at is None or len(parts) > 2 or reason >= len(REASONS):
        raise Fault("a status is of no form")
    return "revoked,%s-%s-%sT%s:%s:%sZ,%s" % (tuple(g.decode() for g in at.groups()) + (REASONS[reason],))


def ocsp_tbs(response):
    """The to-be-signed bytes of an OCSPResponse (RFC 6960 section 4.2.1), and what each single response in them says."""
    status, body = elements(inside(response, 0x30)[0], 0x0a, 0xa0)
    kind, basic = elements(inside(body[1], 0x30)[0], 0x06, 0x04)
    if status[1] != b"\0" or kind[2] != oid("1.3.6.1.5.5.7.48.1.1"):
        raise Fault("it is no successful basic response")
    tbs = elements(inside(basic[1], 0x30)[0])[0][2]
    parts = elements(inside(tbs, 0x30)[0])
    said = []
    for single in inside(parts[2][1]):
        fields = elements(single)
        serial = int.from_bytes(elements(fields[0][1], 0x30, 0x04, 0x04, 0x02)[3][1], "big")
        said.append((serial, ocsp_status(*fields[1][:2])))
    return tbs, said


def check_ocsp(facts, order, found, types, signers, openssl):
    """The file of responses is cut as its index says, and what it holds are the bytes under the root that was approved, in
    their order; the index says what they say. openssl verifies some of them, and all when they are few."""
    path = types.get("ocsp-responses", {}).get(facts.get("responses_sha256")) if text(facts.get("responses_sha256")) else None
    index = types.get("ocsp-index", {}).get(facts.get("index_sha256")) if text(facts.get("index_sha256")) else None
    if path is None or index is None:
        raise Fault("the OCSP responses that were signed, or their index, are no artifact")
    whole, lines = found[path], found[index].split(b"\n")
    at, tree, listed, responses = 0, Tree(), [], []
    if lines.pop() != b"":
        raise Fault("%s does not end with LF" % index)
    for n, line in enumerate(lines, 1):
        match = INDEX_LINE.fullmatch(line)
        if match is None or int(match.group(2)) != at:
            raise Fault("%s, its line %d: not the next response" % (index, n))
        response, status = whole[at:at + int(match.group(3))], match.group(5).decode()
        at += int(match.group(3))
        if sha256(response).hex().encode() != match.group(4):
            raise Fault("%s, its line %d: the response has another hash" % (index, n))
        try:
            tbs, said = ocsp_tbs(response)
        except (Fault, IndexError) as fault:
            raise Fault("%s, the response of line %d of the index: %s" % (path, n, fault))
        if not said or any(one != (int(match.group(1), 16), status) for one in said):
            raise Fault("%s, its line %d: the response says another serial number or status" % (index, n))
        tree.append(tbs)
        responses.append(response)
        listed.append(match.group(1).decode() + status[4 if status == "good" else 7:])
    if at != len(whole):
        raise Fault("%s holds more than its index says" % path)
    if not responses or len(responses) != order.get("count") or facts.get("count") != order.get("count"):
        raise Fault("%d responses were signed, and another number approved" % len(responses))
    if base64.b64encode(tree.root()).decode() != order.get("root") or facts.get("root") != order.get("root"):
        raise Fault("%s does not hold the to-be-signed bytes that were approved" % path)
    if "".join(line + "\n" for line in listed).encode() not in [found[p] for p in types.get("ocsp-list", {}).values()]:
        raise Fault("%s is not of the certificates of a list that was made before" % path)
    return check_ocsp_signatures(path, responses, order, found, types, openssl)


def check_ocsp_signatures(path, responses, order, found, types, openssl):
    keys = [der for der in (found[p] for p in types.get("certificate-der", {}).values()) if spki_hash(der, openssl) == order.get("spki_sha256")]
    if not keys:
        raise Fault("the certificate of the key that was approved for %s is no artifact" % path)
    step = max(1, -(-len(responses) // OCSP_SAMPLE))
    asked = responses[::step] + ([responses[-1]] if (len(responses) - 1) % step else [])
    responder = openssl.path("responder", b"".join(pem_of(der) for der in keys))
    for response in asked:
        # -VAfile: this certificate and none that comes with the response
        done = openssl.run("ocsp", "-respin", openssl.path("response", response), "-VAfile", responder, "-no-CAfile", "-no-CApath",
                           "-no-CAstore")
        if done.returncode != 0 or b"Response verify OK" not in done.stderr:
            raise Fault("the signature of a response in %s does not verify" % path)
    return ", %d OCSP responses of which openssl verified %s" % (
        len(responses), "all" if len(asked) == len(responses) else "%d, spread evenly" % len(asked))


# --- later/: what was added after the close. It is reported, and changes no verdict.

REPLY_MAX, LATER_MAX = 131072, 1000


def read_later(folder, name, size=REPLY_MAX):
    path = os.path.join(folder, "later", name)
    found = os.lstat(path)
    if not stat.S_ISREG(found.st_mode) or found.st_size > size:
        raise Fault("it is no regular file of at most %d bytes" % size)
    return read_file(folder, os.path.join("later", name))


def time_stamp(folder, name, names, openssl, anchor):
    """An RFC 3161 reply over the file checkpoint, as openssl judges it at the time that it states."""
    data = read_later(folder, name)
    try:
        inside(inside(data, 0x30)[0], 0x30, 0x30)
    except Fault:
        raise Fault("it is not exactly one reply that grants a time stamp, in DER")
    reply, query = openssl.path("reply", data), name[:-1] + "q"
    said = openssl.run("ts", "-reply", "-in", reply, "-text").stdout.decode("utf-8", "replace")
    facts = {key: shown(value) for key, value in re.findall(r"^(Status|Policy OID|Time stamp): (.*)$", said, re.M)}
    at = re.fullmatch(r"([A-Z][a-z]{2}) +(\d+) (\d\d:\d\d:\d\d)(?:\.\d+)? (\d{4}) GMT", facts.get("Time stamp", ""))
    if at is None or not facts["Status"].startswith("Granted"):
        raise Fault("it does not grant a time stamp: %s" % facts.get("Status", "no status"))
    moment = datetime.datetime.strptime(" ".join(at.groups()) + " +0000", "%b %d %H:%M:%S %Y %z")
    about = "%s, policy %s" % (moment.strftime("%Y-%m-%dT%H:%M:%SZ"), facts.get("Policy OID", "?"))
    if anchor is None:
        return "not judged: it says %s; give its authority's root with --tsa-ca" % about
    against = [("-data", openssl.path("checkpoint", read_file(folder, "checkpoint")))]
    if query in names:
        against.append(("-queryfile", openssl.path("query", read_later(folder, query))))
    for words in against:
        done = openssl.run("ts", "-verify", "-in", reply, *words, "-CAfile", anchor, "-partial_chain", "-attime", "%d" % moment.timestamp())
        if done.returncode != 0:
            why = re.search(r":([^:\n]*):[^:\n]*:\d+:", done.stderr.decode("utf-8", "replace"))
            raise Fault("openssl ts: %s" % shown(why.group(1) if why else "verification failed"))
    token = openssl.path("token", openssl.run("ts", "-reply", "-in", reply, "-token_out").stdout)
    who = re.search(r"^TSA: (?:DirName:)?(.*)$", said, re.M)
    if who is None or who.group(1) == "unspecified":
        printed = openssl.run("pkcs7", "-inform", "DER", "-in", token, "-print_certs", "-noout").stdout.decode("utf-8", "replace")
        who = re.search(r"^subject=(.*)$", printed, re.M)
    return "holds: %s, by %s" % (about, shown(who.group(1)) if who else "an authority that does not say its name")


def further_cosignatures(data, body, keys, openssl):
    """A signed note over the checkpoint: who, and what is to be said of that line."""
    if not data.startswith(body + b"\n") or not data.endswith(b"\n"):
        raise Fault("it is no signed note over this checkpoint")
    for line in data[len(body) + 1:-1].decode("utf-8", "replace").split("\n"):
        name = (line.split(" ") + ["", ""])[1]
        raw = decode_base64((line.split(" ") + ["", "", ""])[2])
        if raw is None or len(raw) < 4:
            yield "?", "DOES NOT HOLD: it is no signature line"
            continue
        key = next((k for k in keys if k.name == name and k.id == raw[:4]), None)
        if key is None:
            yield name, "not judged: its key is neither in the record nor in the register"
            continue
        try:
            yield name, "holds, at %d seconds since 1970" % check_cosignature(openssl, line, key, body)
        except Fault as fault:
            yield name, "DOES NOT HOLD: %s" % fault


def report_later(options, entries, log, openssl):
    folder = options.record
    names = sorted(os.listdir(os.path.join(folder, "later"))) if os.path.isdir(os.path.join(folder, "later")) else []
    keys = [Key(e.data["vkey"], e.data["person"], PERSON) for e in entries if e.event == "person.joined"] if names else []
    for line in read_file("", options.people).decode("utf-8", "replace").split("\n") if options.people and names else []:
        try:
            keys.append(Key(line, line.split("+")[0], PERSON))
        except Fault:
            pass
    anchor = None
    if options.tsa_ca and names:
        anchor = openssl.path("anchors", b"".join(read_file("", path) for path in options.tsa_ca))
    for name in names[:LATER_MAX]:
        try:
            if not re.fullmatch("[A-Za-z0-9._-]+", name):
                print("later      %s not judged: its name has other characters than A-Z a-z 0-9 . _ -" % shown(name))
            elif name.endswith(".tsr"):
                print("later      %s %s" % (shown(name), time_stamp(folder, name, names, openssl, anchor)))
            elif name.endswith(".note"):
                for who, what in further_cosignatures(read_later(folder, name), log.body(len(entries)), keys, openssl):
                    print("later      %s: %s %s" % (shown(name), shown(who), what))
            elif not (name.endswith(".tsq") and name[:-1] + "r" in names):
                print("later      %s not judged: of no kind that is known here" % shown(name))
        except (Fault, OSError) as fault:
            print("later      %s DOES NOT HOLD: %s" % (shown(name), fault))
    if len(names) > LATER_MAX:
        print("later      %d more files are not looked at" % (len(names) - LATER_MAX))


# --- Who vouches for the people, and the verdicts.

def check_vouchers(options, entries, folder):
    """What outside the record vouches for the people, or None."""
    opened = entries[0].data
    vkeys = {e.data["vkey"] for e in entries if e.event == "person.joined"}
    by = None
    if options.people is not None:
        register = set(read_file("", options.people).decode("utf-8", "replace").split("\n"))
        for vkey in sorted(vkeys - register):
            raise Fault("%s is not in the register of people" % shown(vkey))
        by = "the register of people"
    if options.script_hash is not None:
        if opened["script"]["sha256"] != options.script_hash:
            raise Fault("the script is another than the one whose hash was given")
        script = read_file(folder, "script.yaml").decode("utf-8", "replace")
        if vkeys and vkeys <= {p["vkey"] for p in opened["people"]} and all(v in script for v in vkeys):
            by = by or "the script's hash"
    if opened["rehearsal"] and options.rehearsal:
        by = by or "nobody: they are the stand-ins of a rehearsal"
    return by


def judge(name, verdicts, check):
    try:
        evidence = check()
        verdicts.append(True)
        print("%-10s holds: %s" % (name, evidence))
    except (Fault, OSError) as fault:
        verdicts.append(False)
        print("%-10s DOES NOT HOLD: %s" % (name, fault))


def verify(options):
    verdicts, state, openssl, folder = [], {}, OpenSSL(), options.record

    def form():
        entries = state["entries"] = read_entries(read_file(folder, "transcript.jsonl"))
        return "%d entries of %s" % (len(entries), shown(entries[0].data["origin"]))

    def log():
        anchor = read_anchor(read_file("", options.anchor)) if options.anchor else None
        state["log"] = Log(entries, anchor[1] if anchor else None)
        path = os.path.join(folder, "checkpoint")
        evidence = check_log(entries, state["log"], openssl, read_file(folder, "checkpoint") if os.path.exists(path) else None)
        if anchor:
            origin, size, root = anchor
            if origin != state["log"].origin.encode() or size > len(entries) or state["log"].roots[size] != root:
                raise Fault("the record is not the anchor's, nor does it extend it")
            evidence += ", extends the anchor of size %d" % size
        if options.previous:
            evidence += ", " + check_previous(entries, options.previous)
        return evidence

    def consent():
        fold = state["consent"] = Consent(entries, state.get("log") or Log(entries, None), openssl)
        return "%d acts and %d people's keys under %d cosignatures" % (fold.acts, len(fold.members), fold.approvals)

    judge("form", verdicts, form)
    entries = state.get("entries")
    if entries is None:
        for name in ("log", "consent", "artifacts"):
            print("%-10s DOES NOT HOLD: not judged, since the form does not hold" % name)
        return 1
    judge("log", verdicts, log)
    judge("consent", verdicts, consent)
    judge("artifacts", verdicts, lambda: check_artifacts(folder, entries, openssl))
    if verdicts[1]:
        report_later(options, entries, state["log"], openssl)
    vouched = None
    if all(verdicts):
        try:
            vouched = check_vouchers(options, entries, folder)
            if entries[0].data["rehearsal"] and not options.rehearsal:
                raise Fault("this is a rehearsal, which only --rehearsal accepts")
        except (Fault, OSError) as fault:
            print("%-10s DOES NOT HOLD: %s" % ("record", fault))
            return 1
    if not all(verdicts):
        return 1
    for name, names in state["consent"].cards.items():
        print("card       of %s: %s" % (name, names))
    if entries[0].data["rehearsal"]:
        print("REHEARSAL  this record is of a rehearsal and of no ceremony")
    if vouched is None:
        print("people     only the record's own word says who they are: give --people or --script-hash")
        return 4
    print("people     vouched for by %s" % vouched)
    return 0


def main():
    parser = argparse.ArgumentParser(description="Verifies the record of a key ceremony.")
    parser.add_argument("record", metavar="DIR")
    parser.add_argument("--people", metavar="FILE", help="register of the people's vkey lines, kept outside the record")
    parser.add_argument("--script-hash", metavar="HASH", help="SHA-256 of the script, known from outside")
    parser.add_argument("--anchor", metavar="FILE", help="a checkpoint kept elsewhere, which the record must extend")
    parser.add_argument("--previous", metavar="DIR", help="the record that this one goes on from")
    parser.add_argument("--tsa-ca", metavar="FILE", action="append", help="PEM roots of time-stamp authorities, for later/")
    parser.add_argument("--rehearsal", action="store_true", help="accept a rehearsal")
    options = parser.parse_args()
    if options.script_hash is not None and not hash64(options.script_hash):
        parser.error("HASH is 64 lower-case hex digits")
    if not os.path.isdir(options.record):
        parser.error("%s is no directory" % shown(options.record))
    return verify(options)


if __name__ == "__main__":
    sys.exit(main())
