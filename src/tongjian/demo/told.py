"""What the story tells: what was tried, what the ledger answered, by which rule; and the words.

A fraud that succeeds, or is stopped by another rule than the one it breaks, is `Unexpected`: the
demonstration then fails and says so.
"""

import tomllib
from functools import cache
from importlib.resources import files
from typing import Any, NamedTuple

from tongjian.core.directory import Kernel
from tongjian.core.operation import Act, RefusalCode
from tongjian.core.registry import Registry
from tongjian.engines.solo import Outcome, Status

NOT_ON_LEDGER = {
    Status.TURNED_AWAY: "turned away, not recorded",
    Status.MALFORMED: "malformed, not recorded",
    Status.NOT_RECORDED: "not recorded",
    Status.UNKNOWN: "unknown",
}


class Unexpected(Exception):
    """Something of the story did not go as it must; the text says what."""


class Try(NamedTuple):
    """Hold one attempt and what came of it."""

    tried: str
    verdict: str
    """What became of it, with the number of a refusal."""
    sentence: str = ""
    """Why, in the words of the ledger, the reader or the verifier."""
    rule: str = ""
    """The article or standard that it rests on, or who may."""
    transaction: bytes = b""
    """Its id, where the attempt was a transaction."""


class Fraud(NamedTuple):
    """Hold a fraud and all attempts at it."""

    letter: str
    zh: str
    en: str
    tries: tuple[Try, ...]


def expect(holds: bool, what: str) -> None:  # noqa: FBT001 - reads as a sentence
    """Raise `Unexpected` with what should have been, unless it holds."""
    if not holds:
        raise Unexpected(what)


def expect_refused(registry: Registry, outcome: Outcome, code: RefusalCode, what: str) -> None:
    """Raise `Unexpected` unless the outcome is the refusal of this code."""
    number, _, name = _refusal_of(registry, outcome.refusal) if outcome.refusal else ("", "", "")
    found = name or outcome.status.value
    expect(name == code.name, f"{what}: expected {code.name}, got {found} {number}".rstrip())


def expect_committed(registry: Registry, outcome: Outcome, what: str) -> None:
    """Raise `Unexpected` unless the transaction is committed."""
    if outcome.status is Status.COMMITTED:
        return
    _, sentence, name = _refusal_of(registry, outcome.refusal) if outcome.refusal else ("", "", "")
    raise Unexpected(f"{what}: {outcome.status.value} {name} {sentence or outcome.detail}".rstrip())


def attempt(registry: Registry, tried: str, outcome: Outcome, act: Act) -> Try:
    """Return an attempt with the answer that the engine gave: number, sentence, article."""
    identity = outcome.id
    if outcome.status is Status.COMMITTED:
        return Try(tried, f"committed at height {outcome.height}", transaction=identity)
    where = NOT_ON_LEDGER.get(outcome.status, f"refused at height {outcome.height}")
    if not outcome.refusal:
        return Try(tried, where, outcome.detail, transaction=identity)
    number, sentence, name = _refusal_of(registry, outcome.refusal)
    operation = registry.tags[str(act.__struct_config__.tag)]
    rule = "" if number.startswith("kernel") else operation.law
    if name == Kernel.NOT_PERMITTED.name:
        rule = f"who may: {operation.by.words()}"
    return Try(tried, f"{where}, {number} {name}", sentence, rule, identity)


def _refusal_of(registry: Registry, refusal: str) -> tuple[str, str, str]:
    """Return number, sentence and name of a refusal that the log writes `service/number@act`."""
    number = refusal.partition("@")[0]
    service, _, digits = number.partition("/")
    codes: type[RefusalCode] = Kernel
    if service in registry.services:
        codes = registry.services[service].refusals
    for code in codes:
        if code.number == int(digits):
            zh = _sentences(service).get(code.name, "")
            return number, f"{zh} {code.sentence}".strip(), code.name
    return number, "", ""


@cache
def _sentences(service: str) -> dict[str, Any]:
    """Return the Chinese sentences of a service's refusals by name."""
    path = files("tongjian.services").joinpath(service, "words.toml")
    if not path.is_file():
        return {}
    found: dict[str, Any] = tomllib.loads(path.read_text(encoding="utf-8")).get("refusals", {})
    return found


def yuan(amount_fen: int) -> str:
    """Return an amount in yuan with its decimals and separators: 1,130,000.00."""
    whole, cents = divmod(amount_fen, 100)
    return f"{whole:,}.{cents:02d}"
