"""What the program knows of OCDS 1.1.5 beside the data: merge rules and closed code lists."""

import tomllib
from functools import cache
from pathlib import Path
from typing import Any


@cache
def standard() -> dict[str, Any]:
    """Return what `standard.toml` says."""
    return tomllib.loads(Path(__file__).with_name("standard.toml").read_text("utf-8"))
