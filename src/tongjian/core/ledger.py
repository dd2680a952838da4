"""What a handler sees of the ledger: declared rows, the signers, block time, dated parameters.

Reads of undeclared tables and writes to them stop the node: the declaration is what the matrix,
the proofs and the reviewers rely on. Writes are staged for the transaction, then for the block, so
that a refused act changes nothing.
"""

from bisect import bisect_left
from collections.abc import Iterable
from functools import cache
from typing import Any, Final, TypeVar, TypeVarTuple

from tongjian.core import limits, values
from tongjian.core.actors import Actor
from tongjian.core.calendar import days_from_civil, legal_date
from tongjian.core.directory import TIMERS, Directory, Kernel, Reader, Timer
from tongjian.core.encoding import Codec, Malformed, Record, encode, replace
from tongjian.core.hashing import Hash
from tongjian.core.operation import (
    Act,
    AnyTable,
    InvariantBroken,
    Operation,
    Query,
    RefusalCode,
    Refused,
    Row,
    Table,
)
from tongjian.core.persons import MANDATES, Mandate
from tongjian.core.seal import opened
from tongjian.core.signatures import compute_possession_message, holds
from tongjian.core.standing import USAGES, Usage

RowT = TypeVar("RowT", bound=Row)
KeyParts = TypeVarTuple("KeyParts")

Staged = tuple[Any, bytes]
"""A row with its bytes; a removed row is `_REMOVED`."""
_REMOVED: Staged = (None, b"")
_UNUSED: Final = Usage(day=0, acts=values.count(0), amount_fen=values.fen(0))


