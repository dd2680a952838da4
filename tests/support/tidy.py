"""Refuse what the other nets cannot see: in the deterministic zone, and in the whole tree.

`python tests/support/tidy.py` prints one line a finding and exits 1 when there is one.
"""

import ast
import datetime as dt
import re
import subprocess
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path, PurePosixPath

ROOT = Path(__file__).parents[2]
ZONE = ("src/tongjian/core/", "src/tongjian/services/")

# ------------------------------------------------------------------------------ deterministic zone

_CALLS = {
    "float": "integers only: see core/arithmetic.py",
    "complex": "integers only: see core/arithmetic.py",
    "set": "its order differs between processes: use dict.fromkeys, or a sorted tuple",
    "hash": "differs between processes: use core/hashing.py",
    "id": "is an address of this process: compare keys",
    "open": "handlers touch no file: what they need is a row",
    "print": "raise an event; surfaces print",
    "input": "what a handler needs is in the act",
    "breakpoint": "debug outside the zone",
    "eval": "name the function",
    "exec": "name the function",
    "compile": "name the function",
    "globals": "name the object",
}
_METHODS = frozenset(
    (
        *("lower", "upper", "casefold", "swapcase", "title", "capitalize"),
        *("isdigit", "isdecimal", "isnumeric", "isalpha", "isalnum", "isupper", "islower"),
    )
)
_SYS_ALLOWED = "src/tongjian/core/seal.py"
_ASYNC = (ast.AsyncFunctionDef, ast.AsyncFor, ast.AsyncWith, ast.Await)
_SET_OPERATORS = (ast.BitAnd, ast.BitOr, ast.BitXor, ast.Sub)


def zone_findings(path: str, source: str) -> list[str]:
    """List what this source of core or services may not say, as `path:line: what, what instead`."""
    found: list[str] = []
    for node in ast.walk(ast.parse(source, path)):
        found.extend(f"{path}:{line}: {what}" for line, what in _about(node, path))
    return sorted(found)


def _about(node: ast.AST, path: str) -> Iterator[tuple[int, str]]:
    line = getattr(node, "lineno", 0)
    for judge in (_number, _order, _call, _control):
        if what := judge(node):
            yield line, what
    if path != _SYS_ALLOWED and "sys" in _imported(node):
        yield line, "`sys` shows the machine: only core/seal.py needs it"


def _number(node: ast.AST) -> str | None:
    match node:
        case ast.Constant(value=float() | complex()):
            return "a float: integers only, in the smallest unit (fen, ppm, ms)"
        case ast.BinOp(op=ast.Div()) | ast.AugAssign(op=ast.Div()):
            return "`/` makes a float: say how to round with core/arithmetic.py"
        case _:
            return None


def _order(node: ast.AST) -> str | None:
    match node:
        case ast.Set() | ast.SetComp():
            return f"a set: {_CALLS['set']}; to test membership, frozenset((...))"
        case ast.For(iter=walked) | ast.comprehension(iter=walked) if _is_unordered(walked):
            return f"walks a set: {_CALLS['set']}"
        case ast.BinOp(left=left, op=op) if isinstance(op, _SET_OPERATORS) and _is_view(left):
            return f"makes a set of keys: {_CALLS['set']}"
        case _:
            return None


def _is_unordered(node: ast.expr) -> bool:
    return isinstance(node, ast.Call) and _called(node) == "frozenset"


def _is_view(node: ast.expr) -> bool:
    match node:
        case ast.Call(func=ast.Attribute(attr="keys" | "items")):
            return True
        case _:
            return False


def _called(node: ast.Call) -> str:
    return node.func.id if isinstance(node.func, ast.Name) else ""


def _call(node: ast.AST) -> str | None:
    match node:
        case ast.Call(func=ast.Name(id=name)) if name in _CALLS:
            return f"`{name}(`: {_CALLS[name]}"
        case ast.Call(func=ast.Attribute(attr=name)) if name in _METHODS:
            return f"`.{name}(`: its tables differ by interpreter: match ASCII by pattern"
        case _:
            return None


def _control(node: ast.AST) -> str | None:
    match node:
        case ast.ExceptHandler(type=kind) if _is_broad(kind):
            return "a broad except hides a broken invariant: name the exception"
        case ast.Global():
            return "`global`: state is rows, pass the rest as arguments"
        case _ if isinstance(node, _ASYNC) or getattr(node, "is_async", 0):
            return "`async`: acts run one after another"
        case _:
            return None


def _is_broad(kind: ast.expr | None) -> bool:
    match kind:
        case None | ast.Name(id="Exception" | "BaseException"):
            return True
        case ast.Tuple(elts=kinds):
            return any(_is_broad(each) for each in kinds)
        case _:
            return False


def _imported(node: ast.AST) -> list[str]:
    match node:
        case ast.Import(names=names):
            return [each.name.partition(".")[0] for each in names]
        case ast.ImportFrom(module=str(module)):
            return [module.partition(".")[0]]
        case _:
            return []


def zone_files(root: Path) -> Iterator[tuple[str, str]]:
    """Give path and text of every source of the zone, the tests in it left out."""
    for folder in ZONE:
        for file in sorted((root / folder).rglob("*.py")):
            if "tests" not in file.parts:
                yield file.relative_to(root).as_posix(), file.read_text("utf-8")


# -------------------------------------------------------------------------------------- whole tree

