"""A territory's code is checked for digits only; its length is the field's."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('grids', '1000_homes_of_places'),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name='building',
            name='building_territory_is_a_code',
        ),
        migrations.RemoveConstraint(
            model_name='servicepoint',
            name='servicepoint_territory_is_a_code',
        ),
        migrations.RemoveConstraint(
            model_name='shop',
            name='shop_territory_is_a_code',
        ),
        migrations.AddConstraint(
            model_name='building',
            constraint=models.CheckConstraint(condition=models.Q(('scope_code__regex', '^[0-9][0-9]+$')), name='building_territory_is_a_code'),
        ),
        migrations.AddConstraint(
            model_name='servicepoint',
            constraint=models.CheckConstraint(condition=models.Q(('scope_code__regex', '^[0-9][0-9]+$')), name='servicepoint_territory_is_a_code'),
        ),
        migrations.AddConstraint(
            model_name='shop',
            constraint=models.CheckConstraint(condition=models.Q(('scope_code__regex', '^[0-9][0-9]+$')), name='shop_territory_is_a_code'),
        ),
    ]
