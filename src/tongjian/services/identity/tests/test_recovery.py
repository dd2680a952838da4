"""Recovery of a lost key: never one officer, never in silence, never at once (IDN-I6)."""

from typing import Any

from identity_town import (
    DAY_MS,
    Kernel,
    Refusal,
    Secret,
    Town,
    digest,
    key_fields,
    signing,
)

from tongjian.core.persons import PERSON_KEYS
from tongjian.services.identity.acts_keys import AddKey, EnrolKey
from tongjian.services.identity.acts_persons import SuspendPerson
from tongjian.services.identity.acts_recovery import (
    AskRecovery,
    CompleteRecovery,
    NoticeRecovery,
    ObjectRecovery,
)
from tongjian.services.identity.records import RECOVERIES, Channel
from tongjian.testkit import Person

DELAY_DAYS = 7
LAPSE_DAYS = 60
NEW = Secret("the new phone")


class Lost(Town):
    """Lin Xiaohai, whose phone lies in the sea."""

    def __init__(self) -> None:
        """Give her a key first."""
        super().__init__()
        self.old: Person = self.keyed("lin")
        self.lin: Any = self.old.person

    def ask(self, *kinds: Any, **changes: Any) -> AskRecovery:
        """Return the request for recovery."""
        channels = tuple(
            Channel(kind=kind, evidence=digest(kind)) for kind in kinds or ("counter", "post")
        )
        return AskRecovery(**key_fields(self.lin, NEW, **changes), channels=channels)

    @property
    def notice(self) -> NoticeRecovery:
        """Return the record of the notice."""
        return NoticeRecovery(person=self.lin, notice=digest("letters sent"))

    @property
    def complete(self) -> CompleteRecovery:
        """Return the last step."""
        return CompleteRecovery(person=self.lin)

    @property
    def status(self) -> str:
        """Return how the recovery stands."""
        return str(self.world.row(RECOVERIES, self.lin).status)


def test_three_officers_and_seven_days_bring_a_new_key() -> None:
    town = Lost()
    town.ok("clerk", town.ask())
    town.no(Refusal.SAME_PERSON, "twin verifier", town.notice)
    town.no(Refusal.NOTICE_MISSING, "approver", town.complete)
    town.ok("verifier", town.notice)
    town.no(Refusal.NOTICE_MISSING, "verifier", town.notice, vector="refuses_a_second_notice")
    town.no(Refusal.SAME_PERSON, "twin approver", town.complete)
    town.world.now_ms += DELAY_DAYS * DAY_MS - 1
    town.no(Refusal.DELAY_RUNS, "approver", town.complete)
    town.world.now_ms += 1
    town.ok("approver", town.complete)
    assert town.status == "completed"
    assert town.row(town.lin).keys == (NEW.id,)
    assert town.world.row(PERSON_KEYS, town.old.key).revoked_height == town.world.height + 1
    town.no(Kernel.KEY_REVOKED, town.old, ObjectRecovery(person=town.lin))
    another = AddKey(**key_fields(town.lin, Secret("spare")), replaces=None)
    town.ok(signing(town.lin, NEW), another)
    town.wait_days(LAPSE_DAYS)
    assert town.status == "completed"


def test_the_old_key_stops_a_recovery_by_one_signature() -> None:
    town = Lost()
    objection = ObjectRecovery(person=town.lin)
    town.no(Refusal.RECOVERY_UNKNOWN, town.old, objection)
    town.ok("clerk", town.ask())
    town.ok("verifier", town.notice)
    town.no(Kernel.NOT_PERMITTED, town.keyed("zhou"), objection)
    town.ok(town.old, objection)
    town.wait_days(DELAY_DAYS)
    town.no(Refusal.RECOVERY_UNKNOWN, "approver", town.complete)
    town.no(Refusal.RECOVERY_UNKNOWN, "verifier", town.notice)
    assert town.row(town.lin).keys == (town.old.key,)
    town.ok("clerk", town.ask(), vector="accepts_anew")
    town.ok("verifier", objection, vector="accepts_by_verifier")
    assert town.status == "objected"


def test_a_request_is_refused_in_order_of_precedence() -> None:
    town = Lost()
    town.no(Kernel.NOT_PERMITTED, "far clerk", town.ask())
    town.no(Refusal.PERIOD_EMPTY, "clerk", town.ask("post", "post", until_ms=1))
    town.no(Refusal.CHANNELS_SAME, "clerk", town.ask("post", "post", public=bytes(32)))
    town.no(Refusal.KEY_WEAK, "clerk", town.ask(public=bytes([1]) + bytes(31)))
    unproven = town.ask(proof=NEW.proof(bytes(16)))
    town.no(Refusal.POSSESSION_UNPROVEN, "clerk", unproven)
    used = Secret("linland")
    assert used.id == town.old.key
    fields = {"public": used.public, "proof": used.proof(town.lin)}
    town.no(Refusal.KEY_EXISTS, "clerk", town.ask(**fields))
    town.ok("clerk", town.ask())
    town.no(Refusal.RECOVERY_OPEN, "clerk", town.ask())
    town.ok("verifier", SuspendPerson(person=town.lin))
    town.no(Refusal.PERSON_NOT_ACTIVE, "clerk", town.ask())
    town.no(Refusal.PERSON_NOT_ACTIVE, "approver", town.complete)


def test_a_key_that_somebody_enrolled_meanwhile_or_that_ended_does_not_come() -> None:
    town = Lost()
    until_ms = town.world.now_ms + (DELAY_DAYS + 2) * DAY_MS
    town.ok("clerk", town.ask(until_ms=until_ms))
    town.ok("verifier", town.notice)
    other = town.person("lin", "invoice")
    town.ok("clerk+verifier", EnrolKey(**key_fields(other, NEW)))
    town.world.now_ms += (DELAY_DAYS + 1) * DAY_MS
    town.no(Refusal.KEY_EXISTS, "approver", town.complete)
    town.world.now_ms += DAY_MS
    town.no(Refusal.PERIOD_EMPTY, "approver", town.complete)


def test_a_recovery_that_nobody_completes_lapses() -> None:
    town = Lost()
    town.ok("clerk", town.ask())
    town.ok("verifier", town.notice)
    town.wait_days(LAPSE_DAYS)
    assert town.status == "lapsed"
    town.no(Refusal.RECOVERY_UNKNOWN, "approver", town.complete)


def test_an_earlier_request_does_not_end_a_later_one() -> None:
    town = Lost()
    town.ok("clerk", town.ask())
    town.ok(town.old, ObjectRecovery(person=town.lin))
    town.wait_days(LAPSE_DAYS - 1)
    town.ok("clerk", town.ask())
    town.wait_days(1)
    assert town.status == "asked"
