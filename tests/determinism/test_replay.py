"""The same blocks give the same app hashes in every process, place, language and Python."""

import fcntl
import hashlib
import json
import os
import random
import re
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import replay
from invoice_town import Town
from toy import CITY, HARBOUR, PROVINCE, Found, Suspend, Tariff, ToyWorld
from toy import opening as open_
from toy import paying as pay
from toy import planning as plan
from toy_bank import CloseAccount, Grant, Price, Vote

from tongjian.core import values
from tongjian.core.operation import Act
from tongjian.testkit import Person

ROOT = Path(__file__).parents[2]
PLACES = {CITY: "city", HARBOUR: "harbour", PROVINCE: "province"}
OWNERS = list(PLACES)

# ------------------------------------------------------------------------------- what is replayed


def toy_life(seed: int, blocks: int) -> replay.Steps:
    """Live through random blocks of the toy world: all acts, many of them refused."""
    chance = random.Random(seed)
    world = ToyWorld()
    steps = replay.record(world)
    owners = {f"{place}{n}": uscc for n in range(8) for uscc, place in PLACES.items()}
    teller = world.who("teller of city")
    for account, owner in owners.items():
        world.accepts(teller, act=open_(account, owner, 1000))
    for _ in range(blocks):
        world.now_ms += chance.randrange(5000)
        world.block(*(one_transaction(chance, world, list(owners)) for _ in range(20)))
    return steps


def one_transaction(
    chance: random.Random, world: ToyWorld, accounts: list[str]
) -> tuple[tuple[Person, ...], tuple[Act, ...]]:
    def account() -> str:
        return chance.choice(accounts)

    def acts() -> list[Act]:
        target, amount = account(), chance.randrange(60)
        source = account()
        return [
            pay(source, target, chance.randrange(1500)),
            pay(source, source, amount),
            open_(account() + "x" * chance.randrange(3), chance.choice(OWNERS), amount),
            CloseAccount(account=values.name(source)),
            Grant(account=values.name(target), amount=values.fen(10**16 - 900)),
            Vote(motion=values.name("motion")),
            plan(world.now_ms + chance.randrange(9000), source, target, amount, times=3),
            Price(),
            Tariff(fee=values.fen(amount), from_ms=values.time_ms(world.now_ms)),
            Found(office=values.uscc(HARBOUR), region=values.region("990106")),
            Suspend(key=values.key_id(chance.choice(list(world.people.values())).key), what="key"),
        ]

    weights = (40, 1, 3, 3, 4, 4, 5, 6, 1, 1, 0.02)
    chosen = tuple(chance.choices(acts(), weights)[0] for _ in range(chance.randrange(1, 4)))
    who = chance.sample(list(world.people.values()), chance.randrange(1, 12))
    return tuple(who), chosen


STORY = """
    issue 1 kind=special subtotals=13%:1000.00+130.00        accepted
    deliver 1                                                accepted
    confirm_deduction 1                                      accepted
    issue 2 kind=ordinary buyer=city subtotals=6%:100.00+6.00 accepted
    deliver 2                                                accepted
    reimburse 2 claimant=city amount=60.00 voucher=v1        accepted
    reimburse 2 claimant=city amount=46.01 voucher=v2        refused CLAIMS_EXCEED_TOTAL
    request_red 1 party=alpha subtotals=13%:100.00+13.00     accepted
    request_red 2 party=alpha subtotals=6%:10.00+0.60        accepted
    wait 72h
"""


def invoice_life() -> replay.Steps:
    """Live through the invoices of a town, with a deadline that passes."""
    town = Town()
    steps = replay.record(town.world)
    town.open_for_business().run(STORY)
    return steps


@cache
def recorded() -> dict[str, Any]:
    return {"toy": toy_life(7, 30), "catalogue": invoice_life()}


@cache
def expected() -> list[str]:
    return replay.report(recorded())


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    path = tmp_path / "recording.json"
    path.write_text(json.dumps(recorded()), "utf-8")
    return path


