"""A process under load is killed at random moments; whatever it had answered is there afterwards.

Eight rounds by default; `make faults`, or FAULT_ROUNDS in the environment, runs more.
"""

import os
import random
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from shelf import Change, Drop, Put
from small import OFFICES, Small, copy_of, things_of, totals_of, use_shelf

from tongjian.engines.chain import LOG_NAME, STORE_NAME, Chain
from tongjian.engines.solo import Status

HERE = Path(__file__).parent
SUPPORT = HERE.parent / "support"
ROUNDS = int(os.environ.get("FAULT_ROUNDS", "8"))
SEED = os.environ.get("FAULT_SEED", "1")
ROUNDS_A_LEDGER = 8
"""A ledger that has grown takes longer to check; after so many rounds a fresh one is taken."""


class Answer(NamedTuple):
    """What the process had printed of a transaction."""

    id: bytes
    status: str
    height: int
    refusal: str


def run_and_kill(folder: Path, seed: int, chance: random.Random) -> list[Answer]:
    """Start a process under load, kill it, and return what it had answered."""
    said = folder.with_suffix(".stderr")
    with (
        said.open("w", encoding="utf-8") as stderr,
        subprocess.Popen(
            [sys.executable, str(HERE / "under_load.py"), str(SUPPORT), str(folder), str(seed)],
            stdout=subprocess.PIPE,
            stderr=stderr,
            text=True,
        ) as child,
    ):
        assert child.stdout is not None
        if chance.random() < 0.8:
            assert child.stdout.readline() == "ready\n", said.read_text("utf-8")
        try:
            child.wait(timeout=chance.random() * 0.4)
        except subprocess.TimeoutExpired:
            child.kill()
        lines = child.stdout.read().split("\n")[:-1]  # the last may be cut short
    assert child.returncode == -9, said.read_text("utf-8")
    return [answer_of(line) for line in lines if line != "ready"]


def answer_of(line: str) -> Answer:
    identity, status, height, refusal = line.split(" ")
    return Answer(bytes.fromhex(identity), status, int(height), refusal)


def check_answers(chain: Chain, answers: list[Answer]) -> None:
    """Check that each answer stands on the ledger as it was given."""
    for answer in answers:
        assert answer.status in (Status.COMMITTED.name, Status.REFUSED.name), answer
        seen = chain.result(answer.id)
        assert seen is not None, f"{answer.id.hex()} was acknowledged and is lost"
        assert (seen[0], seen[2].outcome) == (answer.height, answer.refusal)


def recorded(chain: Chain) -> Iterator[tuple[str, list[Put | Change | Drop]]]:
    """Yield the office and the acts of each committed transaction, from the block log."""
    offices = {
        founded.id: chain.machine.directory.actor(founded.id).office
        for founded in chain.genesis.keys
    }
    for height in range(1, chain.height + 1):
        body = chain.body(height)
        for envelope, decision in zip(body.envelopes, body.decisions, strict=True):
            if not decision.outcome:
                transaction = chain.opener.open(envelope).transaction
                yield offices[transaction.signers[0]], list(transaction.acts)


def check_state(chain: Chain) -> None:
    """Check the state against a model that follows the log by itself."""
    things: dict[str, int] = {}
    totals: dict[str, tuple[int, int]] = dict.fromkeys(OFFICES, (0, 0))
    for office, acts in recorded(chain):
        for act in acts:
            if isinstance(act, Drop):
                del things[act.thing]
                continue
            assert isinstance(act, Put) == (act.thing not in things)
            things[act.thing] = act.amount
            if isinstance(act, Put):
                number, amount = totals[office]
                totals[office] = number + 1, amount + act.amount
    assert things_of(chain) == things
    assert totals_of(chain) == {office: total for office, total in totals.items() if total[0]}
    # No transaction is half applied: left and right always change together.
    left = {name[5:]: amount for name, amount in things.items() if name.startswith("left_")}
    right = {name[6:]: amount for name, amount in things.items() if name.startswith("right_")}
    assert left == right


def check_replay(small: Small, folder: Path, root: bytes) -> None:
    """Check that the block log alone gives the same root, and the same rows."""
    with small.opened() as chain:
        rows = things_of(chain)
    replayed = Small(copy_of(small.folder, folder))
    (folder / STORE_NAME).unlink()
    with replayed.opened() as chain:
        assert chain.commitment.tree.root() == root
        assert things_of(chain) == rows


@pytest.mark.slow
@pytest.mark.timeout(7200)
def test_nothing_acknowledged_is_lost_and_nothing_is_half_done(
    tmp_path: Path, founded: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    use_shelf(monkeypatch.setattr)
    answered = torn = behind = 0
    folder, answers = tmp_path, list[Answer]()
    for number in range(ROUNDS):
        if number % ROUNDS_A_LEDGER == 0:
            folder, answers = copy_of(founded, tmp_path / f"ledger-{number}"), []
        chance = random.Random(f"{SEED}/{number}")
        answers += run_and_kill(folder, number + 1, chance)
        small = Small(folder)
        with small.opened() as chain:
            torn += bool(chain.opened.cut_bytes)
            behind += bool(chain.opened.replayed)
            assert chain.opened.rebuilt == "", f"round {number} of seed {SEED}"
            check_answers(chain, answers)
            check_state(chain)
            root = chain.commitment.tree.root()
        if number % ROUNDS_A_LEDGER == ROUNDS_A_LEDGER - 1 or number == ROUNDS - 1:
            check_replay(small, tmp_path / f"replayed-{number}", root)
            answered += len(answers)
            assert (folder / LOG_NAME).stat().st_size > 0
    print(f"{ROUNDS} kills: {answered} answers kept, {torn} frames torn, {behind} states behind")
    assert answered > 20 * ROUNDS
