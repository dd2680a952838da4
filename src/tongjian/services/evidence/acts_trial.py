"""Before the court: verification, examination by both sides, challenges, appraisal, admission.

Nothing here weighs evidence. The ledger says what is unchanged since when, keeps what each side
says and who decided; whether content is true is for the judge (Online Litigation Rules 16 to 19).
"""

from typing import Final, Literal

from tongjian.core.encoding import replace
from tongjian.core.ledger import Ledger
from tongjian.core.operation import Act, Event, ensure
from tongjian.core.permission import AllOf, Named, Recorded, Signer
from tongjian.core.values import Count, Digest, Height, TimeMs, Uscc, count, time_ms
from tongjian.services.evidence.acts_case import CLERK
from tongjian.services.evidence.identifiers import CaseKey
from tongjian.services.evidence.records import (
    CASES,
    CHALLENGES,
    ITEMS,
    SUBMISSIONS,
    Challenge,
    Disposal,
    ItemId,
    Opinion,
    Question,
    Report,
    Result,
    Side,
    Stage,
    service,
)
from tongjian.services.evidence.refusals import Refusal
from tongjian.services.evidence.rules import (
    DECIDED,
    require_item,
    require_submission,
    require_undecided,
    require_verified,
)

JUDGE: Final = Signer("judge", Recorded(CASES, ("case",), "court"))
BENCH: Final = AllOf((JUDGE, CLERK))


class VerifyItem(Act, tag="evidence.verify_item"):
    """Record what the court's own check of the package found."""

    case: CaseKey
    item: ItemId
    result: Result
    height: Height
    """Of the state that the package was checked against."""
    package: Digest
    """Hash of the package file."""


class Verified(Event, tag="evidence.verified"):
    """A court has checked an item: unchanged since a block time, or not."""

    case: CaseKey
    item: ItemId
    result: Result
    unchanged_since_ms: TimeMs
    before_recording: Literal["not_proven"]
    """The check cannot say that content is true (JUD-I4)."""


@service.operation(
    by=CLERK,
    law="Online Litigation Rules art. 16, 17",
    reads=(CASES, ITEMS),
    writes=(SUBMISSIONS,),
)
def verify_item(act: VerifyItem, ledger: Ledger) -> Verified:
    """Record the result of the check; it says since when, never that content is true (JUD-I4)."""
    submission = require_undecided(ledger, act.case, act.item)
    item = ledger.one(ITEMS, act.item, missing=Refusal.ITEM_UNKNOWN)
    ensure(act.height < ledger.height, Refusal.REPORT_AHEAD)
    ensure(act.height >= submission.height, Refusal.REPORT_TOO_OLD)

    is_consistent = act.result == "consistent"
    report = Report(
        result=act.result,
        height=act.height,
        package=act.package,
        unchanged_since_ms=item.fixed_ms if is_consistent else time_ms(0),
        before_recording="not_proven",
        recorded_ms=time_ms(ledger.time_ms),
    )
    ledger.put(SUBMISSIONS, act.case, act.item, row=replace(submission, report=report))
    return Verified(
        case=act.case,
        item=act.item,
        result=act.result,
        unchanged_since_ms=report.unchanged_since_ms,
        before_recording="not_proven",
    )


class CrossExamine(Act, tag="evidence.cross_examine"):
    """Record that both sides were heard on an item."""

    case: CaseKey
    item: ItemId
    minutes: Digest
    """Commitment to the minutes of the hearing."""


class CrossExamined(Event, tag="evidence.cross_examined"):
    """Both sides were heard on an item."""

    case: CaseKey
    item: ItemId
    minutes: Digest


