"""What a signer signs, in one sentence of Chinese and one of English, made from the act alone.

What you see is what you sign: every field of the act is in the sentence, under its legal term, and
nothing else is.
"""

from typing import NamedTuple

from tongjian.cli.readable import pairs_of, tag_of
from tongjian.cli.words import words_of
from tongjian.core.operation import Act, Operation


class Sentence(NamedTuple):
    """The same sentence in both languages."""

    zh: str
    en: str


def sentence_of(act: Act, operation: Operation, office: str) -> Sentence:
    """Return what an act says when an office does it; `office` is its name or its USCC."""
    service, _, name = tag_of(act).partition(".")
    words = words_of(service)
    label = words.label("operations", name)
    zh: list[str] = []
    en: list[str] = []
    for field, value in pairs_of(act):
        bare = field.strip()
        term = words.label("fields", bare.partition(" ")[0])
        number = bare.partition(" ")[2]
        zh.append(f"{term.zh or bare}{number}{'：' + value if value else '如下'}")
        en.append(f"{term.en or bare.replace('_', ' ')} {number}".strip() + f": {value}".rstrip())
    return Sentence(
        f"{office}办理“{label.zh or name}”：{'；'.join(zh)}。依据：{operation.law}。",
        f"{office} does “{label.en or operation.sentence.rstrip('.')}”: {'; '.join(en)}. "
        f"Law: {operation.law}.",
    )
