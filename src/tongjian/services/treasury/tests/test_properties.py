"""PUB-I1 to PUB-I10, each as a property of any sequence of acts that may touch it."""

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from treasury_acts import PROJECT, secret, worker, yuan_of
from treasury_law import Law
from treasury_town import Town

from tongjian.core.arithmetic import apply_rate_ppm
from tongjian.services.treasury.acts_acceptance import deductions
from tongjian.services.treasury.records import COMMITMENTS, LINES

ACCEPTED = "accepted"
FEW = settings(max_examples=40)
FEN = st.sampled_from([30_000, 30_001, 40_000, 50_000, 60_000]) | st.integers(1, 60_000)
"""Large ones often, so that lines, shares and wage accounts are exhausted."""
LINE_1 = "2026-990100-000001"


def lawful(town: Town) -> None:
    Law().check(town.world)


@FEW
@given(
    st.lists(
        st.tuples(st.sampled_from(["commit", "commit", "cut", "add", "freeze"]), FEN), max_size=12
    )
)
def test_i1_nothing_is_committed_over_the_line_however_it_changes(
    steps: list[tuple[str, int]],
) -> None:
    town = Town().with_line("1000.00", "1000.00")
    usable, committed, frozen = 100_000, 0, 0
    for n, (verb, fen) in enumerate(steps):
        free = usable - frozen - committed
        if verb == "commit":
            said = town.outcome(f"commit c{n} amount={yuan_of(fen)}")
            assert (said == ACCEPTED) == (fen <= free)
            committed += fen * (said == ACCEPTED)
        elif verb == "freeze":
            said = town.outcome(f"freeze_line 1 frozen={yuan_of(fen)}")
            assert (said == ACCEPTED) == (fen <= usable - committed)
            frozen = fen if said == ACCEPTED else frozen
        else:
            said = town.outcome(f"adjust_line 1 change={verb} amount={yuan_of(fen)}")
            assert (said == ACCEPTED) == (verb == "add" or fen <= free)
            usable += fen * (1 if verb == "add" else -1) * (said == ACCEPTED)
    lawful(town)


CODES = st.tuples(
    st.sampled_from(["2120399", "2120501", "2040101"]), st.sampled_from(["own", "bond"])
)


@FEW
@given(CODES, CODES, FEN)
def test_i2_money_moves_between_lines_of_one_class_and_source_only(
    one: tuple[str, str], other: tuple[str, str], fen: int
) -> None:
    town = Town()
    for n, (functional, source) in enumerate((one, other), 1):
        town.run(f"draft_line {n} functional={functional} source={source} amount=500.00 accepted")
        town.run(f"approve_line {n} accepted")
        town.run(f"issue_line {n} accepted")
    said = town.outcome(f"move_funds 1 to_line=2 amount={yuan_of(fen)}")
    is_same = (one[0][:3], one[1]) == (other[0][:3], other[1])
    assert (said == ACCEPTED) == (is_same and fen <= 50_000)
    whole = sum(
        line.sums.approved_fen + line.sums.added_fen - line.sums.cut_fen
        for line in (town.world.row(LINES, f"2026-990100-00000{n}") for n in (1, 2))
    )
    assert whole == 100_000, "a move makes and loses nothing"
    lawful(town)


STEPS = st.lists(
    st.sampled_from(["ask", "ask", "yes", "yes", "no", "stop", "wait 1h", "wait 12h", "wait 24h"]),
    max_size=14,
)


@FEW
@given(STEPS)
def test_i3_an_account_changes_a_day_after_the_call_back_and_never_before(
    steps: list[str],
) -> None:
    town = Town().with_line()
    town.run("commit c1 accepted")
    on_record, asked, number, due, now = "account of alpha", "", 0, 0, 0
    for n, step in enumerate(steps):
        if step.startswith("wait"):
            town.run(step)
            now += int(step[5:-1])
            if due and now >= due:
                on_record, asked, due = asked, "", 0
        elif step == "ask":
            said = town.outcome(f"ask_account_change c1 account=a{n}")
            assert (said == ACCEPTED) == (not asked)
            if said == ACCEPTED:
                asked, number = f"a{n}", number + 1
        elif step == "stop":
            said = town.outcome(f"stop_account_change c1/{max(number, 1)}")
            assert (said == ACCEPTED) == bool(asked)
            asked, due = "", 0
        else:
            said = town.outcome(f"call_back c1/{max(number, 1)} confirmed={step}")
            assert (said == ACCEPTED) == (bool(asked) and not due)
            if said == ACCEPTED:
                due = now + 24 if step == "yes" else 0
                asked = asked if step == "yes" else ""
        assert town.world.row(COMMITMENTS, "c1").account == secret(on_record)


