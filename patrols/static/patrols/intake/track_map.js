// The map of a track: ways with their direction, stays, and positions that do not count with the reason.

import * as maplibre from "maplibre-gl";
import { start } from "grids/page_map";
import { color } from "maps/display/tokens";

const INK = { way: color("accent"), stay: color("degraded"), doubted: color("offline"), alone: color("unknown"), edge: color("map-outside") };
const clock = new Intl.DateTimeFormat("zh-Hans", { hour: "2-digit", minute: "2-digit", second: "2-digit", hour12: false, timeZone: "Asia/Shanghai" });
const time = (seconds) => clock.format(new Date(seconds * 1000));

export async function draw(holder, config) {
  const said = document.getElementById("track-said");
  let track;
  try {
    const response = await fetch(config.urls.track, { headers: { Accept: "application/json" } });
    track = await response.json();
    if (!response.ok) throw new Error(track.error?.message);
  } catch (error) {
    said.textContent = error.message || gettext("The server does not answer.");
    return;
  }
  tell(said, track.properties, config.texts);
  const box = boxOf(track.features);
  if (!box) return holder.remove();
  await start(holder, { ...config, box });
  const { map } = holder;
  if (!map) return;
  if (map.loaded()) add(map, track, config.texts);
  else map.once("load", () => add(map, track, config.texts));
}

function tell(said, { fixes, doubted, length_m: length }, texts) {
  const counted = ngettext("%s position", "%s positions", fixes);
  said.textContent = fixes ? `${interpolate(counted, [fixes])} · ${(length / 1000).toFixed(2)} km` : gettext("Nothing was sent on this day.");
  const rows = Object.entries(doubted).map(([word, count]) => {
    const row = document.createElement("li");
    row.textContent = `${count} × ${texts[word] ?? word}`;
    return row;
  });
  document.getElementById("track-flags").replaceChildren(...rows);
}

function boxOf(features) {
  const box = new maplibre.LngLatBounds();
  const sound = features.filter(({ properties }) => properties.what !== "fix" || !properties.flags.includes("nowhere"));
  for (const { geometry } of sound) {
    for (const place of geometry.type === "Point" ? [geometry.coordinates] : geometry.coordinates) box.extend(place);
  }
  return box.isEmpty() ? null : box.toArray().flat();
}

function add(map, track, texts) {
  // An array of a feature's properties would arrive as text.
  const features = track.features.map((one) => ({ ...one, properties: { ...one.properties, times: undefined, flags: (one.properties.flags ?? []).join(" "), doubted: Boolean(one.properties.flags?.length) } }));
  map.addSource("track", { type: "geojson", data: { type: "FeatureCollection", features } });
  const circle = (id, filter, color, radius) => map.addLayer({ id, type: "circle", source: "track", filter, paint: { "circle-color": color, "circle-radius": radius, "circle-stroke-color": INK.edge, "circle-stroke-width": 1.5 } });
  map.addLayer({ id: "ways", type: "line", source: "track", filter: ["==", ["get", "what"], "way"], layout: { "line-join": "round", "line-cap": "round" }, paint: { "line-color": INK.way, "line-width": 3 } });
  map.addLayer({ id: "arrows", type: "symbol", source: "track", filter: ["==", ["get", "what"], "way"], layout: { "symbol-placement": "line", "symbol-spacing": 90, "text-field": "›", "text-font": ["Noto Sans CJK SC"], "text-size": 20, "text-keep-upright": false, "text-allow-overlap": true }, paint: { "text-color": INK.way, "text-halo-color": INK.edge, "text-halo-width": 1 } });
  circle("alone", ["all", ["==", ["get", "what"], "fix"], ["!", ["get", "doubted"]]], INK.alone, 4);
  circle("doubted", ["all", ["==", ["get", "what"], "fix"], ["get", "doubted"]], INK.doubted, 4);
  circle("stays", ["==", ["get", "what"], "stay"], INK.stay, 7);
  for (const layer of ["alone", "doubted", "stays"]) {
    map.on("click", layer, ({ features: [{ geometry, properties }] }) => explain(map, geometry.coordinates, properties, texts));
    map.on("mouseenter", layer, () => { map.getCanvas().style.cursor = "pointer"; });
    map.on("mouseleave", layer, () => { map.getCanvas().style.cursor = ""; });
  }
}

function explain(map, place, { what, t, t_end: end, flags }, texts) {
  const box = document.createElement("div");
  const lines = what === "stay" ? [`${time(t)}–${time(end)}`, gettext("A stay")] : [time(t), ...flags.split(" ").filter(Boolean).map((word) => texts[word] ?? word)];
  box.append(...lines.map((text) => Object.assign(document.createElement("p"), { textContent: text })));
  new maplibre.Popup({ maxWidth: "18rem" }).setLngLat(place).setDOMContent(box).addTo(map);
}
