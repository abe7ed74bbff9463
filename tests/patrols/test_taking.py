"""What is taken of positions, and what becomes of it."""

from datetime import date, time, timedelta
from typing import Any

import numpy as np
import pytest
from django.contrib.gis.geos import Point
from django.db import connection, transaction
from django.test import override_settings

from gis_server.models import ChangeRow
from patrols.control import ControlLevel
from patrols.intake import retention
from patrols.intake.duty_times import DutyTimes
from patrols.intake.partitions import days_there, ensure_days, midnight
from patrols.intake.refusals import Refusal
from patrols.intake.rows import columns_of
from patrols.intake.spans import NOBODY
from patrols.intake.taking import Parcel, Taken, take, write
from patrols.intake.tracks import fixes_of, held_of, track_of, tracks_of
from patrols.models import (
    ControlSwitch,
    Dispute,
    Duty,
    Fix,
    How,
    LastPosition,
    StaleTrack,
)
from patrols.osmand import Position
from patrols.track import Flag
from tests.patrols.on_duty import (
    COMMUNITY,
    DAY,
    HOUR,
    LAT,
    LON,
    NOW,
    OTHER_STREET,
    STREET,
    at,
    local,
    make_device,
    make_duty,
    make_member,
    walk,
)

pytestmark = pytest.mark.django_db


def send(duty: Duty, *positions: Position, now: object = NOW) -> Taken:
    return take(duty.member, None, positions, How.PAGE, now)  # type: ignore[arg-type]


def test_only_what_lies_in_a_duty_is_kept() -> None:
    duty = make_duty()

    taken = send(duty, *(at(local(hour)) for hour in (7.99, 8, 12, 15.99, 16)))

    assert taken.reasons.tolist() == [2, 0, 0, 0, 2]  # from its beginning to before its end
    assert (taken.kept, taken.repeated, taken.refused) == (3, 0, 2)
    assert [fix.at for fix in Fix.objects.all()] == [local(8), local(12), local(15.99)]
    assert {fix.duty_id for fix in Fix.objects.all()} == {duty.pk}


def test_repeats_and_order_change_nothing() -> None:
    duty = make_duty()
    way = walk(local(9), 300)
    send(duty, *way)

    again = send(duty, *reversed(way), way[3], at(local(10)))

    assert (again.kept, again.repeated) == (1, 31)
    assert Fix.objects.count() == 31
    first = Fix.objects.get(at=local(9))
    send(duty, at(local(9), LON + 1))
    assert Fix.objects.get(at=local(9)).lon == first.lon


def test_what_a_phone_says_is_kept_as_it_says_it() -> None:
    duty = make_duty()
    device = make_device(duty.member)
    told = at(local(9), accuracy_m=12.5, speed_ms=1.25, bearing=361.0, battery=67.4, is_mock=True)

    take(
        duty.member, device, [told, Position("", local(9.5).timestamp(), LON, LAT)], How.DEVICE, NOW
    )

    full, bare = Fix.objects.all()
    assert (full.lon, full.lat, full.accuracy_m, full.speed_ms) == (LON, LAT, 12.5, 1.25)
    assert (full.bearing, full.battery, full.is_mock, full.device_id) == (1, 67, True, device.pk)
    assert (full.how, full.received_at) == (How.DEVICE, NOW)
    assert (bare.accuracy_m, bare.speed_ms, bare.bearing, bare.battery) == (None,) * 4
    assert not bare.is_mock


@pytest.mark.parametrize("name", ["accuracy_m", "speed_ms", "bearing", "battery"])
@pytest.mark.parametrize("value", [1e300, -1e300, -0.5])
def test_no_number_is_too_absurd_to_be_written(name: str, value: float) -> None:
    assert send(make_duty(), at(local(9), **{name: value})).kept == 1


def test_a_negative_accuracy_and_a_position_that_its_device_does_not_stand_by_are_doubted() -> None:
    duty = make_duty()

    send(duty, at(local(9), accuracy_m=-5), at(local(9.1), is_valid=False), at(local(9.2)))

    assert track_of(duty).flags.tolist() == [Flag.INACCURATE, Flag.INACCURATE, 0]


