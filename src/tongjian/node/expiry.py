"""What stops working if nobody acts: keys, roles and deputyships that end within some days.

Expiry never stops the chain: deadlines run and blocks are sealed whatever officers' keys do. It
stops people, and this says whom, when, and what nobody could do then.
"""

from collections.abc import Iterator
from typing import Final, NamedTuple

from tongjian.core.directory import KEYS, OFFICERS, OFFICES, Key, Officer, rows_below
from tongjian.core.permission import roles_of
from tongjian.core.standing import STANDINGS, Standing
from tongjian.engines.chain import Chain
from tongjian.services.membership.records_certificates import CERTIFICATES

DAY_MS: Final = 24 * 3_600_000


class Ending(NamedTuple):
    """Something that ends at a moment."""

    at_ms: int
    kind: str
    """`key`, `certificate`, `role`, `deputy`, `nobody` where an office loses its last of a role."""
    office: str
    officer: bytes
    what: str
    """Id of the key, or name of the role."""
    acts: tuple[str, ...]
    """Acts that name the role, where nobody is left."""


def endings(chain: Chain, from_ms: int, days: int) -> list[Ending]:
    """Return what ends within days from a moment, soonest first."""
    until_ms = from_ms + days * DAY_MS
    officers: dict[bytes, Officer] = {key[0]: row for key, row in rows_below(chain.store, OFFICERS)}
    keys: list[tuple[bytes, Key]] = [(key[0], row) for key, row in rows_below(chain.store, KEYS)]
    found = [
        *_ends_of_keys(officers, keys, from_ms, until_ms),
        *_ends_of_certificates(chain, officers, dict(keys), from_ms, until_ms),
        *_ends_of_roles(officers, from_ms, until_ms),
        *_ends_of_deputies(chain, officers, from_ms, until_ms),
    ]
    found += _nobody_left(chain, officers, keys, from_ms, [one.at_ms for one in found])
    return sorted(found)


def _ends_of_keys(
    officers: dict[bytes, Officer], keys: list[tuple[bytes, Key]], from_ms: int, until_ms: int
) -> Iterator[Ending]:
    for identity, key in keys:
        if not key.revoked_height and from_ms < key.until_ms <= until_ms:
            office = officers[key.officer].office
            yield Ending(key.until_ms, "key", office, key.officer, identity.hex(), ())


def _ends_of_certificates(
    chain: Chain,
    officers: dict[bytes, Officer],
    keys: dict[bytes, Key],
    from_ms: int,
    until_ms: int,
) -> Iterator[Ending]:
    """Yield the last certificate of each key that counts; the one before it ended in order."""
    last: dict[bytes, int] = {}
    for (key, _), row in rows_below(chain.store, CERTIFICATES):
        last[key] = max(last.get(key, 0), row.until_ms)
    for key, ends_ms in last.items():
        if from_ms < ends_ms <= until_ms and not keys[key].revoked_height:
            officer = keys[key].officer
            yield Ending(ends_ms, "certificate", officers[officer].office, officer, key.hex(), ())


def _ends_of_roles(officers: dict[bytes, Officer], from_ms: int, until_ms: int) -> Iterator[Ending]:
    for identity, officer in officers.items():
        for grant in officer.grants:
            if from_ms < grant.until_ms <= until_ms:
                yield Ending(grant.until_ms, "role", officer.office, identity, grant.role, ())


def _ends_of_deputies(
    chain: Chain, officers: dict[bytes, Officer], from_ms: int, until_ms: int
) -> Iterator[Ending]:
    for (identity,), row in rows_below(chain.store, STANDINGS):
        standing: Standing = row
        for deputy in standing.deputy_for:
            if from_ms < deputy.until_ms <= until_ms:
                office = officers[identity].office
                yield Ending(deputy.until_ms, "deputy", office, identity, deputy.role, ())


def _nobody_left(
    chain: Chain,
    officers: dict[bytes, Officer],
    keys: list[tuple[bytes, Key]],
    from_ms: int,
    moments: list[int],
) -> Iterator[Ending]:
    """Yield for each office and role the moment from which nobody able is left."""
    acts: dict[str, tuple[str, ...]] = {}
    for operation in chain.machine.registry.operations():
        for role in roles_of(operation.by):
            acts[role] = (*acts.get(role, ()), operation.tag)
    closed = {key[0] for key, row in rows_below(chain.store, OFFICES) if row.closed}
    before = _able(officers, keys, from_ms)
    for at_ms in sorted(dict.fromkeys(moments)):
        after = _able(officers, keys, at_ms)
        for office, role in sorted(before):
            if (office, role) not in after and office not in closed:
                yield Ending(at_ms, "nobody", office, b"", role, acts.get(role, ()))
        before = after


def _able(
    officers: dict[bytes, Officer], keys: list[tuple[bytes, Key]], time_ms: int
) -> set[tuple[str, str]]:
    """Return the offices and roles with somebody who could sign at a moment."""
    signing = {key.officer for _, key in keys if not key.revoked_height and time_ms < key.until_ms}
    return {
        (officer.office, grant.role)
        for identity, officer in officers.items()
        if identity in signing and not officer.suspended
        for grant in officer.grants
        if grant.from_ms <= time_ms < grant.until_ms
    }
