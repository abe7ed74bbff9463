"""Monthly reports with the figures they told."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('cameras', '0025_camera_records'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='MonthlyReport',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('month', models.DateField()),
                ('scope', models.CharField(max_length=19)),
                ('known_at', models.DateTimeField()),
                ('made_at', models.DateTimeField()),
                ('figures', models.JSONField()),
                ('made_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['-month', '-id'],
                'constraints': [models.UniqueConstraint(condition=models.Q(('made_by', None)), fields=('month', 'scope'), name='one_report_of_the_server_per_month_and_area'), models.CheckConstraint(condition=models.Q(('month__day', 1)), name='report_is_of_a_month_from_its_first_day'), models.CheckConstraint(condition=models.Q(('scope__regex', '^[0-9]{2,19}$')), name='report_scope_is_a_code')],
            },
        ),
    ]
