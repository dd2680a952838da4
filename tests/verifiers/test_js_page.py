"""The page in a browser, opened from the disk: it says the same and asks nobody."""

import json
import re
from base64 import b64encode
from itertools import product
from pathlib import Path

import pytest
from chromium import Browser, PageFailed, needs_chromium
from receipt_forger import STATEMENTS, edited
from receipt_town import Town
from second_verifier import JS, Case, build_page, needs_js, verdict

pytestmark = [needs_js, needs_chromium, pytest.mark.browser]


def give(browser: Browser, folder: Path, receipt: bytes, trust: str) -> tuple[str, list[str]]:
    """Choose both files, as a person does; return the class of the verdict and of each step."""
    (folder / "anchors.json").write_text(trust, "utf-8")
    file = folder / f"{len(list(folder.iterdir()))}.receipt"
    file.write_bytes(receipt)
    browser.choose_file("#trust", folder / "anchors.json")
    browser.wait_for("document.getElementById('trust-given').textContent !== ''")
    browser.choose_file("#receipt", file)
    return shown(browser)


def shown(browser: Browser) -> tuple[str, list[str]]:
    """Wait for a verdict; return its class and the class and title of each step."""
    large = browser.wait_for("document.querySelector('#verdict')?.className")
    steps = browser.evaluate(
        "[...document.querySelectorAll('.steps li')]"
        ".map((li) => li.className + ' ' + li.querySelector('.title').textContent)"
    )
    return large.split()[-1], steps


def text(browser: Browser) -> str:
    return browser.evaluate("document.body.innerText")


@pytest.mark.parametrize(
    "name", ["row", "absence", "range", "transaction refused", "several statements"]
)
def test_a_sound_receipt_is_green(opened: Browser, town: Town, tmp_path: Path, name: str) -> None:
    large, steps = give(opened, tmp_path, town.receipts[name], town.trust)
    assert large == "good"
    held = verdict(Case(name, town.receipts[name], town.trust)).held
    expected = [f"good {n}. {title}: holds" for n, title in enumerate(held, 1)]
    assert steps == expected
    assert "What is not proven" in text(opened)


def test_rows_and_acts_are_shown_by_position(opened: Browser, town: Town, tmp_path: Path) -> None:
    give(opened, tmp_path, town.receipts["several statements"], town.trust)
    said = text(opened)
    assert "shelf.things:changing" in said
    assert "shelf.put | both | 3" in said
    rows = opened.evaluate("document.querySelectorAll('section .scroll tbody tr').length")
    assert rows == 1 + 26 + 1


def test_a_flipped_receipt_is_red_at_the_step_that_fails(
    opened: Browser, town: Town, tmp_path: Path
) -> None:
    flipped = bytearray(town.receipts["row"])
    flipped[-1] ^= 1
    large, steps = give(opened, tmp_path, bytes(flipped), town.trust)
    assert large == "bad"
    assert [step.split()[0] for step in steps] == ["good", "good", "bad"]
    assert steps[-1] == "bad 3. seal: does not hold"

    changed = edited(town.receipts["row"], (STATEMENTS, 0, 2), lambda _: b"\x91\x03")
    opened.evaluate("document.getElementById('verdict').remove()")
    large, steps = give(opened, tmp_path, changed, town.trust)
    assert (large, steps[-1]) == ("bad", "bad 5. row: does not hold")
    assert "What is proven" not in text(opened)


def test_a_trust_file_of_no_use_is_said_to_be_so(
    opened: Browser, town: Town, tmp_path: Path
) -> None:
    large, steps = give(opened, tmp_path, town.receipts["row"], '{"chain": ""}')
    assert (large, steps) == ("bad", [])
    assert "Nothing was verified: the trust file cannot be used" in text(opened)


def test_the_page_speaks_chinese_when_asked(opened: Browser, town: Town, tmp_path: Path) -> None:
    give(opened, tmp_path, town.receipts["row"], town.trust)
    opened.evaluate("document.getElementById('language').click()")
    assert "凭据成立" in text(opened)
    assert "1. 格式：成立" in text(opened)
    assert opened.evaluate("document.documentElement.lang") == "zh-CN"
    opened.evaluate("document.getElementById('language').click()")
    assert "The receipt holds" in text(opened)