@FEW
@given(
    st.lists(st.integers(1, 120_000), min_size=1, max_size=6),
    st.integers(0, 30_000),
    st.sampled_from([0, 10_000, 30_000]),
    st.sampled_from([50_000, 300_000, 900_000]),
)
def test_i4_payments_never_exceed_what_is_accepted_less_retention_and_recovery(
    values: list[int], advance: int, retain: int, recover: int
) -> None:
    town = Town().with_line()
    terms = f"retain={retain}" + (
        f" advance={yuan_of(advance)} recover={recover}" if advance else ""
    )
    town.run(f"commit c1 amount=1000.00 {terms} accepted")
    paid = accepted = 0
    if advance:
        town.run(f"grant_advance c1 amount={yuan_of(advance)} accepted")
    for value in values:
        said = town.outcome(f"accept_delivery c1 value={yuan_of(value)}")
        assert (said == ACCEPTED) == (accepted + value <= 100_000)
        accepted += value * (said == ACCEPTED)
    number = town.world.row(COMMITMENTS, "c1").acceptances
    for n in range(1, number + 1):
        row = town.ask("acceptances", contract="c1", limit=10)[n - 1]
        town.outcome(f"invoice {n} amount={yuan_of(max(1, row.payable_fen))}")
        over = yuan_of(row.payable_fen + 1)
        town.outcome(f"invoice {n + 50} amount={over}")
        words = f"invoices={n + 50}:{over}"
        assert town.outcome(f"request_payment c1/{n} amount={over} {words}") != ACCEPTED
        if row.payable_fen:
            exact = yuan_of(row.payable_fen)
            town.run(f"request_payment c1/{n} amount={exact} invoices={n}:{exact} accepted")
            paid += row.payable_fen
    contract = town.world.row(COMMITMENTS, "c1")
    assert paid == contract.ordered_fen <= 100_000
    assert paid == accepted + contract.advanced_fen - contract.recovered_fen - contract.retained_fen
    lawful(town)


@given(
    st.integers(1, 10**9),
    st.data(),
    st.integers(0, 30_000),
    st.integers(0, 500_000),
    st.integers(0, 400_000),
)
def test_i4_what_an_acceptance_recovers_retains_and_owes_is_never_more_than_its_value(
    amount: int, data: st.DataObject, retain: int, recover: int, wages: int
) -> None:
    class Terms:
        retention_ppm, recovery_ppm, wages_ppm = retain, recover, wages

    class Contract:
        terms = Terms
        amount_fen = amount
        accepted_fen = data.draw(st.integers(0, amount - 1))
        advanced_fen = data.draw(st.integers(0, amount - accepted_fen))
        recovered_fen = 0

    value = data.draw(st.integers(1, amount - Contract.accepted_fen))
    contract: Any = Contract
    recovered, retained, due = deductions(contract, value)
    assert min(recovered, retained, due) >= 0
    assert recovered + retained + due <= value
    left = Contract.advanced_fen - recovered
    assert Contract.accepted_fen + value + left <= amount
    assert recovered >= min(Contract.advanced_fen, apply_rate_ppm(value, recover))


