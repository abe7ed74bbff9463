// The page of one event: its map, its photos large, its keys, and word of what others do to it.

import { listen } from "events/feed";
import { addSigns, sign, signName } from "events/icons";
import { hear } from "events/keys";
import { start as startPhotos } from "events/photos";
import { start as startMap } from "grids/page_map";

const config = JSON.parse(document.getElementById("events-config").textContent);
const { spot } = config;

for (const box of document.querySelectorAll("[data-sign]")) box.replaceChildren(sign(spot));
startPhotos(config);
drawMap();
listen({ ticket: config.urls.ticket, csrf: config.csrf }, {
  // A form here may be half filled in: the page only says that it has changed.
  told: ({ subject }) => subject === String(config.event) && changed(),
  lost: () => {},
  reset: changed,
});
hear({
  u: () => document.getElementById("back").click(),
  a: () => unfold("accept"),
  f: () => unfold("file"),
  d: () => unfold("dispatch"),
  v: () => unfold("verify"),
  c: () => unfold("close"),
  t: () => unfold("take"),
});

function changed() {
  document.getElementById("event-changed").hidden = false;
}

function unfold(action) {
  const box = document.querySelector(`.act[data-action="${action}"]`);
  if (!box) return false;
  box.open = true;
  box.querySelector("input:not([type=hidden]), textarea, select")?.focus();
  box.scrollIntoView({ block: "nearest" });
  return true;
}

async function drawMap() {
  const holder = document.getElementById("map");
  await startMap(holder, config);
  const { map } = holder;
  if (!map) return;
  const draw = () => {
    addSigns(map);
    map.addSource("spot", { type: "geojson", data: { type: "Feature", properties: {}, geometry: { type: "Point", coordinates: spot.point } } });
    map.addLayer({ id: "spot", type: "symbol", source: "spot", layout: { "icon-image": signName(spot), "icon-size": 1.1, "icon-allow-overlap": true } });
  };
  if (map.loaded()) draw();
  else map.once("load", draw);
}

// ---- Photos large -----------------------------------------------------------------------------------

const viewer = document.getElementById("viewer");
const shots = [...document.querySelectorAll(".shot")];
let shown = 0;

function show(index) {
  shown = (index + shots.length) % shots.length;
  viewer.querySelector("img").src = shots[shown].href;
  viewer.querySelector("span").textContent = `${shown + 1} / ${shots.length}`;
  if (!viewer.open) viewer.showModal();
}

shots.forEach((shot, index) => shot.addEventListener("click", (event) => {
  if (event.ctrlKey || event.metaKey || event.button) return;
  event.preventDefault();
  show(index);
}));
for (const button of viewer.querySelectorAll("[data-go]")) button.addEventListener("click", () => show(shown + Number(button.dataset.go)));
viewer.querySelector("[data-close]").addEventListener("click", () => viewer.close());
viewer.addEventListener("keydown", ({ key }) => {
  if (key === "ArrowLeft") show(shown - 1);
  if (key === "ArrowRight") show(shown + 1);
});
