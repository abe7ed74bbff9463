// The desk: puts map, live feed, layers, filters, tools and lists together.

import * as address from "maps/address";
import { ask } from "maps/api";
import { Banner } from "maps/banner";
import { Cameras } from "maps/cameras";
import { Card } from "maps/card";
import * as clock from "maps/clock";
import { element, setText } from "maps/element";
import { Finder } from "maps/find";
import { LiveFeed } from "maps/live";
import { WallMap } from "maps/map";
import { TimeBar } from "maps/desk/then/time";

const REPAINT_MS = 200;
const REFRESH_EVERY_MS = 60_000;
const EVENTS_EVERY_MS = 2_000;

const config = JSON.parse(document.getElementById("desk-config").textContent);
const at = (id) => document.getElementById(id);
clock.showIn(config.time_zone);

const cameras = new Cameras();
const banner = new Banner(at("banner"), at("live"), config);
const card = new Card(at("card"), config, { closed });
const map = makeMap();
if (map) new TimeBar(at("time"), at("map"), config, map);
new Finder(at("find"), config.urls.find, { chosen: goTo });
const feed = new LiveFeed({
  ticketUrl: config.urls.ticket,
  csrf: config.csrf,
  user: config.user,
  load,
  changed,
  told: (state, why) => banner.tell(state, why, feed?.heardAt ?? null),
  returned: () => location.reload(),
});
let repaint = null;
let eventsWait = null;

function makeMap() {
  if (config.extent === null) {
    at("map").append(empty(gettext("No district is loaded, or none of it is yours."),
      gettext("An administrator loads one with bin/manage load_district, and gives users their part of it.")));
    return null;
  }
  try {
    return new WallMap(at("map"), config, { picked: (id) => openCard(id, false), trouble: (text) => banner.trouble(text) });
  } catch {
    at("map").append(empty(gettext("This browser cannot draw the map."),
      gettext("It needs WebGL 2. The lists beside it work all the same.")));
    return null;
  }
}

function empty(title, advice) {
  return element("div", { class: "empty" }, element("h2", {}, title), element("p", {}, advice));
}

async function load() {
  if (!config.sees_cameras) return;
  cameras.replace((await ask(`${config.urls.cameras}.geojson`)).body);
  map?.show(cameras.features());
  await loadOutages();
  if (card.id === null) followAddress(address.read());
  else card.refresh();
}

async function loadOutages() {
  if (config.sees_cameras) map?.showOutages((await ask(`${config.urls.cameras}/outages/`)).body.items);
}

function changed(change) {
  if (change.topic === "shapes" || change.topic === "territory") return refreshEdition();
  if (change.topic === "camera") {
    cameras.apply(change);
    repaint ??= setTimeout(repaintNow, REPAINT_MS);
  }
  if (change.topic === "outage") loadOutages().catch(() => {});
  if (change.topic === "event") eventChanged(change);
  if (change.topic === "notice") load().catch(() => {});
  card.changed(change);
}

function repaintNow() {
  repaint = null;
  map?.show(cameras.features());
}

function eventChanged({ subject }) {
  map?.eventNote?.changed(subject);
  eventsWait ??= setTimeout(() => {
    eventsWait = null;
    map?.refreshEvents();
  }, EVENTS_EVERY_MS);
}

async function refreshEdition() {
  try {
    map?.useEdition((await ask(config.urls.edition)).body.edition);
  } catch {
    // Borders stay as they are; the next minute asks again.
  }
}

function openCard(id, go) {
  card.open(id);
  map?.pick(cameras.get(id), { go, covered_px: coveredByCard() });
  address.write(id);
}

function goTo({ id, box, area, opens }) {
  if (opens === "camera") openCard(id, false);
  else if (card.id !== null) card.close();
  if (box === null) return gettext("It has no place on the map.");
  map?.visit(box, { area, covered_px: coveredByCard() });
  if (opens === "event") map?.visitEvent(id, box);
  return "";
}

function coveredByCard() {
  const [{ width: whole }, { width }] = [at("map"), at("card")].map((box) => box.getBoundingClientRect());
  return width < whole ? width : 0;
}

function closed() {
  map?.pick(null);
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
  if (map) currentTarget.search = map.asFile("off");
});

tick();
setInterval(tick, 1_000);
setInterval(() => {
  refreshEdition();
  map?.refreshEvents();
  card.refresh();
}, REFRESH_EVERY_MS);
address.follow(followAddress);
feed.start();
