"""What a verifier trusts: a chain id, its hash, and the operator's seal keys by height.

The file is small enough to print in a gazette. Whoever verifies must have it from a source that
they trust, not from the receipt.
"""

import re
from pathlib import Path
from typing import Final

import msgspec

from tongjian.core import limits
from tongjian.core.hashing import Hash, HashSuite, hash_of
from tongjian.core.signatures import SEAL_SUITES, SUITE_NAMES, KeySuite, check_public_key

ANCHORS_BYTES_MAX: Final = 1 << 20
WITNESSES_MAX: Final = 32
DAYS_MAX: Final = 36_500
DAY_MS: Final = 24 * 3_600_000
WITNESS_NAME: Final = re.compile(r"[!-*,-~]{1,128}")
_HASHES: Final = {"sha256": HashSuite.SHA256, "sm3": HashSuite.SM3}
_SUITES: Final = {SUITE_NAMES[suite]: suite for suite in (*SEAL_SUITES, KeySuite.NETWORK)}
_SET_BYTES: Final = 32


class AnchorsInvalid(Exception):
    """A trust file that cannot be used; the text says why."""


class SealAnchor(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A seal key that counts from a height until the next anchor's height."""

    from_height: int
    suite: str
    """`ed25519`, `sm2` or `p256`; `cometbft` where the validators of a network seal."""
    public: str
    """In hexadecimal; of a network the hash of the validators' set."""

    @staticmethod
    def of(from_height: int, suite: int, public: bytes) -> "SealAnchor":
        """Return the anchor of a key on the ledger."""
        return SealAnchor(from_height, SUITE_NAMES[KeySuite(suite)], public.hex())


class WitnessAnchor(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A witness whose signatures under heads of the log count, by the Ed25519 key of its name."""

    name: str
    public: str


class Anchors(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """The trust anchors of one chain."""

    chain: str
    label: str
    hash: str
    seals: list[SealAnchor]
    witnesses: list[WitnessAnchor] = []
    quorum: int = 0
    """How many of the witnesses must have signed the head that a receipt rests on."""
    as_of_ms: int = 0
    """Time of the newest block when the file was made; 0 where validators seal nothing."""
    trust_days: int = 0
    """So long after that moment the file vouches for newer blocks of a network; 0 for ever."""

    @staticmethod
    def read(path: Path) -> "Anchors":
        """Read a trust file; raises `AnchorsInvalid`."""
        try:
            data = path.read_bytes()
        except OSError as error:
            msg = f"the trust file {path} cannot be read: {error.strerror}"
            raise AnchorsInvalid(msg) from error
        return Anchors.decode(data)

    @staticmethod
    def decode(data: bytes) -> "Anchors":
        """Decode and check a trust file's bytes; raises `AnchorsInvalid`."""
        if len(data) > ANCHORS_BYTES_MAX:
            msg = f"the trust file is over {ANCHORS_BYTES_MAX} bytes"
            raise AnchorsInvalid(msg)
        try:
            anchors = msgspec.json.decode(data, type=Anchors)
            anchors.check()
        except (ValueError, KeyError, RecursionError, msgspec.MsgspecError) as error:
            msg = f"the trust file is not usable: {error}"
            raise AnchorsInvalid(msg) from error
        return anchors

    def check(self) -> None:
        """Raise `ValueError` where a field is not what it must be."""
        if len(bytes.fromhex(self.chain)) != 32:  # noqa: PLR2004 - a digest
            msg = "`chain` is 32 bytes in hexadecimal"
            raise ValueError(msg)
        if self.hash not in _HASHES:
            msg = f"`hash` is one of {', '.join(_HASHES)}"
            raise ValueError(msg)
        hash_of(_HASHES[self.hash])
        heights = [seal.from_height for seal in self.seals]
        within = (0, *heights, limits.HEIGHT_MAX)
        if not heights or heights != sorted(set(heights)) or within != tuple(sorted(within)):
            msg = f"`seals` are in order of `from_height`, 0 to {limits.HEIGHT_MAX}, at least one"
            raise ValueError(msg)
        for seal in self.seals:
            _check_seal(seal)
        if not (0 <= self.as_of_ms <= limits.TIME_MS_MAX and 0 <= self.trust_days <= DAYS_MAX):
            msg = f"`as_of_ms` is 0 to {limits.TIME_MS_MAX}, `trust_days` 0 to {DAYS_MAX}"
            raise ValueError(msg)
        self._check_witnesses()

    def _check_witnesses(self) -> None:
        for witness in self.witnesses:
            check_public_key(KeySuite.ED25519, bytes.fromhex(witness.public))
            if not WITNESS_NAME.fullmatch(witness.name):
                msg = "the name of a witness is printable ASCII without spaces and plus signs"
                raise ValueError(msg)
        names = dict.fromkeys(witness.name for witness in self.witnesses)
        publics = dict.fromkeys(bytes.fromhex(witness.public) for witness in self.witnesses)
        seals = dict.fromkeys(bytes.fromhex(seal.public) for seal in self.seals)
        count = len(self.witnesses)
        if (
            count > WITNESSES_MAX
            or len(names) != count
            or len(publics | seals) != count + len(seals)
        ):
            msg = (
                f"`witnesses` are at most {WITNESSES_MAX}, each with a name and a key of its own, "
                "which is not the operator's"
            )
            raise ValueError(msg)
        if not 0 <= self.quorum <= count:
            msg = f"`quorum` is {self.quorum} of {count} witnesses; it is 0 to {count}"
            raise ValueError(msg)

    @property
    def chain_id(self) -> bytes:
        """The chain id as bytes."""
        return bytes.fromhex(self.chain)

    @property
    def digest(self) -> Hash:
        """The hash of the chain."""
        return hash_of(_HASHES[self.hash])

    def is_trusted(self, time_ms: int, now_ms: int) -> bool:
        """Say whether the file still vouches for who sealed a block of a time.

        It always does for what is no newer than itself, and for a network's newer blocks within
        the trust period. Validators who have left since could sign anything: what they sealed once
        they cannot change, and what they seem to have sealed later counts no more.
        """
        if not self.trust_days or time_ms <= self.as_of_ms:
            return True
        return now_ms - self.as_of_ms <= self.trust_days * DAY_MS

    def seal_keys(self) -> list[tuple[KeySuite, bytes]]:
        """Return suite and public key of every seal key, in order of height."""
        return [(_SUITES[seal.suite], bytes.fromhex(seal.public)) for seal in self.seals]

    def seal_at(self, height: int) -> tuple[KeySuite, bytes]:
        """Return suite and public key for a height; raises `AnchorsInvalid` before the first."""
        found = None
        for seal in self.seals:
            if seal.from_height <= height:
                found = seal
        if found is None:
            msg = f"no seal key counts at height {height}"
            raise AnchorsInvalid(msg)
        return _SUITES[found.suite], bytes.fromhex(found.public)


def _check_seal(seal: SealAnchor) -> None:
    suite, public = _SUITES[seal.suite], bytes.fromhex(seal.public)
    if suite is not KeySuite.NETWORK:
        check_public_key(suite, public)
    elif len(public) != _SET_BYTES:
        msg = f"the hash of a set of validators is {_SET_BYTES} bytes in hexadecimal"
        raise ValueError(msg)
