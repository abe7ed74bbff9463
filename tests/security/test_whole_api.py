"""The document of the whole API has every route, and a fuzzer finds nothing that is not as it says.

`WHOLE_API=1 bin/test tests/security/test_whole_api.py` asks all that the fuzzer thinks of, part by
part, for minutes; by itself it asks each operation once or twice.  Seeds are fixed: what is found
once is found again.
"""

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.conf import LazySettings
from django.test import Client
from django.utils import timezone
from pytest_django.live_server_helper import LiveServer

from gis_server.accounts import tokens
from gis_server.accounts.tokens import Wanted
from gis_server.management.commands.route_table import DOCUMENT
from gis_server.models import User
from gis_server.openapi import document
from gis_server.openapi.operations import path_of
from tests.house.samples import PLACES
from tests.house.streets import BOX, FIRST, Street, lay_out

ROOT = Path(__file__).parent.parent.parent
CONFIG = ROOT / "tests/security/whole_api.toml"
ADDRESS = "/api/openapi.json"
PATIENCE_S = 550  # of a part: shorter than that of the tests' runner
WHOLE = "WHOLE_API" in os.environ
# What events describe by hand has no tag here: tests/events/test_schema.py fuzzes it.
PARTS = sorted({tag for ways in document.parts()[0].values() for one in ways.values()
                for tag in one.get("tags", [])})  # fmt: skip
ALL_PARTS = [word for part in PARTS for word in ("--include-tag", part)]
QUICK = (*ALL_PARTS, "--phases", "fuzzing", "-n", "1", "--exclude-checks", "ignored_auth")
THOROUGH = ("--phases", "coverage,fuzzing", "-n", "30", "--continue-on-failure")


ROW = re.compile(r"^\| `/((?:api/|ogc)[^`]*)` \| ([A-Z, ]+) \| ([^|]+) \|", re.MULTILINE)


@pytest.fixture(scope="module")
def told() -> dict[str, Any]:
    return document.document("https://map.district.example")


def operations(told: dict[str, Any]) -> list[dict[str, Any]]:
    return [one for path in told["paths"].values() for one in path.values()]


def test_it_has_the_routes_that_the_page_of_routes_has(told: dict[str, Any]) -> None:
    rows = ROW.findall(DOCUMENT.read_text(encoding="utf-8"))
    shown = {path_of(route): set(methods.lower().split(", ")) for route, methods, _who in rows}

    assert {path: set(ways) for path, ways in told["paths"].items()} == shown


def test_what_asks_for_no_token_is_what_the_page_of_routes_calls_public(
    told: dict[str, Any],
) -> None:
    rows = ROW.findall(DOCUMENT.read_text(encoding="utf-8"))
    shown = {path_of(route) for route, _methods, who in rows if who == "public"}
    free = {
        path
        for path, ways in told["paths"].items()
        if any(one.get("security") == [] for one in ways.values())
    }

    assert free == shown
    assert ADDRESS in free


def test_each_operation_has_its_own_name_says_what_it_does_and_has_its_places(
    told: dict[str, Any],
) -> None:
    names = [one["operationId"] for one in operations(told)]
    wrong = [
        path
        for path, ways in told["paths"].items()
        for one in ways.values()
        if set(re.findall(r"{(\w+)}", path))
        != {place["name"] for place in one.get("parameters", []) if place["in"] == "path"}
    ]

    assert len(set(names)) == len(names)
    assert [one["operationId"] for one in operations(told) if not one["summary"]] == []
    assert wrong == []


def test_every_reference_leads_somewhere(told: dict[str, Any]) -> None:
    named = set(re.findall(r'"#/components/schemas/(\w+)"', json.dumps(told)))

    assert named <= told["components"]["schemas"].keys()


def test_anybody_may_read_it_and_it_names_its_own_server() -> None:
    answer = Client().get(ADDRESS, SERVER_NAME="localhost")

    assert answer.status_code == 200
    assert answer.json()["servers"] == [{"url": "http://localhost"}]


@pytest.fixture
def street(tmp_path: Path, settings: LazySettings) -> Street:
    settings.MEDIA_ROOT = tmp_path
    settings.PROBE_NETWORKS = []  # whatever the fuzzer makes the server ask, it reaches no device
    # A fuzzer shows many wrong tokens from one address, and is refused no differently for it.
    settings.AXES_FAILURE_LIMIT = 1_000_000
    return lay_out(tmp_path)


def token_of(user: User) -> str:
    wanted = Wanted("fuzz", [one.value for one in tokens.lendable(user)], [], 30)
    return tokens.make(user=user, wanted=wanted, now=timezone.now())[1]


def places(street: Street) -> dict[str, list[object]]:
    asked = set(re.findall(r"{(\w+)}", " ".join(document.parts()[0])))
    known = {key.partition(":")[2]: of for key, of in PLACES.items()}
    found = {name: list(of(street)) for name, of in known.items() if name in asked}
    return found | {
        **{key: [street.grid.code, f"{FIRST}001", FIRST] for key in ("area", "division", "below")},
        **{key: [f"{FIRST}001"] for key in ("community", "parent")},
        **{key: [street.grid.code] for key in ("grid", "other", "into")},
        "revision": [street.grid_plan.revision],
        "camera": [street.camera.pk],
        "duty": [street.duty.pk],
        "post": [street.duty.post_id],
        "shift": [street.duty.shift_id],
        "member": [street.duty.member_id],
    }


def fuzz(server: LiveServer, street: Street, folder: Path, *options: str) -> None:
    """It must find nothing."""
    assert Client().get(ADDRESS).status_code == 200  # imports what all requests need
    url = f"{server.url}{ADDRESS}"
    command = [str(Path(sys.executable).parent / "schemathesis"), "--config-file", str(CONFIG)]
    done = subprocess.run(
        [*command, "run", url, "--no-color", "--warnings", "off", *options],
        cwd=ROOT,
        env=os.environ
        | {
            "FUZZ_PLACES": json.dumps(places(street), default=str),
            "FUZZ_BOX": json.dumps(BOX),
            "HYPOTHESIS_STORAGE_DIRECTORY": str(folder),
        },
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE_S,
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("part", PARTS if WHOLE else [None])
def test_with_a_token_nothing_is_found(
    live_server: LiveServer, street: Street, tmp_path: Path, part: str | None
) -> None:
    """None: a little of everything; else all that the fuzzer thinks of about a part."""
    bearer = f"Authorization: Bearer {token_of(street.administrator)}"
    how = ("--include-tag", part, *THOROUGH) if part else QUICK

    fuzz(live_server, street, tmp_path, "-H", bearer, *how)


@pytest.mark.django_db(transaction=True)
def test_as_nobody_nothing_is_found(
    live_server: LiveServer, street: Street, tmp_path: Path
) -> None:
    fuzz(live_server, street, tmp_path, *QUICK)
