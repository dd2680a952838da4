"""A node's own socket: programs on its machine submit, ask and look, in MessagePack frames.

A frame is four bytes of length and a MessagePack array: the name of the question, then its
arguments. The answer is `[true, value]` or `[false, kind, text]`. Who may open the socket is a
matter of the file's mode; the public surfaces stand in front of it.
"""

import contextlib
import socket
import threading
import time
from collections.abc import Callable, Sequence
from typing import Any, Final

from msgspec import MsgspecError, msgpack

from tongjian.engines.channel import receive, send
from tongjian.engines.comet.certificates import NotCertified
from tongjian.engines.heads import log_entries, log_peaks
from tongjian.engines.outcomes import Busy, Outcome, Status, Stopped
from tongjian.engines.receipts import Receipts
from tongjian.node.engine_home import GATE_NAME
from tongjian.node.member import Member

ANSWER_S: Final = 60.0
"""How long a submission waits for the network before the client is told to ask again."""
CERTIFIED_S: Final = 10.0


class Gate:
    """Listens on a node's socket; a thread for each client."""

    def __init__(self, member: Member) -> None:
        """Open the socket of a started node."""
        self._member = member
        self.path = member.home.folder / GATE_NAME
        self.path.unlink(missing_ok=True)
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(self.path))
        self.path.chmod(0o660)
        self._listener.listen(64)
        self._questions: dict[str, Callable[..., Any]] = {
            "submit": self._submit,
            "standing": member.standing,
            "engine_image": member.engine_image,
            "outcome": self._outcome,
            "hashes": self._hashes,
            "receipt": self._receipt,
            "absence": self._absence,
        }
        self._thread = threading.Thread(target=self._accept, name="gate", daemon=True)
        self._thread.start()

    def add(self, name: str, answer: Callable[..., Any]) -> None:
        """Answer another question, under a name of its own."""
        self._questions[name] = answer

    def close(self) -> None:
        """Take no more clients."""
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join()
        self.path.unlink(missing_ok=True)

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with connection, contextlib.suppress(ConnectionError, OSError):
            while True:
                send(connection, msgpack.encode(self._answer(receive(connection))))

    def _answer(self, data: bytes) -> list[Any]:
        try:
            name, *arguments = msgpack.decode(data, type=list[Any])
            return [True, self._questions[name](*arguments)]
        except (MsgspecError, KeyError, TypeError, ValueError) as error:
            return [False, "malformed", str(error)]
        except Busy as busy:
            return [False, "busy", str(busy)]
        except Stopped as stopped:
            return [False, "stopped", str(stopped)]
        except Exception as error:  # noqa: BLE001 - a failure of one question is not the node's end
            return [False, "failed", f"{type(error).__name__}: {error}"]

    def _submit(self, envelopes: Sequence[bytes]) -> list[Any]:
        """Return status, id, height, refusal and detail of each envelope, once it is durable."""
        began = time.monotonic()
        alarm = self._member.supervisor.alarm
        if alarm:
            raise Stopped(alarm)  # another node takes them
        future = self._member.engine.submit(envelopes)
        try:
            outcomes = future.result(timeout=ANSWER_S)
            self._member.latencies.observe(time.monotonic() - began)
        except TimeoutError:
            detail = "the network has not decided yet; ask again by transaction id"
            outcomes = [Outcome(Status.UNKNOWN, b"", -1, "", detail)] * len(envelopes)
        return [[o.status.value, o.id, o.height, o.refusal, o.detail] for o in outcomes]

    def _outcome(self, identity: bytes) -> list[Any]:
        """Return height and refusal of a transaction, -1 where it is not seen; and the tip."""
        chain = self._member.chain
        with chain.lock:
            height, refusal = chain.outcome(identity) or (-1, "")
            return [height, refusal, chain.height]

    def _receipt(self, kind: str, name: bytes, height: int) -> bytes:
        """Return the receipt of a row by its key or of a transaction by its id; -1 is the tip.

        The signatures for the newest block are made with the next, so it waits a moment for them.
        """
        receipts = Receipts(self._member.chain)
        make = {"row": receipts.of_row, "transaction": receipts.of_transaction}[kind]
        end = time.monotonic() + CERTIFIED_S
        while True:
            try:
                return make(name, None if height < 0 else height)
            except NotCertified:
                if time.monotonic() > end:
                    raise
            time.sleep(0.02)

    def _absence(self, identity: bytes, since: int) -> list[Any]:
        """Return the proof that a transaction is not in the log after a height, up to the tip.

        The answer is headers of both, subtrees of the earlier log, entries since: what
        `verify_not_seen` takes once receipts have proven the headers. Only the height, where the
        transaction is recorded.
        """
        chain = self._member.chain
        with chain.lock:
            found = chain.result(identity)
            if found is not None:
                return [found[0]]
            first, size = chain.log_size(since), chain.log_size(chain.height)
            heads = [chain.sealed(height).header for height in (since, chain.height)]
            return [-1, heads, log_peaks(chain, first), list(log_entries(chain, first, size))]

    def _hashes(self, first: int, limit: int) -> list[bytes]:
        """Return the hashes of headers from a height on; to compare nodes."""
        chain = self._member.chain
        with chain.lock:
            last = min(chain.height, first + limit - 1)
            return [chain.hash_of(chain.header(height)) for height in range(first, last + 1)]
