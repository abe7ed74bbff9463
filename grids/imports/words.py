"""What pages and commands call the steps, counts and readings of an import."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from gis_server.frame_guess import Doubt
from grids.imports.cells import Choice, YesNo
from grids.imports.flow import Step
from grids.imports.frame_choice import UnknownFrame, frame_named, label_of
from grids.imports.headers import SYNONYMS
from grids.imports.targets import TARGETS, Field
from grids.models import ImportRun, ImportTarget

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

    Words = _StrPromise | str

# Step → its name and the badge that pages mark it with.
STEPS: "dict[Step, tuple[Words, str]]" = {
    Step.READING: (gettext_lazy("Looking into the file"), "warn"),
    Step.WAITING: (gettext_lazy("Waiting for its columns"), "warn"),
    Step.CHECKING: (gettext_lazy("Checking all rows"), "warn"),
    Step.CHECKED: (gettext_lazy("Checked"), ""),
    Step.APPLYING: (gettext_lazy("Writing"), "warn"),
    Step.APPLIED: (gettext_lazy("Applied"), "good"),
    Step.REFUSED: (gettext_lazy("Refused"), "bad"),
    Step.DISCARDED: (gettext_lazy("Discarded"), "off"),
}
# Counts of a report in the order in which they are shown, each with what it means.
COUNTS: "dict[str, tuple[Words, Words]]" = {
    "new": (
        pgettext_lazy("import", "New"),
        gettext_lazy("not in the registry yet"),
    ),
    "changed": (
        pgettext_lazy("import", "Changed"),
        gettext_lazy("in the registry, and the file says something else"),
    ),
    "redrawn": (
        pgettext_lazy("import", "Redrawn"),
        gettext_lazy("of those: grids that get another shape; the old one is kept with its days"),
    ),
    "same": (
        pgettext_lazy("import", "Unchanged"),
        gettext_lazy("the file says what the registry says"),
    ),
    "absent": (
        pgettext_lazy("import", "Absent"),
        gettext_lazy("in the registry, not in the file"),
    ),
    "outside": (
        pgettext_lazy("import", "Outside all grids"),
        gettext_lazy("taken in, and listed as lying in no grid"),
    ),
    "unplaced": (
        pgettext_lazy("import", "Without a position"),
        gettext_lazy("taken in by their address, to be placed on the map by hand"),
    ),
    "recoded": (
        pgettext_lazy("import", "Renamed or renumbered"),
        gettext_lazy("of those: grids that get another name or code"),
    ),
    "retired": (
        pgettext_lazy("import", "Retired"),
        gettext_lazy("in force, not in the layer, and their ground is another grid's"),
    ),
    "noded": (
        pgettext_lazy("import", "With a new corner"),
        gettext_lazy("where a neighbour's border ends on theirs; no ground moves"),
    ),
    "posts": (pgettext_lazy("import", "Posts"), gettext_lazy("people times grids")),
    "new_posts": (
        pgettext_lazy("import", "New posts"),
        gettext_lazy("that nobody holds yet on the day"),
    ),
}
KINDS: "dict[str, Words]" = {
    ImportTarget.DIVISIONS: gettext_lazy(
        "District, streets, communities and villages by their 12-digit codes; outlines if there are"
    ),
    ImportTarget.GRIDS: gettext_lazy(
        "Polygons with 15-digit codes that divide their communities without gap or overlap"
    ),
    ImportTarget.STREETS: gettext_lazy(
        "Lines of roads and lanes; later files are told from them which frame they are in"
    ),
    ImportTarget.BUILDINGS: gettext_lazy(
        "Points or addresses, with households, floors and units; never who lives there"
    ),
    ImportTarget.SHOPS: gettext_lazy("Points or addresses, with trade and whether they are open"),
    ImportTarget.SERVICE_POINTS: gettext_lazy(
        "Mediation rooms, police rooms, service centres and the like"
    ),
    ImportTarget.WORKERS: gettext_lazy(
        "Head grid chiefs, grid workers and assistants, with the grids they hold"
    ),
    ImportTarget.PLANS: gettext_lazy(
        "All grids of one or more communities, edited elsewhere: compared with those in force, they"
        " become the draft of a plan"
    ),
}
RETIRES: "dict[str, Words]" = {
    "grids": gettext_lazy(
        "Retire the grids that the file does not name, in the communities that it does name: their "
        "shapes end the day before; the grids and their past stay"
    ),
    "workers": gettext_lazy(
        "End the posts of people that the file does not name, in this territory: the day before is "
        "their last; the people and their past stay"
    ),
}


def step_of(run: ImportRun) -> tuple[str, str]:
    """What a run's step is called, and its badge: faults and breaks show."""
    step = Step(run.step)
    name, badge = STEPS[step]
    if step is Step.CHECKED:
        if run.fault_counts:
            return _("Checked, with faults"), "bad"
        if not changes(run):
            return _("Checked, nothing changes"), "good"
        return _("Checked, ready to apply"), "good"
    return str(name), badge


