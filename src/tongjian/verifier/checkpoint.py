"""Heads of the log as text that witnesses sign: C2SP checkpoint, signed-note, cosignature.

    tongjian/<label>/<first 16 hexadecimal digits of the chain id>       origin, the operator's name
    <log size>
    <log root in base64>
    tongjian/header/1 <height> <header hash in hexadecimal>              extension line

    — <name> <base64 of key id (4 bytes) ‖ signature>                    one line a signature

The operator signs the text itself; a witness signs `cosignature/v1`, the time in seconds and the
text, and so says that all heads it ever signed are of one history. The extension line has the head
name its block, so that a cosignature covers the state too.
"""

import base64
import binascii
import re
from dataclasses import dataclass
from typing import Final, Protocol

from tongjian.core.hashing import sha256
from tongjian.core.signatures import KeySuite, SignatureInvalid, verify
from tongjian.verifier.anchors import Anchors, AnchorsInvalid

CHECKPOINT_BYTES_MAX: Final = 64 * 1024
SIGNATURES_MAX: Final = 64
SIZE_MAX: Final = (1 << 63) - 1
TIME_MAX: Final = (1 << 63) - 1
LOG_KEYS: Final = {
    KeySuite.ED25519: b"\x01",
    KeySuite.SM2: b"\xfftongjian/sm2",
    KeySuite.P256: b"\xfftongjian/p256",
}
"""Over the text, by suite of the seal key (signed-note: 1 is Ed25519, 255 what has no number)."""
COSIGNER_KEY: Final = b"\x04"
"""Timestamped Ed25519 (tlog-cosignature)."""
HEADER_LINE: Final = "tongjian/header/1"
_DASH: Final = "\u2014 "
_NUMBER: Final = re.compile(r"0|[1-9][0-9]{0,18}")
_HEADER: Final = re.compile(HEADER_LINE + r" (0|[1-9][0-9]{0,18}) ([0-9a-f]{64})")
_NAME: Final = re.compile(r"[^\s+\x00-\x1f\x7f]{1,255}")


class CheckpointInvalid(ValueError):
    """A checkpoint that is none, or is not signed by whom it must; the text says why."""


class Signer(Protocol):
    """A key that signs, wherever it is kept; that of a witness is of suite 1."""

    suite: KeySuite
    public: bytes

    def sign(self, message: bytes) -> bytes:
        """Return the 64-byte signature over a message."""
        ...


@dataclass(frozen=True)
class Head:
    """What a checkpoint says: how far a log goes and which block it ends with."""

    size: int
    root: bytes
    height: int
    header_hash: bytes


@dataclass(frozen=True)
class NoteSignature:
    """One line below a text: who signed, as four bytes that hint at the key, and the rest."""

    name: str
    key_id: bytes
    signature: bytes

    def line(self) -> str:
        """Return the line, its end included."""
        return f"{_DASH}{self.name} {_base64(self.key_id + self.signature)}\n"


@dataclass(frozen=True)
class Checkpoint:
    """A parsed checkpoint; nothing in it is verified yet."""

    origin: str
    size: int
    root: bytes
    text: str
    """The signed text, its last line's end included."""
    signatures: tuple[NoteSignature, ...]

    def head(self) -> Head:
        """Return the head with its block; raises `CheckpointInvalid` where no line names one."""
        for line in self.text.split("\n")[3:]:
            named = _HEADER.fullmatch(line)
            if named is not None:
                return Head(self.size, self.root, int(named[1]), bytes.fromhex(named[2]))
        msg = f"the checkpoint has no line {HEADER_LINE}: it does not say which block it ends with"
        raise CheckpointInvalid(msg)

    def encode(self) -> bytes:
        """Return the bytes of the checkpoint with all its signatures."""
        return (self.text + "\n" + "".join(one.line() for one in self.signatures)).encode()


@dataclass(frozen=True)
class Cosigned:
    """A witness that signed, and when by its clock."""

    name: str
    time_s: int


# -- making ---------------------------------------------------------------------------------------


def compute_origin(label: str, chain: bytes) -> str:
    """Return the first line of a chain's checkpoints: also the name of the operator's key."""
    return f"tongjian/{label}/{chain.hex()[:16]}"


