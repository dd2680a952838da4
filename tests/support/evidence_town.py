"""A town with courts for tests of evidence, and the lines in which those tests are written.

A line is an act as a clerk would note it, with what became of it:

    capture ad                                  accepted
    hand_over ad giver=platform receiver=court  accepted
    lift_order o1 court=other                   refused NOT_ISSUING_COURT

The first word is the act, the second the item, the case or the order; what is not said has the
value of `DEFAULTS`. `by=court.judge,court.court_clerk` names other signers than usual. `+` joins
acts into one transaction, `wait 3d` lets time pass.
"""

import importlib
import re
from collections.abc import Callable
from functools import cache
from typing import Any, Final

from tongjian.catalogue import load_parameters, service_of
from tongjian.core.calendar import DAY_MS, HOUR_MS
from tongjian.core.directory import Kernel
from tongjian.core.hashing import sha256
from tongjian.core.identifiers import uscc_check_digit
from tongjian.core.operation import Act, RefusalCode
from tongjian.core.registry import Registry
from tongjian.services.evidence import acts
from tongjian.services.evidence.exchange import case_key, compute_content, compute_renewal
from tongjian.services.evidence.records import Answer, CaptureLog, Imprint, Question
from tongjian.services.evidence.records_orders import LandTarget, MoneyTarget, MovableTarget
from tongjian.services.evidence.refusals import Refusal
from tongjian.services.land.records import UNITS, Unit
from tongjian.services.land.refusals import Refusal as LandRefusal
from tongjian.services.land.values import Share
from tongjian.services.treasury.records import PAYEES
from tongjian.services.treasury.refusals import Refusal as TreasuryRefusal
from tongjian.services.treasury.rows_money import Payee
from tongjian.testkit import Person, World

SERVICES: Final = ("evidence", "invoice", "land", "membership", "treasury")
OFFICES: Final = {
    # name: code, division, kind, office above
    "supreme": ("11990000001400610", "990000", "court", ""),
    "high": ("11990000001400611", "990000", "court", "supreme"),
    "middle": ("11990100001400610", "990100", "court", "high"),
    "court": ("11990100001400612", "990106", "court", "middle"),
    "other": ("11990200001400612", "990200", "court", "high"),
    "bureau": ("11990100001400700", "990100", "bureau", "court"),
    "platform": ("91990106MA8T2E736", "990106", "firm", ""),
    "notary": ("12990100432002149", "990100", "notary", ""),
    "lab": ("91990100MA8T2F907", "990100", "firm", ""),
    "vendor": ("91990106MA7K3D210", "990106", "firm", ""),
}
ROLES: Final = {
    "supreme": ("judge", "court_clerk"),
    "high": ("judge", "court_clerk"),
    "middle": ("judge", "court_clerk"),
    "court": ("judge", "court_clerk", "custodian", "custodian"),
    "other": ("judge", "court_clerk", "custodian"),
    "bureau": ("judge", "court_clerk"),
    "platform": ("evidence_officer", "custodian", "appraiser"),
    "notary": ("notary", "evidence_officer", "custodian", "appraiser"),
    "lab": ("appraiser", "custodian"),
    "vendor": ("evidence_officer", "custodian"),
}
USCC: Final = {name: code + uscc_check_digit(code) for name, (code, *_) in OFFICES.items()}
FLAT: Final = "990106001002GB00021F00010008"
LAND: Final = "990106001002GB00021W00000000"
UNIT_OF: Final = {"flat": FLAT, "land": LAND}
ALGORITHM: Final = {"sha256": 1, "sm3": 2, "sha384": 3, "sha512": 4, "sha3": 5}
_DURATION: Final = {"s": 1000, "h": HOUR_MS, "d": DAY_MS}
FACTS: Final = {"16": 16, "17.1": 171, "17.2": 172, "17.3": 173, "17.4": 174, "18": 181}


def id16(text: str) -> bytes:
    """Return an id of sixteen bytes for a name."""
    return sha256(b"id " + text.encode())[:16]


