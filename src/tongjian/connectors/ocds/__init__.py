"""Open Contracting Data Standard 1.1.5: releases and records read, merged, checked and written.

Reading is streamed: a file of any length takes the memory of its largest release. Nothing that a
file says is dropped, known or not, and numbers keep their decimals. Nothing here decides: red flags
are findings with their reasons, for a committee.
"""

from tongjian.connectors.ocds.reading import Found, Shell, Unreadable, read_path, read_stream
from tongjian.connectors.strictjson import Json, Malformed, encode, parse

__all__ = [
    "Found",
    "Json",
    "Malformed",
    "Shell",
    "Unreadable",
    "encode",
    "parse",
    "read_path",
    "read_stream",
]
