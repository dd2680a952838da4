"""Permissions in words: the matrix in Chinese, and why signers may or may not do an act."""

from collections.abc import Iterator
from typing import NamedTuple

from tongjian.cli.moments import write_moment
from tongjian.cli.words import words_of
from tongjian.core.actors import Actor
from tongjian.core.by_person import ByAgent, InPerson
from tongjian.core.permission import (
    AllOf,
    AnyOf,
    Anywhere,
    AtCounter,
    Clock,
    Context,
    Holder,
    Jurisdiction,
    Named,
    Permission,
    Quorum,
    Recorded,
    RegionNamed,
    Scope,
    Signer,
)
from tongjian.core.persons import Person, Presence, find_person
from tongjian.core.registry import Registry

ByPerson = InPerson | ByAgent | AtCounter


def role_zh(registry: Registry, role: str) -> str:
    """Return the Chinese word of a role, from whichever service names it."""
    for service in registry.services:
        if found := words_of(service).label("roles", role).zh:
            return found
    return role


def scope_zh(scope: Scope) -> str:
    """Return in Chinese which office a signature comes from."""
    match scope:
        case Anywhere():
            return "任一机构"
        case Named(field=field):
            return f"`{field}` 所指机构"
        case Recorded(table=table, column=column):
            return f"{table.name} 所载 `{column}` 机构"
        case Jurisdiction(field=field):
            return f"辖区涵盖 `{field}` 所指机构的机构"
        case RegionNamed(field=field):
            return f"辖区涵盖 `{field}` 的机构"


def who_zh(registry: Registry, permission: Permission) -> str:
    """Return in Chinese who may do an act."""
    match permission:
        case Signer(role=role, of=scope):
            return f"{scope_zh(scope)}的{role_zh(registry, role)}"
        case Holder() | InPerson() | ByAgent() | AtCounter():
            return _named_zh(registry, permission)
        case AllOf(parts=parts):
            return " ＋ ".join(who_zh(registry, part) for part in parts) + "（不同自然人）"
        case AnyOf(ways=ways):
            return " 或 ".join(who_zh(registry, way) for way in ways)
        case Quorum(role=role, numerator=share, denominator=whole):
            return f"不少于 {share}/{whole} 的成员机构的{role_zh(registry, role)}"
        case Clock():
            return "账本自身，期限届至或因另一行为而发生"


def _named_zh(registry: Registry, permission: Holder | ByPerson) -> str:
    """Return in Chinese how somebody acts whom a field names."""
    whom = f"`{permission.field}` 所指自然人"
    match permission:
        case Holder(field=field):
            return f"`{field}` 所指工作人员本人"
        case InPerson(supervised=supervised):
            guarded = "（已满十四不满十八周岁者由监护人共同签名）" if supervised else ""
            return f"{whom}以本人密钥办理{guarded}"
        case ByAgent():
            return f"{whom}委托范围内的代理人或其监护人"
        case AtCounter(presence=presence):
            return f"{whom}到场（`{presence}`），{who_zh(registry, permission.officers)}核实"


class Reason(NamedTuple):
    """One requirement of a permission, whether it is met, and by whom or why not."""

    depth: int
    is_met: bool
    needs: str
    why: str


def explain(permission: Permission, context: Context) -> Iterator[Reason]:
    """Yield each requirement of a permission as the signers meet it or fail it."""
    yield from _explain(permission, context, 0)


def _explain(permission: Permission, context: Context, depth: int) -> Iterator[Reason]:
    is_met = permission.signers(context) is not None
    match permission:
        case AnyOf(ways=ways):
            yield Reason(depth, is_met, "one of", "")
            for way in ways:
                yield from _explain(way, context, depth + 1)
        case AllOf(parts=parts):
            fits = all(part.signers(context) is not None for part in parts)
            apart = "" if is_met or not fits else "one person, a deputy's principal, or related"
            yield Reason(depth, is_met, "all of, distinct and unrelated persons", apart)
            for part in parts:
                yield from _explain(part, context, depth + 1)
        case Signer():
            whys = [_why(permission, actor, context) for actor in context.actors]
            yield Reason(depth, is_met, permission.words(), "; ".join(whys) or "nobody signs")
        case InPerson() | ByAgent() | AtCounter():
            why = "" if is_met else _why_not(permission, context)
            yield Reason(depth, is_met, permission.words(), why)
        case _:
            yield Reason(depth, is_met, permission.words(), "")


def _why_not(permission: ByPerson, context: Context) -> str:
    """Say what keeps a person from acting so."""
    identity = getattr(context.act, permission.field)
    if identity is None:
        return f"`{permission.field}` names nobody"
    person = find_person(context.read, identity, "")
    if person is None:
        return "the pseudonym is unknown, suspended or ended"
    if permission.domain not in {"", person.domain}:
        return f"the pseudonym is of {person.domain}, not of {permission.domain}"
    if isinstance(permission, AtCounter):
        return _why_not_there(permission, context, person)
    if isinstance(permission, ByAgent):
        return "nobody who signs has a mandate of this person that covers the act now"
    own = any(one.is_person and one.person == identity for one in context.actors)
    alone = f"a {person.capacity} does not act alone"
    return alone if own else "none of the signing keys is the person's"


def _why_not_there(permission: AtCounter, context: Context, person: Person) -> str:
    """Say what is missing at a counter."""
    presence: Presence | None = getattr(context.act, permission.presence)
    if presence is None:
        return f"`{permission.presence}` is empty: nobody attests that the person came"
    if person.capacity != "adult" and presence.guardian is None:
        return f"a {person.capacity} comes with the consent of a guardian"
    return "two officers, neither of them the person or kin, have not both signed"


def _why(signer: Signer, actor: Actor, context: Context) -> str:
    """Say how an actor stands to one required signature."""
    who = actor.key.hex()[:8]
    if not actor.holds(signer.role, context.time_ms):
        if actor.away[0] <= context.time_ms < actor.away[1]:
            return f"{who} is on leave until {write_moment(actor.away[1])}"
        held = [held for held in actor.held if held.role == signer.role]
        if held:
            period = f"{write_moment(held[0].from_ms)} to {write_moment(held[0].until_ms)}"
            return f"{who} holds {signer.role} only from {period}"
        roles = dict.fromkeys(held.role for held in actor.held)
        return f"{who} holds {', '.join(roles) or 'no role'}"
    if not signer.of.allows(actor, context):
        return f"{who} is of {actor.office} in {actor.region}, which is not {signer.of.words()}"
    return f"{who} of {actor.office}: yes"
