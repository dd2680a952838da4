"""Transactions that wait for signatures: one file, handed from signer to signer.

The ledger sees one complete transaction; until then handler 经办, checker 复核 and approver 批准
sign one after another, in the order in which the draft names their keys, each on a machine of
their own.
Nothing in the file is trusted: every signature is checked again by whoever takes it in hand.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Final

import msgspec
from msgspec import Meta

from tongjian.core import limits
from tongjian.core.directory import Directory
from tongjian.core.encoding import Malformed
from tongjian.core.envelope import Incoming, Opener, seal_envelope
from tongjian.core.operation import Refused
from tongjian.core.signatures import SignatureInvalid, verify
from tongjian.storage.files import write_whole

FORMAT: Final = "tongjian-draft/1"
DRAFT_BYTES_MAX: Final = 2 * limits.TRANSACTION_BYTES_MAX + 256 * 1024
REASON_LENGTH_MAX: Final = 500
TAG_DECLINE: Final = b"tongjian/decline/1\x00"
SUFFIX: Final = ".draft.json"


class DraftInvalid(Exception):
    """A draft that cannot be used; the text says why."""


class NotNext(DraftInvalid):
    """A signature out of turn, twice, or on a draft that is closed."""


class Signed(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A signature over the transaction by one of its signers."""

    key: str
    signature: str


