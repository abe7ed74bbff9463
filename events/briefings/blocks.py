"""What a briefing says, as pieces that a page, a document and a sheet of paper all can draw.

All texts are plain: whoever draws them escapes them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from events.briefings.texts import (
    change_text,
    change_word,
    kind_name,
    maker_of,
    period_text,
    rule_text,
    warning_text,
)
from events.counting.queries import By
from events.counting.share import Counts
from events.counting.words import COLUMNS, RATES, by_name, definition
from events.models import Briefing
from events.texts import LEVELS, SEVERITIES, STATES
from events.workflow import Level, Severity, Status

MOST_NUMBERS = 10
"""On the map: more of them hide what they stand on."""


@dataclass(frozen=True, slots=True)
class Cells:
    """A table; numbers: which columns stand at the right."""

    heads: Sequence[str]
    rows: Sequence[Sequence[str]]
    shares: Sequence[float] = ()
    numbers: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Warned:
    """A warning and the rule that it follows."""

    text: str
    rule: str


@dataclass(frozen=True, slots=True)
class Picture:
    """Grids as polygons of a picture (x to the right, y down), with the numbers of the hot ones."""

    width: int
    height: int
    pieces: Sequence[Mapping[str, Any]]
    numbers: Sequence[tuple[str, int, int]]
    legend: Sequence[tuple[int, str]]

    @property
    def polygons(self) -> list[tuple[int, str]]:
        """Heat and corners of each, as SVG writes them."""
        return [
            (piece["heat"], " ".join(f"{x},{y}" for x, y in piece["ring"])) for piece in self.pieces
        ]


@dataclass(frozen=True, slots=True)
class Part:
    """A heading and what stands below it, in this order."""

    heading: str
    texts: Sequence[str] = ()
    table: Cells | None = None
    warnings: Sequence[Warned] = ()
    picture: Picture | None = None


@dataclass(frozen=True, slots=True)
class Paper:
    """The whole briefing."""

    title: str
    captions: Sequence[str]
    parts: Sequence[Part] = field(default_factory=list)


def paper_of(row: Briefing, area: str) -> Paper:
    told = row.figures
    parts = [
        *_corrections(row),
        _summary(row, told),
        _warnings(told),
        _groups(pgettext("briefing", "By kind"), by_name(By.KIND), told["kinds"]),
        _categories(told),
        *([_groups(_parts_heading(row), _("Area"), told["parts"])] if told["parts"] else []),
        _hot(told),
        _overdue(told),
        _repeated(told),
        Part(pgettext("briefing", "How it is counted"), [definition(), _comparison()]),
    ]
    return Paper(title_of(row, area), captions_of(row), parts)


def title_of(row: Briefing, area: str) -> str:
    values = {"kind": kind_name(row.kind), "area": area, "period": period_text(row)}
    return _("%(area)s: %(kind)s, %(period)s") % values


def captions_of(row: Briefing) -> list[str]:
    known = f"{timezone.localtime(row.known_at):%Y-%m-%d %H:%M:%S}"
    by = maker_of(row)
    return [
        _("Known at %(time)s, made by %(name)s, version %(version)d")
        % {"time": known, "name": by, "version": row.version},
        _("The numbers were fixed when it was made; corrections are newer versions."),
    ]


def _corrections(row: Briefing) -> list[Part]:
    if row.version == 1:
        return []
    heads = [_("What"), _("Before"), _("Now")]
    rows = [[change_word(one), str(one["before"]), str(one["after"])] for one in row.changes]
    return [
        Part(
            pgettext("briefing", "What this version corrects"),
            [row.note],
            Cells(heads, rows, (4, 1, 1), frozenset({1, 2})),
        )
    ]


def _summary(row: Briefing, told: Mapping[str, Any]) -> Part:
    now, last, year = (Counts.of_json(told[one]) for one in ("counts", "last", "year"))
    heads = [
        "",
        pgettext("briefing", "This period"),
        pgettext("briefing", "Last period"),
        pgettext("briefing", "Change"),
        pgettext("briefing", "Same period last year"),
        pgettext("briefing", "Change"),
    ]
    names = ("reported", "accepted", "filed", "ended", "due", "closed", "on_time", "overdue",
             "reworked", "supervised")  # fmt: skip
    rows = [
        [
            str(COLUMNS[name]),
            f"{getattr(now, name):,}",
            f"{getattr(last, name):,}",
            change_text(getattr(now, name), getattr(last, name)),
            f"{getattr(year, name):,}",
            change_text(getattr(now, name), getattr(year, name)),
        ]
        for name in names
    ]
    rows += [
        [str(text), _rate(now, name), _rate(last, name), "", _rate(year, name), ""]
        for name, text in RATES.items()
        if name in {"closing_rate", "on_time_rate"}
    ]
    rows += [
        [
            _("Closed at the level: %(level)s") % {"level": LEVELS[Level(level)]},
            f"{rate} ({rate.part:,} ÷ {rate.whole:,})",
            str(dict(last.levels)[level]),
            "",
            str(dict(year.levels)[level]),
            "",
        ]
        for level, rate in now.levels
    ]
    return Part(
        pgettext("briefing", "Counts"),
        table=Cells(heads, rows, (2.2, 2, 1.4, 1, 1.6, 1), frozenset({1, 2, 3, 4, 5})),
    )


def _rate(counts: Counts, name: str) -> str:
    rate = getattr(counts, name)
    return f"{rate} ({rate.part:,} ÷ {rate.whole:,})"


def _warnings(told: Mapping[str, Any]) -> Part:
    found = [Warned(warning_text(one), rule_text(one["rule"])) for one in told["warnings"]]
    nothing = [] if found else [_("No rule of warning applies.")]
    return Part(pgettext("briefing", "Warnings"), nothing, warnings=found)


GROUP_COLUMNS = ("reported", "filed", "due", "closed", "on_time", "overdue", "reworked")


def _groups(heading: str, head: str, groups: Sequence[Mapping[str, Any]]) -> Part:
    heads = [head, *(str(COLUMNS[one]) for one in GROUP_COLUMNS), str(RATES["on_time_rate"])]
    rows = []
    for one in groups:
        counts = Counts.of_json(one["counts"])
        numbers = [f"{getattr(counts, name):,}" for name in GROUP_COLUMNS]
        rows.append([one["name"], *numbers, str(counts.on_time_rate)])
    texts = [] if rows else [_("Nothing was reported, filed or due.")]
    table = Cells(heads, rows, (2.2, *[1.0] * 8), frozenset(range(1, 9))) if rows else None
    return Part(heading, texts, table)


def _parts_heading(row: Briefing) -> str:
    if len(row.scope) <= 6:
        return pgettext("briefing", "By street")
    return pgettext("briefing", "By community")


def _categories(told: Mapping[str, Any]) -> Part:
    heads = [
        by_name(By.CATEGORY),
        str(COLUMNS["reported"]),
        pgettext("briefing", "Last period"),
        pgettext("briefing", "Change"),
        str(COLUMNS["due"]),
        str(COLUMNS["overdue"]),
    ]
    rows = [
        [
            one["name"],
            f"{one['counts']['reported']:,}",
            f"{one['last']['reported']:,}",
            change_text(one["counts"]["reported"], one["last"]["reported"]),
            f"{one['counts']['due']:,}",
            f"{one['counts']['overdue']:,}",
        ]
        for one in told["categories"]
    ]
    texts = [] if rows else [_("Nothing was reported, filed or due.")]
    table = Cells(heads, rows, (3, 1, 1, 1, 1, 1), frozenset(range(1, 6))) if rows else None
    return Part(pgettext("briefing", "Most reported"), texts, table)


def _hot(told: Mapping[str, Any]) -> Part:
    heading = pgettext("briefing", "Hot grids")
    if not told["grids"]:
        return Part(heading, [_("There is no map of this area: it has no grids, or too many.")])
    span = told["window"]
    texts = [
        _(
            "Events received from %(first)s to %(last)s in %(grids)d grids; Getis–Ord Gi* with the "
            "grids that touch, p of the normal distribution, at most one in twenty named by chance."
        )
        % {"first": span["first"], "last": span["last"], "grids": told["grids"]}
    ]
    if not told["hot"]:
        texts.append(_("No grid stands out from chance; below 30 grids nothing can be said."))
    heads = ["#", _("Grid"), _("Code"), pgettext("briefing", "Events"), "Gi*", "p"]
    rows = [
        [
            str(number),
            one["name"],
            one["code"],
            str(one["count"]),
            f"{one['z']:.2f}",
            "< 0.0001" if one["p"] < 0.0001 else f"{one['p']:.4f}",
        ]
        for number, one in enumerate(told["hot"], start=1)
    ]
    table = Cells(heads, rows, (0.5, 2, 2, 1, 1, 1), frozenset({0, 3, 4, 5})) if rows else None
    return Part(heading, texts, table, picture=_picture(told))


def _picture(told: Mapping[str, Any]) -> Picture | None:
    drawn = told["map"]
    if not drawn:
        return None
    hottest = told["hot"][:MOST_NUMBERS]
    numbers = [(str(n), *one["at"]) for n, one in enumerate(hottest, start=1)]
    legend = [(3, "p ≤ 0.001"), (2, "p ≤ 0.01"), (1, "p ≤ 0.05")]
    return Picture(drawn["width"], drawn["height"], drawn["pieces"], numbers, legend)


def _overdue(told: Mapping[str, Any]) -> Part:
    heading = pgettext("briefing", "Overdue and still open")
    found = told["overdue"]
    if not found["total"]:
        return Part(heading, [_("No filed event is open after its time.")])
    texts = [
        _("%(total)d events, of these %(urgent)d urgent; the oldest %(shown)d:")
        % {"total": found["total"], "urgent": found["urgent"], "shown": len(found["cases"])}
    ]
    heads = [
        pgettext("event", "Number"),
        pgettext("event", "What"),
        pgettext("event", "Where"),
        pgettext("events by", "Severity"),
        pgettext("event", "Level"),
        pgettext("event", "State"),
        pgettext("event", "Due"),
    ]
    rows = [
        [
            one["number"] or "",
            one["category"],
            one["address"],
            str(SEVERITIES[Severity(one["severity"])]),
            str(LEVELS[Level(one["level"])]),
            str(STATES[Status(one["state"])]),
            _local(one["due"]),
        ]
        for one in found["cases"]
    ]
    return Part(heading, texts, Cells(heads, rows, (2.2, 1.6, 2.4, 0.8, 0.8, 1, 1.7)))


def _repeated(told: Mapping[str, Any]) -> Part:
    heading = pgettext("briefing", "Places that come back")
    if not told["repeated"]:
        return Part(heading, [_("No place had the same matter three times.")])
    texts = [
        _(
            "The same entry of the catalogue at least three times within 30 m of each other; over "
            "30 days, in a monthly assessment over 90."
        )
    ]
    heads = [
        pgettext("event", "What"),
        pgettext("event", "Where"),
        _("Grid"),
        pgettext("briefing", "Times"),
        pgettext("briefing", "Last time"),
    ]
    rows = [
        [one["category"], one["address"], one["grid"], str(one["times"]), _local(one["last"])]
        for one in told["repeated"]
    ]
    return Part(heading, texts, Cells(heads, rows, (1.6, 3, 1.6, 0.7, 1.7), frozenset({3})))


def _comparison() -> str:
    return _(
        "Periods that are compared are taken as they were known as long after their own end. A day "
        "or week of last year is the one 52 weeks before. Events count where they lay at the time."
    )


def _local(iso: str) -> str:
    return f"{timezone.localtime(datetime.fromisoformat(iso)):%Y-%m-%d %H:%M}"
