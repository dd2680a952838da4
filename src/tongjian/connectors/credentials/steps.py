"""The steps in which a presentation is checked, said in both languages, and the report of them."""

from dataclasses import dataclass, field
from typing import Final

from tongjian.connectors.steps import Step, Words
from tongjian.connectors.strictjson import Json

TITLES: Final = {
    "form": Words("形式", "form"),
    "receipt": Words("账簿回执", "receipt of the ledger"),
    "issuer": Words("签发机构登记", "registration of the issuer"),
    "key": Words("签发机构密钥", "key of the issuer"),
    "record": Words("凭证登记", "record of the credential"),
    "status": Words("凭证状态", "status"),
    "signature": Words("签名与披露", "signature and disclosures"),
    "binding": Words("持有人与出示对象", "holder and audience"),
    "once": Words("一次有效", "accepted once"),
}
"""In their order."""

NOT_PROVEN: Final = (
    Words("签发机构所证明的内容本身是否属实", "that what the issuer says is true"),
    Words("持有人其余未披露的情况", "anything that the holder did not disclose"),
    Words(
        "该块之后是否被撤销或暂停（请按时效要求索取更新的回执）",
        "that it was not revoked or suspended after that block (ask for a newer receipt)",
    ),
)
UNBOUND: Final = Words(
    "出示者就是持有人本人（未要求持有人签名）",
    "that whoever shows it is its holder: no binding was asked for",
)
UNCOUNTED: Final = Words(
    "此前未被接受过（未使用挑战码登记簿）",
    "that it was not accepted before: no book of nonces was given",
)
NO_WITNESS: Final = Words(
    "账簿运行者没有另造账簿（信任文件未要求外部见证人）",
    "that the operator shows one ledger to all: the trust file asks for no witness",
)


class PresentationRefused(Exception):
    """A presentation that is not accepted: at which step, and why."""

    def __init__(self, step: str, en: str, zh: str) -> None:
        """Take the name of the step and the reason in English and Chinese."""
        self.number = list(TITLES).index(step) + 1
        self.step = step
        self.why = Words(zh, en)
        super().__init__(f"step {self.number}, {TITLES[step].en}: {en}")


@dataclass
class Report:
    """What a presentation proves, and what it does not."""

    issuer: str
    type: str
    claims: Json
    height: int
    time_ms: int
    """Of the block whose state was shown."""
    age_seconds_max: int
    """The oldest state that this verifier accepts (IDN-I4)."""
    steps: list[Step] = field(default_factory=list[Step])
    not_proven: list[Words] = field(default_factory=list[Words])

    def add(self, step: str, en: str, zh: str) -> None:
        """Note that a step held."""
        number = list(TITLES).index(step) + 1
        self.steps.append(Step(number, TITLES[step], Words(zh, en)))
