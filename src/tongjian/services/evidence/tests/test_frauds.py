"""The frauds of domain section 9 and the insiders of section 24 that touch evidence and courts.

Those that end in a package are in tests/connectors/test_evidence_packages.py, those that cross
services in tests/journeys.
"""

import pytest
from evidence_town import FLAT, USCC, Court, case_of, commit, id16, imprint

from tongjian.core.directory import Kernel
from tongjian.services.evidence.records import ITEMS, SUBMISSIONS, Question
from tongjian.services.evidence.records_orders import ORDERS
from tongjian.services.evidence.refusals import Refusal
from tongjian.services.evidence.views import Match, match
from tongjian.services.land.acts import LiftSeizure
from tongjian.services.land.public import UNITS
from tongjian.services.land.refusals import Refusal as LandRefusal
from tongjian.services.treasury.public import PAYEES, UnfreezeFunds


@pytest.fixture
def court() -> Court:
    return Court()


def test_false_data_put_on_the_chain_is_never_called_true_and_art_18_is_asked(
    court: Court,
) -> None:
    court.before_court()
    submission = court.world.row(SUBMISSIONS, case_of("123"), id16("ad"))
    asked = {answer.question for answer in submission.answers}
    assert {Question.SOURCE, Question.GENERATION, Question.STORAGE} <= asked
    court.run(
        """
        submit ad answers=but_SOURCE            refused ALREADY_SUBMITTED
        verify_item ad                          accepted
        cross_examine ad                        accepted
        challenge ad question=18                accepted
        dispose ad disposal=upheld              accepted
        decide ad finding=admitted              refused CHALLENGE_UPHELD
        decide ad finding=rejected              accepted
        """
    )
    report = court.world.row(SUBMISSIONS, case_of("123"), id16("ad")).report
    assert (report.result, report.before_recording) == ("consistent", "not_proven")


def test_a_manipulated_clock_dates_nothing(court: Court) -> None:
    court.run(
        """
        capture ad event=1h                     refused CLAIMED_TIME_AHEAD
        capture ad drift=60000                  refused CLOCK_DRIFT
        capture ad event=-20h + fix ad          accepted
        stamp ad gen=-21h                       refused STAMP_BEFORE_CAPTURE
        stamp ad gen=1h                         refused STAMP_AHEAD
        """
    )
    item = court.world.row(ITEMS, id16("ad"))
    assert item.fixed_ms == item.captured_ms == court.world.now_ms


def test_a_deep_fake_needs_an_attested_device_and_stands_open_to_appraisal(court: Court) -> None:
    court.run("capture ad checks=2,3,4,5            refused CAPTURE_INCOMPLETE")
    court.before_court()
    court.run(
        """
        verify_item ad                          accepted
        cross_examine ad                        accepted
        challenge ad question=18                accepted
        appraise ad opinion=supports            accepted
        dispose ad disposal=upheld              accepted
        decide ad finding=admitted              refused CHALLENGE_UPHELD
        """
    )


def test_a_party_that_controls_the_platform_says_so_or_is_not_heard(court: Court) -> None:
    court.run(
        """
        open_case 123                                                 accepted
        capture ad office=vendor + fix ad office=vendor               accepted
        store ad giver=vendor receiver=vendor                         accepted
        submit ad office=vendor                                       refused INTEREST_UNDISCLOSED
        submit ad office=vendor interest=platform_is_party            accepted
        verify_item ad                                                accepted
        cross_examine ad                                              accepted
        challenge ad question=17.2                                    accepted
        appraise ad appraiser=vendor by=lab.appraiser,court.court_clerk refused NOT_PERMITTED
        dispose ad disposal=upheld                                    accepted
        decide ad finding=admitted                                    refused CHALLENGE_UPHELD
        """
    )


def test_late_found_evidence_shows_when_it_was_recorded(court: Court) -> None:
    court.run("capture ad event=-30d                                 refused LATE_WITHOUT_REASON")
    court.run("capture ad event=-30d late_reason=found_later + fix ad accepted")
    item = court.world.row(ITEMS, id16("ad"))
    assert (item.late, item.captured_ms) == (True, court.world.now_ms)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("issue_order o1 by=other.judge", "refused NOT_PERMITTED"),
        ("issue_order o1 by=bureau.judge", "refused NOT_PERMITTED"),
        ("issue_order o1 case=999", "refused NOT_PERMITTED"),
        ("open_case 5 court=bureau by=bureau.court_clerk", "refused NOT_A_COURT"),
        ("serve_order never", "refused NOT_PERMITTED"),
    ],
)
def test_a_forged_court_order_has_no_key_no_case_or_no_court(
    court: Court, line: str, said: str
) -> None:
    court.run("open_case 123 accepted")
    court.run(f"{line} {said}")
    assert court.world.row(UNITS, FLAT).seizure == 0


