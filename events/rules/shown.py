"""What the pages of rules show; every function costs a fixed number of queries."""

from datetime import date
from typing import Any

from django.db.models import Count, Prefetch, Q, QuerySet

from events.models import Category, DeadlineRule, Department, DepartmentMember
from events.models.units import OPEN_TASK_VALUES
from events.services.departments import departments_seen, people_for
from events.texts import level_name, severity_name, stage_name
from events.workflow import Severity, Stage
from gis_server.edge import Page
from gis_server.models import User
from gis_server.scopes import Area, areas_of
from patrols.control import ControlLevel
from patrols.models import ControlSwitch

MOST_ENTRIES = 1000
MOST_RULES = 500
MEMBERS_NAMED = 8
WEIGHTS = ["", *(severity.value for severity in Severity)]
CONTROLS = ["", *(level.value for level in ControlLevel)]
STAGES = [stage.value for stage in Stage]


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
        "control": ControlSwitch.Level(row.control).label if row.control else "",
        "level": level_name(row.level) if row.level else "",
        "unit": DeadlineRule.Unit(row.unit).label,
        "is_coming": row.valid_from > today,
    }


def deadlines_on(day: date) -> list[dict[str, Any]]:
    """What the table says of a day: of each case the newest row, the general cases first.

    One query.
    """
    rows = DeadlineRule.objects.filter(valid_from__lte=day).select_related("category")
    case = ("category_id", "severity", "control", "level", "stage")
    newest = rows.order_by(*case, "-valid_from").distinct(*case)[:MOST_RULES]
    ordered = sorted(
        newest,
        key=lambda row: (
            row.category.code if row.category else "",
            WEIGHTS.index(row.severity),
            CONTROLS.index(row.control),
            row.level,
            STAGES.index(row.stage),
        ),
    )
    return [rule_shown(row, day) for row in ordered]


def deadlines_entered(today: date) -> list[dict[str, Any]]:
    """All that was ever entered, the latest days first; at most MOST_RULES.  One query."""
    rows = DeadlineRule.objects.select_related("category", "made_by").order_by("-valid_from", "id")
    return [rule_shown(row, today) for row in rows[:MOST_RULES]]


def departments(user: User, piece: Page) -> tuple[list[dict[str, Any]], int]:
    """One piece of the departments in reach with members and open tasks, and how many there are.

    Four queries.
    """
    seen = departments_seen(user)
    rows: QuerySet[Department] = seen.annotate(
        open_tasks=Count("tasks", filter=Q(tasks__state__in=OPEN_TASK_VALUES), distinct=True)
    )
    members = DepartmentMember.objects.select_related("user").order_by("user__display_name", "id")
    piece_rows = rows.prefetch_related(Prefetch("members", members))
    found = list(piece_rows[piece.offset : piece.offset + piece.limit])
    areas = areas_of(row.area for row in found)
    return [department_shown(row, areas[row.area]) for row in found], seen.count()


def department_shown(row: Department, area: Area) -> dict[str, Any]:
    names = [str(one.user) for one in row.members.all()]
    return {
        "row": row,
        "area": area,
        "names": names,
        "members": names[:MEMBERS_NAMED],
        "more": max(0, len(names) - MEMBERS_NAMED),
        "tasks": row.open_tasks,  # type: ignore[attr-defined]
    }


def people(user: User, department: Department) -> list[dict[str, Any]]:
    """Whom the user may choose, and who is in it.  Two queries."""
    now_in = set(department.members.values_list("user_id", flat=True))
    return [{"user": one, "is_in": one.pk in now_in} for one in people_for(user, department)]
