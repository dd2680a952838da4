"""XML from strangers: no document type, no entity, no network, and limits on all that grows.

The document is decoded here, by a short list of encodings, and given to lxml as UTF-8: what was
looked at for a document type is what is parsed. The result is plain nodes, not an lxml tree.
"""

import dataclasses
import datetime as dt
import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any, Final

from lxml import etree

from tongjian.connectors.einvoice.document import Unreadable, date_of, decimal_of, text_of

BYTES_MAX: Final = 16 * 1024 * 1024
NODES_MAX: Final = 300_000
DEPTH_MAX: Final = 64
ATTRIBUTES_MAX: Final = 64

_ENCODINGS: Final = {
    "utf-8": "utf-8",
    "utf8": "utf-8",
    "us-ascii": "ascii",
    "ascii": "ascii",
    "iso-8859-1": "iso-8859-1",
    "iso-8859-15": "iso-8859-15",
    "windows-1252": "windows-1252",
    "gb18030": "gb18030",
    "gbk": "gb18030",
    "gb2312": "gb18030",
}
"""Name in the declaration: codec. All write ASCII as ASCII; GB 18030 contains the older two."""

_BOMS: Final = ((b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be"))
_DECLARATION: Final = re.compile(r"""<\?xml\s[^>]{0,200}?\?>""")
_DECLARED: Final = re.compile(
    rb"""<\?xml\s[^>]{0,200}?encoding\s*=\s*["']([A-Za-z0-9._-]{1,40})["']"""
)


@dataclasses.dataclass(slots=True)
class Node:
    """One element: its name, its own text, its children; comments and instructions are gone."""

    namespace: str
    name: str
    attributes: Mapping[str, str]
    """Attributes by local name."""
    children: list["Node"] = dataclasses.field(default_factory=list["Node"])
    text: str = ""

    def all(self, path: str) -> Iterator["Node"]:
        """Yield what stands at a path of local names, such as `A/B|C`, where `|` is *or*."""
        head, _, rest = path.partition("/")
        names = head.split("|")
        for child in self.children:
            if child.name in names:
                if rest:
                    yield from child.all(rest)
                else:
                    yield child

    def one(self, path: str) -> "Node | None":
        """Return the only node at a path, None if there is none.

        Raises `Unreadable` for two: readers that take the first and readers that take the last
        would see two invoices.
        """
        found = list(self.all(path))
        if len(found) > 1:
            raise Unreadable(
                f"element {path} of {self.name}",
                f"it stands there {len(found)} times where one is expected",
                "one value, one element",
                "Ask the issuer for a corrected document.",
            )
        return found[0] if found else None

    def value(self, path: str) -> str:
        """Return the trimmed text of the only node at a path, empty if there is none."""
        node = self.one(path)
        return "" if node is None else text_of(node.text, path)

    def decimal(self, path: str) -> Decimal | None:
        """Return the number at a path as it is written."""
        return decimal_of(self.value(path), path)

    def has_other_currency(self, currency: str, *paths: str) -> bool:
        """Ask whether an amount at one of the paths names another currency."""
        return any(
            node.attributes.get("currencyID", currency) != currency
            for path in paths
            for node in self.all(path)
        )

    def date(self, path: str) -> dt.date | None:
        """Return the date at a path."""
        return date_of(self.value(path), path)

    def within(self, namespaces: frozenset[str]) -> "Node":
        """Return the node without the elements of other namespaces below it."""
        kept = [
            child.within(namespaces) for child in self.children if child.namespace in namespaces
        ]
        return Node(self.namespace, self.name, self.attributes, kept, self.text)


class _Builder:
    """Build nodes from the parser's events, and stop it at a limit."""

    def __init__(self) -> None:
        self.root: Node | None = None
        self._open: list[Node] = []
        self._texts: list[list[str]] = []
        self._nodes = 0

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        self._nodes += 1
        if self._nodes > NODES_MAX or len(self._open) >= DEPTH_MAX:
            raise _too_much(f"more than {NODES_MAX} elements or {DEPTH_MAX} levels")
        if len(attributes) > ATTRIBUTES_MAX:
            raise _too_much(f"more than {ATTRIBUTES_MAX} attributes on an element")
        namespace, name = _split(tag)
        node = Node(namespace, name, {_split(key)[1]: value for key, value in attributes.items()})
        if self._open:
            self._open[-1].children.append(node)
        else:
            self.root = node
        self._open.append(node)
        self._texts.append([])

    def end(self, tag: str) -> None:
        del tag
        self._open.pop().text = "".join(self._texts.pop()).strip()

    def data(self, text: str) -> None:
        if self._texts:
            self._texts[-1].append(text)

    def doctype(self, *_: str | None) -> None:
        """Stop a document type that `_refuse_document_type` had missed."""
        raise _document_type("XML")

    def close(self) -> Node | None:
        return self.root


def parse(data: bytes, what: str) -> Node:
    """Return the root of a document. Raises `Unreadable`; `what` names it in the message."""
    if len(data) > BYTES_MAX:
        raise _too_much(f"more than {BYTES_MAX} bytes")
    text = _decode(data, what)
    _refuse_document_type(text, what)
    target: Any = _Builder()  # the stubs ask for methods that lxml does not need
    parser = etree.XMLParser(
        target=target,
        encoding="utf-8",
        resolve_entities=False,
        load_dtd=False,
        dtd_validation=False,
        no_network=True,
        huge_tree=False,
        recover=False,
    )
    try:
        root: object = etree.fromstring(text.encode("utf-8"), parser)
    except (etree.XMLSyntaxError, ValueError, UnicodeError) as error:
        line = getattr(error, "lineno", None)
        raise Unreadable(
            what,
            "it is not well-formed XML" + (f", line {line}" if line else ""),
            "XML 1.0, 2.1",
            "Fetch the document again; if it stays so, ask the issuer.",
        ) from None
    if not isinstance(root, Node):
        raise Unreadable(what, "it has no element", "XML 1.0, 2.1", "Fetch the document again.")
    return root


def is_xml(data: bytes) -> bool:
    """Ask whether the bytes begin as XML does, whatever the file is called."""
    head = data[:64]
    for mark, encoding in _BOMS:
        if head.startswith(mark):
            head = head[len(mark) :].decode(encoding, "ignore").encode("utf-8")
    return head.lstrip().startswith(b"<")


def _decode(data: bytes, what: str) -> str:
    encoding = "utf-8"
    for mark, name in _BOMS:
        if data.startswith(mark):
            data, encoding = data[len(mark) :], name
            break
    else:
        declared = _DECLARED.match(data)
        if declared:
            encoding = _ENCODINGS.get(declared[1].decode("ascii").lower(), "")
    try:
        if encoding:
            text = data.decode(encoding)
            match = _DECLARATION.match(text)
            return text[match.end() :] if match else text
    except UnicodeError:
        pass
    raise Unreadable(
        what,
        "its characters cannot be decoded by the encoding it names",
        "XML 1.0, 4.3.3; UTF-8, UTF-16 with its mark, GB 18030 and Latin are read",
        "Fetch the document again as UTF-8.",
    )


def _refuse_document_type(text: str, what: str) -> None:
    """Skip comments and instructions in front of the root; anything else with `<!` is refused."""
    place = 0
    while True:
        while text[place : place + 1].isspace():
            place += 1
        if text.startswith("<!--", place):
            closing = "-->"
        elif text.startswith("<?", place):
            closing = "?>"
        elif text.startswith("<!", place):
            raise _document_type(what)
        else:
            return
        end = text.find(closing, place)
        if end < 0:
            return
        place = end + len(closing)


def _document_type(what: str) -> Unreadable:
    return Unreadable(
        what,
        "it carries a document type, which can name files and expand without end",
        "this reader takes no DTD",
        "Do not open it; ask the issuer for a document without DOCTYPE.",
    )


def _split(tag: str) -> tuple[str, str]:
    namespace, _, name = tag.rpartition("}")
    return namespace[1:], name


def _too_much(why: str) -> Unreadable:
    return Unreadable("XML", why, "limit of this reader", "Ask the issuer to split the document.")
