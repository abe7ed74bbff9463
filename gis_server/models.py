"""Users, and the change feed that tells browsers what has become different."""

from django.contrib.auth.models import AbstractUser
from django.contrib.postgres.fields import ArrayField
from django.core.validators import RegexValidator
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from gis_server.roles import ROLE_NAMES, Role

SCOPE_PREFIX = RegexValidator(r"^[0-9]{2,15}$", _("A scope is the first 2 to 15 digits of a code."))


class User(AbstractUser):
    """Somebody who signs in: one role, and the parts of the territory that are theirs."""

    # One name, as Chinese names are written; Django's halves would only stay empty.
    first_name = None  # type: ignore[assignment]
    last_name = None  # type: ignore[assignment]
    display_name = models.CharField(_("name"), max_length=60, blank=True)
    role = models.CharField(
        _("role"), max_length=20, choices=ROLE_NAMES, default=Role.GRID_WORKER.value
    )
    scope = ArrayField(
        models.CharField(max_length=15, validators=[SCOPE_PREFIX]),
        verbose_name=_("code prefixes of the territory"),
        default=list,
        blank=True,
    )

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="user_has_a_known_role",
                condition=models.Q(role__in=[role.value for role in Role]),
            )
        ]

    def __str__(self) -> str:
        return self.get_full_name()

    def get_full_name(self) -> str:
        return self.display_name or self.username

    def get_short_name(self) -> str:
        return self.get_full_name()


class ChangeRow(models.Model):
    """One thing that has become different; written by `live.record`, never updated.

    Ids are handed out in the order of commits (see `live.record`), so a reader who has seen id n
    has seen everything up to n.
    """

    topic = models.CharField(max_length=30)
    subject = models.CharField(max_length=60)
    scope = models.CharField(max_length=15, blank=True)
    data = models.JSONField(default=dict)
    at = models.DateTimeField(db_default=Now())

    class Meta:
        db_table = "gis_server_change"
        ordering = ["id"]
        indexes = [models.Index(fields=["at"], name="change_by_time")]

    def __str__(self) -> str:
        return f"{self.id} {self.topic} {self.subject}"
