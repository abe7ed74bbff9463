// The panel's parts of patrols: how many are on duty in each street and how many are missing; places
// where nothing looks; grids that have had too few visits.

import { ask } from "maps/api";
import * as clock from "maps/clock";
import { element } from "maps/element";
import { Fold } from "maps/fold";

const MOST_ROWS = 100;

export class OnDuty {
  // visited(box, code): a street was pressed.
  constructor(holder, url, { visited }) {
    Object.assign(this, { url, visited });
    this.body = element("tbody");
    const heads = [gettext("Street or town"), gettext("On duty"), gettext("Heard"), gettext("Missing")];
    const table = element("table", { "aria-label": gettext("People on duty") }, element("thead", {}, element("tr", {}, ...heads.map((text) => element("th", { scope: "col" }, text)))), this.body);
    this.fold = new Fold(holder, { name: "wall-patrols-open", title: gettext("People on duty"), ask: () => this.fill() }, table);
  }

  refresh() {
    return this.fold.refresh();
  }

  async fill() {
    const { on_duty: onDuty, missing, streets } = (await ask(`${this.url}/summary/`)).body;
    const parts = [interpolate(gettext("%s on duty"), [onDuty]), missing > 0 && interpolate(gettext("%s missing"), [missing])];
    this.fold.count(parts.filter(Boolean).join(" · "));
    const rows = streets.map((street) => this.row(street));
    const nobody = element("tr", {}, element("td", { colspan: 4, class: "muted" }, gettext("Nobody is on duty now, and nobody is missing.")));
    this.body.replaceChildren(...(rows.length ? rows : [nobody]));
  }

  row({ code, name, box, on_duty: onDuty, heard, missing }) {
    const button = element("button", { type: "button", class: "quiet", disabled: box === null }, name);
    button.addEventListener("click", () => this.visited(box, code));
    return element(
      "tr",
      {},
      element("th", { scope: "row" }, button),
      element("td", {}, onDuty),
      element("td", { "data-bad": heard < onDuty }, heard),
      element("td", { "data-bad": missing > 0 }, missing || "–"),
    );
  }
}

// Cameras that are down where nobody on duty has been either.
export class Dark {
  // visited(box): a row was pressed.
  constructor(holder, url, { visited }) {
    Object.assign(this, { url, visited });
    this.list = element("ol", { class: "fold-rows", "aria-label": gettext("Dark and not patrolled") });
    this.fold = new Fold(holder, { name: "wall-dark-open", title: gettext("Dark and not patrolled"), ask: () => this.fill() }, this.list);
  }

  refresh() {
    return this.fold.refresh();
  }

  async fill() {
    const { total, hours, items } = (await ask(`${this.url}/dark/?limit=${MOST_ROWS}`)).body;
    this.fold.count(String(total));
    const none = element("li", { class: "none" }, interpolate(gettext("Somebody on duty has been wherever a camera is down, within %s h."), [hours]));
    const rest = total > items.length && element("li", { class: "none" }, interpolate(gettext("and %s more"), [total - items.length]));
    this.list.replaceChildren(...(items.length ? items.map((item) => this.row(item)) : [none]), ...(rest ? [rest] : []));
  }

  row({ name, reason_text: reason, down_since: since, unseen_h: unseen, lon, lat }) {
    const seen = unseen === null ? gettext("nobody has been there") : interpolate(gettext("nobody has been there for %s h"), [unseen]);
    const words = [reason, interpolate(gettext("since %s"), [clock.timeText(Date.parse(since))]), seen].join(" · ");
    const button = element("button", { type: "button", class: "fold-row" }, element("b", {}, name), element("span", { class: "muted" }, words));
    button.addEventListener("click", () => this.visited([lon, lat, lon, lat]));
    return element("li", {}, button);
  }
}

// Grids that have had fewer visits today than they need at the level in force.
export class Short {
  // visited(box, code): a row was pressed.
  constructor(holder, urls, { visited }) {
    Object.assign(this, { urls, visited });
    this.list = element("ol", { class: "fold-rows", "aria-label": gettext("Grids with too few visits") });
    this.fold = new Fold(holder, { name: "wall-short-open", title: gettext("Grids with too few visits"), ask: () => this.fill(), lazy: true }, this.list);
  }

  refresh() {
    return this.fold.refresh();
  }

  async fill() {
    const { total, grids } = (await ask(`${this.urls.patrols}/coverage/?below=1&limit=${MOST_ROWS}`)).body;
    this.fold.count(String(total));
    const none = element("li", { class: "none" }, gettext("Every grid has had the visits that it needs today."));
    const rest = total > grids.length && element("li", { class: "none" }, interpolate(gettext("and %s more"), [total - grids.length]));
    this.list.replaceChildren(...(grids.length ? grids.map((grid) => this.row(grid)) : [none]), ...(rest ? [rest] : []));
  }

  row({ code, name, community, visits, visits_needed: needed, streets, area }) {
    const share = streets.all ? interpolate(gettext("streets %s"), [streets.text]) : interpolate(gettext("area %s"), [area.text]);
    const words = [interpolate(gettext("%s of %s visits"), [visits, needed]), share].join(" · ");
    const title = name.includes(community) ? name : `${community}${name}`;
    const button = element("button", { type: "button", class: "fold-row" }, element("b", {}, title), element("span", { class: "muted" }, words));
    button.addEventListener("click", () => this.go(code));
    return element("li", {}, button);
  }

  // Where a grid lies the box for finding knows.
  async go(code) {
    const { body } = await ask(`${this.urls.find}?${new URLSearchParams({ q: code, limit: 5 })}`).catch(() => ({ body: { items: [] } }));
    const found = body.items.find(({ area }) => area === code);
    if (found?.box) this.visited(found.box, code);
  }
}
