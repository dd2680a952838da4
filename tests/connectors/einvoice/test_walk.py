"""Archives and folders: what would harm is refused, and the order is always the same."""

import importlib
import io
import os
import struct
import zipfile
from pathlib import Path

import pytest
from einvoice_files import BLUE, SEALED_AT, sealer
from hypothesis import given
from hypothesis import strategies as st

from tongjian.connectors.einvoice import Unreadable, archive, read_document, walk
from tongjian.connectors.einvoice.write import write_e_invoice, write_ubl
from tongjian.connectors.einvoice.write_ofd import pack, write_ofd

XML = write_e_invoice(BLUE)
walking = importlib.import_module("tongjian.connectors.einvoice.walk")  # the name is the function's


def zipped(*members: tuple[str | zipfile.ZipInfo, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as file:
        for name, data in members:
            file.writestr(name, data)
    return buffer.getvalue()


def refused(data: bytes) -> Unreadable:
    with pytest.raises(Unreadable) as caught:
        archive.unpack(data, "x.zip")
    return caught.value


@pytest.mark.parametrize(
    "name",
    [
        "../x",
        "a/../../x",
        "/etc/passwd",
        "a\\..\\x",
        "C:/x",
        "a//x",
        "./x",
        "a/./x",
        "a\nx",
        "x" * 513,
    ],
)
def test_a_name_that_leaves_the_folder_is_refused(name: str) -> None:
    assert not archive.is_safe_name(name)
    assert "name" in refused(zipped((name, b"1"), ("OFD.xml", b"<r/>"))).why


def test_a_name_with_a_nul_byte_is_refused() -> None:
    data = zipped(("abcd", b"1")).replace(b"abcd", b"a\x00cd")
    refused(data)


def test_a_zip_bomb_is_refused_before_it_is_unpacked() -> None:
    data = zipped(("OFD.xml", bytes(30 * 1024 * 1024)))
    assert len(data) < 64 * 1024
    assert "grow" in refused(data).why
    with pytest.raises(Unreadable, match="grow"):
        read_document(data, "bomb.ofd")


def test_a_size_that_the_directory_hides_does_not_help() -> None:
    data = bytearray(zipped(("OFD.xml", bytes(30 * 1024 * 1024))))
    entry = data.index(b"PK\x01\x02")
    struct.pack_into("<I", data, entry + 24, 100)
    refused(bytes(data))


def test_too_many_or_too_large_files_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "MEMBERS_MAX", 3)
    assert "more than 3" in refused(zipped(*((str(n), b"") for n in range(4)))).why
    monkeypatch.setattr(archive, "TOTAL_BYTES_MAX", 10)
    assert "larger than 10" in refused(zipped(("a", b"123456"), ("b", b"123456"))).why


def test_two_members_of_one_name_are_refused() -> None:
    with pytest.warns(UserWarning, match="Duplicate"):
        data = zipped(("a.xml", b"1"), ("a.xml", b"2"))
    assert "same name" in refused(data).why
    assert "same name" in refused(zipped(("a.xml", b"1"), ("A.XML", b"2"))).why


def test_a_link_and_an_encrypted_member_are_refused() -> None:
    link = zipfile.ZipInfo("link")
    link.external_attr = 0o120777 << 16
    assert "link" in refused(zipped((link, b"/etc/passwd"))).why
    data = bytearray(zipped(("a", b"1")))
    data[data.index(b"PK\x01\x02") + 8] |= 1
    assert "encrypted" in refused(bytes(data)).why


def test_another_compression_is_refused() -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_LZMA) as file:
        file.writestr("a", b"1" * 100)
    assert "compression" in refused(buffer.getvalue()).why


def test_members_that_overlap_are_refused() -> None:
    """Two entries of the directory name the same bytes, as the bombs of 2019 do."""
    data = zipped(("a", os.urandom(4000)), ("b", b"2"))
    entries = data.index(b"PK\x01\x02")
    first = bytearray(data[entries : entries + 47])
    end = bytearray(data[data.index(b"PK\x05\x06") :])
    first[46:47] = b"a"
    struct.pack_into("<HH", end, 8, 2, 2)
    struct.pack_into("<II", end, 12, 2 * len(first), entries)
    twin = bytes(first).replace(b"a", b"c")
    refused(data[:entries] + bytes(first) + twin + bytes(end))


def test_an_archive_cut_short_is_unreadable() -> None:
    data = write_ofd(BLUE, sealer(), SEALED_AT)
    for size in range(4, len(data), 97):
        with pytest.raises(Unreadable):
            read_document(data[:size], "x")


