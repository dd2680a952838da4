"""Answers the engine about snapshots: those that this node offers, and the one that it takes in.

A chunk whose hash is not the listed one is asked for again, of another peer; a snapshot whose
content does not follow from the proven header is refused as a whole, and the engine tries another.
A crash leaves the folder `restoring`: the next start clears it away and begins anew.
"""

import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Final

import structlog

from tongjian.core.block import HEADERS, Header
from tongjian.core.encoding import Malformed
from tongjian.core.validators import NETWORK_SUITE
from tongjian.engines.chain import LOG_NAME, STORE_NAME, Chain
from tongjian.engines.comet.snapshot_form import (
    CHUNK_BYTES_MAX,
    CHUNKS_MAX,
    FORMAT,
    MANIFESTS,
    Manifest,
    SnapshotRefused,
)
from tongjian.engines.comet.snapshot_maker import FOLDER, MANIFEST
from tongjian.engines.comet.snapshot_offer import read_offer
from tongjian.engines.comet.snapshot_restorer import Restorer
from tongjian.engines.comet.wire import Message
from tongjian.engines.seals import expect_network_seal
from tongjian.storage.errors import StorageError

RESTORING: Final = "restoring"
PLACING: Final = "placing"
"""Stands in that folder while files are put in the ledger's place."""
LISTED_MAX: Final = 10
"""The engine looks at no more."""
HEADERS_AFTER: Final = 2
"""Headers that the network must have signed after a snapshot's height before it can be used."""
ACCEPT, RETRY, OFFER_REJECT, FORMAT_REJECT, SNAPSHOT_REJECT = 1, 3, 3, 4, 5

_log: Final = structlog.get_logger("snapshots")


