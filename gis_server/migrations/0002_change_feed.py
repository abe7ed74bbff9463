import django.db.models.functions.datetime
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('gis_server', '0001_users'),
    ]

    operations = [
        migrations.CreateModel(
            name='ChangeRow',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('topic', models.CharField(max_length=30)),
                ('subject', models.CharField(max_length=60)),
                ('scope', models.CharField(blank=True, max_length=15)),
                ('data', models.JSONField(default=dict)),
                ('at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
            ],
            options={
                'db_table': 'gis_server_change',
                'ordering': ['id'],
                'indexes': [models.Index(fields=['at'], name='change_by_time')],
            },
        ),
    ]
