"""Who takes part, as the ledger has it: nodes, their ids as peers, validators and their power."""

from tongjian.core.directory import rows_below
from tongjian.core.hashing import sha256
from tongjian.core.machine import Applied
from tongjian.core.validators import compute_validators_hash
from tongjian.engines.chain import Chain
from tongjian.engines.comet.wire import Message
from tongjian.services.membership.records import NODES, Node
from tongjian.services.membership.records_incidents import INCIDENTS, Incident

_PEER_ID_BYTES = 20


def peer_id(public: bytes) -> str:
    """Return the id of a node among its peers: of the key of its connections, in hexadecimal."""
    return sha256(public)[:_PEER_ID_BYTES].hex()


def nodes_of(chain: Chain) -> dict[bytes, Node]:
    """Return the nodes on the ledger by the public key of their connections.

    None where the ledger is still to come, by a snapshot.
    """
    if chain.tip is None:
        return {}
    return {public: node for (public,), node in rows_below(chain.store, NODES)}


def incidents_of(chain: Chain) -> dict[tuple[str, int, str], Incident]:
    """Return the misdeeds on the ledger by validator, height of the engine and kind."""
    if chain.tip is None:
        return {}
    return {
        (validator, height, misdeed): row
        for (validator, height, misdeed), row in rows_below(chain.store, INCIDENTS)
    }


def validators_of(nodes: dict[bytes, Node]) -> list[tuple[bytes, int]]:
    """Return the public keys and powers of those who vote."""
    return [(node.public, node.power) for node in nodes.values() if node.power]


def validators_hash_of(chain: Chain) -> bytes:
    """Return the hash of the validators on the ledger, as votes and seals name them."""
    return compute_validators_hash(validators_of(nodes_of(chain)))


def is_member(chain: Chain, peer: str) -> bool:
    """Say whether a peer is a node that the ledger admits."""
    return any(peer_id(public) == peer for public in nodes_of(chain))


def validator_updates(before: dict[bytes, Node], applied: Applied) -> list[Message]:
    """Return how a decided block changes the validators; `before` are the nodes before it."""
    after = dict(before)
    for key, row in applied.rows.items():
        if key.startswith(NODES.prefix):
            after.pop(NODES.split(key)[0], None)
            if row is not None:
                after[NODES.split(key)[0]] = row
    old, new = dict(validators_of(before)), dict(validators_of(after))
    return [
        {"pub_key": {"ed25519": public}, "power": new.get(public, 0)}
        for public in sorted(old | new)
        if old.get(public, 0) != new.get(public, 0)
    ]
