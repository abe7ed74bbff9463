// The desk: puts map, live feed, layers, filters, tools and lists together.

import * as address from "maps/address";
import { ask } from "maps/api";
import { Banner } from "maps/banner";
import { Burst, CLOSE_TOGETHER } from "maps/burst";
import { Cameras, countsOf } from "maps/cameras";
import { Card } from "maps/card";
import * as clock from "maps/clock";
import { CoverageView } from "maps/patrols/coverage";
import { element, setText } from "maps/element";
import { Finder } from "maps/find";
import { LiveFeed } from "maps/live";
import { mapIn } from "maps/map";
import { TimeBar } from "maps/desk/then/time";
import { People } from "maps/patrols/people";
import { Sending } from "maps/patrols/sending";
import { TrackView } from "maps/patrols/track";
import { DeskMap } from "maps/desk/desk_map";
import { Drawings } from "maps/desk/drawings";
import { Filters } from "maps/desk/filters";
import { areaM2, lengthM } from "maps/desk/geodesy";
import { Layers } from "maps/desk/layers";
import { areaText, distanceText } from "maps/desk/measures";
import { CAMERA_FILTERS, EVENT_FILTERS, passes, passesEvent } from "maps/desk/passing";
import { Results } from "maps/desk/results";
import { asked, feature } from "maps/desk/shapes";
import { Sketch } from "maps/desk/sketch";
import { Tools, keysTable, openDialog } from "maps/desk/tools";
import { View, placeOf } from "maps/desk/view";

const REFRESH_EVERY_MS = 60_000;
const EVENTS_EVERY_MS = 2_000;
const AGE_EVERY_MS = 10_000;
const EVENTS_AT_ONCE = 1000;
const MOST_EVENTS = 5000;
const USUAL_RADIUS_M = 200;

const config = JSON.parse(document.getElementById("desk-config").textContent);
const at = (id) => document.getElementById(id);
clock.showIn(config.time_zone);

let eventsWait = null;
let searching = null;
let isMade = false;
const cameras = new Cameras();
const banner = new Banner(at("banner"), at("live"), config);
const card = new Card(at("card"), config, { closed, around });
const wall = mapIn(at("map"), config, { picked: (id) => openCard(id, false), trouble: (text) => banner.trouble(text), around });
const desk = wall && new DeskMap(wall, config, { ready: () => arrange() });
const coverage = config.layers.blind ? makeCoverage() : null;
const view = new View(() => [["at", desk?.view ?? ""], ["layers", layers.text], ...filters.query()]);
const layers = new Layers(at("layers"), config, desk, { changed: () => changedView(), seen: coverage?.buttons() ?? [] });
const filters = new Filters(at("filters"), config, { changed: () => changedView() });
const time = wall && new TimeBar(at("time"), at("map"), config, wall, { narrowing, known: (past) => filters.know(past), told: toldPast });
const results = new Results(at("results"), { opened, around: (layer, item, name) => around(`${layer}:${layer === "grids" ? item.properties.code : item.id}`, name), listView });
const drawings = new Drawings(at("drawings"), config.user, {
  shown: (features) => desk?.show("drawn", features),
  went: (box) => wall?.visit(box, { marked: false }),
  around: (geometry, name) => askRadius(name, (radius) => search(new URLSearchParams([asked(geometry), ["radius_m", radius]]), name)),
  draw: (kind) => draw(kind),
});
const sketch = wall && new Sketch(at("sketch"), wall);
const people = config.sees_patrols && wall ? makePeople() : null;
const tools = new Tools(at("tools"), {
  measure_line: () => measure("line"),
  measure_area: () => measure("polygon"),
  select_box: () => selectIn("box"),
  select_area: () => selectIn("polygon"),
  near: () => searchAroundPoint(),
  share: () => share(),
  help: () => openDialog(at("help"), gettext("Keys"), keysTable()),
  keys: { g: () => wall?.map.getCanvas().focus(), l: () => listView() },
});
new Finder(at("find"), config.urls.find, { chosen: goTo });
const repaint = new Burst(showCameras, CLOSE_TOGETHER);
const relist = new Burst(() => loadOutages().catch(() => {}), CLOSE_TOGETHER);
const reload = new Burst(() => load().catch(() => {}), CLOSE_TOGETHER);
const feed = new LiveFeed({
  ticketUrl: config.urls.ticket,
  csrf: config.csrf,
  user: config.user,
  load,
  changed,
  told: (state, why) => banner.tell(state, why, feed?.heardAt ?? null),
  returned: () => location.reload(),
});

