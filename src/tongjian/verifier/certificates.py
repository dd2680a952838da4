"""Certificates: signatures, and a path to a root that is trusted.

RFC 5280, 6.1: no policies, no name constraints (a critical one refuses). What is revoked stands in
`revocation`, which a time stamp read years later cannot ask for. SM2 with SM3 by GB/T 20518-2018.
"""

import datetime as dt
import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.serialization import load_der_public_key

from tongjian.verifier import sm2
from tongjian.verifier.asn1 import bits, is_there, load, x509

PATH_MAX: Final = 6
RSA_BITS_MIN: Final = 2048
SM2_CURVE: Final = "1.2.156.10197.1.301"
SM2_WITH_SM3: Final = "1.2.156.10197.1.501"
RSA_PLAIN: Final = "1.2.840.113549.1.1.1"
ED25519: Final = "1.3.101.112"
HASHES: Final = {
    "2.16.840.1.101.3.4.2.1": "sha256",
    "2.16.840.1.101.3.4.2.2": "sha384",
    "2.16.840.1.101.3.4.2.3": "sha512",
    "2.16.840.1.101.3.4.2.8": "sha3_256",
    "1.2.156.10197.1.401": "sm3",
}
"""Names in `hashlib` by object identifier; SHA-1 and MD5 are not among them."""
_RSA_WITH: Final = {
    "1.2.840.113549.1.1.11": "sha256",
    "1.2.840.113549.1.1.12": "sha384",
    "1.2.840.113549.1.1.13": "sha512",
}
_ECDSA_WITH: Final = {
    "1.2.840.10045.4.3.2": "sha256",
    "1.2.840.10045.4.3.3": "sha384",
    "1.2.840.10045.4.3.4": "sha512",
}
_PYCA: Final[dict[str, Callable[[], hashes.HashAlgorithm]]] = {
    "sha256": hashes.SHA256,
    "sha384": hashes.SHA384,
    "sha512": hashes.SHA512,
}
_UNDERSTOOD: Final = frozenset(
    ("basic_constraints", "key_usage", "extended_key_usage", "subject_alt_name")
)
"""Critical extensions that are judged here, or bear on nothing that is asked here."""
_CERTIFICATE_BYTES_MAX: Final = 64 * 1024


class CertificateInvalid(Exception):
    """A certificate or a path that does not hold; the text says why."""


@dataclass(frozen=True)
class Certificate:
    """A certificate as far as a path needs it."""

    der: bytes
    parsed: Any
    subject: str
    from_ms: int
    until_ms: int

    @property
    def digest(self) -> bytes:
        """The SHA-256 of the certificate."""
        return hashlib.sha256(self.der).digest()


def read_certificate(der: bytes) -> Certificate:
    """Read a certificate; raises `CertificateInvalid`."""
    if len(der) > _CERTIFICATE_BYTES_MAX:
        msg = f"a certificate has more than {_CERTIFICATE_BYTES_MAX} bytes"
        raise CertificateInvalid(msg)
    try:
        parsed = load(x509.Certificate, der)
        validity = parsed["tbs_certificate"]["validity"]
        return Certificate(
            der=der,
            parsed=parsed,
            subject=parsed.subject.human_friendly,
            from_ms=to_ms(validity["not_before"].native),
            until_ms=to_ms(validity["not_after"].native),
        )
    except Exception as error:
        msg = f"a certificate cannot be read: {error}"
        raise CertificateInvalid(msg) from error


def to_ms(moment: Any) -> int:
    """Return a time with its zone in milliseconds since 1970 UTC; raises `ValueError`."""
    if not isinstance(moment, dt.datetime) or moment.tzinfo is None:
        msg = "a time has no zone"
        raise ValueError(msg)
    epoch = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
    return (moment - epoch) // dt.timedelta(milliseconds=1)


def verify_signature(
    public: Any, algorithm: Any, message: bytes, signature: bytes, digest: str = ""
) -> None:
    """Raise `CertificateInvalid` unless a SubjectPublicKeyInfo verifies the signature.

    `digest` is the hash that a SignerInfo names where its signature algorithm names none.
    """
    oid: str = algorithm["algorithm"].dotted
    try:
        if oid == SM2_WITH_SM3:
            _verify_sm2(public, message, signature)
        else:
            _verify_pyca(oid, public.dump(), message, signature, digest)
    except CertificateInvalid:
        raise
    except (InvalidSignature, sm2.SignatureInvalid, sm2.KeyRefused) as error:
        msg = "the signature does not match the key and what is signed"
        raise CertificateInvalid(msg) from error
    except (ValueError, TypeError, KeyError, UnsupportedAlgorithm) as error:
        msg = f"the key or the signature cannot be used: {error}"
        raise CertificateInvalid(msg) from error


def _verify_sm2(public: Any, message: bytes, signature: bytes) -> None:
    curve: str = public["algorithm"]["parameters"].chosen.dotted
    if curve != SM2_CURVE:
        msg = "an SM2 signature needs a key of the SM2 curve"
        raise CertificateInvalid(msg)
    sm2.verify(bits(public["public_key"]), sm2.raw_from_der(signature), message)


