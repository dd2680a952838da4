"""The frame of the program: quick to start, a command for each thing, honest in failing."""

import json
import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest
from einvoice_files import BLUE
from terminal import ACCOUNTANT, answer, fails, ok, program, run
from typer.main import get_command

import tongjian
from tongjian.catalogue import load_registry
from tongjian.cli.app import app, service_names
from tongjian.cli.failures import ExitCode, Failure, explain
from tongjian.cli.generated import commands_of, dashed
from tongjian.connectors.einvoice.write import write_ubl
from tongjian.connectors.importing import Verb, verbs
from tongjian.core.operation import Operation, Query
from tongjian.core.permission import Clock
from tongjian.storage.errors import InUse, LogDamaged, StorageFull

REGISTRY = load_registry()
OPERATIONS = list({operation.tag: operation for operation in REGISTRY.operations()}.values())
QUERIES = [query for service in REGISTRY.services.values() for query in service.queries]
HEAVY = ("lmdb", "cryptography", "numpy", "sqlalchemy", "rich", "lxml", "tongjian.core")


def test_version_is_printed_without_loading_what_is_heavy() -> None:
    listing = "import sys; sys.argv = ['tongjian', '--version']\n"
    listing += "from tongjian.cli import main\n"
    listing += "try: main()\nexcept SystemExit: print(*sorted(sys.modules))\n"
    done = subprocess.run(
        [sys.executable, "-c", listing], capture_output=True, text=True, check=True
    )
    version, modules = done.stdout.splitlines()
    assert version == tongjian.__version__
    loaded = modules.split()
    assert [name for name in loaded if name.startswith(HEAVY)] == []


def test_help_lists_the_services_that_are_there_without_loading_them() -> None:
    listing = "import sys; sys.argv = ['tongjian', '--help']\n"
    listing += "from tongjian.cli import main\n"
    listing += "try: main()\nexcept SystemExit: print(*sorted(sys.modules))\n"
    done = subprocess.run(
        [sys.executable, "-c", listing], capture_output=True, text=True, check=True
    )
    *help_lines, modules = done.stdout.splitlines()
    for service in REGISTRY.services:
        assert any(f" {service} " in line for line in help_lines)
        assert f"tongjian.services.{service}" not in modules.split()


def test_no_two_commands_of_a_service_share_a_name() -> None:
    for service in REGISTRY.services.values():
        names = [operation.name for operation in service.operations if operation.since == 1]
        names += [query.name for query in service.queries]
        names += [verb.name for verb in verbs() if verb.service == service.name]
        assert len(names) == len({*names})


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.tag)
def test_each_operation_has_a_command_that_tells_its_law_and_fields(operation: Operation) -> None:
    commands = commands_of(operation.service)
    if isinstance(operation.by, Clock):
        assert dashed(operation.name) not in commands
        return
    help_text = ok(operation.service, dashed(operation.name), "--help").stdout
    for name in operation.act.__struct_fields__:
        assert f"-{dashed(name)} " in help_text
    assert operation.law.partition(";")[0].partition(" art.")[0] in help_text


@pytest.mark.parametrize("query", QUERIES, ids=lambda query: query.tag)
def test_each_question_has_a_command(query: Query) -> None:
    help_text = ok(query.service, dashed(query.name), "--help").stdout
    for name in query.arguments.__struct_fields__:
        assert f"--{dashed(name)} " in help_text


@pytest.mark.parametrize("verb", verbs(), ids=lambda verb: verb.name)
def test_each_verb_of_a_connector_has_a_command_and_an_importer(verb: Verb) -> None:
    assert verb.en.partition(".")[0] in ok(verb.service, verb.name, "--help").stdout
    assert verb.load().salts


def test_every_command_tells_what_it_does() -> None:
    root = get_command(app)
    for name in root.commands:  # type: ignore[attr-defined]
        assert "Usage: tongjian" in ok(name, "--help").stdout
    assert {*service_names()} == {*REGISTRY.services}


def test_an_unknown_command_and_a_missing_option_are_usage_errors() -> None:
    assert run("no-such-command").exit_code == ExitCode.USAGE
    missing = run("verify", "a.receipt")
    assert missing.exit_code == ExitCode.USAGE
    assert "--trust" in missing.stderr
    assert "--help" in missing.stderr


def test_a_folder_without_a_ledger_says_how_to_found_one(tmp_path: Path) -> None:
    said = fails(ExitCode.NOT_FOUND, "status", home=tmp_path)
    assert "holds no ledger" in said
    assert "tongjian init --example" in said