def replayed(python: str, recording: Path, folder: Path, *options: str, **environment: str) -> str:
    """Replay in a process of its own, with nothing of this one's environment but what is given."""
    own = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": os.pathsep.join(str(ROOT / part) for part in ("src", "tests/support")),
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    command = [python, *options, str(ROOT / "tests/support/replay.py"), str(recording)]
    done = subprocess.run(
        command,
        cwd=folder,
        env=own | environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=110,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


# ------------------------------------------------------------------------------------------- tests


def test_the_recording_is_of_many_heights_outcomes_and_deadlines() -> None:
    lines = expected()
    text = "\n".join(lines)
    for outcome in ("kernel/11", "kernel/12", "bank/1", "bank/3", "bank/4", "invoice/"):
        assert outcome in text
    heights = [line for line in lines if re.fullmatch(r"[0-9]+ [0-9a-f]{64} .*", line)]
    assert len(heights) > 100
    hashes = [line.split()[1] for line in heights]
    assert len(frozenset(hashes)) > 0.9 * len(hashes)
    deadlines = [step for step in recorded()["toy"] if "height" in step]
    assert any(
        line.split(" ", 2)[2].count(",") + 1 > len(step["envelopes"]) > 1
        for line, step in zip(lines[2:], deadlines, strict=False)
    )
    assert int(lines[-1].split()[0]) > 50


ENVIRONMENTS: dict[str, tuple[tuple[str, ...], dict[str, str]]] = {
    "hash seed 0": ((), {"PYTHONHASHSEED": "0"}),
    "hash seed 4711, Kathmandu, Turkish": (
        (),
        {"PYTHONHASHSEED": "4711", "TZ": "Asia/Kathmandu", "LC_ALL": "tr_TR.UTF-8"},
    ),
    "random hashes, west of the date line, Latin-1": (
        (),
        {"PYTHONHASHSEED": "random", "TZ": "Etc/GMT+12", "LANG": "de_DE.ISO-8859-1"},
    ),
    "ASCII only, without assertions": (
        ("-O",),
        {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONIOENCODING": "ascii", "TZ": "UTC"},
    ),
    "in development mode, in Chinese": (
        ("-X", "dev"),
        {"LANG": "zh_CN.UTF-8", "TZ": "Asia/Shanghai"},
    ),
}


@pytest.mark.parametrize("name", ENVIRONMENTS)
def test_an_environment_changes_no_app_hash(name: str, recording: Path, tmp_path: Path) -> None:
    options, environment = ENVIRONMENTS[name]
    folder = tmp_path / "elsewhere" / name.replace(" ", "_")
    folder.mkdir(parents=True)
    printed = replayed(sys.executable, recording, folder, *options, **environment)
    assert printed.splitlines() == expected()


# ----------------------------------------------------------------------------- other interpreters

PACKAGES = ("cffi", "msgspec", "py-ed25519-zebra-bindings", "pycparser", "pynacl")
"""What the deterministic zone imports, from the pins of requirements/run.txt."""


def pythons() -> dict[str, str]:
    """Find one interpreter for each other Python 3 from 3.11: on the path, or kept by pyenv."""
    kept = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    found: dict[str, str] = {}
    for minor in range(11, 20):
        if minor != sys.version_info.minor:
            places = [shutil.which(f"python3.{minor}"), *kept.glob(f"3.{minor}.*/bin/python")]
            works = [str(place) for place in places if place and runs(str(place), minor)]
            if works:
                found[f"3.{minor}"] = works[-1]
    return found


def runs(python: str, minor: int) -> bool:
    """Say whether an interpreter starts, is what its name says, and can make environments."""
    code = "import sys, venv; print(sys.version_info.minor)"
    done = subprocess.run([python, "-c", code], capture_output=True, text=True, check=False)
    return done.stdout.strip() == str(minor)


def pins() -> str:
    """Take the packages that are needed out of the pinned requirements, hashes included."""
    text = (ROOT / "requirements/run.txt").read_text("utf-8")
    blocks = re.findall(r"^[a-z0-9].*?(?=^[a-z0-9]|\Z)", text, re.DOTALL | re.MULTILINE)
    wanted = [block for block in blocks if re.split(r"[=\s;]", block)[0].lower() in PACKAGES]
    assert len(wanted) == len(PACKAGES)
    return "".join(wanted)


def environment_of(version: str, python: str) -> Path:
    """Make, once, a virtual environment in the checkout; skip where the packages do not come."""
    home = ROOT / f".venv-{version}"
    stamp, wanted = home / "pins.sha256", hashlib.sha256(pins().encode()).hexdigest()
    locks = ROOT / ".venv-locks"
    locks.mkdir(exist_ok=True)
    with (locks / version).open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not stamp.is_file() or stamp.read_text() != wanted:
            shutil.rmtree(home, ignore_errors=True)
            subprocess.run([python, "-m", "venv", str(home)], check=True, timeout=60)
            (home / "pins.txt").write_text(pins())
            pip = [str(home / "bin/python"), "-m", "pip", "--disable-pip-version-check", "install"]
            done = subprocess.run(
                [*pip, "-q", "--require-hashes", "-r", str(home / "pins.txt")],
                capture_output=True,
                text=True,
                check=False,
                timeout=100,
            )
            if done.returncode:
                pytest.skip(f"the packages for Python {version} do not come: {done.stderr[-200:]}")
            stamp.write_text(wanted)
    return home / "bin/python"


PYTHONS = pythons()


@pytest.mark.slow
@pytest.mark.skipif(not PYTHONS, reason="no other Python from 3.11 is on this machine")
@pytest.mark.parametrize("version", PYTHONS or ["none"])
def test_another_python_changes_no_app_hash(version: str, recording: Path, tmp_path: Path) -> None:
    python = environment_of(version, PYTHONS[version])
    printed = replayed(str(python), recording, tmp_path, PYTHONHASHSEED="random")
    assert printed.splitlines() == expected()