def commit(text: str) -> bytes:
    """Return something that stands for a commitment to a text."""
    return sha256(b"commitment to " + text.encode())


def salt_of(name: str) -> bytes:
    """Return the salt of some content."""
    return sha256(b"salt of " + name.encode())


def imprint(text: str) -> Imprint:
    """Read `ad`, `ad@sm3` or `ad@sm3<ad`: content, hash algorithm, what it renews."""
    fixed, _, before = text.partition("<")
    name, _, algorithm = fixed.partition("@")
    number = ALGORITHM[algorithm or "sha256"]
    if before:
        old = imprint(before).digest
        made = compute_renewal(number, old, salt_of(name), name.encode())
    else:
        made = compute_content(number, salt_of(name), name.encode())
    return build(Imprint, algorithm=number, digest=made)


def build(record: type[Any], **fields: Any) -> Any:
    """Make a record of plain values; its bounds are checked when the act is decoded."""
    return record(**fields)


def duration_of(text: str) -> int:
    """Read `72h`, `-3d` or `1s` as milliseconds."""
    return int(text[:-1]) * _DURATION[text[-1]]


def case_of(text: str) -> str:
    """Read `123` as the case (2026)演0192民初123号, or a whole number."""
    return case_key(text if "号" in text else f"(2026)演0192民初{text}号")


def targets_of(text: str) -> tuple[Any, ...]:
    """Read `flat@zhou,vendor:600000.00,thing:car`: land of someone, money, a movable."""
    return tuple(_target(part) for part in text.split(","))


def _target(text: str) -> Any:
    name, _, rest = text.partition(":")
    if name == "thing":
        return build(MovableTarget, thing=commit(rest))
    if rest:
        yuan, _, cents = rest.partition(".")
        amount = int(yuan) * 100 + int((cents + "00")[:2])
        ref = USCC.get(name, name)
        kind = "payee" if name in USCC else "escrow"
        return build(MoneyTarget, target=kind, ref=ref, amount_fen=amount)
    unit, _, debtor = name.partition("@")
    against = commit(debtor) if debtor else None
    return build(LandTarget, unit=UNIT_OF.get(unit, unit), debtor=against)


def answers_of(text: str) -> tuple[Answer, ...]:
    """Read `all`, `none`, `but_CONSISTENT` or `unfounded`: what is offered to the questions."""
    left_out = text.removeprefix("but_")
    return tuple(
        build(
            Answer,
            question=question,
            reply="nothing_shown" if text == "none" else "shown",
            material=None if text in {"none", "unfounded"} else commit(question.name),
        )
        for question in Question
        if question.name != left_out
    )


