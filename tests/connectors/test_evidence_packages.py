"""Packages: what a court checks offline holds, and each thing that a forger would change does not.

The frauds of domain section 9 and the insiders of section 24 that end in a package are named here.
"""

import hashlib
import io
import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest
from evidence_ledger import START_MS, CourtLedger
from evidence_town import case_of, id16, salt_of
from hypothesis import given
from hypothesis import strategies as st
from tsa import Tsa

from tongjian.connectors.evidence import pack as packing
from tongjian.connectors.evidence.errors import PackageInvalid
from tongjian.connectors.evidence.facts import ranges_of
from tongjian.connectors.evidence.package import (
    Manifest,
    list_files,
    open_package,
    write_package,
)
from tongjian.connectors.evidence.verify import Report, verify_package
from tongjian.engines.receipts import Receipts
from tongjian.services.evidence.exchange import HASHES
from tongjian.services.evidence.records import ITEMS, SUBMISSIONS
from tongjian.verifier.anchors import Anchors

ITEM = id16("ad")


@pytest.fixture(scope="module")
def ledger(tmp_path_factory: pytest.TempPathFactory) -> CourtLedger:
    """A ledger on which an advertisement is fixed, copied, renewed and handed in."""
    ledger = CourtLedger(tmp_path_factory.mktemp("evidence") / "ledger")
    ledger.run(
        """
        capture ad + fix ad                                   accepted
        store ad                                              accepted
        derive ad after=ad.copy                               accepted
        renew ad office=notary after=ad.copy@sm3<ad.copy      accepted
        attest ad                                             accepted
        hand_over ad content=ad.copy@sm3<ad.copy receiver=court accepted
        open_case 123                                         accepted
        submit ad office=court content=ad.copy@sm3<ad.copy    accepted
        capture b + fix b                                     accepted
        """
    )
    return ledger


def kept(name: str, *entries: tuple[str, str]) -> bytes:
    """Return what stands beside a file: digest and salt of each commitment to it."""
    return json.dumps([{"digest": digest, "salt": salt} for digest, salt in entries]).encode()


def source(name: str, *imprints: str, text: str | None = None) -> packing.Source:
    """Return a file with the salts of the imprints that it opens."""
    from evidence_town import imprint

    entries = [(imprint(each).digest.hex(), salt_of(name).hex()) for each in imprints]
    data = (name if text is None else text).encode()
    return packing.Source(f"{name}.png", data, kept(name, *entries))


AD = source("ad", "ad")
COPY = source("ad.copy", "ad.copy", "ad.copy@sm3<ad.copy")


def receipt_of(ledger: CourtLedger, item: bytes, case: str) -> bytes:
    with ledger.home.open() as chain, chain.lock:
        draft = Receipts(chain).draft()
        draft.row(ITEMS.key(item))
        if case:
            draft.row(SUBMISSIONS.key(case, item))
        for low, high in ranges_of(item, case):
            draft.range(low, high)
        return draft.finish()


def packed(
    ledger: CourtLedger, *sources: packing.Source, case: str = "", item: bytes = ITEM
) -> tuple[bytes, Report]:
    anchors = ledger.home.anchors()
    return packing.pack(sources, item, case, anchors, lambda: receipt_of(ledger, item, case))


def test_a_package_holds_offline_and_says_since_when_and_what_is_not_proven(
    ledger: CourtLedger, tmp_path: Path
) -> None:
    data, report = packed(ledger, AD, COPY, case=case_of("123"))
    (tmp_path / "anchors.json").write_bytes((ledger.folder / "anchors.json").read_bytes())
    again = verify_package(data, Anchors.read(tmp_path / "anchors.json"))
    assert again == report
    assert report.result == "consistent"
    assert report.unchanged_since_ms == START_MS + 1000
    assert [step.number for step in report.steps] == [1, 2, 3, 4, 5, 6, 7]
    assert report.not_proven[0].en.startswith("that the content was true before it was recorded")
    assert any("no party" in each.en for each in report.not_proven)


def test_a_report_never_says_that_evidence_is_true(ledger: CourtLedger) -> None:
    data, report = packed(ledger, AD, COPY, case=case_of("123"))
    said = [words for step in report.steps for words in step.proves]
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        answers = json.loads(archive.read("answers.json"))
    said += [a[f"ledger_{lang}"] for a in answers["answers"] for lang in ("zh", "en")]
    assert answers["before_recording"] == "not_proven"
    assert len(answers["answers"]) == 11
    for words in said:
        assert not any(claim in words for claim in ("true", "genuine", "属实", "真实"))


def test_a_package_without_the_derived_file_proves_a_part(ledger: CourtLedger) -> None:
    _, report = packed(ledger, AD)
    assert report.result == "partial"
    assert sum("version" in each.en for each in report.not_proven) == 2


