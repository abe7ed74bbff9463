// Two moments beside each other or one over the other, and a table of what is different.

import { ask } from "maps/api";
import { severityText, SEVERITIES } from "events/icons";
import { STATES, stateText } from "maps/cameras";
import * as clock from "maps/clock";
import { PastMap, follow } from "maps/desk/then/map";
import { Past, movesOf } from "maps/desk/then/past";
import { element, setText } from "maps/element";

const DAY_MS = 86_400_000;
const MOST_LISTED = 200;
const EMPTY = { type: "FeatureCollection", features: [] };

export class Compare {
  // place: what the desk's map lies in.  live: that map.  narrowing(): what layers and filters leave.
  constructor(config, { place, live, narrowing, closed }) {
    Object.assign(this, { config, place, live, narrowing, closed });
    this.box = null;
  }

  get isOpen() {
    return this.box !== null;
  }

  open() {
    if (this.isOpen || !this.live) return;
    const now = Math.floor(clock.now() / 60_000) * 60_000;
    const field = (at) => element("input", { type: "datetime-local", required: true, value: clock.isoMinute(at), max: clock.isoMinute(now), step: 60 });
    this.fields = [field(now - DAY_MS), field(now)];
    this.side = element("input", { type: "radio", name: "then-way", value: "side", checked: true });
    this.swipe = element("input", { type: "radio", name: "then-way", value: "swipe" });
    this.edge = element("input", { type: "range", class: "compare-edge", min: 0, max: 100, value: 50, "aria-label": gettext("Border between the two moments"), hidden: true });
    this.note = element("p", { class: "then-note", role: "status" });
    this.narrowed = this.narrowing();
    const { words } = this.narrowed;
    this.tags = [element("div", { class: "past-ribbon" }), element("div", { class: "past-ribbon" })];
    this.holders = [0, 1].map(() => element("div", { class: "map compare-map" }));
    this.maps = element("div", { class: "compare-maps" }, ...this.holders.map((holder, index) => element("div", { class: "compare-side" }, holder, this.tags[index])), this.edge);
    this.table = element("div", { class: "compare-table", tabindex: 0, role: "region", "aria-label": gettext("Differences") });
    const close = element("button", { type: "button", class: "then-back", "aria-keyshortcuts": "Escape" }, gettext("Back to live"));
    this.box = element(
      "section",
      { class: "compare", role: "dialog", "aria-label": gettext("Compare two moments") },
      element("div", { class: "then-row" }, close, label(gettext("Before"), this.fields[0]), label(gettext("After"), this.fields[1]),
        choice(gettext("Side by side"), this.side), choice(gettext("Swipe"), this.swipe),
        words && element("p", { class: "then-note compare-filtered" }, interpolate(gettext("filtered: %s"), [words])), this.note),
      this.maps,
      this.table,
    );
    close.addEventListener("click", () => this.close());
    for (const one of this.fields) one.addEventListener("change", () => this.load());
    for (const one of [this.side, this.swipe]) one.addEventListener("change", () => this.arrange());
    this.edge.addEventListener("input", () => this.arrange());
    this.place.parentElement.append(this.box);
    document.body.toggleAttribute("data-past", true);
    this.pasts = null;
    this.shown = null;
    this.fields[0].focus();
    this.arrange();
    this.load();
  }

  close() {
    this.question = null;
    this.shown?.forEach((one) => one.remove());
    this.shown = null;
    this.box.remove();
    this.box = null;
    document.body.toggleAttribute("data-past", document.querySelector(".past-ribbon:not([hidden])") !== null);
    this.closed();
  }

