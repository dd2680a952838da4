"""The officer's desk behind `tongjian tx`: drafts are opened, shown as sentences, and kept."""

from collections.abc import Generator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, NamedTuple, cast

from msgspec import inspect as shapes

from tongjian.cli.failures import ExitCode, Failure
from tongjian.cli.inputs import moment_of
from tongjian.cli.moments import write_moment
from tongjian.cli.readable import as_json, tag_of
from tongjian.cli.spoken import Sentence, sentence_of
from tongjian.cli.submit import Answer, decide
from tongjian.cli.surface import Surface
from tongjian.cli.typed import NotOfForm, json_of, read_json
from tongjian.core.envelope import compose
from tongjian.core.operation import Act, Operation, Refused
from tongjian.core.registry import Registry
from tongjian.engines.chain import Chain
from tongjian.node.clock import nonce, now_ms
from tongjian.node.drafts import Desk, Draft, DraftInvalid, NotNext, Tray
from tongjian.node.home import Home

TRAY_NAME: Final = "drafts"
DEADLINE_MS: Final = 7 * 24 * 3_600_000
EXPIRY_BLOCKS: Final = 900_000
"""Signatures take days: the height at which a draft expires is as far as the kernel lets it be."""
_KEY_LENGTH: Final = 32
_TYPE: Final = "type"


class Signer(NamedTuple):
    """One who must sign, as the directory knows the key now."""

    key: bytes
    office: str
    name: str
    state: str

    def as_json(self) -> dict[str, str]:
        """Return the signer for machines."""
        return {
            "key": self.key.hex(),
            "office": self.office,
            "name": self.name,
            "state": self.state,
        }


