"""Frauds at the counter: what a dishonest clerk, employer or seller asks of the ledger, in vain.

Each function tries one fraud and returns what it tried with the answers; it raises `Unexpected`
where the fraud gets through, or is stopped by another rule than the one it breaks.
"""

import tempfile
from pathlib import Path
from typing import Final

from tongjian.core.calendar import legal_date
from tongjian.core.directory import Kernel
from tongjian.core.encoding import replace
from tongjian.core.values import fen, time_ms, uscc
from tongjian.demo.altered import altered_amount
from tongjian.demo.day import DAY_MS, day_number
from tongjian.demo.desk import DINNER, PROBE, Desk
from tongjian.demo.papers import Buyer, draw_bytes
from tongjian.demo.told import Fraud, Try, expect, expect_committed, expect_refused, yuan
from tongjian.engines.solo import Outcome, Status
from tongjian.node.clock import salt
from tongjian.node.founding import Plan, PlanOffice, PlanOfficer, found
from tongjian.node.keys import KeyPair
from tongjian.node.signing import sign_acts
from tongjian.services.invoice import acts
from tongjian.services.invoice.records import INVOICES, Refusal

EMPLOYERS: Final = {"hospital": "the hospital 医院", "university": "the university 大学"}
LONG_AGO_MS: Final = 40 * DAY_MS


def two_employers(desk: Desk) -> Fraud:
    """Claim one dinner from two employers: the second is refused (TAX-I1)."""
    stage = desk.stage
    seller = stage.city.member("vendor-c")
    guest = Buyer("林小海", "", draw_bytes(desk.seeded, 16))
    paper = desk.issued(seller, desk.face(seller, guest, DINNER))
    tries: list[Try] = []
    for employer, name in EMPLOYERS.items():
        claim = acts.Reimburse(
            invoice=paper.number,
            claimant=uscc(stage.city.body(employer).uscc),
            buyer_salt=None,
            voucher=paper.lines_commitment(stage.digest),
            amount_fen=fen(paper.total_fen),
        )
        outcome = stage.act((f"{employer}-finance", f"{employer}-finance2"), claim)
        tries.append(desk.attempt(f"{yuan(paper.total_fen)} from {name}", outcome, claim))
        if employer == "hospital":
            expect_committed(desk.registry, outcome, "the first claim")
        else:
            what = "the same invoice claimed from a second employer"
            expect_refused(desk.registry, outcome, Refusal.CLAIMS_EXCEED_TOTAL, what)
    row = stage.one(INVOICES, paper.number)
    expect(row.reimbursed_fen == row.total_fen, "reimbursed is not the invoice's total")
    tries.append(
        Try(
            f"invoice {paper.number}",
            f"total {yuan(row.total_fen)}, reimbursed by all employers {yuan(row.reimbursed_fen)}",
        )
    )
    return Fraud("a", "一票两报", "one invoice, two employers", tuple(tries))


def forged_issuer(desk: Desk) -> Fraud:
    """Issue in another firm's name: no officer of it signed, or no key of the ledger did."""
    stage = desk.stage
    haiming, buyer = stage.city.member("haiming"), desk.hospital
    act = desk.issue(desk.paper(haiming, buyer, PROBE))
    by_another = stage.act(("vendor-b-issuer",), act)
    expect_refused(desk.registry, by_another, Kernel.NOT_PERMITTED, "another firm's officer issues")
    stranger = KeyPair(salt(), stage.digest)
    unknown = stage.deliver(sign_acts(stage.chain, [stranger], [act]))
    expect_refused(desk.registry, unknown, Kernel.KEY_UNKNOWN, "an unknown key issues")
    borrowed = stage.deliver(
        sign_acts(stage.chain, [_Borrowed(stage.key("haiming-issuer"))], [act])
    )
    expect(borrowed.status is Status.MALFORMED, "a false signature is taken for haiming's")
    expect(stage.row(INVOICES, act.number) is None, "the forged invoice is on the ledger")
    who = f"{haiming.firm.name}'s invoice signed by"
    tries = (
        desk.attempt(f"{who} an officer of 海州乙公司", by_another, act),
        desk.attempt(f"{who} a key that nobody enrolled", unknown, act),
        desk.attempt(f"{who} a stranger under haiming's key id", borrowed, act),
    )
    return Fraud("c", "冒名开票", "a forged issuer", tries)


