"""Chromium without a window, driven over a pipe by its devtools protocol: no package is needed."""

import json
import os
import shutil
import subprocess
import time
from base64 import b64decode
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

import pytest

WAIT_S = 60
"""How long a page may take for what it always does; a loaded machine is slow."""
_FLAGS = (
    *("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
    *("--disable-dev-shm-usage", "--remote-debugging-pipe"),
)

needs_chromium = pytest.mark.skipif(shutil.which("chromium") is None, reason="needs Chromium")


class PageFailed(Exception):
    """The page raised an error, or the browser refused a command."""


class Browser:
    """A browser with one page, and everything that the page asked of the network or complained."""

    def __init__(self, sink: int, source: int) -> None:
        """Open a page over the two ends of the pipe."""
        self._sink = os.fdopen(sink, "wb", buffering=0)
        self._source = os.fdopen(source, "rb", buffering=0)
        self._rest = b""
        self._number = 0
        self._session: str | None = None
        self.requests: list[str] = []
        self.complaints: list[str] = []
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        attached = self.call("Target.attachToTarget", targetId=target, flatten=True)
        self._session = attached["sessionId"]
        for domain in ("Page", "Runtime", "Network", "Log", "DOM"):
            self.call(f"{domain}.enable")

    def _receive(self) -> dict[str, Any]:
        while b"\0" not in self._rest:
            read = self._source.read(1 << 20)
            if not read:
                raise PageFailed("the browser has gone")
            self._rest += read
        message, _, self._rest = self._rest.partition(b"\0")
        return json.loads(message)

    def _note(self, message: dict[str, Any]) -> None:
        method, given = message.get("method"), message.get("params", {})
        if method == "Network.requestWillBeSent":
            self.requests.append(given["request"]["url"])
        elif method == "Log.entryAdded":
            self.complaints.append(given["entry"]["text"])
        elif method == "Runtime.exceptionThrown":
            self.complaints.append(str(given["exceptionDetails"]))

    def call(self, command: str, /, **arguments: Any) -> dict[str, Any]:
        """Send a command and wait for its answer."""
        self._number += 1
        asked: dict[str, Any] = {"id": self._number, "method": command, "params": arguments}
        if self._session is not None:
            asked["sessionId"] = self._session
        self._sink.write(json.dumps(asked).encode() + b"\0")
        while True:
            message = self._receive()
            if message.get("id") != self._number:
                self._note(message)
                continue
            if "error" in message:
                raise PageFailed(f"{command}: {message['error']['message']}")
            return message["result"]

    def evaluate(self, expression: str) -> Any:
        """Return the value of an expression in the page."""
        said = self.call(
            "Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True
        )
        if "exceptionDetails" in said:
            raise PageFailed(str(said["exceptionDetails"]))
        return said["result"].get("value")

    def wait_for(self, expression: str) -> Any:
        """Wait until an expression in the page is true; return it."""
        until = time.monotonic() + WAIT_S
        while time.monotonic() < until:
            if found := self.evaluate(expression):
                return found
            time.sleep(0.02)
        raise PageFailed(f"never true: {expression}")

    def open(self, url: str) -> None:
        """Load a page to its end."""
        self.call("Page.navigate", url=url)
        self.wait_for(f"document.readyState === 'complete' && location.href === {url!r}")

    def choose_file(self, selector: str, path: Path) -> None:
        """Choose a file in a field, as a person does in the file dialog."""
        document = self.call("DOM.getDocument")["root"]["nodeId"]
        field = self.call("DOM.querySelector", nodeId=document, selector=selector)["nodeId"]
        self.call("DOM.setFileInputFiles", nodeId=field, files=[str(path)])

    def screenshot(self, path: Path) -> None:
        """Save the whole page as a picture."""
        shot = self.call("Page.captureScreenshot", captureBeyondViewport=True, format="png")
        path.write_bytes(b64decode(shot["data"]))

    def close(self) -> None:
        """Close the browser."""
        self._session = None
        self.call("Browser.close")

    def __enter__(self) -> Self:
        """Give the browser."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the browser, then the pipe."""
        self.close()
        self._sink.close()
        self._source.close()


@contextmanager
def chromium(profile: Path, *flags: str, within: tuple[str, ...] = ()) -> Iterator[Browser]:
    """Run Chromium on a fresh profile; the browser reads commands at 3 and answers at 4."""
    read_commands, sink = os.pipe()
    source, write_answers = os.pipe()
    home = f"--user-data-dir={profile}"
    shell = f'exec "$0" "$@" 3<&{read_commands} 4>&{write_answers}'
    command = ("bash", "-c", shell, *within, "chromium", *_FLAGS, home, *flags)
    process = subprocess.Popen(
        command,
        pass_fds=(read_commands, write_answers),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    os.close(read_commands)
    os.close(write_answers)
    try:
        with Browser(sink, source) as browser:
            yield browser
    finally:
        process.wait(WAIT_S)
