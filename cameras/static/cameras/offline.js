// The offline list: kept true while somebody looks at it, sorted by distance on a phone, with a map.
// Where the reader stands is asked of the browser and never leaves it.

const config = JSON.parse(document.getElementById("territory-config").textContent);
const TOPICS = ["camera", "outage", "order", "notice"];
const SOON_MS = 1_500; // a storm of changes is one reload
const AT_MOST_EVERY_MS = 5_000;
const WITHOUT_FEED_MS = 60_000;
const RETRY_MS = 15_000;
const EARTH_M = 6_371_008.8; // mean radius (IUGG)

let here = null;
let loadedAt = Date.now();
let planned = null;

// ---- Kept true --------------------------------------------------------------------------------------

async function listen(since) {
  const again = (last) => setTimeout(() => listen(last), RETRY_MS);
  const ticket = await ask();
  if (ticket === null) return again(since);
  if (ticket.error) return say(gettext("Sign in again to see what changes."));
  let last = since ?? ticket.last_id;
  if (since !== null) plan();
  const source = new EventSource(`${ticket.url}?since=${last}`, { withCredentials: true });
  source.addEventListener("change", (event) => {
    last = Number(event.lastEventId);
    if (TOPICS.includes(JSON.parse(event.data).topic)) plan();
  });
  source.addEventListener("reset", () => {
    source.close();
    plan();
    again(null);
  });
  source.addEventListener("error", () => {
    source.close();
    again(last);
  });
}

async function ask() {
  try {
    const headers = { Accept: "application/json", "X-CSRFToken": config.csrf };
    return await (await fetch(config.urls.ticket, { method: "POST", headers })).json();
  } catch {
    return null;
  }
}

function plan() {
  if (planned !== null) return;
  const wait = Math.max(SOON_MS, loadedAt + AT_MOST_EVERY_MS - Date.now());
  planned = setTimeout(() => {
    planned = null;
    reload();
  }, wait);
}

// The lines are exchanged in place: what is unfolded stays so, as do the focus and the place.
async function reload() {
  loadedAt = Date.now();
  if (document.hidden) return;
  const response = await fetch(location.href, { headers: { Accept: "text/html" } }).catch(() => null);
  if (!response?.ok || response.redirected) return say(gettext("The list could not be loaded anew; it is as of the time shown."));
  const page = new DOMParser().parseFromString(await response.text(), "text/html");
  const fresh = page.getElementById("offline-lines");
  if (!fresh) return;
  const box = document.getElementById("offline-lines");
  const open = new Set([...box.querySelectorAll("details[open]")].map(({ dataset }) => dataset.key));
  for (const one of fresh.querySelectorAll("details")) one.open = open.has(one.dataset.key);
  const focus = placeOf(document.activeElement, box);
  box.replaceWith(fresh);
  if (here) sort();
  if (focus) fresh.querySelector(focus)?.focus({ preventScroll: true });
}

function placeOf(element, box) {
  if (!box.contains(element)) return null;
  const row = element.closest("tr[data-key]");
  if (!row) return null;
  const at = `tr[data-key="${CSS.escape(row.dataset.key)}"]`;
  if (element.matches("summary")) return `${at} summary`;
  return element.href ? `${at} a[href="${CSS.escape(element.getAttribute("href"))}"]` : null;
}

function say(text) {
  const said = document.getElementById("live-said");
  if (said) said.textContent = text;
}

// ---- Near me ----------------------------------------------------------------------------------------

function near() {
  const said = document.getElementById("near-said");
  if (!navigator.geolocation || !isSecureContext) {
    said.textContent = gettext("This browser tells no position here: it does so only on addresses with https.");
    return;
  }
  said.textContent = gettext("Asking where you are …");
  navigator.geolocation.getCurrentPosition(
    ({ coords }) => {
      here = [coords.longitude, coords.latitude];
      sort();
      mark();
      said.textContent = interpolate(gettext("Sorted by distance, within about %s m. Your position stays on this phone."), [Math.round(coords.accuracy)]);
    },
    () => {
      said.textContent = gettext("The position is not known: allow it in the browser, or go outside.");
    },
    { enableHighAccuracy: true, timeout: 15_000, maximumAge: 60_000 },
  );
}

function sort() {
  const body = document.getElementById("offline-rows");
  if (!body) return;
  const rows = [...body.querySelectorAll("tr[data-points]")].map((row) => [away(row), row]);
  rows.sort(([one], [other]) => one - other);
  for (const [metres, row] of rows) {
    const told = row.querySelector(".distance");
    told.textContent = metres < 1000 ? interpolate(gettext("%s m"), [Math.round(metres / 10) * 10]) : interpolate(gettext("%s km"), [(metres / 1000).toFixed(1)]);
    told.hidden = false;
  }
  body.append(...rows.map(([, row]) => row));
}

// To the nearest camera of a line; great-circle distance (haversine).
function away(row) {
  const points = row.dataset.points.split(";").map((one) => one.split(",").map(Number));
  return Math.min(...points.map((point) => distance(here, point)));
}

function distance([lon, lat], [thereLon, thereLat]) {
  const rad = Math.PI / 180;
  const north = Math.sin(((thereLat - lat) * rad) / 2) ** 2;
  const east = Math.sin(((thereLon - lon) * rad) / 2) ** 2;
  const half = north + Math.cos(lat * rad) * Math.cos(thereLat * rad) * east;
  return 2 * EARTH_M * Math.asin(Math.sqrt(half));
}

// ---- Map --------------------------------------------------------------------------------------------

const mapBox = document.getElementById("map-box");
const holder = document.getElementById("offline-map");

mapBox.addEventListener("toggle", async () => {
  if (!mapBox.open || holder.dataset.started) return;
  holder.dataset.started = "yes";
  await (await import("grids/page_map")).start(holder, config);
  mark();
});

async function mark() {
  if (!here || !holder.map) return;
  const [{ Marker }, { color }] = await Promise.all([import("maplibre-gl"), import("maps/display/tokens")]);
  holder.mine ??= new Marker({ color: color("accent") }).setLngLat(here).addTo(holder.map);
  holder.mine.setLngLat(here);
  holder.map.easeTo({ center: here });
}

document.getElementById("near").addEventListener("click", near);
setInterval(() => {
  if (Date.now() - loadedAt > WITHOUT_FEED_MS) plan();
}, 10_000);
document.addEventListener("visibilitychange", () => {
  if (!document.hidden) plan();
});
listen(null);
