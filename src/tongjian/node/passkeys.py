"""Passkeys of officers: a page on this machine asks the browser, and hands back what it answers.

The page is served to this machine alone, under a path that nobody can guess, and once: when the
browser has answered, or after some minutes, it is gone. Nothing secret passes through it.
"""

import json
import secrets
import time
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from string import Template
from typing import Any, Final, cast

from tongjian.core.signatures import KeyRefused
from tongjian.suites import webauthn

HOST: Final = "localhost"
"""The one name that browsers take for secure without a certificate, and the relying party."""
PORT: Final = 8642
"""Part of the origin, which the key pins: always the same."""
PAGE: Final = Path(__file__).with_name("passkey.html")
WAIT_S: Final = 300
BODY_BYTES_MAX: Final = 16 * 1024
_POINT_BYTES: Final = 65

Take = Callable[[dict[str, Any]], str]
"""Takes what the browser answered and returns a sentence; raises `ValueError` to say no."""


class PasskeyError(Exception):
    """No answer from a browser, or one that cannot be used; the text says why."""


def origin_of(port: int) -> str:
    """Return the origin under which the page is served."""
    return f"http://{HOST}:{port}"


def ask(asked: dict[str, Any], take: Take, announce: Callable[[str], None], port: int) -> None:
    """Serve the page until the browser has answered something that `take` accepts.

    `asked` is what the page shows and asks for; `announce` is given the address to open. Raises
    `PasskeyError` where the port is taken or nobody answers in time.
    """
    path = f"/{secrets.token_urlsafe(16)}"
    server = _Server(asked, take, path, port)
    try:
        announce(origin_of(port) + path)
        until = time.monotonic() + WAIT_S
        while not server.is_done:
            server.timeout = until - time.monotonic()
            if server.timeout <= 0:
                msg = f"no browser answered within {WAIT_S} seconds"
                raise PasskeyError(msg)
            server.handle_request()
    finally:
        server.server_close()


def enrolment(holder: str) -> dict[str, Any]:
    """Return what the page asks to make a passkey."""
    return {
        "kind": "create",
        "party": HOST,
        "holder": holder,
        "challenge": encode(secrets.token_bytes(32)),
        "sentences": [],
    }


def read_enrolment(answer: dict[str, Any], origin: str) -> tuple[bytes, bytes]:
    """Return credential id and public key in the ledger's form; raises `ValueError`."""
    spki = decode(answer["public"])
    credential = decode(answer["credential"])
    try:
        return credential, webauthn.make_public_key(spki[-_POINT_BYTES:], HOST, origin)
    except KeyRefused as error:
        raise ValueError(str(error)) from error


def assertion(message: bytes, credential: bytes, sentences: list[str]) -> dict[str, Any]:
    """Return what the page asks to sign a message with a passkey."""
    return {
        "kind": "get",
        "party": HOST,
        "credential": encode(credential),
        "challenge": encode(webauthn.compute_challenge(message)),
        "sentences": sentences,
    }


def read_assertion(answer: dict[str, Any]) -> bytes:
    """Return the signature in the ledger's form, not yet verified; raises `ValueError`."""
    return webauthn.make_signature(
        decode(answer["signature"]), decode(answer["authenticator"]), decode(answer["client"])
    )


def encode(data: bytes) -> str:
    """Return bytes as the page reads them: base64url without padding."""
    return urlsafe_b64encode(data).rstrip(b"=").decode()


def decode(text: str) -> bytes:
    """Return the bytes of a base64url text; raises `ValueError`."""
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


class _Server(HTTPServer):
    """Serves one page and takes one answer, to and from this machine."""

    def __init__(self, asked: dict[str, Any], take: Take, path: str, port: int) -> None:
        self.path = path
        self.take = take
        self.origin = origin_of(port)
        self.is_done = False
        # `</` would end the script that the question stands in.
        question = json.dumps(asked, ensure_ascii=False).replace("</", "<\\/")
        self.page = Template(PAGE.read_text("utf-8")).substitute(asked=question).encode()
        try:
            super().__init__(("127.0.0.1", port), _Handler)
        except OSError as error:
            msg = f"port {port} of this machine is taken: {error.strerror}"
            raise PasskeyError(msg) from error

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of a browser that went away."""


class _Handler(BaseHTTPRequestHandler):
    """Answers at one path; anything else is not there."""

    timeout = 5

    @property
    def ours(self) -> _Server:
        """The server with the question that the page asks."""
        return cast(_Server, self.server)

    def do_GET(self) -> None:
        """Give the page."""
        if self.path != self.ours.path:
            self._say(HTTPStatus.NOT_FOUND, b"")
            return
        self._say(HTTPStatus.OK, self.ours.page, "text/html; charset=utf-8")

    def do_POST(self) -> None:
        """Take the answer of the page, and of no other page."""
        size = int(self.headers.get("Content-Length") or 0)
        is_ours = self.headers.get("Origin") == self.ours.origin
        if self.path != self.ours.path or not is_ours or size > BODY_BYTES_MAX:
            self._say(HTTPStatus.FORBIDDEN, b"")
            return
        try:
            said = self.ours.take(dict(json.loads(self.rfile.read(size))))
        except (ValueError, KeyError, TypeError) as error:
            self._say(HTTPStatus.BAD_REQUEST, f"{error}".encode(), "text/plain; charset=utf-8")
            return
        self.ours.is_done = True
        self._say(HTTPStatus.OK, said.encode(), "text/plain; charset=utf-8")

    def _say(self, status: HTTPStatus, body: bytes, kind: str = "text/plain") -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", "no-store")
        self.send_header("Referrer-Policy", "no-referrer")
        self.send_header("X-Frame-Options", "DENY")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class's name
        """Keep the address, which is a secret, out of logs."""
