// What the map draws of what has been seen.  From blue to red, so that it can be told apart without
// telling red from green.

import { color } from "maps/display/tokens";

// The longer ago, the louder; the same on the page of a grid.
export const AGE_COLOURS = [0, 1, 2, 3, 4].map((age) => color(`age-${age}`));
export const SHARE_COLOURS = ["#7a2a2a", "#8a6a2f", "#3f7f86", "#3d8bfd"];
export const COVERED_COLOURS = ["#b5473c", "#3d8bfd"];
export const VIDEO_COLOUR = color("video");

const BLIND = ["blind-cells", "video-cells", "blind-streets", "video-seen"];
const CELLS_FROM = 15;
const COVERED = ["covered-grids", "covered-cells"];
export const LAYERS_OF = { off: [], blind: BLIND, covered: COVERED };

const AGE = ["match", ["get", "age"], ...AGE_COLOURS.flatMap((colour, index) => [index, colour]), AGE_COLOURS.at(-1)];
const HIDDEN = { visibility: "none" };

export function coverageSources(source) {
  return { blind: source("blind"), covered: source("covered"), video: { type: "geojson", data: { type: "FeatureCollection", features: [] } } };
}

// Under borders and names: they are the ground, not the news.
export function coverageLayers() {
  return [
    {
      id: "covered-grids",
      type: "fill",
      source: "covered",
      "source-layer": "covered_grids",
      layout: HIDDEN,
      paint: {
        "fill-color": ["interpolate", ["linear"], ["get", "share"], ...SHARE_COLOURS.flatMap((colour, index) => [index / (SHARE_COLOURS.length - 1), colour])],
        "fill-opacity": 0.55,
      },
    },
    {
      id: "covered-cells",
      type: "fill",
      source: "covered",
      "source-layer": "covered_cells",
      layout: HIDDEN,
      paint: { "fill-color": ["match", ["get", "seen"], 1, COVERED_COLOURS[1], COVERED_COLOURS[0]], "fill-opacity": 0.4, "fill-antialias": false },
    },
    {
      id: "blind-cells",
      type: "fill",
      source: "blind",
      "source-layer": "blind_cells",
      layout: HIDDEN,
      paint: { "fill-color": AGE, "fill-opacity": 0.32, "fill-antialias": false },
    },
    {
      id: "video-cells",
      type: "fill",
      source: "blind",
      "source-layer": "video_cells",
      layout: HIDDEN,
      paint: { "fill-color": VIDEO_COLOUR, "fill-opacity": 0.45, "fill-antialias": false },
    },
    {
      id: "blind-streets",
      type: "line",
      source: "blind",
      "source-layer": "blind_streets",
      layout: { ...HIDDEN, "line-cap": "round", "line-sort-key": ["get", "age"] },
      paint: { "line-color": AGE, "line-width": ["interpolate", ["linear"], ["zoom"], 10, 1, 13, 2.4, 16, 5] },
    },
    {
      id: "video-seen",
      type: "fill",
      source: "video",
      layout: HIDDEN,
      // Close by the cells say how far it counts, and the sector is their edge.
      paint: { "fill-color": VIDEO_COLOUR, "fill-opacity": ["step", ["zoom"], 0.3, CELLS_FROM, 0.08], "fill-outline-color": VIDEO_COLOUR },
    },
  ];
}
