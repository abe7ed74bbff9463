"""A fuzzer finds nothing that is not as the OpenAPI description says, with a token and without.

Every operation with what fits its schema and with what does not, wrong methods, headers and
credentials, and steps one after another as their answers lead on.  The seed is fixed: what is found
once is found again.  docs/design/dependencies.md says why this tool.

`WHOLE_API=1 bin/test tests/events/test_schema.py` asks all that the tool thinks of, for minutes; by
itself some of it, for what is asked of each value by a table of boundaries is most of the time.
"""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import LazySettings
from django.test import Client
from django.utils import timezone
from pytest_django.live_server_helper import LiveServer

from events.models import Category, Event
from gis_server.accounts import tokens
from gis_server.accounts.tokens import Wanted
from gis_server.models import User
from gis_server.roles import Role
from tests.events.reports import HERE
from tests.events.town import DISTRICT, make_event, make_person

pytestmark = pytest.mark.django_db(transaction=True)
ROOT = Path(__file__).parent.parent.parent
CONFIG = ROOT / "tests/events/schemathesis.toml"
# So few are all refused by chance, which would be warned of.
SOME = ("--phases", "fuzzing,stateful", "--max-examples", "4", "--warnings", "off")
PATIENCE_S = 900  # a minute of one core, on a machine that others use too


@pytest.fixture
def leader(pothole: Category) -> User:
    for state in ("reported", "reported", "accepted", "filed", "filed"):
        make_event(pothole, at=timezone.now(), state=state)
    return make_person("du", Role.DISTRICT_LEADER, DISTRICT)


@pytest.fixture
def url(live_server: LiveServer, settings: LazySettings, media: Path) -> str:
    # A fuzzer shows many wrong tokens from one address, and is refused no differently for it.
    settings.AXES_FAILURE_LIMIT = 1_000_000
    address = "/api/events/openapi.json"
    assert Client().get(address).status_code == 200  # imports what all requests need
    return f"{live_server.url}{address}"


def token_of(user: User) -> str:
    wanted = Wanted("fuzz", [one.value for one in tokens.lendable(user)], [], 30)
    return tokens.make(user=user, wanted=wanted, now=timezone.now())[1]


def fuzz(url: str, folder: Path, *options: str) -> str:
    """What the fuzzer says; it must have found nothing."""
    place = f"T-01-01,{HERE['lon']},{HERE['lat']}"
    command = [str(Path(sys.executable).parent / "schemathesis"), "--config-file", str(CONFIG)]
    done = subprocess.run(
        [*command, "run", url, "--no-color", *options],
        cwd=ROOT,
        env=os.environ | {"FUZZ_PLACE": place, "HYPOTHESIS_STORAGE_DIRECTORY": str(folder)},
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE_S,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_with_a_token_nothing_is_found(url: str, leader: User, tmp_path: Path) -> None:
    before = Event.objects.count()

    how = () if "WHOLE_API" in os.environ else SOME
    said = fuzz(url, tmp_path, "-H", f"Authorization: Bearer {token_of(leader)}", *how)

    assert "No issues found" in said, said
    assert Event.objects.count() > before


def test_as_nobody_nothing_is_found(url: str, leader: User, tmp_path: Path) -> None:
    before = Event.objects.count()

    few = ("--max-examples", "5", "--phases", "fuzzing", "--warnings", "off")
    said = fuzz(url, tmp_path, *few)

    assert "No issues found" in said, said
    assert Event.objects.count() == before
