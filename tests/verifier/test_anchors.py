"""Trust files: what is not one is refused in words, and nothing else is ever raised."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from receipt_kinds import Kinds

from tongjian.node.home import ANCHORS_NAME
from tongjian.verifier import anchors as module
from tongjian.verifier.anchors import ANCHORS_BYTES_MAX, Anchors, AnchorsInvalid

KEY = "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"
"""Of RFC 8032, 7.1, test 1."""
OTHER = "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c"


def document(**changes: Any) -> dict[str, Any]:
    """Return a valid trust file with some fields changed."""
    return {
        "chain": "00" * 32,
        "label": "a-city",
        "hash": "sha256",
        "seals": [{"from_height": 0, "suite": "ed25519", "public": KEY}],
        **changes,
    }


def seal(height: Any = 0, public: Any = KEY, suite: Any = "ed25519") -> dict[str, Any]:
    return {"from_height": height, "suite": suite, "public": public}


def decoded(value: Any) -> Anchors:
    return Anchors.decode(json.dumps(value).encode())


def test_a_valid_trust_file_is_read(tmp_path: Path) -> None:
    (tmp_path / "anchors.json").write_text(json.dumps(document()), "utf-8")
    anchors = Anchors.read(tmp_path / "anchors.json")

    assert anchors.chain_id == bytes(32)
    assert anchors.seal_at(0)[1] == bytes.fromhex(KEY)


def test_anchors_as_written_beside_the_ledger_verify_its_receipts(kinds: Kinds) -> None:
    text = (kinds.folder / ANCHORS_NAME).read_text("utf-8")
    assert Anchors.decode(json.dumps(json.loads(text), indent=4).encode()) == kinds.anchors


def test_each_key_counts_from_its_height_on() -> None:
    anchors = decoded(document(seals=[seal(5), seal(9, OTHER)]))

    assert [anchors.seal_at(height)[1].hex() for height in (5, 8, 9, 10**9)] == [
        KEY,
        KEY,
        OTHER,
        OTHER,
    ]
    with pytest.raises(AnchorsInvalid, match="no seal key counts at height 4"):
        anchors.seal_at(4)


@pytest.mark.parametrize(
    "changes",
    [
        {"chain": "00" * 31},
        {"chain": "00" * 33},
        {"chain": "zz" * 32},
        {"chain": 7},
        {"chain": None},
        {"hash": "md5"},
        {"hash": ""},
        {"hash": ["sha256"]},
        {"label": 7},
        {"seals": []},
        {"seals": None},
        {"seals": {}},
        {"seals": [seal(-1)]},
        {"seals": [seal("0")]},
        {"seals": [seal(0.5)]},
        {"seals": [seal(height=True)]},
        {"seals": [seal(3), seal(3, OTHER)]},
        {"seals": [seal(3), seal(2, OTHER)]},
        {"seals": [seal(public="00" * 32)]},
        {"seals": [seal(public="ff" * 32)]},
        {"seals": [seal(public="01" + "00" * 31)]},
        {"seals": [seal(public=KEY[:-2])]},
        {"seals": [seal(public=7)]},
        {"seals": [seal(suite="rsa")]},
        {"seals": [seal(suite=1)]},
        {"seals": [{"from_height": 0}]},
        {"seals": [{**seal(), "more": 1}]},
        {"more": 1},
    ],
)
def test_a_malformed_trust_file_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(AnchorsInvalid, match="the trust file is not usable"):
        decoded(document(**changes))


@pytest.mark.parametrize("name", ["chain", "label", "hash", "seals"])
def test_a_missing_field_is_refused(name: str) -> None:
    fields = document()
    del fields[name]
    with pytest.raises(AnchorsInvalid, match=name):
        decoded(fields)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b"\xff\xfe",
        b"[" * 200_000,
        b'{"a":' * 200_000,
        b"9" * 100_000,
        json.dumps(document()).encode() + b"x",
        json.dumps(document()).encode("utf-16"),
        json.dumps(document(seals=[seal(10**400)])).encode(),
        b" " * (ANCHORS_BYTES_MAX + 1),
    ],
)
def test_what_is_no_json_document_is_refused(data: bytes) -> None:
    with pytest.raises(AnchorsInvalid):
        Anchors.decode(data)


def test_a_label_that_cannot_be_printed_is_refused() -> None:
    with pytest.raises(AnchorsInvalid):
        Anchors.decode(json.dumps(document()).replace("a-city", "\\ud800").encode())


def test_a_hash_that_this_machine_lacks_is_said_when_the_file_is_read(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def lacking(suite: object) -> None:
        msg = "unsupported hash type sm3"
        raise ValueError(msg)

    monkeypatch.setattr(module, "hash_of", lacking)
    with pytest.raises(AnchorsInvalid, match="unsupported hash type sm3"):
        decoded(document(hash="sm3"))


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(AnchorsInvalid, match=r"nowhere\.json cannot be read: No such file"):
        Anchors.read(tmp_path / "nowhere.json")
    with pytest.raises(AnchorsInvalid, match="cannot be read: Is a directory"):
        Anchors.read(tmp_path)


@given(st.binary(max_size=300))
def test_random_bytes_are_no_trust_file(data: bytes) -> None:
    with pytest.raises(AnchorsInvalid):
        Anchors.decode(data)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.just(KEY),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=8,
)


@given(st.dictionaries(st.sampled_from(sorted(document())), JSON))
def test_any_fields_give_a_trust_file_or_are_refused(changes: dict[str, Any]) -> None:
    try:
        anchors = Anchors.decode(json.dumps(document(**changes)).encode())
    except AnchorsInvalid:
        return
    assert len(anchors.chain_id) == 32
    assert anchors.digest(b"") != b""
    assert len(anchors.seal_at(2**40)[1]) == 32
