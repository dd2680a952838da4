"""Every decoder as a function from bytes to nothing, with the refusals that it documents.

`attempt` runs one: any other exception than a documented refusal is a finding. Where the bytes are
accepted, what must then hold is asserted: the canonical form of a record is the only one.
"""

import io
import json
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import cache
from typing import Any, NamedTuple

import cbor2
import samples
from evidence_targets import package, package_samples, time_stamp, time_stamp_samples
from ocds_files import ownership_files, release_files
from shelf import REGISTRY as SHELF

from tongjian.catalogue import load_registry
from tongjian.connectors import ocds
from tongjian.connectors.bods import behind, declaration_of, read_ownership, relations
from tongjian.connectors.canonicaljson import canonical as canonical_json
from tongjian.connectors.einvoice import Unreadable, read_document
from tongjian.connectors.evidence.errors import PackageInvalid
from tongjian.connectors.ocds.checking import check_release
from tongjian.connectors.ocds.flags import Examiner, explain
from tongjian.connectors.ocds.merging import NotMerged, compile_releases
from tongjian.core import limits
from tongjian.core.block import BODIES, HEADERS, SEALED, Bodies, Result
from tongjian.core.encoding import Codec, Malformed, decode, encode
from tongjian.core.envelope import Opener
from tongjian.core.genesis import GENESIS_BYTES_MAX, Genesis, GenesisRefused, compute_genesis_rows
from tongjian.core.hashing import sha256
from tongjian.core.signatures import (
    KeyRefused,
    KeySuite,
    SignatureInvalid,
    check_public_key,
    verify,
)
from tongjian.engines.frames import read_frame
from tongjian.storage.blocklog import Frame
from tongjian.storage.errors import LogDamaged
from tongjian.suites import sm2
from tongjian.testkit.world import CHAIN
from tongjian.verifier.anchors import Anchors, AnchorsInvalid
from tongjian.verifier.check import CHECK_LABEL, with_check
from tongjian.verifier.receipt import (
    AbsenceStatement,
    RangeStatement,
    RowStatement,
    TransactionStatement,
    VerificationFailed,
    verify_receipt,
)
from tongjian.verifier.timestamp import TimeStampInvalid

REGISTRY = load_registry()


class Target(NamedTuple):
    """A decoder, what it may raise, and valid bytes to begin with."""

    run: Callable[[bytes], None]
    refusals: tuple[type[Exception], ...]
    samples: Callable[[], Sequence[bytes]]
    cost: int = 1
    """How much dearer an input is than a record; what is dear is tried less often."""
    only_samples: bool = False
    """Whether nothing but the samples may be accepted: a signature has one form."""


def attempt(target: Target, data: bytes) -> bool:
    """Say whether the bytes were accepted; let through whatever is no documented refusal."""
    try:
        target.run(data)
    except target.refusals as refused:
        said = str(refused)
    else:
        assert not target.only_samples or data in target.samples(), "a second form was accepted"
        return True
    assert said, "a refusal says why"
    return False


def canonical(codec: Codec | Bodies) -> Callable[[bytes], None]:
    """Decode strictly; what is accepted must be its own and only form."""

    def run(data: bytes) -> None:
        assert encode(codec.decode(data)) == data

    return run


def trusted(codec: Codec) -> Callable[[bytes], None]:
    """Decode without the comparison; what is accepted must encode to its canonical form."""

    def run(data: bytes) -> None:
        record = codec.decode_trusted(data)
        assert codec.decode(encode(record)) == record

    return run


# --------------------------------------------------------------------------------------- records


def opener(registry: Any) -> Callable[[bytes], None]:
    opened = Opener(registry, CHAIN, sha256)

    def run(data: bytes) -> None:
        incoming = opened.open(data)
        again = opened.open_trusted(data)
        assert incoming.id == again.id == sha256(incoming.message)
        body = encode(incoming.transaction)
        assert incoming.message.endswith(body)
        assert encode((body, incoming.signatures)) == data

    return run


ROWS = sorted(REGISTRY.tables)


def row(data: bytes) -> None:
    """Decode a row of the table that the first byte chooses."""
    table = REGISTRY.tables[ROWS[(data[0] if data else 0) % len(ROWS)]]
    canonical(table.codec)(data[1:])


def row_samples() -> list[bytes]:
    found = samples.rows()
    return [bytes([ROWS.index(name)]) + each for name, rows in found.items() for each in rows]


