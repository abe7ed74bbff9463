// A shift played again: a slider over its hours, and everybody where they were at that time.
//
// The server tells runs of points that are joined (maps/onduty/replay.py).  Only within a run places
// between two points are shown; after it the sign stays hollow where it was last, for a while, and is
// then gone: nobody knows where somebody was.

import { ask } from "maps/api";
import * as clock from "maps/clock";
import { element, setText } from "maps/element";

const QUANTUM_DEG = 1e-5;
const LOST_S = 600;
const FRAME_MS = 60;
const STEP_S = 60;
const SPEEDS = [30, 60, 120, 300, 600];
const USUAL_SPEED = 120;

export class Replay {
  // drawn(features): what the map is to show.  opened(isOpen): the live signs go or come back.
  constructor(holder, url, { drawn, opened }) {
    Object.assign(this, { holder, url, drawn, opened });
    this.people = [];
    this.at = 0;
    this.playing = false;
    this.make();
  }

  make() {
    const say = (text, node) => element("label", {}, element("span", { class: "unseen" }, text), node);
    this.day = element("input", { type: "date", required: true });
    this.shift = element("select", {});
    this.area = element("select", {});
    this.button = element("button", { type: "button", class: "replay-play", "aria-pressed": "false", disabled: true });
    this.speed = element("select", {}, ...SPEEDS.map((speed) => element("option", { value: speed, selected: speed === USUAL_SPEED }, `×${speed}`)));
    this.slider = element("input", { type: "range", min: 0, max: 1, step: STEP_S, value: 0, disabled: true, "aria-label": gettext("Time of the shift") });
    this.time = element("output", { class: "replay-time" });
    this.note = element("p", { class: "replay-note", role: "status" });
    const name = gettext("Close");
    const close = element("button", { type: "button", class: "close quiet", "aria-label": name, title: name }, "×");
    this.holder.replaceChildren(
      element("h2", {}, gettext("Replay of a shift")),
      say(gettext("Day"), this.day), say(gettext("Shift"), this.shift), say(gettext("Area"), this.area),
      this.button, say(gettext("Speed"), this.speed), this.time, close, this.slider, this.note,
    );
    this.day.addEventListener("change", () => this.choose());
    // The shift that somebody has chosen; on another day too.
    this.wanted = "";
    this.shift.addEventListener("change", () => (this.wanted = this.shift.value));
    for (const box of [this.shift, this.area]) box.addEventListener("change", () => this.load());
    this.button.addEventListener("click", () => this.play(!this.playing));
    this.slider.addEventListener("input", () => this.show(Number(this.slider.value)));
    close.addEventListener("click", () => this.close());
    this.holder.addEventListener("keydown", (event) => this.pressed(event));
    this.showButton();
  }

  get isOpen() {
    return !this.holder.hidden;
  }

  open() {
    if (this.isOpen) return this.close();
    this.openedFrom = document.activeElement;
    this.holder.hidden = false;
    this.opened(true);
    this.day.value ||= clock.isoDay();
    this.day.max = clock.isoDay();
    this.day.focus();
    this.choose();
  }

  close() {
    this.play(false);
    this.people = [];
    this.holder.hidden = true;
    this.drawn([]);
    this.opened(false);
    if (this.openedFrom?.isConnected) this.openedFrom.focus();
  }

  // Space plays and stops; the slider has the arrows, and Page Up and Down of its own.
  pressed(event) {
    if (event.key === "Escape") {
      event.stopPropagation();
      this.close();
    }
    if (event.key !== " " || ["SELECT", "BUTTON"].includes(event.target.tagName) || event.target === this.day) return;
    event.preventDefault();
    if (!this.button.disabled) this.play(!this.playing);
  }

  // The shifts and areas of the chosen day.
  async choose() {
    if (!this.day.value) return;
    const question = (this.question = {});
    this.empty(gettext("Loading…"));
    try {
      const { body } = await ask(`${this.url}/replay/choices/?day=${this.day.value}`);
      if (this.question === question) this.offer(body);
    } catch (error) {
      if (this.question === question) this.empty(error.message);
    }
  }

  offer({ shifts, areas }) {
    const option = ({ id, code, name, duties }, chosen) => element("option", { value: id ?? code, selected: String(id ?? code) === chosen }, `${name} (${duties})`);
    const [shift, area] = [this.wanted || usual(shifts), this.area.value];
    this.shift.replaceChildren(...shifts.map((one) => option(one, shift)));
    this.area.replaceChildren(element("option", { value: "" }, gettext("Whole area")), ...areas.map((one) => option(one, area)));
    if (shifts.length) this.load();
    else this.empty(gettext("Nobody of your area had duty on this day."));
  }

