"""Requests, slow statements and jobs of this machine, of the last minutes.

What has been counted since the start says little after a month.  So each look is kept in Redis for
a quarter of an hour, and what people read is the difference from the oldest of those.
"""

import math
import platform
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from django.core.cache import cache
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from redis.exceptions import RedisError

from gis_server.watch import meters, words
from gis_server.watch.readings import Found, Reading, State, Watch, judged, quantile

KEPT_S, APART_S = 900, 60
FEW = 50
"""Of fewer requests a share says nothing."""
Numbers = Mapping[str, Mapping[meters.Labels, float]]


@dataclass(frozen=True, slots=True)
class Look:
    """What had been counted at a moment.  buckets: of requests, by their bound in seconds."""

    at_s: float
    requests: float = 0
    failed: float = 0
    slow: float = 0
    jobs: float = 0
    jobs_failed: float = 0
    buckets: dict[float, float] = field(default_factory=dict)

    def since(self, other: "Look") -> "Look":
        """What came after another look; all of this one where counting began anew in between."""
        if self.requests < other.requests or self.jobs < other.jobs or self.slow < other.slow:
            return self
        return Look(
            self.at_s,
            self.requests - other.requests,
            max(0.0, self.failed - other.failed),
            self.slow - other.slow,
            self.jobs - other.jobs,
            max(0.0, self.jobs_failed - other.jobs_failed),
            {
                bound: max(0.0, count - other.buckets.get(bound, 0))
                for bound, count in self.buckets.items()
            },
        )


def look(numbers: Numbers, at_s: float) -> Look:
    requests = numbers.get("gis_http_requests_total", {})
    jobs = numbers.get("gis_jobs_total", {})
    buckets: dict[float, float] = {}
    for labels, count in numbers.get("gis_http_request_seconds_bucket", {}).items():
        bound = float(dict(labels)["le"])
        buckets[bound] = buckets.get(bound, 0) + count
    return Look(
        at_s,
        sum(requests.values()),
        sum(n for labels, n in requests.items() if dict(labels)["status"].startswith("5")),
        sum(numbers.get("gis_slow_statements_total", {}).values()),
        sum(jobs.values()),
        sum(n for labels, n in jobs.items() if dict(labels)["outcome"] == "failed"),
        buckets,
    )


def find(now: datetime) -> Found:
    """What the files of this machine say, against an earlier look."""
    latest = look(meters.numbers(), now.timestamp())
    earlier = _earlier(latest)
    recent = latest.since(earlier) if earlier else latest
    since = (
        _("in the last %(length)s") % {"length": words.length(latest.at_s - earlier.at_s)}
        if earlier
        else _("since the start")
    )
    return Found((), [_requests(recent, since), _slowness(recent), _statements(recent, since),
                      _jobs(recent, since)])  # fmt: skip


def _earlier(latest: Look) -> Look | None:
    """The oldest look that is still kept; this one is kept too.  None: Redis is away, or has none.

    Two who look at once may lose one of their looks, and nothing else.
    """
    key = f"watch-web-{platform.node()}"
    try:
        kept: list[dict[str, Any]] = cache.get(key) or []
        kept = [one for one in kept if latest.at_s - KEPT_S <= one["at_s"] <= latest.at_s]
        if not kept or latest.at_s - kept[-1]["at_s"] >= APART_S:
            cache.set(key, [*kept, asdict(latest)], KEPT_S)
    except (RedisError, OSError):
        return None
    old = [Look(**one) for one in kept if latest.at_s - one["at_s"] >= APART_S]
    return old[0] if old else None


def _requests(recent: Look, since: str) -> Reading:
    share = recent.failed / recent.requests if recent.requests else 0.0
    state = judged(share, doubtful=0.01, bad=0.05) if recent.requests >= FEW else State.GOOD
    told = _("%(requests)s, of which %(failed)s failed (%(share).1f %%), %(since)s") % {
        "requests": words.number(recent.requests),
        "failed": words.number(recent.failed),
        "share": 100 * share,
        "since": since,
    }
    todo = _("Look at the lines of “web” with level ERROR in the log: each has the"
             " request's id, which also stands in the answer (X-Request-Id).")  # fmt: skip
    return Reading(_("Requests"), told, state, "" if state is State.GOOD else todo)


def _slowness(recent: Look) -> Reading:
    bound = quantile(recent.buckets, 0.95)
    what = _("How fast pages come")
    if bound is None:
        return Reading(what, _("nobody has asked"), State.GOOD)
    state = State.GOOD
    if recent.requests >= FEW:
        state = judged(bound, doubtful=1.0, bad=5.0)
    if math.isinf(bound):
        told = _("more than 5 of 100 take over %(length)s") % {
            "length": words.length(meters.REQUEST_BOUNDS_S[-1])
        }
    else:
        told = _("95 of 100 within %(length)s") % {"length": words.length(bound)}
    todo = _(
        "Look at slow statements and at the load of the machine (top); another web machine helps"
        " where processors are busy, a larger database machine where that is."
    )
    return Reading(what, told, state, "" if state is State.GOOD else todo)


def _statements(recent: Look, since: str) -> Reading:
    state = judged(recent.slow, doubtful=20, bad=200)
    told = _("%(count)s %(since)s") % {"count": words.number(recent.slow), "since": since}
    todo = _(
        "Their text stands in the log (“slow statement”): often VACUUM ANALYZE or a"
        " faster disk helps; else report them."
    )
    return Reading(_("Slow statements"), told, state, "" if state is State.GOOD else todo)


def _jobs(recent: Look, since: str) -> Reading:
    state = judged(recent.jobs_failed, doubtful=0, bad=10)
    told = _("%(jobs)s done, of which %(failed)s failed, %(since)s") % {
        "jobs": words.number(recent.jobs),
        "failed": words.number(recent.jobs_failed),
        "since": since,
    }
    todo = _("Look at the lines of “jobs” with level ERROR in the log.")
    return Reading(_("Background jobs"), told, state, "" if state is State.GOOD else todo)


WATCHES = (
    Watch(
        "web",
        gettext_lazy("Web and jobs of this machine"),
        {},  # `pages` tells what is counted itself
        find,
        gettext_lazy("What processes count cannot be read: look at METRICS_DIR."),
        uses_database=False,
    ),
)
