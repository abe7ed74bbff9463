"""The shell of the phone's page: public, empty of anybody's data, small, and kept as a whole."""

import json
import re
from itertools import chain
from pathlib import Path

import pytest
from django.contrib.staticfiles.storage import staticfiles_storage
from django.test import Client
from django.urls import reverse

from events.reporting.phone import assets, version

FIRST_LOAD_BYTES = 300_000
GZIP = {"Accept-Encoding": "gzip"}


def transferred(client: Client, address: str) -> int:
    """Bytes of an answer as a browser that takes gzip gets them."""
    answer = client.get(address, headers=GZIP)
    assert answer.status_code == 200, address
    parts = getattr(answer, "streaming_content", None)
    return len(b"".join(parts) if parts is not None else answer.content)


def test_everybody_may_open_the_shell_and_it_holds_nothing_of_anybody(client: Client) -> None:
    answer = client.get(reverse("phone"))

    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-cache"
    assert "csrfmiddlewaretoken" not in answer.content.decode()
    assert "Set-Cookie" not in answer.headers


def test_the_first_load_is_at_most_300_kb(client: Client) -> None:
    """Issue 7, point 4.  The page, all that its worker keeps, the manifest, the first answers."""
    addresses = {*assets(), reverse("phone-worker"), reverse("phone-manifest")}

    total = sum(transferred(client, address) for address in addresses)

    assert total < FIRST_LOAD_BYTES * 0.8, f"{total} bytes"  # a fifth is left for the catalogue


def test_the_worker_keeps_all_that_the_shell_asks_for(client: Client) -> None:
    shell = client.get(reverse("phone")).content.decode()
    asked = set(re.findall(r'(?:src|href)="(/[^"]+)"', shell))
    modules = json.loads(
        re.findall(r'<script type="importmap"[^>]*>(.*?)</script>', shell, re.DOTALL)[0]
    )["imports"]
    at_once = {name for name in modules if name not in ("phone/map", "maplibre-gl")}

    kept = set(assets())

    assert asked - {reverse("phone-manifest")} <= kept
    assert {modules[name] for name in at_once} <= kept


def test_modules_import_only_what_the_page_names(client: Client) -> None:
    shell = client.get(reverse("phone")).content.decode()
    named = set(re.findall(r'"((?:phone/\w+)|maplibre-gl)":', shell))
    files = [f"events/phone/{one.removeprefix('phone/')}.js" for one in named if "/" in one]
    sources = [Path(staticfiles_storage.path(name)).read_text() for name in files]
    imports = chain.from_iterable(
        re.findall(r'from "([^"]+)"|import\("([^"]+)"\)', source) for source in sources
    )

    assert {one or other for one, other in imports} <= named


def test_the_worker_lies_above_what_it_serves_and_changes_with_it(client: Client) -> None:
    answer = client.get(reverse("phone-worker"))

    assert answer.headers["Content-Type"].startswith("text/javascript")
    assert reverse("phone-worker").startswith(reverse("phone"))
    assert version("zh-hans") in answer.content.decode()
    assert version("zh-hans") != version("en")


def test_the_manifest_makes_it_installable(client: Client) -> None:
    told = client.get(reverse("phone-manifest")).json()

    assert (told["start_url"], told["scope"], told["display"]) == ("/m/", "/m/", "standalone")
    assert {icon["sizes"] for icon in told["icons"]} == {"192x192", "512x512"}
    for icon in told["icons"]:
        answer = client.get(icon["src"])
        assert b"".join(answer.streaming_content).startswith(b"\x89PNG")  # type: ignore[attr-defined]


@pytest.mark.django_db
def test_the_form_is_refused_to_whoever_may_not_report(client: Client) -> None:
    assert client.get(reverse("api-event-form")).status_code == 401
