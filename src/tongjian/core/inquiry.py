"""How a question is answered: from committed state, through the same view that handlers have."""

from typing import Any

from tongjian.core.directory import Directory, Reader
from tongjian.core.encoding import Record
from tongjian.core.hashing import Hash
from tongjian.core.ledger import Ledger
from tongjian.core.operation import Query
from tongjian.core.seal import sealed


def answer(
    query: Query, arguments: Record, *, reader: Reader, digest: Hash, height: int, time_ms: int
) -> Any:
    """Answer a question as of a height and a block time in ms.

    Who may ask is for the caller to judge by `query.audience`. Raises `Refused` where the question
    needs a row that is not there, `InvariantBroken` where it reads what it does not declare.
    """
    ledger = Ledger(reader, Directory(reader), digest, height, time_ms)
    ledger.enter(query, ())
    with sealed():
        return query.handler(arguments, ledger)
