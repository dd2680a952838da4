"""Identifiers of courts as the ledger writes them: ASCII, one form for each case number.

A case number 案号 has Chinese characters, which the ledger does not hold; `exchange.case_key`
turns one into this form, and no two into the same.
"""

from typing import Annotated

from msgspec import Meta

CaseKey = Annotated[
    str,
    Meta(
        pattern=r"^[0-9]{4}-[0-9]{2,6}-[a-z]{1,16}-[1-9][0-9]{0,7}$(?!\n)",
        max_length=40,
        description="Case number 案号: year, court, kind, sequence, as 2026-990192-minchu-123.",
    ),
]
