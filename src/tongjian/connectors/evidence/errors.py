"""What is wrong with a package, said in both languages at the step that found it."""

from typing import Final

from tongjian.connectors.steps import Words

TITLES: Final = {
    "form": Words("形式", "form"),
    "receipt": Words("账簿回执", "receipt of the ledger"),
    "item": Words("证据登记", "record of the item"),
    "custody": Words("保管链", "chain of custody"),
    "content": Words("内容", "content"),
    "time_stamp": Words("时间戳", "time stamps"),
    "answers": Words("逐项回答", "answers to the questions"),
}
"""The steps of a check, in their order."""


class PackageInvalid(Exception):
    """A package that does not hold: at which step, and why."""

    def __init__(self, step: str, en: str, zh: str) -> None:
        """Take the name of the step and the reason in English and Chinese."""
        number = list(TITLES).index(step) + 1
        super().__init__(f"step {number}, {TITLES[step].en}: {en}")
        self.number = number
        self.step = step
        self.why = Words(zh, en)
