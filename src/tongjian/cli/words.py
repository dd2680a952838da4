"""Labels, hints, Chinese refusal sentences: a service's `words.toml`, and those of the kernel."""

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final, NamedTuple

from tongjian import services
from tongjian.core.directory import Kernel
from tongjian.core.operation import RefusalCode
from tongjian.core.registry import Registry

KERNEL: Final = "kernel"
_KERNEL_FILE: Final = Path(__file__).with_name("kernel_words.toml")


class Label(NamedTuple):
    """A word in Chinese and English; empty where there is none."""

    zh: str
    en: str


@dataclass(frozen=True)
class Words:
    """The words of one service."""

    tables: dict[str, Any]

    def label(self, kind: str, name: str) -> Label:
        """Return the label of a field, an operation, a query, an event or a role."""
        entry = self.tables.get(kind, {}).get(name, {})
        return Label(entry.get("zh", ""), entry.get("en", ""))

    def hint(self, kind: str, name: str) -> str:
        """Return the hint in English."""
        return str(self.tables.get(kind, {}).get(name, {}).get("hint_en", ""))

    def refusal(self, name: str) -> str:
        """Return the Chinese sentence of a refusal."""
        return str(self.tables.get("refusals", {}).get(name, ""))


@cache
def words_of(service: str) -> Words:
    """Return the words of a service; empty where it has none."""
    path = Path(services.__path__[0]) / service / "words.toml"
    if service == KERNEL:
        path = _KERNEL_FILE
    return Words(tomllib.loads(path.read_text("utf-8")) if path.is_file() else {})


@dataclass(frozen=True)
class Refusal:
    """A refusal as the log has it, `service/number@act`, with its words."""

    service: str
    number: int
    act: int
    """Position of the refused act in its transaction."""
    name: str
    en: str
    zh: str

    def as_json(self) -> dict[str, object]:
        """Return the refusal for machines."""
        return {
            "service": self.service,
            "number": self.number,
            "act": self.act,
            "name": self.name,
            "en": self.en,
            "zh": self.zh,
        }


def read_refusal(registry: Registry, outcome: str) -> Refusal:
    """Return the refusal that an outcome of the log names.

    A number that this release does not know keeps its number and has no words.
    """
    service, _, rest = outcome.partition("/")
    number, _, act = rest.partition("@")
    codes: type[RefusalCode] | None = Kernel if service == KERNEL else None
    if service in registry.services:
        codes = registry.services[service].refusals
    for code in codes or ():
        if code.number == int(number):
            zh = words_of(service).refusal(code.name)
            return Refusal(service, code.number, int(act or 0), code.name, code.sentence, zh)
    unknown = "This release does not know the reason; a newer one does."
    return Refusal(service, int(number), int(act or 0), "", unknown, "")
