"""A witness on this machine: made once, then following a ledger."""

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from tongjian.cli.command import LEDGER, command
from tongjian.cli.failures import ExitCode, Failure
from tongjian.cli.surface import Surface

if TYPE_CHECKING:
    from tongjian.witness.witness import Followed, Witness

KEY_NAME: Final = "key.json"
FolderArgument = Annotated[Path, typer.Argument(metavar="DIR", help="Folder of the witness.")]


def add_to(app: typer.Typer) -> None:
    """Add the group of this module."""
    group = typer.Typer(help="Follow a ledger of others and sign its heads.", no_args_is_help=True)
    group.callback()(lambda: None)
    command(group, "init", panel=LEDGER)(init)
    command(group, "follow", panel=LEDGER)(follow)
    app.add_typer(group, name="witness", rich_help_panel=LEDGER)


def init(
    surface: Surface,
    folder: FolderArgument,
    anchors: Annotated[
        Path, typer.Option("--anchors", help="The ledger's trust file.", metavar="FILE")
    ],
    name: Annotated[
        str | None, typer.Option("--name", help="Name of the witness, like a domain.")
    ] = None,
) -> None:
    """Make a witness: its key, its name, and the ledger that it trusts."""
    from tongjian.core.hashing import sha256
    from tongjian.node.clock import salt
    from tongjian.node.keys import KeyPair, write_key
    from tongjian.verifier.anchors import WITNESS_NAME, Anchors
    from tongjian.witness.witness import init_witness

    trusted = Anchors.read(anchors)
    secret = salt()
    public = KeyPair(secret, sha256).public.hex()
    known = name or f"tongjian/witness/{public[:16]}"
    if not WITNESS_NAME.fullmatch(known):
        raise Failure(
            ExitCode.USAGE,
            f"{known!r} is no name of a witness.",
            why="It is 1 to 128 printable ASCII characters without space and plus.",
            then="tongjian witness init DIR --anchors anchors.json --name witness.example/city",
        )
    folder.mkdir(parents=True, exist_ok=True)
    write_key(folder / KEY_NAME, secret, "witness")
    init_witness(folder, trusted, known)
    said = {"name": known, "public": public}
    if surface.as_json:
        surface.document(said)
        return
    surface.pairs(said.items())
    surface.note(f"next: on the ledger, tongjian trust --witness {known}={public}", style="dim")
    surface.note(f"      tongjian witness follow {folder} LEDGER", style="dim")


def follow(
    surface: Surface,
    folder: FolderArgument,
    ledger: Annotated[
        Path, typer.Argument(help="Folder of a ledger, or of an export of its tiles.")
    ],
    once: Annotated[bool, typer.Option("--once", help="Look once, then end.")] = False,
    every: Annotated[int, typer.Option("--every", help="Seconds between looks.", min=1)] = 10,
    stale_after: Annotated[
        int, typer.Option("--stale-after", help="Fail for a head older than this, seconds.", min=0)
    ] = 0,
) -> None:
    """Check that the ledger continues what was seen before, and sign its head.

    Exit code 4 where it does not; the evidence is kept in the witness's folder.
    """
    from tongjian.core.hashing import sha256
    from tongjian.node.clock import now_ms
    from tongjian.node.keys import read_key
    from tongjian.witness.witness import Witness

    if not (folder / KEY_NAME).is_file():
        raise Failure(
            ExitCode.NOT_FOUND,
            f"{folder} holds no witness.",
            then="tongjian witness init DIR --anchors anchors.json",
        )
    witness = Witness(folder, read_key(folder / KEY_NAME, sha256))
    try:
        while True:
            now = now_ms() // 1000
            followed = _look(witness, ledger, now)
            _say(surface, followed)
            _expect_fresh(followed, now, stale_after)
            if once:
                return
            time.sleep(every)
    finally:
        witness.close()


def _look(witness: "Witness", ledger: Path, now: int) -> "Followed":
    from tongjian.witness.witness import NotContinued

    try:
        return witness.follow(ledger, now)
    except NotContinued as found:
        raise Failure(
            ExitCode.VERIFICATION_FAILED,
            f"The ledger does not continue what this witness saw: {found.evidence.kind}.",
            why=f"{found.evidence.why}; evidence in {found.path}",
            rule="a witness signs one history only",
            then=f"tongjian verify --evidence {found.path} --trust anchors.json",
        ) from found


def _say(surface: Surface, followed: "Followed") -> None:
    head = followed.head
    if surface.as_json:
        said: dict[str, Any] = {"height": head.height, "size": head.size, "root": head.root.hex()}
        said |= {"taken_in": followed.taken_in, "file": str(followed.path)}
        surface.document(said | {"checkpoint": followed.checkpoint.encode().decode()})
        return
    surface.line(str(followed.path))
    text = f"height {head.height}, {head.size} entries, {followed.taken_in} of them new: signed"
    surface.note(text)


def _expect_fresh(followed: "Followed", now: int, stale_after: int) -> None:
    """Raise `Failure` where the newest block is older than the witness was told to accept."""
    age = now - followed.time_ms // 1000
    if stale_after and followed.time_ms and age > stale_after:
        raise Failure(
            ExitCode.VERIFICATION_FAILED,
            f"The newest block is {age} s old.",
            why=f"More than {stale_after} s: the ledger stands still, or hides what is newer.",
            then="ask the operator; compare with the heads of other witnesses",
        )
