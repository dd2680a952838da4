"""The card of a node: what nobody could admit or reach is told before keys are drawn."""

from pathlib import Path

import pytest
from terminal import fails, ok

from tongjian.cli.failures import ExitCode

OFFICE = "11990100001400110R"


@pytest.mark.parametrize(
    ("office", "listen", "told"),
    [
        ("11990100001400110X", "node.example:26656", "unified social credit code"),
        ("", "node.example:26656", "unified social credit code"),
        (OFFICE, "nowhere", "HOST:PORT"),
        (OFFICE, "node.example:port", "HOST:PORT"),
    ],
    ids=["check character", "no office", "no port", "a word for a port"],
)
def test_a_card_that_nobody_could_use_is_not_written(
    tmp_path: Path, office: str, listen: str, told: str
) -> None:
    command = ("network", "join", "--office", office, "--listen", listen)
    assert told in fails(ExitCode.USAGE, *command, home=tmp_path / "node")
    assert not (tmp_path / "node").exists()


def test_who_refuses_a_node_says_why_in_words(tmp_path: Path) -> None:
    ok("init", tmp_path / "ledger", "--plan", _plan(tmp_path))
    node = tmp_path / "node"
    ok("network", "join", "--office", OFFICE, "--listen", "[::1]:26656", home=node)
    command = ("network", "invite", node / "card.json", "--as", "tax-officer")
    told = fails(ExitCode.UNAUTHORISED, *command, home=tmp_path / "ledger")
    assert "kernel/11 NOT_PERMITTED" in told
    assert "The signers do not hold the roles" in " ".join(told.split())


def _plan(folder: Path) -> Path:
    path = folder / "plan.toml"
    path.write_text(ok("init", "--example").stdout, "utf-8")
    return path
