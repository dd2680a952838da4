"""Acts on public money made from words: who usually signs, and what a line leaves unsaid."""

from typing import Any, Final

from tongjian.core.hashing import compute_commitment, sha256
from tongjian.core.identifiers import uscc_check_digit
from tongjian.core.operation import Act
from tongjian.services.treasury import acts
from tongjian.services.treasury.acts_payments import InvoiceUse
from tongjian.services.treasury.acts_wages import WagePart
from tongjian.services.treasury.quantities import Terms

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
PROJECT: Final = "2610-990106-04-01-000123"
PARCEL: Final = "990106001002GB00021F00010008"


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
_BUDGET = "finance.budget_officer,finance.budget_approver"
_CONGRESS = "finance.budget_officer,congress.congress_approver"
_INVEST = "bureau.unit_head,planning.investment_approver"
_BANK = "bank.bank_officer,bank.bank_officer2"
_AUDIT = "audit.auditor,audit.audit_head"
USUAL: Final[dict[str, str]] = {
    "draft_line": "finance.budget_officer",
    "approve_line": _CONGRESS,
    "issue_line": _BUDGET,
    "adjust_line": _CONGRESS,
    "move_funds": _BUDGET,
    "freeze_line": _BUDGET,
    "grant_quota": _BUDGET,
    "close_line": _BUDGET,
    "bill_revenue": "bureau.accountant",
    "receive_revenue": "pbc.state_treasury",
    "send_transfer": _BUDGET,
    "receive_transfer": "district.budget_officer,district.treasury_approver",
    "propose_project": "bureau.finance,bureau.unit_head",
    "advance_project": _INVEST,
    "raise_estimate": _INVEST,
    "audit_project": _AUDIT,
    "set_share": _INVEST,
    "set_milestone": _INVEST,
    "meet_milestone": "bureau.acceptor,bureau.unit_head",
    "register_account": "finance.treasury_clerk,finance.treasury_approver",
    "close_account": "finance.treasury_clerk,finance.treasury_approver",
    "ask_account_change": "bureau.accountant,bureau.finance",
    "call_back": "finance.payment_checker",
    "stop_account_change": "bureau.finance",
    "commit": "{unit}.finance,{unit}.unit_head",
    "adjust_commitment": "bureau.finance,bureau.unit_head",
    "grant_advance": "bureau.finance,bureau.unit_head",
    "accept_delivery": "bureau.acceptor,bureau.acceptor2",
    "certify_progress": "alpha.contractor,super.supervisor_engineer,bureau.acceptor",
    "release_retention": "bureau.acceptor,bureau.unit_head",
    "request_payment": "bureau.accountant",
    "check_payment": "finance.payment_checker",
    "approve_payment": "finance.treasury_approver",
    "order_payment": "finance.treasury_clerk",
    "reject_payment": "finance.payment_checker",
    "confirm_paid": "bank.bank_officer",
    "return_payment": "bank.bank_officer",
    "clear_day": "bank.bank_officer,pbc.state_treasury",
    "book_payment": "bureau.accountant",
    "record_asset": "bureau.accountant,{keeper}.asset_keeper",
    "register_worker": "alpha.payroll,bureau.acceptor",
    "pay_wages": "alpha.payroll,bank.bank_officer",
    "open_escrow": _BANK,
    "fund_escrow": _BANK,
    "pay_out_escrow": _BANK,
    "write_finding": _AUDIT,
    "reply_finding": "bureau.unit_head",
    "rectify_finding": _AUDIT,
}
_DAY: Final = "20261119"
DEFAULTS: Final[dict[str, dict[str, str]]] = {
    "draft_line": {
        "finance": "finance",
        "unit": "bureau",
        "functional": "2120399",
        "economic": "31005",
        "source": "own",
        "transfer": "none",
        "project": "none",
        "amount": "1000000.00",
    },
    "approve_line": {"resolution": "resolution"},
    "adjust_line": {"change": "add", "amount": "100.00", "resolution": "resolution 2"},
    "move_funds": {"to_line": "2", "amount": "100.00", "document": "approval"},
    "freeze_line": {"frozen": "0.00", "document": "notice"},
    "grant_quota": {"amount": "1000000.00", "plan": "plan"},
    "close_line": {"outcome": "closed"},
    "bill_revenue": {
        "unit": "bureau",
        "code": "103044001",
        "payer": "payer",
        "amount": "200.00",
    },
    "receive_revenue": {"account": "single", "amount": "200.00", "receipt": "rr"},
    "send_transfer": {
        "line": "1",
        "receiver": "district",
        "kind": "special",
        "amount": "1000.00",
        "document": "notice",
    },
    "receive_transfer": {"amount": "1000.00"},
    "propose_project": {"owner": "bureau", "investor": "planning", "document": "proposal"},
    "advance_project": {"stage": "feasible", "amount": "0.00", "document": "approval"},
    "raise_estimate": {
        "feasibility": "30000000.00",
        "estimate": "33000000.00",
        "document": "again",
    },
    "audit_project": {"auditor": "audit", "document": "report"},
    "set_share": {"share": "10000000.00"},
    "set_milestone": {"due_on": "20270630"},
    "meet_milestone": {"evidence": "photographs"},
    "register_account": {
        "kind": "zero_balance",
        "finance": "finance",
        "owner": "bureau",
        "bank": "bank",
        "treasury": "pbc",
    },
    "ask_account_change": {"account": "new account", "evidence": "letter"},
    "call_back": {"line": "1", "confirmed": "yes", "evidence": "call"},
    "commit": {
        "line": "1",
        "unit": "bureau",
        "payee": "alpha",
        "account": "account of alpha",
        "kind": "goods",
        "amount": "1000.00",
        "project": "none",
        "share": "none",
        "basis": "contract",
    },
    "adjust_commitment": {"change": "add", "amount": "10.00", "basis": "change order"},
    "grant_advance": {"amount": "100.00", "evidence": "guarantee"},
    "accept_delivery": {"value": "1000.00", "evidence": "delivery note"},
    "certify_progress": {"value": "1000.00", "evidence": "quantities"},
    "release_retention": {"amount": "30.00", "evidence": "inspection"},
    "request_payment": {
        "purpose": "supplier",
        "amount": "1000.00",
        "source_account": "zero",
        "invoices": "",
    },
    "reject_payment": {"reason": "reason"},
    "confirm_paid": {
        "source_account": "zero",
        "account": "account of alpha",
        "amount": "1000.00",
        "receipt": "r1",
    },
    "return_payment": {"source_account": "zero", "reason": "no such account"},
    "clear_day": {"amount": "1000.00", "receipt": "clearing"},
    "book_payment": {"voucher": "v1", "buyer_salts": "1"},
    "record_asset": {
        "line": "1",
        "payment": "1",
        "keeper": "bureau",
        "value": "1000.00",
        "identity": "serial numbers",
    },
    "register_worker": {"evidence": "labour contract"},
    "pay_wages": {"account": "wages", "period": "202611", "wages": "w1:100.00", "receipt": "w"},
    "open_escrow": {
        "bank": "bank",
        "case": "case-1",
        "parcel": PARCEL,
        "account": "escrow",
        "payer": "lin",
        "seller": "zhou",
        "lender": "none",
        "price": "2000000.00",
        "payoff": "0.00",
    },
    "fund_escrow": {"receipt": "deposit"},
    "release_escrow": {"case": "case-1", "parcel": PARCEL},
    "refund_escrow": {"case": "case-1"},
    "pay_out_escrow": {"receipt": "paid out"},
    "freeze_funds": {"order": "order", "amount": "100.00"},
    "unfreeze_funds": {"order": "order"},
    "write_finding": {
        "auditor": "audit",
        "kind": "overpaid",
        "line": "1",
        "payment": "1",
        "at_height": "1",
        "amount": "10.00",
        "document": "finding",
    },
    "reply_finding": {"reply": "reply"},
    "rectify_finding": {"document": "letter"},
}
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
