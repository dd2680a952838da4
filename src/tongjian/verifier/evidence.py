"""Evidence of a witness that a ledger went back or split, checked by anyone with a trust file.

A *fork* is proven by the operator's own signatures: two heads that cannot be of one history, either
two blocks of one height, or a head and a longer log that did not begin with it (RFC 9162, 2.1.4).
A *rollback* is the testimony of a witness: that it was shown a shorter ledger after a longer one.
"""

from dataclasses import dataclass
from typing import Annotated, Final, Literal

import msgspec
from msgspec import Meta

from tongjian.core.block import (
    HEADERS,
    Header,
    compute_header_hash,
    compute_seal_message,
    compute_seal_protected,
)
from tongjian.core.encoding import Malformed
from tongjian.core.merkle import ProofInvalid, verify_consistency
from tongjian.core.signatures import KeySuite, SignatureInvalid, compute_key_id, verify
from tongjian.verifier.anchors import Anchors, AnchorsInvalid, WitnessAnchor
from tongjian.verifier.checkpoint import (
    CheckpointInvalid,
    Head,
    Signer,
    parse_checkpoint,
    verify_operator,
)

FORMAT: Final = "tongjian-evidence/1"
TAG_EVIDENCE: Final = b"tongjian/evidence/1\x00"
EVIDENCE_BYTES_MAX: Final = 1 << 20
Hexadecimal = Annotated[str, Meta(pattern=r"^([0-9a-f]{2})*$(?!\n)")]


class EvidenceInvalid(Exception):
    """Evidence that proves nothing; the text says at which point."""


