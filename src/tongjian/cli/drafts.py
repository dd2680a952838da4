"""`tongjian tx`: a transaction from its draft, through its signers' hands, to the ledger."""

from pathlib import Path
from typing import Annotated, Any, Final

import typer
from typer.core import TyperGroup

from tongjian.cli.command import RECORDS, command
from tongjian.cli.failures import ExitCode, Failure
from tongjian.cli.surface import Surface

WAITING: Final = "Waiting for signatures"
SHOW: Final = "show"

DraftArgument = Annotated[
    str,
    typer.Argument(metavar="DRAFT", help="File of the draft, or the id of one in the tray."),
]
DraftsArgument = Annotated[
    list[str] | None,
    typer.Argument(metavar="DRAFT", help="Files of drafts, or ids of those in the tray."),
]
AsOption = Annotated[
    str, typer.Option("--as", metavar="HOLDER", help="Holder of the key that signs.")
]
SignersOption = Annotated[
    list[str],
    typer.Option(
        "--as",
        metavar="HOLDER|KEY",
        help="Who signs, in order 经办, 复核, 批准: a holder here, or a key's id in hexadecimal.",
    ),
]
OutOption = Annotated[
    Path | None,
    typer.Option("-o", "--output", metavar="FILE", help="Where to; else the tray of the ledger."),
]
DeadlineOption = Annotated[
    str | None,
    typer.Option("--deadline", metavar="MOMENT", help="Until when it may be signed; 7 days."),
]


class TransactionGroup(TyperGroup):
    """The commands of a transaction; an id alone shows the transaction."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Take `tx ID` as `tx show ID`."""
        if args and not args[0].startswith("-") and args[0] not in self.commands:
            args = [SHOW, *args]
        return super().parse_args(ctx, args)


def add_to(app: typer.Typer) -> None:
    """Add the commands of this module."""
    from tongjian.cli.look import tx

    group = typer.Typer(
        cls=TransactionGroup,
        help="Show a transaction; draft one, sign it by several hands, submit it.",
        no_args_is_help=True,
        rich_markup_mode="rich",
    )
    command(group, SHOW, panel=RECORDS)(tx)
    command(group, "draft", panel=WAITING)(draft)
    command(group, "pending", panel=WAITING)(pending)
    command(group, "inspect", panel=WAITING)(inspect)
    command(group, "sign", panel=WAITING)(sign)
    command(group, "passkey", panel=WAITING)(passkey)
    command(group, "attach", panel=WAITING)(attach)
    command(group, "decline", panel=WAITING)(decline)
    command(group, "submit", panel=WAITING)(submit)
    app.add_typer(group, name="tx", rich_help_panel=RECORDS)


def draft(
    surface: Surface,
    act: Annotated[
        list[str],
        typer.Option(
            "--act", metavar="JSON|@FILE", help="An act with its `type`; repeat for more."
        ),
    ],
    signers: SignersOption,
    output: OutOption = None,
    deadline: DeadlineOption = None,
) -> None:
    """Write a transaction of one or more acts for its signers; nothing is recorded."""
    from tongjian.cli.waiting import Waiting, read_acts

    with Waiting.of(surface) as waiting:
        acts = read_acts(waiting.chain.machine.registry, act)
        waiting.begin(signers, acts, output, deadline)


def pending(surface: Surface) -> None:
    """List the drafts in the ledger's tray: what they ask, who signed, whose turn it is."""
    from tongjian.cli.waiting import Waiting

    with Waiting.of(surface) as waiting:
        waiting.show_all()


def inspect(surface: Surface, name: DraftArgument) -> None:
    """Say in Chinese and English what a draft asks, who signed, and what would come of it now."""
    from tongjian.cli.waiting import Waiting

    with Waiting.of(surface) as waiting:
        waiting.show(*waiting.take(name))


