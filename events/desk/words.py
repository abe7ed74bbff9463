"""Events by words: text, address, number, entry and grid, two Chinese characters are enough."""

from typing import Any

from django.db import connection
from django.db.models import BooleanField, F, Func, QuerySet, Value
from django.utils.translation import gettext as _

from gis_server import search
from gis_server.errors import Invalid

MOST_WORDS = 6
RARE = 6_000
"""Up to so many events that fit, their ids are the answer.  Of more, the list is walked in its
order and each looked at, for the next page is then never far."""
COMMON = RARE
"""One word that the planner guesses in so many events is not looked up at all, only walked by.
Of several, each common, together there may be none: these are always looked up."""


def patterns(text: str) -> list[str]:
    """The LIKE patterns of what was typed.

    Raises:
        Invalid: nothing in it that could be looked for, or too many words.
    """
    words = search.plain(text).split()
    if not words:
        raise Invalid(_("Type a character, a letter or a digit to look for."))
    if len(words) > MOST_WORDS:
        raise Invalid(_("Look for at most %(most)d words.") % {"most": MOST_WORDS})
    return [search.pattern(word) for word in words]


def with_words(rows: QuerySet[Any, Any], text: str) -> QuerySet[Any, Any]:
    """The events with every word of the text in them.  One query of its own, or two.

    Raises:
        Invalid: see `patterns`.
    """
    wanted = patterns(text)
    if len(wanted) > 1 or _guess(wanted[0]) <= COMMON:
        found = _ids(wanted)
        if found is not None:
            return rows.filter(pk__in=found)
    # A function, so that the planner does not bring all that the index has.
    has = Func(F("pk"), Value(wanted), function="event_has_words", output_field=BooleanField())
    return rows.filter(has)


def _guess(pattern: str) -> int:
    """In how many events a word is, as the planner guesses it from a sample of all."""
    with connection.cursor() as cursor:
        cursor.execute(
            "EXPLAIN (FORMAT JSON) SELECT FROM events_eventwords WHERE doc LIKE %s", [pattern]
        )
        return int(cursor.fetchone()[0][0]["Plan"]["Plan Rows"])


def _ids(wanted: list[str]) -> list[int] | None:
    """Ids of the events with these words; None when there are more than `RARE`."""
    conditions = " AND ".join(["doc LIKE %s"] * len(wanted))
    sql = f"SELECT event_id FROM events_eventwords WHERE {conditions} LIMIT {RARE + 1}"  # noqa: S608
    with connection.cursor() as cursor:
        cursor.execute(sql, wanted)
        rows = cursor.fetchall()
    return [one for (one,) in rows] if len(rows) <= RARE else None
