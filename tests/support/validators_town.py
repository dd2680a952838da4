"""A ledger with two governing offices and validators, as tests of membership found it."""

from typing import Final

from nacl.signing import SigningKey

from tongjian.core import values
from tongjian.core.validators import compute_validators_hash
from tongjian.services.membership.acts_network import AdmitNode, BeginNetwork, RetireNode
from tongjian.testkit import World

CITY: Final = "11990100001400700T"
PROVINCE: Final = "11990000001401252U"
KEYS: Final = [bytes(SigningKey(bytes([n + 1]) * 32).verify_key) for n in range(8)]


class Network(World):
    """Two governing offices; the city has a registrar."""

    def __init__(self) -> None:
        super().__init__(services={"membership": 1})
        self.office(CITY)
        self.office(PROVINCE, region="990000")
        gao = self.person("gao", CITY, "governor")
        self.vote = (gao, self.person("pan", PROVINCE, "governor"))
        self.registrar = self.person("ren", CITY, "registrar")
        self.parameter("membership", "seal_notice_blocks", 0)

    def begin(self, *powers: int) -> None:
        """Admit nodes of these powers and begin the network."""
        nodes = tuple(admit(number, power) for number, power in enumerate(powers))
        assert self.submit(*self.vote, acts=(*nodes, begin(*powers))).outcome == ""


def admit(number: int, power: int, *, public: bytes | None = None, office: str = CITY) -> AdmitNode:
    return AdmitNode(
        node=bytes([number + 1]) * 32,
        office=values.uscc(office),
        public=KEYS[number] if public is None else public,
        power=power,
    )


def begin(*powers: int) -> BeginNetwork:
    voting = [(KEYS[number], power) for number, power in enumerate(powers) if power]
    return BeginNetwork(validators=values.digest(compute_validators_hash(voting)))


def retire(number: int) -> RetireNode:
    return RetireNode(node=bytes([number + 1]) * 32)
