import django.contrib.gis.db.models.fields
import django.contrib.postgres.fields.ranges
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("maps", "0001_edition")]

    operations = [
        migrations.CreateModel(
            name="Bake",
            fields=[
                ("id", models.SmallIntegerField(default=1, primary_key=True, serialize=False)),
                ("token", models.UUIDField()),
                ("days", django.contrib.postgres.fields.ranges.DateRangeField()),
                ("at", models.DateTimeField()),
                ("taken_s", models.FloatField()),
                ("shapes", models.IntegerField()),
            ],
            options={
                "db_table": "maps_bake",
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("id", 1)), name="one_bake_of_the_map"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Drawn",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("zoom", models.SmallIntegerField()),
                ("level", models.CharField(max_length=10)),
                ("of", models.BigIntegerField()),
                ("code", models.CharField(max_length=19)),
                ("name", models.CharField(max_length=80)),
                ("kind", models.CharField(max_length=15)),
                ("source", models.UUIDField()),
                ("wide", models.BooleanField()),
                ("shape", django.contrib.gis.db.models.fields.GeometryField(srid=0)),
            ],
            options={
                "db_table": "maps_drawn",
                "constraints": [
                    models.UniqueConstraint(
                        fields=("level", "zoom", "of"), name="one_drawing_per_thing_and_zoom"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Heap",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("zoom", models.SmallIntegerField()),
                ("x", models.IntegerField()),
                ("y", models.IntegerField()),
                ("code", models.CharField(max_length=12)),
                ("kind", models.CharField(max_length=15)),
                ("places", models.IntegerField()),
            ],
            options={
                "db_table": "maps_heap",
                "indexes": [models.Index(fields=["zoom", "x", "y"], name="heap_by_cell")],
            },
        ),
        migrations.CreateModel(
            name="HeapCount",
            fields=[
                ("id", models.SmallIntegerField(default=1, primary_key=True, serialize=False)),
                ("written", models.TextField()),
            ],
            options={
                "db_table": "maps_heapcount",
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("id", 1)), name="one_count_of_the_heaps"
                    )
                ],
            },
        ),
    ]
