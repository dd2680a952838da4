"""The suites of seals in JavaScript: the same vectors, the same verdicts; ledgers of P-256."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from receipt_forger import put_together, take_apart
from receipt_town import Town
from second_verifier import ROOT, Case, ask, assert_agreement, cases, needs_js

from tongjian.core.signatures import KeySuite, holds
from tongjian.suites import p256
from tongjian.suites.errors import SignatureInvalid

pytestmark = needs_js

SM2: list[dict[str, Any]] = json.loads((ROOT / "tests/suites/sm2.json").read_text("utf-8"))["tests"]
WYCHEPROOF = ROOT.parent / "shared/data/crypto/wycheproof/ecdsa_secp256r1_sha256_test.json"


def held(suite: str, asked: list[tuple[str, str, str]]) -> list[bool]:
    names = ("public", "message", "signature")
    questions = [
        {"kind": "signature", "suite": suite, **dict(zip(names, each, strict=True))}
        for each in asked
    ]
    return [answer["held"] for answer in ask(questions)]


def test_sm2_is_accepted_as_the_set_says() -> None:
    found = held("sm2", [(case["public"], case["msg"], case["sig"]) for case in SM2])
    differing = [
        case["comment"]
        for case, one in zip(SM2, found, strict=True)
        if one is not (case["result"] == "valid")
    ]
    assert differing == []


@pytest.mark.skipif(not WYCHEPROOF.is_file(), reason="the vectors of ../shared are not here")
def test_p256_is_accepted_as_the_program_does() -> None:
    """Every case of Wycheproof in both halves of s."""
    asked: list[tuple[bytes, bytes, bytes]] = []
    for group in json.loads(WYCHEPROOF.read_text("utf-8"))["testGroups"]:
        public = bytes.fromhex(group["publicKey"]["uncompressed"])
        for case in group["tests"]:
            try:
                raw = p256.normalise(bytes.fromhex(case["sig"]))
            except SignatureInvalid:
                continue
            s = int.from_bytes(raw[32:], "big")
            other = raw[:32] + ((p256.N - s) % 2**256).to_bytes(32, "big")
            asked += [(public, bytes.fromhex(case["msg"]), each) for each in (raw, other)]
    found = held("p256", [(public.hex(), said.hex(), sig.hex()) for public, said, sig in asked])
    assert found == [holds(KeySuite.P256, *each) for each in asked]
    assert 100 < sum(found) < len(found)


@pytest.mark.parametrize("suite", ["sm2", "p256"])
def test_a_key_that_is_none_is_trusted_by_neither(suite: str) -> None:
    good = bytes.fromhex(SM2[0]["public"])
    wrong = [b"", b"\0", bytes(65), b"\x02" + good[1:33], b"\x06" + good[1:], good + b"\0"]
    assert held(suite, [(key.hex(), "", "01" * 64) for key in wrong]) == [False] * len(wrong)


@pytest.fixture(params=[("sha256", "p256"), ("sm3", "p256"), ("sm3", "ed25519")], ids="-".join)
def sampled(request: pytest.FixtureRequest, towns: Callable[[str, str], Town]) -> Town:
    """Give a ledger on which not everything is tried."""
    return towns(*request.param)


def test_a_ledger_of_another_suite_is_judged_alike(sampled: Town) -> None:
    sound = sampled.receipts | sampled.bundles
    said = assert_agreement(cases(sampled.trust, iter(sound.items())))
    assert all(each.held for each in said)
    parts = take_apart(sampled.receipts["row"])
    hostile = [
        *(parts._replace(seal=seal) for seal in (b"", bytes(64), parts.seal[:-1], parts.seal * 2)),
        *(
            parts._replace(
                seal=parts.seal[:at] + bytes([parts.seal[at] ^ 1]) + parts.seal[at + 1 :]
            )
            for at in range(0, 64, 3)
        ),
        *(parts._replace(protected=protected) for protected in (b"", parts.protected[:-1])),
    ]
    asked = cases(sampled.trust, ((str(n), put_together(p)) for n, p in enumerate(hostile)))
    asked.append(Case("other", sampled.receipts["row"], sampled.other_trust))
    assert {each.failed for each in assert_agreement(asked)} == {(3, "seal"), (2, "chain")}
