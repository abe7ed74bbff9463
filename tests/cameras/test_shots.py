"""Which source a picture is taken from."""

from typing import Any

import pytest

from cameras.picture.order import Purpose, Source
from cameras.probe.target import Target
from cameras.processes.shots import sources
from cameras.services import Job
from cameras.services.picture_jobs import sub_path

MAIN = {"path": "/main", "size": "1920x1080"}
SUB = {"path": "/sub", "size": "640x360"}


@pytest.mark.parametrize(
    ("profiles", "found"),
    [
        pytest.param([MAIN, SUB], "/sub", id="two streams"),
        pytest.param([SUB, MAIN, {"path": "/third", "size": "320x180"}], "/third", id="three"),
        pytest.param([MAIN], "", id="one"),
        pytest.param([], "", id="never read"),
        pytest.param([MAIN, SUB | {"size": ""}], "", id="of unknown size"),
        pytest.param([MAIN | {"size": "640x360"}, SUB | {"size": "1920x1080"}], "", id="larger"),
        pytest.param(
            [MAIN, *({"path": f"/{n}", "size": "640x360"} for n in range(3))], "", id="a recorder"
        ),
        pytest.param([{"path": "/other", "size": "1x1"}, SUB], "", id="ours is not among them"),
        pytest.param(["x", None, {"path": 3}, {"size": "1x1"}], "", id="hostile"),
        pytest.param([MAIN, SUB | {"size": "6x" * 50}], "", id="a size that is none"),
    ],
)
def test_the_sub_stream_is_the_smallest_other_one(profiles: list[Any], found: str) -> None:
    assert sub_path(profiles, "/main") == found


@pytest.mark.parametrize(
    ("purpose", "sub", "http", "order"),
    [
        (Purpose.ROUND, "/sub", "/snap", [Source.SUB, Source.MAIN, Source.HTTP]),
        (Purpose.ROUND, "", "", [Source.MAIN]),
        (Purpose.CLICK, "/sub", "", [Source.MAIN]),
        (Purpose.CLICK, "/sub", "/snap", [Source.MAIN, Source.HTTP]),
    ],
)
def test_a_round_spares_the_line_and_a_person_wants_to_see(
    purpose: Purpose, sub: str, http: str, order: list[Source]
) -> None:
    job = Job(1, Target("10.0.0.1"), None, sub, http, 80, "day", [], 0, None, False, None)

    assert sources(job, purpose) == order
