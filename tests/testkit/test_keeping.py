"""How tests keep golden vectors: who owns one, when it is written, and what a difference says."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tongjian.core import values
from tongjian.services.membership.acts_officers import Suspend
from tongjian.services.membership.refusals import Refusal
from tongjian.testkit import World, vectors

CITY = "11990100001400700T"
TEST = "tests/testkit/test_keeping.py"


@pytest.fixture(autouse=True)
def shelf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Keep vectors in a folder of the test, which has a copy of this file as a test's home."""
    folder = tmp_path / "services"
    (folder / "membership").mkdir(parents=True)
    (tmp_path / TEST).parent.mkdir(parents=True)
    (tmp_path / TEST).write_text(Path(__file__).read_text("utf-8"), "utf-8")
    monkeypatch.setattr(vectors, "SERVICES", folder)
    monkeypatch.setattr(vectors, "ROOT", tmp_path)
    monkeypatch.setattr(vectors, "_owners", {})
    monkeypatch.setattr(vectors, "_seen", {})
    return folder / "membership/vectors/suspend"


@pytest.fixture
def as_test(monkeypatch: pytest.MonkeyPatch) -> "AsTest":
    """Give a way to run a step as if another test ran it, writing or comparing."""
    return AsTest(monkeypatch)


class AsTest:
    """Runs the story of one officer under the name of a test."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._patch = monkeypatch

    def run(self, test: str, *, write: bool, start_ms: int = 10**12, vector: str = "") -> None:
        self._patch.setenv(vectors.WRITE, "write" if write else "")
        self._patch.setenv("PYTEST_CURRENT_TEST", f"{TEST}::{test} (call)")
        self._patch.setattr(vectors, "_seen", {})
        story(start_ms, vector or None)


def story(start_ms: int, vector: str | None = None) -> None:
    world = World(start_ms=start_ms)
    world.office(CITY)
    ann = world.person("ann", CITY, "registrar", "governor")
    bo = world.person("bo", CITY, "clerk")
    world.accepts(ann, act=Suspend(officer=bo.officer), vector=vector)
    world.refuses(Refusal.OFFICER_SUSPENDED, ann, act=Suspend(officer=bo.officer))


FIRST = "test_a_vector_is_written_once_and_then_compared"


def test_a_vector_is_written_once_and_then_compared(shelf: Path, as_test: AsTest) -> None:
    as_test.run(FIRST, write=True)
    assert [path.name for path in sorted(shelf.iterdir())] == [
        "accepts.json",
        "refuses_officer_suspended.json",
    ]
    as_test.run(FIRST, write=False)
    with pytest.raises(
        vectors.VectorDiffers, match=r"accepts\.json: `time_ms` was\n  1000000000000"
    ):
        as_test.run(FIRST, write=False, start_ms=10**12 + 1)


OTHER = "test_another_test_leaves_it_alone"


def test_another_test_leaves_it_alone(shelf: Path, as_test: AsTest) -> None:
    as_test.run(FIRST, write=True)
    before = (shelf / "accepts.json").read_text("utf-8")
    as_test.run(OTHER, write=False, start_ms=5)
    as_test.run(OTHER, write=True, start_ms=5)
    assert (shelf / "accepts.json").read_text("utf-8") == before


def test_a_vector_whose_test_is_gone_goes_to_the_next(shelf: Path, as_test: AsTest) -> None:
    as_test.run("test_that_nobody_wrote", write=True)
    as_test.run(OTHER, write=False, start_ms=5)
    as_test.run(OTHER, write=True, start_ms=5)
    assert OTHER in (shelf / "accepts.json").read_text("utf-8")


def test_a_variant_has_a_name_of_its_own_and_must_be_there(shelf: Path, as_test: AsTest) -> None:
    with pytest.raises(vectors.VectorDiffers, match="make vectors"):
        as_test.run(FIRST, write=False, vector="accepts_quickly")
    as_test.run(FIRST, write=True, vector="accepts_quickly")
    as_test.run(FIRST, write=False, vector="accepts_quickly")
    assert (shelf / "accepts_quickly.json").is_file()
    for wrong in ("refuses_this", "quickly", "accepts-it"):
        with pytest.raises(ValueError, match="is named accepts_…"):
            as_test.run(FIRST, write=True, vector=wrong)


def test_nothing_is_written_outside_tests_or_for_a_service_that_a_test_made_up(
    shelf: Path, as_test: AsTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(vectors.WRITE, "write")
    monkeypatch.delenv("PYTEST_CURRENT_TEST")
    story(10**12)
    (shelf.parents[1]).rmdir()
    as_test.run(FIRST, write=True)
    assert not shelf.exists()


@given(st.integers(1, 9))
def test_properties_own_no_vector(hour: int) -> None:
    assert vectors.current_test() == ""
    story(10**12 + hour)


def test_blocks_of_more_than_one_act_are_no_vector(shelf: Path, as_test: AsTest) -> None:
    as_test.run(FIRST, write=True)
    world = World()
    world.office(CITY)
    ann = world.person("ann", CITY, "registrar", "governor")
    bo = world.person("bo", CITY, "clerk")
    both = (Suspend(officer=bo.officer), Suspend(officer=bo.officer))
    before = sorted(shelf.iterdir())
    assert world.submit(ann, acts=both).outcome == "membership/13@1"
    world.block()
    assert sorted(shelf.iterdir()) == before


def test_readable_shows_records_by_field_and_bytes_in_hex() -> None:
    act = Suspend(officer=bytes(16))
    assert vectors.readable(act) == {"tag": "membership.suspend", "officer": "00" * 16}
    assert vectors.readable((values.fen(3), None, True)) == [3, None, True]
