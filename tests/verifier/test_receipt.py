"""Receipts: each kind holds for a stranger, and no other bytes do."""

import shutil
import subprocess
import sys
from pathlib import Path

import cbor2
import msgspec
import pytest
from receipt_forger import checked
from receipt_kinds import Kinds, flipped, is_true, outcome_of, refused
from shelf import THINGS
from small import Small, found_small, put, receipts

from tongjian.core.block import compute_seal_message
from tongjian.core.encoding import replace
from tongjian.core.signatures import verify
from tongjian.node.home import ANCHORS_NAME
from tongjian.node.keys import KeyPair
from tongjian.verifier.anchors import SealAnchor
from tongjian.verifier.check import CHECK_LABEL
from tongjian.verifier.receipt import (
    COSE_SIGN1_TAG,
    STATEMENTS_LABEL,
    AbsenceStatement,
    RangeStatement,
    RowStatement,
    Statements,
    TransactionStatement,
    Verified,
    header_hash,
    make_receipt,
    verify_receipt,
)

KINDS = (
    "row",
    "absence",
    "range",
    "empty range",
    "committed",
    "refused",
    "deadline",
    "several",
)


# ---------------------------------------------------------------------------------- they hold


@pytest.mark.parametrize("kind", KINDS)
def test_a_receipt_of_each_kind_holds_and_says_what_is_true(kinds: Kinds, kind: str) -> None:
    verified = verify_receipt(kinds.receipts[kind], kinds.anchors)

    assert [step.number for step in verified.steps] == list(range(1, len(verified.steps) + 1))
    assert [step.title for step in verified.steps[:3]] == ["form", "chain", "seal"]
    assert all(step.proves for step in verified.steps)
    assert verified.header.height == 5
    assert is_true(verified, kinds.rows)


def test_a_row_and_its_absence_say_which_key(kinds: Kinds) -> None:
    row = verify_receipt(kinds.receipts["row"], kinds.anchors)
    (stands,) = row.statements
    (absent,) = verify_receipt(kinds.receipts["absence"], kinds.anchors).statements

    assert isinstance(stands, RowStatement)
    assert row.entries[stands.entry].key == THINGS.key("alpha")
    assert THINGS.codec.decode(stands.value).amount == 3
    assert isinstance(absent, AbsenceStatement)
    assert absent.key == THINGS.key("aloha")


@pytest.mark.parametrize(
    ("kind", "outcome", "has_body"),
    [("committed", "", True), ("refused", "shelf/1@0", True), ("deadline", "", False)],
)
def test_a_transaction_says_its_outcome(
    kinds: Kinds, kind: str, outcome: str, *, has_body: bool
) -> None:
    (statement,) = verify_receipt(kinds.receipts[kind], kinds.anchors).statements

    assert isinstance(statement, TransactionStatement)
    assert statement.outcome == outcome
    assert bool(statement.body) == has_body
    assert bool(statement.events) == (not outcome)


def test_several_statements_share_one_proof(kinds: Kinds) -> None:
    verified = verify_receipt(kinds.receipts["several"], kinds.anchors)

    assert [step.title for step in verified.steps[3:]] == [
        "state",
        "row",
        "absence",
        "range",
        "transaction",
        "check",
    ]


def test_any_cose_library_finds_the_parts_and_the_seal(kinds: Kinds) -> None:
    message = cbor2.loads(kinds.receipts["row"])
    protected, unprotected, header, seal = message.value
    suite, public = kinds.anchors.seal_at(5)

    assert message.tag == COSE_SIGN1_TAG
    assert list(unprotected) == [STATEMENTS_LABEL, CHECK_LABEL]
    assert cbor2.loads(protected)[1] == -8
    verify(suite, public, compute_seal_message(kinds.anchors.chain_id, protected, header), seal)


def test_the_header_hash_can_be_compared_with_another_source(kinds: Kinds, small: Small) -> None:
    hashes = {
        header_hash(verify_receipt(kinds.receipts[kind], kinds.anchors), kinds.anchors)
        for kind in KINDS
    }
    assert len(hashes) == 1


