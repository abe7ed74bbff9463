// The panel's part of patrols: how many are on duty in each street, and how many are missing.

import { ask } from "maps/api";
import { element, setText } from "maps/element";

const OPEN_KEPT = "wall-patrols-open";

export class PatrolPanel {
  // visited(box, code): a street was pressed.
  constructor(holder, url, { visited }) {
    Object.assign(this, { holder, url, visited });
    this.head = element("span", { class: "total" });
    this.body = element("tbody");
    this.note = element("p", { class: "list-note", role: "status", hidden: true });
    const heads = [gettext("Street or town"), gettext("On duty"), gettext("Heard"), gettext("Missing")];
    const table = element("table", {}, element("thead", {}, element("tr", {}, ...heads.map((text) => element("th", { scope: "col" }, text)))), this.body);
    this.fold = element("details", { class: "patrol-fold" }, element("summary", {}, element("h2", {}, gettext("People on duty")), this.head), this.note, table);
    this.fold.open = kept(OPEN_KEPT) === "on";
    this.fold.addEventListener("toggle", () => keep(OPEN_KEPT, this.fold.open ? "on" : "off"));
    holder.append(this.fold);
  }

  async refresh() {
    try {
      const { body } = await ask(`${this.url}/summary/`);
      this.show(body);
      this.say("");
    } catch (error) {
      this.say(interpolate(gettext("This list is not up to date: %s"), [error.message]));
    }
  }

  say(text) {
    this.note.hidden = !text;
    setText(this.note, text);
  }

  show({ on_duty: onDuty, missing, streets }) {
    const parts = [interpolate(gettext("%s on duty"), [onDuty]), missing > 0 && interpolate(gettext("%s missing"), [missing])];
    setText(this.head, parts.filter(Boolean).join(" · "));
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

function kept(name) {
  try {
    return localStorage.getItem(name);
  } catch {
    return null;
  }
}

function keep(name, value) {
  try {
    localStorage.setItem(name, value);
  } catch {
    // Kept for this page alone, then.
  }
}
