"""Who may, and every refusal: in order of precedence, each by the act that meets it."""

import pytest
from evidence_town import FLAT, Court

from tongjian.services.evidence.records import ITEMS


@pytest.fixture
def court() -> Court:
    return Court()


@pytest.mark.parametrize(
    "line",
    [
        "capture ad by=platform.custodian",
        "capture ad by=vendor.evidence_officer",
        "fix ad by=platform.custodian",
        "stamp ad by=notary.evidence_officer",
        "attest ad by=notary.custodian",
        "renew ad by=notary.evidence_officer",
        "store ad by=platform.evidence_officer",
        "hand_over ad by=notary.custodian",
        "derive ad by=lab.custodian",
        "open_case 123 by=other.court_clerk",
        "close_case 123 by=other.court_clerk",
        "admit_member 123 by=court.judge",
        "dismiss_member 123 by=court.judge",
        "submit ad by=lab.custodian",
        "read ad by=court.court_clerk",
        "verify_item ad by=court.judge",
        "cross_examine ad by=court.judge",
        "challenge ad by=other.court_clerk",
        "appraise ad by=lab.appraiser",
        "dispose ad by=court.judge",
        "decide ad by=court.court_clerk",
        "archive ad by=notary.custodian",
        "issue_order o1 by=court.court_clerk",
        "serve_order o1 by=court.judge",
        "renew_order o1 by=court.judge",
        "lift_order o1 by=court.judge",
        "order_transfer o1 by=court.judge",
    ],
)
def test_an_act_without_its_role_or_second_person_is_refused(court: Court, line: str) -> None:
    court.before_court()
    court.run("issue_order o1 accepted")
    court.run(f"{line} refused NOT_PERMITTED")


def test_a_capture_whose_log_is_not_what_the_rule_demands_is_refused(court: Court) -> None:
    court.run(
        """
        capture ad checks=1,2,3,4               refused CAPTURE_INCOMPLETE
        capture ad checks=2,1,3,4,5             refused CHECKS_UNSORTED
        capture ad clock=none                   refused CLOCK_UNKNOWN
        capture ad drift=2001                   refused CLOCK_DRIFT
        capture ad event=1s                     refused CLAIMED_TIME_AHEAD
        capture ad event=-25h                   refused LATE_WITHOUT_REASON
        capture ad drift=2000 event=-24h        accepted
        capture ad                              refused ITEM_EXISTS
        capture old event=-25h late_reason=found_later accepted
        """
    )


def test_content_is_fixed_once_under_an_accepted_hash(court: Court) -> None:
    court.run(
        """
        fix ad                                  refused ITEM_UNKNOWN
        capture ad                              accepted
        fix ad office=notary by=notary.evidence_officer refused CUSTODY_GAP
        stamp ad                                refused NOT_FIXED
        store ad                                refused NOT_FIXED
        fix ad content=ad@sha512                accepted
        fix ad                                  refused NOT_CAPTURED
        """
    )
    item = court.world.row(ITEMS, court.act(["fix", "ad"])[0].item)  # type: ignore[attr-defined]
    assert item.fixed_ms == court.world.now_ms


def test_a_hash_of_the_wrong_length_or_no_longer_accepted_is_refused() -> None:
    court = Court()
    aged = court.world.now_ms + 1000
    court.world.parameter("evidence", "algorithms", 2, 4, from_ms=aged)
    court.run("capture ad + fix ad accepted")
    court.run("capture b accepted")
    court.run("capture c accepted")
    who, (act, *_) = court.transaction("fix c content=c@sha512")
    from tongjian.core.encoding import replace

    short = replace(act, content=replace(act.content, digest=bytes(48)))  # type: ignore[attr-defined]
    from tongjian.services.evidence.refusals import Refusal

    court.world.refuses(Refusal.DIGEST_LENGTH_WRONG, *who, act=short)
    court.run(
        """
        wait 1s
        fix b                       refused ALGORITHM_NOT_ACCEPTED
        stamp ad                    refused ALGORITHM_NOT_ACCEPTED
        renew ad                    refused RENEWAL_LATE
        fix b content=b@sm3         accepted
        renew b                     refused RENEWAL_SAME
        renew b after=b@sha512<b@sm3 accepted
        """
    )


def test_a_renewal_is_made_by_the_holder(court: Court) -> None:
    court.run(
        """
        capture ad + fix ad                                       accepted
        store ad                                                  accepted
        renew ad office=platform                                  refused CUSTODY_GAP
        renew ad office=notary                                    accepted
        hand_over ad content=ad                                   refused CONTENT_DIFFERS
        hand_over ad content=ad@sm3<ad                            accepted
        """
    )


def test_a_time_stamp_lies_between_the_capture_and_this_block(court: Court) -> None:
    court.run(
        """
        capture ad + fix ad              accepted
        stamp ad gen=3s                  refused STAMP_AHEAD
        stamp ad gen=-3700s              refused STAMP_BEFORE_CAPTURE
        stamp ad gen=-3602s              accepted
        stamp ad gen=2s                  accepted
        attest ad                        accepted
        """
    )


