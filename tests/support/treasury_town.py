"""A town for tests of public money, and the lines in which those tests are written.

A line is an act as an official would note it, with what became of it:

    commit c1 line=1 payee=alpha amount=1000.00    accepted
    check_payment 1/1 by=finance.payment_checker2  refused SAME_PERSON

The first word is the act, the second what it is about (`1/2` is payment 2 of line 1); what is not
said has the value of `treasury_acts.DEFAULTS`. `by=ledger` lets the ledger itself perform an act,
as where another service causes it. `invoice 1 amount=…` issues and delivers an invoice, `wait 72h`
lets time pass, `then line 1 paid=…` looks at a row. `+` joins acts into one transaction.
"""

import importlib
from functools import cache
from typing import Any, Final

import treasury_acts as made
from lines import Lines

from tongjian.catalogue import load_parameters, service_of
from tongjian.core.directory import TIMERS, Timer
from tongjian.core.encoding import encode
from tongjian.core.hashing import sha256
from tongjian.core.ledger import Ledger
from tongjian.core.operation import Act
from tongjian.core.registry import Registry
from tongjian.services.invoice import acts as invoice_acts
from tongjian.services.invoice.records import INVOICES, Subtotal
from tongjian.services.treasury import records
from tongjian.testkit import Person, World

TABLES: Final = {
    "line": (records.LINES, lambda name: (made.line_of(name),)),
    "contract": (records.COMMITMENTS, lambda name: (name,)),
    "payment": (records.PAYMENTS, lambda name: _numbered(made.line_of, name)),
    "acceptance": (records.ACCEPTANCES, lambda name: _numbered(str, name)),
    "change": (records.ACCOUNT_CHANGES, lambda name: _numbered(str, name)),
    "project": (records.PROJECTS, lambda name: (name,)),
    "share": (records.SHARES, lambda name: tuple(name.split("/"))),
    "milestone": (records.MILESTONES, lambda name: tuple(name.split("/"))),
    "account": (records.ACCOUNTS, lambda name: (made.secret(name),)),
    "day": (records.CLEARING_DAYS, lambda name: _numbered(made.secret, name)),
    "payee": (records.PAYEES, lambda name: (made.USCC[name],)),
    "escrow": (records.ESCROWS, lambda name: (name,)),
    "transfer": (records.TRANSFERS, lambda name: (name,)),
    "bill": (records.BILLS, lambda name: (name,)),
    "finding": (records.FINDINGS, lambda name: (name,)),
    "asset": (records.ASSETS, lambda name: (name,)),
    "invoice": (INVOICES, lambda name: (made.invoice_of(name),)),
}


def _numbered(first: Any, name: str) -> tuple[Any, int]:
    one, _, number = name.rpartition("/")
    return first(one), int(number)


@cache
def registry() -> Registry:
    """Return a registry of the services that public money needs."""
    names = ("invoice", "membership", "treasury")
    modules = (importlib.import_module(f"tongjian.services.{name}") for name in names)
    return Registry(tuple(service_of(module) for module in modules))


