"""UN/CEFACT Cross Industry Invoice D16B (CEN/TS 16931-3-3), as Factur-X and ZUGFeRD use it.

Also its forerunner, the CrossIndustryDocument of ZUGFeRD 1.0 (2014), whose elements have other
names in the same places; and Order-X, which is recognised and reported as an order.
"""

import dataclasses
from decimal import Decimal
from typing import Final

from tongjian.connectors.einvoice.document import (
    AllowanceCharge,
    Document,
    Finding,
    Line,
    Party,
    TaxSubtotal,
    Totals,
    date_of,
    decimal_of,
    no_invoice,
)
from tongjian.connectors.einvoice.en16931 import CREDIT_NOTE_CODES, currency_findings
from tongjian.connectors.einvoice.safexml import Node

CII: Final = "urn:un:unece:uncefact:data:standard:CrossIndustryInvoice:100"
ZUGFERD_1: Final = "urn:ferd:CrossIndustryDocument:invoice:1p0"
ORDER_X: Final = "urn:un:unece:uncefact:data:SCRDMCCBDACIOMessageStructure:100"

_RAM: Final = "urn:un:unece:uncefact:data:standard:ReusableAggregateBusinessInformationEntity:"
_UDT: Final = "urn:un:unece:uncefact:data:standard:UnqualifiedDataType:"
_QDT: Final = "urn:un:unece:uncefact:data:standard:QualifiedDataType:"
_NAMESPACES: Final = frozenset(
    {CII, ZUGFERD_1, ORDER_X}
    | {prefix + version for prefix in (_RAM, _UDT, _QDT) for version in ("100", "128", "12", "15")}
)

_GUIDELINE: Final = "GuidelineSpecifiedDocumentContextParameter/ID"
_CONTEXT: Final = "ExchangedDocumentContext|SpecifiedExchangedDocumentContext"
_HEADER: Final = "ExchangedDocument|HeaderExchangedDocument"
_TRADE: Final = "SupplyChainTradeTransaction|SpecifiedSupplyChainTradeTransaction"
_AGREEMENT: Final = "ApplicableHeaderTradeAgreement|ApplicableSupplyChainTradeAgreement"
_SETTLEMENT: Final = "ApplicableHeaderTradeSettlement|ApplicableSupplyChainTradeSettlement"
_SUMS: Final = (
    "SpecifiedTradeSettlementHeaderMonetarySummation|SpecifiedTradeSettlementMonetarySummation"
)
_LINE_AGREEMENT: Final = "SpecifiedLineTradeAgreement|SpecifiedSupplyChainTradeAgreement"
_LINE_DELIVERY: Final = "SpecifiedLineTradeDelivery|SpecifiedSupplyChainTradeDelivery"
_LINE_SETTLEMENT: Final = "SpecifiedLineTradeSettlement|SpecifiedSupplyChainTradeSettlement"
_LINE_SUMS: Final = (
    "SpecifiedTradeSettlementLineMonetarySummation|SpecifiedTradeSettlementMonetarySummation"
)
_PERCENT: Final = "RateApplicablePercent|ApplicablePercent"

_AMOUNTS: Final = (
    f"IncludedSupplyChainTradeLineItem/{_LINE_SETTLEMENT}/{_LINE_SUMS}/LineTotalAmount",
    f"{_SETTLEMENT}/{_SUMS}/LineTotalAmount|TaxBasisTotalAmount|GrandTotalAmount|DuePayableAmount",
)

_EMPTY: Final = Node("", "", {})


def read_cii(root: Node, data: bytes) -> Document:
    """Read a CrossIndustryInvoice or CrossIndustryDocument; `data` is what was received.

    Raises `Unreadable` where a number, a date or the structure is broken; rules are checked later.
    """
    root = root.within(_NAMESPACES)
    header = root.one(_HEADER) or _EMPTY
    trade = root.one(_TRADE) or _EMPTY
    agreement = trade.one(_AGREEMENT) or _EMPTY
    settlement = trade.one(_SETTLEMENT) or _EMPTY
    code = header.value("TypeCode")
    currency = settlement.value("InvoiceCurrencyCode")
    return dataclasses.replace(
        no_invoice("CII D16B" if root.namespace == CII else "ZUGFeRD 1.0", data),
        kind="credit_note" if code in CREDIT_NOTE_CODES else "invoice",
        type_code=code,
        number=header.value("ID"),
        issue_date=date_of(header.value("IssueDateTime/DateTimeString"), "IssueDateTime"),
        seller=_party(agreement.one("SellerTradeParty")),
        buyer=_party(agreement.one("BuyerTradeParty")),
        currency=currency,
        lines=tuple(_line(n) for n in trade.all("IncludedSupplyChainTradeLineItem")),
        tax_subtotals=tuple(_subtotal(n) for n in settlement.all("ApplicableTradeTax")),
        totals=_totals(settlement.one(_SUMS) or _EMPTY, currency),
        preceding=tuple(
            n.text
            for n in settlement.all("InvoiceReferencedDocument/IssuerAssignedID|ID")
            if n.text
        ),
        profile=root.value(f"{_CONTEXT}/{_GUIDELINE}"),
        allowances=_allowances(settlement, is_signed=root.namespace == ZUGFERD_1),
        findings=(
            *_test_flag(root),
            *currency_findings(trade, currency, *_AMOUNTS),
        ),
    )