class Snapshots:
    """Offers what lies in the ledger's folder, and restores what a peer offers."""

    def __init__(
        self, chain: Chain, engine_height: Callable[[], int], restored: Callable[[], None]
    ) -> None:
        """Serve a chain; `restored` is called when a snapshot has taken its place."""
        self._chain = chain
        self._folder = chain.folder / FOLDER
        self._engine_height = engine_height
        self._restored = restored
        self._restorer: Restorer | None = None
        self._hashes: tuple[bytes, ...] = ()
        self._blocks: dict[int, int] = {}
        self.refused: list[str] = []
        """Why offers of peers were refused since the node started."""
        self.taken = 0
        """Chunks of the snapshot that is being taken in."""

    def handlers(self) -> dict[str, Callable[[Message], Message]]:
        """Return what answers each request, by its name."""
        return {
            "list_snapshots": self.list,
            "offer_snapshot": self.offer,
            "load_snapshot_chunk": self.load,
            "apply_snapshot_chunk": self.apply,
        }

    def heights(self) -> list[int]:
        """Return the engine's heights of the snapshots that are whole, the newest first."""
        names = [p.parent.name for p in self._folder.glob(f"*/{MANIFEST}")]
        return sorted((int(name) for name in names if name.isdigit()), reverse=True)

    def block_of(self, height: int) -> int:
        """Return the block of the ledger that a snapshot stands at, by the engine's height."""
        found = self._blocks.get(height)
        if found is None:
            try:
                data = (self._folder / str(height) / MANIFEST).read_bytes()
                manifest: Manifest = MANIFESTS.decode(data)
                header: Header = HEADERS.decode(manifest.header)
            except (OSError, Malformed):
                return 0  # damaged, or removed meanwhile: nothing is pruned for now
            found = self._blocks[height] = int(header.height)
        return found

    def list(self, request: Message) -> Message:
        """Name the newest snapshots that a newcomer can already prove."""
        del request
        proven = [h for h in self.heights() if h + HEADERS_AFTER <= self._engine_height()]
        return {"snapshots": [one for one in map(self._shown, proven[:LISTED_MAX]) if one]}

    def _shown(self, height: int) -> Message:
        try:
            data = (self._folder / str(height) / MANIFEST).read_bytes()
            manifest: Manifest = MANIFESTS.decode(data)
        except (OSError, Malformed):
            return {}  # removed meanwhile, or damaged: not offered
        return {
            "height": height,
            "format": FORMAT,
            "chunks": len(manifest.chunks) // 32,
            "hash": self._chain.digest(data),
            "metadata": data,
        }

    def load(self, request: Message) -> Message:
        """Return a chunk; nothing where it is gone."""
        name = f"{request['height']}/{request['chunk']:05d}"
        if request["format"] != FORMAT or not re.fullmatch(r"[0-9]+/[0-9]{5}", name):
            return {}
        try:
            return {"chunk": (self._folder / name).read_bytes()}
        except OSError:
            return {}

    # -- taking one in --------------------------------------------------------------------------

    def offer(self, request: Message) -> Message:
        """Begin with a snapshot whose header the light client has proven; refuse others."""
        snapshot: Message = request["snapshot"]
        if snapshot["format"] != FORMAT:
            return {"result": FORMAT_REJECT}
        chain = self._chain
        self._drop()
        try:
            data: bytes = snapshot["metadata"]
            if chain.digest(data) != snapshot["hash"] or snapshot["chunks"] > CHUNKS_MAX:
                self._say("its hash is not that of its manifest, or it has too many chunks")
                return {"result": OFFER_REJECT}
            place = snapshot["height"], request["app_hash"], chain.chain_id
            offered = read_offer(data, snapshot["chunks"], place, chain.digest)
        except SnapshotRefused as refused:
            self._say(str(refused))
            return {"result": OFFER_REJECT}
        self._hashes, self.taken = offered.hashes, 0
        folder = chain.folder / RESTORING
        self._restorer = Restorer(folder, offered, chain.chain_id, chain.digest)
        return {"result": ACCEPT}

    def apply(self, request: Message) -> Message:
        """Take in the next chunk; with the last one the ledger stands where the snapshot does."""
        index: int = request["index"]
        data: bytes = request["chunk"]
        restorer = self._restorer
        if restorer is None or index >= len(self._hashes):
            return {"result": SNAPSHOT_REJECT}
        if len(data) > CHUNK_BYTES_MAX or self._chain.digest(data) != self._hashes[index]:
            self._say(f"chunk {index} from {request['sender']} is not the one that was listed")
            return {
                "result": RETRY,
                "refetch_chunks": [index],
                "reject_senders": [request["sender"]],
            }
        try:
            restorer.take(index, data)
            self.taken = restorer.taken
            if restorer.is_whole():
                self._finish(restorer)
        except SnapshotRefused as refused:
            self._say(str(refused))
            self._drop()
            return {"result": SNAPSHOT_REJECT, "reject_senders": [request["sender"]]}
        return {"result": ACCEPT}

    def _finish(self, restorer: Restorer) -> None:
        restorer.finish()
        restorer.close()
        self._restorer = None
        chain = self._chain
        folder = chain.folder / RESTORING
        self._expect_opens(folder)
        (folder / PLACING).touch()
        with chain.lock:
            chain.adopt(folder)
            shutil.rmtree(self._folder, ignore_errors=True)
            (folder / FOLDER).replace(self._folder)
            shutil.rmtree(folder)
            self._restored()
        _log.info("restored", height=chain.height)

    def _expect_opens(self, folder: Path) -> None:
        """Open what was restored as any ledger; raises `SnapshotRefused`."""
        chain = self._chain
        try:
            made = Chain(folder, chain.genesis, writable=True)
        except StorageError as error:
            msg = f"what was restored does not open: {error}"
            raise SnapshotRefused(msg) from error
        try:
            key = made.sealing_key(made.height)
            header, seal = made.header(made.height), made.sealed(made.height).seal
            if key.suite != NETWORK_SUITE:
                what = "its newest block was sealed by an operator"
                raise SnapshotRefused(what)
            expect_network_seal(key.public, header, seal)
        except StorageError as error:
            msg = f"what was restored is not sealed as it says: {error}"
            raise SnapshotRefused(msg) from error
        finally:
            made.close()

    def _drop(self) -> None:
        """Leave nothing of what was begun."""
        if self._restorer is not None:
            self._restorer.close()
            self._restorer = None
        shutil.rmtree(self._chain.folder / RESTORING, ignore_errors=True)

    def _say(self, why: str) -> None:
        self.refused.append(why)
        del self.refused[:-100]
        _log.warning("refused", why=why)


def clear_unfinished(folder: Path) -> bool:
    """Remove what a restore left that was cut off, before the ledger is opened; say if it was.

    Where the crash came while files were put in place, the ledger is half of two: it goes too, and
    the engine, which has no state of its own yet, asks for a snapshot again.
    """
    unfinished = folder / RESTORING
    if not unfinished.exists():
        return False
    if (unfinished / PLACING).exists():
        for name in (LOG_NAME, STORE_NAME, STORE_NAME + "-lock"):
            (folder / name).unlink(missing_ok=True)
    shutil.rmtree(unfinished)
    return True
