"""Figures of events: the definitions, the check vectors, any past day again, and whose they are."""

import json
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from cameras.rates.periods import Period
from events.counting import queries
from events.counting.cases import Asked
from events.counting.queries import By
from events.counting.share import NAMES, Counts, Rate, percent
from events.models import EventStep
from gis_server.models import User
from gis_server.roles import Role
from tests.events.counted import OTHER_COMMUNITY, ZONE, at, fill, lived
from tests.events.town import COMMUNITY, DISTRICT, STREET, Town, make_person

MARCH = (at("03-01 00:00"), at("04-01 00:00"))
LATER = at("06-01 00:00")


def asked(known_at: datetime = LATER, *prefixes: str, **values: object) -> Asked:
    return Asked(*MARCH, known_at, prefixes or (DISTRICT,), **values)  # type: ignore[arg-type]


# ---- Rates ---------------------------------------------------------------------------------------


def test_the_first_check_vector_of_the_field() -> None:
    """FIELD.md, Events: 受理 1054, 立案 996, 应结案 972, 结案 911, 按期 737."""
    counts = Counts(accepted=1054, filed=996, due=972, closed=911, on_time=737)

    assert str(counts.closing_rate) == "93.72 %"
    assert str(counts.on_time_rate) == "75.82 %"
    assert counts.closing_rate == Rate(911, 972)


def test_the_second_check_vector_of_the_field() -> None:
    assert str(Counts(due=6026, closed=5912).closing_rate) == "98.11 %"


@pytest.mark.parametrize(
    ("part", "whole", "shown"),
    [
        pytest.param(0, 0, "–", id="nothing was due"),
        pytest.param(0, 7, "0.00 %", id="none"),
        pytest.param(7, 7, "100.00 %", id="all"),
        pytest.param(99_999, 100_000, "99.99 %", id="all but one is not all"),
        pytest.param(1, 800, "0.13 %", id="half a hundredth goes up"),
    ],
)
def test_rates_are_rounded_and_never_reach_what_they_miss(
    part: int, whole: int, shown: str
) -> None:
    assert percent(Rate(part, whole)) == shown


def test_counts_survive_being_stored() -> None:
    counts = Counts(*range(len(NAMES)))

    assert Counts.of_json(counts.as_json()) == counts
    assert Counts.of_json({}) == Counts()


# ---- Definitions ---------------------------------------------------------------------------------

ON_TIME = (("03-02 09:00", "report"), ("03-02 10:00", "accept"), ("03-02 11:00", "file"),
           ("03-02 12:00", "dispatch"), ("03-02 13:00", "take"), ("03-03 09:00", "finish"),
           ("03-03 10:00", "verify"), ("03-03 11:00", "close"))  # fmt: skip


@pytest.mark.django_db
def test_closed_in_time_counts_everywhere_once(town: Town) -> None:
    lived(town.entry, "03-06 09:00", *ON_TIME)

    assert queries.total(asked()) == Counts(
        reported=1, accepted=1, filed=1, ended=1, due=1, closed=1, on_time=1, at_community=1
    )