def test_the_chain_of_custody_takes_no_step_from_someone_who_does_not_hold(court: Court) -> None:
    court.run(
        """
        capture ad + fix ad                                  accepted
        hand_over ad                                         refused NOT_STORED
        store ad giver=vendor                                refused CUSTODY_GAP
        store ad content=other                               refused CONTENT_DIFFERS
        store ad                                             accepted
        store ad                                             refused ALREADY_STORED
        hand_over ad giver=lab receiver=court                refused CUSTODY_GAP
        hand_over ad content=other                           refused CONTENT_DIFFERS
        derive ad holder=lab                                 refused CUSTODY_GAP
        derive ad before=other                               refused CONTENT_DIFFERS
        derive ad after=ad                                   refused NOTHING_DERIVED
        derive ad                                            accepted
        hand_over ad content=ad                              refused CONTENT_DIFFERS
        hand_over ad content=ad.copy                         accepted
        """
    )


def test_only_a_court_keeps_a_register_of_cases(court: Court) -> None:
    court.run("open_case 123 court=bureau by=bureau.court_clerk  refused NOT_A_COURT")
    who, (act, *_) = court.transaction("open_case 123")
    from tongjian.core.encoding import replace
    from tongjian.services.evidence.refusals import Refusal

    twice = replace(act, parties=act.parties[::-1])  # type: ignore[attr-defined]
    court.world.refuses(Refusal.PARTIES_UNSORTED, *who, act=twice)
    court.run(
        """
        open_case 123                                  accepted
        open_case 123 court=other                      refused CASE_EXISTS
        admit_member 123                               accepted
        admit_member 123                               refused MEMBER_EXISTS
        dismiss_member 123                             accepted
        dismiss_member 123                             refused NOT_MEMBER
        close_case 123                                 accepted
        close_case 123                                 refused CASE_CLOSED
        admit_member 123                               refused CASE_CLOSED
        issue_order o1                                 refused CASE_CLOSED
        order_transfer o1                              refused CASE_CLOSED
        """
    )


def test_what_is_handed_in_is_held_unchanged_and_every_question_is_answered(court: Court) -> None:
    court.run(
        """
        submit ad                                      refused CASE_UNKNOWN
        open_case 123                                  accepted
        submit ad                                      refused ITEM_UNKNOWN
        capture ad + fix ad                            accepted
        submit ad                                      refused NOT_STORED
        store ad                                       accepted
        submit ad party=stranger                       refused NOT_PARTY
        submit ad office=lab by=lab.custodian          refused CUSTODY_GAP
        submit ad content=other                        refused CONTENT_DIFFERS
        submit ad answers=but_PROCESS                  refused QUESTIONS_UNANSWERED
        submit ad answers=unfounded                    refused ANSWER_UNFOUNDED
        submit ad answers=none                         accepted
        submit ad                                      refused ALREADY_SUBMITTED
        """
    )


def test_who_relies_on_what_he_captured_himself_says_so(court: Court) -> None:
    court.run(
        """
        open_case 123                                                     accepted
        capture ad office=vendor + fix ad office=vendor                   accepted
        store ad giver=vendor receiver=vendor                             accepted
        submit ad office=vendor                          refused INTEREST_UNDISCLOSED
        submit ad office=vendor interest=platform_is_party                accepted
        """
    )


def test_sealed_evidence_is_read_by_members_only(court: Court) -> None:
    court.before_court(sealed="yes")
    court.run(
        """
        read ad                                        refused NOT_MEMBER
        admit_member 123                               accepted
        read ad                                        accepted
        read ad by=court.court_clerk                   refused NOT_PERMITTED
        dismiss_member 123                             accepted
        read ad                                        refused NOT_MEMBER
        """
    )


def test_a_reading_is_of_an_item_that_is_there_before_the_court_and_sealed(court: Court) -> None:
    court.before_court()
    court.run(
        """
        read none                                      refused ITEM_UNKNOWN
        capture b + fix b                              accepted
        read b                                         refused SUBMISSION_UNKNOWN
        admit_member 123                               accepted
        read ad                                        refused NOT_SEALED
        close_case 123                                 accepted
        read ad                                        refused CASE_CLOSED
        """
    )


def test_the_courts_check_speaks_of_a_height_since_the_submission(court: Court) -> None:
    court.before_court()
    court.run(
        """
        verify_item b                                  refused SUBMISSION_UNKNOWN
        verify_item ad height=9                        refused REPORT_AHEAD
        verify_item ad height=1                        refused REPORT_TOO_OLD
        verify_item ad                                 accepted
        """
    )


