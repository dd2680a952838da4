"""The demonstration: a city is founded, lives a day, is defrauded seven times in vain.

`main` leaves a ledger behind on which every command works. Its exit code is not zero where
anything did not go as it must: a fraud that got through, a receipt that did not verify.
"""

import shutil
from pathlib import Path
from typing import Final

import msgspec

from tongjian.demo.city import FIRMS, City, make_city
from tongjian.demo.day import HOUR_MS, day_start
from tongjian.demo.show import Show, Watch
from tongjian.demo.stage import Clock, default_workers, play_on
from tongjian.demo.steps import Steps, next_commands
from tongjian.demo.told import Unexpected
from tongjian.node.clock import now_ms

FOLDER: Final = Path("demo-ledger")
MARKER: Final = "demo.json"
"""Stands in the folder of a demonstration; only such a folder is ever replaced."""
FORMAT: Final = "tongjian-demo/1"
INVOICES: Final = 3000
DAYS_BEFORE: Final = 4
"""How far back the city's day lies: 72 hours and a night fit between it and today."""
FOUNDING_MS: Final = 8 * HOUR_MS


class Marker(msgspec.Struct, frozen=True):
    """What the marker file says."""

    format: str
    seed: int


class FolderOccupied(Exception):
    """A folder that holds something else than a demonstration; nothing in it was touched."""


def main(
    folder: Path | None = None,
    *,
    invoices: int = INVOICES,
    seed: int = 1,
    firms: int = FIRMS,
    workers: int | None = None,
    suite: str = "ed25519",
) -> int:
    """Tell the story and return the exit code.

    The ledger stays in `folder` (`demo-ledger` where none is given). `suite` is that of all keys;
    with `sm2` the ledger hashes with SM3. Raises `FolderOccupied`.
    """
    where = FOLDER if folder is None else folder
    make_room(where, seed)
    show, whole = Show(), Watch()
    show.title("Tongjian 通鉴: a day of an invented city, seven frauds, one receipt")
    steps = Steps(show, where, seed)
    checkers = default_workers() if workers is None else workers
    try:
        _tell(steps, make_city(seed, firms=firms, suite=suite), invoices, checkers)
    except Unexpected as surprise:
        steps.fail(str(surprise))
    if steps.failures:
        show.step("失败", "what did not go as it must")
        for failure in steps.failures:
            show.failed(failure)
        return 1
    show.title(f"\nAll of it in {whole.seconds}, and every fraud was stopped.")
    return 0


def _tell(steps: Steps, city: City, invoices: int, workers: int) -> None:
    """Tell the steps in order."""
    start_ms = day_start(now_ms(), days_before=DAYS_BEFORE)
    clock = Clock(start_ms + FOUNDING_MS)
    home = steps.found(city, clock())
    with play_on(home, city, clock, workers=workers) as stage:
        scenario = steps.live_a_day(stage, start_ms, invoices)
        steps.keep_a_deadline(scenario)
        clock.run()
        steps.import_documents(stage)
        frauds = steps.defraud(stage, scenario.number)
        steps.give_a_receipt(stage, scenario.number)
    if frauds and not steps.failures:
        claim = frauds[0].tries[1].transaction
        steps.say_what_next(next_commands(home.folder, scenario.number, claim))


def make_room(folder: Path, seed: int) -> None:
    """Make the folder of a demonstration, in place of an earlier demonstration there.

    Raises `FolderOccupied` where the folder holds anything else.
    """
    if folder.is_symlink() or (folder.exists() and not folder.is_dir()):
        msg = f"{folder} is not a folder; give the demonstration another"
        raise FolderOccupied(msg)
    if folder.exists() and any(folder.iterdir()):
        if not is_demonstration(folder):
            msg = f"{folder} holds something else than a demonstration; give it another folder"
            raise FolderOccupied(msg)
        shutil.rmtree(folder)
    folder.mkdir(parents=True, exist_ok=True)
    # Before anything else, so that a demonstration that was interrupted can be replaced.
    (folder / MARKER).write_bytes(msgspec.json.encode(Marker(format=FORMAT, seed=seed)) + b"\n")


def is_demonstration(folder: Path) -> bool:
    """Say whether a folder was made by a demonstration."""
    try:
        return msgspec.json.decode((folder / MARKER).read_bytes(), type=Marker).format == FORMAT
    except (OSError, msgspec.MsgspecError, UnicodeDecodeError):
        return False
