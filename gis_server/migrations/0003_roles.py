"""More roles, and code prefixes as long as those of grids within grids."""

import django.contrib.postgres.fields
import django.core.validators
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('auth', '0012_alter_user_first_name_max_length'),
        ('gis_server', '0002_change_feed'),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name='user',
            name='user_has_a_known_role',
        ),
        migrations.AlterField(
            model_name='changerow',
            name='scope',
            field=models.CharField(blank=True, max_length=19),
        ),
        migrations.AlterField(
            model_name='user',
            name='role',
            field=models.CharField(choices=[('operator', 'Operator'), ('maintainer', 'Maintenance team'), ('planner', 'Planner'), ('grid_worker', 'Grid worker'), ('street_leader', 'Street leader'), ('district_leader', 'District leader'), ('auditor', 'Auditor'), ('administrator', 'Administrator')], default='grid_worker', max_length=20, verbose_name='role'),
        ),
        migrations.AlterField(
            model_name='user',
            name='scope',
            field=django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=19, validators=[django.core.validators.RegexValidator('^[0-9]{2,19}$', 'A scope is the first 2 to 19 digits of a code.')]), blank=True, default=list, size=None, verbose_name='code prefixes of the territory'),
        ),
        migrations.AddConstraint(
            model_name='user',
            constraint=models.CheckConstraint(condition=models.Q(('role__in', ['operator', 'maintainer', 'planner', 'grid_worker', 'street_leader', 'district_leader', 'auditor', 'administrator'])), name='user_has_a_known_role'),
        ),
    ]