_USUAL: Final = {
    "capture": "{office}.evidence_officer",
    "fix": "{office}.evidence_officer",
    "stamp": "{office}.evidence_officer",
    "attest": "{notary}.notary",
    "renew": "{office}.evidence_officer",
    "store": "{giver}.evidence_officer,{receiver}.custodian",
    "hand_over": "{giver}.custodian,{receiver}.custodian",
    "derive": "{holder}.custodian",
    "open_case": "{court}.court_clerk",
    "close_case": "court.court_clerk",
    "admit_member": "court.court_clerk",
    "dismiss_member": "court.court_clerk",
    "submit": "{office}.custodian",
    "read": "{officer}",
    "verify_item": "court.court_clerk",
    "cross_examine": "court.judge,court.court_clerk",
    "challenge": "court.court_clerk",
    "appraise": "{appraiser}.appraiser,court.court_clerk",
    "dispose": "court.judge,court.court_clerk",
    "decide": "court.judge,court.court_clerk",
    "archive": "{court}.court_clerk",
    "issue_order": "court.judge",
    "serve_order": "court.court_clerk",
    "renew_order": "court.judge,court.court_clerk",
    "lift_order": "{court}.judge,{court}.court_clerk",
    "order_transfer": "court.judge,court.court_clerk",
}
_CASE: Final = {"case": "123"}
DEFAULTS: Final[dict[str, dict[str, str]]] = {
    "capture": {
        "office": "platform",
        "source": "web_page",
        "checks": "1,2,3,4,5",
        "clock": "ntp",
        "drift": "40",
        "event": "-1h",
        "sealed": "no",
        "late_reason": "none",
    },
    "fix": {"office": "platform", "content": "{item}", "size": "40960", "media": "image"},
    "stamp": {
        "office": "platform",
        "token": "token",
        "authority": "authority",
        "algorithm": "sha256",
        "gen": "-0s",
        "accuracy": "1000",
    },
    "attest": {"notary": "notary", "deed": "deed"},
    "renew": {"office": "platform", "after": "{item}@sm3<{item}"},
    "store": {"giver": "platform", "receiver": "notary", "content": "{item}", "place": "safe"},
    "hand_over": {
        "giver": "notary",
        "receiver": "court",
        "reason": "submission",
        "content": "{item}",
        "place": "safe",
    },
    "derive": {
        "holder": "notary",
        "derivation": "copy",
        "reason": "examination",
        "before": "{item}",
        "after": "{item}.copy",
        "tool": "tool",
        "place": "safe",
    },
    "open_case": {"court": "court", "kind": "civil", "parties": "lin,developer"},
    "close_case": {},
    "admit_member": {"officer": "court.judge", "capacity": "judge"},
    "dismiss_member": {"officer": "court.judge"},
    "submit": {
        **_CASE,
        "office": "notary",
        "party": "lin",
        "side": "claimant",
        "content": "{item}",
        "interest": "none",
        "answers": "all",
    },
    "read": {**_CASE, "officer": "court.judge", "purpose": "examination"},
    "verify_item": {**_CASE, "result": "consistent", "height": "-1", "package": "package"},
    "cross_examine": {**_CASE, "minutes": "minutes"},
    "challenge": {**_CASE, "question": "17.2", "side": "defendant", "reason": "reasons"},
    "appraise": {
        **_CASE,
        "challenge": "1",
        "appraiser": "lab",
        "opinion": "contradicts",
        "report": "report",
    },
    "dispose": {**_CASE, "challenge": "1", "disposal": "overruled", "reason": "reasons"},
    "decide": {**_CASE, "finding": "admitted", "reason": "reasons"},
    "archive": {**_CASE, "court": "court", "place": "archive"},
    "issue_order": {**_CASE, "kind": "preservation", "targets": "flat", "days": "365"},
    "serve_order": {},
    "renew_order": {"days": "365", "document": "renewal"},
    "lift_order": {"court": "court", "document": "lifting"},
    "order_transfer": {
        **_CASE,
        "unit": "flat",
        "transferees": "lin",
        "clears": "no",
        "effective": "-1h",
    },
}
SUBJECT: Final = {
    **dict.fromkeys(("open_case", "close_case", "admit_member", "dismiss_member"), "case"),
    **dict.fromkeys(
        ("issue_order", "serve_order", "renew_order", "lift_order", "order_transfer"), "order"
    ),
}
ACTS: Final = {
    cls.__struct_config__.tag.partition(".")[2]: cls
    for cls in (getattr(acts, name) for name in acts.__all__)
}


@cache
def registry() -> Registry:
    """Return the services that an order of a court may reach, and no others."""
    names = (f"tongjian.services.{name}" for name in SERVICES)
    return Registry(tuple(service_of(importlib.import_module(name)) for name in names))