function makeCoverage() {
  return new CoverageView(at("coverage"), config.urls.patrols, {
    asks: (kind, query) => wall?.showSeen(kind, query),
    showsVideo: (features) => wall?.showVideo(features),
    extent: config.extent,
    rounds: config.urls.rounds,
    rules: config.coverage_rules,
    seesPatrols: config.sees_patrols,
  });
}

function makePeople() {
  const url = config.urls.patrols;
  const made = new People(url, { shown: () => wall.patrols.showPeople(made) });
  const track = new TrackView(at("track"), url, {
    drawn: (ways, signs) => wall.patrols.showTrack(ways, signs),
    went: (box) => wall.visit(box, { marked: false }),
  });
  const sending = config.sends_patrols ? new Sending(at("sending"), config, wall) : null;
  wall.patrols.listen({ tracked: (duty, words) => track.open(duty, words), sent: sending && ((person) => sending.begin(person)) });
  setInterval(() => wall.patrols.showPeople(made), AGE_EVERY_MS);
  return made;
}

// ---- What is shown ---------------------------------------------------------------------------------

// At the start, and when the driver has given the map back.
function arrange() {
  layers.draw();
  drawings.show();
  showCameras();
  showEvents();
  desk.within(filters.area);
}

function changedView() {
  if (!isMade) return;
  layers.filtered("cameras", filters.hasCameras);
  desk?.within(filters.area);
  showCameras();
  showEvents();
  time?.narrow();
  view.changed();
}

// What layers and filters leave of a moment of the past.  camera, event: null where they let all
// through; the area is the server's to cut.
function narrowing() {
  const { chosen, area, words } = filters;
  return {
    area,
    words,
    camera: CAMERA_FILTERS.some((name) => chosen[name]) ? (camera) => passes(camera, chosen) : null,
    event: EVENT_FILTERS.some((name) => chosen[name]) ? (event, moment) => passesEvent(event, chosen, moment) : null,
    shows: Object.fromEntries(["cameras", "events", "people"].map((name) => [name, layers.isOn(name)])),
    visible: { ...desk.visible },
    faded: { ...desk.faded },
  };
}

// The numbers beside the layers are of what is shown.
function toldPast(counted, events) {
  if (counted === null) {
    showCameras();
    return showEvents();
  }
  if (config.sees_cameras) layers.count(counted);
  if (config.sees_events) layers.countEvents(String(events));
}

function showCameras() {
  if (!config.sees_cameras) return;
  const { chosen, area, hasCameras } = filters;
  const shown = (camera) => passes(camera, chosen, area);
  wall?.show(cameras, shown);
  desk?.eachCamera(hasCameras);
  if (!time?.past) layers.count(countsOf(cameras.features(shown).features));
}

// Filtered, events are asked for one by one; else they are the wall's tiles.
async function showEvents() {
  if (!config.sees_events || !config.extent) return;
  layers.filtered("events", filters.hasEvents);
  tellEvents("");
  if (!filters.hasEvents) return desk?.show("chosen-events", []);
  const question = (showEvents.question = {});
  try {
    const found = await eventsOf(filters.query());
    if (showEvents.question !== question) return;
    desk?.show("chosen-events", found.items.map(({ id, lon, lat, properties: { kind, severity, due } }) => ({ ...feature({ type: "Point", coordinates: [lon, lat] }, { kind, severity, due }), id })));
    tellEvents(found.rest ? interpolate(gettext("%s of %s"), [found.items.length, found.matched]) : String(found.matched));
  } catch (error) {
    if (showEvents.question === question) tellEvents(error.message);
  }
}

function tellEvents(text) {
  if (!time?.past) layers.countEvents(text);
}

async function eventsOf(query) {
  const items = [];
  query.append("layer", "events");
  query.set("bbox", config.extent.map((edge) => edge.toFixed(6)).join());
  query.set("limit", EVENTS_AT_ONCE);
  let [next, matched] = [`${config.urls.select}?${query}`, 0];
  while (next && items.length < MOST_EVENTS) {
    const [told] = (await ask(next)).body.layers;
    items.push(...told.items);
    ({ next, matched } = told);
  }
  return { items, matched, rest: Boolean(next) };
}

