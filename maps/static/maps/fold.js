// A part of the panel that folds; whether it is open is kept.

import { element, setText } from "maps/element";
import { keep, kept } from "maps/kept";

export class Fold {
  // name: to be kept under.  ask(): fetches and fills; what it throws is said.  lazy: what costs the
  // server more than a count is asked for only while it is open.  open: until somebody has chosen.
  constructor(holder, { name, title, ask, lazy = false, open = false }, ...content) {
    Object.assign(this, { ask, lazy });
    this.head = element("span", { class: "total" });
    this.note = element("p", { class: "list-note", role: "status", hidden: true });
    this.node = element("details", { class: "patrol-fold" }, element("summary", {}, element("h2", {}, title), this.head), this.note, ...content);
    this.node.open = (kept(name) ?? (open ? "on" : "off")) === "on";
    this.node.addEventListener("toggle", () => {
      keep(name, this.node.open ? "on" : "off");
      if (this.node.open) this.refresh();
    });
    holder.append(this.node);
  }

  // One question at a time.
  async refresh() {
    if (this.busy || (this.lazy && !this.node.open)) return;
    this.busy = true;
    try {
      await this.ask();
      this.say("");
    } catch (error) {
      this.say(interpolate(gettext("This list is not up to date: %s"), [error.message]));
    }
    this.busy = false;
  }

  say(text) {
    this.note.hidden = !text;
    setText(this.note, text);
  }

  count(text) {
    setText(this.head, text);
  }
}
