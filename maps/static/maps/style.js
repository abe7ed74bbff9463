// What the map draws, in order.  Our own layers make a readable map; a base map lies below them where
// there is one.

import { RANK as EVENT_RANK, SIGN as EVENT_SIGN } from "events/icons";
import { coverageLayers, coverageSources } from "maps/patrols/coverage_style";
import { gridColourLayers } from "maps/figures/colours";
import { patrolSources, peopleLayers, replayLayers, trackLayers } from "maps/patrols/style";
import { color, UNIT } from "maps/display/tokens";

// No glyph server: every character is drawn from the fonts of the machine, these first.
const FONTS = ["Noto Sans CJK SC", "Source Han Sans SC", "PingFang SC", "Microsoft YaHei"];

// The colours are the page's, of the theme that is on.
const INK = {
  ...Object.fromEntries(["outside", "inside", "grid", "community", "street", "district", "name", "lesser", "picked"].map((one) => [one, color(`map-${one}`)])),
  found: color("accent"),
};

const RANK = ["match", ["get", "state"], "offline", 3, "degraded", 2, "unknown", 1, 0];

// day: whose borders, where it is not today.
export function mapStyle({ origin, base, edition, day = "", layers, tiles, seesPatrols }) {
  const source = (name) => ({
    type: "vector",
    tiles: [tileAddress(origin, tiles, edition, name) + (day && `?day=${day}`)],
    ...layers[name],
  });
  const [ground, ...borders] = territory();
  return {
    version: 8,
    sources: {
      ...(base && { base: baseSource(origin, base) }),
      divisions: source("divisions"),
      grids: source("grids"),
      ...(layers.cameras && { "camera-heaps": source("cameras") }),
      cameras: points(),
      picked: points(),
      found: points(),
      outages: points(),
      ...(layers.events && { events: source("events"), "picked-event": points() }),
      ...(seesPatrols && patrolSources()),
      ...(layers.blind && coverageSources(source)),
    },
    layers: [
      { id: "outside", type: "background", paint: { "background-color": INK.outside } },
      ...(base ? baseLayers(base) : [ground]),
      ...(layers.blind ? coverageLayers() : []),
      ...gridColourLayers(),
      ...borders,
      cameras("cameras-online", ["==", ["get", "state"], "online"]),
      foundArea("found-division", "divisions"),
      foundArea("found-grid", "grids"),
      ...names(),
      ...(seesPatrols ? trackLayers() : []),
      cameraNames(),
      ring("picked", INK.picked),
      ring("found", INK.found),
      cameras("cameras", ["!=", ["get", "state"], "online"]),
      ...(layers.cameras ? cameraHeaps() : []),
      ...outages(),
      ...(layers.events ? events() : []),
      ...(seesPatrols ? [...peopleLayers(), ...replayLayers()] : []),
    ],
  };
}

export const FOUND_AREAS = ["found-division", "found-grid"];

export const OUTAGE_LAYER = "outages";

export const EVENT_LAYER = "events";

export const EVENT_LAYERS = ["event-heaps", "event-heap-numbers", "event-singles", EVENT_LAYER, "picked-event"];

// Those that stand together from afar, of each the worst state among them.
export const CAMERA_HEAPS = ["camera-heaps", "camera-heap-numbers"];

// Below this zoom cameras stand together; as `maps/heaps.py` has it.
export const EACH_CAMERA_FROM = 11;

// Further away they are areas of colour at most.
const EACH_GRID_FROM = 11;

// Names stand over what works; what does not stands over everything.
export const CAMERA_LAYERS = ["cameras", "cameras-online"];

export function tileAddress(origin, tiles, edition, layer) {
  return `${origin}${tiles}/${edition}/${layer}/{z}/{x}/{y}.mvt`;
}

function baseSource(origin, { kind, credit, minzoom, maxzoom, tiles, version }) {
  const address = [`${origin}${tiles}/{z}/{x}/{y}?v=${version}`];
  return { type: kind, tiles: address, minzoom, maxzoom, attribution: credit, ...(kind === "raster" && { tileSize: 256 }) };
}

// Somebody else's map stays behind ours: darker, and with little colour.  Of vector tiles only lines
// and areas are drawn, whatever they are called.
function baseLayers({ kind, layers }) {
  if (kind === "raster") {
    const paint = { "raster-brightness-max": 0.55, "raster-saturation": -0.6, "raster-fade-duration": 0 };
    return [{ id: "base", type: "raster", source: "base", paint }];
  }
  const shape = (geometry) => ["==", ["geometry-type"], geometry];
  return layers.flatMap((layer, index) => [
    { id: `base-areas-${index}`, type: "fill", source: "base", "source-layer": layer, filter: shape("Polygon"), paint: { "fill-color": INK.inside } },
    { id: `base-lines-${index}`, type: "line", source: "base", "source-layer": layer, filter: shape("LineString"), paint: { "line-color": INK.grid, "line-width": 0.8 } },
  ]);
}

