"""What rows of a file mean for the registry: compared with it, and written into it.

Every kind has a module with the same four functions.  All look at a whole stage at once: a
sentence of SQL for a million rows, never a row at a time.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from types import ModuleType
from typing import Any

from gis_server.models import User
from grids.imports.problems import Problem
from grids.imports.stage import Stage
from grids.imports.targets import Target

MOST_FAULTS = 1_000  # of one kind are kept; all are counted
MOST_SAMPLES = 50


@dataclass(frozen=True)
class Work:
    """One import as the writers see it.

    fields: names of the target's fields that the file fills; the stage holds all, the others as an
    empty cell would be.  scope: the code prefix that every row must lie in.  valid_from: first day
    of new shapes, names and posts.  seen: a dry run has found no fault among the rows themselves;
    only the registry may have changed since.  source_name: what the user calls the file.  by: who
    has it written, None for a command.
    """

    target: Target
    stage: Stage
    fields: tuple[str, ...]
    scope: str
    valid_from: date
    today: date
    retire_absent: bool = False
    seen: bool = False
    source_name: str = ""
    by: User | None = None

    @property
    def compared(self) -> tuple[str, ...]:
        """The fields that may differ: those the file fills, but for the key."""
        return tuple(one for one in self.fields if one not in ("code", "number"))

    @property
    def inserted(self) -> str:
        """All fields but the key, for an INSERT and, each as `s.…`, for its SELECT."""
        return ", ".join(f.name for f in self.target.fields if f.name not in ("code", "number"))

    def differs(self, alias: str, *more: str) -> str:
        """SQL: whether a staged row `s` says something else than the stored row `alias`."""
        parts = [f"{alias}.{one} IS DISTINCT FROM s.{one}" for one in self.compared]
        return f"({' OR '.join([*parts, *more]) or 'false'})"

    def pairs(self, alias: str) -> str:
        """SQL: before and after of every compared field, each with a comma in front."""
        return "".join(f", {alias}.{one}::text, s.{one}::text" for one in self.compared)

    @property
    def values(self) -> dict[str, Any]:
        """What the SQL of all kinds may name."""
        return {
            "scope": self.scope,
            "like_scope": f"{self.scope}%",
            "valid_from": self.valid_from,
            "today": self.today,
        }


@dataclass(frozen=True)
class Found:
    """A fault that only the registry or the other rows can tell; `place` is hex EWKB, WGS84."""

    problem: Problem
    row: int | None = None
    column: str = ""
    details: Mapping[str, Any] = field(default_factory=dict)
    place: str | None = None


@dataclass(frozen=True)
class Comparison:
    """What applying would change; `notes` are further counts, by the word that names them.

    samples: of what would change, {"code", "name", "what": "new" | "changed" | "gone", "changes":
    {field: [before, after]}}.  absent: None where the word means nothing.
    """

    new: int
    changed: int
    same: int
    absent: int | None
    notes: Mapping[str, int] = field(default_factory=dict)
    samples: list[dict[str, Any]] = field(default_factory=list)

    @property
    def counts(self) -> dict[str, int]:
        own = {"new": self.new, "changed": self.changed, "same": self.same}
        absent = {} if self.absent is None else {"absent": self.absent}
        return own | absent | dict(self.notes)


FindFaults = Callable[[Work], Iterator[Found]]


def into(target: str) -> ModuleType:
    """The module of a kind: `prepare`, `find_faults`, `compare` and `write`, all of a `Work`.

    `write` may answer details of what it made, which are kept with the import.
    """
    from grids.imports.into import (  # noqa: PLC0415
        divisions,
        grids,
        places,
        plans,
        streets,
        workers,
    )

    return {
        "divisions": divisions,
        "grids": grids,
        "streets": streets,
        "buildings": places,
        "shops": places,
        "service_points": places,
        "workers": workers,
        "plans": plans,
    }[target]


def found_rows(
    work: Work, problem: Problem, sql: str, names: tuple[str, ...] = (), column: str = ""
) -> Iterator[Found]:
    """Faults from a query whose columns are row, place, then the details `names`."""
    for row, place, *rest in work.stage.rows(f"{sql} LIMIT {MOST_FAULTS + 1}", work.values):
        details = {name: str(value) for name, value in zip(names, rest, strict=True)}
        yield Found(problem, row, column, details, place)


def doubled(work: Work, key: str, place: str = "NULL") -> Iterator[Found]:
    """Rows whose key stands in the file before."""
    if work.seen:
        return
    yield from found_rows(
        work,
        Problem.DOUBLED,
        f"""SELECT s.row, {place}, s.{key}, s.first FROM (
                SELECT *, min(row) OVER (PARTITION BY {key}) AS first FROM {{stage}}
                WHERE {key} IN (SELECT {key} FROM {{stage}} GROUP BY {key} HAVING count(*) > 1)
            ) AS s WHERE s.row <> s.first ORDER BY s.row""",
        ("value", "row"),
        key,
    )


def samples_of(work: Work, sql: str) -> list[dict[str, Any]]:
    """Samples from a query: code, name, whether new, then `work.pairs`."""
    samples = []
    for code, name, new, *pairs in work.stage.rows(f"{sql} LIMIT {MOST_SAMPLES}", work.values):
        changes = {
            one: [pairs[2 * k], pairs[2 * k + 1]]
            for k, one in enumerate(work.compared)
            if not new and pairs[2 * k] != pairs[2 * k + 1]
        }
        what = "new" if new else "changed"
        samples.append({"code": code, "name": name, "what": what, "changes": changes})
    return samples
