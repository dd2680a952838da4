"""A city that issues credentials: data bureau, education office, housing desk, and their people."""

from typing import Any, Final

from tongjian.core.directory import TIMERS, Timer
from tongjian.core.encoding import encode
from tongjian.core.hashing import sha256
from tongjian.core.identifiers import elicence_id
from tongjian.core.operation import Act
from tongjian.core.persons import PERSONS
from tongjian.core.persons import Person as PersonRow
from tongjian.core.values import count, digest, name, person_id, uscc
from tongjian.services.identity.acts_credentials import IssueChecked, IssueCredential
from tongjian.services.identity.acts_dids import CreateDid
from tongjian.services.identity.acts_issuers import DefineType, RegisterIssuer
from tongjian.services.identity.acts_licences import GrantLicence
from tongjian.services.identity.records_credentials import (
    CREDENTIALS,
    STATUS_CHUNKS,
    STATUS_LISTS,
    Claim,
    Credential,
    StatusChunk,
    StatusList,
)
from tongjian.testkit import Person, World

DATA: Final = uscc("11990100001400700T")
"""The data bureau of Haizhou City keeps the registry."""
SCHOOLS: Final = uscc("11990100001401332L")
POLICE: Final = uscc("119901000014014128")
HEALTH: Final = uscc("11990100001401092R")
CITY: Final = "990100"
DISTRICT: Final = "990106"
DAY_MS: Final = 86_400_000
YEAR_MS: Final = 365 * DAY_MS
HOST: Final = "id.haizhou.example"
RESIDENT: Final = name("resident")
TEACHER: Final = name("teacher")
PERMIT: Final = name("teaching_permit")
LIN: Final = person_id(sha256(b"lin in identity")[:16])
ZHOU: Final = person_id(sha256(b"zhou in identity")[:16])


def key_bytes(text: str) -> bytes:
    """Return the public half of an Ed25519 key that a text stands for."""
    from nacl.signing import SigningKey

    return bytes(SigningKey(sha256(text.encode())).verify_key)


def commit(text: str) -> Any:
    """Return some commitment."""
    return digest(sha256(text.encode()))


def licence_number(serial: str = "000001", office: str = SCHOOLS) -> str:
    """Return the identifier of an e-licence of an office (GB/T 36904)."""
    return elicence_id("11990100000000000000A", office, serial, "001")