def _verify_pyca(oid: str, spki: bytes, message: bytes, signature: bytes, digest: str) -> None:
    key = load_der_public_key(spki)
    name = _RSA_WITH.get(oid) or _ECDSA_WITH.get(oid) or (digest if oid == RSA_PLAIN else "")
    if isinstance(key, ed25519.Ed25519PublicKey) and oid == ED25519:
        key.verify(signature, message)
    elif isinstance(key, rsa.RSAPublicKey) and oid not in _ECDSA_WITH and name in _PYCA:
        if key.key_size < RSA_BITS_MIN:
            msg = f"an RSA key of {key.key_size} bits is too short"
            raise CertificateInvalid(msg)
        key.verify(signature, message, padding.PKCS1v15(), _PYCA[name]())
    elif isinstance(key, ec.EllipticCurvePublicKey) and oid in _ECDSA_WITH:
        key.verify(signature, message, ec.ECDSA(_PYCA[name]()))
    else:
        msg = f"signature algorithm {oid} is not accepted with this key"
        raise CertificateInvalid(msg)


# -- paths ----------------------------------------------------------------------------------------


def find_path(
    leaf: Certificate,
    intermediates: Sequence[Certificate],
    roots: Sequence[Certificate],
    at_ms: int,
) -> tuple[Certificate, ...]:
    """Return the path from a leaf to a trusted root, each valid at a moment.

    Raises `CertificateInvalid` with what is wrong nearest to the leaf.
    """
    check_period(leaf, at_ms)
    path = [leaf]
    trusted = dict.fromkeys(root.der for root in roots)
    while path[-1].der not in trusted:
        if len(path) == PATH_MAX:
            msg = f"the path has more than {PATH_MAX} certificates"
            raise CertificateInvalid(msg)
        path.append(_issuer(path, (*roots, *intermediates), at_ms))
    return tuple(path)


def _issuer(
    path: Sequence[Certificate], candidates: Sequence[Certificate], at_ms: int
) -> Certificate:
    child = path[-1]
    why = f"no certificate at hand issued {child.subject}; the root is not trusted"
    for candidate in candidates:
        if candidate.parsed.subject.dump() != child.parsed.issuer.dump() or candidate in path:
            continue
        try:
            check_issued(child, candidate)
            _check_authority(candidate, len(path) - 1)
            check_period(candidate, at_ms)
        except CertificateInvalid as error:
            why = str(error)
            continue
        return candidate
    raise CertificateInvalid(why)


def check_issued(child: Certificate, issuer: Certificate) -> None:
    """Refuse a certificate that the key of an issuer did not sign."""
    body = child.parsed["tbs_certificate"]
    algorithm = child.parsed["signature_algorithm"]
    if body["signature"].dump() != algorithm.dump():
        msg = f"{child.subject} names two signature algorithms"
        raise CertificateInvalid(msg)
    public = issuer.parsed["tbs_certificate"]["subject_public_key_info"]
    verify_signature(public, algorithm, body.dump(), bits(child.parsed["signature_value"]))


def _check_authority(issuer: Certificate, below: int) -> None:
    """Refuse an issuer that is no authority, or not of so long a path."""
    constraints = issuer.parsed.basic_constraints_value
    usage = issuer.parsed.key_usage_value
    if constraints is None or not constraints["ca"].native:
        msg = f"{issuer.subject} may not issue certificates"
        raise CertificateInvalid(msg)
    longest = constraints["path_len_constraint"]
    if is_there(longest) and below > int(longest.native):
        msg = f"{issuer.subject} may not stand above so long a path"
        raise CertificateInvalid(msg)
    if usage is not None and "key_cert_sign" not in usage.native:
        msg = f"the key of {issuer.subject} may not sign certificates"
        raise CertificateInvalid(msg)
    check_extensions(issuer)


def check_extensions(certificate: Certificate) -> None:
    """Refuse an extension that is critical and not understood, or one that stands twice."""
    seen: dict[str, bool] = {}
    extensions = certificate.parsed["tbs_certificate"]["extensions"]
    for extension in extensions if is_there(extensions) else ():
        name: str = extension["extn_id"].native
        if name in seen or (extension["critical"].native and name not in _UNDERSTOOD):
            msg = f"{certificate.subject} has extension {name}, twice or not understood"
            raise CertificateInvalid(msg)
        seen[name] = True


def check_period(certificate: Certificate, at_ms: int) -> None:
    """Refuse a certificate outside its period."""
    if not certificate.from_ms <= at_ms <= certificate.until_ms:
        msg = f"{certificate.subject} was not valid at the time of the signature"
        raise CertificateInvalid(msg)


def check_stamping(certificate: Certificate) -> None:
    """Refuse a certificate that is not for time stamps alone (RFC 3161, 2.3)."""
    check_extensions(certificate)
    critical = "extended_key_usage" in certificate.parsed.critical_extensions
    usage = certificate.parsed.extended_key_usage_value
    if usage is None or usage.native != ["time_stamping"] or not critical:
        msg = (
            f"{certificate.subject} is not for time stamps alone: its extended key usage must be "
            "critical and nothing but id-kp-timeStamping (RFC 3161, 2.3)"
        )
        raise CertificateInvalid(msg)
    uses = certificate.parsed.key_usage_value
    if uses is not None and not {"digital_signature", "non_repudiation"} & set(uses.native):
        msg = f"the key of {certificate.subject} may not sign data"
        raise CertificateInvalid(msg)
