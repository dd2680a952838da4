"""The nets around the deterministic zone hold, and each is shown an offence that it must catch."""

import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import tidy

ROOT = tidy.ROOT
BIN = Path(sys.executable).parent


def _pyproject() -> dict[str, dict[str, dict[str, list[dict[str, object]]]]]:
    return tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))


def _forbidden_modules() -> list[str]:
    contracts = _pyproject()["tool"]["importlinter"]["contracts"]
    (contract,) = [each for each in contracts if str(each["name"]).startswith("No clock")]
    modules = contract["forbidden_modules"]
    assert isinstance(modules, list)
    return sorted(map(str, modules))


# ------------------------------------------------------------------------------------ the real tree


def test_the_zone_says_nothing_it_may_not() -> None:
    found = [
        each for path, text in tidy.zone_files(ROOT) for each in tidy.zone_findings(path, text)
    ]
    assert found == []


def test_the_zone_that_is_read_is_the_one_that_exists() -> None:
    paths = [path for path, _ in tidy.zone_files(ROOT)]
    assert "src/tongjian/core/encoding.py" in paths
    assert "src/tongjian/services/__init__.py" in paths
    assert not [path for path in paths if "/tests/" in path]


def test_the_tree_holds_no_leftover_machine_path_index_host_or_personal_number() -> None:
    found = [
        each for path, text in tidy.tracked_files(ROOT) for each in tidy.text_findings(path, text)
    ]
    assert found == []


def test_every_link_and_every_cited_decision_leads_somewhere() -> None:
    found = [
        each
        for path, text in tidy.tracked_files(ROOT)
        for each in tidy.link_findings(ROOT, path, text)
    ]
    assert found == []


def test_every_long_file_has_a_reason_that_still_holds() -> None:
    assert tidy.stale_reasons(ROOT) == []


def test_both_ban_lists_name_the_same_modules() -> None:
    rules = tomllib.loads((ROOT / "src/tongjian/core/ruff.toml").read_text("utf-8"))
    banned = rules["lint"]["flake8-tidy-imports"]["banned-api"]
    assert sorted(banned) == _forbidden_modules()


# ------------------------------------------------------------------- the net over the syntax (tidy)

OFFENCES = {
    "float literal": "RATE = 0.13",
    "exponent": "LIMIT = 1e6",
    "complex literal": "Z = 1j",
    "true division": "share = total / 3",
    "true division in place": "total /= 3",
    "float call": "x = float(price)",
    "set display": "seen = {1, 2}",
    "set comprehension": "seen = {k for k in keys}",
    "set call": "seen = set(keys)",
    "walk over a frozenset": "for k in frozenset(keys): use(k)",
    "comprehension over a frozenset": "xs = [k for k in frozenset(keys)]",
    "set of keys": "both = a.keys() & b.keys()",
    "hash": "n = hash(key)",
    "id": "n = id(key)",
    "open": "f = open(name)",
    "print": "print(total)",
    "eval": "eval(rule)",
    "exec": "exec(rule)",
    "bare except": "try:\n    f()\nexcept:\n    pass",
    "broad except": "try:\n    f()\nexcept Exception:\n    pass",
    "broad except in a tuple": "try:\n    f()\nexcept (KeyError, BaseException):\n    pass",
    "global": "def f():\n    global n\n    n = 1",
    "async function": "async def f(): ...",
    "async comprehension": "async def f():\n    return [k async for k in keys]",
    "lower": "code = text.lower()",
    "isdigit": "ok = text.isdigit()",
    "sys": "import sys",
    "from sys": "from sys import argv",
}


@pytest.mark.parametrize("offence", OFFENCES.values(), ids=OFFENCES.keys())
def test_tidy_refuses(offence: str) -> None:
    assert tidy.zone_findings("src/tongjian/services/land/acts.py", offence)


def test_tidy_names_file_line_and_replacement() -> None:
    (found,) = tidy.zone_findings("src/tongjian/core/x.py", "a = 1\nb = a / 2\n")
    assert found.startswith("src/tongjian/core/x.py:2: `/`")
    assert "core/arithmetic.py" in found


