"""Damages a store at random places and asks everything of the ledger, each time in a new process.

`python bit_rot.py SUPPORT FOLDER ROUNDS SEED` prints one line a round: what was done and what came
of it. LMDB maps its file: a wrong page number in it may end the process, which no exception can
catch, so each round is a process of its own.
"""

import os
import random
import sys
import traceback
from pathlib import Path

sys.path.insert(0, sys.argv[1])

from small import Small, use_shelf
from truth import Truth, Wrong

from tongjian.engines.chain import STORE_NAME

PAGE_BYTES = 4096
UNSEEN, AT_OPENING, AT_READING, WRONG, OTHER = 0, 10, 11, 20, 30
NAMES = {
    UNSEEN: "unseen",
    AT_OPENING: "noticed at opening",
    AT_READING: "noticed at reading",
    WRONG: "WRONG",
    OTHER: "OTHER",
}


def harm(chance: random.Random, data: bytearray) -> str:
    """Damage some bytes in one of the ways of a disk."""
    how = chance.choice(("bit", "bit", "bits", "zeros", "garbage", "stale", "cut"))
    page = chance.randrange(len(data) // PAGE_BYTES) * PAGE_BYTES
    if how == "bit":
        at = chance.randrange(len(data))
        data[at] ^= 1 << chance.randrange(8)
    elif how == "bits":
        for _ in range(30):
            data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
    elif how == "zeros":
        data[page : page + PAGE_BYTES] = bytes(PAGE_BYTES)
    elif how == "garbage":
        data[page : page + PAGE_BYTES] = chance.randbytes(PAGE_BYTES)
    elif how == "stale":  # a write that never arrived, or went elsewhere
        other = chance.randrange(len(data) // PAGE_BYTES) * PAGE_BYTES
        data[page : page + PAGE_BYTES] = data[other : other + PAGE_BYTES]
    else:
        del data[max(page, 2 * PAGE_BYTES) :]
    return how


def ask(small: Small, truth: Truth) -> int:
    """Open the ledger and ask; mend what is found, as the engine does, and ask again."""
    with small.opened() as chain:
        noticed = AT_OPENING if chain.opened.rebuilt or chain.opened.replayed else UNSEEN
        damaged = truth.ask(chain)
        if damaged:
            chain.reload(damaged[0])
            assert truth.ask(chain) == []
            return AT_READING
        return noticed


def in_child(small: Small, truth: Truth) -> int:
    """Ask in a new process; return its exit code, or minus the signal that ended it."""
    child = os.fork()
    if not child:
        try:
            code = ask(small, truth)
        except Wrong:
            traceback.print_exc()
            code = WRONG
        except BaseException:  # noqa: BLE001 - the exit code says so to the parent
            traceback.print_exc()
            code = OTHER
        os._exit(code)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def main() -> None:
    folder, rounds, seed = Path(sys.argv[2]), int(sys.argv[3]), sys.argv[4]
    use_shelf()
    small = Small(folder)
    with small.opened() as chain:
        truth = Truth(small, chain, small.grow(chain, 12, acts=90))
    whole = (folder / STORE_NAME).read_bytes()
    for number in range(rounds):
        chance = random.Random(f"{seed}/{number}")
        data = bytearray(whole)
        how = harm(chance, data)
        (folder / STORE_NAME).write_bytes(data)
        code = in_child(small, truth)
        came = NAMES.get(code, f"ended by signal {-code}")
        if code < 0:  # as `tongjian doctor --repair` does: without the store, from the block log
            (folder / STORE_NAME).unlink(missing_ok=True)
            came += ", " + ("mended" if in_child(small, truth) == AT_OPENING else "NOT MENDED")
        print(number, how, came, sep=": ", flush=True)
        for left in folder.glob("*damaged*"):
            left.unlink()
        (folder / (STORE_NAME + "-lock")).unlink(missing_ok=True)


if __name__ == "__main__":
    main()
