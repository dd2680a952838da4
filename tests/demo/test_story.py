"""The demonstration holds what it says: each fraud is refused by the ledger, and says so itself."""

import os
import re
import subprocess
import sys
from collections.abc import Callable, Generator
from contextlib import contextmanager, redirect_stdout
from io import StringIO
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tongjian.core import machine
from tongjian.core.block import Body
from tongjian.core.calendar import legal_date
from tongjian.core.directory import Kernel
from tongjian.demo import altered, frauds, importing, story, tampering
from tongjian.demo.altered import RAISE_FEN, altered_amount
from tongjian.demo.city import make_city
from tongjian.demo.day import day_number, day_start
from tongjian.demo.desk import Desk
from tongjian.demo.opening import opening
from tongjian.demo.receipt import prove
from tongjian.demo.scenario import FIRST_FEN, RED_FEN, SECOND_FEN, Scenario
from tongjian.demo.stage import Clock, Stage, copy_of, play_on
from tongjian.demo.tampering import edited_block, edited_database
from tongjian.demo.told import Fraud, Unexpected
from tongjian.engines.chain import LOG_NAME, STORE_NAME
from tongjian.engines.outcomes import Outcome, Status
from tongjian.engines.receipts import Receipts
from tongjian.node.clock import now_ms
from tongjian.node.founding import found
from tongjian.node.home import ANCHORS_NAME, GENESIS_NAME, Home
from tongjian.services.invoice import acts_issue, acts_use
from tongjian.services.invoice.records import INVOICES, REIMBURSEMENTS, Refusal

ROOT = Path(__file__).parents[2]
SEED = 7
FIRMS = 4


# ------------------------------------------------------------------------------- one small ledger


class Played:
    """A ledger on which the scenario was played, with a desk for frauds."""

    def __init__(self, stage: Stage, scenario: Scenario, claim: bytes, alone: bytes) -> None:
        self.stage = stage
        self.scenario = scenario
        self.desk = Desk(stage, SEED)
        self.third_claim = claim
        self.red_alone = alone

    def outcome(self, transaction: bytes) -> str | None:
        """What the log says of a transaction; none where it is not on the ledger."""
        found = self.stage.chain.result(transaction)
        return None if found is None else found[2].outcome

    def log_size(self) -> int:
        return self.stage.chain.log_size(self.stage.chain.height)


@contextmanager
def play(folder: Path) -> Generator[Played]:
    city = make_city(SEED, firms=FIRMS)
    clock = Clock(day_start(now_ms(), days_before=story.DAYS_BEFORE) + story.FOUNDING_MS)
    home = found(city.plan, folder, time_ms=clock())
    with play_on(home, city, clock, workers=0) as stage:
        founded = tuple(opening(city, SEED, {}, clock(), stage.digest))
        stage.record(founded, lambda _: None)
        scenario = Scenario(stage, SEED)
        claim = scenario.issue_and_pay()
        scenario.ask_for_red_letter()
        scenario.let_it_lapse()
        alone = scenario.take_back()
        clock.run()
        yield Played(stage, scenario, claim.id, alone.id)


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Generator[Played]:
    with play(tmp_path_factory.mktemp("demo") / "ledger") as one:
        yield one


@pytest.fixture
def spoilt(tmp_path: Path) -> Generator[Played]:
    """A ledger of one test's own, for rules that are switched off: its blocks replay nowhere."""
    with play(tmp_path / "ledger") as one:
        yield one


def refusal(code: Refusal | Kernel) -> str:
    return f"{'kernel' if isinstance(code, Kernel) else 'invoice'}/{code.number}@0"


# -------------------------------------------------------------------------------------- scenario


def test_the_scenario_ends_with_the_sums_of_the_domain_page(played: Played) -> None:
    row = played.stage.one(INVOICES, played.scenario.number)
    assert row.total_fen == 113_000_000 == FIRST_FEN + SECOND_FEN == row.reimbursed_fen
    assert row.red_fen == row.refunded_fen == RED_FEN == 11_300_000
    assert row.confirmations == 2


