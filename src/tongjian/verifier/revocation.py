"""Whether a certificate was revoked: lists (RFC 5280, 5) and answers (RFC 6960), from files.

Only complete lists of the certificate's own issuer are read; answers may be signed by the issuer or
by a responder that it certified for nothing else. Both must say when they are replaced.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha1
from typing import Any, Final, Literal

from tongjian.core.hashing import Hash, HashSuite, hash_of
from tongjian.verifier.asn1 import bits, crl, is_there, load, ocsp
from tongjian.verifier.certificates import (
    Certificate,
    CertificateInvalid,
    check_extensions,
    check_issued,
    check_period,
    read_certificate,
    to_ms,
    verify_signature,
)

_ENTRY_UNDERSTOOD: Final = frozenset(("crl_reason", "invalidity_date", "hold_instruction_code"))
_RESPONDERS_MAX: Final = 8
_SHA1: Final = "1.3.14.3.2.26"
_HASHES: Final[dict[str, Hash]] = {
    "2.16.840.1.101.3.4.2.1": hash_of(HashSuite.SHA256),
    "1.2.156.10197.1.401": hash_of(HashSuite.SM3),
    # A name of the issuer inside the answer, not a protection of it (RFC 5019, 2.1.1).
    _SHA1: lambda data: sha1(bytes(data), usedforsecurity=False).digest(),
}


@dataclass(frozen=True)
class Status:
    """What an authority said of one certificate."""

    kind: Literal["crl", "ocsp"]
    der: bytes
    """The evidence itself."""
    this_ms: int
    next_ms: int
    revoked_ms: int | None
    """None where the certificate was good."""

    def check_covers(self, at_ms: int) -> None:
        """Raise `CertificateInvalid` unless the evidence shows a good status at a moment."""
        if self.revoked_ms is not None and self.revoked_ms <= at_ms:
            msg = "the certificate was revoked by then"
            raise CertificateInvalid(msg)
        if at_ms > self.next_ms and self.revoked_ms is None:
            msg = "the evidence of the status had been replaced by then: ask for a newer one"
            raise CertificateInvalid(msg)


def read_status(der: bytes, path: Sequence[Certificate]) -> Status:
    """Return what a list or an answer says of the first certificate of a path.

    Which of the two it is shows in its form. Raises `CertificateInvalid`.
    """
    try:
        response = _response(der)
        if response is not None:
            return _read_answer(der, response, path[0], path[1])
        return _read_list(der, load(crl.CertificateList, der), path[0], path[1])
    except CertificateInvalid:
        raise
    except Exception as error:
        msg = f"the evidence of the status cannot be read: {error}"
        raise CertificateInvalid(msg) from error


def _response(der: bytes) -> Any:
    """Return an answer, or none where the structure begins otherwise: with no ENUMERATED."""
    try:
        response = load(ocsp.OCSPResponse, der)
        status: str = response["response_status"].native
    except (ValueError, TypeError, KeyError):
        return None
    if status != "successful":
        msg = f"the authority gave no answer: {status}"
        raise CertificateInvalid(msg)
    return response


# -- lists ----------------------------------------------------------------------------------------


def _read_list(der: bytes, parsed: Any, leaf: Certificate, issuer: Certificate) -> Status:
    body = parsed["tbs_cert_list"]
    if body["issuer"].dump() != leaf.parsed.issuer.dump():
        msg = "the list is of another authority than the one that issued the certificate"
        raise CertificateInvalid(msg)
    _check_usage(issuer, "crl_sign", "lists of revoked certificates")
    if body["signature"].dump() != parsed["signature_algorithm"].dump():
        msg = "the list names two signature algorithms"
        raise CertificateInvalid(msg)
    public = issuer.parsed["tbs_certificate"]["subject_public_key_info"]
    verify_signature(public, parsed["signature_algorithm"], body.dump(), bits(parsed["signature"]))
    _check_known(body["crl_extensions"], frozenset(), "the list")
    if not is_there(body["next_update"]):
        msg = "the list does not say when it is replaced"
        raise CertificateInvalid(msg)
    return Status(
        kind="crl",
        der=der,
        this_ms=to_ms(body["this_update"].native),
        next_ms=to_ms(body["next_update"].native),
        revoked_ms=_revoked(body["revoked_certificates"], leaf),
    )


def _revoked(entries: Any, leaf: Certificate) -> int | None:
    """Return since when a list has a certificate, the earliest of its entries, or none."""
    serial: int = leaf.parsed.serial_number
    found: list[int] = []
    for entry in entries if is_there(entries) else ():
        # An entry of another issuer would say so in a critical extension (RFC 5280, 5.3.3).
        _check_known(entry["crl_entry_extensions"], _ENTRY_UNDERSTOOD, "an entry of the list")
        if entry["user_certificate"].native == serial:
            found.append(to_ms(entry["revocation_date"].native))
    return min(found, default=None)


def _check_known(extensions: Any, known: frozenset[str], what: str) -> None:
    for extension in extensions if is_there(extensions) else ():
        name: str = extension["extn_id"].native
        if extension["critical"].native and name not in known:
            msg = (
                f"{what} has the critical extension {name}: only complete lists of the issuer's "
                "own certificates are read"
            )
            raise CertificateInvalid(msg)


def _check_usage(issuer: Certificate, use: str, what: str) -> None:
    usage = issuer.parsed.key_usage_value
    if usage is not None and use not in usage.native:
        msg = f"the key of {issuer.subject} may not sign {what}"
        raise CertificateInvalid(msg)


# -- answers --------------------------------------------------------------------------------------


def _read_answer(der: bytes, response: Any, leaf: Certificate, issuer: Certificate) -> Status:
    outer = response["response_bytes"]
    if outer["response_type"].native != "basic_ocsp_response":
        msg = "the answer is of another kind than the basic one (RFC 6960, 4.2.1)"
        raise CertificateInvalid(msg)
    basic = outer["response"].parsed
    body = basic["tbs_response_data"]
    _check_known(body["response_extensions"], frozenset(), "the answer")
    public = _responder(basic, issuer, to_ms(body["produced_at"].native))
    verify_signature(public, basic["signature_algorithm"], body.dump(), bits(basic["signature"]))
    single = _single(body["responses"], leaf, issuer)
    _check_known(single["single_extensions"], frozenset(), "the answer")
    if not is_there(single["next_update"]):
        msg = "the answer does not say when it is replaced"
        raise CertificateInvalid(msg)
    said = single["cert_status"]
    if said.name == "unknown":
        msg = "the authority does not know the certificate"
        raise CertificateInvalid(msg)
    revoked = to_ms(said.chosen["revocation_time"].native) if said.name == "revoked" else None
    return Status(
        kind="ocsp",
        der=der,
        this_ms=to_ms(single["this_update"].native),
        next_ms=to_ms(single["next_update"].native),
        revoked_ms=revoked,
    )


def _single(responses: Any, leaf: Certificate, issuer: Certificate) -> Any:
    found = [one for one in responses if _is_about(one["cert_id"], leaf, issuer)]
    if len(found) != 1:
        msg = "the answer is not about this certificate, or about it twice"
        raise CertificateInvalid(msg)
    return found[0]


def _is_about(identity: Any, leaf: Certificate, issuer: Certificate) -> bool:
    digest = _HASHES.get(identity["hash_algorithm"]["algorithm"].dotted)
    if digest is None:
        return False
    public = issuer.parsed["tbs_certificate"]["subject_public_key_info"]
    return bool(
        identity["serial_number"].native == leaf.parsed.serial_number
        and identity["issuer_name_hash"].native == digest(leaf.parsed.issuer.dump())
        and identity["issuer_key_hash"].native == digest(bits(public["public_key"]))
    )


def _responder(basic: Any, issuer: Certificate, produced_ms: int) -> Any:
    """Return the key that may have signed: the issuer's, or that of a responder it certified."""
    certificates = basic["certs"]
    carried = [
        read_certificate(each.dump()) for each in (certificates if is_there(certificates) else ())
    ]
    if len(carried) > _RESPONDERS_MAX:
        msg = f"the answer carries more than {_RESPONDERS_MAX} certificates"
        raise CertificateInvalid(msg)
    for candidate in (issuer, *carried):
        if not _is_named(basic["tbs_response_data"]["responder_id"], candidate):
            continue
        if candidate.der != issuer.der:
            _check_responder(candidate, issuer, produced_ms)
        return candidate.parsed["tbs_certificate"]["subject_public_key_info"]
    msg = "neither the issuer nor a certificate in the answer is the responder that it names"
    raise CertificateInvalid(msg)


