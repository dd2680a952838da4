"""A decision bundle lets a stranger decide again, and shows where the record differs."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import shelf
from forger import flip
from shelf import THINGS, TOTALS, Thing
from small import START_MS, Small, change, drop, lend, put

from tongjian.core import values
from tongjian.core.directory import KEYS, SERVICES
from tongjian.core.encoding import encode, replace
from tongjian.core.operation import Act, refuse
from tongjian.engines.audit import bundles
from tongjian.engines.audit.bundles import CannotBundle, make_bundle
from tongjian.engines.chain import Chain
from tongjian.engines.receipts import NotRecorded, Receipts
from tongjian.verifier import receipt as receipt_module
from tongjian.verifier import rerun as rerun_module
from tongjian.verifier.checker import STATEMENTS
from tongjian.verifier.receipt import (
    STATEMENTS_LABEL,
    DecisionStatement,
    RowStatement,
    Statement,
    Statements,
    TransactionStatement,
    VerificationFailed,
    verify_receipt,
)
from tongjian.verifier.rerun import CannotDecide, DecidedOtherwise, Otherwise, Redecided, rerun


def decided(small: Small, bundle: bytes) -> Redecided:
    verified = verify_receipt(bundle, small.anchors)
    (done,) = rerun(verified, small.anchors, shelf.REGISTRY)
    return done


def otherwise(small: Small, bundle: bytes) -> tuple[Otherwise, ...]:
    with pytest.raises(DecidedOtherwise) as caught:
        decided(small, bundle)
    return caught.value.differences


def statement_of(small: Small, bundle: bytes) -> DecisionStatement:
    verified = verify_receipt(bundle, small.anchors)
    (found,) = (one for one in verified.statements if isinstance(one, DecisionStatement))
    return found


class Block:
    """A block of several transactions, and their bundles."""

    def __init__(self, small: Small, chain: Chain, *acts: tuple[Act, ...]) -> None:
        self.small = small
        self.chain = chain
        envelopes = [small.envelope(*each) for each in acts]
        self.height = small.apply(chain, *envelopes)
        self.ids = [small.identity(one, chain) for one in envelopes]

    def bundle(self, number: int) -> bytes:
        return make_bundle(self.chain, self.ids[number])


@pytest.fixture
def chain(small: Small) -> Iterator[Chain]:
    with small.opened() as chain:
        small.apply(chain, small.envelope(put("alpha", 1)))
        yield chain


@pytest.fixture
def busy(small: Small, chain: Chain) -> Block:
    """A block whose transactions read and write what others of it wrote."""
    return Block(
        small,
        chain,
        (put("beta", 2),),
        (change("beta", 3), put("gamma", 5)),
        (change("beta", 4),),
        (change("nothing", 4),),
        (drop("alpha"),),
    )


# --------------------------------------------------------------------------------- decided the same


def test_every_transaction_of_a_block_is_decided_the_same_offline(
    small: Small, busy: Block
) -> None:
    for number in range(5):
        done = decided(small, busy.bundle(number))
        recorded = busy.chain.result(busy.ids[number])
        assert recorded is not None
        assert (done.outcome, done.events) == (recorded[2].outcome, recorded[2].events)
        assert (done.transaction, done.height) == (busy.ids[number], busy.height)


def test_a_bundle_says_what_was_written_as_it_stands_after_the_block(
    small: Small, busy: Block
) -> None:
    rows = dict(decided(small, busy.bundle(1)).rows)
    assert rows[THINGS.key("beta")] == encode(Thing(amount=values.fen(4)))
    assert rows[THINGS.key("gamma")] == encode(Thing(amount=values.fen(5)))
    assert dict(decided(small, busy.bundle(4)).rows) == {THINGS.key("alpha"): None}
    assert decided(small, busy.bundle(3)).rows == ()


def test_only_as_many_transactions_are_decided_as_are_needed(small: Small, busy: Block) -> None:
    assert statement_of(small, busy.bundle(2)).until == 3
    assert statement_of(small, busy.bundle(0)).until == 5
    assert decided(small, busy.bundle(3)).transactions == 4


def test_a_bundle_shows_exactly_what_was_read(small: Small, chain: Chain) -> None:
    block = Block(small, chain, (change("alpha", 7),))
    shown = statement_of(small, block.bundle(0))
    keys = {
        bytes(entry.key)
        for entry, value in zip(shown.before.entries, shown.values, strict=True)
        if value is not None
    }
    tables = sorted(key.partition(b"\x00")[0].decode() for key in keys)
    assert tables == [
        "membership.keys",
        "membership.officers",
        "membership.offices",
        "membership.services",
        "shelf.things",
    ]
    assert THINGS.key("alpha") in keys
    assert SERVICES.key("shelf") in keys
    assert KEYS.key(small.keys[0].id) in keys


def test_a_deadline_is_decided_again_too(small: Small, chain: Chain) -> None:
    small.apply(chain, small.envelope(lend("book", small.now_ms + 1500)))
    small.apply(chain, small.envelope(put("delta", 1)))
    small.apply(chain, small.envelope(put("epsilon", 1)))
    (height,) = (h for h in range(chain.height + 1) if chain.body(h).timers)
    (identity,) = chain.body(height).timers
    done = decided(small, make_bundle(chain, identity))
    assert done.outcome == ""
    assert (THINGS.key("book"), None) in done.rows


def test_random_histories_are_decided_the_same(small: Small, chain: Chain) -> None:
    history = small.grow(chain, 6, acts=12)
    for envelope in history.envelopes[::3]:
        identity = small.identity(envelope, chain)
        assert decided(small, make_bundle(chain, identity)).transaction == identity


def test_the_code_that_decided_is_named_by_its_digest(small: Small, busy: Block) -> None:
    kernel, toy = decided(small, busy.bundle(0)).code
    assert (kernel.service, toy.service, toy.version) == ("core", "shelf", 1)
    assert kernel.there == kernel.here
    assert toy.there == toy.here
    assert kernel.there != toy.there


# -------------------------------------------------------------------- what the record has otherwise


@contextmanager
def operator_runs(name: str, handler: Callable[[Any, Any], Any]) -> Iterator[None]:
    """Let the operator's own program have another handler for an act."""
    operation = next(one for one in shelf.REGISTRY.operations() if one.name == name)
    original = operation.handler
    object.__setattr__(operation, "handler", handler)
    try:
        yield
    finally:
        object.__setattr__(operation, "handler", original)


