"""A small ledger on disk with the toy service `shelf`: founded, signed for, submitted to."""

import random
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import pytest
import shelf
from shelf import THINGS, TOTALS, Carry, Change, Drop, Lend, Put, Stumble

from tongjian.core import values
from tongjian.core.envelope import Incoming, compose, seal_envelope, signed_message
from tongjian.core.operation import Act, AnyTable
from tongjian.engines import chain as chain_module
from tongjian.engines.chain import LOG_NAME, Chain
from tongjian.engines.receipts import Receipts
from tongjian.engines.solo import Outcome, SoloEngine
from tongjian.node import founding
from tongjian.node.founding import Plan, PlanOffice, PlanOfficer
from tongjian.node.home import SEAL_KEY_NAME, Home
from tongjian.node.keys import KeyPair, SealKeys
from tongjian.storage.blocklog import BlockLog, Frame
from tongjian.storage.errors import LogDamaged
from tongjian.verifier.anchors import Anchors

OFFICES: Final = ("11990100001400110R", "119901000014002175")
CLERKS: Final = ("clerk-0", "clerk-1")
START_MS: Final = 1_795_060_800_000
"""2026-11-19 12:00 in Shanghai."""
EXPIRY: Final = 900_000
ANSWER_S: Final = 60
"""How long a test waits for an answer that always comes."""


def use_shelf(replace: Callable[[Any, str, Any], None] = setattr) -> None:
    """Let this process run the toy service instead of those of the release."""
    replace(chain_module, "load_registry", lambda: shelf.REGISTRY)
    replace(founding, "load_registry", lambda: shelf.REGISTRY)
    replace(founding, "load_parameters", lambda service: ())


def put(thing: str, amount: int) -> Put:
    return Put(thing=values.name(thing), amount=values.fen(amount))


def change(thing: str, amount: int) -> Change:
    return Change(thing=values.name(thing), amount=values.fen(amount))


def drop(thing: str) -> Drop:
    return Drop(thing=values.name(thing))


def lend(thing: str, until_ms: int) -> Lend:
    return Lend(thing=values.name(thing), until_ms=values.time_ms(until_ms))


def carry(size: int) -> Carry:
    return Carry(load=bytes(size))


def stumble(how: str) -> Stumble:
    return Stumble(how=how)


class Small:
    """A founded ledger and the keys of two clerks in two offices."""

    def __init__(self, folder: Path) -> None:
        """Open the ledger in a folder."""
        self.folder = folder
        self.home = Home(folder)
        self.genesis = self.home.genesis()
        self.anchors: Anchors = self.home.anchors()
        self.chain_id = self.anchors.chain_id
        self.seal_key = SealKeys(self.home.key(SEAL_KEY_NAME))
        self.keys: list[KeyPair] = [self.home.key(clerk) for clerk in CLERKS]
        self.now_ms = START_MS
        self._nonce = 0

    # -- transactions -------------------------------------------------------------------------

    def body(
        self, *acts: Act, by: Sequence[int] = (0,), nonce: int | None = None, **other: Any
    ) -> bytes:
        """Compose a transaction; its nonce is counted unless it is given."""
        if nonce is None:
            self._nonce += 1
            nonce = self._nonce
        fields = {"chain": self.chain_id, "expiry": EXPIRY, **other}
        signers = tuple(self.keys[clerk].id for clerk in by)
        return compose(nonce=nonce.to_bytes(16, "big"), signers=signers, acts=acts, **fields)

    def sign(self, body: bytes, *, by: Sequence[int] = (0,)) -> bytes:
        """Return the envelope with the signatures of the clerks."""
        message = signed_message(self.chain_id, body)
        return seal_envelope(body, tuple(self.keys[clerk].sign(message) for clerk in by))

    def envelope(self, *acts: Act, by: Sequence[int] = (0,), **other: Any) -> bytes:
        """Compose and sign a transaction."""
        return self.sign(self.body(*acts, by=by, **other), by=by)

    def identity(self, envelope: bytes, chain: Chain) -> bytes:
        """Return the id of a transaction."""
        return chain.opener.open(envelope).id

    # -- running ------------------------------------------------------------------------------

    def open(self, *, writable: bool = True) -> Chain:
        """Open the chain; the test closes it."""
        return Chain(self.folder, self.genesis, writable=writable)

    @contextmanager
    def opened(self, *, writable: bool = True) -> Iterator[Chain]:
        """Open the chain for a block of statements."""
        chain = self.open(writable=writable)
        try:
            yield chain
        finally:
            chain.close()

    @contextmanager
    def engine(self, *, workers: int = 0, maker: Any = None) -> Iterator[SoloEngine]:
        """Run the engine by the test's clock, `now_ms`."""
        with self.opened() as chain:
            engine = SoloEngine(chain, maker or self.seal_key, lambda: self.now_ms, workers=workers)
            try:
                yield engine
            finally:
                engine.close()

    def apply(self, chain: Chain, *envelopes: bytes) -> int:
        """Make the next block without an engine; return its height."""
        last_ms = chain.tip.time_ms if chain.tip else START_MS
        self.now_ms = max(self.now_ms, last_ms) + 1000
        incoming: list[Incoming] = [chain.opener.open(envelope) for envelope in envelopes]
        return chain.apply(self.now_ms, incoming, self.seal_key)[0]

    def grow(self, chain: Chain, blocks: int, *, seed: int = 0, acts: int = 4) -> "History":
        """Make blocks of random puts, changes and removals; return what stood at each height."""
        chance = random.Random(f"{seed}/{chain.height}")
        history = History(chain)
        for _ in range(blocks):
            self.apply(chain, *history.invent(self, chance, acts))
            history.note()
        return history


