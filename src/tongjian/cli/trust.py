"""The trust file as it is now: what a stranger verifies this ledger's receipts with."""

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from tongjian.cli.failures import ExitCode, Failure
from tongjian.cli.outputs import STDOUT
from tongjian.cli.surface import Surface

if TYPE_CHECKING:
    from tongjian.verifier.anchors import Anchors, WitnessAnchor

_EXAMPLE: Final = "tongjian trust --witness witness.example/city=PUBLIC --quorum 1"


def trust(
    surface: Surface,
    output: Annotated[
        Path | None,
        typer.Option("-o", "--output", help="File to write too, - for stdout.", metavar="FILE"),
    ] = None,
    witness: Annotated[
        list[str] | None,
        typer.Option(
            "--witness",
            help="A witness to trust, by name and key; may be repeated.",
            metavar="NAME=HEX",
        ),
    ] = None,
    quorum: Annotated[
        int | None,
        typer.Option("--quorum", help="How many witnesses must have signed a head.", min=0),
    ] = None,
) -> None:
    """Bring the trust file up to date: seal keys that were voted in, witnesses, their quorum.

    Writes anchors.json of the ledger. Give it to strangers by a way of its own, a gazette or a
    site, never with the receipt.
    """
    import msgspec

    from tongjian.node.home import Home

    home = Home(surface.folder)
    with home.open() as chain:
        current = home.anchors(chain)
        height = chain.height
    wanted = _with_witnesses(current, witness or [], quorum)
    if wanted != home.anchors():
        home.trust(wanted)
    document = msgspec.to_builtins(wanted)
    text = json.dumps(document, ensure_ascii=False, indent=1) + "\n"
    if output == STDOUT:
        sys.stdout.write(text)
        return
    if output is not None:
        output.write_text(text, encoding="utf-8")
    path = surface.folder / "anchors.json" if output is None else output
    if surface.as_json:
        surface.document({"file": str(path), "height": height, "anchors": document})
        return
    surface.line(str(path))
    for seal in wanted.seals:
        state = "" if seal.from_height <= height else ", not yet in use"
        surface.note(f"{seal.suite} key {seal.public}, from height {seal.from_height}{state}")
    for one in wanted.witnesses:
        surface.note(f"witness {one.name}, key {one.public}")
    surface.note(f"{wanted.quorum} of {len(wanted.witnesses)} witnesses must have signed a head")


def _with_witnesses(current: "Anchors", named: list[str], quorum: int | None) -> "Anchors":
    """Return the anchors with more witnesses; one that is named again gets its new key."""
    import msgspec

    from tongjian.verifier.anchors import Anchors

    witnesses = {one.name: one for one in current.witnesses}
    witnesses |= {one.name: one for one in map(_witness_of, named)}
    wanted = msgspec.structs.replace(
        current,
        witnesses=list(witnesses.values()),
        quorum=current.quorum if quorum is None else quorum,
    )
    return Anchors.decode(msgspec.json.encode(wanted))


def _witness_of(text: str) -> "WitnessAnchor":
    from tongjian.verifier.anchors import WitnessAnchor

    name, equals, public = text.rpartition("=")
    if not equals:
        raise Failure(
            ExitCode.USAGE,
            f"{text!r} names no witness.",
            why="It is a name, an equals sign and the key, as `tongjian witness init` prints them.",
            then=_EXAMPLE,
        )
    return WitnessAnchor(name=name, public=public)