def test_a_claim_of_one_fen_beyond_the_total_is_refused(played: Played) -> None:
    assert played.outcome(played.third_claim) == refusal(Refusal.CLAIMS_EXCEED_TOTAL)


def test_a_red_letter_without_the_refund_is_refused(played: Played) -> None:
    assert played.outcome(played.red_alone) == refusal(Refusal.CLAIMS_EXCEED_TOTAL)


def test_the_ledger_itself_voided_what_nobody_answered(played: Played) -> None:
    chain = played.stage.chain
    bodies: list[Body] = [chain.body(height) for height in range(1, chain.height + 1)]
    assert sum(len(body.timers) for body in bodies) == 1


# ---------------------------------------------------------------------------------------- frauds


def test_one_invoice_is_not_reimbursed_by_two_employers(played: Played) -> None:
    first, second, _ = frauds.two_employers(played.desk).tries
    assert played.outcome(first.transaction) == ""
    assert played.outcome(second.transaction) == refusal(Refusal.CLAIMS_EXCEED_TOTAL)
    number = next(
        key[0]
        for key, row in rows(played, INVOICES)
        if row.total_fen == 128_400 and row.reimbursed_fen == 128_400
    )
    claims = [key for key, _ in rows(played, REIMBURSEMENTS) if key[0] == number]
    assert [key[1] for key in claims] == [played.stage.city.body("hospital").uscc]


def rows(played: Played, table: Any) -> list[tuple[tuple[Any, ...], Any]]:
    found = played.stage.chain.store.scan(table.prefix, table.prefix[:-1] + b"\x01", 10_000)
    return [(table.split(key), table.codec.decode(value)) for key, value in found]


def test_an_altered_amount_matches_nothing_and_is_not_imported(
    played: Played, tmp_path: Path
) -> None:
    fraud = altered_amount(played.desk)
    assert [one.verdict for one in fraud.tries[:2]] == ["valid", "not found"]
    raised = [row for _, row in rows(played, INVOICES) if row.total_fen == 5_650_000 + RAISE_FEN]
    assert raised == []
    importing._write_documents(played.stage, tmp_path)
    ubl = tmp_path / "ubl.xml"
    ubl.write_bytes(ubl.read_bytes().replace(b">2825.00<", b">9825.00<"))
    for other in tmp_path.glob("*"):
        if other != ubl:
            other.unlink()
    before = played.log_size()
    (told,) = importing.import_all(played.stage, tmp_path)
    assert (told.status, played.log_size()) == ("refused", before)
    assert "BR-CO" in told.words


def test_nobody_issues_in_the_name_of_another_firm(played: Played) -> None:
    by_another, unknown, borrowed = frauds.forged_issuer(played.desk).tries
    assert played.outcome(by_another.transaction) == refusal(Kernel.NOT_PERMITTED)
    assert played.outcome(unknown.transaction) is None
    assert played.outcome(borrowed.transaction) is None
    assert "KEY_UNKNOWN" in unknown.verdict
    assert "signature" in borrowed.sentence


def test_no_invoice_is_dated_back(played: Played) -> None:
    last_year, silent, late = frauds.back_dated(played.desk).tries
    assert played.outcome(last_year.transaction) == refusal(Refusal.NUMBER_WRONG_YEAR)
    assert played.outcome(silent.transaction) == refusal(Refusal.LATE_WITHOUT_REASON)
    assert played.outcome(late.transaction) == ""
    flagged = [row for _, row in rows(played, INVOICES) if row.late]
    assert flagged
    for row in flagged:
        assert row.issued_on == day_number(legal_date(row.recorded_ms))


def test_a_replayed_transaction_is_done_once_and_never_on_another_ledger(played: Played) -> None:
    first, again, elsewhere = frauds.replayed(played.desk).tries
    assert first.transaction == again.transaction
    assert played.outcome(first.transaction) == ""
    assert played.outcome(elsewhere.transaction) is None
    chain = played.stage.chain
    envelopes = [
        data for height in range(1, chain.height + 1) for data in chain.body(height).envelopes
    ]
    ids = [chain.opener.open(data).id for data in envelopes]
    assert ids.count(first.transaction) == 1
    assert "WRONG_CHAIN" in elsewhere.verdict


