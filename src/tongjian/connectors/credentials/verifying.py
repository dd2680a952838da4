"""Verify a presentation offline: a receipt of the ledger, the trust file, what was asked for.

Steps stand in `steps.TITLES`; the first that does not hold refuses. The state shown may be no older
than the verifier's limit, which the report states (IDN-I4).
"""

import datetime as dt
from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import Any, Final, NamedTuple

from tongjian.connectors.credentials import sdjwt
from tongjian.connectors.credentials.dataintegrity import AUTHENTICATION, verify_proof
from tongjian.connectors.credentials.datamodel import (
    check_credential,
    check_period,
    check_presentation,
    issuer_of,
)
from tongjian.connectors.credentials.documents import quoted, read_document
from tongjian.connectors.credentials.errors import (
    CredentialMalformed,
    CredentialRefused,
    OutsidePeriod,
    ProofInvalid,
)
from tongjian.connectors.credentials.jose import EDDSA, ES256, Key, key, read_token
from tongjian.connectors.credentials.making import PURPOSES, check_claims, commitment
from tongjian.connectors.credentials.multibase import public_of_did_key
from tongjian.connectors.credentials.noncebook import NonceBook
from tongjian.connectors.credentials.registered import (
    Place,
    Registered,
    place_of,
    read_registered,
)
from tongjian.connectors.credentials.sdjwt import (
    BINDING_AGE_SECONDS_MAX,
    SKEW_SECONDS_MAX,
    Asked,
)
from tongjian.connectors.credentials.standing import check_standing
from tongjian.connectors.credentials.statuslist import check_status, list_credential
from tongjian.connectors.credentials.steps import (
    NO_WITNESS,
    NOT_PROVEN,
    UNBOUND,
    UNCOUNTED,
    PresentationRefused,
    Report,
)
from tongjian.connectors.jsonfields import is_list, is_object, moment
from tongjian.connectors.strictjson import Json
from tongjian.core.signatures import KeySuite
from tongjian.services.identity.exchange_credentials import list_url
from tongjian.services.identity.records_credentials import (
    CHUNK_BYTES,
    CHUNK_ENTRIES,
    CHUNKS,
    DidKey,
)
from tongjian.verifier.anchors import Anchors
from tongjian.verifier.receipt import VerificationFailed, verify_receipt

AGE_SECONDS_MAX: Final = 86_400
"""Of the state shown, unless the verifier says less or more."""
ALGORITHMS: Final = {KeySuite.ED25519: EDDSA, KeySuite.P256: ES256}
_STANDARD: Final = frozenset(("iss", "vct", "iat", "exp", "credentialStatus", "cnf"))
_ZH: Final = {
    "form": "文件不是本账簿的凭证或出示",
    "signature": "签名或披露不成立：内容有改动，或增添了签发机构未签的内容",
    "binding": "出示未按要求绑定：对象、挑战码、时间或持有人密钥不符",
    "once": "该出示已被接受过，或挑战码不是本验证方所发、已过时",
}


class Shown(NamedTuple):
    """What was handed in, taken apart; nothing of it is verified."""

    credential: str | Json
    presentation: Json | None
    """The VCDM presentation around a credential, where there is one."""
    place: Place


def read_shown(data: bytes) -> Shown:
    """Take apart a credential or a presentation of either form; raises `CredentialMalformed`."""
    if not data.lstrip().startswith(b"{"):
        text = data.decode("ascii", "replace").strip()
        token = read_token(text.partition("~")[0])
        payload = token.payload
        status = payload.get("credentialStatus")
        place = place_of(token.header.get("kid"), payload.get("vct"), status)
        _expect_issuer(payload.get("iss"), place)
        return Shown(text, None, place)
    document = read_document(data)
    if "VerifiablePresentation" not in _several(document.get("type")):
        return Shown(document, None, _place(document))
    held = _several(document.get("verifiableCredential"))
    if len(held) != 1 or not is_object(held[0]):
        msg = "the presentation has not one credential of this form"
        raise CredentialMalformed(msg, "VCDM 2.0, 4.13")
    return Shown(held[0], document, _place(held[0]))


def _place(document: Json) -> Place:
    proof = document.get("proof")
    method = proof.get("verificationMethod") if is_object(proof) else None
    place = place_of(method, document.get("type"), document.get("credentialStatus"))
    _expect_issuer(issuer_of(document), place)
    return place