def test_a_file_that_nobody_recorded_does_not_ride_along_unseen(ledger: CourtLedger) -> None:
    _, report = packed(ledger, AD, COPY, packing.Source("contract.pdf", b"a contract"))
    assert report.result == "partial"
    (said,) = [each.en for each in report.not_proven if "contract" in each.en]
    assert said == "files/3-contract.pdf is an attachment: nothing on the ledger speaks of it"


def test_the_same_files_make_the_same_package(ledger: CourtLedger) -> None:
    assert packed(ledger, AD, COPY)[0] == packed(ledger, AD, COPY)[0]


# -- frauds ---------------------------------------------------------------------------------------


def test_evidence_altered_after_fixing_is_found(ledger: CourtLedger) -> None:
    altered = source("ad", "ad", text="another advertisement")
    with pytest.raises(PackageInvalid, match="altered after it was fixed"):
        packed(ledger, altered, COPY)


def test_evidence_that_was_never_recorded_is_not_found(ledger: CourtLedger) -> None:
    with pytest.raises(PackageInvalid, match="not found"):
        packed(ledger, AD, item=id16("never"))


def test_another_items_content_does_not_pass_for_this_one(ledger: CourtLedger) -> None:
    with pytest.raises(PackageInvalid, match="does not open the content as it was fixed"):
        packed(ledger, COPY)
    with pytest.raises(PackageInvalid, match="which the ledger does not have"):
        packed(ledger, AD, COPY, source("b", "b"))


def test_a_forger_who_rewrites_manifest_and_files_together_does_not_pass(
    ledger: CourtLedger,
) -> None:
    data, _ = packed(ledger, AD, COPY)
    spoiled = rewrite(data, "files/1-ad.png", lambda _: b"another advertisement")
    with pytest.raises(PackageInvalid, match="altered after it was fixed"):
        verify_package(spoiled, ledger.home.anchors())


