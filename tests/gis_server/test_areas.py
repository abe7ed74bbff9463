"""Names of the areas that users have, and a word about those that do not exist."""

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from gis_server.models import User
from gis_server.roles import Role
from gis_server.scopes import Area, areas_of
from tests.gis_server.people import PAGE, person, signed_in
from tests.grids.territory import WEST, division, shaped, square

pytestmark = pytest.mark.django_db


@pytest.fixture
def territory() -> None:
    district = division("140107000000", "district", None, name="杏花岭区")
    street = division("140107001000", "street", district, kind="street_office", name="巨轮街道")
    community = division("140107001001", "community", street, kind="community", name="胜利社区")
    shaped(WEST, community, square(112))


def test_prefixes_have_the_names_of_their_divisions_and_grids(
    territory: None, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_num_queries(1):
        found = areas_of(
            ["140107", "140107001", "140107001001", WEST, "140108", "1401070010010019"]
        )
    assert found == {
        "140107": Area("140107", "杏花岭区"),
        "140107001": Area("140107001", "巨轮街道"),
        "140107001001": Area("140107001001", "胜利社区"),
        WEST: Area(WEST, WEST),  # a grid whose name is its code
        "140108": Area("140108", ""),
        "1401070010010019": Area("1401070010010019", ""),
    }


def test_the_list_and_the_page_name_the_areas_of_a_user(territory: None) -> None:
    user = person("street", Role.OPERATOR, "140107001", "140107009")
    client = signed_in(person("boss", Role.ADMINISTRATOR))
    for path in ("/users/", f"/users/{user.pk}/"):
        page = client.get(path, **PAGE).content.decode()
        assert '巨轮街道 <span class="muted num">140107001</span>' in page
        assert '<span class="muted num">140107009</span>' in page


@pytest.mark.parametrize(
    ("scope", "warned"), [("140107001", False), ("140107001, 140107090", True)]
)
def test_a_scope_that_no_division_has_is_saved_with_a_warning(
    territory: None, scope: str, warned: bool
) -> None:
    user = person("street", Role.OPERATOR, "140107001")
    form = {"display_name": "王芳", "role": "operator", "scope": scope, "is_active": "on"}
    client = signed_in(person("boss", Role.ADMINISTRATOR))
    data = form | {"version": user.version}
    page = client.post(f"/users/{user.pk}/", data, follow=True, **PAGE).content.decode()
    said = "No division or grid has the code 140107090 yet: check the digits." in page
    assert said is warned
    assert User.objects.get(pk=user.pk).scope == scope.split(", ")


def test_a_name_with_markup_is_shown_as_text(client: Client) -> None:
    division("140107000000", "district", None, name="<b>区</b>")
    page = signed_in(person("boss", Role.ADMINISTRATOR)).get("/users/", **PAGE).content.decode()
    assert "&lt;b&gt;区&lt;/b&gt;" in page
    assert "<b>区" not in page
