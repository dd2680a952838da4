"""Credentials on one core: made, put on record with what that takes, and verified offline.

Made: an SD-JWT VC of four hidden claims bound to a holder's key, or a VCDM 2.0 document with its
proof. On record: in one process without helpers, from the claims to the durable commit: the
credential, its commitment, the act, the officer's signature over the transaction, the engine.
"""

import random
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

from bench.report import Figure
from bench.town import require_committed
from tongjian.connectors.credentials import making, presenting
from tongjian.connectors.credentials.dates import moment_of
from tongjian.connectors.credentials.jose import EDDSA, ES256, Signer, key
from tongjian.connectors.credentials.registered import Place
from tongjian.connectors.credentials.sdjwt import Asked
from tongjian.connectors.credentials.verifying import verify_shown
from tongjian.core import values
from tongjian.core.hashing import sha256 as digest
from tongjian.core.signatures import KeySuite
from tongjian.engines.receipts import Receipts
from tongjian.engines.solo import SoloEngine
from tongjian.node.clock import now_ms
from tongjian.node.founding import Plan, PlanOffice, PlanOfficer, found
from tongjian.node.home import Home
from tongjian.node.keys import KeyPair
from tongjian.node.signing import sign_acts
from tongjian.services.identity.acts_credentials import IssueCredential
from tongjian.services.identity.acts_dids import CreateDid
from tongjian.services.identity.acts_issuers import DefineType, RegisterIssuer
from tongjian.services.identity.records_credentials import LIST_ENTRIES, Claim

TARGET: Final = "≥ 1,000/s"
HOST: Final = "id.haizhou.example"
SCHOOLS: Final = values.uscc("11990100001401332L")
DATA: Final = values.uscc("11990100001400700T")
RESIDENT: Final = values.name("resident")
DISTRICT: Final = values.region("990106")
YEAR_MS: Final = 365 * 86_400_000
GROUP: Final = 200
"""Credentials of one hand-over to the engine."""
CLAIMS: Final[dict[str, Any]] = {
    "is_adult": True,
    "is_resident": True,
    "is_teacher": True,
    "school": "第三小学",
}


def _signer(text: str, suite: KeySuite = KeySuite.ED25519) -> Signer:
    pair = KeyPair(sha256(text.encode()).digest(), digest, suite)
    algorithm = EDDSA if suite is KeySuite.ED25519 else ES256
    return Signer(key(algorithm, pair.public), pair.sign)


def _rate(work: Callable[[], object], seconds: float) -> tuple[float, float]:
    """Return how often a second some work is done, by the clock and by processor time."""
    work()
    done, cpu, start = 0, time.process_time(), time.perf_counter()
    while time.perf_counter() - start < seconds:
        work()
        done += 1
    return done / (time.perf_counter() - start), done / (time.process_time() - cpu)


def _figure(what: str, rates: tuple[float, float], target: str = "") -> Figure:
    by_clock, by_cpu = rates
    return Figure(what, by_clock, "/s", None, target, f"{by_cpu:,.0f}/s by processor time")


class _Office:
    """A ledger on which one office issues, in a folder that is removed at the end."""

    def __init__(self, place: Path | None) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="tongjian-bench-", dir=place))
        self.home: Home = found(_plan(), self.folder / "ledger")
        self.seal = _signer("seal")
        self.holder = _signer("holder")
        self.clerk = self.home.key("issuer")
        self._indexes = iter(random.Random(1).sample(range(LIST_ENTRIES), LIST_ENTRIES))
        until = values.time_ms(now_ms() + 3 * YEAR_MS)
        registrars = (self.home.key("registrar"), self.home.key("registrar-checker"))
        both = (self.clerk, self.home.key("checker"))
        with self.home.engine() as engine:
            for signers, act in (
                (registrars, _type()),
                (registrars, _issuer(until)),
                (both, _did(self.seal, until)),
            ):
                envelope = sign_acts(engine.chain, signers, (act,))
                require_committed(engine.submit([envelope]).result())

    def make(self) -> tuple[str, IssueCredential]:
        """Return a credential and the act that puts it on record."""
        from_ms = now_ms()
        place = Place(HOST, SCHOOLS, 1, RESIDENT, 1, 0, next(self._indexes))
        making.check_claims(_claims(), CLAIMS)
        text = making.make_token(
            place,
            CLAIMS,
            self.seal,
            from_ms=from_ms,
            until_ms=from_ms + YEAR_MS,
            holder=self.holder.key,
        )
        act = IssueCredential(
            office=SCHOOLS,
            kind=RESIDENT,
            version=1,
            region=DISTRICT,
            list=place.list_number,
            index=place.position,
            commitment=values.digest(making.commitment(digest, text)),
            key=1,
            until_ms=values.time_ms(from_ms + YEAR_MS),
            holder=None,
            licence=None,
        )
        return text, act


