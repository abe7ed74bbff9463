"""Who stands in for whom, and how staff are reached."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('grids', '0007_places_to_find_again'),
    ]

    operations = [
        migrations.AddField(
            model_name='assignment',
            name='stands_in_for',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='stand_ins', to='grids.gridworker'),
        ),
        migrations.AddField(
            model_name='gridworker',
            name='phone',
            field=models.CharField(blank=True, db_default='', default='', max_length=30, verbose_name='phone'),
        ),
        migrations.AddConstraint(
            model_name='assignment',
            constraint=models.CheckConstraint(condition=models.Q(('stands_in_for__isnull', True), models.Q(('stands_in_for', models.F('worker')), _negated=True), _connector='OR'), name='nobody_stands_in_for_themselves'),
        ),
    ]
