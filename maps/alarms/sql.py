"""The statements of alarms.  Each branch selects the alarms of one kind that stand now.

A branch gives kind, more (what it is more exactly: see `maps.alarms.ranks`), subject, raised_at,
street (9 digits, or fewer; empty for what lies nowhere), number (of events or cameras), a box in
degrees or nulls, and `about`, what words are made of.  `{in_scope}` asks whether a code lies in the
reader's reach; parameters are `at`, `scope` and those that a branch names.
"""

from cameras.rates.planned import COVERS
from events.models.event import OPEN_VALUES
from maps.alarms.ranks import RANKS, Kind
from maps.layers import IN_SCOPE

STREET_DIGITS = 9
_OPEN = ", ".join(f"'{state}'" for state in OPEN_VALUES)
_DUE = "event_next_due(event.state, event.accept_due, event.handle_due, event.close_due)"
_AT_WORK = f"EXISTS (SELECT FROM cameras_plannedwork AS w WHERE {COVERS})"
_NOWHERE = "NULL::float8, NULL::float8, NULL::float8, NULL::float8"


def _box(point: str) -> str:
    return (
        f"min(ST_X({point})) AS west, min(ST_Y({point})) AS south,"
        f" max(ST_X({point})) AS east, max(ST_Y({point})) AS north"
    )


URGENT = f"""
    SELECT '{Kind.URGENT}' AS kind, '' AS more, event.id::text AS subject,
           event.received_at AS raised_at, left(event.scope_code, {STREET_DIGITS}) AS street,
           1 AS number, ST_X(event.point) AS west, ST_Y(event.point) AS south,
           ST_X(event.point) AS east, ST_Y(event.point) AS north,
           jsonb_build_object('id', event.id, 'name', category.name, 'address', event.address,
                              'grid', coalesce(grid.name, '')) AS about
    FROM events_event AS event
    JOIN events_category AS category ON category.id = event.category_id
    LEFT JOIN grids_grid AS grid ON grid.id = event.grid_id
    WHERE event.state = 'reported' AND event.severity = 'urgent'
      AND {{in_scope_of_event}}"""  # noqa: S608

# Those that are alarms of their own are not told twice.
LATE = f"""
    SELECT '{Kind.LATE}', '', left(event.scope_code, {STREET_DIGITS}), max({_DUE}),
           left(event.scope_code, {STREET_DIGITS}), count(*)::int, {_box("event.point")},
           '{{{{}}}}'::jsonb
    FROM events_event AS event
    WHERE event.state IN ({_OPEN}) AND {_DUE} < %(at)s AND event.level = 'district'
      AND NOT (event.state = 'reported' AND event.severity = 'urgent')
      AND {{in_scope_of_event}}
    GROUP BY left(event.scope_code, {STREET_DIGITS})"""  # noqa: S608

# What planned work explains needs nobody now.
_MEMBERS = """
    FROM cameras_outage AS outage
    JOIN cameras_outagemember AS member ON member.outage_id = outage.id AND member.left_at IS NULL
    JOIN cameras_camera AS c ON c.id = member.camera_id
    WHERE outage.closed_at IS NULL"""
OUTAGE = f"""
    SELECT '{Kind.OUTAGE}', '', outage.id::text, outage.opened_at,
           min(left(c.scope_code, {STREET_DIGITS})), count(*)::int, {_box("c.point")},
           jsonb_build_object('id', outage.id, 'suspect', outage.suspect_kind,
                              'name', outage.suspect_name, 'reason', outage.reason)
    {_MEMBERS} AND outage.suspect_kind <> '' AND {{in_scope_of_camera}} AND NOT {_AT_WORK}
    GROUP BY outage.id"""

