"""Privacy masks: what is blackened on a camera's pictures before anything is kept of them."""

from collections.abc import Sequence
from datetime import datetime
from math import isfinite
from typing import Any

from django.db import IntegrityError, connection, transaction
from django.utils.translation import gettext as _

from cameras.models import Camera, PictureBaseline, PrivacyMask
from cameras.picture_models import MAX_POLYGONS
from cameras.services.retention import delete_pictures
from gis_server import audit
from gis_server.errors import Conflict, Invalid
from gis_server.models import User

Polygons = list[list[list[float]]]
MIN_CORNERS, MAX_CORNERS = 3, 32
DIGITS = 4
"""A ten-thousandth of the width is less than a pixel."""
LOCK = "SELECT id FROM cameras_camera WHERE id = %s FOR SHARE"


def read_masks(camera_id: int) -> tuple[Polygons, int]:
    """The polygons of a camera and their version; none and 0 where nobody has drawn any."""
    row = PrivacyMask.objects.filter(camera=camera_id).first()
    return (row.polygons, row.version) if row else ([], 0)


def lock_masks(camera_id: int) -> tuple[Polygons, int]:
    """The same, and nobody changes them before the end of the caller's transaction."""
    with connection.cursor() as cursor:
        cursor.execute(LOCK, [camera_id])
    # A statement of its own: one that waited for the lock would have read what was before.
    return read_masks(camera_id)


def save_masks(
    camera: Camera,
    polygons: Any,
    by: User,
    now: datetime,
    *,
    version: int,
    delete_older: bool,
) -> int:
    """Store the masks of a camera; the new version.

    A picture that is being taken with the old ones will not be stored.  What was learnt of the view
    is forgotten, for it shows what is now masked.  version: that which the caller has seen.
    delete_older: whether the pictures from before are deleted, which is the only way to mask them.

    Raises:
        Invalid: not such polygons as `checked` lets pass.
        Conflict: somebody else has changed the masks, or the camera is gone.
    """
    wanted = checked(polygons)
    with transaction.atomic():
        if not Camera.objects.select_for_update(no_key=True).filter(pk=camera.pk).exists():
            raise Conflict(_("This camera has been removed."))
        before, had = read_masks(camera.pk)
        if had != version:
            raise Conflict(_("Somebody else has changed these masks. Load the page again."))
        if wanted != before:
            store(camera, wanted, had, by, now)
            PictureBaseline.objects.filter(camera=camera).delete()
        audit.note(
            by=by,
            action="masks.saved",
            subject=camera.code,
            scope=camera.scope_code,
            detail={"polygons": [len(before), len(wanted)], "older_deleted": delete_older},
        )
    if delete_older:
        delete_pictures(camera.pk, before_version=had + (wanted != before), now=now)
    return had + (wanted != before)


def store(camera: Camera, wanted: Polygons, had: int, by: User, now: datetime) -> None:
    values = {"polygons": wanted, "changed_at": now, "changed_by": by, "version": had + 1}
    try:
        PrivacyMask.objects.update_or_create(camera=camera, defaults=values)
    except IntegrityError:  # the camera went while we waited
        raise Conflict(_("This camera has been removed.")) from None


def checked(polygons: Any) -> Polygons:
    """The polygons, rounded.

    Raises:
        Invalid: not a list of at most 16 polygons of 3 to 32 corners, each two numbers from 0 to 1,
            that span an area.
    """
    if not isinstance(polygons, Sequence) or isinstance(polygons, str | bytes):
        raise Invalid(_("The masks cannot be understood. Load the page again."))
    if len(polygons) > MAX_POLYGONS:
        raise Invalid(_("At most %(most)d masks a camera.") % {"most": MAX_POLYGONS})
    return [checked_polygon(one) for one in polygons]


def checked_polygon(polygon: Any) -> list[list[float]]:
    if not isinstance(polygon, Sequence) or not MIN_CORNERS <= len(polygon) <= MAX_CORNERS:
        rule = _("A mask has %(least)d to %(most)d corners.")
        raise Invalid(rule % {"least": MIN_CORNERS, "most": MAX_CORNERS})
    corners = [checked_corner(one) for one in polygon]
    if not area_of(corners):
        raise Invalid(_("A mask must cover some of the picture."))
    return corners


def checked_corner(corner: Any) -> list[float]:
    is_pair = isinstance(corner, Sequence) and not isinstance(corner, str) and len(corner) == 2
    if not is_pair or not all(is_share(value) for value in corner):
        raise Invalid(_("The corners of masks lie inside the picture."))
    return [round(float(value), DIGITS) for value in corner]


def is_share(value: Any) -> bool:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return is_number and isfinite(value) and 0 <= value <= 1


def area_of(corners: Sequence[Sequence[float]]) -> float:
    """Twice the area, by the shoelace formula; 0 for what lies on a line."""
    following = [*corners[1:], corners[0]]
    return abs(
        sum(x1 * y2 - x2 * y1 for (x1, y1), (x2, y2) in zip(corners, following, strict=True))
    )
