"""Checks that several acts share: items, courts, hashes, submissions.

Each either returns what it found or refuses; none writes.
"""

from collections.abc import Sequence
from itertools import pairwise
from typing import Final

from tongjian.core.directory import OFFICES
from tongjian.core.ledger import Ledger
from tongjian.core.operation import ensure, refuse
from tongjian.services.evidence.records import (
    CASES,
    DIGEST_BYTES,
    ITEMS,
    SUBMISSIONS,
    Answer,
    Case,
    Imprint,
    Item,
    Report,
    Submission,
)
from tongjian.services.evidence.refusals import Refusal

COURT_LEVELS_MAX: Final = 4
"""County, city, province, state: how far above the issuing court another may stand."""
DECIDED: Final = ("admitted", "rejected", "partial")


def require_case(ledger: Ledger, case: str) -> Case:
    """Return an open case, or refuse."""
    row = ledger.one(CASES, case, missing=Refusal.CASE_UNKNOWN)
    ensure(row.status == "open", Refusal.CASE_CLOSED)
    return row


def require_item(ledger: Ledger, item: bytes) -> Item:
    """Return an item that is not archived, or refuse."""
    row = ledger.one(ITEMS, item, missing=Refusal.ITEM_UNKNOWN)
    ensure(row.state != "archived", Refusal.ITEM_ARCHIVED)
    return row


def require_fixed(ledger: Ledger, item: bytes) -> tuple[Item, Imprint, Imprint]:
    """Return an item with its content as fixed and as it is now, or refuse."""
    row = require_item(ledger, item)
    if row.content is None or row.current is None:
        refuse(Refusal.NOT_FIXED)
    return row, row.content, row.current


def require_stored(ledger: Ledger, item: bytes) -> tuple[Item, Imprint]:
    """Return an item in custody with its content as it is now, or refuse."""
    row, _, current = require_fixed(ledger, item)
    ensure(row.steps > 0, Refusal.NOT_STORED)
    return row, current


def check_imprint(ledger: Ledger, imprint: Imprint) -> None:
    """Refuse a hash algorithm that is not accepted now, or a value of another length."""
    accepted = ledger.parameters("algorithms")
    ensure(imprint.algorithm in accepted, Refusal.ALGORITHM_NOT_ACCEPTED)
    ensure(len(imprint.digest) == DIGEST_BYTES[imprint.algorithm], Refusal.DIGEST_LENGTH_WRONG)


def is_ascending(values: Sequence[int] | Sequence[bytes]) -> bool:
    """Say whether each value stands once, the smaller before the larger."""
    return all(one < following for one, following in pairwise(values))  # type: ignore[operator]


def is_court(ledger: Ledger, office: str) -> bool:
    """Say whether an office is a court; needs OFFICES among the reads."""
    row = ledger.get(OFFICES, office)
    return row is not None and row.kind == "court"


def is_above(ledger: Ledger, court: str, other: str) -> bool:
    """Say whether a court is another, or stands above it; needs OFFICES among the reads.

    Only courts count: an office of another kind in the line ends it.
    """
    for _ in range(COURT_LEVELS_MAX):
        if other == court:
            return True
        row = ledger.get(OFFICES, other)
        if row is None or not row.parent or not is_court(ledger, row.parent):
            return False
        other = row.parent
    return other == court


def check_answers(ledger: Ledger, answers: Sequence[Answer]) -> None:
    """Refuse unless each question that the rules put is answered once, in their order."""
    asked = ledger.parameters("questions")
    ensure(
        tuple(int(answer.question) for answer in answers) == tuple(asked),
        Refusal.QUESTIONS_UNANSWERED,
    )
    for answer in answers:
        offers = answer.reply != "nothing_shown"
        ensure(offers == (answer.material is not None), Refusal.ANSWER_UNFOUNDED)


def require_submission(ledger: Ledger, case: str, item: bytes) -> Submission:
    """Return an item before the court of an open case, or refuse."""
    require_case(ledger, case)
    return ledger.one(SUBMISSIONS, case, item, missing=Refusal.SUBMISSION_UNKNOWN)


def require_undecided(ledger: Ledger, case: str, item: bytes) -> Submission:
    """Return an item on which the court has not decided, or refuse."""
    submission = require_submission(ledger, case, item)
    ensure(submission.stage not in DECIDED, Refusal.ALREADY_DECIDED)
    return submission


def require_verified(submission: Submission) -> Report:
    """Return the court's own check of an item, or refuse."""
    if submission.report is None:
        refuse(Refusal.NOT_VERIFIED)
    return submission.report
