"""Coverage-guided runs of the fuzz targets, where Atheris is installed: `python run_atheris.py`.

    python tests/fuzz/run_atheris.py                   every target, FUZZ_SECONDS each (30)
    python tests/fuzz/run_atheris.py receipt           one target
    python tests/fuzz/run_atheris.py receipt FILE...   files that an earlier run left behind

A finding ends the run of its target and leaves its bytes in `var/fuzz/`. What else a run learns,
its corpus, stays there too and is where the next one begins.
"""

import hashlib
import importlib
import importlib.util
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
VAR = ROOT / "var/fuzz"
SECONDS = os.environ.get("FUZZ_SECONDS", "30")
BYTES_MAX = 1 << 16
SECONDS_PER_INPUT_MAX = 20


def main(arguments: list[str]) -> int:
    """Run what is asked; give the number of targets with a finding."""
    if importlib.util.find_spec("atheris") is None:
        print("fuzz: Atheris is not installed (pip install atheris); its part is left out")
        return 0
    sys.path[:0] = [str(ROOT / part) for part in ("src", "tests/support", "tests/fuzz")]
    if arguments:
        run(arguments[0], arguments[1:])
    return sum(found(name) for name in names())


def names() -> list[str]:
    """Give the names of all targets."""
    from targets import TARGETS

    return list(TARGETS)


def found(name: str) -> bool:
    """Run one target in a process of its own, and say whether it found something."""
    print(f"fuzz: {name}, {SECONDS} s", flush=True)
    command = [sys.executable, __file__, name]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    if done.returncode:
        print(done.stderr[-6000:])
        print(f"fuzz: a finding in {name!r}; its bytes are in {VAR.relative_to(ROOT)}/")
    return done.returncode != 0


def run(name: str, files: list[str]) -> None:
    """Fuzz one target; this does not return."""
    atheris: Any = importlib.import_module("atheris")
    with atheris.instrument_imports(include=["tongjian", "cbor2", "asn1crypto", "pypdf"]):
        import targets
    target = targets.TARGETS[name]

    def one_input(data: bytes) -> None:
        targets.attempt(target, data)

    corpus = VAR / name.replace(" ", "-")
    corpus.mkdir(parents=True, exist_ok=True)
    for sample in target.samples():
        (corpus / hashlib.sha256(sample).hexdigest()[:24]).write_bytes(sample)
    options = [
        f"-max_total_time={SECONDS}",
        f"-max_len={BYTES_MAX}",
        f"-timeout={SECONDS_PER_INPUT_MAX}",
        f"-artifact_prefix={VAR}/{corpus.name}-",
        "-rss_limit_mb=4096",
    ]
    atheris.Setup([sys.argv[0], *options, *(files or [str(corpus)])], one_input)
    atheris.Fuzz()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