def test_a_receipt_of_a_chain_that_hashes_with_sm3_holds(tmp_path: Path, small: Small) -> None:
    found_small(tmp_path / "sm3", hash_name="sm3")
    ledger = Small(tmp_path / "sm3")
    with ledger.opened() as chain:
        ledger.apply(chain, ledger.envelope(put("alpha", 1)))
        data = receipts(chain).of_row(THINGS.key("alpha"))

    assert ledger.anchors.hash == "sm3"
    verify_receipt(data, ledger.anchors)
    assert refused(data, msgspec.structs.replace(ledger.anchors, hash="sha256")).step == 3


# --------------------------------------------------------------------------- nothing else does


@pytest.mark.parametrize("kind", ["absence", "empty range"])
def test_whoever_computes_the_check_anew_proves_only_what_is_true(kinds: Kinds, kind: str) -> None:
    # The key of an absence and the bounds of a range are the question, not the evidence: with
    # another question the same evidence may hold, and then it says what is true.
    # Every value of every byte of the statement, where the question stands.
    data = kinds.receipts[kind]
    _, unprotected, _, _ = cbor2.loads(data).value
    body = unprotected[STATEMENTS_LABEL]
    end = data.index(body) + len(body)
    held = 0
    for at in range(end - 50, end):
        for mask in range(1, 256):
            changed = checked(flipped(data, at, mask), unprotected[CHECK_LABEL], "sha256")
            outcome = outcome_of(changed, kinds.anchors)
            if isinstance(outcome, Verified):
                held += 1
                assert is_true(outcome, kinds.rows)
    assert held


@pytest.mark.parametrize("kind", KINDS)
def test_a_receipt_cut_anywhere_or_padded_is_refused(kinds: Kinds, kind: str) -> None:
    data = kinds.receipts[kind]
    for size in range(0, len(data), 1 if len(data) < 1000 else 7):
        assert refused(data[:size], kinds.anchors).step == 1
    for more in (b"\x00", b"\xf6", data, b"\x00" * 1000):
        assert refused(data + more, kinds.anchors).step == 1
        assert refused(more + data, kinds.anchors).step == 1


def test_a_receipt_of_another_chain_is_refused_by_name(kinds: Kinds, small: Small) -> None:
    other = msgspec.structs.replace(kinds.anchors, chain=bytes(range(32)).hex())
    failed = refused(kinds.receipts["row"], other)

    assert (failed.step, failed.title) == (2, "chain")
    assert kinds.anchors.chain in failed.why
    assert other.chain in failed.why


def test_a_seal_by_another_key_is_refused(kinds: Kinds) -> None:
    stranger = KeyPair(b"x" * 32, kinds.anchors.digest)
    seals = [SealAnchor(from_height=0, suite="ed25519", public=stranger.public.hex())]
    failed = refused(kinds.receipts["row"], msgspec.structs.replace(kinds.anchors, seals=seals))
    assert (failed.step, failed.title) == (3, "seal")

    # A stranger seals the same header and names his own key, or the operator's.
    protected, unprotected, header, _ = cbor2.loads(kinds.receipts["row"]).value
    own = protected.replace(protected[-16:], stranger.id)
    for claimed in (protected, own):
        seal = stranger.sign(compute_seal_message(kinds.anchors.chain_id, claimed, header))
        forged = cbor2.dumps(cbor2.CBORTag(COSE_SIGN1_TAG, [claimed, unprotected, header, seal]))
        assert refused(forged, kinds.anchors).step == 3


def test_the_key_that_counts_is_that_of_the_height(kinds: Kinds) -> None:
    stranger = KeyPair(b"x" * 32, kinds.anchors.digest)
    later = SealAnchor(from_height=6, suite="ed25519", public=stranger.public.hex())
    now = SealAnchor(from_height=5, suite="ed25519", public=stranger.public.hex())
    first = kinds.anchors.seals[0]
    data = kinds.receipts["row"]

    verify_receipt(data, msgspec.structs.replace(kinds.anchors, seals=[first, later]))
    replaced = msgspec.structs.replace(kinds.anchors, seals=[first, now])
    assert refused(data, replaced).step == 3
    nobody = msgspec.structs.replace(kinds.anchors, seals=[later])
    assert "no seal key counts at height 5" in refused(data, nobody).why


def parts(data: bytes) -> tuple[bytes, Statements, bytes, bytes]:
    """Return protected header, statements, header and seal."""
    protected, unprotected, header, seal = cbor2.loads(data).value
    statements = msgspec.msgpack.decode(unprotected[STATEMENTS_LABEL], type=Statements)
    return protected, statements, header, seal


