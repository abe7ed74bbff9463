"""Cameras in the search: by code, name and address, and for whom."""

import pytest

from cameras.models import Camera
from gis_server import search
from gis_server.models import User
from tests.cameras.conftest import STREET, MakeCamera


def found(text: str, role: str = "operator", scope: str = "140107") -> list[int]:
    user = User(username="x", role=role, scope=[scope])
    return [one.id for one in search.find(user, text).items]


@pytest.mark.parametrize("text", ["c-77", "路口", "xhllk", "府前街12", "14010700100", "C77"])
def test_a_camera_is_found_by_code_name_and_address(make_camera: MakeCamera, text: str) -> None:
    camera = make_camera(code="C-77")
    Camera.objects.filter(id=camera.id).update(
        name="杏花岭路口", address_text="府前街12号 14010700100"
    )

    assert found(text) == [camera.id]


def test_a_camera_is_found_by_nobody_who_may_not_see_it(make_camera: MakeCamera) -> None:
    make_camera(code="C-77", scope_code=STREET)

    assert found("c77")
    assert found("c77", scope="140107002") == []
    assert found("c77", role="grid_worker") == []


def test_the_state_of_a_camera_does_not_touch_its_entry(make_camera: MakeCamera) -> None:
    camera = make_camera(code="C-77")

    assert search.differing("camera") == []
    camera.delete()
    assert found("c77") == []
