"""What runs in the background for the territory."""

from datetime import date

from celery import shared_task
from django.db import connection
from django.utils import timezone


def follow_the_day(on: date) -> int:
    """Put points into the grids whose shapes begin or end on a day; returns how many had to move.

    Doing it again changes nothing.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT grids_follow_day(%s)", [on])
        return int(cursor.fetchone()[0])


@shared_task  # type: ignore[untyped-decorator]
def follow_today() -> int:
    return follow_the_day(timezone.localdate())