@FEW
@given(st.lists(st.tuples(st.sampled_from(["bridge", "road", "none"]), FEN), max_size=8))
def test_i5_contracts_stay_within_the_estimate_and_its_shares(
    contracts: list[tuple[str, int]],
) -> None:
    town = Town().with_accounts()
    town.run(
        f"""
        propose_project {PROJECT}                                     accepted
        advance_project {PROJECT} stage=feasible amount=1000.00       accepted
        advance_project {PROJECT} stage=designed amount=1000.00       accepted
        set_share {PROJECT}/bridge share=600.00                       accepted
        set_share {PROJECT}/road share=300.00                         accepted
        draft_line 1 project={PROJECT} amount=9000.00                 accepted
        approve_line 1                                                accepted
        issue_line 1                                                  accepted
        advance_project {PROJECT} stage=funded                        accepted
        """
    )
    drawn = {"bridge": 0, "road": 0, "none": 0}
    limits = {"bridge": 60_000, "road": 30_000, "none": 100_000}
    for n, (share, fen) in enumerate(contracts):
        words = f"project={PROJECT} share={share} amount={yuan_of(fen)} by=ledger"
        said = town.outcome(f"commit c{n} {words}")
        fits = drawn[share] + fen <= limits[share] and sum(drawn.values()) + fen <= 100_000
        assert (said == ACCEPTED) == fits
        drawn[share] += fen * fits
    lawful(town)


CHAIN = (
    ("line", "issue_line 1"),
    ("contract", "commit c1"),
    ("acceptance", "accept_delivery c1"),
    ("invoice", "invoice 1 amount=1000.00"),
    ("request", "request_payment c1/1"),
    ("check", "check_payment 1/1"),
    ("order", "order_payment 1/1"),
    ("receipt", "confirm_paid 1/1"),
    ("clearing", "clear_day zero/20261119"),
    ("booking", "book_payment 1/1"),
    ("asset", "record_asset a1"),
)


@given(st.sampled_from([name for name, _ in CHAIN[:-1]]), st.permutations(range(len(CHAIN))))
def test_i6_with_any_link_left_out_nothing_after_it_is_possible(
    missing: str, order: list[int]
) -> None:
    town = Town().with_accounts()
    town.run("draft_line 1 accepted")
    town.run("approve_line 1 accepted")
    place = [name for name, _ in CHAIN].index(missing)
    for position, (name, request) in enumerate(CHAIN):
        if name == "contract" and missing != "line":
            town.run("grant_quota 1 accepted")
        if position < place or (name == "invoice" and position != place):
            town.run(f"{request} accepted")
    for position in order:
        name, request = CHAIN[position]
        if position > place and name != "invoice" and not (missing == "contract" and position < 2):
            assert town.outcome(request) != ACCEPTED, f"{name} without {missing}"
    assert not any(row.status == "booked" for row in _payments(town)) or missing == "booking"
    lawful(town)


def _payments(town: Town) -> list[Any]:
    law = Law()
    law.read(town.world)
    return list(law.of("payments").values())


@FEW
@given(st.lists(st.integers(0, 2), min_size=1, max_size=5), st.integers(-1, 1))
def test_i7_a_day_is_cleared_by_exactly_what_was_paid(days: list[int], shift: int) -> None:
    town = Town().with_line()
    day, unpaid, sums = 20261119, 0, {20261119: 0}
    for n, wait in enumerate(days, 1):
        town.run(f"wait {wait}d")
        day += wait
        town.run(
            f"""
            commit c{n} amount={n}00.00                                          accepted
            accept_delivery c{n} value={n}00.00                                  accepted
            invoice {n} amount={n}00.00                                          accepted
            request_payment c{n}/1 amount={n}00.00 invoices={n}:{n}00.00         accepted
            check_payment 1/{n}                                                  accepted
            order_payment 1/{n}                                                  accepted
            confirm_paid 1/{n} amount={n}00.00 receipt=r{n}                      accepted
            """
        )
        sums[day] = sums.get(day, 0) + n * 10_000
        unpaid += n * 10_000
    lawful(town)
    for each, fen in sums.items():
        words = f"amount={yuan_of(max(1, fen + shift))} receipt=c{each}"
        said = town.outcome(f"clear_day zero/{each} {words}")
        assert (said == ACCEPTED) == (shift == 0 and fen > 0)
        unpaid -= fen * (said == ACCEPTED)
    account = town.ask("clearing_day", account=secret("zero"), day=day)
    assert account.late is False or account.paid_fen != account.cleared_fen
    lawful(town)
    assert (unpaid == 0) == (shift == 0)