def rewrite(data: bytes, path: str, change: Callable[[bytes], bytes]) -> bytes:
    """Return a package in which one file is another and the manifest lists it as it is."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    manifest = msgspec.json.decode(files.pop("manifest.json"), type=Manifest)
    files[path] = change(files[path])
    return write_package(msgspec.structs.replace(manifest, files=list_files(files)), files)


def test_answers_that_claim_more_than_the_ledger_shows_are_refused(ledger: CourtLedger) -> None:
    data, _ = packed(ledger, AD, COPY)
    spoiled = rewrite(
        data, "answers.json", lambda text: text.replace(b'"not_proven"', b'"proven"', 1)
    )
    with pytest.raises(PackageInvalid) as failure:
        verify_package(spoiled, ledger.home.anchors())
    assert failure.value.step == "answers"


def test_a_receipt_that_hides_a_step_of_custody_is_refused(ledger: CourtLedger) -> None:
    from tongjian.services.evidence.records import CUSTODY

    anchors = ledger.home.anchors()

    def hidden() -> bytes:
        with ledger.home.open() as chain, chain.lock:
            draft = Receipts(chain).draft()
            draft.row(ITEMS.key(ITEM))
            low, high = ranges_of(ITEM, "")[0]
            draft.range(low, CUSTODY.key(ITEM, 3))  # the last step is left out
            for low, high in ranges_of(ITEM, "")[1:]:
                draft.range(low, high)
            return draft.finish()

    with pytest.raises(PackageInvalid, match="does not show all rows"):
        packing.pack([AD, COPY], ITEM, "", anchors, hidden)


@pytest.mark.parametrize("case", ["案", "a\x00b", "x" * 400, "2026-990192-minchu-999"])
def test_a_case_that_is_none_or_another_is_refused(ledger: CourtLedger, case: str) -> None:
    data, _ = packed(ledger, AD, COPY)
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    manifest = msgspec.json.decode(files.pop("manifest.json"), type=Manifest)
    spoiled = write_package(msgspec.structs.replace(manifest, case=case), files)
    with pytest.raises(PackageInvalid):
        verify_package(spoiled, ledger.home.anchors())


def test_another_ledgers_trust_file_is_refused(ledger: CourtLedger, tmp_path: Path) -> None:
    data, _ = packed(ledger, AD, COPY)
    other = CourtLedger(tmp_path / "other").home.anchors()
    with pytest.raises(PackageInvalid, match="trust file"):
        verify_package(data, other)


def test_a_file_that_the_manifest_does_not_list_is_refused(ledger: CourtLedger) -> None:
    data, _ = packed(ledger, AD, COPY)
    buffer = io.BytesIO(data)
    with zipfile.ZipFile(buffer, "a") as archive:
        archive.writestr("files/9-extra.png", b"extra")
    with pytest.raises(PackageInvalid, match="is not in the manifest"):
        verify_package(buffer.getvalue(), ledger.home.anchors())


@pytest.mark.parametrize("step", range(0, 100, 7))
def test_no_changed_byte_of_a_package_passes_for_the_same_evidence(
    ledger: CourtLedger, step: int
) -> None:
    data, report = packed(ledger, AD, COPY)
    changed = bytearray(data)
    changed[len(data) * step // 100] ^= 0x20
    try:
        found = verify_package(bytes(changed), ledger.home.anchors())
    except PackageInvalid:
        return
    # Bytes that say nothing, such as flags of the archive: everything proven is the same.
    assert (found.steps, found.unchanged_since_ms) == (report.steps, report.unchanged_since_ms)


# -- time stamps ----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def stamped(tmp_path_factory: pytest.TempPathFactory) -> tuple[CourtLedger, Tsa, bytes]:
    """A ledger on which a token over an advertisement is recorded."""
    import datetime as dt

    from tongjian.core.encoding import replace
    from tongjian.verifier.timestamp import read_token

    ledger = CourtLedger(tmp_path_factory.mktemp("stamped") / "ledger")
    tsa = Tsa()
    ledger.run("capture ad + fix ad accepted")
    at = dt.datetime.fromtimestamp(ledger.world.now_ms / 1000, dt.UTC)
    token = tsa.stamp(b"ad", at=at)
    read = read_token(token)
    who, (act,) = ledger.transaction("stamp ad")
    act = replace(
        act,
        token=read.digest,
        authority=hashlib.sha256(tsa.leaf.der).digest(),
        gen_ms=read.gen_ms,
        accuracy_ms=read.accuracy_ms,
    )
    ledger._nonce += 1
    with ledger.home.open(writable=True) as chain:
        ledger._apply(chain, who, [act])
    ledger.run("store ad accepted")
    return ledger, tsa, token


def test_a_time_stamp_in_the_package_is_checked_to_its_root(
    stamped: tuple[CourtLedger, Tsa, bytes],
) -> None:
    ledger, tsa, token = stamped
    data, report = packed(ledger, AD, packing.Source("t.tsr", token))
    assert report.result == "partial"  # no root was given
    found = verify_package(data, ledger.home.anchors(), [tsa.root.der])
    assert found.result == "consistent"
    assert "Common Name: stamps" in found.steps[5].proves.en


def test_a_clock_that_was_manipulated_shows_in_the_stamp(
    stamped: tuple[CourtLedger, Tsa, bytes],
) -> None:
    ledger, tsa, token = stamped
    data, _ = packed(ledger, AD, packing.Source("t.tsr", token))
    forged = rewrite(data, "tokens/2-t.tsr", lambda _: tsa.stamp(b"ad"))
    with pytest.raises(PackageInvalid, match="not the one that the ledger has"):
        verify_package(forged, ledger.home.anchors(), [tsa.root.der])
    with pytest.raises(PackageInvalid, match="does not match"):
        verify_package(data, ledger.home.anchors(), [Tsa().root.der])
    stray = packing.Source("stray.tsr", tsa.stamp(b"stray"))
    with pytest.raises(PackageInvalid, match="not the one that the ledger has"):
        packed(ledger, AD, packing.Source("stray.txt", b"stray"), stray)
    _, without = packed(ledger, AD)
    assert any("time stamp is not in the package" in each.en for each in without.not_proven)


def test_every_algorithm_of_the_service_can_be_computed() -> None:
    for number in HASHES:
        digest, text = packing.commit_content("f", b"content", bytes(32), number)
        assert json.loads(text)[0]["digest"] == digest.hex()


def test_a_file_without_its_salts_makes_no_package(ledger: CourtLedger) -> None:
    with pytest.raises(packing.SaltsMissing):
        packed(ledger, packing.Source("ad.png", b"ad"))
    with pytest.raises(packing.SaltsMissing):
        packed(ledger, packing.Source("ad.png", b"ad", b"[{}]"))


@given(st.binary(max_size=400))
def test_bytes_that_are_no_package_are_refused(data: bytes) -> None:
    for whole in (data, b"PK\x03\x04" + data):
        with pytest.raises(PackageInvalid):
            open_package(whole)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=8,
)


@given(st.sampled_from(["format", "chain", "item", "case", "files", "openings"]), JSON)
def test_a_manifest_of_any_shape_is_read_or_refused(field: str, value: Any) -> None:
    manifest: dict[str, Any] = {
        "format": "tongjian-evidence-package/1",
        "chain": "00" * 32,
        "item": "00" * 16,
        "case": "",
        "files": [],
        "openings": [],
    }
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("manifest.json", json.dumps(manifest | {field: value}))
    anchors = Anchors(chain="00" * 32, label="x", hash="sha256", seals=[])
    with pytest.raises(PackageInvalid):
        verify_package(buffer.getvalue(), anchors)
