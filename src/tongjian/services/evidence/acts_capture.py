"""How a thing becomes evidence: captured with a log, fixed, stamped, attested, renewed."""

from typing import Final

from tongjian.core.encoding import replace
from tongjian.core.ledger import Ledger
from tongjian.core.operation import Act, Event, ensure
from tongjian.core.permission import Named, Signer
from tongjian.core.values import Count, Digest, TimeMs, Uscc, count, time_ms
from tongjian.services.evidence.records import (
    DEEDS,
    ITEMS,
    RENEWALS,
    TIME_STAMPS,
    Algorithm,
    CaptureLog,
    Deed,
    Imprint,
    Item,
    ItemId,
    LateReason,
    Media,
    Renewal,
    SizeBytes,
    SpanMs,
    TimeStamp,
    service,
)
from tongjian.services.evidence.refusals import Refusal
from tongjian.services.evidence.rules import (
    check_imprint,
    is_ascending,
    require_fixed,
    require_item,
)

OFFICER: Final = Signer("evidence_officer", Named("office"))


class Capture(Act, tag="evidence.capture"):
    """Record that something was captured, with the log of the capture."""

    item: ItemId
    office: Uscc
    log: CaptureLog
    sealed: bool
    """Readable by members of a case only."""
    late_reason: LateReason


class Captured(Event, tag="evidence.captured"):
    """Something was captured."""

    item: ItemId
    office: Uscc
    sealed: bool
    late: bool


@service.operation(
    by=OFFICER,
    law="Online Litigation Rules art. 18; Civil Evidence Provisions art. 93",
    writes=(ITEMS,),
)
def capture(act: Capture, ledger: Ledger) -> Captured:
    """Record a capture whose log is complete; the block dates it, not the device."""
    ensure(ledger.get(ITEMS, act.item) is None, Refusal.ITEM_EXISTS)
    check_log(act.log, ledger)
    age_ms = ledger.time_ms - act.log.event_ms
    ensure(age_ms >= 0, Refusal.CLAIMED_TIME_AHEAD)
    is_late = age_ms > ledger.parameter("late_ms")
    ensure(not is_late or act.late_reason != "none", Refusal.LATE_WITHOUT_REASON)

    item = Item(
        office=act.office,
        log=act.log,
        state="captured",
        captured_ms=time_ms(ledger.time_ms),
        late=is_late,
        sealed=act.sealed,
        holder=act.office,
    )
    ledger.put(ITEMS, act.item, row=item)
    return Captured(item=act.item, office=act.office, sealed=act.sealed, late=is_late)


def check_log(log: CaptureLog, ledger: Ledger) -> None:
    """Refuse a log without the checks that the rule demands, or with a clock that was off."""
    demanded = ledger.parameters("capture_checks")
    done = frozenset(log.checks)
    ensure(all(check in done for check in demanded), Refusal.CAPTURE_INCOMPLETE)
    ensure(is_ascending(log.checks), Refusal.CHECKS_UNSORTED)
    ensure(log.time_source != "none", Refusal.CLOCK_UNKNOWN)
    ensure(log.drift_ms <= ledger.parameter("drift_ms"), Refusal.CLOCK_DRIFT)


class Fix(Act, tag="evidence.fix"):
    """Fix the content of what was captured by a hash."""

    item: ItemId
    office: Uscc
    content: Imprint
    size_bytes: SizeBytes
    media: Media


class Fixed(Event, tag="evidence.fixed"):
    """The content of an item is fixed; from this block on it is shown to be unchanged."""

    item: ItemId
    content: Imprint
    fixed_ms: TimeMs


@service.operation(
    by=OFFICER,
    law="Online Litigation Rules art. 16; Electronic Signature Law art. 5",
    writes=(ITEMS,),
)
def fix(act: Fix, ledger: Ledger) -> Fixed:
    """Fix content once, by the office that captured it; nothing changes it afterwards."""
    item = require_item(ledger, act.item)
    ensure(item.state == "captured", Refusal.NOT_CAPTURED)
    check_imprint(ledger, act.content)
    ensure(item.holder == act.office, Refusal.CUSTODY_GAP)

    fixed_ms = time_ms(ledger.time_ms)
    ledger.put(
        ITEMS,
        act.item,
        row=replace(
            item,
            state="fixed",
            content=act.content,
            current=act.content,
            size_bytes=act.size_bytes,
            media=act.media,
            fixed_ms=fixed_ms,
        ),
    )
    return Fixed(item=act.item, content=act.content, fixed_ms=fixed_ms)


