"""The page reads extracts as people have them: photographed, printed as PDF, saved; offline.

`SCREENSHOTS=DIR` keeps what the page shows, for people to look at.
"""

import io
import os
import struct
import zlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import segno
from chromium import Browser, chromium, needs_chromium
from PIL import Image, ImageFilter
from pypdf import PdfWriter
from pypdf.generic import NameObject, StreamObject
from second_verifier import needs_js
from terminal import FIRM, ok, register

from tongjian.verifier import extract

pytestmark = [needs_js, needs_chromium, pytest.mark.browser]

ROW = f"invoice.taxpayers:{FIRM}"
PAPER = 236


class Paper:
    """An extract: its page, the receipt on it and the texts of its two codes."""

    def __init__(self, folder: Path, label: str) -> None:
        self.page = folder / "extract.html"
        self.trust = folder / "ledger" / "anchors.json"
        ok("extract", ROW, "-o", self.page, home=folder / "ledger")
        ok("receipt", ROW, "-o", folder / "row.receipt", home=folder / "ledger")
        self.receipt = (folder / "row.receipt").read_bytes()
        dense = extract.write_dense(self.receipt)
        assert dense is not None
        self.dense = dense
        self.short = extract.write_short(label, 3, self.receipt, "https://city.example/r")


@pytest.fixture(scope="module")
def paper(tmp_path_factory: pytest.TempPathFactory) -> Paper:
    folder = tmp_path_factory.mktemp("paper")
    (folder / "plan.toml").write_text(ok("init", "--example").stdout, "utf-8")
    ok("init", folder / "ledger", "--plan", folder / "plan.toml")
    register(folder / "ledger")
    return Paper(folder, "town")


@pytest.fixture(scope="module")
def offline(tmp_path_factory: pytest.TempPathFactory, page: Path) -> Iterator[Browser]:
    """Open the page in a browser without a network; it asks for nothing, complains of nothing."""
    with chromium(tmp_path_factory.mktemp("profile"), "--accept-lang=en") as browser:
        unlimited = {"latency": 0, "downloadThroughput": -1, "uploadThroughput": -1}
        browser.call("Network.emulateNetworkConditions", offline=True, **unlimited)
        browser.open(page.as_uri())
        yield browser
        asked = {url for url in browser.requests if not url.startswith(("file:", "data:", "blob:"))}
        assert asked == set()
        assert browser.complaints == []


def give(browser: Browser, paper: Paper, file: Path) -> tuple[str, str]:
    """Choose both files; return the class of the verdict and the text of the page."""
    browser.evaluate("document.getElementById('status').replaceChildren()")
    browser.choose_file("#trust", paper.trust)
    browser.wait_for("document.getElementById('trust-given').textContent !== ''")
    browser.evaluate("document.getElementById('status').replaceChildren()")
    browser.choose_file("#receipt", file)
    shown = browser.wait_for("document.querySelector('#verdict')?.className").split()[-1]
    return shown, browser.evaluate("document.body.innerText")


def keep(browser: Browser, name: str) -> None:
    if folder := os.environ.get("SCREENSHOTS"):
        browser.screenshot(Path(folder) / f"{name}.png")


# -------------------------------------------------------------------------------------- pictures


def code(text: str, pixels: int = 6) -> Image.Image:
    drawn = io.BytesIO()
    qr = segno.make(text, error="L", micro=False, boost_error=False)
    qr.save(drawn, kind="png", scale=pixels, border=6)
    return Image.open(drawn).convert("L")


def side_by_side(*images: Image.Image) -> Image.Image:
    size = (sum(each.width for each in images), max(each.height for each in images))
    whole = Image.new("L", size, 255)
    at = 0
    for each in images:
        whole.paste(each, (at, 0))
        at += each.width
    return whole


def photographed(image: Image.Image, degrees: float) -> Image.Image:
    """Lay a paper on a table, turned, in uneven light, a little out of focus, with grain."""
    table = Image.new("L", (image.width + 200, image.height + 200), PAPER)
    table.paste(image, (100, 100))
    turned = table.rotate(degrees, Image.Resampling.BICUBIC, expand=True, fillcolor=120)
    blurred = turned.filter(ImageFilter.GaussianBlur(1.1))
    light = np.linspace(1.0, 0.72, blurred.width)[np.newaxis, :]
    grain = np.random.default_rng(7).normal(0, 16, (blurred.height, blurred.width))
    return Image.fromarray(np.clip(np.asarray(blurred) * light + grain, 0, 255).astype(np.uint8))


@pytest.mark.parametrize("name", ["drawn.png", "drawn.jpg", "two-pixels.png", "page.png"])
def test_a_picture_of_the_code_verifies(
    offline: Browser, paper: Paper, tmp_path: Path, name: str
) -> None:
    file = tmp_path / name
    image = code(paper.dense, 2 if name == "two-pixels.png" else 6)
    if name == "page.png":
        image = side_by_side(image, code(paper.short))
    image.save(file)
    shown, text = give(offline, paper, file)
    assert shown == "good"
    assert "invoice.taxpayers" in text


