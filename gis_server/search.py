"""Finding by name, code, address, former name or pinyin initials, in what a user may see.

Apps fill one table of entries through triggers (migration 0005 says how); this file knows the
kinds, turns what was typed into conditions on that table, and orders what fits.  Why it is done so:
docs/design/search.md.
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from django.db import OperationalError, connection, transaction
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from psycopg2.errors import QueryCanceled

from gis_server.errors import Invalid, Unavailable
from gis_server.models import LONGEST_CODE, User
from gis_server.roles import Permission, may

MOST_CHARS = 80
MOST_FOUND = 50
TIMEOUT_MS = 2_000
# Words that are in more entries than this are looked for in so many entries of a kind, before the
# index, which would have to bring them all, is asked.
COMMON = 10_000
LOOKED_THROUGH = 1_500
# The advisory lock that says to all that `refresh` is at work, and how long it waits for a writer.
REFRESHING = 8_140_107
PATIENCE = "2s"
# So many entries are made or compared at once by jobs and checks.
AT_ONCE = 5_000
# The lengths of a code's ancestors, as the database function search_tags has them.
LEVELS = (2, 4, 6, 9, 12, 15, 17, LONGEST_CODE)


@dataclass(frozen=True)
class Kind:
    """A kind of entries: who may find it, its name, the table it is made from, what opens it.

    opens: "" when going there on the map is all.  many: there may be hundreds of thousands.
    """

    permission: Permission
    label: str | Promise
    table: str
    opens: str = ""
    many: bool = False


# In the order in which they are shown when nothing else decides.
KINDS: dict[str, Kind] = {
    "division": Kind(Permission.SEE_MAP, gettext_lazy("Division"), "grids_division"),
    "grid": Kind(Permission.SEE_MAP, gettext_lazy("Grid"), "grids_grid"),
    "camera": Kind(Permission.SEE_CAMERAS, gettext_lazy("Camera"), "cameras_camera", "camera"),
    "street": Kind(Permission.SEE_MAP, gettext_lazy("Road"), "grids_street"),
    "service_point": Kind(Permission.SEE_MAP, gettext_lazy("Service point"), "grids_servicepoint"),
    "grid_worker": Kind(Permission.SEE_PEOPLE, gettext_lazy("Grid staff"), "grids_gridworker"),
    "event": Kind(
        Permission.SEE_EVENTS,
        pgettext_lazy("kind of search", "Open event"),
        "events_event",
        "event",
    ),
    "shop": Kind(Permission.SEE_MAP, gettext_lazy("Shop"), "grids_shop", many=True),
    "building": Kind(Permission.SEE_MAP, gettext_lazy("Building"), "grids_building", many=True),
}


@dataclass(frozen=True)
class Found:
    """One thing found.

    within: the name of the grid or division that it lies in.  box: west, south, east, north in
    WGS84 degrees, of itself, or of `within` when its own place is not known.  area: the code of the
    grid or division that `box` is of, "" when the box is a point or line of its own.
    """

    kind: str
    id: int
    title: str
    code: str
    detail: str
    former: str
    within: str
    box: tuple[float, float, float, float] | None
    area: str


@dataclass(frozen=True)
class Answer:
    """What was found, best first.  more: there is more of it.

    refreshing: entries are just being made, so that what was imported last may be missing.
    """

    items: list[Found]
    more: bool = False
    refreshing: bool = False


# What separates words, as the database function search_plain has it.
_BREAK = re.compile(r"[^a-z0-9\x80-\U0010ffff]|[·、。「」『』《》〈〉【】“”‘’…—]")
_PIECE = re.compile(r"[a-z0-9]+|[^ a-z0-9]+")


def plain(text: str) -> str:
    """Text as it is compared: one width, one case, and a space for every mark."""
    return _BREAK.sub(" ", unicodedata.normalize("NFKC", text).lower())


def pattern(word: str) -> str:
    """The LIKE pattern that finds a plain word in `SearchEntry.doc`.

    There "府前街12号" stands as "府 府前 前街 街 12 号 号", and every word between spaces, so that
    two characters are enough for a trigram.  A wide character is found anywhere; fewer than three
    letters or digits only where a word begins.  It has no wildcard but its own: a plain word has
    none.
    """
    pieces = _PIECE.findall(word)
    last = len(pieces) - 1
    runs = [_run(piece, opens=n == 0, ends=n == last) for n, piece in enumerate(pieces)]
    inside = pieces[0].isascii() and len(pieces[0]) >= 3
    whole = not pieces[last].isascii() and (len(pieces[last]) > 1 or last > 0)
    return f"%{'' if inside else ' '}{' '.join(runs)}{' ' if whole else ''}%"


def _run(piece: str, *, opens: bool, ends: bool) -> str:
    """One run of a word; its outer ends may lie inside a longer run, its inner ends may not."""
    if piece.isascii() or (opens and ends and len(piece) == 1):
        return piece
    pairs = [first + second for first, second in pairwise(piece)]
    before = [] if opens else [piece[0]]
    after = [] if ends and (pairs or before) else [piece[-1]]
    return " ".join([*before, *pairs, *after])


_LOOK = """
    SELECT asked.kind, hit.subject FROM {of} CROSS JOIN LATERAL (
        SELECT subject, length, key FROM (
            SELECT * FROM gis_server_searchentry WHERE kind = asked.kind {begin}
            ORDER BY {order} LIMIT {most}) AS e
        WHERE {fits} AND e.tags && asked.tags {in_reach} {best} LIMIT %(limit)s
    ) AS hit"""
_NOTHING = "SELECT '' AS kind, 0::bigint AS subject WHERE false"
_SHORTEST = "ORDER BY length, key, subject"
_RANK = """CASE WHEN e.name = %(typed)s OR e.key = %(typed)s THEN 0
        WHEN e.name LIKE %(prefix)s OR e.key LIKE %(prefix)s OR e.doc LIKE %(begins)s THEN 1
        ELSE 2 END"""


def _sql(words: int, in_reach: str, *, common: bool) -> str:
    """The one query.  `begun`: what begins with the text.

    Of kinds that are many, when the words are common: `short`, the shortest names that fit, and if
    these are too few `drawn`, what fits of a random lot that is always the same.  Either the lot
    holds enough, or so little of the kind fits that `indexed` has not much to bring.
    """
    parts = {"in_reach": in_reach, "contains": _contains(words), "rank": _RANK}
    begun = {"fits": "true", "best": _SHORTEST, "of": "asked", "most": str(LOOKED_THROUGH)}
    walk = {"fits": parts["contains"], "best": "", "begin": "", "most": str(LOOKED_THROUGH)}
    of_many = "(SELECT * FROM asked WHERE many AND {few}) AS asked"
    few = "(SELECT count(*) FROM {part} WHERE {part}.kind = asked.kind) < %(limit)s"
    few_short, few_drawn = few.format(part="short"), few.format(part="drawn")
    looks = {
        "by_name": begun | {"begin": "AND name LIKE %(prefix)s", "order": "name"},
        "by_key": begun | {"begin": "AND key LIKE %(prefix)s", "order": "key"},
        "short": walk | {"of": of_many.format(few="true"), "order": "length, key, subject"},
        "drawn": walk | {"of": of_many.format(few=few_short), "order": "hashint8(subject)"},
    }
    parts |= {name: _LOOK.format_map({**parts, **look}) for name, look in looks.items()}
    if not common:
        parts |= {"short": _NOTHING, "drawn": _NOTHING}
    return FIND.format_map(parts | {"few": f"{few_short} AND {few_drawn}"})


def _contains(words: int) -> str:
    return " AND ".join(f"e.doc LIKE %(word{n})s" for n in range(words))


FIND = """
WITH asked AS MATERIALIZED (
    SELECT kind, many, place,
        ARRAY(SELECT kind || ':' || level FROM unnest(%(levels)s) AS level) AS tags
    FROM unnest(%(kinds)s, %(many)s) WITH ORDINALITY AS k(kind, many, place)
),
begun AS MATERIALIZED ({by_name} UNION ALL {by_key}),
short AS MATERIALIZED ({short}),
drawn AS MATERIALIZED ({drawn}),
missing AS MATERIALIZED (SELECT tag FROM asked, unnest(tags) AS tag WHERE {few}),
indexed AS MATERIALIZED (
    SELECT e.kind, e.subject FROM gis_server_searchentry AS e
    WHERE {contains} AND e.tags && ARRAY(SELECT tag FROM missing) {in_reach}
    ORDER BY {rank}, array_position(%(kinds)s, e.kind), e.length, e.key, e.subject
    LIMIT %(limit)s
),
best AS MATERIALIZED (
    SELECT e.*, asked.place, {rank} AS rank
    FROM (SELECT * FROM begun UNION SELECT * FROM short
        UNION SELECT * FROM drawn UNION SELECT * FROM indexed) AS hit
    JOIN gis_server_searchentry AS e USING (kind, subject) JOIN asked USING (kind)
    ORDER BY rank, place, length, key, subject LIMIT %(limit)s
)
SELECT e.kind, e.subject, e.title, e.code, e.detail, e.former, coalesce(home.title, ''),
    CASE WHEN e.west IS NULL THEN ARRAY[home.west, home.south, home.east, home.north]
        ELSE ARRAY[e.west, e.south, e.east, e.north] END,
    CASE WHEN e.kind IN ('grid', 'division') THEN e.code
        WHEN e.west IS NULL THEN coalesce(home.code, '') ELSE '' END
