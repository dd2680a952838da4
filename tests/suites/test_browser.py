"""A passkey made by Chromium's virtual authenticator signs a transaction under suite 4."""

import json
import threading
from base64 import b64decode
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from chromium import Browser, PageFailed, chromium, needs_chromium
from small import put

from tongjian.core.envelope import compose, signed_message
from tongjian.core.signatures import KeySuite, SignatureInvalid, check_public_key, verify
from tongjian.suites import webauthn

pytestmark = [needs_chromium, pytest.mark.browser]

CHAIN = bytes([7]) * 32
MAKE = """(async () => {
  const made = await navigator.credentials.create({ publicKey: {
    rp: { name: "portal" }, user: { id: new Uint8Array(16), name: "zhang", displayName: "zhang" },
    challenge: new Uint8Array(32), pubKeyCredParams: [{ type: "public-key", alg: -7 }],
    authenticatorSelection: { residentKey: "required", userVerification: "required" } } });
  const text = (bytes) => btoa(String.fromCharCode(...new Uint8Array(bytes)));
  return text(made.response.getPublicKey());
})()"""
ASK = """(async () => {
  const given = Uint8Array.from(atob(%s), (character) => character.charCodeAt(0));
  const { response } = await navigator.credentials.get({ publicKey: {
    challenge: given, userVerification: "%s" } });
  const text = (bytes) => btoa(String.fromCharCode(...new Uint8Array(bytes)));
  return [response.signature, response.authenticatorData, response.clientDataJSON].map(text);
})()"""
AUTHENTICATOR = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


class _Page(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(b"<!doctype html><title>portal</title>")

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base's name
        """Say nothing."""


@pytest.fixture(scope="module")
def origin() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Page)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://localhost:{server.server_address[1]}"
    server.shutdown()
    thread.join()
    server.server_close()


class Holder:
    """A person at a browser, with a passkey."""

    def __init__(self, browser: Browser, origin: str) -> None:
        self.browser, self.origin = browser, origin
        browser.open(f"{origin}/")
        browser.call("WebAuthn.enable")
        options = dict(AUTHENTICATOR)
        self.id = browser.call("WebAuthn.addVirtualAuthenticator", options=options)[
            "authenticatorId"
        ]
        point = b64decode(browser.evaluate(MAKE))[-65:]
        self.public = webauthn.make_public_key(point, "localhost", origin)

    def sign(self, message: bytes, verification: str = "required") -> bytes:
        from base64 import b64encode

        challenge = b64encode(webauthn.compute_challenge(message)).decode()
        answer: list[Any] = self.browser.evaluate(ASK % (json.dumps(challenge), verification))
        signature, data, client = (b64decode(part) for part in answer)
        return webauthn.make_signature(signature, data, client)


@pytest.fixture(scope="module")
def holder(tmp_path_factory: pytest.TempPathFactory, origin: str) -> Iterator[Holder]:
    with chromium(tmp_path_factory.mktemp("profile")) as browser:
        yield Holder(browser, origin)


def message_of(amount: int) -> bytes:
    body = compose(
        chain=CHAIN,
        expiry=9,
        nonce=bytes(16),
        signers=(bytes(16),),
        acts=(put("thing", amount),),
    )
    return signed_message(CHAIN, body)


def test_a_passkey_of_a_browser_is_enrolled_and_signs(holder: Holder) -> None:
    check_public_key(KeySuite.WEBAUTHN, holder.public)
    for amount in range(8):  # a browser gives a large s as often as a small one
        message = message_of(amount)
        verify(KeySuite.WEBAUTHN, holder.public, message, holder.sign(message))


def test_its_assertion_is_of_one_transaction_and_one_origin(holder: Holder) -> None:
    signature = holder.sign(message_of(1))
    with pytest.raises(SignatureInvalid, match="another transaction"):
        verify(KeySuite.WEBAUTHN, holder.public, message_of(2), signature)
    elsewhere = webauthn.make_public_key(holder.public[:65], "localhost", "http://localhost:1")
    with pytest.raises(SignatureInvalid, match="another origin"):
        verify(KeySuite.WEBAUTHN, elsewhere, message_of(1), signature)


def test_its_counter_goes_up(holder: Holder) -> None:
    first, second = (webauthn.read_counter(holder.sign(message_of(1))) for _ in range(2))
    assert 0 < first < second


def test_without_the_person_it_does_not_sign(holder: Holder) -> None:
    """An unverified person gets no assertion, or one that the ledger refuses."""
    call, message = holder.browser.call, message_of(3)
    call("WebAuthn.setUserVerified", authenticatorId=holder.id, isUserVerified=False)
    try:
        with pytest.raises(PageFailed, match="NotAllowedError"):
            holder.sign(message)
        signature = holder.sign(message, verification="discouraged")
        with pytest.raises(SignatureInvalid, match="not verified"):
            verify(KeySuite.WEBAUTHN, holder.public, message, signature)
    finally:
        call("WebAuthn.setUserVerified", authenticatorId=holder.id, isUserVerified=True)