class HeadShown(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A head with the operator's signature: a sealed header, or a checkpoint."""

    height: int
    size: int
    root: Hexadecimal
    header: Hexadecimal = ""
    """The record of the header; empty where a checkpoint stands for it."""
    seal: Hexadecimal = ""
    checkpoint: str = ""


class Evidence(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a witness saw, in its words and with both heads."""

    format: Literal["tongjian-evidence/1"]
    kind: Literal["fork", "rollback"]
    chain: Hexadecimal
    why: str
    first: HeadShown
    """What the witness had seen."""
    second: HeadShown
    """What it was shown then."""
    prefix_root: Hexadecimal
    """Root of the longer log at the size of the shorter; empty where the heights tell already."""
    path: Annotated[list[Hexadecimal], Meta(max_length=64)]
    """Consistency path from the prefix to the longer log."""
    observed_s: Annotated[int, Meta(ge=0)]
    witness: WitnessAnchor
    signature: Hexadecimal


@dataclass(frozen=True)
class Proven:
    """Evidence that holds."""

    evidence: Evidence
    first: Head
    second: Head
    proves: tuple[str, ...]


def show_sealed(header_bytes: bytes, header: Header, seal: bytes) -> HeadShown:
    """Return a sealed header as a head of evidence."""
    root = header.log_root.hex()
    return HeadShown(header.height, header.log_size, root, header_bytes.hex(), seal.hex())


def show_checkpoint(data: bytes, head: Head) -> HeadShown:
    """Return a signed checkpoint as a head of evidence."""
    return HeadShown(head.height, head.size, head.root.hex(), checkpoint=data.decode())


def verify_seal(header_bytes: bytes, seal: bytes, anchors: Anchors) -> Header:
    """Return the header that the operator sealed by the key that counts at its height.

    Raises `EvidenceInvalid`.
    """
    try:
        header: Header = HEADERS.decode(header_bytes)
        if header.chain != anchors.chain_id:
            msg = f"the header is of chain {header.chain.hex()}, the trust file of {anchors.chain}"
            raise EvidenceInvalid(msg)
        suite, public = anchors.seal_at(header.height)
        kid = compute_key_id(anchors.digest, suite, public)
        protected = compute_seal_protected(suite, kid)
        verify(suite, public, compute_seal_message(header.chain, protected, header_bytes), seal)
    except (Malformed, AnchorsInvalid, SignatureInvalid) as error:
        msg = f"a header is not one that the operator sealed: {error}"
        raise EvidenceInvalid(msg) from error
    return header


def open_head(shown: HeadShown, anchors: Anchors) -> Head:
    """Return a head once its signature holds; raises `EvidenceInvalid`."""
    if shown.checkpoint:
        try:
            head = verify_operator(parse_checkpoint(shown.checkpoint.encode()), anchors)
        except CheckpointInvalid as error:
            raise EvidenceInvalid(str(error)) from error
    else:
        packed = bytes.fromhex(shown.header)
        header = verify_seal(packed, bytes.fromhex(shown.seal), anchors)
        digest = compute_header_hash(anchors.digest, packed)
        head = Head(header.log_size, header.log_root, header.height, digest)
    if (head.height, head.size, head.root.hex()) != (shown.height, shown.size, shown.root):
        msg = "height, size or root of a head are not those that the operator signed"
        raise EvidenceInvalid(msg)
    return head


def sign_evidence(evidence: Evidence, signer: Signer) -> Evidence:
    """Return the evidence with the signature of its witness."""
    signature = signer.sign(_message(evidence))
    return msgspec.structs.replace(evidence, signature=signature.hex())


def decode_evidence(data: bytes) -> Evidence:
    """Read a file of evidence; raises `EvidenceInvalid`."""
    if len(data) > EVIDENCE_BYTES_MAX:
        msg = f"evidence has at most {EVIDENCE_BYTES_MAX} bytes"
        raise EvidenceInvalid(msg)
    try:
        return msgspec.json.decode(data, type=Evidence)
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        msg = f"not a file of evidence: {error}"
        raise EvidenceInvalid(msg) from error


def encode_evidence(evidence: Evidence) -> bytes:
    """Return the bytes of a file of evidence, for people too."""
    return msgspec.json.format(msgspec.json.encode(evidence, order="sorted"), indent=1) + b"\n"


def verify_evidence(data: bytes, anchors: Anchors) -> Proven:
    """Check evidence against a trust file; raises `EvidenceInvalid` where it proves nothing."""
    evidence = decode_evidence(data)
    if bytes.fromhex(evidence.chain) != anchors.chain_id:
        msg = f"the evidence is of chain {evidence.chain}, the trust file of {anchors.chain}"
        raise EvidenceInvalid(msg)
    first, second = open_head(evidence.first, anchors), open_head(evidence.second, anchors)
    proves = [f"the operator signed both heads, of height {first.height} and {second.height}"]
    shown = (evidence.witness.name, evidence.witness.public.lower())
    is_known = shown in [(each.name, each.public.lower()) for each in anchors.witnesses]
    if is_known:
        _verify_witness(evidence)
        proves.append(f"witness {evidence.witness.name} saw it and signed for it")
    if evidence.kind == "fork":
        proves.append(_contradiction(evidence, first, second, anchors))
    elif (second.height, second.size) >= (first.height, first.size):
        msg = "the second head is not older than the first: nothing went back"
        raise EvidenceInvalid(msg)
    elif not is_known:
        msg = (
            f"that a ledger went back rests on the word of witness {evidence.witness.name}, "
            "which the trust file does not name"
        )
        raise EvidenceInvalid(msg)
    else:
        proves.append(f"after height {first.height} it was shown a ledger of {second.height} only")
    return Proven(evidence, first, second, tuple(proves))


def _contradiction(evidence: Evidence, first: Head, second: Head, anchors: Anchors) -> str:
    if first.height == second.height and first.header_hash != second.header_hash:
        return f"these are two different blocks of height {first.height}"
    shorter, longer = sorted((first, second), key=lambda head: head.size)
    prefix = bytes.fromhex(evidence.prefix_root)
    path = [bytes.fromhex(node) for node in evidence.path]
    try:
        verify_consistency(anchors.digest, shorter.size, longer.size, (prefix, longer.root), path)
    except ProofInvalid as error:
        msg = f"the longer log is not shown to begin with the root that is claimed: {error}"
        raise EvidenceInvalid(msg) from error
    if prefix == shorter.root:
        msg = "the longer log continues the shorter one: there is no fork"
        raise EvidenceInvalid(msg)
    return (
        f"the log of {longer.size} entries began with another {shorter.size} than those whose "
        "root the operator had signed"
    )


def _verify_witness(evidence: Evidence) -> None:
    public, signature = bytes.fromhex(evidence.witness.public), bytes.fromhex(evidence.signature)
    try:
        verify(KeySuite.ED25519, public, _message(evidence), signature)
    except SignatureInvalid as error:
        msg = f"witness {evidence.witness.name} did not sign this evidence: {error}"
        raise EvidenceInvalid(msg) from error


def _message(evidence: Evidence) -> bytes:
    unsigned = msgspec.structs.replace(evidence, signature="")
    return TAG_EVIDENCE + msgspec.json.encode(unsigned, order="sorted")
