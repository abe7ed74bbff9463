"""JSON Schema in few words.  Pure: no Django.

Of what is sent, null and the empty text are as if it was not sent, but where a field is needed.
"""

from collections.abc import Mapping
from typing import Any

Schema = dict[str, Any]
Group = Mapping[str, Schema]
"""Schemas by the names of what they describe."""
JSON, BYTES = "application/json", "application/octet-stream"
GEOJSON, JPEG, CSV = "application/geo+json", "image/jpeg", "text/csv"
GEOPACKAGE = "application/geopackage+sqlite3"
NOT_SENT: Schema = {"enum": ["", None]}
NO_NUL = "^[^\\u0000]*$"
MAX_ID = 2**63 - 1


def text(longest: int | None = None, **more: Any) -> Schema:
    return {"type": "string", **({"maxLength": longest} if longest else {}), **more}


def words(values: Any, **more: Any) -> Schema:
    return {"type": "string", "enum": [str(one) for one in values], **more}


def nullable(schema: Schema) -> Schema:
    return {"anyOf": [schema, {"type": "null"}]}


def maybe(schema: Schema) -> Schema:
    """Of a text in what is sent: empty, or null, is as if it was not sent."""
    return {"anyOf": [schema, NOT_SENT]}


def written(longest: int) -> Schema:
    """A text that somebody has written."""
    return text(longest, pattern=NO_NUL)


def listing(items: Schema, **more: Any) -> Schema:
    return {"type": "array", "items": items, **more}


def record(required: Mapping[str, Schema], **optional: Schema) -> Schema:
    return {
        "type": "object",
        "properties": {**required, **optional},
        "required": list(required),
    }


def whole(low: int, high: int, default: int | None = None) -> Schema:
    said = {} if default is None else {"default": default}
    return {"type": "integer", "minimum": low, "maximum": high, **said}


def ref(name: str) -> Schema:
    return {"$ref": f"#/components/schemas/{name}"}


NUMBER: Schema = whole(1, MAX_ID)
DAY = text(10, format="date")
TIME = text(format="date-time")
UUID = text(format="uuid")
FLAG: Schema = {"type": "boolean"}
LON: Schema = {"type": "number", "minimum": -180, "maximum": 180}
LAT: Schema = {"type": "number", "minimum": -90, "maximum": 90}
BOX = text(
    pattern=r"^-?[0-9]{1,3}(\.[0-9]{1,9})?(,-?[0-9]{1,3}(\.[0-9]{1,9})?){3}$",
    description="west,south,east,north in degrees (WGS84), not across 180°.",
)
REASON = record({"kind": text(), "message": text()})
