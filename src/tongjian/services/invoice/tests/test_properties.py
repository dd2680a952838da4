"""TAX-I1 to TAX-I8, each as a property of any sequence of acts that may touch it."""

import datetime as dt
from decimal import ROUND_HALF_UP, Decimal

from hypothesis import given, settings
from hypothesis import strategies as st
from invoice_acts import key_of
from invoice_town import Town

from tongjian.core.hashing import sha256
from tongjian.core.identifiers import IdentifierInvalid, check_einvoice_number
from tongjian.services.invoice.exchange import compute_document_key
from tongjian.services.invoice.records import INVOICES, Subtotal
from tongjian.services.invoice.rules import is_tax_right

ACCEPTED = "accepted"
FEW = settings(max_examples=40)
CLAIMS = st.tuples(
    st.sampled_from(["beta", "city", "delta"]),
    st.sampled_from(["rest", "over"]) | st.integers(1, 70_000),
    st.sampled_from(["reimburse", "reimburse", "refund"]),
    st.integers(1, 3),
)


def in_business() -> Town:
    return Town().open_for_business()


def yuan(fen: int) -> str:
    return f"{fen // 100}.{fen % 100:02d}"


@FEW
@given(st.lists(CLAIMS, max_size=12))
def test_i1_all_organisations_together_claim_at_most_the_total(
    claims: list[tuple[str, int | str, str, int]],
) -> None:
    town = in_business()
    town.run("issue 1 kind=ordinary buyer=lin + deliver 1 accepted")
    paid: dict[tuple[str, int], int] = {}
    for who, wanted, verb, voucher in claims:
        rest = 113_000 - sum(paid.values())
        if verb == "refund":
            rest = paid.get((who, voucher), 0)
        amount = wanted if isinstance(wanted, int) else max(1, rest + (wanted == "over"))
        said = town.outcome(
            f"{verb} 1 claimant={who} voucher=v{voucher} amount={yuan(amount)}"
            + (" salt=none" if verb == "reimburse" else "")
        )
        known = (who, voucher) in paid
        if verb == "reimburse":
            fits = not known and amount <= rest
            change = amount
        else:
            fits = known and amount <= rest
            change = -amount
        assert (said == ACCEPTED) == fits
        if fits:
            paid[who, voucher] = paid.get((who, voucher), 0) + change
    row = town.world.row(INVOICES, key_of("1"))
    assert row.reimbursed_fen - row.refunded_fen == sum(paid.values())


@FEW
@given(st.lists(st.tuples(st.integers(1, 60_000), st.integers(-1, 1)), max_size=8))
def test_i2_red_letters_take_back_at_most_the_face_and_the_last_takes_the_rest(
    parts: list[tuple[int, int]],
) -> None:
    town = in_business()
    town.run("issue 1 accepted")
    net, tax, confirmations = 100_000, 13_000, 0
    for number, (amount, shift) in enumerate(parts):
        wanted = max(0, int((Decimal(amount) * 13 / 100).quantize(Decimal(1), ROUND_HALF_UP)))
        wanted = max(0, wanted + shift)
        said = town.outcome(
            f"request_red 1 party=alpha subtotals=13%:{yuan(amount)}+{yuan(wanted)}"
        )
        is_within = amount <= net and wanted <= tax
        is_right = wanted == tax if amount == net else abs(wanted * 100 - amount * 13) <= 100
        assert (said == ACCEPTED) == (is_within and is_right)
        if said == ACCEPTED:
            confirmations += 1
            town.run(f"issue_red 1 as={900 + number} no={confirmations} accepted")
            net, tax = net - amount, tax - wanted
    if net:
        rest = f"subtotals=13%:{yuan(net)}+{yuan(tax)}"
        town.run(
            f"""
            request_red 1 party=alpha {rest}         accepted
            issue_red 1 as=999 no={confirmations + 1} accepted
            then invoice 1 red=1130.00
            """
        )


ATTEMPTS = st.tuples(
    st.sampled_from(["alpha", "beta", "delta"]),
    st.sampled_from(["own", "wrong", "2"]),
    st.sampled_from(["TAXED_BUSINESS", "EXPORT_REFUND", "EXEMPT_ITEM", "WELFARE_OR_PERSONAL"]),
    st.sampled_from([202610, 202611, 202612]),
)


@FEW
@given(st.lists(ATTEMPTS, max_size=10))
def test_i3_an_invoice_is_deducted_once_by_its_buyer_for_an_allowed_use(
    attempts: list[tuple[str, str, str, int]],
) -> None:
    town = in_business()
    town.run("issue 1 + deliver 1 accepted")
    done = False
    for buyer, salt, use, period in attempts:
        said = town.outcome(
            f"confirm_deduction 1 buyer={buyer} salt={salt} use={use} period={period}"
        )
        is_allowed = (buyer, salt, period) == ("beta", "own", 202611)
        is_allowed = is_allowed and use in {"TAXED_BUSINESS", "EXPORT_REFUND"}
        assert (said == ACCEPTED) == (is_allowed and not done)
        done = done or is_allowed


