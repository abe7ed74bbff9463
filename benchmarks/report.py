"""What a benchmark measured: a table for people, one line of JSON for machines, one exit status.

A benchmark is a file beside this one with a docstring (its first line is what `bin/bench` lists)
and `main() -> int`, which ends with `return finish(NAME, measures)`.  `bin/bench NAME` runs it in
the project's virtual environment with `DATABASE_URL` naming an empty database of a throw-away
PostGIS cluster and `REDIS_URL` a throw-away Redis.
"""

import json
import os
import platform
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

BEGAN = time.monotonic()


@dataclass(frozen=True)
class Goal:
    """A limit on the value measured, or on its ratio to the peer's value."""

    text: str
    limit: float
    upper: bool
    on_ratio: bool = False

    def met_by(self, measure: "Measure") -> bool:
        figure = measure.ratio if self.on_ratio else measure.value
        if figure is None:
            return False
        return figure <= self.limit if self.upper else figure >= self.limit


def at_most(limit: float) -> Goal:
    return Goal(f"≤ {limit:g}", limit, upper=True)


def at_least(limit: float) -> Goal:
    return Goal(f"≥ {limit:g}", limit, upper=False)


def ratio_at_most(limit: float) -> Goal:
    """The value is at most `limit` times the peer's."""
    return Goal(f"≤ {limit:g} × peer", limit, upper=True, on_ratio=True)


def ratio_at_least(limit: float) -> Goal:
    """The value is at least `limit` times the peer's."""
    return Goal(f"≥ {limit:g} × peer", limit, upper=False, on_ratio=True)


@dataclass(frozen=True)
class Measure:
    """One figure, with the same figure of a peer where there is one, and what it should be."""

    name: str
    value: float
    unit: str
    peer: str | None = None
    peer_value: float | None = None
    goal: Goal | None = None

    @property
    def ratio(self) -> float | None:
        if self.peer_value is None or self.peer_value == 0:
            return None
        return self.value / self.peer_value

    @property
    def met(self) -> bool | None:
        """None where no goal was set: nothing was promised, so nothing is broken."""
        return None if self.goal is None else self.goal.met_by(self)

    def as_json(self) -> dict[str, object]:
        goal = None if self.goal is None else self.goal.text
        return asdict(self) | {"ratio": self.ratio, "goal": goal, "met": self.met}


def told_so_far(measures: Sequence[Measure]) -> Sequence[Measure]:
    """Say on the error output what one part of a long benchmark has measured; gives it back."""
    at = time.monotonic() - BEGAN
    for measure in measures:
        name, value, unit, *_peer, goal, met = _row(measure)
        against = f" ({goal}: {met})" if goal else ""
        print(f"{at:5.0f} s  {name}: {value} {unit}{against}", file=sys.stderr, flush=True)
    return measures


def finish(name: str, measures: Sequence[Measure]) -> int:
    """Print the table and, as the last line, the JSON object; 0 when every goal is met, else 1."""
    print(_table(measures))
    print(
        json.dumps(
            {
                "name": name,
                "machine": machine(),
                "measures": [measure.as_json() for measure in measures],
            },
            ensure_ascii=False,
        ),
        flush=True,
    )
    return 1 if any(measure.met is False for measure in measures) else 0


def machine() -> dict[str, object]:
    """What the figures were taken on: processor, cores, memory in GiB, system, load just before."""
    page_count, page_bytes = os.sysconf("SC_PHYS_PAGES"), os.sysconf("SC_PAGE_SIZE")
    return {
        "processor": _processor(),
        "cores": os.cpu_count(),
        "memory_gib": round(page_count * page_bytes / 2**30, 1),
        "system": platform.freedesktop_os_release().get("PRETTY_NAME", platform.platform()),
        "python": platform.python_version(),
        "load": round(os.getloadavg()[0], 2),
    }


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


def _table(measures: Sequence[Measure]) -> str:
    head = ("measure", "value", "unit", "peer", "peer value", "ratio", "goal", "met")
    rows = [head, *(_row(measure) for measure in measures)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(head))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    )


def _row(measure: Measure) -> tuple[str, ...]:
    goal = "" if measure.goal is None else measure.goal.text
    met = "" if measure.met is None else ("yes" if measure.met else "NO")
    return (
        measure.name,
        _figure(measure.value),
        measure.unit,
        measure.peer or "",
        _figure(measure.peer_value),
        _figure(measure.ratio),
        goal,
        met,
    )


def _figure(value: float | None) -> str:
    return "" if value is None else f"{value:.3g}" if abs(value) < 100 else f"{value:,.0f}"
