"""The grid of a camera is kept by the database, as that of every place."""

from django.db import migrations, models

ASSIGN = """
CREATE TRIGGER assign BEFORE INSERT OR UPDATE OF point ON cameras_camera
    FOR EACH ROW WHEN (NOT grids_bulk()) EXECUTE FUNCTION grids_assign();
"""
FORGET = "DROP TRIGGER assign ON cameras_camera;"


class Migration(migrations.Migration):

    dependencies = [
        ('cameras', '0003_pictures'),
        ('grids', '0009_assignment'),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name='camera',
            name='camera_territory_is_a_code',
        ),
        migrations.AlterField(
            model_name='camera',
            name='scope_code',
            field=models.CharField(max_length=19, verbose_name='territory'),
        ),
        migrations.AddConstraint(
            model_name='camera',
            constraint=models.CheckConstraint(condition=models.Q(('scope_code__regex', '^[0-9]{2,19}$')), name='camera_territory_is_a_code'),
        ),
        migrations.RunSQL(ASSIGN, FORGET),
    ]
