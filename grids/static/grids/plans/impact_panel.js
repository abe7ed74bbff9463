// What the plan does, counted anew by the server after each change: figures of the grids that it
// changes, before and after, how even their communities are, and the places that change hands.

import { element, empty } from "maps/element";
import { grouped, label, pair, shown, verdicts } from "plans/figures";

const PLACES_AT_ONCE = 1000;
const SETTLED_MS = 400;
const UNSAVED_MS = 1500;
// In the narrow panel; the report has all.
const SHOWN = ["households", "buildings", "shops", "service_points", "street_km", "cameras", "open_events", "workers", "vacancies", "patrol_visits", "load"];

export function mount(host, editor) {
  return new Panel(host, editor);
}

class Panel {
  constructor(host, editor) {
    Object.assign(this, { host, editor, told: null, asking: false, again: false, places: false, timer: 0 });
    this.status = element("p", { class: "impact-status muted", role: "status" });
    this.body = element("div", { class: "impact-body" });
    host.replaceChildren(this.status, this.body);
    editor.onChange(() => this.changed());
    editor.onSelect(() => this.show());
    this.ask();
  }

  // Several changes in a row are one question.
  changed() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.ask(), SETTLED_MS);
    this.host.dataset.stale = "true";
  }

  // One question at a time: what changes meanwhile is asked for once, when the answer is there.
  async ask() {
    if (this.asking) {
      this.again = true;
      return;
    }
    this.asking = true;
    this.say(gettext("Counting …"));
    try {
      const told = await fetched(`/api/grid-plans/${this.editor.planId}/impact/`);
      if (!this.again) this.take(told);
      if (!this.again && this.places) await this.showPlaces();
    } catch (error) {
      if (!this.again) this.failed(error);
    } finally {
      this.asking = false;
    }
    if (this.again) {
      this.again = false;
      this.ask();
    }
  }

  take(told) {
    this.told = told;
    // The editor saves by itself; until it has, this is what the plan did before.
    const isOld = told.revision < this.editor.revision();
    this.host.dataset.stale = String(isOld);
    this.say(isOld ? gettext("Not saved yet: these are the figures of before.") : "");
    if (isOld) this.timer = setTimeout(() => this.ask(), UNSAVED_MS);
    this.show();
  }

  failed(error) {
    console.error(error);
    const retry = element("button", { type: "button" }, gettext("Count again"));
    retry.addEventListener("click", () => this.ask());
    this.status.replaceChildren(error.message, " ", retry);
    this.host.dataset.stale = "true";
  }

  say(text) {
    this.status.textContent = text;
    this.status.hidden = !text;
  }

  show() {
    const { told } = this;
    if (!told) return;
    if (told.grids.length === 0) {
      this.body.replaceChildren(empty(gettext("Nothing changes yet"), gettext("Draw first; what it does is counted after each step.")));
      return;
    }
    const here = this.editor.community();
    const mine = told.communities.filter(({ code }) => !here || code === here);
    this.body.replaceChildren(
      ...(mine.length ? mine : told.communities).map((one) => this.community(one)),
      this.moved(),
      ...this.chosen().map((grid) => this.grid(grid)),
      this.weights(),
      element("p", {}, element("a", { href: `/plans/${this.editor.planId}/impact/` }, gettext("The whole report"))),
    );
  }

  // The selected grids first, and marked; those that only get a corner are left out.
  chosen() {
    const selected = new Set(this.editor.selected());
    const isChosen = (grid) => selected.has(grid.code_after) || selected.has(grid.code_before);
    return this.told.grids.filter((grid) => grid.how !== "noded" || isChosen(grid)).sort((a, b) => isChosen(b) - isChosen(a)).map((grid) => ({ ...grid, isChosen: isChosen(grid) }));
  }

  community({ code, name, before, after }) {
    const { low, high } = this.told.households;
    const rows = [
      [interpolate(gettext("Grids with %s–%s households"), [low, high]), `${before.within} / ${before.grids}`, `${after.within} / ${after.grids}`],
      [gettext("Households, least to most"), range(before.households), range(after.households)],
      [gettext("Load, least to most"), range(before.load), range(after.load)],
      [gettext("Load, uneven by"), percent(before.load.uneven_pct), percent(after.load.uneven_pct)],
    ];
    return element("section", { class: "impact-part" }, element("h3", {}, name || code), table(rows));
  }

  grid(grid) {
    const figures = this.told.figures.filter(({ name }) => SHOWN.includes(name));
    const rows = [["area_m2", this.told.figures.find(({ name }) => name === "area_m2")], ...figures.map((figure) => [figure.name, figure])]
      .filter(([, figure]) => figure)
      .map(([name, figure]) => [label(figure), shown(figure, grid.before?.[name]), shown(figure, grid.after?.[name])]);
    const code = grid.code_after || grid.code_before;
    const head = element("h3", {}, grid.name_after || grid.name_before, " ", element("span", { class: "muted" }, code.slice(12)));
    const said = grid.verdict ? element("p", { class: `impact-verdict ${grid.verdict}` }, verdicts()[grid.verdict]) : element("p", { class: "impact-verdict muted" }, gettext("Retired"));
    return element("section", { class: "impact-part", "data-code": code, "data-chosen": grid.isChosen }, head, said, table(rows));
  }

  moved() {
    const { total, shown: seen } = this.told.moved;
    const words = interpolate(ngettext("%s place changes hands", "%s places change hands", total), [grouped(total)]);
    const part = element("section", { class: "impact-part" }, element("p", {}, words));
    if (seen > 0) {
      const press = element("button", { type: "button", "aria-pressed": this.places }, gettext("Show them on the map"));
      press.addEventListener("click", () => this.toggle(press));
      part.append(press);
    }
    return part;
  }

  async toggle(press) {
    this.places = !this.places;
    press.setAttribute("aria-pressed", String(this.places));
    if (!this.places) {
      this.editor.showPlaces(null);
      return;
    }
    try {
      await this.showPlaces();
    } catch (error) {
      this.failed(error);
    }
  }

  async showPlaces() {
    const found = await fetched(`/api/grid-plans/${this.editor.planId}/impact/points/?limit=${PLACES_AT_ONCE}`);
    if (!this.places) return;
    this.editor.showPlaces(found.total ? found : null);
    if (found.total > found.features.length) this.say(interpolate(gettext("The first %s of %s places are shown."), [grouped(found.features.length), grouped(found.total)]));
  }

  weights() {
    const known = Object.fromEntries(this.told.figures.map((figure) => [figure.name, figure]));
    const parts = Object.entries(this.told.weights).filter(([name, weight]) => weight && known[name]).map(([name, weight]) => `${label(known[name])} × ${weight}`);
    return element("p", { class: "muted impact-weights" }, interpolate(gettext("Load, in households: %s"), [parts.join(" + ")]));
  }
}

async function fetched(address) {
  const response = await fetch(address, { headers: { Accept: "application/json" } });
  const body = await response.json().catch(() => null);
  if (!response.ok || !body) throw new Error(body?.error?.message ?? gettext("The server does not answer."));
  return body;
}

function table(rows) {
  return element("table", { class: "impact-table" }, element("tbody", {}, ...rows.map(([head, before, after]) =>
    element("tr", { "data-changed": before !== after },
      element("th", { scope: "row" }, head),
      element("td", { class: "num" }, pair(before, after))))));
}

function range({ least, most }) {
  return `${grouped(least)}–${grouped(most)}`;
}

function percent(share) {
  return share === null ? "–" : `${Math.round(share)} %`;
}