def test_tidy_lets_the_seal_see_sys_and_sound_code_pass() -> None:
    assert tidy.zone_findings("src/tongjian/core/seal.py", "import sys") == []
    sound = (
        "KINDS = frozenset((1, 2))\n"
        "def f(rows, kind):\n"
        "    if kind not in KINDS: raise Refused\n"
        "    try:\n"
        "        return sum(row.fen // 3 for row in sorted(rows)), {'a': 1}\n"
        "    except KeyError:\n"
        "        return b''.join(row.key for row in dict.fromkeys(rows))\n"
    )
    assert tidy.zone_findings("src/tongjian/core/x.py", sound) == []


# ------------------------------------------------------------------------- the net over the tree

BAD_LINES = {
    "leftover": "# " + "TO" + "DO: later",
    "other leftover": "x = 1  # " + "X" * 3,
    "machine path": 'open("/' + 'work/main/x")',
    "home of a user": "cd /" + "home/li/tongjian",
    "index host": "--index" + "-url https://example",
    "package host": "https://files.python" + "hosted.org/x",
    "personal number": '"11010119900307' + '7475"',
}


@pytest.mark.parametrize("line", BAD_LINES.values(), ids=BAD_LINES.keys())
def test_the_tree_check_refuses(line: str) -> None:
    assert tidy.text_findings("docs/page.md", f"fine\n{line}\n")


def test_the_tree_check_refuses_a_long_source_but_not_a_long_table() -> None:
    text = "x = 1\n" * (tidy.LINES_MAX + 1)
    assert tidy.text_findings("src/tongjian/x.py", text)
    assert tidy.text_findings("vectors/x.csv", text) == []


def test_the_tree_check_refuses_a_link_and_a_decision_that_lead_nowhere() -> None:
    cited = "docs/decisions/" + "0999-nothing.md"
    assert tidy.link_findings(ROOT, "docs/a.md", "[see](b.md) and [CI](../README.md#top)") == [
        "docs/a.md: leads nowhere: b.md"
    ]
    assert tidy.link_findings(ROOT, "src/x.py", f"# {cited}") == [
        f"src/x.py: leads nowhere: {cited}"
    ]


@pytest.mark.parametrize(
    "token",
    [
        "990106199003120029",  # region 99: nobody's
        "110101199003077474",  # wrong check digit
        "110101199002307478",  # 30 February
        "119901000014001004",  # an organisation
    ],
)
def test_a_number_that_can_be_nobodys_passes(token: str) -> None:
    assert not tidy.is_resident_id(token)


# ---------------------------------------------------------------------------- the net over names

SNIPPETS = {
    "clock": "import time\n",
    "one function of a module": "from datetime import datetime\n",
    "submodule": "import os.path\n",
    "network": "from urllib.request import urlopen\n",
}


def _ruff(source: str, as_file: str) -> str:
    options = ("--no-cache", "--output-format=concise", "--select=TID251")
    checked = subprocess.run(
        [BIN / "ruff", "check", *options, "--stdin-filename", as_file, "-"],
        cwd=ROOT,
        input=source,
        capture_output=True,
        text=True,
        check=False,
    )
    assert checked.returncode in {0, 1}, checked.stderr
    return checked.stdout


@pytest.mark.parametrize("folder", ["core", "services/land"])
@pytest.mark.parametrize("snippet", SNIPPETS.values(), ids=SNIPPETS.keys())
def test_ruff_refuses_in_the_zone(snippet: str, folder: str) -> None:
    assert "TID251" in _ruff(snippet, f"src/tongjian/{folder}/snippet.py")


def test_ruff_refuses_every_module_of_the_ban_list_and_says_what_instead() -> None:
    modules = _forbidden_modules()
    out = _ruff("".join(f"import {each}\n" for each in modules), "src/tongjian/core/snippet.py")
    refused = [line for line in out.splitlines() if "TID251" in line]
    assert len(refused) == len(modules)
    assert not [line for line in refused if line.endswith("is banned")]


