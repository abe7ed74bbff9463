"""The kernel kills processes because there is no memory."""

import pytest

from tests.days.town import until
from tests.faults.memory import out_of_memory
from tests.faults.watched import WatchedTown
from tests.faults.weather import Weather


@pytest.mark.parametrize(
    ("words", "part"),
    [
        pytest.param(("celery",), "jobs", id="jobs"),
        pytest.param(("granian",), "web", id="web"),
    ],
)
def test_what_the_kernel_kills_is_there_again(
    town: WatchedTown, weather: Weather, words: tuple[str, ...], part: str
) -> None:
    """The children, that is: the workers, and with the jobs' also the process that sends them."""
    parent = town.parent(*words)
    starved = [pid for pid in town.pids(*words) if pid != parent]
    assert starved

    with weather(f"{part} out of memory") as phones:
        with out_of_memory(starved) as group:
            # One that has nothing to do asks for no memory.
            until(lambda: group.killed() > 0, f"of {len(starved)} one is killed")
        taken = len(phones.reports.confirmed)
        until(lambda: len(phones.reports.confirmed) > taken + 10, "reports are taken")

    assert town.parent(*words) == parent
    there = set(town.pids(*words))
    assert len(there) > len(starved)
    assert not there >= set(starved)
