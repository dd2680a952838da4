"""The verbs of identity: of persons, and of credentials from registry to revocation."""

from tongjian.services.identity import (
    acts_credentials,
    acts_dids,
    acts_issuers,
    acts_keys,
    acts_licences,
    acts_mandates,
    acts_numbers,
    acts_persons,
    acts_presentations,
    acts_recovery,
)

__all__ = [
    "acts_credentials",
    "acts_dids",
    "acts_issuers",
    "acts_keys",
    "acts_licences",
    "acts_mandates",
    "acts_numbers",
    "acts_persons",
    "acts_presentations",
    "acts_recovery",
]