class Ledger:
    """The view of one block in the making; `begin` and `commit` frame each transaction."""

    __slots__ = (
        "_directory",
        "_followers",
        "_operation",
        "_order",
        "_ordinal",
        "_parameters",
        "_reader",
        "_staged",
        "_unordered",
        "block",
        "chain",
        "digest",
        "event_bytes",
        "height",
        "signers",
        "time_ms",
        "transaction",
    )

    def __init__(
        self,
        reader: Reader,
        directory: Directory,
        digest: Hash,
        height: int,
        time_ms: int,
        chain: bytes = b"",
    ) -> None:
        """Open the view for a block at a height and a time in ms; `digest` is the chain's hash.

        `chain` is its id, which only proofs of possession need: no question asks for one.
        """
        self.chain = chain
        self._reader = reader
        self._directory = directory
        self.digest = digest
        self.height = height
        self.time_ms = time_ms
        self.block: dict[bytes, Staged] = {}
        self._staged: dict[bytes, Staged] = {}
        self._order: list[bytes] = []
        """The keys of the block in order, as far as a range was asked for."""
        self._unordered: list[Iterable[bytes]] = []
        """Keys of the block that have come since, some of them again."""
        self._operation: Operation | Query | None = None
        self._followers: list[Act] = []
        self._ordinal = 0
        self._parameters: dict[tuple[str, str], tuple[int, ...]] = {}
        """Those asked for in this block: block time, and so their values, stand still in it."""
        self.signers: tuple[Actor, ...] = ()
        self.transaction = b""
        self.event_bytes = 0
        """Bytes of the events of this block so far."""

    # -- framing, for the machine -------------------------------------------------------------

    def begin(self, transaction: bytes) -> None:
        """Start a transaction with nothing staged."""
        self._staged = {}
        self._followers = []
        self.transaction = transaction

    def enter(self, operation: Operation | Query, signers: tuple[Actor, ...]) -> None:
        """Let one operation, or a question, use what it declares, on behalf of its signers."""
        self._operation = operation
        self.signers = signers

    def commit(self, events: list[bytes]) -> None:
        """Make what the transaction staged, and its events, part of the block.

        A block has room for `limits.BLOCK_EVENT_BYTES_MAX`; past that, refuses with OUT_OF_BOUNDS.
        """
        size = sum(map(len, events)) + len(events) * limits.EVENT_HEAD_BYTES
        if self.event_bytes + size > limits.BLOCK_EVENT_BYTES_MAX:
            raise Refused(Kernel.OUT_OF_BOUNDS, "This block has no room for more events.")
        self.event_bytes += size
        self.block.update(self._staged)
        self._unordered.append(self._staged)

    # -- for handlers -------------------------------------------------------------------------

    @property
    def signer(self) -> Actor:
        """The first signer that the permission asked for: the maker 经办."""
        return self.signers[0]

    def get(self, table: Table[RowT, *KeyParts], *key: *KeyParts) -> RowT | None:
        """Return a row, or none."""
        operation = self._operation
        if operation is None or table not in operation.reads:
            raise InvariantBroken(self._undeclared("reads", table))
        encoded = table.key_of(key)
        # The three places of `_find`, written out: this is the most travelled path of the kernel.
        staged = self._staged.get(encoded) or self.block.get(encoded)
        found: RowT | None = staged[0] if staged else self._reader.row(table, encoded)
        return found

    def one(
        self,
        table: Table[RowT, *KeyParts],
        *key: *KeyParts,
        missing: RefusalCode,
    ) -> RowT:
        """Return a row or refuse the act with the code."""
        row = self.get(table, *key)
        if row is None:
            raise Refused(missing)
        return row

    def put(self, table: Table[RowT, *KeyParts], *key: *KeyParts, row: RowT) -> None:
        """Write a row; one outside its bounds refuses the act with OUT_OF_BOUNDS."""
        operation = self._operation
        if operation is None or table not in operation.writes:
            raise InvariantBroken(self._undeclared("writes", table))
        self._staged[table.key_of(key)] = check_bounds(table.codec, row)

    def remove(self, table: Table[RowT, *KeyParts], *key: *KeyParts) -> None:
        """Take a row out of the current state; its history stays provable."""
        operation = self._operation
        if operation is None or table not in operation.writes:
            raise InvariantBroken(self._undeclared("writes", table))
        self._staged[table.key_of(key)] = _REMOVED

    def range(
        self, table: Table[RowT, *KeyParts], *parents: Any, limit: int
    ) -> list[tuple[tuple[Any, ...], RowT]]:
        """Return rows below the parents in key order, at most `limit`, with their key parts."""
        operation = self._operation
        if operation is None or table not in operation.reads:
            raise InvariantBroken(self._undeclared("reads", table))
        rows: list[tuple[tuple[Any, ...], RowT]] = []
        for key, row in self._range(table, *table.bounds(*parents), limit):
            rows.append((table.split(key), row))
        return rows

    def parameter(self, name: str) -> int:
        """Return the single value of this service's parameter in force at block time."""
        return self.parameters(name)[0]

    def parameters(self, name: str) -> tuple[int, ...]:
        """Return all values of this service's parameter in force at block time."""
        operation = self._operation
        service = "" if operation is None else operation.service
        found = self._parameters.get((service, name))
        if found is None:
            found = self._directory.parameter(service, name, self.time_ms)
            self._parameters[service, name] = found
        return found

    def schedule(self, due_ms: int, act: Act) -> None:
        """Have the ledger itself perform an act in the first block at or after a time.

        An act outside its bounds refuses this one with OUT_OF_BOUNDS.
        """
        key = TIMERS.key(due_ms, self.height, self._ordinal)
        self._ordinal += 1
        encoded = check_bounds(_codec_of(type(act)), act)[1]
        self._put(TIMERS, key, Timer(act=encoded))

    def follow(self, act: Act) -> None:
        """Have the ledger itself perform an act at once, after this one, in this transaction.

        The act is a consequence: its refusal refuses the transaction, and nobody has signed it, so
        its permission must hold for the ledger itself. Refuses with OUT_OF_BOUNDS an act outside
        its bounds, or one more than `limits.FOLLOWERS_MAX` of one handler.
        """
        operation = self._operation
        if not isinstance(operation, Operation) or type(act) not in operation.follows:
            name = type(act).__name__
            msg = f"{operation.tag if operation else 'nobody'} follows by {name} undeclared"
            raise InvariantBroken(msg)
        if len(self._followers) == limits.FOLLOWERS_MAX:
            raise Refused(Kernel.OUT_OF_BOUNDS, f"At most {limits.FOLLOWERS_MAX} consequences.")
        check_bounds(_codec_of(type(act)), act)
        self._followers.append(act)

    def possesses(self, holder: bytes, suite: int, public: bytes, proof: bytes) -> bool:
        """Say whether a new key itself signed that it is to be enrolled here for a holder.

        The kernel verifies on behalf of the handler, whom no library may serve.
        """
        message = compute_possession_message(self.chain, holder, suite, public)
        with opened():
            return holds(suite, public, message, proof)

    # -- within the kernel --------------------------------------------------------------------

    def read(self, table: AnyTable, *key: Any) -> Any:
        """Return a row without a declaration; for permissions and the kernel."""
        return self._find(table, table.key_of(key))

    def charge(self, actor: Actor, roles: tuple[str, ...], amount_fen: int) -> None:
        """Count an act against the limits of a signer, or refuse with LIMIT_REACHED.

        Acts of one legal day add up, in one transaction as in many: a batch splits no limit.
        """
        day = days_from_civil(legal_date(self.time_ms))
        for limit in actor.limits:
            if limit.role not in roles or not actor.holds(limit.role, self.time_ms):
                continue
            key = USAGES.key(actor.officer, limit.role)
            usage: Usage | None = self._find(USAGES, key)
            before = usage if usage is not None and usage.day == day else _UNUSED
            acts, amount = before.acts + 1, before.amount_fen + amount_fen
            if limit.acts is not None and acts > limit.acts:
                raise Refused(Kernel.LIMIT_REACHED, f"{limit.acts} acts a day as {limit.role}.")
            if limit.amount_fen is not None and amount > limit.amount_fen:
                detail = f"{limit.amount_fen} fen a day as {limit.role}."
                raise Refused(Kernel.LIMIT_REACHED, detail)
            row = Usage(day=day, acts=values.count(acts), amount_fen=values.fen(amount))
            self._put(USAGES, key, row)

    def use_mandate(self, agent: Actor, amount_fen: int) -> None:
        """Count an act against the mandate of an agent, or refuse with MANDATE_EXHAUSTED."""
        key = MANDATES.key(agent.acting_for, agent.person)
        mandate: Mandate = self._find(MANDATES, key)
        uses, used_fen = mandate.uses + 1, mandate.used_fen + amount_fen
        if mandate.uses_max is not None and uses > mandate.uses_max:
            raise Refused(Kernel.MANDATE_EXHAUSTED, f"{mandate.uses_max} uses.")
        if mandate.limit_fen is not None and used_fen > mandate.limit_fen:
            raise Refused(Kernel.MANDATE_EXHAUSTED, f"{mandate.limit_fen} fen in all.")
        row = replace(mandate, uses=values.count(uses), used_fen=values.fen(used_fen))
        self._put(MANDATES, key, row)

    def due_timers(self) -> list[tuple[bytes, Timer]]:
        """Return the timers whose moment has come, oldest first, at most a block's share."""
        high = TIMERS.key_of((self.time_ms + 1,))
        return self._range(TIMERS, TIMERS.prefix, high, limits.TIMERS_PER_BLOCK_MAX)

    def take_followers(self) -> list[Act]:
        """Return the acts that the handler just run has asked for, and forget them."""
        followers = self._followers
        if followers:
            self._followers = []
        return followers

    def drop_timer(self, key: bytes) -> None:
        """Take out a timer that has been run."""
        self.block[key] = _REMOVED
        self._unordered.append((key,))

    def writes(self) -> dict[bytes, bytes | None]:
        """Return what the block changes: row bytes by key, none for a removed row."""
        return {
            key: (None if staged is _REMOVED else staged[1]) for key, staged in self.block.items()
        }

    def _find(self, table: AnyTable, key: bytes) -> Any:
        staged = self._staged.get(key)
        if staged is None:
            staged = self.block.get(key)
            if staged is None:
                return self._reader.row(table, key)
        return staged[0]

    def _put(self, table: AnyTable, key: bytes, row: Row) -> None:
        self._staged[key] = check_bounds(table.codec, row)

    def _changed(self, low: bytes, high: bytes) -> dict[bytes, Staged]:
        """Return what block and transaction have changed between two keys.

        The keys of the block are kept in order, so that a range costs what lies in it, however
        full the block is.
        """
        order = self._order
        for keys in self._unordered:
            for key in keys:
                place = bisect_left(order, key)
                if place == len(order) or order[place] != key:
                    order.insert(place, key)
        self._unordered = []
        inside = order[bisect_left(order, low) : bisect_left(order, high)]
        changed = {key: self.block[key] for key in inside}
        changed.update((key, row) for key, row in self._staged.items() if low <= key < high)
        return changed

    def _range(
        self, table: AnyTable, low: bytes, high: bytes, limit: int
    ) -> list[tuple[bytes, Any]]:
        changed = self._changed(low, high)
        inside = sorted(changed)
        removed = sum(1 for key in inside if changed[key] is _REMOVED)
        merged: dict[bytes, Any] = {
            key: table.codec.decode_trusted(value)
            for key, value in self._reader.scan(low, high, limit + removed)
        }
        for key in inside:
            if changed[key] is _REMOVED:
                merged.pop(key, None)
            else:
                merged[key] = changed[key][0]
        return [(key, merged[key]) for key in sorted(merged)][:limit]

    def _undeclared(self, verb: str, table: AnyTable) -> str:
        tag = "a handler outside any operation" if self._operation is None else self._operation.tag
        return f"{tag} {verb} {table.name} without declaring it"


def check_bounds(codec: Codec, record: Record) -> tuple[Any, bytes]:
    """Return a record as a reader will decode it, with its bytes, or refuse with OUT_OF_BOUNDS.

    A constructor checks nothing; only decoding does. What is kept is what was decoded, so that a
    handler sees the same in this block as after it.
    """
    try:
        encoded = encode(record)
        return codec.decode_trusted(encoded), encoded
    except (Malformed, OverflowError) as error:
        what = f"{type(record).__name__}: {error}"
        raise Refused(Kernel.OUT_OF_BOUNDS, what) from error


@cache
def _codec_of(act: type[Act]) -> Codec:
    return Codec(act, limits.ROW_BYTES_MAX)
