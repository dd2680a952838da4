"""`tongjian credential`: from the issuing office to the holder's hand and the verifier's desk."""

from pathlib import Path
from typing import Annotated, Final

import typer

from tongjian.cli.command import RECORDS, command
from tongjian.cli.credential_desk import ask, did, status, verify
from tongjian.cli.credential_office import issue, publish, reinstate, revoke, suspend
from tongjian.cli.outputs import ForceOption, OutputOption, write_output
from tongjian.cli.surface import Surface

OFFICE: Final = "The issuing office"
HOLDER: Final = "The holder"
VERIFIER: Final = "The verifier"


def add_to(app: typer.Typer) -> None:
    """Add the group of this module."""
    group = typer.Typer(
        help="Verifiable credentials: issue, show chosen claims, verify offline. 可验证凭证",
        no_args_is_help=True,
        rich_markup_mode="rich",
    )
    command(group, "issue", panel=OFFICE)(issue)
    command(group, "suspend", panel=OFFICE)(suspend)
    command(group, "reinstate", panel=OFFICE)(reinstate)
    command(group, "revoke", panel=OFFICE)(revoke)
    command(group, "publish", panel=OFFICE)(publish)
    command(group, "did", panel=OFFICE)(did)
    command(group, "key", panel=HOLDER)(key)
    command(group, "present", panel=HOLDER)(present)
    command(group, "status", panel=HOLDER)(status)
    command(group, "ask", panel=VERIFIER)(ask)
    command(group, "verify", panel=VERIFIER)(verify)
    app.add_typer(group, name="credential", rich_help_panel=RECORDS)


def key(
    surface: Surface,
    file: Annotated[Path, typer.Argument(help="File to write; only its owner may read it.")],
    suite: Annotated[str, typer.Option("--suite", help="ed25519 or p256.")] = "ed25519",
    protect: Annotated[
        bool, typer.Option("--protect", help="Put the secret under a passphrase.")
    ] = False,
) -> None:
    """建立持有人密钥 Draw a key for one credential: two verifiers cannot link two keys."""
    from tongjian.cli.credential_files import public_words, suite_of
    from tongjian.core.hashing import sha256
    from tongjian.node import secrecy
    from tongjian.node.keys import KeyPair, write_key
    from tongjian.node.signers import generate_secret

    known = suite_of(suite)
    secret = generate_secret(known)
    asked = f"new passphrase of {file.name}"
    passphrase = secrecy.ask(asked, secrecy.PASSPHRASE) if protect else b""
    write_key(file, secret, file.stem, known, passphrase)
    words = public_words(KeyPair(secret, sha256, known))
    if surface.as_json:
        surface.document({"file": str(file), **words})
        return
    surface.pairs([("file", str(file)), *words.items()])
    surface.note("next: give the office the public key; keep the file to yourself", style="dim")


def present(
    surface: Surface,
    *,
    file: Annotated[Path, typer.Argument(help="The credential.")],
    disclose: Annotated[
        list[str] | None,
        typer.Option("--disclose", metavar="CLAIM", help="A claim to show; repeat for more."),
    ] = None,
    key_file: Annotated[
        Path | None, typer.Option("--key", metavar="FILE", help="The holder's key file.")
    ] = None,
    audience: Annotated[
        str | None,
        typer.Option("--audience", help="Who asked: it is for nobody else."),
    ] = None,
    nonce: Annotated[
        str | None, typer.Option("--nonce", help="What the verifier gave: good for one time.")
    ] = None,
    output: OutputOption = None,
    force: ForceOption = False,
) -> None:
    """出示 Show chosen claims to one verifier; all others stay hidden.

    A credential of the form vcdm has no hidden claims: it is shown whole.
    """
    from tongjian.cli.credential_files import asked_of, refusing, signer_of_file
    from tongjian.cli.inputs import read_file
    from tongjian.connectors.credentials import presenting, sdjwt
    from tongjian.connectors.credentials.dates import moment_of
    from tongjian.connectors.credentials.documents import read_document
    from tongjian.node.clock import now_ms

    data = read_file(file)
    asked = asked_of(audience, nonce)
    holder = None if key_file is None else signer_of_file(key_file)
    at = moment_of(now_ms())
    with refusing(file):
        if data.lstrip().startswith(b"{"):
            whole = presenting.vcdm(read_document(data), asked, holder, at)
            bytes_shown, told = presenting.written(whole), ["*"]
        else:
            text = data.decode("ascii", "replace").strip()
            shown = presenting.present_token(text, disclose or [], asked, holder, at)
            told = [str(place[0]) for place in sdjwt.hidden_places(shown.rpartition("~")[0] + "~")]
            bytes_shown = presenting.written(shown)
    path = output or file.with_name(file.name + ".shown")
    write_output(path, bytes_shown, force=force)
    if surface.as_json:
        surface.document({"file": str(path), "discloses": told, "audience": audience})
        return
    surface.pairs([("file", str(path)), ("discloses 披露", ", ".join(told) or "-")])
    surface.note("next: tongjian credential status … -o RECEIPT, and hand over both", style="dim")
