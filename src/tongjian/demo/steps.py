"""The steps of the demonstration, in order; each does something and says what it did."""

import sys
from collections import Counter
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Final

from tongjian.core.block import compute_app_hash
from tongjian.core.calendar import legal_date
from tongjian.demo import frauds, tampering
from tongjian.demo.city import City
from tongjian.demo.day import Day, day_of, plan_day
from tongjian.demo.desk import Desk
from tongjian.demo.importing import Imported, documents, import_all
from tongjian.demo.opening import opening
from tongjian.demo.papers import DOCUMENTS_NAME, keep_papers
from tongjian.demo.receipt import RECEIPT_NAME, prove
from tongjian.demo.scenario import RED_FEN, Scenario
from tongjian.demo.show import Show, Watch
from tongjian.demo.stage import Stage
from tongjian.demo.told import Fraud, Unexpected, expect_committed, yuan
from tongjian.engines.chain import Chain
from tongjian.engines.solo import Outcome
from tongjian.node.founding import found
from tongjian.node.home import ANCHORS_NAME, Home

IMPORT_WORDS: Final = {
    "recorded": "recorded 登记",
    "there already": "there already 已在账",
    "refused": "refused 不收",
}
LABEL_MAX: Final = 34
WORDS_MAX: Final = 60
FORGED_MAX: Final = 76


class Steps:
    """Does and says the steps; keeps what did not go as it must."""

    def __init__(self, show: Show, folder: Path, seed: int) -> None:
        """Take where to write, the ledger's folder and the seed."""
        self._show = show
        self._folder = folder
        self._seed = seed
        self.failures: list[str] = []

    def fail(self, what: str) -> None:
        """Note what did not go as it must."""
        self.failures.append(what)
        self._show.failed(what)

    # -- the city -----------------------------------------------------------------------------

    def found(self, city: City, founded_ms: int) -> Home:
        """Found the ledger of the city."""
        show, watch = self._show, Watch()
        show.step("建网", "found the network")
        home = found(city.plan, self._folder, time_ms=founded_ms)
        industries = len({member.firm.industry for member in city.members})
        show.say(
            f"{len(city.plan.office)} offices 机构 of Haizhou 海州, firms of {industries} "
            f"industries among them, {len(city.plan.officer):,} officers 人员,"
        )
        show.say(f"each with a key, in {watch.seconds}.")
        show.say(f"Ledger {home.anchors().chain[:16]}…; trust file {self._folder}/{ANCHORS_NAME}.")
        return home

    def live_a_day(self, stage: Stage, start_ms: int, invoices: int) -> Scenario:
        """Record charters and taxpayers, the scenario's first half, then the city's day."""
        show = self._show
        show.step("一日业务", f"record the business of {day_of(legal_date(start_ms))}")
        day = plan_day(stage.city, self._seed, invoices, start_ms, stage.digest)
        founded = opening(stage.city, self._seed, day.issued_fen, stage.clock(), stage.digest)
        opened = stage.record(tuple(founded), lambda _: None)
        self._all_committed(stage, opened, "a charter or a taxpayer")
        scenario = Scenario(stage, self._seed)
        scenario.issue_and_pay()
        scenario.ask_for_red_letter()
        watch, before = Watch(), stage.chain.height
        with show.progress("transactions", len(day.requests)) as advance:
            outcomes = stage.record(day.requests, advance)
        took_ms = watch.ms
        self._all_committed(stage, outcomes, "a transaction of the day")
        kept = keep_papers(self._folder, (*day.papers, scenario.paper))
        self._say_day(day, invoices, took_ms, stage.chain.height - before)
        show.say(f"Height {stage.chain.height}, app hash {app_hash(stage.chain)[:32]}….")
        show.say(
            f"{kept:,} plain documents stay with their offices, in {self._folder}/{DOCUMENTS_NAME}."
        )
        return scenario

    def _say_day(self, day: Day, invoices: int, took_ms: int, blocks: int) -> None:
        total = sum(paper.total_fen for paper in day.papers)
        count = len(day.requests)
        red = len(day.papers) - invoices
        self._show.say(
            f"{invoices:,} invoices 发票 and {red} red letters 红字发票 over {yuan(total)} yuan:"
        )
        self._show.say(
            f"issued 开具, delivered, deducted 抵扣, booked 入账, reimbursed 报销 in {count:,} "
            f"signed transactions,"
        )
        rate = count * 1000 // took_ms
        self._show.say(
            f"signed, checked and recorded in {took_ms // 1000}.{took_ms % 1000 // 100} s, "
            f"{rate:,} a second; {blocks} blocks, each on disk before its answer."
        )

    def _all_committed(self, stage: Stage, outcomes: Sequence[Outcome], what: str) -> None:
        for outcome in outcomes:
            expect_committed(stage.chain.machine.registry, outcome, what)

    def keep_a_deadline(self, scenario: Scenario) -> None:
        """Let 72 hours pass, then take back two sensors as the law has it."""
        show = self._show
        show.step("守时限", "keep a deadline: 72 hours pass")
        height = scenario.let_it_lapse()
        refusal = scenario.take_back().refusal.partition("@")[0]
        show.say(
            f"Invoice {scenario.number}, 20 air sensors, 1,130,000.00, is booked and paid; the "
            f"seller"
        )
        show.say(
            f"asks to take back two. Nobody answers: the ledger itself voids the request (07), "
            f"block {height}."
        )
        show.say(
            f"Asked again and confirmed (04), the red letter over {yuan(RED_FEN)} alone is refused"
        )
        show.say(f"({refusal}: all is paid out); together with its refund it is recorded.")

    # -- documents ----------------------------------------------------------------------------

    def import_documents(self, stage: Stage) -> None:
        """Import documents that were issued elsewhere, one line each."""
        with documents(stage) as (folder, real):
            source = "published test documents" if real else "documents written as other systems do"
            self._show.step("导入", f"import {source}, for the hospital")
            done = list(import_all(stage, folder))
        self._show.table(
            (
                IMPORT_WORDS[one.status],
                Path(one.name).name,
                _short(one.label or "-", LABEL_MAX),
                _short(one.words, WORDS_MAX),
            )
            for one in done
        )
        if not any(one.status == "recorded" for one in done):
            raise Unexpected("no document was recorded")
        self._show.say(summary_of(done))

    # -- frauds -------------------------------------------------------------------------------

    def defraud(self, stage: Stage, number: str) -> list[Fraud]:
        """Try the seven frauds; one that gets through is noted, and the others still tried."""
        done: list[Fraud] = []
        self._show.step("七种舞弊", "try seven frauds")
        desk = Desk(stage, self._seed)
        attempts: list[Callable[[], Fraud]] = [
            *(partial(fraud, desk) for fraud in frauds.AT_THE_COUNTER),
            *(partial(change, stage, number) for change in tampering.BEHIND_THE_COUNTER),
        ]
        for commit_fraud in attempts:
            try:
                done.append(commit_fraud())
                self._show.fraud(done[-1])
            except Unexpected as surprise:
                self.fail(str(surprise))
        return done

    # -- the receipt --------------------------------------------------------------------------

    def give_a_receipt(self, stage: Stage, number: str) -> None:
        """Have the invoice's receipt verified by a stranger, then a forged one."""
        show = self._show
        proof = prove(stage, number)
        show.step("回执", "hand out a receipt and verify it elsewhere")
        where = "no network" if proof.is_alone else "the network not used (it cannot be cut here)"
        show.say(
            f"{proof.receipt_bytes:,} bytes and the trust file in an empty folder; {where}, no "
            f"ledger, another process:"
        )
        for line in proof.steps:
            show.say(f"  {line}")
        show.say(f"One byte of it flipped: {_short(proof.forged, FORGED_MAX)}")

    def say_what_next(self, commands: Sequence[tuple[str, str]]) -> None:
        """List commands that work on the ledger left behind, each with what it shows."""
        self._show.step("试一试", f"try next, on the ledger left in {self._folder}")
        self._show.table(commands)


