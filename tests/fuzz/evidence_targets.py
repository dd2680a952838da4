"""Fuzz targets of evidence: packages and time stamps that come from strangers."""

from functools import cache

from tsa import NOW_MS, Tsa
from tsa_sm2 import Sm2Tsa

from tongjian.connectors.evidence.package import (
    FORMAT,
    Manifest,
    list_files,
    open_package,
    write_package,
)
from tongjian.verifier.timestamp import read_token, verify_time_stamp

DATA = b"the false advertisement"


@cache
def authorities() -> tuple[Tsa, Sm2Tsa]:
    """Make the two authorities whose roots are trusted here."""
    return Tsa(), Sm2Tsa()


def time_stamp(data: bytes) -> None:
    """Check a token to its root."""
    plain, national = authorities()
    roots = (plain.root.der, national.root)
    verify_time_stamp(read_token(data), DATA, roots, until_ms=NOW_MS)


def time_stamp_samples() -> list[bytes]:
    """Give tokens, and a response that holds one."""
    plain, national = authorities()
    return [plain.stamp(DATA), plain.respond(DATA), national.stamp(DATA)]


def package(data: bytes) -> None:
    """Open a package."""
    open_package(data)


def package_samples() -> list[bytes]:
    """Give a package of two files."""
    files = {"files/1-ad.png": DATA, "answers.json": b"{}"}
    listed = list_files(files)
    manifest = Manifest(
        format=FORMAT, chain="00" * 32, item="00" * 16, case="", files=listed, openings=[]
    )
    return [write_package(manifest, files)]
