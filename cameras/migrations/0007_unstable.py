"""The latest results of each camera, and whether they change too often to be believed."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('cameras', '0006_reasons'),
    ]

    operations = [
        migrations.AddField(
            model_name='camerastate',
            name='history',
            field=models.PositiveIntegerField(default=0),
        ),
        migrations.AddField(
            model_name='camerastate',
            name='unstable',
            field=models.BooleanField(default=False),
        ),
    ]
