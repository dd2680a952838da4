"""Counters of a passkey: whether two transactions show one number, as only a clone's would.

An authenticator that counts never gives a number twice (WebAuthn Level 2, 6.1.1). The order in
which numbers are committed says nothing, since transactions wait for other signatures.
"""

from typing import NamedTuple

from tongjian.core.signatures import KeySuite
from tongjian.engines.chain import Chain
from tongjian.suites.webauthn import read_counter


class Used(NamedTuple):
    """A transaction that a passkey signed."""

    height: int
    transaction: bytes
    counter: int
    """0 where the authenticator keeps none: synced passkeys do not."""
    is_repeated: bool
    """Another transaction has the same number: somebody has a second authenticator."""


def counters(chain: Chain, key: bytes) -> list[Used]:
    """Return the counters of all that a passkey signed, oldest first; reads every block.

    Raises `ValueError` for a key of another suite, `Refused` for one that is not enrolled.
    """
    actor = chain.machine.directory.actor(key)
    if actor.suite != KeySuite.WEBAUTHN:
        msg = f"key {key.hex()} is no passkey: only passkeys count"
        raise ValueError(msg)
    found: list[tuple[int, bytes, int]] = []
    times: dict[int, int] = {}
    for height in range(max(actor.from_height, 1), chain.height + 1):
        for envelope in chain.body(height).envelopes:
            incoming = chain.opener.open_trusted(envelope)
            signers = incoming.transaction.signers
            if key in signers:
                counter = read_counter(incoming.signatures[signers.index(key)])
                times[counter] = times.get(counter, 0) + 1
                found.append((height, incoming.id, counter))
    return [Used(*one, is_repeated=bool(one[2]) and times[one[2]] > 1) for one in found]
