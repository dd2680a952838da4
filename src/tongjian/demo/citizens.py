"""Invented citizens: who has a number, who has keys, who lost one, and who tries to take another's.

A citizen has a pseudonym for each domain in which they act, drawn apart from the others, so that
nothing in one leads to the next. Most have no network number and no key: the counter serves them.
Some recoveries are a thief's; whoever tests knows from `should` how each ends by the rules.
"""

from collections.abc import Iterator
from typing import Final, NamedTuple

from tongjian.demo.seeded import Seeded

DOMAINS: Final = ("land", "invoice", "procurement")
CAPACITIES: Final = ("child", "minor", "adult")
CAPACITY_WEIGHTS: Final = (12, 8, 80)
NUMBER_PPM: Final = 450_000
KEY_PPM: Final = 600_000
"""Of those who have a number, who also has keys of their own."""
LOST_PPM: Final = 80_000
THIEF_PPM: Final = 300_000
"""Of the recoveries, those that somebody else asks for."""
DEAD_PPM: Final = 20_000
_ALPHABET: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"


class Known(NamedTuple):
    """How one domain knows a citizen."""

    domain: str
    person: bytes
    """The pseudonym."""
    secret: bytes
    """32 bytes of which a key is made, for this domain alone; empty where there is none."""


class Citizen(NamedTuple):
    """One invented person, as the identity office's own files would have them."""

    tag: bytes
    """Keyed code, as the office computes it."""
    number: str
    """Network number; empty for who wants none."""
    capacity: str
    known: tuple[Known, ...]
    guardian: int
    """Place in the list of the adult who answers for a child or minor; -1 for none."""
    recovery: str
    """`own` after a loss, `thief` where somebody else asks, empty mostly."""
    is_dead: bool

    @property
    def should(self) -> str:
        """How a recovery ends by the rules: `completed`, `objected`, or nothing where none is."""
        return {"own": "completed", "thief": "objected", "": ""}[self.recovery]


def citizens(seed: int, amount: int) -> Iterator[Citizen]:
    """Yield so many citizens, the same for the same seed; the first is of age and alive.

    Guardians stand earlier in the list than those for whom they answer.
    """
    source = Seeded(seed)
    adults: list[int] = []
    for place in range(amount):
        own = source.branch(f"citizen {place}")
        capacity = own.weighted(CAPACITIES, CAPACITY_WEIGHTS) if adults else "adult"
        guardian = own.choice(adults) if capacity != "adult" else -1
        citizen = _citizen(own, capacity, guardian, may_die=bool(adults))
        if capacity == "adult" and not citizen.is_dead:
            adults.append(place)
        yield citizen


def _citizen(own: Seeded, capacity: str, guardian: int, *, may_die: bool) -> Citizen:
    has_number = own.chance(NUMBER_PPM)
    has_key = has_number and capacity == "adult" and own.chance(KEY_PPM)
    domains = [domain for domain in DOMAINS if own.chance(500_000)] or [DOMAINS[0]]
    is_lost = has_key and own.chance(LOST_PPM)
    return Citizen(
        tag=_bytes(own, 32),
        number=own.text(_ALPHABET, 24) if has_number else "",
        capacity=capacity,
        known=tuple(
            Known(domain, _bytes(own, 16), _bytes(own, 32) if has_key else b"")
            for domain in domains
        ),
        guardian=guardian,
        recovery=("thief" if own.chance(THIEF_PPM) else "own") if is_lost else "",
        is_dead=may_die and own.chance(DEAD_PPM),
    )


def _bytes(own: Seeded, size: int) -> bytes:
    return b"".join(own.bits().to_bytes(8, "big") for _ in range(size // 8))
