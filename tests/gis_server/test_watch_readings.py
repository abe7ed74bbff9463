"""What a number means, and how it is told."""

import math
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import translation

from gis_server.backups import shelf
from gis_server.disk import RESERVE_BYTES
from gis_server.watch import backups, disks, words
from gis_server.watch.meters import Labels
from gis_server.watch.queue import oldest_age_s
from gis_server.watch.readings import State, judged, quantile, worst
from gis_server.watch.web import Look, look

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("value", "state"),
    [
        pytest.param(0, State.GOOD, id="nothing"),
        pytest.param(10, State.GOOD, id="at the bound"),
        pytest.param(10.1, State.DOUBTFUL, id="above it"),
        pytest.param(20, State.DOUBTFUL, id="at the second"),
        pytest.param(20.1, State.BAD, id="above that"),
        pytest.param(math.inf, State.BAD, id="endless"),
    ],
)
def test_a_number_is_the_worse_the_larger(value: float, state: State) -> None:
    assert judged(value, doubtful=10, bad=20) is state


def test_the_worst_of_some_counts_and_unknown_is_worse_than_good() -> None:
    assert worst([State.GOOD, State.UNKNOWN]) is State.UNKNOWN
    assert worst([State.UNKNOWN, State.DOUBTFUL, State.BAD]) is State.BAD
    assert worst([]) is State.GOOD


@pytest.mark.parametrize(
    ("buckets", "bound"),
    [
        pytest.param({}, None, id="nothing measured"),
        pytest.param({0.1: 0, math.inf: 0}, None, id="all empty"),
        pytest.param({0.1: 95, 1.0: 99, math.inf: 100}, 0.1, id="just enough"),
        pytest.param({0.1: 94, 1.0: 99, math.inf: 100}, 1.0, id="one too few"),
        pytest.param({0.1: 1, 1.0: 2, math.inf: 100}, math.inf, id="over all bounds"),
    ],
)
def test_the_bound_under_which_most_lie(buckets: dict[float, float], bound: float | None) -> None:
    assert quantile(buckets, 0.95) == bound


@pytest.mark.parametrize(
    ("seconds", "told"),
    [
        (-1, "0 ms"), (0.0034, "3 ms"), (1, "1 s"), (119, "119 s"), (120, "2 min"),
        (7_200, "2 h"), (86_400, "24 h"), (172_800, "2 days"),
    ],
)  # fmt: skip
def test_a_length_of_time_is_told_in_its_largest_unit(seconds: float, told: str) -> None:
    with translation.override("en"):
        assert words.length(seconds) == told


@pytest.mark.parametrize(
    ("count", "told"), [(0, "0 B"), (1023, "1023 B"), (1536, "1.5 KiB"), (3 * 2**40, "3.0 TiB")]
)
def test_a_size_is_told_in_its_largest_unit(count: float, told: str) -> None:
    assert words.size(count) == told


@pytest.mark.parametrize(
    ("message", "age_s"),
    [
        pytest.param(None, 0, id="nothing waits"),
        pytest.param(b'{"headers": {"sent_at": 100.0}}', 60, id="a minute"),
        pytest.param(b'{"headers": {"sent_at": 500.0}}', 0, id="clocks differ"),
        pytest.param(b'{"headers": {}}', None, id="of an older version"),
        pytest.param(b'{"headers": {"sent_at": "soon"}}', None, id="no number"),
        pytest.param(b"[1]", None, id="no message"),
        pytest.param(b"\xff", None, id="no text"),
    ],
)
def test_how_long_the_oldest_job_has_waited(message: bytes | None, age_s: float | None) -> None:
    assert oldest_age_s(message, 160.0) == age_s


@pytest.mark.parametrize(
    ("free", "free_files", "state"),
    [
        pytest.param(200 * 2**30, 900, State.GOOD, id="plenty"),
        pytest.param(90 * 2**30, 900, State.DOUBTFUL, id="under a tenth"),
        pytest.param(2 * RESERVE_BYTES - 1, 900, State.BAD, id="near the reserve"),
        pytest.param(0, 0, State.BAD, id="nothing"),
        pytest.param(200 * 2**30, 20, State.DOUBTFUL, id="few names left"),
    ],
)
def test_what_is_left_of_a_disk(free: int, free_files: int, state: State) -> None:
    assert disks.state_of(free, 1000 * 2**30, free_files, 1000) is state


