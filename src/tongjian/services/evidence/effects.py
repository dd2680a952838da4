"""What an order does in other registers, and what of it is still in force there.

Land keeps a seizure under the number of its entry, public money a hold under the order. Each is an
act of that service, which follows in the same transaction; its refusal refuses the order's act.
"""

from tongjian.core.calendar import deadline_calendar_days
from tongjian.core.ledger import Ledger
from tongjian.core.operation import ensure
from tongjian.core.values import Digest, TimeMs, time_ms
from tongjian.services.evidence.records_orders import LandTarget, MoneyTarget, Order, Target
from tongjian.services.evidence.refusals import Refusal
from tongjian.services.land.public import SEIZURES, UNITS, LiftSeizure, RenewSeizure, Seize
from tongjian.services.treasury.public import HOLDS, FreezeFunds, UnfreezeFunds

STANDING = ("active", "waiting")


def reach(ledger: Ledger, key: Digest, order: Order, target: Target) -> int:
    """Seize or freeze a right; return the number of the seizure's entry, 0 for other rights.

    The number is that of the next entry of the unit: an order names each unit once, so nothing is
    entered between this and the act that follows.
    """
    match target:
        case LandTarget(unit=unit, debtor=debtor):
            ledger.follow(Seize(unit=unit, court=order.court, order=key, days=order.days))
            row = ledger.get(UNITS, unit)
            if row is None:
                return 0  # the register itself refuses it
            is_held = any(share.holder == debtor for share in row.holders)
            ensure(debtor is None or is_held, Refusal.DEBTOR_NOT_HOLDER)
            return row.entries + 1
        case MoneyTarget(target=kind, ref=ref, amount_fen=amount_fen):
            ledger.follow(FreezeFunds(order=key, target=kind, ref=ref, amount_fen=amount_fen))
        case _:
            pass
    return 0


def prolong(
    ledger: Ledger, order: Order, target: Target, number: int, document: Digest, days: int
) -> None:
    """Renew a seizure of land that is in force; money stays frozen as it is."""
    if not isinstance(target, LandTarget):
        return
    seizure = ledger.get(SEIZURES, target.unit, number)
    if seizure is not None and seizure.status == "active":
        ledger.follow(
            RenewSeizure(
                unit=target.unit, number=number, court=order.court, order=document, days=days
            )
        )


def end(
    ledger: Ledger, key: Digest, order: Order, target: Target, number: int, document: Digest
) -> None:
    """Let a right go, where the order still holds it."""
    match target:
        case LandTarget(unit=unit):
            seizure = ledger.get(SEIZURES, unit, number)
            if seizure is not None and seizure.status in STANDING:
                ledger.follow(
                    LiftSeizure(unit=unit, number=number, court=order.court, order=document)
                )
        case MoneyTarget(target=kind, ref=ref):
            if ledger.get(HOLDS, kind, ref, key) is not None:
                ledger.follow(UnfreezeFunds(order=key, target=kind, ref=ref))
        case _:
            pass


def longest_until(ledger: Ledger, order: Order) -> TimeMs:
    """Return until when the order still holds land: 0 where it holds none.

    One that waits may come into force later; it is looked at again after its whole term.
    """
    longest = time_ms(0)
    for target, number in zip(order.targets, order.seizures, strict=True):
        seizure = None
        if isinstance(target, LandTarget):
            seizure = ledger.get(SEIZURES, target.unit, number)
        if seizure is None or seizure.status not in STANDING:
            continue
        if seizure.status == "active":
            longest = max(longest, seizure.until_ms)
        else:
            longest = max(longest, deadline_calendar_days(ledger.time_ms, order.days, ()))
    return longest