# Told of once it is settled that it is not one of a group.
CAMERA = f"""
    SELECT '{Kind.CAMERA}', c.priority, outage.id::text, outage.opened_at,
           left(c.scope_code, {STREET_DIGITS}), 1,
           ST_X(c.point), ST_Y(c.point), ST_X(c.point), ST_Y(c.point),
           jsonb_build_object('id', c.id, 'name', c.name, 'reason', outage.reason)
    {_MEMBERS} AND outage.suspect_kind = '' AND outage.told_at IS NOT NULL
      AND c.priority IN ('key_area', 'key_industry')
      AND {{in_scope_of_camera}} AND NOT {_AT_WORK}"""

NOTICE = f"""
    SELECT '{Kind.NOTICE}', notice.kind, notice.id::text, notice.opened_at, '', 1, {_NOWHERE},
           jsonb_build_object('site', notice.site)
    FROM cameras_notice AS notice WHERE notice.closed_at IS NULL"""  # noqa: S608

# parts, after: what may be told, and after how long a silence it is.  Of pictures only those of
# sites that have any to take.
SILENT = f"""
    SELECT '{Kind.SILENT}', beat.part, beat.part || '/' || beat.place, beat.seen_at + told.after,
           '', 1, {_NOWHERE}, jsonb_build_object('site', beat.place)
    FROM gis_server_beat AS beat
    JOIN unnest(%(parts)s::text[], %(after)s::interval[]) AS told (part, after) USING (part)
    WHERE beat.seen_at + told.after < %(at)s
      AND (beat.part <> 'pictures' OR EXISTS (
          SELECT FROM cameras_camera AS c JOIN cameras_site AS site ON site.id = c.site_id
          WHERE site.name = beat.place AND c.enabled AND c.has_video))"""  # noqa: S608

# Worked out elsewhere (`maps.alarms.dark`).
DARK = f"""
    SELECT '{Kind.DARK}', '', dark.street, dark.raised_at, dark.street, dark.number,
           dark.west, dark.south, dark.east, dark.north, '{{{{}}}}'::jsonb
    FROM unnest(%(dark_street)s::text[], %(dark_raised_at)s::timestamptz[], %(dark_number)s::int[],
                %(dark_west)s::float8[], %(dark_south)s::float8[], %(dark_east)s::float8[],
                %(dark_north)s::float8[])
        AS dark (street, raised_at, number, west, south, east, north)"""  # noqa: S608

BRANCHES = {
    Kind.URGENT: URGENT,
    Kind.LATE: LATE,
    Kind.OUTAGE: OUTAGE,
    Kind.CAMERA: CAMERA,
    Kind.NOTICE: NOTICE,
    Kind.SILENT: SILENT,
    Kind.DARK: DARK,
}
COLUMNS = "kind, more, subject, raised_at, street, number, west, south, east, north, about"
_RANKS = ", ".join(f"('{kind}', '{more}', {rank:d})" for (kind, more), rank in RANKS.items())

# Whoever took something took all that stood then: a group that has grown since is new again.
ALARMS = f"""
WITH alarm ({COLUMNS}) AS ({{branches}}),
ranked AS MATERIALIZED (
    SELECT alarm.*, ranks.rank, take.id AS take, take.by_id, take.who, take.at AS taken_at,
           take.note
    FROM alarm JOIN (VALUES {_RANKS}) AS ranks (kind, more, rank) USING (kind, more)
    LEFT JOIN LATERAL (
        SELECT * FROM maps_alarmtake AS take
        WHERE take.kind = alarm.kind AND take.subject = alarm.subject
          AND take.raised_at >= alarm.raised_at
        ORDER BY take.raised_at LIMIT 1) AS take ON true
)"""  # noqa: S608
LISTED = """
SELECT ranked.*, coalesce(division.name, '') AS street_name,
       count(*) OVER () AS total,
       count(*) FILTER (WHERE rank = 1) OVER () AS top,
       count(*) FILTER (WHERE rank = 2) OVER () AS middle
FROM ranked
LEFT JOIN grids_division AS division ON division.code = rpad(nullif(street, ''), 12, '0')
WHERE %(kind)s IN ('', ranked.kind) AND %(subject)s IN ('', subject)
ORDER BY rank, take IS NOT NULL, raised_at DESC, ranked.kind, subject
LIMIT %(most)s"""
GROUPED = """
SELECT ranked.kind, street, coalesce(division.name, '') AS street_name, count(*) AS alarms,
       count(*) FILTER (WHERE take IS NULL) AS untaken, min(rank) AS rank,
       max(raised_at) AS raised_at, min(west), min(south), max(east), max(north)
FROM ranked
LEFT JOIN grids_division AS division ON division.code = rpad(nullif(street, ''), 12, '0')
GROUP BY ranked.kind, street, division.name
ORDER BY min(rank), count(*) FILTER (WHERE take IS NULL) DESC, max(raised_at) DESC,
         ranked.kind, street
LIMIT %(most)s"""

