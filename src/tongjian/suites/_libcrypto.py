"""SM2 by the system's libcrypto, called through ctypes; the calls release the interpreter's lock.

Functions and order of calls: OpenSSL 3 manual, EVP_SIGNATURE-SM2(7) and EVP_PKEY-SM2(7). Handles
are shared between threads: the library counts references under its own locks, and an
`EVP_PKEY` is not changed after it was made.
"""

import ctypes
import ctypes.util
import functools
from typing import Final

from tongjian.suites.errors import SM2Unavailable

# SubjectPublicKeyInfo { { id-ecPublicKey, sm2 1.2.156.10197.1.301 }, BIT STRING of 65 bytes }
_SPKI_PREFIX: Final = bytes.fromhex("3059301306072a8648ce3d020106082a811ccf5501822d034200")
# PrivateKeyInfo { 0, the same, ECPrivateKey { 1, 32 bytes, [1] BIT STRING of 65 bytes } }
_PKCS8_PREFIX: Final = bytes.fromhex(
    "308187020100301306072a8648ce3d020106082a811ccf5501822d046d306b0201010420"
)
_PKCS8_MIDDLE: Final = bytes.fromhex("a144034200")

_VERSION_MIN: Final = 0x30000000
_DER_BYTES_MAX: Final = 72
_POINT_BYTES: Final = 65
_UNCOMPRESSED: Final = 4
_NAMES: Final = ("libcrypto.so.3", "libcrypto.so.4", "libcrypto.3.dylib", "libcrypto.4.dylib")
_KEYS_CACHED_MAX: Final = 4096

_POINTER: Final = ctypes.c_void_p
_INT: Final = ctypes.c_int
_SIZE: Final = ctypes.c_size_t
_BYTES: Final = ctypes.c_char_p
_SIZE_REFERENCE: Final = ctypes.POINTER(ctypes.c_size_t)

_SIGNATURES: Final[dict[str, tuple[object, tuple[object, ...]]]] = {
    "BN_bin2bn": (_POINTER, (_BYTES, _INT, _POINTER)),
    "BN_clear_free": (None, (_POINTER,)),
    "EC_GROUP_free": (None, (_POINTER,)),
    "EC_GROUP_new_by_curve_name": (_POINTER, (_INT,)),
    "EC_POINT_free": (None, (_POINTER,)),
    "EC_POINT_mul": (_INT, (_POINTER,) * 6),
    "EC_POINT_new": (_POINTER, (_POINTER,)),
    "EC_POINT_point2oct": (_SIZE, (_POINTER, _POINTER, _INT, _BYTES, _SIZE, _POINTER)),
    "ERR_clear_error": (None, ()),
    "EVP_DigestSign": (_INT, (_POINTER, _BYTES, _SIZE_REFERENCE, _BYTES, _SIZE)),
    "EVP_DigestSignInit": (_INT, (_POINTER,) * 5),
    "EVP_DigestVerify": (_INT, (_POINTER, _BYTES, _SIZE, _BYTES, _SIZE)),
    "EVP_DigestVerifyInit": (_INT, (_POINTER,) * 5),
    "EVP_MD_CTX_free": (None, (_POINTER,)),
    "EVP_MD_CTX_new": (_POINTER, ()),
    "EVP_MD_CTX_set_pkey_ctx": (None, (_POINTER, _POINTER)),
    "EVP_PKEY_CTX_free": (None, (_POINTER,)),
    "EVP_PKEY_CTX_new": (_POINTER, (_POINTER, _POINTER)),
    "EVP_PKEY_CTX_set1_id": (_INT, (_POINTER, _BYTES, _INT)),
    "EVP_PKEY_free": (None, (_POINTER,)),
    "EVP_PKEY_is_a": (_INT, (_POINTER, _BYTES)),
    "EVP_sm3": (_POINTER, ()),
    "OBJ_txt2nid": (_INT, (_BYTES,)),
    "OpenSSL_version": (_BYTES, (_INT,)),
    "OpenSSL_version_num": (ctypes.c_ulong, ()),
    "d2i_AutoPrivateKey": (_POINTER, (_POINTER, ctypes.POINTER(_BYTES), ctypes.c_long)),
    "d2i_PUBKEY": (_POINTER, (_POINTER, ctypes.POINTER(_BYTES), ctypes.c_long)),
}


class _Key:
    """Own one `EVP_PKEY` and free it when the last user lets go."""

    def __init__(self, lib: ctypes.CDLL, handle: int) -> None:
        self._free = lib.EVP_PKEY_free
        self.handle = handle

    def __del__(self) -> None:
        self._free(self.handle)