def test_a_position_at_0_0_is_kept_and_doubted_and_nobody_is_shown_there() -> None:
    duty = make_duty()

    assert send(duty, at(local(9)), at(local(9.1), 0.0, 0.0)).kept == 2

    assert track_of(duty).flags.tolist() == [0, Flag.NOWHERE]
    assert LastPosition.objects.get().point.x == LON


def test_what_was_ahead_of_our_clock_when_it_came_stays_doubted() -> None:
    duty = make_duty()

    send(duty, at(local(11)), at(local(13)), now=local(12))

    assert track_of(duty).flags.tolist() == [0, Flag.FUTURE]
    assert LastPosition.objects.get().at == local(11)


def test_what_lies_more_than_a_day_ahead_is_not_kept() -> None:
    duty = make_duty(day=date(2026, 3, 4))

    taken = send(duty, at(local(12, date(2026, 3, 4))))

    assert taken.count(Refusal.AHEAD) == 1
    assert not Fix.objects.exists()


def test_a_device_that_sends_its_week_again_changes_nothing_and_corrects_what_was_missing() -> None:
    member = make_member()
    days = [DAY - timedelta(days=back) for back in range(7)]
    for day in days:
        make_duty(member, day)
    week = [one for day in days for one in walk(local(9, day), 3600, 60)]
    take(member, None, week[:-60], How.DEVICE, NOW)
    StaleTrack.objects.all().delete()

    taken = take(member, None, week, How.DEVICE, NOW)

    assert (taken.kept, taken.repeated, taken.refused) == (60, 360, 0)
    stale = StaleTrack.objects.get()  # only the day that has changed
    assert stale.duty.day == days[-1]
    assert stale.since == local(9, days[-1])


def test_a_night_shift_over_the_end_of_a_month_is_one_duty_in_two_partitions() -> None:
    last = date(2026, 3, 31)
    duty = make_duty(day=last, begins=time(22), ends=time(6))

    taken = send(
        duty, *(at(local(hour, last)) for hour in (23.999, 24, 29.99, 30)), now=local(32, last)
    )

    assert taken.reasons.tolist() == [0, 0, 0, Refusal.OUTSIDE_DUTY]
    assert days_there() == [last, date(2026, 4, 1)]
    assert len(track_of(duty).flags) == 3
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM patrols_fix_20260401")
        assert cursor.fetchone() == (2,)  # midnight of Taiyuan, not of Greenwich


def test_a_switch_of_the_level_brings_other_people_into_force_from_its_moment_on() -> None:
    usual = make_duty(highest=ControlLevel.USUAL.value)
    alarmed = make_duty(lowest=ControlLevel.TWO.value)
    ControlSwitch.objects.create(
        area=STREET, level="two", begins=local(10), until=local(11), reason="-", user_id=1, who="-"
    )
    hours = [at(local(hour)) for hour in (9.5, 10.5, 11.5)]

    assert send(usual, *hours).reasons.tolist() == [0, 2, 0]
    assert send(alarmed, *hours).reasons.tolist() == [2, 0, 2]


def test_whoever_is_stood_in_for_or_taken_off_is_not_on_duty() -> None:
    ill, off = make_duty(), make_duty(withdrawn_at=local(8))
    make_duty(stands_in_for=ill)

    assert send(ill, at(local(9))).refused == send(off, at(local(9))).refused == 1


def test_of_two_duties_at_once_the_one_that_began_first_gets_the_positions() -> None:
    member = make_member()
    first = make_duty(member, begins=time(8), ends=time(12))
    second = make_duty(member, begins=time(10), ends=time(14), code=OTHER_STREET)

    take(member, None, [at(local(hour)) for hour in (9, 11, 12, 13)], How.PAGE, NOW)

    assert [fix.duty_id for fix in Fix.objects.all()] == [first.pk] * 2 + [second.pk] * 2


