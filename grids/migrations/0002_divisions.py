"""The tree of divisions above grids."""

import django.contrib.gis.db.models.fields
import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('grids', '0001_extensions'),
    ]

    operations = [
        migrations.CreateModel(
            name='Division',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('code', models.CharField(max_length=12, unique=True, verbose_name='code')),
                ('name', models.CharField(max_length=80, verbose_name='name')),
                ('level', models.CharField(choices=[('province', 'Province'), ('city', 'City'), ('district', 'District'), ('street', 'Street or town'), ('community', 'Community or village')], max_length=10, verbose_name='level')),
                ('kind', models.CharField(choices=[('province', 'Province'), ('city', 'City'), ('district', 'District'), ('street_office', 'Street'), ('town', 'Town'), ('township', 'Township'), ('community', 'Community'), ('village', 'Village')], max_length=15, verbose_name='kind')),
                ('official', models.BooleanField(default=True, verbose_name='official')),
                ('shape', django.contrib.gis.db.models.fields.MultiPolygonField(blank=True, null=True, srid=4326)),
                ('shape_3857', django.contrib.gis.db.models.fields.MultiPolygonField(blank=True, null=True, srid=3857)),
                ('label', django.contrib.gis.db.models.fields.PointField(blank=True, null=True, srid=4326)),
                ('parent', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='children', to='grids.division')),
            ],
            options={
                'ordering': ['code'],
                'constraints': [
                    models.CheckConstraint(condition=models.Q(('code__regex', '^[0-9]{12}$')), name='division_code_is_12_digits'),
                    models.CheckConstraint(condition=models.Q(('level__in', ['province', 'city', 'district', 'street', 'community'])), name='division_level_is_known'),
                    models.CheckConstraint(condition=models.Q(('kind__in', ['province', 'city', 'district', 'street_office', 'town', 'township', 'community', 'village'])), name='division_kind_is_known'),
                    models.CheckConstraint(condition=models.Q(('parent__isnull', True), models.Q(('parent', models.F('id')), _negated=True), _connector='OR'), name='division_is_not_its_own_parent'),
                    models.CheckConstraint(condition=models.Q(models.Q(('level__in', ['street', 'community']), _negated=True), ('parent__isnull', False), _connector='OR'), name='streets_and_communities_have_a_parent'),
                    models.CheckConstraint(condition=models.Q(('shape__isnull', True), models.Q(('shape__isempty', False), ('shape__isvalid', True)), _connector='OR'), name='division_shape_is_valid_and_not_empty'),
                    models.CheckConstraint(condition=models.Q(models.Q(('shape_3857__isnull', True), ('shape__isnull', True)), models.Q(('shape_3857__isnull', False), ('shape__isnull', False)), _connector='OR'), name='division_has_both_shapes_or_none'),
                ],
            },
        ),
    ]
