"""A poller says when its line loses packets, and the site has a notice of it."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("cameras", "0100_outages_that_are_over")]

    operations = [
        migrations.AddField(
            model_name="pollerbeat",
            name="loses_packets",
            field=models.BooleanField(default=False, db_default=False),
        ),
        migrations.AlterField(
            model_name="notice",
            name="kind",
            field=models.CharField(
                choices=[
                    ("blind", "The poller cannot reach its canaries"),
                    ("many_at_once", "Too many cameras failed at once"),
                    ("lossy_line", "Packets are lost on the way to the cameras"),
                    ("not_asked", "Nobody asks the cameras of this site"),
                    ("no_store", "Pictures cannot be stored"),
                ],
                max_length=12,
            ),
        ),
        migrations.RemoveConstraint(model_name="notice", name="notice_is_of_a_known_kind"),
        migrations.AddConstraint(
            model_name="notice",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("kind__in", ["blind", "many_at_once", "lossy_line", "not_asked", "no_store"])
                ),
                name="notice_is_of_a_known_kind",
            ),
        ),
    ]
