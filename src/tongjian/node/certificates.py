"""Certificates of keys on this ledger: files judged against its roots, as acts that record them."""

from collections.abc import Sequence
from typing import NamedTuple

from tongjian.core import values
from tongjian.core.directory import KEYS, Key
from tongjian.core.operation import Act
from tongjian.core.signatures import SUITE_NAMES, KeySuite
from tongjian.engines.chain import Chain
from tongjian.services.membership.acts_certificates import RecordCertificate, RecordStatus
from tongjian.services.membership.records_certificates import ANCHORS, CERTIFICATES, STATUSES
from tongjian.verifier.certificates import Certificate, CertificateInvalid
from tongjian.verifier.key_certificates import (
    Digests,
    KeyCertificate,
    check_key_certificate,
    compute_digests,
    read_blocks,
    read_certificates,
)
from tongjian.verifier.revocation import Status, read_status


class Found(NamedTuple):
    """A certificate of an enrolled key that holds, and what of it is on the ledger."""

    certificate: KeyCertificate
    digests: Digests
    statuses: tuple[Status, ...]
    is_recorded: bool
    objection: str
    """Why the evidence does not show a good status at the moment; empty where it does."""
    acts: tuple[Act, ...]
    """What is still to be recorded; empty where all of it is."""


def judge(
    chain: Chain,
    key: bytes,
    files: Sequence[bytes],
    roots: Sequence[bytes],
    evidence: Sequence[bytes],
    at_ms: int,
) -> Found:
    """Judge the certificate of a key at a moment; the first of the first file is the key's.

    Raises `CertificateInvalid` where it does not hold, is another key's, leads to a root that the
    network does not trust, or is not recorded and was revoked by then.
    """
    given = [each for data in files for each in read_certificates(data)]
    anchors = [each for data in roots for each in read_certificates(data)]
    row = _key(chain, key)
    found = check_key_certificate(given[0], given[1:], anchors, at_ms)
    if (int(found.suite), found.public) != (row.suite, row.public):
        suite = SUITE_NAMES[KeySuite(row.suite)]
        msg = f"the certificate is of another key than {key.hex()}, a key of suite {suite}"
        raise CertificateInvalid(msg)
    digests = compute_digests(found, chain.digest)
    is_recorded = _is_recorded(chain, key, found.path, digests)
    statuses = tuple(_status(data, found.path) for data in evidence)
    objection = _objection(statuses, at_ms)
    if objection and not is_recorded:
        raise CertificateInvalid(objection)
    acts: list[Act] = [] if is_recorded else [_record(row, key, found, digests)]
    for status in statuses:
        act = _record_status(chain, row, key, digests, status)
        parts = (key, act.certificate, act.evidence)
        if chain.store.row(STATUSES, STATUSES.key(*parts)) is None:
            acts.append(act)
    return Found(found, digests, statuses, is_recorded, objection, tuple(acts))


def _key(chain: Chain, key: bytes) -> Key:
    row: Key | None = chain.store.row(KEYS, KEYS.key(key))
    if row is None:
        msg = (
            f"no key {key.hex()} of an officer is enrolled: a certificate is recorded for a key "
            "that counts; keys of persons are enrolled by the identity office, without one"
        )
        raise CertificateInvalid(msg)
    return row


def _is_recorded(chain: Chain, key: bytes, path: Sequence[Certificate], digests: Digests) -> bool:
    """Say whether a certificate is on the ledger; a new one needs a root that is trusted now."""
    if chain.store.row(CERTIFICATES, CERTIFICATES.key(key, digests.certificate)) is not None:
        return True
    anchor = chain.store.row(ANCHORS, ANCHORS.key(digests.anchor))
    if anchor is None or (chain.tip is not None and anchor.until_ms <= chain.tip.time_ms):
        msg = (
            f"the network does not trust the root {path[-1].subject} ({digests.anchor.hex()}): "
            "its governors do so by `tongjian membership trust-anchor`"
        )
        raise CertificateInvalid(msg)
    return False


def _objection(statuses: Sequence[Status], at_ms: int) -> str:
    try:
        for status in statuses:
            status.check_covers(at_ms)
    except CertificateInvalid as error:
        return str(error)
    return ""


def _status(data: bytes, path: Sequence[Certificate]) -> Status:
    (der, *more) = read_blocks(data, "X509 CRL")
    if more:
        msg = "a file of evidence holds one list, or one answer"
        raise CertificateInvalid(msg)
    return read_status(der, path)


def _record(row: Key, key: bytes, found: KeyCertificate, digests: Digests) -> RecordCertificate:
    return RecordCertificate(
        officer=row.officer,
        key=values.key_id(key),
        certificate=values.digest(digests.certificate),
        serial=values.digest(digests.serial),
        chain=values.digest(digests.chain),
        anchor=values.digest(digests.anchor),
        from_ms=values.time_ms(found.leaf.from_ms),
        until_ms=values.time_ms(found.leaf.until_ms),
    )


def _record_status(
    chain: Chain, row: Key, key: bytes, digests: Digests, status: Status
) -> RecordStatus:
    revoked_ms = status.revoked_ms
    return RecordStatus(
        officer=row.officer,
        key=values.key_id(key),
        certificate=values.digest(digests.certificate),
        evidence=values.digest(chain.digest(status.der)),
        kind=status.kind,
        this_ms=values.time_ms(status.this_ms),
        next_ms=values.time_ms(status.next_ms),
        revoked_ms=None if revoked_ms is None else values.time_ms(revoked_ms),
    )
