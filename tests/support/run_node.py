"""Runs a node of a test's network until it is told to end: python run_node.py SUPPORT FOLDER."""

import os
import signal
import sys
import threading
from pathlib import Path

sys.path.insert(0, sys.argv[1])

from network import use_network

from tongjian.engines.comet.application import Application
from tongjian.engines.comet.parts import Pending
from tongjian.engines.comet.wire import Message
from tongjian.node.gate import Gate
from tongjian.node.member import running


def twist() -> None:
    """Have this node decide something else than the others, as an unlike release would."""
    honest = Application._finalize

    def other(self: Application, request: Message) -> tuple[Message, Pending]:
        answer, pending = honest(self, request)
        if request["txs"]:
            answer["app_hash"] = bytes(32)
        return answer, pending

    Application._finalize = other


def main() -> None:
    use_network()
    if os.environ.get("TWISTED"):
        twist()
    ended = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ended.set())
    with running(Path(sys.argv[2])) as member:
        gate = Gate(member)
        print("ready", os.getpid(), flush=True)
        ended.wait()
        gate.close()


if __name__ == "__main__":
    main()
