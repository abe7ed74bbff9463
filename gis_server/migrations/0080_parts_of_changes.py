"""A change says in which parts of its scope it lies, for those who have only one of them."""

import django.contrib.postgres.fields
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("gis_server", "0061_patrollers")]

    operations = [
        migrations.AddField(
            model_name="changerow",
            name="parts",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.CharField(max_length=19), default=list, size=None
            ),
        ),
    ]