class Town(Lines):
    """Offices, people and a machine; `run` plays a table of lines."""

    SERVICES = ("treasury", "invoice")

    def __init__(self, world: World | None = None) -> None:
        """Found offices and people, in a world of their own or beside those of another town."""
        self.world = World(registry=registry()) if world is None else world
        self.people: dict[str, Person] = {}
        self._causes = 0
        for name, (_, region, kind) in made.ORGANISATIONS.items():
            self.world.office(made.USCC[name], region=region, kind=kind)
            for role in made.ROLES.get(name, ()):
                post = f"{name}.{role}"
                post += "2" if post in self.people else ""
                self.people[post] = self.world.person(post, made.USCC[name], role)
        for service in ("invoice", "treasury"):
            for p in load_parameters(service):
                values = p.parameter.values
                self.world.parameter(p.service, p.name, *values, from_ms=p.from_ms)

    def with_accounts(self) -> "Town":
        """Register the accounts that most tests need, and let the firms issue invoices."""
        self.run(
            """
            register_account zero                                  accepted
            register_account school-zero owner=school              accepted
            register_account wages kind=wage owner=alpha           accepted
            register_account single kind=single owner=finance      accepted
            register_account escrow kind=escrow owner=bank         accepted
            """
        )
        officer, approver = self.people["tax.tax_officer"], self.people["tax.tax_approver"]
        for firm in ("alpha", "beta", "shell"):
            plain: Any = invoice_acts
            uscc, notice = made.USCC[firm], sha256(b"notice")
            taxpayer = plain.SetTaxpayer(taxpayer=uscc, kind="general", grade="A", notice=notice)
            limit = plain.SetLimit(taxpayer=uscc, limit_fen=10**13, reason="first", notice=notice)
            done = self.world.submit(officer, approver, acts=(taxpayer, limit))
            assert not done.outcome, self.world.explain(done.outcome)
        return self

    def with_line(self, amount: str = "1000000.00", quota: str = "1000000.00") -> "Town":
        """Open line 1 of the bureau for spending."""
        self.with_accounts()
        self.run(
            f"""
            draft_line 1 amount={amount}   accepted
            approve_line 1                 accepted
            issue_line 1                   accepted
            grant_quota 1 amount={quota}   accepted
            """
        )
        return self

    def with_goods(self, amount: str = "1000.00") -> "Town":
        """Have alpha deliver goods for an amount, accepted, with invoice 1."""
        self.with_line()
        self.run(
            f"""
            commit c1 amount={amount}            accepted
            accept_delivery c1 value={amount}    accepted
            invoice 1 amount={amount}            accepted
            """
        )
        return self

    def settle(self, request: str, outcome: str) -> None:
        """Submit a request; where nobody signs it, the ledger itself performs it."""
        who, _ = self.transaction(request)
        if who and not request.startswith(("invoice ", "red ")):
            super().settle(request, outcome)
            return
        said = self.outcome(request)
        assert said == outcome, f"expected {outcome}, got {said}"

    def transaction(self, request: str) -> tuple[tuple[Person, ...], list[Act]]:
        """Return signers and acts of a request; no signers where the ledger itself performs it."""
        whole: list[Act] = []
        who: dict[Person, None] = {}
        for part in request.split(" + "):
            acts, by = self.acts(part.split())
            whole += acts
            if by != "ledger":
                who.update(dict.fromkeys(self.people[name] for name in by.split(",")))
        return tuple(who), whole

    def outcome(self, request: str) -> str:
        """Submit a request, or let the ledger perform it; return `accepted` or `refused NAME`."""
        who, acts = self.transaction(request)
        return super().outcome(request) if who else self.cause(acts[0])

    def cause(self, act: Act) -> str:
        """Let the ledger itself perform an act, as a deadline that is due now."""
        world = self.world
        self._causes += 1
        key = TIMERS.key(world.now_ms, 0, self._causes)
        world.rows()
        world._commit({key: encode(Timer(act=encode(act)))}, ())
        before = world.rows()
        result = world.block()[-1]
        if result.outcome:
            del before[key]
            assert world.rows() == before, f"the refused act {act} changed rows"
        return self.said(result.outcome)

    def look(self, words: list[str]) -> None:
        """Compare columns of a row: `line 1 paid=113.00 status=issued`."""
        kind, name, *columns = words
        table, key = TABLES[kind]
        row = self.world.row(table, *key(name))
        assert row is not None, f"no {kind} {name}"
        for column in columns:
            field, _, text = column.partition("=")
            holder = row if hasattr(row, field) or hasattr(row, f"{field}_fen") else row.sums
            is_money = hasattr(holder, f"{field}_fen")
            found = getattr(holder, f"{field}_fen" if is_money else field)
            if is_money:
                found = made.yuan_of(found)
            elif isinstance(found, bool):
                found = "yes" if found else "no"
            elif isinstance(found, bytes):
                text, found = made.secret(text).hex(), found.hex()
            assert str(found) == text, f"{field} is {found}, not {text}"

    # -- acts ---------------------------------------------------------------------------------

    def acts(self, words: list[str]) -> tuple[list[Act], str]:
        """Make the acts of a line and name its signers."""
        verb, subject, *rest = words
        said = dict(word.split("=", 1) for word in rest)
        by = said.pop("by", "")
        if verb in ("invoice", "red"):
            return getattr(self, f"_{verb}")(subject, said), by or said.get("seller", "alpha") + (
                ".issuer"
            )
        usual = "ledger" if verb in made.CAUSED else made.USUAL[verb]
        fields = {**made.DEFAULTS.get(verb, {}), **said}
        return [made.act_of(verb, subject, said)], by or usual.format(**fields)

    def _invoice(self, name: str, said: dict[str, str]) -> list[Act]:
        number, amount = made.invoice_of(name), made.fen_of(said["amount"])
        seller = made.USCC[said.get("seller", "alpha")]
        plain: Any = invoice_acts
        part: Any = Subtotal
        issue = plain.Issue(
            number=number,
            seller=seller,
            kind="special",
            business="general",
            buyer=made.commit_to(name, said.get("buyer", "bureau")),
            lines=sha256(b"lines"),
            subtotals=(part(rate_ppm=0, lines=1, net_fen=amount, tax_fen=0),),
            total_fen=amount,
            tax_fen=0,
            event_ms=self.world.now_ms,
            late_reason="none",
        )
        deliver = plain.Deliver(invoice=number, seller=seller, receipt=sha256(b"receipt"))
        return [issue, deliver] if said.get("deliver", "yes") == "yes" else [issue]

    def _red(self, name: str, said: dict[str, str]) -> list[Act]:
        number, seller = made.invoice_of(name), made.USCC[said.get("seller", "alpha")]
        plain: Any = invoice_acts
        part: Any = Subtotal
        taken = part(rate_ppm=0, lines=1, net_fen=made.fen_of(said["amount"]), tax_fen=0)
        ask = plain.RequestRed(
            invoice=number, party=seller, buyer_salt=None, reason="error", subtotals=(taken,)
        )
        issue = plain.IssueRed(
            number=made.invoice_of(said["as"]),
            seller=seller,
            invoice=number,
            confirmation=1,
            lines=sha256(b"lines"),
        )
        return [ask, issue]

    # -- questions ----------------------------------------------------------------------------

    def ask(self, name: str, **fields: Any) -> Any:
        """Put a question to the town's ledger."""
        world = self.world
        world.rows()
        query = next(query for query in records.service.queries if query.name == name)
        ledger = Ledger(world.state, world.machine.directory, sha256, world.height, world.now_ms)
        ledger.enter(query, ())
        arguments: Any = query.arguments
        return query.handler(arguments(**fields), ledger)
