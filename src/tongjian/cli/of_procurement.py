"""What the group `procurement` has beside acts and questions: sealed bids and the shares of keys.

Files in, files out: a bidder seals on a machine of its own and gives the file to a desk; a holder
of a key keeps one secret file. What is secret is written with mode 0600 and never printed.
"""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from tongjian.cli.command import command
from tongjian.cli.failures import ExitCode, Failure
from tongjian.cli.inputs import require_file
from tongjian.cli.surface import Surface

if TYPE_CHECKING:
    from tongjian.core.operation import Act
    from tongjian.node.bidding import Slot
    from tongjian.services.procurement.envelopes import Form

SEALED: Final = "Sealed bids"
_FORMAT: Final = "tongjian.procurement-act/1"
_KEPT: Final = ".keep"
_Tender = Annotated[str, typer.Option("--tender", help="Number of the tender.")]
_Out = Annotated[Path, typer.Option("--out", help="File to write the act to.", metavar="FILE")]
_Office = Annotated[
    str, typer.Option("--holder", help="The office that holds a share.", metavar="USCC")
]
_Secret = Annotated[
    Path, typer.Option("--secret", help="File of the transport secret.", metavar="FILE")
]
_Author = Annotated[
    str, typer.Option("--author", help="Keyed mark of the files' author.", metavar="HEX32")
]
_Device = Annotated[
    str, typer.Option("--device", help="Keyed mark of the device.", metavar="HEX32")
]
_BondSource = Annotated[
    str,
    typer.Option("--bond-source", help="Keyed mark of the bond's account.", metavar="HEX32"),
]
_InvitationSalt = Annotated[
    str,
    typer.Option("--invitation-salt", help="Salt from the invitation.", metavar="HEX32"),
]


def add_to(app: typer.Typer) -> None:
    """Add the group `bid` to the group of the service."""
    group = typer.Typer(
        help="Seal bids, and hold the keys that open them.",
        no_args_is_help=True,
        rich_markup_mode="rich",
    )
    command(group, "seal", panel=SEALED)(seal)
    command(group, "blank", panel=SEALED)(blank)
    command(group, "withdraw", panel=SEALED)(withdraw)
    command(group, "hand-in", panel=SEALED)(hand_in)
    command(group, "new-transport", panel=SEALED)(new_transport)
    command(group, "deal", panel=SEALED)(deal)
    command(group, "confirm", panel=SEALED)(confirm)
    command(group, "open-share", panel=SEALED)(open_share)
    app.add_typer(group, name="bid", rich_help_panel=SEALED)


# ----------------------------------------------------------------------------------------- bidders


def seal(
    surface: Surface,
    *,
    tender: _Tender,
    holder: Annotated[str, typer.Option("--as", help="Holder of the bidder's key.")],
    price: Annotated[int, typer.Option("--price-fen", help="The price in fen.")],
    technical: Annotated[
        Path, typer.Option("--technical", help="The technical files, as one file.", metavar="FILE")
    ],
    out: _Out,
    bond: Annotated[int, typer.Option("--bond-fen", help="The bond in fen.")] = 0,
    author: _Author = "",
    device: _Device = "",
    bond_source: _BondSource = "",
    invitation_salt: _InvitationSalt = "",
    replaces: Annotated[
        Path | None,
        typer.Option("--replaces", help="FILE.keep of the version before.", metavar="FILE"),
    ] = None,
) -> None:
    """密封投标 Seal a bid to the key of a tender, signed inside by the bidder.

    Writes two files: the act for a receiving desk, and FILE.keep with what changes or withdraws
    the bid later. Nothing in the first tells who bids.
    """
    from tongjian.node.bidding import NO_MARK, require_tender, seal_bid
    from tongjian.node.home import Home

    home = Home(surface.folder)
    pair, digest = home.key(holder), home.digest()
    with home.open() as chain:
        row = require_tender(chain.store, tender)
        office = chain.machine.directory.actor(pair.id).office
    committed, technical_salt = _commit(digest, technical)
    form = _form(
        bidder=office,
        key=pair.id,
        price_fen=price,
        bond_fen=bond,
        technical=committed,
        author=_bytes("--author", author) or NO_MARK,
        device=_bytes("--device", device) or NO_MARK,
        bond_source=_bytes("--bond-source", bond_source) or NO_MARK,
        invitation_salt=_bytes("--invitation-salt", invitation_salt),
    )
    act, slot = seal_bid(digest, row, tender, form, pair, slot=_slot(replaces))
    _write_act(out, act)
    _write_kept(out, slot, {"price_fen": price, "technical_salt": technical_salt.hex()})
    _told(surface, out, f"tongjian procurement bid hand-in {out} --as DESK")