def test_an_outcome_that_the_rules_do_not_give_is_shown(small: Small, chain: Chain) -> None:
    def refuses(act: Any, ledger: Any) -> Any:
        del act, ledger
        refuse(shelf.Refusal.EXISTS)

    with operator_runs("change", refuses):
        block = Block(small, chain, (change("alpha", 7),))
    (outcome, event, row) = otherwise(small, block.bundle(0))
    assert (outcome.part, outcome.recorded, outcome.redecided) == ("outcome", b"shelf/2@0", b"")
    assert (event.part, event.recorded) == ("event", None)
    assert (row.part, row.key) == ("row", THINGS.key("alpha"))
    assert [
        THINGS.codec.decode(value or b"").amount for value in (row.recorded, row.redecided)
    ] == [
        1,
        7,
    ]


def test_a_row_that_the_rules_do_not_give_is_shown_with_both_values(
    small: Small, chain: Chain
) -> None:
    original = next(one for one in shelf.REGISTRY.operations() if one.name == "change").handler

    def doubles(act: Any, ledger: Any) -> Any:
        return original(replace(act, amount=values.fen(2 * act.amount)), ledger)

    with operator_runs("change", doubles):
        block = Block(small, chain, (change("alpha", 50),), (put("zeta", 1),))
    (row,) = otherwise(small, block.bundle(0))
    assert (row.part, row.key) == ("row", THINGS.key("alpha"))
    assert THINGS.codec.decode(row.recorded or b"").amount == 100
    assert THINGS.codec.decode(row.redecided or b"").amount == 50


def test_an_event_that_the_rules_do_not_give_is_shown(small: Small, chain: Chain) -> None:
    original = next(one for one in shelf.REGISTRY.operations() if one.name == "change").handler

    def lies(act: Any, ledger: Any) -> Any:
        original(act, ledger)
        return shelf.Done(thing=values.name("other"))

    with operator_runs("change", lies):
        block = Block(small, chain, (change("alpha", 50),))
    (event,) = otherwise(small, block.bundle(0))
    assert (event.part, event.place) == ("event", "0")
    assert event.recorded != event.redecided


