"""Outages of several cameras, and notices, over HTTP."""

from typing import Any

import pytest

from cameras import services
from cameras.health import State
from cameras.models import Camera, Outage, OutageMember
from cameras.probe.reason import Reason
from tests.cameras.conftest import NOW, OTHER_STREET, STREET, MakeCamera
from tests.conftest import SignIn

URL = "/api/cameras/outages/"


def group(make_camera: MakeCamera, *, here: int, there: int, name: str = "S1") -> Outage:
    """An open outage with members in two streets, one of which has left."""
    outage = Outage.objects.create(
        opened_at=NOW, reason="no_route", suspect_kind="switch", suspect_name=name,
        also=[["subnet", "10.0.0.0/24"]],
    )  # fmt: skip
    for number in range(here + there):
        camera = make_camera(scope_code=STREET if number < here else OTHER_STREET)
        OutageMember.objects.create(
            outage=outage,
            camera=camera,
            joined_at=NOW,
            reason="no_route",
        )
    OutageMember.objects.create(
        outage=outage, camera=make_camera(), joined_at=NOW, left_at=NOW, reason="no_route"
    )
    return outage


def test_a_group_is_told_with_its_suspect_and_the_number_in_scope(
    sign_in: SignIn, make_camera: MakeCamera
) -> None:
    outage = group(make_camera, here=3, there=2)

    answer = sign_in(scope=(STREET[:9],)).get(URL).json()

    (item,) = answer["items"]
    assert (answer["total"], answer["notices"]) == (1, [])
    assert (item["id"], item["cameras"], item["suspect_kind"]) == (outage.id, 3, "switch")
    assert (item["suspect_name"], item["also"][0]["name"]) == ("S1", "10.0.0.0/24")
    assert 112 < item["lon"] < 113
    assert sign_in(scope=("1401",)).get(URL).json()["items"][0]["cameras"] == 5


def test_the_cameras_of_a_group_are_told_to_whoever_may_see_them(
    sign_in: SignIn, make_camera: MakeCamera
) -> None:
    outage = group(make_camera, here=3, there=2)
    # That one of them fell alone before changes nothing.
    camera = Camera.objects.filter(outages__outage=outage).earliest("name")
    alone = Outage.objects.create(opened_at=NOW, closed_at=NOW, reason="silent")
    OutageMember.objects.create(
        outage=alone, camera=camera, joined_at=NOW, left_at=NOW, reason="silent"
    )
    here, all_of_it = sign_in(scope=(STREET[:9],)), sign_in(scope=("1401",))

    answer = here.get(f"{URL}{outage.pk}/").json()

    assert (answer["total"], len(answer["items"])) == (3, 3)
    assert {item["name"] for item in answer["items"]} == {"Gate 1", "Gate 2", "Gate 3"}
    piece = all_of_it.get(f"{URL}{outage.pk}/?limit=2&offset=4").json()
    assert (piece["total"], [item["name"] for item in piece["items"]]) == (5, ["Gate 5"])


def test_cameras_of_an_outage_that_is_over_or_elsewhere_or_of_one_alone_are_not_found(
    sign_in: SignIn, make_camera: MakeCamera
) -> None:
    client = sign_in(scope=(STREET[:9],))
    there = group(make_camera, here=0, there=3)
    over = group(make_camera, here=3, there=0, name="S2")
    Outage.objects.filter(pk=over.pk).update(closed_at=NOW)
    make_camera(state=State.OFFLINE, reason=Reason.NO_ROUTE)
    alone = Outage.objects.get(suspect_kind="")

    for outage in (there, over, alone):
        assert client.get(f"{URL}{outage.pk}/").status_code == 404


def test_nothing_of_another_street_is_told(sign_in: SignIn, make_camera: MakeCamera) -> None:
    group(make_camera, here=0, there=3)

    answer = sign_in(scope=(STREET[:9],)).get(URL).json()

    assert (answer["total"], answer["items"]) == (0, [])


def test_a_camera_that_fell_alone_is_no_group(sign_in: SignIn, make_camera: MakeCamera) -> None:
    make_camera(state=State.OFFLINE, reason=Reason.NO_ROUTE)

    assert sign_in(scope=("1401",)).get(URL).json()["total"] == 0


def test_a_notice_is_told_while_it_lasts(sign_in: SignIn, make_camera: MakeCamera) -> None:
    client = sign_in(scope=(STREET[:9],))
    services.go_blind("main", detail="0 of 3", now=NOW)

    (notice,) = client.get(URL, headers={"accept-language": "en"}).json()["notices"]
    services.see_again("main", now=NOW)

    assert (notice["site"], notice["kind"], notice["detail"]) == ("main", "blind", "0 of 3")
    assert notice["meanwhile"].startswith("All its cameras are unknown")
    assert client.get(URL).json()["notices"] == []


def test_the_list_costs_the_same_for_one_and_for_many(
    sign_in: SignIn, make_camera: MakeCamera, django_assert_max_num_queries: Any
) -> None:
    client = sign_in(scope=("1401",))
    for number in range(4):
        group(make_camera, here=2, there=2, name=f"S{number}")

    # Session, user, what is lent to them, how many, the page, notices; savepoints apart.
    with django_assert_max_num_queries(8):
        assert client.get(URL).json()["total"] == 4
    # The same, how many cameras, the cameras.
    with django_assert_max_num_queries(7):
        assert client.get(f"{URL}{Outage.objects.latest('id').pk}/").json()["total"] == 4


@pytest.mark.parametrize("query", ["limit=0", "limit=x", "offset=-1"])
def test_a_page_that_cannot_be_is_refused(sign_in: SignIn, query: str) -> None:
    assert sign_in(scope=("1401",)).get(f"{URL}?{query}").status_code == 422