// ---- Tools -----------------------------------------------------------------------------------------

function begin(tool, kind, hint, finished, changedTo) {
  if (!sketch) return;
  sketch.begin(kind, hint, {
    finished: (geometry) => {
      tools.mark("");
      finished(geometry);
    },
    changed: changedTo,
    left: () => tools.mark(""),
  });
  tools.mark(tool);
}

function measure(kind) {
  const size = (places) => {
    if (kind === "line") return places.length > 1 ? distanceText(lengthM(places)) : "";
    return places.length > 2 ? `${areaText(areaM2(places))} · ${interpolate(gettext("around it %s"), [distanceText(lengthM([...places, places[0]]))])}` : "";
  };
  const hint = kind === "line" ? gettext("Set the points of the way.") : gettext("Set the corners of the area.");
  desk?.show("searched", []);
  begin(kind === "line" ? "measure_line" : "measure_area", kind, hint, (geometry) => {
    const places = kind === "line" ? geometry.coordinates : geometry.coordinates[0].slice(0, -1);
    desk.show("searched", [feature(geometry)]);
    results.wait(kind === "line" ? gettext("Length") : gettext("Area"));
    results.fail(size(places));
    results.title.focus();
  }, size);
}

function selectIn(kind) {
  const hint = kind === "box" ? gettext("Set two corners of the box.") : gettext("Set the corners of the area.");
  begin(kind === "box" ? "select_box" : "select_area", kind, hint, (geometry) => search(new URLSearchParams([asked(geometry)]), gettext("In the area"), geometry));
}

function searchAroundPoint() {
  begin("near", "point", gettext("Set the point to search around."), (geometry) =>
    askRadius(gettext("the point"), (radius) => search(new URLSearchParams([asked(geometry), ["radius_m", radius]]), gettext("the point"))));
}

function around(near, name) {
  askRadius(name, (radius) => search(new URLSearchParams({ near, radius_m: radius }), name));
}

function askRadius(name, chosen) {
  const field = element("input", { type: "number", min: 1, max: 20_000, step: "any", value: askRadius.last ?? USUAL_RADIUS_M, required: true, id: "radius" });
  const form = element("form", { class: "radius", method: "dialog" }, element("label", { for: "radius" }, gettext("Metres around it")), field, element("button", { class: "main" }, gettext("Search")));
  form.addEventListener("submit", () => {
    askRadius.last = field.value;
    chosen(field.value);
  });
  openDialog(at("help"), interpolate(gettext("Search around %s"), [name]), form);
  field.focus();
  field.select();
}

function draw(kind) {
  const hints = { point: gettext("Set the point."), line: gettext("Set the points of the line."), polygon: gettext("Set the corners of the area.") };
  begin("", kind, hints[kind], (geometry) => drawings.add(geometry));
}

function listView() {
  const named = layers.searched.map((layer) => ["layer", layer]);
  if (!desk) return;
  if (named.length === 0) return results.fail(gettext("All layers are off: switch one on."));
  search(new URLSearchParams([["bbox", desk.box()], ...named]), gettext("What the map shows"));
}

// The filters of the map hold for the search too.
// shape: what is asked with, null where its outline is not worth drawing.
async function search(question, name, shape = null) {
  const mine = (searching = {});
  const radius = question.get("radius_m");
  results.wait(radius ? interpolate(gettext("Within %s m of %s"), [radius, name]) : name);
  for (const [filter, value] of filters.query()) question.append(filter, value);
  try {
    const { body } = await ask(`${config.urls.select}?${question}`);
    if (searching !== mine) return;
    const outline = body.outline ?? shape;
    desk?.show("searched", outline ? [feature(outline)] : []);
    results.show(outline ? body : { ...body, area_m2: 0 });
  } catch (error) {
    if (searching === mine) results.fail(error.message);
  }
}

