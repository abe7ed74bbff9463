"""What events' rows that name a territory do when its code changes (`gis_server.scopes.follow`).

Events themselves follow by a trigger; `grid_then_code` never does.  What is over keeps the codes of
its day: tasks that have ended, copies that were seen.
"""

_CODE = """
    UPDATE {table} SET {column} = %(new)s || substr({column}, length(%(old)s) + 1)
    WHERE starts_with({column}, %(old)s){only}"""
FOLLOW = (
    _CODE.format(table="events_department", column="area", only=""),
    _CODE.format(table="events_eventtask", column="unit_code", only=" AND ended_at IS NULL"),
    _CODE.format(table="events_consultedparty", column="unit_code", only=" AND said_at IS NULL"),
    _CODE.format(table="events_eventcopy", column="code", only=" AND seen_at IS NULL"),
)
# For `grids.plans.looking_back.past.COUNTED`: the events of a span of days in a box.
BETWEEN = """
    SELECT ST_X(point), ST_Y(point), 1::float8 FROM events_event
    WHERE point && ST_MakeEnvelope(%(west)s, %(south)s, %(east)s, %(north)s, 4326)
      AND reported_at >= %(first)s::date::timestamp AT TIME ZONE 'Asia/Shanghai'
      AND reported_at < %(last)s::date::timestamp AT TIME ZONE 'Asia/Shanghai'"""
