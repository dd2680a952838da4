"""Valid bytes of every kind, for the fuzzers to change: from golden vectors and a small ledger."""

import datetime as dt
import json
import tempfile
from functools import cache
from itertools import count
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from einvoice_files import BLUE, OFD, ORIGINAL, PDF, RED, SAMPLES, SEALED_AT, sample, sealer
from shelf import THINGS
from small import Small, found_small, put, use_shelf

from tongjian.connectors.einvoice import write
from tongjian.connectors.einvoice.write_ofd import write_ofd
from tongjian.core.encoding import encode
from tongjian.core.envelope import seal_envelope
from tongjian.core.genesis import Genesis
from tongjian.engines.receipts import Receipts
from tongjian.node import founding
from tongjian.testkit.vectors import vector_files
from tongjian.verifier.anchors import Anchors

SAMPLES_MAX = 400
"""Of one kind; enough that every act and every row is among them."""


class Ledger(NamedTuple):
    """What a small ledger leaves behind."""

    genesis: Genesis
    anchors: Anchors
    trust_file: bytes
    envelopes: list[bytes]
    receipts: list[bytes]
    frames: list[tuple[bytes, bytes]]
    """Head and body of each stored block."""
    rows: dict[bytes, bytes]
    """The whole state at the tip, where all receipts are taken."""
    results: dict[bytes, tuple[str, tuple[bytes, ...]]]
    """Outcome and events of each transaction by its id."""


@cache
def ledger() -> Ledger:
    """Found a ledger in a folder of its own, grow it a little and take what it gives."""
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        use_shelf(patch.setattr)
        # The same keys in every run, so that a finding can be tried again.
        seeds = count(1)
        patch.setattr(founding, "generate_secret", lambda _: next(seeds).to_bytes(32, "big"))
        patch.setattr(founding, "nonce", lambda: next(seeds).to_bytes(16, "big"))
        home = Path(folder) / "ledger"
        found_small(home)
        small = Small(home)
        with small.opened() as chain:
            history = small.grow(chain, 3)
            both = small.envelope(put("both", 1), put("more", 2), by=(0, 1))
            small.apply(chain, both)
            receipts = Receipts(chain)
            thing = next(iter(history.things))
            prefix = THINGS.prefix
            draft = receipts.draft()
            draft.row(THINGS.key(thing))
            draft.row(THINGS.key("no such thing"))
            draft.range(prefix, prefix[:-1] + b"\x01")
            made = [
                receipts.of_row(THINGS.key(thing)),
                receipts.of_row(THINGS.key("absent")),
                receipts.of_range(prefix, THINGS.key("thing_20")),
                receipts.of_transaction(small.identity(both, chain)),
                draft.finish(),
            ]
            frames = [(frame.head, frame.body) for frame in chain.log.frames()]
            rows = dict(chain.store.scan(b"\x01", b"\xff", 10**9))
            done = [chain.result(small.identity(e, chain)) for e in (*history.envelopes, both)]
        return Ledger(
            genesis=small.genesis,
            anchors=small.anchors,
            trust_file=trust_file(small.anchors),
            envelopes=[*history.envelopes, both],
            receipts=made,
            frames=frames,
            rows=rows,
            results={d[2].transaction: (d[2].outcome, d[2].events) for d in done if d},
        )


def trust_file(anchors: Anchors) -> bytes:
    """Write the anchors as the file that a verifier reads."""
    names = ("from_height", "suite", "public")
    seals = [{name: getattr(seal, name) for name in names} for seal in anchors.seals]
    fields = {"chain": anchors.chain, "label": anchors.label, "hash": anchors.hash, "seals": seals}
    return json.dumps(fields).encode()


# --------------------------------------------------------------------------- from golden vectors


@cache
def vectors() -> tuple[dict[str, Any], ...]:
    """Read all golden vectors of the release."""
    return tuple(json.loads(path.read_text("utf-8")) for path in vector_files())


def few(found: list[bytes]) -> list[bytes]:
    """Give each of the bytes once, and not too many of them."""
    return list(dict.fromkeys(found))[:SAMPLES_MAX]


def envelopes() -> list[bytes]:
    """Give one envelope for each act in the vectors."""
    asked = [vector for vector in vectors() if vector["transaction"]]
    made = [
        seal_envelope(bytes.fromhex(v["transaction"]), tuple(bytes(64) for _ in v["signers"]))
        for v in asked
    ]
    return few(made)


def rows() -> dict[str, list[bytes]]:
    """Give the rows in the vectors by the name of their table."""
    found: dict[str, list[bytes]] = {}
    for vector in vectors():
        for each in (*vector["rows_before"], *vector["rows_after"]):
            if each.get("row"):
                found.setdefault(each["table"], []).append(bytes.fromhex(each["row"]))
    return {table: few(rows) for table, rows in sorted(found.items())}


def events() -> list[bytes]:
    """Give the events in the vectors."""
    return few([bytes.fromhex(e["bytes"]) for vector in vectors() for e in vector["events"]])


# -------------------------------------------------------------------------------------- documents


@cache
def documents() -> tuple[bytes, ...]:
    """Give invoices in every form: those that are written, and published ones where they are."""
    at = SEALED_AT + dt.timedelta(hours=1)
    ofd = write_ofd(BLUE, sealer(), at)
    return (
        write.write_e_invoice(BLUE),
        write.write_e_invoice(RED),
        write.write_digital(BLUE),
        write.write_ubl(BLUE),
        write.write_ubl(RED),
        ofd,
        *published(),
    )


def published() -> list[bytes]:
    """Give published documents, where they are on this machine: the PDF among them."""
    if not SAMPLES.is_dir():
        return []
    return [sample(name) for name in (PDF, OFD, ORIGINAL)]


def genesis() -> bytes:
    """Give a founding document."""
    return encode(ledger().genesis)
