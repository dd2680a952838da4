"""Acts on land made from plain values: who usually signs, and what is left unsaid."""

from collections.abc import Sequence
from fractions import Fraction
from typing import Any, Final, NamedTuple, TypeVar

from tongjian.core.hashing import sha256
from tongjian.core.identifiers import uscc_check_digit
from tongjian.core.operation import Act
from tongjian.services.land import acts, demands
from tongjian.services.land.values import Point, Share

T = TypeVar("T")


def _whole(code: str) -> str:
    return code if len(code) == 18 else code + uscc_check_digit(code)


OFFICES: Final = {
    "registry": ("11990100001400313E", "990100", "bureau"),
    "elsewhere": (_whole("11980000001400313"), "980000", "bureau"),
    "surveyor": ("91990106MA7K3D2102", "990106", "firm"),
    "bank": ("919901007100011120", "990100", "bank"),
    "rival": (_whole("91990100710001113"), "990100", "bank"),
    "tax": ("11990100001400110R", "990100", "bureau"),
    "court": ("11990100001400612C", "990100", "court"),
    "other_court": (_whole("11990200001400612"), "990200", "court"),
    "notary": ("12990100432002149K", "990100", "notary"),
}
USCC: Final = {name: code for name, (code, _, _) in OFFICES.items()}
ROLES: Final = {
    "registry": (
        *("land_counter", "land_acceptor", "land_reviewer", "land_registrar", "land_issuer"),
        *("cadastre_officer", "land_archivist"),
    ),
    "elsewhere": (
        *("land_counter", "land_acceptor", "land_registrar", "cadastre_officer"),
        "land_archivist",
    ),
    "surveyor": ("surveyor",),
    "bank": ("bank_officer",),
    "rival": ("bank_officer",),
    "tax": ("tax_officer",),
    "court": ("judge", "court_clerk"),
    "other_court": ("judge", "court_clerk"),
    "notary": ("notary",),
}
SURVEY_BY: Final = ("surveyor.surveyor", "registry.cadastre_officer")
YEAR_MS: Final = 365 * 24 * 3_600_000
NOON_MS: Final = 1_795_060_800_000


class Step(NamedTuple):
    """An act and the names of those who sign it."""

    act: Act
    by: tuple[str, ...]


def build(record: type[T], /, **fields: Any) -> T:
    """Make a record of plain values; its bounds are checked when the act is decoded."""
    return record(**fields)


def who(name: str) -> bytes:
    """Return the land pseudonym of a person."""
    return sha256(b"land pseudonym " + name.encode())


def parcel(number: int, feature: str = "GB") -> str:
    """Return the number of a parcel in Xiwan district."""
    return f"990106001002{feature}{number:05d}"


def land(number: int, feature: str = "GB") -> str:
    """Return the number of bare land."""
    return parcel(number, feature) + "W00000000"


def flat(number: int, unit: int) -> str:
    """Return the number of a flat on a parcel."""
    return parcel(number) + f"F{unit:08d}"


def number(sequence: int, year: int = 2026) -> str:
    """Return the number of an application."""
    return f"990106-{year}-{sequence:07d}"


def shares(*names: str, **parts: str) -> tuple[Share, ...]:
    """Return equal shares of the names, or fractions by name, in the order the ledger wants."""
    held = {name: Fraction(part) for name, part in parts.items()}
    held |= {name: Fraction(1, len(names)) for name in names}
    made = [
        build(Share, holder=who(name), numerator=part.numerator, denominator=part.denominator)
        for name, part in held.items()
    ]
    return tuple(sorted(made, key=lambda share: share.holder))


def holders(*names: str) -> tuple[bytes, ...]:
    """Return the digests of holders, in order."""
    return tuple(sorted(who(name) for name in names))


def box(x: int, y: int, width: int = 20, height: int = 30) -> tuple[Point, ...]:
    """Return an upright rectangle, in metres from a corner of the district."""
    low_x, low_y = 500_000_000 + x * 1000, 4_000_000_000 + y * 1000
    high_x, high_y = low_x + width * 1000, low_y + height * 1000
    corners = ((low_x, low_y), (high_x, low_y), (high_x, high_y), (low_x, high_y))
    return tuple(build(Point, x_mm=a, y_mm=b) for a, b in corners)


def survey(code: str, ring: Sequence[Point], by: tuple[str, ...] = SURVEY_BY, **said: Any) -> Step:
    """Survey a parcel."""
    fields = {
        "surveyor": USCC["surveyor"],
        "registry": USCC[by[-1].partition(".")[0]],
        "use": "residential",
        "survey": sha256(b"survey"),
        "replaces": (),
        **said,
    }
    return Step(build(acts.Survey, parcel=code, ring=tuple(ring), **fields), by)


