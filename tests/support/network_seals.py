"""Receipts of a town sealed by a network that its tests made, and what both verifiers say."""

from collections.abc import Iterator, Sequence
from typing import Any

from network_forger import Member, Network, network_of, receipt_of, set_hash, trust_of
from receipt_forger import Parts, take_apart
from receipt_town import Town
from second_verifier import Case, assert_agreement

FOUR = [Member(number) for number in range(4)]
NEXT = [Member(0), Member(1), Member(4), Member(5)]
"""Half of the power has changed: a third of it may follow."""
LATER = [Member(4), Member(5), Member(6), Member(7)]
STRANGERS = [Member(number) for number in range(20, 24)]
UNEVEN = [Member(0, 1), Member(1, 2), Member(2, 3), Member(3, 4)]
SEAL = (3, "seal")

Named = Iterator[tuple[str, Any]]


class Sealed:
    """A receipt of a town whose header a network seals instead of the operator."""

    def __init__(self, town: Town, name: str = "row", members: Sequence[Member] = FOUR) -> None:
        self.town = town
        self.parts: Parts = take_apart(town.receipts[name])
        self.network: Network = network_of(self.parts)
        self.set = set_hash(members)
        self.trust = trust_of(town.trust, self.set)

    def receipt(self, *steps: Any, trusted: Sequence[Any] = (), **other: Any) -> bytes:
        return receipt_of(self.parts, [list(trusted), list(steps)], **other)

    def case(self, name: str, *steps: Any, trusted: Sequence[Any] = (), **other: Any) -> Case:
        return Case(name, self.receipt(*steps, trusted=trusted, **other), self.trust)

    def cases(self, certificates: Named) -> list[Case]:
        return [
            Case(name, receipt_of(self.parts, made, self.set), self.trust)
            for name, made in certificates
        ]


def assert_refused(asked: list[Case]) -> None:
    said = assert_agreement(asked)
    assert [case.name for case, one in zip(asked, said, strict=True) if one.failed != SEAL] == []


def assert_held(asked: list[Case]) -> None:
    said = assert_agreement(asked)
    assert [(case.name, one) for case, one in zip(asked, said, strict=True) if not one.held] == []
