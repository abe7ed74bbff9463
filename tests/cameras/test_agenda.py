"""What a poller lists of what comes due."""

from cameras.processes import agenda as agenda_module
from cameras.processes.agenda import LATEST_S, SOONEST_S, Agenda

NOW_S = 1_800_000_000.0


def test_what_is_due_is_taken_once_and_those_first_that_have_waited_longest() -> None:
    agenda = Agenda()
    agenda.put([(7, NOW_S - 9), (3, NOW_S), (5, NOW_S + 1)], now_s=0, took_s=0)

    assert agenda.take(1, NOW_S) == [7]
    assert agenda.has_due(NOW_S)
    assert agenda.take(9, NOW_S) == [3]
    assert not agenda.has_due(NOW_S)
    assert agenda.take(9, NOW_S + 1) == [5]
    assert agenda.take(9, NOW_S + 1) == []


def test_it_is_read_anew_after_a_time_that_grows_with_what_reading_takes() -> None:
    agenda, pauses = Agenda(), list[float]()
    assert agenda.is_old(0)
    for took_s in (0.001, 0.02, 9.0):
        agenda.put([], now_s=100, took_s=took_s)
        pauses.append(next(tenth / 10 for tenth in range(1, 99) if agenda.is_old(100 + tenth / 10)))
        # What comes due before the next reading is in this one.
        assert agenda.ahead_s > pauses[-1]

    assert pauses == [SOONEST_S, 2.0, LATEST_S]


def test_what_was_cut_off_is_read_as_soon_as_the_rest_is_taken() -> None:
    agenda = Agenda()
    due = [(number, NOW_S) for number in range(agenda_module.MOST_LISTED)]

    agenda.put(due, now_s=0, took_s=0)
    assert not agenda.is_old(0)
    assert len(agenda.take(len(due), NOW_S)) == len(due)
    assert agenda.is_old(0)
    agenda.put(due[:9], now_s=0, took_s=0)
    agenda.take(9, NOW_S)
    assert not agenda.is_old(0)
