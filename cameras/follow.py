"""What cameras' rows that name a territory do when its code changes (`gis_server.scopes.follow`).

Cameras themselves follow by a trigger; what is over keeps the codes of its day.
"""

_AREA = """
    UPDATE {table} SET area = %(new)s || substr(area, length(%(old)s) + 1)
    WHERE starts_with(area, %(old)s){only}"""
_FILTER = """
    UPDATE {table} SET filters = jsonb_set(filters, '{{division}}',
        to_jsonb(%(new)s || substr(filters->>'division', length(%(old)s) + 1)))
    WHERE starts_with(filters->>'division', %(old)s)"""
FOLLOW = (
    _AREA.format(table="cameras_routingrule", only=""),
    _AREA.format(table="cameras_plannedwork", only=" AND ends_at > now()"),
    _FILTER.format(table="cameras_savedview"),
    _FILTER.format(table="cameras_deliveryplan"),
)