def compute_key_hint(name: str, kind: bytes, public: bytes) -> bytes:
    """Return the four bytes that hint at a key (signed-note: a hint, never an identification)."""
    return sha256(name.encode() + b"\n" + kind + public)[:4]


def make_text(origin: str, head: Head) -> str:
    """Return the text that operator and witnesses sign."""
    header = f"{HEADER_LINE} {head.height} {head.header_hash.hex()}"
    return f"{origin}\n{head.size}\n{_base64(head.root)}\n{header}\n"


def sign(text: str, name: str, signer: Signer) -> NoteSignature:
    """Return the log operator's signature over a text."""
    hint = compute_key_hint(name, LOG_KEYS[signer.suite], signer.public)
    return NoteSignature(name, hint, signer.sign(text.encode()))


def cosign(text: str, name: str, signer: Signer, time_s: int) -> NoteSignature:
    """Return a witness's signature over a text at a time in seconds since 1970 UTC."""
    hint = compute_key_hint(name, COSIGNER_KEY, signer.public)
    signature = signer.sign(_cosigned_message(text, time_s))
    return NoteSignature(name, hint, time_s.to_bytes(8, "big") + signature)


def make_checkpoint(text: str, signatures: tuple[NoteSignature, ...]) -> Checkpoint:
    """Return a checkpoint of a text and signatures made for it."""
    return parse_checkpoint((text + "\n" + "".join(one.line() for one in signatures)).encode())


def merge(checkpoints: list[Checkpoint]) -> Checkpoint:
    """Return one checkpoint with the signatures of all; raises where their texts differ."""
    first = checkpoints[0]
    for other in checkpoints[1:]:
        if other.text != first.text:
            msg = (
                f"the checkpoints speak of different heads, of sizes {first.size} and {other.size}"
            )
            raise CheckpointInvalid(msg)
    every = dict.fromkeys(one for checkpoint in checkpoints for one in checkpoint.signatures)
    return make_checkpoint(first.text, tuple(every))


# -- reading --------------------------------------------------------------------------------------


def parse_checkpoint(data: bytes) -> Checkpoint:
    """Read a checkpoint; raises `CheckpointInvalid`. Its signatures are not verified here."""
    if len(data) > CHECKPOINT_BYTES_MAX:
        msg = f"a checkpoint has at most {CHECKPOINT_BYTES_MAX} bytes, not {len(data)}"
        raise CheckpointInvalid(msg)
    try:
        whole = data.decode()
    except UnicodeDecodeError as error:
        msg = "a checkpoint is UTF-8"
        raise CheckpointInvalid(msg) from error
    if any(character < " " and character != "\n" for character in whole):
        msg = "a checkpoint has no control characters but ends of lines"
        raise CheckpointInvalid(msg)
    body, blank, below = whole.rpartition("\n\n")
    lines = body.split("\n")
    if not blank or not below.endswith("\n") or len(lines) < 3 or "" in lines:  # noqa: PLR2004
        msg = "a checkpoint is origin, size, root, a blank line and signatures"
        raise CheckpointInvalid(msg)
    if not _NUMBER.fullmatch(lines[1]) or int(lines[1]) > SIZE_MAX:
        msg = "the second line of a checkpoint is the size of the log"
        raise CheckpointInvalid(msg)
    root = _bytes(lines[2], "the third line of a checkpoint is the root of the log in base64")
    if len(root) != 32:  # noqa: PLR2004 - a digest
        msg = f"a root is 32 bytes, not {len(root)}"
        raise CheckpointInvalid(msg)
    signatures = tuple(_signature(line) for line in below[:-1].split("\n"))
    if len(signatures) > SIGNATURES_MAX:
        msg = f"a checkpoint has at most {SIGNATURES_MAX} signatures"
        raise CheckpointInvalid(msg)
    return Checkpoint(lines[0], int(lines[1]), root, body + "\n", signatures)


def _signature(line: str) -> NoteSignature:
    name, _, encoded = line.removeprefix(_DASH).partition(" ")
    if not line.startswith(_DASH) or not _NAME.fullmatch(name):
        msg = "a line of a signature is a dash, a name and base64 (C2SP signed-note)"
        raise CheckpointInvalid(msg)
    packed = _bytes(encoded, f"the signature of {name} is not base64")
    if len(packed) <= 4:  # noqa: PLR2004 - of the key id
        msg = f"the signature of {name} is too short"
        raise CheckpointInvalid(msg)
    return NoteSignature(name, packed[:4], packed[4:])


