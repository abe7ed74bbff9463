"""What a process counts of its own work: requests, jobs, slow statements, listeners.

Web workers, the live process and workers of jobs are processes apart, and a scrape reaches one of
them.  So each keeps its numbers in files of `METRICS_DIR` that it shares with no other (Prometheus'
own way, by `prometheus_client`), and whoever is asked adds them up.  Numbers of a process that has
ended stay, for a counter must not fall; what holds for the moment only (`live…`) goes with it.
Whoever takes its place for good, as a process of jobs does, goes on in its files (`count_as`), or
there would be four more for each.

Counting never fails anybody's work: where the folder cannot be used, a process says so once and
goes on without.  The folder lies in memory (tmpfs): a page of a mapped file that a full disk
cannot store ends the process that writes it.
"""

import logging
import os
import re
from collections.abc import Callable, Iterator
from functools import cache, wraps
from pathlib import Path
from typing import ParamSpec

from django.conf import settings
from prometheus_client import Counter, Gauge, Histogram, Metric, values
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead
from prometheus_client.values import MultiProcessValue

logger = logging.getLogger(__name__)
P = ParamSpec("P")
Labels = tuple[tuple[str, str], ...]
REQUEST_BOUNDS_S = (0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
JOB_BOUNDS_S = (0.1, 1.0, 5.0, 15.0, 60.0, 300.0)
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
OF_PROCESS = re.compile(r"gauge_live[a-z]*_(\d+)\.db")


def _prepare() -> bool:
    """Whether this process may keep its numbers in the folder.

    It may lie where every user of the machine can make folders: one that is not ours, or that
    others may write into, is not used.
    """
    folder = Path(settings.METRICS_DIR)
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        seen = folder.lstat()
    except OSError as error:
        logger.warning("nothing is counted for /metrics: its folder: %s", error.strerror)
        return False
    if folder.is_symlink() or seen.st_uid != os.geteuid() or seen.st_mode & 0o022:
        logger.warning("nothing is counted for /metrics: its folder is open to others")
        return False
    return True


_name = ""


def count_as(name: str) -> None:
    """From now on this process counts in the files of that name, and not of its number.

    No other may at the same time, and an underscore must not be in it.
    """
    global _name  # noqa: PLW0603 - of this process alone, once
    _name = name


def _own_name() -> str | int:
    return _name or os.getpid()


READY = _prepare()
values.ValueClass = MultiProcessValue(_own_name)
# Each has a label: without one a file is made as soon as this is imported, by every command.
# Not registered: they are read from the files alone.
REQUESTS = Counter(
    "gis_http_requests_total",
    "Requests answered, by route template, method and status.",
    ["route", "method", "status"],
    registry=None,
)
REQUEST_S = Histogram(
    "gis_http_request_seconds",
    "How long answers took, by route template; streams until their first part.",
    ["route"],
    buckets=REQUEST_BOUNDS_S,
    registry=None,
)
SLOW = Counter(
    "gis_slow_statements_total",
    "Statements to the database that took longer than SLOW_STATEMENT_MS, by process.",
    ["process"],
    registry=None,
)
JOBS = Counter(
    "gis_jobs_total",
    "Background jobs that ended, by name and outcome: done, failed or retried.",
    ["job", "outcome"],
    registry=None,
)
JOB_S = Histogram(
    "gis_job_seconds",
    "How long background jobs ran, by name.",
    ["job"],
    buckets=JOB_BOUNDS_S,
    registry=None,
)
JOB_DONE = Gauge(
    "gis_job_done_timestamp_seconds",
    "When a background job of this name was last done.",
    ["job"],
    multiprocess_mode="max",
    registry=None,
)
LIVE_CLIENTS = Gauge(
    "gis_live_clients",
    "Browsers and phones that listen to the live stream of this machine.",
    ["process"],
    multiprocess_mode="livesum",
    registry=None,
)
LIVE_HEARD = Gauge(
    "gis_live_heard",
    "1 while the live process hears the database, else 0.",
    ["process"],
    multiprocess_mode="livemin",
    registry=None,
)
LIVE_LAST_ID = Gauge(
    "gis_live_last_change_id",
    "The newest change that the live process has handed out.",
    ["process"],
    multiprocess_mode="livemin",
    registry=None,
)
LIVE_LOOKED = Gauge(
    "gis_live_looked_timestamp_seconds",
    "When the live process last looked for changes, which it does every 5 s at least.",
    ["process"],
    multiprocess_mode="livemin",
    registry=None,
)
LIVE, LIVE_FILES = "live", "gauge_live*.db"
COUNTED = (
    REQUESTS, REQUEST_S, SLOW, JOBS, JOB_S, JOB_DONE,
    LIVE_CLIENTS, LIVE_HEARD, LIVE_LAST_ID, LIVE_LOOKED,
)  # fmt: skip
_said = False


def never_fails(count: Callable[P, None]) -> Callable[P, None]:
    """Counting that says once that it cannot, and lets the work go on."""

    @wraps(count)
    def safely(*args: P.args, **kwargs: P.kwargs) -> None:
        global _said  # noqa: PLW0603 - said once in a process
        if not READY:
            return
        try:
            count(*args, **kwargs)
        except (OSError, ValueError) as error:
            if not _said:
                _said = True
                logger.warning("counting for /metrics has failed: %s", type(error).__name__)

    return safely


# To look for a line by its labels takes longer than to count in it.
_requests = cache(REQUESTS.labels)
_request_s = cache(REQUEST_S.labels)


@never_fails
def count_request(route: str, method: str, status: int, took_s: float) -> None:
    """One request.  route: the template, never the address: labels must stay few."""
    _requests(route, method if method in METHODS else "other", str(status)).inc()
    _request_s(route).observe(took_s)


@never_fails
def count_slow(process: str) -> None:
    SLOW.labels(process).inc()


@never_fails
def count_job(job: str, outcome: str, took_s: float, now_s: float) -> None:
    """One run of a job.  now_s: seconds since 1970."""
    JOBS.labels(job, outcome).inc()
    JOB_S.labels(job).observe(took_s)
    if outcome == "done":
        JOB_DONE.labels(job).set(now_s)


@never_fails
def note_live(*, clients: int, heard: bool, last_id: int, now_s: float) -> None:
    """What the live process says of itself, each time that it has looked for changes."""
    LIVE_CLIENTS.labels(LIVE).set(clients)
    LIVE_HEARD.labels(LIVE).set(int(heard))
    LIVE_LAST_ID.labels(LIVE).set(last_id)
    LIVE_LOOKED.labels(LIVE).set(now_s)


def collect(pattern: str = "*.db") -> list[Metric]:
    """What all processes of this machine have counted, added up.

    pattern: of the files to read; LIVE_FILES are few and quickly read.
    """
    if not READY:
        return []
    _forget_the_dead()
    files = [str(file) for file in Path(settings.METRICS_DIR).glob(pattern)]
    return list(MultiProcessCollector.merge(files, accumulate=True))


def numbers(pattern: str = "*.db") -> dict[str, dict[Labels, float]]:
    """The same as plain numbers: by the name of the sample (`gis_http_request_seconds_bucket`) and
    by its labels, in the order of their names.
    """
    found: dict[str, dict[Labels, float]] = {}
    for metric in collect(pattern):
        for sample in metric.samples:
            labels = tuple(sorted(sample.labels.items()))
            found.setdefault(sample.name, {})[labels] = float(sample.value)
    return found


def _forget_the_dead() -> None:
    """Drop what held for the moment of processes that are no more."""
    for file in Path(settings.METRICS_DIR).glob(LIVE_FILES):
        named = OF_PROCESS.fullmatch(file.name)
        if named and not Path("/proc", named[1]).exists():
            mark_process_dead(int(named[1]), path=str(settings.METRICS_DIR))


def collect_all() -> Iterator[Metric]:
    """The same, and by name what there is no number of yet."""
    counted = collect()
    yield from counted
    names = {metric.name for metric in counted}
    for meter in COUNTED:
        name, kind = str(meter._name), str(meter._type)
        if name not in names:
            yield Metric(name, str(meter._documentation), kind)
