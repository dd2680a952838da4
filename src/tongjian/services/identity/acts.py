"""The verbs of identity: numbers, persons, keys, recovery, mandates, presentations."""

from tongjian.services.identity import (
    acts_keys,
    acts_mandates,
    acts_numbers,
    acts_persons,
    acts_presentations,
    acts_recovery,
)

__all__ = [
    "acts_keys",
    "acts_mandates",
    "acts_numbers",
    "acts_persons",
    "acts_presentations",
    "acts_recovery",
]
