"""As much of PromQL as our alert rules and panels use, over series that a test makes up."""

import re
from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from typing import Final

Series = Mapping[str, Sequence[float]]
"""By metric: one value a minute, the newest last; a metric without values is absent."""

ENGINE_SERIES: Final = frozenset(
    "cometbft_" + name
    for name in (
        "consensus_height",
        "consensus_rounds",
        "consensus_missing_validators_power",
        "consensus_byzantine_validators",
        "p2p_peers",
        "mempool_size",
    )
)
"""What CometBFT 0.38.26 serves of what the dashboard shows; test_double_signing asks it."""

_TOKEN: Final = re.compile(
    r"\s*(?:(?P<number>[0-9.]+(?:e[0-9]+)?)|(?P<name>[a-zA-Z_]+)|(?P<range>\[[0-9]+[mhd]\])"
    r"|(?P<sign>>=|<=|==|[-+/*()<>,]))"
)
_MINUTES: Final = {"m": 1, "h": 60, "d": 1440}
_COMPARE: Final[dict[str, Callable[[float, float], bool]]] = {
    ">": lambda a, b: a > b,
    "<": lambda a, b: a < b,
    ">=": lambda a, b: a >= b,
    "<=": lambda a, b: a <= b,
    "==": lambda a, b: a == b,
}
_OVER: Final[dict[str, Callable[[Sequence[float]], float]]] = {
    "changes": lambda v: sum(a != b for a, b in pairwise(v)),
    "increase": lambda v: v[-1] - v[0],
    "rate": lambda v: (v[-1] - v[0]) / (60 * max(len(v) - 1, 1)),
}
Value = float | None
"""None where nothing is returned: a comparison that does not hold, or an absent metric."""


class PromqlError(ValueError):
    """An expression beyond what this knows."""


def evaluate(expression: str, series: Series) -> Value:
    """Return what an expression gives at the end of the series; none where it gives nothing."""
    return _Parser(expression, series).whole()


class _Parser:
    def __init__(self, expression: str, series: Series) -> None:
        self._tokens: list[tuple[str, str]] = []
        self._series = series
        at = 0
        while at < len(expression.rstrip()):
            found = _TOKEN.match(expression, at)
            if found is None:
                msg = f"{expression[at:]!r} is not understood"
                raise PromqlError(msg)
            self._tokens.append((str(found.lastgroup), str(found[str(found.lastgroup)])))
            at = found.end()

    def whole(self) -> Value:
        value = self._both()
        if self._tokens:
            msg = f"{self._tokens} is left over"
            raise PromqlError(msg)
        return value

    def _both(self) -> Value:
        value = self._compared()
        while self._take("and"):
            other = self._compared()
            value = None if other is None else value
        return value

    def _compared(self) -> Value:
        value = self._sum()
        for sign, holds in _COMPARE.items():
            if self._take(sign):
                other = self._sum()
                fits = value is not None and other is not None and holds(value, other)
                return value if fits else None
        return value

    def _sum(self) -> Value:
        value = self._ratio()
        while self._take("-"):
            other = self._ratio()
            value = None if value is None or other is None else value - other
        return value

    def _ratio(self) -> Value:
        value = self._atom()
        while self._take("/"):
            other = self._atom()
            value = None if value is None or not other else value / other
        return value

    def _atom(self) -> Value:
        kind, text = self._next()
        if kind == "number":
            return float(text)
        if kind != "name":
            msg = f"{text!r} begins nothing"
            raise PromqlError(msg)
        if not self._take("("):
            values = self._series.get(text, ())
            return values[-1] if values else None
        value = self._call(text)
        self._expect(")")
        return value

    def _call(self, name: str) -> Value:
        if name == "absent":
            return 1.0 if self._both() is None else None
        if name == "max":
            return self._both()
        if name not in _OVER:
            msg = f"{name} is not known"
            raise PromqlError(msg)
        metric = self._next()[1]
        span = self._next()[1]
        minutes = int(span[1:-2]) * _MINUTES[span[-2]]
        values = self._series.get(metric, ())[-minutes - 1 :]
        return _OVER[name](values) if values else None

    def _next(self) -> tuple[str, str]:
        if not self._tokens:
            msg = "the expression ends too soon"
            raise PromqlError(msg)
        return self._tokens.pop(0)

    def _take(self, text: str) -> bool:
        if self._tokens and self._tokens[0][1] == text:
            self._tokens.pop(0)
            return True
        return False

    def _expect(self, text: str) -> None:
        if not self._take(text):
            msg = f"{text!r} is missing"
            raise PromqlError(msg)