class Waiting:
    """Drafts of one ledger, while it is open for reading."""

    def __init__(self, surface: Surface, home: Home, chain: Chain) -> None:
        """Take where to show, the ledger's folder and the open chain."""
        self.home = home
        self.chain = chain
        self.desk = Desk(chain.chain_id, chain.opener, chain.machine.directory)
        self._surface = surface
        self._names = home.names()
        self._tray = Tray(home.folder / TRAY_NAME)

    @staticmethod
    @contextmanager
    def of(surface: Surface) -> Generator["Waiting"]:
        """Open the ledger of a command; what is wrong with a draft ends the command in words."""
        home = Home(surface.folder)
        with home.open() as chain:
            try:
                yield Waiting(surface, home, chain)
            except NotNext as error:
                raise Failure(
                    ExitCode.CONFLICT,
                    "This cannot be done with the draft.",
                    why=f"{error}.",
                    rule="signers sign once, in the order 经办, 复核, 批准, before the deadline",
                    then="tongjian tx inspect DRAFT",
                ) from error
            except DraftInvalid as error:
                raise Failure(
                    ExitCode.VERIFICATION_FAILED,
                    "The draft cannot be used.",
                    why=f"{error}.",
                    rule="what was signed is what stands in the draft, to the byte",
                    then="ask for the draft again, or begin a new one: tongjian tx draft --help",
                ) from error

    # -- taking in hand -----------------------------------------------------------------------

    def begin(
        self, who: Sequence[str], acts: tuple[Act, ...], output: Path | None, deadline: str | None
    ) -> None:
        """Write the draft of a new transaction and show it."""
        body = compose(
            chain=self.chain.chain_id,
            expiry=self.chain.height + EXPIRY_BLOCKS,
            nonce=nonce(),
            signers=tuple(self.key_of(one) for one in who),
            acts=acts,
        )
        until = (
            now_ms() + DEADLINE_MS
            if deadline is None
            else moment_of("--deadline", deadline, "tongjian tx draft --help")
        )
        draft = self.desk.begin(body, until)
        self.keep(output or self._tray.path(draft), draft)

    def take(self, name: str) -> tuple[Path, Draft]:
        """Return a draft by its file, or by its id in the tray; raises `Failure`."""
        path = Path(name)
        if not path.exists():
            found = [one for one in self._tray.files() if name and one.name.startswith(name)]
            if len(found) != 1:
                raise Failure(
                    ExitCode.NOT_FOUND,
                    f"There is no draft {name}.",
                    why="It is neither a file nor the id of one draft in the tray.",
                    then="tongjian tx pending",
                )
            path = found[0]
        return path, self.desk.read(path.read_bytes())

    def due(self, key: bytes) -> list[tuple[Path, Draft]]:
        """Return the drafts in the tray whose next signer is a key."""
        taken = [(path, self.desk.read(path.read_bytes())) for path in self._tray.files()]
        return [(path, draft) for path, draft in taken if draft.next == key]

    def signed(self, draft: Draft, key: bytes, signature: bytes) -> Draft:
        """Return the draft with one more signature."""
        return self.desk.add(draft, key, signature, now_ms())

    def require_turn(self, draft: Draft, key: bytes) -> None:
        """Raise `NotNext` where it is not the turn of a key to sign."""
        self.desk.require_turn(draft, key, now_ms())

    def spoken(self, draft: Draft) -> list[str]:
        """Return what a draft asks, as sentences in Chinese and English."""
        return [text for sentence in self._sentences(draft) for text in sentence]

    def keep(self, path: Path, draft: Draft) -> None:
        """Write a draft to its file and say what comes next."""
        from tongjian.storage.files import write_whole

        write_whole(path, draft.document())
        if self._surface.as_json:
            self._surface.document({**self._document(draft), "file": str(path)})
            return
        self._surface.line(f"{path}", style="bold")
        self._surface.pairs(self._state(draft), indent="  ")
        self._surface.note(f"next: {self._next(path, draft)}", style="dim")

    def operation(self, draft: Draft) -> Operation:
        """Return the operation of a draft's first act."""
        return self._operation(draft.incoming.transaction.acts[0])

    # -- showing ------------------------------------------------------------------------------

    def show_all(self) -> None:
        """List the drafts in the tray."""
        rows = [self._row(path) for path in self._tray.files()]
        if self._surface.as_json:
            self._surface.document(rows)
            return
        keys = ("draft", "acts", "signed", "waits_for", "deadline")
        self._surface.table(
            ("DRAFT", "ACTS", "SIGNED", "WAITS FOR", "UNTIL"),
            [tuple(str(row[key]) for key in keys) for row in rows],
        )

    def show(self, path: Path, draft: Draft) -> None:
        """Say what a draft asks, who must sign, and what would come of it now."""
        answer = self._rehearse(draft)
        if self._surface.as_json:
            would = "committed" if answer.refusal is None else "refused"
            refusal = answer.refusal and answer.refusal.as_json()
            self._surface.document({**self._document(draft), "would_be": would, "refusal": refusal})
            return
        surface = self._surface
        surface.line(f"draft {draft.id.hex()}", style="bold")
        for position, sentence in enumerate(self._sentences(draft), 1):
            surface.line(f"  {position}. {sentence.zh}")
            surface.line(f"     {sentence.en}")
        surface.pairs(self._state(draft), indent="  ")
        if answer.refusal is None:
            surface.line("  now, signed by all: it would be committed", style="green")
        else:
            refusal = answer.refusal
            number = f"{refusal.service}/{refusal.number} {refusal.name}"
            surface.line(f"  now, signed by all: it would be refused, {number}", style="bold red")
            surface.pairs([("zh", refusal.zh), ("en", refusal.en)], indent="    ")
        surface.note(f"next: {self._next(path, draft)}", style="dim")

    def _document(self, draft: Draft) -> dict[str, Any]:
        return {
            "draft": draft.id.hex(),
            "acts": [as_json(act) for act in draft.incoming.transaction.acts],
            "sentences": [one._asdict() for one in self._sentences(draft)],
            "signers": [one.as_json() for one in self._signers(draft)],
            "deadline_ms": draft.deadline_ms,
            "waits_for": draft.next.hex() if draft.next else None,
        }

    def _row(self, path: Path) -> dict[str, Any]:
        try:
            draft = self.desk.read(path.read_bytes())
        except DraftInvalid as error:
            blank: dict[str, Any] = dict.fromkeys(("signed", "deadline"), "")
            return blank | {"draft": path.name, "acts": "unusable", "waits_for": str(error)}
        acts = [tag_of(act) for act in draft.incoming.transaction.acts]
        waits = next((s for s in self._signers(draft) if s.key == draft.next), None)
        who = "nobody: complete" if waits is None else f"{waits.key.hex()} {waits.name}".rstrip()
        return {
            "draft": draft.id.hex()[:16],
            "acts": ", ".join(dict.fromkeys(acts)),
            "signed": f"{len(draft.signatures)} of {len(draft.signers)}",
            "waits_for": "nobody: declined" if draft.declined else who,
            "deadline": write_moment(draft.deadline_ms),
        }

    def _state(self, draft: Draft) -> list[tuple[str, str]]:
        pairs = [
            (f"signer {number}", f"{one.key.hex()} {one.office} {one.name}: {one.state}")
            for number, one in enumerate(self._signers(draft), 1)
        ]
        if draft.declined is not None:
            pairs.append(("declined", f"{draft.declined.key}: {draft.declined.reason}"))
        return [*pairs, ("until", write_moment(draft.deadline_ms))]

    def _sentences(self, draft: Draft) -> list[Sentence]:
        office = self._signers(draft)[0]
        by = office.name or office.office
        acts = draft.incoming.transaction.acts
        return [sentence_of(act, self._operation(act), by) for act in acts]

    def _signers(self, draft: Draft) -> list[Signer]:
        found: list[Signer] = []
        for position, key in enumerate(draft.signers):
            office = _office_of(self.chain, key)
            state = "signed" if position < len(draft.signatures) else "has not signed"
            if draft.declined is not None and draft.declined.key == key.hex():
                state = "declined"
            found.append(Signer(key, office, self._names.get(office, ""), state))
        return found

    def _rehearse(self, draft: Draft) -> Answer:
        """Return what the next block would decide if every signer had signed."""
        return decide(self.chain, draft.incoming.data, is_signed=False)

    def _next(self, path: Path, draft: Draft) -> str:
        if draft.declined is not None:
            return "tongjian tx draft --help"
        return f"tongjian tx {'sign --as HOLDER' if draft.next else 'submit'} {path}"

    def _operation(self, act: Act) -> Operation:
        return self.chain.machine.registry.tags[tag_of(act)]

    def key_of(self, text: str) -> bytes:
        """Return a key's id from the name of a holder here, or from its hexadecimal form."""
        if len(text) == _KEY_LENGTH and all(c in "0123456789abcdef" for c in text):
            return bytes.fromhex(text)
        return self.home.identity(text).id