def next_commands(folder: Path, number: str, refused: bytes) -> list[tuple[str, str]]:
    """Return commands for the reader, each with what it shows.

    `number` is that of the scenario's invoice, `refused` the id of a transaction that was refused.
    """
    row = f"invoice.invoices:{number}"
    receipt = folder / RECEIPT_NAME
    return [
        (f"{_activate()}export TONGJIAN_HOME={folder}", "which ledger"),
        ("tongjian status", "where it stands"),
        (f"tongjian show {row}", "the invoice as it is now"),
        (f"tongjian history {row}", "each version it had"),
        (f"tongjian tx {refused.hex()}", "the second employer's claim, refused"),
        (f"tongjian receipt {row} -o {receipt}", "the invoice with its proof, one file"),
        (f"tongjian verify {receipt} --trust {folder}/{ANCHORS_NAME}", "anyone checks it, offline"),
        ("tongjian doctor --deep", "every block replayed, every byte read"),
    ]


def _activate() -> str:
    """Return what brings the program into reach, where it lives below this folder."""
    script = Path(sys.prefix) / "bin" / "activate"
    if not script.is_file() or not script.is_relative_to(Path.cwd()):
        return ""
    return f". {script.relative_to(Path.cwd())}; "


def app_hash(chain: Chain) -> str:
    """Return the app hash of the tip in hexadecimal: the commitment to state and log."""
    header = chain.header(chain.height)
    return compute_app_hash(chain.digest, header.state_root, header.log_root).hex()


def summary_of(done: Sequence[Imported]) -> str:
    """Say how many documents were recorded, known before and declined."""
    counts = Counter(one.status for one in done)
    return (
        f"{len(done)} files: {counts['recorded']} documents recorded, {counts['there already']} "
        f"files of documents already there, {counts['refused']} refused."
    )


def _short(text: str, length: int) -> str:
    return text if len(text) <= length else text[: length - 1] + "…"