class Declined(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A signer's refusal to sign, with the reason, itself signed."""

    key: str
    reason: Annotated[str, Meta(min_length=1, max_length=REASON_LENGTH_MAX)]
    signature: str


class Document(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A draft as it stands in its file; bytes are hexadecimal."""

    format: str
    body: str
    deadline_ms: Annotated[int, Meta(ge=0, le=limits.TIME_MS_MAX)]
    """After this moment nobody is asked to sign any more."""
    signed: list[Signed]
    declined: Declined | None = None


@dataclass(frozen=True)
class Draft:
    """A draft that was read and checked against the ledger's directory."""

    incoming: Incoming
    """Its signatures are those collected so far, padded with zeros."""
    signatures: tuple[bytes, ...]
    """Those collected, in the order of the signers."""
    deadline_ms: int
    declined: Declined | None
    body: bytes

    @property
    def id(self) -> bytes:
        """The id that the transaction will have on the ledger, 32 bytes."""
        return self.incoming.id

    @property
    def signers(self) -> tuple[bytes, ...]:
        """The ids of the keys that must sign, in order."""
        return self.incoming.transaction.signers

    @property
    def next(self) -> bytes | None:
        """The id of the key whose turn it is; none where the draft is complete or declined."""
        count = len(self.signatures)
        return None if self.declined or count == len(self.signers) else self.signers[count]

    def envelope(self) -> bytes:
        """Return the transaction for the ledger; raises `NotNext` where a signature is missing."""
        if self.declined is not None:
            msg = f"key {self.declined.key} declined to sign: {self.declined.reason}"
            raise NotNext(msg)
        if self.next is not None:
            msg = f"key {self.next.hex()} has not signed yet"
            raise NotNext(msg)
        return seal_envelope(self.body, self.signatures)

    def document(self) -> bytes:
        """Return the draft as the bytes of its file."""
        pairs = zip(self.signers, self.signatures, strict=False)
        document = Document(
            format=FORMAT,
            body=self.body.hex(),
            deadline_ms=self.deadline_ms,
            signed=[Signed(key.hex(), signature.hex()) for key, signature in pairs],
            declined=self.declined,
        )
        text = json.dumps(msgspec.to_builtins(document), ensure_ascii=False, indent=1)
        return text.encode() + b"\n"


class Desk:
    """Reads drafts, checks them, and adds signatures; for one ledger."""

    def __init__(self, chain: bytes, opener: Opener, directory: Directory) -> None:
        """Take the chain id, the decoder of its envelopes, and who holds which key."""
        self._chain = chain
        self._opener = opener
        self._directory = directory

    def begin(self, body: bytes, deadline_ms: int) -> Draft:
        """Return the draft of a transaction that nobody has signed."""
        return self._draft(body, (), deadline_ms, None)

    def read(self, data: bytes) -> Draft:
        """Return a draft after checking form and every signature; raises `DraftInvalid`."""
        if len(data) > DRAFT_BYTES_MAX:
            msg = f"a draft is at most {DRAFT_BYTES_MAX} bytes"
            raise DraftInvalid(msg)
        try:
            document = msgspec.json.decode(data, type=Document)
            if document.format != FORMAT:
                msg = f"its format is not {FORMAT}"
                raise DraftInvalid(msg)
            body = bytes.fromhex(document.body)
            keys = tuple(bytes.fromhex(one.key) for one in document.signed)
            signatures = tuple(bytes.fromhex(one.signature) for one in document.signed)
        except (ValueError, RecursionError) as error:
            msg = f"it is not a draft: {error}"
            raise DraftInvalid(msg) from error
        draft = self._draft(body, signatures, document.deadline_ms, document.declined)
        if keys != draft.signers[: len(keys)]:
            msg = "its signatures are not in the order of its signers"
            raise DraftInvalid(msg)
        for key, signature in zip(keys, signatures, strict=True):
            self._verify(key, draft.incoming.message, signature)
        if draft.declined is not None:
            self._check_declined(draft, draft.declined)
        return draft

    def add(self, draft: Draft, key: bytes, signature: bytes, now_ms: int) -> Draft:
        """Return the draft with one more signature; raises `NotNext`, `DraftInvalid`."""
        self.require_turn(draft, key, now_ms)
        self._verify(key, draft.incoming.message, signature)
        signatures = (*draft.signatures, signature)
        return self._draft(draft.body, signatures, draft.deadline_ms, None)

    def decline(self, draft: Draft, key: bytes, reason: str, signature: bytes) -> Draft:
        """Return the draft closed by a signer who has not signed; raises `NotNext`."""
        if draft.declined is not None:
            msg = "it was declined before"
            raise NotNext(msg)
        declined = Declined(key.hex(), reason, signature.hex())
        self._check_declined(draft, declined)
        return self._draft(draft.body, draft.signatures, draft.deadline_ms, declined)

    def decline_message(self, draft: Draft, reason: str) -> bytes:
        """Return what a signer signs to decline."""
        return TAG_DECLINE + self._chain + draft.id + reason.encode()

    def _draft(
        self,
        body: bytes,
        signatures: tuple[bytes, ...],
        deadline_ms: int,
        declined: Declined | None,
    ) -> Draft:
        try:
            count = len(self._opener.read(body).signers)
            blank = (bytes(64),) * (count - len(signatures))
            incoming = self._opener.open(seal_envelope(body, signatures + blank))
        except Malformed as error:
            msg = f"its transaction is not one of this ledger and release: {error}"
            raise DraftInvalid(msg) from error
        if incoming.transaction.chain != self._chain:
            msg = "its transaction is for another ledger"
            raise DraftInvalid(msg)
        return Draft(incoming, signatures, deadline_ms, declined, body)

    def require_turn(self, draft: Draft, key: bytes, now_ms: int) -> None:
        """Raise `NotNext` unless it is the turn of a key to sign, before the deadline."""
        if draft.declined is not None:
            msg = f"it was declined: {draft.declined.reason}"
            raise NotNext(msg)
        if now_ms > draft.deadline_ms:
            msg = "its deadline has passed; begin a new draft"
            raise NotNext(msg)
        if key not in draft.signers:
            msg = f"key {key.hex()} is none of its signers"
            raise NotNext(msg)
        if key in draft.signers[: len(draft.signatures)]:
            msg = f"key {key.hex()} has signed it already"
            raise NotNext(msg)
        if key != draft.next:
            due = draft.next.hex() if draft.next else "nobody"
            msg = f"it is the turn of key {due}"
            raise NotNext(msg)

    def _check_declined(self, draft: Draft, declined: Declined) -> None:
        try:
            key, signature = bytes.fromhex(declined.key), bytes.fromhex(declined.signature)
        except ValueError as error:
            msg = f"it is not a draft: {error}"
            raise DraftInvalid(msg) from error
        if key not in draft.signers[len(draft.signatures) :]:
            msg = f"key {declined.key} has signed, or is none of its signers: it cannot decline"
            raise NotNext(msg)
        self._verify(key, self.decline_message(draft, declined.reason), signature)

    def _verify(self, key: bytes, message: bytes, signature: bytes) -> None:
        try:
            actor = self._directory.actor(key)
            verify(actor.suite, actor.public, message, signature)
        except (Refused, SignatureInvalid) as error:
            msg = f"the signature of key {key.hex()} does not hold: {error}"
            raise DraftInvalid(msg) from error


class Tray:
    """The folder where drafts of an office wait, one file each, named by transaction id."""

    def __init__(self, folder: Path) -> None:
        """Point at a folder, which need not exist yet; officers may share it."""
        self.folder = folder

    def path(self, draft: Draft) -> Path:
        """Return where a draft belongs."""
        return self.folder / (draft.id.hex() + SUFFIX)

    def put(self, draft: Draft) -> Path:
        """Write a draft whole or not at all and return its file."""
        path = self.path(draft)
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, draft.document())
        return path

    def files(self) -> Iterator[Path]:
        """Yield the files of the drafts that wait, by name."""
        yield from sorted(self.folder.glob("*" + SUFFIX))
