"""Sealed bids from the terminal: a key made by its holders, a bid, its change, its withdrawal."""

import datetime as dt
import json
import re
from pathlib import Path
from typing import Any, cast

import pytest
from procurement_people import HOLDERS, USCC
from procurement_secrets import scalar
from procurement_town import Town
from terminal import answer, copy_of, fails, ok

from tongjian.core import values
from tongjian.core.hashing import sha256
from tongjian.node import bidding
from tongjian.node.keys import KeyPair
from tongjian.services.procurement.envelopes import Form

BUYER, AGENCY, FINANCE = (USCC[name] for name in ("buyer", "agency", "finance"))
ALPHA = USCC["alpha"]
OFFICES = {"buyer": BUYER, "agency": AGENCY, "finance": FINANCE, "alpha": ALPHA}
POSTS = {
    "buyer": ("purchase_approver", "key_holder"),
    "agency": ("procurement_agent", "key_holder", "bid_desk"),
    "finance": ("supervisor", "key_holder"),
    "alpha": ("bidder",),
}


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Found a ledger and publish a sale whose key three offices have made; do not write to it."""
    folder = tmp_path_factory.mktemp("bids")
    plan = ['label = "sale.test"', 'hash = "sha256"', 'suite = "ed25519"']
    for name, code in OFFICES.items():
        plan += ["[[office]]", f'uscc = "{code}"', f'label = "{name}"', f'name = "{name}"']
        plan += ['region = "990100"', 'kind = "bureau"']
        for role in POSTS[name]:
            plan += ["[[officer]]", f'holder = "{name}-{role}"', f'office = "{code}"']
            plan += [f'roles = ["{role}"]']
    plan += ["[[officer]]", 'holder = "governor"', f'office = "{FINANCE}"', 'roles = ["governor"]']
    (folder / "plan.toml").write_text("\n".join(plan), "utf-8")
    home = folder / "ledger"
    ok("init", home, "--plan", folder / "plan.toml")
    make_key(home, folder)
    deadline = (dt.datetime.now(dt.UTC) + dt.timedelta(days=12)).strftime("%Y-%m-%dT%H:%M")
    ok(
        *("procurement", "publish", "--tender", "s1", "--deadline-ms", deadline),
        *("--as", "agency-procurement_agent", "--as", "buyer-purchase_approver"),
        home=home,
    )
    return home


def make_key(home: Path, folder: Path) -> None:
    """Prepare the sale, and have its three holders make the key."""
    holders = ("buyer", "agency", "finance")
    for name in holders:
        out = folder / f"{name}.transport"
        bid("new-transport", "--holder", OFFICES[name], "--secret", secret_of(home, name),
            "--out", out, home=home)  # fmt: skip
        hand_in(home, out, f"{name}-key_holder")
    repeated = [part for name in holders for part in ("--holders", OFFICES[name])]
    ok(
        *("procurement", "prepare-sale", "--tender", "s1", "--seller", BUYER, "--agency", AGENCY),
        *("--lot", "11" * 32, "--reserve-fen", "100000", "--deposit-fen", "0"),
        *("--threshold", "2", *repeated),
        *("--as", "agency-procurement_agent", "--as", "buyer-purchase_approver"),
        home=home,
    )
    for verb in ("deal", "confirm"):
        for name in holders:
            out = folder / f"{name}.{verb}"
            secret = () if verb == "deal" else ("--secret", secret_of(home, name))
            bid(verb, "--tender", "s1", "--holder", OFFICES[name], *secret, "--out", out, home=home)
            hand_in(home, out, f"{name}-key_holder")


def secret_of(home: Path, name: str) -> Path:
    return home.parent / f"{name}.secret"


def bid(*arguments: object, home: Path) -> None:
    ok("procurement", "bid", *arguments, home=home)


def hand_in(home: Path, file: Path, holder: str = "agency-bid_desk") -> None:
    ok("procurement", "bid", "hand-in", file, "--as", holder, home=home)


@pytest.fixture
def home(published: Path, tmp_path: Path) -> Path:
    """A ledger with the sale published that the test may change."""
    return copy_of(published, tmp_path)


def sealed(home: Path, name: str, *more: object) -> Path:
    """Seal a bid of alpha and return the file for the desk."""
    (home.parent / "technical.zip").write_bytes(b"drawings")
    out = home.parent / name
    bid(
        *("seal", "--tender", "s1", "--as", "alpha-bidder", "--price-fen", "120000"),
        *("--technical", home.parent / "technical.zip", "--out", out, *more),
        home=home,
    )
    return out


def test_a_bid_is_sealed_changed_and_withdrawn_through_files(home: Path) -> None:
    first = sealed(home, "bid.json")
    kept = home.parent / "bid.json.keep"
    assert kept.stat().st_mode & 0o777 == 0o600
    hand_in(home, first)
    second = sealed(home, "again.json", "--replaces", kept)
    hand_in(home, second)
    (row,) = answer("procurement", "bids", "--number", "s1", "--limit", "9", home=home)["answer"]
    assert (row["version"], row["result"], row["bidder"]) == (2, "sealed", None)
    out = home.parent / "withdrawal.json"
    bid("withdraw", home.parent / "again.json.keep", "--out", out, home=home)
    hand_in(home, out)
    (row,) = answer("procurement", "bids", "--number", "s1", "--limit", "9", home=home)["answer"]
    assert row["result"] == "withdrawn"


def test_what_a_desk_gets_names_nobody(home: Path) -> None:
    told = bytes.fromhex(json.loads(sealed(home, "bid.json").read_text("utf-8"))["act"])
    assert ALPHA.encode() not in told
    blank = home.parent / "blank.json"
    bid("blank", "--tender", "s1", "--as", "agency-bid_desk", "--out", blank, home=home)
    assert len(bytes.fromhex(json.loads(blank.read_text("utf-8"))["act"])) == len(told)
    hand_in(home, blank)


def test_a_share_is_not_even_written_before_the_deadline(home: Path, published: Path) -> None:
    out = home.parent / "share.json"
    said = fails(
        6,
        *("procurement", "bid", "open-share", "--tender", "s1", "--holder", BUYER),
        *("--secret", secret_of(published, "buyer"), "--out", out),
        home=home,
    )
    assert "deadline" in said
    assert not out.exists()


def test_files_that_are_not_ours_and_tenders_that_are_not_there_are_told(home: Path) -> None:
    stray = home.parent / "stray.json"
    stray.write_text("{}", "utf-8")
    fails(2, "procurement", "bid", "hand-in", stray, "--as", "agency-bid_desk", home=home)
    fails(3, "procurement", "bid", "hand-in", "gone.json", "--as", "agency-bid_desk", home=home)
    fails(2, "procurement", "bid", "withdraw", stray, "--out", stray, home=home)
    fails(
        6,
        *("procurement", "bid", "blank", "--tender", "s9", "--as", "agency-bid_desk"),
        *("--out", home.parent / "blank.json"),
        home=home,
    )


# ---------------------------------------------------------------- after the deadline, on a machine


NOTHING = values.digest(bytes(32))


def test_shares_made_by_the_program_open_bids_sealed_by_it() -> None:
    town = Town().go("published")
    pair = KeyPair(signing_seed("alpha.bidder"), sha256)
    form = Form(
        bidder=values.uscc(USCC["alpha"]),
        key=values.key_id(town.people["alpha.bidder"].key),
        price_fen=cast(values.Amount, values.fen(100_000_000)),
        bond_fen=values.fen(2_000_000),
        technical=NOTHING,
        author=NOTHING,
        device=NOTHING,
        bond_source=NOTHING,
        invitation_salt=b"",
        signature=bytes(64),
    )
    pair.id = town.people["alpha.bidder"].key
    act, slot = bidding.seal_bid(sha256, town.tender(), "t1", form, pair)
    town.world.accepts(town.people["agency.bid_desk"], act=act)
    assert slot.version == 1
    with pytest.raises(bidding.BiddingError, match="deadline"):
        share(town, "notary")
    town._due()
    for holder in ("notary", "finance", "buyer"):
        town.world.accepts(town.people[f"{holder}.key_holder"], act=share(town, holder))
    opened, who = town.act("open_bid", slot=act.slot)
    town.world.accepts(*who, act=opened)
    assert town.offer("alpha").price_fen == 100_000_000


def signing_seed(name: str) -> bytes:
    return sha256(f"key of {name}".encode())


def share(town: Town, holder: str):  # noqa: ANN201 - an act
    secret = scalar("transport " + USCC[holder])
    now_ms = town.world.now_ms
    return bidding.open_share(sha256, town.world.state, "t1", USCC[holder], secret, now_ms=now_ms)


def test_a_holder_who_was_dealt_a_wrong_value_is_told_by_whom() -> None:
    town = Town().go("prepared")
    for holder in ("buyer", "agency", "finance"):
        town.ok("deal_key", holder=holder)
    honest: Any = town.act("deal_key", holder="notary")[0]
    wrong = (honest.shares[1], *honest.shares[1:])
    town.ok("deal_key", holder="notary", shares=wrong)
    secret = scalar("transport " + USCC["buyer"])
    with pytest.raises(bidding.BiddingError, match=USCC["notary"]):
        bidding.confirm_key(sha256, town.world.state, "t1", HOLDERS[0], secret)
    other = scalar("transport " + USCC["agency"])
    act = bidding.confirm_key(sha256, town.world.state, "t1", HOLDERS[1], other)
    town.world.accepts(town.people["agency.key_holder"], act=act)


def test_the_program_deals_a_key_that_all_can_confirm() -> None:
    town = Town().go("prepared")
    for holder in ("buyer", "agency", "finance", "notary"):
        act = bidding.deal_key(sha256, town.world.state, "t1", USCC[holder])
        town.world.accepts(town.people[f"{holder}.key_holder"], act=act)
    for holder in ("buyer", "agency", "finance", "notary"):
        secret = scalar("transport " + USCC[holder])
        confirmed = bidding.confirm_key(sha256, town.world.state, "t1", USCC[holder], secret)
        town.world.accepts(town.people[f"{holder}.key_holder"], act=confirmed)
    town.ok("publish")


def test_the_commands_of_the_page_are_those_of_the_program() -> None:
    page = Path(__file__).parents[2] / "docs/how-to/sealed-bids.md"
    text = page.read_text("utf-8").replace("\\\n", " ")
    lines = re.findall(r"^tongjian procurement bid (\S+)(.*)$", text, re.MULTILINE)
    assert len(lines) > 8
    for command, rest in lines:
        said = ok("procurement", "bid", command, "--help").stdout
        for option in re.findall(r"--[a-z-]+", rest.partition("#")[0]):
            assert option in said, f"{command} has no {option}"