@pytest.mark.parametrize("degrees", [3, -21, 90, 180, 47])
def test_a_photographed_code_verifies(
    offline: Browser, paper: Paper, tmp_path: Path, degrees: float
) -> None:
    file = tmp_path / "photo.jpg"
    both = side_by_side(code(paper.dense), code(paper.short))
    photographed(both, degrees).save(file, quality=80)
    assert give(offline, paper, file)[0] == "good"
    keep(offline, f"photo {degrees}")


def test_a_photographed_screen_with_the_extract_verifies(
    offline: Browser, paper: Paper, tmp_path: Path
) -> None:
    with chromium(tmp_path / "profile", "--force-device-scale-factor=2") as browser:
        browser.open(paper.page.as_uri())
        browser.screenshot(tmp_path / "screen.png")
    screen = Image.open(tmp_path / "screen.png").convert("L")
    photographed(screen, 2).save(tmp_path / "photo.jpg", quality=85)
    for name in ("screen.png", "photo.jpg"):
        assert give(offline, paper, tmp_path / name)[0] == "good", name


def test_a_picture_may_be_dropped_beside_the_trust_file(
    offline: Browser, paper: Paper, tmp_path: Path
) -> None:
    code(paper.dense).save(tmp_path / "code.png")
    files = [list((tmp_path / "code.png").read_bytes()), list(paper.trust.read_bytes())]
    offline.evaluate(
        f"""{{
        document.getElementById('status').replaceChildren();
        const dropped = new DataTransfer();
        for (const bytes of {files}) dropped.items.add(new File([new Uint8Array(bytes)], "file"));
        document.body.dispatchEvent(
          new DragEvent("drop", {{ dataTransfer: dropped, bubbles: true, cancelable: true }}));
        }}"""
    )
    assert offline.wait_for("document.querySelector('#verdict')?.className").endswith("good")


def test_a_changed_receipt_in_a_readable_code_is_red(
    offline: Browser, paper: Paper, tmp_path: Path
) -> None:
    changed = extract.write_dense(paper.receipt[:-1] + bytes([paper.receipt[-1] ^ 1]))
    assert changed is not None
    code(changed).save(tmp_path / "changed.png")
    shown, text = give(offline, paper, tmp_path / "changed.png")
    assert shown == "bad"
    assert "The receipt does not hold" in text


def test_a_short_code_is_told_as_what_it_is(offline: Browser, paper: Paper, tmp_path: Path) -> None:
    photographed(code(paper.short), 8).save(tmp_path / "short.jpg")
    shown, text = give(offline, paper, tmp_path / "short.jpg")
    named = extract.read_short(paper.short)
    assert named is not None
    assert shown == "bad"
    assert "the short code names a receipt and does not hold it" in text
    assert {"TOWN", named.digest.hex(), "https://city.example/r"} <= set(text.split())
    keep(offline, "short-en")
    offline.evaluate("document.getElementById('language').click()")
    assert "未作验证：短码只指明凭据，不含凭据" in offline.evaluate("document.body.innerText")
    keep(offline, "short-zh")
    offline.evaluate("document.getElementById('language').click()")


def test_codes_of_one_picture_must_agree(offline: Browser, paper: Paper, tmp_path: Path) -> None:
    other = extract.write_short("town", 3, paper.receipt + b"x")
    another = extract.write_dense(paper.receipt + b"x")
    assert another is not None
    for beside, why in (
        (other, "names another receipt than the larger one holds"),
        (another, "codes of several extracts"),
    ):
        file = tmp_path / f"{len(beside)}.png"
        side_by_side(code(paper.dense), code(beside)).save(file)
        shown, text = give(offline, paper, file)
        assert (shown, why in text) == ("bad", True)


def test_the_browser_reads_what_the_page_cannot(
    offline: Browser, paper: Paper, tmp_path: Path
) -> None:
    for name in ("white.png", "again.png"):
        Image.new("L", (300, 300), 255).save(tmp_path / name)
    offline.evaluate(
        f"""globalThis.BarcodeDetector = class {{
          async detect() {{ return [{{ rawValue: {paper.dense!r} }}]; }}
        }}; null"""
    )
    assert give(offline, paper, tmp_path / "white.png")[0] == "good"
    offline.evaluate("delete globalThis.BarcodeDetector")
    assert give(offline, paper, tmp_path / "again.png")[0] == "bad"


# --------------------------------------------------------------------------------------- hostile


def png(width: int, height: int, data: bytes = b"") -> bytes:
    """Return a PNG that claims a size, whatever it holds."""

    def chunk(name: bytes, body: bytes) -> bytes:
        return (
            struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))
        )

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", data) + chunk(b"IEND", b"")


