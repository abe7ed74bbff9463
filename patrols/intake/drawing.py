"""A track as GeoJSON for maps: its ways, its stays, and what is doubted and why."""

from typing import Any

import numpy as np
import shapely
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from gis_server.geo import to_wgs84
from patrols.intake.tracks import Held
from patrols.track import Flag, Means, Track

DECIMALS = 6
WORDS: dict[Flag, str] = {
    Flag.NOWHERE: "nowhere",
    Flag.FUTURE: "future",
    Flag.MOCK: "mock",
    Flag.INACCURATE: "inaccurate",
    Flag.REPEATED: "repeated",
    Flag.TOO_FAST: "too_fast",
    Flag.STILL: "still",
}
DISPUTED = "disputed"
TEXTS: dict[str, str | Promise] = {
    "nowhere": _("The phone knew no position."),
    "future": _("Its time lay ahead when it came: the phone's clock was wrong."),
    "mock": _("An app had made it up."),
    "inaccurate": _("It was too inexact: a radius over 50 m, or none."),
    "repeated": _("There is a more exact one of the same second."),
    "too_fast": _("Nobody gets there so fast by this means of transport."),
    "still": _("The phone lay still: the stay counts once, at its middle."),
    "disputed": _("It lies in a time that was disputed with success."),
}


def drawn(held: Held, means: Means) -> dict[str, Any]:
    """A FeatureCollection of WGS84 degrees.

    Features by their property `what`: "way" (a line, `times` in seconds of each corner), "stay" (a
    point, `t` to `t_end`), "fix" (a point that counts for nothing alone, with the `flags` that say
    why; those of a stay are left out).
    """
    counting = held.counting()
    track = counting.track(means)
    flags = np.zeros(len(held), np.int64)
    flags[~held.is_disputed] = track.flags
    features = [*_ways(track), *_stays(track), *_doubted(held, flags)]
    return {
        "type": "FeatureCollection",
        "features": features,
        "properties": counted(held, flags, track),
    }


def counted(held: Held, flags: Any, track: Track) -> dict[str, Any]:
    """How many fixes there are, how many of them are doubted for what, and metres of the way."""
    doubted = {word: int(np.count_nonzero(flags & flag)) for flag, word in WORDS.items()}
    doubted[DISPUTED] = int(np.count_nonzero(held.is_disputed))
    return {
        "fixes": len(held),
        "doubted": {word: count for word, count in doubted.items() if count},
        "length_m": round(track.length_m),
    }


def _degrees(track: Track) -> Any:
    """An array of (n, 2) of the track's points."""
    points = to_wgs84(shapely.points(track.x, track.y))
    return np.round(shapely.get_coordinates(points), DECIMALS).reshape(-1, 2)


def _ways(track: Track) -> list[dict[str, Any]]:
    places, found = _degrees(track), []
    # A way ends where a point is not joined to the next.
    ends = np.concatenate((np.flatnonzero(~track.joined) + 1, [len(track.t)]))
    begin = 0
    for end in ends.tolist():
        if end - begin > 1:
            line = {"type": "LineString", "coordinates": places[begin:end].tolist()}
            times = np.round(track.t[begin:end], 3).tolist()
            found.append(_feature(line, what="way", times=times))
        elif end > begin and track.t_end[begin] == track.t[begin]:
            t = float(track.t[begin])
            point = {"type": "Point", "coordinates": places[begin].tolist()}
            found.append(_feature(point, what="fix", t=t, flags=[]))
        begin = end
    return found


def _stays(track: Track) -> list[dict[str, Any]]:
    places = _degrees(track)
    return [
        _feature(
            {"type": "Point", "coordinates": places[one].tolist()},
            what="stay", t=float(track.t[one]), t_end=float(track.t_end[one]),
        )
        for one in np.flatnonzero(track.t_end > track.t).tolist()
    ]  # fmt: skip


def _doubted(held: Held, flags: Any) -> list[dict[str, Any]]:
    doubted = held.is_disputed | ((flags & ~int(Flag.STILL)) != 0)
    return [
        _feature(
            {"type": "Point", "coordinates": [float(held.lon[one]), float(held.lat[one])]},
            what="fix", t=float(held.t[one]), flags=flag_words(held, flags, one),
        )
        for one in np.flatnonzero(doubted).tolist()
    ]  # fmt: skip


def flag_words(held: Held, flags: Any, one: int) -> list[str]:
    words = [word for flag, word in WORDS.items() if flags[one] & flag]
    return [*words, DISPUTED] if held.is_disputed[one] else words


def _feature(geometry: dict[str, Any], **properties: Any) -> dict[str, Any]:
    return {"type": "Feature", "geometry": geometry, "properties": properties}
