"""The keys on this machine: whose they are, what they may sign, whether they still count."""

from typing import TYPE_CHECKING, Any

import typer

from tongjian.cli.command import LEDGER, command
from tongjian.cli.keys_ahead import rehearse
from tongjian.cli.keys_certificate import certificate
from tongjian.cli.keys_exposure import counters, exposure
from tongjian.cli.keys_made import new, passkey, protect, token
from tongjian.cli.keys_possession import prove
from tongjian.cli.surface import Surface

if TYPE_CHECKING:
    from tongjian.engines.chain import Chain
    from tongjian.node.home import Home


def add_to(app: typer.Typer) -> None:
    """Add the group of this module."""
    group = typer.Typer(
        help="Keys on this machine, and what ends when.",
        no_args_is_help=True,
        rich_markup_mode="rich",
    )
    command(group, "list", panel=LEDGER)(list_keys)
    command(group, "new", panel=LEDGER)(new)
    command(group, "protect", panel=LEDGER)(protect)
    command(group, "token", panel=LEDGER)(token)
    command(group, "passkey", panel=LEDGER)(passkey)
    command(group, "prove", panel=LEDGER)(prove)
    command(group, "certificate", panel=LEDGER)(certificate)
    command(group, "rehearse", panel=LEDGER)(rehearse)
    command(group, "exposure", panel=LEDGER)(exposure)
    command(group, "counters", panel=LEDGER)(counters)
    app.add_typer(group, name="keys", rich_help_panel=LEDGER)


def list_keys(surface: Surface) -> None:
    """List the holders whose keys stand in the ledger's folder: office, roles, state, id."""
    from tongjian.node.home import KEYS_NAME, SEAL_KEY_NAME, Home

    home = Home(surface.folder)
    home.genesis()
    holders = sorted(path.stem for path in (home.folder / KEYS_NAME).glob("*.json"))
    with home.open() as chain:
        names = home.names()
        rows = [
            _key_of(home, chain, names, holder, is_seal=holder.startswith(SEAL_KEY_NAME))
            for holder in holders
        ]
    if surface.as_json:
        surface.document(rows)
        return
    surface.table(
        ("HOLDER", "OFFICE", "NAME", "ROLES", "STATE", "KEY ID"),
        [
            (r["holder"], r["office"], r["name"], ", ".join(r["roles"]), r["state"], r["id"])
            for r in rows
        ],
    )


def _key_of(
    home: "Home", chain: "Chain", names: dict[str, str], holder: str, *, is_seal: bool
) -> dict[str, Any]:
    from tongjian.core.operation import Refused
    from tongjian.node.clock import now_ms
    from tongjian.node.keys import KeyFileError

    row: dict[str, Any] = dict.fromkeys(("holder", "office", "name", "state", "id"), "")
    row |= {"holder": holder, "roles": list[str]()}
    try:
        pair = home.identity(holder)
    except KeyFileError as error:
        return row | {"state": str(error)}
    row["id"] = pair.id.hex()
    directory = chain.machine.directory
    if is_seal:
        counts = chain.sealing_key(chain.height + 1).public == pair.public
        return row | {"roles": ["seals blocks"], "state": "counts" if counts else "does not count"}
    try:
        actor = directory.actor(pair.id)
        row |= {
            "office": actor.office,
            "name": names.get(actor.office, ""),
            "roles": [str(grant.role) for grant in actor.grants],
        }
        if actor.is_person:
            row["roles"] = [f"person {actor.person.hex()}"]
        directory.signer(pair.id, chain.height + 1, now_ms())
    except Refused as refused:
        return row | {"state": refused.code.sentence}
    return row | {"state": "counts"}