def test_the_folder_is_named_before_or_after_the_command_or_by_the_environment(
    used_home: Path, tmp_path: Path
) -> None:
    wanted = answer("status", home=used_home)["chain"]
    assert answer("--home", used_home, "status")["chain"] == wanted
    assert answer("status", "--home", used_home)["chain"] == wanted
    assert answer("status", "--home", used_home, home=tmp_path)["chain"] == wanted


def test_json_may_be_asked_for_before_the_command(used_home: Path) -> None:
    assert json.loads(ok("--json", "status", home=used_home).stdout)["height"] == 2


def test_a_failure_is_json_on_stderr_where_json_is_asked_for(tmp_path: Path) -> None:
    result = run("status", "--json", home=tmp_path)
    assert result.stdout == ""
    error = json.loads(result.stderr)["error"]
    assert (error["code"], error["name"]) == (3, "not_found")
    assert error["next"]


def test_data_is_on_stdout_and_headings_on_stderr(used_home: Path) -> None:
    result = ok("keys", "list", home=used_home)
    assert len(result.stdout.splitlines()) == len(list((used_home / "keys").iterdir()))
    assert result.stderr.startswith("HOLDER")


def test_there_is_no_colour_without_a_terminal(used_home: Path) -> None:
    done = program("doctor", "--home", used_home, TERM="xterm-256color")
    assert done.returncode == 0
    assert "\x1b" not in done.stdout + done.stderr


@pytest.mark.parametrize(("no_color", "colours"), [("", True), ("1", False)])
def test_a_terminal_has_colour_and_progress_unless_it_asks_for_none(
    home: Path, tmp_path: Path, no_color: str, *, colours: bool
) -> None:
    (tmp_path / "a.xml").write_bytes(write_ubl(BLUE))
    ours, theirs = pty.openpty()
    environment = {**os.environ, "TERM": "xterm-256color", "NO_COLOR": no_color}
    if not no_color:
        del environment["NO_COLOR"]
    command = "from tongjian.cli import main; main()"
    words = ("invoice", "import", tmp_path / "a.xml", "--as", ACCOUNTANT, "--home", home)
    with subprocess.Popen(
        [sys.executable, "-c", command, *map(str, words)],
        stdout=theirs,
        stderr=theirs,
        env=environment,
    ) as child:
        os.close(theirs)
        written = b""
        while chunk := _read(ours):
            written += chunk
    os.close(ours)
    assert child.returncode == 0
    assert (b"\x1b[32mrecorded" in written) is colours
    assert (b"reading" in written) is colours
    assert b"1 recorded" in written


def _read(descriptor: int) -> bytes:
    try:
        return os.read(descriptor, 4096)
    except OSError:  # the other end was closed: Linux says it so
        return b""


def test_an_interrupted_command_says_so(used_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*arguments: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("tongjian.cli.standing.standing_of", interrupt)
    assert "Interrupted" in fails(ExitCode.INTERRUPTED, "status", home=used_home)


def test_a_defect_is_called_one_and_shows_its_traceback_on_request(
    used_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*arguments: object) -> None:
        raise ZeroDivisionError("by the test")

    monkeypatch.setattr("tongjian.cli.standing.standing_of", fail)
    assert "ZeroDivisionError: by the test" in fails(ExitCode.FAILURE, "status", home=used_home)
    monkeypatch.setenv("TONGJIAN_DEBUG", "1")
    shown = run("status", home=used_home)
    assert "Traceback" in shown.stderr


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (InUse("pid 1"), ExitCode.UNAVAILABLE),
        (StorageFull("full"), ExitCode.UNAVAILABLE),
        (LogDamaged("bad"), ExitCode.VERIFICATION_FAILED),
        (FileNotFoundError(2, "No such file", "x"), ExitCode.FAILURE),
    ],
)
def test_errors_of_the_layers_below_have_their_codes(error: Exception, code: ExitCode) -> None:
    failure = explain(error)
    assert isinstance(failure, Failure)
    assert failure.code is code
    assert failure.then


def test_every_error_that_is_told_exists_under_its_name() -> None:
    import importlib

    from tongjian.cli.failures import _KNOWN

    for name in _KNOWN:
        module, _, cls = name.rpartition(".")
        assert isinstance(getattr(importlib.import_module(module), cls), type)
