"""RFC 3161 time stamps: that an authority had seen certain data at a certain time.

Checked, in this order: the form, the imprint, the signer's attributes and certificate (RFC 5035,
RFC 5816), the signature, the purpose of the certificate, the path to a trusted root, the time.
Authorities of GB/T 20520 sign with SM2 and SM3 in the same structures.
"""

import hashlib
import hmac
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from tongjian.verifier.asn1 import cms, is_there, load, sequence, tsp
from tongjian.verifier.certificates import (
    HASHES,
    Certificate,
    CertificateInvalid,
    check_stamping,
    find_path,
    read_certificate,
    to_ms,
    verify_signature,
)

TOKEN_BYTES_MAX: Final = 256 * 1024
CERTIFICATES_MAX: Final = 32
_ALGORITHM: Final = {"sha256": 1, "sm3": 2, "sha384": 3, "sha512": 4, "sha3_256": 5}
"""Numbers of the hash algorithms as `services.evidence.records.Algorithm` has them."""
_SHA1_ESS: Final = "sha1"
_Response: Final = sequence(
    "Response", ("status", tsp.PKIStatusInfo), ("token", cms.ContentInfo, {"optional": True})
)
"""TimeStampResp; asn1crypto's own cannot read a rejection, which holds no token."""


class TimeStampInvalid(Exception):
    """A time stamp that does not hold: at which step, and why."""

    def __init__(self, step: str, why: str) -> None:
        """Take the name of the step and the reason."""
        super().__init__(f"{step}: {why}")
        self.step = step
        self.why = why


@dataclass(frozen=True)
class Token:
    """What a token says, unchecked."""

    der: bytes
    """The token itself, out of the response it may have come in."""
    hash_name: str
    """Of the imprint, a name of `hashlib`."""
    imprint: bytes
    gen_ms: int
    accuracy_ms: int
    """Rounded up; 0 where the token says none."""
    serial: int
    policy: str
    info: bytes
    signed: Any = field(repr=False)

    @property
    def algorithm(self) -> int:
        """The number under which the service of evidence keeps the hash algorithm."""
        return _ALGORITHM[self.hash_name]

    @property
    def digest(self) -> bytes:
        """The SHA-256 of the token: what the ledger keeps."""
        return hashlib.sha256(self.der).digest()


@dataclass(frozen=True)
class Stamped:
    """A time stamp that holds."""

    token: Token
    authority: str
    """Subject of the certificate that signed."""
    authority_digest: bytes
    root: str
    path: tuple[str, ...]


def read_token(data: bytes) -> Token:
    """Read a token, or a response that holds one; raises `TimeStampInvalid`."""
    if len(data) > TOKEN_BYTES_MAX:
        raise TimeStampInvalid("form", f"{len(data)} bytes is over {TOKEN_BYTES_MAX}")
    try:
        return _read(_token_of(data))
    except TimeStampInvalid:
        raise
    except Exception as error:
        raise TimeStampInvalid("form", f"not a time stamp of RFC 3161: {error}") from error


def _read(der: bytes) -> Token:
    content = load(cms.ContentInfo, der)
    if content["content_type"].native != "signed_data":
        raise TimeStampInvalid("form", "it is not signed data")
    signed = content["content"]
    wrapped = signed["encap_content_info"]
    if wrapped["content_type"].native != "tst_info":
        raise TimeStampInvalid("form", "what is signed is not a time stamp")
    return _read_info(der, bytes(wrapped["content"]), signed)


def _token_of(data: bytes) -> bytes:
    """Return the token in a response that grants one, or the data itself."""
    try:
        response = load(_Response, data)
        status: str = response["status"]["status"].native
    except (ValueError, TypeError, KeyError):
        return data
    if status not in {"granted", "granted_with_mods"}:
        raise TimeStampInvalid("form", f"the authority did not grant a stamp: {status}")
    token: bytes = response["token"].dump()
    return token


def _read_info(der: bytes, info: bytes, signed: Any) -> Token:
    parsed = load(tsp.TSTInfo, info)
    imprint = parsed["message_imprint"]
    name = HASHES.get(imprint["hash_algorithm"]["algorithm"].dotted)
    if name is None:
        raise TimeStampInvalid("imprint", "its hash algorithm is not accepted")
    extensions = parsed["extensions"]
    for extension in extensions if is_there(extensions) else ():
        if extension["critical"].native:
            raise TimeStampInvalid("form", "a critical extension is not understood")
    if parsed["version"].native != "v1":
        raise TimeStampInvalid("form", "it has another version than 1")
    return Token(
        der=der,
        hash_name=name,
        imprint=imprint["hashed_message"].native,
        gen_ms=to_ms(parsed["gen_time"].native),
        accuracy_ms=_accuracy_ms(parsed["accuracy"]),
        serial=parsed["serial_number"].native,
        policy=parsed["policy"].dotted,
        info=info,
        signed=signed,
    )