@FEW
@given(
    st.lists(st.integers(1, 200), min_size=1, max_size=5),
    st.integers(0, 5),
    st.integers(0, 40),
)
def test_i4_input_tax_less_reversals_is_the_tax_less_red_letters(
    parts: list[int], deduct_before: int, days: int
) -> None:
    town = in_business()
    town.run("issue 1 + deliver 1 accepted")
    red_tax = 0
    for number, part in enumerate(parts, 1):
        if number == deduct_before:
            town.run("confirm_deduction 1 accepted")
        used = town.world.row(INVOICES, key_of("1")).deduction is not None
        town.run(
            f"request_red 1 party=alpha subtotals=13%:{yuan(100 * part)}+{yuan(13 * part)} accepted"
        )
        if used:
            town.run(f"confirm_red 1 no={number} accepted")
        town.run(f"wait {days}h")
        town.run(f"issue_red 1 as={900 + number} no={number} accepted")
        red_tax += 13 * part
        letter = town.world.row(INVOICES, key_of(str(900 + number)))
        assert (letter.deduction is not None) == used
        if used:
            assert letter.deduction.period == letter.issued_on // 100
    deduction = town.world.row(INVOICES, key_of("1")).deduction
    if deduction is not None:
        assert deduction.tax_fen - deduction.reversed_fen == 13_000 - red_tax


@given(
    st.integers(1, 10**16),
    st.sampled_from([0, 10_000, 30_000, 60_000, 90_000, 130_000]),
    st.integers(1, 10_000),
    st.integers(-3, 3),
    st.sampled_from([0, 1]),
)
def test_i5_tax_is_right_to_within_a_fen_a_line(
    net: int, rate: int, lines: int, shift: int, edge: int
) -> None:
    exact = Decimal(net) * rate / 1_000_000
    tax = int(exact) + shift + edge * lines
    part = Subtotal(rate_ppm=rate, lines=lines, net_fen=net, tax_fen=max(0, tax))  # type: ignore[arg-type]
    assert is_tax_right(part) == (abs(max(0, tax) - exact) <= lines)


@FEW
@given(st.lists(st.tuples(st.integers(1, 60_000), st.integers(0, 25)), max_size=8))
def test_i6_what_is_issued_in_a_month_stays_within_the_limit(
    issues: list[tuple[int, int]],
) -> None:
    town = in_business()
    town.run("set_limit alpha limit=1000.00 accepted")
    issued: dict[int, int] = {}
    for number, (net, days) in enumerate(issues, 1):
        town.run(f"wait {days}d")
        period = _period(town.world.now_ms)
        year = period // 100 % 100
        said = town.outcome(f"issue {year}99{number:016d} subtotals=0%:{yuan(net)}+0.00")
        fits = issued.get(period, 0) + net <= 100_000
        assert (said == ACCEPTED) == fits
        if fits:
            issued[period] = issued.get(period, 0) + net


def _period(now_ms: int) -> int:
    shanghai = dt.timezone(dt.timedelta(hours=8))
    date = dt.datetime.fromtimestamp(now_ms / 1000, shanghai)
    return date.year * 100 + date.month


@FEW
@given(
    st.lists(
        st.sampled_from(["26", "25", "27", "00"]).flatmap(
            lambda year: st.sampled_from(["99", "98", "00"]).map(
                lambda region: f"{year}{region}0000000000000001"
            )
        ),
        max_size=10,
    )
)
def test_i7_a_number_is_of_year_and_province_and_used_once(numbers: list[str]) -> None:
    town = in_business()
    used: set[str] = set()
    for number in numbers:
        said = town.outcome(f"issue {number}")
        try:
            parts = check_einvoice_number(number)
            fits = parts.year == 2026 and parts.region == "99" and number not in used
        except IdentifierInvalid:
            fits = False
        assert (said == ACCEPTED) == fits
        if fits:
            used.add(number)


@FEW
@given(st.lists(st.sampled_from(["pledge 1", "release_pledge 1", "red"]), max_size=10))
def test_i8_no_red_letter_while_pledged(steps: list[str]) -> None:
    town = in_business()
    town.run("issue 1 accepted")
    is_pledged, letters = False, 0
    for step in steps:
        if step != "red":
            said = town.outcome(step)
            assert (said == ACCEPTED) == (is_pledged == (step == "release_pledge 1"))
            is_pledged = step == "pledge 1"
            continue
        town.outcome("request_red 1 party=alpha subtotals=13%:1.00+0.13")
        said = town.outcome(f"issue_red 1 as={901 + letters} no={letters + 1}")
        assert (said == ACCEPTED) == (not is_pledged)
        letters += said == ACCEPTED


@given(st.text(min_size=1, max_size=60), st.text(min_size=1, max_size=60))
def test_a_document_has_one_key_and_two_documents_two(one: str, other: str) -> None:
    chain = sha256(b"chain")
    try:
        first, second = (compute_document_key(sha256, chain, f"en:{key}") for key in (one, other))
    except UnicodeEncodeError:
        return
    assert (first == second) == (one == other)
    assert len(first) == 64
    assert compute_document_key(sha256, chain, "cn:26990000000012345678") == "26990000000012345678"
