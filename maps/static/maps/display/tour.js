// The wall goes through the streets by itself, and says which one is shown and for how long.

import { ask } from "maps/api";
import { element, setText } from "maps/element";
import { inOrder, Turns } from "maps/display/turns";
import { isForPage } from "maps/keys";

const RETRY_MS = 10_000;

export class Tour {
  // settings: of maps/display.  shown(stop, duration_ms): the map is to go there.
  constructor(holder, url, { settings, extent, shown }) {
    Object.assign(this, { holder, url, settings, extent, shown });
    this.turns = null;
    if (!extent) return;
    this.build();
    this.listen();
    if (settings.turn !== null) this.begin();
  }

  build() {
    this.name = element("strong", { class: "tour-name" });
    this.place = element("span", { class: "tour-place" });
    this.time = element("span", { class: "tour-time", role: "timer" });
    this.bar = element("progress", { max: 1, value: 0, "aria-hidden": "true" });
    const button = (text, sign, keys, act) => {
      const made = element("button", { type: "button", class: "quiet", title: interpolate(gettext("%s (%s)"), [text, keys]), "aria-label": text, "aria-keyshortcuts": keys }, sign);
      made.addEventListener("click", act);
      return made;
    };
    this.stopButton = button(gettext("End the turns"), "■", "T", () => this.end());
    this.holder.replaceChildren(
      this.name, this.place, this.time,
      button(gettext("The street before"), "◀", "B", () => this.step(-1)),
      button(gettext("The next street"), "▶", "N", () => this.step(1)),
      this.stopButton, this.bar,
    );
  }

  // What is touched stays on the screen for a while; the strip's own buttons and the settings do not count.
  listen() {
    const touch = ({ target, isTrusted }) => {
      if (isTrusted && !this.holder.contains(target) && !target.closest?.("dialog")) this.touch();
    };
    for (const kind of ["pointerdown", "wheel"]) addEventListener(kind, touch, { passive: true, capture: true });
    addEventListener("keydown", (event) => {
      if (!isForPage(event)) return;
      const act = { t: () => this.toggle(), n: () => this.step(1), b: () => this.step(-1) }[event.key.toLowerCase()];
      if (act) act();
      else touch(event);
    });
    setInterval(() => this.tick(), 1_000);
  }

  async begin() {
    this.wanted = true;
    try {
      this.streets ??= (await ask(this.url)).body.items;
    } catch {
      // The feed says what is wrong; the turns begin when the server answers.
      setTimeout(() => this.wanted && this.begin(), RETRY_MS);
      return;
    }
    if (!this.wanted) return;
    const { turn, pause, streets } = this.settings;
    const whole = { code: "", name: gettext("Whole territory"), box: this.extent };
    this.turns = new Turns({ stops: inOrder(this.streets, streets, whole), every_ms: (turn ?? 20) * 1_000, pause_ms: pause * 1_000 });
    this.show(this.turns.start(performance.now()));
  }

  end() {
    this.wanted = false;
    this.turns?.stop();
    this.tell();
  }

  toggle() {
    if (this.turns?.running) this.end();
    else this.begin();
  }

  step(by) {
    if (this.turns?.running) this.show(this.turns.step(by, performance.now()));
  }

  // Also for whoever sends the map somewhere for a reason of its own: what it shows stays for a while.
  touch() {
    this.turns?.touch(performance.now());
    this.tell();
  }

  tick() {
    this.show(this.turns?.tick(performance.now()) ?? null);
  }

  show(stop) {
    if (stop) this.shown(stop, this.turns.every_ms);
    this.tell();
  }

  tell() {
    const { turns } = this;
    this.holder.hidden = !turns?.running;
    if (this.holder.hidden || !turns.current) return;
    const left = turns.left_s(performance.now());
    const isPaused = turns.resumes !== null;
    setText(this.name, turns.current.name);
    setText(this.place, `${turns.index + 1}/${turns.stops.length}`);
    setText(this.time, interpolate(isPaused ? gettext("Paused, goes on in %s s") : gettext("%s s more"), [left]));
    this.holder.toggleAttribute("data-paused", isPaused);
    this.bar.value = isPaused ? 0 : 1 - (left * 1_000) / turns.every_ms;
  }
}
