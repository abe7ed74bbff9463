// The grids of a day, loaded in pieces as many as they are.

import { collection, feature, followButtons, names, note, PlanMap, tilesFor } from "grids/plans/plan_map";
import { color } from "maps/display/tokens";

export async function start(holder, config) {
  const tiles = await tilesFor([holder], config);
  if (!tiles) return;
  const page = new PlanMap(holder, config, tiles, { sources: ["grids-then", "picked"], layers: layers(), grids: false });
  followButtons((box) => {
    const [west, south, east, north] = box;
    const sides = [[west, south], [east, south], [east, north], [west, north], [west, south]];
    page.draw("picked", collection([feature({ type: "Polygon", coordinates: [sides] })]));
    page.visit(box);
  });
  const all = [];
  try {
    for (let total = 1; all.length < total;) {
      const response = await fetch(`${config.urls.map}&limit=${config.piece}&offset=${all.length}`, { headers: { Accept: "application/json" } });
      const told = await response.json();
      if (!response.ok) throw new Error(told.error.message);
      total = told.features.length ? told.total : 0;
      all.push(...told.features);
      page.draw("grids-then", collection(all));
    }
  } catch (error) {
    note(holder, error.message);
  }
}

function layers() {
  return [
    { id: "grids-then", type: "fill", source: "grids-then", paint: { "fill-color": color("accent"), "fill-opacity": 0.06 } },
    { id: "grids-then-edges", type: "line", source: "grids-then", layout: { "line-join": "round" }, paint: { "line-color": color("map-district"), "line-width": ["interpolate", ["linear"], ["zoom"], 11, 0.6, 15, 1.6] } },
    { id: "picked", type: "line", source: "picked", paint: { "line-color": color("accent"), "line-width": 2, "line-dasharray": [2, 2] } },
    names("grids-then", 14),
  ];
}
