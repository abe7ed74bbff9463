// Maps of the pages around boundary plans: the territory from tiles, in the colours of the page, and
// shapes that the page gives.

import * as maplibre from "maplibre-gl";
import { MOST_CANVAS_PX, UNIT, color } from "maps/display/tokens";

const FONTS = ["Noto Sans CJK SC", "Source Han Sans SC", "PingFang SC", "Microsoft YaHei"];
const CLOSEST = 17;
const EMPTY = { type: "FeatureCollection", features: [] };
const PADDING = 40;
const LABELS = "-names";

export function collection(features) {
  return { type: "FeatureCollection", features };
}

export function feature(geometry, properties = {}) {
  return { type: "Feature", properties, geometry };
}

// What tiles there are; null (and a note in the map's place) where that cannot be known.
export async function tilesFor(holders, config) {
  try {
    const response = await fetch(config.urls.edition, { headers: { Accept: "application/json" } });
    if (!response.ok) throw new Error(String(response.status));
    return await response.json();
  } catch (error) {
    console.error(error);
    for (const holder of holders) note(holder, gettext("The server does not answer."));
    return null;
  }
}

export function note(holder, text) {
  const said = document.createElement("p");
  said.className = "map-note";
  said.textContent = text;
  holder.replaceChildren(said);
}

// layers: of the page, drawn over the territory; sources: names of GeoJSON that `draw` fills, those of
// `names` apart.
// grids: whether the grids of today are drawn from tiles.
export class PlanMap {
  constructor(holder, config, tiles, { sources, layers, grids = true }) {
    this.holder = holder;
    this.kept = Object.fromEntries(sources.map((name) => [name, EMPTY]));
    this.labelled = layers.filter(({ id }) => id.endsWith(LABELS)).map(({ source }) => source);
    for (const source of this.labelled) this.kept[source] = EMPTY;
    this.map = new maplibre.Map({
      container: holder,
      maxCanvasSize: MOST_CANVAS_PX,
      style: style(config, tiles, { sources: Object.keys(this.kept), layers, grids }),
      ...(config.box ? { bounds: config.box, fitBoundsOptions: { padding: PADDING, maxZoom: CLOSEST } } : { center: [112.57, 37.87], zoom: 10 }),
      localIdeographFontFamily: false,
      attributionControl: false,
      fadeDuration: 0,
      minZoom: 5,
      maxZoom: 20,
      dragRotate: false,
      pitchWithRotate: false,
      touchPitch: false,
      renderWorldCopies: false,
      reduceMotion: matchMedia("(prefers-reduced-motion: reduce)").matches,
      locale: { "NavigationControl.ZoomIn": gettext("Zoom in"), "NavigationControl.ZoomOut": gettext("Zoom out"), "Map.Title": gettext("Map") },
    });
    // Tests and the curious reach the map from its element.
    holder.map = this.map;
    this.map.addControl(new maplibre.NavigationControl({ showCompass: false }), "top-left");
    this.map.addControl(new maplibre.ScaleControl({ maxWidth: 100 * UNIT }), "bottom-right");
    this.map.touchZoomRotate.disableRotation();
    this.map.on("error", ({ error }) => console.error(error));
    this.map.on("load", () => {
      this.loaded = true;
      for (const [name, data] of Object.entries(this.kept)) this.draw(name, data);
    });
  }

  draw(name, data) {
    this.kept[name] = data;
    if (this.loaded) this.map.getSource(name).setData(data);
    // Names stand at points: a shape is cut into tiles, and each piece would have its own.
    if (this.labelled.includes(name + LABELS)) this.draw(name + LABELS, collection(data.features.map(middle)));
  }

  visit(box) {
    const [west, south, east, north] = box;
    this.map.fitBounds([west, south, east, north], { padding: PADDING, maxZoom: CLOSEST, animate: false });
    this.holder.scrollIntoView({ block: "nearest" });
  }
}

// Every button of the page that names a box or a place leads the map there.
export function followButtons(visit) {
  for (const button of document.querySelectorAll("[data-box]")) {
    button.addEventListener("click", () => visit(button.dataset.box.split(",").map(Number)));
  }
  for (const button of document.querySelectorAll("[data-place]")) {
    const [lon, lat] = button.dataset.place.split(",").map(Number);
    button.addEventListener("click", () => visit([lon, lat, lon, lat]));
  }
}

