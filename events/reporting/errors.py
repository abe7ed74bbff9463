"""What a report can be refused for beside the usual: a question, or photos that are not there."""

from collections.abc import Sequence
from typing import Any

from gis_server.errors import Invalid


class Asked(Invalid):
    """The report is doubtful, and only its reporter knows: answered, it is taken.

    questions: as JSON, each with its `kind`: "frame" (a place that may be meant instead) or
    "outside" (the grid that it lies in; asks for `outside_reason`).
    """

    def __init__(self, message: object, questions: Sequence[dict[str, Any]]) -> None:
        super().__init__(message, {"questions": list(questions)})


class PhotosMissing(Invalid):
    """Photos that the report names are not here (any more): they are to be sent first."""

    def __init__(self, message: object, client_ids: Sequence[str]) -> None:
        super().__init__(message, {"photos": list(client_ids)})
