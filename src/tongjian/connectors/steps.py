"""What a check of a file says, step by step, in Chinese and English."""

from dataclasses import dataclass
from typing import NamedTuple


class Words(NamedTuple):
    """One sentence in Chinese and English."""

    zh: str
    en: str


@dataclass(frozen=True)
class Step:
    """One step that held, and what it proves."""

    number: int
    title: Words
    proves: Words
