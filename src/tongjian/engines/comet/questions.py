"""Questions of the engine, and of who asks through it: who may be a peer, what a row holds."""

from tongjian.engines.chain import Chain
from tongjian.engines.comet.members import is_member
from tongjian.engines.comet.parts import refusal
from tongjian.engines.comet.wire import Message


def answer_query(chain: Chain, invited: frozenset[str], request: Message) -> Message:
    """Answer one question; a node without a ledger lets in the peers of its invitation."""
    path: str = request["path"]
    if path.startswith("/p2p/filter/addr/"):
        return {}
    if path.startswith("/p2p/filter/id/"):
        peer = path.rpartition("/")[2]
        with chain.lock:
            known = peer in invited if chain.tip is None else is_member(chain, peer)
        return {} if known else refusal("no member of the network has this node id")
    if path == "/row":
        with chain.lock:
            value = chain.store.value(request["data"])
            answer: Message = {"height": chain.height, "key": request["data"]}
            return {**answer, "value": value or b""}
    return refusal(f"there is nothing at {path}")
