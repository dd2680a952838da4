"""Who a key stands for, as the directory knew it when the block began: an officer or a person."""

from typing import TYPE_CHECKING, NamedTuple

from tongjian.core.persons import PersonKey
from tongjian.core.standing import Limit

if TYPE_CHECKING:
    from tongjian.core.directory import Grant


class Held(NamedTuple):
    """A role that an officer may use for a period, their own or as a deputy."""

    role: str
    from_ms: int
    until_ms: int
    principal: bytes
    """Person whose deputy the officer is in this role; empty in a role of one's own."""


class Actor(NamedTuple):
    """One signer as the directory knows them when the block began."""

    key: bytes
    suite: int
    public: bytes
    from_height: int
    until_ms: int
    revoked_height: int
    person: bytes
    officer: bytes
    suspended: bool
    office: str
    region: str
    kind: str
    closed: bool
    grants: "tuple[Grant, ...]"
    held: tuple[Held, ...]
    """The grants and what was delegated; empty of what the principal may not use."""
    away: tuple[int, int]
    """From when until when, in ms, the officer is on leave and no role counts."""
    limits: tuple[Limit, ...]
    relatives: tuple[bytes, ...]
    """Persons declared to be related."""
    acting_for: bytes = b""
    """The principal for whom an agent acts in this act; empty for whoever acts for themselves."""
    is_alone: bool = False
    """Known to be nobody's deputy and nobody's declared relative: only the person counts."""

    def holds(self, role: str, time_ms: int) -> bool:
        """Say whether the officer holds a role, or has it as a deputy, at a time."""
        for held in self.held:
            if held.role == role and held.from_ms <= time_ms < held.until_ms:
                return not self.away[0] <= time_ms < self.away[1]
        return False

    def persons(self, role: str, time_ms: int) -> tuple[bytes, ...]:
        """Return who acts when the officer uses a role: the person, and the principal behind."""
        for held in self.held:
            if held.role == role and held.from_ms <= time_ms < held.until_ms:
                return (self.person, held.principal) if held.principal else (self.person,)
        return (self.person,)

    @property
    def is_person(self) -> bool:
        """Whether this is a natural person in their own right, who holds no post."""
        return not self.officer


def person_actor(key_id: bytes, key: PersonKey, relatives: tuple[bytes, ...]) -> Actor:
    """Return a person who signs with a key of their own: no post, no office, no role."""
    return Actor(
        key=key_id,
        suite=key.suite,
        public=key.public,
        from_height=key.from_height,
        until_ms=key.until_ms,
        revoked_height=key.revoked_height,
        person=key.person,
        officer=b"",
        suspended=False,
        office="",
        region="",
        kind="",
        closed=False,
        grants=(),
        held=(),
        away=(0, 0),
        limits=(),
        relatives=relatives,
    )
