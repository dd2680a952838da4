"""Acts on invoices made from words: who usually signs, and what a line leaves unsaid."""

import re
from collections.abc import Callable
from typing import Any, Final

from lines import duration_of

from tongjian.core.hashing import compute_commitment, sha256
from tongjian.core.identifiers import uscc_check_digit
from tongjian.core.operation import Act
from tongjian.services.invoice import acts
from tongjian.services.invoice.records import Subtotal, Use

ORGANISATIONS: Final = {
    "alpha": ("91990106MA7K3D2102", "990106", "firm"),
    "beta": ("91990106MA7K3E811E", "990106", "firm"),
    "gamma": ("91990106MA7K3F5151", "990106", "firm"),
    "delta": ("91990200720002215D", "990200", "firm"),
    "city": ("119901000014002175", "990100", "bureau"),
    "bank": ("919901007100011120", "990100", "bank"),
    "rival": ("91990100MA8T2F907N", "990100", "bank"),
    "tax": ("11990100001400110R", "990100", "bureau"),
    "elsewhere": ("1198000000140011" + "0", "980000", "bureau"),
}
"""Name, code, division, kind. `elsewhere` is a tax bureau of another province."""
PARTIES: Final = ("alpha", "beta", "gamma", "delta", "city")
_SUBTOTAL: Final = re.compile(r"([0-9.]+)%(?:x([0-9]+))?:([0-9.]+)\+([0-9.]+)")


def _whole(code: str) -> str:
    return code if len(code) == 18 else code + uscc_check_digit(code)


USCC: Final = {name: _whole(code) for name, (code, _, _) in ORGANISATIONS.items()}
NAME_OF: Final = {code: name for name, code in USCC.items()}


def fen_of(yuan: str) -> int:
    """Read `1130.00` as 113000 fen."""
    whole, _, cents = yuan.partition(".")
    return int(whole) * 100 + int((cents + "00")[:2])


def key_of(name: str) -> str:
    """Return the number of invoice `7`, the key of document `doc7`, or twenty digits as given."""
    if name.startswith("doc"):
        return sha256(name.encode()).hex()
    return name if len(name) == 20 else f"26990{int(name):015d}"


def salt_of(key: str) -> bytes:
    """Return the salt that went with an invoice to its buyer."""
    return sha256(b"salt of " + key.encode())


def commit(key: str, buyer: str) -> bytes:
    """Return the commitment to a buyer; `lin` is a natural person with a pseudonym."""
    known = USCC[buyer].encode() if buyer in USCC else sha256(buyer.encode())[:16]
    return compute_commitment(sha256, salt_of(key), known)


def build(record: type[Any], **fields: Any) -> Any:
    """Make a record of plain values; its bounds are checked when the act is decoded."""
    return record(**fields)


def subtotals_of(text: str) -> tuple[Subtotal, ...]:
    """Read `6%:100.00+6.00,13%x2:1000.00+130.00`: rate, lines, amount, tax."""
    found = [_SUBTOTAL.fullmatch(part) for part in text.split(",")]
    return tuple(
        build(
            Subtotal,
            rate_ppm=int(fen_of(m[1]) * 100),
            lines=int(m[2] or 1),
            net_fen=fen_of(m[3]),
            tax_fen=fen_of(m[4]),
        )
        for m in found
        if m
    )


def signers_of(verb: str, fields: dict[str, str]) -> list[str]:
    """Return who usually signs an act."""
    made = [part.format(**fields) for part in _USUAL[verb]]
    if verb in {"request_red", "confirm_red", "refuse_red", "withdraw_red"}:
        return [f"{fields['party']}.{'issuer' if fields['party'] == 'alpha' else 'tax_clerk'}"]
    return made


