"""Acts of procurement with what a test leaves unsaid, and who usually signs them."""

from collections.abc import Callable
from typing import Any, Final

from procurement_people import FIRMS, HOLDERS, LINE, USCC
from procurement_secrets import (
    THRESHOLD,
    dealing,
    invitation,
    key_of,
    public_key,
    salt,
    sealed,
    share_of,
    sign,
    transport,
)

from tongjian.core.calendar import DAY_MS, HOUR_MS
from tongjian.core.hashing import sha256
from tongjian.core.operation import Act
from tongjian.services.procurement import acts, envelopes
from tongjian.services.procurement.values import Criterion
from tongjian.services.treasury.public import Terms
from tongjian.testkit import World

CRITERIA: Final = (("price", 3_000), ("quality", 4_000), ("service", 3_000))
TERMS: Final = {
    "retention_ppm": 0,
    "retention_days": 0,
    "advance_fen": 0,
    "recovery_ppm": 0,
    "wages_ppm": 0,
    "wage_account": None,
    "supervisor": None,
    "pay_days": 30,
}


def build(record: Callable[..., Any], **fields: Any) -> Any:
    """Make a record of plain values; its bounds are checked when the act is decoded."""
    return record(**fields)


def person_of(name: str) -> bytes:
    """Return the pseudonym of somebody."""
    return sha256(b"person " + name.encode())[:16]


def criteria_of(*pairs: tuple[str, int]) -> tuple[Any, ...]:
    """Return criteria from names and points."""
    return tuple(build(Criterion, name=name, points=points) for name, points in pairs)


def form_of(bidder: str, price: int, **said: Any) -> envelopes.Form:
    """Return the form of a firm's bid, not yet signed."""
    fields = {
        "bidder": USCC[bidder],
        "key": sha256(f"key {bidder}.bidder".encode())[:16],
        "price_fen": price,
        "bond_fen": 2_000_000,
        "technical": salt(f"technical {bidder}"),
        "author": salt(f"author {bidder}"),
        "device": salt(f"device {bidder}"),
        "bond_source": salt(f"account {bidder}"),
        "invitation_salt": salt(f"invitation t1 {USCC[bidder]}"),
        "signature": bytes(64),
    }
    return build(envelopes.Form, **(fields | said))


def _plan(now: int, said: dict[str, Any]) -> dict[str, Any]:
    return {
        "plan": "p1",
        "purchaser": USCC["buyer"],
        "line": LINE,
        "category": "sensors",
        "kind": "goods",
        "method": "open",
        "ceiling_fen": 120_000_000,
        "demand": salt("demand"),
    }


def _prepare(now: int, said: dict[str, Any]) -> dict[str, Any]:
    return {
        "tender": "t1",
        "plan": "p1",
        "agency": USCC["agency"],
        "documents": salt("documents"),
        "criteria": criteria_of(*CRITERIA),
        "bond_fen": 2_000_000,
        "field": "electronics",
        "panel_size": 5,
        "holders": HOLDERS,
        "threshold": THRESHOLD,
        "invited": (),
        "designers": (),
    }


def _sale(now: int, said: dict[str, Any]) -> dict[str, Any]:
    return {
        "tender": "t1",
        "seller": USCC["buyer"],
        "agency": USCC["agency"],
        "lot": salt("lot"),
        "reserve_fen": 100_000_000,
        "deposit_fen": 2_000_000,
        "holders": HOLDERS,
        "threshold": THRESHOLD,
        "barred": (),
    }


def _deal(now: int, said: dict[str, Any]) -> dict[str, Any]:
    tender = said.get("tender", "t1")
    holder = said.get("holder", HOLDERS[0])
    place = HOLDERS.index(holder) + 1 if holder in HOLDERS else 1
    commitments, proof, shares = dealing(tender, HOLDERS, place)
    return {
        "tender": tender,
        "holder": holder,
        "commitments": commitments,
        "proof": proof,
        "shares": shares,
    }


