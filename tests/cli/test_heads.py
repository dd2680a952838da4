"""Heads at the terminal: one continues another, none is older than was demanded."""

import json
from pathlib import Path

import cbor2
import pytest
from forger import flip
from terminal import FIRM, answer, fails, ok, register, run

from tongjian.cli import freshness
from tongjian.cli.failures import ExitCode
from tongjian.cli.freshness import read_span_s, write_age

ROW = f"invoice.taxpayers:{FIRM}"
HOUR_MS = 3_600_000


@pytest.fixture
def kept(used: Path, tmp_path: Path) -> Path:
    """Give the checkpoint of height 1, as somebody kept it, of a ledger at height 2."""
    path = tmp_path / "kept"
    path.write_text(ok("checkpoint", "--at-height", 1, home=used).stdout, "utf-8")
    return path


@pytest.mark.parametrize("cose", [False, True])
def test_a_kept_head_is_shown_to_be_continued(
    used: Path, kept: Path, tmp_path: Path, *, cose: bool
) -> None:
    file, trust = tmp_path / "later", used / "anchors.json"
    ok("consistency", 1, "-o", file, *(["--cose"] if cose else []), home=used)
    said = ok("verify", file, "--trust", trust, "--since", kept).stdout
    assert "HOLDS" in said
    assert "begins" in said
    told = answer("verify", file, "--trust", trust, "--since", kept)
    assert told["holds"] is True
    if cose:
        assert (told["first_size"], told["second_size"]) == (1, 2)
        assert "--since" in fails(ExitCode.USAGE, "verify", file, "--trust", trust)
    else:
        assert told["statements"][0]["size"] == 1
        assert cbor2.loads(file.read_bytes()).tag == 18
    file.write_bytes(flip(file.read_bytes(), 100))
    assert run("verify", file, "--trust", trust, "--since", kept).exit_code == 4


@pytest.mark.parametrize("cose", [False, True])
def test_a_file_that_does_not_continue_the_kept_head_is_refused(
    used: Path, kept: Path, tmp_path: Path, *, cose: bool
) -> None:
    trust = used / "anchors.json"
    file = tmp_path / "later"
    ok("consistency", 2, 2, "-o", file, *(["--cose"] if cose else []), home=used)
    result = run("verify", file, "--trust", trust, "--since", kept)
    assert result.exit_code == 4
    row = tmp_path / "row"
    ok("receipt", ROW, "-o", row, home=used)
    assert "evidence of a fork" in run("verify", row, "--trust", trust, "--since", kept).stdout
    ok("receipt", ROW, "--at-height", 1, "-o", row, "--force", home=used)
    ok("verify", row, "--trust", trust, "--since", kept)


def test_heads_that_are_none_are_told(used: Path, kept: Path, tmp_path: Path) -> None:
    fails(ExitCode.NOT_FOUND, "consistency", 0, "-o", tmp_path / "x", home=used)
    fails(ExitCode.NOT_FOUND, "consistency", 9, "-o", tmp_path / "x", home=used)
    ok("consistency", 1, 2, "-o", tmp_path / "x", home=used)
    kept.write_text(kept.read_text("utf-8").replace("\n1\n", "\n2\n"), "utf-8")
    fails(4, "verify", tmp_path / "x", "--trust", used / "anchors.json", "--since", kept)


