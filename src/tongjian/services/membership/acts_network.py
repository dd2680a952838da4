"""Nodes and validators: who runs the ledger together, admitted and changed by vote."""

from collections.abc import Mapping
from typing import Final

from tongjian.core.directory import OFFICES, SEAL_KEYS, SealKey
from tongjian.core.encoding import replace
from tongjian.core.ledger import Ledger
from tongjian.core.operation import Act, ensure
from tongjian.core.permission import AnyOf, Recorded, Signer
from tongjian.core.signatures import KeySuite, is_sound
from tongjian.core.validators import (
    NETWORK_SUITE,
    VALIDATORS_MAX,
    Power,
    compute_address,
    compute_validators_hash,
)
from tongjian.core.values import Digest, PublicKey, Uscc, count, digest, height
from tongjian.services.membership.records import (
    NODES,
    REGISTRAR,
    NetworkBegun,
    Node,
    NodeAdmitted,
    NodeRetired,
    service,
)
from tongjian.services.membership.records_incidents import INCIDENTS, SHIFTS, NodeId, Shift
from tongjian.services.membership.refusals import Refusal
from tongjian.services.membership.votes import VOTE

ED25519: Final = int(KeySuite.ED25519)
NEWCOMER_SHARE: Final = 3
"""The votes of one block hand out at most one part in so many of all power."""


class AdmitNode(Act, tag="membership.admit_node"):
    """Admit a node of an office, or give it another validator's key or power."""

    node: NodeId
    office: Uscc
    public: PublicKey
    """The Ed25519 key with which the node signs blocks."""
    power: Power


class RetireNode(Act, tag="membership.retire_node"):
    """Have a node leave: no power, and no peer speaks to it."""

    node: NodeId


class BeginNetwork(Act, tag="membership.begin_network"):
    """Hand the seal over from the operator to the validators, from the next block on."""

    validators: Digest
    """Hash of the validators as the voters know them."""


@service.operation(
    by=VOTE,
    law="Cybersecurity Law art. 23",
    reads=(OFFICES, INCIDENTS),
    writes=(NODES, SEAL_KEYS, SHIFTS),
)
def admit_node(act: AdmitNode, ledger: Ledger) -> NodeAdmitted:
    """Admit a node; its power counts from the next block on.

    Once the network runs, the votes of one block together hand out no more than a third of all
    power. A key with which somebody signed twice is admitted never again.
    """
    office = ledger.one(OFFICES, act.office, missing=Refusal.OFFICE_UNKNOWN)
    ensure(not office.closed, Refusal.OFFICE_CLOSED)
    ensure(is_sound(ED25519, act.public), Refusal.KEY_WEAK)
    nodes = nodes_of(ledger)
    others = {identity: node for identity, node in nodes.items() if identity != act.node}
    ensure(all(node.public != act.public for node in others.values()), Refusal.KEY_EXISTS)
    ensure(len(others) < VALIDATORS_MAX, Refusal.NODES_FULL)

    node = Node(office=act.office, public=act.public, power=act.power)
    before = nodes.get(act.node)
    gained = act.power - (before.power if before and before.public == act.public else 0)
    total = sum(other.power for other in others.values()) + act.power
    ensure(total > 0 or not is_network(ledger), Refusal.NO_VALIDATOR)
    _shift(ledger, max(gained, 0), total)
    address = address_of(act.public)
    ensure(not ledger.range(INCIDENTS, address, limit=1), Refusal.KEY_SIGNED_TWICE)

    ledger.put(NODES, act.node, row=node)
    reseal(ledger, {**others, act.node: node})
    return NodeAdmitted(
        node=act.node,
        office=act.office,
        public=act.public,
        power=act.power,
        from_height=height(ledger.height + 1),
    )


@service.operation(
    by=AnyOf((Signer(REGISTRAR, Recorded(NODES, ("node",), "office")), VOTE)),
    law="Cybersecurity Law art. 23",
    writes=(NODES, SEAL_KEYS, SHIFTS),
)
def retire_node(act: RetireNode, ledger: Ledger) -> NodeRetired:
    """Retire a node by vote, or by the registrar of the office that runs it."""
    node = ledger.one(NODES, act.node, missing=Refusal.NODE_UNKNOWN)
    others = {identity: one for identity, one in nodes_of(ledger).items() if identity != act.node}
    remaining = sum(one.power for one in others.values())
    ensure(remaining > 0 or not is_network(ledger), Refusal.NO_VALIDATOR)
    _shift(ledger, 0, remaining)

    ledger.remove(NODES, act.node)
    reseal(ledger, others)
    return NodeRetired(node=act.node, office=node.office, from_height=height(ledger.height + 1))


@service.operation(
    by=VOTE,
    law="Electronic Signature Law art. 13",
    reads=(NODES,),
    writes=(SEAL_KEYS,),
)
def begin_network(act: BeginNetwork, ledger: Ledger) -> NetworkBegun:
    """Begin the network: the next block is sealed by the validators, no block by the operator."""
    ensure(not is_network(ledger), Refusal.NETWORK_BEGUN)
    nodes = nodes_of(ledger)
    ensure(any(node.power for node in nodes.values()), Refusal.NO_VALIDATOR)
    ensure(act.validators == _hash_of(nodes), Refusal.VALIDATORS_DIFFER)

    ledger.put(SEAL_KEYS, ledger.height + 1, row=_seal(nodes))
    return NetworkBegun(validators=act.validators, from_height=height(ledger.height + 1))


def nodes_of(ledger: Ledger) -> dict[bytes, Node]:
    """Return all nodes by the public key of their connections."""
    return {key[0]: node for key, node in ledger.range(NODES, limit=VALIDATORS_MAX)}


def address_of(public: bytes) -> str:
    """Return the address of a validator's key, in hexadecimal."""
    return compute_address(public).hex()


def _shift(ledger: Ledger, gained: int, total: int) -> None:
    """Refuse where votes of one block hand out more than a third of the power there is then."""
    if not is_network(ledger):
        return
    before = ledger.get(SHIFTS, ledger.height)
    shifted = gained + (before.gained if before is not None else 0)
    ensure(shifted * NEWCOMER_SHARE <= total, Refusal.POWER_TOO_GREAT)
    if gained:
        ledger.put(SHIFTS, ledger.height, row=Shift(gained=count(shifted)))


def is_network(ledger: Ledger) -> bool:
    """Say whether validators seal the ledger."""
    rows = ledger.range(SEAL_KEYS, limit=1_000_000)
    return bool(rows) and rows[-1][1].suite == NETWORK_SUITE


def _hash_of(nodes: Mapping[bytes, Node]) -> Digest:
    validators = [(node.public, node.power) for node in nodes.values() if node.power]
    return digest(compute_validators_hash(validators))


def _seal(nodes: Mapping[bytes, Node]) -> SealKey:
    return SealKey(suite=NETWORK_SUITE, public=_hash_of(nodes))


def reseal(ledger: Ledger, nodes: Mapping[bytes, Node]) -> None:
    """Name the new set of validators as those who seal from the next block on."""
    if not is_network(ledger):
        return
    seal = _seal(nodes)
    if ledger.range(SEAL_KEYS, limit=1_000_000)[-1][1] != seal:
        ledger.put(SEAL_KEYS, ledger.height + 1, row=replace(seal))
