// The bar of time below the map: now, or a moment of a day that is chosen, stepped through or played.
//
// While it shows the past, a map of its own lies over the live one, a banner says so, and what is
// beside it (live lists, filters) is set back.  Escape, or the button, leads back to now.

import { ask } from "maps/api";
import * as clock from "maps/clock";
import { Compare } from "maps/desk/then/compare";
import { PastMap } from "maps/desk/then/map";
import { Past } from "maps/desk/then/past";
import { element, setText } from "maps/element";
import { takes } from "maps/keys";
import { Player } from "maps/player";
import { Tracks, usual } from "maps/patrols/tracks";

const SPEEDS = [1, 10, 60, 600];
const USUAL_SPEED = 60;
const DAY_S = 86_400;
const STEP_S = 60;
const LONG_STEP_S = 3_600;
// Deadlines pass without a change: signs are drawn anew after so much shown time.
const REDRAW_MS = 60_000;

export class TimeBar {
  // live: the desk's map.  place: what the map lies in.  narrowing(): what layers and filters leave (desk.js).
  // known(cameras): those of a day that is looked at.  told(cameras, events): how many of which state
  // are shown; null when it is now again.
  constructor(bar, place, config, live, { narrowing, known, told }) {
    Object.assign(this, { bar, place, config, live, narrowing, known, told });
    this.past = null;
    this.at = 0;
    this.player = new Player({ speed: () => Number(this.speed.value), moved: (seconds) => this.moved(seconds), turned: () => this.showButton() });
    this.tracks = config.sees_patrols ? new Tracks(config.urls.patrols) : null;
    this.make();
    this.compare = new Compare(config, { place, live, narrowing, closed: () => this.compareButton.focus() });
    document.addEventListener("keydown", (event) => this.pressed(event));
  }

  make() {
    this.openButton = button(gettext("Look back"), () => this.open());
    this.compareButton = button(gettext("Compare two moments"), () => this.openCompare());
    this.backButton = button(gettext("Back to live"), () => this.close(), { class: "then-back", "aria-keyshortcuts": "Escape" });
    this.day = element("input", { type: "date", required: true });
    this.playButton = button("", () => this.play(!this.player.playing), { class: "then-play", "aria-keyshortcuts": "Space" });
    this.speed = element("select", {}, ...SPEEDS.map((speed) => element("option", { value: speed, selected: speed === USUAL_SPEED }, `×${speed}`)));
    this.earlier = button("‹", () => this.jump(this.past.before), { "aria-label": gettext("Change before"), title: gettext("Change before"), "aria-keyshortcuts": "," });
    this.later = button("›", () => this.jump(this.past.after), { "aria-label": gettext("Next change"), title: gettext("Next change"), "aria-keyshortcuts": "." });
    this.slider = element("input", { type: "range", min: 0, max: DAY_S, step: 1, value: 0, "aria-label": gettext("Time of the day") });
    this.time = element("output", { class: "then-time" });
    this.shift = element("select", {});
    this.area = element("select", {});
    this.note = element("p", { class: "then-note", role: "status" });
    this.now = element("div", { class: "then-row" }, element("span", { class: "then-now" }, gettext("Shown: now")), this.openButton, this.compareButton);
    this.controls = element(
      "div",
      { class: "then-row", hidden: true },
      this.backButton,
      label(gettext("Day"), this.day),
      this.earlier, this.playButton, this.later,
      label(gettext("Speed"), this.speed),
      this.time,
      this.tracks && label(gettext("People of a shift"), this.shift),
      this.tracks && label(gettext("Area"), this.area),
      this.slider,
      this.note,
    );
    this.bar.replaceChildren(this.now, this.controls);
    this.bar.hidden = false;
    this.day.addEventListener("change", () => this.choose());
    this.slider.addEventListener("input", () => this.show(this.past.begin + Number(this.slider.value) * 1000));
    this.slider.addEventListener("keydown", (event) => this.step(event));
    this.shift.addEventListener("change", () => this.loadPeople());
    this.area.addEventListener("change", () => this.loadPeople());
    this.showButton();
  }

  get isOpen() {
    return !this.controls.hidden;
  }

  open() {
    if (this.isOpen) return;
    this.controls.hidden = false;
    this.now.hidden = true;
    this.day.max = clock.isoDay();
    this.day.value ||= clock.isoDay();
    this.day.focus();
    this.choose();
  }

  // Back to what is: the live map was kept up to date beneath.
  close() {
    if (!this.isOpen) return;
    this.question = null;
    this.player.play(false);
    this.tracks?.forget();
    this.past = null;
    this.told(null);
    this.controls.hidden = true;
    this.now.hidden = false;
    this.setPast("");
    this.openButton.focus();
  }

  openCompare() {
    this.compare.open();
  }

