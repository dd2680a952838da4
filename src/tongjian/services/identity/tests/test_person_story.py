"""Lin Xiaohai and her phone (domain, system 15). Read it from top to bottom.

She gets a network number, is known to the land register and to the housing bureau by two names that
nobody can put together, signs by a key of her own, loses the phone and gets a new key, while
somebody tries to be quicker. Old Chen dies; what was his stops in that block.
"""

from identity_town import (
    HOUSING,
    POLICE,
    Kernel,
    Refusal,
    Secret,
    Town,
    apply,
    digest,
    key_fields,
    number,
    presence,
    pseudonym,
    register,
    signing,
)

from tongjian.core.values import time_ms, uscc
from tongjian.services.identity.acts_keys import EnrolKey, RevokeKey
from tongjian.services.identity.acts_mandates import GrantMandate
from tongjian.services.identity.acts_numbers import ActivateNumber, VerifyNumber
from tongjian.services.identity.acts_persons import RecordDeaths
from tongjian.services.identity.acts_presentations import RecordPresentation
from tongjian.services.identity.acts_recovery import (
    AskRecovery,
    CompleteRecovery,
    NoticeRecovery,
    ObjectRecovery,
)
from tongjian.services.identity.records import Channel

TWO = "clerk+verifier"


def recovery(person: bytes, new: Secret) -> AskRecovery:
    channels = (
        Channel(kind="counter", evidence=digest("she came with her card")),
        Channel(kind="post", evidence=digest("a code went to her address")),
    )
    return AskRecovery(**key_fields(person, new), channels=channels)  # type: ignore[arg-type]


def test_lin_xiaohai_has_a_number_two_names_and_a_key_that_nobody_takes() -> None:
    town = Town()

    # She applies of her own will. Three officers, her card's chip and a live check bring the number
    # into force at the highest level. A clerk in the province takes in a second one: refused.
    town.ok("clerk", apply("lin"))
    chip = VerifyNumber(number=number("lin"), assurance=3, presence=presence("card_live"))
    town.ok("verifier", chip)
    town.ok("approver", ActivateNumber(number=number("lin")))
    second = apply("lin again", office=town.officers["far clerk"].office)
    town.no(Refusal.NUMBER_HELD, "far clerk", second, vector="refuses_number_held_elsewhere")

    # The land register knows her by one name, the housing bureau by another; each has a key drawn
    # for it alone, which proved that its secret is in her hand.
    land, housing = Secret("her phone, land"), Secret("her phone, housing")
    for domain, secret in (("land", land), ("housing", housing)):
        town.ok(TWO, register("lin", domain))
        town.ok(TWO, EnrolKey(**key_fields(pseudonym("lin", domain), secret)))
    me = signing(pseudonym("lin", "land"), land)

    # At the housing desk she shows that she is of age, lives in Xiwan and teaches: three answers.
    # A clerk at another desk who kept the presentation can do nothing with it.
    shown = RecordPresentation(
        nonce=digest("nonce of the housing desk"),
        audience=uscc(HOUSING),
        issued_ms=time_ms(town.world.now_ms),
        accepted=True,
        assurance=3,
    )
    town.ok("desk", shown)
    town.no(Refusal.PRESENTATION_USED, "desk", shown)

    # She lets Zhou Ping act for her before the land register, twice, until the year ends; in taxes
    # he can do nothing by it.
    zhou = town.keyed("zhou")
    mandate = GrantMandate(
        principal=me.person,  # type: ignore[arg-type]
        agent=zhou.person,  # type: ignore[arg-type]
        matters=("land.declare",),
        from_ms=time_ms(0),
        until_ms=time_ms(town.world.now_ms + 300 * 24 * 3_600_000),
        limit_fen=None,
        uses_max=2,  # type: ignore[arg-type]
        evidence=digest("power of attorney"),
        presence=None,
    )
    town.ok(me, mandate)

    # Somebody with her name and a bribed clerk asks for a new key. The notice reaches her old
    # phone, and she stops it by one signature.
    person = pseudonym("lin", "land")
    town.ok("clerk", recovery(person, Secret("the thief's")))
    town.ok("verifier", NoticeRecovery(person=person, notice=digest("letters, a message")))
    town.ok(me, ObjectRecovery(person=person))

    # In spring the phone falls into the sea. Now it is she who asks, and nobody objects; after
    # seven days a third officer completes it. What she signed before stays signed.
    new = Secret("her new phone")
    town.ok("clerk", recovery(person, new))
    town.ok("verifier", NoticeRecovery(person=person, notice=digest("letters, a message")))
    town.no(Refusal.DELAY_RUNS, "approver", CompleteRecovery(person=person))
    town.wait_days(7)
    town.ok("approver", CompleteRecovery(person=person))
    town.no(Kernel.KEY_REVOKED, me, RevokeKey(person=person, key=land.id))
    assert town.row(person).keys == (new.id,)
    assert town.row(pseudonym("lin", "housing")).keys == (housing.id,)


def test_what_was_old_chens_stops_in_the_block_of_his_death() -> None:
    town = Town()
    town.numbered("chen")
    chen = town.keyed("chen")
    person = pseudonym("chen", "land")
    deaths = RecordDeaths(
        office=uscc(POLICE),
        tags=(digest("tag of chen"),),
        persons=(person,),
        evidence=digest("register of deaths"),
    )
    own = ((chen,), (RevokeKey(person=person, key=chen.key),))  # type: ignore[arg-type]
    recorded, tried = town.world.block((town.signers(TWO), (deaths,)), own)
    assert (recorded.outcome, tried.outcome) == ("", "kernel/11@0")
    town.no(Refusal.PERSON_DECEASED, "clerk", apply("chen again"))
