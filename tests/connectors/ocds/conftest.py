"""What tests of contracting data share."""

from pathlib import Path

import pytest
from ocds_files import SAMPLES, standard_for_oracle


@pytest.fixture(scope="session")
def standard_zip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The schema for lib-cove-ocds."""
    if not SAMPLES.is_dir():
        pytest.skip("the contracting data of ../shared is not on this machine")
    return standard_for_oracle(tmp_path_factory.mktemp("standard"))
