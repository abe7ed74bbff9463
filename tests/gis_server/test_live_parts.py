"""Who hears a change that is told of a whole street, or to one person alone."""

import pytest

from gis_server import live_asgi
from gis_server.errors import Invalid
from gis_server.live import NOWHERE, OWN_TOPICS, TOPICS, by_street
from gis_server.live_asgi import ears_of, most_clients, topics_of
from gis_server.live_hub import feed_row
from gis_server.live_ticket import Listener
from gis_server.roles import Role

STREET = "140107001"
COMMUNITY, NEXT_DOOR = f"{STREET}001", f"{STREET}002"


def listener(scope: str, role: Role = Role.COMMUNITY_LEADER, user: int = 1) -> Listener:
    return Listener(user, role.value, [scope], "http://testserver", None, 0)


def test_a_street_is_told_once_with_the_communities_that_it_is_about() -> None:
    codes = [f"{COMMUNITY}003", f"{COMMUNITY}004", NEXT_DOOR, STREET, "140107", "140107002001001"]

    told = [(one.subject, one.scope, one.parts) for one in by_street("position", codes)]

    assert told == [
        ("140107", "140107", ()),
        (STREET, STREET, (COMMUNITY, NEXT_DOOR)),
        ("140107002", "140107002", ("140107002001",)),
    ]


@pytest.mark.parametrize(
    ("scope", "is_heard"),
    [
        pytest.param("140107", True, id="the district"),
        pytest.param(STREET, True, id="the street"),
        pytest.param(COMMUNITY, True, id="the community"),
        pytest.param(f"{COMMUNITY}003", True, id="a grid of the community"),
        pytest.param(NEXT_DOOR, False, id="the community next door"),
        pytest.param(f"{NEXT_DOOR}001", False, id="a grid next door"),
        pytest.param("140107002", False, id="another street"),
        pytest.param("", False, id="nobody's"),
    ],
)
@pytest.mark.parametrize("topic", ["position", "coverage"])
def test_a_community_hears_what_is_about_it_and_no_more(
    topic: str, scope: str, is_heard: bool
) -> None:
    row = feed_row(1, topic, STREET, STREET, {}, "now", [COMMUNITY])

    assert ears_of(listener(scope))(row) is is_heard


def test_a_street_that_names_no_part_reaches_no_community() -> None:
    assert not ears_of(listener(COMMUNITY))(feed_row(1, "position", STREET, STREET, {}, "now"))


def test_whoever_may_not_see_patrols_hears_of_no_part_either() -> None:
    row = feed_row(1, "position", STREET, STREET, {}, "now", [COMMUNITY])

    assert not ears_of(listener(COMMUNITY, Role.GRID_WORKER))(row)


def test_what_goes_to_browsers_does_not_say_which_communities() -> None:
    message = feed_row(1, "position", STREET, STREET, {}, "now", [COMMUNITY, NEXT_DOOR]).message

    assert STREET.encode() in message
    assert COMMUNITY.encode() not in message
    assert NEXT_DOOR.encode() not in message


@pytest.mark.parametrize("topic", sorted(OWN_TOPICS))
@pytest.mark.parametrize("scope", ["", NOWHERE, STREET])
def test_what_is_told_to_one_person_reaches_nobody_else(topic: str, scope: str) -> None:
    row = feed_row(1, topic, "7", scope, {}, "now", [STREET])

    assert ears_of(listener(STREET, Role.PATROLLER, 7))(row)
    assert not ears_of(listener(STREET, Role.PATROLLER, 1))(row)
    assert not ears_of(listener("140107", Role.ADMINISTRATOR, 1))(row)
    assert not ears_of(listener(STREET, Role.AUDITOR, 7))(row)


def test_a_page_may_ask_for_some_topics_and_for_none_that_there_is_not() -> None:
    assert topics_of(b"since=3") == frozenset(TOPICS)
    assert topics_of(b"since=3&topics=own_errand,event") == {"own_errand", "event"}
    for asked in (b"topics=gossip", b"topics=event,", b"topics=event%00"):
        with pytest.raises(Invalid):
            topics_of(asked)


def test_phones_leave_places_for_walls() -> None:
    phones = most_clients(listener(STREET, Role.PATROLLER))
    walls = most_clients(listener(STREET, Role.OPERATOR))

    assert phones == live_asgi.MAX_PHONES < walls == live_asgi.MAX_CLIENTS
    assert most_clients(listener("140107", Role.ADMINISTRATOR)) == walls
