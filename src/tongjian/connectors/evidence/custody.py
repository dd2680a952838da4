"""The chain of custody, walked from the first hash to the last (JUD-I2)."""

from typing import Final, NamedTuple

from tongjian.connectors.evidence.errors import PackageInvalid
from tongjian.connectors.evidence.facts import Facts
from tongjian.services.evidence.records import Imprint, Renewal

PASSES: Final = ("store", "hand_over")


class Link(NamedTuple):
    """Content as the ledger fixed it, from the first to the last."""

    imprint: Imprint
    before: Imprint | None
    """What a renewal covers beside the content; none for content as fixed or derived."""


def walk(facts: Facts) -> list[Link]:
    """Return every imprint of an item in order; raises `PackageInvalid` at a gap."""
    item = facts.item
    if item.content is None or item.current is None:
        raise _broken("the item is captured and not fixed", "证据已登记取证但尚未固定")
    walker = _Walker(item.content, item.office, list(facts.renewals))
    for number, step in enumerate(facts.custody, 1):
        walker.renew_until(step.before, number)
        _check_first(number, step.action)
        if step.giver != walker.holder:
            raise _broken(
                f"step {number}: {step.giver} gives what {walker.holder} holds",
                f"第 {number} 环：{step.giver} 交出 {walker.holder} 持有的证据",
            )
        is_pass = step.action in PASSES
        if is_pass != (step.before == step.after) or (not is_pass and step.tool is None):
            raise _broken(
                f"step {number}: the content changes and no derivation is declared",
                f"第 {number} 环：内容改变而未登记派生",
            )
        if step.recorded_ms < walker.at_ms:
            raise _broken(f"step {number} is before the one before", f"第 {number} 环时间倒退")
        walker.take(step.after, step.receiver, step.recorded_ms)
    walker.renew_until(item.current, len(facts.custody) + 1)
    if walker.renewals or walker.holder != item.holder:
        raise _broken("the chain does not end where the item is", "保管链的终点与证据登记不符")
    return walker.links


def _check_first(number: int, action: str) -> None:
    if (action == "store") != (number == 1):
        raise _broken("the chain begins with the first storage", "保管链须以入库开始")


class _Walker:
    def __init__(self, content: Imprint, holder: str, renewals: list[Renewal]) -> None:
        self.links = [Link(content, None)]
        self.current = content
        self.holder = holder
        self.at_ms = 0
        self.renewals = renewals

    def renew_until(self, wanted: Imprint, number: int) -> None:
        """Take the renewals between two steps of custody."""
        while self.current != wanted:
            renewal = self.renewals.pop(0) if self.renewals else None
            if renewal is None or renewal.before != self.current:
                raise _broken(
                    f"before step {number} the content is not the one last recorded",
                    f"第 {number} 环之前的内容与上一环不一致",
                )
            self.links.append(Link(renewal.after, renewal.before))
            self.current = renewal.after

    def take(self, after: Imprint, holder: str, at_ms: int) -> None:
        """Go on to what the step left behind."""
        if after != self.current:
            self.links.append(Link(after, None))
        self.current, self.holder, self.at_ms = after, holder, at_ms


def _broken(en: str, zh: str) -> PackageInvalid:
    return PackageInvalid("custody", en, zh)
