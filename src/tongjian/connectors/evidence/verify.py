"""Verify a package offline: step by step, with the trust file and nothing else (JUD-I1).

It never says that content is true (JUD-I4). It says: unchanged since a block time, and lists what
is not proven.
"""

import hashlib
import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal

from tongjian.connectors.evidence.answers import build_answers
from tongjian.connectors.evidence.custody import Link, walk
from tongjian.connectors.evidence.errors import TITLES, PackageInvalid
from tongjian.connectors.evidence.facts import Facts, read_facts
from tongjian.connectors.evidence.package import (
    ANSWERS,
    CERTIFICATES,
    FILES,
    RECEIPT,
    TOKENS,
    Manifest,
    Opening,
    open_package,
)
from tongjian.connectors.steps import Step, Words
from tongjian.services.evidence.exchange import compute_content, compute_renewal
from tongjian.services.evidence.records import TimeStamp
from tongjian.verifier.anchors import Anchors
from tongjian.verifier.receipt import VerificationFailed, verify_receipt
from tongjian.verifier.timestamp import (
    TimeStampInvalid,
    Token,
    read_token,
    verify_time_stamp,
)

DRIFT_MS: Final = 2000
"""A block's clock may be so far behind that of a time-stamp authority."""
_BEFORE: Final = Words(
    "内容在上链之前是否真实（在线诉讼规则第十八条，由当事人举证）",
    "that the content was true before it was recorded (art. 18: the party shows it)",
)
_AFTER: Final = Words(
    "该块之后又有何登记（请索取更新的证据包）",
    "what was recorded after that block (ask for a newer package)",
)
_ALONE: Final = Words(
    "账簿运行者与当事人无关（信任文件未要求外部见证人，第十七条第二项）",
    "that the ledger's operator is no party: the trust file asks for no witness (art. 17(2))",
)


@dataclass
class Report:
    """What a package proves, and what it does not."""

    result: Literal["consistent", "partial"]
    unchanged_since_ms: int
    height: int
    item: str
    case: str
    package: str
    """SHA-256 of the package file, as the court records it."""
    steps: list[Step] = field(default_factory=list[Step])
    not_proven: list[Words] = field(default_factory=list[Words])


def verify_package(
    data: bytes, anchors: Anchors, tsa_roots: Sequence[bytes] | None = None
) -> Report:
    """Check a package; raises `PackageInvalid` at the first step that does not hold.

    `tsa_roots`: trusted roots of time-stamp authorities (DER); none where they are not to be
    checked, which is then said.
    """
    manifest, files = open_package(data)
    facts = _facts(manifest, files, anchors)
    report = Report(
        result="consistent",
        unchanged_since_ms=facts.item.fixed_ms,
        height=facts.header.height,
        item=manifest.item,
        case=manifest.case,
        package=hashlib.sha256(data).hexdigest(),
    )
    checker = _Checker(manifest, files, facts, report)
    checker.add("form", f"清单所列 {len(files)} 个文件齐全一致", f"{len(files)} files, as listed")
    checker.add(
        "receipt",
        f"账簿 {anchors.label} 第 {facts.header.height} 块的封印成立",
        f"ledger {anchors.label} sealed block {facts.header.height}",
    )
    links = checker.check_item()
    checker.check_content(links)
    checker.check_stamps(tsa_roots)
    checker.check_answers()
    alone = () if anchors.quorum else (_ALONE,)
    report.not_proven[:0] = (_BEFORE, _AFTER, *alone)
    return report


def _facts(manifest: Manifest, files: Mapping[str, bytes], anchors: Anchors) -> Facts:
    if manifest.chain != anchors.chain:
        raise PackageInvalid(
            "receipt",
            f"the package is of chain {manifest.chain}, the trust file of {anchors.chain}",
            "证据包与信任文件不是同一条链",
        )
    try:
        verified = verify_receipt(files.get(RECEIPT, b""), anchors)
    except VerificationFailed as failed:
        raise PackageInvalid("receipt", str(failed), "账簿回执不成立") from failed
    return read_facts(verified, bytes.fromhex(manifest.item), manifest.case)