def blank(
    surface: Surface,
    tender: _Tender,
    holder: Annotated[str, typer.Option("--as", help="Holder of any Ed25519 key of this folder.")],
    out: _Out,
) -> None:
    """空白标 Seal a blank envelope: it hides how many bids there are and counts as none."""
    from tongjian.node.bidding import require_tender, seal_bid
    from tongjian.node.home import Home

    home = Home(surface.folder)
    with home.open() as chain:
        row = require_tender(chain.store, tender)
    act, slot = seal_bid(home.digest(), row, tender, None, home.key(holder))
    _write_act(out, act)
    _write_kept(out, slot, {})
    _told(surface, out, f"tongjian procurement bid hand-in {out} --as DESK")


def withdraw(
    surface: Surface,
    kept: Annotated[Path, typer.Argument(help="FILE.keep of the bid.")],
    out: _Out,
) -> None:
    """撤回投标 Write the act that withdraws a bid before the deadline."""
    from tongjian.node.bidding import withdraw_bid
    from tongjian.node.home import Home

    slot = _slot(kept)
    if slot is not None:
        _write_act(out, withdraw_bid(Home(surface.folder).digest(), slot))
    _told(surface, out, f"tongjian procurement bid hand-in {out} --as DESK")


def hand_in(
    surface: Surface,
    file: Annotated[Path, typer.Argument(help="A file written by another command of this group.")],
    holders: Annotated[
        list[str], typer.Option("--as", help="Holder of the key that signs.", metavar="HOLDER")
    ],
) -> None:
    """递交 Record an act that a bidder or a key holder has written to a file."""
    from tongjian.catalogue import load_registry
    from tongjian.cli.outcome import show_answer
    from tongjian.cli.submit import submit
    from tongjian.node.home import Home

    act = _read_act(file)
    operation = load_registry().tags[str(act.__struct_config__.tag)]
    answer = submit(Home(surface.folder), holders, (act,))
    show_answer(surface, answer, operation, is_rehearsal=False)


# ------------------------------------------------------------------------------------- key holders


def new_transport(
    surface: Surface,
    holder: _Office,
    secret: Annotated[
        Path, typer.Option("--secret", help="File to write the secret to.", metavar="FILE")
    ],
    out: _Out,
) -> None:
    """传输密钥 Make the key to which shares for an office are sealed; keep its secret."""
    from tongjian.node import bidding
    from tongjian.services.procurement.ristretto import encode_scalar

    _refuse_existing(secret)
    act, scalar = bidding.new_transport(holder)
    _write_secret(secret, {"holder": holder, "transport": encode_scalar(scalar).hex()})
    _write_act(out, act)
    _told(surface, out, f"tongjian procurement bid hand-in {out} --as HOLDER; keep {secret}")


def deal(surface: Surface, tender: _Tender, holder: _Office, out: _Out) -> None:
    """分发份额 Deal an office's part of the key of a tender; nothing of it needs to be kept."""
    from tongjian.node import bidding
    from tongjian.node.home import Home

    home = Home(surface.folder)
    with home.open() as chain:
        _write_act(out, bidding.deal_key(home.digest(), chain.store, tender, holder))
    _told(surface, out, f"tongjian procurement bid hand-in {out} --as HOLDER")


def confirm(surface: Surface, tender: _Tender, holder: _Office, secret: _Secret, out: _Out) -> None:
    """确认密钥 Check what all holders have dealt to an office, and confirm the key."""
    from tongjian.node import bidding
    from tongjian.node.home import Home

    home, scalar = Home(surface.folder), _transport(secret)
    with home.open() as chain:
        act = bidding.confirm_key(home.digest(), chain.store, tender, holder, scalar)
    _write_act(out, act)
    _told(surface, out, f"tongjian procurement bid hand-in {out} --as HOLDER")


