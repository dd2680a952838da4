"""Two identity offices, a housing desk and people with secrets of their own, for tests."""

from typing import Any

from land_town import registry_of
from nacl.signing import SigningKey

from tongjian.catalogue import load_parameters
from tongjian.core import values
from tongjian.core.directory import Kernel
from tongjian.core.hashing import sha256
from tongjian.core.operation import Act, Event, RefusalCode
from tongjian.core.persons import PERSONS, Presence
from tongjian.core.signatures import KeySuite, compute_key_id, compute_possession_message
from tongjian.services.identity.acts_keys import EnrolKey
from tongjian.services.identity.acts_numbers import ActivateNumber, ApplyNumber, VerifyNumber
from tongjian.services.identity.acts_persons import RegisterPerson
from tongjian.services.identity.refusals import Refusal
from tongjian.testkit import Person, World
from tongjian.testkit.world import CHAIN

__all__ = ["Kernel", "Refusal"]

POLICE = "119901000014014128"
PROVINCE = "11990000001401252U"
HOUSING = "11990100001400962J"
REGISTRY = "11990100001400313E"
DAY_MS = 24 * 3_600_000
FOREVER = values.FOREVER
ROLES = {
    "clerk": "identity_clerk",
    "verifier": "identity_verifier",
    "approver": "identity_approver",
}


def digest(text: str) -> values.Digest:
    """Return a commitment that stands for a text."""
    return values.digest(sha256(text.encode()))


def number(text: str) -> str:
    """Return a network number for somebody."""
    return sha256(text.encode()).hex()[:24].upper()


def pseudonym(name: str, domain: str) -> values.PersonId:
    """Return the pseudonym of somebody in a domain; nothing but the test knows the rule."""
    return values.person_id(sha256(f"{name} in {domain}".encode())[:16])


def presence(method: Any = "card", *, guardian: bool = False) -> Presence:
    """Return what an officer notes of who came."""
    consent = digest("consent") if guardian else None
    return Presence(method=method, evidence=digest("record"), guardian=consent)


class Secret:
    """A key of a person: what only they have."""

    def __init__(self, text: str) -> None:
        """Derive the secret from a text."""
        self._key = SigningKey(sha256(text.encode()))
        self.public = bytes(self._key.verify_key)
        self.id = values.key_id(compute_key_id(sha256, KeySuite.ED25519, self.public))

    def proof(self, holder: bytes, chain: bytes = CHAIN) -> bytes:
        """Return the proof of possession for a holder."""
        message = compute_possession_message(chain, holder, 1, self.public)
        return self._key.sign(message).signature


def key_fields(
    person: values.PersonId, secret: Secret, *, until_ms: int = FOREVER, **changes: Any
) -> dict[str, Any]:
    """Return the fields of an act that brings a key."""
    fields = {
        "person": person,
        "suite": 1,
        "public": secret.public,
        "until_ms": values.time_ms(until_ms),
        "proof": secret.proof(person),
    }
    return fields | changes


class Town:
    """Offices, officers and a machine."""

    def __init__(self) -> None:
        """Found the offices; two officers are one natural person."""
        self.world = World(registry=registry_of(("identity", "membership")))
        self.officers: dict[str, Person] = {}
        for code, region in ((POLICE, "990100"), (PROVINCE, "990000"), (HOUSING, "990100")):
            self.world.office(code, region=region)
        self.world.office(REGISTRY, region="990100")
        for post, role in ROLES.items():
            self.officers[post] = self.world.person(post, POLICE, role)
            far = "far " + post
            self.officers[far] = self.world.person(far, PROVINCE, role)
        for post, of in (("verifier", "clerk"), ("approver", "verifier")):
            name = "twin " + post
            self.officers[name] = self.world.person(
                name, POLICE, ROLES[post], same_person_as=self.officers[of]
            )
        self.officers["desk"] = self.world.person("desk", HOUSING, "relying_officer")
        self.officers["other desk"] = self.world.person("other", REGISTRY, "relying_officer")
        for p in load_parameters("identity"):
            self.world.parameter(p.service, p.name, *p.parameter.values, from_ms=p.from_ms)

    # -- acting -------------------------------------------------------------------------------

    def ok(self, who: str | Person, act: Act, vector: str | None = None) -> Event:
        """Do an act that must be accepted; officers are named, joined by a plus."""
        return self.world.accepts(*self.signers(who), act=act, vector=vector)

    def no(self, code: RefusalCode, who: str | Person, act: Act, vector: str | None = None) -> None:
        """Do an act that must be refused and change nothing."""
        self.world.refuses(code, *self.signers(who), act=act, vector=vector)

    def signers(self, who: str | Person) -> tuple[Person, ...]:
        """Return those who sign."""
        if isinstance(who, Person):
            return (who,)
        return tuple(self.officers[name] for name in who.split("+") if name)

    def wait_days(self, days: int) -> None:
        """Let days pass, and deadlines run."""
        self.world.wait(days * DAY_MS)

    # -- what most tests begin with ------------------------------------------------------------

    def person(
        self, name: str, domain: str = "land", *, capacity: Any = "adult"
    ) -> values.PersonId:
        """Register somebody in a domain, without a key."""
        self.ok("clerk+verifier", register(name, domain, capacity=capacity))
        return pseudonym(name, domain)

    def keyed(self, name: str, domain: str = "land", *, capacity: Any = "adult") -> Person:
        """Register somebody in a domain with a key of their own, and return who signs."""
        person, secret = self.person(name, domain, capacity=capacity), Secret(name + domain)
        self.ok("clerk+verifier", EnrolKey(**key_fields(person, secret)))
        return signing(person, secret)

    def numbered(self, name: str) -> str:
        """Give somebody a network number."""
        self.ok("clerk", apply(name))
        self.ok("verifier", VerifyNumber(number=number(name), assurance=2, presence=presence()))
        self.ok("approver", ActivateNumber(number=number(name)))
        return number(name)

    def row(self, person: bytes) -> Any:
        """Return the row of a person."""
        return self.world.row(PERSONS, person)


def signing(person: bytes, secret: Secret) -> Person:
    """Return a person who signs with a secret."""
    return Person("citizen", secret.id, b"", person, "")


def apply(name: str, **changes: Any) -> ApplyNumber:
    """Return the application of somebody."""
    fields: dict[str, Any] = {
        "number": number(name),
        "office": POLICE,
        "tag": digest("tag of " + name.partition(" ")[0]),
        "capacity": "adult",
        "presence": presence(),
    }
    return ApplyNumber(**(fields | changes))


def register(name: str, domain: str = "land", **changes: Any) -> RegisterPerson:
    """Return the registration of somebody in a domain."""
    fields: dict[str, Any] = {
        "person": pseudonym(name, domain),
        "office": POLICE,
        "domain": domain,
        "capacity": "adult",
        "link": digest(f"{name} {domain}"),
    }
    return RegisterPerson(**(fields | changes))