def _share(now: int, said: dict[str, Any]) -> dict[str, Any]:
    tender = said.get("tender", "t1")
    holder = said.get("holder", HOLDERS[0])
    place = HOLDERS.index(holder) + 1 if holder in HOLDERS else 1
    return {"tender": tender, "holder": holder, "share": share_of(tender, HOLDERS, place)}


def _submit(now: int, said: dict[str, Any]) -> dict[str, Any]:
    tender, version = said.get("tender", "t1"), said.get("version", 1)
    name = said.pop("slot_name", said.get("bidder", "alpha"))
    bidder = said.pop("bidder", "alpha")
    form = said.pop("form", None)
    if form is None and bidder is not None:
        form = form_of(bidder, said.pop("price", 113_000_000))
    signer = said.pop("signer", f"{bidder}.bidder")
    ciphertext, commitment = sealed(
        tender, name, key_of(tender, HOLDERS), form, signer=signer, version=version
    )
    ciphertext = said.get("ciphertext", ciphertext)
    commitment = said.get("commitment", commitment)
    slot = public_key(name)
    message = envelopes.slot_message(sha256, tender, slot, version, commitment, ciphertext)
    return {
        "tender": tender,
        "slot": slot,
        "version": version,
        "ciphertext": ciphertext,
        "commitment": commitment,
        "signature": sign(name, message),
    }


def _withdraw(now: int, said: dict[str, Any]) -> dict[str, Any]:
    tender, version = said.get("tender", "t1"), said.get("version", 2)
    name = said.pop("slot_name", "alpha")
    slot = public_key(name)
    message = envelopes.slot_message(sha256, tender, slot, version, b"", b"")
    return {"tender": tender, "slot": slot, "version": version, "signature": sign(name, message)}


def _score(now: int, said: dict[str, Any]) -> dict[str, Any]:
    return {
        "tender": "t1",
        "bidder": USCC["alpha"],
        "points": (3_000, 2_000),
        "responsive": True,
        "reasons": salt("reasons"),
    }


def _conclude(now: int, said: dict[str, Any]) -> dict[str, Any]:
    return {
        "tender": "t1",
        "contract": "c1",
        "supplier": USCC["alpha"],
        "price_fen": 113_000_000,
        "document": salt("contract"),
        "account": salt("account of alpha"),
        "terms": build(Terms, **TERMS),
        "project": None,
        "share": None,
    }


def _auction(now: int, said: dict[str, Any]) -> dict[str, Any]:
    begins = now + 9 * DAY_MS
    return {
        "auction": "a1",
        "seller": USCC["buyer"],
        "auctioneer": USCC["agency"],
        "lot": salt("lot"),
        "reserve_fen": 10_000_000,
        "step_fen": 100_000,
        "deposit_fen": 1_000_000,
        "begins_ms": begins,
        "ends_ms": begins + 24 * HOUR_MS,
        "previous": "",
    }


T: Final = {"tender": "t1"}
BOTH: Final = ("agency.procurement_agent", "buyer.purchase_approver")
AGENT: Final = ("agency.procurement_agent",)
BUYER: Final = ("buyer.purchase_officer", "buyer.purchase_approver")
WATCH: Final = ("finance.supervisor", "finance.supervisor_approver")
REGISTRAR: Final = ("finance.expert_registrar", "finance.supervisor_approver")
DESK: Final = ("agency.bid_desk",)
FIRM: Final = ("{supplier}.bidder",)

