// What a planner has begun and the server has not: a line half drawn, a step that could not be saved.
// Kept in this browser, by plan and user, so that a closed lid or a reload loses nothing.

import { keep, kept } from "maps/kept";

export class KeptSketch {
  constructor({ user, plan }) {
    this.name = `plan-draw:${user}:${plan}`;
  }

  read() {
    try {
      const told = JSON.parse(kept(this.name) ?? "null");
      return told !== null && typeof told === "object" ? told : {};
    } catch {
      return {};
    }
  }

  // sketch: { tool, community, points: [[lon, lat]], done } or null.  pending: operations or null.
  write(changes) {
    const told = { ...this.read(), ...changes };
    const rest = Object.fromEntries(Object.entries(told).filter(([, value]) => value !== null));
    keep(this.name, JSON.stringify(rest));
  }
}