def open_share(
    surface: Surface, tender: _Tender, holder: _Office, secret: _Secret, out: _Out
) -> None:
    """公布份额 Write an office's share of the key once the deadline has come, not before."""
    from tongjian.node import bidding
    from tongjian.node.clock import now_ms
    from tongjian.node.home import Home

    home, scalar = Home(surface.folder), _transport(secret)
    with home.open() as chain:
        act = bidding.open_share(
            home.digest(), chain.store, tender, holder, scalar, now_ms=now_ms()
        )
    _write_act(out, act)
    _told(surface, out, f"tongjian procurement bid hand-in {out} --as HOLDER")


# ------------------------------------------------------------------------------------------- files


def _form(**fields: Any) -> "Form":
    from tongjian.core.encoding import Malformed, encode
    from tongjian.services.procurement.envelopes import FORMS, Form

    form = Form(**fields, signature=bytes(64))
    try:
        FORMS.decode(encode(form))
    except (Malformed, OverflowError) as error:
        raise Failure(
            ExitCode.USAGE,
            "The bid cannot be written as a form.",
            why=str(error),
            rule="prices are whole fen, marks and salts 32 bytes",
            then="tongjian procurement bid seal --help",
        ) from error
    return form


def _commit(digest: Any, file: Path) -> tuple[bytes, bytes]:
    from tongjian.core.hashing import compute_commitment
    from tongjian.node.clock import salt

    require_file(file)
    drawn = salt()
    return compute_commitment(digest, drawn, file.read_bytes()), drawn


def _write_act(file: Path, act: "Act") -> None:
    from tongjian.core.encoding import encode
    from tongjian.storage.files import write_json

    document = {"format": _FORMAT, "act": encode(act).hex()}
    write_json(file, document)


def _read_act(file: Path) -> "Act":
    from tongjian.catalogue import load_registry
    from tongjian.core.encoding import Malformed

    require_file(file)
    try:
        document = json.loads(file.read_text("utf-8"))
        act: Act = load_registry().act_codec.decode(bytes.fromhex(document["act"]))
    except (Malformed, ValueError, KeyError, TypeError) as error:
        raise _not_ours(file, str(error)) from error
    return act


def _write_kept(out: Path, slot: "Slot", more: dict[str, Any]) -> None:
    kept = out.with_name(out.name + _KEPT)
    seed = {"tender": slot.tender, "seed": slot.seed.hex(), "version": slot.version}
    _write_secret(kept, seed | more)


def _write_secret(file: Path, document: dict[str, Any]) -> None:
    from tongjian.storage.files import write_json

    write_json(file, document, mode=0o600)


def _slot(file: Path | None) -> "Slot | None":
    from tongjian.node.bidding import Slot

    if file is None:
        return None
    document = _document(file)
    try:
        return Slot(document["tender"], bytes.fromhex(document["seed"]), int(document["version"]))
    except (KeyError, TypeError, ValueError) as error:
        raise _not_ours(file, str(error)) from error


def _transport(file: Path) -> int:
    from tongjian.services.procurement.ristretto import NoElement, decode_scalar

    try:
        return decode_scalar(bytes.fromhex(_document(file)["transport"]))
    except (KeyError, TypeError, ValueError, NoElement) as error:
        raise _not_ours(file, str(error)) from error


def _document(file: Path) -> dict[str, Any]:
    require_file(file)
    try:
        document: dict[str, Any] = json.loads(file.read_text("utf-8"))
    except ValueError as error:
        raise _not_ours(file, str(error)) from error
    return document


def _bytes(flag: str, text: str) -> bytes:
    try:
        return bytes.fromhex(text)
    except ValueError as error:
        raise Failure(
            ExitCode.USAGE,
            f"{flag} is not what it must be.",
            why=str(error),
            rule="32 bytes in hexadecimal",
            then="tongjian procurement bid seal --help",
        ) from error


def _refuse_existing(file: Path) -> None:
    if file.exists():
        raise Failure(
            ExitCode.CONFLICT,
            f"{file} is there already.",
            why="A secret that is written over is lost, and with it the shares sealed to it.",
            then="choose another file for --secret",
        )


def _not_ours(file: Path, why: str) -> Failure:
    return Failure(
        ExitCode.USAGE,
        f"{file} is not a file of this group.",
        why=why,
        rule="the commands of `procurement bid` write their files themselves",
        then="tongjian procurement bid --help",
    )


def _told(surface: Surface, out: Path, then: str) -> None:
    if surface.as_json:
        surface.document({"file": str(out)})
        return
    surface.pairs([("file", str(out))])
    surface.note(f"next: {then}", style="dim")
