"""The history of plans and tenders of the ledger as releases: one at each step that shows.

A release says everything that is known at its moment, so that the last one of a process is what
its releases compile to. It is dated by its block, and its id names the height, so that anybody can
ask the ledger for a receipt.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from tongjian.connectors.exporting import Source
from tongjian.connectors.jsonfields import member, objects, text
from tongjian.connectors.ocds.stages import (
    award_id,
    moment_text,
    plan_body,
    reference,
    tender_body,
    value_of,
)
from tongjian.connectors.ocds.timeline import Book, Standing
from tongjian.connectors.strictjson import Json
from tongjian.services.procurement.records import PLANS, TENDERS

LANGUAGE: Final = "zh"
_ENDED: Final = frozenset({"cancelled", "unsuccessful"})


def plan_releases(source: Source, prefix: str) -> Iterator[list[Json]]:
    """Yield for each plan its releases, oldest first; a plan is a process that tenders follow."""
    for (number,), _ in source.rows(PLANS):
        releases: list[Json] = []
        for version in source.versions(PLANS, number):
            if version.row is None:
                continue
            body = plan_body(number, version.row)
            if not releases or body != _body_of(releases[-1]):
                tag = "planningUpdate" if releases else "planning"
                ocid = plan_ocid(prefix, number)
                releases.append(_release(ocid, version.height, version.time_ms, [tag], body))
        if releases:
            yield releases


def tender_releases(source: Source, prefix: str) -> Iterator[list[Json]]:
    """Yield for each tender its releases, oldest first; sales and unpublished ones have none."""
    book = Book(source)
    earlier: dict[str, list[str]] = {}
    for (number,), row in source.rows(TENDERS):
        if row.plan is not None:
            earlier.setdefault(row.plan, []).append(number)
    for (number,), row in source.rows(TENDERS):
        if row.method != "sale" and row.published_ms:
            related = _related(prefix, row.plan, number, earlier)
            releases = list(_tender_releases(book, tender_ocid(prefix, number), number, related))
            if releases:
                yield releases


def plan_ocid(prefix: str, number: str) -> str:
    """Return the id of the process of a plan."""
    return f"{prefix}-plan-{number}"


def tender_ocid(prefix: str, number: str) -> str:
    """Return the id of the process of a tender."""
    return f"{prefix}-tender-{number}"


@dataclass
class _Awards:
    """The awards made so far: one that was taken back stays, as cancelled."""

    made: dict[str, Json]

    def look(self, now: Standing) -> None:
        winner = now.tender.winner
        for supplier, award in self.made.items():
            award["status"] = "active" if supplier == winner else "cancelled"
        if winner is not None and winner not in self.made:
            self.made[winner] = {
                "id": award_id(winner),
                "status": "active",
                "date": moment_text(now.time_ms),
                "value": value_of(now.tender.price_fen),
                "suppliers": [reference(winner)],
            }

    def copied(self) -> Mapping[str, Json]:
        return {supplier: dict(award) for supplier, award in self.made.items()}


def _tender_releases(book: Book, ocid: str, number: str, related: list[Json]) -> Iterator[Json]:
    awards, before = _Awards({}), Json()
    for now in book.history(number):
        if not now.tender.published_ms or now.tender.status == "prepared":
            continue
        awards.look(now)
        body = tender_body(now, awards.copied())
        if related:
            body["relatedProcesses"] = related
        if body != before:
            yield _release(ocid, now.height, now.time_ms, _tags(before, body), body)
            before = body


def _release(ocid: str, height: int, time_ms: int, tags: list[str], body: Json) -> Json:
    return {
        "ocid": ocid,
        "id": f"{ocid}-{height}",
        "date": moment_text(time_ms),
        "tag": tags,
        "initiationType": "tender",
        "language": LANGUAGE,
        **body,
    }


def _body_of(release: Json) -> Json:
    own = {"ocid", "id", "date", "tag", "initiationType", "language"}
    return {name: value for name, value in release.items() if name not in own}


def _related(
    prefix: str, plan: str | None, number: str, tenders: Mapping[str, list[str]]
) -> list[Json]:
    if plan is None:
        return []
    related = [("planning", plan_ocid(prefix, plan))]
    related += [
        ("unsuccessfulProcess", tender_ocid(prefix, one)) for one in tenders[plan] if one < number
    ]
    return [
        {"id": str(place), "relationship": [kind], "scheme": "ocid", "identifier": ocid}
        for place, (kind, ocid) in enumerate(related, 1)
    ]


def _tags(before: Json, after: Json) -> list[str]:
    """Return what kind of step lies between two states of a process."""
    if not before:
        return ["tender"]
    steps = (
        (_award_tag(before, after), _changed(before, after, "awards")),
        (_contract_tag(before, after), _changed(before, after, "contracts")),
    )
    tags = [tag for tag, is_changed in steps if is_changed and tag]
    return tags or [_tender_tag(before, after)]


def _changed(before: Json, after: Json, name: str) -> bool:
    return bool(before.get(name) != after.get(name))


def _award_tag(before: Json, after: Json) -> str:
    known = {text(award, "id") for award in objects(before, "awards")}
    if any(text(award, "id") not in known for award in objects(after, "awards")):
        return "award"
    now = {text(award, "id"): text(award, "status") for award in objects(after, "awards")}
    gone = any(
        text(award, "status") == "active" and now.get(text(award, "id")) == "cancelled"
        for award in objects(before, "awards")
    )
    return "awardCancellation" if gone else "awardUpdate"


def _contract_tag(before: Json, after: Json) -> str:
    old: dict[str, Any] = {text(one, "id"): one for one in objects(before, "contracts")}
    new = list(objects(after, "contracts"))
    if any(text(one, "id") not in old for one in new):
        return "contract"
    if any(one.get("amendments") != old[text(one, "id")].get("amendments") for one in new):
        return "contractAmendment"
    was_paid = any("implementation" in one for one in old.values())
    return "implementationUpdate" if was_paid else "implementation"


def _tender_tag(before: Json, after: Json) -> str:
    status, was = (text(one, "tender", "status") for one in (after, before))
    if status in _ENDED and was not in _ENDED:
        return "tenderCancellation"
    amended = member(before, "tender", "amendments") != member(after, "tender", "amendments")
    return "tenderAmendment" if amended else "tenderUpdate"
