"""Bitstring Status List 1.0: which credentials of an issuer are revoked or suspended.

A list is a string of bits, index 0 the most significant bit of its first byte, packed by GZIP. What
unpacks to more than DECODED_BYTES_MAX is refused while it unpacks.
"""

import datetime as dt
import gzip
import re
import zlib
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from tongjian.connectors.credentials.datamodel import (
    NO_CONTEXTS,
    check_credential,
    check_period,
)
from tongjian.connectors.credentials.documents import is_url, quoted
from tongjian.connectors.credentials.errors import CredentialMalformed, StatusRefused
from tongjian.connectors.credentials.multibase import decode_base64url, encode_base64url
from tongjian.connectors.credentials.terms import BASE_CONTEXT
from tongjian.connectors.jsonfields import is_list, is_object
from tongjian.connectors.strictjson import Json

ENTRIES_MIN: Final = 131_072
"""Of one list, so that one credential hides among many (3.1)."""
DECODED_BYTES_MAX: Final = 512 * 1024
"""Of one list: 4,194,304 entries of one bit."""
ENCODED_CHARACTERS_MAX: Final = 900_000
SIZE_BITS_MAX: Final = 8
"""Of one entry."""
LIST_CREDENTIAL: Final = "BitstringStatusListCredential"
LIST: Final = "BitstringStatusList"
ENTRY: Final = "BitstringStatusListEntry"
REVOCATION: Final = "revocation"
SUSPENSION: Final = "suspension"
STATUSES_MAX: Final = 16
"""Of one credential."""
_REFUSING: Final = (REVOCATION, SUSPENSION)
_GZIP_WINDOW: Final = 31
_INDEX: Final = re.compile(r"0|[1-9][0-9]{0,9}", re.ASCII)
_RULE: Final = "Bitstring Status List 1.0"


class Status(NamedTuple):
    """What a list says of a credential for one purpose; 0 is nothing."""

    purpose: str
    value: int


def empty_list(entries: int = ENTRIES_MIN, size_bits: int = 1) -> bytes:
    """Return a list in which nothing is said of anything yet.

    Raises `ValueError` for fewer than ENTRIES_MIN entries or more than a reader takes.
    """
    length, rest = divmod(entries * size_bits, 8)
    if entries < ENTRIES_MIN or length > DECODED_BYTES_MAX or rest or not _is_size(size_bits):
        msg = f"a list has from {ENTRIES_MIN} entries to {DECODED_BYTES_MAX} bytes ({_RULE}, 3.1)"
        raise ValueError(msg)
    return bytes(length)


def encode_list(bits: bytes) -> str:
    """Return the text of a list: multibase base64url of its GZIP form, without a time in it."""
    return "u" + encode_base64url(gzip.compress(bits, mtime=0))


def decode_list(text: str) -> bytes:
    """Return the bits of a list.

    Raises `CredentialMalformed` for what is too large packed or unpacked, damaged, followed by
    anything, or shorter than ENTRIES_MIN bits.
    """
    rule = f"{_RULE}, 3.4"
    if not text.startswith("u") or len(text) > ENCODED_CHARACTERS_MAX:
        msg = f"the list is no multibase base64url text of up to {ENCODED_CHARACTERS_MAX} letters"
        raise CredentialMalformed(msg, rule)
    unpacker = zlib.decompressobj(_GZIP_WINDOW)
    try:
        bits = unpacker.decompress(decode_base64url(text[1:]), DECODED_BYTES_MAX + 1)
    except zlib.error as error:
        raise CredentialMalformed(f"the list cannot be unpacked: {error}", rule) from error
    if len(bits) > DECODED_BYTES_MAX:
        msg = f"the list unpacks to more than {DECODED_BYTES_MAX} bytes"
        raise CredentialMalformed(msg, "limit of this reader")
    if not unpacker.eof or unpacker.unused_data:
        raise CredentialMalformed("the list is cut off, or something follows it", rule)
    if len(bits) * 8 < ENTRIES_MIN:
        msg = f"the list has {len(bits) * 8} entries, fewer than {ENTRIES_MIN}"
        raise CredentialMalformed(msg, f"{_RULE}, 3.2, STATUS_LIST_LENGTH_ERROR")
    return bits


def status_at(bits: bytes, index: int, size_bits: int = 1) -> int:
    """Return the value of an entry, its most significant bit first.

    Raises `CredentialMalformed` for an index beyond the list.
    """
    first = _first_bit(bits, index, size_bits)
    start, end = first // 8, (first + size_bits + 7) // 8
    window = int.from_bytes(bits[start:end], "big")
    return (window >> (end * 8 - first - size_bits)) & ((1 << size_bits) - 1)


def with_status(bits: bytes, index: int, value: int, size_bits: int = 1) -> bytes:
    """Return the list with another value of one entry.

    Raises `CredentialMalformed` for an index beyond the list, `ValueError` for a value that an
    entry cannot hold.
    """
    if not 0 <= value < 1 << size_bits:
        msg = f"an entry of {size_bits} bits cannot hold {value}"
        raise ValueError(msg)
    first = _first_bit(bits, index, size_bits)
    start, end = first // 8, (first + size_bits + 7) // 8
    shift = end * 8 - first - size_bits
    window = int.from_bytes(bits[start:end], "big") & ~(((1 << size_bits) - 1) << shift)
    return bits[:start] + (window | value << shift).to_bytes(end - start, "big") + bits[end:]


