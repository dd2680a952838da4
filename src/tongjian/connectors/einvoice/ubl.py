"""UBL 2.1 Invoice and CreditNote (ISO/IEC 19845:2015), bound to EN 16931 by CEN/TS 16931-3-2."""

import dataclasses
from decimal import Decimal
from typing import Final

from tongjian.connectors.einvoice.document import (
    AllowanceCharge,
    Document,
    Line,
    Party,
    TaxSubtotal,
    Totals,
    decimal_of,
    no_invoice,
)
from tongjian.connectors.einvoice.en16931 import CREDIT_NOTE_CODES, currency_findings
from tongjian.connectors.einvoice.safexml import Node

INVOICE: Final = "urn:oasis:names:specification:ubl:schema:xsd:Invoice-2"
CREDIT_NOTE: Final = "urn:oasis:names:specification:ubl:schema:xsd:CreditNote-2"
_NAMESPACES: Final = frozenset(
    {
        INVOICE,
        CREDIT_NOTE,
        "urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2",
        "urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2",
    }
)
_AMOUNTS: Final = (
    "InvoiceLine|CreditNoteLine/LineExtensionAmount",
    "AllowanceCharge/Amount",
    *(
        f"LegalMonetaryTotal/{name}"
        for name in (
            "LineExtensionAmount|AllowanceTotalAmount|ChargeTotalAmount",
            "TaxExclusiveAmount|TaxInclusiveAmount",
            "PrepaidAmount|PayableRoundingAmount|PayableAmount",
        )
    ),
)


def read_ubl(root: Node, data: bytes) -> Document:
    """Read an Invoice or CreditNote whose root was recognised; `data` is what was received.

    Raises `Unreadable` where a number, a date or the structure is broken; rules are checked later.
    """
    root = root.within(_NAMESPACES)
    currency = root.value("DocumentCurrencyCode")
    code = root.value("InvoiceTypeCode|CreditNoteTypeCode")
    is_credit = root.namespace == CREDIT_NOTE or code in CREDIT_NOTE_CODES
    tax_totals = [n for n in root.all("TaxTotal") if _currency(n, "TaxAmount", currency)]
    return dataclasses.replace(
        no_invoice("UBL 2.1", data),
        kind="credit_note" if is_credit else "invoice",
        type_code=code,
        number=root.value("ID"),
        issue_date=root.date("IssueDate"),
        seller=_party(root.one("AccountingSupplierParty/Party")),
        buyer=_party(root.one("AccountingCustomerParty/Party")),
        currency=currency,
        lines=tuple(_line(n) for n in root.all("InvoiceLine|CreditNoteLine")),
        tax_subtotals=tuple(_subtotal(s) for n in tax_totals for s in n.all("TaxSubtotal")),
        totals=_totals(root.one("LegalMonetaryTotal"), tax_totals),
        preceding=tuple(
            n.text for n in root.all("BillingReference/InvoiceDocumentReference/ID") if n.text
        ),
        profile=root.value("CustomizationID"),
        allowances=tuple(_allowance(n) for n in root.all("AllowanceCharge")),
        findings=currency_findings(root, currency, *_AMOUNTS),
    )


def _party(node: Node | None) -> Party:
    if node is None:
        return Party()
    vat = ""
    for scheme in node.all("PartyTaxScheme"):
        if scheme.value("TaxScheme/ID") == "VAT" and not vat:
            vat = scheme.value("CompanyID")
    return Party(
        name=node.value("PartyLegalEntity/RegistrationName") or node.value("PartyName/Name"),
        tax_id=vat,
        legal_id=node.value("PartyLegalEntity/CompanyID"),
        country=node.value("PostalAddress/Country/IdentificationCode"),
        has_address=node.one("PostalAddress") is not None,
    )


def _line(node: Node) -> Line:
    quantity = node.one("InvoicedQuantity|CreditedQuantity")
    return Line(
        number=node.value("ID"),
        name=node.value("Item/Name"),
        quantity=None if quantity is None else decimal_of(quantity.text, "line quantity"),
        unit="" if quantity is None else quantity.attributes.get("unitCode", ""),
        price=node.decimal("Price/PriceAmount"),
        price_base=node.decimal("Price/BaseQuantity") or Decimal(1),
        net=node.decimal("LineExtensionAmount"),
        allowances=_sum_line_allowances(node),
        tax_category=node.value("Item/ClassifiedTaxCategory/ID"),
        tax_rate=node.decimal("Item/ClassifiedTaxCategory/Percent"),
        tax=None,
    )


def _sum_line_allowances(node: Node) -> Decimal:
    total = Decimal(0)
    for allowance in node.all("AllowanceCharge"):
        read = _allowance(allowance)
        total += read.sign * (read.amount or Decimal(0))
    return total


def _allowance(node: Node) -> AllowanceCharge:
    return AllowanceCharge(
        sign=1 if node.value("ChargeIndicator") in {"true", "1"} else -1,
        amount=node.decimal("Amount"),
        category=node.value("TaxCategory/ID"),
        rate=node.decimal("TaxCategory/Percent"),
    )


def _subtotal(node: Node) -> TaxSubtotal:
    category = "TaxCategory/TaxExemptionReason|TaxExemptionReasonCode"
    return TaxSubtotal(
        category=node.value("TaxCategory/ID"),
        rate=node.decimal("TaxCategory/Percent"),
        taxable=node.decimal("TaxableAmount"),
        tax=node.decimal("TaxAmount"),
        has_reason=any(n.text for n in node.all(category)),
    )


def _totals(node: Node | None, tax_totals: list[Node]) -> Totals:
    """Read the sums; UBL has the total VAT amount (BT-110) in TaxTotal."""
    tax = tax_totals[0].decimal("TaxAmount") if tax_totals else None
    if node is None:
        return Totals(tax_total=tax)
    return Totals(
        line_total=node.decimal("LineExtensionAmount"),
        allowance_total=node.decimal("AllowanceTotalAmount"),
        charge_total=node.decimal("ChargeTotalAmount"),
        tax_exclusive=node.decimal("TaxExclusiveAmount"),
        tax_total=tax,
        tax_inclusive=node.decimal("TaxInclusiveAmount"),
        prepaid=node.decimal("PrepaidAmount"),
        rounding=node.decimal("PayableRoundingAmount"),
        payable=node.decimal("PayableAmount"),
    )


def _currency(node: Node, path: str, currency: str) -> bool:
    """Ask whether an amount is in the document's currency; the other is for the tax accounts."""
    amount = node.one(path)
    return amount is None or amount.attributes.get("currencyID", currency) == currency