# -- verifying ------------------------------------------------------------------------------------


def verify_log_signature(
    checkpoint: Checkpoint, name: str, keys: tuple[tuple[KeySuite, bytes], ...]
) -> bytes:
    """Return which of the keys signed the text under a name; raises `CheckpointInvalid`.

    `keys` are suites that seal headers, with public keys.
    """
    why = f"the checkpoint is not signed by {name} with a key that is trusted"
    for suite, public in keys:
        hint = compute_key_hint(name, LOG_KEYS[suite], public)
        for one in checkpoint.signatures:
            if (one.name, one.key_id) == (name, hint):
                try:
                    verify(suite, public, checkpoint.text.encode(), one.signature)
                except SignatureInvalid as error:
                    why = f"the signature of {name} does not hold: {error}"
                    continue
                return public
    raise CheckpointInvalid(why)


def verify_operator(checkpoint: Checkpoint, anchors: Anchors) -> Head:
    """Return the head that the operator signed by the key that counts at its height.

    Raises `CheckpointInvalid`.
    """
    expect_origin(checkpoint, anchors)
    head = checkpoint.head()
    try:
        key = anchors.seal_at(head.height)
    except AnchorsInvalid as error:
        raise CheckpointInvalid(str(error)) from error
    verify_log_signature(checkpoint, checkpoint.origin, (key,))
    return head


def expect_origin(checkpoint: Checkpoint, anchors: Anchors) -> None:
    """Raise `CheckpointInvalid` where a checkpoint is of another log than the trust file."""
    origin = compute_origin(anchors.label, anchors.chain_id)
    if checkpoint.origin != origin:
        msg = f"the checkpoint is of {checkpoint.origin}, the trust file of {origin}"
        raise CheckpointInvalid(msg)


def find_cosignatures(checkpoint: Checkpoint, anchors: Anchors) -> tuple[Cosigned, ...]:
    """Return the witnesses of the trust file whose signatures hold, each once.

    Lines of others are passed over, as tlog-cosignature has it; a line that names a trusted key and
    does not hold raises `CheckpointInvalid`.
    """
    found: list[Cosigned] = []
    for witness in anchors.witnesses:
        public = bytes.fromhex(witness.public)
        hint = compute_key_hint(witness.name, COSIGNER_KEY, public)
        times = [
            _verify_cosignature(checkpoint.text, public, one)
            for one in checkpoint.signatures
            if (one.name, one.key_id) == (witness.name, hint)
        ]
        if times:
            found.append(Cosigned(witness.name, max(times)))
    return tuple(found)


def verify_quorum(checkpoint: Checkpoint, anchors: Anchors) -> tuple[Cosigned, ...]:
    """Return the trusted witnesses that signed; raises where fewer did than the quorum."""
    found = find_cosignatures(checkpoint, anchors)
    if len(found) < anchors.quorum:
        named = ", ".join(one.name for one in found) or "none"
        msg = (
            f"{len(found)} of {len(anchors.witnesses)} trusted witnesses signed this head "
            f"({named}); the trust file demands {anchors.quorum}"
        )
        raise CheckpointInvalid(msg)
    return found


def _verify_cosignature(text: str, public: bytes, one: NoteSignature) -> int:
    time_s, signature = int.from_bytes(one.signature[:8], "big"), one.signature[8:]
    try:
        if time_s > TIME_MAX:
            msg = "its time is out of range"
            raise SignatureInvalid(msg)  # noqa: TRY301 - told as a signature that does not hold
        verify(KeySuite.ED25519, public, _cosigned_message(text, time_s), signature)
    except SignatureInvalid as error:
        msg = f"the signature of witness {one.name} does not hold: {error}"
        raise CheckpointInvalid(msg) from error
    return time_s


def _cosigned_message(text: str, time_s: int) -> bytes:
    return f"cosignature/v1\ntime {time_s}\n{text}".encode()


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")


def _bytes(text: str, what: str) -> bytes:
    try:
        data = base64.b64decode(text.encode("ascii"), validate=True)
    except (binascii.Error, UnicodeEncodeError) as error:
        raise CheckpointInvalid(what) from error
    if _base64(data) != text:
        raise CheckpointInvalid(what)
    return data
