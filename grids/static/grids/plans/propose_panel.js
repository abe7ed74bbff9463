// Proposals for the community that is shown: what is wished, how far the work is, three alternatives
// side by side, and taking one of them into the plan, where it can be undone like any other step.

import { ask } from "maps/api";
import { element } from "maps/element";
import { smallMap } from "plans/propose_map";

const EVERY_MS = 700;
const OPEN = ["waiting", "working"];
const MOST_BARRIER_BYTES = 2_000_000;
const USUAL = { floor: 300, cap: 500, tolerance: 15, seed: 1 };

export function mount(host, editor) {
  return new Panel(host, editor);
}

class Panel {
  constructor(host, editor) {
    Object.assign(this, { editor, proposal: null, barriers: null, picked: null, shown: null, askedAt: null, timer: 0, turn: 0 });
    this.url = `/api/grid-plans/${editor.planId}/proposals/`;
    this.form = this.wishes();
    this.status = element("div", { class: "propose-status", role: "status" });
    this.found = element("div", { class: "propose-found" });
    host.replaceChildren(this.form, this.status, this.found);
    editor.onChange(() => this.changed());
    editor.onSelect(() => this.chosen());
    this.changed();
    this.look();
  }

  // ---- What is wished ------------------------------------------------------------------------------

  wishes() {
    const number = (name, text, min, max) => element("label", {}, element("span", {}, text),
      element("input", { type: "number", name, required: true, min, max, step: 1, value: USUAL[name] }));
    const by = element("select", { name: "by" },
      element("option", { value: "households" }, gettext("Households")),
      element("option", { value: "load" }, gettext("Load: all that has a place, by its weight; streets are not counted")));
    this.locks = element("div", { class: "propose-locks" });
    this.file = element("input", { type: "file", accept: ".geojson,.json,application/geo+json" });
    this.told = element("p", { class: "muted", role: "status" });
    this.start = element("button", { type: "submit", class: "main" }, gettext("Propose"));
    const form = element("form", { class: "propose-form" },
      element("label", { class: "propose-wide" }, element("span", {}, gettext("What is shared out")), by),
      number("floor", gettext("Of each grid at least, in households"), 1, 100_000),
      number("cap", gettext("At most"), 1, 100_000),
      number("tolerance", gettext("Difference from the mean at most, %"), 1, 100),
      number("seed", gettext("Seed"), 0, 2 ** 31 - 1),
      element("label", { class: "propose-wide propose-tick" },
        element("input", { type: "checkbox", name: "main_roads", checked: true }), gettext("No grid crosses a main road")),
      element("label", { class: "propose-wide" },
        element("span", {}, gettext("Other lines that no grid crosses, such as rail and river (GeoJSON, WGS84)")), this.file),
      element("details", { class: "propose-wide" }, element("summary", {}, gettext("Grids that do not change")), this.locks),
      element("div", { class: "propose-wide propose-verbs" }, this.start),
      this.told);
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.ask();
    });
    this.file.addEventListener("change", () => this.readBarriers());
    return form;
  }

  // What is locked in the editor stays as it is; more can be ticked.
  showLocks() {
    const before = new Map([...this.locks.querySelectorAll("input")].map((box) => [box.value, box.checked]));
    const grids = this.editor.own?.().map(({ key, name }) => ({ key, name })) ?? this.editor.selected().map((key) => ({ key, name: "" }));
    grids.sort((one, other) => one.key.localeCompare(other.key));
    this.locks.replaceChildren(...grids.map(({ key, name }) => {
      const locked = Boolean(this.editor.isLocked?.(key));
      return element("label", { class: "propose-tick" },
        element("input", { type: "checkbox", value: key, checked: locked || (before.get(key) ?? false), disabled: locked }),
        `${key.slice(12)} ${name}`);
    }));
  }

  async readBarriers() {
    const [file] = this.file.files;
    this.barriers = null;
    if (!file) return this.say("");
    if (file.size > MOST_BARRIER_BYTES) return this.say(gettext("This file is too large: at most 2 MB."));
    try {
      const coordinates = linesOf(JSON.parse(await file.text()));
      if (coordinates.length === 0) return this.say(gettext("There are no lines in this file."));
      this.barriers = { type: "MultiLineString", coordinates };
      this.say(interpolate(ngettext("%s line that no grid crosses.", "%s lines that no grid crosses.", coordinates.length), [coordinates.length]));
    } catch {
      this.say(gettext("This file cannot be read as GeoJSON."));
    }
  }

  say(text) {
    this.told.textContent = text;
  }

  // ---- Asking, waiting, giving up ------------------------------------------------------------------

  async ask() {
    const fields = this.form.elements;
    const numbers = Object.fromEntries(Object.keys(USUAL).map((name) => [name, fields[name].valueAsNumber]));
    if (numbers.floor > numbers.cap) return this.say(gettext("The least is above the most."));
    this.say("");
    const body = {
      ...numbers,
      by: fields.by.value,
      revision: this.editor.revision(),
      community: this.editor.community(),
      locked: [...this.locks.querySelectorAll("input:checked")].map((box) => box.value),
      main_roads: fields.main_roads.checked,
      ...(this.barriers && { barriers: this.barriers }),
    };
    this.start.disabled = true;
    try {
      const answer = await ask(this.url, { method: "POST", csrf: this.editor.config?.csrf, body });
      this.show(answer.body);
    } catch (refusal) {
      this.start.disabled = false;
      this.failed(refusal);
    }
  }

  // What was asked for before the page was opened, or by somebody else, is shown too.
  async look() {
    try {
      const { body } = await ask(this.url);
      for (const [name, value] of Object.entries(body.usual)) {
        const field = this.form.elements[name];
        if (field.value === String(USUAL[name])) field.value = value;
      }
      const last = body.items.find(({ state }) => state !== "cancelled");
      if (last && !this.proposal) await this.follow(last.id);
    } catch (refusal) {
      this.failed(refusal);
    }
  }

  async follow(id) {
    clearTimeout(this.timer);
    const turn = ++this.turn;
    try {
      const { body } = await ask(`${this.url}${id}/`);
      if (turn === this.turn) this.show(body);
    } catch (refusal) {
      if (turn !== this.turn) return;
      if (refusal.status === 0) this.timer = setTimeout(() => this.follow(id), 3 * EVERY_MS);
      this.failed(refusal);
    }
  }

  async cancel() {
    try {
      const { body } = await ask(`${this.url}${this.proposal.id}/cancel/`, { method: "POST", csrf: this.editor.config?.csrf, body: {} });
      this.turn += 1;
      this.show(body);
    } catch {
      this.follow(this.proposal.id); // it has ended meanwhile
    }
  }

  show(proposal) {
    clearTimeout(this.timer);
    this.proposal = proposal;
    this.askedAt = this.editor.revision();
    const open = OPEN.includes(proposal.state);
    if (open) this.timer = setTimeout(() => this.follow(proposal.id), EVERY_MS);
    this.changed();
    this.showState(proposal, open);
    if (!open) this.showFound();
  }

  showState({ state, progress, message }, open) {
    if (!open) {
      const text = state === "cancelled" ? gettext("Cancelled.") : message;
      return this.status.replaceChildren(...(text ? [element("p", { class: state === "failed" ? "refusal" : "muted" }, text)] : []));
    }
    const old = this.status.querySelector("progress");
    const bar = old ?? element("progress", { max: 1, "aria-label": gettext("How far the proposal is") });
    bar.value = progress;
    if (old) return;
    const stop = element("button", { type: "button" }, gettext("Cancel"));
    stop.addEventListener("click", () => this.cancel());
    this.found.replaceChildren();
    this.status.replaceChildren(element("p", {}, gettext("Looking for better borders …")), bar, stop);
  }

  failed(refusal) {
    this.status.replaceChildren(element("p", { class: "refusal" }, refusal.message));
  }

  // ---- What came of it -----------------------------------------------------------------------------

  changed() {
    this.showLocks();
    const working = Boolean(this.proposal && OPEN.includes(this.proposal.state));
    this.start.disabled = working || !this.editor.community();
    this.mark();
    if (this.proposal?.alternatives && this.askedAt !== this.editor.revision()) this.askCurrent();
  }

  // A step and its undoing lead back to the borders that the alternatives start from.
  async askCurrent() {
    this.askedAt = this.editor.revision();
    const { id } = this.proposal;
    try {
      const { body } = await ask(`${this.url}${id}/`);
      if (this.proposal.id !== id) return;
      this.proposal.current = body.current;
      this.mark();
    } catch {
      this.askedAt = null; // the next change asks again
    }
  }

  chosen() {
    if (!this.editor.own) this.showLocks();
  }

  // An alternative belongs to the borders that it starts from.
  get isOld() {
    return !this.proposal.current || this.proposal.community !== this.editor.community();
  }

  mark() {
    if (!this.proposal?.alternatives) return;
    const old = this.isOld;
    this.found.dataset.old = String(old);
    for (const button of this.found.querySelectorAll("button[data-take]")) button.disabled = old || button.dataset.take === "";
    const note = this.found.querySelector(".propose-old");
    if (note) note.hidden = !old;
  }

  // Side by side: small maps to choose from, the figures of all, and the chosen one in full.
  showFound() {
    const { alternatives, community } = this.proposal;
    this.hide();
    if (!alternatives) return this.found.replaceChildren();
    this.picked = alternatives.find(({ fits }) => fits) ?? alternatives[0];
    this.thumbs = element("div", { class: "propose-thumbs", role: "group", "aria-label": gettext("Alternatives") }, ...alternatives.map((one) => this.thumb(one)));
    this.table = element("div");
    this.detail = element("div", { class: "propose-detail" });
    this.found.replaceChildren(
      element("p", { class: "muted" }, interpolate(gettext("Community %s; borders of today are dashed."), [community])),
      element("p", { class: "propose-old", hidden: true }, gettext("The plan has changed since: these start from borders that are no longer there. Ask again.")),
      this.thumbs, this.table, this.detail);
    this.pick(this.picked);
  }

  thumb(one) {
    const button = element("button", { type: "button", class: "propose-thumb", "data-aim": one.aim, "data-fits": one.fits },
      smallMap(this.proposal.before, one.shapes, null), element("span", {}, one.title));
    button.addEventListener("click", () => this.pick(one));
    return button;
  }

  pick(one) {
    this.hide();
    this.picked = one;
    for (const button of this.thumbs.children) button.setAttribute("aria-pressed", String(button.dataset.aim === one.aim));
    this.table.replaceChildren(figures(this.proposal, one));
    const take = element("button", { type: "button", class: "main", "data-take": one.operations.length ? one.aim : "" }, gettext("Take this one"));
    const look = element("button", { type: "button", "aria-pressed": false }, gettext("Show on the map"));
    take.addEventListener("click", () => this.take(one, take));
    look.addEventListener("click", () => this.toggle(one, look));
    this.detail.dataset.fits = String(one.fits);
    this.detail.replaceChildren(
      element("p", { class: "propose-sum" }, one.summary),
      smallMap(this.proposal.before, one.shapes, one.figures.households),
      ...(one.reasons.length ? [element("ul", { class: "propose-reasons" }, ...one.reasons.map((reason) => this.reason(reason)))] : []),
      element("div", { class: "propose-verbs" }, take, look));
    this.mark();
  }

  reason({ text, place }) {
    if (!place) return element("li", {}, text);
    const go = element("button", { type: "button", class: "propose-place" }, text);
    go.addEventListener("click", () => this.editor.zoomTo(place));
    return element("li", {}, go);
  }

  toggle(one, button) {
    const on = this.shown !== one;
    this.hide();
    if (!on) return;
    this.shown = one;
    button.setAttribute("aria-pressed", "true");
    this.editor.showPlaces({
      type: "FeatureCollection",
      features: Object.entries(one.shapes).map(([code, coordinates]) => ({
        type: "Feature", properties: { code }, geometry: { type: "MultiLineString", coordinates },
      })),
    });
  }

  hide() {
    if (!this.shown) return;
    this.shown = null;
    for (const pressed of this.detail.querySelectorAll("[aria-pressed=true]")) pressed.setAttribute("aria-pressed", "false");
    this.editor.showPlaces(null);
  }

  async take(one, button) {
    button.disabled = true;
    this.hide();
    try {
      await this.editor.apply(one.operations);
      this.status.replaceChildren(element("p", {}, interpolate(gettext("Taken into the plan: %s. It can be undone step by step."), [one.title])));
    } catch (refusal) {
      if (!refusal.isKept) this.failed(refusal);
    }
    this.mark();
  }
}

