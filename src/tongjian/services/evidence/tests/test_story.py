"""The story of domain section 9: a false flat advertisement, from the screen to the judgment."""

import pytest
from evidence_town import FLAT, USCC, Court, case_of, commit, id16

from tongjian.services.evidence.records import CUSTODY, ITEMS, SUBMISSIONS
from tongjian.services.evidence.records_orders import ORDERS
from tongjian.services.land.public import SEIZURES, UNITS
from tongjian.services.treasury.public import HOLDS, PAYEES


@pytest.fixture
def court() -> Court:
    return Court()


def test_a_false_flat_advertisement_is_fixed_challenged_under_17_and_admitted(
    court: Court,
) -> None:
    court.run(
        """
        # Lin Xiaohai has the platform capture the page; it is fixed, stamped and attested.
        capture ad source=web_page + fix ad                       accepted
        stamp ad                                                  accepted
        store ad giver=platform receiver=notary                   accepted
        attest ad                                                 accepted

        # The case; the notary hands in what it holds and answers every question of the rules.
        open_case (2026)演0192民初123号                            accepted
        submit ad                                                 accepted
        verify_item ad result=consistent                          accepted
        hand_over ad giver=notary receiver=court                  accepted

        # The developer says that the platform is a party's own (17(2)); the court looks.
        challenge ad question=17.2 side=defendant                 accepted
        cross_examine ad                                          accepted
        decide ad finding=admitted                                refused CHALLENGE_OPEN
        appraise ad appraiser=lab opinion=contradicts             accepted
        dispose ad disposal=overruled                             accepted
        decide ad finding=admitted                                accepted
        archive ad                                                accepted
        """
    )
    item = court.world.row(ITEMS, id16("ad"))
    submission = court.world.row(SUBMISSIONS, case_of("123"), id16("ad"))
    steps = [court.world.row(CUSTODY, id16("ad"), n) for n in (1, 2)]
    assert [(s.giver, s.receiver) for s in steps] == [
        (USCC["platform"], USCC["notary"]),
        (USCC["notary"], USCC["court"]),
    ]
    assert (item.state, submission.stage) == ("archived", "admitted")
    # JUD-I4: it says since when it is unchanged, and what is not proven.
    assert submission.report.unchanged_since_ms == item.fixed_ms
    assert submission.report.before_recording == "not_proven"


def test_an_order_reaches_land_and_money_in_the_block_of_its_service(court: Court) -> None:
    court.run("open_case 123 accepted")
    court.run("issue_order o1 targets=flat,vendor:600000.00 days=365 accepted")
    assert court.world.row(UNITS, FLAT).seizure == 0
    assert court.world.row(PAYEES, USCC["vendor"]).frozen_fen == 0

    court.run("serve_order o1 accepted")
    number = court.world.row(UNITS, FLAT).seizure
    seizure = court.world.row(SEIZURES, FLAT, number)
    assert (seizure.status, seizure.order) == ("active", commit("o1"))
    assert court.world.row(PAYEES, USCC["vendor"]).frozen_fen == 60_000_000
    order = court.world.row(ORDERS, commit("o1"))
    assert order.seizures == (number, 0)
    assert (order.served_ms, order.until_ms) == (seizure.served_ms, seizure.until_ms)

    court.run("lift_order o1 court=other                 refused NOT_ISSUING_COURT")
    court.run("lift_order o1 court=middle                accepted")
    assert court.world.row(UNITS, FLAT).seizure == 0
    assert court.world.row(PAYEES, USCC["vendor"]).frozen_fen == 0
    assert court.world.row(HOLDS, "payee", USCC["vendor"], commit("o1")) is None


def test_seizures_wait_in_order_of_service_and_follow_each_other(court: Court) -> None:
    court.run(
        """
        open_case 123                      accepted
        issue_order o1 days=100            accepted
        issue_order o2 days=200            accepted
        serve_order o2                     accepted
        serve_order o1                     accepted
        lift_order o2                      accepted
        """
    )
    unit = court.world.row(UNITS, FLAT)
    assert court.world.row(SEIZURES, FLAT, unit.seizure).order == commit("o1")
    assert unit.waiting == ()


def test_an_order_ends_when_its_term_is_over_unless_it_is_renewed(court: Court) -> None:
    court.run(
        """
        open_case 123                                              accepted
        issue_order o1 targets=flat,vendor:100.00 days=10          accepted
        issue_order o2 targets=flat days=30                        accepted
        serve_order o1                                             accepted
        serve_order o2                                             accepted
        wait 9d
        renew_order o1 days=5                                      accepted
        wait 3d
        """
    )
    assert court.world.row(ORDERS, commit("o1")).status == "served"
    assert court.world.row(PAYEES, USCC["vendor"]).frozen_fen == 10_000
    court.run("wait 4d")
    assert court.world.row(ORDERS, commit("o1")).status == "expired"
    assert court.world.row(PAYEES, USCC["vendor"]).frozen_fen == 0
    # The one that waited came into force in the same block and runs its own term from there.
    unit = court.world.row(UNITS, FLAT)
    second = court.world.row(SEIZURES, FLAT, unit.seizure)
    assert (second.order, second.status) == (commit("o2"), "active")
    court.run("wait 20d")
    assert court.world.row(ORDERS, commit("o2")).status == "served"
    court.run("wait 11d")
    assert court.world.row(ORDERS, commit("o2")).status == "expired"
    assert court.world.row(UNITS, FLAT).seizure == 0
