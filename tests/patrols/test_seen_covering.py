"""What is stored of tracks: whatever comes in, in any order, gives what all of it gives at once."""

import itertools
import random
from datetime import timedelta

import numpy as np
import pytest

from grids.models import Grid
from patrols.coverage import numbers_of
from patrols.models import Coverage, Duty, Part, SeenBlock, StaleTrack, Stretch, Visit
from patrols.plane import SIDE
from patrols.seen import blocks
from patrols.seen.covering import compare_day, mark_day
from tests.patrols.ground_town import CORNER, along, cover, make_grids, positions, send
from tests.patrols.on_duty import DAY, NOW, local, make_duty, make_member

pytestmark = pytest.mark.django_db


@pytest.fixture
def grids() -> list[Grid]:
    return make_grids()


def figures() -> dict[tuple[int, int], tuple[int, ...]]:
    """Seen cells, street pieces and buildings, and visits, by shift and grid."""
    return {
        (row.shift_id, row.grid_id): (
            row.seen_quarters, row.seen_streets, row.seen_buildings, row.visits
        )
        for row in Coverage.objects.all()
    }  # fmt: skip


def everything() -> list[object]:
    """All that is stored of what has been seen, without ids and moments of writing."""
    return [
        [(row.duty_id, row.begins, bytes(row.digest)) for row in Stretch.objects.all()],
        sorted(
            (row.shift_id, row.grid_id, bytes(row.quarters), bytes(row.streets),
             bytes(row.buildings), row.visits)
            for row in Coverage.objects.all()
        ),
        sorted((row.duty_id, row.grid_id, row.begins, row.ends) for row in Visit.objects.all()),
        [
            (row.x, row.y, bytes(row.at))
            for row in SeenBlock.objects.all() if any(bytes(row.at))
        ],
    ]  # fmt: skip


