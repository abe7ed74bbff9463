"""Patterns: short cuts that come again, the worst cameras, times to repair."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

from django.http import HttpRequest, HttpResponseBase
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from django.views.decorators.http import require_safe

from cameras.rates import pattern_queries, patterns
from cameras.rates.pattern_queries import Recurring, Repairs
from cameras.rates.patterns import Answer, Evidence
from cameras.reasons_text import reason_name
from cameras.views.shared import page
from gis_server.edge import allow, parse_choice, user_of
from gis_server.list_files import Column, ListFile
from gis_server.roles import Permission, may
from gis_server.throttle import Pace
from gis_server.workdays import calendar
from gis_server.workdays.worktime import Calendar

CUTS = ListFile(
    "recurring-cuts",
    [
        Column("name", gettext_lazy("Camera"), lambda one: one["entry"].camera.name),
        Column("code", gettext_lazy("Code"), lambda one: one["entry"].camera.code),
        Column("owner", gettext_lazy("Owner"), lambda one: one["entry"].camera.owner.name),
        Column("cuts", gettext_lazy("Cuts"), lambda one: one["entry"].count),
        Column("mean_s", gettext_lazy("Mean (s)"), lambda one: round(one["mean_s"])),
        Column("last_at", gettext_lazy("Last time"), lambda one: one["entry"].cuts[-1].begun),
        Column(
            "evidence",
            gettext_lazy("Evidence"),
            lambda one: "；".join(f"{part['text']}: {part['answer']}" for part in one["evidence"]),
        ),
        Column("suspected", gettext_lazy("suspected unplugged"), lambda one: one["suspected"]),
    ],
    lambda one: one["entry"].camera.point,
)
OWNERS = ListFile(
    "recurring-cuts-by-owner",
    [
        Column("owner", gettext_lazy("Owner"), lambda one: one[0]),
        Column("cameras", gettext_lazy("Cameras"), lambda one: one[1]),
        Column("cuts", gettext_lazy("Cuts"), lambda one: one[2]),
    ],
)
WORST = ListFile(
    "longest-down",
    [
        Column("name", gettext_lazy("Camera"), lambda one: one.name),
        Column("code", gettext_lazy("Code"), lambda one: one.code),
        Column("owner", gettext_lazy("Owner"), lambda one: one.owner),
        Column("team", gettext_lazy("Repair team"), lambda one: one.team),
        Column("down_s", gettext_lazy("Down (s)"), lambda one: round(one.down_s)),
        Column("times", gettext_lazy("Times"), lambda one: one.cuts),
        Column("excused_s", gettext_lazy("Excused besides (s)"), lambda one: round(one.excused_s)),
    ],
    lambda one: one,
)
TIMES = [
    Column("outages", gettext_lazy("Outages"), lambda one: one.count),
    Column("mean_s", gettext_lazy("Mean (s)"), lambda one: round(one.mean_s)),
    Column("median_s", gettext_lazy("Median (s)"), lambda one: round(one.median_s)),
]
TEAMS = ListFile(
    "repair-times-by-team",
    [Column("team", gettext_lazy("Repair team"), lambda one: one.name), *TIMES],
)
CAUSES = ListFile(
    "repair-times-by-cause",
    [
        Column("reason", pgettext_lazy("camera", "Reason"), lambda one: reason_name(one.name)),
        *TIMES,
    ],
)
PARTS = ListFile(
    "parts-used",
    [
        Column("part", gettext_lazy("Part"), lambda one: one.name),
        Column("used", gettext_lazy("Used"), lambda one: one.number),
        Column("repairs", gettext_lazy("Repairs"), lambda one: one.orders),
        Column("last_at", gettext_lazy("Last used"), lambda one: one.last_at),
    ],
)  # fmt: skip
FILES = {
    "cuts": CUTS, "owners": OWNERS, "worst": WORST, "teams": TEAMS, "causes": CAUSES,
    "parts": PARTS,
}  # fmt: skip
SIGNS = {Answer.YES: "✓", Answer.NO: "✗", Answer.UNKNOWN: "?"}


@allow(Permission.SEE_RATES, Pace.FIGURES)
@require_safe
def patterns_page(request: HttpRequest) -> HttpResponseBase:
    """What came again in the last days in the reader's area; with `f` one of its lists (`list`: see
    `FILES`) as a file.
    """
    user, now = user_of(request), timezone.now()
    wanted = parse_choice(request, "list", FILES) or "cuts"
    is_file = FILES[wanted].is_asked(request)
    asked = pattern_queries.last_days(list(user.reach), now)
    found = pattern_queries.recurring(asked)
    days = calendar.between(timezone.localdate(asked.start), timezone.localdate(asked.end))
    teams, causes = pattern_queries.repairs(asked)
    shown = [recurring_shown(one, days) for one in found]
    lists: dict[str, Sequence[Any]] = {
        "cuts": sorted(shown, key=lambda row: not row["suspected"]),
        "owners": by_owner(found),
        "worst": pattern_queries.worst(asked),
        "teams": teams,
        "causes": causes,
        "parts": pattern_queries.parts_used(asked),
    }
    if is_file:
        return FILES[wanted].answer(request, lists[wanted])
    context = {
        "files": FILES,
        "here": "rates",
        "rows": lists["cuts"],
        "owners": lists["owners"],
        "worst": lists["worst"],
        "teams": teams,
        "causes": [cause_shown(one) for one in causes],
        "parts": lists["parts"],
        "days": patterns.DAYS,
        "least": patterns.LEAST_CUTS,
        "longest_h": patterns.LONGEST.total_seconds() / 3600,
        "links": may(user.role, Permission.SEE_CAMERAS),
    }
    return page(request, "cameras/rates/patterns.html", context)


def recurring_shown(one: Recurring, days: Calendar) -> dict[str, Any]:
    answers = patterns.evidence(one.cuts, timezone.get_default_timezone(), days)
    return {
        "entry": one,
        "suspected": patterns.is_suspected(answers),
        "evidence": [
            {"sign": SIGNS[answer], "text": evidence_name(name), "answer": answer_name(answer)}
            for name, answer in answers.items()
        ],
        "mean_s": one.lasted_s / len(one.cuts),
    }


def by_owner(found: Sequence[Recurring]) -> list[tuple[str, int, int]]:
    """Owners with how many of these cameras and cuts, the most cuts first."""
    cameras, cuts = Counter[str](), Counter[str]()
    for one in found:
        cameras[one.camera.owner.name] += 1
        cuts[one.camera.owner.name] += one.count
    ordered = sorted(cuts, key=lambda name: (-cuts[name], name))
    return [(name, cameras[name], cuts[name]) for name in ordered]


def cause_shown(one: Repairs) -> dict[str, Any]:
    return {"name": reason_name(one.name), "times": one}


def evidence_name(name: Evidence) -> str:
    return {
        Evidence.OFFICE_HOURS: _("Begins in office hours"),
        Evidence.NEIGHBOURS_FINE: _("Neighbours (switch, pole, subnet) were fine"),
        Evidence.UPSTREAM_ALIVE: _("The recorder or switch was alive"),
        Evidence.OTHERS_FINE: _("Cameras of other owners beside it were fine"),
    }[name]


def answer_name(answer: Answer) -> str:
    return {Answer.YES: _("yes"), Answer.NO: _("no"), Answer.UNKNOWN: _("unknown")}[answer]
