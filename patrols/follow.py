"""What patrols' rows that name a territory do when its code changes (`gis_server.scopes.follow`).

Switches of the control level keep the codes of their day: what held stays answerable.
"""

_CODE = """
    UPDATE {table} SET scope_code = %(new)s || substr(scope_code, length(%(old)s) + 1)
    WHERE starts_with(scope_code, %(old)s)"""
FOLLOW = tuple(
    _CODE.format(table=table)
    for table in ("patrols_post", "patrols_member", "patrols_lastposition")
)
FOLLOW += (
    """
    UPDATE patrols_requiredvisits SET area = %(new)s || substr(area, length(%(old)s) + 1)
    WHERE starts_with(area, %(old)s)""",
)
