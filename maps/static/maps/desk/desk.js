// The desk: puts map, live feed, layers, filters, tools and lists together.

// First: the others take colours and measure type while they are read.
import "maps/display/screen";
import { ask } from "maps/api";
import { countsOf } from "maps/cameras";
import { element } from "maps/element";
import { MapPage, at, configOf } from "maps/page";
import { TimeBar } from "maps/desk/then/time";
import { People } from "maps/patrols/people";
import { Sending } from "maps/patrols/sending";
import { TrackView } from "maps/patrols/track";
import { DeskMap } from "maps/desk/desk_map";
import { Drawings, kindButtons } from "maps/desk/drawings";
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

const AGE_EVERY_MS = 10_000;
// So many of a layer that are filtered are asked for one by one.
const AT_ONCE = 1000;
const MOST_CHOSEN = 5000;
const USUAL_RADIUS_M = 200;

const config = configOf("desk-config");
let searching = null;
let isMade = false;
const page = new MapPage(config, {
  load,
  repaint: showCameras,
  relist: () => loadOutages().catch(() => {}),
  held: showCameras,
  chosen: () => (filters.hasCameras ? chosenCameras() : null),
  changed: (change) => change.topic === "position" && people?.changed(),
  events: () => filters.hasEvents && showEvents(),
  minute: () => {
    people?.load();
    if (config.sees_cameras && !points.every) points.load().catch(() => {});
  },
  around,
  asFile,
});
const { cameras, coverage, map: wall, points } = page;
const desk = wall && new DeskMap(wall, config, { ready: () => arrange() });
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
  named: () => toMap(),
});
const sketch = wall && new Sketch(at("sketch"), wall);
const people = config.sees_patrols && wall ? makePeople() : null;
const tools = new Tools(at("tools"), {
  measure_line: () => measure("line"),
  measure_area: () => measure("polygon"),
  select_box: () => selectIn("box"),
  select_area: () => selectIn("polygon"),
  near: () => searchAroundPoint(),
  draw: () => askKind(),
  share: () => share(),
  help: () => openDialog(at("help"), gettext("Keys"), keysTable()),
  keys: { g: () => toMap(), l: () => listView() },
});

function toMap() {
  wall?.map.getCanvas().focus();
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
  if (config.sees_cameras && !points.every) points.load().catch(() => {});
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
  if (time?.past) return;
  if (points.every) layers.count(countsOf(cameras.features(shown).features));
  else countCameras().catch(() => {});
}

// Where only some of the cameras are held, the server counts them.
async function countCameras() {
  const question = (countCameras.question = {});
  const counted = filters.hasCameras ? chosenCameras.counted : summed((await ask(`${config.urls.cameras}/summary/`)).body);
  if (counted && countCameras.question === question && !time?.past) layers.count(counted);
}

function summed({ total, ...states }) {
  return { all: total, states };
}

// Those that are chosen, as a collection, where there are more cameras than are held at once.
async function chosenCameras() {
  const { items, matched, counts, rest } = await chosenOf("cameras");
  chosenCameras.counted = { all: matched, states: counts };
  const features = items.map(({ id, lon, lat, properties }) => feature({ type: "Point", coordinates: [lon, lat] }, { ...properties, id, scope: properties.scope_code }));
  return { features, complete: !rest };
}

// Filtered, events are asked for one by one; else they are the wall's tiles.
async function showEvents() {
  if (!config.sees_events || !config.extent) return;
  layers.filtered("events", filters.hasEvents);
  tellEvents("");
  if (!filters.hasEvents) return desk?.show("chosen-events", []);
  const question = (showEvents.question = {});
  try {
    const found = await chosenOf("events");
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

async function chosenOf(layer) {
  const query = filters.query();
  const items = [];
  query.append("layer", layer);
  query.set("bbox", config.extent.map((edge) => edge.toFixed(6)).join());
  query.set("limit", AT_ONCE);
  let [next, matched, counts] = [`${config.urls.select}?${query}`, 0, {}];
  while (next && items.length < MOST_CHOSEN) {
    const [told] = (await ask(next)).body.layers;
    items.push(...told.items);
    ({ next, matched, counts } = told);
  }
  return { items, matched, counts, rest: Boolean(next) };
}

// What the map shows, as files name it, and what they cannot hold.
function asFile() {
  const shown = { outages: config.sees_cameras && "outages", down: config.sees_cameras && "cameras", online: config.sees_cameras && "cameras", events: config.sees_events && "events" };
  const lacks = { past: Boolean(time?.past), people: layers.isOn("people"), places: layers.isOn("places"), drawings: layers.isOn("drawings") && drawings.shapes.length > 0, base: layers.isOn("base") };
  return {
    layers: Object.keys(shown).filter((name) => shown[name] && layers.isOn(shown[name])),
    filters: [...filters.query()],
    lacks: Object.keys(lacks).filter((name) => lacks[name]),
  };
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

function askKind() {
  if (!sketch) return;
  const kinds = kindButtons((kind) => {
    at("help").close();
    draw(kind);
  });
  openDialog(at("help"), pgettext("tool", "Draw"), element("div", { class: "desk-verbs" }, ...kinds));
  kinds[0].focus();
}

function draw(kind) {
  const hints = { point: gettext("Set the point."), line: gettext("Set the points of the line."), polygon: gettext("Set the corners of the area.") };
  begin("draw", kind, hints[kind], (geometry) => drawings.add(geometry));
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
  await points.load();
  await loadOutages();
  page.refreshCard();
}

async function loadOutages() {
  if (config.sees_cameras) wall?.showOutages((await ask(`${config.urls.cameras}/outages/`)).body.items);
}

// ---- One thing -------------------------------------------------------------------------------------

function opened(layer, { id, lon, lat, properties }) {
  if (layer === "cameras") return page.openCard(id, true);
  wall?.visit([lon, lat, lon, lat], { area: layer === "grids" ? properties.code : "" });
  if (layer === "events") wall?.eventNote?.open(id, [lon, lat]);
  if (layer === "grids") wall?.note.open(properties.code, [lon, lat]);
}

isMade = true;
layers.set(view.asked.get("layers") ?? "");
filters.set(view.asked);
const place = placeOf(view.asked.get("at"));
if (place) desk?.go(place);
wall?.map.on("moveend", () => view.changed());
page.start();