def test_statements_of_one_height_fail_under_the_header_of_another(
    small: Small, kinds: Kinds
) -> None:
    with small.opened() as chain:
        envelope = small.envelope(put("alpha", 1))
        small.apply(chain, envelope)
        small.grow(chain, 3)
        make = receipts(chain)
        identity = small.identity(envelope, chain)
        for one in (
            lambda height: make.of_row(THINGS.key("alpha"), height),
            lambda height: make.of_row(THINGS.key("aloha"), height),
            lambda height: make.of_range(*_bounds(), height),
            lambda height: make.of_transaction(identity, height),
        ):
            pieces = [parts(one(height)) for height in range(1, chain.height + 1)]
            for here, (protected, statements, header, seal) in enumerate(pieces):
                for there, (_, other, _, _) in enumerate(pieces):
                    mixed = make_receipt(small.anchors.digest, (protected, header, seal), other)
                    if other == statements:
                        verify_receipt(mixed, small.anchors)
                    else:
                        assert refused(mixed, small.anchors).step >= 4, (here, there)


def _bounds() -> tuple[bytes, bytes]:
    return THINGS.prefix, THINGS.prefix[:-1] + b"\x01"


# -------------------------------------------------------------------------- forged statements


def remade(kinds: Kinds, sealed: tuple[bytes, bytes, bytes], statements: Statements) -> bytes:
    """Return a receipt of other statements under the same seal."""
    return make_receipt(kinds.anchors.digest, sealed, statements)


def forged(kinds: Kinds, kind: str, **changes: object) -> bytes:
    """Return a receipt whose first statement has other fields, in its valid form."""
    protected, statements, header, seal = parts(kinds.receipts[kind])
    first, *rest = statements.statements
    altered = replace(statements, statements=(replace(first, **changes), *rest))
    return remade(kinds, (protected, header, seal), altered)


def test_the_forger_of_these_tests_can_write_a_receipt_that_holds(kinds: Kinds) -> None:
    for kind in KINDS:
        assert forged(kinds, kind) == kinds.receipts[kind]


@pytest.mark.parametrize(
    "leave_out",
    [
        lambda statement: {"entries": statement.entries[1:], "values": statement.values[1:]},
        lambda statement: {"entries": statement.entries[:-1], "values": statement.values[:-1]},
        lambda statement: {
            "entries": (*statement.entries[:3], *statement.entries[4:]),
            "values": (*statement.values[:2], *statement.values[3:]),
        },
        lambda statement: {"values": statement.values[:-1]},
        lambda statement: {"entries": statement.entries[:1], "values": ()},
        lambda statement: {"entries": (statement.entries[0], *statement.entries[:0:-1])},
        lambda statement: {"values": statement.values[::-1]},
    ],
)
def test_a_range_with_a_row_left_out_or_moved_is_refused(kinds: Kinds, leave_out: object) -> None:
    _, statements, _, _ = parts(kinds.receipts["range"])
    (statement,) = statements.statements
    assert isinstance(statement, RangeStatement)
    assert len(statement.values) > 4
    failed = refused(forged(kinds, "range", **leave_out(statement)), kinds.anchors)  # type: ignore[operator]

    assert (failed.step, failed.title) == (5, "range")


def test_a_range_with_a_row_and_its_entry_left_out_is_refused(kinds: Kinds) -> None:
    # Also the shared proof is cut to the rows that are shown: it no longer leads to the root.
    protected, statements, header, seal = parts(kinds.receipts["range"])
    (statement,) = statements.statements
    assert isinstance(statement, RangeStatement)
    assert statements.state is not None
    for gone in range(len(statements.state.entries)):
        entries = statements.state.entries
        state = replace(statements.state, entries=(*entries[:gone], *entries[gone + 1 :]))
        cut = replace(statements, state=state)
        failed = refused(remade(kinds, (protected, header, seal), cut), kinds.anchors)
        assert (failed.step, failed.title) == (4, "state")


def test_wider_bounds_than_what_is_shown_are_refused(kinds: Kinds) -> None:
    for bounds in (
        {"low": THINGS.key("thing_00")},
        {"high": THINGS.key("thing_39~")},
        {"low": THINGS.key("thing_20"), "high": THINGS.key("thing_05")},
        {"low": b""},
    ):
        assert refused(forged(kinds, "range", **bounds), kinds.anchors).title == "range"