class Stamp(Act, tag="evidence.stamp"):
    """Record an RFC 3161 time stamp that the office has verified."""

    item: ItemId
    office: Uscc
    token: Digest
    """Hash of the DER token, which goes into the package."""
    authority: Digest
    """Hash of the certificate of the time-stamp authority."""
    algorithm: Algorithm
    """Of the token's imprint."""
    gen_ms: TimeMs
    """The time in the token."""
    accuracy_ms: SpanMs


class Stamped(Event, tag="evidence.stamped"):
    """An item has a verified time stamp."""

    item: ItemId
    number: Count
    token: Digest
    gen_ms: TimeMs


@service.operation(
    by=OFFICER,
    law="Online Litigation Rules art. 17; Civil Evidence Provisions art. 94",
    writes=(ITEMS, TIME_STAMPS),
)
def stamp(act: Stamp, ledger: Ledger) -> Stamped:
    """Record what the check of a token found; its time must lie between capture and this block."""
    item, _, _ = require_fixed(ledger, act.item)
    ensure(act.algorithm in ledger.parameters("algorithms"), Refusal.ALGORITHM_NOT_ACCEPTED)
    drift_ms = ledger.parameter("drift_ms")
    ensure(act.gen_ms <= ledger.time_ms + drift_ms, Refusal.STAMP_AHEAD)
    earliest_ms = item.log.event_ms - drift_ms - act.accuracy_ms
    ensure(act.gen_ms >= earliest_ms, Refusal.STAMP_BEFORE_CAPTURE)

    number = count(item.stamps + 1)
    row = TimeStamp(
        token=act.token,
        authority=act.authority,
        algorithm=act.algorithm,
        gen_ms=act.gen_ms,
        accuracy_ms=act.accuracy_ms,
        checker=act.office,
        recorded_ms=time_ms(ledger.time_ms),
    )
    ledger.put(TIME_STAMPS, act.item, number, row=row)
    ledger.put(ITEMS, act.item, row=replace(item, stamps=number))
    return Stamped(item=act.item, number=number, token=act.token, gen_ms=act.gen_ms)


class Attest(Act, tag="evidence.attest"):
    """Record a notary's deed about an item."""

    item: ItemId
    notary: Uscc
    deed: Digest
    """Commitment to the deed."""


class Attested(Event, tag="evidence.attested"):
    """A notary has recorded a deed about an item."""

    item: ItemId
    number: Count
    notary: Uscc
    deed: Digest


@service.operation(
    by=Signer("notary", Named("notary")),
    law="Notary Law art. 36; Civil Evidence Provisions art. 94",
    writes=(ITEMS, DEEDS),
)
def attest(act: Attest, ledger: Ledger) -> Attested:
    """Record a deed; what a notary attests is accepted unless it is disproved."""
    item, _, _ = require_fixed(ledger, act.item)

    number = count(item.deeds + 1)
    row = Deed(notary=act.notary, deed=act.deed, recorded_ms=time_ms(ledger.time_ms))
    ledger.put(DEEDS, act.item, number, row=row)
    ledger.put(ITEMS, act.item, row=replace(item, deeds=number))
    return Attested(item=act.item, number=number, notary=act.notary, deed=act.deed)


class Renew(Act, tag="evidence.renew"):
    """Fix the same content again under another hash algorithm."""

    item: ItemId
    office: Uscc
    after: Imprint
    """By `exchange.compute_renewal`, over the content and the record before."""


class Renewed(Event, tag="evidence.renewed"):
    """The content of an item is fixed again, under another hash algorithm."""

    item: ItemId
    number: Count
    before: Imprint
    after: Imprint


@service.operation(
    by=OFFICER,
    law="Electronic Signature Law art. 5; Archives Law art. 39",
    writes=(ITEMS, RENEWALS),
)
def renew(act: Renew, ledger: Ledger) -> Renewed:
    """Renew while the old algorithm still vouches; afterwards it is too late for ever."""
    item, _, current = require_fixed(ledger, act.item)
    check_imprint(ledger, act.after)
    ensure(item.holder == act.office, Refusal.CUSTODY_GAP)
    accepted = ledger.parameters("algorithms")
    ensure(current.algorithm in accepted, Refusal.RENEWAL_LATE)
    ensure(current.algorithm != act.after.algorithm, Refusal.RENEWAL_SAME)

    number = count(item.renewals + 1)
    row = Renewal(before=current, after=act.after, recorded_ms=time_ms(ledger.time_ms))
    ledger.put(RENEWALS, act.item, number, row=row)
    ledger.put(ITEMS, act.item, row=replace(item, current=act.after, renewals=number))
    return Renewed(item=act.item, number=number, before=current, after=act.after)
