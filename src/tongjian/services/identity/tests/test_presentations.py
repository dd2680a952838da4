"""Presentations: decided once, by whom they were made for, within their time (IDN-I3)."""

from typing import Any

from identity_town import HOUSING, REGISTRY, Kernel, Refusal, Town, digest

from tongjian.core.values import time_ms, uscc
from tongjian.services.identity.acts_presentations import RecordPresentation
from tongjian.services.identity.records import PRESENTATIONS

WINDOW_MS = 600_000
NONCE = digest("nonce of the housing desk")


def shown(town: Town, **changes: Any) -> RecordPresentation:
    fields: dict[str, Any] = {
        "nonce": NONCE,
        "audience": uscc(HOUSING),
        "issued_ms": time_ms(town.world.now_ms),
        "accepted": True,
        "assurance": 2,
    }
    return RecordPresentation(**(fields | changes))


def test_a_presentation_counts_once_at_one_desk() -> None:
    town = Town()
    town.no(Kernel.NOT_PERMITTED, "other desk", shown(town))
    town.ok("desk", shown(town))
    town.no(Refusal.PRESENTATION_USED, "desk", shown(town))
    elsewhere = shown(town, audience=uscc(REGISTRY))
    vector = "refuses_presentation_used_at_another_desk"
    town.no(Refusal.PRESENTATION_USED, "other desk", elsewhere, vector=vector)


def test_a_presentation_out_of_time_is_refused_before_and_after_it_is_forgotten() -> None:
    town = Town()
    act = shown(town)
    early = shown(town, issued_ms=time_ms(town.world.now_ms + 1))
    town.no(Refusal.PRESENTATION_LATE, "desk", early, vector="refuses_presentation_early")
    town.ok("desk", act)
    town.world.wait(WINDOW_MS - 1)
    town.no(Refusal.PRESENTATION_USED, "desk", act)
    town.world.wait(1)
    assert town.world.row(PRESENTATIONS, NONCE) is None
    town.no(Refusal.PRESENTATION_LATE, "desk", act)
