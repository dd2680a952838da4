"""What a release says of a tender of the ledger: one part of OCDS, from the rows of one moment.

The ledger knows bodies by their credit codes, documents by commitments and no names; so do the
releases. What is secret before the opening is left out until then: how many bid, and who
(Government Procurement Law art. 22, Tendering Law art. 22).
"""

import datetime as dt
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any, Final

from tongjian.connectors.ocds.timeline import Standing
from tongjian.connectors.strictjson import Json
from tongjian.services.procurement.rows import Contract, Offer, Plan
from tongjian.services.treasury.rows_money import Payment

SCHEME: Final = "CN-USCC"
"""Scheme of credit codes (GB 32100-2015); org-id.guide lists none for them."""
CURRENCY: Final = "CNY"
_SHANGHAI: Final = dt.timezone(dt.timedelta(hours=8))
_EPOCH: Final = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_METHODS: Final = {
    "open": ("open", "公开招标"),
    "invited": ("selective", "邀请招标"),
    "negotiation": ("limited", "竞争性谈判"),
    "consultation": ("limited", "竞争性磋商"),
    "inquiry": ("limited", "询价"),
    "single": ("direct", "单一来源"),
}
_FAILED: Final = {
    "few_bidders": "unsuccessful",
    "over_budget": "unsuccessful",
    "unreadable": "unsuccessful",
}
"""Of the reasons for which a tender ends; all others are cancellations."""
_UNDECIDED: Final = frozenset({"opened", "evaluating"})
_OPENED: Final = frozenset({"opened", "evaluating", "ranked", "awarded", "contracted"})
_PAID: Final = frozenset({"paid", "booked"})


def moment_text(time_ms: int) -> str:
    """Return a time in Shanghai as RFC 3339, to the second; what is below is cut."""
    moment = _EPOCH + dt.timedelta(milliseconds=time_ms)
    return moment.astimezone(_SHANGHAI).isoformat(timespec="seconds")


def value_of(amount_fen: int) -> Json:
    """Return an amount of fen in yuan."""
    return {"amount": Decimal(amount_fen).scaleb(-2), "currency": CURRENCY}


def reference(code: str) -> Json:
    """Return a reference to a body."""
    return {"id": code}


def parties_of(roles: Mapping[str, Iterable[str]]) -> list[Json]:
    """Return the parties with their roles, from the codes of each role, in order of the codes."""
    codes = sorted({code for holders in roles.values() for code in holders})
    return [
        {
            "id": code,
            "identifier": {"scheme": SCHEME, "id": code},
            "roles": [role for role, holders in roles.items() if code in holders],
        }
        for code in codes
    ]


def plan_body(number: str, plan: Plan) -> Json:
    """Return what is planned: buyer, budget line, ceiling and method."""
    status = {"dropped": "cancelled"}.get(plan.status, "planned")
    method, details = _METHODS[plan.method]
    return {
        "parties": parties_of({"buyer": [plan.purchaser]}),
        "buyer": reference(plan.purchaser),
        "planning": {"budget": {"id": plan.line, "amount": value_of(plan.ceiling_fen)}},
        "tender": {
            "id": number,
            "status": status,
            "procurementMethod": method,
            "procurementMethodDetails": details,
            "mainProcurementCategory": plan.kind,
            "value": value_of(plan.ceiling_fen),
            "items": [{"id": "1", "classification": {"id": plan.category}}],
        },
    }


def tender_body(now: Standing, awards: Mapping[str, Json]) -> Json:
    """Return how a tender looks at one moment; `awards` are those made so far, by supplier."""
    is_opened = _is_opened(now)
    bidders = sorted(now.offers) if is_opened else []
    roles: dict[str, list[str]] = {
        "buyer": [now.tender.purchaser],
        "procuringEntity": [now.tender.agency],
        "tenderer": bidders,
        "supplier": list(awards),
    }
    body: Json = {
        "parties": parties_of(roles),
        "buyer": reference(now.tender.purchaser),
        "tender": _tender(now, bidders),
    }
    if now.plan is not None:
        budget = {"id": now.plan.line, "amount": value_of(now.plan.ceiling_fen)}
        body["planning"] = {"budget": budget}
    if bidders:
        body["bids"] = {"details": [_bid(now, code, now.offers[code]) for code in bidders]}
    if awards:
        body["awards"] = list(awards.values())
    if now.contracts:
        body["contracts"] = [
            _contract(now, number, contract) for number, contract in sorted(now.contracts.items())
        ]
    return body


