"""Extracts as people use them: printed, photographed, pasted, damaged, of other chains."""

import base64
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import segno
from chromium import chromium, needs_chromium
from PIL import Image
from terminal import FIRM, answer, copy_of, fails, ok, register, run

from tongjian.cli import extract_page
from tongjian.cli.failures import ExitCode
from tongjian.verifier import extract
from tongjian.verifier.amounts import capital_numerals

ROW = f"invoice.taxpayers:{FIRM}"
LIMIT = ("--limit-fen", "113000050", "--reason", "first", "--notice", "00" * 32)
SIGNED = ("--as", "tax-officer", "--as", "tax-approver")


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Found a ledger on which a firm has a limit; do not write to it."""
    folder = tmp_path_factory.mktemp("paper")
    (folder / "plan.toml").write_text(ok("init", "--example").stdout, "utf-8")
    for name in ("ledger", "other"):
        ok("init", folder / name, "--plan", folder / "plan.toml")
    register(folder / "ledger")
    ok("invoice", "set-limit", "--taxpayer", FIRM, *LIMIT, *SIGNED, home=folder / "ledger")
    return folder / "ledger"


class Extract:
    """An extract's page and the texts of its codes."""

    def __init__(self, home: Path, path: Path, *arguments: object) -> None:
        self.said: dict[str, Any] = answer("extract", *arguments, "-o", path, home=home)
        self.path, self.html = path, path.read_text("utf-8")


@pytest.fixture
def page(home: Path, tmp_path: Path) -> Extract:
    return Extract(home, tmp_path / "e.html", ROW)


def verified(home: Path, path: Path, code: int = 0) -> dict[str, Any]:
    said: dict[str, Any] = answer("verify", path, "--trust", home / "anchors.json", code=code)
    return said


def picture(path: Path, text: str, *, error: str = "L") -> Image.Image:
    qr = segno.make(text, error=error, micro=False, boost_error=False)
    qr.save(str(path), scale=6, border=6)
    return Image.open(path).convert("L")


