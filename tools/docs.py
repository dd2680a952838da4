"""Write the generated pages: docs/reference and the tables in the README of each service.

`python tools/docs.py` writes what is stale and prints its path; with `--check` it writes nothing
and exits 1 where a page is stale. Everything comes from the declarations of the services, their
words and their parameters, so a page cannot say anything else than the program.

`docs/reference/refusal-numbers.toml` is kept, not generated: a number once given to a refusal is
added and never changed; one that is gone from the program stays there as retired.
"""

import inspect
import sys
import tomllib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Final

from msgspec import inspect as shapes

from tongjian.catalogue import citations, load_registry, refusals_of
from tongjian.cli.fields import choices_of, fields_of
from tongjian.cli.permits import who_zh
from tongjian.cli.words import KERNEL, words_of
from tongjian.core.directory import Kernel
from tongjian.core.operation import Operation, RefusalCode, Service
from tongjian.core.registry import Registry
from tongjian.testkit.strategies import declared

ROOT: Final = Path(__file__).parents[1]
REFERENCE: Final = Path("docs/reference")
SERVICES: Final = Path("src/tongjian/services")
NUMBERS: Final = REFERENCE / "refusal-numbers.toml"
BEGIN: Final = "<!-- generated:operations -->"
ATTACKS: Final = Path("tests/insiders/attacks.toml")
END: Final = "<!-- /generated -->"
NOTE: Final = "<!-- Written by `make docs` from the program; do not edit. -->"


class NumberReused(ValueError):
    """A refusal number that stands for another refusal than before."""


class PageMissing(ValueError):
    """A page that people write, with room for the tables, is not there."""


# ------------------------------------------------------------------------------------- vocabulary


def form_of(info: shapes.Type) -> str:
    """Return the form of a value: its unit and its bounds."""
    match info:
        case shapes.Metadata(extra=extra):
            unit = (extra or {}).get("unit", "")
            return f"{form_of(declared(info))} {unit}".strip()
        case shapes.VarTupleType(item_type=item, max_length=most):
            return f"≤ {most} × {form_of(item)}"
        case shapes.UnionType(types=types):
            return " or ".join(form_of(each) for each in types)
        case _:
            return _plain_form(info)


def _plain_form(info: shapes.Type) -> str:
    match info:
        case shapes.IntType(ge=least, le=most):
            return f"{least}–{most}"
        case shapes.StrType(pattern=pattern, max_length=most):
            return f"text ≤ {most}" if pattern is None else f"`{cell(pattern)}`"
        case shapes.BytesType(min_length=least, max_length=most):
            return f"{most} bytes" if least == most else f"{least or 0}–{most} bytes"
        case shapes.StructType(cls=cls):
            return f"record {cls.__name__}"
        case _:
            return ", ".join(choices_of(info)) or type(info).__name__.removesuffix("Type").lower()


def cell(text: str) -> str:
    """Return a text that does not break a table."""
    return " ".join(text.split()).replace("|", "\\|")


# ------------------------------------------------------------------------------------------ pages


def operations_page(registry: Registry) -> Iterator[str]:
    """Write every operation with its fields, permission, law, refusals and tables."""
    yield from _title(
        "Operations", "What each act asks, who may, by which article, and what it does."
    )
    for service in registry.services.values():
        yield from _heading(service)
        for operation in service.operations:
            yield from _operation(operation, service)


def _operation(operation: Operation, service: Service) -> Iterator[str]:
    zh = words_of(service.name).label("operations", operation.name).zh
    yield f"### {operation.tag} {zh}".rstrip()
    yield ""
    yield operation.sentence
    yield ""
    yield f"- Who may: {operation.by.words()}"
    yield f"- Law: {operation.law}"
    refusals = refusals_of(operation, service.refusals)
    if refusals:
        yield "- Refused, in order: " + ", ".join(f"{c.number} {c.name}" for c in refusals)
    yield "- Reads: " + _tables(t.name for t in operation.reads - operation.writes)
    yield "- Writes: " + _tables(t.name for t in operation.writes)
    if operation.follows:
        tags = sorted(act.__struct_config__.tag for act in operation.follows)
        yield "- Has as consequence: " + ", ".join(f"`{tag}`" for tag in tags)
    yield "- Announces: " + ", ".join(str(e.__struct_config__.tag) for e in operation.events)
    if operation.since > 1:
        yield f"- Since rule version {operation.since}"
    yield ""
    yield from _fields(operation.act, service.name)


def _tables(names: Iterable[str]) -> str:
    return ", ".join(sorted(names)) or "nothing further"


