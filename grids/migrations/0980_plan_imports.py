"""A file may become the draft of a boundary plan."""

from django.db import migrations, models

KINDS = [
    ('divisions', 'Divisions'), ('grids', 'Grids'), ('streets', 'Streets'), ('buildings', 'Buildings'),
    ('shops', 'Shops'), ('service_points', 'Service points'), ('workers', 'Grid staff'), ('plans', 'Boundary plan'),
]


class Migration(migrations.Migration):

    dependencies = [
        ('grids', '0970_plan_drawing'),
    ]

    operations = [
        migrations.RemoveConstraint(model_name='importrun', name='import_target_is_known'),
        migrations.AlterField(
            model_name='importmapping',
            name='target',
            field=models.CharField(choices=KINDS, max_length=20),
        ),
        migrations.AlterField(
            model_name='importrun',
            name='target',
            field=models.CharField(choices=KINDS, max_length=20, verbose_name='kind'),
        ),
        migrations.AddConstraint(
            model_name='importrun',
            constraint=models.CheckConstraint(
                condition=models.Q(('target__in', [value for value, _name in KINDS])),
                name='import_target_is_known',
            ),
        ),
    ]
