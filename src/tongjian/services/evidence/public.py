"""What another service may import: tables to read, nothing to write."""

from tongjian.services.evidence.identifiers import CaseKey
from tongjian.services.evidence.records import CASES, ITEMS, Case, Item, ItemId
from tongjian.services.evidence.records_orders import ORDERS, Order

__all__ = ["CASES", "ITEMS", "ORDERS", "Case", "CaseKey", "Item", "ItemId", "Order"]