def test_an_old_head_is_refused_where_a_fresh_one_is_demanded(
    used: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    row, trust = tmp_path / "row", used / "anchors.json"
    ok("receipt", ROW, "-o", row, home=used)
    said = ok("verify", row, "--trust", trust, "--fresher-than", "15min").stdout
    assert "by this machine's clock" in said
    now = freshness.now_ms()
    monkeypatch.setattr(freshness, "now_ms", lambda: now + 3 * HOUR_MS)
    result = run("verify", row, "--trust", trust, "--fresher-than", "2h")
    assert result.exit_code == 4
    assert "fresh: block 2 was sealed" in result.stdout
    assert "as of" in ok("verify", row, "--trust", trust).stdout
    assert "3 h ago" in ok("verify", row, "--trust", trust, "--fresher-than", "4h").stdout
    statement = tmp_path / "cose"
    identity = answer("block", 1, home=used)["transactions"][0]["transaction"]
    ok("receipt", identity, "--cose", "-o", statement, home=used)
    asked = ("verify", statement, "--trust", trust, "--fresher-than", "4h")
    assert "does not say how fresh" in fails(ExitCode.USAGE, *asked)
    asked = ("verify", row, "--trust", trust, "--fresher-than", "soon")
    assert "no span of time" in fails(ExitCode.USAGE, *asked)


def test_witnesses_say_how_fresh_a_head_is(
    used: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    named = answer("witness", "init", tmp_path / "w", "--anchors", used / "anchors.json")
    ok("trust", "--witness", f"{named['name']}={named['public']}", "--quorum", 1, home=used)
    head = answer("witness", "follow", tmp_path / "w", used, "--once")["file"]
    asked = ("verify", head, "--trust", used / "anchors.json", "--fresher-than", "1h")
    ok(*asked)
    now = freshness.now_ms()
    monkeypatch.setattr(freshness, "now_ms", lambda: now + 2 * HOUR_MS)
    assert "old head presented" in fails(4, *asked)


def test_the_log_of_an_sm3_ledger_is_shown_to_continue(tmp_path: Path) -> None:
    plan = tmp_path / "plan.toml"
    text = ok("init", "--example").stdout
    plan.write_text(text.replace('hash = "sha256"', 'hash = "sm3"'), "utf-8")
    home = tmp_path / "sm3"
    ok("init", home, "--plan", plan)
    register(home)
    kept = tmp_path / "kept"
    kept.write_text(ok("checkpoint", home=home).stdout, "utf-8")
    register(home, "91990106MA7K3E811E")
    file, trust = tmp_path / "later", home / "anchors.json"
    ok("consistency", 1, "-o", file, home=home)
    ok("verify", file, "--trust", trust, "--since", kept)
    assert "SHA-256" in fails(
        ExitCode.CONFLICT, "consistency", 1, "--cose", "-o", tmp_path / "x", home=home
    )
    assert json.loads(trust.read_text("utf-8"))["hash"] == "sm3"


@pytest.mark.parametrize(
    ("text", "seconds"), [("90", 90), ("90s", 90), ("15min", 900), ("24h", 86_400), ("7d", 604_800)]
)
def test_spans_are_read(text: str, seconds: int) -> None:
    assert read_span_s(text) == seconds


def test_ages_are_written_in_fitting_units() -> None:
    written = [write_age(seconds).partition(" by")[0] for seconds in (0, 119, 120, 7200, 172_800)]
    assert written == ["0 s ago", "119 s ago", "2 min ago", "2 h ago", "2 d ago"]
    assert write_age(-5) == "5 s ahead of this machine's clock"


@pytest.mark.parametrize("cose", [False, True])
def test_witnesses_that_are_demanded_must_have_signed_the_later_head(
    used: Path, tmp_path: Path, *, cose: bool
) -> None:
    named = answer("witness", "init", tmp_path / "w", "--anchors", used / "anchors.json")
    witness, form = f"{named['name']}={named['public']}", ["--cose"] if cose else []
    looks = ("witness", "follow", tmp_path / "w", used, "--once")
    earlier = answer(*looks)["file"]
    register(used)
    head = answer(*looks)["file"]
    asked = ("--trust", used / "anchors.json", "--since", earlier)
    ok("consistency", 2, *form, "-o", tmp_path / "bare", home=used)
    ok("consistency", 2, "--cosigned", head, *form, "-o", tmp_path / "signed", home=used)
    ok("trust", "--witness", witness, home=used)
    for name in ("bare", "signed"):
        ok("verify", tmp_path / name, *asked)
    ok("trust", "--quorum", 1, home=used)
    ok("verify", tmp_path / "signed", *asked)
    failed = run("verify", tmp_path / "bare", *asked)
    assert failed.exit_code == 4
    assert "no witness signed" in failed.stdout
