"""What is settled before the first invoice: charters by vote, taxpayers and their limits."""

from collections.abc import Iterator, Mapping
from typing import Final

from tongjian.core.arithmetic import div_ceil
from tongjian.core.hashing import Hash, compute_commitment
from tongjian.core.operation import Act
from tongjian.core.values import digest, fen, name, uscc
from tongjian.demo.city import GOVERNING, City, Member, bureau_of
from tongjian.demo.day import MINUTE_MS, Request
from tongjian.demo.papers import draw_bytes
from tongjian.demo.seeded import Seeded
from tongjian.services.invoice.acts import SetLimit, SetTaxpayer
from tongjian.services.membership.acts_offices import CharterKind

TAXPAYERS_MAX: Final = 200
"""Registered in one transaction, with their limits."""
LIMIT_STEP_FEN: Final = 100_000_000
"""Limits are whole millions of yuan."""
LIMIT_SMALL_FEN: Final = 100_000_000
LIMIT_FEN: Final = 1_000_000_000
CHARTERS: Final = {
    "data_bureau": (("registrar", "registrar_checker", "accountant", "finance"), ()),
    "tax_bureau": (("tax_officer", "tax_approver", "accountant", "finance"), ("firm",)),
    "finance_bureau": (("accountant", "finance", "tax_clerk"), ("hospital", "university")),
    "firm": (("issuer", "tax_clerk", "accountant", "finance"), ()),
}
"""By kind of office: roles it may give, kinds it may register below itself."""


def opening(
    city: City, seed: int, issued_fen: Mapping[str, int], start_ms: int, hash_: Hash
) -> Iterator[Request]:
    """Yield what is asked before the doors open, a minute apart.

    `issued_fen` is what each seller is about to issue: its limit covers that and some more.
    """
    moment = start_ms
    governors = tuple(f"{short}-governor" for short in GOVERNING)
    charters = tuple(
        CharterKind(
            kind=name(kind),
            roles=tuple(name(role) for role in roles),
            kinds_below=tuple(name(below) for below in kinds_below),
        )
        for kind, (roles, kinds_below) in CHARTERS.items()
    )
    yield Request(moment, governors, charters)
    seeded = Seeded(seed).branch("opening")
    by_bureau: dict[tuple[str, str], list[Member]] = {}
    for member in city.members:
        by_bureau.setdefault(bureau_of(member.firm.region), []).append(member)
    for bureau, members in by_bureau.items():
        for start in range(0, len(members), TAXPAYERS_MAX):
            moment += MINUTE_MS
            acts: list[Act] = []
            for member in members[start : start + TAXPAYERS_MAX]:
                acts += _registered(member, issued_fen, seeded, hash_)
            yield Request(moment, bureau, tuple(acts))


def _registered(
    member: Member, issued_fen: Mapping[str, int], seeded: Seeded, hash_: Hash
) -> tuple[Act, Act]:
    code = member.firm.uscc
    salt = draw_bytes(seeded, 32)
    notice = digest(compute_commitment(hash_, salt, f"notice to {code}".encode()))
    floor = LIMIT_SMALL_FEN if member.is_small else LIMIT_FEN
    limit = max(floor, div_ceil(issued_fen.get(code, 0), LIMIT_STEP_FEN) * 2 * LIMIT_STEP_FEN)
    return (
        SetTaxpayer(
            taxpayer=uscc(code),
            kind="small" if member.is_small else "general",
            grade=seeded.weighted(("A", "B", "M", "C"), (3, 5, 2, 1)),
            notice=notice,
        ),
        SetLimit(taxpayer=uscc(code), limit_fen=fen(limit), reason="first", notice=notice),
    )
