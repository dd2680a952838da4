"""The two XML forms of a Chinese invoice, read into the neutral record.

`e-invoice/2019` (root eInvoice, elements of www.edrm.org.cn) is the attachment of an OFD invoice.
`EInvoice` is the data file of a fully digitalised invoice 数电票, root EInvoice without namespace.
No schema of the second is published openly: it is read by the element names that such files carry
(version 0.2 to 0.31), gathered in this file so that an official schema can replace them.
"""

import dataclasses
import re
from decimal import Decimal
from typing import Final

from tongjian.connectors.einvoice.document import (
    Document,
    Kind,
    Line,
    Party,
    TaxSubtotal,
    Totals,
    Unreadable,
    decimal_of,
    no_invoice,
)
from tongjian.connectors.einvoice.safexml import Node

NAMESPACE_2019: Final = "http://www.edrm.org.cn/schema/e-invoice/2019"
ROOT_2019: Final = "eInvoice"
ROOT_DIGITAL: Final = "EInvoice"

_PERCENT: Final = re.compile(r"([0-9]{1,3}(?:\.[0-9]{1,4})?)[%％]")
_FRACTION: Final = re.compile(r"0(?:\.[0-9]{1,6})?|1(?:\.0{1,6})?")
_UNTAXED: Final = frozenset({"免税", "不征税", "普通零税率", "出口零税率", "出口退税"})
_BLUE_OLD: Final = re.compile(
    r"发票代码[:：\s]*([0-9]{12}|[0-9]{10})[\s,，;；]*(?:发票)?号码[:：\s]*([0-9]{8})(?![0-9])"
)
_BLUE_NEW: Final = re.compile(r"蓝字(?:数电)?(?:发票|票)?号码[:：\s]*([0-9]{20})(?![0-9])")


@dataclasses.dataclass(frozen=True, slots=True)
class Extras:
    """What a Chinese invoice states beside the neutral record, for its checks."""

    capitals: str = ""
    """Total in capital numerals."""
    check_code: str = ""
    graph_code: str = ""
    """Text of the two-dimensional code."""


def is_chinese(root: Node) -> bool:
    """Ask whether this is one of the two forms, and not the list of tags that has the same root."""
    if root.name == ROOT_2019:
        return root.one("GoodsInfos") is not None or root.one("TaxInclusiveTotalAmount") is not None
    return root.name == ROOT_DIGITAL and not root.namespace and root.one("EInvoiceData") is not None


def read_chinese(root: Node, data: bytes) -> tuple[Document, Extras]:
    """Read either form; `data` is what was received. Raises `Unreadable`."""
    if root.name == ROOT_2019:
        return _read_2019(root.within(frozenset({NAMESPACE_2019})), data)
    return _read_digital(root.within(frozenset({""})), data)


def rate_of(text: str) -> Decimal | None:
    """Return a rate in per cent from `6%`, `0.06` or a word for *not taxed*; None for `***`.

    Raises `Unreadable` for anything else: a rate that is not understood would go unchecked.
    """
    match = _PERCENT.fullmatch(text)
    if match:
        return Decimal(match[1])
    if _FRACTION.fullmatch(text):
        return Decimal(text) * 100
    if text in _UNTAXED:
        return Decimal(0)
    if not text.strip("*-"):
        return None
    raise Unreadable(
        "tax rate",
        "what stands there is neither a per cent nor a known word",
        "VAT Law, art. 10",
        "Ask the issuer for a corrected document.",
    )


def _read_2019(root: Node, data: bytes) -> tuple[Document, Extras]:
    inclusive = root.decimal("TaxInclusiveTotalAmount")
    lines = tuple(
        _line(place, node, "Item", "MeasurementDimension", "Price", "TaxScheme", "TaxAmount")
        for place, node in enumerate(root.all("GoodsInfos/GoodsInfo"), 1)
    )
    note = root.value("Note")
    document = _document(
        "e-invoice/2019",
        data,
        lines,
        Totals(
            tax_exclusive=root.decimal("TaxExclusiveTotalAmount"),
            tax_total=root.decimal("TaxTotalAmount"),
            tax_inclusive=inclusive,
            payable=inclusive,
        ),
    )
    document = dataclasses.replace(
        document,
        code=root.value("InvoiceCode"),
        number=root.value("InvoiceNo"),
        issue_date=root.date("IssueDate"),
        seller=_party(root, "Seller/SellerName", "Seller/SellerTaxID", "Seller/SellerAddrTel"),
        buyer=_party(root, "Buyer/BuyerName", "Buyer/BuyerTaxID", "Buyer/BuyerAddrTel"),
        preceding=_blue_numbers(note),
        profile=root.attributes.get("Version", ""),
        type_code=root.value("TypeCode"),
    )
    extras = Extras(
        capitals=root.value("TaxInclusiveTotalAmountWithWords"),
        check_code=root.value("InvoiceCheckCode"),
        graph_code=root.value("GraphCode"),
    )
    return document, extras


