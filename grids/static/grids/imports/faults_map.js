// The faults of a file on a map: its shapes in outline, what is wrong with them in red.

import * as maplibre from "maplibre-gl";
import { color } from "maps/display/tokens";

const INK = { ground: color("map-inside"), division: color("map-community"), shape: color("map-street"), fault: color("offline"), picked: color("map-picked") };
const REACH_PX = 8;
const CLOSE_ZOOM = 17;
const calm = matchMedia("(prefers-reduced-motion: reduce)");

const holder = document.getElementById("map");
const spot = document.getElementById("spot");
const rows = new Map([...document.querySelectorAll("[data-fault]")].map((row) => [Number(row.dataset.fault), row]));

const words = {
  "Map.Title": gettext("Map"),
  "NavigationControl.ZoomIn": gettext("Zoom in"),
  "NavigationControl.ZoomOut": gettext("Zoom out"),
  "ScaleControl.Meters": gettext("m"),
  "ScaleControl.Kilometers": gettext("km"),
};

let data = null;
let map = null;

async function begin() {
  const response = await fetch(holder.dataset.url, { headers: { Accept: "application/json" } }).catch(() => null);
  if (!response?.ok) return void (spot.textContent = gettext("The map of the faults could not be loaded. Reload the page."));
  data = await response.json();
  map = new maplibre.Map({
    container: holder,
    style: style(),
    bounds: extent(data.faults.features.length ? data.faults.features : data.shapes.features),
    fitBoundsOptions: { padding: 48, maxZoom: 15 },
    locale: words,
    attributionControl: false,
    fadeDuration: 0,
    dragRotate: false,
    pitchWithRotate: false,
    touchPitch: false,
    renderWorldCopies: false,
  });
  holder.map = map; // tests and the curious reach it from its element
  map.addControl(new maplibre.NavigationControl({ showCompass: false }), "top-left");
  map.addControl(new maplibre.ScaleControl({ maxWidth: 120 }), "bottom-right");
  map.touchZoomRotate.disableRotation();
  map.on("click", clicked);
  map.on("mousemove", moved);
  map.on("error", ({ error }) => console.error(error));
}

function style() {
  const source = (content) => ({ type: "geojson", data: content });
  const polygons = ["==", ["geometry-type"], "Polygon"];
  const points = ["==", ["geometry-type"], "Point"];
  const empty = { type: "FeatureCollection", features: [] };
  return {
    version: 8,
    sources: {
      divisions: source(data.divisions),
      around: source(data.around),
      shapes: source(data.shapes),
      faults: source(data.faults),
      marks: source({ type: "FeatureCollection", features: data.faults.features.map(mark) }),
      picked: source(empty),
    },
    layers: [
      { id: "ground", type: "background", paint: { "background-color": INK.ground } },
      { id: "divisions", type: "line", source: "divisions", paint: { "line-color": INK.division, "line-width": 2 } },
      { id: "around", type: "line", source: "around", paint: { "line-color": INK.division, "line-width": 1, "line-dasharray": [3, 2] } },
      { id: "shapes-fill", type: "fill", source: "shapes", filter: polygons, paint: { "fill-color": INK.shape, "fill-opacity": 0.08 } },
      { id: "shapes", type: "line", source: "shapes", paint: { "line-color": INK.shape, "line-width": 1 } },
      { id: "faults-fill", type: "fill", source: "faults", filter: polygons, paint: { "fill-color": INK.fault, "fill-opacity": 0.45 } },
      { id: "faults-line", type: "line", source: "faults", filter: ["!", points], paint: { "line-color": INK.fault, "line-width": 3 } },
      // What is a hand's breadth wide shows from afar, too.
      {
        id: "marks", type: "circle", source: "marks",
        paint: { "circle-radius": 6, "circle-color": INK.fault, "circle-stroke-color": INK.ground, "circle-stroke-width": 1.5 },
      },
      {
        id: "picked", type: "circle", source: "picked",
        paint: { "circle-radius": 14, "circle-color": INK.picked, "circle-opacity": 0.1, "circle-stroke-color": INK.picked, "circle-stroke-width": 2.5 },
      },
    ],
  };
}

function* coordinates(geometry) {
  if (geometry.type === "GeometryCollection") {
    for (const part of geometry.geometries) yield* coordinates(part);
    return;
  }
  const parts = [geometry.coordinates];
  while (parts.length) {
    const part = parts.pop();
    if (typeof part[0] === "number") yield part;
    else parts.push(...part);
  }
}

function extent(features) {
  let box = null;
  for (const { geometry } of features) {
    for (const [x, y] of coordinates(geometry)) {
      box ??= [x, y, x, y];
      box = [Math.min(box[0], x), Math.min(box[1], y), Math.max(box[2], x), Math.max(box[3], y)];
    }
  }
  return box ?? [73, 18, 135, 53];
}

// A point on the fault, not beside it: the corner nearest to its middle.
function mark(feature) {
  const [west, south, east, north] = extent([feature]);
  const away = ([x, y]) => Math.hypot(x - (west + east) / 2, y - (south + north) / 2);
  const corners = [...coordinates(feature.geometry)];
  const nearest = corners.reduce((best, corner) => (away(corner) < away(best) ? corner : best));
  return { type: "Feature", properties: feature.properties, geometry: { type: "Point", coordinates: nearest } };
}

function faultAt({ x, y }) {
  const near = [[x - REACH_PX, y - REACH_PX], [x + REACH_PX, y + REACH_PX]];
  const [hit] = map.queryRenderedFeatures(near, { layers: ["marks", "faults-line", "faults-fill"] });
  return hit?.properties.id;
}

function clicked({ point }) {
  const id = faultAt(point);
  if (id !== undefined) pick(id, { scroll: true });
}

function moved({ point }) {
  map.getCanvas().style.cursor = faultAt(point) === undefined ? "" : "pointer";
}

function pick(id, { go = false, scroll = false } = {}) {
  const feature = data?.faults.features.find((one) => one.properties.id === id);
  if (!feature) return;
  for (const [key, row] of rows) row.toggleAttribute("data-picked", key === id);
  if (scroll) rows.get(id)?.scrollIntoView({ block: "nearest" });
  spot.textContent = feature.properties.said;
  map.getSource("picked").setData({ type: "FeatureCollection", features: [mark(feature)] });
  if (go) map.fitBounds(extent([feature]), { padding: 80, maxZoom: CLOSE_ZOOM, duration: calm.matches ? 0 : 500 });
}

for (const [id, row] of rows) {
  row.addEventListener("click", () => pick(id, { go: true }));
  row.addEventListener("keydown", (event) => event.key === "Enter" && pick(id, { go: true }));
}

begin();