def test_an_edited_database_is_never_served_nor_proven(played: Played) -> None:
    height, root = played.stage.chain.height, tip_root(played.stage)
    fraud = edited_database(played.stage, played.scenario.number)
    assert [one.verdict for one in fraud.tries[:2]] == ["not served", "not given"]
    assert "checksum" in fraud.tries[0].sentence
    assert (played.stage.chain.height, tip_root(played.stage)) == (height, root)


def test_a_database_that_nobody_edited_is_served_and_proven(played: Played, tmp_path: Path) -> None:
    names = (GENESIS_NAME, ANCHORS_NAME, LOG_NAME, STORE_NAME)
    copy = copy_of(played.stage.home.folder, tmp_path / "copy", *names)
    with copy.open() as chain:
        key = INVOICES.key(played.scenario.number)
        row = chain.store.row(INVOICES, key)
        assert row == played.stage.one(INVOICES, played.scenario.number)
        assert Receipts(chain).of_row(key)


def tip_root(stage: Stage) -> bytes:
    return bytes(stage.chain.header(stage.chain.height).state_root)


def test_an_edited_block_is_refused_with_its_place_and_without_its_checksums_too(
    played: Played,
) -> None:
    crude, careful = edited_block(played.stage, played.scenario.number).tries
    meta = played.stage.chain.store.block(2)
    assert meta is not None
    assert f"byte {meta.offset} of the block log" in crude.sentence
    assert "signature" in careful.sentence


def test_a_receipt_verifies_elsewhere_and_a_flipped_byte_does_not(played: Played) -> None:
    proof = prove(played.stage, played.scenario.number)
    assert len(proof.steps) >= 4
    assert proof.height == played.stage.chain.height
    assert "step" in proof.forged


# --------------------------------------------------------------- what would be if one got through


THROUGH: dict[str, tuple[Callable[[Played], Fraud], Any, str, Any, str]] = {
    "claims are not counted": (
        lambda played: frauds.two_employers(played.desk),
        *(acts_use, "claimed_fen", lambda _: 0),
        "expected CLAIMS_EXCEED_TOTAL, got committed",
    ),
    "an altered file is read as sound": (
        lambda played: altered_amount(played.desk),
        *(altered, "read_document", lambda *_: SimpleNamespace(errors=())),
        "the altered file has no error",
    ),
    "whoever signs may do anything": (
        lambda played: frauds.forged_issuer(played.desk),
        *(machine, "require", lambda _, context: context.actors),
        "expected NOT_PERMITTED, got",
    ),
    "numbers of any year are taken": (
        lambda played: frauds.back_dated(played.desk),
        *(acts_issue, "check_number", lambda *_: None),
        "expected NUMBER_WRONG_YEAR, got committed",
    ),
    "the altered row is served": (
        lambda played: edited_database(played.stage, played.scenario.number),
        *(tampering, "FLIP", 0),
        "the altered row was served",
    ),
    "the altered log is replayed": (
        lambda played: edited_block(played.stage, played.scenario.number),
        *(tampering, "FLIP_DIGIT", 0),
        "the altered block log was replayed to its end",
    ),
}
"""What is switched off, the fraud that then gets through, and what the story says of it."""


@pytest.mark.parametrize("switched_off", THROUGH)
def test_a_fraud_that_gets_through_is_noticed(
    switched_off: str, spoilt: Played, monkeypatch: pytest.MonkeyPatch
) -> None:
    commit_fraud, module, name, replacement, said = THROUGH[switched_off]
    monkeypatch.setattr(module, name, replacement)
    with pytest.raises(Unexpected, match=said):
        commit_fraud(spoilt)


def test_a_replay_that_is_taken_is_noticed(spoilt: Played, monkeypatch: pytest.MonkeyPatch) -> None:
    taken = Outcome(Status.COMMITTED, b"", 1, "", "")
    monkeypatch.setattr(frauds, "_on_another_ledger", lambda _: taken)
    with pytest.raises(Unexpected, match="expected WRONG_CHAIN, got committed"):
        frauds.replayed(spoilt.desk)


# ------------------------------------------------------------------------------- the whole story