_TAX = ("tax.tax_officer", "tax.tax_approver")
_FINANCE = ("{claimant}.finance", "{claimant}.finance2")
_USUAL: Final[dict[str, tuple[str, ...]]] = {
    "set_taxpayer": _TAX,
    "set_limit": _TAX,
    "mark_abnormal": _TAX,
    "mark_normal": _TAX,
    "cancel_taxpayer": _TAX,
    "issue": ("{seller}.issuer",),
    "deliver": ("{seller}.issuer",),
    "record_foreign": ("{holder}.accountant",),
    "confirm_deduction": ("{buyer}.tax_clerk",),
    "book": ("{buyer}.accountant",),
    "reimburse": _FINANCE,
    "refund": _FINANCE,
    "pledge": ("{seller}.finance", "{pledgee}.bank_officer"),
    "release_pledge": ("{pledgee}.bank_officer",),
    "request_red": (),
    "confirm_red": (),
    "refuse_red": (),
    "withdraw_red": (),
    "issue_red": ("{seller}.issuer",),
    "void_red": ("alpha.issuer",),
}
_NOTICE = {"notice": "notice"}
_SIDE = {"party": "beta", "salt": "own"}
DEFAULTS: Final[dict[str, dict[str, str]]] = {
    "set_taxpayer": {"kind": "general", "grade": "A", **_NOTICE},
    "set_limit": {"limit": "1000000.00", "reason": "first", **_NOTICE},
    "mark_abnormal": {"reason": "unreachable", **_NOTICE},
    "mark_normal": {"reason": "corrected", **_NOTICE},
    "cancel_taxpayer": {"reason": "deregistered", **_NOTICE},
    "issue": {
        "seller": "alpha",
        "buyer": "beta",
        "kind": "special",
        "business": "general",
        "subtotals": "13%:1000.00+130.00",
        "event": "-1h",
        "late": "none",
    },
    "deliver": {"seller": "alpha"},
    "record_foreign": {
        "holder": "beta",
        "currency": "EUR",
        "total": "529.87",
        "tax": "56.87",
        "day": "20261101",
        "flags": "",
    },
    "confirm_deduction": {
        "buyer": "beta",
        "salt": "own",
        "use": "TAXED_BUSINESS",
        "period": "202611",
    },
    "book": {"buyer": "beta", "salt": "own", "voucher": "v1", "period": "202611"},
    "reimburse": {"claimant": "beta", "salt": "own", "voucher": "v1", "amount": "1.00"},
    "refund": {"claimant": "beta", "voucher": "v1", "amount": "1.00"},
    "pledge": {"seller": "alpha", "pledgee": "bank"},
    "release_pledge": {"pledgee": "bank"},
    "request_red": {**_SIDE, "reason": "return", "subtotals": "13%:100.00+13.00"},
    "confirm_red": {**_SIDE, "no": "1"},
    "refuse_red": {**_SIDE, "no": "1"},
    "withdraw_red": {**_SIDE, "no": "1"},
    "issue_red": {"seller": "alpha", "as": "900", "no": "1"},
    "void_red": {"no": "1"},
}
Maker = Callable[[int, dict[str, str], str], Act]


def _salt(said: dict[str, str], subject: str) -> bytes | None:
    if said["salt"] == "none":
        return None
    if said["salt"] == "wrong":
        return salt_of("wrong")
    return salt_of(key_of(subject if said["salt"] == "own" else said["salt"]))


def _issue(now_ms: int, said: dict[str, str], subject: str) -> Act:
    key = key_of(subject)
    subtotals = subtotals_of(said["subtotals"])
    tax = sum(part.tax_fen for part in subtotals)
    total = tax + sum(part.net_fen for part in subtotals)
    return build(
        acts.Issue,
        number=key,
        seller=USCC[said["seller"]],
        kind=said["kind"],
        business=said["business"],
        buyer=commit(key, said["buyer"]),
        lines=sha256(b"lines"),
        subtotals=subtotals,
        total_fen=fen_of(said["total"]) if "total" in said else total,
        tax_fen=fen_of(said["tax"]) if "tax" in said else tax,
        event_ms=now_ms + duration_of(said["event"]),
        late_reason=said["late"],
    )


def _foreign(now_ms: int, said: dict[str, str], subject: str) -> Act:
    del now_ms
    key = key_of(subject)
    return build(
        acts.RecordForeign,
        document=key,
        holder=USCC[said["holder"]],
        holder_salt=salt_of(key),
        currency=said["currency"],
        total_fen=fen_of(said["total"]),
        tax_fen=fen_of(said["tax"]),
        issued_on=int(said["day"]),
        original=sha256(b"file"),
        lines=sha256(b"lines"),
        flags=tuple(filter(None, said["flags"].split(","))),
    )


