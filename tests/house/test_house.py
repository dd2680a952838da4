"""The commands, pins and pages that a newcomer relies on say the same thing."""

import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).parents[2]


def _text(path: str) -> str:
    return (ROOT / path).read_text("utf-8")


# ---------------------------------------------------------------------------------------- commands


def _phony_targets() -> list[str]:
    return re.findall(r"^\.PHONY: (\S+)$", _text("Makefile"), re.MULTILINE)


def test_make_without_a_target_lists_every_target() -> None:
    listed = subprocess.run(
        ["make", "-s"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    assert [line.split()[0] for line in listed.splitlines()] == _phony_targets()


@pytest.mark.parametrize("target", sorted({*_phony_targets()} - {"help", "venv", "clean"}))
def test_contributing_explains_every_command(target: str) -> None:
    assert f"`make {target}" in _text("CONTRIBUTING.md")


@pytest.mark.parametrize("target", ["lint", "types", "docs-check", "demo", "test-all"])
def test_ci_calls_the_commands_of_a_developer(target: str) -> None:
    assert target in _phony_targets()
    assert re.search(rf"\b{target}\b", _text(".ci/run"))


def test_ci_is_sound_bash_and_ends_with_the_tests() -> None:
    subprocess.run(["bash", "-n", ROOT / ".ci/run"], check=True)
    assert _text(".ci/run").rstrip().splitlines()[-1] == "make test-all"
    assert os.access(ROOT / ".ci/run", os.X_OK)


# -------------------------------------------------------------------------------------------- pins


def _pinned(file: str) -> dict[str, list[Requirement]]:
    found: dict[str, list[Requirement]] = {}
    for entry in _text(file).replace("\\\n", " ").splitlines():
        requirement, *hashes = entry.split("--hash=")
        assert all(each.startswith("sha256:") for each in hashes)
        assert hashes, f"{file}: no hash for {requirement}"
        pin = Requirement(requirement.strip())
        found.setdefault(_normal(pin.name), []).append(pin)
    return found


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def _wanted(*, dev: bool) -> list[Requirement]:
    project = tomllib.loads(_text("pyproject.toml"))
    groups = project["dependency-groups"]
    extra = [each for each in groups["dev"] if isinstance(each, str)] if dev else []
    return [
        Requirement(each)
        for each in (*project["project"]["dependencies"], *groups["build"], *extra)
    ]


@pytest.mark.parametrize(("file", "dev"), [("run", False), ("dev", True)])
def test_every_dependency_is_pinned_by_hash_within_its_bounds(file: str, *, dev: bool) -> None:
    pinned = _pinned(f"requirements/{file}.txt")
    for wanted in _wanted(dev=dev):
        for pin in pinned[_normal(wanted.name)]:
            (exact,) = pin.specifier
            assert wanted.specifier.contains(exact.version), f"{wanted} but {pin}: make pins"


def test_program_and_tests_run_with_the_same_versions() -> None:
    dev = _pinned("requirements/dev.txt")
    for name, pins in _pinned("requirements/run.txt").items():
        assert {str(pin.specifier) for pin in pins} == {str(pin.specifier) for pin in dev[name]}


# ------------------------------------------------------------------------------------------- pages


def test_every_decision_is_in_the_index() -> None:
    index = _text("docs/decisions/README.md")
    pages = sorted(page.name for page in (ROOT / "docs/decisions").glob("[0-9]*.md"))
    assert [page for page in pages if f"({page})" not in index] == []


# ----------------------------------------------------------------------------------- skips, in CI

SKIPPED = """
import pytest
def test_elsewhere():
    pytest.skip({reason!r})
"""
FILE_SKIPPED = "import pytest\npytest.skip('no data', allow_module_level=True)\n"
EXPECTED_FAILURE = """
import pytest
@pytest.mark.xfail(strict=True)
def test_known():
    assert 1 == 2
"""


def _pytest(folder: Path, source: str, ci: str) -> subprocess.CompletedProcess[str]:
    shutil.copy(ROOT / "conftest.py", folder)
    (folder / "test_x.py").write_text(source, "utf-8")
    environment = {"PATH": os.environ["PATH"], "HOME": str(folder), "CI": ci}
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "test_x.py"],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("source", [SKIPPED.format(reason="no data"), FILE_SKIPPED])
def test_a_skip_fails_in_ci_and_passes_elsewhere(tmp_path: Path, source: str) -> None:
    in_ci = _pytest(tmp_path, source, ci="true")
    assert in_ci.returncode != 0
    assert "skipped where nothing may be: Skipped: no data" in in_ci.stdout
    assert "1 skipped" in _pytest(tmp_path, source, ci="").stdout


def test_an_expected_failure_passes_in_ci(tmp_path: Path) -> None:
    in_ci = _pytest(tmp_path, EXPECTED_FAILURE, ci="true")
    assert "1 xfailed" in in_ci.stdout
    assert in_ci.returncode == 0
