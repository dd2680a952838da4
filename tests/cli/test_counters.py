"""Counters of passkeys on a ledger: honest ones in any order, none at all, and those of a clone."""

from pathlib import Path
from typing import Any

import pytest
from passkey import Passkey
from possession import message_here
from terminal import answer, fails, ok

from tongjian.cli.failures import ExitCode
from tongjian.core import values
from tongjian.core.envelope import compose, seal_envelope, signed_message
from tongjian.core.signatures import KeySuite, compute_key_id
from tongjian.engines.solo import Status
from tongjian.node.clock import nonce
from tongjian.node.home import Home
from tongjian.services.membership.acts_certificates import TrustAnchor

VOTERS = ("--as", "data-governor", "--as", "tax-governor")


@pytest.fixture
def passkey(home: Path) -> Passkey:
    """Enrol a passkey for the tax bureau's governor."""
    made = Passkey()
    (row,) = (r for r in answer("keys", "list", home=home) if r["holder"] == "tax-governor")
    officer = answer("show", f"membership.keys:{row['id']}", home=home)["row"]["officer"]
    enrol = ("--officer", officer, "--suite", 4, "--public", made.public.hex())
    proof = made.sign(message_here(home, officer, 4, made.public)).hex()
    proven = ("--proof", proof, "--until-ms", "2040-01-01")
    ok("membership", "enrol-key", *enrol, *proven, *VOTERS, home=home)
    return made


def identity(home: Path, passkey: Passkey) -> bytes:
    return compute_key_id(Home(home).digest(), KeySuite.WEBAUTHN, passkey.public)


def vote(home: Path, passkey: Passkey, *counters: int) -> list[bytes]:
    """Commit a vote for each counter, signed by the passkey and the other governor."""
    other = Home(home).key("data-governor")
    ids: list[bytes] = []
    for number, counter in enumerate(counters):
        with Home(home).engine() as engine:
            chain = engine.chain.chain_id
            body = compose(
                chain=chain,
                expiry=engine.chain.height + 100,
                nonce=nonce(),
                signers=(identity(home, passkey), other.id),
                acts=(
                    TrustAnchor(
                        anchor=values.digest(bytes([number]) * 32), until_ms=values.FOREVER
                    ),
                ),
            )
            message = signed_message(chain, body)
            passkey.counter = counter - 1
            signatures = (passkey.sign(message), other.sign(message))
            (outcome,) = engine.submit([seal_envelope(body, signatures)]).result()
            assert outcome.status is Status.COMMITTED
            ids.append(outcome.id)
    return ids


def test_counters_in_another_order_are_nobodys_fault(home: Path, passkey: Passkey) -> None:
    vote(home, passkey, 7, 5, 6)
    found = answer("keys", "counters", identity(home, passkey).hex(), home=home)
    assert [one["counter"] for one in found["signed"]] == [7, 5, 6]
    assert found["repeated"] == 0


def test_a_number_that_stands_twice_shows_a_cloned_passkey(home: Path, passkey: Passkey) -> None:
    first, _, second = vote(home, passkey, 5, 6, 5)
    key = identity(home, passkey).hex()
    found = answer("keys", "counters", key, home=home, code=ExitCode.VERIFICATION_FAILED)
    repeated = [one["transaction"] for one in found["signed"] if one["is_repeated"]]
    assert repeated == [first.hex(), second.hex()]
    said = fails(ExitCode.VERIFICATION_FAILED, "keys", "counters", key, home=home)
    assert "report-compromise" in said


def test_a_passkey_that_counts_nothing_repeats_nothing(home: Path, passkey: Passkey) -> None:
    passkey.authenticator = _uncounted(passkey)  # type: ignore[method-assign]
    vote(home, passkey, 1, 1)
    found = answer("keys", "counters", identity(home, passkey).hex(), home=home)
    assert [one["counter"] for one in found["signed"]] == [0, 0]
    assert found["repeated"] == 0


def test_a_key_of_another_suite_has_no_counter(home: Path) -> None:
    assert "no passkey" in fails(ExitCode.USAGE, "keys", "counters", "tax-officer", home=home)


def _uncounted(passkey: Passkey) -> Any:
    made = passkey.authenticator

    def without() -> bytes:
        data = made()
        return data[:33] + bytes(4) + data[37:]

    return without
