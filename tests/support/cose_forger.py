"""COSE statements and receipts (RFC 9942) as anyone could make them, and who believes them."""

import base64
import hashlib
import json
from collections.abc import Iterable
from typing import Any, NamedTuple

import cbor2
import msgspec
from nacl.signing import SigningKey
from second_verifier import Verdict, ask

from tongjian.verifier import cose
from tongjian.verifier.anchors import Anchors
from tongjian.verifier.receipt import VerificationFailed

KEY, OTHER = SigningKey(b"\1" * 32), SigningKey(b"\2" * 32)
CHAIN = bytes(range(32))
CHECK = "tongjian/check/1"
COSIGNED = "tongjian/cosigned/1"
MSGPACK = "application/vnd.msgpack"


def trust_of(*keys: SigningKey, **other: Any) -> str:
    seals = [
        {"from_height": height, "suite": "ed25519", "public": bytes(key.verify_key).hex()}
        for height, key in enumerate(keys)
    ]
    return json.dumps(
        {"chain": CHAIN.hex(), "label": "small", "hash": "sha256", "seals": seals} | other
    )


TRUST = trust_of(OTHER, KEY)


def id_of(key: SigningKey) -> bytes:
    return hashlib.sha256(b"tongjian/key/1\0\1" + bytes(key.verify_key)).digest()[:16]


# ---------------------------------------------------------------------------------------- making


def sha(*parts: bytes) -> bytes:
    return hashlib.sha256(b"".join(parts)).digest()


def root_and_path(entries: list[bytes], index: int) -> tuple[bytes, list[bytes]]:
    """Return the root over entries and the path of one of them (RFC 9162, 2.1)."""
    if len(entries) == 1:
        return sha(b"\0", entries[0]), []
    cut = 1 << (len(entries) - 1).bit_length() - 1
    left, right = entries[:cut], entries[cut:]
    if index < cut:
        (root, path), other = root_and_path(left, index), root_and_path(right, 0)[0]
        return sha(b"\1", root, other), [*path, other]
    (root, path), other = root_and_path(right, index - cut), root_and_path(left, 0)[0]
    return sha(b"\1", other, root), [*path, other]


def sign1(
    protected: Any, unprotected: Any, payload: Any, signed: bytes, key: SigningKey = KEY
) -> bytes:
    """Return a COSE_Sign1; `protected` as it is where it is bytes."""
    head = protected if isinstance(protected, bytes) else cbor2.dumps(protected, canonical=True)
    message = cbor2.dumps(["Signature1", head, b"", signed])
    parts = [head, unprotected, payload, key.sign(message).signature]
    return cbor2.dumps(cbor2.CBORTag(18, parts), canonical=True)


def checked(data: bytes) -> bytes:
    """Return a file whose empty check is filled in."""
    head = b"\x70" + CHECK.encode() + b"\x48"
    check = sha(CHECK.encode() + b"\0" + data)[:8]
    return data.replace(head + bytes(8), head + check)


ENTRY = msgspec.msgpack.encode([bytes(32), "", b"\7" * 32])
STATEMENT_HEAD = {1: -8, 3: MSGPACK, 4: id_of(KEY)}
RECEIPT_HEAD = {1: -8, 4: id_of(KEY), 395: 1}


class Log(NamedTuple):
    """A log of some entries, one of which is ours."""

    size: int
    place: int
    entry: bytes = ENTRY

    def proof(self) -> tuple[bytes, list[bytes]]:
        entries = [b"%d" % number for number in range(self.size)]
        entries[self.place] = self.entry
        return root_and_path(entries, self.place)

    def receipt(
        self, head: Any = RECEIPT_HEAD, key: SigningKey = KEY, payload: Any = None, **other: Any
    ) -> bytes:
        root, path = self.proof()
        proof = other.get("proof", cbor2.dumps([self.size, self.place, path]))
        unprotected = {396: {-1: [proof]}} | other.get("more", {})
        return sign1(head, other.get("unprotected", unprotected), payload, root, key)

    def statement(self, *receipts: Any, head: Any = STATEMENT_HEAD, **other: Any) -> bytes:
        shown = list(receipts) or [self.receipt()]
        unprotected = other.get("unprotected", {394: shown, CHECK: bytes(8)})
        payload = other.get("payload", self.entry)
        signed = payload if isinstance(payload, bytes) else self.entry
        return checked(sign1(head, unprotected, payload, signed, other.get("key", KEY)))


LOG = Log(7, 4)


# ---------------------------------------------------------------------------------------- asking


def verdict(statement: bytes, trust: str) -> Verdict:
    try:
        held = cose.verify_statement(statement, Anchors.decode(trust.encode()))
    except cose.HashUnsuited as error:
        return Verdict(unusable=True, why=str(error))
    except VerificationFailed as error:
        return Verdict(failed=(error.step, error.title), why=error.why)
    return Verdict(held=tuple(step.title for step in held.steps))


def alike(statements: Iterable[tuple[str, bytes]], trust: str = TRUST) -> list[Verdict]:
    """Ask both; they must agree on the verdict and on the step that fails."""
    named = list(statements)
    said = ask([{"kind": "cose", "statement": data.hex(), "trust": trust} for _, data in named])
    first = [verdict(data, trust) for _, data in named]
    second = [
        Verdict(
            held=tuple(one.get("titles", ())),
            failed=(one["step"], one["title"]) if "step" in one else None,
            unusable="unusable" in one,
            why=one.get("why", ""),
        )
        for one in said
    ]
    differing = [
        f"{name}: program {one}, JavaScript {two}"
        for (name, _), one, two in zip(named, first, second, strict=True)
        if one.said != two.said
    ]
    assert differing == [], "\n".join(differing)
    return first


def hostile(statements: Iterable[tuple[str, bytes]], trust: str = TRUST) -> set[Any]:
    """Ask both about statements none of which may hold; return where they fail."""
    named = list(statements)
    said = alike(named, trust)
    held = [name for (name, _), one in zip(named, said, strict=True) if one.held]
    assert held == []
    return {one.failed for one in said}


# -------------------------------------------------------------------------------------- witnesses


def checkpoint_of(
    size: int, root: bytes, *witnesses: tuple[str, SigningKey], **other: Any
) -> bytes:
    """Return a head of the log that witnesses signed (section 12)."""
    text = (
        f"{other.get('origin', f'tongjian/small/{CHAIN.hex()[:16]}')}\n{size}\n"
        f"{base64.b64encode(root).decode()}\ntongjian/header/1 9 {bytes(32).hex()}\n"
    )
    lines = []
    for name, key in witnesses:
        public, seconds = bytes(key.verify_key), 1_795_060_800
        message = f"cosignature/v1\ntime {seconds}\n{text}".encode()
        hint = sha(name.encode() + b"\n\x04" + public)[:4]
        signature = seconds.to_bytes(8) + key.sign(message).signature
        lines.append(f"\u2014 {name} {base64.b64encode(hint + signature).decode()}\n")
    return f"{text}\n{''.join(lines)}".encode()
