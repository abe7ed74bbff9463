// Two maps, side by side or one over the other with a border that is moved; both look at the same place.

import { color, follow, followButtons, names, note, PlanMap, tilesFor } from "grids/plans/plan_map";

export async function start(box, config) {
  const holders = [...box.querySelectorAll(".compare-map")];
  const [tiles, shapes] = await Promise.all([tilesFor(holders, config), load(holders, config)]);
  if (!tiles || !shapes) return;
  const maps = holders.map((holder) => new PlanMap(holder, config, tiles, { sources: ["same", "changed"], layers: layers(), grids: false }));
  maps.forEach((one, index) => {
    one.draw("same", shapes.same);
    one.draw("changed", index === 0 ? shapes.before : shapes.after);
  });
  follow(maps[0].map, maps[1].map);
  followButtons((place) => maps[0].visit(place));
  arrangements(box, maps);
}

async function load(holders, { urls }) {
  try {
    const response = await fetch(urls.shapes, { headers: { Accept: "application/json" } });
    const told = await response.json();
    if (response.ok) return told;
    for (const holder of holders) note(holder, told.error.message);
  } catch (error) {
    console.error(error);
    for (const holder of holders) note(holder, gettext("The server does not answer."));
  }
  return null;
}

function arrangements(box, maps) {
  const edge = box.querySelector(".compare-edge");
  const ways = [...document.querySelectorAll("input[name=way]")];
  const arrange = () => {
    const swipes = ways.some((way) => way.checked && way.value === "swipe");
    box.toggleAttribute("data-swipe", swipes);
    edge.hidden = !swipes;
    box.style.setProperty("--edge", `${edge.value}%`);
    for (const { map } of maps) map.resize();
  };
  for (const way of ways) way.addEventListener("change", arrange);
  edge.addEventListener("input", arrange);
  arrange();
}

function layers() {
  const changes = ["match", ["get", "change"], "born", color("online"), "retired", color("offline"), "reshaped", color("degraded"), color("accent")];
  return [
    { id: "changed", type: "fill", source: "changed", paint: { "fill-color": changes, "fill-opacity": 0.2 } },
    { id: "same", type: "line", source: "same", paint: { "line-color": color("map-street"), "line-width": ["interpolate", ["linear"], ["zoom"], 11, 0.5, 15, 1.2] } },
    { id: "changed-edges", type: "line", source: "changed", layout: { "line-join": "round" }, paint: { "line-color": changes, "line-width": 2.5 } },
    names("changed", 13),
    names("same", 14.5),
  ];
}