@pytest.mark.parametrize(
    ("kind", "changes", "title"),
    [
        ("row", {"value": b"\x91\x04"}, "row"),
        ("row", {"value": b""}, "row"),
        ("row", {"entry": 1}, "row"),
        ("row", {"entry": 1000}, "row"),
        ("absence", {"key": THINGS.key("alpha")}, "absence"),
        ("absence", {"key": THINGS.key("thing_05")}, "absence"),
        ("absence", {"key": b""}, "absence"),
        ("absence", {"entry": 7}, "absence"),
        ("committed", {"body": b""}, ""),
        ("committed", {"body": b"\x00"}, "transaction"),
        ("committed", {"transaction": bytes(32)}, "transaction"),
        ("committed", {"outcome": "shelf/1@0"}, "transaction"),
        ("committed", {"events": ()}, "transaction"),
        ("committed", {"index": 0}, "transaction"),
        ("committed", {"index": 2**39}, "transaction"),
        ("committed", {"path": ()}, "transaction"),
        ("committed", {"path": (bytes(32),) * 64}, "transaction"),
        ("refused", {"outcome": ""}, "transaction"),
        ("refused", {"outcome": "shelf/1@1"}, "transaction"),
        ("deadline", {"body": b"\x00"}, "transaction"),
    ],
)
def test_a_forged_statement_is_refused_at_its_own_step(
    kinds: Kinds, kind: str, changes: dict[str, object], title: str
) -> None:
    data = forged(kinds, kind, **changes)
    if not title:  # without its bytes the outcome of a transaction is still proven
        (statement,) = verify_receipt(data, kinds.anchors).statements
        assert isinstance(statement, TransactionStatement)
        assert statement.body == b""
        return
    failed = refused(data, kinds.anchors)
    assert failed.title == title
    assert failed.step >= 4


def test_statements_about_rows_need_a_state_proof(kinds: Kinds) -> None:
    for kind in ("row", "absence", "range", "several"):
        protected, statements, header, seal = parts(kinds.receipts[kind])
        bare = remade(kinds, (protected, header, seal), replace(statements, state=None))
        assert "which the state proof does not show" in refused(bare, kinds.anchors).why


def test_a_receipt_without_statements_or_with_too_many_is_refused(kinds: Kinds) -> None:
    protected, statements, header, seal = parts(kinds.receipts["row"])
    for count in (0, 65):
        many = replace(statements, statements=statements.statements * count)
        failed = refused(remade(kinds, (protected, header, seal), many), kinds.anchors)
        assert (failed.step, failed.title) == (4, "statements")


# ---------------------------------------------------------------------------- for a stranger


STRANGER = """
import socket, sys
from pathlib import Path
sys.addaudithook(lambda event, arguments: event == "open" and opened.append(str(arguments[0])))
opened = []
from tongjian.verifier.anchors import Anchors
from tongjian.verifier.receipt import verify_receipt
try:
    socket.create_connection(("127.0.0.1", 9), timeout=1)
    sys.exit("there is a network")
except OSError as error:
    assert error.errno in (99, 101), error
opened.clear()
verified = verify_receipt(Path("receipt.cbor").read_bytes(), Anchors.read(Path("anchors.json")))
opened = [name for name in opened if not name.endswith(".pyc")]
assert sorted(opened) == ["anchors.json", "receipt.cbor"], opened
print(len(verified.steps), verified.header.height)
"""


def without_network() -> list[str]:
    """Return the command that takes the network away, or skip."""
    for command in (["unshare", "-n"], ["unshare", "-rn"]):
        if shutil.which("unshare"):
            tried = subprocess.run([*command, "true"], capture_output=True, check=False)
            if tried.returncode == 0:
                return command
    pytest.skip("needs to take the network away: unshare -n is not allowed here")


@pytest.mark.parametrize("kind", ["row", "range", "committed", "several"])
def test_a_stranger_verifies_with_two_files_and_no_network(
    tmp_path: Path, kinds: Kinds, kind: str
) -> None:
    (tmp_path / "receipt.cbor").write_bytes(kinds.receipts[kind])
    shutil.copy(kinds.folder / ANCHORS_NAME, tmp_path / "anchors.json")
    done = subprocess.run(
        [*without_network(), sys.executable, "-c", STRANGER],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    steps, height = done.stdout.split()
    assert (int(height), int(steps) >= 4) == (5, True)
