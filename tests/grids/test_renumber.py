"""Another code for a grid or division takes everything below with it, in one transaction."""

from datetime import timedelta

import pytest

from gis_server.errors import Conflict, Invalid, NotFound
from gis_server.models import User
from gis_server.roles import Role
from grids import services
from grids.codes import CodeFlaw
from grids.models import Building, Division, DivisionDesignation, Edit, Grid, GridDesignation, Thing
from grids.services.renumber import NO_CODE
from tests.conftest import MakeUser
from tests.grids.editing import NOW, TODAY, renumber
from tests.grids.territory import COMMUNITY, EAST, WEST, at, division, shaped, square, two_grids

pytestmark = pytest.mark.django_db

STREET = "140107001000"
NEW = "140107001005"


@pytest.fixture
def planner(make_user: MakeUser) -> User:
    return make_user(Role.PLANNER)


@pytest.fixture
def community(db: None) -> Division:
    return two_grids()


def test_a_community_takes_its_grids_places_and_scopes_along(
    community: Division, planner: User, make_user: MakeUser
) -> None:
    inside = Building.objects.create(name="a", point=at(112.5), scope_code="140107")
    outside = Building.objects.create(name="b", address="某处", scope_code=COMMUNITY)
    scoped = make_user(Role.OPERATOR, (COMMUNITY, "140107002", WEST))
    wide = make_user(Role.OPERATOR, ("1401",))

    edit = renumber(community, NEW, planner)

    assert (edit.before, edit.after) == ({"code": COMMUNITY}, {"code": NEW})
    assert list(Grid.objects.values_list("code", flat=True)) == [f"{NEW}001", f"{NEW}002"]
    for row in (inside, outside, scoped, wide):
        row.refresh_from_db()
    assert (inside.scope_code, outside.scope_code) == (f"{NEW}001", NEW)
    assert scoped.scope == [NEW, "140107002", f"{NEW}001"]
    assert wide.scope == ["1401"]


@pytest.mark.parametrize(
    ("code", "sentence"),
    [
        pytest.param("14010700100x", "代码只能由数字组成。", id="a letter"),
        pytest.param("1401070010", "行政区划代码为 12 位", id="too short"),
        pytest.param("140107000005", "这个代码缺少", id="no street"),
        pytest.param("140107001005000", "没有网格号", id="no grid"),
        pytest.param("14010700100500100", "没有子网格号", id="no part"),
    ],
)
def test_what_is_no_code_is_refused_with_a_sentence(
    community: Division, planner: User, code: str, sentence: str
) -> None:
    with pytest.raises(Invalid, match=sentence):
        renumber(community, code, planner)


def test_every_flaw_that_a_code_can_have_here_has_its_sentence() -> None:
    # The other two are of codes that are put together, not of those that somebody enters.
    assert set(CodeFlaw) - NO_CODE.keys() == {CodeFlaw.NO_COMMUNITY, CodeFlaw.NO_NUMBER}


def test_the_old_codes_are_kept_with_their_days_and_names(
    community: Division, planner: User
) -> None:
    renumber(community, NEW, planner)

    told = DivisionDesignation.objects.filter(division=community)
    assert [(d.code, d.valid.upper) for d in told] == [(COMMUNITY, TODAY), (NEW, None)]
    grids = GridDesignation.objects.filter(code__in=[WEST, f"{NEW}001"]).order_by("valid")
    assert [(d.code, d.name, d.valid.lower, d.valid.upper) for d in grids][1:] == [
        (f"{NEW}001", WEST, TODAY, None)
    ]


def test_a_renumbering_undone_the_same_day_leaves_the_codes_as_they_were(
    community: Division, planner: User
) -> None:
    before = list(GridDesignation.objects.values()), list(DivisionDesignation.objects.values())
    edit = renumber(community, NEW, planner)

    services.undo(edit_id=edit.pk, by=planner, now=NOW)

    assert list(Grid.objects.values_list("code", flat=True)) == [WEST, EAST]
    after = list(GridDesignation.objects.values()), list(DivisionDesignation.objects.values())
    assert after == before


