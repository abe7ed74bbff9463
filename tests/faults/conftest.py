"""One watched town for all faults, and what came of each, which is told at the end."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from tests.faults import weather as skies
from tests.faults.phones import Phones
from tests.faults.watched import WatchedTown, watched
from tests.faults.weather import Recoveries, Weather

RECOVERIES: Recoveries = []


@pytest.fixture(scope="package")
def town(static_files: None) -> Iterator[WatchedTown]:
    # pytest's own folders may not be entered by PostgreSQL's user.
    folder = Path(tempfile.mkdtemp(prefix="gis-faults-"))
    folder.chmod(0o755)
    try:
        with watched(folder) as town:
            yield town
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def weather(town: WatchedTown, request: pytest.FixtureRequest) -> Iterator[Weather]:
    def begin(what: str) -> AbstractContextManager[Phones]:
        return skies.weather(town, what, RECOVERIES)

    failed = request.session.testsfailed
    yield begin
    if request.session.testsfailed > failed:
        print(town.logs())  # noqa: T201 - pytest shows it with the failure


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """How soon all was well again: what docs/reliability.md quotes."""
    for what, took_s, phones in RECOVERIES:
        counts = [
            f"{len(queue.confirmed)} {name} kept, {sum(queue.answers.values()) - len(queue.confirmed)} tries refused"  # noqa: E501
            for name, queue in (("reports", phones.reports), ("positions", phones.fixes))
        ]
        terminalreporter.write_line(f"{what}: well after {took_s:.0f} s; {'; '.join(counts)}")
