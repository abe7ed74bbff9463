// Grids on a map coloured by a figure.  Knows no page: whoever has a map with the source "grids" of
// our tiles may colour it, once `gridColourLayers` stand in its style.
//
// Values are states of the tiles' features, so that new ones change colours alone: no tile is asked
// for or laid out again, and nothing flickers.

import { NOTHING, UNKNOWN, classOf, coloursOf } from "maps/figures/classes";

const SOURCE = "grids";
export const GRID_COLOUR_LAYER = "grid-colours";
const HATCHED = { [UNKNOWN]: "grid-unknown", [NOTHING]: "grid-nothing" };
const LAYERS = [GRID_COLOUR_LAYER, ...Object.values(HATCHED)];
const HATCH_SIDE = 12;
const HATCH_SCALE = 2;
const HATCH_INK = "#8a97a5";
// So many are set in one frame, so that the first colouring of tens of thousands stops nothing.
const AT_ONCE = 8_000;
const CLASS = ["coalesce", ["feature-state", "class"], UNKNOWN];

// Under borders and names: they are the ground, not the news.
export function gridColourLayers() {
  const layer = { type: "fill", source: SOURCE, "source-layer": SOURCE, layout: { visibility: "none" } };
  const hatched = Object.entries(HATCHED).map(([one, id]) => ({
    ...layer,
    id,
    paint: { "fill-pattern": id, "fill-opacity": ["case", ["==", CLASS, Number(one)], 0.55, 0] },
  }));
  return [{ ...layer, id: GRID_COLOUR_LAYER, paint: { "fill-color": "#000000", "fill-opacity": ["case", [">=", CLASS, 0], 0.78, 0] } }, ...hatched];
}

export class GridColours {
  constructor(map) {
    this.map = map;
    this.figure = "";
    this.classes = new Map();
    this.drawn = new Map();
    this.loaded = false;
  }

  // When the style is there; again when the driver has dropped it and given it back: with it went
  // what was known of its features.
  ready() {
    this.loaded = true;
    this.drawn = new Map();
    for (const id of Object.values(HATCHED)) {
      if (!this.map.hasImage(id)) this.map.addImage(id, hatch(id), { pixelRatio: HATCH_SCALE });
    }
    this.draw();
  }

  // The driver has dropped the picture: nothing may be asked of the map until `ready`.
  dropped() {
    this.loaded = false;
  }

  // values: of each grid by its id; "" for the figure shows none.
  show(figure, values = new Map()) {
    this.figure = figure;
    this.classes = new Map([...values].map(([id, value]) => [id, classOf(figure, value)]));
    if (this.loaded) this.draw();
  }

  draw() {
    clearTimeout(this.next);
    for (const layer of LAYERS) this.map.setLayoutProperty(layer, "visibility", this.figure ? "visible" : "none");
    if (!this.figure) return;
    if (this.painted !== this.figure) this.paint();
    // What has gone from the territory keeps no colour of before.
    for (const id of this.drawn.keys()) if (!this.classes.has(id)) this.set(id, UNKNOWN);
    this.colour([...this.classes].filter(([id, one]) => this.drawn.get(id) !== one));
  }

  paint() {
    this.painted = this.figure;
    const colours = coloursOf(this.figure, isLight());
    const steps = colours.flatMap((colour, index) => (index ? [index, colour] : [colour]));
    this.map.setPaintProperty(GRID_COLOUR_LAYER, "fill-color", ["step", CLASS, ...steps]);
  }

  colour(changed) {
    for (const [id, one] of changed.slice(0, AT_ONCE)) this.set(id, one);
    const rest = changed.slice(AT_ONCE);
    if (rest.length) this.next = setTimeout(() => this.loaded && this.colour(rest), 0);
  }

  set(id, one) {
    this.drawn.set(id, one);
    this.map.setFeatureState({ source: SOURCE, sourceLayer: SOURCE, id }, { class: one });
  }
}

function isLight() {
  return document.documentElement.dataset.theme === "light";
}

// Slanted lines that meet over the edges; the two lean apart, for they mean different things.
export function hatch(id) {
  const side = HATCH_SIDE * HATCH_SCALE;
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [side, side];
  const pen = canvas.getContext("2d", { willReadFrequently: true });
  pen.strokeStyle = HATCH_INK;
  pen.lineWidth = id === HATCHED[UNKNOWN] ? 4 : 1.5;
  if (id !== HATCHED[UNKNOWN]) {
    pen.translate(side, 0);
    pen.scale(-1, 1);
  }
  for (const from of [-side, 0, side]) {
    pen.beginPath();
    pen.moveTo(from - 2, side + 2);
    pen.lineTo(from + side + 2, -2);
    pen.stroke();
  }
  return pen.getImageData(0, 0, side, side);
}

// A sign for a legend: the colour of a class, or the hatching of what is unknown or nothing.
export function swatch(figure, one) {
  const made = document.createElement("canvas");
  [made.width, made.height, made.className] = [56, 28, "swatch"];
  const pen = made.getContext("2d");
  if (one >= 0) {
    pen.fillStyle = coloursOf(figure, isLight())[one];
    pen.fillRect(0, 0, made.width, made.height);
    return made;
  }
  const tile = hatch(HATCHED[one]);
  for (let x = 0; x < made.width; x += tile.width) for (let y = 0; y < made.height; y += tile.height) pen.putImageData(tile, x, y);
  return made;
}