// Rows of figures; columns are today and the alternatives, of which one is chosen.
function figures({ today, alternatives, wishes }, picked) {
  const byLoad = wishes.by === "load";
  const percent = (share) => `${(100 * share).toFixed(0)} %`;
  const metres = (length) => `${Math.round(length).toLocaleString()} m`;
  const range = ({ households }) => {
    const counts = Object.values(households).sort((one, other) => one - other);
    return `${counts[0].toLocaleString()}–${counts.at(-1).toLocaleString()}`;
  };
  const rows = [
    [gettext("Grids"), (one) => Object.keys(one.households).length],
    [byLoad ? gettext("Load of a grid") : gettext("Households of a grid"), range],
    [gettext("Largest difference from the mean"), (one) => percent(one.spread)],
    [byLoad ? gettext("Load that changes hands") : gettext("Households that change hands"), (one) => one.moved_households.toLocaleString()],
    [gettext("Compactness (a circle has 1)"), (one) => one.compactness.toFixed(2)],
    [gettext("Borders"), (one) => metres(one.border_m)],
    [gettext("of these off streets"), (one) => metres(one.off_street_m)],
  ];
  const columns = [{ title: gettext("today"), figures: today }, ...alternatives];
  const classed = (one, more = "") => ({ class: `${more}${one === picked ? " propose-picked" : ""}` });
  return element("table", { class: "propose-figures" },
    element("thead", {}, element("tr", {}, element("th", {}), ...columns.map((one) => element("th", { scope: "col", ...classed(one) }, one.title)))),
    element("tbody", {}, ...rows.map(([name, of]) => element("tr", {},
      element("th", { scope: "row" }, name), ...columns.map((one) => element("td", classed(one, "num"), String(of(one.figures))))))));
}

// The coordinates of all lines in some GeoJSON.
function linesOf(told) {
  if (told?.type === "FeatureCollection") return told.features.flatMap(linesOf);
  if (told?.type === "Feature") return linesOf(told.geometry);
  if (told?.type === "GeometryCollection") return told.geometries.flatMap(linesOf);
  if (told?.type === "LineString") return [flat(told.coordinates)];
  if (told?.type === "MultiLineString") return told.coordinates.map(flat);
  return [];
}

function flat(line) {
  return line.map(([x, y]) => [x, y]);
}
