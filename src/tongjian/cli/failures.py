"""How a command ends: exit codes, and failures that say what, why, by which rule and what next."""

from dataclasses import dataclass
from enum import IntEnum
from typing import Final


class ExitCode(IntEnum):
    """What a caller in a script can rely on; docs/how-to/found-a-ledger.md lists the codes."""

    OK = 0
    FAILURE = 1
    USAGE = 2
    NOT_FOUND = 3
    VERIFICATION_FAILED = 4
    UNAUTHORISED = 5
    CONFLICT = 6
    """Refused by a rule, or a precondition does not hold."""
    UNAVAILABLE = 7
    """Busy, in use by another process, or no room on the disk; nothing was recorded."""
    UNKNOWN = 8
    """It may or may not be recorded; the message says how to find out."""
    PARTIAL = 9
    INTERRUPTED = 130


class Failure(Exception):
    """A command that cannot go on: a sentence each for what, why, the rule and the next step."""

    def __init__(
        self, code: ExitCode, what: str, *, why: str = "", rule: str = "", then: str = ""
    ) -> None:
        """Take the exit code and the four parts; `then` is the next command to try."""
        super().__init__(what)
        self.code = code
        self.what = what
        self.why = why
        self.rule = rule
        self.then = then

    def as_json(self) -> dict[str, object]:
        """Return the failure for machines."""
        return {
            "code": int(self.code),
            "name": self.code.name.lower(),
            "what": self.what,
            "why": self.why,
            "rule": self.rule,
            "next": self.then,
        }


@dataclass(frozen=True)
class _Known:
    """How an error of a layer below is told to a person."""

    code: ExitCode
    what: str
    rule: str
    then: str


_FOUND: Final = "tongjian init --example > plan.toml && tongjian init ledger --plan plan.toml"
_DOCTOR: Final = "tongjian doctor --deep"

