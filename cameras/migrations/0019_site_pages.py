"""Sites are changed on a page: of two who do, whoever saves second is told."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('cameras', '0018_refusals_at_all_doors'),
    ]

    operations = [
        migrations.AddField(
            model_name='site',
            name='bounds_at',
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name='site',
            name='version',
            field=models.PositiveIntegerField(db_default=0, default=0),
        ),
    ]
