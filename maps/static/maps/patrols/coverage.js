// Two layers of what has been seen, one at a time: of a day and shift, and for how long nobody has.
// Each says by which radius and filter it counts: a share without these tells nothing.

import { ask } from "maps/api";
import * as clock from "maps/clock";
import { AGE_COLOURS, COVERED_COLOURS, SHARE_COLOURS, VIDEO_COLOUR } from "maps/patrols/coverage_style";
import { element } from "maps/element";
import { keep, kept } from "maps/kept";

const KEPT = "wall-coverage";
const REFRESH_MS = 15_000;
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
    this.holder.replaceChildren(element("header", {}, this.title, close), this.window(), this.choice, this.words);
  }

  // Of which time blind spots are told: of now, of the day and shift, or of some days up to a moment.
  window() {
    const spans = { "": gettext("ever, until now"), day: gettext("of a day and shift"), days: gettext("of some days up to a moment") };
    const levels = { "": gettext("any control level"), usual: gettext("usual level"), three: gettext("level three"), two: gettext("level two"), one: gettext("level one") };
    this.span = choices(gettext("Counts what was seen"), spans);
    this.level = choices(gettext("Control level"), levels);
    this.days = element("input", { type: "number", min: "1", max: "7", value: "3", "aria-label": gettext("Days") });
    this.until = element("input", { type: "datetime-local", step: "1800", "aria-label": gettext("Up to (empty: now)"), title: gettext("Up to (empty: now)") });
    this.upTo = element("span", {}, this.days, " ", gettext("days up to"), " ", this.until);
    for (const field of [this.span, this.level, this.days, this.until]) field.addEventListener("change", () => this.chooseSpan());
    this.spanChoice = element("p", { class: "coverage-choice" }, this.span, " ", this.level, " ", this.upTo);
    return this.spanChoice;
  }

  // At a level only a window can be asked for: what came when, under which level, is known for days.
  chooseSpan() {
    if (this.level.value && !this.span.value) this.span.value = "days";
    this.arrange();
    if (this.span.value === "day") this.chooseDay();
    else this.ask();
    this.video();
  }

  arrange() {
    const isBlind = this.kind === "blind";
    this.spanChoice.hidden = !isBlind;
    this.upTo.hidden = this.span.value !== "days";
    this.choice.hidden = isBlind && this.span.value !== "day";
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
    this.arrange();
    this.title.textContent = kind === "covered" ? gettext("Coverage of patrols") : gettext("Not seen for");
    this.words.replaceChildren(...(kind === "covered" ? coveredWords() : blindWords()), ...this.rules());
    if (kind === "covered" || this.span.value === "day") this.chooseDay();
    else this.ask();
    if (kind === "blind") this.video();
  }

  // Apart from what people saw, in a colour of its own.
  async video() {
    if (this.extent === null) return;
    const { body } = await ask(`${this.rounds}/seen.geojson?bbox=${this.extent.join()}&${this.question()}`).catch(() => ({ body: null }));
    if (body) this.showsVideo(body);
  }

  // What is asked for, as a query: of the covered a day and shift, of blind spots a window.
  question() {
    const day = { day: this.day.value, shift: this.shifts.value };
    if (this.kind === "covered") return new URLSearchParams(day);
    const span = this.span.value;
    const told = { window: span, level: this.level.value, ...(span === "day" && day), ...(span === "days" && { days: this.days.value, until: this.until.value }) };
    return new URLSearchParams(Object.entries(told).filter(([, value]) => value));
  }

  // Whether all shifts of today are what is asked for, or of blind spots any time until now.
  get isToday() {
    if (this.kind === "blind") return !this.span.value && !this.level.value;
    return this.day.value === clock.isoDay() && this.shifts.value === "0";
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
    const query = String(this.question());
    this.asks(this.kind, query && `?${query}`);
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

function choices(name, texts) {
  return element("select", { "aria-label": name }, ...Object.entries(texts).map(([value, text]) => element("option", { value }, text)));
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
  const texts = [gettext("under 4 h"), gettext("4 to 12 h"), gettext("12 to 24 h"), gettext("24 to 72 h"), gettext("longer, or not in this time")];
  const rows = texts.map((text, index) => row(AGE_COLOURS[index], text));
  return [element("ul", {}, ...rows, row(VIDEO_COLOUR, gettext("shown by a video round in this time (of now: within 24 h); it counts for nothing else")))];
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
