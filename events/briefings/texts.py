"""The words of briefings for people: kinds, periods, changes, warnings with their rules."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from events.briefings import warnings
from events.counting.share import Rate
from events.counting.words import COLUMNS
from events.models import Briefing, BriefingKind


def kind_name(kind: str) -> str:
    return str(BriefingKind(kind).label)


def period_text(row: Briefing) -> str:
    if row.kind == BriefingKind.DAY:
        return f"{row.first}"
    if row.kind == BriefingKind.MONTH:
        return f"{row.first:%Y-%m}"
    return _("%(first)s to %(last)s") % {"first": row.first, "last": row.last}


def maker_of(row: Briefing) -> str:
    """Who made it; read with `made_by`."""
    return str(row.made_by) if row.made_by else _("the server")


def change_text(now: int, before: int) -> str:
    """How much more or less, in percent; "–" where there is nothing to compare with."""
    if not before:
        return "–" if not now else pgettext("change", "new")
    return f"{(now - before) / before * 100:+.1f} %"


def change_word(change: Mapping[str, Any]) -> str:
    """What a line of corrections is about."""
    special = {
        "open_overdue": pgettext("briefing", "Overdue and still open"),
        "repeated": pgettext("briefing", "Times at a place"),
        "hot": pgettext("briefing", "Class of heat"),
    }
    what = special.get(change["what"]) or str(COLUMNS.get(change["what"], change["what"]))
    return f"{what} · {change['where']}" if change["where"] else what


def warning_text(one: Mapping[str, Any]) -> str:
    """The sentence of a warning; the numbers are those it was made with."""
    sentences = {
        "surge": _("%(name)s: %(now)d reports after %(last)d in the last period."),
        "overdue": _("%(part)d of %(whole)d due events are overdue (%(share)s)."),
        "rework": _("%(part)d of %(whole)d due events were sent back (%(share)s)."),
        "urgent": _("%(now)d urgent events are open after their time."),
        "repeated": _("%(name)s at %(place)s: %(now)d times."),
        "hot": _("%(now)d grids stand out with those around them, %(name)s the most."),
    }
    share = Rate(one.get("part", 0), one.get("whole", 0))
    return sentences[one["rule"]] % {**one, "share": share}


def rule_text(rule: str) -> str:
    """By which rule it is warned."""
    least = warnings.SURGE
    return {
        "surge": _(
            "Rule: an entry with at least %(day)d reports a day, %(week)d a week, %(month)d a "
            "month, and twice as many as in the last period."
        )
        % least,
        "overdue": _("Rule: more than a tenth of at least 20 due events are overdue."),
        "rework": _("Rule: more than a tenth of at least 20 due events were sent back for rework."),
        "urgent": _("Rule: any urgent event that is filed, open and past its deadline."),
        "repeated": _("Rule: the same entry five times within 30 m."),
        "hot": _("Rule: Getis–Ord Gi* with p ≤ 0.001 and at most one in twenty named by chance."),
    }.get(rule, "")
