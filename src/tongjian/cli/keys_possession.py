"""`tongjian keys prove`: that a key's secret is in somebody's hand, for the act that enrols it."""

from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from tongjian.cli.failures import ExitCode, Failure
from tongjian.cli.keys_made import HolderArgument, open_page
from tongjian.cli.surface import Surface

if TYPE_CHECKING:
    from tongjian.node.home import Home

_ID_BYTES: Final = 16


def prove(
    surface: Surface,
    holder: HolderArgument,
    whose: Annotated[
        str,
        typer.Option("--for", metavar="ID", help="Pseudonym of the person, or id of the officer."),
    ],
    port: Annotated[int, typer.Option("--port", help="The one a passkey was made at.")] = 8642,
) -> None:
    """Sign, with a key here, that it is to be enrolled for a person or an officer on this ledger.

    The proof goes into the act that enrols the key; it is good for this holder and ledger only.
    """
    from tongjian.core.genesis import compute_chain_id
    from tongjian.core.signatures import compute_possession_message, verify
    from tongjian.node.home import Home

    home = Home(surface.folder)
    identity, subject = home.identity(holder), _subject(whose)
    chain = compute_chain_id(home.genesis())
    message = compute_possession_message(chain, subject, int(identity.suite), identity.public)
    if identity.kept == "credential":
        proof = _by_passkey(surface, home, holder, message, port)
    else:
        proof = home.key(holder).sign(message)
    verify(int(identity.suite), identity.public, message, proof)
    shown = {
        "holder": holder,
        "for": subject.hex(),
        "suite": int(identity.suite),
        "public": identity.public.hex(),
        "proof": proof.hex(),
    }
    if surface.as_json:
        surface.document(shown)
        return
    surface.line(f"key {identity.id.hex()} of {holder} signs for {subject.hex()}", style="bold")
    surface.pairs([(name, str(shown[name])) for name in ("suite", "public", "proof")], indent="  ")
    surface.note(
        "next: the office enrols it, membership enrol-key or identity enrol-key", style="dim"
    )


def _subject(text: str) -> bytes:
    try:
        subject = bytes.fromhex(text)
    except ValueError:
        subject = b""
    if len(subject) != _ID_BYTES:
        raise Failure(
            ExitCode.USAGE,
            f"{text} is no pseudonym and no id of an officer.",
            why="Both are 16 bytes, in hexadecimal 32 characters.",
            then="tongjian keys prove --help",
        )
    return subject


def _by_passkey(surface: Surface, home: "Home", holder: str, message: bytes, port: int) -> bytes:
    from tongjian.node import passkeys

    signed: list[bytes] = []

    def take(answer: dict[str, Any]) -> str:
        signed.append(passkeys.read_assertion(answer))
        return "已签名，可关闭此页。Signed; this page can be closed."

    sentences = [
        "证明此密钥由本人持有，以供登记。",
        "Prove that this key is in your hand, to enrol it.",
    ]
    asked = passkeys.assertion(message, home.credential(holder), sentences)
    passkeys.ask(asked, take, lambda url: open_page(surface, url), port)
    return signed[0]
