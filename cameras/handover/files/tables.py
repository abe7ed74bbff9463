"""The list as a workbook, as CSV and on paper."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from django.utils import timezone
from django.utils.translation import gettext as _

from cameras.handover.files.columns import CAMERA_COLUMNS, COLUMNS, as_text, row
from cameras.handover.files.heading import Heading
from cameras.handover.line import Line
from gis_server import csv_export, pdf_export, pdf_tables, xlsx_export
from gis_server.plain_text import printable
from gis_server.xlsx_export import Sheet, Value

MOST_TEAMS = 50
"""So many teams get a sheet of their own; the first sheet has everything anyway."""


def xlsx(lines: Sequence[Line], heading: Heading, now: datetime) -> bytes:
    """An overview, a sheet for each team with the lines that hold a camera of it, and one with a
    row for each camera.
    """
    columns = [xlsx_export.Column(str(one.head), one.width) for one in COLUMNS]
    captions = [heading.title, *heading.captions]
    rows = {line.key: row(line, now) for line in lines}
    sheets = [Sheet(_("Overview"), columns, [*rows.values()], captions)]
    for team, keys in _by_team(lines).items():
        chosen = [rows[key] for key in keys]
        sheets.append(Sheet(team or _("No team"), columns, chosen, [f"{heading.title} · {team}"]))
    of_cameras = [xlsx_export.Column(str(one.head), one.width) for one in CAMERA_COLUMNS]
    sheets.append(Sheet(_("Each camera"), of_cameras, _cameras(lines)))
    return xlsx_export.workbook(sheets, timezone.get_default_timezone())


def _by_team(lines: Sequence[Line]) -> dict[str, list[str]]:
    """Keys of lines by the names of teams, in the order of names."""
    found = dict[str, list[str]]()
    for line in lines:
        for team in line.each("team"):
            found.setdefault(team, []).append(line.key)
    return dict(sorted(found.items())[:MOST_TEAMS])


def _cameras(lines: Sequence[Line]) -> Iterator[list[Value]]:
    for line in lines:
        for camera in line.cameras:
            yield [column.value(camera) for column in CAMERA_COLUMNS]


def csv(lines: Sequence[Line], _heading: Heading, now: datetime) -> bytes:
    """Heads and one row a line; with a byte order mark."""
    heads = [str(column.head) for column in COLUMNS]
    rows = ([printable(as_text(value)) for value in row(line, now)] for line in lines)
    return b"".join(csv_export.encoded([heads, *rows]))


def pdf(lines: Sequence[Line], heading: Heading, now: datetime) -> bytes:
    """A4 across, the columns that fit.

    Raises:
        Unavailable: the machine has no font for it.
    """
    document = pdf_export.Document(
        heading.title, now, captions=heading.captions, foot=heading.title, landscape=True
    )
    shown = [number for number, column in enumerate(COLUMNS) if column.share]
    columns = [
        pdf_export.Column(str(COLUMNS[number].head), COLUMNS[number].share) for number in shown
    ]
    if lines:
        rows = (row(line, now) for line in lines)
        texts = ([as_text(values[number]) for number in shown] for values in rows)
        pdf_tables.add_table(document, columns, texts)
    else:
        document.text(_("Nothing is down, degraded or unknown."))
    return document.content()
