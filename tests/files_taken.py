"""Lists that a client takes along as files (`gis_server.list_files`), read."""

import csv
import json
from io import StringIO
from typing import Any

from django.test import Client


def body(client: Client, address: str) -> str:
    answer: Any = client.get(address)
    assert answer.status_code == 200, address
    return b"".join(answer.streaming_content).decode()


def table(client: Client, address: str) -> list[list[str]]:
    text = body(client, address).removeprefix("\ufeff")
    return list(csv.reader(StringIO(text, newline="")))


def features(client: Client, address: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(body(client, address))["features"]
    return found
