"""What one collection of the OGC API is made of."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from django.utils.functional import Promise

from gis_server.models import User
from gis_server.roles import Permission

Words = str | Promise
Prepare = Callable[[User, datetime], dict[str, Any]]


class Kind(StrEnum):
    """What a column holds.  DAY is a date, TIME a moment with its zone."""

    TEXT = "text"
    WHOLE = "whole"
    NUMBER = "number"
    YES_NO = "yes_no"
    DAY = "day"
    TIME = "time"


@dataclass(frozen=True, slots=True)
class Column:
    """One property.  choices: the words that it can hold, where they are a closed list."""

    name: str
    title: Words
    kind: Kind = Kind.TEXT
    choices: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class At:
    """Each feature is of one moment, the column's."""

    column: str


@dataclass(frozen=True, slots=True)
class During:
    """Each feature lasts from one column's moment to another's, or on, where that is empty."""

    begin: str
    end: str


@dataclass(frozen=True, slots=True)
class Days:
    """Each feature is of days, which the source itself chooses by %(first)s and %(last)s: those
    that `datetime` asks for, today where it asks for nothing.
    """


When = At | During | Days | None


@dataclass(frozen=True, slots=True)
class Collection:
    """A layer that other programs read.

    geometry: the type of GeoJSON.  sql: the source; it gives `id` (bigint, unique, for ever the
    same thing), `geom` (WGS84) and the columns by their names, and is cut to the reader by
    IN_REACH(column with a code).  It is given %(now)s, with `Days` %(first)s and %(last)s, and what
    `prepare` makes for it.  may_lack_place: some features have no geometry.
    """

    id: str
    title: Words
    about: Words
    permission: Permission
    geometry: str
    sql: str
    columns: tuple[Column, ...]
    when: When = None
    prepare: Prepare | None = None
    may_lack_place: bool = False
