"""From what is to be taken to an order for the pool, and from a shot to what is kept of it."""

import logging
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from cameras.picture.order import WATCH_S, Heard, Order, Purpose, Shot, Source
from cameras.probe.net import Net
from cameras.probe.reason import Reason
from cameras.probe.result import verdict_of
from cameras.processes.shelf import Put
from cameras.services import Job, Taken

logger = logging.getLogger(__name__)
WATCHED_S = 1.0
"""So much of a stream must have been seen before "nothing found" means something."""
TRY_NEXT = frozenset(
    {Reason.STREAM_NOT_FOUND, Reason.NO_VIDEO, Reason.NO_FRAME, Reason.CAPTURE_FAILED}
)
"""Failures of one source that another source of the device may not share."""


def sources(job: Job, purpose: Purpose) -> list[Source]:
    """Where to take a picture from, the best first: a round spares the line, a person wants to see.

    What a device gives over HTTP is fresh by its word alone, and so comes last.
    """
    streams = [Source.MAIN]
    if job.sub_path:
        streams = [Source.SUB, Source.MAIN] if purpose is Purpose.ROUND else [Source.MAIN]
    return [*streams, Source.HTTP] if job.snapshot_path else streams


def order_of(
    job: Job,
    net: Net,
    purpose: Purpose,
    source: Source,
    *,
    deadline_s: float,
    note: Callable[[Heard], None],
) -> Order:
    is_sub = source is Source.SUB
    # Learnt from the stream of rounds: another one shows another piece of the view.
    usual = job.baseline if is_sub or not job.sub_path else None
    return Order(
        replace(job.target, path=job.sub_path) if is_sub else job.target,
        net,
        purpose=purpose,
        source=source,
        watch_s=WATCH_S if purpose is Purpose.ROUND else 0.0,
        masks=corners_of(job),
        baseline=usual.content if usual else None,
        want_exam=True,
        deadline_s=deadline_s,
        snapshot_path=job.snapshot_path,
        http_port=job.http_port,
        note=note,
    )


def corners_of(job: Job) -> list[list[tuple[float, float]]]:
    return [[(x, y) for x, y in polygon] for polygon in job.masks]


def taken_of(shot: Shot, put: Put, learnt: dict[str, Any] | None) -> Taken:
    return Taken(
        file=put.file,
        thumb=put.thumb,
        sha256=put.sha256,
        width=shot.width,
        height=shot.height,
        taken_at=shot.taken_at,
        device_at=shot.device_at,
        source=shot.source.value,
        watched=shot.stream_s >= WATCHED_S,
        exam=shot.exam,
        verdict=verdict_of(shot.rungs),
        learnt=learnt,
    )


def learnt_from(job: Job, shot: Shot) -> dict[str, Any] | None:
    """The baseline after this picture; None where it is none to learn from: a glance, one with a
    finding, or one of another stream than the rounds'.
    """
    exam = shot.exam
    of_rounds = shot.source is (Source.SUB if job.sub_path else Source.MAIN)
    if not job.learns or exam is None or exam.findings or not of_rounds:
        return None
    if shot.stream_s < WATCHED_S or not shot.small_png:
        return None
    import cv2  # noqa: PLC0415 - large: only who learns needs it
    import numpy as np  # noqa: PLC0415

    from cameras.picture.baseline import Baseline, learn  # noqa: PLC0415

    try:
        small = cv2.imdecode(np.frombuffer(shot.small_png, np.uint8), cv2.IMREAD_COLOR)
        before = Baseline.from_json(job.baseline.content) if job.baseline else None
        after = None if small is None else learn(before, exam, small, corners_of(job))
    except (ValueError, KeyError, TypeError):
        logger.exception("nothing was learnt from a picture of camera %d", job.camera_id)
        return None
    return after.to_json() if after else None