class Run:
    """The story told once, in an empty folder."""

    def __init__(self, folder: Path, code: int, said: str) -> None:
        self.folder = folder
        self.code = code
        self.said = said


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Tell the story with the documents that every installation can make."""
    folder = tmp_path_factory.mktemp("story") / "demo-ledger"
    with pytest.MonkeyPatch.context() as patch, redirect_stdout(StringIO()) as out:
        patch.setattr(importing, "REAL", Path("no-such-folder"))
        code = story.main(folder, invoices=30, firms=FIRMS, workers=0)
    return Run(folder, code, out.getvalue())


def test_the_story_ends_well_and_tells_seven_frauds(told: Run) -> None:
    assert told.code == 0, told.said
    assert re.findall(r"^   ([a-z])  ", told.said, re.MULTILINE) == list("abcdefg")
    assert "FAILED" not in told.said


def test_the_story_leaves_a_ledger_that_replays(told: Run, tmp_path: Path) -> None:
    with Home(told.folder).open() as chain:
        height, root = chain.height, chain.header(chain.height).state_root
    copy = copy_of(told.folder, tmp_path / "copy", GENESIS_NAME, ANCHORS_NAME, LOG_NAME)
    with copy.open(writable=True) as chain:
        assert (chain.height, chain.header(height).state_root) == (height, root)


def test_what_the_story_says_to_try_next_works(told: Run) -> None:
    block = told.said[told.said.index("试一试") :].splitlines()[1:]
    lines = [line.strip().split("   ")[0] for line in block if line.startswith("   ")]
    assert len(lines) >= 7
    script = "set -eu\n" + "\n".join(line.partition("  ")[0] for line in lines)
    environment = {**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    done = subprocess.run(
        ["bash", "-c", script],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "HOLDS" in done.stdout
    assert "CLAIMS_EXCEED_TOTAL" in done.stdout


def test_a_demonstration_is_replaced_and_nothing_else_ever_is(told: Run, tmp_path: Path) -> None:
    precious = tmp_path / "precious"
    precious.mkdir()
    (precious / "letter.txt").write_text("keep me")
    with pytest.raises(story.FolderOccupied, match="something else"):
        story.main(precious)
    assert (precious / "letter.txt").read_text() == "keep me"
    link = tmp_path / "link"
    link.symlink_to(told.folder)
    with pytest.raises(story.FolderOccupied, match="not a folder"):
        story.main(link)
    old = tmp_path / "old"
    story.make_room(old, 1)
    (old / "blocks.log").write_bytes(b"of an earlier demonstration")
    story.make_room(old, 2)
    assert [path.name for path in old.iterdir()] == [story.MARKER]


def test_a_fraud_that_gets_through_ends_the_story_with_its_name_and_an_exit_code(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importing, "REAL", Path("no-such-folder"))
    monkeypatch.setattr(acts_issue, "check_number", lambda *_: None)
    code = story.main(tmp_path / "demo", invoices=5, firms=FIRMS, workers=0)
    said = capsys.readouterr().out
    assert code == 1
    assert "FAILED: a number of last year: expected NUMBER_WRONG_YEAR, got committed" in said
    assert "   g  " in said


# ------------------------------------------------------------------------------------- the README


def skeleton(line: str) -> str:
    """A line without what differs from run to run: numbers, hashes, hex ids, folders."""
    line = line.replace("the network not used (it cannot be cut here)", "no network")
    line = re.sub(r"[0-9a-f]{8,}…?|\b[0-9a-f]{16}…", "#", line)
    line = re.sub(r"[0-9][0-9,.]*", "#", line)
    line = re.sub(r"\S*demo-ledger", "demo-ledger", line)
    return " ".join(line.split())


def test_the_readme_shows_what_the_story_says(told: Run) -> None:
    text = (ROOT / "README.md").read_text("utf-8")
    (shown,) = re.findall(r"```text\n(Tongjian .*?)```", text, re.DOTALL)
    said = {skeleton(line) for line in told.said.splitlines()}
    missing = [
        line
        for line in shown.splitlines()
        if line.strip() not in {"", "…"} and skeleton(line) not in said
    ]
    assert missing == []
