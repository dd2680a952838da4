"""The folder of a ledger: genesis, trust anchors, keys, blocks, state; founding and opening it.

genesis.json   the founding document, for people; its canonical bytes give the chain id
anchors.json   what a stranger needs to verify receipts: chain id, hash, seal keys by height
keys/          key files of this machine, one each, readable by the owner only
blocks.log     the blocks · store.lmdb the derived state · lock
offices.json   names of offices, for display; not on the ledger
"""

import gc
import json
import os
import re
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import msgspec

from tongjian.core.encoding import encode
from tongjian.core.genesis import Genesis, GenesisRefused, compute_chain_id
from tongjian.core.hashing import Hash, HashSuite, hash_of
from tongjian.engines.chain import Chain
from tongjian.engines.comet.certificates import Certificates
from tongjian.engines.solo import SoloEngine
from tongjian.engines.trust import anchors_of, as_of
from tongjian.node.clock import now_ms
from tongjian.node.engine_home import EngineHome
from tongjian.node.keys import (
    Identity,
    KeyFileError,
    KeyPair,
    SealKeys,
    read_credential,
    read_identity,
    read_key,
)
from tongjian.storage.files import write_json
from tongjian.verifier.anchors import Anchors, SealAnchor

GENESIS_NAME: Final = "genesis.json"
ANCHORS_NAME: Final = "anchors.json"
KEYS_NAME: Final = "keys"
NAMES_NAME: Final = "offices.json"
SEAL_KEY_NAME: Final = "operator"
_HOLDER: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")


class HomeError(Exception):
    """A folder that is no ledger, or not the one expected; the text says what to do."""


class Home:
    """A ledger's folder."""

    def __init__(self, folder: Path) -> None:
        """Point at a folder; nothing is read yet."""
        self.folder = folder

    def found(self, genesis: Genesis, seal_key: KeyPair, names: dict[str, str]) -> None:
        """Write a new ledger: the founding document, the anchors and block 0.

        Raises `HomeError` where the folder holds a ledger already, `GenesisRefused` where the
        document contradicts itself.
        """
        if (self.folder / GENESIS_NAME).exists():
            msg = f"{self.folder} holds a ledger already; choose another folder"
            raise HomeError(msg)
        self.folder.mkdir(parents=True, exist_ok=True)
        write_json(self.folder / NAMES_NAME, names)
        anchors = Anchors(
            chain=compute_chain_id(genesis).hex(),
            label=genesis.label,
            hash=HashSuite(genesis.hash_suite).name.lower(),
            seals=[SealAnchor.of(0, genesis.seal_suite, genesis.seal_public)],
        )
        write_json(self.folder / ANCHORS_NAME, msgspec.to_builtins(anchors))
        write_json(self.folder / GENESIS_NAME, to_readable(genesis))
        chain = Chain(self.folder, genesis, writable=True)
        try:
            chain.found(SealKeys(seal_key))
        finally:
            chain.close()

    def genesis(self) -> Genesis:
        """Return the founding document; raises `HomeError` where there is none or it is not one."""
        path = self.folder / GENESIS_NAME
        if not path.exists():
            msg = (
                f"{self.folder} holds no ledger; found one with `tongjian init` or `tongjian demo`"
            )
            raise HomeError(msg)
        try:
            return from_readable(json.loads(path.read_text(encoding="utf-8")))
        except (ValueError, GenesisRefused) as error:
            msg = f"{path.name} is not a founding document: {error}"
            raise HomeError(msg) from error

    def anchors(self, chain: Chain | None = None) -> Anchors:
        """Return the trust anchors: the written ones, with the seal keys that `chain` names.

        Without the opened chain they may lack a key that was voted in since this ledger was last
        opened for writing.
        """
        written = Anchors.read(self.folder / ANCHORS_NAME)
        if chain is None or chain.needs_founding():
            return written
        with chain.lock:
            time_ms, days = as_of(chain)
            return msgspec.structs.replace(
                written, seals=anchors_of(chain).seals, as_of_ms=time_ms, trust_days=days
            )

    def trust(self, anchors: Anchors) -> None:
        """Write the trust file of this ledger."""
        write_json(self.folder / ANCHORS_NAME, msgspec.to_builtins(anchors))

    def names(self) -> dict[str, str]:
        """Return names of offices by USCC, for display."""
        path = self.folder / NAMES_NAME
        if not path.exists():
            return {}
        found: dict[str, str] = json.loads(path.read_text(encoding="utf-8"))
        return found

    def digest(self) -> Hash:
        """Return the hash of this ledger; raises `HomeError` where there is no ledger."""
        return hash_of(HashSuite(self.genesis().hash_suite))

    def key(self, holder: str) -> KeyPair:
        """Return the key of a holder on this machine; raises `KeyFileError`."""
        return read_key(self.key_path(holder), self.digest())

    def identity(self, holder: str) -> Identity:
        """Return which key a holder has here, without opening it; raises `KeyFileError`."""
        return read_identity(self.key_path(holder), self.digest())

    def credential(self, holder: str) -> bytes:
        """Return the id by which a browser knows a holder's passkey; raises `KeyFileError`."""
        return read_credential(self.key_path(holder))

    def key_path(self, holder: str) -> Path:
        """Return where the key file of a holder stands; raises `KeyFileError` for no such name.

        A name with a slash would put a secret outside the folder that is kept and backed up.
        """
        if _HOLDER.fullmatch(holder) is None:
            msg = f"{holder!r} is no name of a holder: letters, digits, `.`, `_`, `-`, 64 at most"
            raise KeyFileError(msg)
        return self.folder / KEYS_NAME / f"{holder}.json"

    @contextmanager
    def open(self, *, writable: bool = False) -> Generator[Chain]:
        """Open the chain; only one process at a time may have it writable."""
        chain = Chain(self.folder, self.genesis(), writable=writable)
        certificates: Certificates | None = None
        try:
            engine = EngineHome(self.folder)
            chain.archives = ", ".join(engine.settings().archives)
            if chain.needs_founding() and not engine.begins_with_snapshot():
                if not writable:
                    msg = f"{self.folder} holds a ledger without blocks; open it for writing once"
                    raise HomeError(msg)
                # Founding was interrupted after the document was written: finish it.
                chain.found(self.seal_keys())
            if writable:
                self._refresh_anchors(chain)
            if engine.folder.exists():
                certificates = Certificates(chain, engine.rpc)
                chain.certify = certificates.of
            yield chain
            if writable:
                # A seal key may have been voted in meanwhile.
                self._refresh_anchors(chain)
        finally:
            if certificates is not None:
                certificates.close()
            chain.close()

    def seal_keys(self) -> SealKeys:
        """Return the operator's keys on this machine: `operator.json`, more after a rotation."""
        files = sorted((self.folder / KEYS_NAME).glob(f"{SEAL_KEY_NAME}*.json"))
        return SealKeys(*(self.key(file.stem) for file in files))

    def _refresh_anchors(self, chain: Chain) -> None:
        """Write the trust file again when the ledger names a seal key that it lacks."""
        current = self.anchors(chain)
        if current != self.anchors():
            self.trust(current)

    @contextmanager
    def engine(self, *, workers: int = 0) -> Generator[SoloEngine]:
        """Run the solo engine over the ledger until the block ends."""
        with self.open(writable=True) as chain:
            calm_collector()
            engine = SoloEngine(chain, self.seal_keys(), now_ms, workers=workers)
            try:
                yield engine
            finally:
                engine.close()


