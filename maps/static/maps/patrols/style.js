// What the map draws of people on duty: themselves, one track, a shift played again.

import { color, UNIT } from "maps/display/tokens";

const NAMES = ["Noto Sans CJK SC", "Source Han Sans SC", "PingFang SC", "Microsoft YaHei"];
// From afar those who are close together are one mark with their number.
const HEAPS_BELOW = 12;
const TRACK = color("track");
const DOUBTED = color("unknown");
const SOMEBODY = color("force-grid-worker");

export const PERSON_LAYER = "people";
export const PEOPLE_LAYERS = ["person-heaps", "person-heap-numbers", "person-arrows", PERSON_LAYER, "person-names"];
export const REPLAY_LAYERS = ["replay", "replay-names"];

function points(more = {}) {
  return { type: "geojson", data: { type: "FeatureCollection", features: [] }, ...more };
}

export function patrolSources() {
  return {
    people: points({ cluster: true, clusterMaxZoom: HEAPS_BELOW, clusterRadius: 34 * UNIT }),
    track: points(),
    "track-points": points(),
    replay: points(),
  };
}

function signSize(few) {
  return ["interpolate", ["linear"], ["zoom"], 10, few * 0.6 * UNIT, 13, few * 0.8 * UNIT, 16, few * 1.05 * UNIT];
}

const NAME = {
  "text-font": NAMES,
  "text-size": 14 * UNIT,
  "text-anchor": "top",
  "text-offset": [0, 1.1],
  "text-max-width": 9,
  "text-optional": true,
};

function halo(ink) {
  return { "text-color": ink, "text-halo-color": color("map-outside"), "text-halo-width": 1.6 };
}

export function trackLayers() {
  return [
    {
      id: "track",
      type: "line",
      source: "track",
      layout: { "line-join": "round", "line-cap": "round" },
      paint: { "line-color": TRACK, "line-width": ["interpolate", ["linear"], ["zoom"], 11, 1.6 * UNIT, 16, 4 * UNIT], "line-opacity": 0.85 },
    },
    {
      id: "track-ways",
      type: "symbol",
      source: "track",
      minzoom: 13,
      layout: { "symbol-placement": "line", "symbol-spacing": 70 * UNIT, "icon-image": "track-chevron", "icon-size": 0.45 * UNIT, "icon-rotation-alignment": "map" },
    },
    {
      id: "track-doubted",
      type: "circle",
      source: "track-points",
      filter: ["==", ["get", "kind"], "doubted"],
      paint: { "circle-radius": 4 * UNIT, "circle-color": "rgba(0,0,0,0)", "circle-stroke-color": DOUBTED, "circle-stroke-width": 1.5 },
    },
    {
      id: "track-stops",
      type: "circle",
      source: "track-points",
      filter: ["==", ["get", "kind"], "stop"],
      paint: { "circle-radius": 9 * UNIT, "circle-color": color("map-inside"), "circle-stroke-color": TRACK, "circle-stroke-width": 2 },
    },
    {
      id: "track-words",
      type: "symbol",
      source: "track-points",
      filter: ["in", ["get", "kind"], ["literal", ["stop", "end"]]],
      layout: { "text-field": ["get", "label"], "text-font": NAMES, "text-size": 14 * UNIT, "text-allow-overlap": true },
      paint: halo(color("map-name")),
    },
  ];
}

export function peopleLayers() {
  const [accent, bg] = [color("accent"), color("bg")];
  const each = ["!", ["has", "point_count"]];
  return [
    {
      id: "person-heaps",
      type: "circle",
      source: "people",
      filter: ["has", "point_count"],
      paint: {
        "circle-radius": ["interpolate", ["linear"], ["get", "point_count"], 2, 11 * UNIT, 20, 15 * UNIT, 200, 22 * UNIT],
        "circle-color": bg,
        "circle-opacity": 0.85,
        "circle-stroke-color": SOMEBODY,
        "circle-stroke-width": 2.5,
      },
    },
    {
      id: "person-heap-numbers",
      type: "symbol",
      source: "people",
      filter: ["has", "point_count"],
      layout: { "text-field": ["to-string", ["get", "point_count"]], "text-font": NAMES, "text-size": 14 * UNIT, "text-allow-overlap": true, "text-ignore-placement": true },
      paint: { "text-color": SOMEBODY },
    },
    {
      id: "person-arrows",
      type: "symbol",
      source: "people",
      filter: ["all", each, [">=", ["get", "bearing"], 0]],
      layout: {
        "icon-image": "person-arrow",
        "icon-size": signSize(1.5),
        "icon-rotate": ["get", "bearing"],
        "icon-rotation-alignment": "map",
        "icon-allow-overlap": true,
        "icon-ignore-placement": true,
      },
    },
    {
      id: PERSON_LAYER,
      type: "symbol",
      source: "people",
      filter: each,
      layout: {
        "icon-image": ["concat", "person-", ["get", "force"], ["case", ["==", ["get", "stage"], "offline"], "-hollow", "-full"]],
        "icon-size": signSize(1),
        "icon-allow-overlap": true,
        "icon-ignore-placement": true,
        "symbol-sort-key": ["match", ["get", "stage"], "live", 2, "stale", 1, 0],
      },
      paint: { "icon-opacity": ["match", ["get", "stage"], "stale", 0.5, 1] },
    },
    {
      id: "person-names",
      type: "symbol",
      source: "people",
      minzoom: 14.5,
      filter: each,
      layout: { ...NAME, "text-field": ["get", "label"] },
      paint: halo(accent),
    },
  ];
}

export function replayLayers() {
  return [
    {
      id: "replay",
      type: "symbol",
      source: "replay",
      layout: {
        "icon-image": ["concat", "person-", ["get", "force"], ["case", ["get", "lost"], "-hollow", "-full"]],
        "icon-size": signSize(1),
        "icon-allow-overlap": true,
        "icon-ignore-placement": true,
      },
      paint: { "icon-opacity": ["case", ["get", "lost"], 0.6, 1] },
    },
    { id: "replay-names", type: "symbol", source: "replay", minzoom: 14.5, layout: { ...NAME, "text-field": ["get", "name"] }, paint: halo(color("map-name")) },
  ];
}
