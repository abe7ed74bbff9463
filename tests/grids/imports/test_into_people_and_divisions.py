"""Divisions and grid staff from files."""

from datetime import date
from pathlib import Path

import pytest

from grids import invariants
from grids.models import Assignment, Division, DivisionDesignation, GridWorker, Street
from grids.queries import vacant_grids
from tests.grids.imports.bringing import SPRING, brought, checked, problems, table
from tests.grids.territory import COMMUNITY, EAST, WEST, division, two_grids

pytestmark = pytest.mark.django_db
TREE = (
    "140107000000,杏花岭区",
    "140107001000,巨轮街道",
    "140107100000,中涧河镇",
    f"{COMMUNITY},杏花社区",
    "140107100200,丈子头村",
)
STAFF = "工号,姓名,岗位,负责网格,开始日期,结束日期,代管"


def tree(folder: Path, *rows: str) -> Path:
    return table(folder, "区划代码,名称", *rows)


def staff(folder: Path, *rows: str) -> Path:
    return table(folder, STAFF, *rows, name="staff.csv")


def posts() -> list[tuple[str, str, str, date, date | None]]:
    rows = Assignment.objects.order_by("grid__code", "worker__number").select_related()
    return [(r.worker.number, r.grid.code, r.role, r.valid.lower, r.valid.upper) for r in rows]


def test_divisions_find_their_level_kind_and_parent_in_code_and_name(tmp_path: Path) -> None:
    run = brought(tree(tmp_path, *reversed(TREE)), "divisions")

    assert run.counts["new"] == 5
    found = Division.objects.order_by("code").select_related("parent")
    assert [(d.code, d.level, d.kind, d.parent.code if d.parent else None) for d in found] == [
        ("140107000000", "district", "district", None),
        ("140107001000", "street", "street_office", "140107000000"),
        (COMMUNITY, "community", "community", "140107001000"),
        ("140107100000", "street", "town", "140107000000"),
        ("140107100200", "community", "village", "140107100000"),
    ]
    assert list(invariants.check()) == []


def test_a_new_name_leaves_the_former_one_in_the_history(tmp_path: Path) -> None:
    brought(tree(tmp_path, *TREE), "divisions", valid_from=date(2026, 1, 1))

    run = brought(tree(tmp_path, "140107001000,巨轮街道办"), "divisions")

    assert (run.counts["changed"], run.counts["absent"]) == (1, 4)
    history = DivisionDesignation.objects.filter(code="140107001000").order_by("valid")
    assert [(d.name, d.valid.lower, d.valid.upper) for d in history] == [
        ("巨轮街道", date(2026, 1, 1), SPRING),
        ("巨轮街道办", SPRING, None),
    ]
    assert list(invariants.check()) == []


def test_a_name_corrected_on_its_first_day_was_never_another(tmp_path: Path) -> None:
    brought(tree(tmp_path, *TREE), "divisions")

    brought(tree(tmp_path, "140107001000,巨轮街道办"), "divisions")

    assert DivisionDesignation.objects.get(code="140107001000").name == "巨轮街道办"


@pytest.mark.parametrize(
    ("row", "problem"),
    [
        pytest.param("140107003001,远村", "parent_unknown", id="no street above"),
        pytest.param("140108000000,别区", "outside_territory", id="another district"),
        pytest.param("140107000001,错村", "skips_a_level", id="a community without a street"),
        pytest.param("14010700100,短", "zeros_lost", id="a digit short"),
        pytest.param("140107000000,二", "doubled", id="stands above"),
    ],
)
def test_a_division_that_cannot_be_is_refused(tmp_path: Path, row: str, problem: str) -> None:
    run = checked(tree(tmp_path, TREE[0], row), "divisions")

    assert (3, problem) in problems(run)
    assert not Division.objects.exists()


