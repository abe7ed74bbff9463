"""What happens to coverage when shapes, positions or processes do not hold still."""

from datetime import date, timedelta
from threading import Barrier, Thread
from typing import Any

import pytest
from django.conf import settings
from django.db import connection, transaction

from gis_server.models import ChangeRow
from grids.models import Grid, GridShape
from patrols.intake import stale
from patrols.models import Coverage, DayGround, Dispute, Duty, Part, StaleTrack, Stretch, Visit
from patrols.seen import covering, grounds, keeping, working
from patrols.seen.covering import TELL_EACH, Teller, compare_day, cover_some
from patrols.seen.process import Coverer
from tests.patrols.ground_town import (
    SIDE,
    along,
    cover,
    make_grids,
    positions,
    send,
    set_shape,
    shape_of,
)
from tests.patrols.on_duty import DAY, NOW, OTHER_STREET, STREET, local, make_duty
from tests.patrols.test_seen_covering import everything, last_seen


@pytest.fixture
def grids(db: None) -> list[Grid]:
    return make_grids()


def of(grid: Grid, day: date = DAY) -> Coverage:
    return Coverage.objects.get(grid=grid, day=day)


# ---- Shapes --------------------------------------------------------------------------------------


def test_shapes_of_a_later_day_change_nothing_of_today(grids: list[Grid]) -> None:
    """The first grid grows by half over the second from tomorrow on."""
    tomorrow = DAY + timedelta(days=1)
    set_shape(grids[0], shape_of(1, east=SIDE / 2), tomorrow)
    today, later = make_duty(), make_duty(day=tomorrow)
    way = along(6, 205, 832)
    send(today, positions(local(9), way), NOW)
    send(later, positions(local(9, tomorrow), way), local(12, tomorrow))

    cover(local(12, tomorrow))

    assert of(grids[0]).all_streets == 42
    assert DayGround.objects.values("ground").distinct().count() == 2
    # Of two that overlap the one of the later id has what is in both.
    assert of(grids[0], tomorrow).all_streets == 42
    assert of(grids[0], tomorrow).all_quarters >= 10 * 84


def test_a_grid_that_is_redrawn_today_has_today_worked_out_anew(grids: list[Grid]) -> None:
    duty = make_duty()
    send(duty, positions(local(9), along(6, 205, 832)), NOW)
    cover(NOW)
    assert of(grids[0]).all_streets == 42

    half = shape_of(1, east=-SIDE / 2)
    GridShape.objects.filter(grid=grids[0]).update(shape=half)
    later = NOW + timedelta(minutes=2)
    assert grounds.refresh(later) == [("140107", DAY)]
    cover(later)

    assert of(grids[0]).all_streets == 21
    assert of(grids[0]).seen_streets == 21
    assert of(grids[1]).seen_streets == 42
    assert grounds.refresh(later + timedelta(minutes=2)) == []
    assert compare_day(DAY, later) == []
    assert list(keeping.not_the_union(DAY)) == []


def test_what_was_last_seen_asks_no_grid(grids: list[Grid]) -> None:
    duty = make_duty()
    send(duty, positions(local(9), along(6, 205, 832)), NOW)
    cover(NOW)
    before = last_seen(200, 205)

    GridShape.objects.filter(grid=grids[0]).delete()
    grounds.refresh(NOW + timedelta(minutes=2))
    cover(NOW + timedelta(minutes=2))

    assert last_seen(200, 205) == before
    assert not Coverage.objects.filter(grid=grids[0]).exists()
    assert of(grids[1]).seen_streets == 42


def test_streets_that_are_entered_today_count_from_tomorrow(grids: list[Grid]) -> None:
    from grids.models import Street  # noqa: PLC0415

    grounds.of_day(DAY, NOW)
    Street.objects.all().delete()
    tomorrow = DAY + timedelta(days=1)
    today, later = make_duty(), make_duty(day=tomorrow)
    for duty in (today, later):
        send(duty, positions(local(9, duty.day), along(6, 205, 200)), local(12, tomorrow))

    cover(local(12, tomorrow))

    assert of(grids[0]).all_streets == 42
    assert of(grids[0], tomorrow).all_streets == 0


def test_a_day_without_any_grid_is_no_trouble(db: None) -> None:
    duty = make_duty()
    send(duty, positions(local(9), along(6, 205, 200)), NOW)

    assert cover(NOW).tracks == 1
    assert not Coverage.objects.exists()


# ---- Positions -----------------------------------------------------------------------------------