Maker = Callable[[int, dict[str, Any]], dict[str, Any]] | dict[str, Any]
VERBS: Final[dict[str, tuple[type[Act], tuple[str, ...], Maker]]] = {
    "declare_supplier": (
        acts.DeclareSupplier,
        ("{supplier}.bidder", "market.market_registrar"),
        {
            "supplier": USCC["alpha"],
            "head": person_of("head of alpha"),
            "links": (),
            "owners": (),
            "statement": salt("bods"),
        },
    ),
    "bar_supplier": (
        acts.BarSupplier,
        WATCH,
        {"supplier": USCC["alpha"], "until_ms": 2_000_000_000_000, "decision": salt("decision")},
    ),
    "enrol_expert": (
        acts.EnrolExpert,
        REGISTRAR,
        {"expert": person_of("expert.1"), "field": "electronics"},
    ),
    "suspend_expert": (
        acts.SuspendExpert,
        REGISTRAR,
        {"expert": person_of("expert.1"), "field": "electronics", "decision": salt("decision")},
    ),
    "declare_interest": (
        acts.DeclareInterest,
        ("finance.expert_registrar",),
        {
            "person": person_of("expert.1"),
            "supplier": USCC["alpha"],
            "evidence": salt("payroll"),
        },
    ),
    "register_holder": (
        acts.RegisterHolder,
        ("{holder}.key_holder",),
        lambda now, said: {
            "holder": HOLDERS[0],
            "transport": transport(said.get("holder", HOLDERS[0])),
        },
    ),
    "plan_purchase": (acts.PlanPurchase, BUYER, _plan),
    "plan_exempted": (
        acts.PlanExempted,
        (*BUYER, "finance.supervisor_approver"),
        lambda now, said: {**_plan(now, said), "approval": salt("approval")},
    ),
    "drop_plan": (acts.DropPlan, BUYER, {"plan": "p1", "reason": salt("reason")}),
    "prepare_tender": (acts.PrepareTender, BOTH, _prepare),
    "prepare_sale": (acts.PrepareSale, BOTH, _sale),
    "deal_key": (acts.DealKey, ("{holder}.key_holder",), _deal),
    "confirm_key": (
        acts.ConfirmKey,
        ("{holder}.key_holder",),
        lambda now, said: {
            **T,
            "holder": HOLDERS[0],
            "key": key_of(said.get("tender", "t1"), HOLDERS),
        },
    ),
    "publish": (
        acts.Publish,
        BOTH,
        lambda now, said: {**T, "deadline_ms": now + 21 * DAY_MS},
    ),
    "clarify": (
        acts.Clarify,
        BOTH,
        lambda now, said: {
            **T,
            "document": salt("addendum"),
            "affects_bids": True,
            "deadline_ms": now + 25 * DAY_MS,
        },
    ),
    "fail_tender": (
        acts.FailTender,
        BOTH,
        {**T, "reason": "task_cancelled", "decision": salt("decision")},
    ),
    "submit_bid": (acts.SubmitBid, DESK, _submit),
    "withdraw_bid": (acts.WithdrawBid, DESK, _withdraw),
    "publish_share": (acts.PublishShare, ("{holder}.key_holder",), _share),
    "open_bid": (
        acts.OpenBid,
        AGENT,
        lambda now, said: {**T, "slot": public_key(said.pop("slot_name", "alpha"))},
    ),
    "close_opening": (acts.CloseOpening, AGENT, T),
    "settle_sale": (acts.SettleSale, BOTH, T),
    "draw_panel": (acts.DrawPanel, BOTH, {**T, "representatives": ()}),
    "replace_member": (
        acts.ReplaceMember,
        BOTH,
        {**T, "member": person_of("expert.1"), "reason": salt("ill")},
    ),
    "score_bid": (acts.ScoreBid, ("expert.1",), _score),
    "rank_bids": (acts.RankBids, AGENT, T),
    "raise_finding": (
        acts.RaiseFinding,
        ("finance.supervisor",),
        {
            **T,
            "flag": "same_author",
            "bidders": (USCC["beta"], USCC["gamma"]),
            "evidence": salt("evidence"),
        },
    ),
    "answer_finding": (
        acts.AnswerFinding,
        ("{bidder}.bidder",),
        {**T, "number": 1, "bidder": USCC["beta"], "statement": salt("statement")},
    ),
    "dispose_finding": (
        acts.DisposeFinding,
        ("expert.1",),
        {**T, "number": 1, "verdict": "reject", "reasons": salt("reasons")},
    ),
    "award": (acts.Award, ("buyer.purchase_approver",), {**T, "bidder": USCC["alpha"]}),
    "strike_winner": (
        acts.StrikeWinner,
        ("buyer.purchase_approver", "finance.supervisor_approver"),
        {**T, "reason": "refused_to_sign", "decision": salt("decision")},
    ),
    "challenge_tender": (
        acts.ChallengeTender,
        FIRM,
        {**T, "supplier": USCC["beta"], "grounds": salt("grounds")},
    ),
    "answer_challenge": (acts.AnswerChallenge, BOTH, {**T, "number": 1, "answer": salt("answer")}),
    "complain": (
        acts.Complain,
        FIRM,
        {**T, "number": 1, "supplier": USCC["beta"], "complaint": salt("complaint")},
    ),
    "decide_complaint": (
        acts.DecideComplaint,
        WATCH,
        {**T, "number": 1, "verdict": "dismissed", "decision": salt("decision")},
    ),
    "conclude": (acts.Conclude, ("buyer.purchase_approver", "{supplier}.bidder"), _conclude),
    "supplement": (
        acts.Supplement,
        ("buyer.purchase_approver", "{supplier}.bidder"),
        {
            "contract": "c1",
            "supplier": USCC["alpha"],
            "amount_fen": 5_000_000,
            "document": salt("supplement"),
        },
    ),
    "open_auction": (
        acts.OpenAuction,
        ("agency.auctioneer", "buyer.purchase_approver"),
        _auction,
    ),
    "admit_bidder": (
        acts.AdmitBidder,
        ("{bidder}.bidder", "agency.auctioneer"),
        {"auction": "a1", "bidder": USCC["alpha"], "deposit": salt("deposit")},
    ),
    "raise_bid": (
        acts.RaiseBid,
        ("{bidder}.bidder",),
        {"auction": "a1", "bidder": USCC["alpha"], "price_fen": 10_000_000},
    ),
    "knock_down": (acts.KnockDown, ("agency.auctioneer",), {"auction": "a1"}),
    "declare_default": (
        acts.DeclareDefault,
        ("agency.auctioneer", "buyer.purchase_approver"),
        {"auction": "a1", "evidence": salt("evidence")},
    ),
    "record_foreign": (
        acts.RecordForeign,
        ("buyer.purchase_officer",),
        {
            "process": salt("ocid"),
            "release": salt("release"),
            "keeper": USCC["buyer"],
            "original": salt("original"),
            "content": salt("content"),
            "released_ms": 1_574_702_438_119,
            "currency": "EUR",
            "awarded_fen": 77_576,
            "contracted_fen": 77_576,
            "flags": (),
        },
    ),
}


def make(world: World, verb: str, said: dict[str, Any]) -> tuple[Act, tuple[str, ...]]:
    """Return an act and the names of those who usually sign it."""
    act, signers, maker = VERBS[verb]
    named = dict(said)
    for field in ("supplier", "bidder", "holder", "seller"):
        if named.get(field) in USCC and not (verb == "submit_bid" and field == "bidder"):
            named[field] = USCC[named[field]]
    if "bidders" in named:
        named["bidders"] = tuple(USCC[name] for name in named["bidders"])
    fields = maker(world.now_ms, named) if callable(maker) else maker
    made = build(act, **{**fields, **named})
    from procurement_people import NAME_OF

    words = {
        name: NAME_OF.get(getattr(made, name, ""), "") for name in ("supplier", "bidder", "holder")
    }
    return made, tuple(signer.format(**words) for signer in signers)


__all__ = ["FIRMS", "VERBS", "criteria_of", "form_of", "invitation", "make", "person_of"]
