// The desk: the queue is walked by keys, chosen from, kept true by the change feed, and goes together
// with the map beside it.

import { listen } from "events/feed";
import { legend, sign } from "events/icons";
import { hear } from "events/keys";
import { EventMap } from "events/map";
import { Sound } from "events/sound";

const CALM_MS = 800; // a storm of changes is one look
const AT_MOST_EVERY_MS = 2_000;
const WITHOUT_FEED_MS = 60_000;
const OUTCOMES_MS = 30_000;
const MAP_KEPT = "event-map";
const NEW = new Set(["report", "reopen", "reconsider"]);

const config = JSON.parse(document.getElementById("events-config").textContent);
const at = (id) => document.getElementById(id);
const sound = new Sound(at("sound"));
let current = null; // the id of the row that the keys are on
let chosen = new Map(); // ids to the last step that was seen of each
const outcomes = new Map(); // what became of those that were sent, by id, for a while
let last = null; // where a range of choices begins
let planned = null;
let loadedAt = Date.now();
let map = null;

// ---- Rows -------------------------------------------------------------------------------------------

const rows = () => [...document.querySelectorAll("#rows tbody tr")];
const row = (id) => document.querySelector(`#rows tr[data-id="${id}"]`);
const point = (tr) => tr.dataset.point.split(",").map(Number);

function dress() {
  for (const tr of rows()) {
    const { severity, kind, due } = tr.dataset;
    tr.querySelector("[data-sign]").replaceChildren(sign({ severity, kind, due }));
    const box = tick(tr);
    if (box) box.checked = chosen.has(tr.dataset.id);
    outcome(tr);
  }
  if (current && !row(current)) current = null;
  if (current) row(current).setAttribute("aria-current", "true");
  count();
}

function go(tr, { focus = true, onMap = false } = {}) {
  if (!tr) return;
  document.querySelector("#rows tr[aria-current]")?.removeAttribute("aria-current");
  current = tr.dataset.id;
  tr.setAttribute("aria-current", "true");
  if (focus) tr.focus({ preventScroll: true });
  tr.scrollIntoView({ block: "nearest" });
  map?.show(point(tr), onMap);
}

function step(by) {
  const all = rows();
  if (!all.length) return false;
  const index = all.findIndex(({ dataset }) => dataset.id === current);
  go(all[index < 0 ? 0 : Math.min(Math.max(index + by, 0), all.length - 1)]);
  return true;
}

// ---- Choosing ---------------------------------------------------------------------------------------

const tick = (tr) => tr.querySelector("input[name=event]");

function choose(tr, wanted) {
  const box = tr && tick(tr);
  if (!box) return;
  box.checked = wanted;
  if (wanted) chosen.set(tr.dataset.id, tr.dataset.seen);
  else chosen.delete(tr.dataset.id);
  last = tr.dataset.id;
  count();
}

function chooseAll(wanted) {
  for (const tr of rows()) choose(tr, wanted);
}

function count() {
  const bar = at("bulk-bar");
  if (!bar) return;
  bar.hidden = chosen.size === 0;
  at("bulk-count").textContent = interpolate(ngettext("%s chosen", "%s chosen", chosen.size), [chosen.size]);
  at("tick-all").checked = rows().length > 0 && rows().every(({ dataset }) => chosen.has(dataset.id));
}

function pressedTick(event) {
  const tr = event.target.closest("tr");
  const all = rows();
  if (event.shiftKey && last && row(last)) {
    const [from, to] = [all.indexOf(row(last)), all.indexOf(tr)].sort((a, b) => a - b);
    for (const one of all.slice(from, to + 1)) choose(one, event.target.checked);
  } else choose(tr, event.target.checked);
}

// What is chosen, else the row the keys are on.
function act(verb) {
  if (!at("bulk-bar")) return false;
  if (!chosen.size && current) choose(row(current), true);
  if (!chosen.size) return false;
  const button = at("bulk-bar").querySelector(`button[value="${verb}"]`);
  at("bulk").requestSubmit(button);
  return true;
}

// One request for all that is chosen, also on pages before; each row says what became of it.
async function send(event) {
  event.preventDefault();
  const { form } = event.submitter;
  const body = new FormData(form, event.submitter);
  body.delete("event");
  for (const [id, seen] of chosen) body.append("event", `${id}-${seen}`);
  for (const button of form.querySelectorAll("button")) button.disabled = true;
  let said;
  try {
    const response = await fetch(form.action, { method: "POST", headers: { Accept: "application/json" }, body: new URLSearchParams(body) });
    const told = await response.json();
    if (!response.ok) throw new Error(told.error?.message ?? String(response.status));
    for (const one of told.items) outcomes.set(String(one.id), one);
    setTimeout(() => outcomes.clear(), OUTCOMES_MS);
    said = interpolate(gettext("%s of %s done."), [told.done, told.items.length]);
    for (const one of told.items) if (one.done) chosen.delete(String(one.id));
  } catch (error) {
    said = error instanceof TypeError ? gettext("The server does not answer.") : error.message;
  }
  for (const button of form.querySelectorAll("button")) button.disabled = false;
  await reload();
  say([said, ...[...outcomes.values()].filter(({ done, id }) => !done && !row(id)).map(({ number, said: why }) => `${number}: ${why}`)].join(" "));
}

// Beside the row: done, or why not and who was first.
function outcome(tr) {
  const told = outcomes.get(tr.dataset.id);
  if (!told) return;
  const text = told.done ? gettext("Done.") : told.said;
  tr.querySelector(".what").append(Object.assign(document.createElement("p"), { className: `row-said ${told.done ? "good" : "bad"}`, textContent: text }));
}

// ---- Kept true --------------------------------------------------------------------------------------

