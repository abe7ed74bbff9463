"""Pictures for the tests: rows and files, as the process that takes them leaves them."""

import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from django.conf import settings

from cameras.models import Camera, PictureExam, Snapshot

JPEG = b"\xff\xd8 a picture"
THUMB = b"\xff\xd8 a small one"


def finding(fault: str, score: float = 0.9, detail: str = "as seen") -> dict[str, Any]:
    return {"fault": fault, "score": score, "threshold": 0.5, "detail": detail}


def taken(
    camera: Camera,
    at: datetime,
    *,
    findings: Sequence[Mapping[str, Any]] | None = None,
    **values: Any,
) -> Snapshot:
    """A picture on the disk; with its exam where `findings` are given."""
    number = Snapshot.objects.count() + 1
    folder = Path(settings.MEDIA_ROOT, "snapshots", f"{at:%Y/%m/%d}")
    folder.mkdir(parents=True, exist_ok=True)
    file, thumb = (folder / f"{camera.pk}-{number}{end}.jpg" for end in ("", "-thumb"))
    file.write_bytes(JPEG)
    thumb.write_bytes(THUMB)
    row = Snapshot.objects.create(
        camera=camera,
        requested_at=values.pop("requested_at", at),
        taken_at=at,
        file=str(file.relative_to(settings.MEDIA_ROOT)),
        thumb=str(thumb.relative_to(settings.MEDIA_ROOT)),
        sha256=hashlib.sha256(JPEG).hexdigest(),
        width=640,
        height=360,
        **{"source": "rtsp_sub", "light": "day", "is_fault": bool(findings)} | values,
    )
    if findings is not None:
        fault = findings[0]["fault"] if findings else ""
        PictureExam.objects.create(
            snapshot=row, measures={"luma": 120.0}, findings=list(findings), fault=fault
        )
    return row