  async load() {
    const question = (this.question = {});
    this.empty(gettext("Loading…"));
    try {
      const query = new URLSearchParams({ day: this.day.value, shift: this.shift.value, area: this.area.value });
      const { body } = await ask(`${this.url}/replay/?${query}`);
      if (this.question === question) this.take(body);
    } catch (error) {
      if (this.question === question) this.empty(error.message);
    }
  }

  empty(text) {
    this.play(false);
    this.people = [];
    this.drawn([]);
    this.slider.disabled = this.button.disabled = true;
    setText(this.time, "");
    setText(this.note, text);
  }

  take(body) {
    this.begin = Date.parse(body.begins);
    this.people = body.people.map((person) => ({ ...person, runs: person.runs.map((run) => unpacked(run, body.origin)) }));
    const tracked = this.people.filter(({ runs }) => runs.length);
    this.slider.max = String(Math.round((Date.parse(body.ends) - this.begin) / 1000));
    this.slider.disabled = this.button.disabled = tracked.length === 0;
    setText(this.note, told(body, tracked.length));
    // Nothing is to be seen before the first has set out.
    this.show(Math.min(...tracked.map(({ runs }) => runs[0].t[0]), Number(this.slider.max)));
  }

  play(wanted) {
    this.playing = wanted;
    this.showButton();
    if (!wanted) return;
    if (this.at >= Number(this.slider.max)) this.at = 0;
    let before = performance.now();
    const turn = (now) => {
      if (!this.playing) return;
      if (now - before >= FRAME_MS) {
        this.show(this.at + ((now - before) / 1000) * Number(this.speed.value));
        before = now;
      }
      if (this.at >= Number(this.slider.max)) this.play(false);
      else requestAnimationFrame(turn);
    };
    requestAnimationFrame(turn);
  }

  showButton() {
    this.button.setAttribute("aria-pressed", String(this.playing));
    setText(this.button, this.playing ? gettext("Pause") : gettext("Play"));
  }

  show(seconds) {
    this.at = Math.min(seconds, Number(this.slider.max));
    this.slider.value = String(Math.round(this.at));
    const text = clock.exactText(this.begin + this.at * 1000);
    setText(this.time, text);
    this.slider.setAttribute("aria-valuetext", text);
    this.drawn(this.people.map((person) => placed(person, this.at)).filter(Boolean));
  }
}

// What somebody wants to see who has not said so: of the shifts that have begun the one with the most people.
function usual(shifts) {
  const begun = shifts.filter(({ begins }) => Date.parse(begins) <= clock.now());
  const [most] = (begun.length ? begun : shifts).toSorted((one, other) => other.duties - one.duties);
  return String(most?.id ?? "");
}

function told({ total, people, step_s: step }, tracked) {
  const parts = [interpolate(ngettext("%s person, %s with a track", "%s people, %s with a track", people.length), [people.length, tracked])];
  if (total > people.length) parts.push(interpolate(gettext("%s more are left out: choose a smaller area"), [total - people.length]));
  parts.push(interpolate(gettext("a point each %s s; hollow: not known where"), [Math.round(step)]));
  return parts.join(" · ");
}

export function unpacked(numbers, [west, south]) {
  const count = numbers.length / 3;
  const run = { t: new Float64Array(count), lon: new Float64Array(count), lat: new Float64Array(count) };
  let [t, x, y] = [0, 0, 0];
  for (let index = 0; index < count; index += 1) {
    run.t[index] = t += numbers[3 * index];
    run.lon[index] = west + (x += numbers[3 * index + 1]) * QUANTUM_DEG;
    run.lat[index] = south + (y += numbers[3 * index + 2]) * QUANTUM_DEG;
  }
  return run;
}

// Where somebody was at a time, or null where nobody knows.
function placed(person, at) {
  const run = person.runs[lastFrom(person.runs, at, (one) => one.t[0])];
  if (!run) return null;
  const end = run.t.length - 1;
  if (at <= run.t[end]) return point(person, ...between(run, at), false);
  return at - run.t[end] <= LOST_S ? point(person, run.lon[end], run.lat[end], true) : null;
}

function between(run, at) {
  const before = lastFrom(run.t, at, (t) => t);
  const after = Math.min(before + 1, run.t.length - 1);
  const length = run.t[after] - run.t[before];
  const part = length > 0 ? (at - run.t[before]) / length : 0;
  return [run.lon, run.lat].map((axis) => axis[before] + (axis[after] - axis[before]) * part);
}

// The index of the last whose beginning is not after a time, -1 for none.
function lastFrom(list, at, beginning) {
  let [low, high] = [0, list.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (beginning(list[middle]) <= at) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

function point({ duty, name, force }, lon, lat, lost) {
  return { type: "Feature", id: duty, geometry: { type: "Point", coordinates: [lon, lat] }, properties: { duty, name, force, lost } };
}
