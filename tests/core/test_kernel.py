"""The machine with toy services: all or nothing, the kernel's refusals in their order."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from effort import share
from hypothesis import given
from hypothesis import strategies as st
from toy import CITY, HARBOUR, PROVINCE, REGISTRY, ToyWorld, activation, decide, incoming, outcome
from toy import opening as open_
from toy import paying as pay
from toy_bank import ACCOUNTS, Account, Grant, Moved, Price, Refusal, bank

from tongjian.core import limits, values
from tongjian.core.directory import (
    KEYS,
    OFFICERS,
    OFFICES,
    PARAMETERS,
    SERVICES,
    Kernel,
    Key,
    Office,
    Officer,
)
from tongjian.core.directory import Grant as RoleGrant
from tongjian.core.hashing import sha256
from tongjian.core.operation import Act, RefusalCode, Refused, Service
from tongjian.core.registry import Registry
from tongjian.testkit.world import NOON_MS


@pytest.fixture
def world() -> ToyWorld:
    world = ToyWorld()
    world.open(("a", CITY, 100), ("b", HARBOUR, 50))
    return world


# --------------------------------------------------------------------------------- all or nothing


def test_an_accepted_act_changes_rows_and_announces_it(world: ToyWorld) -> None:
    event = world.accepts(world.who("payer of city"), act=pay("a", "b", 30))
    assert event == Moved(source=values.name("a"), target=values.name("b"), amount=values.fen(30))
    assert world.balances() == {"a": 70, "b": 80}


BANK_REFUSALS = [
    (pay("x", "b", 1), Kernel.NOT_PERMITTED),  # no row on record, no permission
    (pay("a", "x", 1), Refusal.ACCOUNT_UNKNOWN),
    (pay("a", "a", 101), Refusal.SAME_ACCOUNT),
    (pay("a", "b", 101), Refusal.NOT_ENOUGH),
]


@pytest.mark.parametrize(("act", "code"), BANK_REFUSALS)
def test_a_refused_act_changes_nothing(world: ToyWorld, act: Act, code: RefusalCode) -> None:
    root = world.commitment.tree.root()
    world.refuses(code, world.who("payer of city"), act=act)
    assert world.commitment.tree.root() == root


def test_acts_of_one_transaction_see_each_other_and_stand_or_fall_together(
    world: ToyWorld,
) -> None:
    who = (world.who("teller of city"), world.who("payer of city"))
    acts = (open_("c", CITY, 0), pay("a", "c", 60), pay("c", "b", 60), pay("a", "b", 40))
    result = world.submit(*who, acts=acts)
    assert result.outcome == ""
    assert len(result.events) == len(acts)
    assert world.balances() == {"a": 0, "b": 150, "c": 0}

    before = world.rows()
    result = world.submit(*who, acts=(open_("d", CITY, 7), pay("d", "b", 7), pay("a", "b", 1)))
    assert result.outcome == outcome(Refusal.NOT_ENOUGH, 2)
    assert result.events == ()
    assert world.rows() == before


def test_a_refused_transaction_hides_nothing_from_the_next_in_its_block(world: ToyWorld) -> None:
    payer = world.who("payer of city")
    results = world.block(
        ((payer,), (pay("a", "b", 90), pay("a", "b", 90))),
        ((payer,), (pay("a", "b", 100),)),
    )
    assert [result.outcome for result in results] == [outcome(Refusal.NOT_ENOUGH, 1), ""]
    assert world.balances() == {"a": 0, "b": 150}


def test_the_result_names_the_transaction_by_the_hash_of_its_signed_bytes(
    world: ToyWorld,
) -> None:
    one = incoming(world, [world.who("payer of city").key], pay("a", "b", 1))
    (result,) = decide(world, one)
    assert result.transaction == one.id == sha256(one.message)


ACCOUNTS_OF = {"a": CITY, "b": HARBOUR, "c": CITY, "d": PROVINCE}
PAYERS = {CITY: "payer of city", HARBOUR: "payer of harbour", PROVINCE: "payer of province"}
names = st.sampled_from([*ACCOUNTS_OF, "x"])
transfers = st.tuples(names, names, st.integers(0, 120))
blocks = st.lists(st.lists(st.lists(transfers, min_size=1, max_size=4), max_size=5), max_size=4)


def model_transfer(balances: dict[str, int], move: tuple[str, str, int]) -> bool:
    source, target, amount = move
    allowed = source in balances and target in balances and source != target
    if not allowed or amount > balances[source]:
        return False
    balances[source] -= amount
    balances[target] += amount
    return True


@share(50)
@given(blocks)
def test_any_blocks_of_transfers_equal_a_dictionary(
    blocks: list[list[list[tuple[str, str, int]]]],
) -> None:
    world = ToyWorld()
    world.open(*((name, owner, 100) for name, owner in ACCOUNTS_OF.items()))
    model = dict.fromkeys(ACCOUNTS_OF, 100)
    everyone = tuple(map(world.who, PAYERS.values()))
    for block in blocks:
        expected: list[bool] = []
        for moves in block:
            tried = dict(model)
            expected.append(all(model_transfer(tried, move) for move in moves))
            model = tried if expected[-1] else model
        results = world.block(*((everyone, tuple(pay(*move) for move in moves)) for moves in block))
        assert [not result.outcome for result in results] == expected
        assert world.balances() == model
        assert sum(model.values()) == 400


@given(st.permutations(range(6)))
def test_independent_transactions_in_any_order_give_the_same_state(order: list[int]) -> None:
    def after(places: Sequence[int]) -> tuple[dict[str, int], bytes]:
        world = ToyWorld()
        world.open(*((f"{side}{n}", CITY, 100) for n in range(6) for side in "st"))
        payer = world.who("payer of city")
        world.block(*(((payer,), (pay(f"s{n}", f"t{n}", 10 * n + 95 * (n == 5)),)) for n in places))
        return world.balances(), world.commitment.tree.root()

    assert after(order) == after(range(6))


# ------------------------------------------------------------------- what the kernel itself refuses


def post(
    world: ToyWorld,
    name: str,
    *,
    from_height: int = 0,
    revoked_height: int = 0,
    until_ms: int = values.FOREVER,
    suspended: bool = False,
    closed: bool = False,
) -> bytes:
    """Found an office with one officer with one key, each with its defects; return the key id."""
    office = CITY[:-4] + name.upper().ljust(4, "0")[:4]
    row = Office(
        label=values.label("post"),
        region=values.region("990100"),
        level=5,
        kind=values.name("bureau"),
        parent="",
        closed=closed,
    )
    world._found(OFFICES, row, office)
    key = sha256(b"key of " + name.encode())[:16]
    roles = (
        RoleGrant(role=values.name("teller"), from_ms=values.time_ms(0), until_ms=values.FOREVER),
    )
    officer = Officer(
        person=values.person_id(key), office=values.uscc(office), grants=roles, suspended=suspended
    )
    world._found(OFFICERS, officer, key)
    row = Key(
        suite=1,
        public=bytes(32),
        officer=key,
        from_height=values.height(from_height),
        until_ms=values.time_ms(until_ms),
        revoked_height=values.height(revoked_height),
    )
    world._found(KEYS, row, key)
    return key


def test_every_kernel_refusal_comes_in_its_order_of_precedence() -> None:
    world = ToyWorld()
    closed = post(world, "j5", closed=True)
    suspended = post(world, "j4", closed=True, suspended=True)
    worse: dict[str, Any] = {"closed": True, "suspended": True, "until_ms": NOON_MS}
    expired = post(world, "j3", **worse)
    revoked = post(world, "j2", revoked_height=1, **worse)
    future = post(world, "j1", from_height=2, revoked_height=1, **worse)
    unknown = bytes(16)
    payer, governor = world.who("payer of city").key, world.who("governor of city").key
    full = Account(owner=values.uscc(CITY), balance=values.fen(limits.FEN_MAX))
    world._found(ACCOUNTS, full, "full")
    world._begin()

    act = Grant(account=values.name("full"), amount=values.fen(1))
    far = limits.EXPIRY_BLOCKS_MAX + 2
    steps = [
        (Kernel.WRONG_CHAIN, incoming(world, [unknown], act, chain=bytes(32), expiry=0)),
        (Kernel.EXPIRED, incoming(world, [unknown], act, expiry=0)),
        (Kernel.EXPIRY_TOO_FAR, incoming(world, [unknown], act, expiry=far)),
        (Kernel.KEY_UNKNOWN, incoming(world, [unknown, future], act, expiry=far - 1)),
        (Kernel.KEY_NOT_YET_VALID, incoming(world, [future], act)),
        (Kernel.KEY_REVOKED, incoming(world, [revoked], act)),
        (Kernel.KEY_EXPIRED, incoming(world, [expired], act)),
        (Kernel.OFFICER_SUSPENDED, incoming(world, [suspended], act)),
        (Kernel.OFFICE_CLOSED, incoming(world, [closed], act)),
        (Kernel.NOT_PERMITTED, incoming(world, [payer], act)),
        (Kernel.OUT_OF_BOUNDS, incoming(world, [governor], act)),
    ]
    results = decide(world, *(transaction for _, transaction in steps))
    assert [result.outcome for result in results] == [outcome(code) for code, _ in steps]
    numbers = [code.number for code, _ in steps]
    assert numbers == sorted(numbers)

    # Those that do not depend on the acts are refused at the door as well.
    for code, transaction in steps[:9]:
        with pytest.raises(Refused) as refused:
            world.machine.check(transaction, world.height + 1, world.now_ms)
        assert refused.value.code is code
    for _, transaction in steps[9:]:
        world.machine.check(transaction, world.height + 1, world.now_ms)


def test_a_service_that_is_not_active_refuses_whoever_asks() -> None:
    world = ToyWorld()
    world._found(SERVICES, activation(0), "bank")
    everyone = [person.key for person in world.people.values()][: limits.SIGNERS_MAX]
    transaction = incoming(world, everyone, open_("a", CITY, 0))
    world._begin()
    (result,) = decide(world, transaction)
    assert result.outcome == outcome(Kernel.SERVICE_INACTIVE)
    with pytest.raises(Refused) as refused:
        world.machine.check(transaction, 1, world.now_ms)
    assert refused.value.code is Kernel.SERVICE_INACTIVE


def test_a_parameter_without_a_value_in_force_refuses_the_act() -> None:
    world = ToyWorld()
    world._founding = {
        key: row for key, row in world._founding.items() if not key.startswith(PARAMETERS.prefix)
    }
    world.parameter("bank", "fee", 5, from_ms=NOON_MS + 1)
    teller = world.who("teller of city")
    world.refuses(Kernel.PARAMETER_MISSING, teller, act=Price())
    world.now_ms = NOON_MS + 1
    world.accepts(teller, act=Price())


def test_the_refusal_of_any_signer_refuses_the_transaction(world: ToyWorld) -> None:
    payer = world.who("payer of city").key
    (result,) = decide(world, incoming(world, [payer, bytes(16)], pay("a", "b", 1)))
    assert result.outcome == outcome(Kernel.KEY_UNKNOWN)


def test_a_transaction_may_be_committed_up_to_its_expiry_height(world: ToyWorld) -> None:
    payer = world.who("payer of city").key
    now, past = world.height + 1, world.height
    results = decide(
        world,
        incoming(world, [payer], pay("a", "b", 1), expiry=now),
        incoming(world, [payer], pay("a", "b", 1), expiry=past),
    )
    assert [result.outcome for result in results] == ["", outcome(Kernel.EXPIRED)]


def test_a_key_counts_from_its_height_to_the_end_of_its_period() -> None:
    world = ToyWorld()
    key = post(world, "j1", from_height=2, revoked_height=4, until_ms=NOON_MS + 10)
    world._begin()
    found: list[str] = []
    for height, time_ms in ((1, 0), (2, 0), (3, 0), (4, 0), (3, 9), (3, 10)):
        transaction = incoming(world, [key], open_("z", CITY, 0), expiry=9)
        applied = world.machine.apply(height, NOON_MS + time_ms, [transaction])
        found.append(applied.results[0].outcome)
    early, late = outcome(Kernel.KEY_NOT_YET_VALID), outcome(Kernel.KEY_EXPIRED)
    assert found == [early, "", "", outcome(Kernel.KEY_REVOKED), "", late]


# --------------------------------------------------------------------------------------- registry


def test_a_registry_refuses_what_would_be_ambiguous() -> None:
    with pytest.raises(ValueError, match="order of name"):
        Registry((REGISTRY.services["membership"], bank))
    with pytest.raises(ValueError, match="order of name"):
        Registry((bank, bank))
    twice = Service("bank", Refusal, (ACCOUNTS, ACCOUNTS))
    with pytest.raises(ValueError, match="declared twice"):
        Registry((twice,))
    foreign = Service("vault", Refusal, (ACCOUNTS,))
    with pytest.raises(ValueError, match="outside its service"):
        Registry((foreign,))
    doubled = Service("bank", Refusal, (), operations=[bank.operations[0], bank.operations[0]])
    with pytest.raises(ValueError, match="declared twice for version 1"):
        Registry((doubled,))
    misnamed = Service(
        "bunk", Refusal, (), operations=[replace(bank.operations[0], service="bunk")]
    )
    with pytest.raises(ValueError, match=r"bunk\.open_account is tagged bank\.open_account"):
        Registry((misnamed,))


def test_a_row_key_leads_back_to_its_table_and_parts(world: ToyWorld) -> None:
    world.accepts(world.who("payer of city"), act=pay("a", "b", 1))
    for key in world.rows():
        table = REGISTRY.table_of(key)
        assert table is not None
        assert table.key(*table.split(key)) == key
    assert REGISTRY.table_of(b"bank.nothing\x00") is None
    assert REGISTRY.table_of(b"") is None
