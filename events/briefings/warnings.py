"""What a briefing warns of, each by a rule with numbers.  Pure: no Django."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from events.counting.share import Counts

SURGE = {"day": 5, "week": 10, "month": 30}
"""So many reports of an entry at least, for a surge to be one."""
SURGE_FACTOR = 2.0
FEWEST_DUE = 20
OVERDUE_SHARE = 0.10
REWORK_SHARE = 0.10
MANY_TIMES = 5
SURE_HEAT = 3
MOST_NAMED = 5
"""So many places are warned of; the table has them all."""


def warnings(kind: str, figures: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Each a rule's name and the numbers that its sentence tells."""
    return [
        *_urgent(figures["overdue"]),
        *_shares(Counts.of_json(figures["counts"])),
        *_surges(kind, figures["categories"]),
        *_heat(figures["hot"]),
        *_places(figures["repeated"]),
    ]


def _surges(kind: str, categories: Sequence[Mapping[str, Any]]) -> Iterator[dict[str, Any]]:
    for one in categories:
        now, last = one["counts"]["reported"], one["last"]["reported"]
        if now >= SURGE[kind] and now >= SURGE_FACTOR * last:
            yield {"rule": "surge", "name": one["name"], "now": now, "last": last}


def _shares(counts: Counts) -> Iterator[dict[str, Any]]:
    if counts.due < FEWEST_DUE:
        return
    if counts.overdue > OVERDUE_SHARE * counts.due:
        yield {"rule": "overdue", "part": counts.overdue, "whole": counts.due}
    if counts.reworked > REWORK_SHARE * counts.due:
        yield {"rule": "rework", "part": counts.reworked, "whole": counts.due}


def _urgent(overdue: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    if overdue["urgent"]:
        yield {"rule": "urgent", "now": overdue["urgent"]}


def _places(repeated: Sequence[Mapping[str, Any]]) -> Iterator[dict[str, Any]]:
    for one in repeated[:MOST_NAMED]:
        if one["times"] >= MANY_TIMES:
            name = one["category"]
            yield {"rule": "repeated", "name": name, "place": one["address"], "now": one["times"]}


def _heat(hot: Sequence[Mapping[str, Any]]) -> Iterator[dict[str, Any]]:
    """All together: what is hot is hot with its neighbours."""
    sure = [one for one in hot if one["heat"] == SURE_HEAT]
    if sure:
        yield {"rule": "hot", "name": sure[0]["name"], "now": len(sure)}