def _taxpayer(act: type[Any], *fields: str) -> Maker:
    def make(now_ms: int, said: dict[str, str], subject: str) -> Act:
        del now_ms
        made = {field: said[field] for field in fields}
        limit = {"limit_fen": fen_of(said["limit"])} if "limit" in said else {}
        notice = sha256(said["notice"].encode())
        act_: Act = act(taxpayer=USCC[subject], notice=notice, **made, **limit)
        return act_

    return make


def _with(act: type[Any], **parsers: Callable[[dict[str, str], str], Any]) -> Maker:
    def make(now_ms: int, said: dict[str, str], subject: str) -> Act:
        del now_ms
        fields = {field: parse(said, subject) for field, parse in parsers.items()}
        made: Act = act(invoice=key_of(subject), **fields)
        return made

    return make


def _office(field: str) -> Callable[[dict[str, str], str], str]:
    return lambda said, _: USCC[said[field]]


def _digest(field: str) -> Callable[[dict[str, str], str], bytes]:
    return lambda said, _: sha256(said.get(field, field).encode())


def _amount(said: dict[str, str], _: str) -> int:
    return fen_of(said["amount"])


def _number(field: str) -> Callable[[dict[str, str], str], int]:
    return lambda said, _: int(said[field])


def _issue_red(now_ms: int, said: dict[str, str], subject: str) -> Act:
    del now_ms
    return build(
        acts.IssueRed,
        number=key_of(said["as"]),
        seller=USCC[said["seller"]],
        invoice=key_of(subject),
        confirmation=int(said["no"]),
        lines=sha256(b"lines taken back"),
    )


_ANSWER: Final[dict[str, Any]] = {
    "confirmation": _number("no"),
    "party": _office("party"),
    "buyer_salt": lambda said, subject: None if said["party"] == "alpha" else _salt(said, subject),
}
MAKERS: Final[dict[str, Maker]] = {
    "set_taxpayer": _taxpayer(acts.SetTaxpayer, "kind", "grade"),
    "set_limit": _taxpayer(acts.SetLimit, "reason"),
    "mark_abnormal": _taxpayer(acts.MarkAbnormal, "reason"),
    "mark_normal": _taxpayer(acts.MarkNormal, "reason"),
    "cancel_taxpayer": _taxpayer(acts.CancelTaxpayer, "reason"),
    "issue": _issue,
    "record_foreign": _foreign,
    "issue_red": _issue_red,
    "deliver": _with(acts.Deliver, seller=_office("seller"), receipt=_digest("receipt")),
    "confirm_deduction": _with(
        acts.ConfirmDeduction,
        buyer=_office("buyer"),
        buyer_salt=_salt,
        use=lambda said, _: Use[said["use"]],
        period=_number("period"),
    ),
    "book": _with(
        acts.Book,
        buyer=_office("buyer"),
        buyer_salt=_salt,
        voucher=_digest("voucher"),
        period=_number("period"),
    ),
    "reimburse": _with(
        acts.Reimburse,
        claimant=_office("claimant"),
        buyer_salt=_salt,
        voucher=_digest("voucher"),
        amount_fen=_amount,
    ),
    "refund": _with(
        acts.Refund,
        claimant=_office("claimant"),
        voucher=_digest("voucher"),
        amount_fen=_amount,
        evidence=_digest("evidence"),
    ),
    "pledge": _with(
        acts.Pledge,
        seller=_office("seller"),
        pledgee=_office("pledgee"),
        contract=_digest("contract"),
    ),
    "release_pledge": _with(acts.ReleasePledge, pledgee=_office("pledgee")),
    "request_red": _with(
        acts.RequestRed,
        party=_office("party"),
        buyer_salt=lambda said, subject: None if said["party"] == "alpha" else _salt(said, subject),
        reason=lambda said, _: said["reason"],
        subtotals=lambda said, _: subtotals_of(said["subtotals"]),
    ),
    "confirm_red": _with(acts.ConfirmRed, **_ANSWER),
    "refuse_red": _with(acts.RefuseRed, **_ANSWER),
    "withdraw_red": _with(acts.WithdrawRed, **_ANSWER),
    "void_red": _with(acts.VoidRed, confirmation=_number("no")),
}