def sign(
    surface: Surface,
    holder: AsOption,
    names: DraftsArgument = None,
    every: Annotated[
        bool, typer.Option("--all", help="Every draft in the tray that waits for this key.")
    ] = False,
    yes: Annotated[
        bool, typer.Option("--yes", help="Do not ask; the sentences are shown.")
    ] = False,
) -> None:
    """Sign drafts after reading what they say; several at once are signed one by one."""
    from tongjian.cli.waiting import Waiting

    with Waiting.of(surface) as waiting:
        pair = waiting.home.key(holder)
        taken = [waiting.take(name) for name in names or ()]
        taken += waiting.due(pair.id) if every else []
        if not taken:
            raise Failure(
                ExitCode.NOT_FOUND,
                "There is nothing to sign.",
                why=f"No draft was named, and none in the tray waits for {holder}.",
                then="tongjian tx pending",
            )
        for path, one in taken:
            waiting.show(path, one)
            if not yes and not typer.confirm("Sign this? 确认签名", default=False, err=True):
                surface.note("not signed", style="bold yellow")
                continue
            waiting.keep(path, waiting.signed(one, pair.id, pair.sign(one.incoming.message)))


def attach(
    surface: Surface,
    name: DraftArgument,
    key: Annotated[str, typer.Option("--key", metavar="KEY", help="Id of the key that signed.")],
    signature: Annotated[
        str, typer.Option("--signature", metavar="HEX|@FILE", help="Made by a token or a browser.")
    ],
) -> None:
    """Add a signature that was made elsewhere: by a security module, a card, a passkey."""
    from tongjian.cli.waiting import Waiting, read_hex

    with Waiting.of(surface) as waiting:
        path, one = waiting.take(name)
        waiting.keep(path, waiting.signed(one, read_hex(key), read_hex(signature)))


def passkey(
    surface: Surface,
    name: DraftArgument,
    holder: AsOption,
    port: Annotated[int, typer.Option("--port", help="The one the passkey was made at.")] = 8642,
) -> None:
    """Sign a draft with a passkey, in the browser of this machine, which shows what is signed."""
    from tongjian.cli.keys_made import open_page
    from tongjian.cli.waiting import Waiting
    from tongjian.node import passkeys
    from tongjian.node.drafts import Draft, DraftInvalid

    with Waiting.of(surface) as waiting:
        path, one = waiting.take(name)
        waiting.show(path, one) if not surface.as_json else None
        key, credential = waiting.home.identity(holder).id, waiting.home.credential(holder)
        signed: list[Draft] = []

        def take(answer: dict[str, Any]) -> str:
            try:
                signed.append(waiting.signed(one, key, passkeys.read_assertion(answer)))
            except DraftInvalid as error:
                raise ValueError(str(error)) from error
            return "已签名，可关闭此页。Signed; this page can be closed."

        waiting.require_turn(one, key)
        asked = passkeys.assertion(one.incoming.message, credential, waiting.spoken(one))
        passkeys.ask(asked, take, lambda url: open_page(surface, url), port)
        waiting.keep(path, signed[0])


def decline(
    surface: Surface,
    name: DraftArgument,
    holder: AsOption,
    reason: Annotated[str, typer.Option("--reason", help="Why; it stays in the draft, signed.")],
) -> None:
    """Refuse to sign, with a reason; the draft is closed and cannot be submitted."""
    from tongjian.cli.waiting import Waiting

    with Waiting.of(surface) as waiting:
        path, one = waiting.take(name)
        pair = waiting.home.key(holder)
        signature = pair.sign(waiting.desk.decline_message(one, reason))
        waiting.keep(path, waiting.desk.decline(one, pair.id, reason, signature))


def submit(
    surface: Surface,
    name: DraftArgument,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would become of it; record nothing.")
    ] = False,
) -> None:
    """Hand a draft that all have signed to the ledger; once it is there it leaves the tray."""
    from tongjian.cli.outcome import show_answer
    from tongjian.cli.submit import decide, send
    from tongjian.cli.waiting import Waiting
    from tongjian.node.home import Home

    with Waiting.of(surface) as waiting:
        path, one = waiting.take(name)
        envelope, operation = one.envelope(), waiting.operation(one)
        answer = decide(waiting.chain, envelope) if dry_run else None
    if answer is None:
        answer = send(Home(surface.folder), envelope)
        if answer.height >= 0:
            path.unlink(missing_ok=True)
    show_answer(surface, answer, operation, is_rehearsal=dry_run)