class Court:
    """Offices, people, a flat and a machine; `run` plays a table of lines."""

    def __init__(self, *, founded: bool = True) -> None:
        self.world = World(services=dict.fromkeys(SERVICES, 1), registry=registry())
        self.people: dict[str, Person] = {}
        for name, (_, region, kind, parent) in OFFICES.items():
            self.world.office(USCC[name], region=region, kind=kind, parent=USCC.get(parent, ""))
            for role in ROLES[name]:
                self._hire(name, role)
        for service in ("evidence", "land", "treasury"):
            for p in load_parameters(service):
                self.world.parameter(p.service, p.name, *p.parameter.values, from_ms=p.from_ms)
        if founded:
            for code in (FLAT, LAND):
                self.world._found(UNITS, unit_row(), code)
            payee = build(Payee, committed_fen=10**9, ordered_fen=0, frozen_fen=0)
            self.world._found(PAYEES, payee, USCC["vendor"])

    def _hire(self, office: str, role: str) -> None:
        name = f"{office}.{role}"
        if name in self.people:
            name += "2"
        self.people[name] = self.world.person(name, USCC[office], role)

    # -- lines --------------------------------------------------------------------------------

    def run(self, table: str) -> None:
        """Play each line; raise AssertionError with the line where something else happens."""
        for line in filter(None, map(str.strip, table.splitlines())):
            try:
                self.line(line)
            except AssertionError as error:
                raise AssertionError(f"{line}\n{error}") from error

    def line(self, line: str) -> None:
        """Play one line."""
        if line.startswith("#"):
            return
        if line.startswith("wait "):
            self.world.wait(duration_of(line.split()[1]))
            return
        request, outcome = re.fullmatch(r"(.*\S)\s+(accepted|refused [\w.]+)", line).groups()  # type: ignore[union-attr]
        who, done = self.transaction(request)
        if len(done) > 1:
            said = self.outcome(request)
            assert said == outcome, f"expected {outcome}, got {said}"
        elif outcome == "accepted":
            self.world.accepts(*who, act=done[0])
        else:
            self.world.refuses(code_of(outcome.split()[1]), *who, act=done[0])

    def transaction(self, request: str) -> tuple[tuple[Person, ...], list[Act]]:
        """Return signers and acts of a request, such as `capture ad + fix ad`."""
        made = [self.act(part.split()) for part in request.split(" + ")]
        who = tuple(dict.fromkeys(person for _, signers in made for person in signers))
        return who, [act for act, _ in made]

    def outcome(self, request: str) -> str:
        """Submit a request and return `accepted` or `refused NAME`."""
        who, done = self.transaction(request)
        result = self.world.submit(*who, acts=tuple(done))
        return f"refused {self.explain(result.outcome)}" if result.outcome else "accepted"

    def explain(self, outcome: str) -> str:
        """Return the name of a refusal, with its service where it is another's."""
        name = self.world.explain(outcome).split()[-1]
        service = outcome.partition("/")[0]
        return name if service in {"evidence", "kernel"} else f"{service}.{name}"

    def act(self, words: list[str]) -> tuple[Act, tuple[Person, ...]]:
        """Make an act of the words of a line, and find who signs it."""
        verb, subject, *rest = words
        text = " ".join(rest)
        said = dict(re.findall(r"(\w+)=([^ ]+)", text))
        by = said.pop("by", None)
        named = SUBJECT.get(verb, "item")
        fields = {**DEFAULTS[verb], **said, named: subject}
        fields = {key: value.format(**fields) for key, value in fields.items()}
        signers = (by or _USUAL[verb]).format(**fields)
        who = tuple(self.people[name] for name in signers.split(",") if name)
        return self.make(verb, fields), who

    def make(self, verb: str, fields: dict[str, str]) -> Act:
        """Make an act of plain words."""
        if verb == "capture":
            return self._capture(fields)
        read: dict[str, Any] = {}
        for key, value in fields.items():
            is_custody = key == "reason" and verb in {"hand_over", "derive"}
            name, reader = ("reason", _WORD) if is_custody else READERS[key]
            read[name] = reader(self, value)
        made: Act = build(ACTS[verb], **read)
        return made

    def _capture(self, fields: dict[str, str]) -> Act:
        log = build(
            CaptureLog,
            source=fields["source"],
            reference=commit("address"),
            device=commit("device"),
            software=commit("software"),
            operator=commit("operator"),
            checks=tuple(int(check) for check in fields["checks"].split(",") if check),
            protocol=commit("protocol"),
            time_source=fields["clock"],
            drift_ms=int(fields["drift"]),
            event_ms=self.world.now_ms + duration_of(fields["event"]),
        )
        made: Act = build(
            acts.Capture,
            item=id16(fields["item"]),
            office=USCC[fields["office"]],
            log=log,
            sealed=fields["sealed"] == "yes",
            late_reason=fields["late_reason"],
        )
        return made

    # -- things -------------------------------------------------------------------------------

    def before_court(self, item: str = "ad", *, sealed: str = "no") -> "Court":
        """Capture, fix and store an item, open the case and hand it in."""
        self.run(
            f"""
            capture {item} sealed={sealed} + fix {item}   accepted
            store {item}                                  accepted
            open_case 123                                 accepted
            submit {item}                                 accepted
            """
        )
        return self


