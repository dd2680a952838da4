"""Networks: several nodes that decide together, on one machine to try out or on many."""

import os
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from tongjian.cli.command import LEDGER, command
from tongjian.cli.failures import ExitCode, Failure
from tongjian.cli.found import EXAMPLE
from tongjian.cli.network_status import status
from tongjian.cli.surface import Surface

if TYPE_CHECKING:
    from tongjian.cli.words import Refusal
    from tongjian.node.home import Home

READY_S: Final = 120
VOTERS: Final = ("data-governor", "tax-governor")
"""Who carries a vote in the example plan."""
OFFICES: Final = ("11990100001400700T", "11990100001400110R")
RULE: Final = "docs/how-to/run-a-network.md"
_ADDRESS: Final = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9_.-]+):[0-9]{1,5}")

As = Annotated[
    list[str] | None, typer.Option("--as", help="Holder of a voting key; once for each.")
]
Server = Annotated[
    list[str] | None,
    typer.Option("--server", help="HOST:PORT where another member serves signed headers."),
]
Blocks = Annotated[
    bool,
    typer.Option("--blocks/--no-blocks", help="Put the blocks in; else it begins by a snapshot."),
]
Listen = Annotated[str, typer.Option("--listen", help="Where peers reach this node: HOST:PORT.")]


def add_to(app: typer.Typer) -> None:
    """Add the commands of this module."""
    command(app, "devnet", panel=LEDGER)(devnet)
    network = typer.Typer(help="Run a ledger together with others.", no_args_is_help=True)
    command(network, "init", panel=LEDGER)(init)
    command(network, "invite", panel=LEDGER)(invite)
    command(network, "pass", panel=LEDGER)(pass_)
    command(network, "join", panel=LEDGER)(join)
    command(network, "leave", panel=LEDGER)(leave)
    command(network, "run", panel=LEDGER)(run)
    command(network, "status", panel=LEDGER)(status)
    app.add_typer(network, name="network", rich_help_panel=LEDGER)


def devnet(
    surface: Surface,
    validators: Annotated[int, typer.Option("--validators", min=1, max=16, help="Nodes.")] = 4,
    folder: Annotated[
        Path, typer.Option("--dir", help="Where the nodes' folders go.", metavar="DIR")
    ] = Path("devnet"),
) -> None:
    """Found a ledger and run it on several nodes of this machine, until interrupted.

    A folder of an earlier run is gone on with. Each node is a process of its own.
    """
    from tongjian.node.supervisor import find_binary

    find_binary()
    folders = sorted(folder.glob("node*")) or _lay_out(folder, validators)
    # Whoever ends the command by a signal ends its nodes: none is left to run alone.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    nodes = [_start(place) for place in folders]
    try:
        for place in folders:
            _wait_ready(place)
        _say_devnet(surface, folders)
        while all(node.poll() is None for node in nodes):
            time.sleep(0.2)
    except KeyboardInterrupt:
        surface.note("stopping")
    finally:
        for node in nodes:
            node.terminate()
        for node in nodes:
            node.wait()


def _lay_out(folder: Path, validators: int) -> list[Path]:
    from tongjian.node.devnet import lay_out
    from tongjian.node.founding import found, read_plan

    with tempfile.TemporaryDirectory(prefix="tongjian-") as origin:
        found(read_plan(EXAMPLE), Path(origin) / "ledger")
        places = lay_out(
            Path(origin) / "ledger", folder, validators, voters=VOTERS, offices=OFFICES
        )
    return [place.folder for place in places]


def _start(folder: Path) -> "subprocess.Popen[bytes]":
    program = "from tongjian.cli import main; main()"
    with (folder / "node.log").open("ab") as log:
        return subprocess.Popen(
            [sys.executable, "-c", program, "--home", str(folder), "network", "run"],
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )


def _wait_ready(folder: Path) -> None:
    from tongjian.node.client import Client, NodeSilent

    end = time.monotonic() + READY_S
    client = Client([folder])
    while True:
        try:
            client.ask("standing")
            client.close()
            return
        except NodeSilent as silent:
            if time.monotonic() > end:
                raise Failure(
                    ExitCode.UNAVAILABLE,
                    f"The node in {folder} does not answer.",
                    why=str(silent),
                    rule=RULE,
                    then=f"read {folder / 'node.log'}",
                ) from silent
        time.sleep(0.1)


