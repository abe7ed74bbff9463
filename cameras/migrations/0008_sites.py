"""Sites, from which cameras are asked."""

import django.contrib.postgres.fields
import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('cameras', '0007_unstable'),
    ]

    operations = [
        migrations.CreateModel(
            name='Site',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.SlugField(max_length=40, verbose_name='name')),
                ('networks', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=50), blank=True, default=list, size=None)),
                ('ports', django.contrib.postgres.fields.ArrayField(base_field=models.PositiveIntegerField(), blank=True, default=list, size=None)),
                ('canaries', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=260), blank=True, default=list, size=None)),
                ('lost_share_pct', models.PositiveSmallIntegerField(db_default=30, default=30)),
            ],
            options={
                'ordering': ['name'],
                'constraints': [models.UniqueConstraint(fields=('name',), name='one_site_per_name'), models.CheckConstraint(condition=models.Q(('lost_share_pct__gte', 1), ('lost_share_pct__lte', 100)), name='site_lost_share_is_1_to_100_pct'), models.CheckConstraint(condition=models.Q(('canaries__len__lte', 16)), name='site_has_at_most_16_canaries')],
            },
        ),
    ]