function points() {
  return { type: "geojson", data: { type: "FeatureCollection", features: [] } };
}

// Sizes at zooms; between them they change evenly.
function byZoom(...stops) {
  const grown = stops.map((stop, index) => (index % 2 ? times(stop) : stop));
  return ["interpolate", ["linear"], ["zoom"], ...grown];
}

function times(size) {
  return typeof size === "number" ? size * UNIT : ["*", size, UNIT];
}

function border(id, source, level, color, width) {
  return {
    id,
    type: "line",
    source,
    "source-layer": source,
    ...(level && { filter: ["==", ["get", "level"], level] }),
    layout: { "line-join": "round" },
    paint: { "line-color": color, "line-width": width },
  };
}

// What works steps back behind what does not.
function size(fault, fine) {
  return ["match", ["get", "state"], "online", fine, fault];
}

function territory() {
  return [
    {
      id: "inside",
      type: "fill",
      source: "divisions",
      "source-layer": "divisions",
      filter: ["==", ["get", "level"], "street"],
      paint: { "fill-color": INK.inside, "fill-antialias": false },
    },
    // Not to be seen, only to be clicked into.
    { id: "grid-areas", type: "fill", source: "grids", "source-layer": "grids", minzoom: EACH_GRID_FROM, paint: { "fill-opacity": 0 } },
    { ...border("grids", "grids", "", INK.grid, byZoom(11, 0.6, 14, 1.2, 17, 2)), minzoom: EACH_GRID_FROM },
    border("communities", "divisions", "community", INK.community, byZoom(11, 0.7, 14, 1.8, 17, 3)),
    border("streets", "divisions", "street", INK.street, byZoom(8, 0.8, 12, 1.6, 16, 4)),
    border("district", "divisions", "district", INK.district, byZoom(8, 1.2, 12, 2.2, 16, 5)),
  ];
}

function name(id, source, level, zooms, color, size, more = {}) {
  return {
    id,
    type: "symbol",
    source,
    "source-layer": source === "grids" ? "grid_names" : "division_names",
    minzoom: zooms[0],
    ...(zooms[1] && { maxzoom: zooms[1] }),
    ...(level && { filter: ["==", ["get", "level"], level] }),
    layout: {
      "text-field": ["get", "name"],
      "text-font": FONTS,
      "text-size": size,
      "text-max-width": 7,
      "text-padding": 6,
      ...more,
    },
    paint: { "text-color": color, "text-halo-color": INK.outside, "text-halo-width": 1.6 },
  };
}

function names() {
  return [
    name("grid-names", "grids", "", [14], INK.lesser, byZoom(14, 14, 17, 15)),
    name("community-names", "divisions", "community", [12.6], INK.lesser, byZoom(12.6, 14, 15, 16)),
    name("street-names", "divisions", "street", [9.5, 15], INK.name, byZoom(9.5, 14, 11, 14, 14, 20)),
    name("district-name", "divisions", "district", [5, 9.5], INK.name, times(16)),
  ];
}

function ring(source, color) {
  return {
    id: source,
    type: "circle",
    source,
    paint: {
      "circle-radius": byZoom(10, 13, 15, 19),
      "circle-color": "rgba(255,255,255,0.14)",
      "circle-stroke-color": color,
      "circle-stroke-width": 2.5,
    },
  };
}

// The outline of the one that was found; of none until then.
function foundArea(id, source) {
  return {
    ...border(id, source, "", INK.found, byZoom(8, 3, 14, 5)),
    filter: ["==", ["get", "code"], ""],
  };
}

function cameras(id, filter) {
  return {
    id,
    type: "symbol",
    source: "cameras",
    filter,
    minzoom: EACH_CAMERA_FROM,
    layout: {
      "icon-image": ["concat", "camera-", ["get", "state"]],
      "icon-size": byZoom(10, size(0.5, 0.4), 12, size(0.75, 0.55), 15, size(1.1, 1)),
      "icon-allow-overlap": true,
      "icon-ignore-placement": true,
      // The worst on top: a fault must not hide under what works.
      "symbol-sort-key": RANK,
    },
  };
}

// A disc in the colour of the worst state, hollow where not all share it; the number of all in it.
function cameraHeaps() {
  const [offline, degraded, online, unknown, bg] = ["offline", "degraded", "online", "unknown", "bg"].map(color);
  const worst = ["match", ["get", "state"], "offline", offline, "degraded", degraded, "online", online, unknown];
  const heaps = { source: "camera-heaps", "source-layer": "camera_heaps", maxzoom: EACH_CAMERA_FROM };
  return [
    {
      ...heaps,
      id: CAMERA_HEAPS[0],
      type: "circle",
      paint: {
        "circle-radius": ["interpolate", ["linear"], ["get", "cameras"], 1, 9 * UNIT, 50, 14 * UNIT, 1000, 21 * UNIT],
        "circle-color": bg,
        "circle-opacity": 0.9,
        "circle-stroke-color": worst,
        // The larger the share of the worst, the wider its ring.
        "circle-stroke-width": ["interpolate", ["linear"], ["get", "share"], 0, 2, 1, 6],
      },
    },
    {
      ...heaps,
      id: CAMERA_HEAPS[1],
      type: "symbol",
      layout: {
        "text-field": ["to-string", ["get", "cameras"]],
        "text-font": FONTS,
        "text-size": times(14),
        "text-allow-overlap": true,
        "text-ignore-placement": true,
        "symbol-sort-key": RANK,
      },
      paint: { "text-color": INK.name },
    },
  ];
}

