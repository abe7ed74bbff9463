"""The OGC API - Features over HTTP (17-069r4, 18-058r1): JSON for programs, pages for people.

Errors are the house's, but that whatever is wrong with an address is 400, as the standard has it.
"""

import json
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.urls import reverse
from django.utils import timezone
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from gis_server import audit, throttle
from gis_server.edge import allow, answer_error, parse_choice, show, user_of, wants_page
from gis_server.errors import Invalid, NotFound
from gis_server.file_answers import csv_file
from gis_server.openapi.marks import answers, asks
from gis_server.openapi.schemas import words
from gis_server.plain_numbers import whole_of
from gis_server.roles import Permission, may
from gis_server.scopes import common_code
from gis_server.throttle import Pace
from maps import queries as maps_queries
from maps.ogc import document, queries, told
from maps.ogc.asking import (
    AT_ONCE,
    FEATURES,
    FORMS,
    LARGEST_ID,
    MOST,
    OF_A_PAGE,
    PAGE_FORMS,
    F,
    Question,
    crs_of,
    given,
    question_of,
)
from maps.ogc.collections import COLLECTIONS
from maps.ogc.crs import Crs
from maps.ogc.queries import Found
from maps.ogc.table import Collection, Column, Kind
from maps.ogc.told import CSV, GEOJSON, HTML, JSON, OPENAPI, SCHEMA, Told

AXES = ("x", "y")
View = Callable[..., HttpResponseBase]
COLLECTION = words(COLLECTIONS)


