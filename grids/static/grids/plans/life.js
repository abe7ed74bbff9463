// The shapes that a grid has had; the buttons beside the map choose one, and the others stay as lines.

import { boxOf, collection, feature, note, PlanMap, tilesFor } from "grids/plans/plan_map";
import { color } from "maps/display/tokens";

export async function start(holder, config) {
  const shapes = config.grid_shapes ?? [];
  if (!shapes.length) return note(holder, gettext("There is no shape here to show yet."));
  const tiles = await tilesFor([holder], config);
  if (!tiles) return;
  const page = new PlanMap(holder, config, tiles, { sources: ["others", "chosen"], layers: layers() });
  const buttons = [...document.querySelectorAll("#shapes button")];
  const choose = (index) => {
    page.draw("chosen", collection([feature(shapes[index].shape)]));
    page.draw("others", collection(shapes.filter((_one, at) => at !== index).map(({ shape }) => feature(shape))));
    buttons.forEach((button, at) => button.setAttribute("aria-pressed", String(at === index)));
  };
  buttons.forEach((button, index) => button.addEventListener("click", () => {
    choose(index);
    page.visit(boxOf([shapes[index].shape]));
  }));
  choose(0);
}

function layers() {
  return [
    { id: "chosen", type: "fill", source: "chosen", paint: { "fill-color": color("accent"), "fill-opacity": 0.2 } },
    { id: "others", type: "line", source: "others", paint: { "line-color": color("degraded"), "line-width": 1.5, "line-dasharray": [3, 2] } },
    { id: "chosen-edge", type: "line", source: "chosen", layout: { "line-join": "round" }, paint: { "line-color": color("accent"), "line-width": 2.5 } },
  ];
}
