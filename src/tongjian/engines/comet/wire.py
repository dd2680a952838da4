"""ABCI 2.0 as a table of fields, and the codec that the table drives.

Numbers are facts of the wire (CometBFT v0.38). A message is a dictionary by name of field; absent
scalars are zero, absent lists empty, an absent message is none. A transaction here is a bundle of
some hundred envelopes, so the codec is far from any hot path (docs/decisions/0013-network.md).
"""

from typing import Any, Final, NamedTuple

from tongjian.verifier.protobuf import (
    WireError,
    fields_of,
    pack_bytes,
    pack_message,
    pack_number,
    pack_uvarint,
    read_uvarint,
    to_signed,
)

Message = dict[str, Any]

FRAME_BYTES_MAX: Final = 256 * 1024 * 1024
"""Above what a block of CometBFT may hold."""
LENGTH_BYTES_MAX: Final = 5
TABLE: Final = """
Request: echo 1 Echo, flush 2 Empty, info 3 InfoRequest, init_chain 5 InitChainRequest,
  query 6 QueryRequest, check_tx 8 CheckTxRequest, commit 11 Empty, list_snapshots 12 Empty,
  offer_snapshot 13 OfferSnapshotRequest, load_snapshot_chunk 14 LoadChunkRequest,
  apply_snapshot_chunk 15 ApplyChunkRequest, prepare_proposal 16 PrepareRequest,
  process_proposal 17 BlockRequest, extend_vote 18 Empty, verify_vote_extension 19 Empty,
  finalize_block 20 BlockRequest
Response: exception 1 Exception, echo 2 Echo, flush 3 Empty, info 4 InfoResponse,
  init_chain 6 InitChainResponse, query 7 QueryResponse, check_tx 9 TxResult,
  commit 12 CommitResponse, list_snapshots 13 ListSnapshotsResponse, offer_snapshot 14 Verdict,
  load_snapshot_chunk 15 LoadChunkResponse, apply_snapshot_chunk 16 ApplyChunkResponse,
  prepare_proposal 17 PrepareResponse, process_proposal 18 Verdict, extend_vote 19 Empty,
  verify_vote_extension 20 Verdict, finalize_block 21 FinalizeResponse
Empty:
Echo: message 1 string
Exception: error 1 string
InfoRequest: version 1 string, block_version 2 int, p2p_version 3 int, abci_version 4 string
InfoResponse: data 1 string, version 2 string, app_version 3 int, last_block_height 4 int,
  last_block_app_hash 5 bytes
InitChainRequest: time 1 Time, chain_id 2 string, consensus_params 3 ConsensusParams,
  validators 4 ValidatorUpdate*, app_state_bytes 5 bytes, initial_height 6 int
InitChainResponse: consensus_params 1 ConsensusParams, validators 2 ValidatorUpdate*,
  app_hash 3 bytes
QueryRequest: data 1 bytes, path 2 string, height 3 int, prove 4 int
QueryResponse: code 1 int, log 3 string, info 4 string, index 5 int, key 6 bytes, value 7 bytes,
  height 9 int, codespace 10 string
CheckTxRequest: tx 1 bytes, type 2 int
TxResult: code 1 int, data 2 bytes, log 3 string, info 4 string, gas_wanted 5 int, gas_used 6 int,
  codespace 8 string
CommitResponse: retain_height 3 int
PrepareRequest: max_tx_bytes 1 int, txs 2 bytes*, misbehavior 4 Misbehavior*, height 5 int,
  time 6 Time, next_validators_hash 7 bytes, proposer_address 8 bytes
PrepareResponse: txs 1 bytes*
BlockRequest: txs 1 bytes*, decided_last_commit 2 CommitInfo, misbehavior 3 Misbehavior*,
  hash 4 bytes, height 5 int, time 6 Time, next_validators_hash 7 bytes, proposer_address 8 bytes
Verdict: result 1 int
FinalizeResponse: tx_results 2 TxResult*, validator_updates 3 ValidatorUpdate*, app_hash 5 bytes
ListSnapshotsResponse: snapshots 1 Snapshot*
Snapshot: height 1 int, format 2 int, chunks 3 int, hash 4 bytes, metadata 5 bytes
OfferSnapshotRequest: snapshot 1 Snapshot, app_hash 2 bytes
LoadChunkRequest: height 1 int, format 2 int, chunk 3 int
LoadChunkResponse: chunk 1 bytes
ApplyChunkRequest: index 1 int, chunk 2 bytes, sender 3 string
ApplyChunkResponse: result 1 int, refetch_chunks 2 int*, reject_senders 3 string*
ValidatorUpdate: pub_key 1 PublicKey, power 2 int
PublicKey: ed25519 1 bytes, secp256k1 2 bytes
CommitInfo: round 1 int, votes 2 VoteInfo*
VoteInfo: validator 1 Validator, block_id_flag 3 int
Validator: address 1 bytes, power 3 int
Misbehavior: type 1 int, validator 2 Validator, height 3 int, time 4 Time, total_voting_power 5 int
Time: seconds 1 int, nanos 2 int
ConsensusParams: block 1 BlockParams, version 4 VersionParams
BlockParams: max_bytes 1 int, max_gas 2 int
VersionParams: app 1 int
"""


