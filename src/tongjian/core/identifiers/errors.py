"""The one error of every identifier check, and the mask that keeps numbers out of messages.

A resident number and a credit code have the same length, so a person's number can arrive in any
field. One mask therefore serves every kind: at most the first four and the last two characters
are shown, which hides the birth date and the sequence of a resident number.
"""

import re
from typing import Final, NoReturn

_SHOWN: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_MASKED_LENGTH_MAX: Final = 40


class IdentifierInvalid(ValueError):
    """Say that a text is not an identifier of its kind, and by which rule.

    `value_masked` is already masked by `mask`; the full value is nowhere in the error.
    """

    def __init__(self, kind: str, value_masked: str, rule: str) -> None:
        """Keep the kind (`uscc`, `resident_id`, …), the masked value and the rule broken."""
        super().__init__(kind, value_masked, rule)
        self.kind = kind
        self.value_masked = value_masked
        self.rule = rule

    def __str__(self) -> str:
        """Return what is wrong, by which rule and what to do, in one sentence."""
        return (
            f"{self.kind} {self.value_masked} is not valid: {self.rule}; "
            "compare it with the document it was copied from"
        )


def mask(value: str) -> str:
    """Return the text with all but a few outer ASCII characters replaced by `*`.

    A quarter, at most four, are kept in front and an eighth, at most two, behind; a text longer
    than 40 characters is cut to 40.
    """
    front = min(4, len(value) // 4)
    back = len(value) - min(2, len(value) // 8)
    masked = "".join(
        character if (place < front or place >= back) and character in _SHOWN else "*"
        for place, character in enumerate(value)
    )
    if len(masked) <= _MASKED_LENGTH_MAX:
        return masked
    return masked[: _MASKED_LENGTH_MAX - 2] + masked[-2:]


def refuse(kind: str, value: str, rule: str) -> NoReturn:
    """Raise `IdentifierInvalid` with the value masked."""
    raise IdentifierInvalid(kind, mask(value), rule)


def require_form(kind: str, value: str, pattern: re.Pattern[str], rule: str) -> re.Match[str]:
    """Return the match of the whole text, or refuse it.

    Patterns name ASCII ranges, for `int("１２３")` is 123 in Python and what counts as a digit
    differs between interpreters. `fullmatch` also stops a trailing newline.
    """
    match = pattern.fullmatch(value)
    if match is None:
        refuse(kind, value, rule)
    return match
