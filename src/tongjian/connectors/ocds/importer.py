"""Plans the recording of releases published elsewhere: each becomes one act.

The ledger gets the hash of the process's id and of the release's, the time the release bears, its
sums and a salted commitment to it as received. The release itself stays with the office that
imports it, whole and byte for byte. Nothing that a foreign release says has an effect here.
"""

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Final

from tongjian.connectors.canonicaljson import canonical
from tongjian.connectors.currency import minor_digits
from tongjian.connectors.importing import Composed, Declined, Face, Read, Site
from tongjian.connectors.jsonfields import is_object, moment, number, objects, text
from tongjian.connectors.ocds.checking import Finding, check_release
from tongjian.connectors.ocds.reading import Found, Unreadable, read_path
from tongjian.connectors.strictjson import Json, Malformed, encode, parse
from tongjian.core import values
from tongjian.core.hashing import compute_commitment
from tongjian.core.limits import FEN_MAX
from tongjian.core.values import Digest
from tongjian.services.procurement.acts_foreign import RecordForeign
from tongjian.services.procurement.exchange import compute_content_digest, compute_foreign_key
from tongjian.services.procurement.records import FOREIGN
from tongjian.services.procurement.rows import Foreign
from tongjian.services.procurement.values import ForeignKey

FLAGS_MAX: Final = 16
"""As many as the act takes; a release with more says so in its last flag."""
MORE_FLAGS: Final = "more_flags"
SUMS_UNCOUNTED: Final = "sums_uncounted"
"""Sums in several currencies, below zero or beyond what the ledger counts are not recorded."""
_ASK: Final = "Ask the publisher for a corrected release."
_EPOCH: Final = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_CURRENCY_LETTERS: Final = 3


@dataclass(frozen=True)
class _Plan:
    """A release with what the act takes of it."""

    ocid: str
    release_id: str
    process: ForeignKey
    release: ForeignKey
    content: Digest
    released_ms: int
    currency: str
    awarded_fen: int
    contracted_fen: int

    @property
    def face(self) -> Face:
        return {
            "content": self.content.hex(),
            "released_ms": self.released_ms,
            "currency": self.currency,
            "awarded_fen": self.awarded_fen,
            "contracted_fen": self.contracted_fen,
        }


class OcdsImporter:
    """Records releases of packages, records, lists of packages and JSON lines."""

    salts = ("original",)

    def walk(self, paths: Iterable[Path]) -> Iterator[tuple[str, bytes | Declined]]:
        """Yield name and bytes of every release at or below the paths, always in one order."""
        for path in paths:
            files = sorted(one for one in path.rglob("*") if one.is_file())
            for file in files if path.is_dir() else [path]:
                yield from _releases(file)

    def read(self, name: str, data: bytes, site: Site) -> Read | Declined:
        """Read one release and say what would be recorded of it, or why it may not be."""
        del name
        try:
            release = parse(data)
        except Malformed as error:
            return Declined(_sentence(str(error)), "RFC 8259", _ASK)
        if not is_object(release):
            return Declined("It is no JSON object.", "OCDS 1.1.5", _ASK)
        label = f"{text(release, 'ocid')} {text(release, 'id')}".strip()
        findings = check_release(release)
        when = moment(release, "date")
        if findings and findings[0].severity == "error":
            return _declined(findings, label)
        if when is None or when < _EPOCH:
            return Declined("It is dated before 1970.", "OCDS-DATE", _ASK, label)
        plan, is_counted = _plan(release, when, site)
        flags = _flags(findings, is_counted=is_counted)
        return Read(label, FOREIGN, (plan.process, plan.release), plan.face, flags, plan)

    def compose(self, read: Read, data: bytes, site: Site, salts: Mapping[str, bytes]) -> Composed:
        """Return the act that records a release under the given salts."""
        plan: _Plan = read.content
        act = RecordForeign(
            process=plan.process,
            release=plan.release,
            keeper=values.uscc(site.office),
            original=values.digest(compute_commitment(site.digest, salts["original"], data)),
            content=plan.content,
            released_ms=values.time_ms(plan.released_ms),
            currency=plan.currency or None,
            awarded_fen=values.fen(plan.awarded_fen),
            contracted_fen=values.fen(plan.contracted_fen),
            flags=tuple(values.name(flag) for flag in read.flags),
        )
        return Composed(act, {"ocid": plan.ocid, "release": plan.release_id})

    def face_of(self, row: Foreign) -> Face:
        """Return time, currency and sums of a recorded release."""
        return {
            "content": row.content.hex(),
            "released_ms": row.released_ms,
            "currency": row.currency or "",
            "awarded_fen": row.awarded_fen,
            "contracted_fen": row.contracted_fen,
        }


