"""A real ledger on disk with a court, a notary and a platform, for tests of evidence packages."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any, Final, cast

from evidence_town import OFFICES, ROLES, USCC, Court

from tongjian.core.envelope import compose, seal_envelope, signed_message
from tongjian.engines.chain import Chain
from tongjian.node import founding
from tongjian.node.founding import Plan, PlanOffice, PlanOfficer
from tongjian.node.home import SEAL_KEY_NAME, Home
from tongjian.node.keys import SealKeys
from tongjian.testkit import Person

START_MS: Final = 1_795_060_800_000


class CourtLedger(Court):
    """Plays the lines of a `Court` on a ledger of its own, with real keys and seals."""

    def __init__(self, folder: Path) -> None:
        plan = Plan(
            label="court",
            office=[
                PlanOffice(
                    uscc=USCC[name],
                    label=name,
                    name=name,
                    region=region,
                    kind=kind,
                    parent=USCC.get(parent, ""),
                )
                for name, (_, region, kind, parent) in OFFICES.items()
            ],
            officer=[
                PlanOfficer(holder=holder, office=USCC[office], roles=[role])
                for holder, office, role in _posts()
            ],
        )
        self.home: Home = founding.found(plan, folder, time_ms=START_MS)
        self.folder = folder
        self.world = cast(Any, SimpleNamespace(now_ms=START_MS, height=0))
        officers = {key.key.officer: key for key in self.home.genesis().keys}
        self.people = {}
        for holder, office, role in _posts():
            pair = self.home.key(holder)
            officer = next(o for o, k in officers.items() if k.key.public == pair.public)
            self.people[f"{office}.{role}"] = Person(holder, pair.id, officer, b"", USCC[office])
        self._nonce = 0

    def line(self, line: str) -> None:
        """Play one line in a block of its own; every one must be accepted."""
        who, acts = self.transaction(line.removesuffix("accepted").strip())
        self._nonce += 1
        with self.home.open(writable=True) as chain:
            self._apply(chain, who, acts)

    def _apply(self, chain: Chain, who: tuple[Person, ...], acts: list[Any]) -> None:
        self.world.now_ms = max(self.world.now_ms, START_MS) + 1000
        body = compose(
            chain=chain.chain_id,
            expiry=chain.height + 1000,
            nonce=self._nonce.to_bytes(16, "big"),
            signers=tuple(person.key for person in who),
            acts=tuple(acts),
        )
        message = signed_message(chain.chain_id, body)
        keys = [self.home.key(person.name) for person in who]
        envelope = seal_envelope(body, tuple(key.sign(message) for key in keys))
        seal = SealKeys(self.home.key(SEAL_KEY_NAME))
        height, applied = chain.apply(self.world.now_ms, [chain.opener.open(envelope)], seal)
        self.world.height = height
        outcome = applied.results[-1].outcome
        if outcome:
            raise AssertionError(outcome)


def _posts() -> list[tuple[str, str, str]]:
    """Return holder, office and role of each post."""
    return [
        (f"{office}-{role}".replace("_", "-"), office, role)
        for office, roles in ROLES.items()
        for role in dict.fromkeys(roles)
    ]