def key(data: bytes) -> None:
    """Take a row key apart and put it together again."""
    table = REGISTRY.table_of(data)
    if table is not None:
        try:
            parts = table.split(data)
        except UnicodeDecodeError as error:
            raise Malformed(str(error)) from error
        assert isinstance(parts, tuple)


def key_samples() -> list[bytes]:
    every = [each for vector in samples.vectors() for each in vector["rows_before"]]
    return samples.few([bytes.fromhex(each["key"]) for each in every])


def founding(data: bytes) -> None:
    """Found a ledger on a document."""
    genesis = decode(Genesis, data, GENESIS_BYTES_MAX)
    rows = compute_genesis_rows(genesis)
    assert rows


def frame(data: bytes) -> None:
    """Read a stored block: the first two bytes are the length of its head."""
    size = int.from_bytes(data[:2], "big")
    read_frame(Frame(0, len(data), data[2 : 2 + size], data[2 + size :]))


def frame_samples() -> list[bytes]:
    return [len(h).to_bytes(2, "big") + h + b for h, b in samples.ledger().frames]


def heads() -> list[bytes]:
    return [head for head, _ in samples.ledger().frames]


def headers() -> list[bytes]:
    return [SEALED.decode(head).header for head in heads()]


def bodies() -> list[bytes]:
    return [body for _, body in samples.ledger().frames]


RESULTS = Codec(Result, limits.BLOCK_BODY_BYTES_MAX)


def results() -> list[bytes]:
    done = Result(transaction=bytes(32), outcome="", events=(b"e",))  # type: ignore[arg-type]
    refused = Result(transaction=bytes(32), outcome="bank/4@0", events=())  # type: ignore[arg-type]
    return [encode(done), encode(refused)]


# -------------------------------------------------------------------------------------- receipts


def receipt(data: bytes) -> None:
    """Verify a receipt; whatever holds must be true of the ledger that it speaks of."""
    verified = verify_receipt(data, samples.ledger().anchors)
    rows, results = samples.ledger().rows, samples.ledger().results
    for statement in verified.statements:
        match statement:
            case RowStatement():
                key = verified.entries[statement.entry].key
                assert rows.get(key, b"") == statement.value
            case AbsenceStatement():
                assert statement.key not in rows
            case RangeStatement():
                inside = [key for key in sorted(rows) if statement.low <= key < statement.high]
                assert [rows[key] for key in inside] == list(statement.values)
            case TransactionStatement():
                told = (statement.outcome, statement.events)
                assert results[statement.transaction] == told


@cache
def _sound() -> list[Any]:
    return [cbor2.loads(data) for data in samples.ledger().receipts]


def statements(data: bytes) -> None:
    """Verify a receipt whose seal holds and whose statements are hostile: anyone can make one."""
    protected, body, payload, signature = _sound()[0].value
    first = next(iter(body))

    def write(check: bytes) -> bytes:
        hostile = {**body, first: data, CHECK_LABEL: check}
        return cbor2.dumps(cbor2.CBORTag(18, [protected, hostile, payload, signature]))

    receipt(with_check(samples.ledger().anchors.digest, write))


def statement_samples() -> list[bytes]:
    return [next(iter(tag.value[1].values())) for tag in _sound()]


def anchors(data: bytes) -> None:
    """Read a trust file, and ask it for keys."""
    read = Anchors.decode(data)
    for height in (0, 1, 2**40):
        try:
            read.seal_at(height)
        except AnchorsInvalid:
            assert read.seals[0].from_height > height


# ------------------------------------------------------------------------------------- signatures

PUBLIC = bytes.fromhex("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a")
SIGNATURE = bytes.fromhex(
    "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46b"
    "d25bf5f0595bbe24655141438e7a100b"
)
"""RFC 8032, 7.1, test 1: the empty message."""


def signature(data: bytes) -> None:
    """Verify a key, a signature and a message that stand in a row."""
    verify(KeySuite.ED25519, data[:32], data[96:], data[32:96])


def public_key(data: bytes) -> None:
    """Enrol a key of the suite that the first byte names."""
    try:
        suite = KeySuite(data[0] if data else 1)
    except ValueError as error:
        raise KeyRefused(str(error)) from error
    check_public_key(suite, data[1:])


def sm2_signature(data: bytes) -> None:
    """Convert and verify an SM2 signature in DER."""
    raw = sm2.raw_from_der(data)
    assert sm2.der_from_raw(raw) == data
    sm2.verify(sm2._PROBE_PUBLIC, raw, b"message digest")