def _read_digital(root: Node, data: bytes) -> tuple[Document, Extras]:
    inclusive = root.decimal("EInvoiceData/BasicInformation/TotalTax-includedAmount")
    lines = tuple(
        _line(place, node, "ItemName", "MeaUnits", "UnPrice", "TaxRate", "ComTaxAm")
        for place, node in enumerate(root.all("EInvoiceData/IssuItemInformation"), 1)
        if node.attributes.get("nil") != "true"
    )
    document = _document(
        "EInvoice",
        data,
        lines,
        Totals(
            tax_exclusive=root.decimal("EInvoiceData/BasicInformation/TotalAmWithoutTax"),
            tax_total=root.decimal("EInvoiceData/BasicInformation/TotalTaxAm"),
            tax_inclusive=inclusive,
            payable=inclusive,
        ),
    )
    number = root.value("TaxSupervisionInfo/InvoiceNumber") or root.value("Header/EIid")
    blue = root.value("EInvoiceData/SpecificInformation/RedEInvoice/OriginalInvoiceCode")
    remark = root.value("EInvoiceData/AdditionalInformation/Remark")
    seller, buyer = "EInvoiceData/SellerInformation/Seller", "EInvoiceData/BuyerInformation/Buyer"
    is_red = root.value("Header/InherentLabel/InIssuType/LabelCode") == "N"
    document = dataclasses.replace(
        document,
        kind="red_letter" if is_red else document.kind,
        number=number,
        issue_date=root.date("TaxSupervisionInfo/IssueTime"),
        seller=_party(root, seller + "Name", seller + "IdNum", seller + "Addr"),
        buyer=_party(root, buyer + "Name", buyer + "IdNum", buyer + "Addr"),
        preceding=(blue,) if blue else _blue_numbers(remark),
        profile=root.value("Header/Version"),
        type_code=root.value("Header/InherentLabel/GeneralOrSpecialVAT/LabelCode"),
    )
    capitals = root.value("EInvoiceData/BasicInformation/TotalTax-includedAmountInChinese")
    return document, Extras(capitals=capitals)


def _document(syntax: str, data: bytes, lines: tuple[Line, ...], totals: Totals) -> Document:
    """Fill what both forms have in common; a negative total is a red letter."""
    kind: Kind = "red_letter" if (totals.tax_inclusive or 0) < 0 else "invoice"
    return dataclasses.replace(
        no_invoice(syntax, data, kind=kind),
        currency="CNY",
        lines=lines,
        tax_subtotals=_subtotals(lines),
        totals=totals,
    )


def _line(place: int, node: Node, name: str, unit: str, price: str, rate: str, tax: str) -> Line:
    rate_text = node.value(rate)
    return Line(
        number=str(place),
        name=node.value(name),
        quantity=node.decimal("Quantity"),
        unit=node.value(unit),
        price=node.decimal(price),
        price_base=Decimal(1),
        net=node.decimal("Amount"),
        allowances=Decimal(0),
        tax_category=rate_text,
        tax_rate=rate_of(rate_text),
        tax=_tax(node.value(tax)),
    )


def _tax(text: str) -> Decimal | None:
    """Read the tax of a line; asterisks stand for *none* on untaxed lines."""
    return decimal_of(text, "tax of a line") if text.strip("*-") else None


def _party(root: Node, name: str, tax_id: str, address: str) -> Party:
    return Party(
        name=root.value(name),
        tax_id=root.value(tax_id).upper(),
        country="CN",
        has_address=bool(root.value(address)),
    )


def _subtotals(lines: tuple[Line, ...]) -> tuple[TaxSubtotal, ...]:
    """Sum the lines by rate in the order of first appearance: the document has no breakdown."""
    rows: dict[str, TaxSubtotal] = {}
    for line in lines:
        row = rows.get(line.tax_category, TaxSubtotal(line.tax_category, line.tax_rate, None, None))
        rows[line.tax_category] = dataclasses.replace(
            row,
            taxable=(row.taxable or Decimal(0)) + (line.net or Decimal(0)),
            tax=(row.tax or Decimal(0)) + (line.tax or Decimal(0)),
        )
    return tuple(rows.values())


def _blue_numbers(note: str) -> tuple[str, ...]:
    """Find in the remarks which blue invoice a red letter corrects, code and number joined."""
    old = [code + number for code, number in _BLUE_OLD.findall(note)]
    return (*old, *_BLUE_NEW.findall(note))
