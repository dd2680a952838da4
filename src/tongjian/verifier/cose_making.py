"""Makes COSE Receipts (RFC 9942) and statements that carry them; `verifier.cose` checks them."""

from collections.abc import Callable, Sequence
from typing import Any, Protocol

import cbor2

from tongjian.core.block import SEAL_ALGORITHMS
from tongjian.core.hashing import sha256
from tongjian.core.signatures import KeySuite
from tongjian.verifier.check import CHECK_LABEL, with_check
from tongjian.verifier.cose import (
    ALGORITHM,
    CONSISTENCY,
    CONTENT_TYPE,
    INCLUSION,
    KEY_ID,
    LOG_ENTRY_TYPE,
    RECEIPTS,
    RFC9162_SHA256,
    VDP,
    VDS,
    Consistency,
    Inclusion,
    compute_message,
)
from tongjian.verifier.cose_message import COSE_SIGN1_TAG, dump
from tongjian.verifier.receipt import COSIGNED_LABEL


class Signer(Protocol):
    """A key that signs for the operator, wherever it is kept."""

    suite: KeySuite
    id: bytes

    def sign(self, message: bytes) -> bytes:
        """Return the signature over a message."""
        ...


def make_inclusion_receipt(
    signer: Signer, root: bytes, proof: Inclusion, cosigned: bytes | None = None
) -> bytes:
    """Return the receipt of an entry: the operator's signature over the log root it leads to.

    `cosigned` is a checkpoint of that log with signatures of witnesses, or none.
    """
    blob = dump([proof.size, proof.index, list(proof.path)])
    unprotected: dict[Any, Any] = {VDP: {INCLUSION: [blob]}}
    if cosigned is not None:
        unprotected[COSIGNED_LABEL] = cosigned
    return _sign_receipt(signer, root)(unprotected)


def make_consistency_receipt(
    signer: Signer, second_root: bytes, proof: Consistency, cosigned: bytes | None = None
) -> bytes:
    """Return the receipt that a log continues an earlier one: a signature over the newer root.

    `cosigned` is a checkpoint of the newer log with signatures of witnesses, or none.
    """
    witnessed = {} if cosigned is None else {COSIGNED_LABEL: cosigned}
    blob = dump([proof.first, proof.second, list(proof.path)])
    write = _sign_receipt(signer, second_root)
    proofs: dict[Any, Any] = {VDP: {CONSISTENCY: [blob]}, **witnessed}
    return with_check(sha256, lambda check: write(proofs | {CHECK_LABEL: check}))


def make_statement(signer: Signer, payload: bytes, receipts: Sequence[bytes]) -> bytes:
    """Return a statement over a payload that carries its receipts."""
    protected = dump(
        {ALGORITHM: SEAL_ALGORITHMS[signer.suite], CONTENT_TYPE: LOG_ENTRY_TYPE, KEY_ID: signer.id}
    )
    signature = signer.sign(compute_message(protected, payload))

    def write(check: bytes) -> bytes:
        unprotected = {RECEIPTS: list(receipts), CHECK_LABEL: check}
        return dump(cbor2.CBORTag(COSE_SIGN1_TAG, [protected, unprotected, payload, signature]))

    return with_check(sha256, write)


def _sign_receipt(signer: Signer, root: bytes) -> Callable[[dict[Any, Any]], bytes]:
    """Sign a root; return what writes the receipt of an unprotected header."""
    protected = dump(
        {ALGORITHM: SEAL_ALGORITHMS[signer.suite], KEY_ID: signer.id, VDS: RFC9162_SHA256}
    )
    signature = signer.sign(compute_message(protected, root))
    return lambda unprotected: dump(
        cbor2.CBORTag(COSE_SIGN1_TAG, [protected, unprotected, None, signature])
    )