@pytest.mark.parametrize("form", ["hex", "base64", "base64 in lines", "neither"])
def test_a_receipt_may_be_pasted(opened: Browser, town: Town, form: str) -> None:
    receipt = town.receipts["absence"]
    base64 = b64encode(receipt).decode()
    pasted = {
        "hex": receipt.hex(),
        "base64": base64,
        "base64 in lines": "\n".join(re.findall(".{1,76}", base64)),
        "neither": "0oRV%",
    }[form]
    for field, value in (("receipt-text", pasted), ("trust-text", town.trust)):
        opened.evaluate(f"document.getElementById('{field}').value = {json.dumps(value)}")
    opened.evaluate("document.querySelector('#pasted button').click()")
    large, steps = shown(opened)
    assert (large, len(steps)) == (("bad", 1) if form == "neither" else ("good", 6))


def test_both_files_may_be_dropped(opened: Browser, town: Town) -> None:
    files = [list(town.receipts["row"]), list(town.trust.encode())]
    opened.evaluate(
        f"""{{
        const dropped = new DataTransfer();
        for (const bytes of {files}) dropped.items.add(new File([new Uint8Array(bytes)], "file"));
        document.body.dispatchEvent(
          new DragEvent("drop", {{ dataTransfer: dropped, bubbles: true, cancelable: true }}));
        }}"""
    )
    assert shown(opened)[0] == "good"


def test_a_file_over_8_mib_is_refused_for_its_size(
    opened: Browser, town: Town, tmp_path: Path
) -> None:
    large, steps = give(opened, tmp_path, bytes(9 << 20), town.trust)
    assert (large, steps) == ("bad", ["bad 1. form: does not hold"])
    assert "larger than 8 MiB" in text(opened)


def test_what_a_receipt_says_is_never_markup(opened: Browser, town: Town, tmp_path: Path) -> None:
    label = "<img src=x onerror=alert(1)><b>town</b>"
    trust = json.dumps({**json.loads(town.trust), "label": label})
    assert give(opened, tmp_path, town.receipts["row"], trust)[0] == "good"
    assert label in text(opened)
    assert opened.evaluate("document.querySelectorAll('main img, main b').length") == 0


def test_the_page_could_send_nothing_if_it_tried(browser: Browser, page: Path) -> None:
    browser.open(page.as_uri())
    browser.complaints.clear()
    picture = "Object.assign(new Image(), {src: 'https://city.example/i.png'}).decode()"
    for attempt in ("fetch('https://city.example/')", "import('https://city.example/')", picture):
        with pytest.raises(PageFailed):
            browser.evaluate(attempt)
    refused = [each for each in browser.complaints if "Content Security Policy" in each]
    assert {"Connecting", "Loading"} <= {each.split()[0] for each in refused}


def test_everything_that_is_operated_has_a_name(opened: Browser) -> None:
    opened.evaluate("document.querySelectorAll('details').forEach((each) => (each.open = true))")
    tree = opened.call("Accessibility.getFullAXTree")["nodes"]
    operated = [
        (node["role"]["value"], node.get("name", {}).get("value", ""))
        for node in tree
        if node.get("role", {}).get("value") in ("button", "textbox", "DisclosureTriangle")
    ]
    assert len(operated) == 9
    assert [role for role, name in operated if not name] == []


# ------------------------------------------------------------------------------------- built file


def test_the_same_sources_give_the_same_page(page: Path, tmp_path: Path) -> None:
    assert build_page(tmp_path / "again.html").read_bytes() == page.read_bytes()


def test_the_page_names_no_other_place(page: Path) -> None:
    said = page.read_text("utf-8")
    assert re.findall(r"""(?:src|href)=["']?(?!data:,)[^"'>]+""", said) == []
    assert "default-src 'none'" in said
    assert "unsafe" not in said


def _luminance(colour: str) -> float:
    channels = [int(colour[n : n + 2], 16) / 255 for n in (1, 3, 5)]
    red, green, blue = (
        c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def test_text_has_contrast_on_every_ground_in_both_themes() -> None:
    """WCAG 2.2, 1.4.3: at least 4.5 to 1."""
    css = (JS / "page/page.css").read_text("utf-8")
    themes = [dict(re.findall(r"--([\w-]+): (#\w{6})", part)) for part in css.split("@media")]
    light, dark = themes[:2]
    assert light.keys() == dark.keys()
    pairs = [
        *product(("text", "soft", "link"), ("ground", "card")),
        *(("text", ground) for ground in ("good-ground", "bad-ground")),
        *(("good", "good-ground"), ("bad", "bad-ground"), ("card", "link")),
    ]
    for theme, (front, back) in product((light, dark), pairs):
        dim, bright = sorted((_luminance(theme[front]), _luminance(theme[back])))
        assert (bright + 0.05) / (dim + 0.05) >= 4.5, (front, back)
