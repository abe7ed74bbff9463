// The page on which a boundary plan is drawn: puts editor, map, tools, panels and the live feed together.

// First: the others take colours and measure type while they are read.
import "maps/display/screen";
import * as clock from "maps/clock";
import { element, setText } from "maps/element";
import { LiveFeed } from "maps/live";
import { Card, refusalOf } from "plans/card";
import { assignDialog, helpDialog, renameDialog, renumberDialog } from "plans/dialogs";
import { Drag } from "plans/drag";
import { Editor } from "plans/editor";
import { KeptSketch } from "plans/kept_sketch";
import { Live } from "plans/live";
import { PlanMap } from "plans/map";
import { Presence } from "plans/presence";
import { Side } from "plans/side";
import { Sketch } from "plans/sketch";
import { Tools } from "plans/tools";
import { Unsaved } from "plans/unsaved";

const at = (id) => document.getElementById(id);
const config = JSON.parse(at("draw-config").textContent);
clock.showIn(config.time_zone);

const sketches = new KeptSketch(config);
const editor = new Editor(config, { trouble: (told) => troubled(told) });
const map = new PlanMap(at("map"), config, editor, { picked: (key, more) => tools.picked(key, more) });
const sketch = new Sketch(map, { most: config.most_points });
const unsaved = new Unsaved(at("unsaved"), { editor, map, sketches, changed: () => showSaved() });
const card = new Card(at("card"), editor, map, { closed: cardClosed });
const preview = new Live(editor, map);
const drag = new Drag(map, sketch, { moved: (moves) => moved(moves), moving: (moves) => preview.show(() => moveOf(moves())) });
const dialog = at("dialog");
const tools = new Tools(at("tools"), {
  editor, map, sketch, card, drag, sketches, preview,
  acts: {
    renumber: () => renumberDialog(dialog, editor, map),
    rename: () => renameDialog(dialog, editor, map),
    assign: () => assignDialog(dialog, editor, map),
    lock: () => toggleLocks(),
  },
});
const side = new Side(at("tabs"), at("panels"), editor);
const presence = new Presence(at("here"), config, editor);
let isRestored = false;
let live = "connecting";

// The map's own ways for panels of this page.
Object.assign(editor.view, {
  zoomToGrid: (key) => map.zoomToGrid(key),
  zoomToBox: (box, place) => {
    map.zoomToBox(box);
    map.showTrouble(place);
  },
  showShapes: (items) => map.showShapes(items),
  goTo: (grid) => goTo(grid),
});
// Tests and the curious reach the editor from its page.
document.body.editor = editor;

// ---- What the page shows ---------------------------------------------------------------------------

editor.onChange(() => {
  const { communities, community, undo, redo, state_text: state, why, findings, half_dissolved: half, steps_total: steps } = editor.state;
  showCommunities(communities, community);
  const draws = editor.mayDraw;
  for (const [name, told, key, none] of [["undo", undo, "Ctrl+Z", gettext("Nothing to undo")], ["redo", redo, "Ctrl+Y", gettext("Nothing to do again")]]) {
    at(name).hidden = !draws;
    at(name).disabled = !told;
    at(name).title = told ? `${name === "undo" ? gettext("Undo") : gettext("Redo")}: ${told} (${key})` : none;
  }
  setText(at("state"), state);
  at("why").hidden = draws;
  setText(at("why"), why || gettext("You see this plan and do not draw it: your role does not include it."));
  side.count("findings", findings.length + half.length);
  side.count("steps", steps);
  // It went to review, or its ground has moved: what was being drawn cannot be kept.
  if (!draws && tools.mode !== "select") tools.begin("select");
  tools.mark();
});
editor.onBusy(() => showSaved());

function showSaved() {
  const isKept = unsaved.steps.length > 0;
  const word = isKept ? gettext("Not saved") : editor.waiting > 0 ? gettext("Saving…") : gettext("All saved");
  setText(at("saved"), editor.mayDraw ? word : "");
  at("saved").dataset.state = isKept ? "bad" : editor.waiting > 0 ? "busy" : "good";
}

function showCommunities(communities, community) {
  const chosen = at("community");
  const options = communities.filter((one) => one.grids > 0 || one.grids_before > 0);
  const told = JSON.stringify([options, community]);
  if (chosen.told === told) return;
  chosen.told = told;
  const streets = Map.groupBy ? Map.groupBy(options, ({ street }) => street) : grouped(options);
  chosen.replaceChildren(...[...streets].map(([street, items]) => element("optgroup", { label: street }, ...items.map(({ code, name, changed }) => element("option", { value: code }, changed ? `${name} (${changed})` : name)))));
  chosen.value = community;
}

