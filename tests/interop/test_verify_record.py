#!/usr/bin/env python3
"""docs/verify-record.py against records of consoles that lie: every line signed as it should be, every sum right, and one
rule of consent broken. Each must be refused for that rule. And records that break none, with every way to vouch for them. What is
wrong with a smart card's signature is asked of both verifiers: neither may take what the other refuses.

    test_verify_record.py [--verifier COMMAND] [NAME…]

NAME: only the cases whose name holds one of the words. COMMAND: another verifier, such as `build/tachiai verify`; its sentences are
its own, so it is only held to which verdict falls, and its verdicts on artifacts and conduct are left alone: pictures and script
of these records are stand-ins.
"""
import argparse
import concurrent.futures
import hashlib
import os
import re
import shlex
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
sys.path[:0] = [os.path.dirname(os.path.abspath(__file__)), os.path.join(os.path.dirname(os.path.abspath(__file__)), "..")]
import second_verifier  # noqa: E402
from make_record import Key, Maker, card_of, tlv  # noqa: E402

BUILD = os.environ.get("BUILD", os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "build"))
TACHIAI = os.path.join(BUILD, "tachiai")
OTHER = None


class Liar(Maker):
    """Makes the record of make_record.py, but for the entries that `twists` {(event, which of them): function} names."""

    def __init__(self, folder, rehearsal, seed, twists):
        super().__init__(folder, rehearsal, seed)
        self.twists, self.seen = twists, {}

    def add(self, event, after=700, **data):
        n = self.seen[event] = self.seen.get(event, 0) + 1
        twist = self.twists.get((event, n))
        return twist(self, event, after, data) if twist else self.plain(event, after, data)

    def plain(self, event, after, data):
        return super().add(event, after, **data)


def drop(m, event, after, data):
    return len(m.lines) - 1


def put(**changes):
    """The entry with other values; a function is called with the maker and the data."""
    def twist(m, event, after, data):
        return m.plain(event, after, dict(data, **{k: v(m, data) if callable(v) else v for k, v in changes.items()}))
    return twist


def later(ms):
    return lambda m, event, after, data: m.plain(event, after + ms, data)


def before(event, **data):
    """Another entry first."""
    def twist(m, old, after, old_data):
        m.plain(event, 10, {k: v(m, old_data) if callable(v) else v for k, v in data.items()})
        return m.plain(old, after, old_data)
    return twist


def after_it(event, **data):
    def twist(m, old, after, old_data):
        seq = m.plain(old, after, old_data)
        m.plain(event, 10, {k: v(m, old_data) if callable(v) else v for k, v in data.items()})
        return seq
    return twist


