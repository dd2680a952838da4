"""Whether the governors can still carry a vote: the one thing that no act may take away.

An office has a voice where one of its officers is a governor. A governor is able to sign with a key
that has not ended and is not revoked, not even for a later height. What time does, no act undoes: a
governor renews a key before its period ends.
"""

from collections.abc import Mapping
from typing import Any, Final

from tongjian.core.directory import KEYS, OFFICERS, OFFICES, Key, Officer
from tongjian.core.ledger import Ledger
from tongjian.core.permission import Quorum
from tongjian.services.membership.records import GOVERNOR, VOTE_DENOMINATOR, VOTE_NUMERATOR

ROWS_MAX: Final = 1_000_000
"""Officers and keys that are looked through; a change of governors is rare."""
VOTE: Final = Quorum(GOVERNOR, VOTE_NUMERATOR, VOTE_DENOMINATOR)


def is_governor(officer: Officer, time_ms: int) -> bool:
    """Say whether an officer has a governor's voice at a time."""
    return not officer.suspended and any(
        grant.role == GOVERNOR and grant.from_ms <= time_ms < grant.until_ms
        for grant in officer.grants
    )


def is_vote_possible(
    ledger: Ledger,
    *,
    officers: Mapping[bytes, Officer] | None = None,
    keys: Mapping[bytes, Key] | None = None,
    closed: str = "",
    away: bytes = b"",
) -> bool:
    """Say whether enough governors could sign if the given rows replaced those of the ledger.

    `closed` is the code of an office taken as closed, `away` the id of an officer taken as unable.
    """
    able = _holders_of_keys(ledger, keys or {})
    able.pop(away, None)
    voices: dict[str, bool] = {}
    for identity, officer in _rows(ledger, OFFICERS, officers or {}).items():
        if not is_governor(officer, ledger.time_ms):
            continue
        office = ledger.get(OFFICES, officer.office)
        if office is None or office.closed or officer.office == closed:
            continue
        voices[officer.office] = voices.get(officer.office, False) or identity in able
    signing = sum(voices.values())
    return signing > 0 and signing * VOTE_DENOMINATOR >= len(voices) * VOTE_NUMERATOR


def _holders_of_keys(ledger: Ledger, changed: Mapping[bytes, Key]) -> dict[bytes, None]:
    rows = _rows(ledger, KEYS, changed).values()
    counting = (row for row in rows if ledger.time_ms < row.until_ms and not row.revoked_height)
    return dict.fromkeys(row.officer for row in counting)


def _rows(ledger: Ledger, table: Any, changed: Mapping[bytes, Any]) -> dict[bytes, Any]:
    rows = {key[0]: row for key, row in ledger.range(table, limit=ROWS_MAX)}
    rows.update(changed)
    return rows
