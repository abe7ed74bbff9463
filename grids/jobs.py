"""What runs in the background for the territory."""

import logging
from collections.abc import Callable
from datetime import date, timedelta

from celery import shared_task
from django.db import DatabaseError, connection
from django.utils import timezone

from gis_server.errors import Conflict, Invalid
from grids.balance import NothingToBalance
from grids.imports import queue, work
from grids.imports.flow import Step
from grids.models import ImportRun, PlanProposal
from grids.plans import publishing
from grids.plans.proposals import asking as proposals
from grids.plans.proposals import work as proposing

logger = logging.getLogger(__name__)
# Far longer than any file takes; a job that hangs must not hold a worker for ever.
IMPORT_LIMIT_S = 3 * 3600
KEPT_FILES = timedelta(days=30)
PROPOSAL_LIMIT_S = 120  # ten times what the largest community takes


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


@shared_task(time_limit=IMPORT_LIMIT_S)  # type: ignore[untyped-decorator]
def inspect_import(run_id: int) -> None:
    _work_on(run_id, Step.READING, work.inspect)


@shared_task(time_limit=IMPORT_LIMIT_S)  # type: ignore[untyped-decorator]
def check_import(run_id: int) -> None:
    _work_on(run_id, Step.CHECKING, work.check)


@shared_task(time_limit=IMPORT_LIMIT_S)  # type: ignore[untyped-decorator]
def write_import(run_id: int) -> None:
    _work_on(run_id, Step.APPLYING, work.write)


def _work_on(run_id: int, step: Step, do: Callable[..., ImportRun]) -> None:
    """Do one step of an import, unless it has moved on or another job is at it.

    A job that fails for a reason of ours sets the import back; its user is told to try again.
    """
    run = ImportRun.objects.filter(id=run_id, step=step.value).first()
    if run is None:
        return
    with queue.at_work(run) as mine:
        if not mine:
            return
        try:
            do(run, now=timezone.now())
        except Conflict:
            return  # somebody gave the import up meanwhile, or another job was first
        except Exception:
            logger.exception("import %d broke off while %s", run_id, step.value)
            _set_back(run)


def _set_back(run: ImportRun) -> None:
    connection.close_if_unusable_or_obsolete()
    try:
        queue.set_back(run, now=timezone.now())
    except DatabaseError:
        return  # `pick_up_imports` will


@shared_task  # type: ignore[untyped-decorator]
def pick_up_imports() -> int:
    """Set imports back whose job is gone, and hand those over again that nobody took up."""
    return queue.pick_up(now=timezone.now())


@shared_task  # type: ignore[untyped-decorator]
def drop_old_imports() -> int:
    return work.drop_old(before=timezone.now() - KEPT_FILES)


@shared_task  # type: ignore[untyped-decorator]
def publish_plans() -> int:
    """Let the boundary plans come into force whose day has come; how many these were."""
    return publishing.publish_due(timezone.now())


@shared_task(time_limit=PROPOSAL_LIMIT_S)  # type: ignore[untyped-decorator]
def propose_borders(proposal_id: int) -> None:
    """Work out alternatives for a community; whoever asked is told when nothing comes of it."""
    proposal = PlanProposal.objects.select_related("plan").filter(id=proposal_id).first()
    if proposal is None:
        return
    try:
        proposing.work(proposal, now=timezone.now)
    except (Conflict, Invalid, NothingToBalance):
        proposals.fail(proposal, "moved_on", timezone.now())
    except Exception:
        logger.exception("proposal %d broke off", proposal_id)
        connection.close_if_unusable_or_obsolete()
        proposals.fail(proposal, "broke_off", timezone.now())
