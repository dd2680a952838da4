"""JUD-I3 and the decision of a court, as properties of any sequence of acts that may touch them."""

from dataclasses import dataclass, field

from evidence_town import FLAT, LAND, USCC, Court, case_of, commit, id16
from hypothesis import given, settings
from hypothesis import strategies as st

from tongjian.services.evidence.records import SUBMISSIONS
from tongjian.services.evidence.records_orders import ORDERS
from tongjian.services.land.public import SEIZURES, UNITS
from tongjian.services.treasury.public import PAYEES

ACCEPTED = "accepted"
FEW = settings(max_examples=60)
ABOVE = {"court": ("court", "middle", "high", "supreme"), "other": ("other", "high", "supreme")}


@dataclass
class OrderModel:
    """The orders on a flat and a vendor's money, in order of service."""

    issued: dict[str, tuple[str, bool]] = field(default_factory=dict)
    served: list[str] = field(default_factory=list)
    ended: set[str] = field(default_factory=set)

    def takes(self, verb: str, order: str, court: str, *, money: bool) -> bool:
        issuer = self.issued.get(order, ("", False))[0]
        is_open = order in self.issued and order not in self.ended
        match verb:
            case "issue":
                fits = order not in self.issued
                if fits:
                    self.issued[order] = (court, money)
            case "serve":
                fits = is_open and order not in self.served
                if fits:
                    self.served.append(order)
            case _:
                fits = is_open and court in ABOVE[issuer]
                if fits:
                    self.ended.add(order)
        return fits

    def standing(self) -> list[str]:
        return [order for order in self.served if order not in self.ended]


STEPS = st.tuples(
    st.sampled_from(["issue", "serve", "serve", "lift"]),
    st.sampled_from(["o1", "o2", "o3"]),
    st.sampled_from(["court", "other", "middle", "high", "supreme", "bureau"]),
    st.booleans(),
)
CASE = {"court": "123", "other": "(2026)演0292执7号"}


@FEW
@given(st.lists(STEPS, max_size=16))
def test_i3_orders_hold_in_order_of_service_and_only_their_court_or_one_above_lifts(
    steps: list[tuple[str, str, str, bool]],
) -> None:
    court = Court()
    court.run("open_case 123 accepted")
    court.run("open_case (2026)演0292执7号 court=other accepted")
    model = OrderModel()
    for verb, order, drawn, money in steps:
        issuer = model.issued.get(order, ("court", False))[0]
        who = "court" if verb == "issue" and drawn not in CASE else drawn
        if verb == "issue":
            targets = "flat,vendor:100.00" if money else "flat"
            line = f"issue_order {order} case={CASE[who]} targets={targets} by={who}.judge"
        elif verb == "serve":
            line = f"serve_order {order} by={issuer}.court_clerk"
        else:
            line = f"lift_order {order} court={who}"
        said = court.outcome(line)
        assert (said == ACCEPTED) == model.takes(verb, order, who, money=money), (line, said)
        _check_registers(court, model)


def _check_registers(court: Court, model: OrderModel) -> None:
    standing = model.standing()
    unit = court.world.row(UNITS, FLAT)
    held = [
        court.world.row(SEIZURES, FLAT, number).order
        for number in (unit.seizure, *unit.waiting)
        if number
    ]
    assert held == [commit(order) for order in standing]
    for number in (unit.seizure, *unit.waiting):
        wanted = "active" if number == unit.seizure else "waiting"
        assert not number or court.world.row(SEIZURES, FLAT, number).status == wanted
    frozen = 10_000 * sum(model.issued[order][1] for order in standing)
    assert court.world.row(PAYEES, USCC["vendor"]).frozen_fen == frozen


@FEW
@given(
    st.lists(st.tuples(st.sampled_from(["o1", "o2"]), st.integers(1, 40)), min_size=1, max_size=6),
    st.lists(st.integers(1, 30), min_size=1, max_size=8),
)
def test_i3_an_order_holds_from_its_service_to_its_end_and_no_longer(
    served: list[tuple[str, int]], waits: list[int]
) -> None:
    court = Court()
    court.run("open_case 123 accepted")
    running: dict[str, int] = {}
    for order, days in served:
        said = court.outcome(f"issue_order {order} targets=vendor:1.00 days={days}")
        if said == ACCEPTED:
            court.run(f"serve_order {order} accepted")
            running[order] = court.world.row(ORDERS, commit(order)).until_ms
    for wait in waits:
        court.run(f"wait {wait}d")
        left = {o: until for o, until in running.items() if until > court.world.now_ms}
        assert court.world.row(PAYEES, USCC["vendor"]).frozen_fen == 100 * len(left)
        for order in running:
            status = court.world.row(ORDERS, commit(order)).status
            assert status == ("served" if order in left else "expired")


@FEW
@given(st.integers(0, 4), st.booleans())
def test_i3_service_is_all_or_nothing_over_every_register(position: int, land: bool) -> None:  # noqa: FBT001
    rights = ["flat", "vendor:1.00", "thing:car", f"{LAND}"]
    missing = "990106001002GB00021F00990099" if land else "bureau:1.00"
    rights.insert(min(position, len(rights)), missing)
    court = Court()
    court.run("open_case 123 accepted")
    court.run(f"issue_order o1 targets={','.join(rights)} accepted")
    before = court.world.rows()
    assert court.outcome("serve_order o1").startswith("refused")
    assert court.world.rows() == before


# ------------------------------------------------------------------------------------- admission

TRIAL = st.sampled_from(
    [
        "verify_item ad result=consistent",
        "verify_item ad result=inconsistent",
        "cross_examine ad",
        "challenge ad",
        "dispose ad challenge=1 disposal=overruled",
        "dispose ad challenge=2 disposal=upheld",
        "decide ad finding=admitted",
        "decide ad finding=partial",
        "decide ad finding=rejected",
    ]
)


@dataclass
class Trial:
    """What a judge would keep in mind of one item."""

    result: str = ""
    examined: bool = False
    raised: int = 0
    open: set[int] = field(default_factory=set)
    upheld: int = 0
    decided: str = ""

    def takes(self, line: str) -> bool:
        """Say whether a step is allowed, and keep what it does."""
        verb, said = line.split(maxsplit=1)[0], line.rpartition("=")[2]
        if verb == "cross_examine":
            fits, self.examined = not (self.examined or self.decided), True
            return fits
        if self.decided:
            return False
        match verb:
            case "verify_item":
                self.result = said
            case "challenge":
                self.raised += 1
                self.open.add(self.raised)
            case "dispose":
                return self._disposes(int(line.partition("challenge=")[2][0]), said)
            case _:
                return self._decides(said)
        return True

    def _disposes(self, number: int, said: str) -> bool:
        fits = number in self.open
        self.upheld += fits and said == "upheld"
        self.open.discard(number)
        return fits

    def _decides(self, finding: str) -> bool:
        fits = self.examined and bool(self.result) and not self.open
        if finding == "admitted":
            fits = fits and self.result == "consistent" and not self.upheld
        self.decided = finding if fits else ""
        return fits


@FEW
@given(st.lists(TRIAL, max_size=18))
def test_evidence_is_admitted_in_full_only_when_verified_examined_and_unchallenged(
    lines: list[str],
) -> None:
    court, trial = Court().before_court(), Trial()
    for line in lines:
        said = court.outcome(line)
        assert (said == ACCEPTED) == trial.takes(line), (line, said, trial)
    row = court.world.row(SUBMISSIONS, case_of("123"), id16("ad"))
    assert row.stage == (trial.decided or ("cross_examined" if trial.examined else "submitted"))
    assert row.open_challenges == len(trial.open)
