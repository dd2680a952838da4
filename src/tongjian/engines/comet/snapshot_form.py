"""The form of a snapshot: a manifest, then chunks, each of which proves itself.

The manifest holds the header of the ledger's newest block. Its hash is the engine's app hash, which
the light client has proven; everything else follows from that header and is checked against it as
it arrives. A chunk is a letter and MessagePack:

T  hashes of twigs                       lead to the state root
L  hashes of whole batches of the log,
   and the subtrees of its last leaves   lead to the log root
H  headers, the newest first             each is the one that the header after it names
E  entries of one batch of the log       lead to the batch's hash: ids not to be decided again
B  a part of the newest block            its envelopes and outcomes are those of header and log
S  twigs: active bits, active entries,
   hashes of what was replaced           lead to the twig's hash

They come in this order. Nothing of history is in a snapshot: a node that begins with one proves
the state from then on.
"""

from typing import Any, Final

import msgspec

from tongjian.core.block import HEADER_BYTES_MAX
from tongjian.core.encoding import Codec, Record
from tongjian.core.values import Count, Digest

FORMAT: Final = 1
CHUNK_BYTES_MAX: Final = 10 * 1024 * 1024
CHUNK_BYTES_TARGET: Final = 4 * 1024 * 1024
CHUNKS_MAX: Final = 100_000
"""The engine's own limit; with the hash of each, its message of 4 MB holds as many."""
BATCH_LEVEL: Final = 16
BATCH_LEAVES: Final = 1 << BATCH_LEVEL
"""Leaves of the log in one chunk: at most 151 bytes each."""
TWIGS, LOG, HEADERS, ENTRIES, BLOCK, STATE = b"T", b"L", b"H", b"E", b"B", b"S"


class Manifest(Record):
    """What a snapshot is offered by."""

    chain: Digest
    header: bytes
    """The ledger's newest header, as it was sealed."""
    entry_count: Count
    top: Digest
    """Of the tree above the twigs: with the count it gives the state root."""
    chunks: bytes
    """The hash of each chunk, 32 bytes each."""


class TwigPart(msgspec.Struct, array_like=True, forbid_unknown_fields=True):
    """One twig as a chunk shows it."""

    bits: bytes
    dead: bytes
    """Leaf hashes of the entries that are not active, in order; where none is, the leaf root."""
    rows: list[tuple[bytes, bytes, bytes, int]]
    """Key, value, next key and height of the active entries, in order."""


class LogPart(msgspec.Struct, array_like=True, forbid_unknown_fields=True):
    """The log's hashes: those of whole batches, then the subtrees of the rest, largest first."""

    batches: bytes
    peaks: list[bytes]


MANIFESTS: Final = Codec(Manifest, HEADER_BYTES_MAX + 32 * CHUNKS_MAX + 256)
TWIG_PARTS: Final = msgspec.msgpack.Decoder(list[TwigPart])
LOG_PARTS: Final = msgspec.msgpack.Decoder(LogPart)
HEADER_PARTS: Final = msgspec.msgpack.Decoder(list[bytes])
ENTRY_PARTS: Final = msgspec.msgpack.Decoder(list[tuple[bytes, str, bytes]])
BLOCK_PARTS: Final = msgspec.msgpack.Decoder(tuple[bytes, bytes])


class SnapshotRefused(Exception):
    """What a peer offers is not the ledger that the light client proved; the text says where."""


def decode_part(decoder: "msgspec.msgpack.Decoder[Any]", data: bytes, what: str) -> Any:
    """Return what a chunk holds after its letter; raises `SnapshotRefused`."""
    try:
        return decoder.decode(memoryview(data)[1:])
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        msg = f"{what} cannot be decoded: {error}"
        raise SnapshotRefused(msg) from error
