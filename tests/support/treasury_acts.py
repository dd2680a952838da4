"""Acts on public money made from words: who usually signs, and what a line leaves unsaid."""

from typing import Any, Final

from treasury_usual import DEFAULTS, PARCEL, PROJECT, USUAL

from tongjian.core.hashing import compute_commitment, sha256
from tongjian.core.identifiers import uscc_check_digit
from tongjian.core.operation import Act
from tongjian.services.treasury import acts
from tongjian.services.treasury.acts_payments import InvoiceUse
from tongjian.services.treasury.acts_wages import WagePart
from tongjian.services.treasury.quantities import Terms

__all__ = ["DEFAULTS", "PARCEL", "PROJECT", "USUAL"]

ORGANISATIONS: Final = {
    "finance": ("119901000014002175", "990100", "finance"),
    "congress": ("11990100001409001", "990100", "congress"),
    "bureau": ("11990100001400700T", "990100", "bureau"),
    "school": ("12990100432009002", "990100", "body"),
    "district": ("11990106001409003", "990106", "finance"),
    "council": ("11990106001409004", "990106", "congress"),
    "alpha": ("91990106MA7K3D2102", "990106", "firm"),
    "beta": ("91990106MA7K3E811E", "990106", "firm"),
    "shell": ("91990106MA7K3F5151", "990106", "firm"),
    "super": ("91990100MA8T2F907N", "990100", "firm"),
    "bank": ("919901007100011120", "990100", "bank"),
    "rival": ("91990100710009005", "990100", "bank"),
    "pbc": ("11990000001409006", "990000", "treasury"),
    "planning": ("11990100001409007", "990100", "bureau"),
    "audit": ("11990100001400882Y", "990100", "bureau"),
    "tax": ("11990100001400110R", "990100", "bureau"),
}
"""Name, code, division, kind."""
ROLES: Final = {
    "finance": (
        "budget_officer",
        "budget_approver",
        "payment_checker",
        "payment_checker",
        "treasury_approver",
        "treasury_clerk",
    ),
    "district": ("budget_officer", "budget_approver", "treasury_approver", "payment_checker"),
    "congress": ("congress_approver",),
    "council": ("congress_approver",),
    "bureau": ("accountant", "finance", "unit_head", "acceptor", "acceptor", "asset_keeper"),
    "school": ("accountant", "finance", "unit_head", "acceptor", "acceptor", "asset_keeper"),
    "alpha": ("contractor", "payroll", "issuer"),
    "beta": ("contractor", "payroll", "issuer"),
    "shell": ("contractor", "payroll", "issuer"),
    "super": ("supervisor_engineer",),
    "bank": ("bank_officer", "bank_officer"),
    "rival": ("bank_officer", "bank_officer"),
    "pbc": ("state_treasury",),
    "planning": ("investment_approver",),
    "audit": ("auditor", "audit_head"),
    "tax": ("tax_officer", "tax_approver"),
}


def _whole(code: str) -> str:
    return code if len(code) == 18 else code + uscc_check_digit(code)


USCC: Final = {name: _whole(code) for name, (code, _, _) in ORGANISATIONS.items()}
NAME_OF: Final = {code: name for name, code in USCC.items()}


def fen_of(yuan: str) -> int:
    """Read `1130.00` as 113000 fen."""
    whole, _, cents = yuan.partition(".")
    return int(whole) * 100 + int((cents + "00")[:2])


def yuan_of(fen: int) -> str:
    """Write 113000 fen as `1130.00`."""
    return f"{fen // 100}.{fen % 100:02d}"


def invoice_of(name: str) -> str:
    """Return the number of invoice `7`."""
    return name if len(name) == 20 else f"26990{int(name):015d}"


def salt_of(name: str) -> bytes:
    """Return the salt that went with an invoice to its buyer."""
    return sha256(b"salt of " + invoice_of(name).encode())


def commit_to(invoice: str, buyer: str) -> bytes:
    """Return the commitment of an invoice to its buyer."""
    return compute_commitment(sha256, salt_of(invoice), USCC[buyer].encode())


def line_of(name: str) -> str:
    """Return the number of line `3`; a whole number stays as it is."""
    return name if "-" in name else f"2026-990100-{int(name):06d}"


def secret(text: str) -> bytes:
    """Return what stands for an account, a document or a receipt called by this name."""
    return sha256(text.encode())


def worker(name: str) -> bytes:
    """Return the pseudonym of a worker."""
    return sha256(b"worker " + name.encode())[:16]


TERMS: Final = {
    "goods": {"retain": "0", "keep": "0", "advance": "0.00", "recover": "0", "share_wages": "0"},
    "works": {
        "retain": "30000",
        "keep": "365",
        "advance": "0.00",
        "recover": "0",
        "share_wages": "250000",
        "wage_account": "wages",
        "supervisor": "super",
    },
}
_TERM_WORDS: Final = (
    "retain",
    "keep",
    "advance",
    "recover",
    "share_wages",
    "wage_account",
    "supervisor",
    "pay_days",
)