  async load() {
    const moments = this.fields.map(({ value }) => clock.instantOf(value));
    if (moments.some(Number.isNaN)) return;
    const question = (this.question = {});
    setText(this.note, gettext("Loading…"));
    this.tags.forEach((tag) => setText(tag, ""));
    this.shown?.forEach((one) => ["cameras", "past-events", "differences"].forEach((source) => one.draw(source, EMPTY)));
    this.table.replaceChildren();
    try {
      const { then } = this.config.urls;
      const { area } = this.narrowed;
      const at = (moment) => new URLSearchParams({ at: new Date(moment).toISOString(), area });
      const days = new URLSearchParams({ from: clock.isoDay(moments[0]), to: clock.isoDay(moments[1]), area });
      const [before, after, grids] = await Promise.all([ask(`${then}?${at(moments[0])}`), ask(`${then}?${at(moments[1])}`), ask(`${then}grids/?${days}`)]);
      if (this.question === question) this.take([new Past(before.body), new Past(after.body)], grids.body);
    } catch (error) {
      if (this.question === question) setText(this.note, error.message);
    }
  }

  take(pasts, grids) {
    this.pasts = pasts;
    if (!this.shown) this.makeMaps();
    pasts.forEach((past, index) => {
      this.shown[index].useDay(past.stood.day, past.stood.grids.edition);
      this.shown[index].show(past, this.narrowed);
      this.shown[index].draw("differences", shapes(grids, index === 0 ? "before" : "after"));
      setText(this.tags[index], interpolate(gettext("Not live: state of %s"), [clock.wholeText(past.begin)]));
    });
    this.table.replaceChildren(...this.tables(grids));
    const left = pasts.reduce((sum, past) => sum + past.leftOut, grids.left_out);
    setText(this.note, left ? interpolate(gettext("%s more are not drawn"), [left]) : "");
  }

  makeMaps() {
    const { map } = this.live;
    this.shown = this.holders.map((holder, index) => {
      const { day, grids } = this.pasts[index].stood;
      return new PastMap(holder, this.config, { center: map.getCenter(), zoom: map.getZoom(), day, edition: grids.edition });
    });
    follow(this.shown[0].map, this.shown[1].map);
    // Each has less room than the desk's: all of what that shows is shown.
    this.shown[0].map.fitBounds(map.getBounds(), { animate: false });
  }

  // Side by side, or the later one over the earlier from the border on.
  arrange() {
    const swipes = this.swipe.checked;
    this.maps.toggleAttribute("data-swipe", swipes);
    this.edge.hidden = !swipes;
    this.maps.style.setProperty("--edge", `${this.edge.value}%`);
    this.shown?.forEach(({ map }) => map.resize());
  }

  // ---- The table ---------------------------------------------------------------------------------

  tables(grids) {
    const [before, after] = this.pasts.map(({ stood }) => stood);
    const [old, young] = this.pasts.map((past) => numbersOf(past, this.narrowed));
    const { shows } = this.narrowed;
    const rows = [];
    if (before.events && after.events && shows.events) {
      rows.push(head(gettext("Open events")), line(gettext("All"), old.events, young.events));
      rows.push(...SEVERITIES.map((severity) => line(severityText(severity), old.severities[severity] ?? 0, young.severities[severity] ?? 0)));
      rows.push(...moves(eventMoves(...this.pasts, this.narrowed)));
    }
    if (before.cameras && after.cameras && shows.cameras) {
      rows.push(head(gettext("Cameras")), line(gettext("All"), old.all, young.all));
      rows.push(...STATES.map((state) => line(stateText(state), old.cameras[state], young.cameras[state])));
      rows.push(...moves(cameraMoves(...this.pasts, this.narrowed)));
    }
    rows.push(head(gettext("Grids")), line(gettext("In force"), before.grids.total, after.grids.total));
    rows.push(...moves(Object.entries(grids.counts).map(([change, count]) => [changeText(change), count])));
    const headings = element("tr", {}, ...[gettext("What"), gettext("Before"), gettext("After"), gettext("Difference")].map((text) => element("th", { scope: "col" }, text)));
    const table = element("table", {}, element("caption", { class: "visually-hidden" }, gettext("Differences")), element("thead", {}, headings), element("tbody", {}, ...rows));
    return [table, this.list(grids)];
  }