def test_what_is_older_than_positions_are_kept_is_not_taken() -> None:
    old = DAY - timedelta(days=10)
    duty = make_duty(day=old)

    with override_settings(PATROL_KEPT_DAYS=9):
        assert send(duty, at(local(9, old))).count(Refusal.TOO_OLD) == 1
    with override_settings(PATROL_KEPT_DAYS=10):
        assert send(duty, at(local(9, old))).kept == 1


def test_days_that_are_too_old_are_dropped_whole_and_the_next_ones_are_made() -> None:
    member = make_member()
    old = DAY - timedelta(days=10)
    for day in (old, DAY):
        make_duty(member, day)
    take(member, None, [at(local(9, old)), at(local(9))], How.PAGE, NOW)

    with override_settings(PATROL_KEPT_DAYS=9):
        assert retention.keep_days(NOW) == [old]

    assert [fix.at for fix in Fix.objects.all()] == [local(9)]
    assert days_there() == [DAY + timedelta(days=ahead) for ahead in range(4)]


def test_the_last_position_is_forgotten_after_a_day() -> None:
    duty = make_duty()
    send(duty, at(local(9)))

    retention.keep_days(local(32))
    assert LastPosition.objects.exists()
    retention.keep_days(local(33.1))
    assert not LastPosition.objects.exists()


def test_the_last_position_is_the_newest_whatever_comes_late() -> None:
    duty = make_duty()

    for hour in (9, 11, 10):
        send(duty, at(local(hour), LON + hour))

    last = LastPosition.objects.get()
    assert (last.at, last.point) == (local(11), Point(LON + 11, LAT, srid=4326))
    assert (last.duty_id, last.scope_code) == (duty.pk, COMMUNITY)


def test_a_street_is_told_once_of_many_and_nobody_of_what_changes_nothing() -> None:
    duty = make_duty()
    before = ChangeRow.objects.count()
    send(duty, *walk(local(9), 600))

    row = ChangeRow.objects.get()
    assert (row.topic, row.subject, row.scope, row.data) == ("position", STREET, STREET, {})
    assert row.parts == [COMMUNITY]
    send(duty, *walk(local(9), 600), at(local(7)))
    assert ChangeRow.objects.count() == before + 1


def test_a_track_is_stale_from_the_earliest_that_is_new() -> None:
    duty = make_duty()

    send(duty, at(local(11)))
    send(duty, at(local(9)), at(local(10)), now=NOW + HOUR)
    send(duty, at(local(9)), at(local(11.5)), now=NOW + 2 * HOUR)

    stale = StaleTrack.objects.get()
    assert (stale.since, stale.marked_at) == (local(9), NOW + 2 * HOUR)


def test_parcels_of_many_are_written_together_and_each_is_told_its_own() -> None:
    duties = [make_duty(), make_duty(code=f"{OTHER_STREET}001"), make_duty(withdrawn_at=local(8))]
    parcels = [
        Parcel(duty.member_id, 7, How.DEVICE, columns_of(walk(local(9), 100 * (place + 1))))
        for place, duty in enumerate(duties)
    ]
    times = DutyTimes(5)
    write(parcels[:1], times, NOW)

    written = write(parcels, times, NOW)

    assert [(one.kept, one.repeated, one.refused) for one in written.taken] == [
        (0, 10, 0), (20, 0, 0), (0, 0, 30),
    ]  # fmt: skip
    assert written.codes == {f"{OTHER_STREET}001"}
    assert write([], times, NOW).taken == []


def test_others_are_asked_for_along_with_whoever_must_be(
    django_assert_num_queries: Any,
) -> None:
    """A phone sends every ten seconds: otherwise each group would find its own members stale."""
    one, *others = (make_duty().member_id for _ in range(4))
    times = DutyTimes(5)

    def is_on_duty(member: int, seconds: float) -> bool:
        people, noon = np.array([member]), np.array([NOW.timestamp()])
        spans = times.find(people, noon, NOW + timedelta(seconds=seconds))
        return bool(spans.at(people, noon)[0] != NOBODY)

    assert all(is_on_duty(member, 0) for member in (one, *others))
    with django_assert_num_queries(3):
        assert is_on_duty(one, 10)
    # What was read with it counts for five seconds, and no longer.
    Duty.objects.filter(member__in=others).update(withdrawn_at=local(8))
    with django_assert_num_queries(0):
        assert is_on_duty(others[0], 14.9)
    assert not is_on_duty(others[0], 15)
    # Who was not wanted since then does not come along again.
    assert times.known[others[1]].asked == (NOW + timedelta(seconds=10)).timestamp()


