"""Serves signed headers to nodes that join: three read-only questions of the engine, no others.

The engine's own RPC is on a socket that no network reaches. What is served here proves itself by
the validators' signatures, so a newcomer trusts this server in nothing.
"""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Final

from tongjian.engines.comet.rpc import Rpc, RpcFailed

QUESTIONS: Final = {
    "commit": ("height",),
    "validators": ("height", "page", "per_page"),
    "consensus_params": ("height",),
}
BODY_BYTES_MAX: Final = 4096
CLIENTS_MAX: Final = 32
SILENCE_S: Final = 10.0
_NUMBER_MAX: Final = 20


class _Listener(ThreadingHTTPServer):
    """Gives each connection a thread while there are places; hangs up on the others."""

    daemon_threads = True
    request_queue_size = CLIENTS_MAX

    def __init__(self, address: tuple[str, int], handler: type[BaseHTTPRequestHandler]) -> None:
        super().__init__(address, handler)
        self._places = threading.BoundedSemaphore(CLIENTS_MAX)

    def process_request(self, request: Any, client_address: Any) -> None:
        # Before a thread is begun: who connects and says nothing has one, too.
        if not self._places.acquire(blocking=False):
            self.shutdown_request(request)
            return
        try:
            super().process_request(request, client_address)
        except BaseException:
            self._places.release()
            raise

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._places.release()


class LightServer:
    """Listens for newcomers; a thread for each, a bounded number of them."""

    def __init__(self, listen: str, rpc: Path) -> None:
        """Open HOST:PORT in front of the engine's socket."""
        host, _, port = listen.rpartition(":")

        class Handler(BaseHTTPRequestHandler):
            timeout = SILENCE_S

            def do_POST(self) -> None:
                size = self.headers.get("Content-Length", "")
                if not size.isdigit() or int(size) > BODY_BYTES_MAX:
                    self.send_error(413)
                    return
                question = read_question(self.rfile.read(int(size)))
                if question is None:
                    self.send_error(400, "only signed headers are served here")
                    return
                asked = Rpc(rpc)
                try:
                    body = json.dumps(asked.forward(question)).encode()
                except RpcFailed:
                    self.send_error(503, "the engine does not answer")
                    return
                finally:
                    asked.close()
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - its name
                """Say nothing: who joins is seen at the peers."""

        self._server = _Listener((host or "0.0.0.0", int(port)), Handler)  # noqa: S104
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Serve no more."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


def read_question(data: bytes) -> dict[str, Any] | None:
    """Return a question that is served, with nothing else in it, or none."""
    try:
        asked: Any = json.loads(data)
        method, number = asked["method"], asked["id"]
        given: dict[str, Any] = asked.get("params") or {}
        allowed = QUESTIONS[method]
        parameters = {name: str(given[name]) for name in allowed if given.get(name) is not None}
    except (ValueError, KeyError, TypeError, AttributeError):
        return None
    numbers = [*parameters.values(), str(number)]
    if not all(one.isdigit() and len(one) < _NUMBER_MAX for one in numbers):
        return None
    return {"jsonrpc": "2.0", "id": int(number), "method": method, "params": parameters}