function cameraNames() {
  return {
    id: "camera-names",
    type: "symbol",
    source: "cameras",
    minzoom: 15,
    layout: {
      "text-field": ["get", "name"],
      "text-font": FONTS,
      "text-size": times(14),
      "text-anchor": "top",
      "text-offset": [0, 1.1],
      "text-max-width": 9,
      "text-optional": true,
      "symbol-sort-key": ["-", RANK],
    },
    paint: { "text-color": INK.name, "text-halo-color": INK.outside, "text-halo-width": 1.6 },
  };
}

// One mark for all cameras that one fault took down: larger than theirs, a ring around it, their
// number in it.
function outages() {
  const { offline, bg } = Object.fromEntries(["offline", "bg"].map((one) => [one, color(one)]));
  const sizes = (few, some, many) => ["step", ["get", "cameras"], few, 100, some, 1000, many];
  const radius = (more) => byZoom(9, sizes(10 + more, 13 + more, 16 + more), 13, sizes(15 + more, 18 + more, 22 + more));
  return [
    {
      id: OUTAGE_LAYER,
      type: "circle",
      source: "outages",
      paint: {
        "circle-radius": radius(0),
        "circle-color": offline,
        "circle-stroke-color": bg,
        "circle-stroke-width": 3,
      },
    },
    {
      id: "outage-rings",
      type: "circle",
      source: "outages",
      paint: {
        "circle-radius": radius(4),
        "circle-color": "rgba(0,0,0,0)",
        "circle-stroke-color": offline,
        "circle-stroke-width": 2,
      },
    },
    {
      id: "outage-numbers",
      type: "symbol",
      source: "outages",
      layout: {
        "text-field": ["to-string", ["get", "cameras"]],
        "text-font": FONTS,
        "text-size": byZoom(9, 14, 13, 15),
        "text-allow-overlap": true,
        "text-ignore-placement": true,
      },
      paint: { "text-color": bg, "text-halo-color": bg, "text-halo-width": 0.5 },
    },
  ];
}

// Events stand over cameras: they are fewer, and somebody waits for each.  From afar those that lie
// close together are one mark with their number, in the colour of the worst deadline.
function events() {
  const [offline, degraded, accent, bg] = ["offline", "degraded", "accent", "bg"].map(color);
  return [
    { ...ring("picked-event", INK.picked) },
    {
      id: "event-heaps",
      type: "circle",
      source: "events",
      "source-layer": "event_heaps",
      filter: [">", ["get", "events"], 1],
      paint: {
        "circle-radius": ["interpolate", ["linear"], ["get", "events"], 1, 9 * UNIT, 20, 13 * UNIT, 200, 18 * UNIT],
        "circle-color": bg,
        "circle-opacity": 0.85,
        "circle-stroke-color": ["match", ["get", "due"], "late", offline, "red", offline, "amber", degraded, accent],
        // As around cameras: the larger the share of those that are so late, the wider the ring.
        "circle-stroke-width": ["interpolate", ["linear"], ["get", "share"], 0, 2, 1, 6],
      },
    },
    {
      id: "event-heap-numbers",
      type: "symbol",
      source: "events",
      "source-layer": "event_heaps",
      filter: [">", ["get", "events"], 1],
      layout: {
        "text-field": ["to-string", ["get", "events"]],
        "text-font": FONTS,
        "text-size": times(14),
        "text-allow-overlap": true,
        "text-ignore-placement": true,
        "symbol-sort-key": EVENT_RANK,
      },
      paint: { "text-color": INK.name },
    },
    eventSigns("event-singles", "event_heaps", ["==", ["get", "events"], 1]),
    eventSigns(EVENT_LAYER, "events"),
  ];
}

// Of each event alone, now as of any moment before.
export function eventSize() {
  return byZoom(10, 0.6, 13, 0.8, 16, 1.1);
}

function eventSigns(id, layer, filter) {
  return {
    id,
    type: "symbol",
    source: "events",
    "source-layer": layer,
    ...(filter && { filter }),
    layout: {
      "icon-image": EVENT_SIGN,
      "icon-size": eventSize(),
      "icon-allow-overlap": true,
      "icon-ignore-placement": true,
      "symbol-sort-key": EVENT_RANK,
    },
  };
}
