// The wall: puts map, panel, card and live feed together.

// First: the others measure type and take colours while they are read.
import { settings as display, watchAbove } from "maps/display/screen";
import { SEVERITIES, severityText, sign } from "events/icons";
import * as address from "maps/address";
import { Alarms } from "maps/alarms/alarms";
import { ask } from "maps/api";
import { Banner } from "maps/banner";
import { Burst, CLOSE_TOGETHER } from "maps/burst";
import { Cameras, STATES, stateText } from "maps/cameras";
import { Card } from "maps/card";
import * as clock from "maps/clock";
import { CoverageView } from "maps/patrols/coverage";
import { DisplayDialog } from "maps/display/dialog";
import { element, empty, setText } from "maps/element";
import { Finder } from "maps/find";
import { GridFigures } from "maps/figures/grids";
import { Headlines } from "maps/figures/headlines";
import { icon } from "maps/icons";
import { keep, kept } from "maps/kept";
import { LiveFeed } from "maps/live";
import { mapIn } from "maps/map";
import { Panel } from "maps/panel";
import { Dark, Short } from "maps/patrols/panel";
import { Patrols } from "maps/patrols/patrols";
import { Recoveries } from "maps/alarms/recoveries";
import { Tour } from "maps/display/tour";

const MOST_ROWS = 500;
// Up to so many cameras are loaded once; of more those in view, once the map is close enough to draw each.
const MOST_AT_ONCE = 5_000;
const MOST_IN_VIEW = 20_000;
const REFRESH_EVERY_MS = 60_000;
const LIST_RETRY_MS = 5_000;
const EVENTS_EVERY_MS = 2_000;
const EVENTS_KEPT = "wall-events";

const config = JSON.parse(document.getElementById("wall-config").textContent);
const at = (id) => document.getElementById(id);
clock.showIn(config.time_zone);

const cameras = new Cameras();
const banner = new Banner(at("banner"), at("live"), config);
const panel = new Panel({ figures: at("figures"), list: at("list") }, { picked: (id) => openCard(id, true), chosen: chooseList });
const card = new Card(at("card"), config, { closed });
const map = mapIn(at("map"), config, { picked: (id) => openCard(id, false), trouble: (text) => banner.trouble(text) });
const patrols = config.sees_patrols ? new Patrols({ config, map, at }) : null;
const dark = config.layers.blind && config.sees_cameras ? new Dark(at("patrols"), config.urls.patrols, { visited: (box) => map?.visit(box) }) : null;
const short = config.layers.blind ? new Short(at("patrols"), config.urls, { visited: (box, area) => map?.visit(box, { area }) }) : null;
const coverage = config.layers.blind ? makeCoverage() : null;
// To whoever may see nothing that raises one, "there is no alarm" would say too much.
const hasAlarms = config.sees_cameras || config.sees_events;
const alarms = hasAlarms ? new Alarms(at("alarms"), config, { goes: goToAlarm }) : null;
const recoveries = hasAlarms ? new Recoveries(at("ticker"), config.urls.recoveries) : null;
const headlines = config.grid_figures.length ? new Headlines(at("headlines"), config.urls.headlines) : null;
const gridFigures = config.grid_figures.length ? makeGridFigures() : null;
new Finder(at("find"), config.urls.find, { chosen: goTo });
const feed = new LiveFeed({
  ticketUrl: config.urls.ticket,
  csrf: config.csrf,
  user: config.user,
  load,
  changed,
  told: (state, why) => {
    banner.tell(state, why, feed?.heardAt ?? null);
    if (state === "live") refreshList();
  },
  returned: () => location.reload(),
});

const tour = new Tour(at("tour"), config.urls.streets, {
  settings: display,
  extent: config.extent,
  shown: ({ code, box }, duration_ms) => map?.visit(box, { area: code, marked: Boolean(code), marked_ms: duration_ms + 2_000 }),
});
new DisplayDialog(at("display"), at("display-note"), { streetsUrl: config.urls.streets });
watchAbove(document.querySelector(".bar"), at("banner"));

const loading = new Set();
const repaint = new Burst(repaintNow, CLOSE_TOGETHER);
const relist = new Burst(refreshList, CLOSE_TOGETHER);
const reload = new Burst(() => load().catch(() => refreshList()), CLOSE_TOGETHER);
let everyCamera = true;
let pointsAsked = 0;
let counts = null;
let list = { items: [], total: 0 };
let shared = { items: [], notices: [] };
let listBusy = false;
let listWanted = false;
let listRetry = null;
let eventsWait = null;

function makeCoverage() {
  return new CoverageView(at("coverage"), config.urls.patrols, {
    asks: (kind, query) => {
      map?.showSeen(kind, query);
      if (kind !== "off" && gridFigures?.figure) gridFigures.choose("");
    },
    showsVideo: (features) => map?.showVideo(features),
    extent: config.extent,
    rounds: config.urls.rounds,
    rules: config.coverage_rules,
    seesPatrols: config.sees_patrols,
  });
}

