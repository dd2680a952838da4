"""A ledger with receipts of every kind, for verifiers to be tried on."""

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest
from shelf import THINGS, TOTALS
from small import CLERKS, OFFICES, START_MS, Small, change, drop, lend, put, use_shelf

from tongjian.core import values
from tongjian.core.operation import Act
from tongjian.engines.audit.bundles import make_bundle
from tongjian.engines.chain import Chain
from tongjian.engines.receipts import Receipts
from tongjian.node import founding
from tongjian.node.founding import Plan, PlanOffice, PlanOfficer
from tongjian.node.home import SEAL_KEY_NAME

LOW = THINGS.prefix
HIGH = LOW[:-1] + b"\x01"
"""The key after all things."""
LAST = b"\xff"
"""Above every key of a ledger."""


class Town(NamedTuple):
    """A ledger's receipts by name, the trust file they hold under, and what its operator can do."""

    receipts: dict[str, bytes]
    trust: str
    other_trust: str
    """Of another ledger under the same hash and suite."""
    seal: Callable[[bytes], bytes]
    """Sign by the operator's key."""
    bundles: dict[str, bytes]
    """Decision bundles by the name of the transaction that was decided."""


def _found(folder: Path, hash_name: str, suite: str, label: str) -> Small:
    offices = [
        PlanOffice(uscc=uscc, label=f"office-{n}", name=f"第{n}处", region="990100", kind="bureau")
        for n, uscc in enumerate(OFFICES)
    ]
    officers = [
        PlanOfficer(holder=clerk, office=uscc, roles=["clerk"])
        for clerk, uscc in zip(CLERKS, OFFICES, strict=True)
    ]
    plan = Plan(label=label, hash=hash_name, suite=suite, office=offices, officer=officers)
    founding.found(plan, folder, time_ms=START_MS)
    return Small(folder)


def _trust(small: Small) -> str:
    return (small.folder / "anchors.json").read_text("utf-8")


def _live(small: Small, chain: Chain) -> tuple[dict[str, bytes], dict[str, bytes]]:
    """Record acts until the state has several twigs; take receipts and bundles of each kind."""

    def record(*acts: Act) -> bytes:
        envelope = small.envelope(*acts)
        small.apply(chain, envelope)
        return small.identity(envelope, chain)

    def key(thing: str) -> bytes:
        return THINGS.key(values.name(thing))

    record(put("early", 7), put("changing", 1))
    early = chain.height
    record(change("changing", 2), lend("lent", small.now_ms + 1500))
    committed = record(put("both", 3), put("more", 4))
    (deadline,) = chain.body(chain.height).timers
    refused = record(put("both", 5))
    for block in range(20):
        names = [f"thing_{block:02d}{number:02d}" for number in range(40)]
        record(*(put(name, amount) for amount, name in enumerate(names)))
        record(*(drop(name) for name in names[::3]))

    receipts = Receipts(chain)
    several = receipts.draft()
    several.row(key("early"))
    several.row(key("no such thing"))
    several.range(key("thing_01"), key("thing_02"))
    several.transaction(committed)
    several.row(key("changing"))
    decided = {"committed": committed, "refused": refused, "deadline": deadline}
    bundles = {name: make_bundle(chain, identity) for name, identity in decided.items()}
    return {
        "row": receipts.of_row(key("changing")),
        "row at a past height": receipts.of_row(key("changing"), early),
        "row of a young twig": receipts.of_row(key("thing_1938")),
        "row of another table": receipts.of_row(TOTALS.key(OFFICES[0])),
        "absence": receipts.of_row(key("thing_1900")),
        "absence at a past height": receipts.of_row(key("both"), early),
        "absence after the last row": receipts.of_row(LAST),
        "absence before the first row": receipts.of_row(b"a"),
        "range": receipts.of_range(key("thing_101"), key("thing_103")),
        "range of all things": receipts.of_range(LOW, HIGH),
        "range of the whole state": receipts.of_range(b"a", LAST),
        "range at a past height": receipts.of_range(LOW, HIGH, early),
        "range without rows": receipts.of_range(key("a"), key("b")),
        "transaction committed": receipts.of_transaction(committed),
        "transaction refused": receipts.of_transaction(refused),
        "transaction of a deadline": receipts.of_transaction(deadline),
        "consistency": _continued(receipts, chain.height - 5),
        "consistency of one head": _continued(receipts, chain.height),
        "consistency with the first block": _continued(receipts, 1),
        "several statements": several.finish(),
    }, bundles


def _continued(receipts: Receipts, height: int) -> bytes:
    draft = receipts.draft()
    draft.consistency(height)
    return draft.finish()


def build_town(folder: Path, hash_name: str, suite: str = "ed25519") -> Town:
    """Found a ledger, let it live, and take its receipts."""
    with pytest.MonkeyPatch.context() as patch:
        use_shelf(patch.setattr)
        small = _found(folder / "town", hash_name, suite, "town")
        with small.opened() as chain:
            receipts, bundles = _live(small, chain)
        other = _found(folder / "other", hash_name, suite, "other")
        seal = small.home.key(SEAL_KEY_NAME).sign
        return Town(receipts, _trust(small), _trust(other), seal, bundles)