def _fields(record: type[Any], service: str) -> Iterator[str]:
    forms = {field.name: form_of(field.type) for field in _struct(record).fields}
    yield "| field | 字段 | form | meaning |"
    yield "| --- | --- | --- | --- |"
    for field in fields_of(record):
        label = words_of(service).label("fields", field.name)
        meaning = field.docstring or label.en or field.shape.description
        yield f"| `{field.name}` | {label.zh} | {forms[field.name]} | {cell(meaning)} |"
    yield ""


def _struct(record: type[Any]) -> shapes.StructType:
    info = shapes.type_info(record)
    if not isinstance(info, shapes.StructType):
        msg = f"{record} is no record"
        raise TypeError(msg)
    return info


def permissions_page(registry: Registry) -> Iterator[str]:
    """Write the matrix of who may do what, in English and Chinese."""
    yield from _title("Permissions", "Who may do each act. 何人可为何事。")
    for service in registry.services.values():
        yield from _heading(service)
        yield "| act | 行为 | who may | 何人可为 | law |"
        yield "| --- | --- | --- | --- | --- |"
        for operation in service.operations:
            zh = words_of(service.name).label("operations", operation.name).zh
            who = f"{operation.by.words()} | {who_zh(registry, operation.by)}"
            yield f"| `{operation.name}` | {zh} | {who} | {operation.law} |"
        yield ""


def refusals_page(registry: Registry) -> Iterator[str]:
    """Write every refusal with its number, its sentences and the acts that give it."""
    yield from _title(
        "Refusals", "In order of precedence: the first that holds is the one on record."
    )
    yield f"## {KERNEL} 内核"
    yield ""
    yield "Before any service is asked; each act of every service can be refused so."
    yield ""
    yield from _refusal_table(KERNEL, Kernel, {})
    for service in registry.services.values():
        yield from _heading(service)
        givers: dict[str, list[str]] = {}
        for operation in service.operations:
            for code in refusals_of(operation, service.refusals):
                givers.setdefault(code.name, []).append(operation.name)
        yield from _refusal_table(service.name, service.refusals, givers)


def _refusal_table(
    service: str, codes: type[RefusalCode], givers: dict[str, list[str]]
) -> Iterator[str]:
    yield "| number | name | sentence | 理由 | given by |"
    yield "| --- | --- | --- | --- | --- |"
    for code in codes:
        zh = words_of(service).refusal(code.name)
        by = ", ".join(givers.get(code.name, ()))
        yield f"| {code.number} | `{code.name}` | {code.sentence} | {zh} | {by} |"
    yield ""


def events_page(registry: Registry) -> Iterator[str]:
    """Write every event with its fields."""
    yield from _title(
        "Events", "What the ledger announces; the read model is built from these alone."
    )
    for service in registry.services.values():
        yield from _heading(service)
        for event in dict.fromkeys(e for o in service.operations for e in o.events):
            tag = str(event.__struct_config__.tag)
            zh = words_of(service.name).label("events", tag.partition(".")[2]).zh
            yield f"### {tag} {zh}".rstrip()
            yield ""
            yield cell((inspect.getdoc(event) or "").partition("\n\n")[0])
            yield ""
            yield from _fields(event, service.name)


def parameters_page(registry: Registry) -> Iterator[str]:
    """Write every parameter that a new ledger begins with."""
    yield from _title(
        "Parameters", "Values a new ledger begins with; later ones are set by an act."
    )
    for service in registry.services.values():
        path = ROOT / SERVICES / service.name / "parameters.toml"
        if not path.is_file():
            continue
        yield from _heading(service)
        yield "| name | 名称 | meaning | unit | from | values | source |"
        yield "| --- | --- | --- | --- | --- | --- | --- |"
        for name, entry in tomllib.loads(path.read_text("utf-8")).items():
            for dated in entry["dated"]:
                amounts = " ".join(f"{amount:_}" for amount in dated["values"])
                about = f"`{name}` | {entry['zh']} | {entry['en']} | {entry['unit']}"
                yield f"| {about} | {dated['from']} | {amounts} | {dated['law']} |"
        yield ""


def insider_attacks_page(registry: Registry) -> Iterator[str]:
    """Write which tests hold each attack of somebody with valid keys."""
    del registry
    yield from _title(
        "Attacks from inside",
        "What people with valid keys try, and the tests that show what comes of it.",
    )
    for attack in tomllib.loads((ROOT / ATTACKS).read_text("utf-8"))["attack"]:
        yield f"## {attack['row']}. {attack['who']}"
        yield ""
        yield f"{attack['defence'].capitalize()}."
        if "gap" in attack:
            yield f"Missing: {attack['gap']}."
        yield ""
        if "waits_for" in attack:
            yield f"No test yet: it waits for the service `{attack['waits_for']}`."
        for test in attack.get("tests", ()):
            path, _, name = test.partition("::")
            words = name.removeprefix("test_").replace("_", " ")
            yield f"- [{words}](../../{path})"
        yield ""


