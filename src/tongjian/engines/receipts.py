"""Makes receipts from a chain: statements, their proofs, the header they follow from, its seal."""

from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

from tongjian.core import limits, values
from tongjian.core.block import Header, compute_seal_protected
from tongjian.core.encoding import encode
from tongjian.core.envelope import body_of
from tongjian.core.signatures import KeySuite, compute_key_id
from tongjian.engines.chain import Chain
from tongjian.engines.trust import anchors_of
from tongjian.storage.errors import StoreDamaged
from tongjian.verifier.anchors import Anchors
from tongjian.verifier.checker import check_statements
from tongjian.verifier.receipt import (
    RECEIPT_BYTES_MAX,
    AbsenceStatement,
    ConsistencyStatement,
    RangeStatement,
    RowStatement,
    Statement,
    Statements,
    TransactionStatement,
    VerificationFailed,
    make_receipt,
    verify_head,
    verify_receipt,
)

HEADS_MAX: Final = 16
_LOWEST: Final = b"\x00"


class NotRecorded(Exception):
    """The ledger has nothing of that name at that height."""


class NoKey(ValueError):
    """Bytes that can be no key of a row: nothing is stated about them; the text says why."""


def _expect_key(key: bytes) -> None:
    # The store keeps its first entry, whose key is empty, under a single zero byte.
    if not key > _LOWEST or len(key) > limits.KEY_BYTES_MAX:
        msg = (
            f"no row can have the key {key[:32].hex() or 'of no bytes'}: it is the name of a table "
            f"and what follows, 1 to {limits.KEY_BYTES_MAX} bytes"
        )
        raise NoKey(msg)


class Receipts:
    """Answers with receipts from a chain."""

    def __init__(self, chain: Chain) -> None:
        """Read from a chain."""
        self._chain = chain
        self._heads = Heads(chain)

    def draft(self, height: int | None = None) -> "Draft":
        """Begin a receipt for a height, by default the tip."""
        at = self._chain.height if height is None else height
        return Draft(self._chain, at, self._heads)

    def of_row(self, key: bytes, height: int | None = None) -> bytes:
        """Return the receipt of one row, or of its absence; by default at the tip."""
        with self._chain.lock:
            draft = self.draft(height)
            draft.row(key)
            return draft.finish()

    def of_range(self, low: bytes, high: bytes, height: int | None = None) -> bytes:
        """Return the receipt of all rows with low <= key < high; by default at the tip."""
        with self._chain.lock:
            draft = self.draft(height)
            draft.range(low, high)
            return draft.finish()

    def of_transaction(self, identity: bytes, height: int | None = None) -> bytes:
        """Return the receipt of a transaction and its outcome; by default in the newest log.

        Raises `NotRecorded` where it is not on the ledger.
        """
        with self._chain.lock:
            draft = self.draft(height)
            draft.transaction(identity)
            return draft.finish()


@dataclass(frozen=True)
class Head:
    """A header whose seal holds, ready to be the head of receipts."""

    header: Header
    sealed: tuple[bytes, bytes, bytes]
    """Protected header, header, seal."""
    anchors: Anchors


class Heads:
    """The newest heads that receipts were made of: a seal is checked once a height."""

    def __init__(self, chain: Chain) -> None:
        """Read from a chain."""
        self._chain = chain
        self._known: OrderedDict[int, Head] = OrderedDict()

    def at(self, height: int) -> Head:
        """Return the head of a height; raises `StoreDamaged` where its seal does not hold."""
        head = self._known.get(height)
        if head is None:
            head = self._known[height] = self._read(height)
            if len(self._known) > HEADS_MAX:
                self._known.popitem(last=False)
        self._known.move_to_end(height)
        return head

    def _read(self, height: int) -> Head:
        chain = self._chain
        stored, anchors = chain.sealed(height), anchors_of(chain)
        key = chain.sealing_key(height)
        kid = compute_key_id(chain.digest, KeySuite(key.suite), key.public)
        protected = compute_seal_protected(key.suite, kid)
        sealed = protected, stored.header, chain.seal_shown(height)
        try:
            header, _ = verify_head(sealed, anchors)
        except VerificationFailed as failed:
            raise _unproven(height, failed) from failed
        return Head(header, sealed, anchors)


def _unproven(height: int, failed: VerificationFailed) -> StoreDamaged:
    return StoreDamaged(f"the state of height {height} does not prove what it says: {failed}")


