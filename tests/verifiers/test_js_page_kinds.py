"""The page shows every kind of file: networks, statements of RFC 9942, heads that are continued."""

import json
import os
from pathlib import Path
from typing import Any

import pytest
from chromium import Browser, needs_chromium
from second_verifier import ROOT, needs_js

pytestmark = [needs_js, needs_chromium, pytest.mark.browser]

FOLDER = ROOT / "docs/reference/format-vectors"
NETWORK: dict[str, Any] = json.loads((FOLDER / "sha256-cometbft.json").read_text("utf-8"))
RECORDED: dict[str, Any] = json.loads((FOLDER / "recorded-cometbft.json").read_text("utf-8"))
OPERATOR: dict[str, Any] = json.loads((FOLDER / "sha256-ed25519.json").read_text("utf-8"))


def paste(browser: Browser, receipt: str, trust: dict[str, Any]) -> tuple[str, str]:
    """Paste both as a person does; return the class of the verdict and what the page says."""
    browser.evaluate(
        f"""(() => {{
        document.getElementById('verdict')?.remove();
        document.getElementById('receipt-text').value = {receipt!r};
        document.getElementById('trust-text').value = {json.dumps(json.dumps(trust))};
        document.querySelector('#pasted button').click();
        }})()"""
    )
    large: str = browser.evaluate("document.getElementById('verdict').className")
    return large.rsplit(maxsplit=1)[-1], browser.evaluate(
        "document.querySelector('main').innerText"
    )


def keep(browser: Browser, name: str) -> None:
    """Keep pictures in both languages, wide and narrow, where `SCREENSHOTS` names a folder."""
    if not (folder := os.environ.get("SCREENSHOTS")):
        return
    for width in (1100, 390):
        size = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 500}
        browser.call("Emulation.setDeviceMetricsOverride", **size)
        for language in ("en", "zh"):
            browser.screenshot(Path(folder) / f"{name}-{width}-{language}.png")
            browser.evaluate("document.getElementById('language').click()")
    browser.call("Emulation.clearDeviceMetricsOverride")


def no_sideways(browser: Browser) -> bool:
    """Tell whether a narrow screen need not be scrolled sideways."""
    size = {"width": 360, "height": 700, "deviceScaleFactor": 1, "mobile": True}
    browser.call("Emulation.setDeviceMetricsOverride", **size)
    wide: bool = browser.evaluate("document.documentElement.scrollWidth > innerWidth")
    browser.call("Emulation.clearDeviceMetricsOverride")
    return not wide


def test_receipts_of_a_real_network_are_green(opened: Browser) -> None:
    for one in RECORDED["receipts"]:
        large, said = paste(opened, one["receipt"], RECORDED["trust"])
        assert large == "good", one["name"]
        assert ("Sealed by a network" in said) == ("before" not in one["name"]), one["name"]
        if one["name"] == "row":
            assert "3 / 4" in said
            assert "30 / 40 (75.0 %)" in said
            assert no_sideways(opened)
            keep(opened, "network")


def test_forged_seals_of_a_network_are_red_and_say_why_and_what_next(opened: Browser) -> None:
    forged = [one for one in NETWORK["receipts"] if one.get("fails") == [3, "seal"]]
    assert len(forged) > 20
    for one in forged:
        large, said = paste(opened, one["receipt"], NETWORK[one["trust"]])
        assert large == "bad", one["name"]
        assert "3. seal: does not hold" in said, one["name"]
        assert "What to do next" in said
        if one["name"] == "row, two validators of four":
            assert "no more than two thirds of the power" in said
            keep(opened, "network-forged")


def test_a_statement_of_rfc_9942_is_green_and_red_when_changed(opened: Browser) -> None:
    statement = OPERATOR["cose"]["statement"]
    large, said = paste(opened, statement, OPERATOR["trust"])
    assert large == "good"
    assert "The statement holds" in said
    assert "Where it stands in logs that are signed" in said
    assert no_sideways(opened)
    keep(opened, "cose")
    large, said = paste(opened, statement[:-2] + "00", OPERATOR["trust"])
    assert (large, "2. statement: does not hold" in said) == ("bad", True)


