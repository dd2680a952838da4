"""The witness itself: takes in what continues its history, signs it, keeps evidence of forks."""

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

import msgspec

from tongjian.core.block import Sealed
from tongjian.core.merkle import leaf_hash
from tongjian.storage.blocklog import PROLOGUE_BYTES, BlockLog
from tongjian.storage.errors import LogDamaged
from tongjian.storage.files import write_whole
from tongjian.storage.tile_files import CHECKPOINT_NAME, TileFiles
from tongjian.verifier.anchors import Anchors, WitnessAnchor
from tongjian.verifier.checkpoint import (
    Checkpoint,
    Head,
    NoteSignature,
    Signer,
    compute_origin,
    cosign,
    make_checkpoint,
    make_text,
    parse_checkpoint,
    verify_operator,
)
from tongjian.verifier.evidence import (
    FORMAT,
    Evidence,
    HeadShown,
    encode_evidence,
    show_checkpoint,
    show_sealed,
    sign_evidence,
    verify_evidence,
    verify_seal,
)
from tongjian.witness.blocks import BEGINNING, BlockRefused, Point, open_frame, read_blocks
from tongjian.witness.memory import Memory, Remembered, prove_prefix, root_of

BLOCKS_NAME: Final = "blocks.log"
ANCHORS_NAME: Final = "anchors.json"
SETTINGS_NAME: Final = "witness.json"
COSIGNED_NAME: Final = "cosigned"
EVIDENCE_NAME: Final = "evidence"
BATCH_BLOCKS: Final = 1000


class WitnessRefuses(Exception):
    """The witness does not sign what it was shown; the text says why."""


class NotContinued(WitnessRefuses):
    """What was shown does not continue the witness's history; the evidence is kept in a file."""

    def __init__(self, evidence: Evidence, path: Path) -> None:
        """Take the evidence and where it was written."""
        super().__init__(f"{evidence.kind}: {evidence.why}")
        self.evidence = evidence
        self.path = path


