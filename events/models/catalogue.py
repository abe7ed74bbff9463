"""What can be reported, and by when it is due: the catalogue, dated deadlines."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from events.models.columns import one_of, user
from events.workflow import Level, Severity, Stage
from patrols.control import ControlLevel


class EventKind(models.TextChoices):
    SAFETY = "safety", _("Public safety")
    OPINION = "opinion", _("Public opinion")
    SERVICE = "service", _("Public service")
    EMERGENCY = "emergency", _("Emergency")


class Category(models.Model):
    """One line of the catalogue of a kind: a group, or an entry below one; events have entries.

    code: theirs for ever, also in other systems (Open311's service_code); names may change.
    severity: what is proposed for an entry.  needs_photo: nothing is reported of it without one.
    What is no longer used is not deleted but inactive.
    """

    kind = models.CharField(_("kind"), max_length=9, choices=EventKind.choices)
    parent = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="entries"
    )
    code = models.CharField(_("code"), max_length=12)
    name = models.CharField(_("name"), max_length=40)
    hint = models.CharField(_("hint"), max_length=200, blank=True)
    severity = models.CharField(_("severity"), max_length=9, default=Severity.MINOR.value)
    needs_photo = models.BooleanField(_("asks for a photo"), default=False)
    position = models.PositiveIntegerField(default=0)
    is_active = models.BooleanField(_("in use"), default=True)
    version = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ["kind", "position", "code"]
        constraints = [
            models.UniqueConstraint(fields=["code"], name="one_category_per_code"),
            models.CheckConstraint(
                name="category_code_is_letters_and_digits",
                condition=Q(code__regex=r"^[A-Z0-9-]{1,12}$"),
            ),
            models.CheckConstraint(
                name="category_kind_is_known", condition=one_of("kind", EventKind)
            ),
            models.CheckConstraint(
                name="category_severity_is_known", condition=one_of("severity", Severity)
            ),
            models.CheckConstraint(
                name="category_is_not_below_itself",
                condition=Q(parent=None) | ~Q(parent=F("id")),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.name}"


class DeadlineRule(models.Model):
    """From a day of the local calendar on, how long a stage may take.

    The most exact rule holds: that of the entry before that of any (None), then of the severity
    ("" for any), then of the control level ("" for any), then of the level ("" for any).  What
    changes is a new row for a new day: events keep the deadlines that they got, and what held on a
    past day can still be asked.
    amount: in `unit`; minutes go by the clock, working days by the calendar.
    amber: so much of the time left, in percent, from when on it is amber.
    """

    class Unit(models.TextChoices):
        MINUTE = "minute", _("minutes")
        WORKDAY = "workday", _("working days")

    category = models.ForeignKey(
        Category, models.CASCADE, null=True, blank=True, related_name="deadlines"
    )
    severity = models.CharField(max_length=9, blank=True)
    control = models.CharField(max_length=5, blank=True, default="")
    level = models.CharField(max_length=9, blank=True)
    stage = models.CharField(max_length=6)
    valid_from = models.DateField()
    amount = models.PositiveIntegerField()
    unit = models.CharField(max_length=7, choices=Unit.choices)
    amber = models.PositiveSmallIntegerField(default=25)
    made_at = models.DateTimeField(null=True)
    made_by = user()

    class Meta:
        ordering = ["stage", "category", "severity", "control", "level", "-valid_from"]
        constraints = [
            models.UniqueConstraint(
                fields=["category", "severity", "control", "level", "stage", "valid_from"],
                name="one_deadline_per_case_and_day",
                nulls_distinct=False,
            ),
            models.CheckConstraint(
                name="deadline_severity_is_known",
                condition=one_of("severity", Severity, or_empty=True),
            ),
            models.CheckConstraint(
                name="deadline_control_is_known",
                condition=one_of("control", ControlLevel, or_empty=True),
            ),
            models.CheckConstraint(
                name="deadline_level_is_known", condition=one_of("level", Level, or_empty=True)
            ),
            models.CheckConstraint(
                name="deadline_stage_is_known", condition=one_of("stage", Stage)
            ),
            models.CheckConstraint(
                name="deadline_is_a_minute_to_a_year",
                condition=Q(unit="minute", amount__gte=1, amount__lte=60 * 24 * 366)
                | Q(unit="workday", amount__gte=1, amount__lte=250),
            ),
            models.CheckConstraint(
                name="deadline_amber_is_a_share", condition=Q(amber__gte=1, amber__lte=99)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.stage} {self.amount} {self.unit} from {self.valid_from}"