importer: Final = OcdsImporter()
"""What surfaces find."""


def _releases(file: Path) -> Iterator[tuple[str, bytes | Declined]]:
    for found in read_path(file):
        if isinstance(found, Unreadable):
            name = f"{file}!{found.place}"
            yield name, Declined(_sentence(found.why), found.rule, found.next_step)
        elif isinstance(found, Found):
            name = f"{file}!{found.place}"
            if found.kind == "release":
                yield name, found.data
            else:
                yield from _of_record(name, found.content)


def _of_record(name: str, record: Json) -> Iterator[tuple[str, bytes | Declined]]:
    """Yield the releases of a record; what is compiled from them only where they are not in it."""
    is_embedded = False
    for place, release in enumerate(objects(record, "releases")):
        own = f"{name}.releases[{place}]"
        if "ocid" in release:
            is_embedded = True
            yield own, encode(release)
        else:
            why = "It is only a link to a release."
            yield own, Declined(why, "OCDS 1.1.5, linked releases", "Import the file it links to.")
    compiled = record.get("compiledRelease")
    if is_object(compiled) and not is_embedded:
        yield f"{name}.compiledRelease", encode(compiled)
    elif not is_embedded:
        why = "It has neither a release nor a compiled one."
        yield name, Declined(why, "OCDS 1.1.5, records", _ASK, text(record, "ocid"))


def _plan(release: Json, when: dt.datetime, site: Site) -> tuple[_Plan, bool]:
    ocid, release_id = text(release, "ocid"), text(release, "id")
    active = [one for one in objects(release, "awards") if one.get("status", "active") == "active"]
    contracts = list(objects(release, "contracts"))
    currency, sums = _sums(active, contracts)
    plan = _Plan(
        ocid,
        release_id,
        compute_foreign_key(site.digest, site.chain, ocid),
        compute_foreign_key(site.digest, site.chain, release_id),
        compute_content_digest(site.digest, site.chain, canonical(release)),
        (when - _EPOCH) // dt.timedelta(milliseconds=1),
        currency if sums else "",
        *(sums or (0, 0)),
    )
    return plan, sums is not None


def _sums(awards: list[Json], contracts: list[Json]) -> tuple[str, tuple[int, int] | None]:
    """Return the one currency and the sums in its minor units; none where they cannot be said."""
    currencies = {
        text(one, "value", "currency")
        for one in (*awards, *contracts)
        if number(one, "value", "amount") is not None
    }
    if not currencies:
        return "", (0, 0)
    currency = min(currencies)
    is_code = len(currency) == _CURRENCY_LETTERS and currency.isascii() and currency.isupper()
    sums = [
        sum((number(one, "value", "amount") or Fraction(0) for one in holders), Fraction(0))
        * 10 ** minor_digits(currency)
        for holders in (awards, contracts)
    ]
    if len(currencies) > 1 or not (is_code and currency.isalpha()) or not all(map(_fits, sums)):
        return "", None
    return currency, (int(sums[0]), int(sums[1]))


def _fits(amount: Fraction) -> bool:
    return amount.denominator == 1 and 0 <= amount <= FEN_MAX


def _flags(findings: tuple[Finding, ...], *, is_counted: bool) -> tuple[str, ...]:
    names = {finding.rule.lower().replace("-", "_") for finding in findings}
    names |= set() if is_counted else {SUMS_UNCOUNTED}
    flags = tuple(sorted(names))
    return flags if len(flags) <= FLAGS_MAX else (*flags[: FLAGS_MAX - 1], MORE_FLAGS)


def _declined(findings: tuple[Finding, ...], label: str) -> Declined:
    errors = [finding for finding in findings if finding.severity == "error"]
    more = f" And {len(errors) - 1} more." if len(errors) > 1 else ""
    return Declined(_sentence(errors[0].message) + more, errors[0].rule, _ASK, label)


def _sentence(words: str) -> str:
    return words[:1].upper() + words[1:].rstrip(".") + "."