def test_a_signature_that_its_key_did_not_make_is_shown(small: Small, chain: Chain) -> None:
    envelope = small.envelope(change("alpha", 7))
    small.apply(chain, flip(envelope, len(envelope) - 5))
    bundle = make_bundle(chain, small.identity(envelope, chain))
    (found,) = otherwise(small, bundle)
    assert found.part == "signature"
    assert "transaction 0" in found.place


# ---------------------------------------------------------------------------- bundles that were cut


def remade(
    small: Small, bundle: bytes, alter: Callable[[DecisionStatement], DecisionStatement]
) -> bytes:
    """Give a bundle with another decision statement under the same seal."""
    parts = receipt_module._step1_open(bundle)
    statements: Statements = STATEMENTS.decode(parts[1][STATEMENTS_LABEL])
    altered: list[Statement] = [
        alter(one) if isinstance(one, DecisionStatement) else one for one in statements.statements
    ]
    return receipt_module.make_receipt(
        small.anchors.digest,
        (parts[0], *parts[2:]),
        Statements(state=statements.state, statements=tuple(altered)),
    )


CUT: dict[str, Callable[[DecisionStatement], DecisionStatement]] = {
    "the header before": lambda s: replace(s, previous=flip(s.previous, 60)),
    "a row": lambda s: replace(
        s, values=tuple(v if v is None else flip(v, len(v) - 1) for v in s.values)
    ),
    "a row left out of the list": lambda s: replace(s, values=s.values[1:]),
    "an entry left out": lambda s: replace(
        s,
        values=s.values[1:],
        before=replace(s.before, entries=s.before.entries[1:]),
    ),
    "an envelope": lambda s: replace(s, envelopes=(flip(s.envelopes[0], 90), *s.envelopes[1:])),
    "an envelope left out": lambda s: replace(s, envelopes=s.envelopes[1:]),
    "too few to decide": lambda s: replace(s, until=0),
    "more than there are": lambda s: replace(s, until=9),
    "another value after the block": lambda s: replace(
        s,
        written=tuple(
            replace(w, value=flip(w.value, 0)) if isinstance(w, RowStatement) else w
            for w in s.written
        ),
    ),
}


@pytest.mark.parametrize("what", CUT)
def test_a_bundle_that_was_altered_does_not_hold(small: Small, busy: Block, what: str) -> None:
    bundle = remade(small, busy.bundle(1), CUT[what])
    with pytest.raises(VerificationFailed) as caught:
        verify_receipt(bundle, small.anchors)
    assert caught.value.title == "decision"


def test_every_flipped_bit_of_a_bundle_is_noticed(small: Small, busy: Block) -> None:
    bundle = busy.bundle(1)
    for at in range(0, len(bundle), 97):
        with pytest.raises((VerificationFailed, CannotDecide, DecidedOtherwise)):
            only_code_differs(small, flip(bundle, at))


def only_code_differs(small: Small, bundle: bytes) -> None:
    """Decide again; a changed digest of code is no failure, so it is made one here."""
    done = decided(small, bundle)
    if any(code.there != code.here for code in done.code):
        raise CannotDecide("another code is named")


HIDDEN: dict[str, Callable[[DecisionStatement], DecisionStatement]] = {
    "values": lambda s: replace(s, values=tuple(None for _ in s.values)),
    "one value": lambda s: replace(s, values=(*s.values[:-1], None)),
    "what was written": lambda s: replace(s, written=()),
    "transactions that came later": lambda s: replace(s, until=2),
    "the rule version": lambda s: replace(
        s, code=tuple(replace(c, version=7) if c.version else c for c in s.code)
    ),
}


@pytest.mark.parametrize("what", HIDDEN)
def test_whoever_hides_something_in_a_bundle_accuses_nobody(
    small: Small, busy: Block, what: str
) -> None:
    bundle = remade(small, busy.bundle(1), HIDDEN[what])
    verify_receipt(bundle, small.anchors)
    with pytest.raises(CannotDecide):
        decided(small, bundle)


def test_rows_of_other_transactions_among_the_written_ones_change_nothing(
    small: Small, busy: Block
) -> None:
    both = statement_of(small, busy.bundle(1))
    merged = small_receipt_of_two(small, busy, both)
    assert decided(small, merged).outcome == ""


