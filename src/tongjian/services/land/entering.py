"""What all entries upon an application share: its case, the entry, and the event that tells it."""

from typing import Any, NamedTuple

from tongjian.core.ledger import Ledger
from tongjian.core.operation import Event
from tongjian.services.land.book import add_entry
from tongjian.services.land.records import Application, Officers, Unit
from tongjian.services.land.values import ApplicationNumber, EntryKind, EntryNumber, UnitCode


class Entered(Event, tag="land.entered"):
    """An entry stands in the book."""

    application: ApplicationNumber
    unit: UnitCode
    number: EntryNumber
    kind: EntryKind
    overdue: bool
    alarm: bool


class Case(NamedTuple):
    """An application that is being entered, and who enters it."""

    number: str
    application: Application
    officers: Officers
    overdue: bool
    entered: list[Entered]
    """What was entered so far, in order."""

    def add(
        self, ledger: Ledger, code: str, unit: Unit, kind: EntryKind, **details: Any
    ) -> tuple[Unit, int]:
        """Add an entry to the book of a unit; return the unit, not yet written, and its number."""
        unit, number = add_entry(
            ledger,
            code,
            unit,
            kind,
            application=self.number,
            officers=self.officers,
            overdue=self.overdue,
            **details,
        )
        alarm = bool(details.get("alarm", False))
        self.entered.append(
            Entered(
                application=self.number,
                unit=code,
                number=number,
                kind=kind,
                overdue=self.overdue,
                alarm=alarm,
            )
        )
        return unit, number