# The moments at which alarms were raised since a moment, of those that are over too.
RAISED_EVENTS = """
    SELECT event.received_at AS raised_at FROM events_event AS event
    WHERE event.received_at > %(since)s AND event.severity = 'urgent' AND {in_scope_of_event}
    UNION ALL
    SELECT step.at FROM events_eventstep AS step
    JOIN events_event AS event ON event.id = step.event_id
    WHERE step.action = 'overdue' AND step.at > %(since)s AND event.level = 'district'
      AND event.severity <> 'urgent' AND {in_scope_of_event}"""
RAISED_OUTAGES = """
    SELECT outage.opened_at FROM cameras_outage AS outage
    WHERE outage.opened_at > %(since)s AND outage.told_at IS NOT NULL AND EXISTS (
        SELECT FROM cameras_outagemember AS member
        JOIN cameras_camera AS c ON c.id = member.camera_id
        WHERE member.outage_id = outage.id AND {in_scope_of_camera}
          AND (outage.suspect_kind <> '' OR c.priority IN ('key_area', 'key_industry')))
    UNION ALL
    SELECT notice.opened_at FROM cameras_notice AS notice WHERE notice.opened_at > %(since)s"""

# What is over since a moment.
OVER_OUTAGES = """
    SELECT 'outage' AS kind, outage.id, outage.closed_at, outage.opened_at,
           CASE WHEN outage.suspect_kind = '' THEN min(c.name) ELSE outage.suspect_name END AS name,
           outage.suspect_kind AS suspect, count(*)::int AS number
    FROM cameras_outage AS outage
    JOIN cameras_outagemember AS member ON member.outage_id = outage.id
    JOIN cameras_camera AS c ON c.id = member.camera_id
    WHERE outage.closed_at > %(since)s AND outage.told_at IS NOT NULL AND {in_scope_of_camera}
    GROUP BY outage.id"""
OVER_EVENTS = """
    SELECT 'event' AS kind, event.id, event.closed_at, event.received_at, category.name, '', 1
    FROM events_event AS event JOIN events_category AS category ON category.id = event.category_id
    WHERE event.closed_at > %(since)s AND event.severity = 'urgent' AND event.state = 'closed'
      AND {in_scope_of_event}"""
OVER = """
    SELECT ended.*, count(*) OVER () AS total FROM ({branches}) AS ended
    ORDER BY closed_at DESC, kind, id LIMIT %(most)s"""

_PLACES = {
    "in_scope_of_event": IN_SCOPE.format(code="event.scope_code"),
    "in_scope_of_camera": IN_SCOPE.format(code="c.scope_code"),
}


def united(branches: list[str]) -> str:
    """The branches as one, with the reader's reach filled in."""
    return "\n    UNION ALL".join(branch.format(**_PLACES) for branch in branches)


def united_everywhere(branches: list[str]) -> str:
    """The branches as one, of the whole territory: for the server itself."""
    everywhere = dict.fromkeys(_PLACES, "true")
    return "\n    UNION ALL".join(branch.format(**everywhere) for branch in branches)
