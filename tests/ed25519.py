"""Ed25519 by OpenSSL's own library, in this process: what `openssl pkeyutl` does, without a program started for each signature. A test that
makes or checks hundreds of records would else mostly start programs."""
import ctypes

crypto = ctypes.CDLL("libcrypto.so.3")
KIND = 1087  # EVP_PKEY_ED25519
POINTER, SIZE, BYTES = ctypes.c_void_p, ctypes.c_size_t, ctypes.c_char_p
for name, result, arguments in (
        ("EVP_PKEY_new_raw_private_key", POINTER, (ctypes.c_int, POINTER, BYTES, SIZE)),
        ("EVP_PKEY_new_raw_public_key", POINTER, (ctypes.c_int, POINTER, BYTES, SIZE)),
        ("EVP_PKEY_get_raw_public_key", ctypes.c_int, (POINTER, BYTES, ctypes.POINTER(SIZE))),
        ("EVP_PKEY_free", None, (POINTER,)), ("EVP_MD_CTX_new", POINTER, ()), ("EVP_MD_CTX_free", None, (POINTER,)),
        ("EVP_DigestSignInit", ctypes.c_int, (POINTER,) * 5), ("EVP_DigestVerifyInit", ctypes.c_int, (POINTER,) * 5),
        ("EVP_DigestSign", ctypes.c_int, (POINTER, BYTES, ctypes.POINTER(SIZE), BYTES, SIZE)),
        ("EVP_DigestVerify", ctypes.c_int, (POINTER, BYTES, SIZE, BYTES, SIZE))):
    function = getattr(crypto, name)
    function.restype, function.argtypes = result, arguments


def used(key, begin, use):
    """What `use` says of a context that `begin` made ready with the key; both are freed."""
    context = crypto.EVP_MD_CTX_new()
    try:
        if not key or begin(context, None, None, None, key) != 1:
            raise ValueError("no Ed25519 key")
        return use(context)
    finally:
        crypto.EVP_MD_CTX_free(context)
        crypto.EVP_PKEY_free(key)


def public(secret):
    key, out, size = crypto.EVP_PKEY_new_raw_private_key(KIND, None, secret, 32), ctypes.create_string_buffer(32), SIZE(32)
    good = crypto.EVP_PKEY_get_raw_public_key(key, out, ctypes.byref(size))
    crypto.EVP_PKEY_free(key)
    assert good == 1 and size.value == 32
    return out.raw


def sign(secret, message):
    out, size = ctypes.create_string_buffer(64), SIZE(64)
    key = crypto.EVP_PKEY_new_raw_private_key(KIND, None, secret, 32)
    good = used(key, crypto.EVP_DigestSignInit, lambda c: crypto.EVP_DigestSign(c, out, ctypes.byref(size), message, len(message)))
    assert good == 1 and size.value == 64
    return out.raw


def verifies(public_key, message, signature):
    key = crypto.EVP_PKEY_new_raw_public_key(KIND, None, public_key, len(public_key))
    return used(key, crypto.EVP_DigestVerifyInit, lambda c: crypto.EVP_DigestVerify(c, signature, len(signature), message, len(message))) == 1
