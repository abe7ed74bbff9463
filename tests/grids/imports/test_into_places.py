"""Buildings, shops and service points from files: compared by code, written all or none."""

from pathlib import Path

import pytest
from django.utils import timezone

from gis_server.errors import Conflict
from grids.imports import services, work
from grids.imports.whole import apply_checked
from grids.models import Building, GridShape, ImportRun, Shop
from tests.grids.imports.bringing import brought, checked, problems, table
from tests.grids.territory import EAST, WEST, at, square, two_grids

pytestmark = pytest.mark.django_db
HEADER = "楼栋编码,楼栋名称,地址,经度,纬度,户数"
A1 = "A1,锦绣1号楼,府前街1号,112.5,37.5,30"
A2 = "A2,锦绣2号楼,府前街2号,113.5,37.5,40"


def rows() -> list[tuple[str | None, str, int, str | None]]:
    found = Building.objects.order_by("code").select_related("grid")
    return [(b.code, b.name, b.households, b.grid.code if b.grid else None) for b in found]


def test_new_rows_get_the_grid_of_their_point(tmp_path: Path) -> None:
    two_grids()

    run = brought(table(tmp_path, HEADER, A1, A2), "buildings")

    assert run.counts == {
        "new": 2, "changed": 0, "same": 0, "absent": 0, "outside": 0, "unplaced": 0,
    }  # fmt: skip
    assert rows() == [("A1", "锦绣1号楼", 30, WEST), ("A2", "锦绣2号楼", 40, EAST)]
    assert Building.objects.get(code="A2").scope_code == EAST


def test_the_same_file_again_changes_nothing(tmp_path: Path) -> None:
    two_grids()
    file = table(tmp_path, HEADER, A1, A2)
    brought(file, "buildings")

    run = checked(file, "buildings")

    assert (run.counts["new"], run.counts["changed"], run.counts["same"]) == (0, 0, 2)


def test_a_changed_row_is_found_by_code_and_shown_before_and_after(tmp_path: Path) -> None:
    two_grids()
    brought(table(tmp_path, HEADER, A1, A2), "buildings")

    run = brought(table(tmp_path, HEADER, A1, A2.replace(",40", ",41")), "buildings")

    assert (run.counts["new"], run.counts["changed"]) == (0, 1)
    assert run.samples == [
        {
            "code": "A2",
            "name": "锦绣2号楼",
            "what": "changed",
            "changes": {"households": ["40", "41"]},
        }
    ]
    assert rows()[1][2] == 41


def test_what_the_file_does_not_have_stays(tmp_path: Path) -> None:
    two_grids()
    brought(table(tmp_path, HEADER, A1, A2), "buildings")

    run = brought(table(tmp_path, HEADER, A1), "buildings")

    assert run.counts["absent"] == 1
    assert len(rows()) == 2


def test_a_column_that_the_file_does_not_have_keeps_its_values(tmp_path: Path) -> None:
    two_grids()
    brought(table(tmp_path, HEADER, A1), "buildings")

    brought(table(tmp_path, "楼栋编码,楼栋名称,经度,纬度", "A1,新名,112.5,37.5"), "buildings")

    assert rows() == [("A1", "新名", 30, WEST)]
    assert Building.objects.get().address == "府前街1号"


def test_points_outside_of_all_grids_come_in_and_are_counted(tmp_path: Path) -> None:
    two_grids()

    run = brought(table(tmp_path, HEADER, A1.replace("112.5", "115.5")), "buildings")

    assert run.counts["outside"] == 1
    assert (rows()[0][3], Building.objects.get().scope_code) == (None, "140107")


def test_an_address_without_a_position_waits_to_be_placed(tmp_path: Path) -> None:
    two_grids()
    file = table(tmp_path, HEADER, "A1,锦绣1号楼,府前街1号,,,30")
    run = brought(file, "buildings")
    assert run.counts["unplaced"] == 1

    Building.objects.update(point=at(112.5))
    again = brought(file, "buildings")

    assert (again.counts["same"], again.counts["unplaced"]) == (1, 0)
    assert rows()[0][3] == WEST


