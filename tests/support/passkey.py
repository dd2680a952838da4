"""A passkey as a browser shows it: what suite 4 is made of, each part open to change."""

import base64
import hashlib

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from tongjian.suites import webauthn

ORIGIN = "https://portal.example.cn"
PARTY = "example.cn"


def point_of(key: ec.EllipticCurvePrivateKey) -> bytes:
    """Return the 65 bytes of a key's point."""
    return key.public_key().public_bytes(
        serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint
    )


class Passkey:
    """An authenticator with one key."""

    def __init__(self, seed: int = 1, party: str = PARTY, origin: str = ORIGIN) -> None:
        """Derive the key from a number."""
        self.key = ec.derive_private_key(seed + 2**200, ec.SECP256R1())
        self.party, self.origin = party, origin
        self.public = webauthn.make_public_key(point_of(self.key), party, origin)
        self.counter = 0

    def client(self, message: bytes, **changes: str) -> bytes:
        """Return the client data for a message; a part may be another."""
        challenge = base64.urlsafe_b64encode(hashlib.sha256(message).digest()).rstrip(b"=")
        parts = {
            "type": "webauthn.get",
            "challenge": challenge.decode(),
            "origin": self.origin,
            "rest": ',"crossOrigin":false}',
        } | changes
        return (
            f'{{"type":"{parts["type"]}","challenge":"{parts["challenge"]}",'
            f'"origin":"{parts["origin"]}"{parts["rest"]}'
        ).encode()

    def authenticator(self, flags: int = 0x05, more: bytes = b"", party: str = "") -> bytes:
        """Return the authenticator data; counts up."""
        self.counter += 1
        head = hashlib.sha256((party or self.party).encode()).digest()
        return head + bytes([flags]) + self.counter.to_bytes(4, "big") + more

    def sign(self, message: bytes, client: bytes = b"", authenticator: bytes = b"") -> bytes:
        """Return the signature of suite 4 over a message."""
        client = client or self.client(message)
        authenticator = authenticator or self.authenticator()
        der = self.key.sign(
            authenticator + hashlib.sha256(client).digest(), ec.ECDSA(hashes.SHA256())
        )
        return webauthn.make_signature(der, authenticator, client)
