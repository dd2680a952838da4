"""PUB-I1 to PUB-I10, read off the rows alone: what must hold after every block."""

from collections import defaultdict
from typing import Any

from tongjian.services.invoice.records import INVOICES
from tongjian.services.treasury import records
from tongjian.services.treasury.rules import usable_fen
from tongjian.testkit import World

LIVE = ("requested", "checked", "approved", "ordered", "paid", "booked")
PAID = ("paid", "booked")
SUMS = ("approved", "added", "cut", "frozen", "quota", "committed", "ordered", "paid")


class Law:
    """The rows of a world, by table, and what was seen before: faces that never change."""

    def __init__(self) -> None:
        self.faces: dict[Any, Any] = {}
        self.accounts: dict[str, set[bytes]] = defaultdict(set)

    def read(self, world: World) -> None:
        tables = {table.name: table for table in (*records.service.tables, INVOICES)}
        self.rows: dict[str, dict[Any, Any]] = {name: {} for name in tables}
        for key, data in world.rows().items():
            table = tables.get(key.partition(b"\x00")[0].decode())
            if table is not None:
                parts = table.split(key)
                (*more, last) = parts
                name = parts if more else last
                self.rows[table.name][name] = table.codec.decode(data)

    def of(self, table: str) -> dict[Any, Any]:
        return self.rows[f"treasury.{table}"]

    def check(self, world: World) -> None:
        """Raise AssertionError where an invariant does not hold."""
        self.read(world)
        for number, contract in self.of("commitments").items():
            self.accounts[number].add(contract.account)
        self.lines()
        self.totals()
        self.payments()
        self.contracts()
        self.projects()
        self.clearing()
        self.wages()
        self.income()
        self.holds()
        self.unchanged()

    def live(self, statuses: tuple[str, ...] = LIVE) -> dict[Any, Any]:
        return {k: row for k, row in self.of("payments").items() if row.status in statuses}

    def lines(self) -> None:
        """I1: paid, ordered, committed, usable, each line by itself and from its parts."""
        for number, line in self.of("lines").items():
            sums = line.sums
            assert sums.paid_fen <= sums.ordered_fen <= sums.committed_fen <= usable_fen(sums)
            assert sums.ordered_fen <= sums.quota_fen
            contracts = self.of("commitments").values()
            assert sums.committed_fen == sum(c.amount_fen for c in contracts if c.line == number)
            of_line = {k: p for k, p in self.live().items() if k[0] == number}
            assert sums.ordered_fen == sum(p.amount_fen for p in of_line.values())
            paid = (p.amount_fen for p in of_line.values() if p.status in PAID)
            assert sums.paid_fen == sum(paid)
            asked = sorted(k[1] for k in self.of("payments") if k[0] == number)
            assert asked == list(range(1, line.payments + 1)), "numbered without a gap"

    def totals(self) -> None:
        """Conservation: the totals are the sums of the lines, no more and no less."""
        expected: dict[Any, dict[str, int]] = defaultdict(lambda: dict.fromkeys(SUMS, 0))
        counts: dict[Any, int] = defaultdict(int)
        for number, line in self.of("lines").items():
            key = (line.finance, int(number[:4]))
            counts[key] += 1
            for name in SUMS:
                expected[key][name] += getattr(line.sums, f"{name}_fen")
        assert counts.keys() == self.of("totals").keys()
        for key, row in self.of("totals").items():
            found = {name: getattr(row.sums, f"{name}_fen") for name in SUMS}
            assert (found, row.lines) == (expected[key], counts[key])

    def payments(self) -> None:
        """I2, I3, I6: codes, payee, account, and every link of every payment."""
        receipts = self.of("receipts")
        claimed: dict[str, int] = defaultdict(int)
        for key, payment in self.of("payments").items():
            line = self.of("lines")[key[0]]
            contract = self.of("commitments")[payment.contract]
            assert (payment.contract, payment.acceptance) in self.of("acceptances")
            assert contract.line == key[0]
            codes = (payment.functional, payment.economic, payment.source)
            assert codes == (line.functional, line.economic, line.source)
            assert payment.payee == contract.payee != line.unit
            allowed = {contract.terms.wage_account} | self.accounts[payment.contract]
            assert payment.account in allowed
            account = self.of("accounts")[payment.source_account]
            assert (account.kind, account.owner) == ("zero_balance", contract.unit)
            assert sum(part.amount_fen for part in payment.invoices) == payment.amount_fen
            for part in payment.invoices:
                invoice = self.rows["invoice.invoices"][part.invoice]
                assert invoice.seller == payment.payee
                claimed[part.invoice] += part.amount_fen * (payment.status in LIVE)
            if payment.status in PAID:
                receipt = receipts[payment.receipt]
                assert (receipt.line, receipt.payment) == key
            assert len(set(payment.actors)) == len(payment.actors)
        for number, fen in claimed.items():
            invoice = self.rows["invoice.invoices"][number]
            assert fen == invoice.reimbursed_fen - invoice.refunded_fen
            assert fen + invoice.red_fen <= invoice.total_fen, "TAX-I1"

    def contracts(self) -> None:
        """I4: no more than accepted less retention and recovery, never above the contract."""
        for number, contract in self.of("commitments").items():
            own = [p for p in self.live().values() if p.contract == number]
            ordered = sum(p.amount_fen for p in own)
            assert contract.ordered_fen == ordered <= contract.amount_fen
            owed = contract.accepted_fen + contract.advanced_fen - contract.recovered_fen
            assert owed <= contract.amount_fen
            assert contract.added_fen * 10 <= contract.original_fen
            assert contract.released_fen <= contract.retained_fen
            entitled = 0
            for n in range(1, contract.acceptances + 1):
                row = self.of("acceptances")[number, n]
                whole = row.payable_fen + row.retained_fen + row.recovered_fen
                assert row.ground in ("advance", "retention") or row.value_fen == whole
                assert row.ordered_fen <= row.payable_fen - row.wages_fen
                assert row.wages_paid_fen <= row.wages_ordered_fen <= row.wages_fen
                assert not row.ordered_fen or row.wages_paid_fen == row.wages_fen, "wages first"
                entitled += row.payable_fen
            assert ordered <= entitled

    def projects(self) -> None:
        """I5: contracts within the estimate and within its shares."""
        for code, project in self.of("projects").items():
            contracts = [c for c in self.of("commitments").values() if c.project == code]
            assert project.contracted_fen == sum(c.amount_fen for c in contracts)
            assert project.contracted_fen <= project.estimate_fen or not contracts
            assert project.shared_fen <= project.estimate_fen
            for (owner, name), share in self.of("shares").items():
                drawn = sum(c.amount_fen for c in contracts if c.share == name)
                assert owner != code or share.contracted_fen == drawn <= share.share_fen

    def clearing(self) -> None:
        """I7: what was paid is what the days hold; cleared is at most that."""
        for number, account in self.of("accounts").items():
            paid = [p for p in self.live(PAID).values() if p.source_account == number]
            days = {k: d for k, d in self.of("clearing_days").items() if k[0] == number}
            assert account.paid_fen == sum(p.amount_fen for p in paid)
            assert account.paid_fen == sum(d.paid_fen for d in days.values())
            assert account.cleared_fen == sum(d.cleared_fen for d in days.values())
            for (_, day), row in days.items():
                assert row.paid_fen == sum(p.amount_fen for p in paid if p.paid_on == day)
                assert row.cleared_fen <= row.paid_fen

    def wages(self) -> None:
        """I9: what reached the wage account is what was paid to it; workers get no more."""
        for number, contract in self.of("commitments").items():
            into = [
                p.amount_fen
                for p in self.live(PAID).values()
                if p.contract == number and p.purpose == "wages"
            ]
            assert contract.wages_received_fen == sum(into)
            out = [row.amount_fen for key, row in self.of("wages").items() if key[0] == number]
            assert contract.wages_paid_fen == sum(out) <= sum(into)
            for key in self.of("wages"):
                assert key[:2] in self.of("workers")

    def income(self) -> None:
        """I8, I9: revenue in single accounts only; a transfer budgeted within what came."""
        for bill in self.of("bills").values():
            if bill.account is not None:
                assert self.of("accounts")[bill.account].kind == "single"
        for number, transfer in self.of("transfers").items():
            lines = [row for row in self.of("lines").values() if row.transfer == number]
            budgeted = sum(row.sums.approved_fen for row in lines)
            assert transfer.budgeted_fen == budgeted <= transfer.amount_fen
            assert transfer.received_ms or not lines

    def holds(self) -> None:
        """What courts hold is the sum of their orders, and is still owed."""
        for name, payee in self.of("payees").items():
            orders = [h for key, h in self.of("holds").items() if key[:2] == ("payee", name)]
            assert payee.frozen_fen == sum(hold.amount_fen for hold in orders)
            contracts = [c for c in self.of("commitments").values() if c.payee == name]
            assert payee.committed_fen == sum(c.amount_fen for c in contracts)
            assert payee.ordered_fen == sum(c.ordered_fen for c in contracts)

    def unchanged(self) -> None:
        """I10: what a line is for and what a payment rests on never change."""
        faces: dict[Any, Any] = {}
        for key, line in self.of("lines").items():
            faces[key] = (line.finance, line.unit, line.functional, line.economic, line.source)
        for key, p in self.of("payments").items():
            faces[key] = (p.contract, p.acceptance, p.payee, p.account, p.amount_fen, p.invoices)
        for key, face in self.faces.items():
            assert faces[key] == face, "gone or changed"
        self.faces = faces