def _expect_issuer(issuer: Any, place: Place) -> None:
    if issuer != place.did:
        msg = f"the issuer {quoted(issuer)} is not whose key signs, {quoted(place.did)}"
        raise CredentialMalformed(msg, "VCDM 2.0, 4.7; SD-JWT VC, 2.5")


def _several(value: Any) -> list[Any]:
    return value if is_list(value) else [value]


def verify_shown(
    data: bytes,
    receipt: bytes,
    anchors: Anchors,
    *,
    at: dt.datetime,
    asked: Asked | None = None,
    book: NonceBook | None = None,
    age_seconds_max: int = AGE_SECONDS_MAX,
) -> Report:
    """Return what a presentation proves; raises `PresentationRefused` at the first step that fails.

    Args:
        data: What the holder handed over.
        receipt: Of the ledger, on this credential: `Place.rows` in one state.
        anchors: The trust file.
        at: The moment in question, with an offset.
        asked: What this verifier asked for; none takes what is bound to nobody, such as an
            e-licence on a wall, and no others.
        book: Takes what was asked as answered once everything else holds.
        age_seconds_max: How old the state shown may be.
    """
    with _at("form"):
        shown = read_shown(data)
    place = shown.place
    found = _found(receipt, anchors, place, at, age_seconds_max)
    header = found.header
    report = Report(
        issuer=place.did,
        type=place.type_url,
        claims={},
        height=header.height,
        time_ms=int(header.time_ms),
        age_seconds_max=age_seconds_max,
    )
    report.add("form", "one credential of this ledger", "本账簿的一份凭证")
    report.add(
        "receipt",
        f"ledger {anchors.label} sealed block {header.height}, not over {age_seconds_max} s old",
        f"账簿 {anchors.label} 第 {header.height} 块的封印成立，距今不超过 {age_seconds_max} 秒",
    )
    promised = commitment(anchors.digest, shown.credential)
    signing = check_standing(found, place, promised, at, report)
    _check_signed(shown, found, signing, at, report)
    _check_bound(shown, asked, at, report)
    _check_once(asked, book, at, report)
    report.not_proven += NOT_PROVEN
    if not anchors.quorum:
        report.not_proven.append(NO_WITNESS)
    return report


@contextmanager
def _at(step: str) -> Generator[None]:
    """Say at which step a credential was refused."""
    try:
        yield
    except CredentialRefused as error:
        raise PresentationRefused(step, str(error), _ZH[step]) from error


def _found(
    receipt: bytes, anchors: Anchors, place: Place, at: dt.datetime, age_seconds_max: int
) -> Registered:
    try:
        now_ms = int(at.timestamp()) * 1000
        verified = verify_receipt(receipt, anchors, now_ms - age_seconds_max * 1000, now_ms)
        return read_registered(verified, place)
    except VerificationFailed as failed:
        zh = "账簿回执不成立，或早于本验证方的时限"
        raise PresentationRefused("receipt", f"{failed}", zh) from failed
    except CredentialMalformed as error:
        zh = "账簿回执不是关于该凭证的"
        raise PresentationRefused("receipt", str(error), zh) from error


def _key(held: DidKey) -> Key:
    algorithm = ALGORITHMS.get(KeySuite(held.suite))
    if algorithm is None:
        msg = f"keys of suite {held.suite} sign no credentials"
        raise CredentialMalformed(msg, "RFC 7518, 3.1; Data Integrity EdDSA 1.0")
    return key(algorithm, held.public)


def _lists(found: Registered, place: Place) -> dict[str, Json]:
    """Return the status lists as far as the receipt shows them: the chunk of the credential."""
    lists: dict[str, Json] = {}
    for purpose in PURPOSES:
        chunk = bytes(CHUNK_BYTES)
        if found.chunk is not None:
            chunk = found.chunk.revoked if purpose == PURPOSES[0] else found.chunk.suspended
        before = place.position // CHUNK_ENTRIES
        bits = bytes(before * CHUNK_BYTES) + chunk + bytes((CHUNKS - before - 1) * CHUNK_BYTES)
        url = list_url(place.host, place.office, place.list_number, purpose)
        lists[url] = list_credential(url, place.did, purpose, bits)
    return lists


