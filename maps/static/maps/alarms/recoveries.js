// What is over again: one calm line below the map, the newest first.  Nothing runs across it: what
// finds no room is not shown, and the number in front says how many there are.

import { ask } from "maps/api";
import * as clock from "maps/clock";
import { element, setText } from "maps/element";

const WAIT_MS = 3_000;
const TOPICS = new Set(["event", "outage"]);

export class Recoveries {
  constructor(holder, url) {
    Object.assign(this, { holder, url });
    this.title = element("b", { class: "ticker-title", id: "ticker-title" });
    this.list = element("ul", { "aria-labelledby": "ticker-title" });
    holder.replaceChildren(this.title, this.list);
    holder.hidden = false;
  }

  changed({ topic }) {
    if (!TOPICS.has(topic)) return;
    this.waiting ??= setTimeout(() => {
      this.waiting = null;
      this.refresh();
    }, WAIT_MS);
  }

  async refresh() {
    let told;
    try {
      told = (await ask(this.url)).body;
    } catch {
      // The banner says when the server is away; an old line goes, for it would look like news.
      return this.show({ total: null, items: [] });
    }
    this.show(told);
  }

  show({ total, items }) {
    const words = total ? interpolate(ngettext("%s over in the last hour", "%s over in the last hour", total), [total]) : gettext("Nothing has recovered in the last hour.");
    this.holder.toggleAttribute("data-unknown", total === null);
    setText(this.title, total === null ? gettext("Recoveries are not known.") : words);
    // A line that says the same stays as it is.
    const text = JSON.stringify(items);
    if (text === this.shown) return;
    this.shown = text;
    this.list.replaceChildren(...items.map(line));
  }
}

function line({ title, detail, closed_at: at, began_at: began, page }) {
  const lasted = interpolate(gettext("lasted %s"), [clock.lengthText(Date.parse(at) - Date.parse(began))]);
  const words = [detail, lasted].filter(Boolean).join(" · ");
  return element(
    "li",
    {},
    element("time", { datetime: at }, clock.timeText(Date.parse(at))),
    page ? element("a", { href: page }, title) : element("span", {}, title),
    element("span", { class: "muted" }, words),
  );
}
