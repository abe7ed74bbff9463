"""One running town for all tests of days, and browsers that may speak to nobody else."""

import os
import urllib.error
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.conf import settings
from playwright.sync_api import (
    Browser,
    BrowserContext,
    Page,
    Request,
    StorageState,
    expect,
    sync_playwright,
)

from tests.days import tour
from tests.days.town import (
    CAMERAS,
    MISSING,
    OPERATOR,
    Town,
    connected,
    cookies_of,
    environment,
    free_port,
    people_and_places,
    redis_of_its_own,
    sibling,
)
from tests.days.wall import NOTICED_MS, figure

CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
# WebGL in software, and none of Chromium's own errands.
FLAGS = [
    "--no-sandbox",
    "--use-gl=angle",
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
DESK = {"width": 1920, "height": 1080}
# One expectation may wait this long; software rendering on two busy cores is slow.
WAIT_MS = 60_000
PHONE = {"width": 390, "height": 844}

OpenPage = Callable[..., Page]


@pytest.fixture(scope="session")
def town(tmp_path_factory: pytest.TempPathFactory, static_files: None) -> Iterator[Town]:
    folder = tmp_path_factory.mktemp("town")
    database = f"day_{os.getpid()}"
    server = os.environ["DATABASE_URL"]
    built = Town(
        folder=folder,
        database=database,
        environment=environment(
            folder, sibling(server, database), redis_of_its_own(settings.REDIS_URL)
        ),
        web_port=free_port(),
        live_port=free_port(),
        farm_port=free_port(),
    )
    built.environment |= {"WEB_PORT": str(built.web_port), "LIVE_PORT": str(built.live_port)}
    model = os.environ.get("TEST_DATABASE_MODEL", "template1")
    with connected(sibling(server, "postgres")) as cursor:
        cursor.execute(f"CREATE DATABASE {database} TEMPLATE {model}")
    try:
        people_and_places(built)
        for name in built.commands():
            built.start(name)
        built.wait_until_up()
        yield built
    finally:
        for name in list(built.processes):
            built.stop(name)
        with connected(sibling(server, "postgres")) as cursor:
            cursor.execute(f"DROP DATABASE {database} WITH (FORCE)")


@pytest.fixture(scope="module")
def browser(town: Town) -> Iterator[Browser]:
    expect.set_options(timeout=WAIT_MS)
    # Not for the whole session: while Playwright runs, Django takes the thread for asynchronous.
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield chromium
        chromium.close()


@pytest.fixture(scope="session")
def kept() -> list[StorageState]:
    """What `signed_in` has found last."""
    return []


@pytest.fixture(scope="module")
def signed_in(browser: Browser, town: Town, kept: list[StorageState]) -> StorageState:
    """The cookies of somebody who has signed in through the page, once for all modules: it ends
    with the wall, which takes seconds to draw.  Anew where a test has ended that session.
    """
    if kept and still_good(town, kept[-1]):
        return kept[-1]
    context = browser.new_context(locale="zh-CN")
    context.set_default_timeout(60_000)
    page = context.new_page()
    page.goto(f"{town.url}/")
    page.locator("#id_username").fill(OPERATOR.username)
    page.locator("#id_password").fill(OPERATOR.password)
    page.keyboard.press("Enter")
    page.wait_for_url(f"{town.url}/wall/")
    kept.append(context.storage_state())
    context.close()
    return kept[-1]


def still_good(town: Town, state: StorageState) -> bool:
    try:
        town.get("/api/cameras/summary/", cookies_of(state))
    except urllib.error.HTTPError:
        return False
    return True


@pytest.fixture
def open_page(
    browser: Browser, town: Town, signed_in: StorageState, request: pytest.FixtureRequest
) -> Iterator[OpenPage]:
    """Opens pages; fails the test when one asks anybody but this town, or stumbles."""
    contexts: list[BrowserContext] = []
    foreign: list[str] = []
    stumbles: list[str] = []
    ours = {f"127.0.0.1:{town.web_port}", f"127.0.0.1:{town.live_port}"}

    def watch(asked: Request) -> None:
        scheme, _, rest = asked.url.partition("://")
        if scheme in {"http", "https", "ws", "wss"} and rest.partition("/")[0] not in ours:
            foreign.append(asked.url)

    def open_at(
        path: str,
        viewport: dict[str, int] = DESK,
        *,
        known: bool = True,
        prepare: Callable[[Page], None] = lambda page: None,
        **options: object,
    ) -> Page:
        # A map that jumps is drawn once; one that flies is drawn for seconds, without graphics.
        still: dict[str, object] = {"reduced_motion": "reduce"}
        wants_pictures = not {"SCREENSHOTS", tour.NAMED_IN}.isdisjoint(os.environ)
        if viewport["width"] > PHONE["width"] and not wants_pictures:
            # As wide as asked for, of a quarter of the pixels: to draw them all takes more of the
            # processor than everything else that a day does.  Whoever wants pictures has them all.
            still["device_scale_factor"] = 0.5
        context = browser.new_context(
            locale="zh-CN",
            viewport=viewport,  # type: ignore[arg-type]
            storage_state=signed_in if known else None,
            **still | options,  # type: ignore[arg-type]
        )
        contexts.append(context)
        context.set_default_timeout(60_000)
        context.on("request", watch)
        page = context.new_page()
        page.on("pageerror", lambda error: stumbles.append(str(error)))
        prepare(page)
        page.goto(f"{town.url}{path}")
        if page.url.startswith(f"{town.url}/wall/"):
            page.locator("body[data-open]").wait_for(state="attached")
        return page

    yield open_at
    for context in contexts:
        context.close()
    assert foreign == []
    assert stumbles == []


@pytest.fixture
def picture_folder() -> Path:
    folder = Path(os.environ.get("SCREENSHOTS", settings.VAR_DIR / "screenshots"))
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@pytest.fixture
def tell_logs(town: Town, request: pytest.FixtureRequest) -> Iterator[None]:
    yield
    if request.session.testsfailed:
        print(town.logs())  # noqa: T201 - pytest shows it with the failure


@pytest.fixture
def wall(open_page: OpenPage, town: Town) -> Page:
    """A wall that is live, on which every camera has been asked."""
    page = open_page("/wall/")
    expect(page.locator("body")).to_have_attribute("data-live", "live")
    expect(figure(page, "online")).to_have_text(str(CAMERAS - MISSING), timeout=NOTICED_MS)
    expect(figure(page, "offline")).to_have_text(str(MISSING), timeout=NOTICED_MS)
    return page