def read_acts(registry: Registry, texts: Sequence[str]) -> tuple[Act, ...]:
    """Return acts from their JSON, each with its `type`; raises `Failure`."""
    try:
        return tuple([_read_act(registry, json_of(text)) for text in texts])
    except (NotOfForm, OSError) as error:
        raise Failure(
            ExitCode.USAGE,
            "An act is not what it must be.",
            why=str(error),
            rule="`tongjian tx ID --json` shows acts in this form",
            then="tongjian SERVICE ACT --help",
        ) from error


def _read_act(registry: Registry, value: Any) -> Act:
    if not isinstance(value, dict) or _TYPE not in value:
        raise NotOfForm(f"an act is a JSON object with a {_TYPE!r} such as invoice.issue.")
    fields = dict(cast(dict[str, Any], value))
    tag = str(fields.pop(_TYPE))
    operation = registry.tags.get(tag)
    if operation is None:
        raise NotOfForm(f"there is no act {tag!r}.")
    return cast(Act, read_json(shapes.type_info(operation.act), fields))


def read_hex(text: str) -> bytes:
    """Return bytes from hexadecimal, or from the file that `@FILE` names; raises `Failure`."""
    try:
        if text.startswith("@"):
            text = Path(text.removeprefix("@")).read_text("ascii").strip()
        return bytes.fromhex(text)
    except (OSError, ValueError) as error:
        raise Failure(
            ExitCode.USAGE,
            "These are not bytes in hexadecimal.",
            why=str(error),
            then="tongjian tx attach --help",
        ) from error


def _office_of(chain: Chain, key: bytes) -> str:
    try:
        actor = chain.machine.directory.actor(key)
    except Refused:
        return "unknown key"
    return f"person {actor.person.hex()}" if actor.is_person else actor.office
