"""A ledger to measure: firms that issue invoices, registered and with a limit, and their keys."""

import shutil
import tempfile
import time
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from tongjian.core import values
from tongjian.core.envelope import compose, seal_envelope, signed_message
from tongjian.core.identifiers import uscc_check_digit
from tongjian.core.operation import Act
from tongjian.engines.solo import Busy, Outcome, SoloEngine, Status
from tongjian.node.clock import nonce, now_ms
from tongjian.node.founding import Plan, PlanOffice, PlanOfficer, found
from tongjian.node.home import Home
from tongjian.node.keys import KeyPair
from tongjian.services.invoice.acts import Deliver, Issue, SetLimit, SetTaxpayer
from tongjian.services.invoice.records import Subtotal

FIRMS: Final = 100
GROUP_ACTS: Final = 1_000
"""Acts that a caller hands over at once."""
EXPIRY_BLOCKS: Final = 500_000
NET_FEN, RATE_PPM, TAX_FEN = values.fen(100_000), values.ppm(130_000), values.fen(13_000)


class Refusals(Exception):
    """Transactions of a measurement were not committed: the figure would mean nothing."""


class Town:
    """A tax bureau and a hundred firms of one invented city, with all keys at hand."""

    def __init__(self, folder: Path, suite: str = "ed25519") -> None:
        """Found the ledger in a folder, with keys of a suite; that of SM2 hashes with SM3."""
        self.folder = folder
        self.firms = [_uscc(f"91990106MA7K{number:05d}") for number in range(FIRMS)]
        bureau = _uscc("11990100MA7K00000")
        self.home: Home = found(_plan(self.firms, bureau, suite), folder)
        self.chain = self.home.anchors().chain_id
        self.keys = [self.home.key(f"issuer-{number}") for number in range(FIRMS)]
        self._bureau = (self.home.key("tax-handler"), self.home.key("tax-approver"))
        self.voters = ("tax-handler",)
        """Who votes on members of a network."""
        self.issued = 0
        """Numbers handed out so far."""
        self._year = time.strftime("%y")

    # -- transactions -------------------------------------------------------------------------

    def registration(self) -> bytes:
        """Return the envelope by which the tax bureau registers the firms and sets their limits."""
        acts: list[Act] = []
        for firm in self.firms:
            seller, notice = values.uscc(firm), values.digest(bytes(32))
            acts.append(SetTaxpayer(taxpayer=seller, kind="general", grade="A", notice=notice))
            limit = values.fen(10**15)
            acts.append(SetLimit(taxpayer=seller, limit_fen=limit, reason="first", notice=notice))
        return self.envelope(self._bureau, acts)

    def issues(self, transactions: int, acts: int) -> Iterator[bytes]:
        """Yield envelopes of `invoice.issue`, signed by the firms in turn."""
        event_ms = values.time_ms(now_ms() - 3_600_000)
        for position in range(transactions):
            firm = position % FIRMS
            first = self.issued
            self.issued += acts
            yield self.envelope(
                (self.keys[firm],),
                [self.issue(firm, number, event_ms) for number in range(first, first + acts)],
            )

    def deliveries(self, transactions: int, acts: int, since: int = 0) -> Iterator[bytes]:
        """Yield envelopes that deliver the invoices of `issues`, in the same portions.

        `since` is how many had been issued before those.
        """
        for position in range(transactions):
            firm = position % FIRMS
            first = since + position * acts
            seller = values.uscc(self.firms[firm])
            yield self.envelope(
                (self.keys[firm],),
                [
                    Deliver(
                        invoice=self.number(number), seller=seller, receipt=values.digest(bytes(32))
                    )
                    for number in range(first, first + acts)
                ],
            )

    def number(self, sequence: int) -> str:
        """Return the invoice number of a sequence: year, province 99, channel 1."""
        return f"{self._year}991{sequence:015d}"

    def issue(self, firm: int, sequence: int, event_ms: values.TimeMs) -> Issue:
        """Return the act that issues an invoice."""
        mark = values.digest(sequence.to_bytes(32, "big"))
        return Issue(
            number=self.number(sequence),
            seller=values.uscc(self.firms[firm]),
            kind="special",
            business="general",
            buyer=mark,
            lines=mark,
            subtotals=(Subtotal(rate_ppm=RATE_PPM, lines=1, net_fen=NET_FEN, tax_fen=TAX_FEN),),
            total_fen=values.fen(NET_FEN + TAX_FEN),
            tax_fen=TAX_FEN,
            event_ms=event_ms,
            late_reason="none",
        )

    def envelope(self, signers: Sequence[KeyPair], acts: Sequence[Act]) -> bytes:
        """Return a signed transaction."""
        body = compose(
            chain=self.chain,
            expiry=EXPIRY_BLOCKS,
            nonce=nonce(),
            signers=tuple(key.id for key in signers),
            acts=tuple(acts),
        )
        message = signed_message(self.chain, body)
        return seal_envelope(body, tuple(key.sign(message) for key in signers))


def submit_all(engine: SoloEngine, envelopes: Sequence[bytes], group: int) -> None:
    """Submit envelopes in groups, as fast as the engine takes them, and await all outcomes.

    Raises `Refusals` unless every transaction was committed.
    """
    futures = [
        _submit(engine, envelopes[start : start + group])
        for start in range(0, len(envelopes), group)
    ]
    require_committed(outcome for future in futures for outcome in future.result())


def require_committed(outcomes: Iterable[Outcome]) -> None:
    """Raise `Refusals` unless every outcome is a commitment."""
    for outcome in outcomes:
        if outcome.status is not Status.COMMITTED:
            raise Refusals(f"{outcome.status.value}: {outcome.refusal} {outcome.detail}")


def _submit(engine: SoloEngine, envelopes: Sequence[bytes]) -> "Future[list[Outcome]]":
    while True:
        try:
            return engine.submit(envelopes)
        except Busy as busy:
            time.sleep(min(busy.retry_after_ms, 5) / 1000)


@contextmanager
def temporary_town(place: Path | None, suite: str = "ed25519") -> Iterator[Town]:
    """Found a town in a temporary folder, register its firms, and remove it at the end."""
    folder = Path(tempfile.mkdtemp(prefix="tongjian-bench-", dir=place))
    try:
        town = Town(folder / "ledger", suite)
        with town.home.engine() as engine:
            require_committed(engine.submit([town.registration()]).result())
        yield town
    finally:
        shutil.rmtree(folder)


def _uscc(body: str) -> str:
    return body + uscc_check_digit(body)


def _plan(firms: Sequence[str], bureau: str, suite: str) -> Plan:
    office = [PlanOffice(uscc=bureau, label="bureau", name="B", region="990100", kind="bureau")]
    officer = [
        PlanOfficer(
            holder="tax-handler", office=bureau, roles=["tax_officer", "governor", "registrar"]
        ),
        PlanOfficer(holder="tax-approver", office=bureau, roles=["tax_approver"]),
    ]
    for number, uscc in enumerate(firms):
        office.append(
            PlanOffice(uscc=uscc, label=f"firm-{number}", name="F", region="990106", kind="firm")
        )
        officer.append(PlanOfficer(holder=f"issuer-{number}", office=uscc, roles=["issuer"]))
    hash_name = "sm3" if suite == "sm2" else "sha256"
    return Plan(label="bench", office=office, officer=officer, hash=hash_name, suite=suite)
