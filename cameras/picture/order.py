"""What is asked of a capture, and what comes of it.  Pure."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, NamedTuple

from cameras.picture.finding import Exam
from cameras.probe.net import Net
from cameras.probe.reason import Reason
from cameras.probe.result import LoginOutcome, StepResult
from cameras.probe.target import Target

WATCH_S = 2.0
"""How long a round looks at a stream: what is frozen, shaking or torn shows only over time."""
DEADLINE_S = 14.0
"""From the order to the picture or the failure, waiting for a worker included."""
Polygon = Sequence[tuple[float, float]]


class Purpose(StrEnum):
    """Who looks: an operator now, or a diagnosis round."""

    CLICK = "click"
    ROUND = "round"


class Source(StrEnum):
    """Where a picture came from.  Values are stored: never rename one."""

    MAIN = "rtsp_main"
    SUB = "rtsp_sub"
    HTTP = "http"


class CaptureFailed(Exception):
    """There is no picture.  The message is for the technician and holds no login.

    rungs: what was asked of the device before it failed, as far as that came.
    sent_nothing: it promised a stream and not one packet of it came: the camera's fault, whoever is
    slow and however rare its key frames are.
    """

    def __init__(
        self,
        reason: Reason,
        detail: str,
        rungs: Sequence[StepResult] = (),
        *,
        sent_nothing: bool = False,
    ) -> None:
        super().__init__(detail)
        self.reason = reason
        self.rungs = tuple(rungs)
        self.sent_nothing = sent_nothing


class Heard(NamedTuple):
    """What became of the login, at the device's stream and at its pages."""

    stream: LoginOutcome = LoginOutcome.NOT_SENT
    pages: LoginOutcome = LoginOutcome.NOT_SENT


def note_nothing(_heard: Heard) -> None:
    """For orders whose login nobody counts."""


@dataclass(frozen=True, slots=True)
class Order:
    """One picture to take.

    target: the stream, with the login if it may be sent (`cameras.services.logins`).  Its `path` is
        the main stream's; a sub-stream is a target with another `path`, and says so in `source`.
    net: the network it may be reached over; every address is checked by it.
    address: where `target.host` was found and let pass before, or "" to look it up here.
    watch_s: how many seconds of stream to look at; 0 takes the first picture that is proven new.
    masks: polygons of (x, y) in 0..1 of width and height, burned in before anything leaves the
        worker.
    baseline: `Baseline.to_json()` of this camera in this light, or None.
    snapshot_path: where the device gives pictures over HTTP, for `source` HTTP.
    note: told what became of the login as soon as the device has let us in or has not, in any case,
        once, and before `take` returns or raises.
    """

    target: Target
    net: Net
    address: str = ""
    purpose: Purpose = Purpose.CLICK
    source: Source = Source.MAIN
    watch_s: float = 0.0
    masks: Sequence[Polygon] = ()
    baseline: dict[str, Any] | None = None
    want_exam: bool = False
    deadline_s: float = DEADLINE_S
    snapshot_path: str = ""
    http_port: int = 80
    note: Callable[[Heard], None] = field(default=note_nothing, repr=False)


@dataclass(frozen=True, slots=True)
class Shot:
    """A picture that is newer than the order and whole, masks burned in.

    jpeg: at the stream's size.  thumb_jpeg: within 160x90.  small_png: within 640x360, masked, for
        learning a baseline.
    exam: what was found in it, or None where no exam was wanted; `small_png` is empty then.
    stream_s: seconds of stream that were looked at.  frames, torn: how many pictures were decoded
        and how many of them were damaged; what was damaged is never the one kept, but for a round
        that found no whole one (`torn == frames`): its picture is the evidence.
    device_at: when the device says the picture was made (RTCP sender report), if it says so.
    taken_at: when it was made by our clock, UTC.
    """

    jpeg: bytes = field(repr=False)
    thumb_jpeg: bytes = field(repr=False)
    small_png: bytes = field(repr=False)
    width: int
    height: int
    exam: Exam | None
    source: Source
    stream_s: float
    frames: int
    torn: int
    device_at: datetime | None
    taken_at: datetime
    rungs: tuple[StepResult, ...] = ()
