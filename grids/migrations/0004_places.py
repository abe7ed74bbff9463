"""Streets, buildings, shops and service points."""

import django.contrib.gis.db.models.fields
import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('grids', '0003_grids'),
    ]

    operations = [
        migrations.CreateModel(
            name='Building',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=80, verbose_name='name')),
                ('address', models.CharField(max_length=120, verbose_name='address')),
                ('point', django.contrib.gis.db.models.fields.PointField(srid=4326)),
                ('households', models.PositiveIntegerField(verbose_name='households')),
                ('floors', models.PositiveSmallIntegerField(verbose_name='floors')),
                ('grid', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='buildings', to='grids.grid')),
            ],
            options={
                'ordering': ['id'],
                'constraints': [
                    models.CheckConstraint(condition=models.Q(('floors__gte', 1), ('floors__lte', 200)), name='building_has_1_to_200_floors'),
                ],
            },
        ),
        migrations.CreateModel(
            name='ServicePoint',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('mediation', 'Mediation room'), ('police', 'Police room'), ('legal_clinic', 'Legal clinic'), ('counselling', 'Counselling room'), ('service_centre', 'Community service centre'), ('health_station', 'Health station'), ('elderly_care', 'Day care for the elderly')], max_length=15, verbose_name='kind')),
                ('name', models.CharField(max_length=80, verbose_name='name')),
                ('point', django.contrib.gis.db.models.fields.PointField(srid=4326)),
                ('grid', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='service_points', to='grids.grid')),
            ],
            options={
                'ordering': ['id'],
                'constraints': [
                    models.CheckConstraint(condition=models.Q(('kind__in', ['mediation', 'police', 'legal_clinic', 'counselling', 'service_centre', 'health_station', 'elderly_care'])), name='service_point_kind_is_known'),
                ],
            },
        ),
        migrations.CreateModel(
            name='Shop',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=80, verbose_name='name')),
                ('kind', models.CharField(choices=[('food', 'Restaurant'), ('grocery', 'Groceries'), ('clothes', 'Clothes'), ('health', 'Pharmacy or practice'), ('beauty', 'Hair and beauty'), ('repair', 'Hardware and repair'), ('education', 'Books and childcare'), ('leisure', 'Leisure'), ('hotel', 'Hotel')], max_length=10, verbose_name='kind')),
                ('point', django.contrib.gis.db.models.fields.PointField(srid=4326)),
                ('open', models.BooleanField(default=True, verbose_name='open')),
                ('grid', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='shops', to='grids.grid')),
            ],
            options={
                'ordering': ['id'],
                'constraints': [
                    models.CheckConstraint(condition=models.Q(('kind__in', ['food', 'grocery', 'clothes', 'health', 'beauty', 'repair', 'education', 'leisure', 'hotel'])), name='shop_kind_is_known'),
                ],
            },
        ),
        migrations.CreateModel(
            name='Street',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=60, verbose_name='name')),
                ('kind', models.CharField(choices=[('main', 'Main road'), ('secondary', 'Secondary road'), ('lane', 'Lane'), ('country', 'Country road')], max_length=10, verbose_name='kind')),
                ('line', django.contrib.gis.db.models.fields.MultiLineStringField(srid=4326)),
            ],
            options={
                'ordering': ['name', 'id'],
                'constraints': [
                    models.CheckConstraint(condition=models.Q(('kind__in', ['main', 'secondary', 'lane', 'country'])), name='street_kind_is_known'),
                    models.CheckConstraint(condition=models.Q(('line__isempty', False)), name='street_line_is_not_empty'),
                ],
            },
        ),
    ]
