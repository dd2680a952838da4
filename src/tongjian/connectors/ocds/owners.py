"""Who is behind the bidders of a process: related ones are told, by article 18 (PRO-I6)."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from tongjian.connectors.bods import Entity, Relation, read_ownership, relations
from tongjian.connectors.exporting import Remark
from tongjian.connectors.jsonfields import is_list, objects, text
from tongjian.connectors.strictjson import Json

LAW_EN: Final = "Regulation on the Government Procurement Law art. 18"
LAW_ZH: Final = "政府采购法实施条例第十八条"
_WORDS: Final = {
    "same_head": ("单位负责人为同一人", "one person heads both"),
    "control": ("存在直接控股关系", "one holds half of the other or controls it"),
    "management": ("存在管理关系", "one manages the other"),
    "same_manager": ("有同一名管理人员", "one person has a seat in both"),
    "holding": ("存在持股关系", "one holds less than half of the other"),
    "same_owner": ("有同一名所有人", "one person is behind both"),
}


class Owners:
    """Ownership statements of a file, asked about the bidders of one process after another."""

    def __init__(self, path: Path) -> None:
        """Read the statements; raises `OSError`."""
        with path.open("rb") as source:
            self._ownership = read_ownership(source)
        self._entities: dict[tuple[str, str], Entity] = {
            identifier: entity
            for entity in self._ownership.entities.values()
            for identifier in entity.identifiers
        }

    def remarks_on(self, release: Json) -> Iterator[Remark]:
        """Yield how bidders of a process are related; those without statements are not told."""
        bidders = {
            entity.record: text(party, "id")
            for party in objects(release, "parties")
            if _bids(party) and (entity := self._entity_of(party)) is not None
        }
        for relation in relations(self._ownership, bidders):
            yield _remark(relation, text(release, "ocid"), bidders)

    def _entity_of(self, party: Json) -> Entity | None:
        known = text(party, "identifier", "scheme"), text(party, "identifier", "id")
        return self._entities.get(known)


def _bids(party: Json) -> bool:
    roles = party.get("roles")
    return is_list(roles) and "tenderer" in roles


def _remark(relation: Relation, ocid: str, bidders: dict[str, str]) -> Remark:
    zh, en = _WORDS[relation.kind]
    one, other = bidders[relation.one], bidders[relation.other]
    may = "同一项目只能有一家投标" if relation.forbids else "供评审参考"
    only = "only one of the two may bid in a project" if relation.forbids else "a reason to look"
    return Remark(
        ocid,
        "PRO-I6",
        f"投标人 {one} 与 {other}{zh}，{may}（{LAW_ZH}）。",
        f"Bidders {one} and {other}: {en}; {only} ({LAW_EN}).",
        {
            "group": "OCID",
            "kind": relation.kind,
            "forbids": relation.forbids,
            "tenderers": [one, other],
            "by": relation.by,
        },
    )
