"""Network numbers: three persons bring one into force, one stops it, a person has one."""

import pytest
from identity_town import (
    Kernel,
    Refusal,
    Town,
    apply,
    digest,
    number,
    presence,
)

from tongjian.core.values import name
from tongjian.services.identity.acts_numbers import (
    ActivateNumber,
    EndNumber,
    ResumeNumber,
    SuspendNumber,
    VerifyNumber,
)
from tongjian.services.identity.acts_persons import RecordDeaths
from tongjian.services.identity.records import NUMBERS


def verify(who: str, assurance: int = 2, **given: object) -> VerifyNumber:
    return VerifyNumber(number=number(who), assurance=assurance, presence=presence(**given))  # type: ignore[arg-type]


def suspend(who: str) -> SuspendNumber:
    return SuspendNumber(number=number(who), reason=name("doubt"))


def end(who: str, outcome: str = "cancelled") -> EndNumber:
    return EndNumber(number=number(who), outcome=outcome, evidence=digest("request"))  # type: ignore[arg-type]


def status(town: Town, who: str) -> str:
    return str(town.world.row(NUMBERS, number(who)).status)


def test_three_persons_bring_a_number_into_force() -> None:
    town = Town()
    town.no(Kernel.NOT_PERMITTED, "far clerk", apply("lin"))
    town.ok("clerk", apply("lin"))
    town.no(Kernel.NOT_PERMITTED, "far verifier", verify("lin"))
    town.no(Refusal.SAME_PERSON, "twin verifier", verify("lin"))
    town.no(Refusal.ASSURANCE_TOO_HIGH, "verifier", verify("lin", 3))
    town.no(Refusal.STEP_WRONG, "approver", ActivateNumber(number=number("lin")))
    town.ok("verifier", verify("lin", 3, method="card_live"))
    town.no(Kernel.NOT_PERMITTED, "verifier", ActivateNumber(number=number("lin")))
    town.no(Refusal.SAME_PERSON, "twin approver", ActivateNumber(number=number("lin")))
    town.ok("approver", ActivateNumber(number=number("lin")))
    assert status(town, "lin") == "active"
    town.no(Refusal.STEP_WRONG, "verifier", verify("lin"))


def test_nobody_needs_a_biometric_check() -> None:
    town = Town()
    town.numbered("lin")
    assert town.world.row(NUMBERS, number("lin")).assurance == 2


def test_an_application_is_refused_in_order_of_precedence() -> None:
    town = Town()
    town.numbered("lin")
    town.no(Refusal.NUMBER_USED, "clerk", apply("lin"))
    town.no(Refusal.NUMBER_HELD, "clerk", apply("lin again"))
    child = {"capacity": "child"}
    town.no(Refusal.GUARDIAN_NEEDED, "clerk", apply("man", **child))
    guarded = presence(guardian=True)
    town.ok("clerk", apply("man", presence=guarded, **child), vector="accepts_of_a_child")
    town.no(Refusal.GUARDIAN_NEEDED, "verifier", verify("man"))
    dead = RecordDeaths(
        office=town.officers["clerk"].office,  # type: ignore[arg-type]
        tags=(digest("tag of lin"),),
        persons=(),
        evidence=digest("report"),
    )
    town.ok("clerk+verifier", dead, vector="accepts_of_a_number")
    town.no(Refusal.PERSON_DECEASED, "clerk", apply("lin again"))


def test_one_officer_suspends_and_two_resume() -> None:
    town = Town()
    town.numbered("lin")
    resume = ResumeNumber(number=number("lin"))
    town.no(Refusal.STEP_WRONG, "clerk+verifier", resume)
    town.no(Kernel.NOT_PERMITTED, "clerk", suspend("lin"))
    town.ok("verifier", suspend("lin"))
    town.no(Refusal.STEP_WRONG, "verifier", suspend("lin"))
    town.no(Kernel.NOT_PERMITTED, "verifier", resume)
    town.no(Refusal.NUMBER_HELD, "clerk", apply("lin again"))
    town.ok("clerk+verifier", resume)
    assert status(town, "lin") == "active"


@pytest.mark.parametrize("outcome", ["cancelled", "revoked"])
def test_who_gave_a_number_up_may_have_another(outcome: str) -> None:
    town = Town()
    town.numbered("lin")
    town.no(Kernel.NOT_PERMITTED, "verifier", end("lin", outcome))
    town.no(Kernel.NOT_PERMITTED, "verifier+twin approver", end("lin", outcome))
    vector = f"accepts_{outcome}"
    town.ok("verifier+approver", end("lin", outcome), vector=vector)
    town.no(Refusal.STEP_WRONG, "verifier+approver", end("lin", outcome))
    town.ok("clerk", apply("lin again"), vector="accepts_again")
    town.no(Refusal.NUMBER_USED, "clerk", apply("lin"))