@pytest.mark.django_db
def test_an_extension_moves_what_is_due_into_another_month(town: Town) -> None:
    lived(
        town.entry, "03-06 09:00", *ON_TIME[:5], ("03-05 09:00", "grant_time", "04-02 09:00"),
        ("03-30 09:00", "finish"), ("03-30 10:00", "verify"), ("03-30 11:00", "close"),
    )  # fmt: skip

    assert queries.total(asked()) == Counts(reported=1, accepted=1, filed=1, ended=1)
    # Before the extension it was due in March, and still is when March is counted as of then.
    assert queries.total(asked(at("03-04 00:00"))).due == 1
    assert queries.total(asked(at("03-06 00:00"))).due == 0


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("known", "expected"),
    [
        pytest.param("03-02 08:00", Counts(), id="before it was reported"),
        pytest.param("03-02 09:30", Counts(reported=1), id="reported"),
        pytest.param("03-02 11:30", Counts(reported=1, accepted=1, filed=1, due=1), id="running"),
        pytest.param(
            "03-06 10:00",
            Counts(reported=1, accepted=1, filed=1, due=1, overdue=1, reworked=1, supervised=1),
            id="open after its time",
        ),
        pytest.param(
            "03-09 12:00",
            Counts(reported=1, accepted=1, filed=1, ended=1, due=1, closed=1, overdue=1,
                   reworked=1, supervised=1, at_street=1),
            id="closed late, a level higher",
        ),
        pytest.param(
            "03-20 12:00",
            Counts(reported=1, accepted=1, filed=1),
            id="opened again: due in April, with the new deadline",
        ),
    ],
)  # fmt: skip
def test_any_past_day_can_be_counted_again(town: Town, known: str, expected: Counts) -> None:
    lived(
        town.entry, "03-06 09:00", *ON_TIME[:6],
        ("03-03 10:00", "rework"), ("03-04 10:00", "supervise"), ("03-06 09:01", "overdue"),
        ("03-06 09:01", "note", "", "street"), ("03-09 08:00", "finish"), ("03-09 09:00", "verify"),
        ("03-09 10:00", "close"), ("03-20 09:00", "reopen", "04-03 09:00"),
    )  # fmt: skip

    assert queries.total(asked(at(known))) == expected


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("story", "expected"),
    [
        pytest.param(
            [("03-02 10:00", "accept"), ("03-02 11:00", "refuse")],
            Counts(reported=1, accepted=1), id="refused",
        ),
        pytest.param([("03-02 10:00", "withdraw")], Counts(reported=1), id="withdrawn"),
        pytest.param(
            [("03-02 10:00", "accept"), ("03-02 11:00", "file"), ("03-02 12:00", "merge")],
            Counts(reported=1, accepted=1, filed=1), id="merged after it was filed: not due itself",
        ),
        pytest.param(
            [("03-02 10:00", "accept"), ("03-02 10:30", "refuse"), ("03-02 11:00", "reconsider"),
             ("03-02 12:00", "accept"), ("03-02 13:00", "file")],
            Counts(reported=1, accepted=1, filed=1, due=1, overdue=1),
            id="accepted twice counts once",
        ),
    ],
)  # fmt: skip
def test_what_never_became_a_case_is_not_due(
    town: Town, story: list[tuple[str, str]], expected: Counts
) -> None:
    lived(town.entry, "03-06 09:00", ("03-02 09:00", "report"), *story)

    assert queries.total(asked()) == expected


@pytest.mark.django_db
def test_the_first_moment_belongs_to_the_period_and_the_last_does_not(town: Town) -> None:
    begin = (("02-28 09:00", "report"), ("02-28 10:00", "accept"), ("02-28 11:00", "file"))
    lived(town.entry, "03-01 00:00", *begin)
    lived(town.entry, "04-01 00:00", *begin)

    assert queries.total(asked()).due == 1


# ---- The same as counting by hand ----------------------------------------------------------------


def by_hand(known_at: datetime) -> Counts:
    """The definitions once more, event by event in Python."""
    found = dict.fromkeys(NAMES, 0)
    steps = list(EventStep.objects.filter(at__lte=known_at).order_by("event_id", "id"))
    for event_id in {one.event_id for one in steps}:
        own = [one for one in steps if one.event_id == event_id]
        last, times = own[-1], dict[str, datetime]()
        for one in own:
            keeps_first = one.action in {"report", "accept", "file"}
            times[one.action] = times.get(one.action, one.at) if keeps_first else one.at
        closing = [one for one in own if one.action == "close"]
        is_closed = last.after == "closed"
        for name, action in (("reported", "report"), ("accepted", "accept"), ("filed", "file")):
            found[name] += action in times and MARCH[0] <= times[action] < MARCH[1]
        found["ended"] += is_closed and MARCH[0] <= times["close"] < MARCH[1]
        if "file" not in times or last.after == "merged":
            continue
        if not MARCH[0] <= last.close_due < MARCH[1]:
            continue
        in_time = is_closed and times["close"] <= last.close_due
        found["due"] += 1
        found["closed"] += is_closed
        found["on_time"] += in_time
        found["overdue"] += not in_time and (is_closed or last.close_due < known_at)
        found["reworked"] += "rework" in times
        found["supervised"] += "supervise" in times
        if is_closed:
            found[f"at_{closing[-1].level}"] += 1
    return Counts(**found)


@pytest.mark.django_db
def test_made_events_count_as_by_hand_on_several_days(town: Town) -> None:
    fill(town, at("04-10 00:00"), 250)

    for known in ("03-05 12:00", "03-20 12:00", "04-10 00:00"):
        counts = queries.total(asked(at(known)))
        assert counts == by_hand(at(known))
    assert counts.due > 50
    assert counts.overdue
    assert counts.due == counts.on_time + counts.overdue + counts.running


@pytest.mark.django_db
@pytest.mark.parametrize("by", list(By))
def test_groups_add_up_and_each_number_opens_as_many_events(town: Town, by: By) -> None:
    fill(town, at("04-10 00:00"), 120)

    with queries.kept(asked()):
        table = queries.table(asked(), by, is_kept=True)

    assert table.total == queries.total(asked())
    assert table.groups
    for name in NAMES:
        assert sum(getattr(one.counts, name) for one in table.groups) == getattr(table.total, name)
        rows, total = queries.behind(asked(), name, limit=5, offset=0)
        assert total == getattr(table.total, name)
        assert len(rows) == min(total, 5)


