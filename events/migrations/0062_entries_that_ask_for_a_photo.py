from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('events', '0061_calendar_for_all'),
    ]

    operations = [
        migrations.AddField(
            model_name='category',
            name='needs_photo',
            field=models.BooleanField(default=False, verbose_name='asks for a photo'),
        ),
    ]