function grouped(items) {
  const streets = new Map();
  for (const item of items) streets.set(item.street, [...(streets.get(item.street) ?? []), item]);
  return streets;
}

// ---- Going elsewhere -------------------------------------------------------------------------------

async function goToCommunity(community) {
  tools.begin("select");
  await editor.load(community);
  told(community);
  loadGround();
  presence.beat();
}

function told(community) {
  const url = new URL(location.href);
  url.searchParams.set("community", community);
  history.replaceState(null, "", url);
}

async function goTo({ key, community }) {
  if (community !== editor.community()) await goToCommunity(community);
  editor.select([key]);
  map.zoomToGrid(key);
}

async function loadGround() {
  try {
    map.showGround(await editor.asked("snapping"));
  } catch {
    // Borders are there to snap to all the same.
  }
}

// ---- Steps -----------------------------------------------------------------------------------------

function cardClosed() {
  sketches.write({ sketch: null });
  if (tools.mode !== "select") setTimeout(() => tools.begin(tools.mode === "merge" || tools.mode === "retire" ? "select" : tools.mode));
}

function moveOf(moves) {
  return moves.length > 0 ? [{ do: "move", moves }] : null;
}

async function moved(moves) {
  preview.stop();
  map.showPreview(null);
  if (moves.length === 0) return;
  try {
    await editor.apply(moveOf(moves));
    clearNotice();
  } catch (refusal) {
    map.restore();
    refused(refusal);
  }
}

async function stepBack(what) {
  if (!editor.mayDraw) return;
  try {
    await editor[what]();
    clearNotice();
  } catch (refusal) {
    refused(refusal);
  }
}

async function toggleLocks() {
  const keys = editor.selected().filter((key) => editor.grid(key).own);
  if (keys.length === 0) return map.say(gettext("Select the grids to lock or unlock first."));
  try {
    await editor.lock(keys, !keys.every((key) => editor.isLocked(key)));
  } catch (refusal) {
    refused(refusal);
  }
}

// Conflicts, and a server that is away, are told by `troubled`.
function refused(refusal) {
  if (refusal.status >= 400 && refusal.status < 500 && refusal.status !== 409 && !refusal.isKept) notice(refusalOf(refusal, map));
}

// A step was not taken because somebody else was first, or the server is away: it is not lost.  While a form
// is open that holds it, only the second is told: what the first did is looked at there.
function troubled({ refusal, what, operations }) {
  const first = refusal.status === 409 && refusal.detail?.revision;
  if (operations && !(refusal.status === 409 && (card.isOpen || dialog.open))) {
    refusal.isKept = true;
    unsaved.keep(operations, first ? interpolate(gettext("%s changed the plan first, and the map shows it now."), [editor.state.editor]) : refusal.message);
  } else if (!operations) notice(element("p", { class: "refusal", role: "alert", "data-what": what }, element("span", {}, refusal.message)));
}

function notice(node) {
  at("notice").replaceChildren(node, closeNotice());
  at("notice").hidden = false;
}

function closeNotice() {
  const close = element("button", { type: "button", class: "quiet", "aria-label": gettext("Close") }, "×");
  close.addEventListener("click", () => clearNotice());
  return close;
}

function clearNotice() {
  at("notice").hidden = true;
  at("notice").replaceChildren();
  map.showTrouble(null);
}

// ---- Others ----------------------------------------------------------------------------------------

async function heard({ topic, subject, data }) {
  if (topic === "territory" || topic === "shapes" || topic !== "plan" || subject !== String(config.plan)) return;
  if (data.here) presence.beat();
  // What this page does is answered before or after the feed tells of it.
  await editor.tail.catch(() => {});
  if (data.revision <= editor.revision() && data.state === editor.state.state) return;
  await editor.load().catch(() => {});
  const { editor: who, editor_id: id, steps } = editor.state;
  const name = id === config.user ? gettext("you, in another window") : who;
  notice(element("p", { class: "draw-news", role: "status" }, interpolate(gettext("%s has changed the plan: %s"), [name, steps[0]?.text ?? editor.state.state_text])));
}

