// Entering an event: the place on the map, the severity that the catalogue proposes, and the report sent
// as a phone sends it, under one id however often it is pressed.

import { Marker } from "maplibre-gl";
import { id, start as startPhotos } from "events/photos";
import { start as startMap } from "grids/page_map";
import { color } from "maps/display/tokens";

const DECIMALS = 6;
const config = JSON.parse(document.getElementById("events-config").textContent);
const form = document.getElementById("new-event");
const at = (name) => document.getElementById(name);
const clientId = id();
let checked = false;
let marker = null;
let severityTouched = false;

startPhotos(config);
drawMap();
at("severity").addEventListener("change", () => (severityTouched = true));
at("category").addEventListener("change", () => {
  const { severity, hint, photo } = at("category").selectedOptions[0].dataset;
  at("photo-asked").hidden = !photo;
  if (severity && !severityTouched) at("severity").value = severity;
  at("hint").textContent = hint ?? "";
});
at("position").addEventListener("input", typed);
at("frame").addEventListener("change", typed);
form.addEventListener("submit", (event) => {
  event.preventDefault();
  send();
});

async function drawMap() {
  const holder = at("map");
  await startMap(holder, config);
  holder.map?.on("click", ({ lngLat }) => {
    stand([lngLat.lng, lngLat.lat]);
    at("position").value = `${lngLat.lng.toFixed(DECIMALS)}, ${lngLat.lat.toFixed(DECIMALS)}`;
    at("frame").value = "wgs84";
    checked = false;
  });
  if (config.known_point) typed();
}

function stand(point) {
  const { map } = at("map");
  if (!map) return;
  if (!marker) {
    marker = new Marker({ color: color("accent"), draggable: true }).setLngLat(point).addTo(map);
    marker.on("dragend", () => {
      const { lng, lat } = marker.getLngLat();
      at("position").value = `${lng.toFixed(DECIMALS)}, ${lat.toFixed(DECIMALS)}`;
      at("frame").value = "wgs84";
      checked = false;
    });
  }
  marker.setLngLat(point);
}

function position() {
  const parts = at("position").value.split(/[,，;；\s]+/).filter(Boolean).map(Number);
  return parts.length === 2 && parts.every(Number.isFinite) ? parts : null;
}

// Only what needs no conversion is shown at once; the server converts the rest.
function typed() {
  checked = false;
  const point = position();
  if (!point || !["wgs84", "cgcs2000"].includes(at("frame").value) || Math.abs(point[1]) > 85) return;
  stand(point);
  at("map").map?.easeTo({ center: point });
}

async function send() {
  const point = position();
  if (!point) return say(gettext("The position must be longitude, latitude in degrees."));
  const data = new FormData(form);
  const asks = at("category").selectedOptions[0].dataset.photo;
  if (asks && !data.has("photo")) return say(gettext("This entry asks for a photo: add at least one."));
  const button = form.querySelector("button.main");
  button.disabled = true;
  try {
    const headers = { Accept: "application/json", "Content-Type": "application/json", "X-CSRFToken": config.csrf };
    const body = JSON.stringify({
      client_id: clientId,
      sender: config.sender,
      category: data.get("category"),
      severity: data.get("severity"),
      source: data.get("source"),
      text: data.get("text"),
      address: data.get("address"),
      outside_reason: data.get("outside_reason"),
      position_checked: checked,
      frame: data.get("frame"),
      lon: point[0],
      lat: point[1],
      camera_id: config.camera,
      photos: data.getAll("photo"),
    });
    const response = await fetch(config.reports, { method: "POST", headers, body });
    const told = await response.json();
    if (response.ok) return location.assign(`${config.urls.event}${told.id}/`);
    refused(told.error ?? {});
  } catch {
    say(gettext("The server does not answer."));
  } finally {
    button.disabled = false;
  }
}

// What the server asks about the position is answered here, and the report is sent again.
function refused({ message, questions = [] }) {
  say(message ?? gettext("The server does not answer."));
  if (questions.some(({ kind }) => kind === "outside")) at("outside-box").hidden = false;
  const meant = questions.find(({ kind }) => kind === "frame");
  if (!meant) return;
  at("new-said").append(
    button(interpolate(gettext("Yes, it is there: %s"), [meant.grid]), () => {
      at("position").value = `${meant.lon}, ${meant.lat}`;
      at("frame").value = "wgs84";
      stand([meant.lon, meant.lat]);
      at("map").map?.easeTo({ center: [meant.lon, meant.lat] });
      checked = true;
      send();
    }),
    button(gettext("No, the position is right"), () => {
      checked = true;
      at("outside-box").hidden = false;
      say(gettext("Say why you enter it outside your area, and send it again."));
    }),
  );
}

function button(text, press) {
  const made = Object.assign(document.createElement("button"), { type: "button", textContent: text });
  made.addEventListener("click", press);
  return made;
}

function say(text) {
  const said = Object.assign(document.createElement("p"), { className: "message error", textContent: text });
  at("new-said").replaceChildren(said);
}
