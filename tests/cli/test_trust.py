"""`tongjian trust`: the file that strangers verify with is brought up to date and given out."""

import json
import shutil
from pathlib import Path

from terminal import FIRM, answer, fails, ok, run

from tongjian.cli.failures import ExitCode
from tongjian.node.home import Home
from tongjian.verifier.anchors import Anchors

PUBLIC = "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"
"""RFC 8032, 7.1, test 1."""


def test_the_trust_file_is_written_whole_to_where_it_is_wanted(used: Path, tmp_path: Path) -> None:
    path = tmp_path / "given.json"
    said = ok("trust", "-o", path, home=used).stdout
    assert said.split() == [str(path)]
    assert Anchors.read(path) == Home(used).anchors()
    assert json.loads(ok("trust", "-o", "-", home=used).stdout) == json.loads(path.read_text())


def test_witnesses_are_added_and_kept(used: Path) -> None:
    told = answer("trust", "--witness", f"w.example={PUBLIC}", "--quorum", 1, home=used)
    assert told["anchors"]["witnesses"] == [{"name": "w.example", "public": PUBLIC}]
    again = Anchors.decode(json.dumps(answer("trust", home=used)["anchors"]).encode())
    assert (again.quorum, [one.name for one in again.witnesses]) == (1, ["w.example"])
    assert again == Home(used).anchors()


def test_what_makes_no_trust_file_is_told(used: Path) -> None:
    before = Home(used).anchors()
    assert "names no witness" in fails(ExitCode.USAGE, "trust", "--witness", PUBLIC, home=used)
    assert "quorum" in fails(ExitCode.USAGE, "trust", "--quorum", 1, home=used)
    weak = f"w.example={'00' * 32}"
    assert "not usable" in fails(ExitCode.USAGE, "trust", "--witness", weak, home=used)
    assert Home(used).anchors() == before


def test_a_seal_key_that_was_replaced_is_asked_for_by_name(used: Path, tmp_path: Path) -> None:
    receipt, old = tmp_path / "r.receipt", tmp_path / "old.json"
    ok("receipt", f"invoice.taxpayers:{FIRM}", "-o", receipt, home=used)
    shutil.copy(used / "anchors.json", old)
    document = json.loads(old.read_text("utf-8"))
    document["seals"][0]["public"] = PUBLIC
    old.write_text(json.dumps(document), "utf-8")
    result = run("verify", receipt, "--trust", old)
    assert result.exit_code == ExitCode.VERIFICATION_FAILED
    assert "step 3, seal" in result.stdout
    assert "tongjian trust" in result.stdout
    assert "never from whoever" in result.stdout