def test_staff_come_with_their_posts_and_a_community_means_all_its_grids(tmp_path: Path) -> None:
    two_grids()

    run = brought(
        staff(
            tmp_path,
            f"C1,王长,网格长,{COMMUNITY},,,",
            f"W1,李员,网格员,{WEST}、{EAST},2026-02-01,2026-06-30,",
            f"W2,张员,网格员,{WEST},2026-07-01,,W1",
        ),
        "workers",
    )

    assert (run.counts["new"], run.counts["posts"], run.counts["new_posts"]) == (3, 5, 5)
    assert posts() == [
        ("C1", WEST, "chief", SPRING, None),
        ("W1", WEST, "worker", date(2026, 2, 1), date(2026, 7, 1)),
        ("W2", WEST, "worker", date(2026, 7, 1), None),
        ("C1", EAST, "chief", SPRING, None),
        ("W1", EAST, "worker", date(2026, 2, 1), date(2026, 7, 1)),
    ]
    stand_in = Assignment.objects.get(worker__number="W2")
    assert stand_in.stands_in_for is not None
    assert stand_in.stands_in_for.number == "W1"
    assert vacant_grids(date(2026, 8, 1)).get().code == EAST


def test_the_same_staff_again_changes_nothing(tmp_path: Path) -> None:
    two_grids()
    file = staff(tmp_path, f"W1,李员,网格员,{WEST},,,")
    brought(file, "workers")

    run = brought(file, "workers", valid_from=date(2026, 9, 1))

    assert (run.counts["same"], run.counts["new_posts"]) == (1, 0)
    assert posts() == [("W1", WEST, "worker", SPRING, None)]


def test_who_is_no_longer_listed_keeps_the_post_unless_asked(tmp_path: Path) -> None:
    two_grids()
    brought(staff(tmp_path, f"W1,李员,网格员,{WEST},,,", f"W2,张员,网格员,{EAST},,,"), "workers")
    file = staff(tmp_path, f"W1,李员,网格员,{WEST},,,")
    autumn = date(2026, 9, 1)

    kept = brought(file, "workers", valid_from=autumn)
    assert kept.counts["absent"] == 1
    assert posts()[1] == ("W2", EAST, "worker", SPRING, None)

    brought(file, "workers", valid_from=autumn, retire_absent=True)
    assert posts()[1] == ("W2", EAST, "worker", SPRING, autumn)


@pytest.mark.parametrize(
    ("row", "problem"),
    [
        pytest.param("W2,张员,网格员,140107001001099,,,", "grid_unknown", id="no such grid"),
        pytest.param(f"W1,别人,网格员,{EAST},,,", "different_people", id="one number, two names"),
        pytest.param(
            f"W2,张员,网格员,{EAST},2026-06-01,2026-05-01,", "ends_before", id="backwards"
        ),
        pytest.param(f"W2,张员,网格员,{EAST},,,W9", "person_unknown", id="stands in for nobody"),
        pytest.param(f"W2,张员,局长,{EAST},,,", "not_a_choice", id="no such role"),
    ],
)
def test_a_post_that_cannot_be_is_refused(tmp_path: Path, row: str, problem: str) -> None:
    two_grids()

    run = checked(staff(tmp_path, f"W1,李员,网格员,{WEST},,,", row), "workers")

    assert problems(run) == [(3, problem)]
    assert not GridWorker.objects.exists()


def test_streets_come_as_lines_and_are_found_again(tmp_path: Path) -> None:
    header, row = "code,name,wkt", 'S1,府前街,"LINESTRING (112 37, 113 38)"'

    brought(table(tmp_path, header, row), "streets")
    run = brought(table(tmp_path, header, row.replace("府前街", "府前大街")), "streets")

    assert (run.counts["changed"], Street.objects.get().name) == (1, "府前大街")
    assert Street.objects.get().line.geom_type == "MultiLineString"


def test_codes_of_a_division_keep_the_old_ones_until_it_is_there(tmp_path: Path) -> None:
    division("140107000000", "district", None, name="杏花岭区")

    run = checked(tree(tmp_path, "140107000000,杏花岭区"), "divisions")

    assert (run.counts["same"], run.counts["changed"]) == (1, 0)
