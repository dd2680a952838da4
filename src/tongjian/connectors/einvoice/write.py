"""Write invoices as real systems do: for tests and for the demonstration city.

One draft gives UBL 2.1, the attachment XML `e-invoice/2019` and the data file `EInvoice`. Sums
and taxes are computed here, so what is written always adds up; whoever wants a wrong one alters
the bytes.
"""

import dataclasses
import datetime as dt
from decimal import Decimal
from typing import Any, Final

from lxml import etree

from tongjian.connectors.einvoice import ubl
from tongjian.connectors.einvoice.capitals import write_capitals
from tongjian.connectors.einvoice.china_xml import NAMESPACE_2019, ROOT_2019, ROOT_DIGITAL

_CAC: Final = "urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2"
_CBC: Final = "urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2"
_BOM: Final = b"\xef\xbb\xbf"
_Content = str | list[tuple[str, "_Content"]]


@dataclasses.dataclass(frozen=True, slots=True)
class DraftParty:
    """Seller or buyer of a draft."""

    name: str
    tax_id: str
    address: str = ""


@dataclasses.dataclass(frozen=True, slots=True)
class DraftLine:
    """One line of a draft; a negative quantity takes back."""

    name: str
    unit: str
    quantity: int
    price_fen: int
    rate_percent: int

    @property
    def net_fen(self) -> int:
        """Compute quantity times price."""
        return self.quantity * self.price_fen

    @property
    def tax_fen(self) -> int:
        """Compute the tax, half up to the fen."""
        return tax_of(self.net_fen, self.rate_percent)


@dataclasses.dataclass(frozen=True, slots=True)
class Draft:
    """What is needed to write an invoice."""

    number: str
    """20 digits; or 8 with a `code`; or any text in UBL."""
    issue_date: dt.date
    seller: DraftParty
    buyer: DraftParty
    lines: tuple[DraftLine, ...]
    code: str = ""
    note: str = ""
    blue_number: str = ""
    """Of the invoice that a red letter corrects."""

    @property
    def net_fen(self) -> int:
        """Sum the lines."""
        return sum(line.net_fen for line in self.lines)

    @property
    def tax_fen(self) -> int:
        """Sum the taxes of the lines."""
        return sum(line.tax_fen for line in self.lines)

    @property
    def total_fen(self) -> int:
        """Compute the total with tax."""
        return self.net_fen + self.tax_fen


