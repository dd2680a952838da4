"""A case before a court: its register, its members, what is handed in and who reads it."""

from typing import Annotated, Final

from msgspec import Meta

from tongjian.core.directory import OFFICES
from tongjian.core.encoding import replace
from tongjian.core.ledger import Ledger
from tongjian.core.operation import Act, Event, ensure
from tongjian.core.permission import Holder, Named, Recorded, Signer
from tongjian.core.values import Count, Digest, OfficerId, Uscc, count, height, time_ms, uscc
from tongjian.services.evidence.identifiers import CaseKey
from tongjian.services.evidence.records import (
    ANSWERS_MAX,
    CASES,
    ITEMS,
    MEMBERS,
    PARTIES_MAX,
    READINGS,
    SUBMISSIONS,
    Answer,
    Capacity,
    Case,
    CaseKind,
    Imprint,
    Interest,
    ItemId,
    Member,
    Reading,
    ReadPurpose,
    Side,
    Submission,
    service,
)
from tongjian.services.evidence.refusals import Refusal
from tongjian.services.evidence.rules import (
    check_answers,
    is_ascending,
    is_court,
    require_case,
    require_stored,
)

CLERK: Final = Signer("court_clerk", Recorded(CASES, ("case",), "court"))


class OpenCase(Act, tag="evidence.open_case"):
    """Enter a case in the register of a court."""

    case: CaseKey
    court: Uscc
    kind: CaseKind
    parties: Annotated[tuple[Digest, ...], Meta(min_length=1, max_length=PARTIES_MAX)]
    """Commitments to credit codes or pseudonyms, ascending."""


class CaseOpened(Event, tag="evidence.case_opened"):
    """A case stands in the register of a court."""

    case: CaseKey
    court: Uscc
    kind: CaseKind


@service.operation(
    by=Signer("court_clerk", Named("court")),
    law="Civil Procedure Law art. 126",
    reads=(OFFICES,),
    writes=(CASES,),
)
def open_case(act: OpenCase, ledger: Ledger) -> CaseOpened:
    """Enter a case once; only a court has a register, so that no order comes from elsewhere."""
    ensure(ledger.get(CASES, act.case) is None, Refusal.CASE_EXISTS)
    ensure(is_court(ledger, act.court), Refusal.NOT_A_COURT)
    ensure(is_ascending(act.parties), Refusal.PARTIES_UNSORTED)

    row = Case(
        court=act.court,
        kind=act.kind,
        status="open",
        parties=act.parties,
        opened_ms=time_ms(ledger.time_ms),
    )
    ledger.put(CASES, act.case, row=row)
    return CaseOpened(case=act.case, court=act.court, kind=act.kind)


class CloseCase(Act, tag="evidence.close_case"):
    """Close a case."""

    case: CaseKey


class CaseClosed(Event, tag="evidence.case_closed"):
    """A case is closed; its orders stay in force until they are lifted or end."""

    case: CaseKey


@service.operation(by=CLERK, law="Civil Procedure Law art. 154", writes=(CASES,))
def close_case(act: CloseCase, ledger: Ledger) -> CaseClosed:
    """Close a case; what it ordered is lifted by an act of its own."""
    case = require_case(ledger, act.case)

    ledger.put(CASES, act.case, row=replace(case, status="closed"))
    return CaseClosed(case=act.case)


class AdmitMember(Act, tag="evidence.admit_member"):
    """Let an officer read the sealed evidence of a case."""

    case: CaseKey
    officer: OfficerId
    capacity: Capacity


class MemberAdmitted(Event, tag="evidence.member_admitted"):
    """An officer is a member of a case."""

    case: CaseKey
    officer: OfficerId
    capacity: Capacity


@service.operation(
    by=CLERK, law="Civil Procedure Law art. 71; PIPL art. 13", reads=(CASES,), writes=(MEMBERS,)
)
def admit_member(act: AdmitMember, ledger: Ledger) -> MemberAdmitted:
    """Admit a member of the case; nobody else reads what is sealed (JUD-I5)."""
    require_case(ledger, act.case)
    ensure(ledger.get(MEMBERS, act.case, act.officer) is None, Refusal.MEMBER_EXISTS)

    row = Member(capacity=act.capacity, since_ms=time_ms(ledger.time_ms))
    ledger.put(MEMBERS, act.case, act.officer, row=row)
    return MemberAdmitted(case=act.case, officer=act.officer, capacity=act.capacity)


class DismissMember(Act, tag="evidence.dismiss_member"):
    """End an officer's membership of a case."""

    case: CaseKey
    officer: OfficerId


class MemberDismissed(Event, tag="evidence.member_dismissed"):
    """An officer is no longer a member of a case."""

    case: CaseKey
    officer: OfficerId


