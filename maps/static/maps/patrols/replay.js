// A shift played again: a slider over its hours, and everybody where they were at that time.

import * as clock from "maps/clock";
import { element, setText } from "maps/element";
import { takes } from "maps/keys";
import { Player } from "maps/player";
import { Tracks, usual } from "maps/patrols/tracks";

const STEP_S = 60;
const SPEEDS = [30, 60, 120, 300, 600];
const USUAL_SPEED = 120;

export class Replay {
  // drawn(features): what the map is to show.  opened(isOpen): the live signs go or come back.
  constructor(holder, url, { drawn, opened }) {
    Object.assign(this, { holder, drawn, opened });
    this.tracks = new Tracks(url);
    this.at = 0;
    this.player = new Player({
      speed: () => Number(this.speed.value),
      moved: (seconds) => {
        this.show(this.at + seconds);
        return this.at < Number(this.slider.max);
      },
      turned: () => this.showButton(),
    });
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
    this.button.addEventListener("click", () => this.play(!this.player.playing));
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
    this.tracks.forget();
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
    if (event.key !== " " || takes(event.target, " ")) return;
    event.preventDefault();
    if (!this.button.disabled) this.play(!this.player.playing);
  }

  // The shifts and areas of the chosen day.
  async choose() {
    if (!this.day.value) return;
    const question = (this.question = {});
    this.empty(gettext("Loading…"));
    try {
      const choices = await this.tracks.choices(this.day.value);
      if (this.question === question) this.offer(choices);
    } catch (error) {
      if (this.question === question) this.empty(error.message);
    }
  }

  offer({ shifts, areas }) {
    const option = ({ id, code, name, duties }, chosen) => element("option", { value: id ?? code, selected: String(id ?? code) === chosen }, interpolate(gettext("%s (%s)"), [name, duties]));
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
      const loaded = await this.tracks.load({ day: this.day.value, shift: this.shift.value, area: this.area.value });
      if (loaded && this.question === question) this.take(loaded);
    } catch (error) {
      if (this.question === question) this.empty(error.message);
    }
  }

  empty(text) {
    this.play(false);
    this.tracks.forget();
    this.drawn([]);
    this.slider.disabled = this.button.disabled = true;
    setText(this.time, "");
    setText(this.note, text);
  }

  take({ begin, end, first, tracked, words }) {
    this.begin = begin;
    this.slider.max = String(Math.round((end - begin) / 1000));
    this.slider.disabled = this.button.disabled = tracked === 0;
    setText(this.note, words);
    // Nothing is to be seen before the first has set out.
    this.show(Math.min(first, Number(this.slider.max)));
  }

  play(wanted) {
    if (wanted && this.at >= Number(this.slider.max)) this.at = 0;
    this.player.play(wanted);
  }

  showButton() {
    this.button.setAttribute("aria-pressed", String(this.player.playing));
    setText(this.button, this.player.playing ? gettext("Pause") : gettext("Play"));
  }

  show(seconds) {
    this.at = Math.min(seconds, Number(this.slider.max));
    this.slider.value = String(Math.round(this.at));
    const text = clock.exactText(this.begin + this.at * 1000);
    setText(this.time, text);
    this.slider.setAttribute("aria-valuetext", text);
    this.drawn(this.tracks.at(this.at));
  }
}