class Draft:
    """A receipt in the making: statements about one height that share their proof.

    Beside a running engine hold the chain's `lock` from the first statement to the last.
    """

    def __init__(self, chain: Chain, height: int, heads: "Heads | None" = None) -> None:
        """Speak of a height of a chain, whose heads may have been looked at before."""
        self._chain = chain
        self._heads = Heads(chain) if heads is None else heads
        self.height = height
        self._numbers: dict[int, bool] = {}
        self._statements: list[Callable[[dict[int, int]], Statement]] = []

    def row(self, key: bytes) -> bool:
        """State the row of a key, or that there is none; return whether it stands.

        Raises `NoKey` for bytes that can be no key.
        """
        _expect_key(key)
        prover = self._chain.prover
        found = prover.entry_at(key, self.height)
        if found is None:
            before = prover.before_at(key, self.height)
            self._numbers[before] = True
            self._statements.append(lambda at: AbsenceStatement(key=key, entry=at[before]))
            return False
        value = self._chain.store.entry(found).value
        self._numbers[found] = True
        self._statements.append(lambda at: RowStatement(entry=at[found], value=value))
        return True

    def range(self, low: bytes, high: bytes) -> None:
        """State all rows with low <= key < high; raises `NoKey` for bounds that can be none."""
        _expect_key(low)
        _expect_key(high)
        if high < low:
            msg = f"the range ends at {high.hex()}, before it begins at {low.hex()}"
            raise NoKey(msg)
        numbers = self._chain.prover.range_numbers(low, high, self.height)
        rows = tuple(self._chain.store.entry(number).value for number in numbers[1:])
        self._numbers.update(dict.fromkeys(numbers, True))
        self._statements.append(
            lambda at: RangeStatement(
                low=low, high=high, entries=tuple(at[number] for number in numbers), values=rows
            )
        )

    def transaction(self, identity: bytes) -> None:
        """State a transaction with its outcome; raises `NotRecorded`."""
        statement = self._transaction(identity)
        self._statements.append(lambda _: statement)

    def consistency(self, height: int) -> None:
        """State that the log begins with that of an earlier height; raises `NotRecorded`."""
        chain = self._chain
        first, second = chain.log_size(height), chain.log_size(self.height)
        if not 0 < first <= second:
            msg = f"no proof leads from the log of height {height} to that of {self.height}"
            raise NotRecorded(msg)
        path = chain.prover.consistency(first, second) if first < second else []
        statement = ConsistencyStatement(
            size=values.count(first),
            root=chain.header(height).log_root,
            path=tuple(values.digest(node) for node in path),
        )
        self._statements.append(lambda _: statement)

    def add(self, numbers: Iterable[int], make: Callable[[dict[int, int]], Statement]) -> None:
        """State something that rests on entries of this height.

        `make` is given the position of each entry number in the shared proof.
        """
        self._numbers.update(dict.fromkeys(numbers, True))
        self._statements.append(make)

    def finish(self, cosigned: bytes | None = None) -> bytes:
        """Return the receipt, verified as a stranger would.

        `cosigned` is the checkpoint of this height with signatures of witnesses, or none.

        Raises `StoreDamaged` where it does not hold: what is stored is then not what was sealed.
        """
        chain = self._chain
        numbers = sorted(self._numbers)
        at = {number: index for index, number in enumerate(numbers)}
        state = chain.prover.state_proof(numbers, self.height) if numbers else None
        stated = tuple(make(at) for make in self._statements)
        body = encode(Statements(state=state, statements=stated))
        head = self._heads.at(self.height)
        receipt = make_receipt(chain.digest, head.sealed, body, cosigned)
        try:
            if len(receipt) > RECEIPT_BYTES_MAX or cosigned is not None:
                verify_receipt(receipt, head.anchors)
            else:
                check_statements(body, head.header, head.anchors)
        except VerificationFailed as failed:
            raise _unproven(self.height, failed) from failed
        return receipt

    def _transaction(self, identity: bytes) -> TransactionStatement:
        height = self.height
        chain = self._chain
        found = chain.result(identity)
        if found is None or found[0] > height:
            msg = f"transaction {identity.hex()} is not on the ledger up to height {height}"
            raise NotRecorded(msg)
        at, position, result = found
        first = chain.log_size(at - 1)
        body = b""
        block = chain.body(at)
        timers = len(block.timers)
        if position >= timers:
            body = body_of(block.envelopes[position - timers])
        path = chain.prover.log_path(first + position, chain.log_size(height))
        return TransactionStatement(
            body=body,
            transaction=result.transaction,
            outcome=result.outcome,
            events=result.events,
            index=values.count(first + position),
            path=tuple(values.digest(node) for node in path),
        )
