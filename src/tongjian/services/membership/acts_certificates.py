"""Certificates of keys (X.509): recorded as digests while they hold, with their status.

Path, key usage and signatures are checked outside, where the files are (`tongjian keys
certificate`); two persons of the office put what they found on the ledger. An auditor who is shown
the files years later finds that they are the ones, and that they held when the key signed.
Whether a certificate binds its key is a parameter of the network; the ledger runs on in any case.
"""

from tongjian.core.directory import KEYS, OFFICERS, OFFICES, Key
from tongjian.core.encoding import replace
from tongjian.core.ledger import Ledger
from tongjian.core.operation import Act, ensure
from tongjian.core.permission import AnyOf, Signer
from tongjian.core.values import Digest, KeyId, OfficerId, TimeMs, height, time_ms
from tongjian.services.membership.acts_keys import is_vote_kept, revoked_event
from tongjian.services.membership.acts_officers import OWN_OFFICE, two_persons
from tongjian.services.membership.records import REGISTRAR, KeyRevoked, service
from tongjian.services.membership.records_certificates import (
    ANCHORS,
    CERTIFICATES,
    CERTIFICATES_PER_KEY_MAX,
    STATUSES,
    Anchor,
    AnchorTrusted,
    Certificate,
    CertificateRecorded,
    CertificateStatus,
    RevokedMs,
    StatusKind,
    StatusRecorded,
)
from tongjian.services.membership.refusals import Refusal
from tongjian.services.membership.votes import VOTE


class TrustAnchor(Act, tag="membership.trust_anchor"):
    """Trust a root to vouch for certificates of keys; a moment that has passed ends the trust."""

    anchor: Digest
    until_ms: TimeMs


class RecordCertificate(Act, tag="membership.record_certificate"):
    """Put the certificate of an enrolled key on the ledger, as digests and times."""

    officer: OfficerId
    key: KeyId
    certificate: Digest
    serial: Digest
    chain: Digest
    anchor: Digest
    from_ms: TimeMs
    until_ms: TimeMs


class RecordStatus(Act, tag="membership.record_status"):
    """Put on the ledger what an authority said of a certificate."""

    officer: OfficerId
    key: KeyId
    certificate: Digest
    evidence: Digest
    """Of the list or the answer."""
    kind: StatusKind
    this_ms: TimeMs
    next_ms: TimeMs
    revoked_ms: RevokedMs


@service.operation(by=VOTE, law="Electronic Signature Law art. 16", writes=(ANCHORS,))
def trust_anchor(act: TrustAnchor, ledger: Ledger) -> AnchorTrusted:
    """Trust a root until a moment, or no longer; what was recorded under it stays."""
    row = Anchor(until_ms=time_ms(max(act.until_ms, ledger.time_ms)))
    ledger.put(ANCHORS, act.anchor, row=row)
    return AnchorTrusted(anchor=act.anchor, until_ms=row.until_ms)