  pressed(event) {
    if (event.defaultPrevented || event.ctrlKey || event.altKey || event.metaKey) return;
    if (event.key === "Escape" && this.compare.isOpen) return this.took(event, () => this.compare.close());
    if (!this.isOpen || this.compare.isOpen || document.querySelector("dialog[open]")) return;
    if (event.key === "Escape") return this.took(event, () => this.close());
    if (!this.past || takes(event.target, event.key)) return;
    if (event.key === " ") this.took(event, () => this.play(!this.player.playing));
    if (event.key === ",") this.took(event, () => this.jump(this.past.before));
    if (event.key === ".") this.took(event, () => this.jump(this.past.after));
  }

  took(event, act) {
    event.preventDefault();
    event.stopPropagation();
    act();
  }

  // A minute a step, an hour with Page Up and Down.
  step(event) {
    const steps = { ArrowRight: STEP_S, ArrowUp: STEP_S, ArrowLeft: -STEP_S, ArrowDown: -STEP_S, PageUp: LONG_STEP_S, PageDown: -LONG_STEP_S };
    const seconds = steps[event.key];
    if (!seconds || !this.past) return;
    event.preventDefault();
    this.show(this.at + seconds * 1000);
  }

  // The chosen day, from its beginning to its end or to now; at: where to begin, else at the same time
  // of the day as before, else its last hour.
  async choose(at = null) {
    const begin = clock.instantOf(this.day.value);
    if (Number.isNaN(begin)) return;
    const question = (this.question = {});
    const { day } = this;
    this.wait(gettext("Loading…"));
    try {
      const end = Math.min(begin + DAY_S * 1000, Math.floor(clock.now() / 1000) * 1000);
      const { then } = this.config.urls;
      this.narrowed = this.narrowing();
      const { area } = this.narrowed;
      const span = new URLSearchParams({ from: iso(begin), to: iso(Math.max(begin, end)), area });
      const [stood, changes] = await Promise.all([ask(`${then}?${new URLSearchParams({ at: iso(begin), area })}`), ask(`${then}changes/?${span}`)]);
      if (this.question !== question) return;
      this.take(new Past(stood.body, changes.body), at);
      this.loadShifts(day.value);
    } catch (error) {
      if (this.question !== question) return;
      this.setPast("");
      this.wait(error.message);
      this.told(null);
    }
  }

  wait(text) {
    const playing = this.resume;
    this.player.play(false);
    this.resume = playing;
    this.past = null;
    for (const one of [this.slider, this.playButton, this.earlier, this.later]) one.disabled = true;
    setText(this.time, "");
    setText(this.note, text);
    if (!this.map) return;
    this.hide();
    setText(this.ribbon, gettext("Not live: loading…"));
  }

  // What is no longer true of any moment is not left on the screen.
  hide() {
    for (const source of ["cameras", "past-events", "replay"]) this.map.draw(source, { type: "FeatureCollection", features: [] });
  }

  take(past, at) {
    this.past = past;
    this.day.min = past.stood.begins ? clock.isoDay(Date.parse(past.stood.begins)) : "";
    this.slider.max = String(Math.floor((past.end - past.begin) / 1000));
    for (const one of [this.slider, this.playButton]) one.disabled = false;
    const first = this.wanted === undefined ? Math.max(past.begin, past.end - LONG_STEP_S * 1000) : past.begin + this.wanted;
    if (!this.map) this.makeMap();
    else this.map.useDay(past.stood.day, past.stood.grids.edition);
    this.drawnAt = null;
    this.known([...past.cameras.values()]);
    this.show(at ?? first);
    if (this.resume) this.play(true);
    this.resume = false;
  }

  // Layers or filters are others.  A day of another area is another day's story, and asked for anew.
  narrow() {
    if (!this.isOpen || !this.narrowed) return;
    const before = this.narrowed;
    this.narrowed = this.narrowing();
    if (this.narrowed.area !== before.area) return this.choose();
    if (!this.past) return;
    this.drawnAt = null;
    this.show(this.at);
  }

  makeMap() {
    const holder = element("section", { class: "map past-map", "aria-label": gettext("Map of the past") });
    this.ribbon = element("div", { class: "past-ribbon" });
    this.holder = holder;
    this.place.after(holder, this.ribbon);
    const { map } = this.live;
    this.map = new PastMap(holder, this.config, { center: map.getCenter(), zoom: map.getZoom(), day: this.past.stood.day, edition: this.past.stood.grids.edition });
    this.map.map.on("moveend", () => map.jumpTo({ center: this.map.map.getCenter(), zoom: this.map.map.getZoom() }));
  }

