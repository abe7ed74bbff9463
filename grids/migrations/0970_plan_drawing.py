from django.db import migrations, models


class Migration(migrations.Migration):
    """What was taken back, and grids that are locked: kept with the plan, for tomorrow and others."""

    dependencies = [("grids", "0950_plans")]

    operations = [
        migrations.AddField(
            model_name="boundaryplan", name="undone", field=models.JSONField(default=list)
        ),
        migrations.AddField(
            model_name="boundaryplan", name="locked_grids", field=models.JSONField(default=list)
        ),
    ]