def tax_of(net_fen: int, rate_percent: int) -> int:
    """Return the tax on an amount, half up to the fen, away from zero for both signs."""
    sign = -1 if net_fen < 0 else 1
    return sign * ((abs(net_fen) * rate_percent + 50) // 100)


def write_e_invoice(draft: Draft) -> bytes:
    """Write the XML that an OFD invoice carries, with the mark U+FEFF in front as issuers do."""
    blue = f"被红冲蓝字数电票号码：{draft.blue_number}" if draft.blue_number else ""
    goods: list[tuple[str, _Content]] = [
        (
            "GoodsInfo",
            [
                ("Item", line.name),
                ("Specification", ""),
                ("MeasurementDimension", line.unit),
                ("Quantity", str(line.quantity)),
                ("Price", _yuan(line.price_fen)),
                ("Amount", _yuan(line.net_fen)),
                ("TaxScheme", f"{line.rate_percent}%"),
                ("TaxAmount", _yuan(line.tax_fen)),
            ],
        )
        for line in draft.lines
    ]
    content: list[tuple[str, _Content]] = [
        ("DocID", f"{draft.code}_{draft.number}" if draft.code else draft.number),
        ("InvoiceCode", draft.code),
        ("InvoiceNo", draft.number),
        ("TypeCode", "0"),
        ("IssueDate", f"{draft.issue_date:%Y年%m月%d日}"),
        ("Buyer", _party_2019("Buyer", draft.buyer)),
        ("Seller", _party_2019("Seller", draft.seller)),
        ("TaxInclusiveTotalAmount", _yuan(draft.total_fen)),
        ("Note", " ".join(text for text in (blue, draft.note) if text)),
        ("TaxTotalAmount", _yuan(draft.tax_fen)),
        ("TaxExclusiveTotalAmount", _yuan(draft.net_fen)),
        ("GoodsInfos", goods),
    ]
    root = etree.Element(ROOT_2019, {"Version": "1.0"}, nsmap={"fp": NAMESPACE_2019})
    _fill(root, content, f"{{{NAMESPACE_2019}}}")
    return _BOM + _bytes(root)


def write_digital(draft: Draft) -> bytes:
    """Write the data file of a fully digitalised invoice 数电票 (20-digit number)."""
    items: list[tuple[str, _Content]] = [
        (
            "IssuItemInformation",
            [
                ("ItemName", line.name),
                ("MeaUnits", line.unit),
                ("Quantity", str(line.quantity)),
                ("UnPrice", _yuan(line.price_fen)),
                ("Amount", _yuan(line.net_fen)),
                ("TaxRate", f"{Decimal(line.rate_percent) / 100}"),
                ("ComTaxAm", _yuan(line.tax_fen)),
                ("TotaltaxIncludedAmount", _yuan(line.net_fen + line.tax_fen)),
            ],
        )
        for line in draft.lines
    ]
    red: list[tuple[str, _Content]] = [
        ("RedEInvoice", [("OriginalInvoiceCode", draft.blue_number)])
    ]
    label = "N" if draft.blue_number else "Y"
    data: list[tuple[str, _Content]] = [
        ("SellerInformation", _party_digital("Seller", draft.seller)),
        ("BuyerInformation", _party_digital("Buyer", draft.buyer)),
        (
            "BasicInformation",
            [
                ("TotalAmWithoutTax", _yuan(draft.net_fen)),
                ("TotalTaxAm", _yuan(draft.tax_fen)),
                ("TotalTax-includedAmount", _yuan(draft.total_fen)),
                ("TotalTax-includedAmountInChinese", write_capitals(draft.total_fen)),
            ],
        ),
        *items,
        *([("SpecificInformation", red)] if draft.blue_number else []),
        ("AdditionalInformation", [("Remark", draft.note)]),
    ]
    content: list[tuple[str, _Content]] = [
        (
            "Header",
            [
                ("EIid", draft.number),
                ("Version", "0.31"),
                ("InherentLabel", [("InIssuType", [("LabelCode", label)])]),
            ],
        ),
        ("EInvoiceData", data),
        (
            "TaxSupervisionInfo",
            [("InvoiceNumber", draft.number), ("IssueTime", draft.issue_date.isoformat())],
        ),
    ]
    root = etree.Element(ROOT_DIGITAL)
    _fill(root, content, "")
    return _bytes(root)


def write_ubl(draft: Draft, currency: str = "CNY") -> bytes:
    """Write a UBL 2.1 invoice of EN 16931; rate 0 is category Z (zero rated)."""
    prefixes: Any = {None: ubl.INVOICE, "cac": _CAC, "cbc": _CBC}
    root = etree.Element(f"{{{ubl.INVOICE}}}Invoice", nsmap=prefixes)
    _fill_ubl(
        root,
        [
            ("CustomizationID", "urn:cen.eu:en16931:2017"),
            ("ID", draft.number),
            ("IssueDate", draft.issue_date.isoformat()),
            ("InvoiceTypeCode", "380"),
            ("DocumentCurrencyCode", currency),
            ("AccountingSupplierParty", [("Party", _party_ubl(draft.seller))]),
            ("AccountingCustomerParty", [("Party", _party_ubl(draft.buyer))]),
            *_sums_ubl(draft),
            *(_line_ubl(place, line) for place, line in enumerate(draft.lines, 1)),
        ],
        currency,
    )
    return _bytes(root)


def _sums_ubl(draft: Draft) -> list[tuple[str, _Content]]:
    """Compute the breakdown by rate as EN 16931 does: tax of the sum, not sum of the taxes."""
    bases: dict[int, int] = {}
    for line in draft.lines:
        bases[line.rate_percent] = bases.get(line.rate_percent, 0) + line.net_fen
    taxes = {rate: tax_of(base, rate) for rate, base in bases.items()}
    total = draft.net_fen + sum(taxes.values())
    rows: list[tuple[str, _Content]] = [
        (
            "TaxSubtotal",
            [
                ("TaxableAmount", _yuan(base)),
                ("TaxAmount", _yuan(taxes[rate])),
                ("TaxCategory", _category_ubl(rate)),
            ],
        )
        for rate, base in sorted(bases.items())
    ]
    return [
        ("TaxTotal", [("TaxAmount", _yuan(sum(taxes.values()))), *rows]),
        (
            "LegalMonetaryTotal",
            [
                ("LineExtensionAmount", _yuan(draft.net_fen)),
                ("TaxExclusiveAmount", _yuan(draft.net_fen)),
                ("TaxInclusiveAmount", _yuan(total)),
                ("PayableAmount", _yuan(total)),
            ],
        ),
    ]


def _line_ubl(place: int, line: DraftLine) -> tuple[str, _Content]:
    item: list[tuple[str, _Content]] = [
        ("Name", line.name),
        ("ClassifiedTaxCategory", _category_ubl(line.rate_percent)),
    ]
    return (
        "InvoiceLine",
        [
            ("ID", str(place)),
            ("InvoicedQuantity", str(line.quantity)),
            ("LineExtensionAmount", _yuan(line.net_fen)),
            ("Item", item),
            ("Price", [("PriceAmount", _yuan(line.price_fen))]),
        ],
    )


def _category_ubl(rate: int) -> list[tuple[str, _Content]]:
    return [
        ("ID", "S" if rate else "Z"),
        ("Percent", str(rate)),
        ("TaxScheme", [("ID", "VAT")]),
    ]


def _party_ubl(party: DraftParty) -> list[tuple[str, _Content]]:
    return [
        (
            "PostalAddress",
            [("StreetName", party.address), ("Country", [("IdentificationCode", "CN")])],
        ),
        ("PartyTaxScheme", [("CompanyID", party.tax_id), ("TaxScheme", [("ID", "VAT")])]),
        ("PartyLegalEntity", [("RegistrationName", party.name)]),
    ]


def _party_2019(role: str, party: DraftParty) -> list[tuple[str, _Content]]:
    return [
        (f"{role}Name", party.name),
        (f"{role}TaxID", party.tax_id),
        (f"{role}AddrTel", party.address),
    ]


def _party_digital(role: str, party: DraftParty) -> list[tuple[str, _Content]]:
    return [
        (f"{role}IdNum", party.tax_id),
        (f"{role}Name", party.name),
        (f"{role}Addr", party.address),
    ]


def _yuan(amount_fen: int) -> str:
    sign = "-" if amount_fen < 0 else ""
    yuan, fen = divmod(abs(amount_fen), 100)
    return f"{sign}{yuan}.{fen:02d}"


def _fill(parent: Any, content: list[tuple[str, _Content]], prefix: str) -> None:
    for name, value in content:
        element = etree.SubElement(parent, prefix + name)
        if isinstance(value, str):
            element.text = value
        else:
            _fill(element, value, prefix)


def _fill_ubl(parent: Any, content: list[tuple[str, _Content]], currency: str) -> None:
    """Fill UBL: what holds text is basic, what holds elements is an aggregate."""
    for name, value in content:
        if not isinstance(value, str):
            _fill_ubl(etree.SubElement(parent, f"{{{_CAC}}}{name}"), value, currency)
            continue
        element = etree.SubElement(parent, f"{{{_CBC}}}{name}")
        element.text = value
        if name.endswith("Amount"):
            element.set("currencyID", currency)
        elif name.endswith("Quantity"):
            element.set("unitCode", "C62")


def _bytes(root: Any) -> bytes:
    written: bytes = etree.tostring(root, xml_declaration=True, encoding="UTF-8", pretty_print=True)
    return written