def award_id(supplier: str) -> str:
    """Return the id of the award to a supplier; a supplier has one in a tender."""
    return f"award-{supplier}"


def tender_status(now: Standing) -> str:
    """Return the status of a tender by the code list of OCDS."""
    match now.tender.status:
        case "prepared":
            return "planned"
        case "failed":
            return _FAILED.get(now.tender.fail_reason, "cancelled")
        case "awarded" | "contracted":
            return "complete"
        case _:
            return "active"


def _is_opened(now: Standing) -> bool:
    # A tender that fails after the opening keeps what was opened; before, there are no offers.
    return now.tender.status in _OPENED or (now.tender.status == "failed" and bool(now.offers))


def _tender(now: Standing, bidders: list[str]) -> Json:
    tender = now.tender
    method, details = _METHODS[tender.method]
    priced = all(criterion.name == "price" for criterion in tender.criteria)
    period = {
        "startDate": moment_text(tender.published_ms),
        "endDate": moment_text(tender.deadline_ms),
    }
    fields: Json = {
        "id": now.number,
        "status": tender_status(now),
        "procuringEntity": reference(tender.agency),
        "value": value_of(tender.ceiling_fen),
        "procurementMethod": method,
        "procurementMethodDetails": details,
        "mainProcurementCategory": tender.kind,
        "awardCriteria": "priceOnly" if priced else "ratedCriteria",
        "submissionMethod": ["electronicSubmission"],
        "tenderPeriod": period,
        "documents": [
            _document("documents", tender.documents, "biddingDocuments", tender.published_ms)
        ],
    }
    if now.plan is not None:
        fields["items"] = [{"id": "1", "classification": {"id": now.plan.category}}]
    if now.addenda:
        fields["documents"] += [
            _document(f"addendum-{number}", one.document, "clarifications", one.recorded_ms)
            for number, one in sorted(now.addenda.items())
        ]
        fields["amendments"] = [
            {"id": str(number), "date": moment_text(one.recorded_ms)}
            for number, one in sorted(now.addenda.items())
            if one.affects_bids
        ]
    if _is_opened(now):
        fields["numberOfTenderers"] = len(bidders)
        fields["tenderers"] = [reference(code) for code in bidders]
    return {name: value for name, value in fields.items() if value != []}


def _document(key: str, commitment: bytes, kind: str, time_ms: int) -> Json:
    """Return a document as the ledger knows it: by what its holder committed to."""
    return {
        "id": key,
        "documentType": kind,
        "description": f"commitment {commitment.hex()}",
        "datePublished": moment_text(time_ms),
    }


def _bid(now: Standing, bidder: str, offer: Offer) -> Json:
    if offer.validity != "valid":
        status = "disqualified"
    else:
        status = "pending" if now.tender.status in _UNDECIDED else "valid"
    bid: Json = {"id": bidder, "status": status, "tenderers": [reference(bidder)]}
    envelope = now.envelopes.get(offer.slot)
    if envelope is not None:
        bid["date"] = moment_text(envelope.received_ms)
    bid["value"] = value_of(offer.price_fen)
    if status == "disqualified":
        bid["statusDetails"] = offer.validity
    return bid


def _contract(now: Standing, number: str, contract: Contract) -> Json:
    fields: Json = {
        "id": number,
        "awardID": award_id(contract.supplier),
        "status": "active",
        "value": value_of(contract.price_fen + contract.added_fen),
        "dateSigned": moment_text(contract.signed_ms),
        "documents": [
            _document("contract", contract.document, "contractSigned", contract.signed_ms)
        ],
    }
    if contract.supplements:
        fields["amendments"] = [{"id": str(n + 1)} for n in range(contract.supplements)]
    paid = [
        _transaction(key, payment, contract)
        for key, payment in sorted(now.payments.items())
        if payment.contract == number and payment.status in _PAID and payment.paid_on is not None
    ]
    if paid:
        fields["implementation"] = {"transactions": paid}
    return fields


def _transaction(key: tuple[str, int], payment: Payment, contract: Contract) -> Json:
    fields: dict[str, Any] = {
        "id": f"{key[0]}-{key[1]}",
        "value": value_of(payment.amount_fen),
        "payer": reference(contract.purchaser),
        "payee": reference(payment.payee),
    }
    if payment.paid_on is not None:
        day = str(payment.paid_on)
        fields["date"] = f"{day[:4]}-{day[4:6]}-{day[6:]}T00:00:00+08:00"
    return fields
