"""Releases of one process merged: compiled as it stands, or versioned with its whole history.

The merge itself is `ocdsmerge`, the reference implementation (extra `ocds`), with the rules of
OCDS 1.1.5 from `standard.toml`, so that it asks no network. Before it, this module sees to what
the reference leaves undefined: the order of releases by moment rather than by text, ids that are
no ids, and a list in one release that is an object in another.
"""

import datetime as dt
import warnings
from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any, Final, Literal

from tongjian.connectors.jsonfields import is_list, is_object, moment, text
from tongjian.connectors.ocds.standard import standard
from tongjian.connectors.strictjson import Json

MERGING: Final = "OCDS 1.1.5, merging"
_ID_OF_OBJECTS: Final = str | int


class NotMerged(Exception):
    """Releases that cannot be merged: why, by which rule, what to do."""

    def __init__(
        self, why: str, next_step: str = "Ask the publisher for corrected releases."
    ) -> None:
        """Say why."""
        super().__init__(why)
        self.why = why
        self.rule = MERGING
        self.next_step = next_step


def compile_releases(releases: Sequence[Json]) -> Json:
    """Return the compiled release of one process; raises `NotMerged`.

    The releases may come in any order. A field that is null in the latest release is gone.
    """
    return _merge(releases, "CompiledRelease")


def version_releases(releases: Sequence[Json]) -> Json:
    """Return the versioned release: of each field, every value; raises `NotMerged`."""
    return _merge(releases, "VersionedRelease")


def _merge(releases: Sequence[Json], kind: Literal["CompiledRelease", "VersionedRelease"]) -> Json:
    library = _library()
    merged = getattr(library, kind)(merge_rules=_rules())
    try:
        with warnings.catch_warnings():
            # Two objects of one id in one list: the last one holds, as the merging page says.
            warnings.simplefilter("ignore")
            for release in in_order(releases):
                merged.append(release)
            result: Json = merged.asdict()
    except Exception as error:
        if type(error).__module__ != "ocdsmerge.exceptions":
            raise
        raise NotMerged(str(error).rstrip(".")) from error
    return result


def in_order(releases: Iterable[Json]) -> list[Json]:
    """Return the releases of one process by their dates; raises `NotMerged`.

    Releases of one date keep the order in which they came.
    """
    dated: list[tuple[dt.datetime, Json]] = []
    for release in releases:
        when = moment(release, "date")
        if when is None:
            raise NotMerged(f"the release {text(release, 'id')!r} has no date and time")
        _require_ids(release, "")
        dated.append((when, release))
    ocids = {text(release, "ocid") for _, release in dated}
    if len(ocids) != 1 or "" in ocids:
        raise NotMerged("the releases are not of one process: their ocid differs")
    return [release for _, release in sorted(dated, key=lambda pair: pair[0])]


def _require_ids(value: Any, place: str) -> None:
    """Refuse what the merge by ids cannot take: an id that is neither text nor whole number."""
    if is_object(value):
        for name, inner in value.items():
            _require_ids(inner, f"{place}/{name}")
    elif is_list(value):
        for inner in value:
            if is_object(inner) and not _is_id(inner.get("id")):
                raise NotMerged(f"an id under {place} is neither a text nor a whole number")
            _require_ids(inner, place)


def _is_id(value: Any) -> bool:
    return value is None or (isinstance(value, _ID_OF_OBJECTS) and not isinstance(value, bool))


@cache
def _rules() -> dict[tuple[str, ...], str]:
    merge = standard()["merge"]
    named = (("omit_when_merged", "omitWhenMerged"), ("whole_list", "wholeListMerge"))
    return {tuple(path.split(".")): rule for name, rule in named for path in merge[name]}


def _library() -> Any:
    try:
        import ocdsmerge  # noqa: PLC0415 -- an extra: only who merges needs it
    except ImportError as error:
        raise NotMerged(
            "merging needs the package ocdsmerge, which is not installed",
            "Install tongjian[ocds], or give compiled releases.",
        ) from error
    return ocdsmerge
