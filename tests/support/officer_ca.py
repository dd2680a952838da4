"""An authority that certifies officers' keys, for tests: chains, lists and answers with any fault.

Made by the package cryptography, which knows nothing of the code under test. Chains of SM2 come
from OpenSSL and lie in tests/verifier/gm_authority.
"""

import datetime as dt
from dataclasses import dataclass
from typing import Any, Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from tongjian.verifier.certificates import Certificate, read_certificate

NOW: Final = dt.datetime(2026, 11, 20, 4, tzinfo=dt.UTC)
NOW_MS: Final = int(NOW.timestamp() * 1000)
DAY: Final = dt.timedelta(days=1)
DAY_MS: Final = 86_400_000
Key = ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey


def new_key(kind: str = "p256") -> Key:
    """Draw a key of a kind."""
    if kind == "ed25519":
        return ed25519.Ed25519PrivateKey.generate()
    return ec.generate_private_key(ec.SECP384R1() if kind == "p384" else ec.SECP256R1())


def usage(*names: str) -> x509.KeyUsage:
    """Return a key usage of the named bits."""
    known = (
        *("digital_signature", "content_commitment", "key_encipherment", "data_encipherment"),
        *("key_agreement", "key_cert_sign", "crl_sign", "encipher_only", "decipher_only"),
    )
    return x509.KeyUsage(**{name: name in names for name in known})


@dataclass
class Holder:
    """A certificate with its key."""

    name: str
    certificate: x509.Certificate
    key: Key

    @property
    def der(self) -> bytes:
        """The certificate's bytes."""
        return self.certificate.public_bytes(Encoding.DER)

    @property
    def pem(self) -> bytes:
        """The certificate as text."""
        return self.certificate.public_bytes(Encoding.PEM)

    @property
    def read(self) -> Certificate:
        """The certificate as the code under test reads it."""
        return read_certificate(self.der)


def certify(name: str, issuer: Holder | None = None, **asked: Any) -> Holder:
    """Make a certificate: `ca`, `path`, `uses`, `days`, `kind`, `key`, `extra` shape it."""
    key: Key = asked.get("key") or new_key(asked.get("kind", "p256"))
    low, high = asked.get("days", (-10, 365))
    is_ca = asked.get("ca", True)
    uses = asked.get("uses", ("key_cert_sign", "crl_sign") if is_ca else ("digital_signature",))
    builder = (
        x509.CertificateBuilder()
        .subject_name(_name(name))
        .issuer_name(_name(asked.get("issuer_name", issuer.name if issuer else name)))
        .public_key(key.public_key())
        .serial_number(asked.get("serial", x509.random_serial_number()))
        .not_valid_before(NOW + low * DAY)
        .not_valid_after(NOW + high * DAY)
    )
    if asked.get("constraints", True):
        constraints = x509.BasicConstraints(is_ca, asked.get("path"))
        builder = builder.add_extension(constraints, critical=True)
    if uses:
        builder = builder.add_extension(usage(*uses), critical=True)
    for extension, critical in asked.get("extra", ()):
        builder = builder.add_extension(extension, critical=critical)
    signer = issuer.key if issuer else key
    return Holder(name, builder.sign(signer, _hash(signer)), key)


def responder(issuer: Holder, **asked: Any) -> Holder:
    """Make the certificate of a responder; `purpose` and `nocheck` may be left out."""
    extra: list[tuple[x509.ExtensionType, bool]] = []
    if asked.get("purpose", True):
        extra.append((x509.ExtendedKeyUsage([ExtendedKeyUsageOID.OCSP_SIGNING]), False))
    if asked.get("nocheck", True):
        extra.append((x509.OCSPNoCheck(), False))
    return certify("answers", issuer, ca=False, extra=extra, **asked)


class Ca:
    """A root, an intermediate authority, and an officer's certificate."""

    def __init__(self, kind: str = "p256", **asked: Any) -> None:
        """Make the three; `asked` shapes the officer's."""
        self.root = certify("root", kind=kind, path=1)
        self.middle = certify("middle", self.root, kind=kind, path=0)
        self.leaf = certify("officer", self.middle, **{"ca": False, "kind": kind, **asked})

    @property
    def path(self) -> tuple[Certificate, ...]:
        """From the officer to the root."""
        return self.leaf.read, self.middle.read, self.root.read

    def list(self, *revoked: tuple[int, dt.datetime], **asked: Any) -> bytes:
        """Return a list of revoked serial numbers: `by`, `at`, `days`, `extra` shape it."""
        signer: Holder = asked.get("by", self.middle)
        at: dt.datetime = asked.get("at", NOW - DAY)
        builder = (
            x509.CertificateRevocationListBuilder()
            .issuer_name(_name(asked.get("issuer_name", signer.name)))
            .last_update(at)
            .next_update(at + asked.get("days", 7) * DAY)
        )
        for serial, since in revoked:
            entry = x509.RevokedCertificateBuilder().serial_number(serial).revocation_date(since)
            for extension in asked.get("entry", ()):
                entry = entry.add_extension(extension, critical=True)
            builder = builder.add_revoked_certificate(entry.build())
        for extension in asked.get("extra", ()):
            builder = builder.add_extension(extension, critical=True)
        return builder.sign(signer.key, _hash(signer.key)).public_bytes(Encoding.DER)

    def answer(self, **asked: Any) -> bytes:
        """Return an answer: `by`, `about`, `at`, `days`, `since`, `status`, `without` shape it."""
        at: dt.datetime = asked.get("at", NOW - DAY)
        since: dt.datetime | None = asked.get("since")
        good = ocsp.OCSPCertStatus.GOOD if since is None else ocsp.OCSPCertStatus.REVOKED
        about: Holder = asked.get("about", self.leaf)
        signer: Holder = asked.get("by", self.middle)
        builder = (
            ocsp.OCSPResponseBuilder()
            .add_response(
                cert=about.certificate,
                issuer=asked.get("issuer", self.middle).certificate,
                algorithm=asked.get("hash", hashes.SHA256()),
                cert_status=asked.get("status", good),
                this_update=at,
                next_update=None if asked.get("endless") else at + asked.get("days", 7) * DAY,
                revocation_time=since,
                revocation_reason=None,
            )
            .responder_id(asked.get("named", ocsp.OCSPResponderEncoding.HASH), signer.certificate)
        )
        if signer is not self.middle and not asked.get("alone"):
            builder = builder.certificates([signer.certificate])
        found = builder.sign(signer.key, _hash(signer.key))
        return found.public_bytes(Encoding.DER)


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _hash(key: Key) -> Any:
    return None if isinstance(key, ed25519.Ed25519PrivateKey) else hashes.SHA256()