  show(at) {
    const { past } = this;
    this.at = Math.min(Math.max(at, past.begin), past.end);
    this.wanted = this.at - past.begin;
    const changed = past.seek(this.at);
    if (changed || this.drawnAt === null || Math.abs(this.at - this.drawnAt) >= REDRAW_MS) {
      this.drawnAt = this.at;
      this.map.show(past, this.narrowed);
      this.tell();
    }
    if (this.tracks?.people.length) this.map.draw("replay", { type: "FeatureCollection", features: this.tracks.at((this.at - this.tracks.begin) / 1000) });
    const text = clock.wholeText(this.at);
    this.slider.value = String(Math.floor(this.wanted / 1000));
    this.slider.setAttribute("aria-valuetext", text);
    setText(this.time, text);
    this.earlier.disabled = past.before === null;
    this.later.disabled = past.after === null;
    this.setPast(text);
  }

  tell() {
    const { events, cameras, all } = this.past.counts(this.narrowed);
    const { shows, words } = this.narrowed;
    const parts = [];
    this.told({ all, states: cameras }, events);
    if (this.past.stood.events && shows.events) parts.push(interpolate(ngettext("%s open event", "%s open events", events), [events]));
    if (this.past.stood.cameras && shows.cameras) parts.push(interpolate(gettext("cameras: %s offline, %s degraded, %s unknown, %s online"), [cameras.offline, cameras.degraded, cameras.unknown, cameras.online]));
    parts.push(interpolate(gettext("%s grids"), [this.past.stood.grids.total]));
    if (this.past.leftOut) parts.push(interpolate(gettext("%s more are not drawn"), [this.past.leftOut]));
    if (this.people && shows.people) parts.push(this.people);
    if (words) parts.push(interpolate(gettext("filtered: %s"), [words]));
    setText(this.note, parts.join(" · "));
  }

  jump(at) {
    if (at === null) return;
    this.player.play(false);
    this.show(at);
  }

  play(wanted) {
    if (wanted && !this.past) return;
    if (wanted && this.at >= this.past.end) this.show(this.past.begin);
    this.player.play(wanted);
  }

  // Past the end of the day the next one follows; at the present it stands.
  moved(seconds) {
    this.show(this.at + seconds * 1000);
    if (this.at < this.past.end) return true;
    const next = clock.isoDay(this.past.begin + (DAY_S + LONG_STEP_S) * 1000);
    if (this.past.end < this.past.begin + DAY_S * 1000 || next > clock.isoDay()) {
      setText(this.note, gettext("This is the present: go back to live."));
      return false;
    }
    this.resume = true;
    this.day.value = next;
    this.wanted = 0;
    this.choose(clock.instantOf(next));
    return false;
  }

  showButton() {
    this.playButton.setAttribute("aria-pressed", String(this.player.playing));
    setText(this.playButton, this.player.playing ? gettext("Pause") : gettext("Play"));
  }

  // What the page says of itself; "" for now.
  setPast(text) {
    const isPast = text !== "";
    document.body.toggleAttribute("data-past", isPast);
    // What is of now alone cannot be pressed.
    for (const one of document.querySelectorAll("[data-now]")) one.toggleAttribute("inert", isPast);
    if (!this.map) return;
    this.holder.hidden = this.ribbon.hidden = !isPast;
    if (isPast) return setText(this.ribbon, interpolate(gettext("Not live: state of %s"), [text]));
    this.map.remove();
    this.holder.remove();
    this.ribbon.remove();
    this.map = null;
  }

  // ---- People of a shift -------------------------------------------------------------------------

  async loadShifts(day) {
    if (!this.tracks || this.shiftsOf === day) return;
    this.shiftsOf = day;
    this.dropPeople();
    this.shift.replaceChildren(element("option", { value: "" }, gettext("None")));
    this.area.replaceChildren(element("option", { value: "" }, gettext("Whole area")));
    try {
      const { shifts, areas } = await this.tracks.choices(day);
      if (this.shiftsOf !== day) return;
      this.usual = usual(shifts);
      this.shift.append(...shifts.map(({ id, name, duties }) => element("option", { value: id }, interpolate(gettext("%s (%s)"), [name, duties]))));
      this.area.append(...areas.map(({ code, name, duties }) => element("option", { value: code }, interpolate(gettext("%s (%s)"), [name, duties]))));
    } catch (error) {
      this.people = error.message;
      if (this.past) this.tell();
    }
  }

  dropPeople() {
    this.people = "";
    this.tracks.forget();
    this.map?.draw("replay", { type: "FeatureCollection", features: [] });
  }

  async loadPeople() {
    this.dropPeople();
    if (this.shift.value) {
      try {
        const loaded = await this.tracks.load({ day: this.shiftsOf, shift: this.shift.value, area: this.area.value });
        if (loaded) this.people = loaded.words;
      } catch (error) {
        this.people = error.message;
      }
    }
    if (!this.past) return;
    this.show(this.at);
    this.tell();
  }
}

function iso(ms) {
  return new Date(ms).toISOString();
}

function label(text, node) {
  return element("label", {}, element("span", { class: "then-word" }, text), node);
}

export function button(text, pressed, attributes = {}) {
  const made = element("button", { type: "button", ...attributes }, text);
  made.addEventListener("click", pressed);
  return made;
}
