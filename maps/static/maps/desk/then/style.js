// What a map of the past draws: the wall's own style with the borders of a day, events as points, and
// the grids in which two days differ.

import { RANK, SIGN } from "events/icons";
import { CAMERA_LAYERS, eventSize, mapStyle } from "maps/style";
import { UNIT, color } from "maps/display/tokens";

export const PAST_EVENTS = "past-events";
export const PAST_CAMERAS = CAMERA_LAYERS;
const NOTHING = { type: "geojson", data: { type: "FeatureCollection", features: [] } };

export function pastStyle({ base, layers, urls, sees_patrols: seesPatrols }, { day, edition }) {
  const { grids, divisions } = layers;
  const style = mapStyle({ origin: location.origin, base, edition, day, layers: { grids, divisions }, tiles: urls.tiles, seesPatrols });
  return {
    ...style,
    sources: { ...style.sources, "past-events": NOTHING, differences: NOTHING },
    // Cameras of the past are points from afar too: no tile counts them.
    layers: [...style.layers.flatMap((layer) => (layer.id === "cameras-online" ? [...differences(), everywhere(layer)] : [everywhere(layer)])), events()],
  };
}

function everywhere(layer) {
  if (!CAMERA_LAYERS.includes(layer.id)) return layer;
  const { minzoom: _from, ...rest } = layer;
  return rest;
}

function differences() {
  const paint = ["match", ["get", "change"], "new", color("online"), "over", color("offline"), "redrawn", color("degraded"), color("accent")];
  return [
    { id: "differences", type: "fill", source: "differences", paint: { "fill-color": paint, "fill-opacity": 0.18 } },
    { id: "difference-edges", type: "line", source: "differences", layout: { "line-join": "round" }, paint: { "line-color": paint, "line-width": 2.5 * UNIT, "line-dasharray": [2, 1] } },
  ];
}

function events() {
  return {
    id: PAST_EVENTS,
    type: "symbol",
    source: "past-events",
    layout: {
      "icon-image": SIGN,
      "icon-size": eventSize(),
      "icon-allow-overlap": true,
      "icon-ignore-placement": true,
      "symbol-sort-key": RANK,
    },
  };
}
