"""Numbers as people read them: lengths of time, sizes and shares."""

from datetime import datetime
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

MINUTE_S, HOUR_S, DAY_S = 60, 3_600, 86_400
SIZES = ((2**40, "TiB"), (2**30, "GiB"), (2**20, "MiB"), (2**10, "KiB"))


def length(seconds: float) -> str:
    """A length of time in the largest unit that it fills: "3 ms", "12 s", "5 min", "2 days"."""
    if seconds < 1:
        return _("%(count)d ms") % {"count": round(max(0.0, seconds) * 1000)}
    if seconds < 2 * MINUTE_S:
        return _("%(count)d s") % {"count": round(seconds)}
    if seconds < 2 * HOUR_S:
        return _("%(count)d min") % {"count": round(seconds / MINUTE_S)}
    if seconds < 2 * DAY_S:
        return _("%(count)d h") % {"count": round(seconds / HOUR_S)}
    days = round(seconds / DAY_S)
    return ngettext("%(count)d day", "%(count)d days", days) % {"count": days}


def ago(at: datetime, now: datetime) -> str:
    """How long ago a moment was, and which it was."""
    since = length(max(0.0, (now - at).total_seconds()))
    when = timezone.localtime(at).strftime("%Y-%m-%d %H:%M:%S")
    return _("%(length)s ago (%(at)s)") % {"length": since, "at": when}


def size(count: float) -> str:
    """Bytes in the largest binary unit that they fill."""
    for unit, name in SIZES:
        if count >= unit:
            return f"{count / unit:.1f} {name}"
    return f"{count:.0f} B"


def number(value: Any) -> str:
    return f"{round(value):,}"