class _Borrowed(KeyPair):
    """A stranger's key that claims another's id."""

    def __init__(self, of: KeyPair) -> None:
        super().__init__(salt(), lambda data: data)
        self.id = of.id


def back_dated(desk: Desk) -> Fraud:
    """Date an invoice back: a number of last year, a supply of long ago, a reason that is given."""
    stage = desk.stage
    haiming, buyer = stage.city.member("haiming"), desk.hospital
    holders = (haiming.holder("issuer"),)
    today = legal_date(stage.clock())
    last_year = desk.issue(desk.paper(haiming, buyer, PROBE, year=today.year - 1))
    first = stage.act(holders, last_year)
    expect_refused(desk.registry, first, Refusal.NUMBER_WRONG_YEAR, "a number of last year")
    long_ago = time_ms(stage.clock() - LONG_AGO_MS)
    silent = replace(desk.issue(desk.paper(haiming, buyer, PROBE)), event_ms=long_ago)
    second = stage.act(holders, silent)
    expect_refused(desk.registry, second, Refusal.LATE_WITHOUT_REASON, "a supply of long ago")
    late = replace(silent, late_reason="dispute")
    third = stage.act(holders, late)
    expect_committed(desk.registry, third, "a late invoice with a reason")
    row = stage.one(INVOICES, late.number)
    day = day_number(legal_date(row.recorded_ms))
    expect(row.late and row.issued_on == day, "a late invoice is not flagged, or dated back")
    tries = (
        desk.attempt(f"a number of {today.year - 1}", first, last_year),
        desk.attempt("a supply of forty days ago, no reason given", second, silent),
        Try(
            "the same with a reason",
            f"recorded, but dated {row.issued_on}, the day of the block, and flagged late 迟开",
            transaction=third.id,
        ),
    )
    return Fraud("d", "倒填日期", "a back-dated issue", tries)


def replayed(desk: Desk) -> Fraud:
    """Send one transaction again, here and to another ledger: nothing is done twice."""
    stage, chain = desk.stage, desk.stage.chain
    haiming = stage.city.member("haiming")
    act = desk.issue(desk.paper(haiming, desk.hospital, PROBE))
    envelope = stage.sign((haiming.holder("issuer"),), act)
    first = stage.deliver(envelope)
    expect_committed(desk.registry, first, "the first submission")
    before = chain.log_size(chain.height)
    again = stage.deliver(envelope)
    same = (again.status, again.id, again.height) == (first.status, first.id, first.height)
    expect(same, "the second submission has another outcome than the first")
    expect(chain.log_size(chain.height) == before, "the second submission is in the log")
    elsewhere = _on_another_ledger(envelope)
    expect_refused(desk.registry, elsewhere, Kernel.WRONG_CHAIN, "a replay on another ledger")
    tries = (
        desk.attempt("an issue, signed once", first, act),
        Try(
            "the same bytes again",
            f"the first outcome, height {again.height}; the log still has {before:,} entries",
            transaction=again.id,
        ),
        desk.attempt("the same bytes on another ledger", elsewhere, act),
    )
    return Fraud("e", "重放交易", "a replayed transaction", tries)


def _on_another_ledger(envelope: bytes) -> Outcome:
    """Found a small ledger elsewhere and submit an envelope to it."""
    office = PlanOffice("11990100001400700T", "other.data", "另一数据局", "990100", "bureau")
    officer = PlanOfficer("other-governor", office.uscc, ["governor"])
    plan = Plan(label="other.demo", office=[office], officer=[officer])
    with tempfile.TemporaryDirectory() as folder:
        home = found(plan, Path(folder) / "ledger")
        with home.engine() as engine:
            (outcome,) = engine.submit([envelope]).result()
            return outcome


AT_THE_COUNTER: Final = (two_employers, altered_amount, forged_issuer, back_dated, replayed)
"""In the order of the story."""
