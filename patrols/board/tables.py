"""Tables that people send: rows by what their columns mean, and what is wrong by row and column.

A workbook or CSV is read by the readers of `grids.imports`; here its columns get their meaning.
"""

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from django.http import HttpRequest
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from gis_server import disk, quarantine
from gis_server.errors import Invalid, Unavailable
from grids.imports.headers import normal
from grids.imports.layer import Layer, Source
from grids.imports.limits import MIB, TABLE
from grids.imports.problems import NOTES, Refused
from grids.imports.source import open_source
from grids.imports.texts import sentence

MAX_BYTES = 2 * MIB
MOST_FAULTS = 200
SHOWN_CHARS = 40
SMALL = replace(TABLE, file_bytes=MAX_BYTES, rows=20_000, columns=60)


@dataclass(frozen=True, slots=True)
class Column:
    """head: as files of ours write it, in the reader's language.  words: other names for it, those
    of the other language among them.
    """

    head: str | Promise
    words: tuple[str, ...]
    is_needed: bool = False


@dataclass(frozen=True, slots=True)
class Line:
    """number: as a spreadsheet counts."""

    number: int
    values: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Fault:
    """column: as the reader knows it; empty where the row as a whole is wrong."""

    line: int
    column: str
    sentence: str


@dataclass(frozen=True, slots=True)
class Table:
    lines: Sequence[Line]
    faults: Sequence[Fault]


def read(content: bytes, columns: Mapping[str, Column], most_rows: int) -> Table:
    """The first sheet with rows.

    Raises:
        Invalid: no such table, too large, too many rows, or columns missing, unknown or doubled.
        Unavailable: no room on the disk.
    """
    try:
        with (
            quarantine.held(io.BytesIO(content), MAX_BYTES) as path,
            open_source(path, name="table.xlsx", limits=SMALL) as source,
        ):
            return _table(source, columns, most_rows)
    except Refused as refused:
        raise Invalid(sentence(refused.problem, refused.details)) from None
    except disk.NoRoom:
        message = _("The server has no room for the file. Tell its administrator.")
        raise Unavailable(message) from None


def _table(source: Source, columns: Mapping[str, Column], most_rows: int) -> Table:
    layer = _first(source)
    names = _meanings(layer.columns, columns)
    lines, faults = list[Line](), list[Fault]()
    for batch in source.batches(layer):
        for number, row in zip(batch.rows, batch.table.to_pylist(), strict=True):
            values = ("" if cell is None else str(cell).strip() for cell in row.values())
            lines.append(Line(int(number), dict(zip(names, values, strict=True))))
        for one in batch.faults:
            if one.problem not in NOTES:
                faults.append(Fault(one.row, one.column, sentence(one.problem, one.details)))
        if len(lines) > most_rows:
            rule = _("The file has more than %(most)d rows: split it.")
            raise Invalid(rule % {"most": most_rows})
    return Table(lines, faults)


def _first(source: Source) -> Layer:
    layer = next((one for one in source.layers if one.refused is None), None)
    if layer is None:
        raise Invalid(_("The workbook has no sheet with rows."))
    return layer


def _meanings(heads: Sequence[str], columns: Mapping[str, Column]) -> list[str]:
    meaning = {
        normal(str(word)): name
        for name, column in columns.items()
        for word in (name, column.head, *column.words)
    }
    names = [meaning.get(normal(head), "") for head in heads]
    if unknown := [head[:SHOWN_CHARS] for head, name in zip(heads, names, strict=True) if not name]:
        message = _("These columns are unknown: %(names)s.") % {"names": ", ".join(unknown[:20])}
        raise Invalid(message)
    needed = [name for name, column in columns.items() if column.is_needed]
    if missing := [str(columns[name].head) for name in needed if name not in names]:
        raise Invalid(_("These columns are missing: %(names)s.") % {"names": ", ".join(missing)})
    if len(set(names)) < len(names):
        raise Invalid(_("A column stands there twice."))
    return names


def body_of(request: HttpRequest) -> bytes:
    """The file, as the raw body: a form would have been stored before anybody is asked.

    Raises:
        Invalid: empty, or larger than `MAX_BYTES`.
    """
    content = request.read(MAX_BYTES + 1)
    if not content:
        raise Invalid(_("Choose a file that is not empty."))
    if len(content) > MAX_BYTES:
        rule = _("The file is larger than %(most)d MB: split it.")
        raise Invalid(rule % {"most": MAX_BYTES // MIB})
    return bytes(content)


def faults_shown(faults: Sequence[Fault]) -> dict[str, object]:
    """The first of them, by row, as the page lists them."""
    ordered = sorted(faults, key=lambda one: one.line)
    return {
        "fault_count": len(ordered),
        "faults": [
            {"line": one.line, "column": one.column, "sentence": one.sentence}
            for one in ordered[:MOST_FAULTS]
        ],
    }
