"""Passkeys: one assertion is of one transaction, at one origin, by a person who was verified."""

import hashlib

import pytest
from passkey import ORIGIN, PARTY, Passkey, point_of

from tongjian.core.signatures import (
    KeyRefused,
    KeySuite,
    SignatureInvalid,
    check_public_key,
    verify,
)
from tongjian.suites import webauthn

MESSAGE = b"the bytes of a transaction"
KEY = Passkey()
POINT = point_of(KEY.key)


def refuse(signature: bytes, match: str, message: bytes = MESSAGE) -> None:
    with pytest.raises(SignatureInvalid, match=match):
        verify(KeySuite.WEBAUTHN, KEY.public, message, signature)


def accept(signature: bytes) -> None:
    verify(KeySuite.WEBAUTHN, KEY.public, MESSAGE, signature)


def test_an_assertion_is_not_replayed_for_another_transaction() -> None:
    signature = KEY.sign(MESSAGE)
    accept(signature)
    refuse(signature, "another transaction", b"the bytes of another transaction")


def test_the_challenge_is_the_hash_of_the_message() -> None:
    assert webauthn.compute_challenge(MESSAGE) == hashlib.sha256(MESSAGE).digest()


@pytest.mark.parametrize(
    "rest",
    [
        "}",
        ',"crossOrigin":false}',
        ',"crossOrigin":false,"other_keys_can_be_added_here":"do not compare"}',
    ],
)
def test_client_data_end_as_browsers_write_them(rest: str) -> None:
    accept(KEY.sign(MESSAGE, KEY.client(MESSAGE, rest=rest)))


@pytest.mark.parametrize(
    "rest",
    [
        "",
        ',"crossOrigin":true}',
        ',"crossOrigin":false',
        ',"crossOrigin":false,"x":1',
        ',"crossOrigin": false}',
        ',"topOrigin":"https://evil.example.cn","crossOrigin":false}',
        " }",
        "}}",
    ],
)
def test_client_data_with_another_end_are_refused(rest: str) -> None:
    refuse(KEY.sign(MESSAGE, KEY.client(MESSAGE, rest=rest)), "page of another origin")


@pytest.mark.parametrize(
    "changes",
    [
        {"type": "webauthn.create"},
        {"type": "payment.get"},
        {"origin": "https://portal.example.cn.evil.cn"},
        {"origin": "https://portal.example.cn:443"},
        {"origin": "http://portal.example.cn"},
        {"origin": "https://Portal.example.cn"},
        {"origin": "https://example.cn"},
        {"challenge": ""},
        {"challenge": hashlib.sha256(MESSAGE).hexdigest()},
    ],
    ids=str,
)
def test_client_data_of_another_use_or_place_are_refused(changes: dict[str, str]) -> None:
    refuse(KEY.sign(MESSAGE, KEY.client(MESSAGE, **changes)), "asserted something else")


def test_client_data_are_judged_as_bytes() -> None:
    """The same JSON in another order, with spaces, with a padded challenge, or said twice."""
    good = KEY.client(MESSAGE)
    start = b'{"type":"webauthn.get",'
    others = [
        good.replace(b'":', b'": '),
        b'{"crossOrigin":false,' + good[1:],
        b"\xef\xbb\xbf" + good,
        good.replace(b'","origin', b'=","origin'),
        start + b'"challenge":"AAAA",' + good[len(start) :],
    ]
    for client in others:
        refuse(KEY.sign(MESSAGE, client), "asserted something else")


@pytest.mark.parametrize("flags", [0x00, 0x01, 0x04, 0x80, 0x40])
def test_presence_and_verification_are_demanded(flags: int) -> None:
    refuse(KEY.sign(MESSAGE, authenticator=KEY.authenticator(flags)), "present")


@pytest.mark.parametrize("flags", [0x05, 0x0D, 0x1D])
def test_a_passkey_may_be_synced_or_not(flags: int) -> None:
    accept(KEY.sign(MESSAGE, authenticator=KEY.authenticator(flags)))


def test_extensions_stand_where_their_flag_says() -> None:
    accept(KEY.sign(MESSAGE, authenticator=KEY.authenticator(0x85, b"\xa0")))
    for flags, more in ((0x85, b""), (0x05, b"\xa0"), (0x45, b""), (0xC5, b"\xa0")):
        signature = KEY.sign(MESSAGE, authenticator=KEY.authenticator(flags, more))
        refuse(signature, "not those of an assertion")


def test_another_relying_party_is_refused() -> None:
    data = KEY.authenticator(party="portal.example.cn")
    refuse(KEY.sign(MESSAGE, authenticator=data), "another relying party")


def test_the_parts_have_bounds() -> None:
    signature = KEY.sign(MESSAGE)
    for other in (
        b"",
        bytes(64),
        signature[:64],
        signature[:66],
        signature[:64] + b"\0\0" + signature[66:],
        signature[:64] + b"\xff\xff" + signature[66:],
        signature[:64] + b"\0\x24" + signature[66:],
        signature[: 66 + 37],
        signature + b" " * 1024,
    ):
        refuse(other, "r and s, then the authenticator data")


def test_the_counter_is_read_and_not_judged() -> None:
    """Transactions wait for other signatures: they are not committed in the order of signing."""
    first, second = KEY.sign(MESSAGE), KEY.sign(MESSAGE)
    assert webauthn.read_counter(second) == webauthn.read_counter(first) + 1
    accept(second)
    accept(first)


@pytest.mark.parametrize(
    ("party", "origin"),
    [
        ("example.cn", "https://example.cn"),
        ("example.cn", "https://a.b.example.cn:8443"),
        ("b.example.cn", "https://a.b.example.cn"),
        ("localhost", "http://localhost:8000"),
        ("localhost", "https://localhost"),
    ],
)
def test_a_relying_party_is_the_host_or_a_domain_above_it(party: str, origin: str) -> None:
    check_public_key(KeySuite.WEBAUTHN, webauthn.make_public_key(POINT, party, origin))


@pytest.mark.parametrize(
    ("party", "origin"),
    [
        ("cn", "https://example.cn"),
        ("ample.cn", "https://example.cn"),
        ("other.cn", "https://example.cn"),
        ("a.example.cn", "https://example.cn"),
        ("", "https://example.cn"),
    ],
)
def test_another_relying_party_than_that_of_the_origin_is_refused(party: str, origin: str) -> None:
    with pytest.raises(KeyRefused, match="relying party"):
        webauthn.make_public_key(POINT, party, origin)


@pytest.mark.parametrize(
    "origin",
    [
        "",
        "example.cn",
        "http://example.cn",
        "https://example",
        "https://Example.cn",
        "https://example.cn/",
        "https://example.cn:0",
        "https://example.cn:080",
        "https://example.cn:123456",
        "https://-a.cn",
        "https://a..cn",
        "https://a.cn\n",
        "https://例.cn",
        'https://a.cn","x":"',
        "https://" + "a" * 64 + ".cn",
        "https://" + "a." * 70 + "cn",
    ],
)
def test_an_origin_in_another_form_is_refused(origin: str) -> None:
    with pytest.raises(KeyRefused, match="origin"):
        webauthn.make_public_key(POINT, PARTY, origin)


def test_a_point_off_the_curve_is_refused() -> None:
    with pytest.raises(KeyRefused, match="not a point"):
        webauthn.make_public_key(POINT[:-1] + bytes([POINT[-1] ^ 1]), PARTY, ORIGIN)
