"""What programs send about plans, read and checked once."""

import json
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from gis_server.edge import EARLIEST_DAY, LATEST_DAY
from gis_server.errors import Invalid
from gis_server.json_body import text_of
from gis_server.models import User
from gis_server.openapi.schemas import DAY, listing, maybe, nullable, record, text, whole, written
from grids.plan_flow import LONGEST_TITLE
from grids.plans.drafts import Draft, check_operations, check_territory
from grids.plans.drawing import redrawn
from grids.plans.texts import flaw_text
from grids.redrawing import BadRedrawing, from_json

MAX_BODY = 16 * 1024 * 1024  # half a million vertices, with all their digits
LIST = listing({"type": "object"})
REVISION = whole(1, 2**31 - 1)
DRAFT = record(
    {"title": written(LONGEST_TITLE), "territory": text(12, pattern="^[0-9]*$")},
    base_day=maybe(DAY),
    operations=listing({"type": "object"}),
    changes=nullable(
        record({}, **dict.fromkeys(("reshaped", "born", "retired", "renamed", "posted"), LIST))
    ),
    seen={},
)
"""What `draft_of` reads."""


def draft_of(told: Mapping[str, Any], by: User, now: datetime) -> Draft:
    """title, territory (digits), base_day (today where it is missing), operations, and either
    changes (`redrawing.from_json`) or nothing: then they are what comes of the operations.

    Raises:
        Invalid, NotAllowed, Conflict: see `drawing.redrawn`.
    """
    given = told.get("operations", [])
    operations = check_operations(given, len(json.dumps(given, ensure_ascii=False)))
    scope_code = check_territory(text_of(told, "territory", 12))
    base_day = day_of(told, "base_day", timezone.localdate(now))
    if told.get("changes") is None:
        redrawing = redrawn(
            scope_code=scope_code,
            day=base_day,
            operations=operations,
            seen=told.get("seen"),
            by=by,
        )
    else:
        try:
            redrawing = from_json(told["changes"])
        except BadRedrawing as error:
            raise Invalid(flaw_text(error)) from None
    title = text_of(told, "title", LONGEST_TITLE)
    return Draft(title, scope_code, base_day, operations, redrawing)


def day_of(told: Mapping[str, Any], name: str, usual: date | None = None) -> date:
    """Raises Invalid."""
    text = text_of(told, name, 10)
    if not text and usual is not None:
        return usual
    try:
        day = date.fromisoformat(text)
    except ValueError:
        day = date.min
    if not EARLIEST_DAY <= day <= LATEST_DAY:
        raise Invalid(_("%(text)s is no date. Write it like 2026-03-31.") % {"text": text})
    return day


def revision_of(told: Mapping[str, Any]) -> int:
    """Raises Invalid."""
    value = told.get("revision")
    if isinstance(value, bool) or not isinstance(value, int) or not 0 < value < 2**31:
        raise Invalid(_("revision must be the number of the revision that you saw."))
    return value
