#!/usr/bin/env python3
"""Makes a small record of a ceremony that never took place, by openssl and from docs/record-format.md alone: something to
hold the verifiers against that the console did not write.

    make_record.py DIR [--real] [--seed TEXT]

Everything follows from the seed but the certificate's and the keys' randomness, which is openssl's. checkpoint.png and .svg
are stand-ins: `verify-record.py` does not look into them.
"""
import argparse
import base64
import functools
import hashlib
import json
import os
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
import ed25519  # noqa: E402

PEOPLE = [("hiroshi", "administrator"), ("aiko", "custodian"), ("ben", "custodian"), ("chika", "custodian"), ("dana", "witness")]
STEPS = [("roll-call", "attend"), ("open", "read"), ("host", "inspect-host"), ("token", "initialise-hsm"), ("unlock", "unlock-hsm"),
         ("root-key", "generate-key"), ("root-cert", "issue-certificate"), ("lock", "lock-hsm"), ("evening", "attend"),
         ("end", "close")]
ACTS = {"initialise-hsm", "unlock-hsm", "generate-key", "issue-certificate"}


def openssl(*arguments, given=None):
    return subprocess.run(("openssl",) + arguments, input=given, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=True).stdout


def b64(data):
    return base64.b64encode(data).decode()


class Key:
    """An Ed25519 key of OpenSSL's, and its C2SP names."""

    def __init__(self, name, kind):
        self.name, self.kind, self.secret = name, kind, os.urandom(32)
        self.public = ed25519.public(self.secret)
        self.id = hashlib.sha256(name.encode() + b"\n" + bytes([kind]) + self.public).digest()[:4]
        self.vkey = "%s+%s+%s" % (name, self.id.hex(), b64(bytes([kind]) + self.public))

    def sign(self, message):
        return ed25519.sign(self.secret, message)

    def line(self, body, seconds=None):
        head = b""
        if self.kind == 4:
            head, body = seconds.to_bytes(8, "big"), b"cosignature/v1\ntime %d\n" % seconds + body
        return "\u2014 %s %s" % (self.name, b64(self.id + head + self.sign(body)))


def tlv(tag, *parts):
    data = b"".join(parts)
    size = bytes([len(data)]) if len(data) < 128 else len(data).to_bytes((len(data).bit_length() + 7) // 8, "big")
    return bytes([tag]) + (bytes([0x80 | len(size)]) if len(data) > 127 else b"") + size + data


OIDS = {"data": "2a864886f70d010701", "signed": "2a864886f70d010702", "type": "2a864886f70d010903", "digest": "2a864886f70d010904",
        "time": "2a864886f70d010905", "certificate": "2a864886f70d010910022f", "sha256": "608648016503040201",
        "rsa": "2a864886f70d01010b", "ecdsa": "2a8648ce3d040302"}


def oid(name):
    return tlv(6, bytes.fromhex(OIDS[name]))


@functools.lru_cache(maxsize=None)
def card_of(name, key):
    return Card(name, key)


class Card:
    """A person's smart card: a key of openssl's with a certificate of its own, and the CMS of record-format.md."""

    def __init__(self, name, key):
        self.place = tempfile.TemporaryDirectory()
        folder, self.kind = self.place.name, "rsa" if key.startswith("rsa") else "ecdsa"
        self.key = os.path.join(folder, "card-" + name)
        openssl("req", "-x509", "-newkey", key, *(() if self.kind == "rsa" else ("-pkeyopt", "ec_paramgen_curve:P-256")), "-nodes",
                "-days", "3650", "-subj", "/C=JP/CN=" + name.title(), "-keyout", self.key, "-outform", "DER", "-out", self.key + ".der")
        with open(self.key + ".der", "rb") as f:
            self.der = f.read()
        self.sha256 = hashlib.sha256(self.der).hexdigest()
        more = os.path.join(folder, "issuer-" + name)
        openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=Issuer", "-keyout",
                more + ".key", "-outform", "DER", "-out", more)
        with open(more, "rb") as f:
            self.more = f.read()

    def parts(self, message, seconds):
        """The signed attributes, by name: what a test may change."""
        import time
        digest = hashlib.sha256(message).digest()
        return {"type": oid("data"), "time": tlv(0x17, time.strftime("%y%m%d%H%M%SZ", time.gmtime(seconds)).encode()),
                "digest": tlv(4, digest), "certificate": tlv(0x30, tlv(0x30, tlv(0x30, tlv(4, hashlib.sha256(self.der).digest()))))}

    def sign(self, message, seconds, change=lambda parts: None):
        parts = self.parts(message, seconds)
        change(parts)
        attributes = b"".join(sorted(tlv(0x30, oid(n), tlv(0x31, v)) for n, v in parts.items()))
        signature = openssl("dgst", "-sha256", "-sign", self.key, given=tlv(0x31, attributes))
        tbs = split(split(self.der)[0][1])[0][2]
        _, serial, _, issuer, *_ = split(split(tbs)[0][1])
        digest, algorithm = tlv(0x30, oid("sha256")), tlv(0x30, oid(self.kind), b"\5\0" if self.kind == "rsa" else b"")
        signer = tlv(0x30, b"\2\1\1", tlv(0x30, issuer[2], serial[2]), digest, tlv(0xa0, attributes), algorithm, tlv(4, signature))
        certificates = tlv(0xa0, *sorted([self.der, self.more]))
        signed = tlv(0x30, b"\2\1\1", tlv(0x31, digest), tlv(0x30, oid("data")), certificates, tlv(0x31, signer))
        return tlv(0x30, oid("signed"), tlv(0xa0, signed))