def last_seen(x: float, y: float) -> int:
    """When the cell of a place in metres from the corner was last lit."""
    column, row = int((CORNER[0] + x) // 10), int((CORNER[1] + y) // 10)
    return int(blocks.read_box(column, row, 1, 1)[0, 0])


def test_a_walk_down_a_lane_is_seen_in_its_grids(grids: list[Grid]) -> None:
    duty = make_duty()
    send(duty, positions(local(9), along(6, 205, 832)), NOW)

    cover(NOW)

    found = figures()
    first, second = found[duty.shift_id, grids[0].pk], found[duty.shift_id, grids[1].pk]
    # All 42 pieces of 10 m of either grid's part of the lane; of five rows of cells that are
    # patrolable (middles within 25 m of it) the quarters within 15 m are lit: six rows.
    assert first == (6 * 84, 42, 0, 1)
    assert second == (6 * 84, 42, 0, 1)
    row = Coverage.objects.get(grid=grids[0])
    assert (row.all_quarters, row.all_streets, row.is_bare) == (10 * 84, 42, False)
    assert not StaleTrack.objects.exists()
    assert compare_day(DAY, NOW) == []


def test_a_grid_of_the_hills_counts_whole_and_says_so(grids: list[Grid]) -> None:
    duty = make_duty()
    send(duty, positions(local(9), along(100, 605, 200)), NOW)

    cover(NOW)

    row = Coverage.objects.get(grid=grids[3])
    assert row.is_bare
    assert (row.all_quarters, row.all_streets, row.all_buildings) == (84 * 84, 0, 0)
    assert row.seen_quarters > 6 * 36


def test_each_cell_knows_when_it_was_last_lit(grids: list[Grid]) -> None:
    duty = make_duty()
    send(duty, positions(local(9), along(6, 205, 400)), NOW)
    send(duty, positions(local(10), along(6, 205, 60)), NOW)

    cover(NOW)

    assert 0 <= local(9).timestamp() + 340 - last_seen(385, 205) <= 40
    assert local(10).timestamp() <= last_seen(6, 205) <= local(10).timestamp() + 60
    assert last_seen(385, 260) == 0


def test_repeats_and_what_is_worked_out_again_change_nothing(grids: list[Grid]) -> None:
    duty = make_duty()
    way = positions(local(9), along(6, 205, 800))
    send(duty, way, NOW)
    cover(NOW)
    before = everything()
    written = list(Coverage.objects.values_list("updated_at", flat=True))

    send(duty, way, NOW)
    cover(NOW)
    mark_day(DAY, NOW)
    cover(NOW + timedelta(hours=1))

    assert everything() == before
    assert list(Coverage.objects.values_list("updated_at", flat=True)) == written


def test_in_whatever_order_it_comes_the_same_is_seen(grids: list[Grid]) -> None:
    """Two people over two hours, a stay among them, in parcels of any order; covered in between."""
    duties = [make_duty(), make_duty()]
    chance = random.Random(3)
    still = [(200 + chance.gauss(0, 8), 205 + chance.gauss(0, 8)) for _ in range(120)]
    ways = [
        positions(local(9), along(6, 205, 832) + still + along(200, 205, 600)),
        positions(local(9.2), along(300, 100, 400) + along(300, 300, 900)),
    ]
    parcels = [
        (duty, way[first : first + 25])
        for duty, way in zip(duties, ways, strict=True)
        for first in range(0, len(way), 25)
    ]
    results = []
    for seed in range(4):
        order = random.Random(seed).sample(parcels, len(parcels)) if seed else parcels
        for duty, parcel in order:
            send(duty, parcel, NOW)
            if seed != 1:
                cover(NOW)
        cover(NOW)
        results.append(everything())
        assert compare_day(DAY, NOW) == []
        forget(duties)

    assert results[0] == results[1] == results[2] == results[3]
    assert len(results[0]) == 4
    assert results[0][2], "somebody visited something"


def forget(duties: list[Duty]) -> None:
    """As if nothing had come."""
    from patrols.models import Fix  # noqa: PLC0415

    for model in (Fix, Part, Visit, Stretch, Coverage, SeenBlock, StaleTrack):
        model.objects.all().delete()
    assert duties


def test_what_a_stay_takes_back_was_last_seen_by_who_was_there_before(grids: list[Grid]) -> None:
    """A phone that lies still wanders: until that is known it has lit cells that it did not see."""
    before, still = make_duty(), make_duty()
    send(before, positions(local(8.5), along(6, 205, 420)), NOW)
    cover(NOW)
    then = last_seen(235, 205)
    chance = random.Random(1)
    sent = positions(
        local(10), [(205 + chance.gauss(0, 14), 205 + chance.gauss(0, 5)) for _ in range(90)]
    )
    send(still, sent[:20], NOW)
    cover(NOW)
    assert last_seen(235, 205) > then

    send(still, sent[20:], NOW)
    cover(NOW)

    assert last_seen(235, 205) == then
    assert last_seen(205, 205) > local(10).timestamp()
    assert compare_day(DAY, NOW) == []


def test_one_more_position_costs_at_the_end_of_a_shift_what_it_costs_at_its_beginning(
    grids: list[Grid],
) -> None:
    duty = make_duty()
    lane = list(itertools.chain.from_iterable((along(6, 205, 800), along(6, 205, 800)[::-1])))
    whole = positions(local(8), list(itertools.islice(itertools.cycle(lane), 2880)))
    send(duty, whole[:600], NOW)
    cover(NOW)
    costs = []
    for number in (600, 1200, 1800, 2400, 2875):
        send(duty, whole[len(whole[:number]) - 1 : number], local(17))
        cover(local(17))
        send(duty, whole[number : number + 1], local(17))
        costs.append(cover(local(17)).fixes)
        send(duty, whole[: number + 1], local(17))
        cover(local(17))

    # The slot before, its own, and ten minutes before either: 3000 s of ten.
    assert max(costs) <= 300


def test_a_shift_over_midnight_and_the_end_of_a_month_belongs_to_its_first_day(
    grids: list[Grid],
) -> None:
    from datetime import date, time  # noqa: PLC0415

    day = date(2026, 2, 28)
    duty = make_duty(day=day, begins=time(20), ends=time(4))
    send(duty, positions(local(23.9, day), along(6, 205, 832)), local(28, day))

    cover(local(28, day))

    assert set(Coverage.objects.values_list("day", flat=True)) == {day}
    assert figures()[duty.shift_id, grids[1].pk] == (6 * 84, 42, 0, 1)
    assert Visit.objects.count() == 2
    assert compare_day(day, local(28, day)) == []


def test_sets_are_those_of_the_numbers_of_their_ground(grids: list[Grid]) -> None:
    duty = make_duty(make_member(means="car"))
    send(duty, positions(local(9), [(107, 207)]), NOW)

    cover(NOW)

    row = Coverage.objects.get(grid=grids[0])
    assert list(numbers_of(bytes(row.streets))) == [9, 10, 11, 12]
    assert np.count_nonzero(
        blocks.read_box(int(CORNER[0] // 10), int(CORNER[1] // 10), 42, 42)
    ) == (13)
    assert SIDE == 32
