"""docs/verify-record.py, the second verifier, in this process: a test that asks it about hundreds of records would else mostly start
programs. What is asked is the file itself, all of it, its exit code and its words; only the question whether a signature is Ed25519's goes
to OpenSSL's library instead of its program, whose 30 starts a record are most of its time. As it is shipped it runs in tests/interop/test_record."""
import contextlib
import functools
import importlib.util
import io
import os
import subprocess
import sys
import threading

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import ed25519  # noqa: E402

TOP = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
PATH = os.path.join(TOP, "docs", "verify-record.py")
PREFIX = "302a300506032b6570032100"  # of an Ed25519 key's SubjectPublicKeyInfo
lock = threading.Lock()


class Kept(str):
    """The path of a file for the openssl program, which is written when it is started."""


def pkeyutl(words):
    key, message, signature = (words[words.index(name) + 1].data for name in ("-inkey", "-in", "-sigfile"))
    assert key[:12].hex() == PREFIX and words[:2] == ("pkeyutl", "-verify") and "-rawin" in words, words
    try:
        good = ed25519.verifies(key[12:], message, signature)
    except ValueError:
        good = False
    return subprocess.CompletedProcess(words, 0 if good else 1, b"", b"")


def loaded():
    """The module, with the one question put otherwise."""
    spec = importlib.util.spec_from_file_location("verify_record", PATH)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    started, written = module.OpenSSL.run, module.OpenSSL.path

    def path(self, name, data):
        kept = Kept(os.path.join(self.folder.name, name))
        kept.data = data
        return kept

    def run(self, *words):
        if words[0] == "pkeyutl":
            return pkeyutl(words)
        for word in words:
            if isinstance(word, Kept):
                written(self, os.path.basename(word), word.data)
        return started(self, *words)

    module.OpenSSL.path, module.OpenSSL.run = path, run
    return module


def verify(*words, module=[]):
    """What `verify-record.py WORDS` does: its exit code, and both its outputs in one, as bytes."""
    with lock:
        if not module:
            module.append(loaded())
        said, before = io.StringIO(), sys.argv
        sys.argv = [PATH, *words]
        try:
            with contextlib.redirect_stderr(said):
                module[0].print = functools.partial(print, file=said)
                code = module[0].main()
        except SystemExit as ended:  # wrong usage
            code = ended.code
        finally:
            sys.argv = before
    return subprocess.CompletedProcess([PATH, *words], code, said.getvalue().encode("utf-8", "surrogateescape"), b"")


def text(*words):
    """The same, its output as text."""
    done = verify(*words)
    return subprocess.CompletedProcess(done.args, done.returncode, done.stdout.decode("utf-8", "replace"), "")


def said(*words):
    """The same as (exit code, words)."""
    done = text(*words)
    return done.returncode, done.stdout
