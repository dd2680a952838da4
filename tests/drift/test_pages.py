"""The generated pages and the tables of each README are what the program says now."""

import subprocess
import sys

import drift
import pytest

from tongjian.core.operation import Service


def test_every_generated_page_is_fresh() -> None:
    done = subprocess.run(
        [sys.executable, "tools/docs.py", "--check"],
        cwd=drift.ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("service", drift.SERVICE_LIST, ids=drift.name_of)
def test_a_readme_says_life_law_and_limits(service: Service) -> None:
    text = (drift.SERVICES / service.name / "README.md").read_text("utf-8")
    for heading in ("## Life", "## Law", "## What it does not do"):
        assert heading in text, f"services/{service.name}/README.md lacks {heading}"
