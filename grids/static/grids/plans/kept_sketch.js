// What a planner has begun and the server has not: a line half drawn, a step that could not be saved.
// Kept in this browser, by plan and user, so that a closed lid or a reload loses nothing.

import { keep, kept } from "maps/kept";

export class KeptSketch {
  constructor({ user, plan }) {
    this.name = `plan-draw:${user}:${plan}`;
  }

  read() {
    try {
      const told = JSON.parse(kept(this.name) ?? this.last ?? "null");
      return told !== null && typeof told === "object" ? told : {};
    } catch {
      return {};
    }
  }

  // sketch: { tool, community, points: [[lon, lat]], done } or null.  pending: steps, each a list of
  // operations, or null.
  write(changes) {
    const told = { ...this.read(), ...changes };
    const rest = Object.fromEntries(Object.entries(told).filter(([, value]) => value !== null));
    // Where the browser keeps nothing, for this page alone.
    this.last = JSON.stringify(rest);
    keep(this.name, this.last);
  }
}
