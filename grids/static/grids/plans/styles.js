// How the editor's map is drawn, in the page's colours of the theme that is on.

import { color, UNIT } from "maps/display/tokens";
import { ol } from "plans/ol";

const { Circle, Fill, Icon, RegularShape, Stroke, Style, Text } = ol.style;
const FONT = '"Noto Sans CJK SC", "Source Han Sans SC", "PingFang SC", "Microsoft YaHei", sans-serif';
const INK = Object.fromEntries(["accent", "bg", "map-grid", "map-community", "map-district", "map-name", "map-lesser", "map-picked", "muted", "offline", "track", "degraded"].map((name) => [name, color(name)]));
const LOCK = "M7 11V8a5 5 0 0 1 10 0v3h1v9H6v-9zM9 11h6V8a3 3 0 0 0-6 0z";

function thin(name, share) {
  const [red, green, blue] = [1, 3, 5].map((at) => Number.parseInt(INK[name].slice(at, at + 2), 16));
  return `rgba(${red}, ${green}, ${blue}, ${share})`;
}

const stroke = (name, width, dash) => new Stroke({ color: INK[name], width: width * UNIT, lineDash: dash?.map((one) => one * UNIT) });
const fill = (name, share) => new Fill({ color: thin(name, share) });

// Stripes: what the plan has changed is told by more than a shade.
const stripes = (() => {
  const side = 8;
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = side;
  const pen = canvas.getContext("2d");
  pen.fillStyle = thin("accent", 0.16);
  pen.fillRect(0, 0, side, side);
  pen.strokeStyle = thin("accent", 0.4);
  pen.lineWidth = 1.2;
  for (const from of [-side, 0, side]) {
    pen.beginPath();
    pen.moveTo(from, side);
    pen.lineTo(from + side, 0);
    pen.stroke();
  }
  return new Fill({ color: pen.createPattern(canvas, "repeat") });
})();

const lockIcon = new Icon({
  src: `data:image/svg+xml,${encodeURIComponent(`<svg xmlns="http://www.w3.org/2000/svg" width="22" height="22" viewBox="0 0 24 24"><path d="${LOCK}" fill="${INK["map-name"]}" stroke="${INK.bg}" stroke-width="1.5"/></svg>`)}`,
  displacement: [0, 34 * UNIT],
  scale: UNIT,
});

const PLAIN = {
  own: new Style({ fill: fill("accent", 0.09), stroke: stroke("map-district", 1.6), zIndex: 2 }),
  changed: new Style({ fill: stripes, stroke: stroke("map-district", 1.6), zIndex: 2 }),
  beside: new Style({ fill: fill("muted", 0.04), stroke: stroke("map-grid", 1.2, [5, 4]), zIndex: 1 }),
};
const CHOSEN = new Style({ fill: fill("track", 0.14), stroke: stroke("map-picked", 3.2), zIndex: 4 });

function label(text, name, size, weight) {
  return new Text({
    text,
    font: `${weight} ${size * UNIT}px ${FONT}`,
    fill: new Fill({ color: INK[name] }),
    stroke: new Stroke({ color: INK.bg, width: 3.5 * UNIT }),
  });
}

// How a grid looks now.  name: what it is called on the map, null for no words.  width_px: of its box.
export function gridStyle(grid, { chosen, locked, name, width_px: width }) {
  const kind = !grid.own ? "beside" : grid.changed ? "changed" : "own";
  const words = name !== null && new Style({ text: grid.own ? ownLabel(grid, name, width) : label(name, "map-lesser", 12, ""), zIndex: 5 });
  return [PLAIN[kind], chosen && CHOSEN, words, locked && new Style({ geometry: middleOf, image: lockIcon, zIndex: 6 })].filter(Boolean);
}

// Number and name, one below the other; of a narrow grid the number, which is never left out.
function ownLabel(grid, name, width) {
  const number = grid.code.slice(12);
  const fits = width > name.length * 13 * UNIT + 12;
  const text = label(fits ? [number, `bold ${15 * UNIT}px ${FONT}`, "\n", "", name, `${13 * UNIT}px ${FONT}`] : number, "map-name", 15, "bold");
  text.setOverflow(true);
  return text;
}

function middleOf(feature) {
  return feature.getGeometry().getInteriorPoint();
}

export const PREVIEW = [
  new Style({ stroke: stroke("bg", 5), zIndex: 7 }),
  new Style({ fill: fill("track", 0.2), stroke: stroke("track", 2.4, [8, 5]), zIndex: 8 }),
];

// Number and area; where only a shape is shown, its number.
export function previewStyle({ code, area_m2: area }, areaText) {
  const number = code.slice(12);
  const words = area === undefined ? number : [number, `bold ${15 * UNIT}px ${FONT}`, "\n", "", areaText(area), `${13 * UNIT}px ${FONT}`];
  return [...PREVIEW, new Style({ text: label(words, "map-name", 15, "bold"), zIndex: 9 })];
}

const dot = new Circle({ radius: 4.5 * UNIT, fill: new Fill({ color: INK.track }), stroke: stroke("bg", 1.5) });

// A drawn line, and the place below the pointer.
export function sketchStyle(feature) {
  const geometry = feature.getGeometry();
  if (geometry.getType() === "Point") return new Style({ image: dot, zIndex: 12 });
  return [
    new Style({ stroke: stroke("bg", 5.5), zIndex: 10 }),
    new Style({ stroke: stroke("track", 2.8), fill: fill("track", 0.12), zIndex: 11 }),
    new Style({ image: dot, geometry: cornersOf, zIndex: 12 }),
  ];
}

function cornersOf(feature) {
  const geometry = feature.getGeometry();
  const flat = geometry.getType() === "Polygon" ? geometry.getCoordinates()[0] : geometry.getCoordinates();
  return new ol.geom.MultiPoint(flat ?? []);
}

export const HANDLE = new Style({ image: new RegularShape({ points: 4, radius: 7 * UNIT, angle: Math.PI / 4, fill: new Fill({ color: INK.track }), stroke: stroke("bg", 2) }), zIndex: 12 });

export const TROUBLE = [
  new Style({ image: new Circle({ radius: 15 * UNIT, stroke: stroke("bg", 7) }), zIndex: 20 }),
  new Style({ image: new Circle({ radius: 15 * UNIT, stroke: stroke("offline", 3.5) }), zIndex: 21 }),
  new Style({ image: new Circle({ radius: 3 * UNIT, fill: new Fill({ color: INK.offline }) }), zIndex: 21 }),
];

export const PLACES = [
  new Style({ fill: fill("degraded", 0.12), stroke: stroke("degraded", 1.5), zIndex: 6 }),
  new Style({ image: new Circle({ radius: 4.5 * UNIT, fill: new Fill({ color: INK.degraded }), stroke: stroke("bg", 1.5) }), zIndex: 6 }),
];

export const STREETS = new Style({ stroke: new Stroke({ color: thin("map-lesser", 0.35), width: 1.2 * UNIT }), zIndex: 0 });
export const BUILDINGS = new Style({ image: new RegularShape({ points: 4, radius: 2.6 * UNIT, angle: Math.PI / 4, fill: fill("map-lesser", 0.55) }), zIndex: 0 });

export const BASE_AREAS = (name) => new Style({ fill: fill(name, 0.5) });
export const baseStyle = (feature) => (feature.getType().endsWith("LineString") ? STREETS : feature.getType().endsWith("Polygon") ? BASE_AREAS("map-grid") : null);