class _Checker:
    def __init__(
        self, manifest: Manifest, files: Mapping[str, bytes], facts: Facts, report: Report
    ) -> None:
        self._manifest = manifest
        self._files = files
        self._facts = facts
        self._report = report
        self._bound: dict[str, bytes] = {}
        """Files that open a commitment of the ledger; the package says nothing of any other."""

    def add(self, step: str, zh: str, en: str) -> None:
        """Note a step that held."""
        number = list(TITLES).index(step) + 1
        self._report.steps.append(Step(number, TITLES[step], Words(zh, en)))

    def lack(self, zh: str, en: str) -> None:
        """Note what the package does not show, so that it proves a part only."""
        self._report.result = "partial"
        self._report.not_proven.append(Words(zh, en))

    def check_item(self) -> list[Link]:
        """Walk the chain of custody; return every imprint of the content."""
        links, item = walk(self._facts), self._facts.item
        late = Words("，登记迟延", ", recorded late") if item.late else Words("", "")
        self.add(
            "item",
            f"内容于区块时间 {item.fixed_ms} 固定{late.zh}",
            f"content fixed at block time {item.fixed_ms}{late.en}",
        )
        self.add(
            "custody",
            f"{len(self._facts.custody)} 环首尾相接，现由 {item.holder} 持有",
            f"{len(self._facts.custody)} steps without a gap, held by {item.holder}",
        )
        return links

    # -- content ------------------------------------------------------------------------------

    def check_content(self, links: Sequence[Link]) -> None:
        """Open every imprint with the file that the manifest names; the first must be there."""
        openings = {opening.digest: opening for opening in self._manifest.openings}
        for position, link in enumerate(links):
            opening = openings.pop(link.imprint.digest.hex(), None)
            if opening is not None:
                self._open(link, opening)
            elif position == 0:
                raise PackageInvalid(
                    "content",
                    "the package does not open the content as it was fixed",
                    "证据包中没有与固定值对应的原件",
                )
            else:
                self.lack(
                    f"第 {position + 1} 个内容版本不在包内",
                    f"version {position + 1} of the content is not in the package",
                )
        if openings:
            digest = min(openings)
            raise PackageInvalid(
                "content",
                f"the manifest opens {digest}, which the ledger does not have: altered or forged",
                f"清单中的承诺值 {digest} 不在账上：内容已被改动或伪造",
            )
        for path in self._files:
            if path.startswith(FILES) and path not in self._bound:
                self.lack(
                    f"{path} 只是附件，账上没有它的登记",
                    f"{path} is an attachment: nothing on the ledger speaks of it",
                )
        since = self._report.unchanged_since_ms
        self.add(
            "content",
            f"原件与账上一致，自区块时间 {since} 起未被改动",
            f"the original is the one recorded: unchanged since block time {since}",
        )

    def _open(self, link: Link, opening: Opening) -> None:
        content = self._files.get(opening.path)
        if content is None or not opening.path.startswith(FILES):
            raise PackageInvalid(
                "content",
                f"{opening.path} is not a file of the package",
                f"包内没有文件 {opening.path}",
            )
        algorithm, salt = int(link.imprint.algorithm), bytes.fromhex(opening.salt)
        try:
            if link.before is None:
                computed = compute_content(algorithm, salt, content)
            else:
                computed = compute_renewal(algorithm, link.before.digest, salt, content)
        except ValueError as error:
            raise PackageInvalid("content", str(error), "杂凑算法或盐值不可用") from error
        if not hmac.compare_digest(computed, link.imprint.digest):
            raise PackageInvalid(
                "content",
                f"{opening.path} does not open its commitment: altered after it was fixed",
                f"{opening.path} 与固定值不符：固定之后被改动",
            )
        self._bound[opening.path] = content

    # -- time stamps --------------------------------------------------------------------------

    def check_stamps(self, roots: Sequence[bytes] | None) -> None:
        """Check every token against its row, and against trusted roots where there are any."""
        rows = {bytes(row.token): row for row in self._facts.stamps}
        extra = [d for path, d in self._files.items() if path.startswith(CERTIFICATES)]
        tokens = [d for path, d in self._files.items() if path.startswith(TOKENS)]
        said: list[str] = []
        for data in tokens:
            try:
                token = read_token(data)
                row = self._row_of(token, rows)
                content = self._stamped(token)
                if roots is not None:
                    stamped = verify_time_stamp(
                        token,
                        content,
                        roots,
                        intermediates=extra,
                        until_ms=row.recorded_ms + DRIFT_MS,
                    )
                    self._check_authority(row, stamped.authority_digest)
                    said.append(stamped.authority)
            except TimeStampInvalid as error:
                raise PackageInvalid("time_stamp", str(error), f"时间戳不成立：{error}") from error
        for _ in rows:
            self.lack("一枚已登记的时间戳不在包内", "a recorded time stamp is not in the package")
        if tokens and roots is None:
            self.lack(
                "时间戳机构的签名（未给出其根证书）",
                "the signature of the time-stamp authority (its root was not given)",
            )
        self.add(
            "time_stamp",
            f"{len(tokens)} 枚时间戳对应内容" + ("，签名与证书链成立" if said else ""),
            f"{len(tokens)} tokens over the content" + (f", by {'; '.join(said)}" if said else ""),
        )

    def _row_of(self, token: Token, rows: dict[bytes, TimeStamp]) -> TimeStamp:
        row = rows.pop(token.digest, None)
        if row is None or (row.gen_ms, int(row.algorithm)) != (token.gen_ms, token.algorithm):
            raise PackageInvalid(
                "time_stamp",
                "a token is not the one that the ledger has, or its time was recorded otherwise",
                "时间戳令牌与账上登记的不符",
            )
        return row

    def _stamped(self, token: Token) -> bytes:
        for data in self._bound.values():
            computed = hashlib.new(token.hash_name, data).digest()
            if hmac.compare_digest(computed, token.imprint):
                return data
        raise PackageInvalid(
            "time_stamp",
            "a token is over none of the recorded files of the package",
            "时间戳不对应包内任何已登记的文件",
        )

    def _check_authority(self, row: TimeStamp, digest: bytes) -> None:
        if row.authority != digest:
            raise PackageInvalid(
                "time_stamp",
                "the ledger names another authority than the one that signed",
                "账上登记的时间戳机构与签名者不同",
            )

    # -- answers ------------------------------------------------------------------------------

    def check_answers(self) -> None:
        """Refuse answers that say anything else than the proven rows (JUD-I4)."""
        if self._files.get(ANSWERS) != build_answers(self._facts):
            raise PackageInvalid(
                "answers",
                "the answers say something else than what the ledger shows",
                "逐项回答与账上所载不符",
            )
        self.add(
            "answers",
            "在线诉讼规则第十六条至第十八条逐项回答，与账上所载一致",
            "each question of art. 16 to 18 is answered as the ledger shows",
        )