def test_nobody_is_mixed_up_with_somebody_else() -> None:
    """Members next to one another, with and without duties, at all times of a day."""
    duties = [make_duty(begins=time(hour), ends=time(hour + 1)) for hour in range(8, 12)]
    idle = make_member()
    hours = [at(local(hour)) for hour in (0, 8, 9, 10, 11, 12, 23.9)]
    members = [*(duty.member_id for duty in duties), idle.pk]

    written = write(
        [Parcel(one, 1, How.DEVICE, columns_of(hours)) for one in members], DutyTimes(), NOW
    )

    kept = [one.reasons.tolist().index(0) if one.kept else None for one in written.taken]
    assert kept == [1, 2, 3, 4, None]
    assert {one.kept for one in written.taken} == {0, 1}


def test_one_device_does_not_come_twice_in_a_group() -> None:
    parcel = Parcel(1, 1, How.DEVICE, columns_of([]))

    with pytest.raises(ValueError, match="two parcels"):
        write([parcel, parcel], DutyTimes(), NOW)


def test_days_are_made_once_and_begin_at_midnight_of_the_zone() -> None:
    ensure_days([DAY])
    ensure_days([DAY, DAY + timedelta(days=1)])

    assert days_there() == [DAY, DAY + timedelta(days=1)]
    assert midnight(DAY).isoformat() == "2026-03-02T00:00:00+08:00"


def test_a_track_is_read_as_it_was_sent() -> None:
    duty = make_duty()
    send(duty, *walk(local(9), 600))

    track = track_of(duty)

    assert track.flags.tolist() == [0] * 60
    assert track.joined.all()
    # 59 steps of 10 s at 1.1 m/s; the projection and the rounded degree err by less than 1 %.
    assert track.length_m == pytest.approx(649, rel=0.01)


def test_fixes_in_an_upheld_dispute_do_not_count_and_stay() -> None:
    duty = make_duty()
    send(duty, *walk(local(9), 600))
    dispute = Dispute.objects.create(
        member=duty.member, begin=local(9), end=local(9) + timedelta(seconds=100), reason="-",
        made_at=NOW,
    )  # fmt: skip

    assert len(track_of(duty).flags) == 60
    Dispute.objects.filter(pk=dispute.pk).update(is_upheld=True, decided_at=NOW)

    assert len(track_of(duty).flags) == 50
    held = held_of(duty.member_id, local(0), local(24))
    assert (len(held), int(held.is_disputed.sum())) == (60, 10)
    assert len(fixes_of(duty.member_id, local(0), local(24))) == 50


def test_tracks_of_many_duties_are_each_one_s_own(django_assert_num_queries: object) -> None:
    duties = [make_duty(), make_duty(), make_duty()]
    for place, duty in enumerate(duties[:2]):
        send(duty, *walk(local(9), 100 * (place + 1)))
    rows = list(Duty.objects.select_related("member").order_by("-pk"))

    with django_assert_num_queries(2):  # type: ignore[operator]
        found = {duty.pk: len(track.flags) for duty, track in tracks_of(rows)}

    assert found == {duties[0].pk: 10, duties[1].pk: 20, duties[2].pk: 0}
    assert list(tracks_of([])) == []


def test_what_a_transaction_takes_back_was_never_told() -> None:
    duty = make_duty()

    with transaction.atomic():
        send(duty, at(local(9)))
        transaction.set_rollback(True)

    assert not ChangeRow.objects.exists()
    assert not StaleTrack.objects.exists()
    assert days_there() == []