def split(data):
    """(tag, contents, whole) of each DER element."""
    found, at = [], 0
    while at < len(data):
        size, head = data[at + 1], 2
        if size & 0x80:
            head += size & 0x7f
            size = int.from_bytes(data[at + 2:at + head], "big")
        found.append((data[at], data[at + head:at + head + size], data[at:at + head + size]))
        at += head + size
    return found


def root_of(leaves):
    """RFC 6962 section 2.1, as it is written there."""
    if len(leaves) == 1:
        return hashlib.sha256(b"\0" + leaves[0]).digest()
    k = 1
    while 2 * k < len(leaves):
        k *= 2
    return hashlib.sha256(b"\1" + root_of(leaves[:k]) + root_of(leaves[k:])).digest()


def time_text(ms):
    import datetime
    at = datetime.datetime(1970, 1, 1) + datetime.timedelta(milliseconds=ms)
    return at.strftime("%Y-%m-%dT%H:%M:%S.") + "%03dZ" % (at.microsecond // 1000)


@functools.lru_cache(maxsize=None)
def root_certificate():
    """(TBSCertificate, SubjectPublicKeyInfo, certificate, PEM), the same for all records of one run."""
    with tempfile.TemporaryDirectory() as place:
        key, cert = (os.path.join(place, n) for n in ("root.key", "root.der"))
        openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-384", "-sha384", "-nodes", "-days", "7305", "-subj",
                "/C=JP/O=Example Trust K.K./CN=Example Root CA G1", "-addext", "keyUsage=critical,keyCertSign,cRLSign",
                "-addext", "2.25.1234=critical,DER:0500", "-keyout", key, "-outform", "DER", "-out", cert)
        with open(cert, "rb") as f:
            der = f.read()
        spki = openssl("pkey", "-in", key, "-pubout", "-outform", "DER")
        return split(split(der)[0][1])[0][2], spki, der, openssl("x509", "-inform", "DER", "-in", cert)


