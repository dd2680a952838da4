"""SM2 by the package tongsuopy, for systems whose libcrypto was built without it.

It only knows the identity 1234567812345678, which is the one of the suite.
"""

from typing import Any, Final

from tongjian.suites.errors import SM2Unavailable

_IDENTITY: Final = b"1234567812345678"


class Tongsuo:
    """The SM2 operations of tongsuopy, whose modules have no types."""

    name = "tongsuopy"

    def __init__(self) -> None:
        from tongsuopy.crypto import exceptions, hashes
        from tongsuopy.crypto.asymciphers import ec

        self._ec: Any = ec
        self._algorithm: Any = ec.ECDSA(hashes.SM3())
        self._invalid: type[Exception] = exceptions.InvalidSignature

    def accepts(self, public: bytes, der: bytes, message: bytes, identity: bytes) -> bool:
        """Tell whether the library takes the DER signature over the message."""
        _require_identity(identity)
        x = int.from_bytes(public[1:33], "big")
        y = int.from_bytes(public[33:], "big")
        key = self._ec.EllipticCurvePublicNumbers(x, y, self._ec.SM2()).public_key()
        try:
            key.verify(der, message, self._algorithm)
        except self._invalid:
            return False
        return True

    def sign(self, secret: bytes, public: bytes, message: bytes, identity: bytes) -> bytes:
        """Return a DER signature of the message; the public key follows from the secret."""
        del public
        _require_identity(identity)
        return bytes(self._key(secret).sign(message, self._algorithm))

    def public_of(self, secret: bytes) -> bytes:
        """Return secret times the base point."""
        numbers = self._key(secret).public_key().public_numbers()
        x: int = numbers.x
        y: int = numbers.y
        return b"\x04" + x.to_bytes(32, "big") + y.to_bytes(32, "big")

    def _key(self, secret: bytes) -> Any:
        return self._ec.derive_private_key(int.from_bytes(secret, "big"), self._ec.SM2())


def load() -> Tongsuo:
    """Load tongsuopy if it is installed. Raises `SM2Unavailable`."""
    try:
        return Tongsuo()
    except (ImportError, AttributeError, OSError):
        msg = "tongsuopy is not installed"
        raise SM2Unavailable(msg) from None


def _require_identity(identity: bytes) -> None:
    if identity != _IDENTITY:
        msg = "tongsuopy only knows the identity 1234567812345678"
        raise SM2Unavailable(msg)
