"""A toy world for tests of the kernel: the bank beside a membership that changes the directory."""

from collections.abc import Sequence
from typing import Annotated

from msgspec import Meta
from toy_bank import ACCOUNTS, OpenAccount, Plan, Transfer, bank

from tongjian.core import values
from tongjian.core.block import Result
from tongjian.core.directory import (
    DIRECTORY_TABLES,
    KEYS,
    OFFICERS,
    OFFICES,
    PARAMETERS,
    SERVICES,
    Activation,
    Parameter,
)
from tongjian.core.encoding import replace
from tongjian.core.envelope import Incoming, compose, seal_envelope
from tongjian.core.ledger import Ledger
from tongjian.core.machine import outcome_of
from tongjian.core.operation import Act, Event, RefusalCode, Refused, Service
from tongjian.core.permission import Signer
from tongjian.core.registry import Registry
from tongjian.core.values import Count, Fen, KeyId, Name, Region, TimeMs, Uscc
from tongjian.testkit import Person, World
from tongjian.testkit.world import CHAIN

# ------------------------------------------------------------------------------------ membership


class MembershipRefusal(RefusalCode):
    """Why membership refuses."""

    NOBODY = 1, "There is no such officer, office, key or service."


membership = Service("membership", MembershipRefusal, DIRECTORY_TABLES)


class Change(Event, tag="membership.change"):
    """The directory was changed."""


class Suspend(Act, tag="membership.suspend"):
    """Suspend the officer of a key, close its office, or revoke it from the next block."""

    key: KeyId
    what: Annotated[str, Meta(pattern="^(officer|office|key)$", max_length=7)]


@membership.operation(
    by=Signer("registrar"), law="Toy Act art. 11", writes=(KEYS, OFFICERS, OFFICES)
)
def suspend(act: Suspend, ledger: Ledger) -> Change:
    """Suspend, close or revoke."""
    key = ledger.one(KEYS, act.key, missing=MembershipRefusal.NOBODY)
    officer = ledger.one(OFFICERS, key.officer, missing=MembershipRefusal.NOBODY)
    office = ledger.one(OFFICES, officer.office, missing=MembershipRefusal.NOBODY)
    if act.what == "key":
        ledger.put(KEYS, act.key, row=replace(key, revoked_height=values.height(ledger.height + 1)))
    elif act.what == "officer":
        ledger.put(OFFICERS, key.officer, row=replace(officer, suspended=True))
    else:
        ledger.put(OFFICES, officer.office, row=replace(office, closed=True))
    return Change()


class Activate(Act, tag="membership.activate"):
    """Put a version of a service in force from a height."""

    service: Name
    version: Count
    height: Count


@membership.operation(by=Signer("registrar"), law="Toy Act art. 12", writes=(SERVICES,))
def activate(act: Activate, ledger: Ledger) -> Change:
    """Plan the version of a service."""
    now = ledger.one(SERVICES, act.service, missing=MembershipRefusal.NOBODY)
    row = Activation(version=now.version, next_version=act.version, next_height=act.height)  # type: ignore[arg-type]
    ledger.put(SERVICES, act.service, row=row)
    return Change()


class Tariff(Act, tag="membership.tariff"):
    """Set the bank's fee from a moment on."""

    fee: Fen
    from_ms: TimeMs


@membership.operation(by=Signer("registrar"), law="Toy Act art. 13", writes=(PARAMETERS,))
def tariff(act: Tariff, ledger: Ledger) -> Change:
    """Set the bank's fee."""
    row = Parameter(values=(act.fee,), source=values.label("toy-act-13"))
    ledger.put(PARAMETERS, "bank", "fee", act.from_ms, row=row)
    return Change()


class Found(Act, tag="membership.found"):
    """Move an office to another region."""

    office: Uscc
    region: Region


@membership.operation(by=Signer("registrar"), law="Toy Act art. 14", writes=(OFFICES,))
def found(act: Found, ledger: Ledger) -> Change:
    """Move an office to another region."""
    office = ledger.one(OFFICES, act.office, missing=MembershipRefusal.NOBODY)
    ledger.put(OFFICES, act.office, row=replace(office, region=act.region))
    return Change()


# ----------------------------------------------------------------------------------------- world

CITY = "11990100001400110R"
HARBOUR = "119901000014002175"
PROVINCE = "11990000001401252U"
REGIONS = {CITY: "990100", HARBOUR: "990106", PROVINCE: "990000"}

REGISTRY = Registry((bank, membership))


class ToyWorld(World):
    """A world of three offices with a person for each role in each."""

    def __init__(self, registry: Registry = REGISTRY) -> None:
        """Found offices, people and the fee."""
        super().__init__(registry=registry)
        for uscc, region in REGIONS.items():
            self.office(uscc, region=region)
        roles = ("teller", "checker", "payer", "inspector", "voter", "governor", "registrar")
        self.people: dict[str, Person] = {}
        for place, uscc in zip(("city", "harbour", "province"), REGIONS, strict=True):
            for role in roles:
                name = f"{role} of {place}"
                self.people[name] = self.person(name, uscc, role)
        self.parameter("bank", "fee", 5)

    def who(self, name: str) -> Person:
        """Give the person who holds a role in a place, as `teller of city`."""
        return self.people[name]

    def balances(self) -> dict[str, int]:
        """Give all balances by account."""
        found = self.rows()
        keys = [key for key in found if key.startswith(ACCOUNTS.prefix)]
        return {ACCOUNTS.split(k)[0]: ACCOUNTS.codec.decode(found[k]).balance for k in keys}

    def open(self, *accounts: tuple[str, str, int]) -> None:
        """Open accounts: name, owner, balance."""
        teller = self.who("teller of city")
        for account, owner, balance in accounts:
            self.accepts(teller, act=opening(account, owner, balance))


def opening(account: str, owner: str, balance: int) -> OpenAccount:
    """Make the act that opens an account."""
    return OpenAccount(
        account=values.name(account), owner=values.uscc(owner), balance=values.fen(balance)
    )


def paying(source: str, target: str, amount: int) -> Transfer:
    """Make the act that moves money."""
    return Transfer(
        source=values.name(source), target=values.name(target), amount=values.fen(amount)
    )


def planning(due_ms: int, source: str, target: str, amount: int, times: int = 1) -> Plan:
    """Make the act that plans standing orders."""
    return Plan(
        due_ms=values.time_ms(due_ms),
        times=times,
        source=values.name(source),
        target=values.name(target),
        amount=values.fen(amount),
    )


def outcome(code: RefusalCode, act: int = 0) -> str:
    """Give a refusal as the log writes it."""
    return outcome_of(REGISTRY, Refused(code), act)


def incoming(
    world: ToyWorld,
    signers: Sequence[bytes],
    *acts: Act,
    chain: bytes = CHAIN,
    expiry: int | None = None,
) -> Incoming:
    """Make a transaction with any chain and expiry."""
    world._nonce += 1
    body = compose(
        chain=chain,
        expiry=world.height + 5 if expiry is None else expiry,
        nonce=world._nonce.to_bytes(16, "big"),
        signers=tuple(signers),
        acts=acts,
    )
    return world.opener.open(seal_envelope(body, tuple(bytes(64) for _ in signers)))


def decide(world: ToyWorld, *transactions: Incoming) -> tuple[Result, ...]:
    """Decide a block and throw it away."""
    return world.machine.apply(world.height + 1, world.now_ms, transactions).results


def activation(version: int, next_version: int = 0, next_height: int = 0) -> Activation:
    return Activation(
        version=version, next_version=next_version, next_height=values.height(next_height)
    )
