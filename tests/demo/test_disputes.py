"""The invented disputes are the same for a seed, plausible, and end as the rules demand."""

import pytest
from evidence_town import Court

from tongjian.core.calendar import HOUR_MS
from tongjian.core.identifiers import check_case_number
from tongjian.demo.disputes import EXHIBITS_MAX, Dispute, Exhibit, disputes
from tongjian.services.evidence.exchange import case_key, case_number


@pytest.fixture(scope="module")
def drawn() -> list[Dispute]:
    return list(disputes(7, 300))


def test_one_seed_gives_one_year_and_another_seed_another() -> None:
    assert list(disputes(1, 20)) == list(disputes(1, 20))
    assert list(disputes(1, 20)) != list(disputes(2, 20))


def test_cases_have_numbers_of_a_court_and_a_key_each(drawn: list[Dispute]) -> None:
    for dispute in drawn:
        assert check_case_number(dispute.case).court == "演0192"
        assert case_number(case_key(dispute.case)) == dispute.case
        assert 1 <= len(dispute.exhibits) <= EXHIBITS_MAX
    assert len({case_key(dispute.case) for dispute in drawn}) == len(drawn)


def test_some_exhibits_should_not_stand_and_most_should(drawn: list[Dispute]) -> None:
    found = [exhibit.should for dispute in drawn for exhibit in dispute.exhibits]
    assert {"admitted", "partial", "rejected"} == set(found)
    assert found.count("admitted") > len(found) * 2 // 3


def test_a_court_that_follows_the_rules_finds_what_it_should(drawn: list[Dispute]) -> None:
    court = Court()
    for number, dispute in enumerate(drawn[:25]):
        court.run(f"open_case {dispute.case} accepted")
        for position, exhibit in enumerate(dispute.exhibits):
            _play(court, dispute.case, f"e{number}-{position}", exhibit)
        if dispute.frozen_fen:
            court.run(
                f"""
                issue_order o{number} {_order(dispute)}    accepted
                serve_order o{number}    accepted
                lift_order o{number}     accepted
                """
            )


def _order(dispute: Dispute) -> str:
    frozen = f"targets=vendor:{dispute.frozen_fen // 100}.00"
    return f"case={dispute.case} days={dispute.days} {frozen}"


def _play(court: Court, case: str, name: str, exhibit: Exhibit) -> None:
    """Carry an exhibit from its capture to what the court finds."""
    by = "vendor" if exhibit.is_own else "platform"
    keeper = "vendor" if exhibit.is_own else "notary"
    hours = exhibit.delay_ms // HOUR_MS
    reason = "found_later" if hours > 24 else "none"
    captured = f"office={by} source={exhibit.source} event=-{hours}h late_reason={reason}"
    court.run(
        f"""
        capture {name} {captured}    accepted
        fix {name} office={by} media={exhibit.media} size={exhibit.size_bytes} accepted
        store {name} giver={by} receiver={keeper} accepted
        """
    )
    if exhibit.is_stamped:
        court.run(f"stamp {name} office={by} accepted")
    if exhibit.is_notarised:
        court.run(f"attest {name} accepted")
    content = name
    for copy in range(exhibit.copies):
        after = f"{name}.{copy}"
        court.run(f"derive {name} holder={keeper} before={content} after={after} accepted")
        content = after
    interest = "platform_is_party" if exhibit.is_own else "none"
    court.run(
        f"submit {name} case={case} office={keeper} content={content} interest={interest} accepted"
    )
    result = "inconsistent" if exhibit.is_altered else "consistent"
    court.run(f"verify_item {name} case={case} result={result} accepted")
    if exhibit.is_own:
        court.run(f"challenge {name} case={case} accepted")
        court.run(f"dispose {name} case={case} disposal=upheld accepted")
    court.run(f"cross_examine {name} case={case} accepted")
    if exhibit.should != "admitted":
        said = court.outcome(f"decide {name} case={case} finding=admitted")
        assert said in {"refused NOT_CONSISTENT", "refused CHALLENGE_UPHELD"}
    court.run(f"decide {name} case={case} finding={exhibit.should} accepted")
