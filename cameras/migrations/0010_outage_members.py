"""One outage may take down several cameras: each has its part in it."""

import django.db.models.deletion
from django.db import migrations, models

COPY = """
INSERT INTO cameras_outagemember (outage_id, camera_id, joined_at, left_at, reason)
    SELECT id, camera_id, opened_at, closed_at, reason FROM cameras_outage;
UPDATE cameras_outage SET told_at = opened_at;
"""
# An outage of several cameras goes back to one of its cameras; the other parts are lost.
UNDO = """
UPDATE cameras_outage AS o SET camera_id = m.camera_id FROM (
    SELECT DISTINCT ON (outage_id) outage_id, camera_id FROM cameras_outagemember
    ORDER BY outage_id, left_at IS NULL DESC, id
) AS m WHERE m.outage_id = o.id;
DELETE FROM cameras_outagemember;
DELETE FROM cameras_outage WHERE camera_id IS NULL;
SET CONSTRAINTS ALL IMMEDIATE;
"""


class Migration(migrations.Migration):

    dependencies = [
        ('cameras', '0009_site_of_cameras'),
    ]

    operations = [
        migrations.CreateModel(
            name='OutageMember',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('joined_at', models.DateTimeField()),
                ('left_at', models.DateTimeField(null=True)),
                ('reason', models.CharField(max_length=20)),
                ('outage', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='members', to='cameras.outage')),
                ('camera', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='cameras.camera')),
            ],
            options={
                'ordering': ['-joined_at', '-id'],
            },
        ),
        migrations.AddField(
            model_name='outage',
            name='also',
            field=models.JSONField(default=list),
        ),
        migrations.AddField(
            model_name='outage',
            name='suspect_kind',
            field=models.CharField(blank=True, max_length=10),
        ),
        migrations.AddField(
            model_name='outage',
            name='suspect_name',
            field=models.CharField(blank=True, max_length=253),
        ),
        migrations.AddField(
            model_name='outage',
            name='told_at',
            field=models.DateTimeField(null=True),
        ),
        migrations.RemoveConstraint(
            model_name='outage',
            name='one_open_outage_per_camera',
        ),
        migrations.AlterField(
            model_name='outage',
            name='camera',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='outages', to='cameras.camera'),
        ),
        migrations.RunSQL(COPY, UNDO),
    ]
