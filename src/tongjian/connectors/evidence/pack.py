"""Make a package of files and an item of a ledger; it is verified before it is written."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from tongjian.connectors.evidence.answers import build_answers
from tongjian.connectors.evidence.errors import PackageInvalid
from tongjian.connectors.evidence.facts import read_facts
from tongjian.connectors.evidence.package import (
    ANSWERS,
    CERTIFICATES,
    FILES,
    FORMAT,
    README,
    RECEIPT,
    TOKENS,
    Manifest,
    Opening,
    list_files,
    readme,
    write_package,
)
from tongjian.connectors.evidence.verify import Report, verify_package
from tongjian.services.evidence.exchange import HASHES, compute_content, compute_renewal
from tongjian.verifier.anchors import Anchors
from tongjian.verifier.receipt import VerificationFailed, verify_receipt

SALT_SUFFIX: Final = ".salt.json"
"""Beside each file: the salts and the commitments that stand on the ledger for it."""
TOKEN_SUFFIXES: Final = (".tsr", ".tst")
CERTIFICATE_SUFFIXES: Final = (".der", ".crt", ".cer")


class SaltsMissing(Exception):
    """A file whose salts are not beside it, or cannot be read."""


@dataclass(frozen=True)
class Source:
    """A file that goes into a package: its name, its bytes, what is kept of its salts."""

    name: str
    data: bytes
    salts: bytes = b""


def commit_content(
    name: str,
    data: bytes,
    salt: bytes,
    algorithm: int,
    *,
    before: bytes = b"",
    kept: bytes = b"",
) -> tuple[bytes, bytes]:
    """Return the commitment to a file and what is to be kept beside it, after what is kept.

    `before` is the commitment that a renewal covers. Raises `ValueError`, `SaltsMissing`.
    """
    if before:
        digest = compute_renewal(algorithm, before, salt, data)
    else:
        digest = compute_content(algorithm, salt, data)
    entries: list[Any] = [] if not kept else _salts(name, kept)
    entries.append({"algorithm": HASHES[algorithm], "digest": digest.hex(), "salt": salt.hex()})
    text = json.dumps(entries, indent=1) + "\n"
    return digest, text.encode()


def _salts(name: str, kept: bytes) -> list[dict[str, str]]:
    try:
        entries = [{key: str(each[key]) for key in ("digest", "salt")} for each in json.loads(kept)]
        for each in entries:
            bytes.fromhex(each["digest"] + each["salt"])
        return json.loads(kept)  # type: ignore[no-any-return]
    except (ValueError, TypeError, KeyError) as error:
        msg = f"{name}{SALT_SUFFIX} cannot be read: {error}"
        raise SaltsMissing(msg) from error


def pack(
    sources: Sequence[Source],
    item: bytes,
    case: str,
    anchors: Anchors,
    receipt: Callable[[], bytes],
) -> tuple[bytes, Report]:
    """Return a package and what it proves; raises `PackageInvalid` where it would not hold.

    `receipt` gives the rows of the item, and of the submission in a case, from a ledger.
    """
    files: dict[str, bytes] = {}
    openings: list[Opening] = []
    for number, source in enumerate(sources, 1):
        path = _place(number, source.name)
        files[path] = source.data
        if path.startswith(FILES) and source.salts:
            openings += [
                Opening(digest=each["digest"], path=path, salt=each["salt"])
                for each in _salts(source.name, source.salts)
            ]
    if not openings:
        msg = f"no file has its salts beside it, FILE{SALT_SUFFIX}"
        raise SaltsMissing(msg)
    made = receipt()
    try:
        verified = verify_receipt(made, anchors)
    except VerificationFailed as failed:
        raise PackageInvalid("receipt", str(failed), "账簿回执不成立") from failed
    facts = read_facts(verified, item, case)
    files |= {RECEIPT: made, ANSWERS: build_answers(facts), README: readme()}
    data = write_package(_manifest(files, openings, item, case, anchors), files)
    return data, verify_package(data, anchors)


def _manifest(
    files: Mapping[str, bytes],
    openings: list[Opening],
    item: bytes,
    case: str,
    anchors: Anchors,
) -> Manifest:
    return Manifest(
        format=FORMAT,
        chain=anchors.chain,
        item=item.hex(),
        case=case,
        files=list_files(files),
        openings=openings,
    )


def _place(number: int, name: str) -> str:
    """Return the path of a file in the package: numbered, so that names may repeat."""
    safe = "".join(c if c.isalnum() or c in "._-" else "-" for c in name)
    small = name.lower()
    if small.endswith(TOKEN_SUFFIXES):
        return f"{TOKENS}{number}-{safe}"
    if small.endswith(CERTIFICATE_SUFFIXES):
        return f"{CERTIFICATES}{number}-{safe}"
    return f"{FILES}{number}-{safe}"
