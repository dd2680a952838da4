"""Reads a block log as a witness does: every header's seal, its chain, and the log it commits to.

The state root is not recomputed: that is an auditor's replay. Two state roots of one height are
noticed all the same, because the witness keeps every header.
"""

from collections.abc import Iterator
from typing import Final, NamedTuple

from tongjian.core import values
from tongjian.core.block import (
    BODIES,
    SEALED,
    Body,
    Header,
    Result,
    Sealed,
    compute_batch,
    compute_header_hash,
    compute_log_leaf,
)
from tongjian.core.encoding import Malformed
from tongjian.core.envelope import body_of, signed_message
from tongjian.core.merkle import Frontier, leaf_hash
from tongjian.storage.blocklog import BlockLog, Frame
from tongjian.verifier.anchors import Anchors
from tongjian.verifier.evidence import EvidenceInvalid, verify_seal

ZERO_DIGEST: Final = bytes(32)


class BlockRefused(Exception):
    """A block that the operator did not seal, or that does not follow; no head after it counts."""


class Block(NamedTuple):
    """A block that follows, as far as a witness checks it."""

    sealed: Sealed
    header: Header
    header_hash: bytes
    leaves: list[bytes]
    offset: int


class Point(NamedTuple):
    """What the next block must follow."""

    height: int
    header_hash: bytes
    time_ms: int


BEGINNING: Final = Point(-1, ZERO_DIGEST, 0)


def open_frame(frame: Frame, anchors: Anchors) -> tuple[Sealed, Header, Body]:
    """Return a stored block once its seal holds; raises `BlockRefused`."""
    try:
        sealed: Sealed = SEALED.decode(frame.head)
        header = verify_seal(sealed.header, sealed.seal.signature, anchors)
        body: Body = BODIES.decode(frame.body)
    except (Malformed, EvidenceInvalid) as error:
        msg = f"the block at byte {frame.offset}: {error}"
        raise BlockRefused(msg) from error
    return sealed, header, body


def read_blocks(
    log: BlockLog, offset: int, point: Point, frontier: Frontier, anchors: Anchors
) -> Iterator[Block]:
    """Yield the blocks from an offset on, each checked against the one before.

    `frontier` is the log up to the point; it is not changed. Raises `BlockRefused`.
    """
    tree = frontier.copy()
    for frame in log.frames(offset):
        sealed, header, body = open_frame(frame, anchors)
        _expect(header.height == point.height + 1, header, "its height does not follow")
        _expect(header.previous == point.header_hash, header, "it does not follow the one before")
        _expect(header.time_ms >= point.time_ms, header, "its time is before the one before")
        batch = compute_batch(anchors.digest, body.envelopes)
        _expect(header.batch == batch, header, "its transactions are not those it commits to")
        leaves = _leaves_of(body, header, anchors)
        tree.extend(leaves)
        logged = (header.log_size, header.log_root) == (tree.size, tree.root())
        _expect(logged, header, "its log is not the one before with its own results")
        digest = compute_header_hash(anchors.digest, sealed.header)
        point = Point(header.height, digest, header.time_ms)
        yield Block(sealed, header, digest, leaves, frame.offset)


def _leaves_of(body: Body, header: Header, anchors: Anchors) -> list[bytes]:
    digest = anchors.digest
    try:
        signed = [body_of(envelope) for envelope in body.envelopes]
    except Malformed as error:
        msg = f"block {header.height}: an envelope cannot be decoded: {error}"
        raise BlockRefused(msg) from error
    ids = [*body.timers, *(digest(signed_message(anchors.chain_id, one)) for one in signed)]
    _expect(len(ids) == len(body.decisions), header, "it decides more or less than it holds")
    return [
        leaf_hash(
            digest,
            compute_log_leaf(
                digest,
                Result(
                    transaction=values.digest(identity),
                    outcome=decision.outcome,
                    events=decision.events,
                ),
            ),
        )
        for identity, decision in zip(ids, body.decisions, strict=True)
    ]


def _expect(holds: bool, header: Header, what: str) -> None:  # noqa: FBT001 - one fact a line
    if not holds:
        msg = f"block {header.height} is sealed, but {what}"
        raise BlockRefused(msg)
