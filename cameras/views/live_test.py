"""A live test: the form's address and login are asked now, and every rung is told as it is done.

The answer is a stream of lines of JSON: {"begun"}, {"answered"}, and at the end {"verdict"}.
"""

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Iterator
from dataclasses import asdict
from typing import Any

from django.http import HttpRequest, HttpResponseBase, StreamingHttpResponse
from django.utils import timezone, translation
from django.views.decorators.http import require_POST

from cameras import services
from cameras.details_text import detail_text
from cameras.forms.networks import NetworkForm
from cameras.ladder_text import rungs, step_name
from cameras.live_test import Answered, Begun, Event, climb
from cameras.models import Camera, LiveTest
from cameras.probe.net import TcpNet
from cameras.probe.reason import Reason
from cameras.probe.result import ASIDES, LoginOutcome
from cameras.probe.target import Target
from cameras.reasons_text import TEXTS, reason_name
from cameras.services.editing import LoginKind
from cameras.services.live_tests import DEADLINE_S
from cameras.services.logins import Leave
from cameras.services.targets import target_at
from cameras.views.shared import first_error
from gis_server.edge import allow, json_ok, parse_int, user_of
from gis_server.roles import Permission
from gis_server.throttle import Pace

logger = logging.getLogger(__name__)
ASKED = ("host", "port", "path", "tls", "onvif_port")


@allow(Permission.MANAGE_CAMERAS, Pace.DEVICES)
@require_POST
def live_test(request: HttpRequest) -> HttpResponseBase:
    """Run the ladder against what the form says.  `camera` in the query: the one being edited.

    Raises:
        NotFound: no such camera in reach.
        Invalid: its stored login would go to another address.
        TooMany: see `services.begin_test`.
        Unavailable: no present key opens the stored password.
    """
    by, now = user_of(request), timezone.now()
    camera_id = parse_int(request, "camera", 0, 1, 2**63 - 1)
    camera = services.camera_for(by, camera_id) if camera_id else None
    form = NetworkForm(request.POST)
    if not form.is_valid() or form.rules is None:
        return json_ok({"error": {"kind": "Invalid", "message": first_error(form)}}, status=422)
    wanted, data = form.wanted_login(), form.cleaned_data
    moved = {name for name in ASKED if camera and getattr(camera, name) != data[name]}
    login, leave = services.login_to_try(
        wanted, host=data["host"], camera=camera, moved=moved, now=now
    )
    target = target_at(Camera(**{name: data[name] for name in ASKED}), login)
    test = services.begin_test(by=by, host=data["host"], now=now)
    stored_at = camera if wanted.kind is LoginKind.KEEP else None
    net = services.net_of(form.rules)
    lines = stream(test, target, net, stored_at, leave, translation.get_language())
    response = StreamingHttpResponse(lines, content_type="application/x-ndjson")
    response["Cache-Control"] = "no-store"
    response["X-Accel-Buffering"] = "no"
    return response


def stream(
    test: LiveTest,
    target: Target,
    net: TcpNet,
    stored_at: Camera | None,
    leave: Leave | None,
    language: str | None,
) -> Iterator[bytes]:
    """The lines of a test.  A browser that leaves closes this, which ends the test."""
    outcomes = dict.fromkeys(("stream", "onvif"), LoginOutcome.NOT_SENT)
    try:
        for event in events_of(target, net):
            if isinstance(event, Answered) and event.result.login is not LoginOutcome.NOT_SENT:
                door = "onvif" if event.result.step in ASIDES else "stream"
                outcomes[door] = event.result.login
            with translation.override(language):
                yield json.dumps(words_of(event), ensure_ascii=False).encode() + b"\n"
    finally:
        services.end_test(
            test=test, **outcomes, stored_at=stored_at, leave=leave, now=timezone.now()
        )


def events_of(target: Target, net: TcpNet) -> Iterator[Event]:
    """The events of a ladder that runs in a loop of this thread's own."""
    with asyncio.Runner() as runner:
        events = climb(target, net, budget_s=DEADLINE_S)
        while (event := runner.run(following(events))) is not None:
            yield event


async def following(events: AsyncIterator[Event]) -> Event | None:
    return await anext(events, None)


def words_of(event: Event) -> dict[str, Any]:
    """An event as the page's script shows it."""
    if isinstance(event, Begun):
        return {"begun": {"name": step_name(event.step)}}
    if isinstance(event, Answered):
        return {
            "answered": {
                "name": step_name(event.result.step),
                "ok": event.result.reason is Reason.OK,
                "said": reason_name(event.result.reason.value),
                "detail": detail_text(event.result.detail),
                "took_ms": event.result.took_ms,
            }
        }
    text = TEXTS[event.reason]
    return {
        "verdict": {
            "ok": event.reason is Reason.OK,
            "reason": str(text.name),
            "cause": str(text.cause),
            "remedy": str(text.remedy),
            "took_ms": event.took_ms,
            "rungs": [asdict(rung) for rung in rungs(event.rungs)],
        }
    }
