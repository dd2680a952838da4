"""Journey F6 (domain §22): from a record to a package, to the court, to an order that reaches land
and money by itself, to its execution, its lifting or its end.
"""

from pathlib import Path

import pytest
from court_town import (
    PRICE,
    CourtTown,
    fund_escrow,
    issue,
    lift,
    open_escrow,
    order_transfer,
    serve,
    the_flat,
    the_price,
)
from evidence_ledger import CourtLedger
from evidence_town import case_of, id16, imprint, salt_of
from hypothesis import given, settings
from hypothesis import strategies as st
from land_acts import who
from land_town import DAY_MS, FLAT

from tongjian.connectors.evidence.facts import ranges_of
from tongjian.connectors.evidence.pack import Source, commit_content, pack
from tongjian.connectors.evidence.verify import verify_package
from tongjian.core.encoding import replace
from tongjian.core.hashing import sha256
from tongjian.engines.receipts import Receipts
from tongjian.node.tracing import Walk
from tongjian.services.evidence.records import CASES, ITEMS, SUBMISSIONS
from tongjian.services.land.records import SEIZURES
from tongjian.services.treasury.records import HOLDS
from tongjian.verifier.anchors import Anchors


@pytest.fixture(scope="module")
def ledger(tmp_path_factory: pytest.TempPathFactory) -> CourtLedger:
    return CourtLedger(tmp_path_factory.mktemp("journey") / "ledger")


def test_a_court_decides_on_what_it_verified_itself(ledger: CourtLedger, tmp_path: Path) -> None:
    # A party has an advertisement captured, fixed and kept, and hands it in.
    ledger.run(
        """
        capture ad + fix ad      accepted
        store ad                 accepted
        open_case 123            accepted
        submit ad                accepted
        """
    )
    # The notary makes the package; the court gets a file and has the trust file from elsewhere.
    case, item = case_of("123"), id16("ad")
    digest, salts = commit_content("ad.png", b"ad", salt_of("ad"), 1)
    assert digest == imprint("ad").digest
    with ledger.home.open() as chain, chain.lock:
        draft = Receipts(chain).draft()
        draft.row(ITEMS.key(item))
        draft.row(SUBMISSIONS.key(case, item))
        for low, high in ranges_of(item, case):
            draft.range(low, high)
        receipt = draft.finish()
    data, _ = pack(
        [Source("ad.png", b"ad", salts)], item, case, ledger.home.anchors(), lambda: receipt
    )
    trust = tmp_path / "anchors.json"
    trust.write_bytes((ledger.folder / "anchors.json").read_bytes())

    # The court checks it offline, records what it found, and decides.
    report = verify_package(data, Anchors.read(trust))
    assert (report.result, report.package) == ("consistent", sha256(data).hex())
    who_signs, (act,) = ledger.transaction("verify_item ad")
    act = replace(act, height=report.height, package=sha256(data))
    ledger._nonce += 1
    with ledger.home.open(writable=True) as chain:
        ledger._apply(chain, who_signs, [act])
    ledger.run("cross_examine ad accepted")
    ledger.run("decide ad finding=admitted accepted")
    with ledger.home.open() as chain:
        row = chain.store.row(SUBMISSIONS, SUBMISSIONS.key(case, item))
    assert row is not None
    assert row.stage == "admitted"
    assert (row.report.package, row.report.height) == (sha256(data), report.height)
    # The decision does not take part in the package: it still verifies, years later.
    assert verify_package(data, Anchors.read(trust)) == report


def test_an_order_reaches_land_and_money_and_each_names_it() -> None:
    town = CourtTown()
    town.ok(open_escrow("990106-2026-0000731"), fund_escrow())
    town.ok(issue("o1", the_flat(), the_price(50_000_000)))
    town.ok(serve("o1"))
    order, digest = town.order("o1"), sha256(b"o1")
    # From the order to the registers …
    seizure = town.world.row(SEIZURES, FLAT, order.seizures[0])
    hold = town.world.row(HOLDS, "escrow", "sale-731", digest)
    assert (seizure.status, hold.amount_fen) == ("active", 50_000_000)
    # … and back: each names the order, the order its case and its court.
    assert (seizure.order, seizure.court) == (digest, order.court)
    assert order.targets[1].amount_fen == town.escrow().frozen_fen < PRICE
    # Anybody walks that both ways, over all services.
    walk = Walk(town.world.registry, town.world.state)
    down = {step.table.name for step in walk.rests_on(SEIZURES, (FLAT, order.seizures[0]))}
    assert {"evidence.orders", "evidence.cases"} <= down
    up = {step.table.name for step in walk.rests_on_it(CASES, (order.case,))}
    assert {"evidence.orders", "land.seizures", "treasury.holds", "land.entries"} <= up
    # The court sells the flat; its own seizure ends by that, the money is let go by lifting.
    town.ok(order_transfer("sale-by-court", "he"))
    assert town.owners() == {who("he"): (1, 1)}
    assert town.world.row(SEIZURES, FLAT, order.seizures[0]).status == "executed"
    town.ok(lift("o1"))
    assert (town.order("o1").status, town.escrow().frozen_fen) == ("lifted", 0)


ENDS = st.sampled_from(["lift", "high", "expire", "other"])


@settings(max_examples=40)
@given(st.integers(1, 60), st.lists(st.integers(1, 40), max_size=4), ENDS)
def test_an_order_holds_in_every_register_from_service_to_its_end(
    days: int, waits: list[int], end: str
) -> None:
    town = CourtTown()
    town.ok(open_escrow("990106-2026-0000731"), fund_escrow())
    town.ok(issue("o1", the_flat(), the_price(1), days=days), serve("o1"))
    until_ms = town.order("o1").until_ms
    for wait in waits:
        town.wait_days(wait)
        _check_holds(town, holds=until_ms > town.world.now_ms)
    holds = until_ms > town.world.now_ms
    if end == "other":
        expected = "NOT_ISSUING_COURT"
        assert town.outcome(lift("o1", "other_court")) == expected
    elif end != "expire":
        said = town.outcome(lift("o1", "court" if end == "lift" else end))
        assert said == ("accepted" if holds else "ORDER_NOT_IN_FORCE")
        holds = False
    _check_holds(town, holds=holds)
    town.world.wait(61 * DAY_MS)
    _check_holds(town, holds=False)


def _check_holds(town: CourtTown, *, holds: bool) -> None:
    assert bool(town.unit().seizure) == holds
    assert town.escrow().frozen_fen == (1 if holds else 0)
    assert (town.order("o1").status == "served") == holds


def test_a_seizure_that_waits_comes_into_force_in_the_block_in_which_the_first_ends() -> None:
    town = CourtTown()
    town.ok(issue("o1", the_flat(), days=10), serve("o1"))
    town.ok(issue("o2", the_flat(), court="other_court", days=20), serve("o2", "other_court"))
    first_ms = town.order("o1").until_ms
    town.world.wait(first_ms - town.world.now_ms)
    assert town.seizures() == [("active", sha256(b"o2"))]
    assert town.order("o1").status == "expired"
    seizure = town.world.row(SEIZURES, FLAT, town.unit().seizure)
    assert seizure.from_ms == town.world.now_ms
    # The second runs its own term from there, and its order ends with it.
    town.world.wait(town.order("o2").until_ms - town.world.now_ms)
    assert town.order("o2").status == "served"
    town.world.wait(seizure.until_ms - town.world.now_ms)
    assert (town.order("o2").status, town.seizures()) == ("expired", [])