def cancel_survey(code: str, by: tuple[str, ...] = SURVEY_BY) -> Step:
    """Take a survey back."""
    offices = {"surveyor": USCC["surveyor"], "registry": USCC[by[-1].partition(".")[0]]}
    return Step(build(acts.CancelSurvey, parcel=code, **offices), by)


def define_unit(code: str, by: tuple[str, ...] = SURVEY_BY, **said: Any) -> Step:
    """Enter the survey of a flat."""
    fields = {
        "surveyor": USCC["surveyor"],
        "registry": USCC[by[-1].partition(".")[0]],
        "area_dm2": 8860,
        "use": "residential",
        "survey": sha256(b"survey"),
        "replaces": (),
        **said,
    }
    return Step(build(acts.DefineUnit, unit=code, **fields), by)


# -- demands --------------------------------------------------------------------------------------


def first(*units: str, held: Sequence[Share], **said: Any) -> demands.First:
    """Ask for a first registration."""
    return build(demands.First, units=units, term_end_ms=0, holders=tuple(held), **said)


def transfer(unit: str, old: Sequence[str], new: Sequence[Share], **said: Any) -> demands.Transfer:
    """Ask for a transfer."""
    usual = {"attestations": (), "acknowledged": None, "escrow": None}
    fields = {"cause": "sale", "price_fen": 185_000_000, **usual, **said}
    return build(
        demands.Transfer, unit=unit, transferors=holders(*old), transferees=tuple(new), **fields
    )


def change(unit: str, old: Sequence[str], **said: Any) -> demands.Change:
    """Ask for a change."""
    fields = {"cause": "use", "use": "commercial", "term_end_ms": 0, **said}
    return build(demands.Change, unit=unit, applicants=holders(*old), **fields)


def split(unit: str, old: Sequence[str], *successors: str) -> demands.Split:
    """Ask for a split."""
    return build(demands.Split, unit=unit, applicants=holders(*old), successors=successors)


def merge(units: Sequence[str], old: Sequence[str], successor: str) -> demands.Merge:
    """Ask for a merger."""
    return build(demands.Merge, units=tuple(units), applicants=holders(*old), successor=successor)


def mortgage(unit: str, old: Sequence[str], bank: str = "bank", **said: Any) -> demands.Mortgage:
    """Ask for a mortgage."""
    fields = {
        "kind": "general",
        "mortgagee": USCC[bank],
        "amount_fen": 60_000_000,
        "transfer_ban": False,
        "attestations": (),
        **said,
    }
    return build(demands.Mortgage, unit=unit, applicants=holders(*old), **fields)


def notice(
    unit: str, old: Sequence[str], buyer: str, bank: str | None = None, **said: Any
) -> demands.Notice:
    """Ask for an advance notice."""
    fields = {
        "holder": who(buyer),
        "mortgagee": USCC[bank] if bank else None,
        "attestations": (),
        **said,
    }
    return build(demands.Notice, unit=unit, applicants=holders(*old), **fields)


def objection(unit: str, objector: str) -> demands.Objection:
    """Ask for an objection."""
    return build(demands.Objection, unit=unit, objector=who(objector))


def deletion(unit: str, old: Sequence[str], cause: str = "loss") -> demands.Deletion:
    """Ask for a deletion."""
    return build(demands.Deletion, unit=unit, cause=cause, applicants=holders(*old))


# -- the procedure --------------------------------------------------------------------------------


def submit(application: str, demand: Any, by: str = "registry.land_counter") -> Step:
    """Hand in an application."""
    office = USCC[by.partition(".")[0]]
    act = build(
        acts.Submit,
        application=application,
        registry=office,
        demand=demand,
        documents=sha256(b"documents"),
    )
    return Step(act, (by,))


def step(verb: str, application: str, by: str = "") -> Step:
    """Take a step of the procedure: accept, decline, withdraw, approve, reject, enter."""
    made, role, fields = _STEPS[verb]
    return Step(build(made, application=application, **fields), (by or f"registry.{role}",))


_STEPS: Final[dict[str, tuple[type[Any], str, dict[str, Any]]]] = {
    "accept": (acts.Accept, "land_acceptor", {}),
    "decline": (acts.Decline, "land_acceptor", {"missing": ("deed", "identity")}),
    "withdraw": (acts.Withdraw, "land_counter", {"request": sha256(b"request")}),
    "approve": (acts.Approve, "land_reviewer", {}),
    "reject": (acts.Reject, "land_reviewer", {"reason": sha256(b"reason")}),
    "enter": (acts.Enter, "land_registrar", {}),
}


