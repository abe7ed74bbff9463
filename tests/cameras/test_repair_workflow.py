"""What may follow what in a repair order, who may do it, and the diagram that says so."""

from datetime import UTC, datetime, timedelta

import pytest

from cameras.repairs.workflow import (
    LIVE_STATES,
    MOVES,
    OPEN_STATES,
    Action,
    Deadlines,
    Stage,
    Status,
    Who,
    can,
    diagram,
    may_grant,
)
from tests.house.tree import ROOT

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
DUE = Deadlines(NOON + timedelta(minutes=30), NOON + timedelta(hours=2), NOON + timedelta(hours=12))


def test_the_docs_draw_the_very_table() -> None:
    page = (ROOT / "docs" / "design" / "repairs.md").read_text(encoding="utf-8")

    assert f"```mermaid\n{diagram()}\n```" in page


def test_what_is_over_leads_nowhere() -> None:
    over = set(Status) - LIVE_STATES

    assert over == {Status.CLOSED, Status.WITHDRAWN}
    assert [action for action, move in MOVES.items() if move.before & over] == []


def test_every_state_but_those_two_is_left_and_each_but_the_first_is_reached() -> None:
    left = set().union(*(move.before for move in MOVES.values()))
    reached = {move.after for move in MOVES.values()}

    assert left == LIVE_STATES
    assert reached == set(Status)


def test_only_the_machine_or_a_granted_override_verifies() -> None:
    ways = {action for action, move in MOVES.items() if move.after is Status.VERIFIED}

    assert ways == {Action.VERIFY, Action.RECOVER, Action.GRANT}
    assert MOVES[Action.VERIFY].who is MOVES[Action.RECOVER].who is Who.MACHINE
    assert MOVES[Action.GRANT].who is Who.LEADER


def test_only_the_machine_closes() -> None:
    ways = {action for action, move in MOVES.items() if move.after is Status.CLOSED}

    assert ways == {Action.CLOSE}
    assert MOVES[Action.CLOSE].who is Who.MACHINE


def test_a_repair_by_somebody_keeps_the_fault_from_recovering_by_itself() -> None:
    assert MOVES[Action.RECOVER].before == OPEN_STATES - {Status.REPAIRED}


@pytest.mark.parametrize(
    ("action", "status", "allowed"),
    [
        pytest.param(Action.ACCEPT, Status.OPEN, True, id="accept what is open"),
        pytest.param(Action.ACCEPT, Status.ACCEPTED, False, id="accept what somebody has"),
        pytest.param(Action.ARRIVE, Status.OPEN, False, id="arrive without accepting"),
        pytest.param(Action.REPAIR, Status.ACCEPTED, True, id="repaired from afar"),
        pytest.param(Action.REPAIR, Status.WAITING, False, id="repaired while it waits"),
        pytest.param(Action.WAIT, Status.OPEN, False, id="nobody waits before accepting"),
        pytest.param(Action.AGREE, Status.REFUSED, True, id="agree to a refusal"),
        pytest.param(Action.AGREE, Status.OPEN, False, id="agree to what nobody refused"),
        pytest.param(Action.NOTE, Status.OPEN, False, id="a note moves nothing"),
    ],
)
def test_can(action: Action, status: Status, *, allowed: bool) -> None:
    assert can(action, status) is allowed


@pytest.mark.parametrize(
    ("user_id", "asked_by", "repaired_by", "allowed"),
    [
        pytest.param(3, 1, 2, True, id="a third person"),
        pytest.param(3, 1, 1, True, id="the repairer asked, another grants"),
        pytest.param(1, 1, 2, False, id="who asked"),
        pytest.param(2, 1, 2, False, id="who repaired"),
        pytest.param(3, None, 2, False, id="nobody asked"),
        pytest.param(3, 1, None, True, id="the repairer's account is gone"),
    ],
)
def test_an_override_needs_two_different_people(
    user_id: int, asked_by: int | None, repaired_by: int | None, *, allowed: bool
) -> None:
    assert may_grant(user_id=user_id, asked_by=asked_by, repaired_by=repaired_by) is allowed


@pytest.mark.parametrize(
    ("status", "minutes", "late"),
    [
        pytest.param(Status.OPEN, 30, [], id="on the minute is in time"),
        pytest.param(Status.OPEN, 31, [Stage.RESPOND], id="not accepted"),
        pytest.param(Status.ACCEPTED, 31, [], id="accepted in time"),
        pytest.param(Status.ACCEPTED, 121, [Stage.ARRIVE], id="not there"),
        pytest.param(Status.OPEN, 721, list(Stage), id="nothing done at all"),
        pytest.param(Status.ON_SITE, 721, [Stage.FIX], id="there, but not fixed"),
        pytest.param(Status.WAITING, 721, [], id="waiting stops the clocks"),
        pytest.param(Status.REPAIRED, 721, [], id="repaired"),
        pytest.param(Status.REFUSED, 31, [Stage.RESPOND], id="a refusal does not stop the clock"),
    ],
)
def test_missed(status: Status, minutes: int, late: list[Stage]) -> None:
    assert list(DUE.missed(status, NOON + timedelta(minutes=minutes))) == late


def test_a_wait_moves_what_is_due() -> None:
    later = DUE.later(timedelta(days=1))

    assert later.fix - DUE.fix == timedelta(days=1)
    assert list(later.missed(Status.ON_SITE, NOON + timedelta(minutes=721))) == []
