"""The verbs of membership: offices, officers, keys, nodes, and the rules in force."""

from tongjian.services.membership import (
    acts_certificates,
    acts_exposure,
    acts_incidents,
    acts_keys,
    acts_network,
    acts_officers,
    acts_offices,
    acts_rules,
    acts_standing,
)

__all__ = [
    "acts_certificates",
    "acts_exposure",
    "acts_incidents",
    "acts_keys",
    "acts_network",
    "acts_officers",
    "acts_offices",
    "acts_rules",
    "acts_standing",
]