def test_one_undone_later_goes_on_under_the_old_code(community: Division, planner: User) -> None:
    edit = renumber(community, NEW, planner)
    later = NOW + timedelta(days=2)

    services.undo(edit_id=edit.pk, by=planner, now=later)

    days = [(d.code, d.valid.upper) for d in DivisionDesignation.objects.filter(division=community)]
    assert days == [(COMMUNITY, TODAY), (NEW, TODAY + timedelta(days=2)), (COMMUNITY, None)]


def test_parts_follow_their_grid(community: Division, planner: User) -> None:
    west = Grid.objects.get(code=WEST)
    part = shaped(f"{WEST}01", community, square(112, size=0.5))
    Grid.objects.filter(pk=part.pk).update(parent=west)

    renumber(west, f"{COMMUNITY}007", planner)

    part.refresh_from_db()
    assert part.code == f"{COMMUNITY}00701"
    with pytest.raises(Invalid):
        renumber(part, f"{COMMUNITY}00201", planner)


@pytest.mark.parametrize(
    ("code", "error"),
    [
        pytest.param(EAST, Conflict, id="taken"),
        pytest.param("140107001002001", Invalid, id="of another community"),
        pytest.param(COMMUNITY, Invalid, id="of another level"),
        pytest.param(f"{COMMUNITY}00101", Invalid, id="of a part"),
        pytest.param(f"{COMMUNITY}000", Invalid, id="grid number 0"),
        pytest.param("x" * 15, Invalid, id="no digits"),
        pytest.param("１２３", Invalid, id="wide digits"),
        pytest.param("", Invalid, id="empty"),
    ],
)
def test_a_code_that_does_not_fit_is_refused(
    community: Division, planner: User, code: str, error: type[Exception]
) -> None:
    with pytest.raises(error):
        renumber(Grid.objects.get(code=WEST), code, planner)

    assert not Edit.objects.exists()


def test_a_code_below_which_something_lies_is_taken(community: Division, planner: User) -> None:
    other = division("140107001002", "community", community.parent, kind="community")

    with pytest.raises(Conflict, match=COMMUNITY):
        renumber(other, COMMUNITY, planner)


def test_a_code_that_was_given_away_yesterday_may_be_taken(
    community: Division, planner: User
) -> None:
    west, east = Grid.objects.get(code=WEST), Grid.objects.get(code=EAST)
    renumber(west, f"{COMMUNITY}003", planner)
    renumber(east, WEST, planner)

    with pytest.raises(Conflict, match=WEST):
        services.undo(edit_id=Edit.objects.last().pk, by=planner, now=NOW)  # type: ignore[union-attr]


def test_who_saw_another_code_is_told(community: Division, planner: User) -> None:
    west = Grid.objects.get(code=WEST)
    renumber(west, f"{COMMUNITY}003", planner)

    with pytest.raises(Conflict, match=f"{COMMUNITY}003"):
        services.renumber(
            thing=Thing.GRID,
            thing_id=west.pk,
            seen=WEST,
            code=f"{COMMUNITY}004",
            by=planner,
            now=NOW,
        )


def test_a_street_moves_as_a_whole_and_only_for_who_has_it(
    community: Division, planner: User, make_user: MakeUser
) -> None:
    street = Division.objects.get(code=STREET)
    with pytest.raises(NotFound):
        renumber(street, "140107009000", make_user(Role.PLANNER, ("140107002",)))
    with pytest.raises(Invalid):
        renumber(street, "140107009000", make_user(Role.PLANNER, ("140107001",)))

    renumber(street, "140107009000", planner)

    assert list(Division.objects.values_list("code", flat=True)) == [
        "140107000000",
        "140107009000",
        "140107009001",
    ]
    assert Grid.objects.filter(code__startswith="140107009001").count() == 2
