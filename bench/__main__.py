"""`python -m bench`: measure, print, and keep the figures where asked."""

import argparse
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path

from bench.machine import facts
from bench.report import Report
from bench.scenarios import FULL, LARGE_RECORDS, QUICK, SCENARIOS, Sizes, Workshop, run


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the scenarios that were asked for and report them."""
    parser = _parser()
    asked = parser.parse_args(arguments)
    unknown = [name for name in asked.scenarios if name not in SCENARIOS]
    if unknown:
        parser.error(f"{unknown[0]} is none of {', '.join(SCENARIOS)}")
    asked.only += asked.scenarios
    if asked.write and asked.quick:
        parser.error("--write keeps full sizes: leave out --quick")
    place: Path = asked.place
    shop = Workshop(_sizes(asked), place)
    report = Report(facts(place), asdict(shop.sizes))
    try:
        for name in asked.only or _usual(shop.sizes):
            start = time.perf_counter()
            print(f"{name} … ", end="", file=sys.stderr, flush=True)
            report.sections.append(run(name, shop))
            print(f"{time.perf_counter() - start:.0f} s", file=sys.stderr)
    finally:
        shop.close()
    print(report.text(), end="")
    if asked.json is not None:
        asked.json.write_text(report.json(), encoding="utf-8")
    if asked.write:
        report.write(whole=not asked.only)
    return 0


def _usual(sizes: Sizes) -> list[str]:
    return [name for name in SCENARIOS if name != "large" or sizes.records]


def _sizes(asked: argparse.Namespace) -> Sizes:
    sizes = QUICK if asked.quick else FULL
    if asked.acts is not None:
        sizes = sizes.scaled(asked.acts)
    if asked.large or "large" in asked.only:
        sizes = replace(sizes, records=asked.records)
    return sizes


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument(
        "scenarios", nargs="*", metavar="scenario", help="scenarios to run, all by default"
    )
    parser.add_argument("--quick", action="store_true", help="small sizes: about a minute")
    parser.add_argument(
        "--only", action="append", choices=SCENARIOS, default=[], help="one scenario; repeatable"
    )
    parser.add_argument("--acts", type=int, help="acts in each measurement of throughput")
    parser.add_argument("--large", action="store_true", help="also the large ledger: minutes")
    parser.add_argument(
        "--records", type=int, default=LARGE_RECORDS, help="records of the large ledger"
    )
    parser.add_argument(
        "--place", type=Path, default=Path(tempfile.gettempdir()), help="folder on the disk to use"
    )
    parser.add_argument("--json", type=Path, help="write the figures to a file")
    parser.add_argument("--write", action="store_true", help="write the figures to bench/README.md")
    return parser


if __name__ == "__main__":
    sys.exit(main())