// One layer of colour at a time: two over each other would be neither.
function makeGridFigures() {
  const made = new GridFigures(at("grid-figure"), config.urls.grid_figures, {
    names: config.grid_figures,
    name: "wall-grid-figure",
    shown: (figure, values) => {
      map?.colours.show(figure, values);
      if (figure && coverage && coverage.kind !== "off") coverage.choose("off");
    },
  });
  if (map) map.gridWords = (id) => made.words(id);
  return made;
}

// Everything anew: at the start, and when too much was missed.
async function load() {
  alarms?.refresh();
  recoveries?.refresh();
  patrols?.load();
  short?.refresh();
  dark?.refresh();
  headlines?.refresh();
  gridFigures?.refresh();
  if (!config.sees_cameras) return;
  await Promise.all([loadPoints(), fetchList()]);
  showList();
  if (card.id === null) followAddress(address.read());
  else card.refresh();
}

// What the feed tells while the answer is on its way may be newer than it, so that is told again.
async function loadPoints() {
  const box = everyCamera ? null : map?.boxOfEach();
  if (!everyCamera && !box) return;
  const query = everyCamera ? `limit=${MOST_AT_ONCE}` : `limit=${MOST_IN_VIEW}&bbox=${box}`;
  const asked = (pointsAsked += 1);
  const meanwhile = [];
  loading.add(meanwhile);
  let body;
  try {
    ({ body } = await ask(`${config.urls.cameras}.geojson?${query}`));
  } finally {
    loading.delete(meanwhile);
  }
  // The map has moved on since, and asked for what lies there.
  if (asked !== pointsAsked) return;
  if (everyCamera && !body.complete) {
    everyCamera = false;
    map?.map.on("moveend", () => loadPoints().catch(() => {}));
    return loadPoints();
  }
  cameras.replace(body);
  map?.sayCrowded(body.complete ? 0 : body.features.length);
  meanwhile.forEach((change) => cameras.apply(change));
  map?.show(cameras);
}

function changed(change) {
  if (change.topic === "shapes" || change.topic === "territory") return refreshEdition();
  if (change.topic === "camera") {
    cameras.apply(change);
    loading.forEach((meanwhile) => meanwhile.push(change));
    repaint.call();
  }
  if (change.topic === "outage") relist.call();
  alarms?.changed(change);
  recoveries?.changed(change);
  if (change.topic === "event") eventChanged(change);
  patrols?.changed(change);
  gridFigures?.changed(change);
  if (change.topic === "coverage") coverage?.changed((kind) => map?.refreshSeen(kind));
  // All cameras of a site became unknown together, or may be known again: too many to tell one by one.
  if (change.topic === "notice") reload.call();
  card.changed(change);
}

// Many that move together are one look at the tiles.
function eventChanged({ subject }) {
  map?.eventNote?.changed(subject);
  eventsWait ??= setTimeout(() => {
    eventsWait = null;
    map?.refreshEvents();
  }, EVENTS_EVERY_MS);
}

function repaintNow() {
  map?.showChanged();
  refreshList();
}

function showList() {
  const { total } = counts;
  if (total === 0) {
    panel.showNote(gettext("There are no cameras in your area yet. An administrator registers them."));
  }
  setText(at("total"), interpolate(ngettext("%s camera", "%s cameras", total), [total]));
  panel.showCounts(counts);
  panel.showShared(shared, { visit: (outage) => map?.visitOutage(outage) });
  map?.showOutages(shared.items);
  panel.showList(list.items, list.total);
  panel.markPicked(card.id);
}

function chooseList() {
  panel.await();
  refreshList();
}

// One request at a time; what changes meanwhile is asked for after it.
async function refreshList() {
  listWanted = true;
  if (listBusy || !config.sees_cameras) return;
  listBusy = true;
  while (listWanted) {
    listWanted = false;
    try {
      await fetchList();
      panel.showNote("");
      showList();
    } catch (error) {
      // The stream of somebody who has signed out goes on for a while; the wall must not.
      if (error.status === 401 && feed.source) feed.lose(error);
      panel.showNote(interpolate(gettext("This list is not up to date: %s"), [error.message]));
      clearTimeout(listRetry);
      listRetry = setTimeout(refreshList, LIST_RETRY_MS);
    }
  }
  listBusy = false;
}

// Figures are the server's own.  Points that do not add up to them are loaded anew: a camera was
// taken out, or given to somebody else, of which the feed tells nothing.
async function fetchList() {
  const { state } = panel;
  const [listed, counted, outages] = await Promise.all([
    ask(`${config.urls.cameras}/offline/?state=${state}&limit=${MOST_ROWS}`),
    ask(`${config.urls.cameras}/summary/`),
    ask(`${config.urls.cameras}/outages/`),
  ]);
  shared = outages.body;
  counts = counted.body;
  if (state === panel.state) list = listed.body;
  else listWanted = true;
}

