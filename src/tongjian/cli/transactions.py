"""Blocks and transactions as people and as machines read them."""

from typing import Any

from tongjian.cli.moments import write_moment
from tongjian.cli.outcome import show_event
from tongjian.cli.readable import as_json, pairs_of, tag_of
from tongjian.cli.submit import events_of
from tongjian.cli.surface import Surface
from tongjian.cli.words import read_refusal, words_of
from tongjian.core.block import Body, Result, compute_header_hash, findings_of
from tongjian.core.encoding import encode
from tongjian.core.envelope import Incoming, Transaction
from tongjian.core.operation import Refused
from tongjian.engines.chain import Chain
from tongjian.node.home import Home


def show_transaction(surface: Surface, home: Home, chain: Chain, identity: bytes) -> None:
    """Write a transaction that is on the ledger: its signers, acts, outcome and events."""
    recorded = chain.result(identity)
    if recorded is None:
        return
    height, position, result = recorded
    incoming = _incoming(chain, chain.body(height), position)
    transaction = None if incoming is None else incoming.transaction
    signers = [_signer(home, chain, key) for key in transaction.signers] if transaction else []
    if surface.as_json:
        surface.document(
            {
                "transaction": identity.hex(),
                "height": height,
                "position": position,
                "time_ms": chain.header(height).time_ms,
                **_outcome(chain, result.outcome),
                "signers": signers,
                "acts": [as_json(act) for act in transaction.acts] if transaction else [],
                "events": [as_json(e) for e in events_of(chain.machine.registry, result.events)],
            }
        )
        return
    _show(surface, chain, (height, position, result), transaction, signers)


def _show(
    surface: Surface,
    chain: Chain,
    recorded: tuple[int, int, Result],
    transaction: Transaction[Any] | None,
    signers: list[dict[str, str]],
) -> None:
    height, position, result = recorded
    surface.line(f"transaction {result.transaction.hex()}", style="bold")
    moment = write_moment(chain.header(height).time_ms)
    pairs = [("recorded", f"height {height}, place {position}, {moment}")]
    pairs.append(("outcome", _outcome_text(chain, result.outcome)))
    if transaction is None:
        pairs.append(
            ("by", f"the ledger itself: {_acts_text(chain, chain.body(height), position)}")
        )
    pairs += [("signed by", _signer_text(signer)) for signer in signers]
    surface.pairs(pairs, indent="  ")
    for act in transaction.acts if transaction else ():
        service, _, name = tag_of(act).partition(".")
        label = words_of(service).label("operations", name)
        surface.line(f"  act {tag_of(act)} {label.zh}".rstrip(), style="bold")
        surface.pairs(pairs_of(act), indent="    ")
    for event in events_of(chain.machine.registry, result.events):
        show_event(surface, event)
    surface.note(
        f"next: tongjian receipt {result.transaction.hex()} --transaction -o tx.receipt",
        style="dim",
    )


def show_block(surface: Surface, chain: Chain, height: int) -> None:
    """Write a block's header and one line for each thing that it recorded."""
    header = chain.header(height)
    body = chain.body(height)
    rows = [
        {
            "transaction": _identity(chain, body, position).hex(),
            "acts": _acts_text(chain, body, position),
            "outcome": _outcome_text(chain, decision.outcome),
        }
        for position, decision in enumerate(body.decisions)
    ]
    digest = compute_header_hash(chain.digest, encode(header)).hex()
    if surface.as_json:
        document = {"hash": digest, "header": as_json(header), "transactions": rows}
        surface.document(document)
        return
    surface.line(f"block {height}", style="bold")
    surface.pairs([*pairs_of(header), ("header hash", digest)], indent="  ")
    surface.table(
        ("TRANSACTION", "ACTS", "OUTCOME"),
        [(row["transaction"], row["acts"], row["outcome"]) for row in rows],
    )


def _incoming(chain: Chain, body: Body, position: int) -> Incoming | None:
    """Return the transaction at a place of a block, or none for a deadline of the ledger's own."""
    if position < len(body.timers):
        return None
    return chain.opener.open_trusted(body.envelopes[position - len(body.timers)])


def _identity(chain: Chain, body: Body, position: int) -> bytes:
    incoming = _incoming(chain, body, position)
    return body.timers[position] if incoming is None else incoming.id


def _acts_text(chain: Chain, body: Body, position: int) -> str:
    incoming = _incoming(chain, body, position)
    if incoming is None:
        found = len(findings_of(body))
        return "finding of the engine" if position >= len(body.timers) - found else "deadline"
    counts: dict[str, int] = {}
    for act in incoming.transaction.acts:
        counts[tag_of(act)] = counts.get(tag_of(act), 0) + 1
    return ", ".join(tag if count == 1 else f"{tag} × {count}" for tag, count in counts.items())


def _outcome(chain: Chain, outcome: str) -> dict[str, Any]:
    if not outcome:
        return {"status": "committed", "refusal": None}
    refusal = read_refusal(chain.machine.registry, outcome)
    return {"status": "refused", "refusal": refusal.as_json()}


def _outcome_text(chain: Chain, outcome: str) -> str:
    if not outcome:
        return "committed"
    refusal = read_refusal(chain.machine.registry, outcome)
    return f"refused: {refusal.service}/{refusal.number} {refusal.name} {refusal.zh}".rstrip()


def _signer(home: Home, chain: Chain, key: bytes) -> dict[str, str]:
    """Return whose key it is, as the directory knows it now."""
    try:
        office = chain.machine.directory.actor(key).office
    except Refused:
        office = ""
    return {"key": key.hex(), "office": office, "name": home.names().get(office, "")}


def _signer_text(signer: dict[str, str]) -> str:
    return " ".join(part for part in (signer["key"], signer["office"], signer["name"]) if part)
