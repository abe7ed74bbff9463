"""What is kept of users by code prefix, when a code changes."""

from django.db import connection

# Whoever stores a prefix of codes beside a user adds its statement here.
FOLLOW = (
    """
    UPDATE gis_server_user SET scope = ARRAY(
        SELECT CASE WHEN starts_with(part, %(old)s)
                    THEN %(new)s || substr(part, length(%(old)s) + 1) ELSE part END
        FROM unnest(scope) WITH ORDINALITY AS parts (part, place) ORDER BY place)
    WHERE EXISTS (SELECT 1 FROM unnest(scope) AS part WHERE starts_with(part, %(old)s))""",
    """
    UPDATE gis_server_api_token SET prefixes = ARRAY(
        SELECT CASE WHEN starts_with(part, %(old)s)
                    THEN %(new)s || substr(part, length(%(old)s) + 1) ELSE part END
        FROM unnest(prefixes) WITH ORDINALITY AS parts (part, place) ORDER BY place)
    WHERE EXISTS (SELECT 1 FROM unnest(prefixes) AS part WHERE starts_with(part, %(old)s))""",
    # Requests that wait and grants that run; what has ended was for the code of its day.
    """
    UPDATE gis_server_areagrant SET prefix = %(new)s || substr(prefix, length(%(old)s) + 1)
    WHERE starts_with(prefix, %(old)s) AND state IN ('waiting', 'given')""",
)


def follow(old: str, new: str) -> None:
    """Let prefixes that begin with `old` begin with `new`, in the caller's transaction.

    Longer scopes lie below what was renumbered and move with it; shorter ones are not touched:
    what they cover still begins with them.
    """
    with connection.cursor() as cursor:
        for statement in FOLLOW:
            cursor.execute(statement, {"old": old, "new": new})
