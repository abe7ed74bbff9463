"""Who a user is at the district's own sign-in."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('gis_server', '0010_api_tokens'),
    ]

    operations = [
        migrations.AddField(
            model_name='user',
            name='outside_id',
            field=models.CharField(blank=True, max_length=200, null=True, unique=True),
        ),
    ]
