// The wall: puts map, panel, card and live feed together.

// First: the others measure type and take colours while they are read.
import { isTiled, settings as display, watchAbove } from "maps/display/screen";
import { KINDS, SEVERITIES, dueText, kindText, severityText, sign } from "events/icons";
import { Alarms } from "maps/alarms/alarms";
import { askAgain } from "maps/api";
import { STATES, stateText } from "maps/cameras";
import { DisplayDialog } from "maps/display/dialog";
import { fitBar, fitLegend, fitPanel } from "maps/display/fit";
import { element, empty, setText } from "maps/element";
import { GridFigures } from "maps/figures/grids";
import { Headlines } from "maps/figures/headlines";
import { icon } from "maps/icons";
import { keep, kept } from "maps/kept";
import { MapPage, at, configOf } from "maps/page";
import { Panel } from "maps/panel";
import { Dark, Short } from "maps/patrols/panel";
import { Patrols } from "maps/patrols/patrols";
import { Recoveries } from "maps/alarms/recoveries";
import { Tour } from "maps/display/tour";

const MOST_ROWS = 500;
const LIST_RETRY_MS = 5_000;
const EVENTS_KEPT = "wall-events";

const config = configOf("wall-config");
const page = new MapPage(config, {
  load,
  repaint: () => {
    map?.showChanged();
    refreshList();
  },
  relist: refreshList,
  held: () => map?.show(cameras),
  changed,
  minute,
  tick: () => {
    panel.tick();
    alarms?.tick();
  },
  picked: (id) => panel.markPicked(id),
  find: (id) => list.items.find((camera) => camera.id === id),
  // The first time all of it is there already.
  told: (state) => {
    if (state === "live" && heard) refreshList();
    heard ||= state === "live";
  },
  // One layer of colour at a time: two over each other would be neither.
  seen: (kind) => kind !== "off" && gridFigures?.figure && gridFigures.choose(""),
  asFile: () => ({ ...(gridFigures?.figure && { figure: gridFigures.figure }), lacks: [map.patrols?.wanted && "people", config.base && "base"].filter(Boolean) }),
});
const { cameras, card, coverage, feed, map, points } = page;
const panel = new Panel({ figures: at("figures"), list: at("list") }, { picked: (id) => page.openCard(id, true), chosen: chooseList });
const patrols = config.sees_patrols ? new Patrols({ config, map, at }) : null;
const dark = config.layers.blind && config.sees_cameras ? new Dark(at("patrols"), config.urls.patrols, { visited: (box) => map?.visit(box) }) : null;
const short = config.layers.blind ? new Short(at("patrols"), config.urls, { visited: (box, area) => map?.visit(box, { area }) }) : null;
// To whoever may see nothing that raises one, "there is no alarm" would say too much.
const hasAlarms = config.sees_cameras || config.sees_events;
const alarms = hasAlarms ? new Alarms(at("alarms"), config, { goes: goToAlarm }) : null;
const recoveries = hasAlarms ? new Recoveries(at("ticker"), config.urls.recoveries) : null;
const headlines = config.grid_figures.length ? new Headlines(at("headlines"), config.urls.headlines) : null;
const gridFigures = config.grid_figures.length ? makeGridFigures() : null;
const tour = new Tour(at("tour"), config.urls.streets, {
  settings: display,
  extent: config.extent,
  shown: ({ code, box }, duration_ms) => map?.visit(box, { area: code, marked: Boolean(code), marked_ms: duration_ms + 2_000 }),
});
new DisplayDialog(at("display"), at("display-note"), { streetsUrl: config.urls.streets });
watchAbove(document.querySelector(".bar"), at("banner"));

let heard = false;
let fittedTo = "";
let opener = null;
let counts = null;
let list = { items: [], total: 0 };
let shared = { items: [], notices: [] };
let listBusy = false;
let listWanted = false;
let listRetry = null;

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

// Everything anew: at the start, and when too much was missed.  Alarms and cameras first: a browser
// asks one server a few things at a time, and the map's tiles are among them.
async function load() {
  alarms?.refresh();
  if (config.sees_cameras) {
    await Promise.all([points.load(), fetchList()]);
    showList();
    page.refreshCard();
  }
  refreshBeside();
}

function refreshBeside() {
  recoveries?.refresh();
  patrols?.load();
  short?.refresh();
  dark?.refresh();
  headlines?.refresh();
  gridFigures?.refresh();
}

