"""Stories for the tests of rates: states and registry rows at moments of the district's clock."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from cameras.models import Camera, CameraRecord, PlannedWork, StateSpan, WorkReview, WorkTerm
from cameras.rates.pieces import Asked
from gis_server.models import User

ZONE = ZoneInfo("Asia/Shanghai")
FAR = datetime(2026, 9, 1, tzinfo=ZONE)
"""Later than anything in these tests."""


def at(text: str) -> datetime:
    """A moment of 2026 by the district's clock: "03-01 08:30"."""
    return datetime.strptime(f"2026-{text}", "%Y-%m-%d %H:%M").replace(tzinfo=ZONE)


def lives(camera: Camera, *story: tuple[str, str] | tuple[str, str, str]) -> None:
    """From when on it was in which state, and for which reason."""
    usual = {"online": "ok", "offline": "connect_timeout", "degraded": "picture_dark"}
    StateSpan.objects.bulk_create(
        StateSpan(
            camera=camera,
            since=at(when),
            state=state,
            reason=told[0] if told else usual.get(state, "not_asked"),
        )
        for when, state, *told in story
    )


def dated(camera: Camera, when: str, **values: Any) -> None:
    """The registry says this of the camera from then on, else what it says today."""
    columns = {
        "owner_id": camera.owner_id,
        "owner_name": camera.owner.name,
        "team_id": camera.team_id,
        "team_name": camera.team.name,
        "upstream_id": camera.upstream_id,
        "scope_code": camera.scope_code,
        "priority": camera.priority,
        "enabled": camera.enabled,
    }
    CameraRecord.objects.create(camera=camera, since=at(when), **columns | values)


def window(
    by: User, begin: str, end: str, *, cameras: Sequence[Camera] = (), **values: Any
) -> PlannedWork:
    """A window that was entered when it began."""
    target = next(iter(values), "cameras")
    work = PlannedWork.objects.create(
        kind="power_cut", title=f"Cut {begin}", starts_at=at(begin), ends_at=at(end),
        target=target, entered_by=by, entered_at=at(begin), **values,
    )  # fmt: skip
    work.cameras.set(cameras)
    WorkTerm.objects.create(work=work, ends_at=at(end), set_at=at(begin), set_by=by)
    return work


def accepted(work: PlannedWork, by: User, when: str) -> PlannedWork:
    WorkReview.objects.create(
        work=work, verdict="accepted", ends_at=work.ends_at, by=by, at=at(when)
    )
    return work


def asked(begin: str, end: str, **values: Any) -> Asked:
    given: dict[str, Any] = {"known_at": FAR, "prefixes": ["140107"]}
    return Asked(start=at(begin), end=at(end), **given | values)
