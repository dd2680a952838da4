"""Makes COSE Receipts (RFC 9942) from a chain: the operator signs the log root of a height."""

from tongjian.core.block import compute_log_leaf
from tongjian.core.hashing import HashSuite
from tongjian.engines.chain import Chain
from tongjian.engines.receipts import NotRecorded
from tongjian.verifier.cose import Consistency, Inclusion, expect_suited
from tongjian.verifier.cose_making import (
    Signer,
    make_consistency_receipt,
    make_inclusion_receipt,
    make_statement,
)


class CoseReceipts:
    """Answers with statements and receipts of RFC 9942; needs the operator's key.

    Every method raises `HashUnsuited` on a chain of SM3: vds 1 is of SHA-256.
    """

    def __init__(self, chain: Chain, signer: Signer) -> None:
        """Read from a chain and sign with the operator's key that seals its heights."""
        self._chain = chain
        self._signer = signer

    def of_transaction(
        self, identity: bytes, height: int | None = None, cosigned: bytes | None = None
    ) -> bytes:
        """Return the log entry of a transaction as a statement with a receipt of inclusion.

        `cosigned` is the checkpoint of the height with signatures of witnesses, or none. By
        default in the log of the tip. Raises `NotRecorded` where it is not on the ledger.
        """
        chain = self._chain
        self._expect_suited()
        at_most = chain.height if height is None else height
        found = chain.result(identity)
        if found is None or found[0] > at_most:
            msg = f"transaction {identity.hex()} is not on the ledger up to height {at_most}"
            raise NotRecorded(msg)
        at, position, result = found
        index, size = chain.log_size(at - 1) + position, chain.log_size(at_most)
        proof = Inclusion(size, index, tuple(chain.prover.log_path(index, size)))
        root = chain.header(at_most).log_root
        receipt = make_inclusion_receipt(self._signer, root, proof, cosigned)
        entry = compute_log_leaf(chain.digest, result)
        return make_statement(self._signer, entry, (receipt,))

    def of_consistency(
        self, first_height: int, second_height: int, cosigned: bytes | None = None
    ) -> bytes:
        """Return the receipt that the log of one height continues that of an earlier one.

        `cosigned` is the checkpoint of the later height with signatures of witnesses, or none.

        Raises `NotRecorded` where the earlier log is empty: every log continues that one.
        """
        chain = self._chain
        self._expect_suited()
        first, second = chain.log_size(first_height), chain.log_size(second_height)
        if not 0 < first <= second:
            msg = f"no proof leads from the log of height {first_height} to that of {second_height}"
            raise NotRecorded(msg)
        path = tuple(chain.prover.consistency(first, second)) if first < second else ()
        root = chain.header(second_height).log_root
        proof = Consistency(first, second, path)
        return make_consistency_receipt(self._signer, root, proof, cosigned)

    def _expect_suited(self) -> None:
        expect_suited(HashSuite(self._chain.genesis.hash_suite).name.lower())
