"""Ownership statements: read, checked, and of each record the statement that holds.

A record is said again when it changes; the last statement of it holds, and a closed one is gone
(BODS 0.4, `recordId`, `recordStatus`). Unknown fields and codes are kept and told, not refused.
"""

import datetime as dt
import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any, BinaryIO, Final, Literal

from tongjian.connectors.jsonfields import is_object, member, number, objects, text
from tongjian.connectors.splitting import NotSplit, pieces_of
from tongjian.connectors.strictjson import Json, Malformed, parse

VERSION: Final = "0.4"
_DATE: Final = re.compile(r"[0-9]{4}(-[0-9]{2}(-[0-9]{2})?)?", re.ASCII)
_WHOLE: Final = Fraction(100)
_ID_CHARACTERS_MAX: Final = 256


@dataclass(frozen=True)
class Finding:
    """One thing that a statement gets wrong; an error drops the statement, a flag does not."""

    rule: str
    severity: Literal["error", "flag"]
    place: str
    message: str


@dataclass(frozen=True)
class Share:
    """A share from at least to at most, of 1; exact where both are the same."""

    least: Fraction
    most: Fraction

    def of(self, other: "Share") -> "Share":
        """Return this share of another: what is held through it."""
        return Share(self.least * other.least, self.most * other.most)


@dataclass(frozen=True)
class Entity:
    """A body that statements speak of."""

    record: str
    identifiers: tuple[tuple[str, str], ...]
    """Scheme and id, as `CN-USCC` and a credit code."""
    kind: str
    content: Json = field(repr=False)
    """The whole statement, with its names: never to be logged."""


@dataclass(frozen=True)
class Person:
    """A natural person that statements speak of; the record id is all that may go on."""

    record: str
    kind: str
    content: Json = field(repr=False)


@dataclass(frozen=True)
class Link:
    """That somebody has interests in a body."""

    record: str
    subject: str
    """Record of the body."""
    party: str
    """Record of who has the interests; empty where it is not said."""
    reason: str
    """Why it is not said: a code of BODS; empty where it is."""
    interests: tuple[tuple[str, Share | None, bool], ...]
    """Kind, share, and whether it is stated to be beneficial ownership or control."""
    content: Json = field(repr=False)


@dataclass(frozen=True)
class Ownership:
    """What a set of statements says, each record as it stands last."""

    entities: dict[str, Entity]
    persons: dict[str, Person]
    links: tuple[Link, ...]
    findings: tuple[Finding, ...]

    def entity_of(self, scheme: str, identifier: str) -> Entity | None:
        """Return the body that has an identifier, or none."""
        for entity in self.entities.values():
            if (scheme, identifier) in entity.identifiers:
                return entity
        return None


@cache
def standard() -> dict[str, Any]:
    """Return what `standard.toml` says."""
    return tomllib.loads(Path(__file__).with_name("standard.toml").read_text("utf-8"))


def read_ownership(source: BinaryIO) -> Ownership:
    """Read the statements of a stream: a JSON list, or one a line, packed by gzip or not.

    What cannot be read is a finding; nothing raises but the stream itself.
    """
    findings: list[Finding] = []
    latest: dict[str, Json] = {}
    seen: set[str] = set()
    for place, statement in _statements(source, findings):
        wrong = list(_check(statement, place, seen))
        findings += wrong
        if any(one.severity == "error" for one in wrong):
            continue
        record = text(statement, "recordId")
        before = latest.get(record)
        if before is None or _day(before) <= _day(statement):
            latest[record] = statement
    current = [one for one in latest.values() if text(one, "recordStatus") != "closed"]
    ownership = _assemble(current)
    return Ownership(
        ownership.entities,
        ownership.persons,
        ownership.links,
        (*findings, *_dangling(ownership)),
    )


def _statements(source: BinaryIO, findings: list[Finding]) -> Iterator[tuple[str, Json]]:
    try:
        for piece in pieces_of(source, ()):
            place = f"[{piece.index}]"
            try:
                statement = parse(piece.data)
            except Malformed as error:
                findings.append(Finding("BODS-JSON", "error", place, str(error)))
                continue
            if is_object(statement):
                yield place, statement
    except NotSplit as error:
        findings.append(Finding("BODS-JSON", "error", f"byte {error.offset}", error.why))


def _day(statement: Json) -> str:
    return text(statement, "statementDate")


