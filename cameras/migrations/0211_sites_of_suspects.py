"""An address means something at one site: what is suspected by its address is told with its site."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

# What is over needs none: nothing joins it.
FILL = """
    UPDATE {table} AS row SET suspect_site_id = found.site_id
    FROM (SELECT m.{row}_id AS id, min(c.site_id) AS site_id FROM {member} AS m
        JOIN cameras_camera AS c ON c.id = m.camera_id GROUP BY m.{row}_id) AS found
    WHERE found.id = row.id AND row.closed_at IS NULL AND (row.suspect_kind = 'subnet'
        OR row.suspect_kind = 'recorder' AND NOT EXISTS (
            SELECT FROM cameras_upstream AS u
            WHERE u.kind = 'recorder' AND u.name = row.suspect_name))
"""
FILL_OUTAGES = FILL.format(table="cameras_outage", member="cameras_outagemember", row="outage")
FILL_ORDERS = FILL.format(
    table="cameras_repairorder", member="cameras_repairordercamera", row="order"
)


class Migration(migrations.Migration):

    dependencies = [
        ('cameras', '0210_refusals_per_device'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name='repairorder',
            name='one_live_order_per_thing',
        ),
        migrations.AddField(
            model_name='outage',
            name='suspect_site',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='cameras.site'),
        ),
        migrations.AddField(
            model_name='repairorder',
            name='suspect_site',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='cameras.site'),
        ),
        migrations.AddConstraint(
            model_name='repairorder',
            constraint=models.UniqueConstraint(condition=models.Q(('state__in', ['accepted', 'on_site', 'open', 'refused', 'repaired', 'verified', 'waiting']), models.Q(('suspect_kind', ''), _negated=True)), fields=('suspect_kind', 'suspect_name', 'suspect_site'), name='one_live_order_per_thing', nulls_distinct=False),
        ),
        # After the changes of tables: these wait for no row to be checked.
        migrations.RunSQL([FILL_OUTAGES, FILL_ORDERS], migrations.RunSQL.noop),
    ]