def test_a_zip_that_is_no_ofd_is_for_walk_not_for_reading() -> None:
    with pytest.raises(Unreadable, match=r"without OFD\.xml"):
        read_document(zipped(("a.xml", XML)), "a.zip")


def names(path: Path, found: list[tuple[str, bytes | Unreadable]]) -> list[str]:
    return [name.removeprefix(str(path)).lstrip("/") for name, _ in found]


def test_walk_finds_files_folders_and_archives_in_one_order(tmp_path: Path) -> None:
    ofd = write_ofd(BLUE, sealer(), SEALED_AT)
    (tmp_path / "b").mkdir()
    (tmp_path / "b/2.ofd").write_bytes(ofd)
    (tmp_path / "b/1.xml").write_bytes(XML)
    (tmp_path / "a.zip").write_bytes(zipped(("z/y.xml", XML), ("m.ofd", ofd), ("a.xml", XML)))
    (tmp_path / "c.xml").write_bytes(write_ubl(BLUE))
    (tmp_path / ".hidden").write_bytes(b"?")
    (tmp_path / "__MACOSX").mkdir()
    (tmp_path / "__MACOSX/x.xml").write_bytes(b"?")
    found = list(walk([tmp_path]))
    assert names(tmp_path, found) == [
        "a.zip!a.xml",
        "a.zip!m.ofd",
        "a.zip!z/y.xml",
        "c.xml",
        "b/1.xml",
        "b/2.ofd",
    ]
    for name, data in found:
        assert isinstance(data, bytes)
        assert read_document(data, name).is_recordable
    assert list(walk([str(tmp_path)])) == found


def test_an_archive_within_an_archive_is_reported_and_not_opened(tmp_path: Path) -> None:
    inner = zipped(("x.xml", XML))
    (tmp_path / "a.zip").write_bytes(zipped(("inner.zip", inner), ("x.xml", XML)))
    found = dict(walk([tmp_path / "a.zip"]))
    nested = found[f"{tmp_path}/a.zip!inner.zip"]
    assert isinstance(nested, Unreadable)
    assert "archive within an archive" in nested.why
    assert found[f"{tmp_path}/a.zip!x.xml"] == XML


def test_what_cannot_be_read_is_reported_in_its_place(tmp_path: Path) -> None:
    (tmp_path / "a.xml").write_bytes(XML)
    (tmp_path / "b.xml").symlink_to(tmp_path / "a.xml")
    (tmp_path / "c.zip").write_bytes(zipped(("../c", b"1")))
    (tmp_path / "d.zip").write_bytes(b"PK\x03\x04 broken")
    found = [data for _, data in walk([tmp_path, tmp_path / "missing"])]
    assert found[0] == XML
    assert len(found) == 5
    assert all(isinstance(data, Unreadable) for data in found[1:])


def test_what_is_too_large_or_too_many_is_reported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in "abc":
        (tmp_path / f"{name}.xml").write_bytes(XML)
    monkeypatch.setattr(walking, "FILES_MAX", 2)
    found = [data for _, data in walk([tmp_path])]
    assert found[:2] == [XML, XML]
    assert isinstance(found[2], Unreadable)
    for limit in ("BYTES_MAX", "_ARCHIVE_BYTES_MAX"):
        monkeypatch.setattr(walking, limit, 10)
        ((_, data),) = walk([tmp_path / "a.xml"])
        assert isinstance(data, Unreadable)
        assert "larger than 10" in data.why
    monkeypatch.setattr("tongjian.connectors.einvoice.read.BYTES_MAX", 10)
    with pytest.raises(Unreadable, match="more than 10 bytes"):
        read_document(XML, "x")


def test_a_linked_folder_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "inside").mkdir()
    (tmp_path / "inside/loop").symlink_to(tmp_path)
    (tmp_path / "inside/a.xml").write_bytes(XML)
    assert names(tmp_path, list(walk([tmp_path]))) == ["inside/a.xml"]


@given(st.data())
def test_an_archive_with_bytes_changed_is_read_or_unreadable(data: st.DataObject) -> None:
    original = pack({"OFD.xml": b"<r/>", "a/b.xml": XML})
    changed = bytearray(original)
    for _ in range(data.draw(st.integers(1, 3))):
        changed[data.draw(st.integers(0, len(original) - 1))] = data.draw(st.integers(0, 255))
    try:
        files = archive.unpack(bytes(changed), "x")
    except Unreadable:
        return
    assert all(archive.is_safe_name(name) for name in files)