# By name, so that an error is told without importing the layer that may have raised it.
_KNOWN: Final[dict[str, _Known]] = {
    "tongjian.suites.errors.SuiteUnavailable": _Known(
        ExitCode.UNAVAILABLE,
        "This machine cannot check signatures of this suite; nothing was decided.",
        "docs/decisions/0011-key-suites.md",
        "pip install tongsuopy",
    ),
    "tongjian.node.supervisor.EngineMissing": _Known(
        ExitCode.UNAVAILABLE,
        "There is no engine for a network here.",
        "docs/how-to/run-a-network.md",
        "make cometbft",
    ),
    "tongjian.node.engine_home.EngineHomeError": _Known(
        ExitCode.NOT_FOUND,
        "The node cannot be used as it is.",
        "docs/how-to/run-a-network.md",
        "tongjian network join --help",
    ),
    "tongjian.node.client.NodeSilent": _Known(
        ExitCode.UNKNOWN,
        "No node answers.",
        "a transaction is decided once, wherever it arrives: submit it again, to any node",
        "tongjian network status",
    ),
    "tongjian.node.backup.BackupError": _Known(
        ExitCode.FAILURE,
        "The backup was not made, or not put back.",
        "docs/operations/nodes.md",
        "tongjian backup --help, or tongjian restore --help",
    ),
    "tongjian.storage.errors.Pruned": _Known(
        ExitCode.NOT_FOUND,
        "This node does not have that any more.",
        "a node keeps as much as engine/settings.json says; an archive node keeps all",
        "ask an archive node: docs/operations/nodes.md",
    ),
    "tongjian.node.home.HomeError": _Known(
        ExitCode.NOT_FOUND,
        "The folder cannot be used as a ledger.",
        "a ledger is a folder with genesis.json, blocks.log and store.lmdb",
        _FOUND,
    ),
    "tongjian.node.keys.KeyFileError": _Known(
        ExitCode.UNAUTHORISED,
        "The key cannot be used.",
        "keys stand in the folder `keys` of the ledger, one file a holder, mode 0600",
        "tongjian keys list",
    ),
    "tongjian.node.tokens.TokenError": _Known(
        ExitCode.UNAUTHORISED,
        "The security module or card cannot be used.",
        "a key in a token is named by the vendor's library, the token's label and the key's label",
        "tongjian keys token --help",
    ),
    "tongjian.node.passkeys.PasskeyError": _Known(
        ExitCode.UNAVAILABLE,
        "The passkey was not asked.",
        "the browser of this machine asks the authenticator, at an address that the key pins",
        "repeat the command, and open the address that it prints",
    ),
    "tongjian.node.secrecy.PassphraseError": _Known(
        ExitCode.UNAUTHORISED,
        "The passphrase or PIN cannot be used.",
        "secrets lie under a passphrase of at least 8 bytes",
        "tongjian keys list",
    ),
    "tongjian.node.bidding.BiddingError": _Known(
        ExitCode.CONFLICT,
        "This cannot be done with the tender as it stands.",
        "bids are sealed between publication and deadline, shares published after it",
        "tongjian procurement tender --number NUMBER",
    ),
    "tongjian.node.founding.PlanInvalid": _Known(
        ExitCode.USAGE,
        "The plan cannot be followed.",
        "docs/how-to/found-a-ledger.md",
        "tongjian init --example",
    ),
    "tongjian.core.genesis.GenesisRefused": _Known(
        ExitCode.USAGE,
        "The plan contradicts itself.",
        "docs/how-to/found-a-ledger.md",
        "tongjian init --example",
    ),
    "tongjian.storage.errors.InUse": _Known(
        ExitCode.UNAVAILABLE,
        "The ledger is in use.",
        "one process at a time writes a ledger",
        "try again when the other process has ended; `tongjian doctor` names it",
    ),
    "tongjian.storage.errors.StorageFull": _Known(
        ExitCode.UNAVAILABLE,
        "The disk has no room; nothing was recorded.",
        "a block counts once it is durable",
        "free some space, then repeat the command",
    ),
    "tongjian.storage.errors.StoreDamaged": _Known(
        ExitCode.VERIFICATION_FAILED,
        "The store is damaged.",
        "nothing is served from bytes that fail their check",
        "tongjian doctor --repair",
    ),
    "tongjian.storage.errors.LogDamaged": _Known(
        ExitCode.VERIFICATION_FAILED,
        "The block log is damaged.",
        "nothing is served from bytes that fail their check",
        _DOCTOR,
    ),
    "tongjian.storage.errors.StorageError": _Known(
        ExitCode.FAILURE, "The disk refused.", "", "tongjian doctor"
    ),
    "tongjian.engines.solo.Busy": _Known(
        ExitCode.UNAVAILABLE,
        "The ledger is busy; nothing was recorded.",
        "the queue is bounded",
        "repeat the command",
    ),
    "tongjian.engines.solo.Stopped": _Known(
        ExitCode.UNKNOWN, "The engine stopped.", "a node with a broken invariant stops", _DOCTOR
    ),
    "tongjian.demo.story.FolderOccupied": _Known(
        ExitCode.CONFLICT,
        "The demonstration does not overwrite what is there.",
        "",
        "tongjian demo ANOTHER-FOLDER",
    ),
    "tongjian.connectors.keeping.KeptDamaged": _Known(
        ExitCode.VERIFICATION_FAILED,
        "What was kept of a document is damaged.",
        "without its salt a commitment cannot be opened",
        "restore the folder `documents` of the ledger from a backup",
    ),
    "tongjian.engines.receipts.NotRecorded": _Known(
        ExitCode.NOT_FOUND, "The ledger has no such thing.", "", "tongjian status"
    ),
    "tongjian.verifier.anchors.AnchorsInvalid": _Known(
        ExitCode.USAGE,
        "The trust file cannot be used; nothing was verified.",
        "a verifier trusts a chain id and seal keys, from a source outside the receipt",
        "tongjian verify RECEIPT --trust LEDGER/anchors.json",
    ),
    "tongjian.engines.heads.OtherLog": _Known(
        ExitCode.CONFLICT,
        "The folder holds another log.",
        "an export only continues what it wrote itself",
        "tongjian export tiles ANOTHER-FOLDER",
    ),
    "tongjian.verifier.evidence.EvidenceInvalid": _Known(
        ExitCode.VERIFICATION_FAILED,
        "The evidence proves nothing.",
        "docs/reference/format.md, section 15",
        "tongjian verify --evidence FILE --trust anchors.json",
    ),
    "tongjian.witness.witness.WitnessRefuses": _Known(
        ExitCode.VERIFICATION_FAILED,
        "The witness does not sign this.",
        "a witness signs one history only",
        "docs/how-to/witness.md",
    ),
    "tongjian.witness.blocks.BlockRefused": _Known(
        ExitCode.VERIFICATION_FAILED,
        "The witness does not sign this.",
        "every block is sealed and follows the one before",
        "after a rotation of the seal key, give the witness the new trust file",
    ),
    "tongjian.witness.memory.MemoryDamaged": _Known(
        ExitCode.VERIFICATION_FAILED,
        "The witness's own files are damaged.",
        "a witness that has forgotten signs nothing",
        "restore its folder from a backup",
    ),
    "tongjian.verifier.checkpoint.CheckpointInvalid": _Known(
        ExitCode.VERIFICATION_FAILED,
        "The checkpoint does not hold.",
        "C2SP tlog-checkpoint, docs/reference/format.md, section 12",
        "tongjian checkpoint",
    ),
    "tongjian.verifier.cose.HashUnsuited": _Known(
        ExitCode.CONFLICT,
        "This ledger has no COSE Receipts.",
        "RFC 9942: verifiable data structure 1 is RFC9162_SHA256",
        "tongjian receipt TRANSACTION --transaction",
    ),
    "tongjian.core.operation.InvariantBroken": _Known(
        ExitCode.FAILURE,
        "An invariant of the ledger is broken; nothing was recorded.",
        "a node stops rather than go on",
        _DOCTOR,
    ),
    "tongjian.core.operation.Refused": _Known(
        ExitCode.NOT_FOUND, "The ledger does not answer that.", "", "tongjian status"
    ),
    "tongjian.core.encoding.Malformed": _Known(
        ExitCode.USAGE, "A value is not what it must be.", "docs/decisions/0001-encoding.md", ""
    ),
}


def explain(error: BaseException) -> Failure | None:
    """Return an error of the layers below as a failure, or none where it is a defect of ours."""
    for cls in type(error).__mro__:
        known = _KNOWN.get(f"{cls.__module__}.{cls.__qualname__}")
        if known is not None:
            return Failure(
                known.code, known.what, why=_sentence(error), rule=known.rule, then=known.then
            )
    if isinstance(error, OSError):
        why = error.strerror or str(error)
        where = f"{error.filename}: " if error.filename else ""
        return Failure(
            ExitCode.FAILURE,
            "The system refused.",
            why=where + why,
            then="look at the path, its owner and its permissions",
        )
    return None


def _sentence(error: BaseException) -> str:
    text = str(error)
    return text + ("" if text.endswith((".", "!", "?", "`")) else ".")
