"""Public money: from a line of the budget to the asset, each payment resting on what it pays for.

Law: Budget Law and its Regulation; Government Investment Regulation; SME Payment Regulation 2025;
Migrant Workers' Wages Regulation. Not here: procurement (its contracts arrive as commitments),
invoices (read and claimed in their own service), accounting beyond the voucher's commitment.
"""

from tongjian.services.treasury.records import service

__all__ = ["service"]