def by_the_standard(view: View) -> View:
    """A bad address is 400 here, not 422; and answers differ by what the reader likes to read."""

    @wraps(view)
    def answered(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        try:
            response = view(request, *args, **kwargs)
        except Invalid as error:
            response = answer_error(request, error, status=400)
        patch_vary_headers(response, ["Accept", "Accept-Language"])
        return response

    return answered


@allow(Permission.SEE_MAP)
@require_safe
@by_the_standard
@asks(F)
@answers(media=(JSON, HTML))
def landing(request: HttpRequest) -> HttpResponseBase:
    """Where to begin."""
    given(request, OF_A_PAGE)
    return _answer(request, told.landing(request), "landing")


@allow(Permission.SEE_MAP)
@require_safe
@by_the_standard
@asks(F)
@answers(media=(JSON, HTML))
def conformance(request: HttpRequest) -> HttpResponseBase:
    """What it conforms to."""
    given(request, OF_A_PAGE)
    return _answer(request, told.conformance(request), "conformance")


@allow(Permission.SEE_MAP)
@require_safe
@by_the_standard
@asks(F)
@answers(media=(OPENAPI, HTML))
def api(request: HttpRequest) -> HttpResponseBase:
    """The definition of the API, for the reader's own collections."""
    given(request, OF_A_PAGE)
    mine = told.collections_of(user_of(request))
    return _answer(request, document.document(request, mine), "api", told.OPENAPI)


@allow(Permission.SEE_MAP)
@require_safe
@by_the_standard
@asks(F)
@answers(media=(JSON, HTML))
def collections(request: HttpRequest) -> HttpResponseBase:
    """The layers that the reader may see."""
    given(request, OF_A_PAGE)
    mine = told.collections_of(user_of(request))
    return _answer(request, told.collections(request, mine, _extent(request)), "collections")


@allow(Permission.SEE_MAP)
@require_safe
@by_the_standard
@asks(F, collection=COLLECTION)
@answers(media=(JSON, HTML))
def collection(request: HttpRequest, collection: str) -> HttpResponseBase:
    """One layer."""
    one = _collection(request, collection)
    given(request, OF_A_PAGE)
    return _answer(
        request,
        told.collection(request, one, _extent(request)),
        "collection",
        more={"columns": one.columns},
    )


@allow(Permission.SEE_MAP)
@require_safe
@by_the_standard
@asks(F, collection=COLLECTION)
@answers(media=(SCHEMA, HTML))
def queryables(request: HttpRequest, collection: str) -> HttpResponseBase:
    """What a collection can be filtered by, as a JSON schema."""
    one = _collection(request, collection)
    given(request, OF_A_PAGE)
    more = {"columns": one.columns, "collection": one}
    return _answer(request, told.queryables(request, one), "queryables", told.SCHEMA, more)


@allow(Permission.SEE_MAP)
@require_safe
@by_the_standard
@asks(FEATURES, collection=COLLECTION)
@answers(media=(GEOJSON, HTML, CSV))
def items(request: HttpRequest, collection: str) -> HttpResponseBase:
    """A page of features, in the order of their ids."""
    one = _collection(request, collection)
    question, form = question_of(request, one), _form(request, FORMS)
    is_file = _is_taken_along(request, question, form)
    if is_file:
        throttle.check(Pace.FILES, str(user_of(request).pk), timezone.now())
    found = queries.page(user_of(request), one, question, timezone.now())
    if is_file:
        _note(request, one, found, form)
    if form == "csv":
        return csv_file(_table(one, found, is_cut=question.limit == MOST), one.id)
    if form == "html":
        return _items_page(request, one, question, found)
    response = HttpResponse(_written(request, one, found), content_type=GEOJSON)
    return _kept_by_nobody(response, question.crs)


@allow(Permission.SEE_MAP)
@require_safe
@by_the_standard
@asks(F, crs=FEATURES["crs"], collection=COLLECTION)
@answers(media=(GEOJSON, HTML))
def item(request: HttpRequest, collection: str, fid: str) -> HttpResponseBase:
    """One feature, of any day."""
    one, crs = _collection(request, collection), crs_of(request)
    number = whole_of(fid) if fid.isdigit() else None
    text = None
    if number is not None and number <= LARGEST_ID:
        text = queries.one(user_of(request), one, number, crs, timezone.now())
    if text is None:
        raise NotFound(_("There is no such feature in your area."))
    up = reverse("ogc-collection", args=[one.id])
    links = [
        *told.itself(request, GEOJSON),
        told.link(request, "collection", JSON, str(one.title), f"{up}?f=json"),
    ]
    if _form(request) == "html":
        feature = json.loads(text + "}")
        more = {"collection": one, "rows": _row(one, feature), "feature": feature, "links": links}
        return _page(request, "item", more)
    body = f'{text},"links":{_json(links)}}}'
    return _kept_by_nobody(HttpResponse(body, content_type=GEOJSON), crs)


def _collection(request: HttpRequest, name: str) -> Collection:
    """Raises NotFound: none, or none for this reader, which must look the same."""
    one = COLLECTIONS.get(name)
    if one is None or not may(user_of(request).role, one.permission):
        raise NotFound(_("There is no such layer for you; /ogc/collections names those there are."))
    return one


def _is_taken_along(request: HttpRequest, question: Question, form: str) -> bool:
    """Whether somebody takes the rows out of the house as a file: a table, or more than a page with
    a session.  What programs read with a token is noted with the token.
    """
    by_hand = not getattr(request, "by_token", False)
    return form == "csv" or (form == "json" and by_hand and question.limit > AT_ONCE)


def _note(request: HttpRequest, one: Collection, found: Found, form: str) -> None:
    """As `ListFile.answer` notes a list."""
    user, name = user_of(request), "geojson" if form == "json" else form
    detail = {"list": one.id, "format": name, "rows": len(found.features)}
    audit.note(by=user, action="rows.exported", scope=common_code(user.reach), detail=detail)


def _form(request: HttpRequest, forms: Sequence[str] = PAGE_FORMS) -> str:
    """Raises Invalid."""
    return parse_choice(request, "f", forms) or ("html" if wants_page(request) else "json")


def _extent(request: HttpRequest) -> tuple[float, ...] | None:
    return maps_queries.extent_of(user_of(request).reach, timezone.localdate())


def _answer(
    request: HttpRequest,
    data: Told,
    template: str,
    media: str = JSON,
    more: dict[str, Any] | None = None,
) -> HttpResponseBase:
    if _form(request) == "html":
        return _page(request, template, {"data": data} | (more or {}))
    response = HttpResponse(_json(data), content_type=media)
    response["Cache-Control"] = "private, no-store"
    return response


def _page(request: HttpRequest, template: str, context: dict[str, Any]) -> HttpResponse:
    return show(request, f"maps/ogc/{template}.html", context)


def _json(data: Any) -> str:
    return json.dumps(data, ensure_ascii=False)


def _kept_by_nobody(response: HttpResponse, crs: Crs) -> HttpResponse:
    response["Content-Crs"] = f"<{crs.uri}>"
    response["Cache-Control"] = "private, no-store"
    return response


def _written(request: HttpRequest, one: Collection, found: Found) -> str:
    """The whole answer; features are texts that only have to be put together."""
    features = "},".join(found.features) + ("}" if found.features else "")
    head: Told = {
        "links": _links(request, one, found),
        "timeStamp": timezone.now().strftime("%Y-%m-%dT%H:%M:%SZ"),
        "numberReturned": len(found.features),
    }
    if found.matched is not None:
        head["numberMatched"] = found.matched
    return f'{{"type":"FeatureCollection","features":[{features}],{_json(head)[1:]}'


def _links(request: HttpRequest, one: Collection, found: Found) -> list[Told]:
    as_csv = told.asked_as(request, "csv")
    links = [
        *told.itself(request, GEOJSON),
        told.link(request, "alternate", told.CSV, str(one.title), as_csv),
    ]
    if found.next is not None:
        following = told.asked_as(request, "json", after=found.next)
        links.append(told.link(request, "next", GEOJSON, _("The next page"), following))
    return links


def _items_page(
    request: HttpRequest, one: Collection, question: Question, found: Found
) -> HttpResponse:
    features = [json.loads(text + "}") for text in found.features]
    following = found.next and told.asked_as(request, "html", after=found.next)
    context = {
        "collection": one,
        "columns": one.columns,
        "rows": [(feature, _row(one, feature)) for feature in features],
        "found": found,
        "following": following,
        "links": _links(request, one, found),
        "crs": question.crs,
        "at": timezone.now(),
    }
    return _page(request, "items", context)


def _row(one: Collection, feature: Told) -> list[tuple[Any, Any]]:
    """Titles, and values as people read them."""
    told = feature["properties"]
    return [(column.title, _shown(column, told[column.name])) for column in one.columns]


def _shown(column: Column, value: Any) -> Any:
    if value in (None, ""):
        return "–"
    if column.kind is Kind.YES_NO:
        return _("yes") if value else _("no")
    if column.kind is Kind.TIME:
        return f"{timezone.localtime(datetime.fromisoformat(value)):%Y-%m-%d %H:%M:%S}"
    return value


def _table(one: Collection, found: Found, *, is_cut: bool) -> Iterator[list[object]]:
    """Coordinates of points, in the CRS that was asked for; other shapes have none.

    is_cut: no more fit, which the last row says where there are more.
    """
    yield ["id", *(column.title for column in one.columns), *(AXES if _is_point(one) else ())]
    for text in found.features:
        feature = json.loads(text + "}")
        values = [feature["properties"][column.name] for column in one.columns]
        place = (feature["geometry"] or {}).get("coordinates", ["", ""]) if _is_point(one) else []
        yield [feature["id"], *("" if value is None else value for value in values), *place]
    if is_cut and found.next is not None:
        rule = _("Only %(most)d rows are here: narrow the filters, or go on with after=%(after)d.")
        yield [rule % {"most": MOST, "after": found.next}]


def _is_point(one: Collection) -> bool:
    return one.geometry == "Point"
