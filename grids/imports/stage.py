"""Where the rows of a file wait between the dry run and the apply: a table of their own.

It is not logged (a crash of the database loses the rows, not the file) and belongs to one import.
"""

import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.csv
from django.db import connection

# What every stage has besides the fields of its target.  Shapes are WGS84.
ALWAYS = {"row": "bigint"}
SHAPES = {
    "point": {"shape": "geometry(Point,4326)", "grid_id": "bigint", "grid_code": "text"},
    "line": {"shape": "geometry(MultiLineString,4326)"},
    "polygon": {"shape": "geometry(Geometry,4326)"},
}


@dataclass(frozen=True)
class Stage:
    """The table of one import; `columns` are name → SQL type."""

    run_id: int
    columns: Mapping[str, str]

    @property
    def table(self) -> str:
        return f"grids_staged_{int(self.run_id)}"

    def create(self) -> None:
        """Make the table anew, empty."""
        self.drop()
        columns = ", ".join(f"{name} {kind}" for name, kind in self.columns.items())
        with connection.cursor() as cursor:
            cursor.execute(f"CREATE UNLOGGED TABLE {self.table} ({columns})")
            # A million codes are compared with each other: in memory, not on the disk.
            cursor.execute("SET LOCAL work_mem = '64MB'")

    def drop(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute(f"DROP TABLE IF EXISTS {self.table}")

    def exists(self) -> bool:
        with connection.cursor() as cursor:
            cursor.execute("SELECT to_regclass(%s) IS NOT NULL", [self.table])
            return bool(cursor.fetchone()[0])

    @contextmanager
    def filling(self) -> Iterator[Callable[[pa.Table], None]]:
        """A way to add rows: columns are named as the stage's, shapes are hex EWKB.

        COPY works in a thread of its own, so that the caller can read on meanwhile; it is never
        more than one batch behind, and what goes wrong in it is raised by the next call or the end.
        """
        with connection.cursor() as cursor, ThreadPoolExecutor(max_workers=1) as thread:
            going: list[Future[None]] = []

            def add(rows: pa.Table) -> None:
                while going:
                    going.pop().result()
                going.append(thread.submit(self._copy, cursor, rows))

            yield add
            while going:
                going.pop().result()

    def _copy(self, cursor: Any, rows: pa.Table) -> None:
        text = io.BytesIO()
        pa.csv.write_csv(rows, text, pa.csv.WriteOptions(include_header=False))
        text.seek(0)
        names = ", ".join(rows.column_names)
        cursor.copy_expert(f"COPY {self.table} ({names}) FROM STDIN WITH (FORMAT csv)", text)

    def analyze(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute(f"ANALYZE {self.table}")

    def rows(self, sql: str, values: Mapping[str, Any] | None = None) -> list[tuple[Any, ...]]:
        """Read with `{stage}` in the text standing for the table."""
        with connection.cursor() as cursor:
            cursor.execute(sql.replace("{stage}", self.table), values)
            return list(cursor.fetchall())

    def one(self, sql: str, values: Mapping[str, Any] | None = None) -> tuple[Any, ...]:
        return self.rows(sql, values)[0]

    def run(self, sql: str, values: Mapping[str, Any] | None = None) -> int:
        """Write, likewise; answers how many rows it changed."""
        with connection.cursor() as cursor:
            cursor.execute(sql.replace("{stage}", self.table), values)
            return int(cursor.rowcount)


def stage_columns(fields: Mapping[str, str], shape: str | None) -> dict[str, str]:
    """The columns of a stage for fields (name → SQL type) and a kind of shape."""
    return ALWAYS | dict(fields) | (SHAPES[shape] if shape else {})


def listed(names: Sequence[str], prefix: str = "") -> str:
    """Column names for SQL, each with a prefix such as "s."."""
    return ", ".join(f"{prefix}{name}" for name in names)
