"""Several processes on one ledger: one writes, others read whole blocks with their proofs."""

import os
import subprocess
import sys
import textwrap
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path

import pytest
from small import (
    Small,
    put,
    things_of,
)

from tongjian.core.block import (
    HEADERS,
    compute_header_hash,
)
from tongjian.core.encoding import encode
from tongjian.engines.chain import STORE_NAME
from tongjian.storage.errors import (
    InUse,
    StoreDamaged,
)
from tongjian.storage.store import Store

SUPPORT = Path(__file__).parents[1] / "support"


def in_another_process(small: Small, code: str) -> str:
    """Run code over the ledger in a process of its own; return what it prints."""
    program = textwrap.dedent(
        """
        import sys
        sys.path.insert(0, sys.argv[1])
        from pathlib import Path
        from small import *
        use_shelf()
        small = Small(Path(sys.argv[2]))
        """
    ) + textwrap.dedent(code)
    done = subprocess.run(
        [sys.executable, "-c", program, str(SUPPORT), str(small.folder)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


OPEN = """
    from tongjian.storage.errors import InUse
    try:
        small.open().close()
        print("opened")
    except InUse as error:
        print(error)
"""


def test_a_second_writer_is_told_who_has_the_ledger(small: Small) -> None:
    with small.opened():
        said = in_another_process(small, OPEN)
    assert said == f"the ledger in ledger is open in another process (pid {os.getpid()})"
    assert in_another_process(small, OPEN) == "opened"


def test_a_second_writer_in_the_same_process_is_told_so_too(small: Small) -> None:
    with small.opened() as chain:
        with pytest.raises(InUse):
            small.open()
        small.apply(chain, small.envelope(put("alpha", 1)))


def test_a_writer_that_was_killed_does_not_keep_the_ledger(small: Small) -> None:
    said = in_another_process(
        small,
        """
        import os
        chain = small.open()
        small.apply(chain, small.envelope(put("alpha", 1)))
        print("written", flush=True)
        os._exit(0)
        """,
    )
    assert said == "written"
    with small.opened() as chain:
        assert things_of(chain) == {"alpha": 1}


@contextmanager
def reading(small: Small) -> Iterator[Callable[[], str]]:
    """Run a reader in a process of its own; each call has it look again and say what it sees."""
    with subprocess.Popen(
        [sys.executable, "-c", READER, str(SUPPORT), str(small.folder)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as reader:
        source, target = reader.stdout, reader.stdin
        assert source is not None
        assert target is not None

        def look() -> str:
            print(file=target, flush=True)
            return source.readline().strip()

        assert source.readline() == "ready\n"
        yield look
        target.close()
        assert reader.wait(timeout=60) == 0


def seen(height: int, things: dict[str, int]) -> str:
    return f"{height} {sorted(things.items())}"


def test_a_reader_follows_a_writer_with_proofs(small: Small) -> None:
    with small.opened() as writer:
        small.grow(writer, 5)
        with reading(small) as look:
            for seed in range(12):
                history = small.grow(writer, 3, seed=seed, acts=30)
                assert look() == seen(writer.height, history.things)


def test_a_reader_notices_that_the_state_was_made_anew(small: Small) -> None:
    with small.opened() as chain:
        history = small.grow(chain, 4)
    with reading(small) as look:
        assert look() == seen(4, history.things)
        (small.folder / STORE_NAME).rename(small.folder / "moved")
        (small.folder / (STORE_NAME + "-lock")).rename(small.folder / "moved-lock")
        with small.opened() as chain:
            assert chain.opened.replayed == 5
            small.apply(chain, small.envelope(put("later", 9)))
            assert look() == seen(5, {**history.things, "later": 9})


READER = """
import sys
sys.path.insert(0, sys.argv[1])
from pathlib import Path
from small import *
from truth import NAMES, read_range, LOW, HIGH
use_shelf()
small = Small(Path(sys.argv[2]))
with small.opened(writable=False) as chain:
    print("ready", flush=True)
    for _ in sys.stdin:
        chain.refresh()
        proven = read_range(receipts(chain).of_range(LOW, HIGH), small.anchors)
        read_range(receipts(chain).of_range(LOW, HIGH, chain.height - 1), small.anchors)
        assert proven == things_of(chain)
        print(chain.height, sorted(proven.items()), flush=True)
"""


def test_a_reader_that_looks_all_the_time_never_sees_half_a_block(small: Small) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", WATCHER, str(SUPPORT), str(small.folder)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as reader:
        assert reader.stdout is not None
        assert reader.stdout.readline() == "ready\n"
        with small.opened() as writer:
            for n in range(60):
                # Two things of one transaction: both or none.
                small.apply(writer, small.envelope(put(f"a{n}", n), put(f"b{n}", n)))
            out, _ = reader.communicate("stop\n", timeout=60)
    looks, found = map(int, out.split())
    assert looks >= 1
    assert found == 120


WATCHER = """
import select, sys
sys.path.insert(0, sys.argv[1])
from pathlib import Path
from small import *
use_shelf()
small = Small(Path(sys.argv[2]))
looks = 0
with small.opened(writable=False) as chain:
    print("ready", flush=True)
    last = False
    while not last:
        last = bool(select.select([sys.stdin], [], [], 0)[0])
        before = chain.height
        chain.refresh()
        things = things_of(chain)
        assert len(things) == 2 * chain.height, (len(things), chain.height)
        assert {t[1:] for t in things if t[0] == "a"} == {t[1:] for t in things if t[0] == "b"}
        looks += chain.height > before
print(looks, len(things))
"""


def test_refreshing_a_reader_of_a_state_that_disagrees_with_its_header_is_damage(
    small: Small, monkeypatch: pytest.MonkeyPatch
) -> None:
    with small.opened() as chain:
        small.grow(chain, 2)
    with small.opened(writable=False) as chain:
        monkeypatch.setattr(Store, "follow", lambda *arguments: None)
        chain.refresh()
        chain.commitment.tree.count += 1
        with pytest.raises(StoreDamaged, match="state root differs"):
            chain.refresh()


@pytest.mark.parametrize("height", [-1, 4, 2**40])
def test_a_block_that_is_not_there_is_said_to_be_so(three: Small, height: int) -> None:
    with three.opened() as chain:
        for ask in (chain.header, chain.body, chain.sealed, chain.log_size):
            with pytest.raises(KeyError, match="the ledger stands at 3"):
                ask(height)


def test_results_are_found_by_id_deadlines_too(three: Small) -> None:
    with three.opened() as chain:
        body = chain.body(3)
        (timer,) = body.timers
        seen = chain.result(timer)
        assert seen is not None
        assert (seen[0], seen[1], seen[2].outcome) == (3, 0, "")
        for position, envelope in enumerate(body.envelopes):
            seen = chain.result(three.identity(envelope, chain))
            assert seen is not None
            assert seen[:2] == (3, position + 1)
        assert chain.result(bytes(32)) is None


def test_headers_name_the_one_before(three: Small) -> None:

    with three.opened() as chain:
        headers = [chain.header(height) for height in range(4)]
        assert HEADERS.decode(chain.sealed(2).header) == headers[2]
        for before, header in pairwise(headers):
            assert header.previous == compute_header_hash(chain.digest, encode(before))
