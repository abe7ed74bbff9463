"""What stands above the list in every file and message: of which area, as of when, how much."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from cameras.handover import wording
from cameras.handover.line import Found, Line
from cameras.page_parts import state_name
from cameras.page_queries import WORST_FIRST


@dataclass(frozen=True, slots=True)
class Heading:
    title: str
    captions: Sequence[str]


def heading(found: Found, area: str, now: datetime) -> Heading:
    """area: the name of what was looked at; empty for all that the reader may see."""
    title = _("Offline list") + (f" · {area}" if area else "")
    asked = _("As of %(time)s.") % {"time": wording.time_text(now)}
    return Heading(title, [f"{asked} {tally(found)}"])


def tally(found: Found) -> str:
    """How many lines and cameras, and in which states."""
    if not found.total:
        return _("Nothing is down, degraded or unknown.")
    words = _("%(lines)d lines, %(cameras)d cameras") % {
        "lines": found.total,
        "cameras": found.cameras,
    }
    return wording.labelled(words, states(found.lines))


def states(lines: Sequence[Line]) -> str:
    counts = Counter(camera.state for line in lines for camera in line.cameras)
    return " · ".join(
        f"{state_name(state)} {counts[state]}" for state in WORST_FIRST if counts[state]
    )