def terms_of(said: dict[str, str]) -> Terms:
    """Return the terms of a contract: those usual for its kind, with what is said otherwise."""
    usual = TERMS["works" if said["kind"] == "works" else "goods"]
    words = {"pay_days": "30", "wage_account": "none", "supervisor": "none", **usual}
    words |= {name: said[name] for name in _TERM_WORDS if name in said}
    wages, supervisor = words["wage_account"], words["supervisor"]
    made: Any = Terms
    terms: Terms = made(
        retention_ppm=int(words["retain"]),
        retention_days=int(words["keep"]),
        advance_fen=fen_of(words["advance"]),
        recovery_ppm=int(words["recover"]),
        wages_ppm=int(words["share_wages"]),
        wage_account=None if wages == "none" else secret(wages),
        supervisor=None if supervisor == "none" else USCC[supervisor],
        pay_days=int(words["pay_days"]),
    )
    return terms


def _invoices(text: str) -> tuple[Any, ...]:
    made: Any = InvoiceUse
    return tuple(
        made(
            invoice=invoice_of(name.removesuffix("!")),
            buyer_salt=salt_of("999" if name.endswith("!") else name),
            amount_fen=fen_of(money),
        )
        for name, money in (part.split(":") for part in text.split(","))
    )


def _wages(text: str) -> tuple[Any, ...]:
    made: Any = WagePart
    parts = (part.split(":") for part in text.split(","))
    return tuple(made(worker=worker(name), amount_fen=fen_of(money)) for name, money in parts)


_OFFICES: Final = (
    *("finance", "unit", "payee", "owner", "bank", "treasury", "investor", "auditor"),
    *("keeper", "receiver"),
)
_DIGESTS: Final = (
    *("account", "source_account", "resolution", "document", "evidence", "receipt", "voucher"),
    *("plan", "basis", "reason", "identity", "reply", "payer", "seller", "order"),
)
_NUMBERS: Final = ("acceptance", "payment", "at_height", "period", "due_on", "day")


def field_of(verb: str, name: str, text: str) -> Any:
    """Return the value of a field of an act from its word."""
    special: dict[str, Any] = {
        "invoices": _invoices,
        "wages": _wages,
        "buyer_salts": lambda given: tuple(salt_of(name) for name in given.split(",")),
        "worker": worker,
        "line": line_of,
        "to_line": line_of,
        "confirmed": lambda given: given == "yes",
        "lender": lambda given: None if given == "none" else secret(given),
        "ref": lambda given: USCC.get(given, given),
    }
    if name in special:
        return special[name](text)
    if name.endswith("_fen"):
        return fen_of(text)
    if name in _OFFICES:
        return USCC[text]
    if name in _DIGESTS:
        return secret(text)
    if name in _NUMBERS or (name == "change" and verb.endswith(("change", "back"))):
        return int(text)
    return None if text == "none" else text


SUBJECTS: Final = {
    **dict.fromkeys(("check_payment", "approve_payment", "order_payment"), ("line", "payment")),
    **dict.fromkeys(("reject_payment", "confirm_paid", "return_payment"), ("line", "payment")),
    "book_payment": ("line", "payment"),
    "request_payment": ("contract", "acceptance"),
    "call_back": ("contract", "change"),
    "stop_account_change": ("contract", "change"),
    "apply_account_change": ("contract", "change"),
    "set_share": ("project", "share"),
    "set_milestone": ("project", "milestone"),
    "meet_milestone": ("project", "milestone"),
    "register_worker": ("contract", "worker"),
    "freeze_funds": ("target", "ref"),
    "unfreeze_funds": ("target", "ref"),
    "clear_day": ("account", "day"),
    "note_uncleared": ("account", "day"),
}
"""The fields that the second word of a line gives, divided by `/`."""
ACTS: Final = {
    str(act.__struct_config__.tag).partition(".")[2]: act
    for act in (getattr(acts, name) for name in acts.__all__)
}
CAUSED: Final = (
    *("release_escrow", "refund_escrow", "freeze_funds", "unfreeze_funds"),
    *("apply_account_change", "note_uncleared", "note_transfer_late"),
)
"""Acts that nobody signs."""
_SHORT: Final = {"amount": "amount_fen", "value": "value_fen", "price": "price_fen"} | {
    name: f"{name}_fen" for name in ("frozen", "payoff", "estimate", "feasibility")
}


def act_of(verb: str, subject: str, said: dict[str, str]) -> Act:
    """Make the act of a line: the verb, what it is about, and the words that say more."""
    act: Any = ACTS[verb]
    fields = act.__struct_fields__
    about = dict(zip(SUBJECTS.get(verb, fields[:1]), subject.split("/"), strict=True))
    words = {**DEFAULTS.get(verb, {}), **said}
    if verb == "set_share":
        words["share_fen"] = words.pop("share")
    words |= about
    words |= {_SHORT[name]: text for name, text in words.items() if name in _SHORT}
    if verb == "request_payment" and not words["invoices"]:
        words["invoices"] = "1:" + words["amount"]
    made = {
        name: terms_of(words) if name == "terms" else field_of(verb, name, words[name])
        for name in fields
    }
    built: Act = act(**made)
    return built
