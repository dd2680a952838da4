"""The page with the network off: green for sound receipts, red for a hundred hostile ones.

`SCREENSHOTS=DIR` keeps a picture of what each ledger's page shows, for people to look at.
"""

import os
import random
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from chromium import Browser, chromium, needs_chromium
from receipt_forger import put_together, random_change, take_apart
from receipt_town import Town
from second_verifier import Case, needs_js, verdict

from tongjian.verifier import extract

pytestmark = [needs_js, needs_chromium, pytest.mark.browser]

HOSTILE = 100
_WITHOUT_NETWORK = ("unshare", "--map-root-user", "--net")


def _can_leave_the_network() -> bool:
    with suppress(OSError):
        return subprocess.run([*_WITHOUT_NETWORK, "true"], check=False).returncode == 0
    return False


@pytest.fixture(scope="module")
def offline(tmp_path_factory: pytest.TempPathFactory, page: Path) -> Iterator[Browser]:
    """Run a browser in a network of its own, without any way out, where the system permits."""
    within = _WITHOUT_NETWORK if _can_leave_the_network() else ()
    profile = tmp_path_factory.mktemp("profile")
    with chromium(profile, "--accept-lang=en", within=within) as browser:
        unlimited = {"latency": 0, "downloadThroughput": -1, "uploadThroughput": -1}
        browser.call("Network.emulateNetworkConditions", offline=True, **unlimited)
        browser.open(page.as_uri())
        assert browser.evaluate("navigator.onLine") is False
        yield browser
        assert {url for url in browser.requests if not url.startswith(("file:", "data:"))} == set()
        assert browser.complaints == []


def hostile(town: Town) -> list[Case]:
    """Return a hundred receipts that anybody could make of sound ones, none of which holds."""
    chance = random.Random("hostile")
    found: list[Case] = []
    names = list(town.receipts)
    while len(found) < HOSTILE:
        name = chance.choice(names)
        receipt = town.receipts[name]
        parts = take_apart(receipt)
        kind = len(found) % 6
        if kind == 0:
            at = chance.randrange(len(receipt))
            made = (
                receipt[:at] + bytes([receipt[at] ^ 1 << chance.randrange(8)]) + receipt[at + 1 :]
            )
        elif kind == 1:
            made = put_together(parts._replace(record=random_change(parts.record, chance)))
        elif kind == 2:  # another seal, with a check of its own
            made = put_together(parts._replace(seal=chance.randbytes(len(parts.seal))))
        elif kind == 3:  # another header
            header = chance.randbytes(32) + parts.header[32:]
            made = put_together(parts._replace(header=header))
        elif kind == 4:
            made = receipt[: chance.randrange(len(receipt))]
        else:
            made = put_together(parts._replace(protected=chance.randbytes(len(parts.protected))))
        trust = town.other_trust if len(found) % 20 == 19 else town.trust
        case = Case(f"{kind} of {name}", made, trust)
        if verdict(case).failed and all(case.receipt != other.receipt for other in found):
            found.append(case)
    return found


def paste(browser: Browser, receipt: str, trust: str) -> tuple[str, list[str]]:
    """Paste both texts; return the class of the verdict, and of each step with its title."""
    shown: list[str] = browser.evaluate(
        f"""(() => {{
        document.getElementById('verdict')?.remove();
        document.getElementById('receipt-text').value = {receipt!r};
        document.getElementById('trust-text').value = {trust!r};
        document.querySelector('#pasted button').click();
        return [document.getElementById('verdict').className.split(' ').at(-1),
          ...[...document.querySelectorAll('.steps li')]
            .map((li) => li.className + ' ' + li.querySelector('.title').textContent)];
        }})()"""
    )
    return shown[0], shown[1:]


def keep(browser: Browser, name: str) -> None:
    if folder := os.environ.get("SCREENSHOTS"):
        browser.screenshot(Path(folder) / f"{name}.png")


def test_sound_receipts_are_green_without_a_network(
    offline: Browser, town: Town, request: pytest.FixtureRequest
) -> None:
    for name, receipt in (town.receipts | town.bundles).items():
        said = verdict(Case(name, receipt, town.trust))
        good, steps = paste(offline, receipt.hex(), town.trust)
        assert good == "good", name
        expected = [f"good {n}. {title}: holds" for n, title in enumerate(said.held, 1)]
        assert steps == expected
    dense = extract.write_dense(town.receipts["row"])
    assert dense is not None
    assert paste(offline, dense, town.trust)[0] == "good"
    keep(offline, f"{request.node.callspec.id}-good")
    offline.evaluate("document.getElementById('language').click()")
    keep(offline, f"{request.node.callspec.id}-good-zh")
    offline.evaluate("document.getElementById('language').click()")


def test_a_hundred_hostile_receipts_are_red_without_a_network(
    offline: Browser, town: Town, request: pytest.FixtureRequest
) -> None:
    asked = hostile(town)
    assert len({case.receipt for case in asked}) == HOSTILE
    for case in asked:
        failed = verdict(case).failed
        assert failed is not None
        good, steps = paste(offline, case.receipt.hex() or "d284", case.trust)
        assert good == "bad", case.name
        if case.receipt[:2] == b"\xd2\x84":
            assert steps[-1] == f"bad {failed[0]}. {failed[1]}: does not hold", case.name
            assert all(step.startswith("good ") for step in steps[:-1])
    keep(offline, f"{request.node.callspec.id}-bad")
    titles = {verdict(case).failed for case in asked}
    assert len(titles) > 4
