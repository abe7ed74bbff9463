// Two layers of what has been seen, one at a time: of a day and shift, and for how long nobody has.
// Each says by which radius and filter it counts: a share without these tells nothing.

import { ask } from "maps/api";
import * as clock from "maps/clock";
import { AGE_COLOURS, COVERED_COLOURS, SHARE_COLOURS, VIDEO_COLOUR } from "maps/coverage_style";
import { element } from "maps/element";
import { keep, kept } from "maps/kept";

const KEPT = "wall-coverage";
const REFRESH_MS = 15_000;
const VIDEO_H = 24;
export const KINDS = ["off", "covered", "blind"];

export class CoverageView {
  // asks(kind, query): what the map is to show; "off" for nothing.  showsVideo(features): what was
  // seen by video.  extent: of the reader's territory.  rounds: where those are asked
  // for.  rules: how shares come about, as sentences.
  constructor(holder, url, { asks, showsVideo, extent, rounds, rules, seesPatrols }) {
    Object.assign(this, { holder, url, asks, showsVideo, extent, rounds, seesPatrols, ruleTexts: rules });
    this.kind = KINDS.includes(kept(KEPT)) ? kept(KEPT) : "off";
    this.wait = null;
    this.shift = "";
    this.make();
  }

  make() {
    this.day = element("input", { type: "date", "aria-label": gettext("Day"), value: clock.isoDay(), max: clock.isoDay() });
    this.shifts = element("select", { "aria-label": gettext("Shift") }, element("option", { value: "0" }, gettext("All shifts")));
    this.day.addEventListener("change", () => this.chooseDay());
    this.shifts.addEventListener("change", () => this.ask());
    this.words = element("div", { class: "coverage-words" });
    const name = gettext("Hide this layer");
    const close = element("button", { type: "button", class: "quiet close", "aria-label": name, title: name }, "×");
    close.addEventListener("click", () => this.choose("off"));
    this.title = element("h2");
    this.choice = element("p", { class: "coverage-choice" }, this.day, " ", this.shifts);
    this.holder.replaceChildren(element("header", {}, this.title, close), this.choice, this.words);
  }

  // The two buttons of the legend.
  buttons() {
    const texts = { covered: gettext("Coverage"), blind: gettext("Blind spots") };
    this.pressed = Object.fromEntries(Object.entries(texts).map(([kind, text]) => {
      const button = element("button", { type: "button", class: "quiet", "data-layer": kind }, text);
      button.addEventListener("click", () => this.choose(this.kind === kind ? "off" : kind));
      return [kind, button];
    }));
    this.choose(this.kind);
    return Object.values(this.pressed).map((button) => element("li", {}, button));
  }

  choose(kind) {
    this.kind = kind;
    keep(KEPT, kind);
    for (const [own, button] of Object.entries(this.pressed)) button.setAttribute("aria-pressed", String(own === kind));
    this.holder.hidden = kind === "off";
    this.choice.hidden = kind !== "covered";
    this.title.textContent = kind === "covered" ? gettext("Coverage of patrols") : gettext("Not seen for");
    this.words.replaceChildren(...(kind === "covered" ? coveredWords() : blindWords()), ...this.rules());
    if (kind === "covered") this.chooseDay();
    else this.ask();
    if (kind === "blind") this.video();
  }

  // Apart from what people saw, in a colour of its own.
  async video() {
    if (this.extent === null) return;
    const { body } = await ask(`${this.rounds}/seen.geojson?bbox=${this.extent.join()}&hours=${VIDEO_H}`).catch(() => ({ body: null }));
    if (body) this.showsVideo(body);
  }

  async chooseDay() {
    if (!this.day.value) return;
    this.ask();
    if (!this.seesPatrols) return;
    const { body } = await ask(`${this.url}/replay/choices/?day=${this.day.value}`).catch(() => ({ body: { shifts: [] } }));
    const before = this.shifts.value;
    const all = element("option", { value: "0" }, gettext("All shifts"));
    this.shifts.replaceChildren(all, ...body.shifts.map(({ id, name }) => element("option", { value: id, selected: String(id) === before }, name)));
    if (this.shifts.value !== before) this.ask();
  }

  // The rules that every share stands by: radius, filter, what counts at all.
  rules() {
    return this.ruleTexts.map((text) => element("p", { class: "muted" }, text));
  }

  ask() {
    this.asks(this.kind, this.kind === "covered" ? `?day=${this.day.value}&shift=${this.shifts.value}` : "");
  }

  // The feed tells of a street at most every few seconds; tiles are drawn anew less often.
  changed(refresh) {
    if (this.kind === "off") return;
    this.wait ??= setTimeout(() => {
      this.wait = null;
      refresh(this.kind);
      if (this.kind === "blind") this.video();
    }, REFRESH_MS);
  }
}

function row(colour, text) {
  const swatch = document.createElement("canvas");
  [swatch.width, swatch.height, swatch.className] = [28, 14, "swatch"];
  const pen = swatch.getContext("2d");
  pen.fillStyle = colour;
  pen.fillRect(0, 0, 28, 14);
  return element("li", {}, swatch, text);
}

function blindWords() {
  const texts = [gettext("under 4 h"), gettext("4 to 12 h"), gettext("12 to 24 h"), gettext("24 to 72 h"), gettext("longer, or never")];
  const rows = texts.map((text, index) => row(AGE_COLOURS[index], text));
  return [element("ul", {}, ...rows, row(VIDEO_COLOUR, gettext("seen by a video round within 24 h")))];
}

function coveredWords() {
  const shares = [gettext("none"), gettext("a third"), gettext("two thirds"), gettext("all")];
  const grids = element("ul", {}, ...shares.map((text, index) => row(SHARE_COLOURS[index], text)));
  const cells = element("ul", {}, row(COVERED_COLOURS[1], gettext("seen")), row(COVERED_COLOURS[0], gettext("not seen")));
  return [
    element("p", {}, gettext("From afar, each grid by its share of streets seen (of its area, where it has none):")), grids,
    element("p", {}, gettext("Close by, cells of 10 m:")), cells,
  ];
}
