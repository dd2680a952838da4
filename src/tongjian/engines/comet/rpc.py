"""Asks the engine over its own socket, which no network reaches: JSON-RPC 2.0 over HTTP."""

import base64
import http.client
import json
import socket
from pathlib import Path
from typing import Any, Final

TIMEOUT_S: Final = 10.0


class RpcFailed(Exception):
    """The engine does not answer, or answers with an error; nothing is known to have happened."""


class _Connection(http.client.HTTPConnection):
    def __init__(self, path: Path, timeout_s: float) -> None:
        super().__init__("localhost", timeout=timeout_s)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(str(self._path))


class Rpc:
    """One connection to an engine, opened when it is needed; for one thread at a time."""

    def __init__(self, path: Path, timeout_s: float = TIMEOUT_S) -> None:
        """Point at a socket."""
        self._connection = _Connection(path, timeout_s)

    def call(self, method: str, **parameters: Any) -> dict[str, Any]:
        """Return the result of a method; raises `RpcFailed`."""
        body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": parameters})
        try:
            answer = self._post(body)
        except (OSError, http.client.HTTPException, ValueError) as error:
            self._connection.close()
            msg = f"the engine did not answer {method}: {error}"
            raise RpcFailed(msg) from error
        if "error" in answer:
            raise RpcFailed(f"{method}: {answer['error'].get('data') or answer['error']}")
        found: dict[str, Any] = answer["result"]
        return found

    def forward(self, request: dict[str, Any]) -> dict[str, Any]:
        """Return the whole answer to a whole request, errors as the engine words them."""
        try:
            return self._post(json.dumps(request))
        except (OSError, http.client.HTTPException, ValueError) as error:
            self._connection.close()
            msg = f"the engine did not answer: {error}"
            raise RpcFailed(msg) from error

    def _post(self, body: str) -> dict[str, Any]:
        headers = {"Content-Type": "application/json"}
        try:
            self._connection.request("POST", "/", body, headers)
            data = self._connection.getresponse().read()
        except (http.client.RemoteDisconnected, BrokenPipeError, ConnectionResetError):
            # The engine closes what was idle; a second failure is told.
            self._connection.close()
            self._connection.request("POST", "/", body, headers)
            data = self._connection.getresponse().read()
        answer: dict[str, Any] = json.loads(data)
        return answer

    def broadcast(self, transaction: bytes) -> str:
        """Hand a transaction to the mempool; return why it was not taken, or nothing."""
        text = base64.b64encode(transaction).decode("ascii")
        try:
            answer = self.call("broadcast_tx_sync", tx=text)
        except RpcFailed as failed:
            if "already exists in cache" in str(failed):
                return ""
            raise
        return str(answer["log"]) if answer["code"] else ""

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()
