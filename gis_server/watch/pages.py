"""The edges: `/metrics` for Prometheus, and the page that tells administrators the same."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from ipaddress import ip_address, ip_network
from typing import Any

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.utils.crypto import constant_time_compare
from django.utils.translation import gettext as _
from django.utils.translation import pgettext, pgettext_lazy
from django.views.decorators.http import require_safe
from prometheus_client import CollectorRegistry, Metric
from prometheus_client.exposition import choose_encoder
from prometheus_client.registry import Collector

from gis_server.edge import allow, answer_error, public, show, user_of
from gis_server.errors import NotAllowed
from gis_server.origin import address_of
from gis_server.roles import Permission
from gis_server.watch import meters
from gis_server.watch.asking import OWN_METRICS, Answer, ask_all, own_samples, watches
from gis_server.watch.readings import WORST_FIRST, Reading, Sample, State

SCHEME = "Bearer "
PASS_COOKIE, PASS_SALT, PASS_S = "system_pass", "gis_server.watch", 3_600
PASS_PATH = "/administration/system/"  # noqa: S105
STATE_NAMES = {
    State.GOOD: pgettext_lazy("state of a part", "Good"),
    State.DOUBTFUL: pgettext_lazy("state of a part", "Needs a look"),
    State.BAD: pgettext_lazy("state of a part", "Bad"),
    State.UNKNOWN: pgettext_lazy("state of a part", "Unknown"),
}
BADGES = {State.GOOD: "good", State.DOUBTFUL: "warn", State.BAD: "bad", State.UNKNOWN: "off"}


@public
@require_safe
def metrics(request: HttpRequest) -> HttpResponseBase:
    """All numbers, for whoever shows the token or comes from one of the networks."""
    if not may_scrape(request):
        message = _(
            "This address is for a monitoring system: show the token of METRICS_TOKEN as"
            " “Authorization: Bearer …”, or come from one of METRICS_NETWORKS."
        )
        refused = answer_error(request, NotAllowed(message), status=401)
        refused["WWW-Authenticate"] = "Bearer"
        return refused
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Told(ask_all()))
    encode, content_type = choose_encoder(request.headers.get("Accept", ""))
    answer = HttpResponse(encode(registry), content_type=content_type)
    answer["Cache-Control"] = "no-store"
    return answer


def may_scrape(request: HttpRequest) -> bool:
    """By the token, compared in a time that tells nothing of it; or by the network.

    Networks count where the address is known: a proxy that nobody has told us of (BEHIND_TLS) would
    make everybody come from this machine itself.
    """
    given = request.headers.get("Authorization", "")
    token = str(settings.METRICS_TOKEN)
    if token and given.startswith(SCHEME):
        return constant_time_compare(given[len(SCHEME) :].strip(), token)
    if not settings.METRICS_NETWORKS:
        return False
    if not settings.BEHIND_TLS and ({"X-Forwarded-For", "Forwarded"} & {*request.headers}):
        return False
    address = ip_address(address_of(request))
    return any(address in ip_network(one) for one in settings.METRICS_NETWORKS)


class _Told(Collector):
    """What the parts have said and what the processes have counted, as the library wants it."""

    def __init__(self, answers: Sequence[Answer]) -> None:
        self.answers = answers

    def collect(self) -> Iterator[Metric]:
        """Each metric that there is, also where there is no number of it now."""
        declared = {name: text for watch in watches() for name, text in watch.metrics.items()}
        told = [sample for answer in self.answers for sample in answer.found.samples]
        yield from families(declared | OWN_METRICS, [*told, *own_samples(self.answers)])
        yield from meters.collect_all()


def families(declared: dict[str, str], samples: Iterable[Sample]) -> Iterator[Metric]:
    """Samples under their metrics.  Raises KeyError: one that is not declared."""
    found = {
        name: Metric(
            name.removesuffix("_total"), text, "counter" if name.endswith("_total") else "gauge"
        )
        for name, text in declared.items()
    }
    for sample in samples:
        found[sample.name].add_sample(sample.name, dict(sample.labels), sample.value)
    yield from found.values()


def spare_system(request: HttpRequest) -> HttpResponseBase | None:
    """The page for a browser that an administrator has looked at it with within the last hour,
    while the database, which knows who administers, is away.  None: for nobody else.
    """
    try:
        signing.loads(request.COOKIES[PASS_COOKIE], salt=PASS_SALT, max_age=PASS_S)
    except (KeyError, signing.BadSignature):
        return None
    response = render(request, "gis_server/system_cut.html", told_of(ask_all()), status=503)
    response["Cache-Control"] = "private, no-store"
    return response


@allow(Permission.ADMINISTER)
@require_safe
def system(request: HttpRequest) -> HttpResponseBase:
    """Every part with its state, since when that is known, and what to do."""
    response = show(request, "gis_server/system.html", {"here": "system"} | told_of(ask_all()))
    response.set_cookie(
        PASS_COOKIE,
        signing.dumps(user_of(request).pk, salt=PASS_SALT),
        max_age=PASS_S,
        path=PASS_PATH,
        httponly=True,
        secure=settings.BEHIND_TLS,
        samesite="Strict",
    )
    return response


system.edge_spare = spare_system  # type: ignore[attr-defined]


def told_of(answers: Sequence[Answer]) -> dict[str, Any]:
    """What the page shows: the parts, how many lines are in which state, and one sentence."""
    counts = Counter(reading.state for answer in answers for reading in answer.found.readings)
    return {
        "now": timezone.now(),
        "verdict": _verdict(counts),
        "counts": [
            {"badge": BADGES[state], "name": STATE_NAMES[state], "count": counts[state]}
            for state in WORST_FIRST
            if counts[state]
        ],
        "urgent": [
            _line(reading)
            for state in WORST_FIRST[:2]
            for answer in answers
            for reading in answer.found.readings
            if reading.state is state
        ],
        "parts": [
            {
                "key": answer.watch.key,
                "title": answer.watch.title,
                "at": answer.at,
                "badge": BADGES[answer.state],
                "state": STATE_NAMES[answer.state],
                "lines": [_line(reading) for reading in answer.found.readings],
            }
            for answer in answers
        ],
    }


def _line(reading: Reading) -> dict[str, Any]:
    return {
        "what": reading.what,
        "now": reading.now,
        "todo": reading.todo,
        "badge": BADGES[reading.state],
        "state": STATE_NAMES[reading.state],
    }


def _verdict(counts: Counter[State]) -> str:
    if counts[State.BAD]:
        return pgettext("system", "Something is wrong: do what stands here first.")
    if counts[State.DOUBTFUL]:
        return pgettext("system", "It works, but not for ever: look at what stands here.")
    if counts[State.UNKNOWN]:
        return pgettext("system", "What can be told is good; some parts cannot be asked.")
    return pgettext("system", "Everything is well.")
