"""The lines in which tests of services are written: a request and what becomes of it.

    capture ad                                  accepted
    lift_order o1 court=other                   refused NOT_ISSUING_COURT

`+` joins acts into one transaction, `wait 3d` lets time pass, `then …` looks at a row, `#` begins
a remark. Which words a request has is the matter of each town.
"""

import re
from collections.abc import Sequence
from typing import ClassVar, Final

from tongjian.core.directory import Kernel
from tongjian.core.operation import Act, RefusalCode
from tongjian.testkit import Person, World

DURATIONS: Final = {"s": 1000, "m": 60_000, "h": 3_600_000, "d": 86_400_000}


def duration_of(text: str) -> int:
    """Read `72h`, `-3d` or `1s` as milliseconds."""
    return int(text[:-1]) * DURATIONS[text[-1]]


class Lines:
    """Plays tables of lines against a world; a town says what the words of a request mean."""

    SERVICES: ClassVar[tuple[str, ...]]
    """Whose refusals are named without their service, beside the kernel's."""

    world: World

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
        if line.startswith("then "):
            self.look(line.split()[1:])
            return
        found = re.fullmatch(r"(.*\S)\s+(accepted|refused [\w.]+)", line)
        assert found is not None, "a line ends with what became of it"
        self.settle(*found.groups())

    def settle(self, request: str, outcome: str) -> None:
        """Submit a request that must have an outcome; a single act also makes a vector."""
        who, done = self.transaction(request)
        if len(done) > 1:
            said = self.outcome(request)
            assert said == outcome, f"expected {outcome}, got {said}"
        elif outcome == "accepted":
            self.world.accepts(*who, act=done[0])
        else:
            self.world.refuses(self.code_of(outcome.split()[1]), *who, act=done[0])

    def transaction(self, request: str) -> tuple[tuple[Person, ...], list[Act]]:
        """Return signers and acts of a request, such as `capture ad + fix ad`."""
        made = [self.act(part.split()) for part in request.split(" + ")]
        who = tuple(dict.fromkeys(person for _, signers in made for person in signers))
        return who, [act for act, _ in made]

    def outcome(self, request: str) -> str:
        """Submit a request and return `accepted` or `refused NAME`."""
        who, done = self.transaction(request)
        return self.said(self.world.submit(*who, acts=tuple(done)).outcome)

    def said(self, outcome: str) -> str:
        """Return an outcome in words, with the service of a refusal where it is another's."""
        if not outcome:
            return "accepted"
        name, service = self.world.explain(outcome).split()[-1], outcome.partition("/")[0]
        return f"refused {name if service in {*self.SERVICES, 'kernel'} else f'{service}.{name}'}"

    def code_of(self, name: str) -> RefusalCode:
        """Return a refusal by its name, `NOT_FIXED` or `land.SEIZED`."""
        service, _, short = name.rpartition(".")
        services = self.world.registry.services
        own: Sequence[str] = (service,) if service else self.SERVICES
        for codes in (*(services[each].refusals for each in own), Kernel):
            if short in codes.__members__:
                found: RefusalCode = codes[short]
                return found
        msg = f"no refusal is called {name}"
        raise AssertionError(msg)

    def act(self, words: list[str]) -> tuple[Act, tuple[Person, ...]]:
        """Make the act of the words of a request, and find who signs it."""
        raise NotImplementedError

    def look(self, words: list[str]) -> None:
        """Compare columns of a row: `invoice 1 red=113.00`."""
        raise NotImplementedError