const feed = new LiveFeed({
  ticketUrl: config.urls.ticket,
  csrf: config.csrf,
  user: config.user,
  load: () => begin(),
  changed: (change) => heard(change),
  told: (state, why) => {
    live = state;
    document.body.dataset.live = state;
    setText(at("live"), { connecting: gettext("Connecting…"), live: gettext("Live"), lost: gettext("Not live"), signed_out: gettext("Signed out") }[state]);
    at("live").title = why;
    if (state === "signed_out") notice(element("p", { class: "refusal", role: "alert" }, gettext("You are signed out. What is saved is safe."), " ", element("a", { href: config.urls.sign_in }, gettext("Sign in again"))));
  },
  returned: () => location.reload(),
});

// Everything anew, at the beginning and after too long a silence.
async function begin() {
  await editor.load(isRestored ? editor.community() : new URLSearchParams(location.search).get("community") ?? "");
  loadGround();
  if (isRestored) return;
  isRestored = true;
  presence.start();
  document.body.dataset.ready = "true";
  showSaved();
  restore();
}

// What was begun before the page was closed.
async function restore() {
  const { sketch: begun } = sketches.read();
  if (!editor.mayDraw) return;
  await unsaved.restore();
  if (!begun || !Array.isArray(begun.points)) return;
  if (begun.community !== editor.community()) await goToCommunity(begun.community).catch(() => {});
  if (begun.community === editor.community()) tools.begin(begun.tool, { points: begun.points, isDone: begun.done });
}

// ---- Keys ------------------------------------------------------------------------------------------

const KEYS = {
  v: "select", s: "split", r: "reshape", h: "hand", e: "move", m: "merge", a: "add", t: "retire", n: "renumber", p: "assign", l: "lock", f2: "rename",
};

function press(event) {
  if (event.isComposing || event.altKey || dialog.open) return;
  const key = event.key.toLowerCase();
  const writes = event.target.matches?.("input:not([type=checkbox]), select, textarea, [contenteditable]");
  if (key === "escape") return act(event, () => tools.back());
  if (event.ctrlKey || event.metaKey) {
    if (writes) return;
    if (key === "z" && !event.shiftKey) return act(event, () => (sketch.isOn && sketch.feature ? sketch.back() : stepBack("undo")));
    if (key === "y" || (key === "z" && event.shiftKey)) return act(event, () => stepBack("redo"));
    return;
  }
  if (key === "enter" && event.target === card.holder) return act(event, () => card.apply());
  if (writes || card.holder.contains(event.target)) return;
  if (key === "?") return act(event, () => helpDialog(dialog, map));
  if (key === "b") return act(event, () => toggle("traces"));
  if (key === "x") return act(event, () => toggle("snaps"));
  if (key === "f") return act(event, () => (sketch.isOn && sketch.feature ? sketch.finish() : map.showAll()));
  if (key === "backspace" && sketch.isOn) return act(event, () => sketch.back());
  if (key === "enter" && !event.target.matches?.("button, a, summary")) return act(event, () => tools.enter());
  // Pressed once more, a tool that waits for grids takes those that are chosen.
  if (["merge", "retire"].includes(KEYS[key]) && tools.mode === KEYS[key]) return act(event, () => tools.enter());
  if (key in KEYS) act(event, () => useByKey(KEYS[key]));
}

// Enter and the arrows are the map's while something is drawn, not those of the list that was pressed.
function useByKey(name) {
  tools.use(name);
  if (sketch.isOn) at("map").focus({ preventScroll: true });
}

function act(event, done) {
  event.preventDefault();
  done();
}

function toggle(name) {
  sketch[name] = !sketch[name];
  at(name).setAttribute("aria-pressed", String(sketch[name]));
  if (name === "snaps" && sketch.isOn) sketch.snapTo();
}

addEventListener("keydown", press);
at("undo").addEventListener("click", () => stepBack("undo"));
at("redo").addEventListener("click", () => stepBack("redo"));
at("help").addEventListener("click", () => helpDialog(dialog, map));
at("whole").addEventListener("click", () => map.showAll());
for (const name of ["traces", "snaps"]) at(name).addEventListener("click", () => toggle(name));
at("community").addEventListener("change", ({ target }) => goToCommunity(target.value));
addEventListener("beforeunload", (event) => {
  if (editor.waiting > 0 && live !== "signed_out") event.preventDefault();
});
feed.start();