def agree(application: str, bank: str = "bank") -> Step:
    """Agree as mortgagee."""
    by = (f"{bank}.bank_officer",)
    return Step(build(acts.Agree, application=application, mortgagee=USCC[bank]), by)


def certify_tax(application: str, base: int = 185_000_000, paid: int | None = None) -> Step:
    """Certify the deed tax, one per cent unless said."""
    act = build(
        acts.CertifyTax,
        application=application,
        tax_office=USCC["tax"],
        base_fen=base,
        paid_fen=-(-base // 100) if paid is None else paid,
    )
    return Step(act, ("tax.tax_officer",))


def attest(name: str, unit: str, person: str, purpose: str = "identity", **said: Any) -> Step:
    """Attest something before a notary."""
    act = build(
        acts.Attest,
        attestation=sha256(name.encode()),
        notary=USCC["notary"],
        unit=unit,
        person=who(person),
        purpose=purpose,
        until_ms=said.get("until_ms", NOON_MS + 30 * YEAR_MS),
    )
    return Step(act, ("notary.notary",))


def revoke(name: str) -> Step:
    """Revoke an attestation."""
    act = build(acts.RevokeAttestation, attestation=sha256(name.encode()))
    return Step(act, ("notary.notary",))


def certificate(application: str, unit: str, entry: int, holder: str, **said: Any) -> Step:
    """Issue a certificate."""
    act = build(
        acts.IssueCertificate,
        application=application,
        unit=unit,
        entry=entry,
        holder=said.get("digest", who(holder)),
        year=said.get("year", 2026),
        sequence=said.get("sequence", 1234),
    )
    return Step(act, ("registry.land_issuer",))


def record_foreign(name: str, day: int = 19960423, by: str = "registry") -> Step:
    """Record a sale of another register."""
    act = build(
        acts.RecordForeign,
        record=sha256(name.encode()),
        registry=USCC["registry"],
        kind="sale",
        currency="USD",
        total_fen=30_300_000,
        area_dm2=497_000,
        day=day,
        original=sha256(b"original"),
        flags=(),
    )
    return Step(act, (f"{by}.land_archivist",))


# -- burdens and courts ---------------------------------------------------------------------------


def release(unit: str, entry: int, bank: str = "bank", registry: str = "registry") -> Step:
    """Release a mortgage."""
    act = build(acts.ReleaseMortgage, unit=unit, number=entry, registry=USCC[registry])
    return Step(act, (f"{bank}.bank_officer", f"{registry}.land_registrar"))


def end_notice(unit: str, entry: int, consent: str, registry: str = "registry") -> Step:
    """End a notice."""
    act = build(
        acts.EndNotice,
        unit=unit,
        number=entry,
        registry=USCC[registry],
        consent=sha256(consent.encode()),
    )
    return Step(act, (f"{registry}.land_acceptor", f"{registry}.land_registrar"))


def note_suit(unit: str, entry: int, court: str = "court") -> Step:
    """Note a suit."""
    act = build(acts.NoteSuit, unit=unit, number=entry, court=USCC[court], case=sha256(b"case"))
    return Step(act, (f"{court}.court_clerk",))


def end_objection(unit: str, entry: int, court: str = "court") -> Step:
    """End an objection."""
    act = build(
        acts.EndObjection, unit=unit, number=entry, court=USCC[court], order=sha256(b"judgment")
    )
    return Step(act, _bench(court))


def _bench(court: str) -> tuple[str, ...]:
    return (f"{court}.judge", f"{court}.court_clerk")


def seize(unit: str, order: str = "order", court: str = "court", days: int = 1095) -> Step:
    """Seize a unit."""
    act = build(acts.Seize, unit=unit, court=USCC[court], order=sha256(order.encode()), days=days)
    return Step(act, _bench(court))


def renew(unit: str, entry: int, court: str = "court", days: int = 365) -> Step:
    """Renew a seizure."""
    act = build(
        acts.RenewSeizure,
        unit=unit,
        number=entry,
        court=USCC[court],
        order=sha256(b"renewal"),
        days=days,
    )
    return Step(act, _bench(court))


def lift(unit: str, entry: int, court: str = "court") -> Step:
    """Lift a seizure."""
    act = build(acts.LiftSeizure, unit=unit, number=entry, court=USCC[court], order=sha256(b"lift"))
    return Step(act, _bench(court))


def by_order(
    unit: str, new: Sequence[Share], court: str = "court", *, clears: bool = True, **said: Any
) -> Step:
    """Transfer a unit by a court."""
    act = build(
        acts.TransferByOrder,
        unit=unit,
        court=USCC[court],
        order=sha256(b"judgment"),
        transferees=tuple(new),
        clears=clears,
        effective_ms=said.get("effective_ms", 0),
    )
    return Step(act, _bench(court))