def by(person, seconds=0):
    """The approval given by another, or with another time, and signed so."""
    def twist(m, event, after, data):
        who = person or data["person"]
        line = m.people[who].line(m.body(data["of"] + 1), m.ms // 1000 + seconds)
        return m.plain(event, after, dict(data, person=who, cosignature=line))
    return twist


def order(**changes):
    return put(order=lambda m, d: dict(d["order"], **changes))


def again(m, event, after, data):
    m.plain(event, after, data)
    return m.plain(event, after, data)


def roles(**changes):
    return put(roles=lambda m, d: {r: dict(v, **changes.get(r, {})) for r, v in d["roles"].items()})


def fresh_vkey(name):
    return lambda m, d: Key(name, 4).vkey


LEFT = dict(person="chika", reason="ill")
NOTED = dict(person="dana", acknowledged=None, kind="other", text="x", about=[])
PROPOSED = dict(act="unlock-hsm", order=dict(hsm="root-hsm", serial="", flags=[]), role="custodian", need=2)

CHANGE = dict(hsm="root-hsm", serial="8f3a12bc", secret="root-user-pin", pin="user", flags="", holders=["ben", "chika"], threshold=2, shares=2,
              still_open=["a backup"])


def changed(do="change-custodians", act=None, **changes):
    """A step more after the lock, in which custodians change; the order with other values."""
    def twist(m, event, after, data):
        n = m.plain(event, after, data)
        keys = ("hsm", "serial", "secret", "pin", "flags") if act == "settle-custodians" else CHANGE
        m.step = "anew"
        m.act(act or do, {k: dict(CHANGE, **changes)[k] for k in keys}, "custodian", 2, ["ben", "chika"],
              dict(valid="new") if act else dict(flags={}, old_pin="CKR_PIN_INCORRECT"))
        m.step = "lock"
        return n
    steps = lambda m, d: d["steps"][:-1] + [dict(id="anew", do=do, approve="custodian")] + d["steps"][-1:]
    return {("ceremony.opened", 1): put(steps=steps), ("hsm.locked", 1): twist}


def long_list(extra=150, at=100, first=101, twice=False, then=None):
    """So many steps more, behind those that are used: entry 0 lists the first hundred, steps.listed the others."""
    def twist(m, event, after, data):
        more = [dict(id="more-%d" % n, do="read", approve=None) for n in range(extra)]
        if twice:
            more[-1] = dict(more[0])
        steps = data["steps"] + more
        seq = m.plain(event, after, dict(data, steps=steps[:at], more_steps=len(steps) - at))
        for n in range(at, len(steps), 100):
            if then and n > at:
                m.plain(*then)
            m.plain("steps.listed", 10, dict(first=n + first - 100, steps=steps[n:n + 100]))
        return seq
    return {("ceremony.opened", 1): twist}


# name, twists, what the verifier says (its consent verdict, unless another is named)
LIES = [
    ("change: a PIN of nobody", changed(pin="puk"), "pin is neither user nor so"),
    ("change: a holder who left", changed(holders=["ben", "aiko"]), "the holders are not so many people who are present"),
    ("change: a holder of two shares", changed(holders=["ben", "ben"]), "the holders are not so many people who are present"),
    ("change: a holder who never came", changed(holders=["ben", "king"]), "the holders are not so many people who are present"),
    ("change: no list of holders", changed(holders="ben"), "the holders are not so many people who are present"),
    ("change: more shares than holders", changed(shares=3), "there are not as many holders as shares"),
    ("change: threshold of one", changed(threshold=1), "there are not as many holders as shares"),
    ("change: threshold over the shares", changed(threshold=3), "there are not as many holders as shares"),
    ("change: still_open of numbers", changed(still_open=[1]), "still_open is no list of texts"),
    ("change: no list of what is open", changed(still_open="a backup"), "still_open is no list of texts"),
    ("change: in the other step", changed(do="share-secret", act="change-custodians"), "the step is none of entry 0"),
    ("settled by an unlocking", changed(do="unlock-hsm", act="settle-custodians"), "the step is none of entry 0"),
    ("need of one", {("act.proposed", 2): put(need=1)}, "accept-exception needs 2 of custodian"),
    ("another role decides", {("act.proposed", 3): put(role="witness")}, "initialise-hsm needs 2 of custodian"),
    ("begin by one role", {("act.proposed", 1): put(role="custodian", need=2)}, "begin needs 5 of all present"),
    ("begin by fewer", {("act.proposed", 1): put(need=4)}, "begin needs 5 of all present"),
    ("begin without one", {("approval.given", 9): drop}, "4 of 5 approved"),
    ("begin of other people", {("act.proposed", 1): order(people=["aiko"])}, "begin is not of this script"),
    ("begin of another script", {("act.proposed", 1): order(script_sha256="0" * 64)}, "begin is not of this script"),
    ("begin twice", {("act.proposed", 2): put(act="begin", order=lambda m, d: {})}, "the order of begin is exactly"),
    ("an act before begin", {("act.proposed", 1): before("act.proposed", **PROPOSED)}, "unlock-hsm before all approved the beginning"),
    ("no approval", {("approval.given", 23): drop, ("approval.given", 24): drop}, "0 of 2 approved"),
    ("one approval", {("approval.given", 24): drop}, "1 of 2 approved"),
    ("one person twice", {("approval.given", 24): by("ben")}, "ben approves twice"),
    ("a witness approves", {("approval.given", 24): by("dana")}, "dana has not the role custodian"),
    ("an absent one approves", {("approval.given", 24): by("aiko")}, "aiko is not present"),
    ("an approval of another's entry", {("approval.given", 12): put(of=3)}, "(log|consent).*(nothing that is signed|does not wait|verif)"),
    ("cosigned before the proposal", {("approval.given", 11): by(None, -10)}, "was not made between"),
    ("cosigned after the entry", {("approval.given", 11): by(None, 10)}, "was not made between"),
    ("approved over a refusal", {("approval.given", 24): before("approval.refused", of=lambda m, d: d["of"], person="chika", reason="x")},
     "the proposal was refused"),
    ("after 15 minutes", {("act.intended", 5): later(900001)}, "older than 15 minutes"),
    ("intended twice", {("act.intended", 3): again}, "act.intended while line"),
    ("done twice", {("act.done", 3): again}, "is no open intent"),
    ("done without intent", {("act.intended", 3): drop}, "act.done while line|is no open intent"),
    ("an entry after the proposal", {("approval.given", 12): before("exception.noted", **NOTED)}, "exception.noted while line"),
    ("someone leaves during a proposal", {("approval.given", 12): before("person.left", **LEFT)}, "person.left while line"),
    ("an entry while an act is open", {("act.done", 4): before("value.differed", name="x")}, "value.differed while line"),
    ("an entry before the key is proved", {("approval.given", 3): before("value.differed", name="x")}, "value.differed while line"),
    ("another proves the key", {("approval.given", 2): by("hiroshi")}, "only aiko can prove the key of aiko"),
    ("order with a key more", {("act.proposed", 7): order(extra=1)}, "the order of generate-key is exactly"),
    ("order in another order", {("act.proposed", 7): put(order=lambda m, d: dict(reversed(list(d["order"].items()))))}, "the order of generate-key"),
    ("an unknown act", {("act.proposed", 7): put(act="export-key")}, "the format has no act export-key"),
    ("an unknown HSM", {("act.proposed", 7): order(hsm="other")}, "entry 0 names no such HSM"),
    ("in a step of another kind", {("step.begun", 6): lambda m, e, a, d: (setattr(m, "step", "unlock"), m.plain(e, a, d))[1]}, "the step is none of entry 0"),
    ("a step that nobody approves", {("ceremony.opened", 1): put(steps=lambda m, d: [dict(s, approve=None) for s in d["steps"]])}, "or nobody who approves it"),
    ("too few in entry 0", long_list(at=99), "a line lists 100 steps"),
    ("too many in entry 0", long_list(at=101), "a line lists 100 steps"),
    ("a list that goes on elsewhere", long_list(first=102), "the next step to be listed is number 101"),
    ("a step twice, in two lines", long_list(twice=True), "two steps have one id"),
    ("an entry within the list", long_list(extra=250, then=("hsm.locked", 10, dict(hsm="root-hsm"))), "hsm.locked before the list of steps is whole"),
    ("a list that does not go on", {("ceremony.opened", 1): put(more_steps=1)}, "a line lists 100 steps"),
    ("a list that goes on behind its end", {("ceremony.opened", 1): after_it("steps.listed", first=10, steps=[])}, "all steps are listed already"),
    ("a roll call of others", {("act.proposed", 9): order(people=["dana", "chika", "ben"])}, "attend does not name those who are present"),
    ("a roll call in another order", {("act.proposed", 9): order(people=["aiko", "dana", "chika", "ben"])}, "attend does not name those who are present"),
    ("a roll call by another role", {("act.proposed", 9): put(role="witness")}, "attend needs 2 of custodian"),
    ("a roll call in a step of another kind", {("act.proposed", 9): lambda m, e, a, d: (setattr(m, "step", "lock"), m.plain(e, a, d))[1]},
     "attend belongs to a roll call of entry 0"),
    ("a roll call in no step", {("act.proposed", 9): lambda m, e, a, d: (setattr(m, "step", None), m.plain(e, a, d))[1]},
     "attend belongs to a roll call of entry 0"),
    ("a roll call before begin", {("act.proposed", 1): put(act="attend", order=lambda m, d: dict(people=d["order"]["people"]))},
     "attend before all approved the beginning"),
    ("a roll call approved by who has left", {("approval.given", 28): by("hiroshi")}, "hiroshi is not present"),
    ("a roll call approved by one", {("approval.given", 29): drop}, "1 of 2 approved"),
    ("an administrator with a quorum", {("ceremony.opened", 1): roles(administrator=dict(count=2, quorum=2))}, "the administrator has no vote, and so no quorum"),
    ("an administrator in control", {("ceremony.opened", 1): put(control="administrator")}, "the administrator has no vote: it neither"),
    ("an administrator who approves", {("ceremony.opened", 1): put(steps=lambda m, d: [dict(s, approve=s["approve"] and "administrator") for s in d["steps"]])},
     "the administrator has no vote: it neither"),
    ("quorum of one", {("ceremony.opened", 1): roles(custodian=dict(quorum=1))}, "the quorum of custodian is under two"),
    ("quorum of null", {("ceremony.opened", 1): roles(custodian=dict(quorum=None))}, "the quorum of custodian is under two"),
    ("control by an unknown role", {("ceremony.opened", 1): put(control="king")}, "no such role: king"),
    ("too many of a role", {("ceremony.opened", 1): roles(custodian=dict(count=2))}, "more people than the role custodian has"),
    ("a role that entry 0 has not", {("person.joined", 2): put(role="king")}, "no such role: king"),
    ("joined twice", {("person.joined", 3): put(person="aiko", vkey=lambda m, d: m.people["aiko"].vkey)}, "aiko is present already"),
    ("back with another role", {("person.joined", 6): put(role="administrator")}, "dana comes back with another key or role"),
    ("back with another key", {("person.joined", 6): put(vkey=fresh_vkey("dana"))}, "dana comes back with another key or role"),
    ("two with one key", {("person.joined", 3): put(vkey=lambda m, d: vkey_as(m.people["aiko"], "ben"))}, "the key of ben was somebody's already"),
    ("a person with the console's key", {("person.joined", 3): put(vkey=lambda m, d: vkey_as(m.console, "ben"))}, "the key of ben was somebody's already"),
    ("failures miscounted", {("login.failed", 1): put(count=2)}, "the count of failures in a row is 1"),
    ("approved while locked out", {("login.failed", 6): lambda m, e, a, d: (m.plain(e, a, d), setattr(m, "ms", m.ms - 60000))[0]}, "ben is locked out for a minute"),
    ("paused and goes on", {("ceremony.resumed", 1): before("value.differed", name="x")}, "only ceremony.resumed can follow"),
    ("acts before resume", {("act.proposed", 4): drop, ("approval.given", 19): drop, ("approval.given", 20): drop, ("act.intended", 4): drop,
                            ("act.done", 4): drop}, "step.begun before the control quorum resumed"),
    ("resume of another entry", {("act.proposed", 4): order(of=3)}, "resume is not of the last ceremony.resumed"),
    ("resumed with the old key", {("ceremony.resumed", 1): lambda m, e, a, d: (setattr(m, "console", m.consoles[0]), m.plain(
        e, a, dict(d, console=m.consoles[0].vkey)))[1]}, "the key of rehearsal/.* was somebody's already"),
    ("a pause sealed without one present", {("ceremony.paused", 1): put(cosigners=lambda m, d: d["cosigners"][1:])}, "the cosigners are not all who are present"),
    ("a seal without its last line", {("ceremony.resumed", 1): put(seal=lambda m, d: d["seal"][:-1])}, "has not exactly the lines of the console and of 5"),
    ("a seal with two lines swapped", {("ceremony.resumed", 1): put(seal=lambda m, d: d["seal"][:1] + d["seal"][2:0:-1] + d["seal"][3:])}, "is not that of the key"),
    ("a seal that is not the console's", {("ceremony.resumed", 1): put(seal=lambda m, d: [m.console.line(b"x")] + d["seal"][1:])}, "not that of the key|does not verify"),
    ("a seal over another pause", {("ceremony.resumed", 1): put(seal=lambda m, d: d["seal"][:1] + [
        m.people[n].line(m.body(5), m.ms // 1000) for n in ("hiroshi", "aiko", "ben", "chika", "dana")])}, "does not verify"),
    ("no seal", {("ceremony.resumed", 1): put(seal=[])}, "has not exactly the lines"),
    ("a seal and no pause", {("ceremony.paused", 1): drop}, "a seal, and no pause that was sealed"),
    ("acknowledged by who noted it", {("exception.noted", 2): put(acknowledged="ben")}, "nobody else who is here acknowledges"),
    ("acknowledged by nobody", {("exception.noted", 2): put(acknowledged=None)}, "nobody else who is here acknowledges"),
    ("acknowledged by one who is not here", {("exception.noted", 2): put(acknowledged="zoe")}, "nobody else who is here acknowledges"),
    ("acknowledged, and for control to accept", {("exception.noted", 1): put(acknowledged="dana")}, "is for the role in control"),
    ("an intent hidden", {("ceremony.resumed", 1): put(open_intent=5)}, "the intent left open is None"),
    ("people present across a resume", {("person.joined", 6): before("person.left", **LEFT)}, "chika is not present"),
    ("closed without one present", {("ceremony.closed", 1): put(cosigners=lambda m, d: d["cosigners"][1:])}, "the cosigners are not all who are present"),
    ("closed in another order", {("ceremony.closed", 1): put(cosigners=lambda m, d: d["cosigners"][::-1])}, "the cosigners are not all who are present"),
    ("exceptions left out", {("ceremony.closed", 1): put(exceptions=0)}, "the record holds 3 exceptions"),
    ("an entry after the close", {("ceremony.closed", 1): after_it("value.differed", name="x")}, "an entry after ceremony.closed"),
    ("an artifact twice", {("artifact.written", 2): again}, "artifacts .*is written twice"),
    ("an artifact of another size", {("artifact.written", 2): put(bytes=3)}, "artifacts .*bytes, not 3"),
    ("an artifact left out", {("artifact.written", 1): drop}, "artifacts .*(neither committed|were approved)"),
    ("another certificate", {("act.done", 7): put(facts=lambda m, d: dict(d["facts"], certificate_sha256="0" * 64))}, "artifacts .*is no artifact"),
    ("other bytes than approved", {("act.proposed", 8): order(tbs_sha256="0" * 64)}, "artifacts .*to-be-signed bytes that were approved"),
    ("another key than approved", {("act.proposed", 8): order(spki_sha256="0" * 64)}, "artifacts .*key that was approved"),
    ("the clock without its exception", {("exception.noted", 3): put(kind="other")}, "form .*the time runs back"),
    ("an exception that nobody notes", {("exception.noted", 1): put(person=None)}, "nobody notes the exception"),
    ("a second opening", {("step.begun", 2): before("ceremony.opened", **{})}, "form .*"),
]

CRASH = {("ceremony.paused", 1): drop, ("exception.noted", 2): drop, ("secret.entered", 1): drop, ("secret.entered", 2): drop}
# records that break no rule
TRUTHS = [
    ("custodians change", changed()), ("a PIN is shared", changed(do="share-secret", pin="so", still_open=[])),
    ("settled", changed(act="settle-custodians")), ("settled in the other step", changed(do="share-secret", act="settle-custodians")),
    ("whole", {}), ("a list of two lines", long_list()), ("a list of three lines", long_list(extra=250)),
    ("the console notes that its clock was set", {("exception.noted", 3): put(person=None)}),
    ("a crash between two entries", {("ceremony.paused", 1): drop, ("ceremony.resumed", 1): put(seal=[])}),
    ("a pause that was not sealed", {("ceremony.paused", 1): put(cosigners=[]), ("ceremony.resumed", 1): put(seal=[])}),
    ("a crash with an act open", {**CRASH, ("act.done", 3): drop, ("ceremony.resumed", 1): put(seal=[], open_intent=lambda m, d: len(m.lines) - 1)}),
    ("a crash with a proposal open", {**CRASH, ("ceremony.resumed", 1): put(seal=[]), ("act.done", 3): drop, ("act.intended", 3): drop, ("approval.given", 14): drop}),
    ("a failed act", {("act.done", 3): lambda m, e, a, d: m.plain("act.failed", a, dict(of=d["of"], code="token", ckr="CKR_PIN_INCORRECT", sentence="x"))}),
    ("an exception while an act is open", {("act.done", 3): before("exception.noted", **NOTED)}),
    ("one leaves before the key is proved", {("person.joined", 5): lambda m, e, a, d: (m.plain(e, a, d), m.plain(
        "person.left", a, dict(person="dana", reason="forgot the passphrase")), m.plain(e, a, d))[2]}),
]


def card(of=None, seconds=0, late=0, body=lambda b: b, change=lambda parts: None, cms=lambda data: data, **stated):
    """The approval with another card: of whom, over what, at which seconds, its signed attributes or its bytes changed."""
    def value(m, d):
        import base64
        name = of or d["person"]
        made = m.cards.get(name) or card_of(name, "ec")
        at = m.ms // 1000
        message = b"cosignature/v1\ntime %d\n" % (at + seconds) + body(m.body(d["of"] + 1))
        data = cms(made.sign(message, at + seconds + late, change))
        return dict(dict(sha256=made.sha256, cms=base64.b64encode(data).decode()), **{k: v(m) for k, v in stated.items()})
    return put(card=value)


def flip(at):
    return lambda data: data[:at] + bytes([data[at] ^ 1]) + data[at:][1:]


def swapped(data):
    """The two certificates in the other order."""
    at = data.index(b"\xa0\x82", 40)
    size = int.from_bytes(data[at + 2:at + 4], "big")
    inner = data[at + 4:at + 4 + size]
    first = 4 + int.from_bytes(inner[2:4], "big")
    return data[:at + 4] + inner[first:] + inner[:first] + data[at + 4 + size:]


def longer_length(data):
    return data[:1] + b"\x83\0" + data[2:]


BEN, DANA, AIKO = ("approval.given", 3), ("approval.given", 5), ("approval.given", 2)
# name, twists, rehearsal, what verify-record.py says
CARD_LIES = [
    ("no card", {BEN: put(card=None)}, False, "ben did not sign with the card"),
    ("no card for consent", {("approval.given", 10): put(card=None)}, False, "dana did not sign with the card"),
    ("a card of one who has none", {AIKO: card("ben")}, False, "aiko shows a card, and has none"),
    ("a card in a rehearsal", {BEN: card()}, True, "ben shows a card, and has none"),
    ("another's card", {BEN: card("dana")}, False, "it is another card"),
    ("another's card under the pinned hash", {BEN: card("dana", sha256=lambda m: m.cards["ben"].sha256)}, False,
     "it does not hold the certificate"),
    ("other seconds", {BEN: card(seconds=-1)}, False, "messageDigest"),
    ("another signing time", {DANA: card(late=1)}, False, "another time than the cosignature"),
    ("another checkpoint", {DANA: card(body=lambda b: b.replace(b"\n", b"0\n", 1))}, False, "messageDigest"),
    ("another contentType", {BEN: card(change=lambda p: p.update(type=bytes.fromhex("06092a864886f70d010702")))}, False, "contentType"),
    ("another signing certificate", {BEN: card(change=lambda p: p.update(certificate=tlv(0x30, tlv(0x30, tlv(0x30, tlv(4, b"x" * 32))))))},
     False, "its signing certificate is another"),
    ("no signing certificate", {BEN: card(change=lambda p: p.pop("certificate"))}, False, "exactly the four attributes"),
    ("no signing time", {BEN: card(change=lambda p: p.pop("time"))}, False, "exactly the four attributes"),
    ("a fifth attribute", {BEN: card(change=lambda p: p.update(sha256=b"\5\0"))}, False, "exactly the four attributes"),
    ("an attribute of two values", {BEN: card(change=lambda p: p.update(type=p["type"] * 2))}, False, "exactly the four attributes"),
    ("a time of another form", {BEN: card(change=lambda p: p.update(time=tlv(0x18, b"20" + p["time"][2:])))}, False, "its signing time is none"),
    ("an RSA signature changed", {BEN: card(cms=flip(-1))}, False, "its signature does not verify"),
    ("an ECDSA signature changed", {DANA: card(cms=flip(-1))}, False, "its signature does not verify"),
    ("the certificate changed", {DANA: card(cms=lambda d: d.replace(b"Dana", b"Dora"))}, False, "it does not hold the certificate"),
    ("another signer named", {DANA: card(cms=lambda d: d[:d.rindex(b"Dana")] + b"Dora" + d[d.rindex(b"Dana") + 4:])}, False,
     "it names another signer"),
    ("certificates out of order", {BEN: card(cms=swapped)}, False, "its certificates are not in order"),
    ("bytes behind it", {BEN: card(cms=lambda d: d + b"\0\0")}, False, "it does not have the parts"),
    ("cut short", {BEN: card(cms=lambda d: d[:-1])}, False, "cut short"),
    ("a length not in DER", {BEN: card(cms=longer_length)}, False, "cut short|a length is not in DER"),
    ("SHA-384 beside SHA-256", {BEN: card(cms=lambda d: d.replace(bytes.fromhex("608648016503040201"), bytes.fromhex("608648016503040202")))},
     False, "its algorithms are not of the form"),
    ("no base64", {BEN: put(card=lambda m, d: dict(d["card"], cms="AAB="))}, False, "form .*card of approval.given"),
    ("an empty CMS", {BEN: put(card=lambda m, d: dict(d["card"], cms=""))}, False, "form .*card of approval.given"),
    ("a card of three members", {BEN: put(card=lambda m, d: dict(d["card"], x=1))}, False, "form .*card of approval.given"),
    ("one card of two people", {("ceremony.opened", 1): put(people=lambda m, d: [dict(p, card=m.cards["ben"].sha256 if p["card"] else None)
                                                                                for p in d["people"]])}, False, "two people have one card"),
    ("a pin that is no hash", {("ceremony.opened", 1): put(people=lambda m, d: [dict(p, card="x") for p in d["people"]])}, False,
     "form .*people of ceremony.opened"),
]


def card_refused(case):
    """By both verifiers, for the same verdict."""
    name, twists, rehearsal, says = case
    verdict = "form" if says.startswith("form ") else "consent"
    with tempfile.TemporaryDirectory() as place:
        folder = os.path.join(place, "record")
        make(folder, twists, rehearsal)
        option = ["--rehearsal"] if rehearsal else []
        code, said = verify(folder, *option)
        other = subprocess.run([TACHIAI, "verify", *option, folder], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    good = code == 1 and re.search("(?m)^%s +DOES NOT HOLD: .*(%s)" % (verdict, says.replace("form .*", "")), said)
    told = other.stdout.decode()
    return bool(good and other.returncode == 1 and re.search("(?m)^%s: DOES NOT HOLD" % verdict, told)), "card: " + name, \
        "exit %d, %d\n%s\n%s" % (code, other.returncode, said, told)


def card_held(name):
    """As it should be: every approval of who has a card, in both verifiers; what the certificate says is told."""
    with tempfile.TemporaryDirectory() as place:
        folder = os.path.join(place, "record")
        make(folder, {}, False)
        code, said = verify(folder)
        other = subprocess.run([TACHIAI, "verify", folder], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False).stdout.decode()
    good = code == 4 and re.search("(?m)^card +of ben: subject=CN=Ben,C=JP, issuer=.*; 1 more in the CMS", said) and "of dana" in said
    return bool(good and "consent: holds" in other), name, said + other


def vkey_as(key, name):
    """The same 32 bytes under another name, with the key id that goes with it."""
    import base64
    data = bytes([4]) + key.public
    return "%s+%s+%s" % (name, hashlib.sha256(name.encode() + b"\n" + data).digest()[:4].hex(), base64.b64encode(data).decode())


def verify(folder, *options):
    return second_verifier.said(folder, *options)


def make(folder, twists, rehearsal=True):
    os.mkdir(folder)
    maker = Liar(folder, rehearsal, folder, twists)
    maker.consoles = [maker.console]
    maker.whole()


def judged(twists):
    with tempfile.TemporaryDirectory() as place:
        folder = os.path.join(place, "record")
        make(folder, twists)
        if OTHER is None:
            return verify(folder, "--rehearsal")
        done = subprocess.run(OTHER + ["--rehearsal", folder], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
        return done.returncode, done.stdout.decode()


def refused(case):
    name, twists, says = case
    code, said = judged(twists)
    pattern = says if re.match(r"form|log|artifacts|\(", says) else "consent .*(%s)" % says
    if OTHER is not None:  # which verdict falls, in whatever words
        pattern = re.match(r"\w+|\([^)]*\)", pattern).group(0)
    lines = [x for x in said.split("\n") if "DOES NOT HOLD" in x]
    return code == 1 and any(re.match(pattern, x.replace(" DOES NOT HOLD:", "")) for x in lines), name, "exit %d\n%s" % (code, said)


def held(case):
    name, twists = case
    code, said = judged(twists)
    if OTHER is not None:
        return len(re.findall(r"(?m)^(form|log|consent)\W+holds", said)) == 3, name, said
    return code == 0, name, "exit %d\n%s" % (code, said)


def vouching():
    """Exit codes: who vouches for the people, and wrong usage."""
    with tempfile.TemporaryDirectory() as place:
        real, register, short = (os.path.join(place, n) for n in ("real", "register", "short"))
        make(real, {}, rehearsal=False)
        vkeys = []
        for name in sorted(os.listdir(os.path.join(real, "people"))):
            with open(os.path.join(real, "people", name)) as f:
                vkeys.append(f.read())
        for path, lines in ((register, vkeys), (short, vkeys[1:])):
            with open(path, "w") as f:
                f.writelines(lines)
        with open(os.path.join(real, "script.yaml"), "rb") as f:
            script = hashlib.sha256(f.read()).hexdigest()
        rehearsal = os.path.join(place, "rehearsal")
        make(rehearsal, {})
        for name, want, arguments in (
                ("nobody vouches", 4, [real]), ("a register", 0, [real, "--people", register]), ("a register without one", 1, [real, "--people", short]),
                ("no such register", 1, [real, "--people", place + "/none"]), ("the script", 0, [real, "--script-hash", script]),
                ("another script", 1, [real, "--script-hash", "0" * 64]), ("a rehearsal", 1, [rehearsal]),
                ("a rehearsal allowed", 0, [rehearsal, "--rehearsal"]), ("rehearsal allowed, real", 4, [real, "--rehearsal"]),
                ("no hash", 2, [real, "--script-hash", "xyz"]), ("no record", 2, [place + "/none"]), ("nothing", 2, []),
                ("unknown option", 2, [real, "--fast"])):
            code, said = verify(*arguments) if arguments else verify("--")
            yield code == want, "vouching: " + name, "exit %d, not %d\n%s" % (code, want, said)


def main():
    global OTHER
    parser = argparse.ArgumentParser()
    parser.add_argument("--verifier")
    parser.add_argument("words", nargs="*")
    options = parser.parse_args()
    words = options.words
    OTHER = shlex.split(options.verifier) if options.verifier else None
    chosen = lambda cases: [c for c in cases if not words or any(w in c[0] for w in words)]
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        results = list(pool.map(refused, chosen(LIES))) + list(pool.map(held, chosen(TRUTHS)))
        if OTHER is None:
            results += list(pool.map(card_refused, chosen(CARD_LIES))) + list(pool.map(card_held, [n for n in ("cards",) if not words]))
    results += [] if words or OTHER else list(vouching())
    failed = [r for r in results if not r[0]]
    for _, name, said in failed:
        print("FAILED %s: %s" % (name, said))
    print("%d passed, %d failed" % (len(results) - len(failed), len(failed)))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
