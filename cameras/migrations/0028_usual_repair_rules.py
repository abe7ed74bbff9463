"""The delays and deadlines of repairs that hold until somebody enters others."""

from datetime import date
from typing import Any

from django.db import migrations

FIRST_DAY = date(2000, 1, 1)
# Class: minutes until an order is opened for an outage and for a picture fault, until it is to be
# accepted, until somebody is to be there, until it is to be repaired.
USUAL = {
    "key_area": (5, 30, 30, 120, 720),
    "key_industry": (10, 60, 60, 240, 1440),
    "ordinary": (15, 120, 120, 480, 2880),
}
COLUMNS = ("delay_outage_min", "delay_picture_min", "respond_min", "arrive_min", "fix_min")


def enter(apps: Any, schema_editor: Any) -> None:
    rule = apps.get_model("cameras", "RepairRule")
    rule.objects.bulk_create(
        rule(priority=priority, valid_from=FIRST_DAY, **dict(zip(COLUMNS, minutes, strict=True)))
        for priority, minutes in USUAL.items()
    )


def remove(apps: Any, schema_editor: Any) -> None:
    apps.get_model("cameras", "RepairRule").objects.filter(valid_from=FIRST_DAY).delete()


class Migration(migrations.Migration):

    dependencies = [("cameras", "0027_repair_orders")]

    operations = [migrations.RunPython(enter, remove)]