@service.operation(
    by=AnyOf((two_persons(OWN_OFFICE), VOTE)),
    law="Electronic Signature Law art. 21",
    reads=(OFFICERS, ANCHORS),
    writes=(KEYS, CERTIFICATES),
)
def record_certificate(act: RecordCertificate, ledger: Ledger) -> CertificateRecorded:
    """Record a certificate that holds at block time; where the network says so, it binds the key.

    A bound key ends with its certificate. A certificate that follows lets the key count again, at
    most until the key's own end.
    """
    key = ledger.one(KEYS, act.key, missing=Refusal.KEY_UNKNOWN)
    ensure(key.officer == act.officer, Refusal.KEY_OF_ANOTHER)
    ensure(not key.revoked_height, Refusal.KEY_REVOKED)
    earlier = ledger.range(CERTIFICATES, act.key, limit=CERTIFICATES_PER_KEY_MAX)
    ensure(len(earlier) < CERTIFICATES_PER_KEY_MAX, Refusal.HISTORY_FULL)
    anchor = ledger.one(ANCHORS, act.anchor, missing=Refusal.ANCHOR_UNKNOWN)
    ensure(ledger.time_ms < anchor.until_ms, Refusal.ANCHOR_ENDED)
    holds = act.from_ms <= ledger.time_ms < act.until_ms
    ensure(holds, Refusal.CERTIFICATE_NOT_VALID)
    known = ledger.get(CERTIFICATES, act.key, act.certificate)
    ensure(known is None, Refusal.CERTIFICATE_RECORDED)

    own_ms = earlier[0][1].key_until_ms if earlier else key.until_ms
    if _binds(ledger):
        key = replace(key, until_ms=time_ms(min(own_ms, act.until_ms)))
        ledger.put(KEYS, act.key, row=key)
    row = Certificate(
        serial=act.serial,
        chain=act.chain,
        anchor=act.anchor,
        from_ms=act.from_ms,
        until_ms=act.until_ms,
        key_until_ms=own_ms,
        recorded_ms=time_ms(ledger.time_ms),
    )
    ledger.put(CERTIFICATES, act.key, act.certificate, row=row)
    return CertificateRecorded(
        key=act.key,
        officer=act.officer,
        certificate=act.certificate,
        from_ms=act.from_ms,
        until_ms=act.until_ms,
        key_until_ms=key.until_ms,
    )


@service.operation(
    by=AnyOf((Signer(REGISTRAR, OWN_OFFICE), VOTE)),
    law="Electronic Signature Law art. 22",
    reads=(OFFICERS, OFFICES, CERTIFICATES),
    writes=(KEYS, STATUSES),
)
def record_status(
    act: RecordStatus, ledger: Ledger
) -> StatusRecorded | tuple[StatusRecorded, KeyRevoked]:
    """Record evidence of a status; a revoked certificate ends the key that it binds.

    Evidence may be older than the block: a list that was good when the key signed is what counts.
    """
    ensure(act.this_ms <= act.next_ms, Refusal.PERIOD_EMPTY)
    key = ledger.one(KEYS, act.key, missing=Refusal.KEY_UNKNOWN)
    ensure(key.officer == act.officer, Refusal.KEY_OF_ANOTHER)
    ended = _ended(act, key, ledger)
    kept = ended is None or is_vote_kept(ledger, act.officer, {act.key: ended})
    ensure(kept, Refusal.VOTE_IMPOSSIBLE)
    missing = Refusal.CERTIFICATE_UNKNOWN
    certificate = ledger.one(CERTIFICATES, act.key, act.certificate, missing=missing)
    last_ms = max(act.this_ms, act.revoked_ms or 0)
    ensure(last_ms <= ledger.time_ms, Refusal.STATUS_AHEAD)
    ensure(act.this_ms < certificate.until_ms, Refusal.STATUS_AFTER_END)
    known = ledger.get(STATUSES, act.key, act.certificate, act.evidence)
    ensure(known is None, Refusal.STATUS_RECORDED)

    row = CertificateStatus(
        kind=act.kind,
        this_ms=act.this_ms,
        next_ms=act.next_ms,
        revoked_ms=act.revoked_ms,
        recorded_ms=time_ms(ledger.time_ms),
    )
    ledger.put(STATUSES, act.key, act.certificate, act.evidence, row=row)
    recorded = StatusRecorded(
        key=act.key,
        certificate=act.certificate,
        evidence=act.evidence,
        this_ms=act.this_ms,
        next_ms=act.next_ms,
        revoked_ms=act.revoked_ms,
    )
    if ended is None:
        return recorded
    ledger.put(KEYS, act.key, row=ended)
    return recorded, revoked_event(act.key, ended)


def _binds(ledger: Ledger) -> bool:
    """Say whether certificates bind their keys on this network."""
    return ledger.parameter("certificate_binds") == 1


def _ended(act: RecordStatus, key: Key, ledger: Ledger) -> Key | None:
    """Return the key as it ends with a revoked certificate, or none where it goes on."""
    if act.revoked_ms is None or key.revoked_height or not _binds(ledger):
        return None
    return replace(key, revoked_height=height(ledger.height + 1))
