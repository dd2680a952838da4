"""The chain of custody: each step names giver, receiver and what became of the bytes (JUD-I2)."""

from typing import Final

from tongjian.core.encoding import replace
from tongjian.core.ledger import Ledger
from tongjian.core.operation import Act, Event, ensure
from tongjian.core.permission import AllOf, Named, Signer
from tongjian.core.values import Count, Digest, Uscc, count, time_ms
from tongjian.services.evidence.records import (
    CUSTODY,
    ITEMS,
    Action,
    Custody,
    Derivation,
    Imprint,
    Item,
    ItemId,
    Reason,
    service,
)
from tongjian.services.evidence.refusals import Refusal
from tongjian.services.evidence.rules import check_imprint, require_fixed, require_stored

CUSTODY_LAW: Final = "Online Litigation Rules art. 17, 18; Civil Evidence Provisions art. 93"


class Kept(Event, tag="evidence.kept"):
    """A step of the chain of custody is recorded."""

    item: ItemId
    step: Count
    action: Action
    giver: Uscc
    receiver: Uscc
    after: Imprint


class Store(Act, tag="evidence.store"):
    """Take a fixed item into custody; the chain of custody begins."""

    item: ItemId
    giver: Uscc
    """The office that captured it."""
    receiver: Uscc
    content: Imprint
    """As the receiver finds it."""
    place: Digest
    """Commitment to where and on what it is stored."""


@service.operation(
    by=AllOf((Signer("evidence_officer", Named("giver")), Signer("custodian", Named("receiver")))),
    law=CUSTODY_LAW,
    writes=(ITEMS, CUSTODY),
)
def store(act: Store, ledger: Ledger) -> Kept:
    """Begin the chain of custody: the first giver is the office that captured the item."""
    item, _, current = require_fixed(ledger, act.item)
    ensure(item.state == "fixed", Refusal.ALREADY_STORED)
    ensure(item.holder == act.giver, Refusal.CUSTODY_GAP)
    ensure(act.content == current, Refusal.CONTENT_DIFFERS)

    step = Custody(
        action="store",
        giver=act.giver,
        receiver=act.receiver,
        reason="custody",
        before=current,
        after=current,
        tool=None,
        place=act.place,
        recorded_ms=time_ms(ledger.time_ms),
    )
    return keep(ledger, act.item, replace(item, state="stored"), step)


class HandOver(Act, tag="evidence.hand_over"):
    """Hand an item from one custodian to another."""

    item: ItemId
    giver: Uscc
    receiver: Uscc
    reason: Reason
    content: Imprint
    """As the receiver finds it: the same as last recorded."""
    place: Digest


@service.operation(
    by=AllOf((Signer("custodian", Named("giver")), Signer("custodian", Named("receiver")))),
    law=CUSTODY_LAW,
    writes=(ITEMS, CUSTODY),
)
def hand_over(act: HandOver, ledger: Ledger) -> Kept:
    """Hand over what the giver holds, unchanged; both custodians sign, two persons."""
    item, current = require_stored(ledger, act.item)
    ensure(item.holder == act.giver, Refusal.CUSTODY_GAP)
    ensure(act.content == current, Refusal.CONTENT_DIFFERS)

    step = Custody(
        action="hand_over",
        giver=act.giver,
        receiver=act.receiver,
        reason=act.reason,
        before=current,
        after=current,
        tool=None,
        place=act.place,
        recorded_ms=time_ms(ledger.time_ms),
    )
    return keep(ledger, act.item, item, step)


class Derive(Act, tag="evidence.derive"):
    """Declare that other bytes were made from an item: a copy, a decryption, a transcoding."""

    item: ItemId
    holder: Uscc
    derivation: Derivation
    reason: Reason
    before: Imprint
    """As last recorded."""
    after: Imprint
    """Of the bytes that were made; both stay in the package."""
    tool: Digest
    """Hash of the program that made them."""
    place: Digest


@service.operation(
    by=Signer("custodian", Named("holder")), law=CUSTODY_LAW, writes=(ITEMS, CUSTODY)
)
def derive(act: Derive, ledger: Ledger) -> Kept:
    """Declare a derivation with both hashes and its tool; the content as fixed stays on record."""
    item, current = require_stored(ledger, act.item)
    check_imprint(ledger, act.after)
    ensure(item.holder == act.holder, Refusal.CUSTODY_GAP)
    ensure(act.before == current, Refusal.CONTENT_DIFFERS)
    ensure(act.after != act.before, Refusal.NOTHING_DERIVED)

    step = Custody(
        action=act.derivation,
        giver=act.holder,
        receiver=act.holder,
        reason=act.reason,
        before=current,
        after=act.after,
        tool=act.tool,
        place=act.place,
        recorded_ms=time_ms(ledger.time_ms),
    )
    return keep(ledger, act.item, item, step)


def keep(ledger: Ledger, key: bytes, item: Item, step: Custody) -> Kept:
    """Write a step of custody and what the item is after it."""
    number = count(item.steps + 1)
    ledger.put(CUSTODY, key, number, row=step)
    ledger.put(
        ITEMS,
        key,
        row=replace(item, steps=number, holder=step.receiver, current=step.after),
    )
    return Kept(
        item=key,
        step=number,
        action=step.action,
        giver=step.giver,
        receiver=step.receiver,
        after=step.after,
    )
