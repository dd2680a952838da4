"""Acts on evidence made from words: who usually signs, and what a line leaves unsaid."""

from typing import Any, Final

from tongjian.core.hashing import sha256
from tongjian.core.identifiers import uscc_check_digit
from tongjian.services.evidence import acts
from tongjian.services.evidence.exchange import case_key, compute_content, compute_renewal
from tongjian.services.evidence.records import Answer, Imprint, Question
from tongjian.services.evidence.records_orders import LandTarget, MoneyTarget, MovableTarget

SERVICES: Final = ("evidence", "invoice", "land", "membership", "treasury")
OFFICES: Final = {
    # name: code, division, kind, office above
    "supreme": ("11990000001400610", "990000", "court", ""),
    "high": ("11990000001400611", "990000", "court", "supreme"),
    "middle": ("11990100001400610", "990100", "court", "high"),
    "court": ("11990100001400612", "990106", "court", "middle"),
    "other": ("11990200001400612", "990200", "court", "high"),
    "bureau": ("11990100001400700", "990100", "bureau", "court"),
    "platform": ("91990106MA8T2E736", "990106", "firm", ""),
    "notary": ("12990100432002149", "990100", "notary", ""),
    "lab": ("91990100MA8T2F907", "990100", "firm", ""),
    "vendor": ("91990106MA7K3D210", "990106", "firm", ""),
}
ROLES: Final = {
    "supreme": ("judge", "court_clerk"),
    "high": ("judge", "court_clerk"),
    "middle": ("judge", "court_clerk"),
    "court": ("judge", "court_clerk", "custodian", "custodian"),
    "other": ("judge", "court_clerk", "custodian"),
    "bureau": ("judge", "court_clerk"),
    "platform": ("evidence_officer", "custodian", "appraiser"),
    "notary": ("notary", "evidence_officer", "custodian", "appraiser"),
    "lab": ("appraiser", "custodian"),
    "vendor": ("evidence_officer", "custodian"),
}
USCC: Final = {name: code + uscc_check_digit(code) for name, (code, *_) in OFFICES.items()}
FLAT: Final = "990106001002GB00021F00010008"
LAND: Final = "990106001002GB00021W00000000"
UNIT_OF: Final = {"flat": FLAT, "land": LAND}
ALGORITHM: Final = {"sha256": 1, "sm3": 2, "sha384": 3, "sha512": 4, "sha3": 5}
FACTS: Final = {"16": 16, "17.1": 171, "17.2": 172, "17.3": 173, "17.4": 174, "18": 181}


def id16(text: str) -> bytes:
    """Return an id of sixteen bytes for a name."""
    return sha256(b"id " + text.encode())[:16]


def commit(text: str) -> bytes:
    """Return something that stands for a commitment to a text."""
    return sha256(b"commitment to " + text.encode())


def salt_of(name: str) -> bytes:
    """Return the salt of some content."""
    return sha256(b"salt of " + name.encode())


def imprint(text: str) -> Imprint:
    """Read `ad`, `ad@sm3` or `ad@sm3<ad`: content, hash algorithm, what it renews."""
    fixed, _, before = text.partition("<")
    name, _, algorithm = fixed.partition("@")
    number = ALGORITHM[algorithm or "sha256"]
    if before:
        old = imprint(before).digest
        made = compute_renewal(number, old, salt_of(name), name.encode())
    else:
        made = compute_content(number, salt_of(name), name.encode())
    return build(Imprint, algorithm=number, digest=made)


def build(record: type[Any], **fields: Any) -> Any:
    """Make a record of plain values; its bounds are checked when the act is decoded."""
    return record(**fields)


def case_of(text: str) -> str:
    """Read `123` as the case (2026)演0192民初123号, or a whole number."""
    return case_key(text if "号" in text else f"(2026)演0192民初{text}号")


def targets_of(text: str) -> tuple[Any, ...]:
    """Read `flat@zhou,vendor:600000.00,thing:car`: land of someone, money, a movable."""
    return tuple(_target(part) for part in text.split(","))


def _target(text: str) -> Any:
    name, _, rest = text.partition(":")
    if name == "thing":
        return build(MovableTarget, thing=commit(rest))
    if rest:
        yuan, _, cents = rest.partition(".")
        amount = int(yuan) * 100 + int((cents + "00")[:2])
        ref = USCC.get(name, name)
        kind = "payee" if name in USCC else "escrow"
        return build(MoneyTarget, target=kind, ref=ref, amount_fen=amount)
    unit, _, debtor = name.partition("@")
    against = commit(debtor) if debtor else None
    return build(LandTarget, unit=UNIT_OF.get(unit, unit), debtor=against)


