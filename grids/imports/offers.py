"""What the mapping page offers: layers, columns with samples, fields with a guess, frames."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from gis_server.frames import ZONES, Frame
from grids.imports.frame_choice import label_of, name_of
from grids.imports.headers import SYNONYMS, guess
from grids.imports.problems import Problem
from grids.imports.targets import LAT, LON, TARGETS, WKT
from grids.imports.texts import sentence
from grids.models import ImportRun


@dataclass(frozen=True)
class Offer:
    """One field as a select: which column is proposed, and how its first cells look."""

    name: str
    label: str
    needed: bool
    column: str


def layer_named(run: ImportRun, name: str) -> dict[str, Any] | None:
    """What is stored about a layer of the file that can be read; None without such."""
    for layer in run.layers:
        if layer["name"] == name and not layer.get("refused"):
            return dict(layer)
    return None


def mapping_of(run: ImportRun, layer: Mapping[str, Any]) -> dict[str, str]:
    """Field → column as last said, or as guessed for a layer that nobody has looked at."""
    if layer["name"] == run.layer:
        return dict(run.mapping)
    target = TARGETS[run.target]
    fields = [field.name for field in (*target.fields, *target.position)]
    guessed = guess(layer["columns"], {name: SYNONYMS.get(name, ()) for name in fields})
    if layer["geometry"]:
        guessed = {k: v for k, v in guessed.items() if k not in (LON, LAT, WKT)}
    return guessed


def refused_layers(run: ImportRun) -> list[tuple[str, str]]:
    """Layers that cannot be read, each with the reason."""
    return [
        (layer["name"], sentence(Problem(layer["refused"][0]), layer["refused"][1]))
        for layer in run.layers
        if layer.get("refused")
    ]


def offers(target: str, mapping: Mapping[str, str]) -> tuple[list[Offer], list[Offer]]:
    """Fields of the thing itself, and of its position where a table must hold it."""
    known = TARGETS[target]
    fields = [Offer(f.name, str(f.label), f.needed, mapping.get(f.name, "")) for f in known.fields]
    position = [Offer(f.name, str(f.label), False, mapping.get(f.name, "")) for f in known.position]
    return fields, position


def samples(layer: Mapping[str, Any]) -> dict[str, list[str]]:
    """Column → its first cells that are not empty."""
    return {
        column: [row[column] for row in layer["rows"] if row.get(column)]
        for column in layer["columns"]
    }


def frames() -> list[tuple[str, list[tuple[str, str]]]]:
    """All frames that may be chosen, in groups: (heading, [(name, label)])."""
    degrees = [(name_of(frame), label_of(frame)) for frame in Frame]
    plain = [(name_of(zone), label_of(zone)) for zone in ZONES if not zone.prefixed]
    prefixed = [(name_of(zone), label_of(zone)) for zone in ZONES if zone.prefixed]
    return [("degrees", degrees), ("plain", plain), ("prefixed", prefixed)]
