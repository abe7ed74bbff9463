"""What a camera usually looks like, for each light: read, learnt, made anew by a person."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from cameras.models import PictureBaseline, PictureTurn, Snapshot
from gis_server.models import User

LEARN_EVERY = timedelta(hours=1)
"""Pictures that are nearer to each other teach the same thing, and cost the disk as much."""


def current_baseline(camera_id: int, light: str) -> PictureBaseline | None:
    return PictureBaseline.objects.filter(camera=camera_id, light=light, is_current=True).first()


def may_learn(baseline: PictureBaseline | None, turn: PictureTurn | None, at: datetime) -> bool:
    """Whether a good picture of now is one to learn from: not while the camera is in doubt."""
    if turn is not None and turn.streak_bad:
        return False
    last = baseline and (baseline.learnt_at or baseline.made_at)
    return not last or not timedelta(0) <= at - last < LEARN_EVERY


def keep_learnt(
    camera_id: int,
    light: str,
    content: Mapping[str, Any],
    *,
    known: PictureBaseline | None,
    snapshot_id: int,
    now: datetime,
) -> bool:
    """Store what was learnt on top of `known`, by compare-and-set; False when another one has
    become current meanwhile.  The caller has locked the camera's turn.
    """
    if known is not None:
        row = PictureBaseline.objects.filter(pk=known.pk, version=known.version, is_current=True)
        values = {"content": content, "learnt_at": now, "version": known.version + 1}
        return row.update(**values) == 1
    row_made = PictureBaseline(
        camera_id=camera_id, light=light, content=content, made_at=now, snapshot_id=snapshot_id
    )
    PictureBaseline.objects.bulk_create([row_made], ignore_conflicts=True)
    return True


@transaction.atomic
def replace_baseline(
    camera_id: int,
    light: str,
    content: Mapping[str, Any],
    *,
    by: User,
    snapshot: Snapshot,
    now: datetime,
) -> PictureBaseline:
    """Make `content` the current one; what was current becomes history.

    The caller has locked the camera's turn, as whoever learns has: one at a time.
    """
    rows = PictureBaseline.objects.filter(camera=camera_id, light=light, is_current=True)
    rows.update(is_current=False)
    return PictureBaseline.objects.create(
        camera_id=camera_id,
        light=light,
        content=content,
        made_at=now,
        made_by=by,
        snapshot=snapshot,
    )
