"""Making keys: in a file, under a passphrase, in a security module."""

from typing import Annotated, Any, Final

import typer

from tongjian.cli.failures import ExitCode, Failure
from tongjian.cli.surface import Surface

HolderArgument = Annotated[
    str, typer.Argument(metavar="HOLDER", help="Name of the key's file, such as ann or operator-2.")
]
SuiteOption = Annotated[
    str, typer.Option("--suite", metavar="SUITE", help="ed25519, sm2, p256 or ml-dsa-65.")
]
_PROVE: Final = "tongjian keys prove {holder} --for OFFICER, or the PSEUDONYM of a person"
_DRAWN: Final = ("ed25519", "sm2", "p256", "ml-dsa-65")
"""What a file or a token may hold; passkeys and keys of an engine are made elsewhere."""


def new(
    surface: Surface,
    holder: HolderArgument,
    suite: SuiteOption = "ed25519",
    protect: Annotated[
        bool, typer.Option("--protect", help="Put the secret under a passphrase.")
    ] = False,
) -> None:
    """Draw a key and write its file; it counts once it is enrolled."""
    from tongjian.node import secrecy
    from tongjian.node.home import Home
    from tongjian.node.keys import KeyPair, write_key
    from tongjian.node.signers import generate_secret

    home = Home(surface.folder)
    path, known = home.key_path(holder), _suite(suite)
    secret = generate_secret(known)
    passphrase = secrecy.ask(f"new passphrase of {holder}", secrecy.PASSPHRASE) if protect else b""
    pair = KeyPair(secret, home.digest(), known)
    write_key(path, secret, holder, known, passphrase)
    _tell(surface, holder, pair)


def token(
    surface: Surface,
    holder: HolderArgument,
    module: Annotated[str, typer.Option("--module", help="The vendor's PKCS#11 library.")],
    label: Annotated[str, typer.Option("--token", help="Label of the token.")],
    suite: SuiteOption = "p256",
) -> None:
    """Make a key in a security module or card, and write the file that says where it is."""
    from tongjian.node import secrecy, tokens
    from tongjian.node.home import Home
    from tongjian.node.keys import read_key, write_token_key

    home = Home(surface.folder)
    digest, known = home.digest(), _suite(suite)
    place = tokens.Place(module=module, token=label, label=holder)
    path = home.key_path(holder)
    if path.exists():
        raise Failure(
            ExitCode.CONFLICT,
            f"{path.name} exists already.",
            why="Keys are never overwritten.",
            then="tongjian keys list",
        )
    pin = secrecy.ask_pin(label)
    public = tokens.generate(place, known, pin)
    write_token_key(path, place, holder, known, public)
    _tell(surface, holder, read_key(path, digest))


def passkey(
    surface: Surface,
    holder: HolderArgument,
    port: Annotated[int, typer.Option("--port", help="Of this machine; the key pins it.")] = 8642,
) -> None:
    """Make a passkey in the browser of this machine, and write the file that names it."""
    from tongjian.core.signatures import KeySuite, compute_key_id
    from tongjian.node import passkeys
    from tongjian.node.home import Home
    from tongjian.node.keys import Identity, write_passkey

    home = Home(surface.folder)
    digest, path = home.digest(), home.key_path(holder)
    made: list[bytes] = []

    def take(answer: dict[str, Any]) -> str:
        credential, public = passkeys.read_enrolment(answer, passkeys.origin_of(port))
        write_passkey(path, credential, holder, public)
        made.append(public)
        return "已建立，可关闭此页。Made; this page can be closed."

    passkeys.ask(passkeys.enrolment(holder), take, lambda url: open_page(surface, url), port)
    identity = compute_key_id(digest, KeySuite.WEBAUTHN, made[0])
    _tell(surface, holder, Identity(KeySuite.WEBAUTHN, made[0], identity, "credential"))


def open_page(surface: Surface, url: str) -> None:
    """Say which address is to be opened in the browser of this machine."""
    if surface.as_json:
        typer.echo(url, err=True)
    surface.note(f"open {url} in the browser of this machine 请在本机浏览器中打开", style="bold")


def protect(
    surface: Surface,
    holder: HolderArgument,
    label: Annotated[
        str | None,
        typer.Option("--token", metavar="LABEL", help="A token whose key wraps it, instead."),
    ] = None,
    module: Annotated[
        str | None, typer.Option("--module", help="The vendor's PKCS#11 library, for --token.")
    ] = None,
    key: Annotated[
        str, typer.Option("--key", help="The token's wrapping key; made where there is none.")
    ] = "tongjian",
) -> None:
    """Put the secret of a key file under a passphrase, asked for twice, or under a token's key."""
    from tongjian.node import secrecy, tokens
    from tongjian.node.home import Home
    from tongjian.node.keys import seal_key, wrap_key

    path = Home(surface.folder).key_path(holder)
    if (label is None) != (module is None):
        raise Failure(
            ExitCode.USAGE,
            "--token and --module go together.",
            why="A token is reached through the library of its vendor.",
            then="tongjian keys protect --help",
        )
    if label is not None and module is not None:
        place = tokens.Place(module=module, token=label, label=key)
        wrap_key(path, place, secrecy.ask_pin(label))
        _tell_kept(surface, holder, f"wrapped by key {key} of token {label}")
        return
    passphrase = secrecy.ask(f"new passphrase of {holder}", secrecy.PASSPHRASE)
    if passphrase != secrecy.ask("the same again", secrecy.PASSPHRASE):
        raise Failure(
            ExitCode.USAGE,
            "The two passphrases differ.",
            why="A slip of the finger would lock the key for ever.",
            then=f"tongjian keys protect {holder}",
        )
    seal_key(path, passphrase)
    _tell_kept(surface, holder, "under the passphrase")


def _tell_kept(surface: Surface, holder: str, where: str) -> None:
    if surface.as_json:
        surface.document({"holder": holder, "protected": True})
        return
    surface.line(f"{holder}: the secret is {where} now")


def _suite(name: str) -> Any:
    from tongjian.core.signatures import SUITE_NAMES

    known = {text: suite for suite, text in SUITE_NAMES.items() if text in _DRAWN}
    if name not in known:
        raise Failure(
            ExitCode.USAGE,
            f"There is no suite {name} for a key of this kind.",
            why=f"There are {', '.join(known)}; passkeys are made in a browser.",
            then="tongjian keys new --help, or tongjian keys passkey --help",
        )
    return known[name]


def _tell(surface: Surface, holder: str, pair: Any) -> None:
    if surface.as_json:
        surface.document(
            {
                "holder": holder,
                "id": pair.id.hex(),
                "suite": int(pair.suite),
                "public": pair.public.hex(),
            }
        )
        return
    surface.line(f"key {pair.id.hex()} of {holder}", style="bold")
    surface.pairs([("suite", str(int(pair.suite))), ("public", pair.public.hex())], indent="  ")
    surface.note(f"next: {_PROVE.format(holder=holder)}", style="dim")
