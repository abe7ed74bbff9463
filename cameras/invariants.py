"""What must be true of cameras and SQL constraints cannot say; `check_world` prints it."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

from django.conf import settings
from django.db.models import Exists, F, OuterRef, Subquery
from django.utils import timezone

from cameras.health import State
from cameras.models import (
    Camera,
    CameraRecord,
    CameraState,
    Outage,
    OutageMember,
    RepairOrder,
    RepairOrderCamera,
    RepairPhoto,
    Snapshot,
)
from cameras.repairs.models import OPEN_VALUES
from cameras.services.retention import FOLDER, names_in
from gis_server.disk import day_folders


def check() -> Iterator[str]:
    """Yield one sentence for every rule that is broken; nothing when all is well."""
    yield from _states()
    yield from _territories()
    yield from _records()
    yield from _orders()
    yield from _pictures()


def _states() -> Iterator[str]:
    for code in Camera.objects.filter(state=None).values_list("code", flat=True):
        yield f"camera {code} has no state, so nobody will ever ask it"
    open_outage = Exists(OutageMember.objects.filter(camera=OuterRef("pk"), left_at=None))
    down = Camera.objects.filter(~open_outage, state__state=State.OFFLINE)
    for code in down.values_list("code", flat=True):
        yield f"camera {code} is offline and has no open outage"
    up = Camera.objects.filter(open_outage, state__state=State.ONLINE)
    for code in up.values_list("code", flat=True):
        yield f"camera {code} is online and has an open outage"
    closed = Outage.objects.exclude(closed_at=None).filter(members__left_at=None).distinct()
    for outage_id in closed.values_list("id", flat=True):
        yield f"outage {outage_id} is closed and has a camera that is still down"


def _territories() -> Iterator[str]:
    strays = Camera.objects.exclude(grid=None).exclude(scope_code=F("grid__code"))
    for code, scope, grid in strays.values_list("code", "scope_code", "grid__code"):
        yield f"camera {code} lies in grid {grid} but belongs to territory {scope}"


def _records() -> Iterator[str]:
    """The dated registry says of today what the registry says."""
    dated = CameraRecord.objects.filter(camera=OuterRef("pk")).order_by("-since", "-id")[:1]
    columns = ("owner_id", "team_id", "upstream_id", "scope_code", "priority", "enabled")
    newest = Camera.objects.annotate(
        **{f"dated_{name}": Subquery(dated.values(name)) for name in columns}
    )
    for row in newest.values("code", *columns, *(f"dated_{name}" for name in columns)).iterator():
        if any(row[name] != row[f"dated_{name}"] for name in columns):
            yield f"camera {row['code']} is not what the dated registry says of it"


def _orders() -> Iterator[str]:
    parts = RepairOrderCamera.objects.filter(is_open=True).exclude(order__state__in=OPEN_VALUES)
    for number, code in parts.values_list("order__number", "camera__code"):
        yield f"camera {code} is still open in repair order {number}, which is not"
    unwritten = RepairOrder.objects.filter(steps=None)
    for number in unwritten.values_list("number", flat=True):
        yield f"repair order {number} has no step that says who opened it"
    for photo, file in RepairPhoto.objects.values_list("id", "file"):
        if not Path(settings.MEDIA_ROOT, file).is_file():
            yield f"photo {photo} of a repair is gone from {file}"


def _pictures() -> Iterator[str]:
    taken = Snapshot.objects.exclude(file="").order_by("id")
    for snapshot_id, *files in taken.values_list("id", "file", "thumb").iterator():
        for file in files:
            if file and not Path(settings.MEDIA_ROOT, file).is_file():
                yield f"picture {snapshot_id} is gone from {file}"
    # Folders are by UTC; in that of the present day a picture may be on its way to its row.
    yesterday = timezone.localdate() - timedelta(days=1)
    for folder in day_folders(Path(settings.MEDIA_ROOT, FOLDER), yesterday):
        yield from _strays(folder)
    faults = CameraState.objects.exclude(picture_fault="")
    shown = faults.filter(state__in=[State.ONLINE])
    for code in shown.values_list("camera__code", flat=True):
        yield f"camera {code} is online although its pictures show a fault"


def _strays(folder: Path) -> Iterator[str]:
    """Files of an earlier day that no picture has; the job of the night deletes them."""
    name = folder.relative_to(settings.MEDIA_ROOT).as_posix()
    named = names_in(name)
    for file in sorted(folder.iterdir()):
        if file.is_file() and f"{name}/{file.name}" not in named:
            yield f"no picture has the file {name}/{file.name}"