class Town:
    """A world with the offices of a city; `found` has what most acts need on record."""

    def __init__(self, **parameters: tuple[int, ...]) -> None:
        """Found offices, people and persons; parameters of identity may be given."""
        self.world = World()
        self._causes = 0
        for office, kind in (
            (DATA, "data_bureau"),
            (SCHOOLS, "education"),
            (POLICE, "police"),
            (HEALTH, "insurance"),
        ):
            self.world.office(office, region=CITY, kind=kind)
        roles = {
            DATA: ("issuer_registrar", "issuer_registrar_checker"),
            SCHOOLS: ("credential_issuer", "credential_checker"),
            POLICE: ("credential_issuer", "credential_checker"),
            HEALTH: ("credential_issuer", "credential_checker"),
        }
        self.people: dict[str, dict[str, Person]] = {
            office: {
                role: self.world.person(f"{role} {office[-5:]}", office, role) for role in held
            }
            for office, held in roles.items()
        }
        self.identity = (
            self.world.person("identity clerk", POLICE, "identity_clerk"),
            self.world.person("identity verifier", POLICE, "identity_verifier"),
        )
        values = {"did_suites": (1, 3), "list_entries_first": (2,), **parameters}
        for parameter, given in values.items():
            self.world.parameter("identity", parameter, *given)
        for person in (LIN, ZHOU):
            self.world._found(PERSONS, self.person_row(), person)

    def person_row(self, status: Any = "active") -> PersonRow:
        """Return a person of the domain of identity."""
        return PersonRow(
            domain=name("identity"),
            office=POLICE,
            capacity="adult",
            status=status,
            keys=(),
            keys_ever=count(0),
            link=commit("link"),
        )

    def both(self, office: str) -> tuple[Person, Person]:
        """Return maker and checker of an office."""
        maker, checker = self.people[office].values()
        return maker, checker

    def define(self, kind: Any = RESIDENT, **given: Any) -> DefineType:
        """Return the act that defines a type."""
        fields: dict[str, Any] = {
            "kind": kind,
            "version": 1,
            "region": CITY,
            "claims": (
                Claim(name=name("is_adult"), kind="boolean"),
                Claim(name=name("is_resident"), kind="boolean"),
                Claim(name=name("is_teacher"), kind="boolean"),
                Claim(name=name("school"), kind="text"),
                Claim(name=name("since"), kind="date"),
            ),
            "schema": commit("schema"),
            "law": "provisions.10",
            "office_kinds": (name("education"), name("police")),
            "days_max": 365,
            "is_high_risk": False,
            "is_licence": False,
        }
        return DefineType(**{**fields, **given})

    def register(self, kind: Any = RESIDENT, **given: Any) -> RegisterIssuer:
        """Return the act that registers the education office as issuer."""
        fields: dict[str, Any] = {
            "kind": kind,
            "version": 1,
            "office": SCHOOLS,
            "registrar": DATA,
            "region": CITY,
            "until_ms": self.world.now_ms + 5 * YEAR_MS,
        }
        return RegisterIssuer(**{**fields, **given})

    def create_did(self, **given: Any) -> CreateDid:
        """Return the act that gives the education office its identifier."""
        fields: dict[str, Any] = {
            "office": SCHOOLS,
            "host": HOST,
            "suite": 1,
            "public": key_bytes("schools"),
            "until_ms": self.world.now_ms + 5 * YEAR_MS,
        }
        return CreateDid(**{**fields, **given})

    def issue(self, index: int = 7, act: Any = IssueCredential, **given: Any) -> Any:
        """Return the act that puts a credential on record."""
        fields: dict[str, Any] = {
            "office": SCHOOLS,
            "kind": RESIDENT,
            "version": 1,
            "region": DISTRICT,
            "list": 0,
            "index": index,
            "commitment": commit(f"credential {index}"),
            "key": 1,
            "until_ms": self.world.now_ms + YEAR_MS,
            "holder": None,
            "licence": None,
        }
        return act(**{**fields, **given})

    def issue_checked(self, index: int = 7, **given: Any) -> Any:
        """Return the act of two persons that puts a credential on record."""
        return self.issue(index, IssueChecked, **given)

    def grant(self, **given: Any) -> GrantLicence:
        """Return the act that grants a licence."""
        fields: dict[str, Any] = {
            "office": SCHOOLS,
            "licence": licence_number(),
            "kind": PERMIT,
            "version": 1,
            "document": commit("permit"),
            "until_ms": self.world.now_ms + YEAR_MS,
        }
        return GrantLicence(**{**fields, **given})

    def of(self, office: str, act: Act, *, by: int = 2) -> Any:
        """Have an act accepted that the first, or both, persons of an office sign."""
        return self.world.accepts(*self.both(office)[:by], act=act)

    def found(self) -> "Town":
        """Have types, issuers and the identifier of the education office on record."""
        self.of(DATA, self.define())
        self.of(DATA, self.define(TEACHER, is_high_risk=True))
        self.of(DATA, self.define(PERMIT, is_licence=True))
        for kind in (RESIDENT, TEACHER, PERMIT):
            self.of(DATA, self.register(kind))
        self.of(SCHOOLS, self.create_did())
        return self

    def cause(self, *acts: Act) -> None:
        """Have the ledger itself perform acts in the next block, as consequences would be."""
        for act in acts:
            self._causes += 1
            key = TIMERS.key(self.world.now_ms, 0, self._causes)
            self.world._commit({key: encode(Timer(act=encode(act)))}, ())
            results = self.world.block()
            assert [result.outcome for result in results] == [""]

    def credential(self, index: int, number: int = 0) -> Credential:
        """Return a credential on record."""
        row: Credential = self.world.row(CREDENTIALS, SCHOOLS, number, index)
        return row

    def list_row(self, number: int = 0) -> StatusList:
        """Return a status list of the education office."""
        row: StatusList = self.world.row(STATUS_LISTS, SCHOOLS, number)
        return row

    def chunk(self, number: int = 0, chunk: int = 0) -> StatusChunk | None:
        """Return a chunk of a list, where there is one."""
        row: StatusChunk | None = self.world.row(STATUS_CHUNKS, SCHOOLS, number, chunk)
        return row