  // The grids that differ, each a button that leads to it.
  list({ grids }) {
    if (grids.length === 0) return element("p", { class: "muted" }, gettext("No grid differs."));
    return element("ul", { class: "compare-grids", "aria-label": gettext("Grids") }, ...grids.slice(0, MOST_LISTED).map((grid) => {
      const { code, name } = grid.after ?? grid.before;
      const go = element("button", { type: "button", "data-change": grid.change }, `${changeText(grid.change)} · ${name} `, element("span", { class: "muted" }, code));
      go.addEventListener("click", () => this.visit(grid));
      return element("li", {}, go, words(grid));
    }));
  }

  visit({ before, after }) {
    const points = [before, after].filter(Boolean).flatMap(({ shape }) => shape.coordinates.flat());
    const [lons, lats] = [0, 1].map((axis) => points.map((point) => point[axis]));
    this.shown[0].map.fitBounds([Math.min(...lons), Math.min(...lats), Math.max(...lons), Math.max(...lats)], { padding: 60, maxZoom: 16, animate: false });
  }
}

function shapes({ grids }, side) {
  const there = grids.filter((grid) => grid[side]);
  return { type: "FeatureCollection", features: there.map((grid) => ({ type: "Feature", geometry: grid[side].shape, properties: { change: grid.change } })) };
}

function words({ before, after }) {
  if (!before || !after) return null;
  const parts = [];
  if (before.name !== after.name || before.code !== after.code) parts.push(interpolate(gettext("was %s %s"), [before.name, before.code]));
  const grown = after.area_m2 - before.area_m2;
  if (grown !== 0) parts.push(interpolate(gettext("%s m²"), [signed(grown)]));
  return parts.length ? element("span", { class: "muted" }, parts.join(" · ")) : null;
}

export function changeText(change) {
  return {
    new: pgettext("grid compared by two days", "New"),
    over: pgettext("grid compared by two days", "No longer there"),
    redrawn: pgettext("grid compared by two days", "Redrawn"),
    renamed: pgettext("grid compared by two days", "Renamed"),
  }[change] ?? change;
}

// Of a moment with more than is told, all are in the server's numbers; what the filters let through is counted here.
function numbersOf(past, narrowed) {
  const counted = past.counts(narrowed);
  const { events, cameras } = past.stood;
  return {
    ...counted,
    ...(events?.left_out && !narrowed.event && { events: events.total, severities: events.severities }),
    ...(cameras?.left_out && !narrowed.camera && { all: cameras.total, cameras: cameras.states }),
  };
}

// Who came and went can be told only where all are told.
function eventMoves(before, after, narrowed) {
  if (before.stood.events.left_out || after.stood.events.left_out) return [];
  const { came, gone, both } = movesOf(before.events, after.events, before.eventsThat(narrowed), after.eventsThat(narrowed));
  return [
    [gettext("Came in or were opened again"), came.length],
    [gettext("Are over"), gone.length],
    [gettext("In another state"), both.filter(([old, young]) => old.state !== young.state).length],
  ];
}

function cameraMoves(before, after, narrowed) {
  if (before.stood.cameras.left_out || after.stood.cameras.left_out) return [];
  const { came, both } = movesOf(before.cameras, after.cameras, before.camerasThat(narrowed), after.camerasThat(narrowed));
  const became = (state) => both.filter(([old, young]) => young.state === state && old.state !== state).length;
  return [
    [gettext("Have gone offline"), became("offline")],
    [gettext("Are online again"), became("online")],
    [gettext("Were added"), came.length],
  ];
}

function head(text) {
  return element("tr", {}, element("th", { colspan: 4, scope: "colgroup", class: "compare-head" }, text));
}

function line(text, before, after) {
  return element("tr", {}, element("th", { scope: "row" }, text), ...[before, after, signed(after - before)].map((value) => element("td", {}, String(value))));
}

function moves(pairs) {
  return pairs.map(([text, count]) => element("tr", {}, element("th", { scope: "row" }, text), element("td", {}), element("td", {}), element("td", {}, String(count))));
}

function signed(difference) {
  if (difference === 0) return "0";
  return difference > 0 ? `+${difference}` : `−${-difference}`;
}

function label(text, node) {
  return element("label", {}, element("span", { class: "then-word" }, text), node);
}

function choice(text, node) {
  return element("label", { class: "then-choice" }, node, text);
}