@service.operation(
    by=BENCH,
    law="Civil Procedure Law art. 71; Online Litigation Rules art. 13",
    reads=(CASES,),
    writes=(SUBMISSIONS,),
)
def cross_examine(act: CrossExamine, ledger: Ledger) -> CrossExamined:
    """Record the examination by both sides; what was not examined decides nothing."""
    submission = require_submission(ledger, act.case, act.item)
    ensure(submission.stage == "submitted", Refusal.ALREADY_EXAMINED)

    row = replace(submission, stage="cross_examined")
    ledger.put(SUBMISSIONS, act.case, act.item, row=row)
    return CrossExamined(case=act.case, item=act.item, minutes=act.minutes)


class RaiseChallenge(Act, tag="evidence.challenge"):
    """Record a reasoned challenge to an item by the other side."""

    case: CaseKey
    item: ItemId
    question: Question
    """Which of the questions is in doubt."""
    side: Side
    reason: Digest
    """Commitment to the reasons; a challenge without any does not stand (art. 17)."""


class Challenged(Event, tag="evidence.challenged"):
    """An item is challenged."""

    case: CaseKey
    item: ItemId
    challenge: Count
    question: Question
    side: Side


@service.operation(
    by=CLERK,
    law="Online Litigation Rules art. 17, 18",
    reads=(CASES,),
    writes=(SUBMISSIONS, CHALLENGES),
)
def challenge(act: RaiseChallenge, ledger: Ledger) -> Challenged:
    """Record a challenge; until it is decided the item is not admitted."""
    submission = require_undecided(ledger, act.case, act.item)
    ensure(submission.side != act.side, Refusal.OWN_EVIDENCE)

    number = count(submission.challenges + 1)
    row = Challenge(
        question=act.question,
        side=act.side,
        reason=act.reason,
        status="open",
        appraiser=None,
        opinion="none",
        report=None,
        recorded_ms=time_ms(ledger.time_ms),
    )
    ledger.put(CHALLENGES, act.case, act.item, number, row=row)
    ledger.put(
        SUBMISSIONS,
        act.case,
        act.item,
        row=replace(
            submission,
            challenges=number,
            open_challenges=count(submission.open_challenges + 1),
        ),
    )
    return Challenged(
        case=act.case, item=act.item, challenge=number, question=act.question, side=act.side
    )


class Appraise(Act, tag="evidence.appraise"):
    """Record an appraiser's opinion on a challenge."""

    case: CaseKey
    item: ItemId
    challenge: Count
    appraiser: Uscc
    opinion: Literal["supports", "contradicts", "unclear"]
    """What the opinion says of the challenge."""
    report: Digest
    """Commitment to the opinion."""


class Appraised(Event, tag="evidence.appraised"):
    """An appraiser has given an opinion."""

    case: CaseKey
    item: ItemId
    challenge: Count
    appraiser: Uscc
    opinion: Opinion


@service.operation(
    by=AllOf((Signer("appraiser", Named("appraiser")), CLERK)),
    law="Online Litigation Rules art. 19; Civil Procedure Law art. 79",
    reads=(CASES, ITEMS, SUBMISSIONS),
    writes=(CHALLENGES,),
)
def appraise(act: Appraise, ledger: Ledger) -> Appraised:
    """Record an opinion by an office that neither captured the item nor holds it."""
    require_undecided(ledger, act.case, act.item)
    item = ledger.one(ITEMS, act.item, missing=Refusal.ITEM_UNKNOWN)
    key = (act.case, act.item, act.challenge)
    row = ledger.one(CHALLENGES, *key, missing=Refusal.CHALLENGE_UNKNOWN)
    ensure(row.status in ("open", "appraised"), Refusal.CHALLENGE_CLOSED)
    ensure(act.appraiser not in (item.office, item.holder), Refusal.APPRAISER_INTERESTED)

    ledger.put(
        CHALLENGES,
        *key,
        row=replace(
            row,
            status="appraised",
            appraiser=act.appraiser,
            opinion=act.opinion,
            report=act.report,
        ),
    )
    return Appraised(
        case=act.case,
        item=act.item,
        challenge=act.challenge,
        appraiser=act.appraiser,
        opinion=act.opinion,
    )


