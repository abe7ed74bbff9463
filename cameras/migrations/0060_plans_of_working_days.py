from django.db import migrations, models

# Back: Monday to Friday in place of working days, so that nobody's list stays away.
BACK = """
UPDATE cameras_deliveryplan SET weekdays = ARRAY(
    SELECT DISTINCT day FROM unnest(array_remove(weekdays, 8::smallint) || ARRAY[1, 2, 3, 4, 5]::smallint[]) AS day
    ORDER BY day)
WHERE 8 = ANY(weekdays);
"""


class Migration(migrations.Migration):

    dependencies = [
        ('cameras', '0029_hand_over'),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name='deliveryplan',
            name='delivery_weekdays_are_1_to_7',
        ),
        migrations.RunSQL(migrations.RunSQL.noop, BACK),
        migrations.AddConstraint(
            model_name='deliveryplan',
            constraint=models.CheckConstraint(condition=models.Q(('weekdays__contained_by', [1, 2, 3, 4, 5, 6, 7, 8])), name='delivery_weekdays_are_1_to_8'),
        ),
    ]
