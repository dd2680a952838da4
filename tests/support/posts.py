"""Witnesses at their posts, and ledgers of one operator that part."""

import shutil
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
from small import Small, put

from tongjian.core.hashing import sha256
from tongjian.engines.heads import export_tiles
from tongjian.node.keys import KeyPair
from tongjian.verifier.anchors import Anchors, WitnessAnchor
from tongjian.witness.witness import Followed, NotContinued, Witness, init_witness

NOW_S = 1_795_100_000
Form = Callable[[Small, Path], Path]


class Post:
    """A witness in a folder, opened anew for each look, as a program that is started by a timer."""

    def __init__(self, folder: Path, anchors: Anchors, number: int = 1) -> None:
        """Make the witness."""
        self.folder = folder
        self.key = KeyPair(bytes([number]) * 32, sha256)
        self.name = f"witness.example/{number}"
        init_witness(folder, anchors, self.name)

    @property
    def anchor(self) -> WitnessAnchor:
        return WitnessAnchor(name=self.name, public=self.key.public.hex())

    def look(self, ledger: Path, time_s: int = NOW_S) -> Followed:
        witness = Witness(self.folder, self.key)
        try:
            return witness.follow(ledger, time_s)
        finally:
            witness.close()

    def accuses(self, ledger: Path, kind: str) -> bytes:
        """Look at a ledger that must not be signed; return the bytes of the evidence."""
        before = sorted(self.folder.glob("cosigned/*"))
        with pytest.raises(NotContinued) as found:
            self.look(ledger)
        assert found.value.evidence.kind == kind
        assert sorted(self.folder.glob("cosigned/*")) == before
        return found.value.path.read_bytes()


def trusting(anchors: Anchors, *posts: Post, quorum: int = 0) -> Anchors:
    made = msgspec.structs.replace(
        anchors, witnesses=[post.anchor for post in posts], quorum=quorum
    )
    made.check()
    return made


def write(small: Small, *things: str) -> None:
    """Record a block for each thing."""
    with small.opened() as chain:
        small.now_ms = max(small.now_ms, chain.header(chain.height).time_ms)
        for thing in things:
            small.apply(chain, small.envelope(put(thing, 1), nonce=number_of(thing)))


def number_of(thing: str) -> int:
    return int.from_bytes(sha256(thing.encode())[:8], "big")


def as_blocks(small: Small, scratch: Path) -> Path:
    return small.folder


def as_tiles(small: Small, scratch: Path) -> Path:
    """Export the ledger to a folder of its own."""
    folder = scratch / f"{small.folder.name}-tiles"
    shutil.rmtree(folder, ignore_errors=True)
    with small.opened() as chain:
        export_tiles(chain, folder, small.seal_key.signer(chain.sealing_key(chain.height)))
    return folder


def copy(small: Small, name: str) -> Small:
    target = small.folder.parent / name
    shutil.copytree(small.folder, target)
    return Small(target)


@pytest.fixture
def post(small: Small, tmp_path: Path) -> Post:
    return Post(tmp_path / "witness", small.anchors)


def two_ledgers(small: Small, seen: int, shown: int) -> tuple[Small, Small]:
    """Return two ledgers of one genesis and one operator that part after the first block."""
    write(small, "common")
    other = copy(small, "other")
    write(small, *(f"seen_{n}" for n in range(seen)))
    write(other, *(f"shown_{n}" for n in range(shown)))
    return small, other