def _check(statement: Json, place: str, seen: set[str]) -> Iterator[Finding]:
    for name in ("statementId", "recordId", "declarationSubject"):
        if not 0 < len(text(statement, name)) <= _ID_CHARACTERS_MAX:
            yield Finding("BODS-ID", "error", f"{place}.{name}", f"{name} is no text of an id")
    key = text(statement, "statementId")
    if key in seen:
        yield Finding("BODS-TWICE", "error", place, "another statement has this statementId")
    seen.add(key)
    if not _is_day(_day(statement)):
        yield Finding("BODS-DATE", "error", place, "statementDate is no date")
    for name, codes in (("recordType", "record_types"), ("recordStatus", "record_statuses")):
        if text(statement, name) not in standard()[codes]:
            yield Finding("BODS-CODE", "error", place, f"{name} is no code of BODS 0.4")
    version = text(statement, "publicationDetails", "bodsVersion")
    if version != VERSION:
        yield Finding("BODS-VERSION", "flag", place, f"it says of itself version {version[:16]!r}")
    yield from _check_details(statement, place)


def _check_details(statement: Json, place: str) -> Iterator[Finding]:
    codes, details = standard(), member(statement, "recordDetails")
    if not is_object(details):
        yield Finding("BODS-DETAILS", "error", place, "recordDetails is no object")
    match text(statement, "recordType"):
        case "entity":
            if text(details, "entityType", "type") not in codes["entity_types"]:
                yield Finding("BODS-CODE", "flag", place, "entityType is no code of BODS 0.4")
        case "person":
            if text(details, "personType") not in codes["person_types"]:
                yield Finding("BODS-CODE", "flag", place, "personType is no code of BODS 0.4")
        case "relationship":
            yield from _check_link(details, place)
        case _:
            pass


def _check_link(details: Any, place: str) -> Iterator[Finding]:
    codes = standard()
    if not text(details, "subject"):
        yield Finding("BODS-SUBJECT", "error", place, "the relationship has no subject")
    party = member(details, "interestedParty")
    reason = text(party, "reason")
    if not isinstance(party, str) and reason not in codes["unspecified_reasons"]:
        why = "it says neither who has the interests nor, by a code of BODS 0.4, why not"
        yield Finding("BODS-PARTY", "error", place, why)
    known = [kind for kinds in codes["interests"].values() for kind in kinds]
    for interest in objects(details, "interests"):
        kind = text(interest, "type")
        if kind not in known:
            yield Finding("BODS-CODE", "flag", place, f"{kind[:64]!r} is no interest of BODS 0.4")
        if is_object(interest.get("share")) and _share(interest) is None:
            yield Finding("BODS-SHARE", "flag", place, "a share is none of 0 to 100")


def _is_day(day: str) -> bool:
    try:
        dt.date.fromisoformat((day + "-01-01")[:10])
    except ValueError:
        return False
    return _DATE.fullmatch(day) is not None


def _share(interest: Json) -> Share | None:
    exact = number(interest, "share", "exact")
    least = number(interest, "share", "minimum")
    least = number(interest, "share", "exclusiveMinimum") if least is None else least
    most = number(interest, "share", "maximum")
    most = number(interest, "share", "exclusiveMaximum") if most is None else most
    if exact is not None:
        least = most = exact
    if least is None and most is None:
        return None
    least, most = least or Fraction(0), _WHOLE if most is None else most
    return Share(least / _WHOLE, most / _WHOLE) if 0 <= least <= most <= _WHOLE else None


def _assemble(statements: list[Json]) -> Ownership:
    entities: dict[str, Entity] = {}
    persons: dict[str, Person] = {}
    links: list[Link] = []
    for statement in statements:
        record, details = text(statement, "recordId"), member(statement, "recordDetails")
        match text(statement, "recordType"):
            case "entity":
                identifiers = tuple(
                    (text(one, "scheme"), text(one, "id"))
                    for one in objects(details, "identifiers")
                )
                kind = text(details, "entityType", "type")
                entities[record] = Entity(record, identifiers, kind, statement)
            case "person":
                persons[record] = Person(record, text(details, "personType"), statement)
            case _:
                links.append(_link(record, details, statement))
    return Ownership(entities, persons, tuple(links), ())


def _link(record: str, details: Any, statement: Json) -> Link:
    interests = tuple(
        (
            text(interest, "type"),
            _share(interest),
            interest.get("beneficialOwnershipOrControl") is True,
        )
        for interest in objects(details, "interests")
        if not text(interest, "endDate")
    )
    return Link(
        record,
        text(details, "subject"),
        text(details, "interestedParty"),
        text(details, "interestedParty", "reason"),
        interests,
        statement,
    )


def _dangling(ownership: Ownership) -> Iterator[Finding]:
    known = ownership.entities.keys() | ownership.persons.keys()
    for link in ownership.links:
        for name in (link.subject, link.party):
            if name and name not in known:
                message = f"no statement of these says who {name[:64]!r} is"
                yield Finding("BODS-REFERENCE", "flag", link.record, message)
