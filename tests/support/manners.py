"""How a node of a test's network misbehaves: what its process changes in itself before it starts.

None of it is in the product: `run_node.py` takes the name of a manner as an argument.
"""

import os
import resource
import signal
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final

import shelf

from tongjian.core import values
from tongjian.core.encoding import replace
from tongjian.core.ledger import Ledger
from tongjian.core.permission import Signer
from tongjian.core.registry import Registry
from tongjian.engines import chain as chain_module
from tongjian.engines.comet.application import Application
from tongjian.engines.comet.bundles import BUNDLE, BUNDLE_BYTES_MAX
from tongjian.engines.comet.parts import Pending
from tongjian.engines.comet.wire import Message
from tongjian.node import member as member_module
from tongjian.node import supervisor
from tongjian.node.clock import now_ms
from tongjian.node.gate import Gate
from tongjian.node.voting import VotingGuard
from tongjian.services import membership

SKEW_MS: Final = 600_000
ROOM_BYTES: Final = 150_000
"""How much a file may grow beyond the largest that there is before the disk is full."""


def decide_otherwise(folder: Path) -> None:
    """Decide something else than the others, as an unlike release would."""
    honest = Application._finalize

    def other(self: Application, request: Message) -> tuple[Message, Pending]:
        answer, pending = honest(self, request)
        if request["txs"]:
            answer["app_hash"] = bytes(32)
        return answer, pending

    Application._finalize = other


def _propose(change: Callable[[list[bytes]], list[bytes]]) -> None:
    honest = Application.prepare_proposal

    def other(self: Application, request: Message) -> Message:
        return {"txs": change(honest(self, request)["txs"])}

    Application.prepare_proposal = other


def propose_invalid(folder: Path) -> None:
    """Propose what has no form beside what has."""
    _propose(lambda txs: [*txs, b"no bundle"])


def propose_forged(folder: Path) -> None:
    """Propose envelopes with a signature that does not hold."""

    def change(txs: list[bytes]) -> list[bytes]:
        return [bytes([*tx[:-1], tx[-1] ^ 1]) if tx.startswith(BUNDLE) else tx for tx in txs]

    _propose(change)


def propose_oversized(folder: Path) -> None:
    """Propose a transaction of the engine that is larger than a bundle may be."""
    _propose(lambda txs: [*txs, BUNDLE + bytes(BUNDLE_BYTES_MAX)])


def propose_twice(folder: Path) -> None:
    """Propose every transaction twice, and those of earlier blocks again."""
    past: list[bytes] = []

    def change(txs: list[bytes]) -> list[bytes]:
        found = [*txs, *txs, *past[-20:]]
        past.extend(txs)
        return found

    _propose(change)


def _skew(by_ms: int) -> Callable[[Path], None]:
    def use(folder: Path) -> None:
        member_module.now_ms = lambda: now_ms() + by_ms  # type: ignore[attr-defined]
        skewed = os.environ.get("TONGJIAN_COMETBFT_SKEWED")
        if skewed:
            os.environ[supervisor.BINARY] = skewed
            os.environ["SKEW"] = f"{by_ms}ms"

    return use


def fill(folder: Path) -> None:
    """Let no file of this node grow much further; the limit may be raised from outside."""
    sizes = (path.stat().st_size for path in folder.iterdir() if path.is_file())
    room = max(sizes) + ROOM_BYTES
    resource.setrlimit(resource.RLIMIT_FSIZE, (room, resource.RLIM_INFINITY))


def _die(*, decided: bool) -> Callable[[Path], None]:
    """Be killed with a submission: when it is accepted, or when it is decided and not answered."""

    def use(folder: Path) -> None:
        honest = Gate._submit

        def other(self: Gate, envelopes: Sequence[bytes]) -> list[Any]:
            if decided:
                honest(self, envelopes)
            else:
                self._member.engine.submit(envelopes)
            os.kill(os.getpid(), signal.SIGKILL)
            raise AssertionError

        Gate._submit = other

    return use


def take_next_release(folder: Path) -> None:
    """Run a release that knows shelf's second rules: whatever is put there counts 1000 more."""

    def put_since_2(act: shelf.Put, ledger: Ledger) -> shelf.Done:
        """Put a new thing on the shelf, by the second rules."""
        more = replace(act, amount=values.fen(act.amount + 1000))
        return shelf.put(more, ledger)

    put_since_2.__name__ = "put"
    shelf.shelf.version = 2
    tables = (shelf.THINGS, shelf.TOTALS)
    shelf.shelf.operation(by=Signer("clerk"), law="Toy Act art. 1", writes=tables, since=2)(
        put_since_2
    )
    registry = Registry((membership.service, shelf.shelf))
    setattr(chain_module, "load_registry", lambda: registry)  # noqa: B010 - not exported


def vote_blindly(folder: Path) -> None:
    """Vote on, whatever this validator is seen to have signed elsewhere."""

    def heard(self: VotingGuard, height: int, votes: list[Message]) -> None:
        """Hear nothing."""

    VotingGuard.heard = heard


MANNERS: Final[dict[str, Callable[[Path], None]]] = {
    "decide otherwise": decide_otherwise,
    "next release": take_next_release,
    "propose invalid": propose_invalid,
    "propose forged": propose_forged,
    "propose oversized": propose_oversized,
    "propose twice": propose_twice,
    "clock ahead": _skew(SKEW_MS),
    "clock behind": _skew(-SKEW_MS),
    "disk full": fill,
    "vote blindly": vote_blindly,
    "dies when accepted": _die(decided=False),
    "dies when decided": _die(decided=True),
}
