"""A stolen key: reported with the last safe height, then act by act confirmed or corrected.

What a key signed before the safe height stays as it is (Electronic Signature Law art. 15); what it
signed since is exposed until the office has looked at it (domain flow F10).
"""

from tongjian.core.directory import KEYS, OFFICERS, OFFICES
from tongjian.core.encoding import replace
from tongjian.core.ledger import Ledger
from tongjian.core.operation import Act, ensure
from tongjian.core.permission import AnyOf, Holder, Signer
from tongjian.core.values import Digest, Height, KeyId, OfficerId, height, time_ms
from tongjian.services.membership.acts_keys import is_vote_kept
from tongjian.services.membership.acts_officers import OWN_OFFICE, two_persons
from tongjian.services.membership.records import (
    COMPROMISES,
    EXPOSED,
    REGISTRAR,
    Compromise,
    CompromiseReported,
    ExposedSettled,
    Settled,
    Verdict,
    service,
)
from tongjian.services.membership.refusals import Refusal
from tongjian.services.membership.votes import VOTE


class ReportCompromise(Act, tag="membership.report_compromise"):
    """Report a key stolen: it ends at once, and what it signed since a height is exposed."""

    officer: OfficerId
    key: KeyId
    safe_height: Height
    """The last height at which the key was surely in the right hands."""


class SettleExposed(Act, tag="membership.settle_exposed"):
    """Say what becomes of a transaction that a stolen key signed."""

    officer: OfficerId
    """Whose key it was; somebody else settles."""
    key: KeyId
    transaction: Digest
    verdict: Verdict
    correction: Digest | None
    """The transaction that put it right, where the verdict says so."""


@service.operation(
    by=AnyOf((Holder("officer"), Signer(REGISTRAR, OWN_OFFICE), VOTE)),
    law="Electronic Signature Law art. 15",
    reads=(OFFICERS, OFFICES),
    writes=(KEYS, COMPROMISES),
)
def report_compromise(act: ReportCompromise, ledger: Ledger) -> CompromiseReported:
    """Report a key stolen since a height; an earlier safe height may follow, no later."""
    key = ledger.one(KEYS, act.key, missing=Refusal.KEY_UNKNOWN)
    ensure(key.officer == act.officer, Refusal.KEY_OF_ANOTHER)
    first = height(ledger.height + 1)
    ends = first if not key.revoked_height else height(min(first, key.revoked_height))
    revoked = replace(key, revoked_height=ends)
    ensure(is_vote_kept(ledger, act.officer, {act.key: revoked}), Refusal.VOTE_IMPOSSIBLE)
    ensure(act.safe_height <= ledger.height, Refusal.SAFE_HEIGHT_AHEAD)
    known = ledger.get(COMPROMISES, act.key)
    is_wider = known is None or act.safe_height < known.safe_height
    ensure(is_wider, Refusal.COMPROMISE_REPORTED)

    row = Compromise(
        officer=act.officer,
        safe_height=act.safe_height,
        ends_height=ends,
        reported_ms=time_ms(ledger.time_ms),
    )
    ledger.put(KEYS, act.key, row=revoked)
    ledger.put(COMPROMISES, act.key, row=row)
    return CompromiseReported(
        key=act.key, officer=act.officer, safe_height=act.safe_height, ends_height=ends
    )


@service.operation(
    by=two_persons(OWN_OFFICE),
    law="Electronic Signature Law art. 15",
    reads=(OFFICERS, COMPROMISES),
    writes=(EXPOSED,),
)
def settle_exposed(act: SettleExposed, ledger: Ledger) -> ExposedSettled:
    """Settle an exposed transaction by two persons, never by the holder of the key."""
    holder = ledger.one(OFFICERS, act.officer, missing=Refusal.OFFICER_UNKNOWN)
    compromise = ledger.one(COMPROMISES, act.key, missing=Refusal.COMPROMISE_UNKNOWN)
    ensure(compromise.officer == act.officer, Refusal.COMPROMISE_OF_ANOTHER)
    known = ledger.get(EXPOSED, act.key, act.transaction)
    ensure(known is None, Refusal.EXPOSED_SETTLED)
    is_told = (act.correction is not None) == (act.verdict == "corrected")
    ensure(is_told, Refusal.CORRECTION_MISMATCH)
    others = all(signer.person != holder.person for signer in ledger.signers)
    ensure(others, Refusal.SETTLED_BY_HOLDER)

    row = Settled(
        verdict=act.verdict, correction=act.correction, recorded_ms=time_ms(ledger.time_ms)
    )
    ledger.put(EXPOSED, act.key, act.transaction, row=row)
    return ExposedSettled(
        key=act.key,
        transaction=act.transaction,
        verdict=act.verdict,
        correction=act.correction,
    )
