"""The package file: a ZIP archive with a manifest that lists every other file by its hash.

manifest.json    what the package is about, its files, and how each imprint is opened
files/…          originals and what was derived from them
ledger.receipt   all rows of the item, proven, with seal
tokens/…         time stamps of RFC 3161;  certificates/… what they need besides the root
answers.json     the questions of the rules, answered from the ledger
README.txt       how to check it
"""

import hashlib
import io
import zipfile
from collections.abc import Mapping
from typing import Annotated, Final, Literal

import msgspec
from msgspec import Meta

from tongjian.connectors.einvoice.archive import MEMBER_BYTES_MAX, TOTAL_BYTES_MAX, unpack
from tongjian.connectors.einvoice.document import Unreadable
from tongjian.connectors.evidence.errors import PackageInvalid

FORMAT: Final = "tongjian-evidence-package/1"
MANIFEST: Final = "manifest.json"
RECEIPT: Final = "ledger.receipt"
ANSWERS: Final = "answers.json"
README: Final = "README.txt"
FILES: Final = "files/"
TOKENS: Final = "tokens/"
CERTIFICATES: Final = "certificates/"
_EPOCH: Final = (1980, 1, 1, 0, 0, 0)
Hexadecimal = Annotated[str, Meta(pattern=r"^([0-9a-f]{2})*$(?!\n)", max_length=256)]
_README: Final = """证据包核验方法

tongjian evidence verify 本文件 --trust anchors.json [--tsa-root root.pem]

anchors.json 是账簿的信任文件，须从可信来源取得，不得取自本包。
核验不需要网络，也不需要任何一方的服务器。
核验只说明内容自何时起未被改动；上链之前是否真实，由当事人另行证明（人民法院在线诉讼规则第十八条）。

How to check this package

tongjian evidence verify FILE --trust anchors.json [--tsa-root root.pem]

anchors.json is the trust file of the ledger; have it from a source that you trust, not from here.
The check needs no network and no server of anybody. It says since when content is unchanged;
whether it was true before it was recorded is for the party to show (Online Litigation Rules,
art. 18).
"""


class FileListed(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A file of the package."""

    path: str
    size: int
    sha256: Hexadecimal


class Opening(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How a commitment of the ledger is opened: which file, under which salt."""

    digest: Hexadecimal
    path: str
    salt: Hexadecimal


class Manifest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a package is about and what is in it."""

    format: Literal["tongjian-evidence-package/1"]
    chain: Hexadecimal
    item: Annotated[str, Meta(pattern=r"^[0-9a-f]{32}$(?!\n)")]
    case: Annotated[
        str, Meta(pattern=r"^([0-9]{4}-[0-9]{2,6}-[a-z]{1,16}-[1-9][0-9]{0,7})?$(?!\n)")
    ]
    """Key of the case, or empty."""
    files: list[FileListed]
    openings: list[Opening]


class TooLarge(Exception):
    """Files that a package cannot hold."""


def list_files(files: Mapping[str, bytes]) -> list[FileListed]:
    """Return the list of files as a manifest has it, in order of the paths."""
    return [
        FileListed(path=path, size=len(data), sha256=hashlib.sha256(data).hexdigest())
        for path, data in sorted(files.items())
    ]


def write_package(manifest: Manifest, files: Mapping[str, bytes]) -> bytes:
    """Return the bytes of a package: the same for the same files; raises `TooLarge`."""
    for path, data in files.items():
        if len(data) > MEMBER_BYTES_MAX:
            msg = f"{path} has {len(data)} bytes; a package holds files of {MEMBER_BYTES_MAX}"
            raise TooLarge(msg)
    if sum(map(len, files.values())) > TOTAL_BYTES_MAX:
        msg = f"the files have more than {TOTAL_BYTES_MAX} bytes together"
        raise TooLarge(msg)
    listed = msgspec.json.format(msgspec.json.encode(manifest, order="sorted"), indent=1) + b"\n"
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for path, data in ((MANIFEST, listed), *sorted(files.items())):
            archive.writestr(zipfile.ZipInfo(path, _EPOCH), data)
    return buffer.getvalue()


def readme() -> bytes:
    """Return the page that tells a reader of the archive how to check it."""
    return _README.encode()


def open_package(data: bytes) -> tuple[Manifest, dict[str, bytes]]:
    """Return manifest and files once they are what the manifest lists; raises `PackageInvalid`."""
    try:
        files = unpack(data, "the package")
    except Unreadable as error:
        raise PackageInvalid("form", str(error), "压缩包损坏或超出限制") from error
    try:
        manifest = msgspec.json.decode(files.pop(MANIFEST, b""), type=Manifest)
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        why = f"the manifest cannot be read: {error}"
        raise PackageInvalid("form", why, "清单缺失或无法读取") from error
    _check_listed(manifest, files)
    return manifest, files


def _check_listed(manifest: Manifest, files: Mapping[str, bytes]) -> None:
    actual = {each.path: each for each in list_files(files)}
    for listed in manifest.files:
        found = actual.pop(listed.path, None)
        if found is None:
            raise PackageInvalid(
                "form", f"{listed.path} is missing", f"缺少清单所列文件 {listed.path}"
            )
        if found != listed:
            raise PackageInvalid(
                "form",
                f"{listed.path} is not the file that the manifest lists",
                f"{listed.path} 与清单所列杂凑值不符",
            )
    if actual:
        other = min(actual)
        raise PackageInvalid("form", f"{other} is not in the manifest", f"{other} 不在清单中")
