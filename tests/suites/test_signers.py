"""Keys in files: what they sign holds, and a file of one suite is never read as another."""

import json
from pathlib import Path

import pytest

from tongjian.core.hashing import HashSuite, hash_of, sha256
from tongjian.core.signatures import KeyRefused, KeySuite, check_public_key, verify
from tongjian.node.keys import KeyFileError, KeyPair, read_key, write_key
from tongjian.node.signers import generate_secret
from tongjian.suites import p256, sm2

FILED = [KeySuite.ED25519, KeySuite.SM2, KeySuite.P256, KeySuite.ML_DSA_65]
MESSAGE = b"an envelope"


@pytest.mark.parametrize("suite", FILED)
def test_a_new_key_is_enrolled_signs_and_is_read_again(suite: KeySuite, tmp_path: Path) -> None:
    secret = generate_secret(suite)
    pair = KeyPair(secret, sha256, suite)
    check_public_key(suite, pair.public)
    verify(suite, pair.public, MESSAGE, pair.sign(MESSAGE))
    path = tmp_path / "zhang.json"
    write_key(path, secret, "zhang", suite)
    again = read_key(path, sha256)
    assert (again.suite, again.public, again.id) == (suite, pair.public, pair.id)
    assert secret.hex() not in repr(again)


@pytest.mark.parametrize("beside", [KeySuite.ED25519, KeySuite.SM2, KeySuite.P256])
def test_a_lattice_key_stands_beside_any_plain_one(beside: KeySuite) -> None:
    pair = KeyPair(generate_secret(KeySuite.ML_DSA_65, beside), sha256, KeySuite.ML_DSA_65)
    check_public_key(KeySuite.ML_DSA_65, pair.public)
    verify(KeySuite.ML_DSA_65, pair.public, MESSAGE, pair.sign(MESSAGE))


def test_p256_signs_in_the_lower_half_every_time() -> None:
    pair = KeyPair(generate_secret(KeySuite.P256), sha256, KeySuite.P256)
    for number in range(40):
        signature = pair.sign(b"%d" % number)
        assert int.from_bytes(signature[32:], "big") <= p256.N >> 1


def test_a_passkey_has_no_file() -> None:
    with pytest.raises(KeyRefused, match="stays in its authenticator"):
        generate_secret(KeySuite.WEBAUTHN)
    with pytest.raises(KeyRefused, match="stays in its authenticator"):
        KeyPair(bytes(32), sha256, KeySuite.WEBAUTHN)


@pytest.mark.parametrize(
    ("suite", "secret"),
    [
        (KeySuite.ED25519, bytes(31)),
        (KeySuite.SM2, bytes(32)),
        (KeySuite.SM2, (sm2.N - 1).to_bytes(32, "big")),
        (KeySuite.SM2, bytes(31) + b"\1\0"),
        (KeySuite.P256, bytes(32)),
        (KeySuite.P256, p256.N.to_bytes(32, "big")),
        (KeySuite.ML_DSA_65, bytes(65)),
        (KeySuite.ML_DSA_65, b"\4" + bytes(64)),
        (KeySuite.ML_DSA_65, b"\1" + bytes(32)),
    ],
)
def test_a_secret_that_is_none_of_the_suite_is_refused(suite: KeySuite, secret: bytes) -> None:
    with pytest.raises(KeyRefused):
        KeyPair(secret, sha256, suite)


@pytest.mark.parametrize("named", ["webauthn", "cometbft", "sm9", "", None, 1])
def test_a_file_of_an_unknown_suite_is_refused(named: object, tmp_path: Path) -> None:
    path = tmp_path / "zhang.json"
    write_key(path, generate_secret(KeySuite.SM2), "zhang", KeySuite.SM2)
    path.write_text(json.dumps(json.loads(path.read_text()) | {"suite": named}))
    with pytest.raises(KeyFileError, match="not a key file"):
        read_key(path, sha256)


def test_a_file_with_a_bad_secret_is_refused_by_name(tmp_path: Path) -> None:
    path = tmp_path / "zhang.json"
    write_key(path, bytes(32), "zhang", KeySuite.SM2)
    with pytest.raises(KeyFileError, match=r"zhang\.json is not a key file: an SM2 secret"):
        read_key(path, sha256)


def test_the_id_of_a_key_follows_the_hash_of_the_chain() -> None:
    secret = generate_secret(KeySuite.SM2)
    ids = {KeyPair(secret, hash_of(h), KeySuite.SM2).id for h in HashSuite}
    assert len(ids) == 2
