"""The steps of an import: every one can be reached and left, and a race has one winner."""

from pathlib import Path

import pytest
from django.utils import timezone

from gis_server.errors import Conflict
from grids.imports import services, work
from grids.imports.flow import AFTER_A_BREAK, AT_WORK, NEXT, Step, may_follow
from grids.models import Building, ImportRun
from tests.cameras.threads import together
from tests.grids.imports.bringing import checked, table
from tests.grids.territory import two_grids

ENDS = {Step.APPLIED, Step.DISCARDED}


def test_every_step_can_be_reached_and_only_the_ends_cannot_be_left() -> None:
    reached = {then for following in NEXT.values() for then in following}

    assert reached | {Step.READING} == set(Step)
    assert {step for step, following in NEXT.items() if not following} == ENDS


def test_work_that_broke_off_goes_back_by_a_step_that_may_follow() -> None:
    assert set(AFTER_A_BREAK) == AT_WORK
    assert all(may_follow(step, back) for step, back in AFTER_A_BREAK.items())


@pytest.mark.django_db(transaction=True)
def test_of_eight_who_apply_at_once_one_wins(tmp_path: Path) -> None:
    two_grids()
    run = checked(table(tmp_path, "code,name,lon,lat", "A1,x,112.5,37.5"), "buildings")

    def apply() -> str:
        try:
            mine = ImportRun.objects.get(id=run.id)
            work.write(services.start_apply(mine, by=None, now=timezone.now()), now=timezone.now())
        except Conflict:
            return "conflict"
        return "applied"

    results = together(*[apply] * 8)

    assert sorted(results) == ["applied", *["conflict"] * 7]
    assert Building.objects.count() == 1
