"""What pages, files and programs say of what has been seen, in words."""

from datetime import date, datetime
from typing import Any

import numpy as np
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from patrols.cells import QUARTER_M
from patrols.coverage import RADIUS_M, Share
from patrols.models import ControlSwitch
from patrols.seen.windows import Window
from patrols.track import JOIN_M, JOIN_S, WORST_ACCURACY_M, Means

QUARTER_M2 = round(QUARTER_M**2)


def definition() -> str:
    """How shares come about: stands with every one of them."""
    return _(
        "Seen is what lies within %(foot)d m (by car %(car)d m) of positions of people on duty, and"
        " of the way between two that are at most %(seconds)d s and %(metres)d m apart. Positions"
        " less exact than %(worst)d m, too fast, made up or from the future do not count. Area:"
        " squares of 5 m near streets, buildings and shops; streets: pieces of 10 m; buildings: by"
        " their cell of 10 m. Against the boundaries of the day."
    ) % {
        "foot": RADIUS_M[Means.FOOT], "car": RADIUS_M[Means.CAR], "seconds": JOIN_S,
        "metres": JOIN_M, "worst": WORST_ACCURACY_M,
    }  # fmt: skip


def percent(share: Share) -> str:
    """A share as a whole percentage, an en dash where there is nothing to be seen.  What is not all
    is never 100, what is not nothing never 0.
    """
    if share.value is None:
        return "–"
    if 0 < share.seen < share.all:
        return f"{min(max(round(share.value * 100), 1), 99)}%"
    return f"{round(share.value * 100)}%"


def since(hours: float | None, window: Window | None = None) -> str:
    """How long something was unseen at the end of a window; None: of all that is known."""
    if hours is None or np.isinf(hours):
        is_all = window is None or window.begins is None
        return _("never seen") if is_all else _("not seen in this time")
    if np.isnan(hours):
        return "–"
    if hours < 1:
        minutes = round(hours * 60)
        return ngettext("%(n)d minute", "%(n)d minutes", minutes) % {"n": minutes}
    if hours < 72:
        return ngettext("%(n)d hour", "%(n)d hours", round(hours)) % {"n": round(hours)}
    days = round(hours / 24)
    return ngettext("%(n)d day", "%(n)d days", days) % {"n": days}


def window_told(window: Window, shift: str = "") -> str:
    """What hours unseen are counted in; empty where that is all that is known now."""
    if window.begins is None:
        return ""
    words = {"from": _moment(window.begins), "at": _moment(window.at), "shift": shift}
    if window.day is None:
        told = _("Hours unseen are those of %(at)s, of what was seen since %(from)s.") % words
    elif window.shift is None:
        told = _("Hours unseen are those of %(at)s, of what the duties of this day have seen.")
        told %= words
    else:
        told = _("Hours unseen are those of %(at)s, of what shift %(shift)s has seen.") % words
    if window.level:
        level = ControlSwitch.Level(window.level.value).label
        told += " " + _(
            "Only what was seen while the control level “%(level)s” was in force counts; overdue"
            " is what that level asks for."
        ) % {"level": level}
    return told


def _moment(at: datetime) -> str:
    return f"{timezone.localtime(at):%Y-%m-%d %H:%M}"


def number(hours: float | None) -> float | None:
    """Hours for programs: None for never, and where there is nothing."""
    return None if hours is None or not np.isfinite(hours) else round(float(hours), 2)


def area_m2(area: Share) -> Share:
    """Of quarters of cells, in square metres."""
    return Share(area.seen * QUARTER_M2, area.all * QUARTER_M2)


def share_told(share: Share) -> dict[str, Any]:
    return {"seen": share.seen, "all": share.all, "text": percent(share)}


def interval(day: date, shift: str) -> str:
    """Which duties count."""
    words = {"day": day.isoformat(), "shift": shift}
    if shift:
        return _("Duties of %(day)s, shift %(shift)s.") % words
    return _("Duties of %(day)s, all shifts.") % words