// Without a secure connection browsers give no access to the clipboard: then the link is shown marked.
async function share() {
  const { link } = view;
  const field = element("input", { type: "text", readonly: true, value: link, "aria-label": gettext("Link to this view"), class: "share-link" });
  const copied = await navigator.clipboard?.writeText(link).then(() => true, () => false);
  openDialog(at("help"), gettext("Share this view"), field,
    element("p", {}, copied ? gettext("The link is copied.") : gettext("Copy the link with Ctrl+C.")),
    element("p", { class: "muted" }, gettext("Whoever opens it signs in, and sees of this view what they may see. Drawings do not go along.")));
  field.focus();
  field.select();
}

// ---- Live ------------------------------------------------------------------------------------------

async function load() {
  people?.load();
  showEvents();
  if (!config.sees_cameras) return;
  const { body } = await ask(`${config.urls.cameras}.geojson`);
  cameras.replace(body);
  wall?.sayCrowded(body.complete ? 0 : body.features.length);
  filters.know([...cameras.byId.values()]);
  showCameras();
  await loadOutages();
  if (card.id === null) followAddress(address.read());
  else card.refresh();
}

async function loadOutages() {
  if (config.sees_cameras) wall?.showOutages((await ask(`${config.urls.cameras}/outages/`)).body.items);
}

function changed(change) {
  if (change.topic === "shapes" || change.topic === "territory") return refreshEdition();
  if (change.topic === "camera") {
    cameras.apply(change);
    repaint.call();
  }
  if (change.topic === "outage") relist.call();
  if (change.topic === "event") eventChanged(change);
  if (change.topic === "position") people?.changed();
  if (change.topic === "coverage") coverage?.changed((kind) => wall?.refreshSeen(kind));
  if (change.topic === "notice") reload.call();
  card.changed(change);
}

function eventChanged({ subject }) {
  wall?.eventNote?.changed(subject);
  eventsWait ??= setTimeout(() => {
    eventsWait = null;
    refreshEvents();
  }, EVENTS_EVERY_MS);
}

function refreshEvents() {
  wall?.refreshEvents();
  if (filters.hasEvents) showEvents();
}

async function refreshEdition() {
  try {
    wall?.useEdition((await ask(config.urls.edition)).body.edition);
  } catch {
    // Borders stay as they are; the next minute asks again.
  }
}

// ---- One thing -------------------------------------------------------------------------------------

function opened(layer, { id, lon, lat, properties }) {
  if (layer === "cameras") return openCard(id, true);
  wall?.visit([lon, lat, lon, lat], { area: layer === "grids" ? properties.code : "" });
  if (layer === "events") wall?.eventNote?.open(id, [lon, lat]);
  if (layer === "grids") wall?.note.open(properties.code, [lon, lat]);
}

function openCard(id, go) {
  card.open(id);
  wall?.pick(cameras.get(id), { go, covered_px: coveredByCard() });
  address.write(id);
}

function goTo({ id, box, area, opens }) {
  if (opens === "camera") openCard(id, false);
  else if (card.id !== null) card.close();
  if (box === null) return gettext("It has no place on the map.");
  wall?.visit(box, { area, covered_px: coveredByCard() });
  if (opens === "event") wall?.visitEvent(id, box);
  return "";
}

function coveredByCard() {
  const [{ width: whole }, { width }] = [at("map"), at("card")].map((box) => box.getBoundingClientRect());
  return width < whole ? width : 0;
}

function closed() {
  wall?.pick(null);
  address.write(null);
}

function followAddress(id) {
  if (!config.sees_cameras || id === card.id) return;
  if (id === null) card.close();
  else openCard(id, true);
}

function tick() {
  setText(at("clock"), `${clock.dayText()} ${clock.clockText()}`);
  banner.tick();
  card.tick();
}

at("as-file").addEventListener("click", ({ currentTarget }) => {
  if (wall) currentTarget.search = wall.asFile(coverage?.kind ?? "off");
});

isMade = true;
layers.set(view.asked.get("layers") ?? "");
filters.set(view.asked);
const place = placeOf(view.asked.get("at"));
if (place) desk?.go(place);
wall?.map.on("moveend", () => view.changed());
tick();
setInterval(tick, 1_000);
setInterval(() => {
  refreshEdition();
  refreshEvents();
  people?.load();
  coverage?.changed((kind) => wall?.refreshSeen(kind));
  card.refresh();
}, REFRESH_EVERY_MS);
address.follow(followAddress);
feed.start();
