"""What must be true of the project's own tables and SQL cannot say; `check_world` prints it."""

from collections.abc import Iterator

from django.db import connection

from gis_server import search

MOST_ENTRIES = 20  # listed of each kind; more would hide the rest


def check() -> Iterator[str]:
    """Yield one sentence for every rule that is broken; nothing when all is well."""
    yield from _trigrams()
    yield from _entries()


def _trigrams() -> Iterator[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT cardinality(show_trgm('府前')) > 0")
        if not cursor.fetchone()[0]:
            yield (
                "the database's locale knows no Chinese letters, so that finding is slow: "
                "make the database anew with LC_CTYPE C.UTF-8 and move the data there"
            )


def _entries() -> Iterator[str]:
    for kind in search.KINDS:
        wrong = search.differing(kind)
        for subject in wrong[:MOST_ENTRIES]:
            yield f"the entry of {kind} {subject} in the search says something else than its row"