# The words are put together here so that this file passes its own check.
_LEFTOVER = re.compile(
    r"\b(?:" + "|".join(("FIX" + "ME", "TO" + "DO", "X" * 3, "HA" + "CK")) + r")\b"
)
_MACHINE_PATH = re.compile(r"(?<![\w.$}])/(?:work|root|home/\w+|Users/\w+|opt/wheels)/")
_INDEX_HOST = re.compile(
    "|".join(
        (
            r"\bpypi\." + "org",
            "files.python" + "hosted",
            "registry.npm" + "js",
            r"proxy\.golang\." + "org",
            "index" + r"\.crates\.io",
            "repo1?" + r"\.maven",
            "deb" + r"\.debian\.org",
            "--(?:extra-)?index" + "-url",
        )
    )
)
_RESIDENT_ID = re.compile(r"(?<![0-9A-Za-z])[0-9]{17}[0-9Xx](?![0-9A-Za-z])")
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECK_CHARACTERS = "10X98765432"
_PUBLISHED = frozenset(("11010519491231002X",))
"""The example that GB 11643-1999 itself prints."""
_PROVINCES = frozenset((*range(11, 66), 71, 81, 82, 83))

LINES_MAX = 400
_SOURCE = frozenset((".py", ".pyi", ".js", ".mjs", ".css", ".html", ".sh"))
LONG_FILES: dict[str, str] = {
    "tests/audit/test_decisions.py": "one decision, each part of its bundle spoiled in turn",
    "tests/audit/test_replay.py": "each kind of tampering beside the words that name it",
    "tests/connectors/einvoice/test_seals.py": "the seal's structures in the order of the standard",
    "tests/storage/test_prover.py": "each kind of proof with each way to spoil it",
    "tests/verifier/test_receipt.py": "each kind of receipt with each way to spoil it",
}
"""Sources over LINES_MAX lines, each with the reason why it is one piece."""


def is_resident_id(token: str) -> bool:
    """Tell whether 18 characters could be a real person's number (GB 11643-1999)."""
    if token.upper() in _PUBLISHED:
        return False
    if int(token[:2]) not in _PROVINCES or not _is_birth_date(token[6:14]):
        return False
    total = sum(int(digit) * weight for digit, weight in zip(token, _WEIGHTS, strict=False))
    return _CHECK_CHARACTERS[total % 11] == token[17].upper()


def _is_birth_date(digits: str) -> bool:
    try:
        return 1850 <= dt.date(int(digits[:4]), int(digits[4:6]), int(digits[6:])).year < 2100
    except ValueError:
        return False


def text_findings(path: str, text: str) -> list[str]:
    """List what no file of the tree may hold, as `path:line: what`."""
    found: list[str] = []
    for number, line in enumerate(text.splitlines(), 1):
        found.extend(f"{path}:{number}: {what}" for what in _about_line(line))
    if PurePosixPath(path).suffix in _SOURCE and path not in LONG_FILES:
        count = text.count("\n")
        if count > LINES_MAX:
            found.append(f"{path}:{count}: over {LINES_MAX} lines: split it, or give a reason")
    return found


def _about_line(line: str) -> Iterator[str]:
    if word := _LEFTOVER.search(line):
        yield f"a leftover, {word[0]}: finish it, or open an issue"
    if place := _MACHINE_PATH.search(line):
        yield f"a path of one machine, {place[0]}: make it relative"
    if host := _INDEX_HOST.search(line):
        yield f"a package index, {host[0]}: which one is used is the machine's business"
    for token in _RESIDENT_ID.findall(line):
        if is_resident_id(token):
            yield "a number that could be a real person's: use region 99"


_LINK = re.compile(r"\]\((?!https?:|mailto:|#)([^)\s#]+)[^)]*\)")
_DECISION = re.compile(r"\bdocs/decisions/[0-9]{4}-[\w-]+\.md\b")


def link_findings(root: Path, path: str, text: str) -> list[str]:
    """List local links of a page, and decisions cited anywhere, that lead nowhere."""
    links = _LINK.findall(text) if path.endswith(".md") else []
    lost = [to for to in links if not ((root / path).parent / to).exists()]
    lost += [to for to in _DECISION.findall(text) if not (root / to).exists()]
    return [f"{path}: leads nowhere: {to}" for to in dict.fromkeys(lost)]


def stale_reasons(root: Path) -> list[str]:
    """List entries of LONG_FILES whose file is gone or short by now."""
    return [
        f"{path}: is in LONG_FILES, but has no more than {LINES_MAX} lines"
        for path in LONG_FILES
        if not (root / path).is_file() or (root / path).read_text("utf-8").count("\n") <= LINES_MAX
    ]


def tracked_files(root: Path) -> Iterator[tuple[str, str]]:
    """Give path and text of every text file that git knows."""
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=root, check=True, capture_output=True, text=True
    ).stdout
    for path in filter(None, listed.split("\0")):
        try:
            yield path, (root / path).read_text("utf-8")
        except (UnicodeDecodeError, FileNotFoundError, IsADirectoryError):
            continue  # an image, or a file removed but not yet committed


def all_findings(root: Path) -> Iterable[str]:
    """Give every finding in the tree."""
    for path, text in zone_files(root):
        yield from zone_findings(path, text)
    for path, text in tracked_files(root):
        yield from text_findings(path, text)
        yield from link_findings(root, path, text)
    yield from stale_reasons(root)


def main() -> int:
    """Print the findings; give 1 when there is one."""
    found = list(all_findings(ROOT))
    for each in found:
        print(each)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
