"""A ceremony as long as one likes, in two languages, of every kind of step that people do without media: an HSM that is initialised at the
beginning, unlocked, locked and unlocked again on the way, keys and certificates made at places, and a long day of readings between."""
HEAD = """tachiai: 1
title: {en: A long ceremony, ja: 長いセレモニー}
origin: soak.example/long
languages: [ja, en]
previous: none
roles:
  administrator: {count: 1}
  custodian: {count: 3, quorum: 2}
  witness: {count: 1}
exclusive: [[administrator, custodian, witness]]
control: custodian
hsm:
  hsm: {software: yes}
secrets:
  user-pin: {hsm: hsm, pin: user, holders: custodian, shares: 3, threshold: 2}
  so-pin: {hsm: hsm, pin: so, holders: custodian, shares: 3, threshold: 2}
"""
CERTIFICATE = """  root-%d:
    subject: [C: JP, O: Example Trust K.K., CN: Long Root %d]
    key: key-%d
    issuer: self
    signature: ecdsa-sha256
    validity: {from: signing, days: 7305}
    serial: random
    extensions: {basicConstraints: "critical,CA:TRUE", keyUsage: "critical,keyCertSign,cRLSign", subjectKeyIdentifier: hash, authorityKeyIdentifier: keyid}
    lint: [rfc5280]
"""


def step(name, kind, rest, en, ja):
    return "  - {id: %s, do: %s, %ssay: {en: %s, ja: %s}}\n" % (name, kind, rest + ", " if rest else "", en, ja)


def filler(n):
    """One of the many: mostly something read, every fifth a value that two people type."""
    if n % 5 == 0:
        return step("s%d" % n, "observe", 'value: v%d, by: custodian, pattern: "[0-9]+", example: "%d"' % (n, n), "Read dial %d." % n, "目盛り%dを読む。" % n)
    if n % 997 == 0:
        return step("s%d" % n, "check-clock", "by: witness", "Compare clocks.", "時計を比べる。")
    return step("s%d" % n, "read", "by: %s" % ("witness", "custodian")[n % 2], "Number %d." % n, "その%d。" % n)


def script(steps, keys=4):
    """The text of a script of so many steps (40 at least), `keys` of them key generations, spread evenly."""
    out = [HEAD + "keys:\n" + "".join("  key-%d: {hsm: hsm, algorithm: ec-p256, label: Long %d}\n" % (k, k) for k in range(keys)) +
           "certificates:\n" + "".join(CERTIFICATE % (k, k, k) for k in range(keys)) + "steps:\n",
           step("roll-call", "attend", "", "Who is here?", "出席を取る。"),
           step("initialise", "initialise-hsm", "hsm: hsm, label: Long, approve: custodian", "Initialise it.", "初期化する。")]
    acts = [steps * (k + 1) // (keys + 1) for k in range(keys)]
    n = 3
    while n < steps:
        if acts and n >= acts[0] and n + 5 < steps:
            k = keys - len(acts)
            acts.pop(0)
            out += [step("unlock-%d" % k, "unlock-hsm", "hsm: hsm, approve: custodian", "Unlock it.", "解錠する。"),
                    step("make-%d" % k, "generate-key", "key: key-%d, approve: custodian" % k, "Make the key.", "鍵を作る。"),
                    step("sign-%d" % k, "issue-certificate", "certificate: root-%d, approve: custodian" % k, "Sign it.", "署名する。"),
                    step("lock-%d" % k, "lock-hsm", "hsm: hsm", "Lock it.", "施錠する。")]
            n += 4
        else:
            out.append(filler(n))
            n += 1
    out.append(step("close", "close", "", "Sign the end.", "終わりに署名する。"))
    return "".join(out)


if __name__ == "__main__":
    import sys
    sys.stdout.write(script(int(sys.argv[1])))