def _is_named(responder: Any, candidate: Certificate) -> bool:
    if responder.name == "by_name":
        return bool(responder.chosen.chosen.dump() == candidate.parsed.subject.chosen.dump())
    public = candidate.parsed["tbs_certificate"]["subject_public_key_info"]
    return bool(responder.native == _HASHES[_SHA1](bits(public["public_key"])))


def _check_responder(responder: Certificate, issuer: Certificate, produced_ms: int) -> None:
    """Refuse a responder that the issuer did not certify for answers (RFC 6960, 4.2.2.2)."""
    if responder.parsed.issuer.dump() != issuer.parsed.subject.dump():
        msg = "the responder is certified by another authority"
        raise CertificateInvalid(msg)
    check_issued(responder, issuer)
    check_extensions(responder)
    check_period(responder, produced_ms)
    usage = responder.parsed.extended_key_usage_value
    if usage is None or "ocsp_signing" not in usage.native:
        msg = f"{responder.subject} may not answer for the authority (id-kp-OCSPSigning)"
        raise CertificateInvalid(msg)
    if responder.parsed.ocsp_no_check_value is None:
        msg = (
            f"{responder.subject} could itself be revoked, and nothing here says that it was not "
            "(id-pkix-ocsp-nocheck, RFC 6960, 4.2.2.2.1)"
        )
        raise CertificateInvalid(msg)
