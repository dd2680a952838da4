"""Public purchases: planned, tendered in sealed bids that no one can read early, scored, awarded.

Law: Government Procurement Law and its Regulation, Tendering Law, Auction Law. Not here: documents,
names of persons, technical files (salted commitments stand for them), acceptance and payment.
"""

from tongjian.services.procurement.records import service

__all__ = ["service"]