def list_credential(url: str, issuer: str, purpose: str, bits: bytes, **period: str) -> Json:
    """Return the unsigned credential that publishes a list of one-bit entries (3.2).

    Args:
        url: Where it is published; entries name it.
        issuer: URL of who issues it.
        purpose: `revocation` (for good) or `suspension`.
        bits: The list.
        period: `validFrom` and `validUntil`: after the latter nobody may rely on it.
    """
    subject = {
        "id": f"{url}#list",
        "type": LIST,
        "statusPurpose": purpose,
        "encodedList": encode_list(bits),
    }
    return {
        "@context": [BASE_CONTEXT],
        "id": url,
        "type": ["VerifiableCredential", LIST_CREDENTIAL],
        "issuer": issuer,
        **period,
        "credentialSubject": subject,
    }


def status_entry(list_url: str, index: int, purpose: str) -> Json:
    """Return the `credentialStatus` of the credential at an index of a list (3.1).

    Indexes are given out by chance: in order of issue they would tell who came after whom.
    """
    return {
        "type": ENTRY,
        "statusPurpose": purpose,
        "statusListIndex": str(index),
        "statusListCredential": list_url,
    }


def check_status(
    credential: Json,
    lists: Mapping[str, Json],
    at: dt.datetime,
    contexts: Mapping[str, Json] = NO_CONTEXTS,
) -> list[Status]:
    """Return what the lists say of a credential; it may stand unless this raises.

    Args:
        credential: With its `credentialStatus`, if it has any.
        lists: Credentials of lists by URL. Their proofs and issuers have been verified: whoever
            signs a list decides here.
        at: The moment in question, with an offset; a list must be in force then.
        contexts: The content of `@context` of further contexts, by URL.

    Raises `StatusRefused` for a credential revoked or suspended, or whose list is not given;
    `OutsidePeriod` for a list that is not in force; `CredentialMalformed`.
    """
    if "credentialStatus" not in credential:
        return []
    held = credential["credentialStatus"]
    entries = held if is_list(held) else [held]
    if len(entries) > STATUSES_MAX:
        msg = f"the credential has over {STATUSES_MAX} statuses"
        raise CredentialMalformed(msg, "limit of this reader")
    found = [_status(entry, lists, at, contexts) for entry in entries]
    for status in found:
        if status.purpose in _REFUSING and status.value:
            msg = f"the issuer's list says: {status.purpose}"
            raise StatusRefused(msg, f"{_RULE}, 3.2")
    return found


def _status(
    entry: Any, lists: Mapping[str, Json], at: dt.datetime, contexts: Mapping[str, Json]
) -> Status:
    url, index, purpose, size_bits = _read_entry(entry)
    held = lists.get(url)
    if held is None:
        msg = f"the list {quoted(url)} is not given: fetch it, verify its proof, give it"
        raise StatusRefused(msg, f"{_RULE}, 3.2, STATUS_RETRIEVAL_ERROR")
    bits = _read_list(held, url, purpose, at, contexts)
    return Status(purpose, status_at(bits, index, size_bits))


def _read_entry(entry: Any) -> tuple[str, int, str, int]:
    rule = f"{_RULE}, 2.1"
    if not is_object(entry) or entry.get("type") not in (ENTRY, [ENTRY]):
        raise StatusRefused(f"the status is of a type other than {ENTRY}: unknown here", rule)
    url, index = entry.get("statusListCredential"), entry.get("statusListIndex")
    purpose, size_bits = entry.get("statusPurpose"), entry.get("statusSize", 1)
    if not isinstance(url, str) or not is_url(url):
        raise CredentialMalformed("statusListCredential is no URL", rule)
    if not isinstance(index, str) or not _INDEX.fullmatch(index):
        msg = f"statusListIndex is {quoted(index)}, no text of a whole number"
        raise CredentialMalformed(msg, rule)
    if not isinstance(purpose, str) or not purpose:
        raise CredentialMalformed("statusPurpose is no text", rule)
    if not _is_size(size_bits):
        raise CredentialMalformed(f"statusSize is not from 1 to {SIZE_BITS_MAX}", rule)
    return url, int(index), purpose, size_bits


def _read_list(
    held: Json, url: str, purpose: str, at: dt.datetime, contexts: Mapping[str, Json]
) -> bytes:
    rule = f"{_RULE}, 3.2, STATUS_VERIFICATION_ERROR"
    check_credential(held, contexts=contexts)
    check_period(held, at)
    if held.get("id", url) != url:
        raise StatusRefused(f"the list given calls itself {quoted(held['id'])}", rule)
    subject = held["credentialSubject"]
    if LIST_CREDENTIAL not in held["type"] or not is_object(subject):
        raise StatusRefused(f"what is given for {quoted(url)} is no {LIST_CREDENTIAL}", rule)
    purposes = subject.get("statusPurpose")
    if purpose not in (purposes if is_list(purposes) else [purposes]):
        raise StatusRefused(f"the list is not for {quoted(purpose)}", rule)
    text = subject.get("encodedList")
    if subject.get("type") not in (LIST, [LIST]) or not isinstance(text, str):
        raise StatusRefused(f"the subject of the list is no {LIST} with an encodedList", rule)
    return decode_list(text)


def _is_size(size_bits: Any) -> bool:
    return type(size_bits) is int and 0 < size_bits <= SIZE_BITS_MAX


def _first_bit(bits: bytes, index: int, size_bits: int) -> int:
    if not 0 <= index < len(bits) * 8 // size_bits:
        msg = f"the index {index} is beyond the list"
        raise CredentialMalformed(msg, f"{_RULE}, 3.2, RANGE_ERROR")
    return index * size_bits
