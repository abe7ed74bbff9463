"""What may follow what in an event, who may do it, and the diagram that says so."""

from events.services.acting import VERBS
from events.texts import BUTTONS, LEVELS, SEVERITIES, STAGES, STATES, STEPS, TASKS
from events.workflow import (
    COPIES,
    MOVES,
    OPEN,
    OVER,
    ROUTES,
    Action,
    Level,
    Severity,
    Stage,
    Status,
    Task,
    Who,
    above,
    diagram,
    may_check,
    must_consult,
)
from tests.house.tree import ROOT


def test_the_docs_draw_the_very_table() -> None:
    page = (ROOT / "docs" / "design" / "events.md").read_text(encoding="utf-8")

    assert f"```mermaid\n{diagram()}\n```" in page


def test_every_state_but_the_first_is_reached_and_withdrawn_is_never_left() -> None:
    reached = {move.after for move in MOVES.values() if move.after}
    left = {
        status
        for move in MOVES.values()
        if move.after
        for status in move.before
        if status is not move.after
    }

    assert set(Status) - reached == set()
    assert set(Status) - left == {Status.WITHDRAWN}


def test_what_is_over_is_left_only_with_a_reason_by_whoever_leads() -> None:
    out = [move for move in MOVES.values() if move.before & OVER and move.after in OPEN]

    assert len(out) == 3
    assert all(move.who is Who.LEADS and move.needs_note for move in out)


def test_only_who_checks_ends_what_was_handled() -> None:
    after_handling = frozenset({Status.DONE, Status.VERIFIED})
    ways = {a for a, m in MOVES.items() if m.before & after_handling and m.after is not None}

    assert ways == {Action.VERIFY, Action.REWORK, Action.CLOSE}
    assert {MOVES[action].who for action in ways} == {Who.CHECKS}
    assert not may_check(1, [1, 2])
    assert may_check(3, [1, 2])


def test_every_step_of_people_has_its_verb_its_button_and_its_words() -> None:
    by_people = {a for a, move in MOVES.items() if move.who is not Who.MACHINE}

    assert set(VERBS) == set(BUTTONS) == by_people
    assert set(STEPS) == set(Action)
    assert (set(STATES), set(TASKS)) == (set(Status), set(Task))
    assert (set(SEVERITIES), set(LEVELS), set(STAGES)) == (set(Severity), set(Level), set(Stage))


def test_the_four_routes() -> None:
    """小事不出社区, 大事街道协调, 急事直报区级, 难事会商解决."""
    assert ROUTES[Severity.MINOR] is Level.COMMUNITY
    assert ROUTES[Severity.MAJOR] is Level.STREET
    assert ROUTES[Severity.URGENT] is Level.DISTRICT
    assert must_consult(Severity.DIFFICULT, 0)
    assert not must_consult(Severity.DIFFICULT, 1)
    assert set(COPIES[Severity.URGENT]) == {Level.STREET, Level.COMMUNITY}


def test_the_levels_end_with_the_district() -> None:
    assert [above(level) for level in Level] == [Level.STREET, Level.DISTRICT, None]