async function refreshAll() {
  refreshEdition();
  // Their colours follow the time, of which no change tells.
  map?.refreshEvents();
  patrols?.load();
  short?.refresh();
  dark?.refresh();
  alarms?.refresh();
  recoveries?.refresh();
  headlines?.refresh();
  gridFigures?.refresh();
  // What nobody has seen anew is older by a minute.
  coverage?.changed((kind) => map?.refreshSeen(kind));
  // Its last check is told by no change of the feed; an old one would grow older on the card.
  card.refresh();
  await refreshList();
  if (counts && (!everyCamera || counts.total !== cameras.byId.size)) await loadPoints().catch(() => {});
}

async function refreshEdition() {
  try {
    map?.useEdition((await ask(config.urls.edition)).body.edition);
  } catch {
    // Borders stay as they are; the feed says what is wrong, and the next minute asks again.
  }
}

// From the list the map goes there; a click on the map leaves it where it is.
function openCard(id, go) {
  card.open(id);
  pick(cameras.get(id) ?? list.items.find((camera) => camera.id === id), { go, covered_px: coveredByCard() });
  address.write(id);
}

// Where something found lies; returns what is to be said of it.
function goTo({ id, box, area, opens }) {
  if (opens === "camera") openCard(id, false);
  else if (card.id !== null) card.close();
  if (box === null) return gettext("It has no place on the map.");
  map?.visit(box, { area, covered_px: coveredByCard() });
  if (opens === "event") map?.visitEvent(id, box);
  return "";
}

// An alarm's place, and what stands there opened; whoever has no box lies nowhere on the map.  The
// turns through the streets leave it on the screen for as long as what somebody has touched.
function goToAlarm({ box, street, kind, opens }) {
  tour.touch();
  if (opens?.thing === "camera") return openCard(opens.id, true);
  if (card.id !== null) card.close();
  if (box === null) return;
  const outage = opens?.thing === "outage" && shared.items.find(({ id }) => id === opens.id);
  if (outage) return map?.visitOutage(outage);
  map?.visit(box, { area: kind === "late" || kind === "dark" ? street.padEnd(12, "0") : "" });
  if (opens?.thing === "event") map?.visitEvent(opens.id, box);
}

// How much of the map's width the card takes away; on a phone it hides the map, and nothing is gained.
function coveredByCard() {
  const [{ width: whole }, { width }] = [at("map"), at("card")].map((box) => box.getBoundingClientRect());
  return width < whole ? width : 0;
}

function closed() {
  pick(null);
  address.write(null);
}

// What the address says, when the page comes up and when the reader goes back or forth.
function followAddress(id) {
  if (!config.sees_cameras || id === card.id) return;
  if (id === null) card.close();
  else openCard(id, true);
}

function pick(camera, options) {
  map?.pick(camera, options);
  panel.markPicked(camera?.id ?? null);
}

function legend() {
  const entries = STATES.map((state) => element("li", {}, icon(state), stateText(state)));
  const several = element("li", {}, element("span", { class: "outage-sign", "aria-hidden": "true" }, "n"), gettext("One fault, several cameras"));
  at("legend").replaceChildren(...(config.sees_cameras ? [...entries, several] : []), ...eventLegend(), ...(patrols?.legend() ?? []), ...(coverage?.buttons() ?? []), ...(gridFigures ? [element("li", {}, gridFigures.chooser())] : []));
}

// Shapes say how severe; the button shows events or hides them, and the choice is kept.
function eventLegend() {
  if (!config.sees_events) return [];
  const shapes = SEVERITIES.map((severity) => element("li", {}, sign({ severity, kind: "", due: "green" }), interpolate(gettext("Event: %s"), [severityText(severity)])));
  const isShown = kept(EVENTS_KEPT) !== "off";
  const button = element("button", { type: "button", class: "quiet", id: "show-events", "aria-pressed": isShown }, gettext("Events"));
  button.addEventListener("click", () => {
    const wanted = button.getAttribute("aria-pressed") !== "true";
    button.setAttribute("aria-pressed", String(wanted));
    keep(EVENTS_KEPT, wanted ? "on" : "off");
    map?.showEvents(wanted);
  });
  map?.showEvents(isShown);
  return [...shapes, element("li", {}, button)];
}

function tick() {
  const clockNode = at("clock");
  setText(clockNode, `${clock.dayText()} ${clock.clockText()}`);
  banner.tick();
  panel.tick();
  alarms?.tick();
  card.tick();
}

function withoutCameras() {
  at("figures").hidden = true;
  at("legend").hidden = !config.sees_events && !config.sees_patrols && !coverage && !gridFigures;
  at("list").replaceChildren(empty(gettext("Your role does not include cameras."), ""));
}

// What the map shows goes along to the page of files, at the moment of the press.
at("as-file").addEventListener("click", ({ currentTarget }) => {
  if (map) currentTarget.search = map.asFile(coverage?.kind ?? "off");
});

if (!config.sees_cameras) withoutCameras();
legend();
tick();
setInterval(tick, 1_000);
setInterval(refreshAll, REFRESH_EVERY_MS);
address.follow(followAddress);
feed.start();
