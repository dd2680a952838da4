"""The page of an extract: what a receipt shows, in Chinese and English, and its two codes."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from html import escape
from pathlib import Path
from string import Template
from typing import Any, Final

import segno
from msgspec import inspect as shapes

from tongjian.cli.fields import Shape, fields_of, shape_of
from tongjian.cli.moments import write_moment
from tongjian.cli.readable import is_tuple, key_text, text_of
from tongjian.cli.words import Label, Words, words_of
from tongjian.core.encoding import Malformed, Record
from tongjian.core.operation import AnyTable
from tongjian.verifier.amounts import FEN_ABS_MAX, capital_numerals
from tongjian.verifier.anchors import Anchors
from tongjian.verifier.extract import write_dense, write_short
from tongjian.verifier.receipt import RowStatement, Verified

_TEMPLATE: Final = Path(__file__).with_name("templates") / "extract.html"
_QUIET_MODULES: Final = 4
"""The margin that ISO/IEC 18004 demands around a symbol."""
_DENSE_MM: Final = 0.7
_SHORT_MM: Final = 0.8
"""Width of a module on paper: what a telephone's camera and a 300 dpi scanner still tell apart."""
_ROWS_MAX: Final = 12
"""More fields than that stand in two columns."""
_PLAIN_ZH: Final = {"none": "无", "yes": "是", "no": "否", "without end": "无期限"}
_NOT_PROVEN: Final = (
    (
        "事实在记录之前是否属实。",
        "That the facts were true before they were recorded.",
    ),
    (
        "此高度之后内容是否变更；如需现状，请索取新的摘录。",
        "That the content is still the same after this height: ask for a newer extract.",
    ),
    (
        "由谁签署：签名在区块日志中。",
        "Who signed: that is in the block log.",
    ),
    (
        "本页文字本身：只有二维码中的凭据可以核验，以核验程序显示的内容为准。",
        "The words of this page: what counts is what the program shows of the receipt in the code.",
    ),
)


@dataclass(frozen=True)
class Line:
    """One field of a row."""

    depth: int
    name: str
    label: Label
    hint: str
    """What the values mean, in Chinese."""
    text: str
    capitals: str = ""
    """The amount in capital numerals, where it is one."""


def lines_of(record: Record, words: Words, depth: int = 0) -> Iterator[Line]:
    """Yield the fields of a row, those of records inside it below."""
    for field in fields_of(type(record)):
        value = getattr(record, field.name)
        shape = shape_of(shapes.type_info(field.hint))
        # The words are those of acts: a record inside a row may use a name for something else,
        # such as `lines` for their number; an amount is what its name says everywhere.
        is_worded = depth == 0 or shape.unit == "fen"
        label = words.label("fields", field.name) if is_worded else Label("", "")
        hint = _hint_of(words, field.name) if is_worded else ""
        inner = _records_in(value)
        if inner:
            yield Line(depth, field.name, label, hint, "")
            for one in inner:
                yield from lines_of(one, words, depth + 1)
            continue
        capitals = _capitals_of(shape.unit, value)
        yield Line(depth, field.name, label, hint, _text_of(shape, value), capitals)


def _hint_of(words: Words, name: str) -> str:
    return str(words.tables.get("fields", {}).get(name, {}).get("hint_zh", ""))


def _text_of(shape: Shape, value: Any) -> str:
    if not is_tuple(value):
        return text_of(shape, value)
    item = shape.type.item_type if isinstance(shape.type, shapes.VarTupleType) else None
    known = shape if item is None else shape_of(item)
    return ", ".join(text_of(known, one) for one in value) or "none"


def _records_in(value: Any) -> tuple[Record, ...]:
    if isinstance(value, Record):
        return (value,)
    return tuple(one for one in value if isinstance(one, Record)) if is_tuple(value) else ()


def _capitals_of(unit: str, value: Any) -> str:
    is_amount = unit == "fen" and isinstance(value, int) and abs(value) <= FEN_ABS_MAX
    return capital_numerals(value) if is_amount else ""


