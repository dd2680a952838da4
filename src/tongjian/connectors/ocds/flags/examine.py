"""All flags over many processes: each is looked at once, outliers are told at the end."""

import dataclasses
from collections import defaultdict
from collections.abc import Iterable, Mapping
from fractions import Fraction
from typing import Final

from tongjian.connectors.jsonfields import text
from tongjian.connectors.ocds.flags.across import COMPARISONS
from tongjian.connectors.ocds.flags.bids import price_of, submitted
from tongjian.connectors.ocds.flags.finding import RedFlag, Settings
from tongjian.connectors.ocds.flags.single import RULES
from tongjian.connectors.strictjson import Json

_VALUE_OF_TENDERERS: Final = {"R028": Fraction(1), "R044": Fraction(1)}
"""What the reference writes beside those whom a flag concerns: 1, and 0 for all other flags."""


class Examiner:
    """Takes compiled releases one by one, and keeps of each only what comparisons need."""

    def __init__(self, settings: Settings | None = None) -> None:
        """Begin with no process."""
        self._settings = settings or Settings()
        asked = self._settings.codes
        self._rules = {code: rule for code, rule in RULES.items() if code in asked}
        self._comparisons = [
            kind() for codes, kind in COMPARISONS if any(code in asked for code in codes)
        ]
        self._found: list[RedFlag] = []
        self.examined = self.left_out = 0

    def take(self, release: Json) -> None:
        """Look at the compiled release of one process; each process is to be given once.

        Left out are cancelled tenders, and what the settings leave out.
        """
        ocid = text(release, "ocid")
        details = text(release, "tender", "procurementMethodDetails")
        is_cancelled = text(release, "tender", "status") == "cancelled"
        if not ocid or is_cancelled or (details and details in self._settings.excluded_details):
            self.left_out += 1
            return
        self.examined += 1
        self._settle_currency(release)
        for rule in self._rules.values():
            self._found += rule(ocid, release, self._settings)
        for comparison in self._comparisons:
            comparison.take(ocid, release, self._settings)

    def findings(self) -> list[RedFlag]:
        """Return what was found, by flag and subject."""
        compared = [flag for one in self._comparisons for flag in one.findings(self._settings)]
        asked = [flag for flag in (*self._found, *compared) if flag.code in self._settings.codes]
        return sorted(asked, key=lambda flag: (flag.code, flag.group, flag.subject))

    def _settle_currency(self, release: Json) -> None:
        if not self._settings.currency:
            prices = (price for bid in submitted(release) if (price := price_of(bid)) is not None)
            _, currency = next(prices, (None, ""))
            self._settings = dataclasses.replace(self._settings, currency=currency)


def table_of(flags: Iterable[RedFlag]) -> Mapping[str, Mapping[str, Mapping[str, Fraction]]]:
    """Return findings as the catalogue's reference writes them: group, subject, flag, value."""
    table: dict[str, dict[str, dict[str, Fraction]]] = defaultdict(lambda: defaultdict(dict))
    for flag in flags:
        table[flag.group][flag.subject][flag.code] = flag.value
        for tenderer in flag.tenderers if flag.code != "R036" else ():
            value = _VALUE_OF_TENDERERS.get(flag.code, Fraction(0))
            table["Tenderer"][tenderer][flag.code] = value
    return table