def test_a_decision_comes_after_examination_verification_and_every_challenge(
    court: Court,
) -> None:
    court.before_court()
    court.run(
        """
        decide ad                                      refused NOT_EXAMINED
        cross_examine ad                               accepted
        cross_examine ad                               refused ALREADY_EXAMINED
        decide ad                                      refused NOT_VERIFIED
        verify_item ad result=partial                  accepted
        decide ad                                      refused NOT_CONSISTENT
        verify_item ad                                 accepted
        challenge ad side=claimant                     refused OWN_EVIDENCE
        challenge ad question=18                       accepted
        decide ad                                      refused CHALLENGE_OPEN
        decide ad finding=rejected                     refused CHALLENGE_OPEN
        appraise ad challenge=2                        refused CHALLENGE_UNKNOWN
        appraise ad appraiser=platform                 refused APPRAISER_INTERESTED
        appraise ad appraiser=notary                   refused APPRAISER_INTERESTED
        appraise ad opinion=supports                   accepted
        dispose ad challenge=2                         refused CHALLENGE_UNKNOWN
        dispose ad disposal=upheld                     accepted
        dispose ad                                     refused CHALLENGE_CLOSED
        appraise ad                                    refused CHALLENGE_CLOSED
        decide ad                                      refused CHALLENGE_UPHELD
        hand_over ad                                   accepted
        archive ad                                     refused NOT_DECIDED
        decide ad finding=partial                      accepted
        decide ad finding=partial                      refused ALREADY_DECIDED
        challenge ad                                   refused ALREADY_DECIDED
        archive ad court=other by=other.court_clerk    refused CUSTODY_GAP
        archive ad                                     accepted
        attest ad                                      refused ITEM_ARCHIVED
        """
    )


def test_an_order_is_issued_in_a_case_within_the_terms_of_the_law(court: Court) -> None:
    court.run(
        """
        open_case 123                                                accepted
        issue_order o1 days=1096                                     refused TERM_TOO_LONG
        issue_order o1 targets=vendor:1.00 days=366                  refused TERM_TOO_LONG
        issue_order o1 targets=thing:car days=731                    refused TERM_TOO_LONG
        issue_order o1 targets=flat,flat@zhou                        refused TARGET_TWICE
        issue_order o1 targets=vendor:1.00,vendor:2.00               refused TARGET_TWICE
        issue_order o1 targets=flat,vendor:1.00,thing:car days=365   accepted
        issue_order o1                                               refused ORDER_EXISTS
        order_transfer o1                                            refused ORDER_EXISTS
        """
    )


def test_an_order_is_served_once_renewed_in_force_and_lifted_once(court: Court) -> None:
    court.run(
        """
        open_case 123                                                accepted
        lift_order o1                                                refused ORDER_UNKNOWN
        issue_order o1                                               accepted
        renew_order o1                                               refused ORDER_NOT_IN_FORCE
        serve_order o1                                               accepted
        serve_order o1                                               refused ORDER_NOT_ISSUED
        renew_order o1 days=1096                                     refused TERM_TOO_LONG
        renew_order o1                                               accepted
        lift_order o1                                                accepted
        lift_order o1                                                refused ORDER_NOT_IN_FORCE
        renew_order o1                                               refused ORDER_NOT_IN_FORCE
        """
    )


def test_an_order_that_a_register_refuses_is_not_served_at_all(court: Court) -> None:
    court.run(
        """
        open_case 123                                                accepted
        issue_order o1 targets=vendor:1.00,990106001002GB00021F00990099 accepted
        serve_order o1                                               refused land.UNIT_UNKNOWN
        issue_order o2 targets=flat,bureau:1.00                      accepted
        serve_order o2                                               refused treasury.PAYEE_UNKNOWN
        """
    )
    from tongjian.services.land.public import UNITS

    assert court.world.row(UNITS, FLAT).seizure == 0


def test_an_order_against_somebody_does_not_reach_what_is_anothers_by_then(court: Court) -> None:
    court.run(
        """
        open_case 123                                                accepted
        issue_order o1 targets=flat@lin                              accepted
        serve_order o1                                               refused DEBTOR_NOT_HOLDER
        issue_order o2 targets=flat@zhou                             accepted
        serve_order o2                                               accepted
        """
    )


def test_a_court_transfers_title_at_once_unless_another_courts_seizure_stands(
    court: Court,
) -> None:
    court.run(
        """
        open_case 123                                                accepted
        open_case (2026)演0292执7号 court=other                      accepted
        issue_order x case=(2026)演0292执7号 by=other.judge          accepted
        serve_order x by=other.court_clerk                           accepted
        order_transfer t1                                            refused land.NOT_SEIZING_COURT
        lift_order x court=other                                     accepted
        order_transfer t1                                            accepted
        """
    )


def test_a_court_above_lifts_and_an_office_that_is_none_does_not(court: Court) -> None:
    for number, (who, said) in enumerate(
        [
            ("supreme", "accepted"),
            ("high", "accepted"),
            ("middle", "accepted"),
            ("other", "refused NOT_ISSUING_COURT"),
            ("bureau", "refused NOT_ISSUING_COURT"),
        ]
    ):
        if not number:
            court.run("open_case 123 accepted")
        court.run(
            f"""
            issue_order o{number}                  accepted
            serve_order o{number}                  accepted
            lift_order o{number} court={who}       {said}
            """
        )
