"""Receipts: a file that shows a stranger what stood on the ledger."""

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from tongjian.cli.command import RECORDS, command
from tongjian.cli.failures import ExitCode, Failure
from tongjian.cli.look import AtOption, RecordArgument, height_of
from tongjian.cli.outputs import (
    STDOUT,
    CoseOption,
    CosignedOption,
    ForceOption,
    OutputOption,
    write_output,
)
from tongjian.cli.surface import Surface

if TYPE_CHECKING:
    from tongjian.engines.chain import Chain
    from tongjian.node.home import Home
    from tongjian.verifier.checkpoint import Checkpoint

SUFFIX: Final = ".receipt"
COSE_SUFFIX: Final = ".cose"
DECISION_SUFFIX: Final = ".decision"


def add_to(app: typer.Typer) -> None:
    """Add the command of this module."""
    command(app, "receipt", panel=RECORDS)(receipt)


def receipt(  # noqa: PLR0917 - options of the command
    surface: Surface,
    record: RecordArgument,
    at_height: AtOption = None,
    transaction: Annotated[
        bool, typer.Option("--transaction", help="RECORD is the id of a transaction.")
    ] = False,
    output: OutputOption = None,
    force: ForceOption = False,
    cose: CoseOption = False,
    cosigned: CosignedOption = None,
    decision: Annotated[
        bool,
        typer.Option("--decision", help="With all it was decided from, to decide it again."),
    ] = False,
) -> None:
    """Write a receipt: a row or its absence, all rows of a range, a transaction, with the proof."""
    from tongjian.cli.records import TransactionNamed, resolve
    from tongjian.cli.rows import state
    from tongjian.engines.receipts import Receipts
    from tongjian.node.home import Home

    home = Home(surface.folder)
    with home.open() as chain:
        named = resolve(chain, record, is_transaction=transaction or cose or decision)
        if decision and isinstance(named, TransactionNamed):
            data, at = _decision_of(surface, chain, named.id)
            path = Path(f"{named.id.hex()}-{at}{DECISION_SUFFIX}") if output is None else output
            finish(surface, path, data, (named.id.hex(), "decision", at), force=force)
            return
        head = merged(cosigned or [])
        asked = at_height if head is None or at_height is not None else head.head().height
        at = height_of(chain, asked)
        signed = None if head is None else of_height(chain, head, at)
        if cose and isinstance(named, TransactionNamed):
            data = _cose_of(home, chain, named.id, (at, signed))
            path = Path(f"{named.id.hex()}-{at}{COSE_SUFFIX}") if output is None else output
            finish(surface, path, data, (named.id.hex(), "log entry", at), force=force)
            return
        draft = Receipts(chain).draft(at)
        name, kind = state(draft, chain, named)
        data = draft.finish(signed)
    path = _file_of(name, at) if output is None else output
    finish(surface, path, data, (name, kind, at), force=force)


def _decision_of(surface: Surface, chain: "Chain", identity: bytes) -> tuple[bytes, int]:
    """Return the decision bundle of a transaction and its height."""
    from tongjian.cli.audit_rerun import redecides
    from tongjian.engines.audit.bundles import CannotBundle, make_bundle

    try:
        data = make_bundle(chain, identity)
    except CannotBundle as error:
        raise Failure(
            ExitCode.CONFLICT,
            "No decision bundle can be made of this transaction.",
            why=str(error),
            rule="a bundle shows every row that was read, proven in the state before the block",
            then=f"tongjian receipt {identity.hex()} --transaction",
        ) from error
    height, otherwise = redecides(chain, data)
    if otherwise:
        surface.note(f"note: by this release it is decided otherwise: {otherwise}", style="yellow")
    return data, height


def _cose_of(
    home: "Home", chain: "Chain", identity: bytes, head: "tuple[int, bytes | None]"
) -> bytes:
    """Return the COSE statement of a transaction's log entry with its receipt."""
    from tongjian.engines.cose_receipts import CoseReceipts

    signer = home.seal_keys().signer(chain.sealing_key(head[0]))
    return CoseReceipts(chain, signer).of_transaction(identity, *head)


def merged(paths: list[Path]) -> "Checkpoint | None":
    """Return one head with the signatures of all files; raises `CheckpointInvalid`."""
    from tongjian.verifier.checkpoint import merge, parse_checkpoint

    return merge([parse_checkpoint(path.read_bytes()) for path in paths]) if paths else None


def of_height(chain: "Chain", head: "Checkpoint", at: int) -> bytes:
    """Return the bytes of a co-signed head once it is that of a height of this ledger."""
    from tongjian.engines.heads import head_at

    if head.head() != head_at(chain, at):
        raise Failure(
            ExitCode.CONFLICT,
            f"What the witnesses signed is not the head of height {at}.",
            why=f"It is of height {head.head().height} and size {head.size}.",
            rule="a receipt carries signatures under the very head that it rests on",
            then="ask the witnesses for that head, or leave --at-height away",
        )
    return head.encode()


def finish(
    surface: Surface, path: Path, data: bytes, about: tuple[str, str, int], *, force: bool
) -> None:
    """Write the file and say what it proves."""
    name, kind, at = about
    write_output(path, data, force=force)
    if path == STDOUT:
        return
    if surface.as_json:
        document = {"file": str(path), "bytes": len(data), "record": name}
        surface.document(document | {"height": at, "proves": kind})
        return
    surface.line(str(path))
    surface.note(f"{kind}: {name} at height {at}, {len(data)} bytes", style="bold")
    check = "audit rerun" if kind == "decision" else "verify"
    surface.note(
        f"next: tongjian {check} {path} --trust {surface.folder / 'anchors.json'}", style="dim"
    )


def _file_of(name: str, height: int) -> Path:
    """Return a file name from the last part of a record's name."""
    safe = re.sub(r"[^0-9A-Za-z.-]+", "-", name.rpartition(":")[2])
    return Path(f"{safe.strip('-')}-{height}{SUFFIX}")