class Libcrypto:
    """The SM2 operations of one loaded libcrypto."""

    def __init__(self, lib: ctypes.CDLL) -> None:
        self._lib = lib
        self._nid: int = lib.OBJ_txt2nid(b"1.2.156.10197.1.301")
        self._sm3: int = lib.EVP_sm3()
        version: bytes = lib.OpenSSL_version(0)
        self.name = version.decode("ascii", "replace")
        self._public_key = functools.lru_cache(_KEYS_CACHED_MAX)(self._load_public)

    def accepts(self, public: bytes, der: bytes, message: bytes, identity: bytes) -> bool:
        """Tell whether the library takes the DER signature over the message."""
        key = self._public_key(public)
        pkey_context, context = self._contexts(key, identity)
        lib = self._lib
        try:
            done = lib.EVP_DigestVerifyInit(context, None, self._sm3, None, key.handle)
            _require(done == 1, "EVP_DigestVerifyInit")
            return bool(lib.EVP_DigestVerify(context, der, len(der), message, len(message)) == 1)
        finally:
            self._release(pkey_context, context)

    def sign(self, secret: bytes, public: bytes, message: bytes, identity: bytes) -> bytes:
        """Return a DER signature of the message."""
        der = _PKCS8_PREFIX + secret + _PKCS8_MIDDLE + public
        key = self._decode("d2i_AutoPrivateKey", der)
        pkey_context, context = self._contexts(key, identity)
        lib = self._lib
        buffer = ctypes.create_string_buffer(_DER_BYTES_MAX)
        size = ctypes.c_size_t(_DER_BYTES_MAX)
        try:
            done = lib.EVP_DigestSignInit(context, None, self._sm3, None, key.handle)
            _require(done == 1, "EVP_DigestSignInit")
            done = lib.EVP_DigestSign(context, buffer, ctypes.byref(size), message, len(message))
            _require(done == 1, "EVP_DigestSign")
        finally:
            self._release(pkey_context, context)
        return buffer.raw[: size.value]

    def public_of(self, secret: bytes) -> bytes:
        """Return secret times the base point, by the library's constant-time ladder."""
        lib = self._lib
        group = lib.EC_GROUP_new_by_curve_name(self._nid)
        point = lib.EC_POINT_new(group)
        number = lib.BN_bin2bn(secret, len(secret), None)
        buffer = ctypes.create_string_buffer(_POINT_BYTES)
        try:
            done = lib.EC_POINT_mul(group, point, number, None, None, None)
            _require(done == 1, "EC_POINT_mul")
            size = lib.EC_POINT_point2oct(group, point, _UNCOMPRESSED, buffer, _POINT_BYTES, None)
            _require(size == _POINT_BYTES, "EC_POINT_point2oct")
        finally:
            lib.BN_clear_free(number)
            lib.EC_POINT_free(point)
            lib.EC_GROUP_free(group)
        return buffer.raw

    def _load_public(self, public: bytes) -> _Key:
        return self._decode("d2i_PUBKEY", _SPKI_PREFIX + public)

    def _decode(self, function: str, der: bytes) -> _Key:
        decode = getattr(self._lib, function)
        handle = decode(None, ctypes.byref(ctypes.c_char_p(der)), len(der))
        self._lib.ERR_clear_error()
        _require(bool(handle), function)
        key = _Key(self._lib, handle)
        _require(self._lib.EVP_PKEY_is_a(handle, b"SM2") == 1, "EVP_PKEY_is_a")
        return key

    def _contexts(self, key: _Key, identity: bytes) -> tuple[int, int]:
        """Make the contexts of one operation; the identity must be set before the digest starts."""
        lib = self._lib
        pkey_context = lib.EVP_PKEY_CTX_new(key.handle, None)
        context = lib.EVP_MD_CTX_new()
        done = (
            pkey_context
            and context
            and lib.EVP_PKEY_CTX_set1_id(pkey_context, identity, len(identity))
        )
        if done != 1:
            self._release(pkey_context, context)
        _require(done == 1, "EVP_PKEY_CTX_set1_id")
        lib.EVP_MD_CTX_set_pkey_ctx(context, pkey_context)
        return pkey_context, context

    def _release(self, pkey_context: int | None, context: int | None) -> None:
        self._lib.EVP_MD_CTX_free(context)
        self._lib.EVP_PKEY_CTX_free(pkey_context)
        self._lib.ERR_clear_error()


def load() -> Libcrypto:
    """Load the first libcrypto of version 3 or later that knows SM2 and SM3.

    Raises `SM2Unavailable` with what was tried.
    """
    tried: list[str] = []
    for name in _candidates():
        try:
            lib = ctypes.CDLL(name)
            _declare(lib)
        except (OSError, AttributeError):
            tried.append(f"{name} cannot be loaded or lacks a function")
            continue
        if lib.OpenSSL_version_num() < _VERSION_MIN:
            tried.append(f"{name} is older than 3.0")
        elif not lib.OBJ_txt2nid(b"1.2.156.10197.1.301") or not lib.EVP_sm3():
            tried.append(f"{name} was built without SM2 or SM3")
        else:
            return Libcrypto(lib)
    raise SM2Unavailable("; ".join(tried))


def _candidates() -> list[str]:
    found = ctypes.util.find_library("crypto")
    return [*_NAMES, *([found] if found and found not in _NAMES else [])]


def _declare(lib: ctypes.CDLL) -> None:
    """Give each function its C types: the default of ctypes would cut pointers to 32 bits."""
    for name, (result, arguments) in _SIGNATURES.items():
        function = getattr(lib, name)
        function.restype = result
        function.argtypes = arguments


def _require(done: bool, function: str) -> None:  # noqa: FBT001 - an assertion
    if not done:
        msg = f"libcrypto refuses {function} for SM2 with SM3"
        raise SM2Unavailable(msg)
