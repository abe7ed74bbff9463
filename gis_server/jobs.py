"""The Celery application, and the jobs that belong to the project as a whole.

celery -A gis_server.jobs worker --beat
"""

import os
import time
from contextlib import suppress
from datetime import timedelta
from importlib import import_module
from typing import Any

from celery import Celery, Task, shared_task
from celery.exceptions import Retry
from celery.signals import setup_logging, worker_init, worker_process_init
from celery.utils.log import current_process_index
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import OperationalError, connection
from django.db.models import Q
from django.utils import timezone

from gis_server import logs
from gis_server.direct import need_direct_connection
from gis_server.job_times import KeepSending

BACKUP_WITHIN_S = 12 * 3600
WAITS_S = 60
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "gis_server.settings")


class Job(Task):  # type: ignore[misc]
    """What every job does besides: it goes under the id of the request that handed it over, says
    when that was, and is counted.
    """

    def apply_async(self, args: Any = None, kwargs: Any = None, **options: Any) -> Any:
        """Hand over; raises what the broker raises.  sent_at: `watch.queue` tells of the oldest."""
        ours = {"request_id": logs.request_id.get(), "sent_at": time.time()}
        headers = (options.pop("headers", None) or {}) | ours
        return super().apply_async(args, kwargs, headers=headers, **options)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Run, in a worker, or called like a function."""
        if self.request.called_directly:
            return self.run(*args, **kwargs)
        given = str((self.request.headers or {}).get("request_id", logs.NO_REQUEST))
        is_named = given != logs.NO_REQUEST and logs.SAFE_ID.fullmatch(given)
        # Not set back: what the worker says of a failure, it says afterwards.  The next job, of
        # which it does one at a time, sets its own.
        logs.request_id.set(given if is_named else str(self.request.id))
        try:
            return self._counted(args, kwargs)
        except OperationalError:
            wait_for_the_database()
            raise

    def _counted(self, args: Any, kwargs: Any) -> Any:
        from gis_server.watch import meters  # noqa: PLC0415 - needs the settings

        began, outcome = time.monotonic(), "failed"
        try:
            done = self.run(*args, **kwargs)
            outcome = "done"
            return done
        except Retry:
            outcome = "retried"
            raise
        finally:
            meters.count_job(self.name, outcome, time.monotonic() - began, time.time())


def wait_for_the_database() -> None:
    """A worker that is cut off from it takes no more jobs for a while: it would fail those that
    another could do.
    """
    if connection.in_atomic_block:
        return
    connection.close()
    deadline = time.monotonic() + WAITS_S
    while time.monotonic() < deadline:
        with suppress(OperationalError):
            connection.ensure_connection()
            return
        time.sleep(1)


app = Celery("gis_server", task_cls=Job)
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks(related_name="jobs")
app.steps["worker"].add(KeepSending)


@setup_logging.connect  # type: ignore[untyped-decorator]
def keep_our_logging(**_: object) -> None:
    """Connecting this is what stops Celery from replacing the logging set up by Django."""


@worker_process_init.connect  # type: ignore[untyped-decorator]
def go_on_counting(**_: object) -> None:
    """A process that takes the place of one that has done its number goes on in its files."""
    from gis_server.watch import meters  # noqa: PLC0415 - needs the settings

    meters.count_as(f"{os.getppid()}-{current_process_index()}")


@worker_init.connect  # type: ignore[untyped-decorator]
def look_at_the_line(**_: object) -> None:
    """End at once, with a sentence, where jobs would lock and dump through a pool."""
    try:
        need_direct_connection("The worker of jobs")
    except ImproperlyConfigured as error:
        # Celery goes on after anything else that a handler raises.
        raise SystemExit(str(error)) from None


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


@shared_task(time_limit=BACKUP_WITHIN_S)  # type: ignore[untyped-decorator]
def back_up() -> str:
    """Make the nightly backup when it is due; its name, or nothing."""
    from gis_server.backups import nightly  # noqa: PLC0415 - models need the app registry

    return nightly.run(timezone.now())


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
