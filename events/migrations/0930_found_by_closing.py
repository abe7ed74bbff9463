"""What was open at a moment of the past is found by when it was closed."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('events', '0100_urgent_ones_that_are_over'),
    ]

    operations = [
        migrations.AddIndex(
            model_name='event',
            index=models.Index(condition=models.Q(('closed_at__isnull', False)), fields=['closed_at', 'received_at'], name='event_by_closing'),
        ),
    ]
