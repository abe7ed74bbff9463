"""Tables of figures as rows of a file."""

from collections.abc import Iterator, Sequence

from django.utils.translation import gettext as _

from events.counting.queries import Group, Table
from events.counting.share import NAMES, Counts, percent
from events.counting.words import COLUMNS, RATES
from gis_server.xlsx_export import PERCENT, Column, Sheet, Value


def heads(by: str) -> list[str]:
    return [by, _("Code"), *(str(COLUMNS[name]) for name in NAMES), *map(str, RATES.values())]


def values(name: str, key: str, counts: Counts) -> list[Value]:
    """Numbers as numbers, rates as shares; what has no denominator is empty."""
    return [
        name,
        key,
        *(getattr(counts, one) for one in NAMES),
        *(getattr(counts, one).value for one in RATES),
    ]


def rows_of(table: Table) -> list[Group]:
    return [*table.groups, Group("", _("All"), table.total)]


def sheet(by: str, captions: Sequence[str], table: Table) -> Sheet:
    columns = [Column(by, 26), Column(_("Code"), 16)]
    columns += [Column(head, 11, "#,##0") for head in heads(by)[2 : 2 + len(NAMES)]]
    columns += [Column(str(head), 12, PERCENT) for head in RATES.values()]
    rows = [values(one.name, one.key, one.counts) for one in rows_of(table)]
    return Sheet(by, columns, rows, captions, filtered=False)


def csv_rows(by: str, table: Table) -> Iterator[list[object]]:
    yield [*heads(by)]
    for group in rows_of(table):
        counts = group.counts
        yield [
            group.name,
            group.key,
            *(getattr(counts, one) for one in NAMES),
            *(percent(getattr(counts, one)) for one in RATES),
        ]
