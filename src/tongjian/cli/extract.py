"""Extracts: a record on one printed page, with its receipt in a code that a camera reads."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tongjian.cli.command import RECORDS, command
from tongjian.cli.failures import ExitCode, Failure
from tongjian.cli.look import AtOption, RecordArgument, height_of
from tongjian.cli.outputs import STDOUT, ForceOption, write_output
from tongjian.cli.surface import Surface

if TYPE_CHECKING:
    from tongjian.cli.extract_page import Page


def add_to(app: typer.Typer) -> None:
    """Add the command of this module."""
    command(app, "extract", panel=RECORDS)(extract)


def extract(
    surface: Surface,
    record: RecordArgument,
    output: Annotated[
        Path, typer.Option("-o", "--output", help="HTML file to write, - for stdout.")
    ],
    at_height: AtOption = None,
    link: Annotated[
        str, typer.Option("--link", help="Address that the short code opens.", metavar="BASE")
    ] = "",
    force: ForceOption = False,
) -> None:
    """Write a page to print: a row or its absence, in words, with its receipt as a QR code."""
    from tongjian.cli.extract_page import Page
    from tongjian.cli.readable import key_text
    from tongjian.cli.records import RowNamed, resolve
    from tongjian.engines.receipts import Receipts
    from tongjian.node.home import Home
    from tongjian.verifier.extract import is_link
    from tongjian.verifier.receipt import VerificationFailed, verify_receipt

    if link and not is_link(link):
        raise Failure(
            ExitCode.USAGE,
            f"{link!r} cannot be the address of the short code.",
            why="It begins with https:// or http://, without ?, # and spaces, 200 characters.",
            then=f"tongjian extract {record} --link https://ledger.example/r -o {output}",
        )
    home = Home(surface.folder)
    with home.open() as chain:
        named = resolve(chain, record)
        if not isinstance(named, RowNamed):
            raise Failure(
                ExitCode.USAGE,
                "An extract is of one row.",
                why="A range or a transaction does not fit one page.",
                then=f"tongjian receipt {record}",
            )
        receipt = Receipts(chain).of_row(named.key, height_of(chain, at_height))
        anchors = home.anchors(chain)
    try:
        verified = verify_receipt(receipt, anchors)
    except VerificationFailed as failed:
        raise Failure(
            ExitCode.VERIFICATION_FAILED,
            "The receipt does not hold under the ledger's own trust file.",
            why=f"{failed}.",
            rule="a page is printed of what a stranger can verify",
            then="tongjian doctor; where the trust file demands witnesses, tongjian receipt",
        ) from failed
    page = Page(anchors, verified, receipt, (named.table, named.key), link)
    write_output(output, page.html().encode("utf-8"), force=force)
    _say(surface, output, page, key_text(named.table, named.key))


def _say(surface: Surface, path: Path, page: "Page", name: str) -> None:
    if path == STDOUT:
        return
    height, size = page.verified.header.height, len(page.receipt)
    if surface.as_json:
        document = {"file": str(path), "record": name, "height": height, "receipt_bytes": size}
        surface.document(document | {"short": page.short, "dense": page.dense})
        return
    surface.line(str(path))
    surface.note(f"{name} at height {height}, a receipt of {size} bytes", style="bold")
    if page.dense is None:
        surface.note("the receipt is too large for a code: keep the receipt file with the page")
    surface.note(
        f"next: print it; tongjian verify {path} --trust {surface.folder / 'anchors.json'}",
        style="dim",
    )
