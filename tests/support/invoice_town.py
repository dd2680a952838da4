"""A town for tests of invoices, and the lines in which those tests are written.

A line is an act as a clerk would note it, with what became of it:

    issue 1 kind=special subtotals=13%:1000.00+130.00   accepted
    reimburse 1 claimant=beta amount=0.01               refused CLAIMS_EXCEED_TOTAL

The first word is the act, the second the invoice (a small number, or `doc…` for a document from
elsewhere); what is not said has the value of `invoice_acts.DEFAULTS`.
`by=alpha.issuer,beta.finance` names other signers than usual. `+` joins acts into one transaction,
`wait 72h` lets time pass and `then invoice 1 red=113.00` looks at a row.
"""

from typing import Any

from invoice_acts import (
    DEFAULTS,
    MAKERS,
    ORGANISATIONS,
    PARTIES,
    USCC,
    fen_of,
    key_of,
    signers_of,
)
from lines import Lines

from tongjian.catalogue import load_parameters
from tongjian.core.operation import Act
from tongjian.services.invoice.records import INVOICES, TAXPAYERS
from tongjian.testkit import Person, World


class Town(Lines):
    """Offices, people and a machine; `run` plays a table of lines."""

    SERVICES = ("invoice",)

    def __init__(self) -> None:
        self.world = World(services={"invoice": 1})
        self.people: dict[str, Person] = {}
        for name, (_, region, kind) in ORGANISATIONS.items():
            self.world.office(USCC[name], region=region, kind=kind)
        for name in PARTIES:
            for role in ("issuer", "tax_clerk", "accountant", "finance", "finance"):
                self._hire(name, role)
        for name in ("bank", "rival"):
            self._hire(name, "bank_officer")
        for name in ("tax", "elsewhere"):
            self._hire(name, "tax_officer")
            self._hire(name, "tax_approver")
        for p in load_parameters("invoice"):
            self.world.parameter(p.service, p.name, *p.parameter.values, from_ms=p.from_ms)

    def _hire(self, office: str, role: str) -> None:
        name = f"{office}.{role}"
        if name in self.people:
            name += "2"
        self.people[name] = self.world.person(name, USCC[office], role)

    def open_for_business(self) -> "Town":
        """Register alpha, beta and delta as general, gamma as small; alpha may issue a lot."""
        self.run(
            """
            set_taxpayer alpha kind=general   accepted
            set_taxpayer beta kind=general    accepted
            set_taxpayer gamma kind=small     accepted
            set_limit alpha limit=50000000.00 accepted
            set_limit gamma limit=10000.00    accepted
            """
        )
        return self

    def look(self, words: list[str]) -> None:
        """Compare columns of a row: `invoice 1 red=113.00 pledgee=bank`."""
        kind, name, *columns = words
        table, key = (INVOICES, key_of(name)) if kind == "invoice" else (TAXPAYERS, USCC[name])
        row = self.world.row(table, key)
        for column in columns:
            field, _, value = column.partition("=")
            found = getattr(row, f"{field}_fen" if hasattr(row, f"{field}_fen") else field)
            expected: Any = {
                "yes": True,
                "no": False,
                "none": None,
            }.get(value, USCC.get(value, value))
            if hasattr(row, f"{field}_fen"):
                expected = fen_of(value)
            elif isinstance(found, int) and not isinstance(found, bool):
                expected = int(value)
            assert found == expected, f"{field} is {found}, not {expected}"

    # -- acts ---------------------------------------------------------------------------------

    def act(self, words: list[str]) -> tuple[Act, tuple[Person, ...]]:
        """Make the act of a line and find its signers."""
        verb, subject, *rest = words
        said = dict(word.split("=", 1) for word in rest)
        by = said.pop("by", "")
        fields = {**DEFAULTS[verb], **said}
        made = MAKERS[verb](self.world.now_ms, fields, subject)
        usual = by.split(",") if by else signers_of(verb, fields)
        return made, tuple(self.people[name] for name in usual)
