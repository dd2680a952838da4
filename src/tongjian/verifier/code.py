"""Digests of the code that decides: whoever decides again can tell whether it is the same.

Nothing on the ledger commits to them. The rule version of a service does stand on the ledger; the
digest says which text of that version decided here.
"""

import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from tongjian import core, services
from tongjian.core.encoding import encode
from tongjian.core.hashing import Hash
from tongjian.core.registry import Registry

KERNEL: Final = "core"
_PUBLIC: Final = re.compile(rb"\btongjian\.services\.([a-z][a-z0-9_]*)\.public\b")


def compute_code_digest(registry: Registry, service: str, digest: Hash) -> bytes:
    """Return H(record [[name, bytes], …]) over source files, sorted by name.

    Of the kernel: all modules of `core`. Of a service: the modules of its folder, and `public.py`
    of the services that they read; of one that is no folder, the file of its handlers.
    """
    files = {name: path.read_bytes() for name, path in _files(registry, service)}
    for text in list(files.values()):
        for other in _PUBLIC.findall(text):
            path = _folder(other.decode("ascii")) / "public.py"
            files[f"{path.parent.name}/{path.name}"] = path.read_bytes()
    return digest(encode(sorted(files.items())))


def _folder(service: str) -> Path:
    return Path(services.__path__[0]) / service


def _files(registry: Registry, service: str) -> Iterator[tuple[str, Path]]:
    folder = Path(core.__path__[0]) if service == KERNEL else _folder(service)
    if folder.is_dir():
        for path in sorted(folder.glob("*.py")):
            yield f"{folder.name}/{path.name}", path
        for path in sorted(folder.glob("*/*.py") if service == KERNEL else ()):
            yield f"{folder.name}/{path.parent.name}/{path.name}", path
        return
    for operation in registry.services[service].operations:
        module = sys.modules[operation.handler.__module__]
        yield module.__name__, Path(module.__file__ or "")
