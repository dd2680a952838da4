"""Beneficial Ownership Data Standard 0.4: statements read and checked, and who is behind whom.

Names stay in the statements; what goes on is record ids, identifiers of bodies and shares.
Nothing here decides: that two bidders have one owner is a finding, the service's rule acts.
"""

from tongjian.connectors.bods.behind import Behind, Interest, behind
from tongjian.connectors.bods.related import Declaration, Relation, declaration_of, relations
from tongjian.connectors.bods.statements import (
    Entity,
    Finding,
    Link,
    Ownership,
    Person,
    Share,
    read_ownership,
)

__all__ = [
    "Behind",
    "Declaration",
    "Entity",
    "Finding",
    "Interest",
    "Link",
    "Ownership",
    "Person",
    "Relation",
    "Share",
    "behind",
    "declaration_of",
    "read_ownership",
    "relations",
]
