"""A ladder as pages show it: every rung with its name, what it found, and when it ran."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from cameras.details_text import detail_text
from cameras.gb28181 import CAMERA, DVR, ENCODER, IPC, NVR
from cameras.probe.reason import Reason
from cameras.reasons_text import reason_name

# Steps by the names they are stored under, in their order.
STEPS: dict[str, str | Promise] = {
    "tcp_connect": _("Connect"),
    "rtsp_options": _("Ask what it can do"),
    "rtsp_describe": _("Sign in and describe the stream"),
    "rtsp_setup": _("Agree on the way of the pictures"),
    "rtsp_play": _("Have the pictures sent"),
    "onvif_clock": _("Ask its clock (ONVIF)"),
    "onvif_device": _("Ask what device it is (ONVIF)"),
}
# What a sweep always asks, so that a page can say what a broken rung left unasked.
ALWAYS = ("tcp_connect", "rtsp_options", "rtsp_describe")

GB_TYPES: dict[str, str | Promise] = {
    DVR: _("video recorder (DVR)"),
    ENCODER: _("video encoder"),
    NVR: _("network recorder (NVR)"),
    CAMERA: _("camera"),
    IPC: _("network camera (IPC)"),
}


@dataclass(frozen=True)
class ShownRung:
    """One rung.  start and width are per cent of the whole; asked is False below a broken one."""

    name: str
    ok: bool = False
    asked: bool = True
    said: str = ""
    detail: str = ""
    took_ms: float = 0.0
    start: float = 0.0
    width: float = 0.0


def step_name(step: str) -> str:
    """The step in words; one that is new here keeps its own name."""
    return str(STEPS.get(step, step))


def rungs(steps: Sequence[Mapping[str, Any]]) -> list[ShownRung]:
    """The rungs of a stored ladder (`cameras.probe.result.Rung`), each after the one before."""
    total = sum(float(step["took_ms"]) for step in steps) or 1.0
    shown, before = [], 0.0
    for step in steps:
        took = float(step["took_ms"])
        shown.append(
            ShownRung(
                name=step_name(step["step"]),
                ok=step["reason"] == Reason.OK.value,
                said=reason_name(step["reason"]),
                detail=detail_text(step["detail"]),
                took_ms=took,
                start=round(100 * before / total, 2),
                width=round(max(0.5, 100 * took / total), 2),
            )
        )
        before += took
    return shown + [ShownRung(name=step_name(name), asked=False) for name in _unasked(steps)]


def _unasked(steps: Sequence[Mapping[str, Any]]) -> list[str]:
    """What the sweep did not come to: everything after the rung that broke."""
    if not steps or steps[-1]["reason"] == Reason.OK.value or steps[-1]["step"] not in ALWAYS:
        return []
    return list(ALWAYS[ALWAYS.index(steps[-1]["step"]) + 1 :])