def answers_of(text: str) -> tuple[Answer, ...]:
    """Read `all`, `none`, `but_CONSISTENT` or `unfounded`: what is offered to the questions."""
    left_out = text.removeprefix("but_")
    return tuple(
        build(
            Answer,
            question=question,
            reply="nothing_shown" if text == "none" else "shown",
            material=None if text in {"none", "unfounded"} else commit(question.name),
        )
        for question in Question
        if question.name != left_out
    )


USUAL: Final = {
    "capture": "{office}.evidence_officer",
    "fix": "{office}.evidence_officer",
    "stamp": "{office}.evidence_officer",
    "attest": "{notary}.notary",
    "renew": "{office}.evidence_officer",
    "store": "{giver}.evidence_officer,{receiver}.custodian",
    "hand_over": "{giver}.custodian,{receiver}.custodian",
    "derive": "{holder}.custodian",
    "open_case": "{court}.court_clerk",
    "close_case": "court.court_clerk",
    "admit_member": "court.court_clerk",
    "dismiss_member": "court.court_clerk",
    "submit": "{office}.custodian",
    "read": "{officer}",
    "verify_item": "court.court_clerk",
    "cross_examine": "court.judge,court.court_clerk",
    "challenge": "court.court_clerk",
    "appraise": "{appraiser}.appraiser,court.court_clerk",
    "dispose": "court.judge,court.court_clerk",
    "decide": "court.judge,court.court_clerk",
    "archive": "{court}.court_clerk",
    "issue_order": "court.judge",
    "serve_order": "court.court_clerk",
    "renew_order": "court.judge,court.court_clerk",
    "lift_order": "{court}.judge,{court}.court_clerk",
    "order_transfer": "court.judge,court.court_clerk",
}
_CASE: Final = {"case": "123"}
DEFAULTS: Final[dict[str, dict[str, str]]] = {
    "capture": {
        "office": "platform",
        "source": "web_page",
        "checks": "1,2,3,4,5",
        "clock": "ntp",
        "drift": "40",
        "event": "-1h",
        "sealed": "no",
        "late_reason": "none",
    },
    "fix": {"office": "platform", "content": "{item}", "size": "40960", "media": "image"},
    "stamp": {
        "office": "platform",
        "token": "token",
        "authority": "authority",
        "algorithm": "sha256",
        "gen": "-0s",
        "accuracy": "1000",
    },
    "attest": {"notary": "notary", "deed": "deed"},
    "renew": {"office": "platform", "after": "{item}@sm3<{item}"},
    "store": {"giver": "platform", "receiver": "notary", "content": "{item}", "place": "safe"},
    "hand_over": {
        "giver": "notary",
        "receiver": "court",
        "reason": "submission",
        "content": "{item}",
        "place": "safe",
    },
    "derive": {
        "holder": "notary",
        "derivation": "copy",
        "reason": "examination",
        "before": "{item}",
        "after": "{item}.copy",
        "tool": "tool",
        "place": "safe",
    },
    "open_case": {"court": "court", "kind": "civil", "parties": "lin,developer"},
    "close_case": {},
    "admit_member": {"officer": "court.judge", "capacity": "judge"},
    "dismiss_member": {"officer": "court.judge"},
    "submit": {
        **_CASE,
        "office": "notary",
        "party": "lin",
        "side": "claimant",
        "content": "{item}",
        "interest": "none",
        "answers": "all",
    },
    "read": {**_CASE, "officer": "court.judge", "purpose": "examination"},
    "verify_item": {**_CASE, "result": "consistent", "height": "-1", "package": "package"},
    "cross_examine": {**_CASE, "minutes": "minutes"},
    "challenge": {**_CASE, "question": "17.2", "side": "defendant", "reason": "reasons"},
    "appraise": {
        **_CASE,
        "challenge": "1",
        "appraiser": "lab",
        "opinion": "contradicts",
        "report": "report",
    },
    "dispose": {**_CASE, "challenge": "1", "disposal": "overruled", "reason": "reasons"},
    "decide": {**_CASE, "finding": "admitted", "reason": "reasons"},
    "archive": {**_CASE, "court": "court", "place": "archive"},
    "issue_order": {**_CASE, "kind": "preservation", "targets": "flat", "days": "365"},
    "serve_order": {},
    "renew_order": {"days": "365", "document": "renewal"},
    "lift_order": {"court": "court", "document": "lifting"},
    "order_transfer": {
        **_CASE,
        "unit": "flat",
        "transferees": "lin",
        "clears": "no",
        "effective": "-1h",
    },
}
SUBJECT: Final = {
    **dict.fromkeys(("open_case", "close_case", "admit_member", "dismiss_member"), "case"),
    **dict.fromkeys(
        ("issue_order", "serve_order", "renew_order", "lift_order", "order_transfer"), "order"
    ),
}
ACTS: Final = {
    cls.__struct_config__.tag.partition(".")[2]: cls
    for cls in (getattr(acts, name) for name in acts.__all__)
}