def _say_devnet(surface: Surface, folders: list[Path]) -> None:
    from tongjian.node.engine_home import EngineHome

    rows = [(str(p), EngineHome(p).settings().listen, str(p / "node.sock")) for p in folders]
    if surface.as_json:
        names = ("folder", "peers", "socket")
        surface.document([dict(zip(names, row, strict=True)) for row in rows])
        return
    surface.table(("node", "peers reach it at", "programs of this machine at"), rows)
    surface.note(f"keys of its officers: {folders[0] / 'keys'}")
    surface.note(f"next: tongjian --home {folders[0]} network status", style="dim")


def init(
    surface: Surface,
    cards: Annotated[list[Path], typer.Argument(help="Cards of the first nodes.")],
    holders: As = None,
    invitation: Annotated[
        Path, typer.Option("--invitation", help="File for the nodes.", metavar="FILE")
    ] = Path("invitation.tar"),
) -> None:
    """Make this ledger a network's: vote its nodes in and hand the seal over to them.

    The ledger keeps its data, heights and proofs; receipts given out before stay valid.
    """
    from tongjian.cli.submit import keys_of
    from tongjian.node.devnet import hand_over
    from tongjian.node.engine_home import NODE_KEY, EngineHome
    from tongjian.node.home import Home
    from tongjian.node.joining import know_peers, peers_of, read_card, write_invitation

    home = Home(surface.folder)
    read = [read_card(card) for card in cards]
    genesis = hand_over(home, keys_of(home, holders or []), [card.act() for card in read])
    engine = EngineHome(home.folder)
    engine.keep_genesis(genesis)
    if (engine.folder / NODE_KEY).exists():
        know_peers(home.folder, peers_of(read))
    with home.open() as chain:
        write_invitation(home, chain, invitation, peers_of(read))
    _say(
        surface,
        {"network": genesis["chain_id"], "nodes": len(read), "invitation": str(invitation)},
        "give the invitation to each node: tongjian network join --invitation FILE",
    )


def invite(
    surface: Surface,
    card: Annotated[Path, typer.Argument(help="Card of the node.")],
    holders: As = None,
    power: Annotated[int, typer.Option("--power", min=0, help="Voting power.")] = 10,
    invitation: Annotated[
        Path, typer.Option("--invitation", help="File for the node.", metavar="FILE")
    ] = Path("invitation.tar"),
    server: Server = None,
    blocks: Blocks = True,
) -> None:
    """Vote another node in, and write the invitation with which it joins.

    A node that is a member already needs no vote to join again: `network pass`.
    """
    from tongjian.cli.submit import submit
    from tongjian.node.home import Home
    from tongjian.node.joining import peers_of, read_card

    home = Home(surface.folder)
    read = read_card(card)
    answer = submit(home, holders or [], (read.act(power),))
    if answer.refusal is not None:
        raise _refused(answer.code, "The node was not admitted.", answer.refusal)
    _write_pass(home, invitation, peers_of([read]), server, blocks=blocks)
    said = {"node": read.node, "height": answer.height, "invitation": str(invitation)}
    _say(surface, said, "give the invitation to the node: tongjian network join --invitation FILE")


def pass_(
    surface: Surface,
    invitation: Annotated[
        Path, typer.Option("--invitation", help="File for the node.", metavar="FILE")
    ] = Path("invitation.tar"),
    server: Server = None,
    blocks: Blocks = False,
) -> None:
    """Write the invitation by which a member whose state was lost begins anew, with its keys."""
    from tongjian.node.home import Home

    _write_pass(Home(surface.folder), invitation, [], server, blocks=blocks)
    then = "give it to the node: tongjian network join --again --invitation FILE"
    _say(surface, {"invitation": str(invitation)}, then)


def _write_pass(
    home: "Home", path: Path, peers: list[str], servers: list[str] | None, *, blocks: bool
) -> None:
    from tongjian.node.engine_home import EngineHome
    from tongjian.node.joining import sync_point, write_invitation

    engine = EngineHome(home.folder)
    own = engine.settings()
    known = [*own.peers, engine.peer(own.external or own.listen), *peers]
    point = sync_point(home.folder, servers or [])
    if point is None and not blocks:
        raise Failure(
            ExitCode.CONFLICT,
            "Nobody would prove the snapshot to the newcomer.",
            why="no node that serves signed headers is named",
            rule=RULE,
            then="name one by --server, or set `light` in engine/settings.json and run this node",
        )
    with home.open() as chain:
        write_invitation(home, chain, path, known, sync=point, blocks=blocks)