def _accuracy_ms(accuracy: Any) -> int:
    if not is_there(accuracy):
        return 0
    said: Any = accuracy.native
    seconds, millis, micros = (int(said[name] or 0) for name in ("seconds", "millis", "micros"))
    return seconds * 1000 + millis + -(-micros // 1000)


def verify_time_stamp(
    token: Token,
    data: bytes,
    roots: Sequence[bytes],
    *,
    intermediates: Sequence[bytes] = (),
    until_ms: int,
) -> Stamped:
    """Check a token over data against trusted roots (DER); raises `TimeStampInvalid`.

    `until_ms`: a moment by which the stamp was certainly there, such as the block that records it;
    a stamp from after it, beyond its own accuracy, does not hold. Certificates are judged at the
    time of the stamp; whether one was revoked is not asked.
    """
    computed = hashlib.new(token.hash_name, data).digest()
    if not hmac.compare_digest(computed, token.imprint):
        why = f"it is over other data: its imprint is {token.imprint.hex()}, not {computed.hex()}"
        raise TimeStampInvalid("imprint", why)
    try:
        known = _certificates(token, intermediates)
        path = _verify_signed(token, known, [read_certificate(root) for root in roots])
    except TimeStampInvalid:
        raise
    except CertificateInvalid as error:
        raise TimeStampInvalid("certificate", str(error)) from error
    except Exception as error:
        raise TimeStampInvalid("form", f"a part of it cannot be read: {error}") from error
    if token.gen_ms > until_ms + token.accuracy_ms:
        raise TimeStampInvalid("time", "its time lies after the moment by which it was there")
    return Stamped(
        token=token,
        authority=path[0].subject,
        authority_digest=path[0].digest,
        root=path[-1].subject,
        path=tuple(each.subject for each in path),
    )


def _certificates(token: Token, intermediates: Sequence[bytes]) -> list[Certificate]:
    carried = token.signed["certificates"]
    found = [each.chosen.dump() for each in carried] if is_there(carried) else []
    if len(found) + len(intermediates) > CERTIFICATES_MAX:
        raise TimeStampInvalid("certificate", f"it has more than {CERTIFICATES_MAX} certificates")
    return [read_certificate(der) for der in dict.fromkeys((*found, *intermediates))]


def _verify_signed(
    token: Token, known: Sequence[Certificate], roots: Sequence[Certificate]
) -> tuple[Certificate, ...]:
    """Check the one signature of a token; return the path of its certificate."""
    signers = token.signed["signer_infos"]
    if len(signers) != 1:
        raise TimeStampInvalid("signature", f"it has {len(signers)} signatures instead of one")
    signer = signers[0]
    attributes = _attributes(signer)
    hash_name = HASHES.get(signer["digest_algorithm"]["algorithm"].dotted)
    if hash_name is None:
        raise TimeStampInvalid("signature", "its hash algorithm is not accepted")
    if attributes["content_type"].native != "tst_info":
        raise TimeStampInvalid("signature", "the signer signed another kind of content")
    digest = hashlib.new(hash_name, token.info).digest()
    if not hmac.compare_digest(digest, attributes["message_digest"].native):
        raise TimeStampInvalid("signature", "what is signed is not the content of the token")
    leaf = _signing_certificate(attributes, (*known, *roots))
    # The attributes are signed as a SET (RFC 5652, 5.4); in the token they carry an implicit tag.
    message = b"\x31" + signer["signed_attrs"].dump()[1:]
    public = leaf.parsed["tbs_certificate"]["subject_public_key_info"]
    verify_signature(
        public, signer["signature_algorithm"], message, signer["signature"].native, hash_name
    )
    check_stamping(leaf)
    return find_path(leaf, known, roots, token.gen_ms)


def _attributes(signer: Any) -> dict[str, Any]:
    """Return the signed attributes by name; raises where one stands twice or has two values."""
    found: dict[str, Any] = {}
    attributes = signer["signed_attrs"]
    for attribute in attributes if is_there(attributes) else ():
        name: str = attribute["type"].native
        if name in found or len(attribute["values"]) != 1:
            raise TimeStampInvalid("signature", f"attribute {name} stands twice")
        found[name] = attribute["values"][0]
    missing = [name for name in ("content_type", "message_digest") if name not in found]
    if missing:
        raise TimeStampInvalid("signature", f"the signer did not sign {', '.join(missing)}")
    return found


def _signing_certificate(attributes: dict[str, Any], known: Sequence[Certificate]) -> Certificate:
    """Return the certificate that the signer himself names by its hash (RFC 5816)."""
    named = attributes.get("signing_certificate_v2")
    hash_name = "sha256"
    if named is None:
        named, hash_name = attributes.get("signing_certificate"), _SHA1_ESS
    if named is None:
        raise TimeStampInvalid("signature", "the signer does not name his certificate (RFC 5816)")
    first = named["certs"][0]
    if hash_name != _SHA1_ESS:
        hash_name = HASHES.get(first["hash_algorithm"]["algorithm"].dotted, "")
    if not hash_name:
        raise TimeStampInvalid("signature", "the hash of the signer's certificate is not accepted")
    expected: bytes = first["cert_hash"].native
    for certificate in known:
        computed = hashlib.new(hash_name, certificate.der).digest()
        if hmac.compare_digest(computed, expected):
            return certificate
    raise TimeStampInvalid("certificate", "the certificate that the signer names is not at hand")