FROM best AS e LEFT JOIN LATERAL (
    SELECT h.* FROM gis_server_searchentry AS h
    WHERE h.kind IN ('grid', 'division') AND (h.kind, h.subject) <> (e.kind, e.subject)
        AND h.key IN (SELECT rpad(left(scope, digits), greatest(digits, 12), '0')
            FROM unnest(e.scopes) AS scope, unnest(ARRAY[9, 12, 15, 17, 19]) AS digits
            WHERE digits <= length(scope) AND scope LIKE ANY(%(reach)s))
        AND h.key LIKE ANY(%(reach)s)
    ORDER BY length(rtrim(h.key, '0')) DESC, h.key LIMIT 1
) AS home ON true
ORDER BY e.rank, e.place, e.length, e.key, e.subject
"""
# A word that is everywhere must not make the planner read the whole table.
PREPARE = """
SELECT EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND classid = 0 AND objid = %s
               AND database = (SELECT oid FROM pg_database WHERE datname = current_database()))
FROM (SELECT set_config('statement_timeout', %s, true),
             set_config('enable_seqscan', 'off', true)) AS limits
"""
COUNTED = "SELECT FROM gis_server_searchentry AS e WHERE"
# Only for a reach that is no whole level of codes; tags say it for all others.
IN_REACH = "AND EXISTS (SELECT FROM unnest(e.scopes) AS scope WHERE scope LIKE ANY(%(reach)s))"


def find(user: User, text: str, *, kind: str = "", limit: int = 20) -> Answer:
    """What a user may see and find under `text`, best first; three queries.

    Whole names and codes come first, then what begins with the text, then what contains every word
    of it; within these by kind, then the shorter name, then code and id.  Words of which a kind is
    full are looked for in its shortest names first, and only there when these are enough.

    Raises:
        Invalid: nothing to look for, too much of it, or no such kind.
        Unavailable: the database took longer than `TIMEOUT_MS`.
    """
    words = _words(text)
    kinds = [name for name in _kinds(kind) if may(user.role, KINDS[name].permission)]
    reach = [prefix for prefix in user.reach if len(prefix) >= LEVELS[0]]
    if not kinds or not reach:
        return Answer([])
    levels = {prefix[: max(n for n in LEVELS if n <= len(prefix))] for prefix in reach}
    typed = "".join(words)
    values: dict[str, Any] = {
        "kinds": kinds,
        "many": [KINDS[name].many for name in kinds],
        "levels": sorted(levels),
        "reach": [f"{prefix}%" for prefix in reach],
        "typed": typed,
        "prefix": f"{typed}%",
        "begins": f"%~ {typed}%",
        "limit": limit + 1,
    }
    values |= {f"word{n}": pattern(word) for n, word in enumerate(words)}
    in_reach = "" if levels == set(reach) else IN_REACH
    rows, refreshing = _read(len(words), in_reach, values)
    return Answer([_found(row) for row in rows[:limit]], len(rows) > limit, refreshing)


def _words(text: str) -> list[str]:
    # Some characters stand for many: what is looked for must be short too.
    asked = plain(text) if len(text) <= MOST_CHARS else text
    if len(asked) > MOST_CHARS:
        raise Invalid(_("Type at most %(most)d characters.") % {"most": MOST_CHARS})
    words = asked.split()
    if not words:
        raise Invalid(_("Type a character, a letter or a digit to look for."))
    return words


def _kinds(kind: str) -> Sequence[str]:
    if kind and kind not in KINDS:
        known = ", ".join(KINDS)
        raise Invalid(_("kind must be one of: %(known)s.") % {"known": known})
    return [kind] if kind else list(KINDS)


def _read(words: int, in_reach: str, values: dict[str, Any]) -> tuple[list[tuple[Any, ...]], bool]:
    """The rows, and whether `refresh` is at work."""
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(PREPARE, [REFRESHING, str(TIMEOUT_MS)])
            refreshing = bool(cursor.fetchone()[0])
            # The planner guesses from a sample of all entries, which is what is wanted here.
            cursor.execute(f"EXPLAIN (FORMAT JSON) {COUNTED} {_contains(words)}", values)
            rows = cursor.fetchone()[0][0]["Plan"]["Plan Rows"]
            cursor.execute(_sql(words, in_reach, common=rows > COMMON), values)
            return cursor.fetchall(), refreshing
    except OperationalError as error:
        if isinstance(error.__cause__, QueryCanceled):
            message = _("This is found in too many places. Type more of it.")
            raise Unavailable(message) from None
        raise


def _found(row: tuple[Any, ...]) -> Found:
    kind, subject, title, code, detail, former, within, corners, area = row
    box = None if None in corners else tuple(corners)
    return Found(kind, subject, title, code, detail, former, within, box, area)


def refresh(kind: str, ids: Sequence[int] | None = None) -> int:
    """Make the entries of rows anew, all of a kind unless told which; returns how many were wrong.

    For after a bulk import (`SET LOCAL gis.bulk = 'on'` passes the triggers over), and for what
    only time has changed.

    Raises:
        OperationalError: a writer of this kind holds its transaction open; try again later.
    """
    wrong = 0
    with _told_to_all():
        for some in _chunks(kind, ids):
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute("SELECT set_config('lock_timeout', %s, true)", [PATIENCE])
                cursor.execute("SELECT search_refresh(%s, %s)", [kind, some])
                wrong += cursor.fetchone()[0]
    return wrong


@contextmanager
def _told_to_all() -> Iterator[None]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock_shared(%s)", [REFRESHING])
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock_shared(%s)", [REFRESHING])


def differing(kind: str) -> list[int]:
    """Ids of the rows of a kind that have no entry or another one, and of entries without a row."""
    wrong: list[int] = []
    for some in _chunks(kind, None):
        with connection.cursor() as cursor:
            cursor.execute("SELECT search_differing(%s, %s)", [kind, some])
            wrong += [subject for (subject,) in cursor.fetchall()]
    return sorted(wrong)


def _chunks(kind: str, ids: Sequence[int] | None) -> Iterator[list[int]]:
    """Ids in the order of their size, of rows and of entries, `AT_ONCE` at a time."""
    if ids is not None:
        yield from (list(ids[n : n + AT_ONCE]) for n in range(0, len(ids), AT_ONCE))
        return
    last = 0
    sql = f"""
        SELECT array_agg(id ORDER BY id) FROM (
            (SELECT id FROM {KINDS[kind].table} WHERE id > %(last)s ORDER BY id LIMIT %(most)s)
            UNION
            (SELECT subject FROM gis_server_searchentry
             WHERE kind = %(kind)s AND subject > %(last)s ORDER BY subject LIMIT %(most)s)
            ORDER BY id LIMIT %(most)s) AS next"""  # noqa: S608
    while True:
        with connection.cursor() as cursor:
            cursor.execute(sql, {"last": last, "most": AT_ONCE, "kind": kind})
            some = cursor.fetchone()[0]
        if not some:
            return
        yield some
        last = some[-1]
