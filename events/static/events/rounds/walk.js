// Walking a video round: one camera after the other, its newest picture with its age, and one key for
// what is to be said of it.

import { hear } from "events/keys";
import { button, byId, element, fill, name } from "events/element";

const PATIENCE_MS = 10_000;
const LOOK_EVERY_MS = 500;
const BADGES = { looked: "good", unclear: "warn", dark: "bad" };
const STATES = { online: "good", degraded: "warn", offline: "bad", unknown: "off" };

const config = JSON.parse(byId("events-config").textContent);
let cameras = [];
let current = -1;
let picture = null;
let busy = false;

start();

async function start() {
  try {
    ({ cameras } = await ask(config.walk));
  } catch (error) {
    return say(error.message);
  }
  byId("walk-end")?.addEventListener("click", end);
  const keys = { l: () => mark("looked"), x: () => mark("unclear"), d: () => mark("dark"), t: take, e: file };
  // Also where capitals are locked.
  for (const [key, act] of Object.entries(keys)) keys[key.toUpperCase()] = act;
  hear({ ...keys, ArrowRight: () => go(current + 1), ArrowLeft: () => go(current - 1) });
  setInterval(age, 1000);
  if (!cameras.length) return say(gettext("No camera of this round lies in your area and is in use."));
  const next = cameras.findIndex(({ result }) => !result);
  await go(next < 0 ? 0 : next);
}

async function go(index) {
  if (index < 0 || index >= cameras.length) return;
  current = index;
  picture = null;
  say("");
  const camera = cameras[index];
  fill(byId("walk-name"), name(camera.name));
  fill(byId("walk-state"), element("span", { class: `badge ${STATES[camera.state]}` }, camera.state_text));
  fill(byId("walk-place"), `${index + 1}/${cameras.length} · `, name(camera.address || camera.code));
  fill(byId("walk-picture"), element("p", { class: "muted" }, gettext("Loading")));
  draw();
  await look(camera);
}

async function look(camera) {
  try {
    const card = await ask(`${config.cameras}${camera.id}/`);
    if (cameras[current] !== camera) return;
    Object.assign(camera, { state: card.state, is_dark: card.state === "offline" });
    show(card.snapshot);
  } catch (error) {
    if (cameras[current] === camera) say(error.message);
  }
}

function show(snapshot) {
  const { is_dark: dark } = cameras[current];
  const box = byId("walk-picture");
  picture = snapshot?.url ? { id: snapshot.id, at: Date.parse(snapshot.taken_at) } : null;
  if (picture) fill(box, element("img", { src: snapshot.url, alt: gettext("The newest picture of this camera") }));
  else fill(box, element("p", { class: "muted" }, gettext("There is no picture of this camera yet.")));
  box.classList.toggle("dark", dark);
  if (snapshot?.failure) say(`${snapshot.failure.reason_text}: ${snapshot.failure.remedy}`);
  age();
  draw();
}

function isFresh() {
  return picture !== null && Date.now() - picture.at <= config.fresh_s * 1000;
}

function age() {
  const box = byId("walk-age");
  if (!picture) return fill(box);
  const seconds = Math.max(0, Math.round((Date.now() - picture.at) / 1000));
  const told = seconds < 120 ? interpolate(gettext("Picture of %s s ago"), [seconds]) : interpolate(gettext("Picture of %s min ago"), [Math.round(seconds / 60)]);
  const late = isFresh() ? "" : ` · ${gettext("too old to count as looked at: take a new one")}`;
  fill(box, told, late);
  byId("walk-picture").classList.toggle("old", !isFresh());
}

async function take() {
  if (!config.may_take || busy || current < 0) return;
  const camera = cameras[current];
  busy = true;
  draw();
  say(gettext("Taking a picture"));
  try {
    await ask(`${config.cameras}${camera.id}/snapshot/`, { method: "POST" });
    await follow(camera, Date.now() + PATIENCE_MS);
  } catch (error) {
    say(error.message);
  }
  busy = false;
  draw();
}