def test_ruff_lets_the_layers_above_and_the_tests_of_a_service_use_the_clock() -> None:
    assert "TID251" not in _ruff("import time\n", "src/tongjian/node/snippet.py")
    assert "TID251" not in _ruff("import time\n", "src/tongjian/services/land/tests/test_x.py")


# --------------------------------------------------------------------------- the net over imports

CLEAN = {
    "suites/ed25519.py": "import hashlib\n",
    "core/ledger.py": "import hashlib\n",
    "services/land/public.py": "from tongjian.core import ledger\n",
    "services/land/acts.py": "from tongjian.services.land import public\n",
    "services/housing/acts.py": "from tongjian.services.land import public\n",
    "catalogue.py": "from tongjian.services.land import acts\nimport tomllib\n",
    "verifier/steps.py": "from tongjian import catalogue\n",
    "storage/rows.py": "from tongjian.core import ledger\n",
    "engines/solo.py": "from tongjian.storage import rows\nimport time\n",
    "node/run.py": "from tongjian.engines import solo\n",
    "api/routes.py": "from tongjian.node import run\n",
    "cli/main.py": "from tongjian.api import routes\n",
}
CONTRACTS = {
    "a clock in core": ("No clock", {"core/ledger.py": "import time\n"}),
    "a clock through another module": (
        "No clock",
        {
            "core/ledger.py": "from tongjian.core import hidden\n",
            "core/hidden.py": "from time import monotonic\n",
        },
    ),
    "a service that reads another's rows": (
        "Services meet only",
        {"services/housing/acts.py": "from tongjian.services.land import acts\n"},
    ),
    "two services that wait on each other": (
        "No service waits",
        {
            "services/housing/public.py": "from tongjian.core import ledger\n",
            "services/land/acts.py": "from tongjian.services.housing import public\n",
        },
    ),
    "storage in the verifier": (
        "Layers",
        {"verifier/steps.py": "from tongjian.storage import rows\n"},
    ),
    "a database driver in the verifier": ("The verifier", {"verifier/steps.py": "import lmdb\n"}),
    "a suite that knows the core": (
        "Layers",
        {"suites/ed25519.py": "from tongjian.core import ledger\n"},
    ),
    "core that knows a service": (
        "Layers",
        {
            "core/ledger.py": "from tongjian.services.land import public\n",
            "services/land/public.py": "",
        },
    ),
    "a folder without a place": ("Layers", {"blockchain/__init__.py": ""}),
}


def _lint_imports(root: Path, changed: dict[str, str]) -> subprocess.CompletedProcess[str]:
    package = root / "src" / "tongjian"
    for name, text in {**CLEAN, **changed}.items():
        file = package / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, "utf-8")
    for folder in [package, *(each for each in package.rglob("*") if each.is_dir())]:
        (folder / "__init__.py").touch()
    shutil.copy(ROOT / "pyproject.toml", root)
    return subprocess.run(
        [BIN / "lint-imports", "--no-cache", "--no-logo"],
        cwd=root,
        env={"PYTHONPATH": str(root / "src"), "PATH": str(BIN), "LANG": "C.UTF-8"},
        capture_output=True,
        text=True,
        check=False,
    )


def test_import_contracts_keep_a_sound_tree(tmp_path: Path) -> None:
    checked = _lint_imports(tmp_path, {})
    assert checked.returncode == 0, checked.stdout + checked.stderr
    assert "0 broken" in checked.stdout


@pytest.mark.parametrize(("contract", "changed"), CONTRACTS.values(), ids=CONTRACTS.keys())
def test_import_contracts_refuse(tmp_path: Path, contract: str, changed: dict[str, str]) -> None:
    checked = _lint_imports(tmp_path, changed)
    assert checked.returncode == 1, checked.stdout + checked.stderr
    broken = [line for line in checked.stdout.splitlines() if " BROKEN" in line]
    assert [line for line in broken if line.startswith(contract)]
