"""The questions that are asked more seldom than the stream: what time a device has, and what it is.

An answer counts until the next one.  A clock that was off keeps its camera degraded through the
sweeps that do not ask for it, and through a question that the device leaves unanswered.  So does a
fault that pictures have shown (`cameras.services.exams`), until pictures show it no more.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction

from cameras.health import is_good
from cameras.models import Camera
from cameras.probe.reason import Reason
from cameras.probe.result import Verdict
from cameras.probe.steps import LADDER, Step, steps_for
from cameras.probe.target import Target
from cameras.probe.wire_soap import DeviceInfo
from cameras.services.states import StateRow

DEVICE = {"make": 60, "model": 60, "firmware": 80, "serial": 80}
"""What a device says of itself, as columns of `Camera`, and how many characters they hold."""


def steps_due(
    clock_asked_at: datetime | None, device_asked_at: datetime | None, now: datetime
) -> tuple[Step, ...]:
    """The ladder for a device that speaks ONVIF, with the questions whose time has come."""
    return steps_for(
        clock=is_due(clock_asked_at, settings.CLOCK_INTERVAL_S, now),
        device=is_due(device_asked_at, settings.DEVICE_INTERVAL_S, now),
    )


def is_due(asked_at: datetime | None, interval_s: int, now: datetime) -> bool:
    """Whether to ask: never asked, long ago, or in a time to come (the clock was set back)."""
    return asked_at is None or not timedelta(0) <= now - asked_at < timedelta(seconds=interval_s)


def asked_seldom(verdict: Verdict) -> bool:
    """Whether the ladder came to one of these questions."""
    return len(verdict.results) > len(LADDER)


def counted(state: StateRow, target: Target, verdict: Verdict) -> tuple[Reason, str]:
    """Reason and detail of the verdict as it counts for the camera's state.

    A fault of the picture comes before one of the clock: it is the graver of the two.
    """
    if state.picture_fault and is_good(verdict.reason):
        return Reason(state.picture_fault), state.picture_detail
    told = verdict.clock_offset_s is not None or target.onvif_port is None
    if verdict.reason is Reason.OK and state.clock_fault and not told:
        return Reason.CLOCK_OFF, state.clock_fault
    return verdict.reason, verdict.detail


def note_answers(state: StateRow, verdict: Verdict, at: datetime) -> None:
    """Put what was asked, and what the clock said, into the row (not saved yet)."""
    # A login that had to wait for its turn has asked nothing.
    asked = {one.step for one in verdict.results if one.reason is not Reason.OWN_TROUBLE}
    if "onvif_clock" in asked:
        state.clock_asked_at = at
    if "onvif_device" in asked:
        state.device_asked_at = at
    if verdict.clock_offset_s is not None:
        state.clock_offset_s = verdict.clock_offset_s
        state.clock_fault = verdict.detail if verdict.reason is Reason.CLOCK_OFF else ""


def note_devices(told: Mapping[int, tuple[Target, DeviceInfo]]) -> int:
    """Write what devices say they are, by the id of the camera, where it is something else than
    before; returns how many rows that was.

    In a transaction of its own, after the states: whoever edits a camera locks it before its state.
    An empty text leaves what is there, and a camera that has moved meanwhile is passed over.
    """
    if not told:
        return 0
    stored = Camera.objects.filter(pk__in=list(told)).values_list("pk", *DEVICE)
    news = [pk for pk, *before in stored if said(told[pk][1], before) != before]
    if not news:
        return 0
    with transaction.atomic():
        rows = Camera.objects.filter(pk__in=news).order_by("pk")
        changed = [
            row
            for row in rows.select_for_update(no_key=True)
            if (row.host, row.onvif_port) == (told[row.pk][0].host, told[row.pk][0].onvif_port)
        ]
        for row in changed:
            texts = said(told[row.pk][1], [getattr(row, name) for name in DEVICE])
            for name, text in zip(DEVICE, texts, strict=True):
                setattr(row, name, text)
            row.version += 1
        return Camera.objects.bulk_update(changed, [*DEVICE, "version"], batch_size=500)


def said(device: DeviceInfo, before: list[str]) -> list[str]:
    """The texts of a device in the order of `DEVICE`, `before` where it says nothing."""
    return [
        str(getattr(device, name))[:longest] or old
        for (name, longest), old in zip(DEVICE.items(), before, strict=True)
    ]