def read_order(root: Node, data: bytes) -> Document:
    """Report an Order-X message as an order, with its number and parties; it is no invoice."""
    root = root.within(_NAMESPACES)
    header = root.one("ExchangedDocument") or _EMPTY
    agreement = root.one(f"SupplyChainTradeTransaction/{_AGREEMENT}") or _EMPTY
    return dataclasses.replace(
        no_invoice("Order-X", data, kind="order"),
        type_code=header.value("TypeCode"),
        number=header.value("ID"),
        issue_date=date_of(header.value("IssueDateTime/DateTimeString"), "IssueDateTime"),
        seller=_party(agreement.one("SellerTradeParty")),
        buyer=_party(agreement.one("BuyerTradeParty")),
        profile=root.value(f"ExchangedDocumentContext/{_GUIDELINE}"),
        findings=(
            Finding("ORDER-X", "note", "This is an order, not an invoice; nothing is recorded."),
        ),
    )


def _party(node: Node | None) -> Party:
    if node is None:
        return Party()
    numbers = {"VA": "", "FC": ""}
    for entry in node.all("SpecifiedTaxRegistration/ID"):
        scheme = entry.attributes.get("schemeID", "VA")
        if not numbers.get(scheme):
            numbers[scheme] = entry.text
    return Party(
        name=node.value("Name"),
        tax_id=numbers["VA"],
        legal_id=node.value("SpecifiedLegalOrganization/ID") or numbers["FC"],
        country=node.value("PostalTradeAddress/CountryID"),
        has_address=node.one("PostalTradeAddress") is not None,
    )


def _line(node: Node) -> Line:
    document = node.one("AssociatedDocumentLineDocument") or _EMPTY
    price = node.one(f"{_LINE_AGREEMENT}/NetPriceProductTradePrice") or _EMPTY
    quantity = node.one(f"{_LINE_DELIVERY}/BilledQuantity") or _EMPTY
    settlement = node.one(_LINE_SETTLEMENT) or _EMPTY
    tax = settlement.one("ApplicableTradeTax") or _EMPTY
    allowances = _allowances(settlement, is_signed=False)
    net = settlement.decimal(f"{_LINE_SUMS}/LineTotalAmount")
    reason = document.value("LineStatusReasonCode")
    return Line(
        number=document.value("LineID"),
        name=node.value("SpecifiedTradeProduct/Name"),
        quantity=decimal_of(quantity.text, "BilledQuantity"),
        unit=quantity.attributes.get("unitCode", ""),
        price=price.decimal("ChargeAmount"),
        price_base=price.decimal("BasisQuantity") or Decimal(1),
        net=net,
        allowances=sum((a.sign * (a.amount or Decimal(0)) for a in allowances), Decimal(0)),
        tax_category=tax.value("CategoryCode"),
        tax_rate=tax.decimal(_PERCENT),
        tax=None,
        # ZUGFeRD 1.0 has lines of text without an amount; Factur-X extended marks its groups.
        is_counted=net is not None and reason not in {"GROUP", "INFORMATION"},
    )


def _allowances(settlement: Node, *, is_signed: bool) -> tuple[AllowanceCharge, ...]:
    """Read allowances, charges, and the logistics charges that ZUGFeRD keeps apart.

    ZUGFeRD 1.0 writes the amount of an allowance with a minus sign (`is_signed`).
    """
    found: list[AllowanceCharge] = []
    for node in settlement.all("SpecifiedTradeAllowanceCharge"):
        is_charge = node.value("ChargeIndicator/Indicator") in {"true", "1"}
        amount = node.decimal("ActualAmount")
        tax = node.one("CategoryTradeTax") or _EMPTY
        found.append(
            AllowanceCharge(
                sign=1 if is_charge else -1,
                amount=abs(amount) if is_signed and amount is not None else amount,
                category=tax.value("CategoryCode"),
                rate=tax.decimal(_PERCENT),
            )
        )
    for node in settlement.all("SpecifiedLogisticsServiceCharge"):
        tax = node.one("AppliedTradeTax") or _EMPTY
        found.append(
            AllowanceCharge(
                1,
                node.decimal("AppliedAmount"),
                tax.value("CategoryCode"),
                tax.decimal(_PERCENT),
            )
        )
    return tuple(found)


def _subtotal(node: Node) -> TaxSubtotal:
    return TaxSubtotal(
        category=node.value("CategoryCode"),
        rate=node.decimal(_PERCENT),
        taxable=node.decimal("BasisAmount"),
        tax=node.decimal("CalculatedAmount"),
        has_reason=any(n.text for n in node.all("ExemptionReason|ExemptionReasonCode")),
    )


def _totals(node: Node, currency: str) -> Totals:
    """Read the sums; a second tax total is in the currency of the tax accounts (BT-111)."""
    tax: Decimal | None = None
    for entry in node.all("TaxTotalAmount"):
        if entry.attributes.get("currencyID", currency) == currency and tax is None:
            tax = decimal_of(entry.text, "TaxTotalAmount")
    return Totals(
        line_total=node.decimal("LineTotalAmount"),
        allowance_total=node.decimal("AllowanceTotalAmount"),
        charge_total=node.decimal("ChargeTotalAmount"),
        tax_exclusive=node.decimal("TaxBasisTotalAmount"),
        tax_total=tax,
        tax_inclusive=node.decimal("GrandTotalAmount"),
        prepaid=node.decimal("TotalPrepaidAmount"),
        rounding=node.decimal("RoundingAmount"),
        payable=node.decimal("DuePayableAmount"),
    )


def _test_flag(root: Node) -> tuple[Finding, ...]:
    if root.value(f"{_CONTEXT}/TestIndicator/Indicator") not in {"true", "1"}:
        return ()
    message = "The document says of itself that it is a test."
    return (Finding("CII-TEST", "flag", message),)
