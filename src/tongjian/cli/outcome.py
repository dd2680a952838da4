"""Shows what became of a transaction: committed with its events, or refused, why, by which rule."""

from typing import Final

import typer

from tongjian.cli.failures import ExitCode
from tongjian.cli.readable import as_json, pairs_of, tag_of
from tongjian.cli.submit import Answer
from tongjian.cli.surface import Surface
from tongjian.cli.words import KERNEL, words_of
from tongjian.core.directory import Kernel
from tongjian.core.operation import Event, Operation
from tongjian.engines.solo import Status

_HEADS: Final = {
    Status.TURNED_AWAY: "turned away, not recorded",
    Status.MALFORMED: "malformed, not recorded",
    Status.NOT_RECORDED: "not recorded",
    Status.UNKNOWN: "not known whether it is recorded",
}


def show_answer(
    surface: Surface, answer: Answer, operation: Operation, *, is_rehearsal: bool
) -> None:
    """Write the answer and end the command with its exit code."""
    if surface.as_json:
        surface.document(_as_json(answer, operation, is_rehearsal=is_rehearsal))
    else:
        _show(surface, answer, operation, is_rehearsal=is_rehearsal)
    if answer.code is not ExitCode.OK:
        raise typer.Exit(answer.code)


def _as_json(answer: Answer, operation: Operation, *, is_rehearsal: bool) -> dict[str, object]:
    return {
        "status": answer.status.value,
        "dry_run": is_rehearsal,
        "transaction": None if is_rehearsal else answer.id.hex(),
        "height": answer.height if answer.height >= 0 and not is_rehearsal else None,
        "refusal": answer.refusal and answer.refusal.as_json(),
        "law": operation.law,
        "detail": answer.detail,
        "events": [as_json(event) for event in answer.events],
    }


def _show(surface: Surface, answer: Answer, operation: Operation, *, is_rehearsal: bool) -> None:
    style = "bold green" if answer.code is ExitCode.OK else "bold red"
    surface.line(_head(answer, is_rehearsal=is_rehearsal), style=style)
    pairs: list[tuple[str, str]] = []
    if answer.refusal is not None:
        pairs += [("zh", answer.refusal.zh), ("en", answer.refusal.en), ("rule", operation.law)]
        if answer.refusal.service == KERNEL and answer.refusal.name == Kernel.NOT_PERMITTED.name:
            pairs.append(("who may", operation.by.words()))
    if answer.detail and answer.refusal is None:
        pairs.append(("why", answer.detail))
    if not is_rehearsal and answer.id:
        pairs.append(("transaction", answer.id.hex()))
    surface.pairs([pair for pair in pairs if pair[1]], indent="  ")
    for event in answer.events:
        show_event(surface, event)
    surface.note(f"next: {_next(answer, operation, is_rehearsal=is_rehearsal)}", style="dim")


def show_event(surface: Surface, event: Event) -> None:
    """Write an event with its words and its fields."""
    tag = tag_of(event)
    service, _, name = tag.partition(".")
    label = words_of(service).label("events", name)
    surface.line(f"  event {tag} {label.zh}".rstrip(), style="bold")
    surface.pairs(pairs_of(event), indent="    ")


def _head(answer: Answer, *, is_rehearsal: bool) -> str:
    refusal = answer.refusal
    reason = f": {refusal.service}/{refusal.number} {refusal.name}" if refusal else ""
    if is_rehearsal:
        verdict = "refused" if refusal else "committed"
        return f"dry run: would be {verdict}{reason}; nothing was recorded"
    if answer.status is Status.COMMITTED:
        return f"committed at height {answer.height}"
    if answer.status is Status.REFUSED:
        return f"refused at height {answer.height}{reason}"
    return f"{_HEADS[answer.status]}{reason}"


def _next(answer: Answer, operation: Operation, *, is_rehearsal: bool) -> str:
    name = operation.name.replace("_", "-")
    if answer.code is ExitCode.UNAUTHORISED:
        return "tongjian keys list"
    if answer.code is ExitCode.UNAVAILABLE:
        return "repeat the command"
    if answer.refusal is not None or answer.code is ExitCode.USAGE:
        return f"tongjian {operation.service} {name} --help"
    if is_rehearsal:
        return "repeat the command without --dry-run"
    return f"tongjian tx {answer.id.hex()}"