def test_a_file_system_without_a_limit_of_files_is_not_out_of_them() -> None:
    assert disks.state_of(200 * 2**30, 1000 * 2**30, 0, 0) is State.GOOD


def test_what_was_counted_since_an_earlier_look() -> None:
    numbers: dict[str, dict[Labels, float]] = {
        "gis_http_requests_total": {
            (("method", "GET"), ("route", "a"), ("status", "200")): 90.0,
            (("method", "GET"), ("route", "a"), ("status", "503")): 10.0,
        },
        "gis_http_request_seconds_bucket": {
            (("le", "0.1"), ("route", "a")): 60.0,
            (("le", "+Inf"), ("route", "a")): 70.0,
            (("le", "+Inf"), ("route", "b")): 30.0,
        },
        "gis_jobs_total": {
            (("job", "j"), ("outcome", "done")): 5.0,
            (("job", "j"), ("outcome", "failed")): 2.0,
        },
    }

    latest = look(numbers, 100.0)
    recent = latest.since(Look(40.0, requests=80, failed=9, jobs=6, buckets={0.1: 50.0}))

    assert (recent.requests, recent.failed, recent.jobs, recent.jobs_failed) == (20, 1, 1, 2)
    assert recent.buckets == {0.1: 10, math.inf: 100}


def test_where_counting_began_anew_all_of_it_is_new() -> None:
    latest = Look(100.0, requests=5, failed=1)

    assert latest.since(Look(40.0, requests=80)) == latest


def test_no_folder_means_that_there_is_no_backup(tmp_path: Path) -> None:
    seen = backups.look(tmp_path / "none")

    assert seen == backups.Shelf()
    assert [one.state for one in backups.told_of(seen, NOW)] == [State.UNKNOWN]


def test_backups_are_known_by_their_names_once_they_are_whole(tmp_path: Path) -> None:
    for name in (
        "gis-server-20260228T023000Z", "gis-server-20260301T023000Z",
        ".gis-server-20260301T030000Z.part", "other",
    ):  # fmt: skip
        (tmp_path / name).mkdir()
        (tmp_path / name / "manifest.json").touch()
    (tmp_path / "gis-server-20260301T090000Z").touch()
    (tmp_path / "gis-server-20260301T080000Z").mkdir()
    (tmp_path / "gis-server-20260228T023000Z" / shelf.VERIFIED).touch()

    seen = backups.look(tmp_path)

    assert seen == backups.Shelf(
        2, datetime(2026, 3, 1, 2, 30, tzinfo=UTC), datetime(2026, 2, 28, 2, 30, tzinfo=UTC)
    )


@pytest.mark.parametrize(
    ("hours", "verified_days", "states"),
    [
        pytest.param(10, 1, [State.GOOD, State.GOOD], id="last night"),
        pytest.param(40, 1, [State.DOUBTFUL, State.GOOD], id="one is missing"),
        pytest.param(70, 3, [State.BAD, State.GOOD], id="two are missing"),
        pytest.param(10, 9, [State.GOOD, State.DOUBTFUL], id="untried for long"),
        pytest.param(10, None, [State.GOOD, State.DOUBTFUL], id="never tried"),
    ],
)
def test_how_old_a_backup_may_be(
    hours: int, verified_days: int | None, states: list[State]
) -> None:
    verified = None if verified_days is None else NOW - timedelta(days=verified_days)

    told = backups.told_of(backups.Shelf(1, NOW - timedelta(hours=hours), verified), NOW)

    assert [one.state for one in told] == states
    assert [bool(one.todo) for one in told] == [state is not State.GOOD for state in states]


def test_backups_on_another_disk_are_watched_as_well(settings: Any, tmp_path: Path) -> None:
    settings.BACKUP_DIR = str(tmp_path / "not made yet")

    found = disks.find(datetime(2026, 3, 1, tzinfo=UTC))

    free = {one.labels["keeps"]: one.value for one in found.samples if "free_bytes" in one.name}
    assert free["backups"] > 0