def calm_collector() -> None:
    """Have Python look for cycles rarely: the engine makes none, and a look costs 5 µs an act.

    What is loaded by now stays for the life of the process and is not looked at again.
    """
    gc.freeze()
    gc.set_threshold(100_000, 50, 100)


def default_workers() -> int:
    """Return how many signature-checking processes suit this machine."""
    return max(os.cpu_count() or 1, 1)


def to_readable(genesis: Genesis) -> dict[str, Any]:
    """Return the founding document as JSON values with hexadecimal bytes."""
    return {"format": "tongjian-genesis/1", **_readable(genesis)}


def from_readable(document: dict[str, Any]) -> Genesis:
    """Read the founding document back; raises `ValueError` where it is not one."""
    fields = dict(document)
    if fields.pop("format", None) != "tongjian-genesis/1":
        msg = "its format is not tongjian-genesis/1"
        raise ValueError(msg)
    genesis: Genesis = _build(Genesis, fields)
    # Constructors check nothing; decoding does.
    return msgspec.msgpack.decode(encode(genesis), type=Genesis)


def _readable(value: Any) -> Any:
    if isinstance(value, msgspec.Struct):
        return {name: _readable(getattr(value, name)) for name in value.__struct_fields__}
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, tuple):
        return [_readable(item) for item in value]  # pyright: ignore[reportUnknownVariableType]
    return value


def _build(record: Any, value: Any) -> Any:
    """Build a value of a record's type from JSON values, by the field types of the record."""
    info = (
        msgspec.inspect.type_info(record)
        if not isinstance(record, msgspec.inspect.Type)
        else record
    )
    if isinstance(info, msgspec.inspect.Metadata):
        return _build(info.type, value)
    if isinstance(info, msgspec.inspect.StructType):
        fields: Any = value
        if not isinstance(value, dict) or list(fields) != [f.name for f in info.fields]:
            msg = f"{info.cls.__name__} needs exactly {[f.name for f in info.fields]}, in order"
            raise ValueError(msg)
        return info.cls(**{f.name: _build(f.type, value[f.name]) for f in info.fields})
    if isinstance(info, msgspec.inspect.BytesType):
        return bytes.fromhex(value)
    if isinstance(info, msgspec.inspect.VarTupleType):
        return tuple(_build(info.item_type, item) for item in value)
    return value