def test_what_an_upheld_dispute_takes_away_is_seen_no_more(grids: list[Grid]) -> None:
    duty = make_duty()
    send(duty, positions(local(9), along(6, 205, 832)), NOW)
    cover(NOW)
    whole = everything()
    dispute = Dispute.objects.create(
        member=duty.member, begin=local(9), end=local(9) + timedelta(seconds=400), made_at=NOW,
        reason="不是我", decided_at=NOW, is_upheld=True,
    )  # fmt: skip
    stale.mark({duty.pk: local(9)}, NOW)
    cover(NOW)

    # At 12 m in ten seconds the first grid took 350 s.
    assert of(grids[1]).seen_streets < 42
    assert not Coverage.objects.filter(grid=grids[0], seen_streets__gt=0).exists()
    assert last_seen(100, 205) == 0
    assert compare_day(DAY, NOW) == []
    assert list(keeping.not_the_union(DAY)) == []

    Dispute.objects.filter(pk=dispute.pk).update(is_upheld=False)
    stale.mark({duty.pk: local(9)}, NOW)
    cover(NOW)
    assert everything() == whole


def test_what_was_sent_outside_a_duty_that_was_put_right_is_seen_no_more(
    grids: list[Grid],
) -> None:
    duty = make_duty()
    send(duty, positions(local(9), along(6, 205, 832)), NOW)
    cover(NOW)

    Duty.objects.filter(pk=duty.pk).update(withdrawn_at=local(9) + timedelta(seconds=300))
    stale.mark({duty.pk: local(8)}, NOW)
    cover(NOW)

    # At 12 m in ten seconds 360 m of the first grid's 420 m are left.
    assert 0 < of(grids[0]).seen_streets < 42
    assert not Coverage.objects.filter(grid=grids[1], seen_streets__gt=0).exists()

    Duty.objects.filter(pk=duty.pk).update(withdrawn_at=local(8))
    stale.mark({duty.pk: local(8)}, NOW)
    cover(NOW)
    assert not Coverage.objects.filter(seen_streets__gt=0).exists()


def test_late_positions_correct_the_past_of_their_own_day_alone(grids: list[Grid]) -> None:
    tomorrow = DAY + timedelta(days=1)
    today, later = make_duty(), make_duty(day=tomorrow)
    send(later, positions(local(9, tomorrow), along(6, 205, 832)), local(12, tomorrow))
    cover(local(12, tomorrow))
    written = Coverage.objects.get(day=tomorrow, grid=grids[0]).updated_at

    send(today, positions(local(9), along(6, 205, 832)), local(13, tomorrow))
    cover(local(13, tomorrow))

    assert of(grids[0]).seen_streets == 42
    assert Coverage.objects.get(day=tomorrow, grid=grids[0]).updated_at == written
    assert last_seen(100, 205) >= local(9, tomorrow).timestamp()


def test_what_is_wrong_is_found_at_night_and_mended(grids: list[Grid]) -> None:
    duty = make_duty()
    send(duty, positions(local(9), along(6, 205, 832)), NOW)
    cover(NOW)
    right = everything()
    Stretch.objects.filter(duty=duty).update(digest=b"?" * 16)
    Coverage.objects.filter(grid=grids[0]).update(quarters=b"", seen_quarters=0)
    assert list(keeping.not_the_union(DAY))

    assert keeping.mend(DAY, NOW) == [duty.pk]
    cover(NOW)

    assert everything()[0] == right[0]
    assert keeping.mend(DAY, NOW) == []


def test_what_is_older_than_positions_goes_and_its_figures_stay(grids: list[Grid]) -> None:
    duty = make_duty()
    send(duty, positions(local(9), along(6, 205, 832)), NOW)
    cover(NOW)
    figures = list(Coverage.objects.values())
    later = NOW + timedelta(days=settings.PATROL_KEPT_DAYS + 2)

    assert keeping.drop_old(later) > 0
    stale.mark({duty.pk: local(9)}, later)
    cover(later)

    assert not any(model.objects.exists() for model in (Stretch, Part, Visit))
    assert list(Coverage.objects.values()) == figures
    assert not StaleTrack.objects.exists()


# ---- Processes -----------------------------------------------------------------------------------


