"""Submits seeded transactions without end and prints each answer; made to be killed.

`python under_load.py SUPPORT FOLDER SEED` prints `ready`, then a line for each answer: id of the
transaction, status, height, refusal. What is printed was durable, whatever happens afterwards.
"""

import random
import sys
from collections import deque
from concurrent.futures import Future
from itertools import count
from pathlib import Path

sys.path.insert(0, sys.argv[1])

from small import Small, change, drop, put, use_shelf

from tongjian.core.operation import Act
from tongjian.engines.solo import Outcome

AHEAD = 6


def acts(chance: random.Random) -> tuple[Act, ...]:
    """Return what changes a pair of things: both or none."""
    pair = chance.randrange(30)
    one, other = f"left_{pair}", f"right_{pair}"
    amount = chance.randrange(1000)
    kind = chance.random()
    if kind < 0.4:
        return put(one, amount), put(other, amount)
    if kind < 0.8:
        return change(one, amount), change(other, amount)
    return drop(one), drop(other)


def main() -> None:
    folder, seed = Path(sys.argv[2]), sys.argv[3]
    chance = random.Random(seed)
    use_shelf()
    small = Small(folder)
    small._nonce = int(seed) << 64
    waiting: deque[Future[list[Outcome]]] = deque()
    with small.engine() as engine:
        print("ready", flush=True)
        for number in count(1):
            small.now_ms += 1
            size = chance.choice((1, 1, 2, 7, 40))
            group = [small.envelope(*acts(chance), by=(number % 2,)) for _ in range(size)]
            waiting.append(engine.submit(group))
            while len(waiting) > chance.randrange(AHEAD):
                for one in waiting.popleft().result():
                    print(one.id.hex(), one.status.name, one.height, one.refusal, flush=True)


if __name__ == "__main__":
    main()
