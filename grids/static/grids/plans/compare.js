// Two maps, side by side or one over the other with a border that is moved; both look at the same place.

import { boxOf, collection, feature, follow, followButtons, names, note, PlanMap, tilesFor } from "grids/plans/plan_map";
import { color } from "maps/display/tokens";

export async function start(box, config) {
  const holders = [...box.querySelectorAll(".compare-map")];
  const [tiles, shapes] = await Promise.all([tilesFor(holders, config), load(holders, config)]);
  if (!tiles || !shapes) return;
  const seen = { ...config, box: config.box ?? boxOfAll(shapes) };
  const maps = holders.map((holder) => new PlanMap(holder, seen, tiles, { sources: ["same", "changed", "faults", "marks"], layers: layers(), grids: false }));
  maps.forEach((one, index) => {
    one.draw("same", shapes.same);
    one.draw("changed", index === 0 ? shapes.before : shapes.after);
    const faults = shapes.faults ?? collection([]);
    one.draw("faults", faults);
    one.draw("marks", collection(faults.features.map(({ geometry }) => feature({ type: "Point", coordinates: anyPoint(geometry) }))));
  });
  follow(maps[0].map, maps[1].map);
  followButtons((place) => maps[0].visit(place));
  arrangements(box, maps);
}

// Where to look when the page does not say: at what changes.
function boxOfAll({ same, before, after }) {
  const changed = [...before.features, ...after.features];
  const shown = changed.length > 0 ? changed : same.features;
  return shown.length > 0 ? boxOf(shown.map(({ geometry }) => geometry)) : null;
}

function anyPoint({ type, coordinates, geometries }) {
  return type === "GeometryCollection" ? anyPoint(geometries[0]) : coordinates.flat(3).slice(0, 2);
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
    { id: "faults", type: "line", source: "faults", filter: ["!=", ["geometry-type"], "Point"], paint: { "line-color": color("offline"), "line-width": 4 } },
    // What is a hand's breadth wide shows from afar, too.
    { id: "marks", type: "circle", source: "marks", paint: { "circle-radius": 6, "circle-color": color("offline"), "circle-stroke-color": color("map-outside"), "circle-stroke-width": 1.5 } },
    names("changed", 13),
    names("same", 14.5),
  ];
}