@dataclass(frozen=True)
class Page:
    """An extract of one row, or of its absence."""

    anchors: Anchors
    verified: Verified
    receipt: bytes
    named: tuple[AnyTable, bytes]
    link: str

    @cached_property
    def dense(self) -> str | None:
        """The text of the code with the whole receipt; none where no symbol holds it."""
        return write_dense(self.receipt)

    @cached_property
    def short(self) -> str:
        """The text of the code that names the receipt."""
        height = self.verified.header.height
        return write_short(self.anchors.label, height, self.receipt, self.link)

    def html(self) -> str:
        """Return the page, which needs no other file and no network."""
        table, key = self.named
        header = self.verified.header
        name = key_text(table, key)
        zh, en = self._proven(name)
        rows = list(self._rows())
        return Template(_TEMPLATE.read_text("utf-8")).substitute(
            title=escape(f"{name} @ {header.height}"),
            embedded=escape(self.dense or self.receipt.hex()),
            label=escape(self.anchors.label),
            chain=escape(self.anchors.chain),
            height=header.height,
            time=write_moment(header.time_ms),
            service=escape(_service_of(table)),
            record=escape(name),
            rows="\n".join(rows),
            many="many" if len(rows) > _ROWS_MAX else "",
            proven_zh=escape(zh),
            proven_en=escape(en),
            not_proven="\n".join(
                f'<li>{escape(one)} <span lang="en">{escape(other)}</span></li>'
                for one, other in _NOT_PROVEN
            ),
            dense=self._dense_html(),
            short=self._short_html(),
        )

    def _value(self) -> bytes | None:
        """Return the bytes of the row that the receipt states; none where it states an absence."""
        statement = self.verified.statements[0]
        return statement.value if isinstance(statement, RowStatement) else None

    def _proven(self, name: str) -> tuple[str, str]:
        header = self.verified.header
        moment = write_moment(header.time_ms)
        zh = f"截至账本 {self.anchors.label} 第 {header.height} 区块（封存于 {moment}），"
        en = f"As of block {header.height} of ledger {self.anchors.label}, sealed at {moment}, "
        if self._value() is None:
            return f"{zh}账本上没有 {name} 这一记录。", f"{en}the ledger had no record {name}."
        zh = f"{zh}记录 {name} 在账本上，内容如上，与凭据逐字节一致。"
        en = f"{en}the record {name} stood with the content above, byte for byte as in the receipt."
        return zh, en

    def _rows(self) -> Iterator[str]:
        table, _ = self.named
        value = self._value()
        if value is None:
            yield '<tr><td>无此记录 <span lang="en">No such record</span></td></tr>'
            return
        try:
            row: Record = table.codec.decode(value)
        except Malformed:
            yield f'<tr><td class="code">{value.hex()}</td></tr>'
            return
        for line in lines_of(row, words_of(table.name.partition(".")[0])):
            yield _row_html(line)

    def _dense_html(self) -> str:
        if self.dense is None:
            return ""
        words = (
            f"完整凭据，{len(self.receipt)} 字节，可离线核验",
            "The whole receipt, for offline use: tongjian verify PICTURE --trust anchors.json",
        )
        qr = segno.make(self.dense, error="L", mode="alphanumeric", micro=False, boost_error=False)
        return _figure("dense", qr, _DENSE_MM, words)

    def _short_html(self) -> str:
        words = ("凭据名称（SHA-256）", "Names the receipt by its SHA-256")
        caption = f'<span class="code">{escape(self.short)}</span>'
        if self.dense is None:
            caption += (
                f'<p id="too-large">凭据为 {len(self.receipt)} 字节，一个二维码容纳不下；'
                '请与凭据文件一并保存。 <span lang="en">The receipt has '
                f"{len(self.receipt)} bytes, too many for one code: keep its file with this page."
                "</span></p>"
            )
        return _figure(
            "short", segno.make(self.short, error="M", micro=False), _SHORT_MM, words, caption
        )


def _service_of(table: AnyTable) -> str:
    tables = words_of(table.name.partition(".")[0]).tables
    known = tables.get("service", {})
    return f"{known.get('zh', '')} {known.get('en', '')}".strip()


def _row_html(line: Line) -> str:
    zh, en = line.label.zh or line.name, line.label.en or line.name.replace("_", " ").capitalize()
    indent = f' style="padding-left:{1.5 + 5 * line.depth}mm"'
    hint = f" <small>{escape(line.hint)}</small>" if line.hint else ""
    named = zh if zh == line.name else f'{escape(zh)} <span lang="en">{escape(en)}</span>'
    text = escape(line.text)
    if line.text in _PLAIN_ZH:
        text = f'{_PLAIN_ZH[line.text]} <span lang="en">{text}</span>'
    if line.capitals:
        text += f"<br><b>{line.capitals}</b>"
    return f"<tr><th{indent}>{named}{hint}</th><td>{text}</td></tr>"


def _figure(
    name: str, qr: segno.QRCode, module_mm: float, words: tuple[str, str], after: str = ""
) -> str:
    """Return a code as SVG of a fixed width on paper, with its caption below."""
    modules = qr.symbol_size(border=_QUIET_MODULES)[0]
    width = f"{modules * module_mm:.1f}mm"
    svg = qr.svg_inline(border=_QUIET_MODULES, omitsize=True, light="#fff")
    zh, en = words
    return (
        f'<figure id="{name}"><div style="width:{width}">{svg}</div><figcaption>{escape(zh)} '
        f'<span lang="en">{escape(en)}</span> {after}</figcaption></figure>'
    )
