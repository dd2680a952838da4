"""Certificates of signing keys: read from files, followed to a root that the network trusts.

Keys of SM2 (GB/T 20518-2018), P-256 and Ed25519 (RFC 8410) are the ones that may be enrolled; an
authority above them may sign with whatever `certificates` accepts. The certificate for encryption
that GM authorities issue beside the one for signatures is refused by its key usage.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from tongjian.core.hashing import Hash
from tongjian.core.signatures import KeyRefused, KeySuite, check_public_key
from tongjian.verifier.asn1 import bits, is_there, pem
from tongjian.verifier.certificates import (
    ED25519,
    SM2_CURVE,
    Certificate,
    CertificateInvalid,
    check_extensions,
    find_path,
    read_certificate,
)

FILE_BYTES_MAX: Final = 1024 * 1024
CERTIFICATES_MAX: Final = 32
P256_CURVE: Final = "1.2.840.10045.3.1.7"
_EC: Final = "1.2.840.10045.2.1"
_CURVES: Final = {SM2_CURVE: KeySuite.SM2, P256_CURVE: KeySuite.P256}
_SIGNING: Final = frozenset(("digital_signature", "non_repudiation"))


@dataclass(frozen=True)
class KeyCertificate:
    """A certificate that holds, with the key it is of and the way to the root."""

    suite: KeySuite
    public: bytes
    path: tuple[Certificate, ...]
    """From the certificate to the root."""

    @property
    def leaf(self) -> Certificate:
        """The certificate of the key."""
        return self.path[0]

    @property
    def issuer(self) -> Certificate:
        """The one whose key signed it."""
        return self.path[1]


@dataclass(frozen=True)
class Digests:
    """What the ledger keeps of a certificate: nothing that can be read."""

    certificate: bytes
    serial: bytes
    chain: bytes
    anchor: bytes


def read_certificates(data: bytes) -> tuple[Certificate, ...]:
    """Read the certificates of a file, PEM or DER, in its order; raises `CertificateInvalid`."""
    return tuple(read_certificate(der) for der in read_blocks(data, "CERTIFICATE"))


def read_blocks(data: bytes, label: str) -> tuple[bytes, ...]:
    """Return the structures of a file: PEM blocks of one label, or the file itself as DER.

    Raises `CertificateInvalid` for a file that is too large, empty or of other blocks.
    """
    if len(data) > FILE_BYTES_MAX:
        msg = f"the file has {len(data)} bytes; at most {FILE_BYTES_MAX} are read"
        raise CertificateInvalid(msg)
    if not pem.detect(data):
        return (data,)
    try:
        blocks = list(pem.unarmor(data, multiple=True))
    except Exception as error:
        msg = f"the file is not PEM: {error}"
        raise CertificateInvalid(msg) from error
    if len(blocks) > CERTIFICATES_MAX or any(kind != label for kind, _, _ in blocks):
        msg = f"the file holds more than {CERTIFICATES_MAX} blocks, or others than {label}"
        raise CertificateInvalid(msg)
    return tuple(der for _, _, der in blocks)


def check_key_certificate(
    leaf: Certificate,
    others: Sequence[Certificate],
    anchors: Sequence[Certificate],
    at_ms: int,
) -> KeyCertificate:
    """Return what a certificate says of a key, if it held at a moment.

    Checked, in this order: the key and its purpose, the extensions, then the path with period,
    basic constraints, path length, key usage and signature of each. Raises `CertificateInvalid`.
    """
    suite, public = read_key(leaf)
    try:
        _check_purpose(leaf)
        path = find_path(leaf, others, anchors, at_ms)
    except CertificateInvalid:
        raise
    except Exception as error:
        msg = f"a certificate cannot be read: {error}"
        raise CertificateInvalid(msg) from error
    if len(path) == 1:
        msg = f"{leaf.subject} is itself a trusted root: a root does not sign for an officer"
        raise CertificateInvalid(msg)
    return KeyCertificate(suite, public, path)


def read_key(certificate: Certificate) -> tuple[KeySuite, bytes]:
    """Return suite and public key of a certificate, as the ledger enrols them.

    Raises `CertificateInvalid` for a key of no suite, a weak one, or a point off the curve.
    """
    try:
        found = certificate.parsed["tbs_certificate"]["subject_public_key_info"]
        suite, public = _suite_of(found), bits(found["public_key"])
        check_public_key(suite, public)
    except CertificateInvalid:
        raise
    except KeyRefused as error:
        msg = f"the key of {certificate.subject} cannot be enrolled: {error}"
        raise CertificateInvalid(msg) from error
    except Exception as error:
        msg = f"the key of {certificate.subject} cannot be read: {error}"
        raise CertificateInvalid(msg) from error
    return suite, public


def compute_digests(found: KeyCertificate, digest: Hash) -> Digests:
    """Return what the ledger keeps, by the ledger's own hash.

    `serial` is over the issuer's name and the serial number in DER, `chain` over the digests of all
    certificates from the first to the root.
    """
    body = found.leaf.parsed["tbs_certificate"]
    each = [digest(certificate.der) for certificate in found.path]
    return Digests(
        certificate=each[0],
        serial=digest(body["issuer"].dump() + body["serial_number"].dump()),
        chain=digest(b"".join(each)),
        anchor=each[-1],
    )


def _suite_of(info: Any) -> KeySuite:
    algorithm = info["algorithm"]
    oid: str = algorithm["algorithm"].dotted
    if oid == ED25519 and not is_there(algorithm["parameters"]):
        return KeySuite.ED25519
    if oid == _EC:
        parameters = algorithm["parameters"]
        curve: str = parameters.chosen.dotted if parameters.name == "named" else ""
        if curve in _CURVES:
            return _CURVES[curve]
    msg = f"a key of {oid} is of no suite: certificates of SM2, P-256 and Ed25519 are taken"
    raise CertificateInvalid(msg)


def _check_purpose(leaf: Certificate) -> None:
    """Refuse a certificate that is an authority's, or not for signatures."""
    check_extensions(leaf)
    constraints = leaf.parsed.basic_constraints_value
    usage = leaf.parsed.key_usage_value
    uses: frozenset[str] = frozenset() if usage is None else frozenset(usage.native)
    if constraints is not None and constraints["ca"].native:
        msg = f"{leaf.subject} is an authority's certificate: officers' keys issue none"
        raise CertificateInvalid(msg)
    if not uses & _SIGNING:
        msg = (
            f"{leaf.subject} is not for signatures: its key usage names neither digitalSignature "
            "nor nonRepudiation (RFC 5280, 4.2.1.3); GM authorities issue two, one for signing"
        )
        raise CertificateInvalid(msg)