def test_rows_without_a_code_are_found_again_by_name_and_address(tmp_path: Path) -> None:
    two_grids()
    file = table(tmp_path, "店名,地址,经度,纬度", "香源面馆,府前街1号,112.5,37.5")
    brought(file, "shops")

    run = checked(file, "shops")

    assert (run.counts["new"], run.counts["same"], Shop.objects.count()) == (0, 1, 1)


@pytest.mark.parametrize(
    ("row", "problem"),
    [
        pytest.param(A1, "doubled", id="the code stands above"),
        pytest.param("A3,x,,,,1", "no_place", id="neither position nor address"),
        pytest.param("A3,,y,112.5,37.5,1", "needed", id="no name"),
        pytest.param("A3,x,y,112.5,,1", "coordinate_missing", id="half a position"),
        pytest.param("A3,x,y,112.5,137.5,1", "outside_frame", id="no latitude"),
        pytest.param("A3,x,y,112.5,37.5,many", "not_a_number", id="no number"),
    ],
)
def test_one_bad_row_keeps_the_whole_file_out(tmp_path: Path, row: str, problem: str) -> None:
    two_grids()

    run = checked(table(tmp_path, HEADER, A1, row), "buildings")

    assert problems(run) == [(3, problem)]
    assert run.fault_counts == {problem: 1}
    with pytest.raises(Conflict):
        services.start_apply(run, by=None, now=timezone.now())
    assert not Building.objects.exists()


def test_rows_of_another_territory_are_refused(tmp_path: Path) -> None:
    two_grids()

    run = checked(table(tmp_path, HEADER, A1), "buildings", scope="140107002")

    assert problems(run) == [(2, "outside_territory")]


def test_a_code_of_another_territory_is_not_taken_over(tmp_path: Path) -> None:
    two_grids()
    Building.objects.create(code="A1", name="theirs", point=at(115.5), scope_code="140107002")

    run = checked(
        table(tmp_path, HEADER, A1.replace("112.5", "115.6")), "buildings", scope="140107001"
    )

    assert problems(run) == [(2, "code_of_another")]


def test_a_registry_that_changed_after_the_dry_run_is_not_written_over(tmp_path: Path) -> None:
    two_grids()
    run = checked(table(tmp_path, HEADER, A1), "buildings")
    GridShape.objects.filter(grid__code=WEST).update(shape=square(112, size=0.9))

    run = apply_checked(run, now=timezone.now())

    assert (run.step, run.problem) == ("checked", "registry_changed")
    assert not Building.objects.exists()

    run = work.check(services.again(run, now=timezone.now()), now=timezone.now())
    assert apply_checked(run, now=timezone.now()).step == "applied"


def test_a_discarded_import_leaves_neither_rows_nor_file(tmp_path: Path) -> None:
    two_grids()
    run = checked(table(tmp_path, HEADER, A1), "buildings")

    services.discard(run, by=None, now=timezone.now())

    assert not services.path_of(run).exists()
    assert ImportRun.objects.get().step == "discarded"
    with pytest.raises(Conflict):
        services.start_apply(run, by=None, now=timezone.now())


def test_exchanged_columns_are_noticed_and_may_be_exchanged_back(tmp_path: Path) -> None:
    two_grids()
    file = table(tmp_path, "楼栋编码,楼栋名称,东,北", "A1,x,37.5,112.5")
    axes = {"code": "楼栋编码", "name": "楼栋名称", "lon": "东", "lat": "北"}

    refused = checked(file, "buildings", mapping=axes)
    run = brought(file, "buildings", mapping=axes, exchange_axes=True)

    assert (refused.step, refused.problem) == ("waiting", "swapped")
    assert (run.step, rows()[0][3]) == ("applied", WEST)
