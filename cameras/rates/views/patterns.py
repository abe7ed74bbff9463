"""Patterns: short cuts that come again, the worst cameras, times to repair."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

from django.http import HttpRequest, HttpResponseBase
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from cameras.rates import pattern_queries, patterns
from cameras.rates.pattern_queries import Recurring, Repairs
from cameras.rates.patterns import Answer, Evidence
from cameras.reasons_text import reason_name
from cameras.views.shared import page
from gis_server.edge import allow, user_of
from gis_server.roles import Permission, may
from gis_server.throttle import Pace
from gis_server.workdays import calendar
from gis_server.workdays.worktime import Calendar

SIGNS = {Answer.YES: "✓", Answer.NO: "✗", Answer.UNKNOWN: "?"}


@allow(Permission.SEE_RATES, Pace.FIGURES)
@require_safe
def patterns_page(request: HttpRequest) -> HttpResponseBase:
    """What came again in the last days in the reader's area."""
    user, now = user_of(request), timezone.now()
    asked = pattern_queries.last_days(list(user.reach), now)
    found = pattern_queries.recurring(asked)
    days = calendar.between(timezone.localdate(asked.start), timezone.localdate(asked.end))
    teams, causes = pattern_queries.repairs(asked)
    shown = [recurring_shown(one, days) for one in found]
    context = {
        "here": "rates",
        "rows": sorted(shown, key=lambda row: not row["suspected"]),
        "owners": by_owner(found),
        "worst": pattern_queries.worst(asked),
        "teams": teams,
        "causes": [cause_shown(one) for one in causes],
        "parts": pattern_queries.parts_used(asked),
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
