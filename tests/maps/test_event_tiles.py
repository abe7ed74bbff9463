"""Tiles of open events: each for itself, together from afar; never stale, never of other areas."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from events.models import Category, Event
from gis_server.geo import WEB_MERCATOR
from gis_server.roles import Role
from maps.tiles import tiles_over
from tests.conftest import SignIn
from tests.events.town import make_event
from tests.maps.conftest import Fetch, ReadTile
from tests.maps.territory import FIRST, SECOND, square

pytestmark = pytest.mark.usefixtures("laid_out")
HERE = square(0, 0).centroid
HOUR = timedelta(hours=1)


@pytest.fixture
def entry(laid_out: None) -> Category:
    group = Category.objects.create(kind="service", code="T-1", name="Streets")
    return Category.objects.create(kind="service", code="T-1-1", name="A hole", parent=group)


def put(entry: Category, code: str = f"{FIRST}001001", **values: Any) -> Event:
    """An open event in the middle of the first grid, due in a day."""
    now = timezone.now()
    due = now + 24 * HOUR
    dues = {"accept_due": due, "handle_due": due, "close_due": due, "amber_at": now + HOUR}
    event = make_event(entry, scope_code=code, grid_then_code=code, **(dues | values))
    Event.objects.filter(pk=event.pk).update(point=f"SRID={WEB_MERCATOR};{HERE.wkt}")
    # The trigger has assigned the grid that lies there.
    Event.objects.filter(pk=event.pk).update(scope_code=code)
    return event


def drawn(
    client: Client, fetch: Fetch, read_tile: ReadTile, z: int, part: str = "events"
) -> list[dict[str, Any]]:
    tile = tiles_over(HERE.buffer(1).bounds, z)[0]
    answer = fetch(client, "events", tile)
    if answer.status_code == 204:
        return []
    features = read_tile(answer.content, tile, part)
    return [] if features is None else features.to_dict("records")


def test_close_by_each_event_stands_for_itself(
    operator: Client, fetch: Fetch, read_tile: ReadTile, entry: Category
) -> None:
    events = [put(entry), put(entry, severity="major")]

    found = drawn(operator, fetch, read_tile, 14)

    assert {one["mvt_id"] for one in found} == {one.pk for one in events}
    assert {one["severity"] for one in found} == {"minor", "major"}
    assert {(one["kind"], one["state"], one["due"]) for one in found} == {
        ("service", "reported", "green")
    }


def test_from_afar_they_stand_together_and_the_urgent_alone(
    operator: Client, fetch: Fetch, read_tile: ReadTile, entry: Category
) -> None:
    for severity in ("minor", "minor", "difficult"):
        put(entry, severity=severity)
    put(entry, accept_due=timezone.now() - HOUR)
    urgent = put(entry, severity="urgent")

    [heap] = drawn(operator, fetch, read_tile, 10, "event_heaps")
    [alone] = drawn(operator, fetch, read_tile, 10)

    assert (heap["events"], heap["severity"], heap["due"]) == (4, "difficult", "late")
    assert heap["share"] == pytest.approx(0.25)
    assert alone["mvt_id"] == urgent.pk
    assert drawn(operator, fetch, read_tile, 14, "event_heaps") == []


@pytest.mark.parametrize(
    ("minutes", "told", "share"),
    [
        pytest.param([90] * 3, {"green": 3}, 1.0, id="all in time"),
        pytest.param([90, 90, 90, 40], {"green": 3, "amber": 1}, 0.25, id="one is near"),
        pytest.param([90, 19, 19], {"green": 1, "red": 2}, 2 / 3, id="two are nearer"),
        pytest.param(
            [-1, 19, 40, 90], {"late": 1, "red": 1, "amber": 1, "green": 1}, 0.25, id="all"
        ),
    ],
)
def test_a_heap_has_its_worst_deadline_and_how_many_share_it(
    operator: Client,
    fetch: Fetch,
    read_tile: ReadTile,
    entry: Category,
    minutes: list[int],
    told: dict[str, int],
    share: float,
) -> None:
    for left in minutes:
        due = timezone.now() + timedelta(minutes=left)
        put(entry, accept_due=due, amber_at=due - HOUR)

    [heap] = drawn(operator, fetch, read_tile, 10, "event_heaps")

    dues = ("late", "red", "amber", "green")
    assert (heap["events"], heap["due"]) == (len(minutes), next(due for due in dues if due in told))
    assert heap["share"] == pytest.approx(share)
    assert {due: heap[due] for due in dues} == dict.fromkeys(dues, 0) | told
    assert not {"kind", "state"} & heap.keys()


def test_one_alone_tells_its_kind_and_state_from_afar_too(
    operator: Client, fetch: Fetch, read_tile: ReadTile, entry: Category
) -> None:
    put(entry)

    [heap] = drawn(operator, fetch, read_tile, 10, "event_heaps")

    assert (heap["events"], heap["kind"], heap["state"]) == (1, "service", "reported")
    assert heap["share"] == 1.0


@pytest.mark.parametrize(
    ("minutes", "colour"),
    [
        pytest.param(-1, "late", id="late"),
        pytest.param(19, "red", id="a third of the warning left"),
        pytest.param(40, "amber", id="warned"),
        pytest.param(90, "green", id="far"),
    ],
)
def test_the_colour_follows_the_deadline(
    operator: Client,
    fetch: Fetch,
    read_tile: ReadTile,
    entry: Category,
    minutes: int,
    colour: str,
) -> None:
    due = timezone.now() + timedelta(minutes=minutes)
    put(entry, accept_due=due, amber_at=due - HOUR)

    [found] = drawn(operator, fetch, read_tile, 14)

    assert found["due"] == colour


def test_what_is_over_is_not_drawn(
    operator: Client, fetch: Fetch, read_tile: ReadTile, entry: Category
) -> None:
    put(entry, state="closed", closed_at=timezone.now(), closed_level="community")

    assert drawn(operator, fetch, read_tile, 14) == []


def test_nobody_sees_events_of_another_street(
    sign_in: SignIn, fetch: Fetch, read_tile: ReadTile, entry: Category
) -> None:
    put(entry)
    put(entry, severity="urgent")

    stranger = sign_in(Role.STREET_LEADER, (SECOND,))
    for z in (10, 14):
        for part in ("events", "event_heaps"):
            assert drawn(stranger, fetch, read_tile, z, part) == []


def test_a_role_without_events_gets_none(sign_in: SignIn, fetch: Fetch) -> None:
    tile = tiles_over(HERE.buffer(1).bounds, 14)[0]

    assert fetch(sign_in(Role.PLANNER), "events", tile).status_code == 403


def test_an_answer_is_asked_for_again_each_time(
    operator: Client, fetch: Fetch, entry: Category
) -> None:
    event = put(entry)
    tile = tiles_over(HERE.buffer(1).bounds, 14)[0]

    answer = fetch(operator, "events", tile)
    assert answer["Cache-Control"] == "private, no-cache"
    same = fetch(operator, "events", tile, if_none_match=answer["ETag"])
    assert (same.status_code, same.content, same["ETag"]) == (304, b"", answer["ETag"])
    Event.objects.filter(pk=event.pk).update(severity="major")
    after = fetch(operator, "events", tile, if_none_match=answer["ETag"])

    assert after.status_code == 200
    assert after["ETag"] != answer["ETag"]
