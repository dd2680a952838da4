"""How a natural person does an act by a key: their own, or an agent's; see `permission.party`."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tongjian.core.actors import Actor
from tongjian.core.persons import Mandate, find_mandate, find_person

if TYPE_CHECKING:
    from tongjian.core.permission import Context


def _mandate(context: "Context", principal: bytes, actor: Actor) -> Mandate | None:
    if context.act is None or not actor.is_person:
        return None
    return find_mandate(context.read, context.act, context.time_ms, principal, actor.person)


@dataclass(frozen=True)
class InPerson:
    """The natural person whom a field of the act names, by a key of their own."""

    field: str
    domain: str = ""  # in which the pseudonym must be used; empty for any
    supervised: bool = True  # a guardian signs beside a person from 14 to 18

    def signers(self, context: "Context") -> tuple[Actor, ...] | None:
        """Return the person's signature, with the guardian's where one is needed, or none."""
        identity = getattr(context.act, self.field)
        person = find_person(context.read, identity, self.domain)
        own = [one for one in context.actors if one.is_person and one.person == identity]
        if person is None or not own or person.capacity == "child":
            return None
        if person.capacity == "adult" or not self.supervised:
            return (own[0],)
        for actor in context.actors:
            mandate = _mandate(context, identity, actor)
            if mandate is not None and mandate.kind == "guardian":
                return (own[0], actor)
        return None

    def words(self) -> str:
        """Return the requirement as words for the matrix."""
        under = "; from 14 to 18 with a guardian" if self.supervised else ""
        return f"the person in `{self.field}` by a key of their own{under}"


@dataclass(frozen=True)
class ByAgent:
    """An agent or guardian, by a key of their own, with a mandate of the person in a field."""

    field: str
    domain: str = ""

    def signers(self, context: "Context") -> tuple[Actor, ...] | None:
        """Return the agent's signature, marked with the principal, or none."""
        identity = getattr(context.act, self.field)
        if find_person(context.read, identity, self.domain) is None:
            return None
        for actor in context.actors:
            if _mandate(context, identity, actor) is not None:
                return (actor._replace(acting_for=identity),)
        return None

    def words(self) -> str:
        """Return the requirement as words for the matrix."""
        return f"an agent or guardian with a mandate of the person in `{self.field}`"