def _claims() -> tuple[Claim, ...]:
    booleans = (name for name, value in CLAIMS.items() if value is True)
    kinds = [Claim(name=values.name(name), kind="boolean") for name in booleans]
    return (*kinds, Claim(name=values.name("school"), kind="text"))


def _plan() -> Plan:
    offices = [
        PlanOffice(uscc=DATA, label="data", name="D", region="990100", kind="data_bureau"),
        PlanOffice(uscc=SCHOOLS, label="schools", name="S", region="990100", kind="education"),
    ]
    roles = {
        "registrar": (DATA, "issuer_registrar"),
        "registrar-checker": (DATA, "issuer_registrar_checker"),
        "issuer": (SCHOOLS, "credential_issuer"),
        "checker": (SCHOOLS, "credential_checker"),
    }
    officers = [
        PlanOfficer(holder=holder, office=office, roles=[role])
        for holder, (office, role) in roles.items()
    ]
    return Plan(label="bench", office=offices, officer=officers)


def _type() -> DefineType:
    return DefineType(
        kind=RESIDENT,
        version=1,
        region=values.region("990100"),
        claims=_claims(),
        schema=values.digest(bytes(32)),
        law=values.label("provisions.10"),
        office_kinds=(values.name("education"),),
        days_max=400,
        is_high_risk=False,
        is_licence=False,
    )


def _issuer(until: values.TimeMs) -> RegisterIssuer:
    return RegisterIssuer(
        kind=RESIDENT,
        version=1,
        office=SCHOOLS,
        registrar=DATA,
        region=values.region("990100"),
        until_ms=until,
    )


def _did(seal: Signer, until: values.TimeMs) -> CreateDid:
    return CreateDid(office=SCHOOLS, host=HOST, suite=1, public=seal.key.public, until_ms=until)


def _record(office: _Office, engine: SoloEngine, acts: int) -> list[str]:
    """Make and record a hand-over of credentials, so many to a transaction."""
    made = [office.make() for _ in range(GROUP)]
    envelopes = [
        sign_acts(engine.chain, (office.clerk,), [act for _, act in made[start : start + acts]])
        for start in range(0, GROUP, acts)
    ]
    require_committed(engine.submit(envelopes).result())
    return [text for text, _ in made]


def _on_record(office: _Office, seconds: float) -> Iterator[Figure]:
    for acts in (1, 100):
        with office.home.engine() as engine:
            by_clock, by_cpu = _rate(lambda: _record(office, engine, acts), seconds)  # noqa: B023 - used at once
        what = f"issued: made, {acts} act{'s' if acts > 1 else ''} a signature, committed"
        yield _figure(what, (by_clock * GROUP, by_cpu * GROUP), TARGET)


def _verified(office: _Office, seconds: float) -> Figure:
    with office.home.engine() as engine:
        text = _record(office, engine, 1)[0]
    asked = Asked("desk", "a nonce")
    at_ms = now_ms()
    shown = presenting.present_token(
        text, ["is_adult", "is_teacher"], asked, office.holder, moment_of(at_ms)
    ).encode()
    from tongjian.connectors.credentials.verifying import read_shown  # noqa: PLC0415 - made here only

    with office.home.open() as chain:
        draft = Receipts(chain).draft()
        for row in read_shown(shown).place.rows():
            draft.row(row)
        receipt, anchors = draft.finish(), office.home.anchors(chain)
    at = moment_of(at_ms)

    def work() -> object:
        return verify_shown(shown, receipt, anchors, at=at, asked=asked)

    return _figure("verified offline: receipt, SD-JWT, holder's binding", _rate(work, seconds))


def figures(seconds: float, place: Path | None) -> Iterator[Figure]:
    """Yield what one core makes, records and verifies."""
    until_ms = now_ms() + YEAR_MS
    holder = _signer("holder").key
    at = Place(HOST, SCHOOLS, 1, RESIDENT, 1, 0, 7)
    for name, suite, make in (
        ("SD-JWT VC, Ed25519", KeySuite.ED25519, making.make_token),
        ("SD-JWT VC, P-256", KeySuite.P256, making.make_token),
        ("VCDM 2.0, eddsa-jcs-2022", KeySuite.ED25519, making.make_document),
    ):
        seal = _signer("seal", suite)

        def work(make: Any = make, seal: Signer = seal) -> object:
            return make(at, CLAIMS, seal, from_ms=0, until_ms=until_ms, holder=holder)

        yield _figure(f"made: {name}", _rate(work, seconds))
    office = _Office(place)
    try:
        yield from _on_record(office, seconds)
        yield _verified(office, seconds)
    finally:
        shutil.rmtree(office.folder)
