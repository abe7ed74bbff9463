"""Features out of the database: one statement a page, cut to the reader's reach within it.

Where features are told as they are kept (CRS84), PostgreSQL writes them as they are sent.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
import shapely
from django.conf import settings
from django.db import connection
from django.utils import timezone
from psycopg2 import Binary

from gis_server.geo import WGS84
from gis_server.models import User
from maps.ogc.asking import Question, Wanted, days
from maps.ogc.crs import DIGITS_DEG, Crs
from maps.ogc.reading import Span
from maps.ogc.table import At, Collection, Column, Days, During, Kind
from maps.queries import in_time

TIMEOUT_MS = 20_000
COUNTED, COUNTED_UP_TO = 10_000, 100
"""So many features that match are counted, and only for pages of so many: programs ask for a few
when they want to know how many there are, and for many when they fetch all.
"""
REACH = re.compile(r"IN_REACH\(([a-z_]+\.[a-z_]+)\)")
# Row by row, so that PostgreSQL puts it together only for the rows of the page.
FEATURE = """'{{"type":"Feature","id":' || item.id || ',"geometry":'
    || coalesce(ST_AsGeoJSON(item.geom, {digits}), 'null') || ',"properties":'
    || {properties}"""
PARTS = "ST_AsBinary(item.geom), {properties}"
# Of a row: json_build_object looks up the type of each value anew.
PROPERTIES = "row_to_json((SELECT told FROM (SELECT {columns}) AS told))::text"

Values = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Found:
    """features: each as JSON.  next: the id to go on after, None where there are no more.
    matched: how many there are on all pages, None where nobody has counted.
    """

    features: list[str]
    next: int | None
    matched: int | None


def page(user: User, collection: Collection, question: Question, now: datetime) -> Found:
    """One page, by id.  One query, and one that counts where there are more; besides those of what
    is prepared.

    Raises:
        Unavailable: the database took longer than `TIMEOUT_MS`.
    """
    values = values_of(user, collection, question.span, now)
    conditions = _conditions(collection, question, values)
    where = [*conditions]
    if question.after is not None:
        where.append("item.id > %(after)s")
        values["after"] = question.after
    values["most"] = question.limit + 1
    sql = f"""
        SELECT item.id, {_told(collection, question.crs)}
        FROM ({source(collection, user.reach, values)}) AS item {_where(where)}
        ORDER BY item.id LIMIT %(most)s"""  # noqa: S608 - of our own table
    with in_time(TIMEOUT_MS), connection.cursor() as cursor:
        cursor.execute(sql, values)
        rows = cursor.fetchall()
        more = len(rows) > question.limit
        rows = rows[: question.limit]
        matched = None
        if question.after is None and not more:
            matched = len(rows)
        elif question.after is None and question.limit <= COUNTED_UP_TO:
            matched = _count(cursor, collection, user, conditions, values)
    return Found(_written(rows, question.crs), rows[-1][0] if more else None, matched)


def one(user: User, collection: Collection, fid: int, crs: Crs, now: datetime) -> str | None:
    """A feature as JSON, without the brace at its end; None where there is none in reach.  Of any
    day, where it is of days.
    """
    values = values_of(user, collection, Span(), now) | {"fid": fid}
    sql = f"""
        SELECT item.id, {_told(collection, crs)}
        FROM ({source(collection, user.reach, values)}) AS item WHERE item.id = %(fid)s
    """  # noqa: S608 - of our own table
    with in_time(TIMEOUT_MS), connection.cursor() as cursor:
        cursor.execute(sql, values)
        rows = cursor.fetchall()
    return _written(rows, crs)[0] if rows else None


def _count(
    cursor: Any, collection: Collection, user: User, conditions: list[str], values: Values
) -> int | None:
    """How many match, None where there are more than `COUNTED`."""
    inside = source(collection, user.reach, values)
    values["counted"] = COUNTED + 1
    sql = f"""
        SELECT count(*) FROM (
            SELECT FROM ({inside}) AS item {_where(conditions)} LIMIT %(counted)s) AS matching
    """  # noqa: S608 - of our own table
    cursor.execute(sql, values)
    count = int(cursor.fetchone()[0])
    return count if count <= COUNTED else None


def _written(rows: Sequence[Sequence[Any]], crs: Crs) -> list[str]:
    if crs.is_stored:
        return [row[1] for row in rows]
    shapes = np.array([row[1] and bytes(row[1]) for row in rows], dtype=object)
    told = crs.told(shapely.from_wkb(shapes))
    return [
        f'{{"type":"Feature","id":{row[0]},"geometry":{geometry},"properties":{row[2]}'
        for row, geometry in zip(rows, told, strict=True)
    ]


def _told(collection: Collection, crs: Crs) -> str:
    columns = ", ".join(f"item.{column.name}" for column in collection.columns)
    properties = PROPERTIES.format(columns=columns)
    return (FEATURE if crs.is_stored else PARTS).format(digits=DIGITS_DEG, properties=properties)


def values_of(user: User, collection: Collection, span: Span | None, now: datetime) -> Values:
    """What a collection's source is given; a day where it asks for days, and what is prepared."""
    values: Values = {"now": now, "zone": settings.TIME_ZONE}
    if isinstance(collection.when, Days):
        values["first"], values["last"] = days(span, now)
    if collection.prepare:
        values |= collection.prepare(user, now)
    return values