def test_the_wall_hears_of_a_street_once_in_a_while(grids: list[Grid]) -> None:
    teller, first, second = Teller(), make_duty(), make_duty()
    send(first, positions(local(9), along(6, 205, 60)), NOW)
    cover_some(teller, NOW)
    send(second, positions(local(9), along(300, 205, 60)), NOW)
    send(second, positions(local(10), along(300, 600, 60)), NOW)
    cover_some(teller, NOW + timedelta(seconds=1))

    told = ChangeRow.objects.filter(topic="coverage").order_by("id")
    assert [(row.subject, row.scope) for row in told] == [
        (STREET, STREET), (OTHER_STREET, OTHER_STREET),
    ]  # fmt: skip
    # Each names the communities that it is about, whose leaders hear it too.
    codes = [grid.code for grid in grids]
    for row in told:
        assert row.parts
        assert set(row.parts) <= {code[:12] for code in codes if code.startswith(row.scope)}
    assert {code[:9] for code in teller.waiting} == {STREET}
    assert teller.due(NOW) == set()
    assert teller.due(NOW + TELL_EACH) == teller.waiting <= set(codes)
    assert teller.due(NOW - timedelta(hours=1)) == teller.waiting, "the clock was set back"


@pytest.mark.django_db(transaction=True)
def test_two_processes_make_the_same_together_as_one_alone() -> None:
    grids = make_grids()
    duties = [make_duty() for _ in range(12)]
    for number, duty in enumerate(duties):
        send(duty, positions(local(9 + number / 10), along(6 + 20 * number, 205, 500)), NOW)
    barrier, done = Barrier(2), []
    grounds.of_day(DAY, NOW)

    def work() -> None:
        barrier.wait()
        found = 0
        for _ in range(200):
            found += cover_some(Teller(), NOW, most=2).tracks
            if not StaleTrack.objects.exists():
                break
        done.append(found)
        connection.close()

    threads = [Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)

    assert sum(done) >= len(duties)
    together = everything()
    assert compare_day(DAY, NOW) == []
    assert list(keeping.not_the_union(DAY)) == []
    for model in (Part, Visit, Stretch, Coverage):
        model.objects.all().delete()
    stale.mark(dict.fromkeys((duty.pk for duty in duties), local(8)), NOW)
    cover(NOW)
    assert everything() == together
    assert grids


@pytest.mark.django_db(transaction=True)
def test_a_process_that_dies_in_the_middle_loses_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """It dies after it has written and before it has committed: the connection is cut."""
    make_grids()
    duty = make_duty()
    send(duty, positions(local(9), along(6, 205, 832)), NOW)
    settle = covering._settle

    def cut(claims: Any) -> None:
        settle(claims)
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(covering, "_settle", cut)
        with pytest.raises(KeyboardInterrupt):
            cover_some(Teller(), NOW)
    assert not Stretch.objects.exists()
    assert StaleTrack.objects.count() == 1

    cover(NOW)

    assert of(Grid.objects.order_by("code")[0]).seen_streets == 42


@pytest.mark.django_db(transaction=True)
def test_what_comes_while_a_track_is_worked_out_is_not_forgotten(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    make_grids()
    duty = make_duty()
    way = positions(local(9), along(6, 205, 832))
    send(duty, way[:10], NOW)
    work_out = working.work_out

    def meanwhile(*args: Any) -> Any:
        found = work_out(*args)
        thread = Thread(target=send_apart, args=(duty, way[10:]))
        thread.start()
        thread.join(20)
        assert not thread.is_alive(), "whoever sends waits for whoever works out"
        return found

    with monkeypatch.context() as patch:
        patch.setattr(covering, "work_out", meanwhile)
        cover_some(Teller(), NOW)
    assert StaleTrack.objects.count() == 1
    cover(NOW)

    assert of(Grid.objects.order_by("code")[0]).seen_streets == 42
    assert compare_day(DAY, NOW) == []


def send_apart(duty: Duty, way: Any) -> None:
    send(duty, way, NOW)
    connection.close()


@pytest.mark.django_db(transaction=True)
def test_a_track_that_somebody_is_at_is_left_to_them() -> None:
    make_grids()
    duty = make_duty()
    send(duty, positions(local(9), along(6, 205, 60)), NOW)
    grounds.of_day(DAY, NOW)
    found: list[int] = []

    def other() -> None:
        found.append(cover_some(Teller(), NOW).tracks)
        connection.close()

    with transaction.atomic():
        assert len(covering._claim(5)) == 1
        thread = Thread(target=other)
        thread.start()
        thread.join(20)

    assert found == [0]
    assert cover(NOW).tracks == 1


@pytest.mark.django_db(transaction=True)
def test_the_process_stops_when_it_is_told_to() -> None:
    coverer = Coverer()

    def run() -> None:
        coverer.run()
        connection.close()

    thread = Thread(target=run)
    thread.start()
    coverer.stop()
    thread.join(20)

    assert not thread.is_alive()
