"""The Celery application, and the jobs that belong to the project as a whole.

celery -A gis_server.jobs worker --beat
"""

import os
from datetime import timedelta
from importlib import import_module

from celery import Celery, shared_task
from celery.signals import setup_logging
from django.conf import settings
from django.db import OperationalError
from django.db.models import Q
from django.utils import timezone

from gis_server.job_times import KeepSending

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "gis_server.settings")
app = Celery("gis_server")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks(related_name="jobs")
app.steps["worker"].add(KeepSending)


@setup_logging.connect  # type: ignore[untyped-decorator]
def keep_our_logging(**_: object) -> None:
    """Connecting this is what stops Celery from replacing the logging set up by Django."""


@shared_task  # type: ignore[untyped-decorator]
def prune_changes() -> int:
    """Forget changes older than browsers ask for; who comes back later reloads everything.

    The newest stays however old it is: its id is where a page begins to listen, and a smaller one
    would mean "too much was missed" to the live process, at every attempt until the next change.
    """
    from gis_server.live import (  # noqa: PLC0415 - models need the app registry
        KEPT_DAYS,
        PASSING,
        last_id,
    )
    from gis_server.models import ChangeRow  # noqa: PLC0415

    now = timezone.now()
    old = Q(at__lt=now - timedelta(days=KEPT_DAYS))
    for topic, kept in PASSING.items():
        old |= Q(topic=topic, at__lt=now - kept)
    return ChangeRow.objects.filter(old, id__lt=last_id()).delete()[0]


@shared_task  # type: ignore[untyped-decorator]
def say_alive() -> None:
    """Note that the clock of jobs and whoever does them are there."""
    from gis_server import beats  # noqa: PLC0415 - models need the app registry

    beats.beat(beats.Part.JOBS, timezone.now())


@shared_task  # type: ignore[untyped-decorator]
def drop_old_sessions() -> None:
    """Delete sessions that have run out; nobody else does."""
    import_module(settings.SESSION_ENGINE).SessionStore.clear_expired()


@shared_task  # type: ignore[untyped-decorator]
def prune_sign_ins() -> int:
    """Forget failed sign-ins that no longer lock anybody out: names and addresses of people."""
    from axes.models import AccessAttempt  # noqa: PLC0415 - models need the app registry

    before = timezone.now() - settings.AXES_COOLOFF_TIME
    return int(AccessAttempt.objects.filter(attempt_time__lte=before).delete()[0])


@shared_task  # type: ignore[untyped-decorator]
def load_calendar() -> list[int]:
    """Enter the holidays of years that have been announced since; which years those were."""
    from gis_server.workdays import calendar  # noqa: PLC0415 - models need the app registry

    return calendar.load_known_years(timezone.now())


@shared_task(autoretry_for=(OperationalError,), retry_backoff=15, max_retries=6)  # type: ignore[untyped-decorator]
def refresh_search(kinds: list[str] | None = None) -> int:
    """Make the search agree with its tables: after a bulk import, and for what a date has changed.

    Whoever hands it over says that new places can be found within a few minutes.
    """
    from gis_server import search  # noqa: PLC0415 - models need the app registry

    return sum(search.refresh(kind) for kind in kinds or search.KINDS)