def join(
    surface: Surface,
    listen: Listen = "0.0.0.0:26656",
    office: Annotated[str, typer.Option("--office", help="Office that runs the node.")] = "",
    external: Annotated[
        str, typer.Option("--external", help="HOST:PORT that peers are told, if another.")
    ] = "",
    invitation: Annotated[
        Path | None, typer.Option("--invitation", help="From a member.", metavar="FILE")
    ] = None,
    state_sync: Annotated[
        bool, typer.Option("--state-sync", help="Begin by a snapshot, without older history.")
    ] = False,
    again: Annotated[
        bool, typer.Option("--again", help="Begin anew with this folder's keys; its state is lost.")
    ] = False,
) -> None:
    """Draw this node's keys and write its card; with an invitation, take the ledger in.

    Keys stay in this folder: a card has public keys only.
    """
    import msgspec

    from tongjian.node.joining import accept_invitation, make_card, rejoin

    if invitation is not None:
        enter = rejoin if again else accept_invitation
        peers = enter(invitation, surface.folder, state_sync=state_sync)
        _say(surface, {"folder": str(surface.folder), "peers": peers}, "tongjian network run")
        return
    _check_card(office, listen, external)
    card = make_card(surface.folder, office, listen, external)
    path = surface.folder / "card.json"
    path.write_bytes(msgspec.json.format(msgspec.json.encode(card)) + b"\n")
    said = {"card": str(path), "node": card.node, "validator": card.validator}
    _say(surface, said, "give the card to a member: tongjian network init, or invite")


def _check_card(office: str, *addresses: str) -> None:
    """Refuse what nobody could admit or reach, before keys are drawn for it."""
    from tongjian.core.identifiers.errors import IdentifierInvalid
    from tongjian.core.identifiers.parties import check_uscc

    then = "tongjian network join --office USCC --listen HOST:PORT"
    try:
        check_uscc(office)
    except IdentifierInvalid as error:
        what, rule = "--office is no unified social credit code.", "GB 32100-2015"
        raise Failure(ExitCode.USAGE, what, why=str(error), rule=rule, then=then) from error
    for address in filter(None, addresses):
        if _ADDRESS.fullmatch(address) is None:
            why = "Peers reach a node at a host and a port, such as node.example:26656."
            what = f"{address!r} is no HOST:PORT."
            raise Failure(ExitCode.USAGE, what, why=why, rule=RULE, then=then)


def _refused(code: ExitCode, what: str, refusal: "Refusal") -> Failure:
    why = f"{refusal.service}/{refusal.number} {refusal.name}: {refusal.zh} {refusal.en}"
    return Failure(code, what, why=why, rule=RULE, then="tongjian network status")


def leave(surface: Surface, holders: As = None) -> None:
    """Have this node retired, by the registrar of its office or by vote; then stop it."""
    from tongjian.cli.submit import submit
    from tongjian.node.engine_home import EngineHome
    from tongjian.node.home import Home
    from tongjian.services.membership.acts_network import RetireNode

    home = Home(surface.folder)
    act = RetireNode(node=EngineHome(home.folder).node_public)
    answer = submit(home, holders or [], (act,))
    if answer.refusal is not None:
        raise _refused(answer.code, "The node was not retired.", answer.refusal)
    _say(surface, {"retired": act.node.hex(), "height": answer.height}, "stop this node")


def run(
    surface: Surface,
    workers: Annotated[
        int, typer.Option("--workers", min=0, help="Processes that check signatures.")
    ] = 0,
) -> None:
    """Run this node until it is interrupted."""
    from tongjian.node.gate import Gate
    from tongjian.node.member import running

    ended = threading.Event()

    def end(number: int, frame: object) -> None:
        del number, frame
        ended.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, end)
    with running(surface.folder, workers=workers) as member:
        gate = Gate(member)
        surface.note(
            f"node {os.getpid()} of {surface.folder}: peers at "
            f"{member.engine_home.settings().listen}, programs at {gate.path}"
        )
        ended.wait()
        gate.close()


def _say(surface: Surface, said: dict[str, Any], then: str) -> None:
    if surface.as_json:
        surface.document(said)
        return
    surface.pairs([(name, str(value)) for name, value in said.items()])
    surface.note(f"next: {then}", style="dim")
