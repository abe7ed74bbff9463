// The map of a plan's page: borders before and after, and the places of what is wrong.

import { boxOf, collection, feature, followButtons, names, PlanMap, tilesFor } from "grids/plans/plan_map";
import { color } from "maps/display/tokens";

export async function start(holder, config) {
  const tiles = await tilesFor([holder], config);
  if (!tiles) return;
  const changes = config.plan_changes ?? [];
  const page = new PlanMap(holder, config, tiles, { sources: ["before", "after", "picked", "places"], layers: layers() });
  const side = (name) => collection(changes.filter((one) => one[name]).map((one) => feature(one[name], { kind: one.kind, name: one.name })));
  page.draw("before", side("before"));
  page.draw("after", side("after"));
  page.draw("places", collection((config.places ?? []).map(({ place, text }) => feature({ type: "Point", coordinates: place }, { text }))));
  followButtons((box) => page.visit(box));
  const shapes = new Map(changes.map((one) => [one.code, [one.before, one.after].filter(Boolean)]));
  for (const row of document.querySelectorAll("[data-grid]")) {
    const found = shapes.get(row.dataset.grid);
    if (!found) continue;
    const pick = () => {
      page.draw("picked", collection(found.slice(-1).map((shape) => feature(shape))));
      page.visit(boxOf(found));
    };
    row.addEventListener("click", ({ target }) => target.closest("a") || pick());
    row.addEventListener("keydown", ({ key, target }) => key === "Enter" && target === row && pick());
  }
}

function layers() {
  const kinds = ["match", ["get", "kind"], "born", color("online"), "retired", color("offline"), "reshaped", color("accent"), color("muted")];
  return [
    { id: "gone", type: "fill", source: "before", filter: ["==", ["get", "kind"], "retired"], paint: { "fill-color": color("offline"), "fill-opacity": 0.16 } },
    { id: "changed", type: "fill", source: "after", paint: { "fill-color": kinds, "fill-opacity": 0.14 } },
    { id: "picked", type: "fill", source: "picked", paint: { "fill-color": color("accent"), "fill-opacity": 0.3 } },
    { id: "after", type: "line", source: "after", layout: { "line-join": "round" }, paint: { "line-color": color("accent"), "line-width": 2.5 } },
    { id: "before", type: "line", source: "before", layout: { "line-join": "round" }, paint: { "line-color": color("degraded"), "line-width": 1.75, "line-dasharray": [3, 2] } },
    names("after", 13.5),
    { id: "places", type: "circle", source: "places", paint: { "circle-radius": 7, "circle-color": color("offline"), "circle-stroke-color": color("map-outside"), "circle-stroke-width": 2 } },
  ];
}
