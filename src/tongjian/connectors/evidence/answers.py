"""The questions of the Online Litigation Rules, art. 16 to 18, answered one by one from the ledger.

An answer says what the ledger shows and nothing more. Whether content was true before it was
recorded is `not_proven` in every package: the ledger cannot know it, and art. 18 asks the party.
"""

import json
from typing import Any, Final

from tongjian.connectors.evidence.facts import Facts
from tongjian.connectors.steps import Words
from tongjian.services.evidence.records import Question

NOT_PROVEN: Final = "not_proven"
TITLES: Final = {
    Question.CONSISTENT: Words(
        "第十六条：数据上链后是否一致", "art. 16: consistent with the record"
    ),
    Question.PLATFORM: Words("第十七条（一）：平台是否合规", "art. 17(1): the platform"),
    Question.INTEREST: Words("第十七条（二）：有无利害关系或干预", "art. 17(2): interest"),
    Question.SYSTEM: Words("第十七条（三）：系统是否清洁安全可靠", "art. 17(3): the system"),
    Question.PROCESS: Words("第十七条（四）：技术与过程是否合标准", "art. 17(4): the process"),
    Question.SOURCE: Words("第十八条：上链前的来源", "art. 18: where it came from"),
    Question.GENERATION: Words("第十八条：上链前的生成机制", "art. 18: how it was made"),
    Question.STORAGE: Words("第十八条：上链前的存储过程", "art. 18: how it was kept"),
    Question.NOTARY: Words("第十八条：第三方公证", "art. 18: a notary"),
    Question.WITNESS: Words("第十八条：见证", "art. 18: witnesses"),
    Question.CORROBORATION: Words("第十八条：关联印证", "art. 18: other data"),
}


def build_answers(facts: Facts) -> bytes:
    """Return the file of answers that the proven rows give; always the same bytes for the same."""
    given = {a.question: a for a in facts.submission.answers} if facts.submission else {}
    answers: list[dict[str, Any]] = []
    for question, title in TITLES.items():
        said = _say(question, facts)
        answer = given.get(question)
        answers.append(
            {
                "question": int(question),
                "zh": title.zh,
                "en": title.en,
                "ledger_zh": said.zh,
                "ledger_en": said.en,
                "offered": "not_stated" if answer is None else answer.reply,
                "material": answer.material.hex() if answer and answer.material else None,
            }
        )
    document = {
        "before_recording": NOT_PROVEN,
        "before_recording_zh": "上链之前是否真实：账簿不能证明，由当事人另行举证（第十八条）",
        "before_recording_en": "Before recording nothing is proven; the party shows it (art. 18)",
        "unchanged_since_ms": facts.item.fixed_ms,
        "answers": answers,
    }
    return (json.dumps(document, ensure_ascii=False, indent=1) + "\n").encode()


def _say(question: Question, facts: Facts) -> Words:
    item = facts.item
    match question:
        case Question.CONSISTENT:
            return Words(
                f"自区块时间 {item.fixed_ms} 起内容未被改动",
                f"unchanged since block time {item.fixed_ms}",
            )
        case Question.PLATFORM:
            return Words(
                f"取证单位 {item.office}；链的封印与见证人见信任文件",
                f"captured by {item.office}; seals and witnesses of the chain: the trust file",
            )
        case Question.INTEREST:
            return _interest(facts)
        case Question.SYSTEM:
            checks = "、".join(check.name for check in item.log.checks)
            return Words(
                f"取证时已检查：{checks}；时钟偏差 {item.log.drift_ms} 毫秒",
                f"checked at the capture: {checks}; clock off by {item.log.drift_ms} ms",
            )
        case Question.PROCESS:
            return Words(
                f"保管 {len(facts.custody)} 环，换算法 {len(facts.renewals)} 次，每环均有签名",
                f"{len(facts.custody)} steps, {len(facts.renewals)} renewals, each signed",
            )
        case _:
            return _say_before(question, facts)


def _interest(facts: Facts) -> Words:
    if facts.submission is None:
        return Words("尚未提交，未声明", "not handed in, so not stated")
    said = facts.submission.interest
    return Words(f"提交人声明：{said}", f"whoever handed it in states: {said}")


def _say_before(question: Question, facts: Facts) -> Words:
    """Say what stands on the ledger about the time before recording; none of it proves content."""
    item = facts.item
    late = Words("；登记迟延", "; recorded late") if item.late else Words("", "")
    match question:
        case Question.SOURCE:
            return Words(
                f"来源类型 {item.log.source}，地址以承诺值登记{late.zh}",
                f"source {item.log.source}, its address as a commitment{late.en}",
            )
        case Question.GENERATION:
            return Words(
                f"取证软件杂凑 {item.log.software.hex()}",
                f"hash of the capturing program {item.log.software.hex()}",
            )
        case Question.STORAGE:
            return Words(
                f"声明的取证时间 {item.log.event_ms}，登记时间 {item.captured_ms}",
                f"claimed time of capture {item.log.event_ms}, recorded at {item.captured_ms}",
            )
        case Question.NOTARY:
            return Words(f"公证书 {len(facts.deeds)} 份", f"{len(facts.deeds)} deeds")
        case Question.CORROBORATION:
            return Words(f"时间戳 {len(facts.stamps)} 枚", f"{len(facts.stamps)} time stamps")
        case _:
            return Words("账上没有记载", "nothing stands on the ledger")
