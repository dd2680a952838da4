"""A world under the application of CometBFT: what plays in memory plays as a network decides it."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from network import ByHand, Caller, admit, begin

from tongjian.core import values
from tongjian.core.block import Result
from tongjian.core.operation import Act
from tongjian.engines.chain import Chain
from tongjian.engines.checkers import Checkers
from tongjian.engines.comet.application import Application
from tongjian.engines.comet.bundles import make_bundle
from tongjian.engines.comet.server import AbciServer
from tongjian.testkit.solo_world import SoloWorld
from tongjian.testkit.world import Person

GOVERNING = "11990000001401252U"
VALIDATORS = 4


class NetworkWorld(SoloWorld):
    """A ledger founded by one operator and handed to validators before the first act."""

    def __init__(self, folder: Path, **given: Any) -> None:
        super().__init__(folder, **given)
        self.office(GOVERNING, region="990000", kind="province")
        self._governor = self.person("network.governor", GOVERNING, "governor")
        self._network: Network | None = None

    @property
    def network(self) -> "Network":
        """The application over the ledger, begun when it is first asked for."""
        if self._network is None:
            for number in range(VALIDATORS):
                node = admit(number)
                act = type(node)(
                    node=node.node,
                    office=values.uscc(GOVERNING),
                    public=node.public,
                    power=node.power,
                )
                self._by_operator(act)
            self._by_operator(begin(self.chain))
            self._network = Network(self.chain, self)
        return self._network

    def block(
        self,
        *transactions: tuple[tuple[Person, ...], tuple[Act, ...]],
        vector: str | None = None,
    ) -> list[Result]:
        """Have the network decide one block; return all results, deadlines first."""
        del vector
        network, chain = self.network, self.chain
        envelopes = [self._signed(chain, *each) for each in transactions]
        results = network.decide(envelopes)
        self.height = chain.height
        for result in results:
            self.events.extend(self.registry.event_codec.decode(e) for e in result.events)
        return results

    def close(self) -> None:
        """Close the socket, then the ledger."""
        if self._network is not None:
            self._network.close()
        super().close()

    def _by_operator(self, act: Act) -> None:
        results = super().block(((self._governor,), (act,)))
        assert [result.outcome for result in results] == [""], results


class Network:
    """One node's application behind its socket, told what to decide by hand."""

    def __init__(self, chain: Chain, world: NetworkWorld) -> None:
        self.chain = chain
        self.world = world
        application = Application(chain, Checkers(0), lambda: world.now_ms)
        self.server = AbciServer(
            chain.folder / "abci.sock", application.handlers(), application.abandon
        )
        self.caller = Caller(self.server.path)
        self.engine = ByHand(application, self.caller.ask)
        self.engine.start()

    def decide(self, envelopes: Sequence[bytes]) -> list[Result]:
        """Decide a block of envelopes at the world's time and return what it did."""
        before = self.chain.height
        seconds, rest = divmod(self.world.now_ms, 1000)
        time = {"seconds": seconds, "nanos": rest * 1_000_000}
        self.engine.block(*([make_bundle(envelopes)] if envelopes else []), time=time)
        if self.chain.height == before:
            return []
        body = self.chain.body(self.chain.height)
        ids = [*body.timers, *(self.chain.opener.open_trusted(e).id for e in body.envelopes)]
        return [
            Result(transaction=values.digest(i), outcome=d.outcome, events=d.events)
            for i, d in zip(ids, body.decisions, strict=True)
        ]

    def close(self) -> None:
        """Hang up."""
        self.caller.close()
        self.server.close()
