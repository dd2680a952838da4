"""Acts of procurement: who usually signs each, and how one is made from what a test says."""

from collections.abc import Callable
from typing import Any, Final

from procurement_makers import (
    build,
    criteria_of,
    form_of,
    make_auction,
    make_conclude,
    make_deal,
    make_plan,
    make_prepare,
    make_sale,
    make_score,
    make_share,
    make_submit,
    make_withdraw,
    person_of,
)
from procurement_people import FIRMS, HOLDERS, USCC
from procurement_secrets import (
    invitation,
    key_of,
    public_key,
    salt,
    transport,
)

from tongjian.core.calendar import DAY_MS
from tongjian.core.operation import Act
from tongjian.services.procurement import acts
from tongjian.testkit import World

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
        REGISTRAR,
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
    "plan_purchase": (acts.PlanPurchase, BUYER, make_plan),
    "plan_exempted": (
        acts.PlanExempted,
        (*BUYER, "finance.supervisor_approver"),
        lambda now, said: {**make_plan(now, said), "approval": salt("approval")},
    ),
    "drop_plan": (acts.DropPlan, BUYER, {"plan": "p1", "reason": salt("reason")}),
    "prepare_tender": (acts.PrepareTender, BOTH, make_prepare),
    "prepare_sale": (acts.PrepareSale, BOTH, make_sale),
    "deal_key": (acts.DealKey, ("{holder}.key_holder",), make_deal),
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
    "annul_tender": (
        acts.AnnulTender,
        (*BOTH, "finance.supervisor_approver"),
        {**T, "reason": "law_broken", "decision": salt("decision")},
    ),
    "submit_bid": (acts.SubmitBid, DESK, make_submit),
    "withdraw_bid": (acts.WithdrawBid, DESK, make_withdraw),
    "publish_share": (acts.PublishShare, ("{holder}.key_holder",), make_share),
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
        ("agency.procurement_agent", "finance.supervisor_approver"),
        {**T, "member": person_of("expert.1"), "reason": salt("ill")},
    ),
    "score_bid": (acts.ScoreBid, ("expert.1",), make_score),
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
    "conclude": (acts.Conclude, ("buyer.purchase_approver", "{supplier}.bidder"), make_conclude),
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
        make_auction,
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