class Maker:
    def __init__(self, folder, rehearsal, seed):
        self.folder, self.rehearsal = folder, rehearsal
        self.lines, self.files, self.ms, self.step = [], {}, 1796117400123, None
        run = hashlib.sha256(seed.encode()).hexdigest()[:8]
        self.origin = ("rehearsal/" if rehearsal else "") + "example.jp/ceremony/root-g1/20261201T093000Z-" + run
        self.people = {n: Key(n, 4) for n, _ in PEOPLE}
        self.cards = {} if rehearsal else {"ben": card_of("ben", "rsa:2048"), "dana": card_of("dana", "ec")}
        self.present, self.exceptions = [], 0
        self.console = Key(self.origin, 1)

    def add(self, event, after=700, **data):
        self.ms += after
        entry = dict(seq=len(self.lines), time=time_text(self.ms), step=self.step, event=event, data=data)
        self.lines.append(json.dumps(entry, ensure_ascii=False, separators=(",", ":")).encode())
        self.exceptions += event == "exception.noted"
        return entry["seq"]

    def body(self, size=None):
        size = size or len(self.lines)
        return b"%s\n%d\n%s\n" % (self.origin.encode(), size, b64(root_of(self.lines[:size])).encode())

    def approve(self, of, name):
        body = self.body(of + 1)
        self.ms += 2000
        self.add("approval.given", of=of, person=name, cosignature=self.people[name].line(body, self.ms // 1000),
                 console=self.console.line(body), card=self.card(name, body, self.ms // 1000))

    def card(self, name, body, seconds):
        if self.rehearsal or name not in self.cards:
            return None
        card = self.cards[name]
        return dict(sha256=card.sha256, cms=b64(card.sign(b"cosignature/v1\ntime %d\n" % seconds + body, seconds)))

    def join(self, name):
        role = dict(PEOPLE)[name]
        of = self.add("person.joined", person=name, vkey=self.people[name].vkey, name=name.title() + " 山田", organisation="Example Trust",
                      role=role, identity="passport, \"seen\" by two")
        if name == "ben":
            self.add("login.failed", person=name, count=1)
        self.approve(of, name)
        self.present.append(name)
        self.files["people/%s.vkey" % name] = self.people[name].vkey.encode() + b"\n"

    def act(self, name, order, role, need, approvers, facts):
        of = self.add("act.proposed", act=name, order=order, role=role, need=need)
        for person in approvers:
            self.approve(of, person)
        intended = self.add("act.intended", of=of)
        self.add("act.done", after=4000, of=intended, facts=facts)

    def artifact(self, name, data, kind):
        self.files["artifacts/" + name] = data
        self.add("artifact.written", path="artifacts/" + name, bytes=len(data), sha256=hashlib.sha256(data).hexdigest(), type=kind)

    def opened(self):
        roles = dict(administrator=dict(count=1, quorum=None), custodian=dict(count=dict(minimum=2, maximum=3), quorum=2),
                     witness=dict(count=1, quorum=None))
        people = [] if self.rehearsal else [dict(person=n, role=r, vkey=self.people[n].vkey, card=self.cards[n].sha256 if n in self.cards else None)
                                            for n, r in PEOPLE]
        script = "tachiai: 1\ntitle: {en: Root}\n" + "".join("  - {name: %s, key: %s}\n" % (p["person"], p["vkey"]) for p in people)
        self.files["script.yaml"], self.files["site.yaml"] = script.encode(), b"hsm: {}\n"
        sums = {n: hashlib.sha256(d).hexdigest() for n, d in self.files.items()}
        self.add("ceremony.opened", format=1, origin=self.origin, rehearsal=self.rehearsal, console=self.console.vkey,
                 script=dict(sha256=sums["script.yaml"], title=dict(en="Root CA", ja="ルート認証局")), site=dict(sha256=sums["site.yaml"]),
                 program=dict(version="0.1.0", sha256="0" * 64), libraries=dict(openssl="3.0.15", libsodium="1.0.18"),
                 host=dict(os="Linux 6.1", image=None), roles=roles, exclusive=[["administrator", "custodian", "witness"]],
                 control="custodian", people=people,
                 steps=[dict(id=i, do=d, approve="custodian" if d in ACTS else None) for i, d in STEPS], more_steps=0,
                 hsm={"root-hsm": dict(module="/usr/lib/softhsm/libsofthsm2.so", module_sha256="1" * 64, label="REHEARSAL root",
                                       serial="", login="shares", software=True)}, previous=None)
        return sums

    def run_step(self, n):
        self.step = STEPS[n][0]
        self.add("step.begun", kind=STEPS[n][1], attempt=1)

    def whole(self):
        sums = self.opened()
        self.run_step(0)
        for name, _ in PEOPLE:
            self.join(name)
        begin = dict(script_sha256=sums["script.yaml"], site_sha256=sums["site.yaml"], people=list(self.present))
        self.act("begin", begin, None, 5, self.present, {})
        self.add("step.completed", attempt=1)
        self.run_step(1)
        self.add("text.acknowledged", person="dana", word="heard", text_sha256="2" * 64)
        self.add("value.observed", name="bag", person="aiko", text="A 0417 \\ 封印")
        self.add("value.confirmed", name="bag", person="dana", text="A 0417 \\ 封印")
        self.add("step.completed", attempt=1)
        self.run_step(2)
        self.add("facts.read", what="host", facts=dict(interfaces=["eth0"], swap=False, negative=-9007199254740991), faults=["a network is up"])
        noted = self.add("exception.noted", person="hiroshi", acknowledged=None, kind="host", text="a network is up", about=[len(self.lines) - 1])
        self.act("accept-exception", dict(about=[noted]), "custodian", 2, ["aiko", "chika"], {})
        self.run_step(3)
        self.act("initialise-hsm", dict(hsm="root-hsm", serial="", label="REHEARSAL root", login="shares", found=[], erase=[]), "custodian",
                 2, ["ben", "aiko"], dict(serial="8f3a12bc"))
        for person in ("aiko", "ben"):
            self.add("secret.entered", person=person, what="root-user-pin", part=1, of_parts=2)
        self.interruption()
        self.run_step(4)
        of = self.add("act.proposed", act="unlock-hsm", order=dict(hsm="root-hsm", serial="8f3a12bc", flags=[]), role="custodian", need=2)
        self.add("approval.refused", of=of, person="chika", reason="the serial was not read out")
        self.add("act.voided", of=of, reason="refused")
        self.act("unlock-hsm", dict(hsm="root-hsm", serial="8f3a12bc", flags=[]), "custodian", 2, ["ben", "chika"], {})
        self.key_and_certificate()
        self.step = "lock"
        self.add("hsm.locked", hsm="root-hsm")
        self.add("code.shown", what="fingerprint", sha256="3" * 64)
        self.add("exception.noted", person="dana", acknowledged=None, kind="clock", text="the clock was 2 s fast and is set back", about=[])
        self.add("person.left", after=-2000, person="hiroshi", reason="shift")
        self.present.remove("hiroshi")
        self.run_step(8)
        self.join("aiko")
        self.act("attend", dict(people=list(self.present)), "custodian", 2, ["ben", "aiko"], {})
        self.add("step.completed", attempt=1)
        self.run_step(9)
        self.add("ceremony.closed", cosigners=list(self.present), exceptions=self.exceptions)
        self.close()

    def interruption(self):
        """Paused, and taken up again under another key of the console by the people who came back."""
        self.add("exception.noted", person="ben", acknowledged="dana", kind="noted", text="the lamp failed", about=[])
        self.add("ceremony.paused", person=None, reason="the end of the day", cosigners=list(self.present))
        body, seconds = self.body(), self.ms // 1000 + 1
        seal = [self.console.line(body)] + [self.people[n].line(body, seconds) for n in self.present]
        self.console = Key(self.origin, 1)
        of = self.add("ceremony.resumed", after=3600000, console=self.console.vkey, torn=0, torn_sha256=None, open_intent=None, seal=seal)
        self.present = []
        for name in ("dana", "chika", "ben", "hiroshi"):
            self.rejoin(name)
        self.act("resume", dict(of=of), "custodian", 2, ["chika", "ben"], {})

    def rejoin(self, name):
        if name == "ben":  # five wrong passphrases, a minute, and then the right one
            of = self.add("person.joined", person=name, vkey=self.people[name].vkey, name="Ben", organisation="Example Trust",
                          role="custodian", identity="passport")
            for n in range(5):
                self.add("login.failed", person=name, count=n + 1)
            self.ms += 60000
            self.approve(of, name)
            self.present.append(name)
        else:
            self.join(name)

    def key_and_certificate(self):
        tbs, spki, der, pem = root_certificate()
        digest = {n: hashlib.sha256(d).hexdigest() for n, d in (("tbs", tbs), ("spki", spki), ("der", der))}
        self.run_step(5)
        self.act("generate-key", dict(hsm="root-hsm", serial="8f3a12bc", key="root-key", algorithm="ec-p384", label="Example Root CA G1",
                                      cka_id="0a0b"), "custodian", 2, ["ben", "chika"], dict(spki=b64(spki), spki_sha256=digest["spki"]))
        self.run_step(6)
        self.artifact("root.tbs", tbs, "tbs-certificate")
        order = dict(certificate="root", hsm="root-hsm", serial="8f3a12bc", key="root-key", cka_id="0a0b", spki_sha256=digest["spki"],
                     subject_spki_sha256=digest["spki"], serial_number="01", not_before="2026-12-01T09:30:00Z", not_after="2046-12-01T09:29:59Z", tbs_sha256=digest["tbs"],
                     lint=[])
        self.act("issue-certificate", order, "custodian", 2, ["chika", "ben"],
                 dict(tbs_sha256=digest["tbs"], algorithm="ecdsa-sha384", signature="00", certificate_sha256=digest["der"]))
        self.artifact("root.der", der, "certificate-der")
        self.artifact("root.pem", pem, "certificate-pem")

    def close(self):
        body = self.body()
        lines = [self.console.line(body)] + [self.people[n].line(body, self.ms // 1000 + 30 + i) for i, n in enumerate(self.present)]
        self.files["checkpoint"] = body + b"\n" + "".join(line + "\n" for line in lines).encode()
        self.files["checkpoint.png"], self.files["checkpoint.svg"] = b"\x89PNG stand-in\n", b"<svg/>\n"
        self.files["transcript.jsonl"] = b"".join(line + b"\n" for line in self.lines)
        self.files["SHA256SUMS"] = "".join("%s  %s\n" % (hashlib.sha256(self.files[p]).hexdigest(), p) for p in sorted(self.files)).encode()
        for path, data in self.files.items():
            os.makedirs(os.path.dirname(os.path.join(self.folder, path)), exist_ok=True)
            with open(os.path.join(self.folder, path), "xb") as f:
                f.write(data)


def main():
    parser = argparse.ArgumentParser(description="Makes a small synthetic record.")
    parser.add_argument("folder", metavar="DIR")
    parser.add_argument("--real", action="store_true", help="dress it as a real ceremony, its people pinned")
    parser.add_argument("--seed", default="one")
    options = parser.parse_args()
    os.mkdir(options.folder)
    Maker(options.folder, not options.real, options.seed).whole()


if __name__ == "__main__":
    main()