async function follow(camera, until) {
  while (Date.now() < until) {
    const { snapshot } = await ask(`${config.cameras}${camera.id}/`);
    if (cameras[current] !== camera) return;
    if (!snapshot.waiting) {
      say("");
      return show(snapshot);
    }
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
  }
  say(gettext("The picture was not taken in time"));
}

async function mark(result) {
  if (!config.is_own || busy || current < 0) return;
  const camera = cameras[current];
  if (result === "looked" && camera.is_dark) return say(gettext("This camera is dark: what it does not show cannot be looked at."));
  busy = true;
  try {
    const told = await ask(`${config.walk}looks/`, { method: "POST", body: { camera: camera.id, result, snapshot: picture?.id ?? null } });
    Object.assign(camera, { result: told.result, result_text: told.result_text, at: told.at });
    busy = false;
    const left = cameras.findIndex((one, index) => index > current && !one.result);
    const any = left < 0 ? cameras.findIndex((one) => !one.result) : left;
    if (any < 0) {
      draw();
      return say(gettext("All cameras of this round are done: end the walk."));
    }
    await go(any);
  } catch (error) {
    busy = false;
    say(error.message);
    draw();
  }
}

// In a tab of its own, so that the walk stays where it is.
function file() {
  if (!config.may_report || current < 0) return;
  const { id, lon, lat, address, name: called } = cameras[current];
  const known = new URLSearchParams({ lon, lat, camera: id, source: "video_round", address: (address || called).slice(0, 200) });
  open(`${config.new_event}?${known}`, "_blank", "noopener");
}

async function end() {
  try {
    await ask(`${config.walk}end/`, { method: "POST" });
    location.assign(config.rounds);
  } catch (error) {
    say(error.message);
  }
}

function draw() {
  const camera = cameras[current];
  const done = cameras.filter(({ result }) => result).length;
  const looked = cameras.filter(({ result }) => result === "looked").length;
  byId("walk-progress").textContent = interpolate(gettext("%s of %s done, %s looked at"), [done, cameras.length, looked]);
  fill(
    byId("walk-acts"),
    config.is_own && button(gettext("Looked at"), () => mark("looked"), { class: "main", id: "act-looked", disabled: busy || camera.is_dark || !isFresh() }),
    config.is_own && button(gettext("Cannot see"), () => mark("unclear"), { id: "act-unclear", disabled: busy }),
    config.is_own && button(gettext("Dark"), () => mark("dark"), { id: "act-dark", disabled: busy }),
    config.may_take && button(gettext("Take a picture"), take, { id: "act-take", disabled: busy }),
    config.may_report && button(gettext("File an event"), file, { id: "act-event" }),
    camera.result && element("span", { class: `badge ${BADGES[camera.result]}` }, camera.result_text),
    camera.events > 0 && element("span", { class: "badge warn" }, interpolate(ngettext("%s event filed", "%s events filed", camera.events), [camera.events])),
  );
  fill(byId("walk-cameras"), cameras.map((one, index) => element("li", {},
    button([element("span", { class: "name" }, `${index + 1} `, name(one.name)), markOf(one)], () => go(index), { "aria-current": String(index === current) }))));
  byId("walk-cameras").querySelector("[aria-current=true]")?.scrollIntoView({ block: "nearest" });
}

function markOf({ result, result_text: text, is_dark: dark }) {
  if (result) return element("span", { class: `badge ${BADGES[result]}` }, text);
  return dark ? element("span", { class: "badge bad" }, gettext("Dark")) : "";
}

function say(sentence) {
  const box = byId("walk-said");
  box.className = sentence ? "message warning" : "";
  box.textContent = sentence;
}

async function ask(address, { method = "GET", body } = {}) {
  const headers = { Accept: "application/json" };
  if (method === "POST") Object.assign(headers, { "Content-Type": "application/json", "X-CSRFToken": config.csrf });
  let response;
  try {
    response = await fetch(address, { method, headers, body: body && JSON.stringify(body), cache: "no-store" });
  } catch {
    throw new Error(gettext("The server does not answer."));
  }
  const told = await response.json();
  if (!response.ok) throw new Error(told.error?.message ?? String(response.status));
  return told;
}
