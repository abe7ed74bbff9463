// The side panel: how many cameras are in which state, and the list of those in one of them.

import { STATES, stateText } from "maps/cameras";
import * as clock from "maps/clock";
import { element, setText } from "maps/element";
import { icon } from "maps/icons";
import { camerasText, suspectText } from "maps/outages";

const TITLES = {
  offline: () => gettext("Offline list"),
  degraded: () => gettext("Degraded cameras"),
  unknown: () => gettext("Cameras of unknown state"),
  online: () => gettext("Cameras online"),
};
const NONE = {
  offline: () => gettext("No camera is offline."),
  degraded: () => gettext("No camera is degraded."),
  unknown: () => gettext("The state of every camera is known."),
  online: () => gettext("No camera is online."),
};

// So long stands there that an outage of several cameras is over.
const RECOVERED_SHOWN_MS = 5 * 60_000;

export class Panel {
  // picked(id): a row was pressed.  chosen(): another state's list is wanted.
  constructor({ figures, list }, { picked, chosen }) {
    this.list = list;
    this.picked = picked;
    this.state = "offline";
    this.rows = new Map();
    this.open = null;
    this.recovered = [];
    this.unknown = 0;
    this.figures = Object.fromEntries(STATES.map((state) => [state, this.figure(state, chosen)]));
    figures.replaceChildren(...Object.values(this.figures).map(({ button }) => button));
    this.title = element("h2", { id: "list-title" });
    this.total = element("span", { class: "total" });
    this.note = element("p", { class: "list-note", role: "status", hidden: true });
    // Faults that took several cameras down, and what keeps us from knowing: above the single ones.
    this.shared = element("ol", { class: "shared", "aria-label": gettext("Faults of several cameras, and notices"), hidden: true });
    this.body = element("ol", { class: "rows", "aria-labelledby": "list-title" });
    this.rest = element("p", { class: "list-rest", hidden: true });
    const head = element("div", { class: "list-head" }, this.title, this.total);
    list.replaceChildren(head, this.note, this.shared, this.body, this.rest);
    this.await();
  }

  figure(state, chosen) {
    const number = element("span", { class: "number" }, "–");
    const button = element(
      "button",
      { type: "button", class: "figure", "data-state": state, "aria-pressed": state === this.state },
      element("span", { class: "figure-word" }, icon(state), stateText(state)),
      number,
    );
    button.addEventListener("click", () => {
      this.state = state;
      for (const [name, figure] of Object.entries(this.figures)) {
        figure.button.setAttribute("aria-pressed", name === state);
      }
      chosen();
    });
    return { button, number };
  }

  showCounts(counts) {
    this.unknown = counts.unknown;
    for (const state of STATES) setText(this.figures[state].number, String(counts[state]));
  }

  // `items` in the order to be shown; `total` may be more than there are items.
  showList(items, total) {
    setText(this.title, TITLES[this.state]());
    setText(this.total, String(total));
    if (items.length === 0) {
      this.rows.clear();
      this.body.replaceChildren(element("li", { class: "none" }, this.noneText()));
    } else {
      this.arrange(items);
    }
    this.rest.hidden = total <= items.length;
    setText(this.rest, interpolate(gettext("and %s more"), [total - items.length]));
    this.tick();
  }

  // Nobody is told that all is well by a list that is empty because nobody knows.
  noneText() {
    if (!this.unknown || this.state === "unknown") return NONE[this.state]();
    const rest = ngettext(
      "None is known to be so: the state of %s camera is unknown.",
      "None is known to be so: the state of %s cameras is unknown.",
      this.unknown,
    );
    return interpolate(rest, [this.unknown]);
  }

  // Notices stand above every list, and so for a while what has recovered; outages of several cameras
  // only above what is down.
  showShared(shared, { visit }) {
    const { items, notices } = shared;
    this.noteRecovered(shared);
    const rows = notices.map(noticeRow);
    rows.push(...this.recovered.map(recoveredRow));
    if (this.state === "offline") rows.push(...items.map((item) => outageRow(item, visit)));
    this.shared.hidden = rows.length === 0;
    this.shared.replaceChildren(...rows);
  }

  // An outage that was open and is not any more has recovered; of lists that were cut nobody knows.
  noteRecovered({ items, total }) {
    const now = clock.now();
    this.recovered = this.recovered.filter(({ at }) => now - at < RECOVERED_SHOWN_MS);
    const before = this.open;
    this.open = total > items.length ? null : new Map(items.map((item) => {
      const most = Math.max(item.cameras, before?.get(item.id)?.most ?? 0);
      return [item.id, { item, most }];
    }));
    if (!before || !this.open) return;
    for (const [id, { item, most }] of before) {
      if (!this.open.has(id)) this.recovered.unshift({ item, most, at: now });
    }
  }

