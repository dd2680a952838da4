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

from evidence_acts import (
    ACTS,
    ALGORITHM,
    DEFAULTS,
    FACTS,
    FLAT,
    LAND,
    OFFICES,
    ROLES,
    SERVICES,
    SUBJECT,
    UNIT_OF,
    USCC,
    USUAL,
    answers_of,
    build,
    case_of,
    commit,
    id16,
    imprint,
    salt_of,
    targets_of,
)
from lines import Lines, duration_of

from tongjian.catalogue import load_parameters, service_of
from tongjian.core.operation import Act
from tongjian.core.registry import Registry
from tongjian.services.evidence import acts
from tongjian.services.evidence.records import CaptureLog
from tongjian.services.land.records import UNITS, Unit
from tongjian.services.land.values import Share
from tongjian.services.treasury.records import PAYEES
from tongjian.services.treasury.rows_money import Payee
from tongjian.testkit import Person, World

__all__ = ["FLAT", "LAND", "OFFICES", "ROLES", "USCC", "Court", "case_of", "commit", "id16"]
__all__ += ["imprint", "salt_of"]


@cache
def registry() -> Registry:
    """Return the services that an order of a court may reach, and no others."""
    names = (f"tongjian.services.{name}" for name in SERVICES)
    return Registry(tuple(service_of(importlib.import_module(name)) for name in names))


class Court(Lines):
    """Offices, people, a flat and a machine; `run` plays a table of lines."""

    SERVICES = ("evidence",)

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

    def act(self, words: list[str]) -> tuple[Act, tuple[Person, ...]]:
        """Make an act of the words of a line, and find who signs it."""
        verb, subject, *rest = words
        text = " ".join(rest)
        said = dict(re.findall(r"(\w+)=([^ ]+)", text))
        by = said.pop("by", None)
        named = SUBJECT.get(verb, "item")
        fields = {**DEFAULTS[verb], **said, named: subject}
        fields = {key: value.format(**fields) for key, value in fields.items()}
        signers = (by or USUAL[verb]).format(**fields)
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
