"""The guard that stops input and output while handlers run.

The fourth net of the deterministic zone (docs/decisions/0002-handler-form.md): the import contract
and the source checks stop what can be seen in the text; this stops `open`, sockets, processes and
imports at run time. Time, chance and the environment raise no audit event: the import contract has
them.
"""

import sys
from collections.abc import Generator
from contextlib import contextmanager
from contextvars import ContextVar

_running: ContextVar[bool] = ContextVar("handlers_running", default=False)
_BARRED = (
    "open",
    "os.",
    "socket.",
    "subprocess.",
    "import",
    "builtins.input",
    "shutil.",
    "tempfile.",
    "urllib.",
    "ctypes.",
    "exec",
    "compile",
)


class Barred(RuntimeError):
    """A handler reached for the outside world."""


def _guard(event: str, arguments: tuple[object, ...]) -> None:
    del arguments
    if event.startswith(_BARRED) and _running.get():
        msg = f"a handler may not reach the outside world: {event}"
        raise Barred(msg)


sys.addaudithook(_guard)


@contextmanager
def sealed() -> Generator[None]:
    """Bar the outside world for the code inside, on this thread only."""
    token = _running.set(True)
    try:
        yield
    finally:
        _running.reset(token)


@contextmanager
def opened() -> Generator[None]:
    """Let the kernel itself do what a handler may not: verify a signature by a library."""
    token = _running.set(False)
    try:
        yield
    finally:
        _running.reset(token)
