"""Places have a code and a territory, and may wait for their point or lie outside of all grids."""

import django.contrib.gis.db.models.fields
import django.db.models.deletion
from django.db import migrations, models

# Rows of before: every place had a grid then.
FILL = """
UPDATE grids_building AS place SET scope_code = grid.code FROM grids_grid AS grid WHERE grid.id = place.grid_id;
UPDATE grids_shop AS place SET scope_code = grid.code FROM grids_grid AS grid WHERE grid.id = place.grid_id;
UPDATE grids_servicepoint AS place SET scope_code = grid.code FROM grids_grid AS grid WHERE grid.id = place.grid_id;
"""


class Migration(migrations.Migration):

    dependencies = [
        ('grids', '0006_designations'),
    ]

    operations = [
        migrations.AddField(
            model_name='building',
            name='code',
            field=models.CharField(blank=True, max_length=40, null=True, verbose_name='code'),
        ),
        migrations.AddField(
            model_name='building',
            name='scope_code',
            field=models.CharField(default='00', max_length=19, verbose_name='territory'),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name='building',
            name='units',
            field=models.PositiveSmallIntegerField(blank=True, null=True, verbose_name='units'),
        ),
        migrations.AddField(
            model_name='servicepoint',
            name='address',
            field=models.CharField(blank=True, db_default='', default='', max_length=200, verbose_name='address'),
        ),
        migrations.AddField(
            model_name='servicepoint',
            name='code',
            field=models.CharField(blank=True, max_length=40, null=True, verbose_name='code'),
        ),
        migrations.AddField(
            model_name='servicepoint',
            name='scope_code',
            field=models.CharField(default='00', max_length=19, verbose_name='territory'),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name='shop',
            name='address',
            field=models.CharField(blank=True, db_default='', default='', max_length=200, verbose_name='address'),
        ),
        migrations.AddField(
            model_name='shop',
            name='code',
            field=models.CharField(blank=True, max_length=40, null=True, verbose_name='code'),
        ),
        migrations.AddField(
            model_name='shop',
            name='scope_code',
            field=models.CharField(default='00', max_length=19, verbose_name='territory'),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name='street',
            name='code',
            field=models.CharField(blank=True, max_length=40, null=True, verbose_name='code'),
        ),
        migrations.RemoveConstraint(
            model_name='servicepoint',
            name='service_point_kind_is_known',
        ),
        migrations.RemoveConstraint(
            model_name='shop',
            name='shop_kind_is_known',
        ),
        migrations.AlterField(
            model_name='building',
            name='address',
            field=models.CharField(blank=True, db_default='', default='', max_length=200, verbose_name='address'),
        ),
        migrations.AlterField(
            model_name='building',
            name='floors',
            field=models.PositiveSmallIntegerField(blank=True, null=True, verbose_name='floors'),
        ),
        migrations.AlterField(
            model_name='building',
            name='grid',
            field=models.ForeignKey(blank=True, editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='%(class)ss', to='grids.grid'),
        ),
        migrations.AlterField(
            model_name='building',
            name='households',
            field=models.PositiveIntegerField(db_default=0, default=0, verbose_name='households'),
        ),
        migrations.AlterField(
            model_name='building',
            name='point',
            field=django.contrib.gis.db.models.fields.PointField(blank=True, null=True, srid=4326, verbose_name='position'),
        ),
        migrations.AlterField(
            model_name='servicepoint',
            name='grid',
            field=models.ForeignKey(blank=True, editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='%(class)ss', to='grids.grid'),
        ),
        migrations.AlterField(
            model_name='servicepoint',
            name='kind',
            field=models.CharField(choices=[('mediation', 'Mediation room'), ('police', 'Police room'), ('legal_clinic', 'Legal clinic'), ('counselling', 'Counselling room'), ('service_centre', 'Community service centre'), ('health_station', 'Health station'), ('elderly_care', 'Day care for the elderly'), ('other', 'Other')], default='other', max_length=15, verbose_name='kind'),
        ),
        migrations.AlterField(
            model_name='servicepoint',
            name='point',
            field=django.contrib.gis.db.models.fields.PointField(blank=True, null=True, srid=4326, verbose_name='position'),
        ),
        migrations.AlterField(
            model_name='shop',
            name='grid',
            field=models.ForeignKey(blank=True, editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='%(class)ss', to='grids.grid'),
        ),
        migrations.AlterField(
            model_name='shop',
            name='kind',
            field=models.CharField(choices=[('food', 'Restaurant'), ('grocery', 'Groceries'), ('clothes', 'Clothes'), ('health', 'Pharmacy or practice'), ('beauty', 'Hair and beauty'), ('repair', 'Hardware and repair'), ('education', 'Books and childcare'), ('leisure', 'Leisure'), ('hotel', 'Hotel'), ('other', 'Other')], default='other', max_length=10, verbose_name='kind'),
        ),
        migrations.AlterField(
            model_name='shop',
            name='point',
            field=django.contrib.gis.db.models.fields.PointField(blank=True, null=True, srid=4326, verbose_name='position'),
        ),
        migrations.RunSQL(FILL, migrations.RunSQL.noop),
        migrations.AddIndex(
            model_name='building',
            index=models.Index(fields=['scope_code', 'id'], name='building_by_territory'),
        ),
        migrations.AddIndex(
            model_name='servicepoint',
            index=models.Index(fields=['scope_code', 'id'], name='servicepoint_by_territory'),
        ),
        migrations.AddIndex(
            model_name='shop',
            index=models.Index(fields=['scope_code', 'id'], name='shop_by_territory'),
        ),
        migrations.AddConstraint(
            model_name='building',
            constraint=models.UniqueConstraint(fields=('code',), name='one_building_per_code'),
        ),
        migrations.AddConstraint(
            model_name='building',
            constraint=models.CheckConstraint(condition=models.Q(('scope_code__regex', '^[0-9]{2,19}$')), name='building_territory_is_a_code'),
        ),
        migrations.AddConstraint(
            model_name='building',
            constraint=models.CheckConstraint(condition=models.Q(('point__isnull', False), models.Q(('address', ''), _negated=True), _connector='OR'), name='building_has_a_point_or_an_address'),
        ),
        migrations.AddConstraint(
            model_name='building',
            constraint=models.CheckConstraint(condition=models.Q(('units__gte', 1), ('units__lte', 100)), name='building_has_1_to_100_units'),
        ),
        migrations.AddConstraint(
            model_name='servicepoint',
            constraint=models.UniqueConstraint(fields=('code',), name='one_servicepoint_per_code'),
        ),
        migrations.AddConstraint(
            model_name='servicepoint',
            constraint=models.CheckConstraint(condition=models.Q(('scope_code__regex', '^[0-9]{2,19}$')), name='servicepoint_territory_is_a_code'),
        ),
        migrations.AddConstraint(
            model_name='servicepoint',
            constraint=models.CheckConstraint(condition=models.Q(('point__isnull', False), models.Q(('address', ''), _negated=True), _connector='OR'), name='servicepoint_has_a_point_or_an_address'),
        ),
        migrations.AddConstraint(
            model_name='servicepoint',
            constraint=models.CheckConstraint(condition=models.Q(('kind__in', ['mediation', 'police', 'legal_clinic', 'counselling', 'service_centre', 'health_station', 'elderly_care', 'other'])), name='service_point_kind_is_known'),
        ),
        migrations.AddConstraint(
            model_name='shop',
            constraint=models.UniqueConstraint(fields=('code',), name='one_shop_per_code'),
        ),
        migrations.AddConstraint(
            model_name='shop',
            constraint=models.CheckConstraint(condition=models.Q(('scope_code__regex', '^[0-9]{2,19}$')), name='shop_territory_is_a_code'),
        ),
        migrations.AddConstraint(
            model_name='shop',
            constraint=models.CheckConstraint(condition=models.Q(('point__isnull', False), models.Q(('address', ''), _negated=True), _connector='OR'), name='shop_has_a_point_or_an_address'),
        ),
        migrations.AddConstraint(
            model_name='shop',
            constraint=models.CheckConstraint(condition=models.Q(('kind__in', ['food', 'grocery', 'clothes', 'health', 'beauty', 'repair', 'education', 'leisure', 'hotel', 'other'])), name='shop_kind_is_known'),
        ),
        migrations.AddConstraint(
            model_name='street',
            constraint=models.UniqueConstraint(fields=('code',), name='one_street_per_code'),
        ),
    ]