def sm2_key(data: bytes) -> None:
    """Verify under any SM2 key."""
    sm2.check_public_key(data)
    sm2.verify(data, sm2._PROBE_SIGNATURE, b"message digest")


# -------------------------------------------------------------------------------------- documents


def document(data: bytes) -> None:
    """Read an electronic invoice in any form."""
    found = read_document(data, "fuzz")
    assert isinstance(found.is_recordable, bool)
    assert found.key


def releases(data: bytes) -> None:
    """Read contracting data, look at every release for flags, and merge what can be merged."""
    examiner = Examiner()
    parts = list(ocds.read_stream(io.BytesIO(data)))
    for part in parts:
        if isinstance(part, ocds.Found):
            assert ocds.parse(ocds.encode(part.content)) == part.content
            assert canonical_json(part.content)
            examiner.take(part.content)
            if not any(finding.severity == "error" for finding in check_release(part.content)):
                with suppress(NotMerged):
                    compile_releases([part.content, part.content])
    for flag in examiner.findings():
        assert explain(flag, "zh").says
    if any(isinstance(part, ocds.Unreadable) for part in parts):
        raise ocds.Malformed("a part is not read")


def ownership(data: bytes) -> None:
    """Read ownership statements and follow every chain."""
    known = read_ownership(io.BytesIO(data))
    for entity in known.entities:
        assert behind(known, entity).is_complete
        declaration_of(known, entity)
    relations(known, known.entities)
    if any(finding.severity == "error" for finding in known.findings):
        raise ocds.Malformed("a statement is not read")


MALFORMED = (Malformed,)
TARGETS: dict[str, Target] = {
    "envelope": Target(opener(REGISTRY), MALFORMED, samples.envelopes),
    "small envelope": Target(opener(SHELF), MALFORMED, lambda: samples.ledger().envelopes),
    "act": Target(
        canonical(REGISTRY.act_codec), MALFORMED, lambda: list(map(act_of, samples.envelopes()))
    ),
    "event": Target(canonical(REGISTRY.event_codec), MALFORMED, samples.events),
    "trusted event": Target(trusted(REGISTRY.event_codec), MALFORMED, samples.events),
    "row": Target(row, MALFORMED, row_samples),
    "key": Target(key, MALFORMED, key_samples),
    "header": Target(canonical(HEADERS), MALFORMED, headers),
    "sealed": Target(canonical(SEALED), MALFORMED, heads),
    "body": Target(canonical(BODIES), MALFORMED, bodies),
    "result": Target(canonical(RESULTS), MALFORMED, results),
    "frame": Target(frame, (LogDamaged,), frame_samples),
    "genesis": Target(founding, (Malformed, GenesisRefused), lambda: [samples.genesis()]),
    "receipt": Target(receipt, (VerificationFailed,), lambda: samples.ledger().receipts, cost=2),
    "statements": Target(statements, (VerificationFailed,), statement_samples, cost=2),
    "anchors": Target(anchors, (AnchorsInvalid,), lambda: [samples.ledger().trust_file]),
    "signature": Target(
        signature, (SignatureInvalid,), lambda: [PUBLIC + SIGNATURE], only_samples=True
    ),
    "public key": Target(public_key, (KeyRefused,), lambda: [b"\x01" + PUBLIC]),
    "sm2 signature": Target(
        sm2_signature,
        (SignatureInvalid,),
        lambda: [sm2.der_from_raw(sm2._PROBE_SIGNATURE)],
        8,
        only_samples=True,
    ),
    "sm2 key": Target(
        sm2_key,
        (SignatureInvalid, KeyRefused),
        lambda: [sm2._PROBE_PUBLIC],
        8,
        only_samples=True,
    ),
    "document": Target(document, (Unreadable,), samples.documents, cost=20),
    "releases": Target(releases, (ocds.Malformed,), release_files, cost=20),
    "ownership": Target(ownership, (ocds.Malformed,), ownership_files, cost=20),
    "package": Target(package, (PackageInvalid,), package_samples, cost=20),
    "time stamp": Target(time_stamp, (TimeStampInvalid,), time_stamp_samples, cost=100),
}


def act_of(envelope: bytes) -> bytes:
    """Give the bytes of the first act of an envelope."""
    incoming = Opener(REGISTRY, CHAIN, sha256).open(envelope)
    return encode(incoming.transaction.acts[0])


def describe() -> str:
    """List the targets as JSON: name, refusals, number of samples."""
    found = {
        name: [[refusal.__name__ for refusal in target.refusals], len(target.samples())]
        for name, target in TARGETS.items()
    }
    return json.dumps(found)
