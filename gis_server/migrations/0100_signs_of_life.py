"""Parts of the server that work unseen say that they live."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("gis_server", "0080_parts_of_changes")]

    operations = [
        migrations.CreateModel(
            name="ProcessBeat",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("part", models.CharField(max_length=10)),
                ("place", models.CharField(blank=True, max_length=40)),
                ("seen_at", models.DateTimeField()),
            ],
            options={
                "db_table": "gis_server_beat",
                "ordering": ["part", "place"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("part", "place"), name="one_beat_per_part_and_place"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(part__in=["jobs", "pictures", "cover", "positions"]),
                        name="beat_is_of_a_known_part",
                    ),
                ],
            },
        ),
    ]