def hostile(paper: Paper) -> dict[str, tuple[bytes, str, str]]:
    """Return files that hold no receipt by name, and what is said of each in both languages."""
    drawn, plain, torn = io.BytesIO(), io.BytesIO(), io.BytesIO()
    image = code(paper.dense)
    image.save(drawn, "PNG")
    code("https://city.example/").save(plain, "PNG")
    half = np.asarray(image).copy()
    half[image.height // 3 :, image.width // 3 :] = 255
    Image.fromarray(half).save(torn, "PNG")
    unreadable = ("the picture cannot be read", "图片无法读取")
    large = ("the picture is too large", "图片过大")
    none = ("no QR code was read", "图片中未读到二维码")
    foreign = ("QR codes, none of an extract", "都不是摘录的")
    jpeg = b"\xff\xd8\xff\xc0\0\x11\x08\xff\xff\xff\xff\x03" + bytes(40)
    attached = ("no receipt is embedded in the PDF", "PDF 中没有内嵌凭据")
    return {
        "cut.png": (drawn.getvalue()[:30], *unreadable),
        "header.png": (b"\x89PNG\r\n\x1a\n", *unreadable),
        "noise.jpg": (b"\xff\xd8\xff" + bytes(range(256)), *unreadable),
        "bomb.png": (png(20_000, 20_000, zlib.compress(bytes(1 << 20))), *large),
        "long.png": (png(70_000, 1), *large),
        "bomb.jpg": (jpeg, *large),
        "no-size.png": (png(0, 0), *unreadable),
        "one-pixel.png": (png(1, 1, zlib.compress(b"\0\0")), *none),
        "torn.png": (torn.getvalue(), *none),
        "other.png": (plain.getvalue(), *foreign),
        "empty.pdf": (b"%PDF-1.7\n", *attached),
        "streams.pdf": (b"%PDF-1.7\n" + b"<<>>stream\n" * 100_000, *attached),
    }


def test_hostile_files_end_with_a_reason_in_both_languages(
    offline: Browser, paper: Paper, tmp_path: Path
) -> None:
    for name, (data, en, zh) in hostile(paper).items():
        (tmp_path / name).write_bytes(data)
        shown, text = give(offline, paper, tmp_path / name)
        assert (name, shown, en in text) == (name, "bad", True), text
        offline.evaluate("document.getElementById('language').click()")
        assert zh in offline.evaluate("document.body.innerText"), name
        offline.evaluate("document.getElementById('language').click()")


# ------------------------------------------------------------------------------------------- PDF


def pdf(path: Path, *attachments: bytes, flate: bool, password: str = "") -> None:
    writer = PdfWriter()
    writer.add_blank_page(595, 842)
    for number, attachment in enumerate(attachments):
        writer.add_attachment(f"{number}.receipt", attachment)
    for index, found in enumerate(writer._objects):
        if flate and isinstance(found, StreamObject) and found.get("/Type") == "/EmbeddedFile":
            packed = found.flate_encode()
            packed[NameObject("/Type")] = NameObject("/EmbeddedFile")
            writer._objects[index] = packed
    if password:
        writer.encrypt(password, algorithm="RC4-128")
    writer.write(path)


@pytest.mark.parametrize("flate", [False, True])
@pytest.mark.parametrize("form", ["file", "text"])
def test_a_receipt_embedded_in_a_pdf_verifies(
    offline: Browser, paper: Paper, tmp_path: Path, form: str, *, flate: bool
) -> None:
    receipt = paper.receipt if form == "file" else paper.dense.encode()
    pdf(tmp_path / "letter.pdf", b"another file", receipt, flate=flate)
    assert (b"FlateDecode" in (tmp_path / "letter.pdf").read_bytes()) == flate
    assert give(offline, paper, tmp_path / "letter.pdf")[0] == "good"


def test_pdfs_without_one_receipt_are_refused_with_the_reason(
    offline: Browser, paper: Paper, tmp_path: Path
) -> None:
    pdf(tmp_path / "none.pdf", b"another file", flate=True)
    pdf(tmp_path / "two.pdf", paper.receipt, paper.receipt + b"x", flate=True)
    pdf(tmp_path / "locked.pdf", paper.receipt, flate=False, password="town")
    for name, why in (
        ("none.pdf", "no receipt is embedded"),
        ("two.pdf", "several receipts are embedded"),
        ("locked.pdf", "the PDF is encrypted"),
    ):
        shown, text = give(offline, paper, tmp_path / name)
        assert (name, shown, why in text) == (name, "bad", True)


def test_the_page_of_an_extract_verifies_as_a_file(offline: Browser, paper: Paper) -> None:
    assert give(offline, paper, paper.page)[0] == "good"