def test_what_a_log_continues_is_shown_and_compared_with_the_head_that_was_kept(
    opened: Browser, tmp_path: Path
) -> None:
    shown = next(one for one in OPERATOR["receipts"] if one["name"] == "consistency")
    large, said = paste(opened, shown["receipt"], OPERATOR["trust"])
    assert large == "good"
    assert "An earlier log is continued" in said
    assert "Compare them with a head that you kept" in said
    assert OPERATOR["cose"]["first_root"] in said
    assert no_sideways(opened)
    keep(opened, "consistency")
    checkpoint = tmp_path / "checkpoint"
    checkpoint.write_text(OPERATOR["checkpoint"], "utf-8")
    opened.choose_file("#kept", checkpoint)
    opened.wait_for("document.getElementById('kept-given').textContent !== ''")
    said = opened.evaluate("document.querySelector('main').innerText")
    assert "head that you kept: holds" in said
    row = next(one for one in OPERATOR["receipts"] if one["name"] == "past row")
    large, said = paste(opened, row["receipt"], OPERATOR["trust"])
    assert (large, "head that you kept: does not hold" in said) == ("bad", True)
    large, said = paste(opened, OPERATOR["cose"]["consistency"], OPERATOR["trust"])
    assert (large, "of another size than the head that you kept" in said) == ("bad", True)


def test_a_receipt_of_consistency_of_rfc_9942_asks_for_the_earlier_head(opened: Browser) -> None:
    large, said = paste(opened, OPERATOR["cose"]["consistency"], OPERATOR["trust"])
    assert large == "bad"
    assert "Nothing was verified" in said
    assert "give the checkpoint that you kept as well" in said


def test_a_head_is_verified_by_itself(opened: Browser, tmp_path: Path) -> None:
    checkpoint, trust = tmp_path / "checkpoint", tmp_path / "anchors.json"
    checkpoint.write_text(OPERATOR["checkpoint"], "utf-8")
    trust.write_text(json.dumps(OPERATOR["trust_with_witness"]), "utf-8")
    opened.choose_file("#trust", trust)
    opened.choose_file("#receipt", checkpoint)
    opened.wait_for("document.getElementById('verdict')?.className")
    said = opened.evaluate("document.querySelector('main').innerText")
    assert "The head holds" in said
    assert "witness.example" in said


MISTAKEN = {
    b"": "the file is empty",
    b"PK\x03\x04rest": "this is an archive",
    b"<?xml version='1.0'?><fp/>": "this is a page or XML",
    b'{"a": 1}': "this is JSON",
    json.dumps(OPERATOR["trust"]).encode(): "this is a trust file",
    "致收件人：".encode(): "this is text",
    b"TJLOG1\n\0" + bytes(40): "the block log of a ledger",
    b"GIF89a" + bytes(40): "this is a picture",
}


def test_files_that_are_no_receipt_are_called_what_they_are(
    opened: Browser, tmp_path: Path
) -> None:
    trust = tmp_path / "anchors.json"
    trust.write_text(json.dumps(OPERATOR["trust"]), "utf-8")
    opened.choose_file("#trust", trust)
    for number, (content, said) in enumerate(MISTAKEN.items()):
        (tmp_path / f"{number}.bin").write_bytes(content)
        opened.evaluate("document.getElementById('verdict')?.remove()")
        opened.choose_file("#receipt", tmp_path / f"{number}.bin")
        opened.wait_for("document.getElementById('verdict')?.className")
        text = opened.evaluate("document.querySelector('main').innerText")
        assert said in text, text
        assert "What to do next" in text
    keep(opened, "mistaken")
