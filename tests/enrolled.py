"""A person's key as `tachiai enrol` makes it, with scrypt at N=1024, p=1 instead of N=16384, p=8: a hundredth of the work whenever the
passphrase is typed. A credential may name any cost, and openssl makes this one. The real cost is paid in test_enrol, test_outside and
test_roster, whose people are enrolled by the program."""
import base64
import hashlib
import os
import subprocess

import ed25519


def enrolled(name, folder, passphrase):
    """Writes NAME.key and NAME.vkey; the vkey line."""
    secret = os.urandom(32)
    pkcs8 = bytes.fromhex("302e020100300506032b657004220420") + secret
    subprocess.run(["openssl", "pkcs8", "-topk8", "-inform", "DER", "-scrypt", "-scrypt_N", "1024", "-scrypt_r", "8", "-scrypt_p", "1",
                    "-passout", "pass:" + passphrase, "-out", os.path.join(folder, name + ".key")], input=pkcs8, check=True)
    blob = b"\4" + ed25519.public(secret)
    vkey = "%s+%s+%s" % (name, hashlib.sha256(name.encode() + b"\n" + blob).digest()[:4].hex(), base64.b64encode(blob).decode())
    with open(os.path.join(folder, name + ".vkey"), "w", encoding="utf-8") as f:
        f.write(vkey + "\n")
    return vkey
