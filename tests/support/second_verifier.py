"""The verifier in JavaScript beside that of the program: both asked the same, case by case."""

import json
import shutil
import subprocess
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tongjian.verifier.anchors import Anchors, AnchorsInvalid
from tongjian.verifier.receipt import VerificationFailed, verify_receipt

ROOT = Path(__file__).parents[2]
JS = ROOT / "verifiers/js"
_BATCH = ROOT / "tests/verifiers/batch.mjs"

needs_js = pytest.mark.skipif(
    shutil.which("node") is None or not (JS / "node_modules/.stamp").is_file(),
    reason="needs Node and `make js`",
)


def build_page(target: Path) -> Path:
    """Build the page from its sources into one file."""
    command = ["node", str(JS / "build.mjs"), str(target)]
    subprocess.run(command, check=True, capture_output=True)
    return target


class Case(NamedTuple):
    """A receipt that somebody might hand in, and the trust file it is held against."""

    name: str
    receipt: bytes
    trust: str
    not_before_ms: int | None = None
    """What the client demands of the header's time."""


class Verdict(NamedTuple):
    """The steps that held, or the one that did not; `unusable` where the trust file is none."""

    held: tuple[str, ...] = ()
    failed: tuple[int, str] | None = None
    unusable: bool = False
    why: str = ""

    @property
    def said(self) -> tuple[object, ...]:
        """What both verifiers must say alike: all but the sentence."""
        return (self.held, self.failed, self.unusable)


@cache
def _anchors(trust: str) -> Anchors:
    return Anchors.decode(trust.encode())


def verdict(case: Case) -> Verdict:
    """Ask the program's verifier."""
    try:
        verified = verify_receipt(case.receipt, _anchors(case.trust), case.not_before_ms)
    except AnchorsInvalid as error:
        return Verdict(unusable=True, why=str(error))
    except VerificationFailed as error:
        return Verdict(failed=(error.step, error.title), why=error.why)
    return Verdict(held=tuple(step.title for step in verified.steps))


def _read(line: str) -> Verdict:
    said = json.loads(line)
    if "broken" in said:
        pytest.fail(said["broken"])
    if "unusable" in said:
        return Verdict(unusable=True, why=said["unusable"])
    if "step" in said:
        return Verdict(failed=(said["step"], said["title"]), why=said["why"])
    return Verdict(held=tuple(said["titles"]))


def _ask(questions: list[dict[str, Any]]) -> list[str]:
    """Ask the program of the tests in one process; return a line for each question."""
    done = subprocess.run(
        ["node", _BATCH],
        input="".join(json.dumps(each) + "\n" for each in questions),
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.splitlines()


def ask(questions: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Ask the verifier in JavaScript about other things than receipts, each with its `kind`."""
    answers: list[dict[str, Any]] = [json.loads(line) for line in _ask(questions)]
    broken = [each["broken"] for each in answers if "broken" in each]
    assert broken == []
    assert len(answers) == len(questions)
    return answers


def second_verdicts(cases: list[Case]) -> list[Verdict]:
    """Ask the verifier in JavaScript, once for all cases."""
    asked = [
        {
            "receipt": case.receipt.hex(),
            "trust": case.trust,
            "not_before_ms": case.not_before_ms,
        }
        for case in cases
    ]
    return [_read(line) for line in _ask(asked)]


def cases(trust: str, receipts: Iterable[tuple[str, bytes]]) -> list[Case]:
    """Hold named receipts against one trust file."""
    return [Case(name, receipt, trust) for name, receipt in receipts]


def assert_agreement(cases: list[Case]) -> list[Verdict]:
    """Ask both about each case; they must agree on the verdict and on the step that fails."""
    second = second_verdicts(cases)
    assert len(second) == len(cases)
    first = [verdict(case) for case in cases]
    differing = [
        f"{case.name}: program {one}, JavaScript {two}"
        for case, one, two in zip(cases, first, second, strict=True)
        if one.said != two.said
    ]
    assert differing == [], "\n".join(differing)
    return first
