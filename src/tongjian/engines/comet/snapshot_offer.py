"""What a peer offers a snapshot by: checked against the header that the light client proved."""

from collections.abc import Iterator
from typing import Final, NamedTuple, NoReturn

from tongjian.core.block import HEADERS, Header, compute_header_hash
from tongjian.core.encoding import Malformed
from tongjian.core.hashing import Hash
from tongjian.core.twigs import compute_state_root
from tongjian.engines.comet.snapshot_form import MANIFESTS, Manifest, SnapshotRefused

HASH_BYTES: Final = 32


class Offered(NamedTuple):
    """A manifest whose header is the one that the light client proved."""

    manifest: Manifest
    header: Header
    engine_height: int
    hashes: tuple[bytes, ...]
    """Of the chunks."""


def read_offer(data: bytes, chunks: int, place: tuple[int, bytes, bytes], digest: Hash) -> Offered:
    """Return what a peer offers; raises `SnapshotRefused`.

    `place` is the engine's height, the app hash that was proven for it, and the chain's id.
    """
    engine_height, app_hash, chain_id = place
    try:
        manifest: Manifest = MANIFESTS.decode(data)
        header: Header = HEADERS.decode(manifest.header)
    except Malformed as error:
        msg = f"the manifest cannot be decoded: {error}"
        raise SnapshotRefused(msg) from error
    if manifest.chain != chain_id:
        refuse("it is of another chain")
    if compute_header_hash(digest, manifest.header) != app_hash:
        refuse(f"its header is not the one that the network signed at {engine_height}")
    if compute_state_root(digest, manifest.entry_count, manifest.top) != header.state_root:
        refuse("the number of its entries does not lead to the state root")
    hashes = tuple(hashes_of(manifest.chunks, "the list of chunks"))
    if len(hashes) != chunks:
        refuse(f"it names {len(hashes)} chunks and is offered with {chunks}")
    return Offered(manifest, header, engine_height, hashes)


def hashes_of(packed: bytes, what: str) -> Iterator[bytes]:
    """Return hashes that stand one after the other; raises `SnapshotRefused`."""
    if len(packed) % HASH_BYTES:
        refuse(f"{what} does not consist of hashes")
    return (packed[at : at + HASH_BYTES] for at in range(0, len(packed), HASH_BYTES))


def refuse(why: str) -> NoReturn:
    """Raise `SnapshotRefused`."""
    raise SnapshotRefused(why)