@service.operation(by=CLERK, law="PIPL art. 13", writes=(MEMBERS,))
def dismiss_member(act: DismissMember, ledger: Ledger) -> MemberDismissed:
    """Dismiss a member; readings until now stay on record."""
    ledger.one(MEMBERS, act.case, act.officer, missing=Refusal.NOT_MEMBER)

    ledger.remove(MEMBERS, act.case, act.officer)
    return MemberDismissed(case=act.case, officer=act.officer)


class Submit(Act, tag="evidence.submit"):
    """Hand an item in to the court, with an answer to each question of the rules."""

    case: CaseKey
    item: ItemId
    office: Uscc
    """The custodian's office, which holds the item."""
    party: Digest
    """Commitment to the party that relies on it, as the register has it."""
    side: Side
    content: Imprint
    """As it is handed in."""
    interest: Interest
    answers: Annotated[tuple[Answer, ...], Meta(min_length=1, max_length=ANSWERS_MAX)]


class Submitted(Event, tag="evidence.submitted"):
    """An item is before the court; what was before its recording is not proven by the ledger."""

    case: CaseKey
    item: ItemId
    side: Side
    interest: Interest


@service.operation(
    by=Signer("custodian", Named("office")),
    law="Online Litigation Rules art. 11, 12, 16, 17, 18; Civil Evidence Provisions art. 14, 15",
    reads=(CASES, ITEMS),
    writes=(SUBMISSIONS,),
)
def submit(act: Submit, ledger: Ledger) -> Submitted:
    """Hand in what the office holds, unchanged, with every question of the rules answered."""
    case = require_case(ledger, act.case)
    item, current = require_stored(ledger, act.item)
    before = ledger.get(SUBMISSIONS, act.case, act.item)
    ensure(before is None, Refusal.ALREADY_SUBMITTED)
    ensure(act.party in case.parties, Refusal.NOT_PARTY)
    ensure(item.holder == act.office, Refusal.CUSTODY_GAP)
    ensure(act.content == current, Refusal.CONTENT_DIFFERS)
    check_answers(ledger, act.answers)
    is_own = item.office == act.office
    ensure(not is_own or act.interest != "none", Refusal.INTEREST_UNDISCLOSED)

    row = Submission(
        party=act.party,
        side=act.side,
        office=act.office,
        content=current,
        interest=act.interest,
        answers=act.answers,
        stage="submitted",
        report=None,
        challenges=count(0),
        open_challenges=count(0),
        upheld=count(0),
        readings=count(0),
        height=height(ledger.height),
        recorded_ms=time_ms(ledger.time_ms),
    )
    ledger.put(SUBMISSIONS, act.case, act.item, row=row)
    return Submitted(case=act.case, item=act.item, side=act.side, interest=act.interest)


class Read(Act, tag="evidence.read"):
    """Record that a member of the case reads sealed evidence, before the vault opens it."""

    case: CaseKey
    item: ItemId
    officer: OfficerId
    purpose: ReadPurpose


class WasRead(Event, tag="evidence.was_read"):
    """A member of the case has read sealed evidence."""

    case: CaseKey
    item: ItemId
    officer: OfficerId
    office: Uscc
    purpose: ReadPurpose
    reading: Count


@service.operation(
    by=Holder("officer"),
    law="PIPL art. 13; Online Litigation Rules art. 38",
    reads=(CASES, ITEMS, MEMBERS),
    writes=(SUBMISSIONS, READINGS),
)
def read(act: Read, ledger: Ledger) -> WasRead:
    """Let a member of the case read sealed evidence, and keep that it was read (JUD-I5)."""
    require_case(ledger, act.case)
    item = ledger.one(ITEMS, act.item, missing=Refusal.ITEM_UNKNOWN)
    submission = ledger.one(SUBMISSIONS, act.case, act.item, missing=Refusal.SUBMISSION_UNKNOWN)
    ledger.one(MEMBERS, act.case, act.officer, missing=Refusal.NOT_MEMBER)
    ensure(item.sealed, Refusal.NOT_SEALED)

    reading = count(submission.readings + 1)
    row = Reading(
        officer=act.officer,
        office=uscc(ledger.signer.office),
        purpose=act.purpose,
        recorded_ms=time_ms(ledger.time_ms),
    )
    ledger.put(READINGS, act.case, act.item, reading, row=row)
    ledger.put(SUBMISSIONS, act.case, act.item, row=replace(submission, readings=reading))
    return WasRead(
        case=act.case,
        item=act.item,
        officer=act.officer,
        office=uscc(ledger.signer.office),
        purpose=act.purpose,
        reading=reading,
    )