def readme_table(service: Service) -> Iterator[str]:
    """Write the acts and questions of one service for its README."""
    words = words_of(service.name)
    yield BEGIN
    yield "| act | 行为 | what it does | law |"
    yield "| --- | --- | --- | --- |"
    for operation in service.operations:
        zh = words.label("operations", operation.name).zh
        law = ", ".join(citations(operation.law))
        yield f"| `{operation.name}` | {zh} | {operation.sentence} | {law} |"
    if service.queries:
        yield ""
        yield "| question | 查询 | what it answers | open to |"
        yield "| --- | --- | --- | --- |"
        for query in service.queries:
            zh = words.label("queries", query.name).zh
            yield f"| `{query.name}` | {zh} | {query.sentence} | {query.audience} |"
    yield END


def _title(title: str, sentence: str) -> Iterator[str]:
    yield from (NOTE, f"# {title}", "", sentence, "")


def _heading(service: Service) -> Iterator[str]:
    zh = words_of(service.name).tables.get("service", {}).get("zh", "")
    yield f"## {service.name} {zh}".rstrip()
    yield ""


# --------------------------------------------------------------------------------------- numbers


def numbers_text(registry: Registry, kept: dict[str, dict[str, str]]) -> str:
    """Return the kept list of refusal numbers with new ones added; raises `NumberReused`."""
    lines = [
        "# Every number ever given to a refusal, by service. A number keeps its name for ever:",
        "# what refused an act years ago must still be told. `make docs` adds new ones and never",
        "# changes one; a name gone from the program is retired, and its number stays taken.",
    ]
    current = {KERNEL: Kernel} | {s.name: s.refusals for s in registry.services.values()}
    for service in sorted(dict.fromkeys((*kept, *current))):
        taken = {int(number): name for number, name in kept.get(service, {}).items()}
        for code in current.get(service, ()):
            before = taken.setdefault(code.number, code.name)
            if before != code.name:
                msg = (
                    f"number {code.number} of {service} is {before}, so {code.name} needs a new "
                    f"one; where {before} never stood on a ledger, correct {NUMBERS} by hand"
                )
                raise NumberReused(msg)
        lines.extend(("", f"[{service}]"))
        lines.extend(f'{number} = "{taken[number]}"' for number in sorted(taken))
    return "\n".join(lines) + "\n"


# ------------------------------------------------------------------------------------------ files


def pages(registry: Registry) -> Iterator[tuple[Path, str]]:
    """Give the path and the text of every generated file."""
    writers = (
        *(operations_page, permissions_page, refusals_page, events_page, parameters_page),
        insider_attacks_page,
    )
    for writer in writers:
        name = writer.__name__.removesuffix("_page").replace("_", "-")
        yield REFERENCE / f"{name}.md", "\n".join(writer(registry)).rstrip() + "\n"
    kept = ROOT / NUMBERS
    numbers = tomllib.loads(kept.read_text("utf-8")) if kept.is_file() else {}
    yield NUMBERS, numbers_text(registry, numbers)
    for service in registry.services.values():
        path = SERVICES / service.name / "README.md"
        readme = ROOT / path
        text = readme.read_text("utf-8") if readme.is_file() else ""
        before, begin, rest = text.partition(BEGIN)
        _, end, after = rest.partition(END)
        if not (begin and end):
            msg = f"{path} must have the lines {BEGIN} and {END}, between which the tables go"
            raise PageMissing(msg)
        yield path, before + "\n".join(readme_table(service)) + after


def main(arguments: list[str]) -> int:
    """Write the stale pages, or name them where only a check is asked for."""
    write = "--check" not in arguments
    try:
        stale = [
            path for path, text in pages(load_registry()) if _is_stale(path, text, write=write)
        ]
    except (NumberReused, PageMissing) as error:
        print(error, file=sys.stderr)
        return 1
    if stale and not write:
        print("these pages are not fresh; run: make docs", file=sys.stderr)
        return 1
    return 0


def _is_stale(path: Path, text: str, *, write: bool) -> bool:
    file = ROOT / path
    if file.is_file() and file.read_text("utf-8") == text:
        return False
    print(path)
    if write:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, "utf-8")
    return True


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
