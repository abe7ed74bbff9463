"""What a boundary plan in force tells about cameras whose place lies in another grid since.

Who may see a camera follows its grid, so pages of both sides load their cameras anew; they are told
by street, because a plan may move thousands.
"""

from dataclasses import replace

from django.db import connection

from gis_server import live
from grids.plans.moving import Moved

TOPIC = "camera"


def tell(moved: Moved) -> None:
    """Let browsers of the streets that lost or won cameras hear of it, in the caller's transaction:
    changes whose subject is a street, and whose data say `moved`.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT was_code FROM {moved.rows} UNION SELECT code FROM {moved.rows}"  # noqa: S608
        )
        codes = [code for (code,) in cursor.fetchall() if code]
    told = live.by_street(TOPIC, codes)
    live.record(*(replace(change, data={"moved": True}) for change in told))
