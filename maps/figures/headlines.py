"""The headline figures: how it stands now, beside yesterday and last week at the same time.

All of it is told from history (steps of events, spans of cameras, duties, parts of coverage), the
present too, so that the numbers of a row mean the same.  Where there is no history there is no
figure, and it is said why.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from typing import Any

from django.db.models import Min
from django.utils import timezone

from cameras.rates.pieces import Asked
from cameras.rates.standing import Standing, standing
from events.counting.standing import open_at
from events.models import EventKind
from gis_server.models import User
from gis_server.roles import Permission, may
from maps.figures.moments import Moment, When, moments
from maps.onduty import positions
from patrols.coverage import Share
from patrols.intake.taking import oldest_kept
from patrols.models import Duty
from patrols.seen import totals
from patrols.slots import SLOT_S

MOST_UNKNOWN = 0.1
"""Where the state of more cameras than that is unknown, numbers online are not compared."""
NO_HISTORY, UNKNOWN = "no_history", "unknown"
"""Why there is no figure: nothing of it was kept then; too much of it is unknown."""
Moments = Mapping[When, Moment]


@dataclass(frozen=True, slots=True)
class Told:
    """value: None where there is none, `why` says why.  whole: what it is of (cameras watched,
    people needed), None for nothing.  unknown: cameras, or the share of time, of which nothing is
    known.  compared: what differences are taken from, where that is not `value`.
    """

    value: float | None
    whole: float | None = None
    unknown: float = 0
    why: str = ""
    compared: float | None = None

    @property
    def basis(self) -> float | None:
        return self.value if self.compared is None else self.compared


def headlines(user: User, now: datetime, zone: tzinfo) -> dict[str, Any]:
    """The figures that the user's role may see, cut to their reach.

    Queries: 2 for events, 3 for cameras, 16 for people, and for coverage at most 3 and 5 for each
    district.
    """
    asked = moments(now, zone)
    rows: list[dict[str, Any]] = []
    if may(user.role, Permission.SEE_EVENTS):
        rows += _events(user, asked)
    if may(user.role, Permission.SEE_CAMERAS):
        rows += _cameras(user, asked, rates=may(user.role, Permission.SEE_RATES))
    if may(user.role, Permission.SEE_PATROLS):
        rows.append(_people(user, asked))
    if may(user.role, Permission.SEE_COVERAGE):
        rows.append(_coverage(user, asked))
    return {"moments": {when: one.at.isoformat() for when, one in asked.items()}, "rows": rows}


# ---- Each of them --------------------------------------------------------------------------------


def _events(user: User, asked: Moments) -> list[dict[str, Any]]:
    """All open events, and those of each kind."""
    found = dict(zip(asked, open_at(user.reach, [one.at for one in asked.values()]), strict=True))
    if found[When.NOW] is None:
        found[When.NOW] = {}  # none has ever been reported: that is known
    kinds = {"": None} | {f"events_{kind}": kind for kind in EventKind.values}
    return [
        row(name or "events", {when: _open(counts, kind) for when, counts in found.items()})
        for name, kind in kinds.items()
    ]


def _open(counts: Mapping[str, int] | None, kind: str | None) -> Told:
    if counts is None:
        return Told(None, why=NO_HISTORY)
    return Told(sum(counts.values()) if kind is None else counts.get(kind, 0))


def _cameras(user: User, asked: Moments, *, rates: bool) -> list[dict[str, Any]]:
    """How many are online at the moment, and the intact rate from midnight to it."""
    known_at = asked[When.NOW].at
    stood = {
        when: standing(
            Asked(start=one.midnight, end=one.at, known_at=known_at, prefixes=list(user.reach))
        )
        for when, one in asked.items()
    }
    online = row("cameras", {when: online_of(one) for when, one in stood.items()})
    intact = row("intact", {when: intact_of(one) for when, one in stood.items()})
    return [online, intact] if rates else [online]


def online_of(one: Standing) -> Told:
    if not one.watched:
        return Told(None, why=NO_HISTORY)
    if not one.online + one.down:
        return Told(None, one.watched, one.unknown, UNKNOWN)
    return Told(one.online, one.watched, one.unknown)


def intact_of(one: Standing) -> Told:
    """As the maintenance reports have it: unknown and excused time belong to neither side."""
    seconds = one.seconds
    whole = seconds.monitored_s + seconds.excused_s + seconds.unknown_s
    if not whole:
        return Told(None, why=NO_HISTORY)
    unknown = seconds.unknown_s / whole
    rate = seconds.intact_rate
    return Told(rate, unknown=unknown, why="" if rate is not None else UNKNOWN)


def _people(user: User, asked: Moments) -> dict[str, Any]:
    """On duty, of those needed.  What was needed is told of now alone: needs have no history."""
    first = Duty.objects.aggregate(first=Min("day"))["first"]
    told: dict[When, Told] = {}
    for when, one in asked.items():
        if when is not When.NOW and (first is None or timezone.localdate(one.at) < first):
            told[when] = Told(None, why=NO_HISTORY)
            continue
        there = len({window.duty.id for window in positions.on_duty(user, one.at)})
        needed = positions.needed(user, one.at) if when is When.NOW else None
        told[when] = Told(there, needed)
    return row("people", told)


def _coverage(user: User, asked: Moments) -> dict[str, Any]:
    """Of the day so far.  Compared is what half hours by the clock that were over had brought: of
    those alone the past knows when.
    """
    kept = oldest_kept(asked[When.NOW].at)
    told: dict[When, Told] = {}
    for when, one in asked.items():
        day = timezone.localdate(one.at)
        until = half_hour(one.at)
        known = totals.share(user.reach, day, until) if day >= kept else None
        live = totals.share(user.reach, day) if when is When.NOW else known
        told[when] = _covered(live, known)
    return row("coverage", told) | {"compared_at": half_hour(asked[When.NOW].at).isoformat()}


def _covered(live: Share | None, known: Share | None) -> Told:
    if live is None or live.value is None:
        return Told(None, why=NO_HISTORY)
    return Told(live.value, compared=known.value if known else None)


def half_hour(at: datetime) -> datetime:
    """The last half hour by the clock that was over by then."""
    return datetime.fromtimestamp(at.timestamp() // SLOT_S * SLOT_S, UTC)


# ---- How a row is told ---------------------------------------------------------------------------


def row(name: str, told: Mapping[When, Told]) -> dict[str, Any]:
    """The figure of now, and those of before with what now differs from them."""
    now = told[When.NOW]
    before: Sequence[When] = [when for when in told if when is not When.NOW]
    return {
        "name": name,
        "value": now.value,
        "whole": now.whole,
        "unknown": now.unknown,
        "why": now.why,
        **{when: _before(now, told[when]) for when in before},
    }


def _before(now: Told, then: Told) -> dict[str, Any]:
    """difference: now less then; None where one of them is not known, or too little of it."""
    why = then.why or now.why
    difference = None
    if not why and (_in_doubt(now) or _in_doubt(then)):
        why = UNKNOWN
    if not why and now.basis is not None and then.basis is not None:
        difference = now.basis - then.basis
    return {"value": then.value, "unknown": then.unknown, "difference": difference, "why": why}


def _in_doubt(told: Told) -> bool:
    """Of numbers of cameras: so many are unknown that a difference would tell of these."""
    return bool(told.whole and told.unknown > MOST_UNKNOWN * told.whole)
