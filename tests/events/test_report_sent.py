"""Whatever is sent as a report is a draft or is refused with a sentence."""

import json
import uuid
from typing import Any

from hypothesis import example, given
from hypothesis import strategies as st

from events.reporting.sent import MAX_ACCURACY_M, draft_of
from gis_server.errors import Invalid
from gis_server.json_body import is_storable

FIELDS = (
    "client_id", "category", "text", "address", "lon", "lat", "frame", "accuracy_m", "seen_at",
    "sent_at", "photos", "outside_reason", "position_checked", "source", "severity", "camera_id",
)  # fmt: skip
GOOD: dict[str, Any] = {
    "client_id": str(uuid.UUID(int=1)),
    "category": "T-01",
    "lon": 112.5,
    "lat": 37.5,
}
LEAVES = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.sampled_from(["", " a ", "\0", "\ud800", "<b>", "=1+1", "路面" * 2000])
    | st.datetimes().map(lambda at: at.isoformat() + "Z")
    | st.uuids().map(str)
)
ANYTHING = st.recursive(LEAVES, lambda inner: st.lists(inner, max_size=3))


@given(st.dictionaries(st.sampled_from(FIELDS), ANYTHING))
@example({"lon": 10**400})
@example({"accuracy_m": float("inf")})
@example({"seen_at": "0001-01-01T00:00:00+14:00"})
@example({"seen_at": "2026-13-45T99:99:99Z"})
@example({"client_id": "{" + "0" * 32 + "}"})
@example({"photos": [[[]]]})
@example({"camera_id": 2**63})
@example({"frame": ["wgs84"]})
def test_a_report_is_a_draft_or_invalid(sent: dict[str, Any]) -> None:
    try:
        draft = draft_of(GOOD | sent, source="worker")
    except Invalid:
        return

    assert draft.accuracy_m is None or 0 <= draft.accuracy_m <= MAX_ACCURACY_M
    for at in (draft.seen_at, draft.sent_at):
        assert at is None or at.tzinfo is not None
    for text in (draft.category, draft.text, draft.address, draft.outside_reason):
        assert is_storable(text)
        assert text == text.strip()


@given(st.dictionaries(st.sampled_from(["a", "Client_id", "texts", ""]), ANYTHING))
def test_what_nobody_knows_changes_nothing(more: dict[str, Any]) -> None:
    assert draft_of(more | GOOD, source="worker") == draft_of(GOOD, source="worker")


def test_json_can_hold_what_is_tested_here() -> None:
    """Python's reader takes NaN and infinity, which JSON does not know: they arrive here."""
    assert json.loads('{"lon": NaN}')["lon"] != 0
