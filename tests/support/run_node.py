"""Runs a node of a test's network until it is told to end.

`python run_node.py SUPPORT FOLDER [MANNER]`: a manner is how it misbehaves (`manners.py`).
"""

import os
import signal
import sys
import threading
from pathlib import Path

sys.path.insert(0, sys.argv[1])

from manners import MANNERS
from network import use_network

from tongjian.node.gate import Gate
from tongjian.node.member import running


def main() -> None:
    use_network()
    folder = Path(sys.argv[2])
    for manner in sys.argv[3:]:
        MANNERS[manner](folder)
    ended = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ended.set())
    with running(folder) as member:
        gate = Gate(member)
        print("ready", os.getpid(), flush=True)
        ended.wait()
        gate.close()


if __name__ == "__main__":
    main()