function heard({ data }) {
  if (data.severity === "urgent" && NEW.has(data.action)) {
    sound.play();
    say(interpolate(gettext("New and urgent: %s"), [data.number]));
  }
  plan();
}

function plan() {
  if (planned !== null) return;
  planned = setTimeout(() => {
    planned = null;
    if (!document.hidden) reload();
  }, Math.max(CALM_MS, loadedAt + AT_MOST_EVERY_MS - Date.now()));
}

// The list is exchanged in place: what is chosen stays so, as do the focus and the row of the keys.
async function reload() {
  loadedAt = Date.now();
  const response = await fetch(location.href, { headers: { Accept: "text/html" } }).catch(() => null);
  if (!response?.ok || response.redirected) return say(gettext("The list could not be loaded anew; it is as of the time shown."));
  const page = new DOMParser().parseFromString(await response.text(), "text/html");
  const fresh = page.getElementById("desk-list");
  if (!fresh) return;
  const box = at("desk-list");
  const unit = at("bulk-unit")?.value;
  const focused = box.contains(document.activeElement) ? document.activeElement : null;
  // A list that somebody has open closes when it is taken away.
  if (focused?.matches("select")) return plan();
  const onRow = focused?.closest("tr")?.dataset.id;
  const said = at("live-said").textContent;
  const before = new Set(rows().map(({ dataset }) => `${dataset.id}-${dataset.seen}`));
  const top = box.querySelector(".rows-box")?.scrollTop ?? 0;
  box.replaceWith(document.adoptNode(fresh));
  say(said);
  wire();
  // A list that is empty now has no place to dispatch from.
  if (unit && at("bulk-unit")) at("bulk-unit").value = unit;
  const body = at("desk-list").querySelector(".rows-box");
  if (body) body.scrollTop = top;
  for (const tr of rows()) if (!before.has(`${tr.dataset.id}-${tr.dataset.seen}`)) tr.classList.add("fresh");
  if (onRow) row(onRow)?.focus({ preventScroll: true });
  map?.refresh();
}

function say(text) {
  const said = at("live-said");
  if (said && said.textContent !== text) said.textContent = text;
}

// ---- Put together -----------------------------------------------------------------------------------

function wire() {
  const body = document.querySelector("#rows tbody");
  body?.addEventListener("click", (event) => {
    if (event.target.matches("input[name=event]")) return pressedTick(event);
    if (!event.target.closest("a, input, button, label")) go(event.target.closest("tr"), { focus: false });
  });
  at("tick-all")?.addEventListener("change", (event) => chooseAll(event.target.checked));
  at("bulk")?.addEventListener("submit", send);
  at("bulk-none")?.addEventListener("click", () => forget());
  dress();
}

function forget() {
  chosen = new Map();
  dress();
}

function showMap(wanted) {
  at("split").classList.toggle("without-map", !wanted);
  at("show-map").setAttribute("aria-pressed", String(wanted));
  try {
    localStorage.setItem(MAP_KEPT, wanted ? "on" : "off");
  } catch {
    // Kept for this page alone, then.
  }
  if (wanted && !map) map = new EventMap(at("event-map"), at("map-said"), config, { picked });
  map?.resize();
}

// From the map to the list; what stands on another page of the list is opened.
function picked(id) {
  const tr = row(id);
  if (tr) return go(tr);
  location.assign(`${config.urls.event}${id}/`);
}

function wantsMap() {
  try {
    return localStorage.getItem(MAP_KEPT) !== "off";
  } catch {
    return true;
  }
}

function heap(by) {
  const all = [...document.querySelectorAll(".states a")];
  const index = all.findIndex((one) => one.getAttribute("aria-current"));
  all[index + by]?.click();
}

hear({
  j: () => step(1),
  k: () => step(-1),
  ArrowDown: (event) => event.target.closest("#rows") && step(1),
  ArrowUp: (event) => event.target.closest("#rows") && step(-1),
  Enter: (event) => {
    if (event.target.closest("a, button, input") || !current) return false;
    row(current).querySelector("a").click();
    return true;
  },
  o: () => (current ? (window.open(row(current).querySelector("a").href, "_blank", "noopener"), true) : false),
  x: () => (current ? (choose(row(current), !chosen.has(current)), true) : false),
  "*": () => chooseAll(!rows().every(({ dataset }) => chosen.has(dataset.id))),
  a: () => act("accept"),
  f: () => act("file"),
  d: () => act("dispatch"),
  "[": () => heap(-1),
  "]": () => heap(1),
  n: () => document.querySelector("a[rel=next]")?.click(),
  p: () => document.querySelector("a[rel=prev]")?.click(),
  m: () => {
    showMap(true);
    if (current) go(row(current), { onMap: true });
  },
  e: () => at("new-event")?.click(),
  s: () => sound.toggle(),
  "/": () => {
    at("q").focus();
    at("q").select();
  },
  "?": () => at("keys").showModal(),
  Escape: () => forget(),
});
at("show-keys").addEventListener("click", () => at("keys").showModal());
at("show-map").addEventListener("click", () => showMap(at("split").classList.contains("without-map")));
// A filter that is chosen is meant at once; words wait for Enter.
for (const select of document.querySelectorAll("#filters select")) select.addEventListener("change", () => at("filters").requestSubmit());
legend(at("event-legend"));
wire();
showMap(wantsMap() && matchMedia("(min-width: 60rem)").matches);
listen({ ticket: config.urls.ticket, csrf: config.csrf }, { told: heard, lost: say, reset: plan });
setInterval(() => {
  if (Date.now() - loadedAt > WITHOUT_FEED_MS) plan();
}, 10_000);
document.addEventListener("visibilitychange", () => {
  if (!document.hidden) plan();
});
