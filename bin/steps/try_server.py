"""Tries the server that DATABASE_URL or REDIS_URL names; prints nothing, or what is wrong with it.

Runs in the virtual environment, as a program of its own: `try_server.py DATABASE_URL`.  Never
prints the address as given, for it may hold a password.
"""

import os
import sys
from urllib.parse import urlsplit

import psycopg2
import redis

WITHIN_S = 5


def what_is_wrong_with_database(url: str) -> str:
    try:
        # GeoDjango's own scheme is unknown to libpq.
        address = url.replace("postgis://", "postgres://", 1)
        connection = psycopg2.connect(address, connect_timeout=WITHIN_S)
    except psycopg2.ProgrammingError:
        # libpq repeats what it could not read, and with it the password.
        return "DATABASE_URL cannot be read: write it like postgres://user:password@host/name."
    except psycopg2.Error as error:
        said = " ".join(str(error).split()) or "no answer"
        return (
            f"DATABASE_URL points to {_place(url)}, which cannot be used ({said}): correct it, or"
            " unset it to get a private database."
        )
    with connection, connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_available_extensions WHERE name = 'postgis'")
        there = cursor.fetchone()
    connection.close()
    if there:
        return ""
    return (
        f"the server at {_place(url)} that DATABASE_URL names has no PostGIS: install it there, or"
        " unset DATABASE_URL to get a private database."
    )


def what_is_wrong_with_redis(url: str) -> str:
    try:
        client = redis.Redis.from_url(url, socket_connect_timeout=WITHIN_S, socket_timeout=WITHIN_S)
        client.ping()
    except (redis.RedisError, ValueError) as error:
        said = " ".join(str(error).split()) or "no answer"
        return (
            f"REDIS_URL points to {_place(url)}, which cannot be used ({said}): correct it, or"
            " unset it to get a private Redis."
        )
    return ""


def _place(url: str) -> str:
    """Host and port of an address, without the login."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or parts.path or "nowhere", parts.port
    except ValueError:
        return "an address that cannot be read"
    return f"{host}:{port}" if port else host


if __name__ == "__main__":
    name = sys.argv[1]
    tries = {"DATABASE_URL": what_is_wrong_with_database, "REDIS_URL": what_is_wrong_with_redis}
    print(tries[name](os.environ[name]))
