"""What a file is that somebody took for a receipt, and what to do about a receipt that fails."""

import json
from collections.abc import Callable
from typing import Any, Final, NamedTuple

_RECEIPT_START: Final = b"\xd2\x84"
_TEXT_BYTES: Final = 65_536


class Mistaken(NamedTuple):
    """What a file is instead of a receipt, and what to do."""

    what: str
    then: str


_AS_SENT: Final = "verify the receipt itself, as it was sent to you"
_PICTURE: Final = Mistaken(
    "a picture", "photograph or scan the larger code again, flat, from straight above"
)
_OTHER_PICTURE: Final = Mistaken(
    "a picture of a kind that is not read here", "save it as PNG or JPEG"
)
_STARTS: Final = (
    (
        b"%PDF",
        Mistaken(
            "a PDF",
            "save the receipt that is attached to it, or open the PDF in the page of verifiers/js",
        ),
    ),
    (b"\x89PNG", _PICTURE),
    (b"\xff\xd8\xff", _PICTURE),
    (b"GIF8", _OTHER_PICTURE),
    (b"II*\0", _OTHER_PICTURE),
    (b"RIFF", _OTHER_PICTURE),
    (b"PK\3\4", Mistaken("an archive or an office document", "unpack it; " + _AS_SENT)),
    (b"\x1f\x8b\x08", Mistaken("an archive", "unpack it; " + _AS_SENT)),
    (b"7z\xbc\xaf", Mistaken("an archive", "unpack it; " + _AS_SENT)),
    (b"Rar!", Mistaken("an archive", "unpack it; " + _AS_SENT)),
    (b"TJLOG1", Mistaken("the block log of a ledger", "tongjian audit replay")),
)
_TEXT: Final = Mistaken("text, and none of a receipt (TJR1:…, 0oR…, d284…)", _AS_SENT)
_TEXTS: Final[tuple[tuple[Callable[[str], bool], Mistaken | None], ...]] = (
    (
        lambda text: text.startswith("TJR1:"),
        Mistaken("the text of a code that was read wrong", "read the code again"),
    ),
    (
        lambda text: "TONGJIAN:1:" in text,
        Mistaken("the text of a short code", "read the larger code beside it"),
    ),
    (lambda text: "\0" in text or text.startswith(("0oR", "d284", "D284")), None),
)


def mistaken_for(data: bytes) -> Mistaken | None:
    """Say what a file is that is no receipt; none where it may be one, or is of no known kind."""
    if not data:
        return Mistaken("an empty file", "save or send it again")
    if data.startswith(_RECEIPT_START):
        return Mistaken("a receipt that is cut short or damaged", "ask for the file again")
    for start, found in _STARTS:
        if data.startswith(start):
            return found
    return _mistaken_text(data)


def _mistaken_text(data: bytes) -> Mistaken | None:
    try:
        text = data.decode()
    except UnicodeDecodeError:
        return None
    begin = text[:_TEXT_BYTES].lstrip()
    if begin.startswith("<"):
        return Mistaken("a page or XML", _AS_SENT)
    if begin.startswith(("{", "[")):
        return _mistaken_json(text)
    return next((found for has, found in _TEXTS if has(begin)), _TEXT)


def _mistaken_json(text: str) -> Mistaken:
    try:
        found: Any = json.loads(text)
    except (ValueError, RecursionError):
        return _TEXT
    checked: Any = found
    members: dict[Any, Any] = dict(found) if isinstance(checked, dict) else {}
    if "seals" in members and "chain" in members:
        return Mistaken("a trust file", "tongjian verify RECEIPT --trust FILE")
    form = str(members.get("format", ""))
    if form.startswith("tongjian-evidence/"):
        return Mistaken(
            "evidence of a witness", "tongjian verify --evidence FILE --trust anchors.json"
        )
    return Mistaken("JSON, neither a receipt nor a trust file", _AS_SENT)


# -------------------------------------------------------------------------------- what failed

_SECTIONS: Final = {
    "decision": 16,
    "consistency": 18,
    "fresh": 19,
    "witnesses": 14,
    "statement": 11,
    "entry": 11,
    "receipt": 11,
    "earlier head": 21,
    "later head": 21,
}
_ELSE: Final = "ask for the receipt again, or report both files to an auditor"
_NEXT: Final = {
    "chain": "get the trust file of that ledger from a source that you trust, or the right receipt",
    "seal": "get the ledger's current trust file from a source that you trust; where it fails with "
    "that too, report both files to an auditor",
    "witnesses": "ask for a receipt that enough witnesses signed",
    "fresh": "ask for a newer receipt",
}


def rule_of(title: str) -> str:
    """Name the rule of a step by its title: a section of the format."""
    return f"docs/reference/format.md, section {_SECTIONS.get(title, 8)}"


def next_of(title: str) -> str:
    """Say what to do when a step does not hold."""
    return _NEXT.get(title, _ELSE)