def source(collection: Collection, reach: Sequence[str], values: Values) -> str:
    """The source's SQL with the reader's reach in it.

    Each prefix is a condition of its own that an index on codes can answer, which one on an array
    cannot.
    """
    prefixes = [prefix for prefix in reach if prefix]
    values |= {f"reach{k}": _beginning(prefix) for k, prefix in enumerate(prefixes)}

    def within(found: re.Match[str]) -> str:
        parts = [f"{found[1]} LIKE %(reach{k})s" for k in range(len(prefixes))]
        return f"({' OR '.join(parts)})" if parts else "false"

    return REACH.sub(within, collection.sql)


def _beginning(prefix: str) -> str:
    return re.sub(r"([\\%_])", r"\\\1", prefix) + "%"


def _where(conditions: list[str]) -> str:
    return f"WHERE {' AND '.join(conditions)}" if conditions else ""


def _conditions(collection: Collection, question: Question, values: Values) -> list[str]:
    found = []
    if question.area is not None:
        values["area"] = Binary(shapely.to_wkb(question.area))
        inside = f"ST_Intersects(item.geom, ST_GeomFromWKB(%(area)s, {WGS84}))"
        # What has no place lies in every box (17-069r4, 7.15.3).
        found.append(f"(item.geom IS NULL OR {inside})" if collection.may_lack_place else inside)
    if question.span is not None:
        found += _when(collection, question.span, values)
    for number, wanted in enumerate(question.wanted):
        found += _filter(wanted, f"wanted{number}", values)
    return found


def _when(collection: Collection, span: Span, values: Values) -> list[str]:
    values |= {"begin": span.first, "end": span.last}
    match collection.when:
        case At(column):
            first, last = f"item.{column} >= %(begin)s", f"item.{column} <= %(end)s"
        case During(begin, end):
            first = f"(item.{end} IS NULL OR item.{end} >= %(begin)s)"
            last = f"item.{begin} <= %(end)s"
        case _:
            return []
    return [*([first] if span.first else []), *([last] if span.last else [])]


def _filter(wanted: Wanted, name: str, values: Values) -> list[str]:
    column = f"item.{wanted.column.name}"
    if wanted.span is not None:
        return _within(wanted.column, wanted.span, name, values)
    values[name] = wanted.value
    if wanted.begins:
        return [f"starts_with({column}, %({name})s)"]
    return [f"{column} = %({name})s"]


def _within(column: Column, span: Span, name: str, values: Values) -> list[str]:
    bounds: tuple[Any, Any] = (span.first, span.last)
    if column.kind is Kind.DAY:
        bounds = span.days(timezone.get_default_timezone())
    found = []
    for sign, end, bound in (">=", "first", bounds[0]), ("<=", "last", bounds[1]):
        if bound is not None:
            values[f"{name}{end}"] = bound
            found.append(f"item.{column.name} {sign} %({name}{end})s")
    # An interval that is open on both sides still asks for a time.
    return found or [f"item.{column.name} IS NOT NULL"]