def test_evidence_altered_after_fixing_is_inconsistent_and_not_admitted(court: Court) -> None:
    court.run("capture ad + fix ad accepted")
    court.run("fix ad content=other                                  refused NOT_CAPTURED")
    court.run("store ad content=other                                refused CONTENT_DIFFERS")
    court.run("store ad + open_case 123                              accepted")
    court.run("submit ad content=other                               refused CONTENT_DIFFERS")
    court.run(
        """
        submit ad                               accepted
        verify_item ad result=inconsistent      accepted
        cross_examine ad                        accepted
        decide ad finding=admitted              refused NOT_CONSISTENT
        """
    )
    assert _ask(court, "ad") == "consistent"
    assert _ask(court, "other") == "inconsistent"


def _ask(court: Court, content: str) -> str:
    from tongjian.core.hashing import sha256
    from tongjian.core.ledger import Ledger
    from tongjian.services.evidence.records import service

    world = court.world
    query = next(q for q in service.queries if q.name == "match")
    ledger = Ledger(world.state, world.machine.directory, sha256, world.height, world.now_ms)
    ledger.enter(query, ())
    said = match(Match(item=id16("ad"), content=imprint(content)), ledger)
    assert said.before_recording == "not_proven"
    return str(said.answer)


def test_a_custody_gap_cannot_be_recorded(court: Court) -> None:
    court.run(
        """
        capture ad + fix ad                                       accepted
        store ad                                                  accepted
        hand_over ad giver=lab receiver=court                     refused CUSTODY_GAP
        derive ad holder=court                                    refused CUSTODY_GAP
        hand_over ad giver=notary receiver=lab                    accepted
        hand_over ad giver=notary receiver=court                  refused CUSTODY_GAP
        hand_over ad giver=lab receiver=court by=lab.custodian    refused NOT_PERMITTED
        """
    )


def test_a_foreign_court_lifts_nothing(court: Court) -> None:
    court.run(
        """
        open_case 123                                             accepted
        issue_order o1 targets=flat,vendor:5.00                   accepted
        serve_order o1                                            accepted
        lift_order o1 court=other                                 refused NOT_ISSUING_COURT
        lift_order o1 court=bureau                                refused NOT_ISSUING_COURT
        lift_order o1 court=middle by=other.judge,other.court_clerk refused NOT_PERMITTED
        renew_order o1 by=other.judge,other.court_clerk           refused NOT_PERMITTED
        """
    )
    judge, clerk = court.people["other.judge"], court.people["other.court_clerk"]
    number = court.world.row(UNITS, FLAT).seizure
    order = commit("o1")
    for named in ("other", "court"):
        lift = LiftSeizure(unit=FLAT, number=number, court=USCC[named], order=order)  # type: ignore[arg-type]
        code = LandRefusal.NOT_SEIZING_COURT if named == "other" else Kernel.NOT_PERMITTED
        court.world.refuses(code, judge, clerk, act=lift)
    money = UnfreezeFunds(order=order, target="payee", ref=USCC["vendor"])  # type: ignore[arg-type]
    court.world.refuses(Kernel.NOT_PERMITTED, judge, clerk, act=money)
    assert court.world.row(PAYEES, USCC["vendor"]).frozen_fen == 500


def test_insider_15_a_registry_cannot_delay_a_seizure_that_the_court_serves_itself(
    court: Court,
) -> None:
    court.run(
        """
        open_case 123                                             accepted
        issue_order o1                                            accepted
        """
    )
    height = court.world.height
    court.run("serve_order o1 accepted")
    order, unit = court.world.row(ORDERS, commit("o1")), court.world.row(UNITS, FLAT)
    assert court.world.height == height + 1
    assert (order.served_ms, bool(unit.seizure)) == (court.world.now_ms, True)


def test_insider_19_a_case_that_is_not_ones_own_opens_no_sealed_evidence(court: Court) -> None:
    court.before_court(sealed="yes")
    court.run(
        """
        read ad officer=lab.appraiser                             refused NOT_MEMBER
        admit_member 123 officer=other.judge by=other.court_clerk refused NOT_PERMITTED
        open_case (2026)演0292民初9号 court=other                 accepted
        read ad case=(2026)演0292民初9号 officer=other.judge      refused SUBMISSION_UNKNOWN
        """
    )


def test_insider_13_an_order_needs_two_persons_even_with_a_stolen_key(court: Court) -> None:
    court.run("open_case 123 accepted")
    court.run("issue_order o1 accepted")
    court.run("serve_order o1 by=court.judge refused NOT_PERMITTED")
    court.run("lift_order o1 by=court.judge refused NOT_PERMITTED")


def test_a_replayed_order_is_the_same_order_and_is_served_once(court: Court) -> None:
    court.run(
        """
        open_case 123                                             accepted
        issue_order o1 + serve_order o1                           accepted
        issue_order o1                                            refused ORDER_EXISTS
        serve_order o1                                            refused ORDER_NOT_ISSUED
        """
    )
    assert court.world.row(UNITS, FLAT).waiting == ()


def test_a_hash_that_has_aged_is_not_renewed_after_the_fact() -> None:
    court = Court()
    aged_ms = court.world.now_ms + 1000
    court.world.parameter("evidence", "algorithms", 4, 5, from_ms=aged_ms)
    court.run("capture ad + fix ad accepted")
    court.run("wait 1s")
    who, (act, *_) = court.transaction("renew ad after=ad@sha512<ad")
    court.world.refuses(Refusal.RENEWAL_LATE, *who, act=act)