@pytest.mark.django_db
def test_the_points_of_a_plot_add_up_to_what_was_due(town: Town) -> None:
    fill(town, at("04-10 00:00"), 120)
    period = Period(MARCH[0].date(), (MARCH[1] - timedelta(days=1)).date())

    points = queries.series(asked(), period.edges(ZONE))

    assert len(points) == 31
    assert sum(one.due for one in points) == queries.total(asked()).due


@pytest.mark.django_db
def test_an_event_is_counted_where_it_lay_when_it_was_received(town: Town) -> None:
    event = lived(town.entry, "03-06 09:00", *ON_TIME)
    type(event).objects.filter(pk=event.pk).update(scope_code="140107002001001")

    assert queries.total(asked(LATER, STREET)).due == 1
    assert queries.total(asked(LATER, "140107002")).due == 0
    assert queries.total(asked(LATER, "")) == Counts()


# ---- Pages ---------------------------------------------------------------------------------------


@pytest.fixture
def page(client: Client, district_leader: User) -> Client:
    client.force_login(district_leader)
    return client


def test_without_events_the_page_says_so(page: Client) -> None:
    answer = page.get("/events/figures/")

    assert answer.status_code == 200
    assert "在此期间" in answer.content.decode() or "No event" in answer.content.decode()


@pytest.mark.parametrize(
    "query",
    ["by=nobody", "from=31", "from=2026-03-02&to=2026-03-01", "area=x", "key=9", "as_of=soon",
     "kind=none", "category=a", "term=worst", "by=kind&key=1"],
)  # fmt: skip
def test_what_cannot_be_asked_is_refused(page: Client, query: str) -> None:
    assert page.get(f"/events/figures/list/?{query}").status_code == 422


@pytest.mark.parametrize("kind", ["", "table.csv", "table.xlsx"])
def test_a_street_sees_its_own_figures_only(client: Client, town: Town, kind: str) -> None:
    fill(town, timezone.now(), 40, days=20)
    client.force_login(make_person("else", Role.STREET_LEADER, "140107002"))

    answer = client.get(f"/events/figures/{kind}?by=community")

    content = b"".join(answer) if answer.streaming else answer.content
    assert answer.status_code == 200
    assert "另一社区" in content.decode(errors="replace") or kind == "table.xlsx"
    assert "鼓楼社区" not in content.decode(errors="replace")


def test_an_area_outside_of_ones_own_shows_nothing(client: Client, town: Town) -> None:
    lived(town.entry, "03-06 09:00", *ON_TIME)
    client.force_login(make_person("else", Role.STREET_LEADER, "140107002"))

    answer = client.get(
        f"/events/figures/list/?from=2026-03-01&to=2026-03-31&area={COMMUNITY}&term=due"
    )

    assert "SJ2026" not in answer.content.decode()


def test_the_events_behind_a_figure_lie_where_they_were_reported(page: Client, town: Town) -> None:
    event = lived(town.entry, "03-06 09:00", *ON_TIME)

    answer: Any = page.get("/events/figures/list/?from=2026-03-01&to=2026-03-31&term=due&f=geojson")

    (one,) = json.loads(b"".join(answer.streaming_content))["features"]
    assert one["properties"]["number"] == event.number
    assert one["geometry"]["coordinates"] == pytest.approx([event.point.x, event.point.y])


def test_names_of_the_catalogue_are_shown_as_text(page: Client, town: Town) -> None:
    town.entry.name = "<script>alert(1)</script>"
    town.entry.save()
    lived(town.entry, "03-06 09:00", *ON_TIME, address="<b>=1+1</b>")

    span = "from=2026-03-01&to=2026-03-31&by=category"
    for path in (f"?{span}", f"list/?{span}&term=due"):
        text = page.get(f"/events/figures/{path}").content.decode()
        assert "&lt;script&gt;" in text
        assert "<script>alert" not in text


def test_whoever_only_reports_sees_no_figures(client: Client, worker: User) -> None:
    client.force_login(worker)

    assert client.get("/events/figures/").status_code == 403


def test_the_page_costs_the_same_for_few_and_many(
    page: Client, town: Town, django_assert_max_num_queries: object
) -> None:
    fill(town, timezone.now(), 60, days=20)

    with django_assert_max_num_queries(16):  # type: ignore[operator]
        assert page.get("/events/figures/?by=community").status_code == 200
    assert OTHER_COMMUNITY in page.get("/events/figures/?by=community").content.decode()
