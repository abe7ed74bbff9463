// What the desk draws besides the wall's layers: places, what was searched and drawn, chosen events.

import { RANK as EVENT_RANK, SIGN as EVENT_SIGN } from "events/icons";
import { UNIT, color } from "maps/display/tokens";
import { collection } from "maps/desk/shapes";
import { tileAddress } from "maps/style";

const FONTS = ["Noto Sans CJK SC", "Source Han Sans SC", "PingFang SC", "Microsoft YaHei"];
const [DRAWN, SEARCHED, SKETCH, HALO] = ["track", "accent", "map-picked", "map-outside"].map(color);
export const PLACE_COLOURS = { building: color("place-building"), shop: color("place-shop"), service_point: color("place-service") };
const TOGETHER_BELOW = 12;

export const CHOSEN_EVENTS = ["chosen-event-heaps", "chosen-event-numbers", "chosen-events"];
export const PLACE_LAYERS = ["place-heaps", "places", "place-names"];
export const DRAWN_LAYERS = ["drawn-areas", "drawn-lines", "drawn-points", "drawn-names"];

// map: MapLibre's, loaded.
export function addDesk(map, { edition, layers, urls }) {
  if (layers.places) addPlaces(map, tileAddress(location.origin, urls.tiles, edition, "places"), layers.places);
  addShapes(map, "searched", SEARCHED, [2, 2]);
  addShapes(map, "drawn", DRAWN);
  if (layers.events) addEvents(map);
  addShapes(map, "sketch", SKETCH, [3, 2]);
  map.addLayer({
    id: "drawn-names",
    type: "symbol",
    source: "drawn",
    layout: { "text-field": ["get", "name"], "text-font": FONTS, "text-size": 13 * UNIT, "text-offset": [0, 1.1], "text-anchor": "top" },
    paint: { "text-color": DRAWN, "text-halo-color": HALO, "text-halo-width": 1.6 },
  });
}

function addShapes(map, source, colour, dashes = null) {
  const of = (type) => ["==", ["geometry-type"], type];
  map.addSource(source, { type: "geojson", data: collection([]) });
  map.addLayer({ id: `${source}-areas`, type: "fill", source, filter: of("Polygon"), paint: { "fill-color": colour, "fill-opacity": 0.14 } });
  map.addLayer({
    id: `${source}-lines`,
    type: "line",
    source,
    filter: ["!=", ["geometry-type"], "Point"],
    layout: { "line-join": "round" },
    paint: { "line-color": colour, "line-width": 2.5 * UNIT, ...(dashes && { "line-dasharray": dashes }) },
  });
  map.addLayer({
    id: `${source}-points`,
    type: "circle",
    source,
    filter: of("Point"),
    paint: { "circle-radius": 5 * UNIT, "circle-color": colour, "circle-stroke-color": HALO, "circle-stroke-width": 2 },
  });
}

function addPlaces(map, tiles, zooms) {
  const kind = ["match", ["get", "kind"], "building", PLACE_COLOURS.building, "shop", PLACE_COLOURS.shop, PLACE_COLOURS.service_point];
  const below = map.getLayer("cameras-online") ? "cameras-online" : undefined;
  const layout = { visibility: "none" };
  map.addSource("places", { type: "vector", tiles: [tiles], ...zooms });
  map.addLayer({
    id: "place-heaps",
    type: "circle",
    source: "places",
    "source-layer": "place_heaps",
    layout,
    paint: { "circle-radius": ["interpolate", ["linear"], ["get", "places"], 1, 1.5 * UNIT, 500, 4 * UNIT], "circle-color": color("muted"), "circle-opacity": 0.7 },
  }, below);
  map.addLayer({
    id: "places",
    type: "circle",
    source: "places",
    "source-layer": "places",
    layout,
    paint: { "circle-radius": ["interpolate", ["linear"], ["zoom"], 13, 1.5 * UNIT, 17, 4.5 * UNIT], "circle-color": kind, "circle-opacity": 0.8 },
  }, below);
  map.addLayer({
    id: "place-names",
    type: "symbol",
    source: "places",
    "source-layer": "places",
    minzoom: 16,
    layout: { ...layout, "text-field": ["get", "name"], "text-font": FONTS, "text-size": 11 * UNIT, "text-anchor": "top", "text-offset": [0, 0.6], "text-optional": true },
    paint: { "text-color": color("map-lesser"), "text-halo-color": HALO, "text-halo-width": 1.4 },
  }, below);
}

// Filtered events are points of the page's own; those that stand together show the worst deadline.
function addEvents(map) {
  const near = ["match", ["get", "due"], "late", 3, "red", 3, "amber", 2, 1];
  const hidden = { visibility: "none" };
  map.addSource("chosen-events", { type: "geojson", data: collection([]), cluster: true, clusterMaxZoom: TOGETHER_BELOW, clusterRadius: 34 * UNIT, clusterProperties: { worst: ["max", near] } });
  const many = ["has", "point_count"];
  map.addLayer({
    id: CHOSEN_EVENTS[0],
    type: "circle",
    source: "chosen-events",
    filter: many,
    layout: hidden,
    paint: {
      "circle-radius": ["interpolate", ["linear"], ["get", "point_count"], 2, 8 * UNIT, 20, 12 * UNIT, 200, 18 * UNIT],
      "circle-color": color("bg"),
      "circle-opacity": 0.85,
      "circle-stroke-color": ["match", ["get", "worst"], 3, color("offline"), 2, color("degraded"), color("accent")],
      "circle-stroke-width": 2.5,
    },
  });
  map.addLayer({
    id: CHOSEN_EVENTS[1],
    type: "symbol",
    source: "chosen-events",
    filter: many,
    layout: { ...hidden, "text-field": ["to-string", ["get", "point_count"]], "text-font": FONTS, "text-size": 11 * UNIT, "text-allow-overlap": true, "text-ignore-placement": true },
    paint: { "text-color": color("text") },
  });
  map.addLayer({
    id: CHOSEN_EVENTS[2],
    type: "symbol",
    source: "chosen-events",
    filter: ["!", many],
    layout: { ...hidden, "icon-image": EVENT_SIGN, "icon-size": UNIT, "icon-allow-overlap": true, "icon-ignore-placement": true, "symbol-sort-key": EVENT_RANK },
  });
}