export function boxOf(geometries) {
  const points = geometries.filter(Boolean).flatMap(({ coordinates }) => coordinates.flat());
  const [lons, lats] = [0, 1].map((axis) => points.map((point) => point[axis]));
  const least = (values) => values.reduce((a, b) => Math.min(a, b));
  const most = (values) => values.reduce((a, b) => Math.max(a, b));
  return [least(lons), least(lats), most(lons), most(lats)];
}

// Where the other map looks; the same in both directions, without an echo.
export function follow(one, other) {
  let moving = false;
  const tie = (from, to) => from.on("move", () => {
    if (moving) return;
    moving = true;
    to.jumpTo({ center: from.getCenter(), zoom: from.getZoom() });
    moving = false;
  });
  tie(one, other);
  tie(other, one);
}

function style(config, { edition, layers: tiles }, { sources, layers, grids }) {
  const vector = (name) => ({ type: "vector", tiles: [`${location.origin}${config.urls.tiles}/${edition}/${name}/{z}/{x}/{y}.mvt`], ...tiles[name] });
  const level = (name) => ["==", ["get", "level"], name];
  return {
    version: 8,
    sources: {
      divisions: vector("divisions"),
      ...(grids && { grids: vector("grids") }),
      ...Object.fromEntries(sources.map((name) => [name, { type: "geojson", data: EMPTY, tolerance: 0.1 }])),
    },
    layers: [
      { id: "outside", type: "background", paint: { "background-color": color("map-outside") } },
      { id: "inside", type: "fill", source: "divisions", "source-layer": "divisions", filter: level("street"), paint: { "fill-color": color("map-inside"), "fill-antialias": false } },
      ...(grids ? [edge("grids", "grids", null, color("map-grid"), [11, 0.5, 15, 1.2])] : []),
      edge("communities", "divisions", level("community"), color("map-community"), [11, 0.7, 15, 2]),
      edge("streets", "divisions", level("street"), color("map-street"), [8, 0.7, 15, 2.6]),
      edge("district", "divisions", level("district"), color("map-district"), [8, 1.2, 15, 3]),
      ...layers,
      words("community-names", level("community"), [12]),
      words("street-names", level("street"), [9, 14.5]),
    ],
  };
}

function edge(id, source, filter, paint, widths) {
  return {
    id,
    type: "line",
    source,
    "source-layer": source,
    ...(filter && { filter }),
    layout: { "line-join": "round" },
    paint: { "line-color": paint, "line-width": ["interpolate", ["linear"], ["zoom"], ...widths] },
  };
}

function words(id, filter, [from, to]) {
  return {
    id,
    type: "symbol",
    source: "divisions",
    "source-layer": "division_names",
    filter,
    minzoom: from,
    ...(to && { maxzoom: to }),
    layout: { "text-field": ["get", "name"], "text-font": FONTS, "text-size": 12, "text-max-width": 7, "text-padding": 6 },
    paint: halo(color("map-lesser")),
  };
}

// The shape's centre of mass, with what else is known of it.
function middle({ geometry: { coordinates: [ring] }, properties }) {
  const [[x0, y0]] = ring;
  let [twice, x, y] = [0, 0, 0];
  ring.slice(1).forEach(([x2, y2], index) => {
    const [x1, y1] = ring[index];
    const cross = (x1 - x0) * (y2 - y0) - (x2 - x0) * (y1 - y0);
    twice += cross;
    x += cross * (x1 + x2 - 2 * x0);
    y += cross * (y1 + y2 - 2 * y0);
  });
  const coordinates = twice ? [x0 + x / (3 * twice), y0 + y / (3 * twice)] : [x0, y0];
  return feature({ type: "Point", coordinates }, properties);
}

// Names of grids that the page gives, where there is room.
export function names(source, from = 14) {
  return {
    id: source + LABELS,
    type: "symbol",
    source: source + LABELS,
    minzoom: from,
    layout: { "text-field": ["get", "name"], "text-font": FONTS, "text-size": 12, "text-max-width": 7, "text-padding": 6 },
    paint: halo(color("map-name")),
  };
}

function halo(text) {
  return { "text-color": text, "text-halo-color": color("map-outside"), "text-halo-width": 1.6 };
}
