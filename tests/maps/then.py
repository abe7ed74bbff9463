"""Questions of the tests for the past of the map."""

from datetime import datetime
from typing import Any

from django.test import Client

ENGLISH = {"Accept-Language": "en"}


def moment(client: Client, at: datetime) -> dict[str, Any]:
    answer = client.get("/api/maps/then/", {"at": at.isoformat()})
    assert answer.status_code == 200, answer.content.decode()
    return dict(answer.json())


def changes(client: Client, begin: datetime, end: datetime) -> dict[str, Any]:
    question = {"from": begin.isoformat(), "to": end.isoformat()}
    answer = client.get("/api/maps/then/changes/", question)
    assert answer.status_code == 200, answer.content.decode()
    return dict(answer.json())


def by_id(told: dict[str, Any]) -> dict[int, dict[str, Any]]:
    """Rows as dictionaries, by their first column."""
    return {row[0]: dict(zip(told["columns"], row, strict=True)) for row in told["rows"]}
