"""Flags that show only when many processes are compared: outliers among their like."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from fractions import Fraction
from math import ceil
from typing import Final

from tongjian.connectors.jsonfields import ids, member, objects, text
from tongjian.connectors.ocds.flags.bids import (
    active_awards,
    only_supplier,
    price_of,
    submitted,
    tenderers_of,
    valid_by_one,
)
from tongjian.connectors.ocds.flags.fences import lower_fence, quantile, upper_fence
from tongjian.connectors.ocds.flags.finding import Figures, Group, RedFlag, Settings
from tongjian.connectors.strictjson import Json

_ONE: Final = Fraction(1)


class PriceGaps:
    """R024 and R058: how far the second lowest bid lies above the winning one."""

    def __init__(self) -> None:
        """Begin with no process."""
        self._gaps: dict[str, tuple[Fraction, str, str]] = {}

    def take(self, ocid: str, release: Json, settings: Settings) -> None:
        """Look at one process."""
        if text(release, "tender", "procurementMethodDetails") in settings.priceless_details:
            return
        supplier = only_supplier(release)
        own: list[Fraction] = []
        others: list[tuple[Fraction, str]] = []
        for tenderer, bid in valid_by_one(release) if supplier else ():
            price = price_of(bid)
            if price is None or price[1] != settings.currency:
                continue
            if tenderer == supplier:
                own.append(price[0])
            else:
                others.append((price[0], tenderer))
        if own and others and 0 < min(own) <= min(others)[0]:
            second, runner_up = min(others)
            self._gaps[ocid] = (second - min(own)) / min(own), supplier, runner_up

    def findings(self, settings: Settings) -> Iterator[RedFlag]:
        """Yield what is far off, when all processes were looked at."""
        if not self._gaps:
            return
        gaps = [gap for gap, _, _ in self._gaps.values()]
        close = settings.close_price_max
        close = lower_fence(gaps) if close is None else close
        wide = settings.discount_min
        wide = upper_fence(gaps) if wide is None else wide
        for ocid, (gap, supplier, runner_up) in self._gaps.items():
            if gap <= close:
                both = tuple(sorted((supplier, runner_up)))
                figures: Figures = {"fence": close, "compared": len(gaps)}
                yield RedFlag("R024", "OCID", ocid, gap, both, figures)
            # Where most processes have no gap at all, the fence is zero and says nothing.
            if gap >= wide > 0:
                figures = {"fence": wide, "compared": len(gaps)}
                yield RedFlag("R058", "OCID", ocid, gap, (supplier,), figures)


class Losses:
    """R025: who bids often and hardly ever wins."""

    def __init__(self) -> None:
        """Begin with no process."""
        self._won: dict[str, int] = defaultdict(int)
        self._bid: dict[str, int] = defaultdict(int)

    def take(self, ocid: str, release: Json, settings: Settings) -> None:
        """Look at one process; a tenderer counts once in it."""
        del ocid, settings
        supplier = only_supplier(release)
        for tenderer in {tenderer for tenderer, _ in valid_by_one(release)} if supplier else ():
            self._bid[tenderer] += 1
            self._won[tenderer] += tenderer == supplier

    def findings(self, settings: Settings) -> Iterator[RedFlag]:
        """Yield what is far off, when all processes were looked at."""
        if not self._bid:
            return
        shares = {one: Fraction(self._won[one], count) for one, count in self._bid.items()}
        often = quantile(
            sorted(map(Fraction, self._bid.values())), Fraction(settings.frequent_percentile, 100)
        )
        fence = settings.success_max
        fence = lower_fence(shares.values()) if fence is None else fence
        for one, share in shares.items():
            if self._bid[one] >= often and share <= fence and share < 1:
                figures: Figures = {
                    "won": self._won[one],
                    "bids": self._bid[one],
                    "fence": fence,
                    "compared": len(shares),
                }
                yield RedFlag("R025", "Tenderer", one, share, figures=figures)


class Disqualified:
    """R038: who disqualifies, or is disqualified, more than others."""

    def __init__(self) -> None:
        """Begin with no process."""
        self._counts: dict[Group, dict[str, tuple[int, int]]] = {
            "Buyer": {},
            "ProcuringEntity": {},
            "Tenderer": {},
        }

    def take(self, ocid: str, release: Json, settings: Settings) -> None:
        """Look at one process."""
        del ocid, settings
        bids = list(submitted(release))
        out = sum(text(bid, "status") == "disqualified" for bid in bids)
        if not bids:
            return
        self._add("Buyer", text(release, "buyer", "id"), out, len(bids))
        entity = text(member(release, "tender", "procuringEntity"), "id")
        self._add("ProcuringEntity", entity, out, len(bids))
        for bid in bids:
            for tenderer in tenderers_of(bid):
                self._add("Tenderer", tenderer, text(bid, "status") == "disqualified", 1)

    def _add(self, group: Group, key: str, out: int, bids: int) -> None:
        if key:
            before = self._counts[group].get(key, (0, 0))
            self._counts[group][key] = before[0] + out, before[1] + bids

    def findings(self, settings: Settings) -> Iterator[RedFlag]:
        """Yield what is far off, when all processes were looked at."""
        for group, counts in self._counts.items():
            shares = {
                key: Fraction(out, bids)
                for key, (out, bids) in counts.items()
                if bids >= settings.submitted_bids_min
            }
            if not shares:
                continue
            fence = settings.disqualified_min
            fence = upper_fence(shares.values()) if fence is None else fence
            for key, share in shares.items():
                if share >= fence and share > 0:
                    out, bids = counts[key]
                    figures: Figures = {
                        "disqualified": out,
                        "bids": bids,
                        "fence": fence,
                        "compared": len(shares),
                    }
                    yield RedFlag("R038", group, key, share, figures=figures)


class Variety:
    """R048: who supplies too many kinds of things to know them all."""

    def __init__(self) -> None:
        """Begin with no process."""
        self._kinds: dict[str, set[str]] = defaultdict(set)
        self._processes: dict[str, int] = defaultdict(int)

    def take(self, ocid: str, release: Json, settings: Settings) -> None:
        """Look at one process; awards to several suppliers do not say who supplies what."""
        del ocid
        supplied: set[str] = set()
        for award in active_awards(release):
            suppliers = ids(award, "suppliers")
            kinds = {
                code[: settings.classification_digits]
                for item in objects(award, "items")
                if (code := text(item, "classification", "id"))
            }
            if len(suppliers) == 1 and kinds:
                self._kinds[suppliers[0]] |= kinds
                supplied.add(suppliers[0])
        for supplier in supplied:
            self._processes[supplier] += 1

    def findings(self, settings: Settings) -> Iterator[RedFlag]:
        """Yield what is far off, when all processes were looked at."""
        enough = settings.supplied_processes_min
        varieties: Mapping[str, Fraction] = {
            one: Fraction(len(kinds))
            for one, kinds in self._kinds.items()
            if self._processes[one] >= enough
        }
        if not varieties:
            return
        fence = settings.variety_min
        fence = ceil(upper_fence(varieties.values())) if fence is None else fence
        for one, variety in varieties.items():
            if variety >= fence and variety > 1:
                figures: Figures = {
                    "kinds": int(variety),
                    "fence": fence,
                    "processes": self._processes[one],
                    "compared": len(varieties),
                }
                yield RedFlag("R048", "Tenderer", one, variety, figures=figures)


Comparison = PriceGaps | Losses | Disqualified | Variety
COMPARISONS: Final[tuple[tuple[tuple[str, ...], type[Comparison]], ...]] = (
    (("R024", "R058"), PriceGaps),
    (("R025",), Losses),
    (("R038",), Disqualified),
    (("R048",), Variety),
)
"""Which comparison finds which flags."""
