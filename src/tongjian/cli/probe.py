"""Checks of store and blocks in a process of their own: `python -m tongjian.cli.probe FOLDER`.

Whoever opens a damaged store maps it into memory, and the system may end the process for it. The
parent then says so instead of dying too. One finding a line goes to stdout, as JSON.
"""

import json
import sys
from pathlib import Path

from tongjian.cli.deep_blocks import check_blocks
from tongjian.cli.deep_store import check_store
from tongjian.cli.findings import REPAIR, RESTORE, Finding, Findings, ok
from tongjian.engines.chain import Chain
from tongjian.node.home import ANCHORS_NAME, Home, HomeError
from tongjian.storage.errors import LogDamaged, StorageError
from tongjian.verifier.anchors import AnchorsInvalid


def probe(home: Home, *, deep: bool) -> Findings:
    """Yield what opening the store shows; with `deep`, what every block and entry shows."""
    try:
        with home.open() as chain:
            yield from _tip(chain)
            yield _trust(home, chain)
            if deep:
                yield from check_blocks(home, chain)
                yield from check_store(chain)
            return
    except LogDamaged as error:
        yield Finding("tip", "damaged", str(error), RESTORE)
    except HomeError as error:
        yield Finding("tip", "bad", str(error), "tongjian status, after any act was submitted")
    except (StorageError, OSError) as error:
        yield Finding("store", "damaged", str(error), REPAIR)
    if deep:
        yield from check_blocks(home, None)


def _tip(chain: Chain) -> Findings:
    """Opening compared the roots with the tip's header already; say so, and what is beyond it."""
    header = chain.header(chain.height)
    root = header.state_root.hex()
    yield ok("tip", f"height {chain.height}; state and log give the roots of its header, {root}")
    beyond = chain.log.size() - chain.tip.log_end if chain.tip else 0
    if beyond:
        text = f"{beyond} bytes of the block log are not in the store yet"
        then = "none needed: the next process that writes takes them in, or cuts what is unfinished"
        yield Finding("tip", "note", text, then)


def _trust(home: Home, chain: Chain) -> Finding:
    """Compare the seal keys of the written trust file with those that the ledger names."""
    try:
        is_current = home.anchors(chain) == home.anchors()
    except AnchorsInvalid as error:
        return Finding("seal keys", "bad", str(error), "tongjian doctor, see `trust`")
    if is_current:
        return ok("seal keys", f"{ANCHORS_NAME} names those of the ledger")
    text = f"{ANCHORS_NAME} lacks a seal key that was voted in"
    return Finding("seal keys", "note", text, "tongjian trust, then give the file out again")


def main() -> None:
    """Write the findings about a folder, one JSON object a line."""
    folder, *options = sys.argv[1:]
    for finding in probe(Home(Path(folder)), deep="--deep" in options):
        sys.stdout.write(json.dumps(finding.as_json(), ensure_ascii=False) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