function changed(change) {
  alarms?.changed(change);
  recoveries?.changed(change);
  patrols?.changed(change);
  gridFigures?.changed(change);
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
    askAgain(`${config.urls.cameras}/offline/?state=${state}&limit=${MOST_ROWS}`),
    askAgain(`${config.urls.cameras}/summary/`),
    askAgain(`${config.urls.cameras}/outages/`),
  ]);
  shared = outages.body;
  counts = counted.body;
  if (state === panel.state) list = listed.body;
  else listWanted = true;
}

async function minute() {
  alarms?.refresh();
  refreshBeside();
  await refreshList();
  if (counts && (!points.every || counts.total !== cameras.byId.size)) await points.load().catch(() => {});
}

// An alarm's place, and what stands there opened; whoever has no box lies nowhere on the map.  The
// turns through the streets leave it on the screen for as long as what somebody has touched.
function goToAlarm({ box, street, kind, opens }) {
  tour.touch();
  if (opens?.thing === "camera") return page.openCard(opens.id, true);
  if (card.id !== null) card.close();
  if (box === null) return;
  const outage = opens?.thing === "outage" && shared.items.find(({ id }) => id === opens.id);
  if (outage) return map?.visitOutage(outage);
  map?.visit(box, { area: kind === "late" || kind === "dark" ? street.padEnd(12, "0") : "" });
  if (opens?.thing === "event") map?.visitEvent(opens.id, box);
}

function legend() {
  const entries = STATES.map((state) => element("li", {}, icon(state), stateText(state)));
  const several = element("li", {}, element("span", { class: "outage-sign", "aria-hidden": "true" }, "n"), gettext("One fault, several cameras"));
  opener = element("button", { type: "button", class: "quiet", "aria-pressed": false }, gettext("Legend"));
  at("legend").replaceChildren(element("li", { hidden: true }, opener), ...(config.sees_cameras ? [...entries, several] : []), ...eventLegend(), ...(patrols?.legend() ?? []), ...(coverage?.buttons() ?? []), ...(gridFigures ? [element("li", {}, gridFigures.chooser())] : []));
}

// Shapes say how severe, characters which kind, colours how near the deadline; the button shows events
// or hides them, and the choice is kept.
function eventLegend() {
  if (!config.sees_events) return [];
  const shapes = SEVERITIES.map((severity) => element("li", {}, sign({ severity, kind: "", due: "green" }), interpolate(gettext("Event: %s"), [severityText(severity)])));
  const kinds = KINDS.flatMap((kind) => [sign({ severity: "minor", kind, due: "green" }), kindText(kind)]);
  const dues = ["late", "red", "amber", "green"].flatMap((due) => [sign({ severity: "minor", kind: "", due }), dueText(due)]);
  const isShown = kept(EVENTS_KEPT) !== "off";
  const button = element("button", { type: "button", class: "quiet", id: "show-events", "aria-pressed": isShown }, gettext("Events"));
  button.addEventListener("click", () => {
    const wanted = button.getAttribute("aria-pressed") !== "true";
    button.setAttribute("aria-pressed", String(wanted));
    keep(EVENTS_KEPT, wanted ? "on" : "off");
    map?.showEvents(wanted);
  });
  map?.showEvents(isShown);
  return [...shapes, element("li", {}, gettext("Character: kind"), ...kinds), element("li", {}, gettext("Colour: deadline"), ...dues), element("li", {}, button)];
}

function withoutCameras() {
  at("figures").hidden = true;
  at("legend").hidden = !config.sees_events && !config.sees_patrols && !coverage && !gridFigures;
  at("list").replaceChildren(empty(gettext("Your role does not include cameras."), ""));
}

// The territory is fitted above the legend, on tiled screens too: the legend lies in one tile, but over
// the map that goes on below it.
function fitAboveLegend() {
  const { offsetHeight: high, hidden } = at("legend");
  const px = String(hidden ? 0 : high + Number.parseFloat(getComputedStyle(at("legend")).marginBottom));
  const size = `${px} ${at("map").clientWidth} ${at("map").clientHeight}`;
  if (size === fittedTo) return;
  fittedTo = size;
  keep("wall-legend-px", px);
  at("map").dataset.covered = px;
  if (map?.isWhole) map.showAll(0);
}

if (!config.sees_cameras) withoutCameras();
legend();
fitBar(document.querySelector(".bar"));
const panelBox = document.querySelector(".panel");
fitPanel(isTiled && display.rows > 1 ? [...panelBox.children] : [panelBox], (count) => alarms?.keepFew(count));
fitLegend(at("legend"), at("map"), opener, fitAboveLegend);
page.start();