class History:
    """What stood on the shelf at each height, kept by the test itself."""

    def __init__(self, chain: Chain) -> None:
        """Begin with what the chain has now."""
        self.chain = chain
        self.things = things_of(chain)
        self.at: dict[int, dict[str, int]] = {chain.height: dict(self.things)}
        self.envelopes: list[bytes] = []

    def invent(self, small: Small, chance: random.Random, acts: int) -> list[bytes]:
        """Return envelopes of one act each that will all be accepted."""
        made: list[bytes] = []
        for _ in range(acts):
            thing = f"thing_{chance.randrange(40):02d}"
            if thing not in self.things:
                act: Act = put(thing, chance.randrange(10**6))
            elif chance.random() < 0.4:
                act = drop(thing)
            else:
                act = change(thing, chance.randrange(10**6))
            self._follow(act)
            made.append(small.envelope(act, by=(chance.randrange(2),)))
        self.envelopes.extend(made)
        return made

    def _follow(self, act: Act) -> None:
        if isinstance(act, Put | Change):
            self.things[act.thing] = act.amount
        elif isinstance(act, Drop):
            del self.things[act.thing]

    def note(self) -> None:
        """Remember the height that the chain has reached."""
        self.at[self.chain.height] = dict(self.things)


def things_of(chain: Chain) -> dict[str, int]:
    """Return all things by name, as the store has them now."""
    return {
        THINGS.split(key)[0]: THINGS.codec.decode(row).amount for key, row in scan(chain, THINGS)
    }


def totals_of(chain: Chain) -> dict[str, tuple[int, int]]:
    """Return count and sum of all things ever put there, by office."""
    rows = ((key, TOTALS.codec.decode(row)) for key, row in scan(chain, TOTALS))
    return {TOTALS.split(key)[0]: (row.count, row.amount) for key, row in rows}


def scan(chain: Chain, table: AnyTable) -> list[tuple[bytes, bytes]]:
    """Return all rows of a table."""
    with chain.lock:
        return chain.store.scan(table.prefix, table.prefix[:-1] + b"\x01", 10**9)


def log_of(small: Small) -> Path:
    """Return the path of the block log."""
    return small.folder / LOG_NAME


def frames_of(small: Small) -> list[Frame]:
    """Return the blocks as they stand in the block log."""
    with BlockLog(log_of(small), small.chain_id, writable=False) as log:
        return list(log.frames())


def damaged(small: Small, *, writable: bool = True) -> str:
    """Open a ledger whose log is damaged; return what is said. No byte on disk may change."""
    before = {
        path.name: path.read_bytes() for path in small.folder.iterdir() if path.suffix == ".log"
    }
    with pytest.raises(LogDamaged) as caught:
        small.open(writable=writable)
    after = {
        path.name: path.read_bytes() for path in small.folder.iterdir() if path.suffix == ".log"
    }
    assert after == before
    return str(caught.value)


def answers(engine: SoloEngine, *envelopes: bytes) -> list[Outcome]:
    """Submit envelopes together and wait for their outcomes."""
    return engine.submit(envelopes).result(timeout=ANSWER_S)


def receipts(chain: Chain) -> Receipts:
    """Return the maker of receipts of a chain."""
    return Receipts(chain)


def found_small(folder: Path, *, hash_name: str = "sha256", suite: str = "ed25519") -> None:
    """Found the ledger of the tests in a folder."""
    plan = Plan(
        label="small",
        hash=hash_name,
        suite=suite,
        office=[
            PlanOffice(
                uscc=uscc, label=f"office-{n}", name=f"第{n}处", region="990100", kind="bureau"
            )
            for n, uscc in enumerate(OFFICES)
        ],
        officer=[
            PlanOfficer(holder=clerk, office=uscc, roles=["clerk"])
            for clerk, uscc in zip(CLERKS, OFFICES, strict=True)
        ],
    )
    founding.found(plan, folder, time_ms=START_MS)


@pytest.fixture(scope="session")
def founded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Found one ledger for all tests of a process; each works on its copy."""
    folder = tmp_path_factory.mktemp("founded") / "ledger"
    with pytest.MonkeyPatch.context() as patch:
        use_shelf(patch.setattr)
        found_small(folder)
    return folder


@pytest.fixture
def small(tmp_path: Path, founded: Path, monkeypatch: pytest.MonkeyPatch) -> Small:
    """Give a fresh small ledger in the test's own folder."""
    use_shelf(monkeypatch.setattr)
    return Small(copy_of(founded, tmp_path / "ledger"))


@pytest.fixture
def three(small: Small) -> Small:
    """Give a ledger of three blocks beyond genesis, the last with a deadline."""
    with small.opened() as chain:
        small.apply(chain, small.envelope(put("alpha", 1)))
        small.apply(chain, small.envelope(lend("book", START_MS + 2500)))
        small.apply(chain, small.envelope(put("beta", 2)), small.envelope(drop("alpha")))
    return small


def copy_of(folder: Path, target: Path) -> Path:
    """Copy a ledger that nobody has open."""
    shutil.copytree(folder, target)
    return target
