"""The library of SM2 and its fallback agree; `make sm-agreement` asks them a hundred thousand."""

import pytest

SEED = 20261122
CASES = 2_000


def test_two_libraries_of_sm2_agree_on_random_cases() -> None:
    pytest.importorskip("tongsuopy")
    from sm2_agreement import disagreements

    assert disagreements(CASES, SEED) == []
