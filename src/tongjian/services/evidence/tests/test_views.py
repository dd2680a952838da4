"""What may be asked of evidence: answers say since when, never that something is true."""

from typing import Any

import pytest
from evidence_town import USCC, Court, case_of, commit, id16, imprint

from tongjian.core.inquiry import answer
from tongjian.core.operation import Refused
from tongjian.core.values import digest
from tongjian.services.evidence import views
from tongjian.services.evidence.records import service
from tongjian.services.evidence.refusals import Refusal


def ask(court: Court, arguments: Any) -> Any:
    world = court.world
    world.rows()
    query = next(query for query in service.queries if query.arguments is type(arguments))
    return _answered(court, query, arguments)


def _answered(court: Court, query: Any, arguments: Any) -> Any:
    world = court.world
    return answer(
        query,
        arguments,
        reader=world.state,
        digest=world.machine.digest,
        height=world.height,
        time_ms=world.now_ms,
    )


def named(name: str) -> Any:
    return next(query for query in service.queries if query.name == name)


@pytest.fixture
def court() -> Court:
    return Court().before_court(sealed="yes")


def test_a_match_tells_whoever_has_the_content_since_when_it_is_unchanged(court: Court) -> None:
    fixed_ms = ask(court, views.ItemAsked(item=id16("ad"), limit=9)).item.fixed_ms
    for content, said, since in (("ad", "consistent", fixed_ms), ("other", "inconsistent", 0)):
        found = ask(court, views.Match(item=id16("ad"), content=imprint(content)))
        assert (found.answer, found.unchanged_since_ms) == (said, since)
        assert found.before_recording == "not_proven"
    for item in ("never", "b"):
        if item == "b":
            court.run("capture b accepted")
        found = ask(court, views.Match(item=id16(item), content=imprint("ad")))
        assert (found.answer, found.unchanged_since_ms) == ("not_found", 0)


def test_an_item_is_told_with_every_step_stamp_and_renewal(court: Court) -> None:
    court.run(
        """
        stamp ad                              accepted
        derive ad after=ad.copy               accepted
        renew ad office=notary after=ad.copy@sm3<ad.copy accepted
        """
    )
    found = ask(court, views.ItemAsked(item=id16("ad"), limit=9))
    assert [step.action for step in found.custody] == ["store", "copy"]
    assert (len(found.time_stamps), len(found.renewals)) == (1, 1)
    shorter = ask(court, views.ItemAsked(item=id16("ad"), limit=1))
    assert len(shorter.custody) == 1


def test_a_case_and_a_submission_are_told_with_challenges_and_readings(court: Court) -> None:
    key, item = case_of("123"), id16("ad")
    court.run(
        """
        admit_member 123                      accepted
        read ad                               accepted
        challenge ad                          accepted
        """
    )
    assert ask(court, views.CaseAsked(case=key)).court == USCC["court"]
    asked = views.SubmissionAsked(case=key, item=item, limit=9)
    found = _answered(court, named("submission"), asked)
    assert [each.status for each in found.challenges] == ["open"]
    (reading,) = _answered(court, named("readings"), asked)
    assert (reading.officer, reading.office) == (court.people["court.judge"].officer, USCC["court"])


def test_an_order_tells_exactly_what_it_reaches_and_until_when(court: Court) -> None:
    court.run("issue_order o1 targets=flat@zhou,vendor:5.00 accepted")
    court.run("serve_order o1 accepted")
    found = ask(court, views.OrderAsked(order=digest(commit("o1"))))
    assert found.targets[0].debtor == commit("zhou")
    assert found.targets[1].amount_fen == 500
    assert found.served_ms < found.until_ms


@pytest.mark.parametrize(
    ("name", "asked", "code"),
    [
        ("item", views.ItemAsked(item=id16("x"), limit=1), Refusal.ITEM_UNKNOWN),
        ("case", views.CaseAsked(case="2026-990192-minchu-9"), Refusal.CASE_UNKNOWN),
        ("order", views.OrderAsked(order=digest(commit("x"))), Refusal.ORDER_UNKNOWN),
        *(
            (
                name,
                views.SubmissionAsked(case="2026-990192-minchu-9", item=id16("x"), limit=1),
                Refusal.SUBMISSION_UNKNOWN,
            )
            for name in ("submission", "readings")
        ),
    ],
)
def test_what_is_not_there_is_told_as_such(
    court: Court, name: str, asked: Any, code: Refusal
) -> None:
    with pytest.raises(Refused) as refused:
        _answered(court, named(name), asked)
    assert refused.value.code is code
