"""What a plan's entries must look like, so that a wrong one is told by its place in the file."""

from typing import Annotated, Any, Final, Literal

import msgspec
from msgspec import Meta

from tongjian.core.directory import Level, ParentCode
from tongjian.core.identifiers import IdentifierInvalid, check_region, check_uscc
from tongjian.core.values import Label, Name, Region, Uscc

RESERVED_HOLDER: Final = "operator"
"""Begins the names of the operator's own keys."""

Holder = Annotated[
    str,
    Meta(
        pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$(?!\n)",
        description="The name of a key file: ASCII letters, digits, dots, hyphens, underscores.",
    ),
]


class _Office(msgspec.Struct, forbid_unknown_fields=True):
    uscc: Uscc
    label: Label
    name: str
    region: Region
    kind: Name
    level: Level = 5
    parent: ParentCode = ""


class _Officer(msgspec.Struct, forbid_unknown_fields=True):
    holder: Holder
    office: Uscc
    roles: list[Name]
    person: str = ""


class _Plan(msgspec.Struct, forbid_unknown_fields=True):
    label: Label
    office: Annotated[list[_Office], Meta(min_length=1)]
    officer: Annotated[list[_Officer], Meta(min_length=1)]
    hash: Literal["sha256", "sm3"] = "sha256"
    suite: Literal["ed25519", "sm2", "p256"] = "ed25519"


def check_plan(fields: dict[str, Any]) -> None:
    """Raise `ValueError` naming the entry and the rule where a plan cannot be followed."""
    plan = msgspec.convert(fields, _Plan)
    codes: dict[str, int] = {}
    for number, office in enumerate(plan.office, 1):
        _check_codes(office, f"office {number}")
        _expect_new(codes, office.uscc, number, f"office {number} is {office.uscc}, which is")
    for number, office in enumerate(plan.office, 1):
        if office.parent and office.parent not in codes:
            msg = f"office {number}: its parent {office.parent} is no office of this plan"
            raise ValueError(msg)
    holders: dict[str, int] = {}
    for number, officer in enumerate(plan.officer, 1):
        if officer.office not in codes:
            msg = f"officer {officer.holder}: {officer.office} is no office of this plan"
            raise ValueError(msg)
        if officer.holder.startswith(RESERVED_HOLDER):
            msg = f"officer {officer.holder}: names that begin so are for keys that seal blocks"
            raise ValueError(msg)
        _expect_new(holders, officer.holder, number, f"the holder {officer.holder} is")


def _check_codes(office: _Office, where: str) -> None:
    try:
        check_uscc(office.uscc)
        check_region(office.region)
    except IdentifierInvalid as error:
        msg = f"{where}, {office.label}: {error}"
        raise ValueError(msg) from error


def _expect_new(seen: dict[str, int], name: str, number: int, what: str) -> None:
    if name in seen:
        msg = f"{what} entry {seen[name]} already"
        raise ValueError(msg)
    seen[name] = number