def _check_signed(
    shown: Shown, found: Registered, signing: DidKey, at: dt.datetime, report: Report
) -> None:
    """Check signature, disclosures, period and status entries; note the claims that are shown."""
    place = shown.place
    with _at("signature"):
        public = _key(signing)
        lists = _lists(found, place)
        if isinstance(shown.credential, str):
            unbound = shown.credential[: shown.credential.rindex("~") + 1]
            claims = sdjwt.verify(unbound, lambda _issuer, _kid: public, at=at, lists=lists)
            claims = {name: one for name, one in claims.items() if name not in _STANDARD}
        else:
            claims = _document_claims(shown.credential, public, lists, at)
        if found.type is not None:
            check_claims(found.type.claims, claims)
    report.claims = claims
    report.add(
        "signature",
        f"the issuer signed every claim that is shown: {len(claims)}",
        f"所披露的 {len(claims)} 项内容均由签发机构签名",
    )


def _document_claims(document: Json, public: Key, lists: dict[str, Json], at: dt.datetime) -> Json:
    check_credential(document)
    signed = verify_proof(document, _public(public), at=at)
    check_period(signed, at)
    check_status(signed, lists, at)
    subject = signed["credentialSubject"]
    if not is_object(subject):
        raise CredentialMalformed("the credential has several subjects", "VCDM 2.0, 4.8")
    return {name: one for name, one in subject.items() if name != "id"}


def _public(held: Key) -> Callable[[str], bytes]:
    if held.algorithm != EDDSA:
        raise ProofInvalid("the office's key is none of Ed25519", "Data Integrity EdDSA 1.0, 3.3")
    return lambda _method: held.public


def _check_bound(shown: Shown, asked: Asked | None, at: dt.datetime, report: Report) -> None:
    """Check that the holder answered what was asked, or that nobody need answer."""
    with _at("binding"):
        if isinstance(shown.credential, str):
            _check_token_bound(shown.credential, asked, at)
        elif shown.presentation is not None:
            _check_presentation(shown.presentation, shown.credential, asked, at)
        elif asked is not None:
            msg = "the presentation is not bound to what was asked for"
            raise ProofInvalid(msg, "VCDM 2.0, 4.13")
        else:
            _expect_bearer(shown.credential["credentialSubject"].get("id"))
    if asked is None:
        report.not_proven.append(UNBOUND)
        return
    report.add(
        "binding",
        f"the holder's key answered {asked.audience} and the nonce {asked.nonce}",
        f"持有人密钥已对 {asked.audience} 及挑战码 {asked.nonce} 签名",
    )


def _check_token_bound(text: str, asked: Asked | None, at: dt.datetime) -> None:
    payload = read_token(text.partition("~")[0]).payload
    if asked is None:
        if not text.endswith("~"):
            msg = "the presentation is bound to an audience and a nonce: say which were asked for"
            raise ProofInvalid(msg, "RFC 9901, 7.3")
        _expect_bearer(payload.get("cnf"))
        return
    sdjwt.verify_binding(text, asked, at=at)


def _expect_bearer(holder: Any) -> None:
    if holder is not None:
        msg = "the credential is of a holder, who has to sign what is asked: ask for it"
        raise ProofInvalid(msg, "domain IDN-I3; RFC 9901, 7.3")


def _check_presentation(
    presentation: Json, credential: Json, asked: Asked | None, at: dt.datetime
) -> None:
    check_presentation(presentation)
    proof = presentation.get("proof")
    if not is_object(proof) or asked is None:
        msg = "say what was asked for: the presentation answers an audience and a nonce"
        raise ProofInvalid(msg, "VCDM 2.0, 4.13; Data Integrity 1.0, 2.1")
    verify_proof(
        presentation,
        public_of_did_key,
        at=at + dt.timedelta(seconds=SKEW_SECONDS_MAX),
        purpose=AUTHENTICATION,
        domain=asked.audience,
        challenge=asked.nonce,
    )
    made = moment(proof, "created")
    if made is None or (at - made).total_seconds() > BINDING_AGE_SECONDS_MAX:
        msg = f"the presentation was made over {BINDING_AGE_SECONDS_MAX} s ago: ask again"
        raise OutsidePeriod(msg, "Data Integrity 1.0, 2.1")
    holder = str(proof["verificationMethod"]).partition("#")[0]
    if credential["credentialSubject"].get("id") != holder:
        msg = "who signed the presentation is not the subject of the credential"
        raise ProofInvalid(msg, "domain IDN-I3; VCDM 2.0, 4.13")


def _check_once(
    asked: Asked | None, book: NonceBook | None, at: dt.datetime, report: Report
) -> None:
    if asked is None or book is None:
        report.not_proven.append(UNCOUNTED)
        return
    with _at("once"):
        book.take(asked, at)
    report.add("once", "this request is answered for good", "本次要求已答复，不再接受")
