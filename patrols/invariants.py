"""What must be true of patrols and SQL constraints cannot say; `check_world` prints it."""

from collections.abc import Iterator
from datetime import timedelta

from django.utils import timezone

from patrols.seen.covering import compare_day
from patrols.seen.keeping import not_the_union


def check() -> Iterator[str]:
    """Yield one sentence for every rule that is broken; nothing when all is well."""
    now = timezone.now()
    yesterday = timezone.localdate(now) - timedelta(days=1)
    yield from not_the_union(yesterday)
    for duty in compare_day(yesterday, now):
        yield f"what duty {duty} has seen on {yesterday} is not what its positions give"
