"""Whether a receipt lets a credential stand: its issuer, key, record and status (IDN-I4, I5)."""

import datetime as dt
from typing import Final, NoReturn

from tongjian.connectors.credentials.dates import moment_of
from tongjian.connectors.credentials.registered import Place, Registered
from tongjian.connectors.credentials.steps import PresentationRefused, Report
from tongjian.core.identifiers import IdentifierInvalid, region_covers
from tongjian.services.identity.exchange_credentials import is_set
from tongjian.services.identity.records_credentials import Credential, DidKey, Issuer

_WHY: Final = {
    "holder_asked": "持有人申请",
    "facts_changed": "事实变更",
    "issued_in_error": "签发错误",
    "fraud": "欺诈",
    "doubt": "存疑",
    "doubt_cleared": "存疑已消除",
    "key_compromised": "密钥失窃",
    "licence": "原证照状态变更",
    "person": "持有人标识状态变更",
    "death": "持有人死亡",
}


def check_standing(
    found: Registered, place: Place, commitment: bytes, at: dt.datetime, report: Report
) -> DidKey:
    """Return the key that signed, once issuer, key, record and status let a credential stand.

    Raises `PresentationRefused` at the first step that does not hold.
    """
    credential = found.credential
    _check_issuer(found, place, credential, report)
    key = _check_key(found, place, credential, report)
    if credential is None:
        _refuse(
            "record",
            f"{place.office} has no credential at {place.list_number}/{place.position} on record",
            f"账簿中 {place.office} 的名单 {place.list_number} 第 {place.position} 位没有凭证",
        )
    _check_record(place, credential, commitment, at, report)
    _check_status(found, place, credential, report)
    return key


def _check_issuer(
    found: Registered, place: Place, credential: Credential | None, report: Report
) -> None:
    issuer = found.issuer
    if found.type is None or issuer is None:
        _refuse(
            "issuer",
            f"{place.office} is not registered to issue {place.kind}",
            f"{place.office} 未登记为 {place.kind} 的签发机构",
        )
    did = found.did
    if did is None or did.host != place.host:
        _refuse(
            "issuer",
            f"{place.did} is no identifier of that office on the ledger",
            f"账簿中没有标识 {place.did}",
        )
    if issuer.status == "suspended":
        _refuse(
            "issuer",
            f"the registration of {place.office} for {place.kind} is suspended",
            f"{place.office} 签发 {place.kind} 的登记已被暂停",
        )
    recorded = 0 if credential is None else credential.height
    if issuer.status == "ended" and recorded >= issuer.ended_height:
        _refuse(
            "issuer",
            f"the registration of {place.office} for {place.kind} ended before it was issued",
            f"签发前，{place.office} 签发 {place.kind} 的登记已终止",
        )
    if credential is not None:
        _check_registration(issuer, place, credential)
    report.add(
        "issuer",
        f"{place.office} is registered for {place.kind} in region {issuer.region}, {issuer.law}",
        f"{place.office} 登记为地区 {issuer.region} 内 {place.kind} 的签发机构（{issuer.law}）",
    )


def _check_registration(issuer: Issuer, place: Place, credential: Credential) -> None:
    try:
        is_inside = region_covers(issuer.region, credential.region)
    except IdentifierInvalid:
        is_inside = False
    if not is_inside:
        _refuse(
            "issuer",
            f"the region {credential.region} is outside that of the issuer, {issuer.region}",
            f"地区 {credential.region} 不在签发机构登记的地区 {issuer.region} 内",
        )
    if not credential.issued_ms < issuer.until_ms:
        _refuse(
            "issuer",
            f"the term of {place.office} for {place.kind} was over when it was issued",
            f"签发时，{place.office} 签发 {place.kind} 的期限已过",
        )


def _check_key(
    found: Registered, place: Place, credential: Credential | None, report: Report
) -> DidKey:
    key = found.key
    if key is None:
        _refuse(
            "key",
            f"{place.office} has no key {place.key}",
            f"{place.office} 没有第 {place.key} 号密钥",
        )
    recorded = key.from_height if credential is None else credential.height
    if key.revoked_height and recorded >= key.revoked_height:
        _refuse(
            "key",
            f"key {place.key} counts for nothing recorded from block {key.revoked_height} on",
            f"第 {place.key} 号密钥自第 {key.revoked_height} 块起登记的内容无效",
        )
    report.add(
        "key",
        f"key {place.key} of {place.did} counted when the credential was recorded",
        f"登记凭证时，{place.did} 的第 {place.key} 号密钥有效",
    )
    return key


def _check_record(
    place: Place,
    credential: Credential,
    commitment: bytes,
    at: dt.datetime,
    report: Report,
) -> None:
    named = (credential.kind, credential.version, credential.key)
    if credential.commitment != commitment or named != (place.kind, place.version, place.key):
        _refuse(
            "record",
            "the ledger has another credential there: this one was never recorded, or changed",
            "账簿此处登记的是另一份凭证：该凭证从未登记，或已被改动",
        )
    until = moment_of(credential.until_ms)
    if at >= until:
        _refuse(
            "record",
            f"the credential expired at {until.isoformat()}",
            f"凭证已于 {until.isoformat()} 到期",
        )
    report.add(
        "record",
        f"recorded at block {credential.height}, in force until {until.isoformat()}",
        f"第 {credential.height} 块登记，有效至 {until.isoformat()}",
    )


def _check_status(found: Registered, place: Place, credential: Credential, report: Report) -> None:
    chunk = found.chunk
    bits = (False, False)
    if chunk is not None:
        bits = is_set(chunk.revoked, place.position), is_set(chunk.suspended, place.position)
    for status, word, is_on in (("revoked", "撤销", bits[0]), ("suspended", "暂停", bits[1])):
        if not is_on and credential.status != status:
            continue
        reason = credential.reason or "doubt"
        _refuse(
            "status",
            f"the credential is {status} since block {credential.changed_height}: {reason}",
            f"凭证自第 {credential.changed_height} 块起已{word}：{_WHY[reason]}",
        )
    height = found.header.height
    report.add(
        "status",
        f"neither revoked nor suspended as of block {height}",
        f"截至第 {height} 块，未撤销、未暂停",
    )


def _refuse(step: str, en: str, zh: str) -> NoReturn:
    raise PresentationRefused(step, en, zh)
