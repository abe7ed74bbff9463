"""The table of fixes, in partitions of a day; `patrols.intake.partitions` makes and drops those.

The key begins with the member, so that a day's track of one is one walk
through one index of one partition.
"""

from django.db import migrations

TABLE = """
CREATE TABLE patrols_fix (
    member_id integer NOT NULL,
    at timestamptz NOT NULL,
    device_id integer NOT NULL DEFAULT 0,
    duty_id integer NOT NULL,
    lon double precision NOT NULL,
    lat double precision NOT NULL,
    accuracy_m real,
    speed_ms real,
    bearing real,
    battery smallint,
    is_mock boolean NOT NULL DEFAULT false,
    how smallint NOT NULL,
    received_at timestamptz NOT NULL,
    PRIMARY KEY (member_id, at, device_id),
    CONSTRAINT fix_is_on_earth CHECK (lon BETWEEN -180 AND 180 AND lat BETWEEN -90 AND 90)
) PARTITION BY RANGE (at)
"""


class Migration(migrations.Migration):

    dependencies = [('patrols', '0003_posts_and_fixes')]

    operations = [migrations.RunSQL(TABLE, "DROP TABLE patrols_fix")]