class Field(NamedTuple):
    """One field of a message."""

    name: str
    number: int
    kind: str
    repeated: bool


def _read_table() -> dict[str, tuple[Field, ...]]:
    found: dict[str, tuple[Field, ...]] = {}
    for line in TABLE.replace("\n  ", " ").strip().splitlines():
        name, _, listed = line.partition(":")
        fields: list[Field] = []
        for one in filter(None, (part.strip() for part in listed.split(","))):
            field, number, kind = one.split()
            fields.append(Field(field, int(number), kind.rstrip("*"), kind.endswith("*")))
        found[name] = tuple(fields)
    return found


FIELDS: Final = _read_table()
_BY_NUMBER: Final = {
    name: {field.number: field for field in fields} for name, fields in FIELDS.items()
}


def encode_message(name: str, message: Message) -> bytes:
    """Return the bytes of a message of the table."""
    parts: list[bytes] = []
    for field in FIELDS[name]:
        value = message.get(field.name)
        if value is None:
            continue
        if field.repeated:
            # An element stands even where it is empty: its place counts.
            parts.extend(pack_message(field.number, _element(field, one)) for one in value)
        elif field.kind == "int":
            parts.append(pack_number(field.number, value))
        elif field.kind in ("bytes", "string"):
            parts.append(pack_bytes(field.number, _element(field, value)))
        else:
            parts.append(pack_message(field.number, encode_message(field.kind, value)))
    return b"".join(parts)


def _element(field: Field, value: Any) -> bytes:
    if field.kind == "int":
        return pack_uvarint(value)
    if field.kind == "string":
        return str(value).encode()
    return bytes(value) if field.kind == "bytes" else encode_message(field.kind, value)


def decode_message(name: str, data: bytes) -> Message:
    """Return a message of the table; fields that it lacks are passed over. Raises `WireError`."""
    message: Message = {field.name: _nothing(field) for field in FIELDS[name]}
    known = _BY_NUMBER[name]
    for number, raw in fields_of(data):
        field = known.get(number)
        if field is None:
            continue
        value = _value(field, raw)
        if field.repeated:
            message[field.name].append(value)
        else:
            message[field.name] = value
    return message


def _nothing(field: Field) -> Any:
    if field.repeated:
        return []
    return {"int": 0, "bytes": b"", "string": ""}.get(field.kind)


def _value(field: Field, raw: int | bytes) -> Any:
    if isinstance(raw, int) != (field.kind == "int"):
        msg = f"field {field.name} has another wire type than {field.kind}"
        raise WireError(msg)
    if isinstance(raw, int):
        return to_signed(raw)
    if field.kind == "bytes":
        return raw
    if field.kind == "string":
        return raw.decode("utf-8", "replace")
    return decode_message(field.kind, raw)


def frame(data: bytes) -> bytes:
    """Return a message with its length before it, as it goes over the socket."""
    return pack_uvarint(len(data)) + data


def take_frame(data: bytes | bytearray, start: int = 0) -> tuple[bytes, int] | None:
    """Return the framed message at a place and where it ends, or none while it is not whole."""
    head = bytes(data[start : start + LENGTH_BYTES_MAX])
    try:
        size, at = read_uvarint(head, 0)
    except WireError:
        if len(head) < LENGTH_BYTES_MAX:
            return None
        raise
    if size > FRAME_BYTES_MAX:
        msg = f"a message of {size} bytes is over the limit of {FRAME_BYTES_MAX}"
        raise WireError(msg)
    end = start + at + size
    if len(data) < end:
        return None
    return bytes(data[start + at : end]), end