@FEW
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["single", "zero", "wages", "escrow"]),
            st.integers(1, 2),
            st.sampled_from([19_999, 20_000, 20_000]),
        ),
        max_size=6,
    )
)
def test_i8_revenue_enters_the_single_account_whole_and_once(
    tries: list[tuple[str, int, int]],
) -> None:
    town = Town().with_accounts()
    town.run("bill_revenue b1 accepted")
    town.run("bill_revenue b2 accepted")
    paid: set[int] = set()
    for n, (account, bill, fen) in enumerate(tries):
        words = f"account={account} amount={yuan_of(fen)} receipt=r{n}"
        said = town.outcome(f"receive_revenue b{bill} {words}")
        fits = account == "single" and fen == 20_000 and bill not in paid
        assert (said == ACCEPTED) == fits
        paid |= {bill} if fits else set()
    lawful(town)


@FEW
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["w1", "w2", "ghost"]),
            st.sampled_from([202609, 202610, 202611, 202612]),
            st.sampled_from([5_000, 12_500, 20_000]) | st.integers(1, 20_000),
        ),
        max_size=8,
    )
)
def test_i9_wages_reach_registered_workers_once_a_month_within_what_came(
    wages: list[tuple[str, int, int]],
) -> None:
    town = Town().with_line()
    town.run(
        """
        commit c1 kind=works amount=1000.00                          accepted
        certify_progress c1 value=1000.00                            accepted
        register_worker c1/w1                                        accepted
        register_worker c1/w2                                        accepted
        invoice 1 amount=1000.00                                     accepted
        request_payment c1/1 purpose=wages amount=250.00             accepted
        check_payment 1/1                                            accepted
        order_payment 1/1                                            accepted
        confirm_paid 1/1 account=wages amount=250.00                 accepted
        """
    )
    done: dict[tuple[str, int], int] = {}
    for n, (who, period, fen) in enumerate(wages):
        words = f"period={period} wages={who}:{yuan_of(fen)} receipt=w{n}"
        said = town.outcome(f"pay_wages c1 {words}")
        fits = who != "ghost" and period <= 202611 and (who, period) not in done
        fits = fits and sum(done.values()) + fen <= 25_000
        assert (said == ACCEPTED) == fits
        if fits:
            done[who, period] = fen
    found = {(w.worker, w.period): w.amount_fen for w in town.ask("wages", contract="c1", limit=99)}
    assert found == {(worker(who), period): fen for (who, period), fen in done.items()}
    lawful(town)


@FEW
@given(st.integers(1, 2000), st.lists(st.integers(1, 900), max_size=4))
def test_i9_what_the_level_below_budgets_is_what_came(sent: int, lines: list[int]) -> None:
    town = Town().with_line("1000.00", "1000.00")
    said = town.outcome(f"send_transfer t1 amount={sent}.00")
    assert (said == ACCEPTED) == (sent <= 1000)
    if said != ACCEPTED:
        return
    town.run(f"receive_transfer t1 amount={sent}.00 accepted")
    down = "finance=district by=district.budget_officer source=transfer transfer=t1"
    both = "by=district.budget_officer,council.congress_approver"
    budgeted = 0
    for n, yuan in enumerate(lines, 1):
        number = f"2026-990106-{n:06d}"
        town.run(f"draft_line {number} {down} amount={yuan}.00 accepted")
        approved = town.outcome(f"approve_line {number} {both}") == ACCEPTED
        assert approved == (budgeted + yuan <= sent)
        budgeted += yuan * approved
    lawful(town)


@FEW
@given(st.lists(st.sampled_from(["check", "order", "reject", "return", "pay", "find"]), max_size=9))
def test_i10_what_was_asked_for_stays_as_it_was_whatever_becomes_of_it(steps: list[str]) -> None:
    town = Town().with_goods()
    law = Law()
    town.run("request_payment c1/1 accepted")
    law.check(town.world)
    for n, step in enumerate(steps):
        if step == "pay":
            town.outcome("confirm_paid 1/1")
        elif step == "find":
            town.outcome(f"write_finding f{n}")
        else:
            town.outcome(f"{step}_payment 1/1")
        law.check(town.world)
