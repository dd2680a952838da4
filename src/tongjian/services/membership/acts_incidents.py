"""Misdeeds of validators: proven by a block of the engine, put to the ledger by nobody's hand."""

from tongjian.core.directory import SEAL_KEYS
from tongjian.core.encoding import replace
from tongjian.core.ledger import Ledger
from tongjian.core.operation import Act, ensure
from tongjian.core.permission import Engine
from tongjian.core.values import Digest, Height, TimeMs, height
from tongjian.services.membership.acts_network import address_of, nodes_of, reseal
from tongjian.services.membership.records import NODES, Node, service
from tongjian.services.membership.records_incidents import (
    INCIDENTS,
    Incident,
    Misdeed,
    MisdeedRecorded,
    NodeId,
    ValidatorAddress,
)
from tongjian.services.membership.refusals import Refusal


class RecordMisdeed(Act, tag="membership.record_misdeed"):
    """Record that a validator broke the rules of the engine, and take its power."""

    validator: ValidatorAddress
    misdeed: Misdeed
    height: Height
    """Of the engine's block that it was about."""
    committed_ms: TimeMs
    evidence: Digest


@service.operation(
    by=Engine(),
    law="Cybersecurity Law art. 23",
    writes=(NODES, SEAL_KEYS, INCIDENTS),
)
def record_misdeed(act: RecordMisdeed, ledger: Ledger) -> MisdeedRecorded:
    """Record a misdeed once; the power of the key is gone from the next block on.

    The power stays where the others held two thirds of all power or less: with so many at fault
    nobody could say who is left to decide. The governors then vote. The node stays a peer without
    a vote; its office may have it admitted anew with another key.
    """
    recorded = ledger.get(INCIDENTS, act.validator, act.height, act.misdeed)
    ensure(recorded is None, Refusal.INCIDENT_RECORDED)
    nodes = nodes_of(ledger)
    node, found = _culprit(nodes, act.validator)
    before = 0 if found is None else found.power
    total = sum(one.power for one in nodes.values())
    after = 0 if (total - before) * 3 > total * 2 else before

    if node is not None and found is not None and after != before:
        changed = replace(found, power=after)
        ledger.put(NODES, node, row=changed)
        reseal(ledger, {**nodes, node: changed})
    incident = Incident(
        evidence=act.evidence,
        committed_ms=act.committed_ms,
        node=node,
        office=None if found is None else found.office,
        power_before=before,
        power_after=after,
    )
    ledger.put(INCIDENTS, act.validator, act.height, act.misdeed, row=incident)
    return MisdeedRecorded(
        validator=act.validator,
        misdeed=act.misdeed,
        height=act.height,
        evidence=act.evidence,
        node=incident.node,
        office=incident.office,
        power_before=before,
        power_after=after,
        from_height=height(ledger.height + 1),
    )


def _culprit(nodes: dict[bytes, Node], validator: str) -> tuple[NodeId | None, Node | None]:
    """Return the node that signs with a key of this address; none where none does any more."""
    for identity, node in nodes.items():
        if address_of(node.public) == validator:
            return identity, node
    return None, None