def photographed(image: Image.Image, *, degrees: float = 4, noise: int = 40) -> Image.Image:
    """Turn a picture a little, scale it, and add the grain of a sensor."""
    turned = image.rotate(degrees, expand=True, fillcolor=255, resample=Image.Resampling.BICUBIC)
    turned = turned.resize((turned.width * 4 // 5, turned.height * 4 // 5))
    grain = np.random.default_rng(7).normal(0, noise, (turned.height, turned.width))
    return Image.fromarray(np.clip(np.asarray(turned) + grain, 0, 255).astype(np.uint8))


def test_the_page_says_what_stood_where_and_when_and_fetches_nothing(page: Extract) -> None:
    for text in (ROW, "haizhou.demo", "一般", "纳税人", "What is not proven", "没有证明什么"):
        assert text in page.html
    assert f"1,130,000.50 (113000050 fen)<br><b>{capital_numerals(113000050)}</b>" in page.html
    assert "<script" not in page.html
    assert re.findall(r'(?:src|href)="', page.html) == []
    assert page.html.count("<svg") == 2


def test_a_page_verifies_from_its_file(home: Path, page: Extract) -> None:
    said = verified(home, page.path)
    assert said["holds"]
    assert said["statements"][0]["record"] == ROW


@pytest.mark.parametrize("suffix", ["png", "jpg"])
def test_a_photographed_code_verifies(
    home: Path, page: Extract, tmp_path: Path, suffix: str
) -> None:
    image = photographed(picture(tmp_path / "clean.png", page.said["dense"]))
    image.save(tmp_path / f"photo.{suffix}")
    assert verified(home, tmp_path / f"photo.{suffix}")["statements"][0]["record"] == ROW


@pytest.mark.parametrize("degrees", [0, 3])
def test_a_code_of_one_and_a_half_pixels_a_module_verifies(
    home: Path, page: Extract, tmp_path: Path, degrees: int
) -> None:
    image = picture(tmp_path / "clean.png", page.said["dense"])
    image = image.rotate(degrees, expand=True, fillcolor=255, resample=Image.Resampling.BICUBIC)
    image.resize((image.width // 4, image.height // 4)).save(tmp_path / "small.png")
    assert verified(home, tmp_path / "small.png")["holds"]


def test_a_photographed_short_code_names_the_receipt(
    home: Path, page: Extract, tmp_path: Path
) -> None:
    image = photographed(picture(tmp_path / "clean.png", page.said["short"], error="M"))
    image.save(tmp_path / "photo.png")
    failed = verified(home, tmp_path / "photo.png", ExitCode.VERIFICATION_FAILED)["failed"]
    receipt = tmp_path / "again.receipt"
    answer("receipt", ROW, "-o", receipt, home=home)
    named = extract.read_short(page.said["short"])
    assert named is not None
    assert named.digest.hex() in failed["why"]
    assert extract.write_short("haizhou.demo", 2, receipt.read_bytes()) == page.said["short"]


def test_pasted_texts_verify(home: Path, page: Extract, tmp_path: Path) -> None:
    receipt = extract.read_dense(page.said["dense"])
    texts = (page.said["dense"], receipt.hex(), base64.b64encode(receipt).decode())
    for number, text in enumerate(texts):
        path = tmp_path / f"{number}.txt"
        path.write_text(text + "\n", "ascii")
        assert verified(home, path)["holds"]


def test_a_page_of_a_past_height_shows_that_height(home: Path, tmp_path: Path) -> None:
    page = Extract(home, tmp_path / "past.html", ROW, "--at-height", "1")
    assert capital_numerals(113000050) not in page.html
    assert verified(home, page.path)["height"] == 1


def test_an_absence_is_printed_and_verifies(home: Path, tmp_path: Path) -> None:
    page = Extract(home, tmp_path / "none.html", "membership.offices:NOBODY")
    assert "无此记录" in page.html
    assert verified(home, page.path)["statements"][0]["kind"] == "absence"


def test_a_link_stands_before_the_short_text(home: Path, tmp_path: Path) -> None:
    link = "https://ledger.example/r"
    page = Extract(home, tmp_path / "link.html", ROW, "--link", link)
    assert page.said["short"].startswith(f"{link}?TONGJIAN:1:HAIZHOU.DEMO:2:")
    bad = ("extract", ROW, "--link", "javascript:1", "-o", tmp_path / "bad.html")
    assert "cannot be the address" in fails(ExitCode.USAGE, *bad, home=home)


def test_a_receipt_that_fits_no_symbol_is_named_only_and_the_page_says_so(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(extract_page, "write_dense", lambda _: None)
    page = Extract(home, tmp_path / "large.html", ROW)
    assert page.html.count("<svg") == 1
    assert "too many for one code" in page.html
    assert verified(home, page.path)["holds"]


def test_what_is_no_single_row_and_what_is_there_already_is_refused(
    home: Path, page: Extract
) -> None:
    several = ("extract", "invoice.taxpayers:*", "-o", "unused.html")
    assert "one row" in fails(ExitCode.USAGE, *several, home=home)
    again = ("extract", ROW, "-o", page.path)
    assert "already" in fails(ExitCode.CONFLICT, *again, home=home)
    ok(*again, "--force", home=home)


def test_another_chain_fails_with_the_reason(home: Path, page: Extract, tmp_path: Path) -> None:
    picture(tmp_path / "code.png", page.said["dense"])
    for path in (page.path, tmp_path / "code.png"):
        failed = verified(home.parent / "other", path, ExitCode.VERIFICATION_FAILED)["failed"]
        assert failed["title"] == "chain"


def test_a_changed_receipt_in_a_readable_code_fails(
    home: Path, page: Extract, tmp_path: Path
) -> None:
    receipt = extract.read_dense(page.said["dense"])
    changed = extract.write_dense(receipt[:-1] + bytes([receipt[-1] ^ 1]))
    assert changed is not None
    picture(tmp_path / "forged.png", changed)
    failed = verified(home, tmp_path / "forged.png", ExitCode.VERIFICATION_FAILED)["failed"]
    assert failed["title"] == "seal"


def test_a_torn_code_fails_with_the_reason(home: Path, page: Extract, tmp_path: Path) -> None:
    image = picture(tmp_path / "clean.png", page.said["dense"])
    torn = np.array(image)
    torn[:, torn.shape[1] // 3 : torn.shape[1] * 2 // 3] = 255
    Image.fromarray(torn).save(tmp_path / "torn.png")
    failed = verified(home, tmp_path / "torn.png", ExitCode.VERIFICATION_FAILED)["failed"]
    assert "0 codes" in failed["why"]


def test_a_picture_of_too_many_pixels_is_refused(home: Path, tmp_path: Path) -> None:
    path = tmp_path / "large.png"
    for side in (9_000, 9_500):
        Image.new("1", (side, side)).save(path)
        failed = verified(home, path, ExitCode.VERIFICATION_FAILED)["failed"]
        assert "pixels" in failed["why"]


@pytest.mark.parametrize("head", [b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff\xe0", b"<html>", b"TJR1:"])
@pytest.mark.parametrize(
    "rest", [b"", b"garbage", b"\0" * 50, b"\x00\x00\x00\rIHDR" + b"\xff" * 60]
)
def test_garbage_ends_with_a_reason(home: Path, tmp_path: Path, head: bytes, rest: bytes) -> None:
    (tmp_path / "garbage").write_bytes(head + rest)
    failed = verified(home, tmp_path / "garbage", ExitCode.VERIFICATION_FAILED)["failed"]
    assert failed["number"] == 1


def test_a_cut_picture_ends_with_a_reason(home: Path, page: Extract, tmp_path: Path) -> None:
    picture(tmp_path / "code.png", page.said["dense"])
    whole = (tmp_path / "code.png").read_bytes()
    for part in range(10, len(whole), len(whole) // 12):
        (tmp_path / "cut.png").write_bytes(whole[:part])
        result = run("verify", tmp_path / "cut.png", "--trust", home / "anchors.json")
        assert result.exit_code in (ExitCode.OK, ExitCode.VERIFICATION_FAILED)
        assert "DOES NOT HOLD" in result.stdout or "HOLDS" in result.stdout


def test_without_the_extra_the_message_names_it(
    home: Path, page: Extract, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    picture(tmp_path / "code.png", page.said["dense"])
    monkeypatch.setitem(sys.modules, "zxingcpp", None)
    said = fails(ExitCode.USAGE, "verify", tmp_path / "code.png", "--trust", home / "anchors.json")
    assert "tongjian[paper]" in said


def test_verifying_a_receipt_loads_no_library_for_pictures(home: Path, page: Extract) -> None:
    code = (
        "import sys; from tongjian.cli.app import app; "
        f"app(['verify', {str(page.path)!r}, '--trust', {str(home / 'anchors.json')!r}], "
        "standalone_mode=False); "
        "print(sorted({'PIL', 'zxingcpp', 'segno', 'lmdb'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.endswith("[]\n")


SUBTOTAL = '{"rate_ppm": 130000, "lines": 1, "net_fen": 100000, "tax_fen": 13000}'
INVOICE = {
    "--number": "26990000000012345678",
    "--seller": FIRM,
    "--kind": "special",
    "--business": "general",
    "--buyer": "22" * 32,
    "--lines": "33" * 32,
    "--subtotals": SUBTOTAL,
    "--total-fen": "113000",
    "--tax-fen": "13000",
    "--event-ms": "now",
    "--late-reason": "none",
    "--as": "haiming-issuer",
}


@needs_chromium
@pytest.mark.browser
def test_an_invoice_takes_one_page_and_verifies_from_it(home: Path, tmp_path: Path) -> None:
    ledger = copy_of(home, tmp_path)
    ok("invoice", "issue", *(part for pair in INVOICE.items() for part in pair), home=ledger)
    page = Extract(ledger, tmp_path / "i.html", "invoice.invoices:26990000000012345678")
    assert "<b>壹仟壹佰叁拾元整</b>" in page.html
    assert page.html.count("明细与备注承诺值") == 1
    with chromium(tmp_path / "profile") as browser:
        browser.open(page.path.as_uri())
        browser.screenshot(tmp_path / "screen.png")
        printed = browser.call("Page.printToPDF", preferCSSPageSize=True)["data"]
    assert verified(ledger, tmp_path / "screen.png")["holds"]
    assert len(re.findall(rb"/Type\s*/Page\b", base64.b64decode(printed))) == 1


@needs_chromium
@pytest.mark.browser
def test_the_page_on_a_screen_verifies_from_a_picture_of_it(
    home: Path, page: Extract, tmp_path: Path
) -> None:
    with chromium(tmp_path / "profile", "--force-device-scale-factor=2") as browser:
        browser.open(page.path.as_uri())
        browser.screenshot(tmp_path / "screen.png")
        assert browser.complaints == []
        printed = browser.call("Page.printToPDF", preferCSSPageSize=True)["data"]
    assert verified(home, tmp_path / "screen.png")["statements"][0]["record"] == ROW
    photographed(Image.open(tmp_path / "screen.png").convert("L"), degrees=2, noise=20).save(
        tmp_path / "photo.png"
    )
    assert verified(home, tmp_path / "photo.png")["holds"]
    pages = re.findall(rb"/Type\s*/Page\b", base64.b64decode(printed))
    assert len(pages) == 1