def code_of(name: str) -> RefusalCode:
    """Return a refusal by its name, `NOT_FIXED` or `land.SEIZED`."""
    service, _, short = name.rpartition(".")
    if service:
        codes: Any = {"land": LandRefusal, "treasury": TreasuryRefusal}[service]
        code: RefusalCode = codes[short]
        return code
    return Kernel[name] if name in Kernel.__members__ else Refusal[name]


def unit_row() -> Any:
    """Return a registered unit with nothing standing on it."""
    zhou = build(Share, holder=commit("zhou"), numerator=1, denominator=1)
    return build(
        Unit,
        status="registered",
        area_dm2=886_000,
        use="residential",
        term_end_ms=0,
        holders=(zhou,),
        replaces=(),
        successors=(),
        entries=1,
        title=1,
        first_ms=1,
        mortgages=(),
        notices=(),
        objections=(),
        seizure=0,
        waiting=(),
    )


def _officer(court: Court, name: str) -> bytes:
    return court.people[name].officer


def _height(court: Court, text: str) -> int:
    number = int(text)
    return court.world.height + 1 + number if number < 0 else number


def _transferees(_: Court, name: str) -> tuple[Any, ...]:
    return (build(Share, holder=commit(name), numerator=1, denominator=1),)


Reader = Callable[[Court, str], Any]


def _plain(read: Callable[[str], Any]) -> Reader:
    return lambda _, text: read(text)


_OFFICE: Final = _plain(lambda name: USCC[name])
_WORD: Final = _plain(str)
_COMMIT: Final = _plain(commit)
_NUMBER: Final = _plain(int)
_MOMENT: Final[Reader] = lambda court, text: court.world.now_ms + duration_of(text)  # noqa: E731
READERS: Final[dict[str, tuple[str, Reader]]] = {
    "item": ("item", _plain(id16)),
    "case": ("case", _plain(case_of)),
    "order": ("order", _COMMIT),
    **{
        name: (name, _OFFICE)
        for name in ("office", "giver", "receiver", "holder", "notary", "court", "appraiser")
    },
    **{name: (name, _plain(imprint)) for name in ("content", "before", "after")},
    **{
        name: (name, _COMMIT)
        for name in ("token", "authority", "deed", "tool", "place", "party", "minutes", "reason")
    },
    **{name: (name, _COMMIT) for name in ("report", "package", "document")},
    **{
        name: (name, _WORD)
        for name in (
            *("media", "derivation", "kind", "capacity", "side", "interest", "purpose", "result"),
            *("opinion", "disposal", "finding"),
        )
    },
    "size": ("size_bytes", _NUMBER),
    "days": ("days", _NUMBER),
    "accuracy": ("accuracy_ms", _NUMBER),
    "challenge": ("challenge", _NUMBER),
    "height": ("height", _height),
    "algorithm": ("algorithm", _plain(lambda name: ALGORITHM[name])),
    "gen": ("gen_ms", _MOMENT),
    "effective": ("effective_ms", _MOMENT),
    "officer": ("officer", _officer),
    "parties": ("parties", _plain(lambda t: tuple(sorted(commit(p) for p in t.split(","))))),
    "answers": ("answers", _plain(answers_of)),
    "question": ("question", _plain(lambda text: FACTS[text])),
    "targets": ("targets", _plain(targets_of)),
    "unit": ("unit", _plain(lambda name: UNIT_OF.get(name, name))),
    "transferees": ("transferees", _transferees),
    "clears": ("clears", _plain(lambda text: text == "yes")),
}