def changes(run: ImportRun) -> int:
    """How many rows of the registry applying would touch; staff that are only posted count too."""
    names = ("new", "changed", "retired", "new_posts", *(("absent",) if run.retire_absent else ()))
    return sum(run.counts.get(name, 0) for name in names)


def counts_of(run: ImportRun) -> list[tuple[str, int]]:
    """Names and numbers of a report, in order."""
    return [(str(row["label"]), row["count"]) for row in count_rows(run)]


def count_rows(run: ImportRun) -> list[dict[str, Any]]:
    """The counts of a report with their words: {name, label, help, count}."""
    return [
        {"name": name, "label": label, "help": help_text, "count": run.counts[name]}
        for name, (label, help_text) in COUNTS.items()
        if name in run.counts
    ]


def label_of_field(target: str, name: str) -> str:
    """What a field of a kind is called; its own name when the kind has no such field."""
    if name == "area_m2":
        return _("area, m²")
    known = TARGETS[target]
    fields: tuple[Field, ...] = (*known.fields, *known.position)
    return next((str(field.label) for field in fields if field.name == name), name)


def frame_label(name: str) -> str:
    """What people call a stored frame; as it stands when it is none."""
    try:
        return label_of(frame_named(name))
    except UnknownFrame:
        return name


def reading_of(run: ImportRun) -> list[str]:
    """How the file was read, a line each: layer, columns, frame."""
    lines = [_("Layer: %(name)s") % {"name": run.layer}] if len(run.layers) > 1 else []
    for name, column in run.mapping.items():
        pair = {"field": label_of_field(run.target, name), "column": column}
        lines.append(_("%(field)s: column %(column)s") % pair)
    if run.frame and TARGETS[run.target].shape:
        lines.append(_("Coordinates: %(frame)s") % {"frame": frame_label(run.frame)})
    return lines


def said_of_guess(guess: Mapping[str, Any]) -> str:
    """What the places known here say of a file's coordinates, as a sentence; may be empty."""
    if not guess:
        return ""
    if guess.get("frame"):
        return _said_of_fit(guess)
    return str(DOUBTS.get(guess.get("doubt", ""), ""))


def _said_of_fit(guess: Mapping[str, Any]) -> str:
    words = {
        "frame": frame_label(guess["frame"]),
        "offset": round(guess.get("offset_m") or 0),
        "rest": round(guess.get("residual_m") or 0),
        "used": guess.get("used", 0),
    }
    if guess.get("offset_m") is None or guess["frame"] in ("wgs84", "cgcs2000"):
        return (
            _(
                "Read as %(frame)s, these points sit %(rest)d m from the streets and buildings "
                "known here (middle of %(used)d points): that fits."
            )
            % words
        )
    return (
        _(
            "Read as WGS84, these points would sit about %(offset)d m off the streets and "
            "buildings known here; read as %(frame)s it is %(rest)d m (middle of %(used)d points)."
        )
        % words
    )


DOUBTS: "dict[str, Words]" = {
    Doubt.TOO_FEW.name: gettext_lazy(
        "Too few points to tell their frame by the places known here. Ask whoever made the file."
    ),
    Doubt.NOTHING_KNOWN.name: gettext_lazy(
        "Nothing is known here yet to compare with (streets, buildings, shops). Ask whoever made "
        "the file which frame it is in."
    ),
    Doubt.ELSEWHERE.name: gettext_lazy(
        "These points lie where nothing is known here: another frame than any we know, or another "
        "place. Ask whoever made the file."
    ),
    Doubt.NO_CLEAR_FIT.name: gettext_lazy(
        "No frame fits clearly better than the others. Ask whoever made the file which one it is."
    ),
}


def disagrees(run: ImportRun, frame: str) -> bool:
    """Whether the known places say another frame than the one that is chosen."""
    told = run.guess.get("frame", "")
    same = {"cgcs2000": "wgs84"}  # nothing of this kind can tell the two apart
    return bool(told and frame) and same.get(told, told) != same.get(frame, frame)


MOST_WORDS = 12  # of each field that the help page lists


def explained() -> list[dict[str, Any]]:
    """Every kind with its columns, as the help page shows them."""
    return [
        {
            "name": target.value,
            "label": target.label,
            "help": KINDS[target],
            "shape": TARGETS[target].shape or "",
            "fields": [_explained(field) for field in TARGETS[target].fields],
            "retires": RETIRES.get(target, ""),
        }
        for target in ImportTarget
    ]


def _explained(field: Field) -> dict[str, Any]:
    return {
        "label": field.label,
        "needed": field.needed,
        "called": list(SYNONYMS.get(field.name, ()))[:MOST_WORDS],
        "words": _accepted(field),
    }


def _accepted(field: Field) -> list[str]:
    """The words that a cell may hold, Chinese first; empty where anything goes."""
    if isinstance(field.kind, Choice):
        return list(field.kind.words)
    if isinstance(field.kind, YesNo):
        return [*field.kind.yes, *field.kind.no]
    return []
