"""What the pages of rules show; every function costs a fixed number of queries."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Count, Prefetch, Q, QuerySet

from events.models import CalendarDay, Category, DeadlineRule, Department, DepartmentMember
from events.models.units import OPEN_TASK_VALUES
from events.services.calendar import days_of
from events.services.departments import departments_seen, people_for
from events.texts import level_name, severity_name, stage_name
from events.workflow import Stage
from events.worktime import Calendar
from gis_server.edge import Page
from gis_server.models import User

MOST_ENTRIES = 1000
MOST_RULES = 500
MEMBERS_NAMED = 8


def catalogue(kind: str) -> list[dict[str, Any]]:
    """The groups of a kind with their entries, those out of use among them.  Two queries."""
    entries = Category.objects.order_by("position", "code")
    groups = Category.objects.filter(kind=kind, parent=None).order_by("position", "code")
    rows = groups.prefetch_related(Prefetch("entries", entries))[:MOST_ENTRIES]
    return [
        {"group": group, "entries": [entry_shown(one) for one in group.entries.all()]}
        for group in rows
    ]


def entry_shown(row: Category) -> dict[str, Any]:
    return {"row": row, "severity": severity_name(row.severity)}


def rule_shown(row: DeadlineRule, today: date) -> dict[str, Any]:
    return {
        "row": row,
        "stage": stage_name(row.stage),
        "severity": severity_name(row.severity) if row.severity else "",
        "level": level_name(row.level) if row.level else "",
        "unit": DeadlineRule.Unit(row.unit).label,
        "is_coming": row.valid_from > today,
    }


def deadlines_on(day: date) -> list[dict[str, Any]]:
    """What the table says of a day: of each case the newest row, the general cases first.

    One query.
    """
    rows = DeadlineRule.objects.filter(valid_from__lte=day).select_related("category")
    case = ("category_id", "severity", "level", "stage")
    newest = rows.order_by(*case, "-valid_from").distinct(*case)[:MOST_RULES]
    order = {stage.value: place for place, stage in enumerate(Stage)}
    ordered = sorted(
        newest,
        key=lambda row: (
            row.category.code if row.category else "",
            row.severity,
            row.level,
            order[row.stage],
        ),
    )
    return [rule_shown(row, day) for row in ordered]


def deadlines_entered(today: date) -> list[dict[str, Any]]:
    """All that was ever entered, the latest days first; at most MOST_RULES.  One query."""
    rows = DeadlineRule.objects.select_related("category", "made_by").order_by("-valid_from", "id")
    return [rule_shown(row, today) for row in rows[:MOST_RULES]]


@dataclass(frozen=True, slots=True)
class Day:
    """One square of the calendar; empty before the first and after the last of a month.

    kind: "work", "off", "holiday" (off where the week says work) or "made-up" (the other way).
    """

    day: date | None
    kind: str = ""
    name: str = ""
    is_today: bool = False


def months_of(year: int, today: date) -> list[dict[str, Any]]:
    """The months of a year as weeks that begin on Monday.  One query."""
    rows = {row.day: row for row in CalendarDay.objects.filter(day__year=year)}
    months: dict[int, list[Day]] = {month: [] for month in range(1, 13)}
    for day in days_of(year):
        months[day.month].append(square(day, rows.get(day), today))
    return [
        {"month": date(year, month, 1), "weeks": weeks(days), "workdays": working(days)}
        for month, days in months.items()
    ]


def square(day: date, row: CalendarDay | None, today: date) -> Day:
    if row is None:
        kind = "work" if Calendar().is_workday(day) else "off"
        return Day(day, kind, "", day == today)
    return Day(day, "made-up" if row.is_workday else "holiday", row.name, day == today)


def weeks(days: list[Day]) -> list[list[Day]]:
    first = days[0].day
    before = first.weekday() if first else 0
    squares = [Day(None)] * before + days
    squares += [Day(None)] * (-len(squares) % 7)
    return [squares[start : start + 7] for start in range(0, len(squares), 7)]


def working(days: Iterable[Day]) -> int:
    return sum(day.kind in ("work", "made-up") for day in days)


def day_initial(day: date | None) -> dict[str, Any]:
    """What the form says of a chosen day.  One query."""
    if day is None:
        return {}
    row = CalendarDay.objects.filter(day=day).first()
    if row is None:
        return {"day": day, "state": "holiday" if Calendar().is_workday(day) else "workday"}
    state = "workday" if row.is_workday else "holiday"
    return {"day": day, "state": state, "name": row.name, "seen": state}


def departments(user: User, piece: Page) -> tuple[list[dict[str, Any]], int]:
    """One piece of the departments in reach with members and open tasks, and how many there are.

    Three queries.
    """
    seen = departments_seen(user)
    rows: QuerySet[Department] = seen.annotate(
        open_tasks=Count("tasks", filter=Q(tasks__state__in=OPEN_TASK_VALUES), distinct=True)
    )
    members = DepartmentMember.objects.select_related("user").order_by("user__display_name", "id")
    piece_rows = rows.prefetch_related(Prefetch("members", members))
    found = [department_shown(row) for row in piece_rows[piece.offset : piece.offset + piece.limit]]
    return found, seen.count()


def department_shown(row: Department) -> dict[str, Any]:
    names = [str(one.user) for one in row.members.all()]
    return {
        "row": row,
        "members": names[:MEMBERS_NAMED],
        "more": max(0, len(names) - MEMBERS_NAMED),
        "tasks": row.open_tasks,  # type: ignore[attr-defined]
    }


def people(user: User, department: Department) -> list[dict[str, Any]]:
    """Whom the user may choose, and who is in it.  Two queries."""
    now_in = set(department.members.values_list("user_id", flat=True))
    return [{"user": one, "is_in": one.pk in now_in} for one in people_for(user, department)]
