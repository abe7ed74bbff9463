"""Jobs that are killed, that come twice, that nobody takes up; and two who press together."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.core.cache import cache
from django.db import connection, transaction
from django.test import Client
from django.utils import timezone

from gis_server.models import AuditRow
from gis_server.roles import Role
from grids import jobs
from grids.imports import queue
from grids.imports.stage import Stage
from grids.models import Grid, GridDesignation, ImportRun
from tests.cameras.threads import together
from tests.conftest import SignIn
from tests.days.town import sibling, until
from tests.grids.import_pages.bringing import (
    checked,
    confirmed,
    looked_into,
    press,
    renamed_grids,
    send,
)
from tests.grids.territory import WEST, two_grids

pytestmark = pytest.mark.django_db(transaction=True)
LATER = timedelta(minutes=2)
# A job as the worker runs it, in a process that can be killed.
JOB = "import django; django.setup(); from grids import jobs; jobs.{task}({number})"
WAITING = "SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = %s::regclass"


@pytest.fixture(autouse=True)
def media(settings: Any, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path
    cache.clear()


@pytest.fixture
def planner(sign_in: SignIn) -> Client:
    two_grids()
    return sign_in(Role.PLANNER)


@contextmanager
def killed_while_writing(table: str, task: str, run: ImportRun) -> Iterator[None]:
    """Run a job until it wants to write into a table, and kill it there with -9."""
    database = str(connection.settings_dict["NAME"])
    environment = os.environ | {
        "DATABASE_URL": sibling(os.environ["DATABASE_URL"], database),
        "MEDIA_ROOT": str(django_settings.MEDIA_ROOT),
    }
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(f"LOCK TABLE {table} IN SHARE MODE")
        code = JOB.format(task=task, number=run.id)
        process = subprocess.Popen([sys.executable, "-c", code], env=environment)
        until(lambda: waits_for(table), "the job comes to the table")
        yield
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
    until(lambda: not queue.alive(run), "the database notices")


def waits_for(table: str) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(WAITING, [table])
        return bool(cursor.fetchone()[0])


def in_two_minutes() -> datetime:
    return timezone.now() + LATER


def english(client: Client, path: str) -> str:
    return client.get(path, headers={"Accept-Language": "en"}).content.decode()


def test_a_check_that_is_killed_leaves_nothing_and_can_be_started_again(planner: Client) -> None:
    run = confirmed(planner, looked_into(planner, renamed_grids()))

    with killed_while_writing("grids_importrun", "check_import", run):
        assert queue.alive(run)

    assert not Stage(run.id, {}).exists()
    assert queue.pick_up(now=in_two_minutes()) == 1
    run.refresh_from_db()
    assert (run.step, run.problem) == ("waiting", "broke_off")
    assert 'role="alert"' in english(planner, f"/imports/{run.id}/")
    confirmed(planner, run)
    jobs.check_import(run.id)
    run.refresh_from_db()
    assert (run.step, run.counts["changed"]) == ("checked", 1)


def test_an_apply_that_is_killed_has_written_nothing_and_can_be_pressed_again(
    planner: Client,
) -> None:
    run = checked(planner, renamed_grids())
    press(planner, run, "apply")
    run.refresh_from_db()

    # The names of the grids are written before those of their history.
    with killed_while_writing("grids_griddesignation", "write_import", run):
        assert queue.alive(run)

    assert Grid.objects.get(code=WEST).name == WEST
    assert queue.pick_up(now=in_two_minutes()) == 1
    run.refresh_from_db()
    assert (run.step, run.problem) == ("checked", "broke_off")
    page = english(planner, f"/imports/{run.id}/")
    assert 'role="alert"' in page
    assert 'id="confirm-apply"' in page
    press(planner, run, "apply")
    jobs.write_import(run.id)
    assert Grid.objects.get(code=WEST).name == "西网格"


def test_while_one_import_is_written_others_are_sent_and_checked(planner: Client) -> None:
    run = checked(planner, renamed_grids())
    press(planner, run, "apply")
    run.refresh_from_db()

    with killed_while_writing("grids_griddesignation", "write_import", run):
        assert send(planner, renamed_grids()).status_code == 201
        other = checked(planner, renamed_grids())

    assert other.step == "checked"


def test_a_job_at_work_is_left_alone_however_long_it_takes(planner: Client) -> None:
    run = confirmed(planner, looked_into(planner, renamed_grids()))

    with queue.at_work(run) as mine:
        assert mine
        assert queue.pick_up(now=timezone.now() + timedelta(hours=2)) == 0

    run.refresh_from_db()
    assert run.step == "checking"


def test_an_import_that_nobody_took_up_is_handed_over_again_not_set_back(planner: Client) -> None:
    send(planner, renamed_grids())
    cache.clear()  # as a Redis that was started anew without its queue

    assert queue.pick_up(now=in_two_minutes()) == 0

    run = ImportRun.objects.get()
    assert run.step == "reading"
    assert cache.get(f"import-sent-{run.id}") == run.step_at.isoformat()


def test_a_job_that_stumbles_sets_the_import_back_at_once(planner: Client, settings: Any) -> None:
    run = confirmed(planner, looked_into(planner, renamed_grids()))
    Path(settings.MEDIA_ROOT, run.file).unlink()

    jobs.check_import(run.id)

    run.refresh_from_db()
    assert (run.step, run.problem) == ("waiting", "broke_off")


def test_a_job_that_comes_late_does_nothing(planner: Client) -> None:
    run = checked(planner, renamed_grids())

    jobs.check_import(run.id)
    jobs.write_import(run.id)
    jobs.inspect_import(run.id + 1)

    run.refresh_from_db()
    assert run.step == "checked"


def test_of_two_who_press_apply_together_one_succeeds_and_the_other_is_told(
    planner: Client, sign_in: SignIn
) -> None:
    run = checked(planner, renamed_grids())
    boss = sign_in(Role.ADMINISTRATOR)
    seen = {"seen": run.step_at.isoformat()}

    def press_apply(client: Client) -> None:
        client.post(f"/imports/{run.id}/apply/", seen)

    together(lambda: press_apply(planner), lambda: press_apply(boss))

    pages = [english(client, f"/imports/{run.id}/") for client in (planner, boss)]
    told = ['class="message error"' in page for page in pages]
    run.refresh_from_db()
    assert run.step == "applying"
    assert sorted(told) == [False, True]
    winner = "administrator-140107" if told[0] else "planner-140107"
    assert run.applied_by is not None
    assert run.applied_by.username == winner


def test_the_same_job_twice_at_once_writes_once(planner: Client) -> None:
    run = checked(planner, renamed_grids())
    press(planner, run, "apply")

    together(lambda: jobs.write_import(run.id), lambda: jobs.write_import(run.id))

    assert AuditRow.objects.filter(action="import.applied").count() == 1
    assert GridDesignation.objects.filter(grid__code=WEST).count() == 1