def small_receipt_of_two(small: Small, busy: Block, statement: DecisionStatement) -> bytes:
    """Give the bundle of the first transaction with what the second wrote listed too."""
    parts = receipt_module._step1_open(busy.bundle(1))
    held: Statements = STATEMENTS.decode(parts[1][STATEMENTS_LABEL])
    first: Statements = STATEMENTS.decode(
        receipt_module._step1_open(busy.bundle(0))[1][STATEMENTS_LABEL]
    )
    other = next(one for one in first.statements if isinstance(one, DecisionStatement))
    moved = replace(other, until=5, written=statement.written)
    stated = next(one for one in first.statements if isinstance(one, TransactionStatement))
    return receipt_module.make_receipt(
        small.anchors.digest,
        (parts[0], *parts[2:]),
        Statements(state=held.state, statements=(stated, moved)),
    )


def test_a_decision_without_its_transaction_does_not_hold(small: Small, busy: Block) -> None:
    parts = receipt_module._step1_open(busy.bundle(1))
    held: Statements = STATEMENTS.decode(parts[1][STATEMENTS_LABEL])
    alone = Statements(state=held.state, statements=held.statements[1:])
    bundle = receipt_module.make_receipt(small.anchors.digest, (parts[0], *parts[2:]), alone)
    with pytest.raises(VerificationFailed, match="follows the statement of the transaction"):
        verify_receipt(bundle, small.anchors)


def test_a_decision_after_another_transaction_does_not_hold(small: Small, busy: Block) -> None:
    parts = receipt_module._step1_open(busy.bundle(2))
    held: Statements = STATEMENTS.decode(parts[1][STATEMENTS_LABEL])
    other: Statements = STATEMENTS.decode(
        receipt_module._step1_open(busy.bundle(4))[1][STATEMENTS_LABEL]
    )
    swapped = Statements(state=held.state, statements=(other.statements[0], held.statements[1]))
    bundle = receipt_module.make_receipt(small.anchors.digest, (parts[0], *parts[2:]), swapped)
    with pytest.raises(VerificationFailed, match="do not reach the stated one"):
        verify_receipt(bundle, small.anchors)


def test_a_plain_receipt_holds_no_decision(small: Small, busy: Block) -> None:
    plain = receipt_module.verify_receipt(
        Receipts(busy.chain).of_transaction(busy.ids[0]), small.anchors
    )
    with pytest.raises(CannotDecide, match="holds no decision"):
        rerun(plain, small.anchors, shelf.REGISTRY)


# ------------------------------------------------------------------------- where none can be made


def test_what_is_not_on_the_ledger_has_no_bundle(chain: Chain) -> None:
    with pytest.raises(NotRecorded):
        make_bundle(chain, bytes(32))


def test_a_decision_with_too_many_rows_has_no_bundle_and_says_why(
    busy: Block, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bundles, "DECISION_ENTRIES_MAX", 3)
    with pytest.raises(CannotBundle, match="a bundle shows at most 3"):
        busy.bundle(0)
    monkeypatch.setattr(bundles, "DECISION_ENTRIES_MAX", 300)
    monkeypatch.setattr(bundles, "ENTRIES_MAX", 1)
    with pytest.raises(CannotBundle, match="writes 3 rows"):
        busy.bundle(1)


def test_a_decision_of_too_many_bytes_has_no_bundle_and_says_why(
    busy: Block, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bundles, "RECEIPT_BYTES_MAX", 1000)
    with pytest.raises(CannotBundle, match="no room"):
        busy.bundle(0)


def test_a_handler_that_fails_here_makes_no_bundle_and_says_why(busy: Block) -> None:
    def fails(act: Any, ledger: Any) -> Any:
        del act, ledger
        raise ZeroDivisionError

    with operator_runs("put", fails), pytest.raises(CannotBundle, match="cannot decide block"):
        busy.bundle(0)


def test_rows_that_are_not_shown_are_never_taken_for_absent(small: Small, busy: Block) -> None:
    shown = statement_of(small, busy.bundle(3))
    rows = rerun_module.ShownRows(shown.before.entries, shown.values)
    assert rows.row(THINGS, THINGS.key("nothing")) is None
    with pytest.raises(rerun_module.NotShown):
        rows.row(TOTALS, b"\x01")
    with pytest.raises(rerun_module.NotShown):
        rows.scan(b"\x01", b"\xff", 100)


def test_the_moment_of_the_block_is_what_the_rules_see(small: Small, chain: Chain) -> None:
    block = Block(small, chain, (lend("book", START_MS + 10**6),))
    done = decided(small, block.bundle(0))
    timers = [key for key, _ in done.rows if key.startswith(b"membership.timers")]
    assert len(timers) == 1
