"""What an application asks for: one record for each kind of registration 登记类型.

Nothing in a demand dates anything: an entry has effect from the block that holds it (art. 214).
"""

from typing import Literal

from tongjian.core.encoding import Record
from tongjian.core.values import Amount, Digest, Fen, Label, TimeMs, Uscc
from tongjian.services.land.values import (
    Attestations,
    Holders,
    MortgageKind,
    Shares,
    UnitCode,
    Units,
    Use,
)


class First(Record, tag="first"):
    """First registration 首次登记, of land or of buildings on registered land."""

    units: Units
    term_end_ms: TimeMs
    """When the right of use of the land ends; 0 where it has no end."""
    holders: Shares


class Transfer(Record, tag="transfer"):
    """Transfer 转移登记 from all registered holders to all future ones."""

    unit: UnitCode
    cause: Literal["sale", "gift", "inheritance", "exchange", "partition"]
    transferors: Holders
    transferees: Shares
    """Who holds the unit afterwards; someone who keeps a share stands here too."""
    price_fen: Fen
    attestations: Attestations
    """By notaries: of who disposes (high price, agents) or that the holder of a notice consents."""
    acknowledged: Digest | None
    """Salted commitment to the transferees' word that they know of the objection."""
    escrow: Label | None
    """The escrow of the treasury that holds the price; its release follows the entry."""


class Change(Record, tag="change"):
    """Change 变更登记 or correction 更正登记 of what is on record, title and burdens untouched."""

    unit: UnitCode
    cause: Literal["use", "term", "correction"]
    applicants: Holders
    use: Use
    term_end_ms: TimeMs


class Split(Record, tag="split"):
    """Split 分割 of a unit as a survey has planned; each part has the holders of the whole."""

    unit: UnitCode
    applicants: Holders
    successors: Units


class Merge(Record, tag="merge"):
    """Merger 合并 of units with the same holders, as a survey has planned."""

    units: Units
    applicants: Holders
    successor: UnitCode


class Mortgage(Record, tag="mortgage"):
    """Mortgage 抵押登记, applied for by holders and mortgagee together."""

    unit: UnitCode
    kind: MortgageKind
    applicants: Holders
    mortgagee: Uscc
    amount_fen: Amount
    transfer_ban: bool
    """The parties have agreed that the unit may not be transferred (art. 406)."""
    attestations: Attestations


class Notice(Record, tag="notice"):
    """Advance notice 预告登记: no disposal without the consent of its holder (art. 221)."""

    unit: UnitCode
    applicants: Holders
    holder: Digest
    """Who will get the unit, or lend on it."""
    mortgagee: Uscc | None
    """The lender, where the notice secures a mortgage that is to come."""
    attestations: Attestations


class Objection(Record, tag="objection"):
    """Objection 异议登记 by someone who holds that the book is wrong (art. 220)."""

    unit: UnitCode
    objector: Digest


class Deletion(Record, tag="deletion"):
    """Deletion 注销登记 of a unit that is lost, given up or taken for the public."""

    unit: UnitCode
    cause: Literal["loss", "waiver", "expropriation"]
    applicants: Holders


Demand = First | Transfer | Change | Split | Merge | Mortgage | Notice | Objection | Deletion
