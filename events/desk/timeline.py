"""What has happened to an event, in words."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from events.desk.shown import state_shown
from events.models import EventPhoto, EventStep
from events.texts import MACHINE, level_name, severity_name, stage_name, step_name
from events.workflow import Level, Severity, Stage


def step_shown(step: EventStep, photos: Mapping[int, EventPhoto]) -> dict[str, Any]:
    """One line of the timeline; photos: those of the event by their ids."""
    return {
        "step": step,
        "name": step_name(step.action),
        "who": step.who or MACHINE,
        "is_machine": step.user_id is None and not step.who,
        "after": state_shown(step.after),
        "moved": step.before != step.after,
        "lines": detail_lines(step.detail),
        "photos": [photos[one] for one in step.photos if one in photos],
    }


def detail_lines(detail: Mapping[str, Any]) -> list[str]:
    """The details of a step in words; what nobody knows any more is left out."""
    lines = [_changed(detail, "category", str), _changed(detail, "severity", _severity)]
    lines.append(_changed(detail, "level", _level))
    if "stage" in detail:
        lines.append(_known(detail["stage"], Stage, stage_name))
    if "until" in detail:
        lines.append(_("until %(time)s") % {"time": _time(detail["until"])})
    if "number" in detail:
        lines.append(str(detail["number"]))
    if "clock_off_s" in detail:
        minutes = round(abs(float(detail["clock_off_s"])) / 60)
        lines.append(
            _("The clock of the phone was %(minutes)d minutes off.") % {"minutes": minutes}
        )
    return [line for line in lines if line]


def _changed(detail: Mapping[str, Any], name: str, words: Any) -> str:
    """ "before → after" of what was really changed."""
    pair = detail.get(name)
    if not isinstance(pair, list) or len(pair) != 2 or pair[0] == pair[1]:
        return ""
    return " → ".join(words(one) for one in pair)


def _severity(value: object) -> str:
    return _known(value, Severity, severity_name)


def _level(value: object) -> str:
    return _known(value, Level, level_name)


def _known(value: object, words: Any, name: Any) -> str:
    return name(value) if value in [one.value for one in words] else str(value)


def _time(value: object) -> str:
    try:
        return f"{timezone.localtime(datetime.fromisoformat(str(value))):%Y-%m-%d %H:%M}"
    except ValueError:
        return str(value)