@dataclass(frozen=True)
class Followed:
    """What one look at a ledger gave."""

    head: Head
    checkpoint: Checkpoint
    path: Path
    """Where the co-signed head was written."""
    taken_in: int
    """Entries of the log that were new."""
    time_ms: int
    """Time of the head's block; 0 where tiles are followed, which do not say."""


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Who a witness is."""

    format: Literal["tongjian-witness/1"]
    name: str


class Witness:
    """A witness with its folder, its key, and the trust file that it was given once."""

    def __init__(self, folder: Path, signer: Signer) -> None:
        """Open the folder of a witness with its key."""
        self._folder = folder
        self._signer = signer
        settings = msgspec.json.decode((folder / SETTINGS_NAME).read_bytes(), type=Settings)
        self.anchors = Anchors.read(folder / ANCHORS_NAME)
        self.identity = WitnessAnchor(name=settings.name, public=signer.public.hex())
        self._origin = compute_origin(self.anchors.label, self.anchors.chain_id)
        self._memory = Memory(folder, self.anchors.digest)

    def close(self) -> None:
        """Close its files."""
        self._memory.close()

    @property
    def last(self) -> HeadShown | None:
        """The newest head that it has signed."""
        return None if self._memory.last is None else self._memory.last.head

    def follow(self, ledger: Path, time_s: int) -> Followed:
        """Look at a ledger's folder or an export of its log, and sign its head.

        `time_s` is the witness's clock in seconds since 1970 UTC. Raises `NotContinued` with
        evidence, `WitnessRefuses`, `BlockRefused` or `LogDamaged`; nothing is signed then.
        """
        form: Literal["blocks", "tiles"] = "blocks" if (ledger / BLOCKS_NAME).exists() else "tiles"
        last = self._memory.last
        if last is not None and last.form != form:
            msg = f"this witness follows {last.form}, not {form}; make another for those"
            raise WitnessRefuses(msg)
        before = self._memory.size
        try:
            if form == "blocks":
                head, lines = self._follow_blocks(ledger, time_s)
            else:
                head, lines = self._follow_tiles(ledger, time_s)
        finally:
            self._memory.restart()
        taken = self._memory.size - before
        text = make_text(self._origin, head)
        own = cosign(text, self.identity.name, self._signer, time_s)
        signed = make_checkpoint(text, (*lines, own))
        path = self._folder / COSIGNED_NAME / f"{head.height}.checkpoint"
        write_whole(path, signed.encode())
        write_whole(self._folder / CHECKPOINT_NAME, signed.encode())
        known = self._memory.last
        return Followed(head, signed, path, taken, 0 if known is None else known.time_ms)

    # -- a ledger's block log -----------------------------------------------------------------

    def _follow_blocks(self, ledger: Path, time_s: int) -> tuple[Head, list[NoteSignature]]:
        with BlockLog(ledger / BLOCKS_NAME, self.anchors.chain_id, writable=False) as log:
            offset, point = self._resume(log, time_s)
            reached = self._memory.last
            for count, block in enumerate(
                read_blocks(log, offset, point, self._memory.frontier, self.anchors), 1
            ):
                self._memory.take_in(block.leaves)
                self._memory.keep_header(block.sealed)
                shown = show_sealed(block.sealed.header, block.header, block.sealed.seal.signature)
                place = (block.header_hash.hex(), block.header.time_ms, block.offset)
                reached = self._remembered("blocks", shown, *place)
                if count % BATCH_BLOCKS == 0:
                    self._memory.settle(reached)
                point = Point(block.header.height, block.header_hash, block.header.time_ms)
            if reached is None:
                msg = "the block log holds no block yet"
                raise WitnessRefuses(msg)
            if reached is not self._memory.last:
                self._memory.settle(reached)
        return self._head(), []

    def _resume(self, log: BlockLog, time_s: int) -> tuple[int, Point]:
        """Return where to read on: behind the last head, which must still be there."""
        last = self._memory.last
        if last is None:
            return PROLOGUE_BYTES, BEGINNING
        point = Point(last.head.height, bytes.fromhex(last.header_hash), last.time_ms)
        try:
            frame = log.read(last.offset)
            if open_frame(frame, self.anchors)[0].header.hex() == last.head.header:
                return frame.end, point
        except (LogDamaged, BlockRefused):
            pass  # what is there instead is looked at from the first block on
        return self._compare(log, time_s), point

    def _compare(self, log: BlockLog, time_s: int) -> int:
        """Compare every header ever seen with the ledger's; return the end of the last one."""
        frames = log.frames()
        end = PROLOGUE_BYTES
        shown: HeadShown | None = None
        for own in self._memory.sealed():
            frame = next(frames, None)
            if frame is None:
                self._accuse_rollback(shown, time_s)
            else:
                sealed, header, _ = open_frame(frame, self.anchors)
                shown = show_sealed(sealed.header, header, sealed.seal.signature)
                if sealed.header != own.header:
                    why = f"block {header.height} is another than the one seen before"
                    self._accuse("fork", why, self._shown(own), shown, time_s=time_s)
                end = frame.end
        return end

    def _accuse_rollback(self, shown: HeadShown | None, time_s: int) -> None:
        if shown is None:
            msg = "the block log is empty, after blocks were seen in it"
            raise WitnessRefuses(msg)
        first = self._known().head
        why = f"the ledger ends at height {shown.height}, after height {first.height} was seen"
        self._accuse("rollback", why, first, shown, time_s=time_s)

    def _shown(self, sealed: Sealed) -> HeadShown:
        header = verify_seal(sealed.header, sealed.seal.signature, self.anchors)
        return show_sealed(sealed.header, header, sealed.seal.signature)

    # -- an export ----------------------------------------------------------------------------

    def _follow_tiles(self, ledger: Path, time_s: int) -> tuple[Head, list[NoteSignature]]:
        files = TileFiles(ledger, self.anchors.digest)
        checkpoint = parse_checkpoint(files.checkpoint())
        head = verify_operator(checkpoint, self.anchors)
        shown = show_checkpoint(checkpoint.encode(), head)
        last = self._memory.last
        if last is not None:
            self._expect_onward(head, shown, time_s)
        digest = self.anchors.digest
        entries = files.entries(self._memory.size, head.size)
        self._memory.take_in([leaf_hash(digest, entry) for entry in entries])
        if self._memory.frontier.root() != head.root:
            self._look_for_fork(files, head, shown, time_s)
        if last is None or last.head != shown:
            place = (head.header_hash.hex(), 0, 0)
            self._memory.settle(self._remembered("tiles", shown, *place))
        own = [one for one in checkpoint.signatures if one.name == self._origin]
        return head, own

    def _expect_onward(self, head: Head, shown: HeadShown, time_s: int) -> None:
        """Raise where a head is older than the last, or of the same height and another block."""
        last = self._known()
        if head.height == last.head.height and head.header_hash.hex() != last.header_hash:
            why = f"block {head.height} is another than the one seen before"
            self._accuse("fork", why, last.head, shown, time_s=time_s)
        if head.size < last.head.size:
            leaves = self._memory.leaves(last.head.size)
            prefix, path = prove_prefix(self.anchors.digest, leaves, max(head.size, 1))
            if head.size and prefix != head.root:
                why = f"the log of size {head.size} is no beginning of the one seen before"
                self._accuse("fork", why, last.head, shown, (prefix, path), time_s=time_s)
        if (head.height, head.size) < (last.head.height, last.head.size):
            why = f"a head of height {head.height}, after height {last.head.height} was seen"
            self._accuse("rollback", why, last.head, shown, time_s=time_s)

    def _look_for_fork(self, files: TileFiles, head: Head, shown: HeadShown, time_s: int) -> None:
        """Raise: the new entries behind the log that was seen do not give the signed root."""
        digest = self.anchors.digest
        leaves = [leaf_hash(digest, entry) for entry in files.entries(0, head.size)]
        last = self._memory.last
        if root_of(digest, leaves) != head.root or last is None or not last.head.size:
            msg = "the files do not give the root of their checkpoint; export the tiles again"
            raise LogDamaged(msg)
        proof = prove_prefix(digest, leaves, last.head.size)
        why = f"the log of size {head.size} does not begin with the one seen before"
        self._accuse("fork", why, last.head, shown, proof, time_s=time_s)

    # -- both ---------------------------------------------------------------------------------

    def _remembered(
        self,
        form: Literal["blocks", "tiles"],
        shown: HeadShown,
        header_hash: str,
        time_ms: int,
        offset: int,
    ) -> Remembered:
        peaks = [peak.hex() for peak in self._memory.frontier.peaks()]
        end = self._memory.headers_end
        return Remembered(form, shown, peaks, header_hash, time_ms, offset, end)

    def _known(self) -> Remembered:
        last = self._memory.last
        if last is None:
            msg = "the witness has seen nothing yet"
            raise WitnessRefuses(msg)
        return last

    def _head(self) -> Head:
        last = self._known()
        root, digest = bytes.fromhex(last.head.root), bytes.fromhex(last.header_hash)
        return Head(last.head.size, root, last.head.height, digest)

    def _accuse(
        self,
        kind: Literal["fork", "rollback"],
        why: str,
        first: HeadShown,
        second: HeadShown,
        proof: tuple[bytes, list[bytes]] = (b"", []),
        *,
        time_s: int,
    ) -> None:
        """Write the evidence, checked as a third party would, and raise `NotContinued`."""
        evidence = Evidence(
            format=FORMAT,
            kind=kind,
            chain=self.anchors.chain,
            why=why,
            first=first,
            second=second,
            prefix_root=proof[0].hex(),
            path=[node.hex() for node in proof[1]],
            observed_s=time_s,
            witness=self.identity,
            signature="",
        )
        data = encode_evidence(sign_evidence(evidence, self._signer))
        trusting = msgspec.structs.replace(self.anchors, witnesses=[self.identity], quorum=0)
        verify_evidence(data, trusting)
        mark = hashlib.sha256(msgspec.json.encode((first, second))).hexdigest()[:12]
        path = self._folder / EVIDENCE_NAME / f"{kind}-{second.height}-{mark}.json"
        if not path.exists():
            write_whole(path, data)
        raise NotContinued(evidence, path)


def init_witness(folder: Path, anchors: Anchors, name: str) -> None:
    """Write who a witness is and what it trusts into its folder."""
    settings: dict[str, Any] = {"format": "tongjian-witness/1", "name": name}
    write_whole(folder / ANCHORS_NAME, msgspec.json.encode(anchors) + b"\n")
    write_whole(folder / SETTINGS_NAME, msgspec.json.encode(settings) + b"\n")
