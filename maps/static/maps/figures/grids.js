// The choice of the figure that grids are coloured by, its legend, and what is asked of the server
// for it.  The choice is kept in the browser.  Knows no page but the element it is given.

import { ask } from "maps/api";
import * as clock from "maps/clock";
import { element, setText } from "maps/element";
import { GRID_FIGURES, NOTHING, UNKNOWN, counted, unpacked, valueText } from "maps/figures/classes";
import { swatch } from "maps/figures/colours";
import { keep, kept } from "maps/kept";

// Answers are shared for 5 s: whoever asks later than that after a change hears of it.
const REFRESH_MS = 6_000;

export class GridFigures {
  // url: of the values.  names: the figures that the reader may see.  name: what the choice is kept
  // under.  shown(figure, values): what the map is to show, "" for nothing.
  constructor(holder, url, { names, name, shown }) {
    Object.assign(this, { holder, url, names, keptAs: name, shown });
    this.figure = names.includes(kept(name)) ? kept(name) : "";
    this.values = new Map();
    this.wait = null;
    this.asked = 0;
    this.make();
  }

  make() {
    this.title = element("h2");
    this.about = element("p", { class: "muted" });
    this.classes = element("ul", { class: "grid-classes" });
    this.note = element("p", { class: "muted", role: "status" });
    const hide = gettext("Hide this layer");
    const close = element("button", { type: "button", class: "quiet close", "aria-label": hide, title: hide }, "×");
    close.addEventListener("click", () => this.choose(""));
    this.holder.replaceChildren(element("header", {}, this.title, close), this.about, this.classes, this.note);
  }

  // To be put among the legend's buttons.
  chooser() {
    const options = [["", gettext("Grids: no colour")], ...this.names.map((name) => [name, interpolate(gettext("Grids: %s"), [GRID_FIGURES[name].name()])])];
    this.select = element("select", { "aria-label": gettext("Colour grids by"), id: "grid-figure-choice" }, ...options.map(([value, text]) => element("option", { value }, text)));
    this.select.addEventListener("change", () => this.choose(this.select.value));
    this.choose(this.figure);
    return this.select;
  }

  choose(figure) {
    this.figure = figure;
    keep(this.keptAs, figure);
    if (this.select && this.select.value !== figure) this.select.value = figure;
    this.holder.hidden = !figure;
    this.values = new Map();
    // Nothing is drawn until it is known: another figure's colours would lie.
    this.shown("", this.values);
    if (!figure) return;
    setText(this.title, GRID_FIGURES[figure].name());
    setText(this.about, GRID_FIGURES[figure].about());
    this.classes.replaceChildren();
    setText(this.note, gettext("Loading…"));
    this.refresh();
  }

  // What the last question brings counts, not what comes last.
  async refresh() {
    const { figure } = this;
    if (!figure) return;
    const number = (this.asked += 1);
    try {
      const { body } = await ask(`${this.url}?${new URLSearchParams({ figure })}`);
      if (number !== this.asked || figure !== this.figure) return;
      this.values = unpacked(body);
      this.shown(figure, this.values);
      this.legend();
      setText(this.note, interpolate(gettext("As of %s. The more a colour stands out, the worse."), [clock.clockText()]));
    } catch (error) {
      if (number === this.asked) setText(this.note, interpolate(gettext("These colours are not up to date: %s"), [error.message]));
    }
  }

  legend() {
    const { texts, unknown, nothing } = GRID_FIGURES[this.figure];
    const counts = counted(this.figure, this.values);
    const rows = texts().map((text, index) => [index, text]);
    if (counts.has(UNKNOWN)) rows.push([UNKNOWN, unknown()]);
    if (nothing && counts.has(NOTHING)) rows.push([NOTHING, nothing()]);
    this.classes.replaceChildren(...rows.map(([one, text]) => this.row(one, text, counts.get(one) ?? 0)));
  }

  row(one, text, count) {
    const grids = interpolate(ngettext("%s grid", "%s grids", count), [count]);
    return element("li", { "data-class": one }, swatch(this.figure, one), element("span", { class: "grid-class" }, text), element("span", { class: "grid-count" }, grids));
  }

  // Many changes are one question.
  changed({ topic }) {
    if (!this.figure || !GRID_FIGURES[this.figure].topics.includes(topic)) return;
    this.wait ??= setTimeout(() => {
      this.wait = null;
      this.refresh();
    }, REFRESH_MS);
  }

  // What a click on a grid tells of the figure; "" while none is shown, or nothing is known yet.
  words(id) {
    if (!this.figure || !this.values.size) return "";
    return interpolate(gettext("%s: %s"), [GRID_FIGURES[this.figure].name(), valueText(this.figure, this.values.get(id) ?? UNKNOWN)]);
  }
}
