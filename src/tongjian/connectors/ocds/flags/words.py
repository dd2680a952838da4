"""A finding in words, Chinese and English, with its figures and what may innocently explain it."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Final, Literal

from tongjian.connectors.ocds.flags.finding import Figure, RedFlag

CATALOGUE: Final = "Red flags catalogue, Open Contracting Partnership"
NOT_A_VERDICT_EN: Final = (
    "A finding for the committee: it excludes nobody, and the bidder is heard."
)
NOT_A_VERDICT_ZH: Final = "本提示供评审委员会参考，不构成否决；当事人有权陈述。"
_SHARES: Final = {
    "R024": ("value", "fence"),
    "R025": ("value", "fence"),
    "R038": ("value", "fence"),
    "R058": ("value", "fence"),
}
"""Figures that are shares and are written in per cent."""
Language = Literal["en", "zh"]


@dataclass(frozen=True)
class Explanation:
    """What a committee reads of a finding."""

    title: str
    says: str
    why: str
    unless: str
    """What may innocently explain it."""


def explain(flag: RedFlag, language: Language) -> Explanation:
    """Return a finding in words of one language."""
    words = _words()[flag.code]
    shares = _SHARES.get(flag.code, ())
    figures: dict[str, Figure] = {"value": flag.value, **flag.figures}
    shown = {
        name: figure if isinstance(figure, str) else _shown(Fraction(figure), name in shares)
        for name, figure in figures.items()
    }
    return Explanation(
        words[f"title_{language}"],
        words[f"says_{language}"].format_map(shown),
        words[f"why_{language}"],
        words[f"unless_{language}"],
    )


def exact(figure: Fraction, digits: int) -> Decimal:
    """Return a fraction as a decimal of so many digits after the point, rounded half to even."""
    return Decimal(round(figure * 10**digits)).scaleb(-digits)


def _shown(figure: Fraction, is_share: bool) -> str:  # noqa: FBT001 -- what kind of figure it is
    plain = exact(figure * 100 if is_share else figure, 2).normalize()
    return f"{plain:f}{'%' if is_share else ''}"


@cache
def _words() -> Mapping[str, Mapping[str, str]]:
    return tomllib.loads(Path(__file__).with_name("flags.toml").read_text("utf-8"))
