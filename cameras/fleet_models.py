"""What is stored of the fleet as a whole: the sites from which it is asked, and who asks.

Named by `cameras.models`, which is where others import it from.
"""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Func, Q
from django.utils.translation import gettext_lazy as _

MAIN_SITE = "main"
MAX_CANARIES = 16


class MainSite(Func):
    """The id of the site that cameras belong to unless told otherwise; made where it is missing."""

    function = "cameras_main_site"
    arity = 0
    output_field = models.BigIntegerField()


class Site(models.Model):
    """A part of the network that is asked from within: its cameras, and where they may be.

    networks: CIDRs inside `PROBE_NETWORKS`, none meaning all of these; ports: none meaning any.
    canaries: "host:port" of things that are always up (the gateway, a server, a camera that never
    sleeps).  A poller that cannot reach most of them doubts itself and condemns no camera.
    lost_share_pct: when more of what was online fails at once and nothing that the cameras share
    explains it, the poller doubts itself too.
    """

    name = models.SlugField(_("name"), max_length=40)
    networks = ArrayField(models.CharField(max_length=50), default=list, blank=True)
    ports = ArrayField(models.PositiveIntegerField(), default=list, blank=True)
    canaries = ArrayField(models.CharField(max_length=260), default=list, blank=True)
    lost_share_pct = models.PositiveSmallIntegerField(default=30, db_default=30)

    class Meta:
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(fields=["name"], name="one_site_per_name"),
            models.CheckConstraint(
                name="site_lost_share_is_1_to_100_pct",
                condition=Q(lost_share_pct__gte=1, lost_share_pct__lte=100),
            ),
            models.CheckConstraint(
                name="site_has_at_most_16_canaries", condition=Q(canaries__len__lte=MAX_CANARIES)
            ),
        ]

    def __str__(self) -> str:
        return self.name
