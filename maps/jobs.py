"""What runs in the background for the map."""

from pathlib import Path

from celery import shared_task
from django.conf import settings
from django.utils import timezone

from maps import archive, bake, heaps, store
from maps.alarms import services as alarms

# A first bake of 60,000 grids takes a minute of processor; a busy machine may need ten times that.
BAKE_LIMIT_S = 3600


@shared_task(time_limit=BAKE_LIMIT_S)  # type: ignore[untyped-decorator]
def draw_territory() -> int:
    """Simplify what has changed since the last time; how many shapes."""
    if bake.is_current(timezone.localdate()):
        return 0
    done = bake.bake(timezone.now())
    return done.shapes if done else 0


@shared_task  # type: ignore[untyped-decorator]
def prune_tiles() -> int:
    """Drop kept tiles that nobody asks for, and what is over TILE_STORE_MB."""
    return store.prune(settings.TILE_STORE_MB * 2**20)


@shared_task  # type: ignore[untyped-decorator]
def prune_alarms() -> int:
    """Forget who took alarms that are long over; how many."""
    return alarms.prune(timezone.now())


@shared_task(time_limit=BAKE_LIMIT_S)  # type: ignore[untyped-decorator]
def count_places() -> int:
    """Count places for zooms at which they stand together; how many heaps, -1: nothing was new."""
    return heaps.count_places()


@shared_task(time_limit=BAKE_LIMIT_S)  # type: ignore[untyped-decorator]
def write_archive(scope: list[str], path: str) -> int:
    """Write the tiles of a reach into one file; how many."""
    file = Path(path)
    file.parent.mkdir(parents=True, exist_ok=True)
    try:
        return archive.write(file, scope, timezone.now()).tiles
    except archive.Empty:
        return 0
