"""Certificates of blocks: the engine's signatures, asked for over its socket, in our form."""

import base64
import calendar
import contextlib
import time
from pathlib import Path
from typing import Any, Final

from tongjian.core import values
from tongjian.core.validators import NETWORK_SUITE
from tongjian.engines.chain import Chain
from tongjian.engines.comet.rpc import Rpc, RpcFailed
from tongjian.engines.seals import network_seal
from tongjian.storage.errors import Pruned, StorageError
from tongjian.verifier.light import (
    FOR_BLOCK,
    STEPS_MAX,
    LightBlock,
    ValidatorShown,
    VoteShown,
    header_hash,
    make_certificate,
    overlap,
)
from tongjian.verifier.protobuf import pack_bytes, pack_message, pack_number, pack_time

PAGE: Final = 100


class NotCertified(StorageError):
    """The signatures for a block are not here: not made yet, or the engine does not answer."""


class Certificates:
    """Makes certificates for blocks of a network's ledger."""

    def __init__(self, chain: Chain, rpc: Path) -> None:
        """Ask the engine at a socket about the blocks of a chain."""
        self._chain = chain
        self._rpc = Rpc(rpc)
        self._first: LightBlock | None = None

    def close(self) -> None:
        """Hang up."""
        self._rpc.close()

    def of(self, height: int) -> bytes:
        """Return the certificate of a block of the ledger; raises `NotCertified`.

        It leads from the network's first validators to those who sealed the block, so that a trust
        file from any time holds; where the engine has pruned the way, it shows the last step only.
        """
        target = self.light_block(self._engine_height(height) + 1)
        first = self._first_validators()
        if first is None or first.validators == target.validators:
            return make_certificate((), (target,))
        try:
            steps = tuple(self._steps(first, target))
        except NotCertified:
            return make_certificate((), (target,))
        if len(steps) > STEPS_MAX:
            steps = steps[-STEPS_MAX:]
        return make_certificate(first.validators, steps)

    def _first_validators(self) -> LightBlock | None:
        """Return the header with the network's first validators, if the engine still has it."""
        if self._first is None:
            keys = self._chain.machine.directory.seal_keys()
            begun = next(at for at, key in keys if key.suite == NETWORK_SUITE)
            with contextlib.suppress(NotCertified, Pruned):
                self._first = self.light_block(self._engine_height(begun) + 1)
        return self._first

    def light_block(self, height: int) -> LightBlock:
        """Return a header of the engine with the votes and validators that committed it."""
        try:
            signed = self._rpc.call("commit", height=str(height))["signed_header"]
            listed = self._rpc.call("validators", height=str(height), per_page=str(PAGE))
        except RpcFailed as failed:
            msg = f"the network's signatures for its block {height} are not here: {failed}"
            raise NotCertified(msg) from failed
        return read_light_block(signed, listed["validators"])

    def _engine_height(self, height: int) -> int:
        seal = network_seal(self._chain.sealed(height).seal)
        if seal is None:
            msg = f"block {height} was sealed by the operator, not by a network"
            raise NotCertified(msg)
        return int(seal.height)

    def _steps(self, trusted: LightBlock, target: LightBlock) -> list[LightBlock]:
        """Return the headers between, as few as each signed by a third of those before allows."""
        power, total = overlap(target, trusted.validators)
        if power * 3 > total:
            return [target]
        low, high = _height_of(trusted), _height_of(target)
        if high - low <= 1:
            msg = f"the validators changed too far between {low} and {high} of the engine"
            raise NotCertified(msg)
        middle = self.light_block((low + high) // 2)
        return [*self._steps(trusted, middle), *self._steps(middle, target)]


def read_light_block(signed: dict[str, Any], listed: list[dict[str, Any]]) -> LightBlock:
    """Return what the engine says of a header, in our form."""
    commit = signed["commit"]
    parts = commit["block_id"]["parts"]
    block = LightBlock(
        header=leaves_of(signed["header"]),
        round=int(commit["round"]),
        parts=int(parts["total"]),
        parts_hash=values.digest(bytes.fromhex(parts["hash"])),
        votes=tuple(_vote(one) for one in commit["signatures"]),
        validators=tuple(
            ValidatorShown(
                public=base64.b64decode(one["pub_key"]["value"]), power=int(one["voting_power"])
            )
            for one in listed
        ),
    )
    if header_hash(block.header).hex().upper() != commit["block_id"]["hash"]:
        msg = f"header {signed['header']['height']} does not have the hash that was signed"
        raise NotCertified(msg)
    return block


def leaves_of(header: dict[str, Any]) -> tuple[bytes, ...]:
    """Return the fields of a header as the engine hashes them, in its order."""
    seconds, nanos = read_time(header["time"])
    version = header["version"]
    last = header["last_block_id"]
    parts = pack_number(1, int(last["parts"]["total"])) + _hash(2, last["parts"]["hash"])
    return (
        pack_number(1, int(version["block"])) + pack_number(2, int(version.get("app", 0))),
        pack_bytes(1, header["chain_id"].encode()),
        pack_number(1, int(header["height"])),
        pack_time(seconds, nanos),
        _hash(1, last["hash"]) + pack_message(2, parts),
        *(
            _hash(1, header[name])
            for name in (
                "last_commit_hash",
                "data_hash",
                "validators_hash",
                "next_validators_hash",
                "consensus_hash",
                "app_hash",
                "last_results_hash",
                "evidence_hash",
                "proposer_address",
            )
        ),
    )


def read_time(text: str) -> tuple[int, int]:
    """Return seconds and nanoseconds of a moment in RFC 3339, fractions as text: none is lost."""
    whole, _, fraction = text.rstrip("Z").partition(".")
    seconds = calendar.timegm(time.strptime(whole, "%Y-%m-%dT%H:%M:%S"))
    return seconds, int(fraction.ljust(9, "0") or 0)


def _hash(field: int, text: str) -> bytes:
    return pack_bytes(field, bytes.fromhex(text))


def _vote(signature: dict[str, Any]) -> VoteShown:
    flag = int(signature["block_id_flag"])
    if flag != FOR_BLOCK:
        return VoteShown(flag=flag, seconds=0, nanos=0, signature=b"")
    seconds, nanos = read_time(signature["timestamp"])
    return VoteShown(
        flag=flag,
        seconds=seconds,
        nanos=nanos,
        signature=base64.b64decode(signature["signature"]),
    )


def _height_of(block: LightBlock) -> int:
    return int.from_bytes(_varint(block.header[2][1:]), "big")


def _varint(packed: bytes) -> bytes:
    value = sum((byte & 0x7F) << (7 * place) for place, byte in enumerate(packed))
    return value.to_bytes(8, "big")
