"""Tables of rates as rows of a file."""

from collections.abc import Iterator, Sequence

from django.utils.translation import gettext as _

from cameras.rates.plot import percent
from cameras.rates.queries import Group, Table
from cameras.rates.share import is_below
from gis_server.xlsx_export import PERCENT, Column, Sheet, Value

HOUR_S = 3600
HOURS = "#,##0.00"


def heads(by: str) -> list[str]:
    return [
        by,
        _("Code"),
        _("Cameras"),
        _("Online rate"),
        _("Intact rate"),
        _("Online (h)"),
        _("of it intact (h)"),
        _("Watched (h)"),
        _("Down (h)"),
        _("Excused (h)"),
        _("Unknown (h)"),
        _("Below target"),
    ]


def values(group: Group) -> list[Value]:
    """One row, with hours as numbers and rates as shares."""
    seconds = group.all
    sums = (
        seconds.online_s, seconds.intact_s, seconds.monitored_s, seconds.down_s,
        seconds.excused_s, seconds.unknown_s,
    )  # fmt: skip
    return [
        group.name or _("All"),
        group.key,
        seconds.cameras,
        seconds.online_rate,
        seconds.intact_rate,
        *(one / HOUR_S for one in sums),
        _("yes") if misses(group) else "",
    ]


def misses(group: Group) -> bool:
    """Whether a class in it is below its target."""
    return any(is_below(name, one) for name, one in group.classes.items())


def rows_of(table: Table) -> list[Group]:
    return [*table.groups, table.total]


def sheet(by: str, captions: Sequence[str], table: Table, name: str = "") -> Sheet:
    widths = [26.0, 16.0, *([11.0] * 3), *([14.0] * 6), 11.0]
    formats = ["", "", "#,##0", PERCENT, PERCENT, *([HOURS] * 6), ""]
    columns = [Column(*one) for one in zip(heads(by), widths, formats, strict=True)]
    return Sheet(
        name or by, columns, [values(one) for one in rows_of(table)], captions, filtered=False
    )


def csv_rows(by: str, table: Table) -> Iterator[list[object]]:
    yield [*heads(by)]
    for group in rows_of(table):
        yield [shown(column, value) for column, value in enumerate(values(group))]


def shown(column: int, value: Value) -> object:
    if value is None:
        return ""
    if isinstance(value, float):
        return percent(value) if column in (3, 4) else f"{value:.4f}"
    return value
