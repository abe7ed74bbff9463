// The map goes to top alarms by itself, where that is wanted; not while somebody is at work there.

import { keep, kept } from "maps/kept";

const KEPT = "wall-alarm-jump";
const PAUSE_MS = 60_000;
const TOUCHES = ["pointerdown", "keydown", "wheel", "touchstart"];

export class Jumper {
  // goes(alarm): shows it on the map.
  constructor(button, goes) {
    Object.assign(this, { button, goes });
    this.isOn = kept(KEPT) === "on";
    this.pausedUntil = 0;
    this.next = null;
    for (const touch of TOUCHES) addEventListener(touch, () => (this.pausedUntil = performance.now() + PAUSE_MS), { passive: true, capture: true });
    button.addEventListener("click", () => {
      this.isOn = !this.isOn;
      keep(KEPT, this.isOn ? "on" : "off");
      this.show();
    });
    this.show();
  }

  show() {
    this.button.setAttribute("aria-pressed", String(this.isOn));
  }

  // Only those that still stand and are nobody's.
  keep(top) {
    const same = ({ kind, subject }) => kind === this.next?.kind && subject === this.next?.subject;
    if (this.next && !top.some(same)) this.next = null;
  }

  // The newest of what has come now.
  offer(fresh) {
    this.next = fresh.find(({ box }) => box !== null) ?? this.next;
    this.tick();
  }

  tick() {
    if (!this.isOn || !this.next || performance.now() < this.pausedUntil) return;
    const alarm = this.next;
    this.next = null;
    this.goes(alarm);
  }
}
