"""The list of cameras by site and by how steady they are, and what the address remembers."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from cameras.health import State
from cameras.models import CameraState, Probe, Site
from cameras.probe.reason import Reason
from tests.cameras.conftest import NOW, OTHER_STREET, STREET, MakeCamera
from tests.conftest import SignIn

PAGE = {"accept": "text/html"}


@pytest.fixture
def fleet(make_camera: MakeCamera) -> Site:
    """One of each; the site that two of them belong to."""
    east = Site.objects.create(name="east")
    make_camera(code="shaky", state=State.DEGRADED, reason=Reason.SILENT, row={"unstable": True})
    make_camera(code="off", state=State.DEGRADED, reason=Reason.CLOCK_OFF, site=east)
    make_camera(code="lost", state=State.OFFLINE, reason=Reason.SILENT, row={"unstable": True})
    CameraState.objects.filter(camera=make_camera(code="new", site=east)).delete()
    return east


@pytest.mark.parametrize(
    ("query", "codes"),
    [
        pytest.param("state=unstable", {"shaky", "lost"}, id="unstable, whatever it is now"),
        pytest.param("state=degraded", {"shaky", "off"}, id="degraded"),
        pytest.param("state=unknown", {"new"}, id="unknown"),
        pytest.param("site=east", {"off", "new"}, id="a site"),
        pytest.param("site=east&state=unknown", {"new"}, id="both must fit"),
        pytest.param("site=999999", set(), id="no such site"),
    ],
)
def test_the_list_by_state_and_site(
    operator: Client, fleet: Site, query: str, codes: set[str]
) -> None:
    answer = operator.get(f"/cameras/?{query.replace('east', str(fleet.pk))}", headers=PAGE)

    assert {row["camera"].code for row in answer.context["rows"]} == codes


def test_a_state_that_is_chosen_keeps_the_other_filters(operator: Client, fleet: Site) -> None:
    html = operator.get(f"/cameras/?site={fleet.pk}&q=Gate&offset=0", headers=PAGE).content.decode()

    assert f"?site={fleet.pk}&amp;q=Gate&amp;state=unknown" in html
    assert f'<option value="{fleet.pk}" selected>east</option>' in html


def test_only_sites_of_cameras_in_reach_are_offered(
    sign_in: SignIn, make_camera: MakeCamera
) -> None:
    make_camera(site=Site.objects.create(name="far"), scope_code=OTHER_STREET)
    make_camera(site=Site.objects.create(name="near"))

    answer = sign_in(scope=(STREET,)).get("/cameras/", headers=PAGE)

    assert [site.name for site in answer.context["choices"].sites] == ["near"]


def test_what_comes_and_goes_says_so(operator: Client, make_camera: MakeCamera) -> None:
    steady = make_camera(state=State.ONLINE, reason=Reason.OK)
    shaky = make_camera(state=State.OFFLINE, reason=Reason.SILENT, row={"unstable": True})

    def words(path: str) -> int:
        content: str = operator.get(path, headers=PAGE).content.decode()
        return content.count(">时断时续</span>")

    # Its row, and its count above the list.
    assert words("/cameras/") == 2
    assert words(f"/cameras/{shaky.pk}/") == 1
    assert words(f"/cameras/{steady.pk}/") == 0


@pytest.mark.parametrize(
    ("later", "said"),
    [
        pytest.param(timedelta(0), False, id="the kept one was the last"),
        pytest.param(timedelta(minutes=9), True, id="equal ones came after it"),
    ],
)
def test_a_page_does_not_call_a_kept_result_the_last_check(
    operator: Client, make_camera: MakeCamera, later: timedelta, said: bool
) -> None:
    row: dict[str, Any] = {"last_probe_at": NOW + later}
    camera = make_camera(state=State.ONLINE, reason=Reason.OK, row=row)
    Probe.objects.create(camera=camera, at=NOW, reason="ok", took_ms=1)

    context = operator.get(f"/cameras/{camera.pk}/", headers=PAGE).context

    assert context["asked_since"] is said


def test_a_ladder_of_a_camera_that_is_unknown_is_told_to_be_old(
    operator: Client, make_camera: MakeCamera
) -> None:
    camera = make_camera(state=State.UNKNOWN)
    Probe.objects.create(camera=camera, at=NOW, reason="ok", took_ms=1)

    html = operator.get(f"/cameras/{camera.pk}/", headers=PAGE).content.decode()

    assert 'class="old-ladder"' in html
    assert "/cameras/sites/" in html
    assert 'class="badge good">在线' not in html


def test_one_failure_of_a_camera_that_is_online_is_no_outage_and_says_so(
    operator: Client, make_camera: MakeCamera
) -> None:
    camera = make_camera(state=State.ONLINE, reason=Reason.OK, row={"streak_bad": 1})

    assert operator.get(f"/cameras/{camera.pk}/", headers=PAGE).context["doubt"] == 1