  // Rows are kept from one showing to the next, so that the focus stays where it was.
  arrange(items) {
    const before = this.rows;
    this.rows = new Map(
      items.map((item) => [item.id, before.get(item.id)?.update(item) ?? new Row(item, this.picked)]),
    );
    const wanted = [...this.rows.values()].map(({ node }) => node);
    for (const node of [...this.body.children]) if (!wanted.includes(node)) node.remove();
    wanted.forEach((node, index) => {
      if (this.body.children[index] !== node) this.body.insertBefore(node, this.body.children[index] ?? null);
    });
  }

  // Rows are on their way: those of another state must not stand under the new title.
  await() {
    this.rows.clear();
    setText(this.title, TITLES[this.state]());
    setText(this.total, "");
    this.rest.hidden = true;
    this.body.replaceChildren(element("li", { class: "none" }, gettext("Loading…")));
  }

  showNote(text) {
    this.note.hidden = !text;
    setText(this.note, text);
  }

  markPicked(id) {
    for (const [own, row] of this.rows) row.mark(own === id);
  }

  tick() {
    for (const row of this.rows.values()) row.tick();
  }
}

function noticeRow({ text, site, opened_at, meanwhile }) {
  const since = clock.timeText(Date.parse(opened_at));
  return element(
    "li",
    { class: "shared-notice", role: "status" },
    element("b", {}, interpolate(gettext("Site %s: %s"), [site, text])),
    element("span", {}, [interpolate(gettext("since %s"), [since]), meanwhile].join(" · ")),
  );
}

function recoveredRow({ item, most, at }) {
  const lasted = clock.lengthText(at - Date.parse(item.opened_at));
  return element(
    "li",
    { class: "shared-recovered", role: "status" },
    element("b", {}, interpolate(gettext("Recovered: %s"), [suspectText(item)])),
    element("span", {}, [camerasText(most), interpolate(gettext("lasted %s, over at %s"), [lasted, clock.timeText(at)])].join(" · ")),
  );
}

function outageRow(item, visit) {
  const button = element(
    "button",
    { type: "button", class: "shared-outage" },
    element("b", {}, suspectText(item)),
    element("span", { class: "row-since" }, camerasText(item.cameras)),
    element("span", { class: "row-reason" }, interpolate(gettext("One fault, suspected here · since %s"), [clock.timeText(Date.parse(item.opened_at))])),
  );
  button.addEventListener("click", () => visit(item));
  return element("li", {}, button);
}

class Row {
  constructor(item, picked) {
    this.name = element("span", { class: "row-name" });
    this.since = element("span", { class: "row-since" });
    this.reason = element("span", { class: "row-reason" });
    this.owner = element("span", { class: "row-owner" });
    this.sign = element("span", { class: "row-sign" });
    this.button = element(
      "button",
      { type: "button", class: "row", "data-camera": item.id },
      this.sign, this.name, this.since, element("span", { class: "row-said" }, this.reason, this.owner),
    );
    this.button.addEventListener("click", () => picked(item.id));
    this.node = element("li", {}, this.button);
    this.update(item);
  }

  update(item) {
    this.since_ms = item.since ? Date.parse(item.since) : null;
    setText(this.name, item.name);
    this.name.title = item.name;
    const unstable = item.unstable ? gettext("Unstable") : "";
    setText(this.reason, [unstable, item.reason_text].filter(Boolean).join(" · "));
    setText(this.owner, [item.owner, item.grid?.name].filter(Boolean).join(" · "));
    this.owner.title = this.owner.textContent;
    if (this.button.dataset.state !== item.state) {
      this.button.dataset.state = item.state;
      this.sign.replaceChildren(icon(item.state));
    }
    return this;
  }

  mark(picked) {
    this.button.toggleAttribute("data-picked", picked);
    if (picked) this.button.setAttribute("aria-current", "true");
    else this.button.removeAttribute("aria-current");
  }

  tick() {
    if (this.since_ms === null) return setText(this.since, "");
    const words = clock.lengthText(clock.now() - this.since_ms);
    setText(this.since, interpolate(gettext("%s · since %s"), [words, clock.timeText(this.since_ms)]));
  }
}