class Dispose(Act, tag="evidence.dispose"):
    """Decide a challenge."""

    case: CaseKey
    item: ItemId
    challenge: Count
    disposal: Disposal
    reason: Digest


class Disposed(Event, tag="evidence.disposed"):
    """A challenge is upheld or overruled."""

    case: CaseKey
    item: ItemId
    challenge: Count
    disposal: Disposal


@service.operation(
    by=BENCH,
    law="Online Litigation Rules art. 17, 18, 19",
    reads=(CASES,),
    writes=(SUBMISSIONS, CHALLENGES),
)
def dispose(act: Dispose, ledger: Ledger) -> Disposed:
    """Decide a challenge once, with reasons, with or without an appraisal."""
    submission = require_undecided(ledger, act.case, act.item)
    key = (act.case, act.item, act.challenge)
    row = ledger.one(CHALLENGES, *key, missing=Refusal.CHALLENGE_UNKNOWN)
    ensure(row.status in ("open", "appraised"), Refusal.CHALLENGE_CLOSED)

    upheld = count(submission.upheld + (act.disposal == "upheld"))
    ledger.put(CHALLENGES, *key, row=replace(row, status=act.disposal))
    ledger.put(
        SUBMISSIONS,
        act.case,
        act.item,
        row=replace(
            submission, open_challenges=count(submission.open_challenges - 1), upheld=upheld
        ),
    )
    return Disposed(case=act.case, item=act.item, challenge=act.challenge, disposal=act.disposal)


class Decide(Act, tag="evidence.decide"):
    """Admit an item, admit it in part, or reject it."""

    case: CaseKey
    item: ItemId
    finding: Literal["admitted", "partial", "rejected"]
    reason: Digest
    """Commitment to the reasons."""


class Decided(Event, tag="evidence.decided"):
    """A court has decided on an item."""

    case: CaseKey
    item: ItemId
    finding: Stage


@service.operation(
    by=BENCH,
    law="Online Litigation Rules art. 16, 17, 18; Civil Evidence Provisions art. 93, 94",
    reads=(CASES,),
    writes=(SUBMISSIONS,),
)
def decide(act: Decide, ledger: Ledger) -> Decided:
    """Decide on an examined item; in full only where it is consistent and no challenge stands."""
    submission = require_undecided(ledger, act.case, act.item)
    ensure(submission.stage == "cross_examined", Refusal.NOT_EXAMINED)
    report = require_verified(submission)
    ensure(submission.open_challenges == 0, Refusal.CHALLENGE_OPEN)
    is_full = act.finding == "admitted"
    ensure(not is_full or report.result == "consistent", Refusal.NOT_CONSISTENT)
    ensure(not is_full or submission.upheld == 0, Refusal.CHALLENGE_UPHELD)

    row = replace(submission, stage=act.finding)
    ledger.put(SUBMISSIONS, act.case, act.item, row=row)
    return Decided(case=act.case, item=act.item, finding=act.finding)


class Archive(Act, tag="evidence.archive"):
    """Archive an item after the decision."""

    case: CaseKey
    item: ItemId
    court: Uscc
    place: Digest


class Archived(Event, tag="evidence.archived"):
    """An item is archived; its records stay."""

    item: ItemId
    court: Uscc


@service.operation(
    by=Signer("court_clerk", Named("court")),
    law="Archives Law art. 39",
    reads=(CASES, SUBMISSIONS),
    writes=(ITEMS,),
)
def archive(act: Archive, ledger: Ledger) -> Archived:
    """Archive what the court holds and has decided on; nothing is added to it afterwards."""
    item = require_item(ledger, act.item)
    submission = ledger.one(SUBMISSIONS, act.case, act.item, missing=Refusal.SUBMISSION_UNKNOWN)
    ensure(item.holder == act.court, Refusal.CUSTODY_GAP)
    ensure(submission.stage in DECIDED, Refusal.NOT_DECIDED)

    ledger.put(ITEMS, act.item, row=replace(item, state="archived"))
    return Archived(item=act.item, court=act.court)
